"""How much and how to pay: amounts that make sense first, a method that cannot work says why."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from core import format as formats
from core.forms import MoneyField, PortageForm, Radios
from core.money import CENT, ZERO, parse_amount
from payments.models import Payment
from payments.queries import CardRoom, Position

STATEMENT = "statement"
OVERDUE = "overdue"
OTHER = "other"
#: What a debit payment takes at most: the bank's own limit of eleven digits before the point, far over any balance.
LARGEST_PAYMENT = Decimal("99999999999.99")


class PayForm(PortageForm):
    """A payment of debts or of security. Without a known balance only an amount is asked."""

    choice = forms.ChoiceField(label=gettext_lazy("How much"))
    amount = MoneyField(label=gettext_lazy("Amount"), min_value=CENT, max_value=LARGEST_PAYMENT)
    method = forms.ChoiceField(
        label=gettext_lazy("How to pay"),
        error_messages={"required": gettext_lazy("Choose how to pay")},
    )

    def __init__(
        self,
        data: Any = None,
        *,
        room: CardRoom,
        position: Position | None = None,
        page_url: str = "",
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.language = get_language() or "en"
        self.room = room
        self.page_url = page_url
        self.known = _known_amounts(position)
        if self.known:
            self._offer_amounts()
        else:
            del self.fields["choice"]
        self._offer_methods()

    @property
    def chosen_method(self) -> str:
        value = str(self["method"].value() or "")
        return value if value in Payment.ONLINE else ""

    @property
    def chosen_amount(self) -> Decimal | None:
        """What would be paid as the form stands (dollars); None while it cannot be told."""
        choice = str(self["choice"].value()) if "choice" in self.fields else OTHER
        if choice in self.known:
            return self.known[choice]
        typed = self["amount"].value()
        try:
            return typed if isinstance(typed, Decimal) else parse_amount(str(typed or "").strip())
        except ValueError:
            return None

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        choice, typed = given.get("choice", OTHER), given.get("amount")
        if choice == OTHER:
            if typed is None and not self.errors.get("amount"):
                self.add_error("amount", MoneyField.default_error_messages["required"])
        elif choice in self.known and typed is not None and typed != self.known[choice]:
            self.add_error(
                "amount",
                ValidationError(
                    _('You typed an amount but chose another. Choose "Another amount", or empty this box.'),
                    code="two_amounts",
                ),
            )
        elif choice in self.known:
            given["amount"] = self.known[choice]
        return given

    def _offer_amounts(self) -> None:
        labels = {
            STATEMENT: _("%(amount)s, the whole statement"),
            OVERDUE: _("%(amount)s, only what is overdue"),
        }
        choices = [
            (name, labels[name] % {"amount": formats.money(amount, self.language)})
            for name, amount in self.known.items()
        ]
        hints = {
            STATEMENT: _("Everything billed so far, after your credits"),
            OVERDUE: _("Good standing returns at once"),
            OTHER: _("Cleared against the oldest due first"),
        }
        field = self.fields["choice"]
        field.widget = Radios(cards=True, hints=hints)
        field.choices = [*choices, (OTHER, _("Another amount"))]  # type: ignore[attr-defined]
        self.initial.setdefault("choice", next(iter(self.known)))
        amount = self.fields["amount"]
        amount.required = False
        amount.label = _("Another amount, Canadian dollars")
        amount.help_text = _('Only with "Another amount". What is more than you owe stays as a credit.')

    def _offer_methods(self) -> None:
        self.initial.setdefault("method", Payment.Method.DEBIT_CARD)
        field = self.fields["method"]
        hints: dict[str, Any] = {
            Payment.Method.DEBIT_CARD: _("No limit here; your bank may have one. On your account at once."),
            Payment.Method.CREDIT_CARD: _("Up to %(left)s until %(until)s. On your account at once.")
            % {
                "left": formats.money(self.room.left, self.language),
                "until": formats.day(self.room.cycle_end, self.language),
            }
            if self.room.is_by_cycle
            else _("Up to %(left)s at a time. On your account at once.")
            % {"left": formats.money(self.room.left, self.language)},
        }
        unavailable: dict[str, Any] = {}
        is_chosen = self.chosen_method == Payment.Method.CREDIT_CARD
        if not is_chosen and (reason := self._card_refusal()):
            unavailable[Payment.Method.CREDIT_CARD.value] = reason
        field.widget = Radios(cards=True, hints=hints, unavailable=unavailable)
        methods = (Payment.Method.DEBIT_CARD, Payment.Method.CREDIT_CARD)
        field.choices = [(row.value, row.label) for row in methods]  # type: ignore[attr-defined]

    def _card_refusal(self) -> Any:
        """Why a credit card cannot pay the amount as it stands, with the way out; empty when it can."""
        amount, left = self.chosen_amount, self.room.left
        if left <= ZERO:
            return _("The limit of %(limit)s for this program account is used up until %(until)s.") % {
                "limit": formats.money(self.room.limit, self.language),
                "until": formats.day(self.room.cycle_end, self.language),
            }
        if amount is None or amount <= left:
            return ""
        words = {"amount": formats.money(amount, self.language), "left": formats.money(left, self.language)}
        reason = (
            _("%(amount)s is more than your card room of %(left)s this cycle.")
            if self.room.is_by_cycle
            else _("%(amount)s is more than the %(left)s that a card pays at a time.")
        ) % words
        query = urlencode({"amount": f"{left:.2f}", "method": Payment.Method.CREDIT_CARD.value})
        return format_html(
            '{} <a href="{}?{}">{}</a>',
            reason,
            self.page_url,
            query,
            _("Pay %(left)s by card and the rest another way") % words,
        )


def _known_amounts(position: Position | None) -> dict[str, Decimal]:
    """The amounts worth offering, the safest first: everything billed, and what is overdue where that is less."""
    if position is None or position.on_statement <= ZERO:
        return {}
    known = {STATEMENT: position.on_statement}
    if ZERO < position.overdue < position.on_statement:
        known[OVERDUE] = position.overdue
    return known


def prefilled(given: Mapping[str, Any], position: Position | None) -> dict[str, Any]:
    """What the address of the page asks for; anything malformed is left out."""
    initial: dict[str, Any] = {}
    known = _known_amounts(position)
    try:
        amount = parse_amount(str(given.get("amount", "")))
    except ValueError:
        amount = ZERO
    if amount > ZERO:
        named = next((name for name, value in known.items() if value == amount), OTHER)
        initial["choice"] = named
        if named == OTHER:
            initial["amount"] = amount
    if _is_day(str(given.get("statement", ""))) and known:
        initial["choice"] = STATEMENT
        initial.pop("amount", None)
    if given.get("method") in Payment.ONLINE:
        initial["method"] = given["method"]
    return initial


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
