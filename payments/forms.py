"""How much and how to pay: amounts that make sense first, a method that cannot work says why."""

from collections.abc import Mapping, Sequence
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
from core.forms import Checkbox, Checkboxes, DateField, MoneyField, PortageForm, Radios
from core.money import CENT, ZERO, parse_amount
from payments import rules
from payments.models import Payment
from payments.queries import CardRoom, OnItsWay, PayableItem, Position

STATEMENT = "statement"
OVERDUE = "overdue"
REST = "rest"
ITEMS = "items"
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
    items = forms.MultipleChoiceField(label=gettext_lazy("Which items"), required=False)
    confirmed = forms.BooleanField(label=gettext_lazy("Pay this amount all the same"), required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        room: CardRoom,
        position: Position | None = None,
        payable: Sequence[PayableItem] = (),
        ways: Sequence[OnItsWay] = (),
        page_url: str = "",
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.language = get_language() or "en"
        self.room = room
        self.page_url = page_url
        self.owed_now = position.on_statement if position else ZERO
        self.on_its_way = sum((way.amount for way in ways), ZERO)
        self.known = known_amounts(position, self.on_its_way)
        self.payable = {str(item.id): item for item in payable}
        if self.known or self.payable:
            self._offer_amounts()
        else:
            del self.fields["choice"]
        self._offer_methods()
        self._offer_items()
        self._ask_for_confirmation()

    @property
    def chosen_method(self) -> str:
        value = str(self["method"].value() or "")
        return value if value in Payment.ONLINE else ""

    @property
    def chosen(self) -> str:
        """The amount that is chosen: one of the names above."""
        return str(self["choice"].value() or OTHER) if "choice" in self.fields else OTHER

    @property
    def chosen_amount(self) -> Decimal | None:
        """What would be paid as the form stands (dollars); None while it cannot be told."""
        choice = self.chosen
        if choice in self.known:
            return self.known[choice]
        if choice == ITEMS:
            return self._sum_of(self["items"].value() or ()) or None
        typed = self["amount"].value()
        try:
            return typed if isinstance(typed, Decimal) else parse_amount(str(typed or "").strip())
        except ValueError:
            return None

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        choice, typed = given.get("choice") or OTHER, given.get("amount")
        given["items"] = [int(number) for number in given.get("items", ())] if choice == ITEMS else []
        if choice == ITEMS:
            given["amount"] = self._sum_of(given["items"])
            if not given["items"] and not self.errors.get("items"):
                self.add_error("items", ValidationError(_("Choose at least one item"), code="required"))
        elif choice == OTHER:
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
        if "confirmed" in self.fields and not given.get("confirmed"):
            self.add_error(
                "confirmed",
                ValidationError(
                    _("Tick this to pay what is on its way already, or choose a smaller amount."), code="second_payment"
                ),
            )
        return given

    def _sum_of(self, numbers: Any) -> Decimal:
        known = (self.payable.get(str(number)) for number in numbers)
        return sum((item.left for item in known if item), ZERO)

    def _offer_items(self) -> None:
        if self.chosen != ITEMS:
            del self.fields["items"]
            return
        field = self.fields["items"]
        hints = {
            number: _("Due %(day)s") % {"day": formats.day(item.due_on, self.language)}
            for number, item in self.payable.items()
            if item.due_on
        }
        field.widget = Checkboxes(cards=True, hints=hints)
        field.help_text = _("Your payment goes to exactly these items, each paid in full.")
        field.choices = [  # type: ignore[attr-defined]
            (number, f"{item.label}: {formats.money(item.left, self.language)}")
            for number, item in self.payable.items()
        ]

    def _ask_for_confirmation(self) -> None:
        """Only where the amount would pay again what somebody else pays already."""
        amount = self.chosen_amount
        if amount is None or not rules.is_second_payment(amount, owed_now=self.owed_now, on_its_way=self.on_its_way):
            del self.fields["confirmed"]
            return
        self.fields["confirmed"].widget = Checkbox(
            hint=_("If both payments come, the second stays as a credit. It is used when the next amount falls due.")
        )

    def _offer_amounts(self) -> None:
        labels = {
            STATEMENT: _("%(amount)s, the whole statement"),
            OVERDUE: _("%(amount)s, only what is overdue"),
            REST: _("%(amount)s, without what is on its way"),
        }
        choices = [
            (name, labels[name] % {"amount": formats.money(amount, self.language)})
            for name, amount in self.known.items()
        ]
        words = {
            "whole": formats.money(self.owed_now, self.language),
            "coming": formats.money(self.on_its_way, self.language),
        }
        hints = {
            REST: _("%(whole)s less %(coming)s") % words,
            ITEMS: _("Tick what you want to pay: nothing else is paid by it"),
            STATEMENT: _("Everything billed so far, after your credits"),
            OVERDUE: _("Good standing returns at once"),
            OTHER: _("Cleared against the oldest due first"),
        }
        field = self.fields["choice"]
        field.widget = Radios(cards=True, hints=hints)
        by_item = [(ITEMS, _("Chosen items"))] if self.payable else []
        field.choices = [*choices, *by_item, (OTHER, _("Another amount"))]  # type: ignore[attr-defined]
        field.required = bool(self.known)
        self.initial.setdefault("choice", next(iter(self.known), OTHER))
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


def known_amounts(position: Position | None, on_its_way: Decimal = ZERO) -> dict[str, Decimal]:
    """The amounts worth offering, the safest first: what nobody else pays, everything billed, what is overdue."""
    if position is None or position.on_statement <= ZERO:
        return {}
    known = {}
    rest = rules.left_for_payer(position.on_statement, on_its_way)
    if ZERO < rest < position.on_statement:
        known[REST] = rest
    known[STATEMENT] = position.on_statement
    if ZERO < position.overdue < position.on_statement:
        known[OVERDUE] = position.overdue
    return known


def prefilled(given: Mapping[str, Any], position: Position | None, on_its_way: Decimal = ZERO) -> dict[str, Any]:
    """What the address of the page asks for; anything malformed is left out."""
    initial: dict[str, Any] = {}
    known = known_amounts(position, on_its_way)
    try:
        amount = parse_amount(str(given.get("amount", "")))
    except ValueError:
        amount = ZERO
    if amount > ZERO:
        named = next((name for name, value in known.items() if value == amount), OTHER)
        initial["choice"] = named
        if named == OTHER:
            initial["amount"] = amount
    if items := [number for number in str(given.get("items", "")).split(",") if number.isdecimal()]:
        initial.update(choice=ITEMS, items=items)
    if _is_day(str(given.get("statement", ""))) and known:
        initial["choice"] = STATEMENT
        initial.pop("amount", None)
    if given.get("method") in Payment.ONLINE:
        initial["method"] = given["method"]
    return initial


class PlanForm(PortageForm):
    """What a broker says it will pay for its client, and by when."""

    amount = MoneyField(label=gettext_lazy("Amount"), min_value=CENT, max_value=LARGEST_PAYMENT)
    planned_on = DateField(label=gettext_lazy("Day of the payment"), help_text=gettext_lazy("Such as 2026-07-31"))


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
