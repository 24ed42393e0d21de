"""What a person chooses about credits."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import ProgramAccount
from core import format as formats
from core.forms import Checkboxes, MoneyField, PortageForm, Radios
from core.money import CENT
from ledger.rules import ItemKind
from payments.rules import Preference

_LARGEST = Decimal("99999999999.99")


class PreferenceForm(PortageForm):
    method = forms.ChoiceField(label=_("How credits are used"), choices=Preference.choices, widget=Radios)


class AllocationForm(PortageForm):
    """Chosen credits and chosen items to pay."""

    credits = forms.MultipleChoiceField(
        label=_("Credits to use"),
        widget=Checkboxes,
        error_messages={"required": _("Choose at least one credit")},
    )
    debts = forms.MultipleChoiceField(
        label=_("Items to pay in full"),
        widget=Checkboxes,
        error_messages={"required": _("Choose at least one item to pay")},
    )

    def __init__(self, data: Any = None, *, credits: Iterable[Any], debts: Iterable[Any]) -> None:
        super().__init__(data)
        fields: Any = self.fields
        fields["credits"].choices = [_choice(item) for item in credits]
        fields["debts"].choices = [_choice(item) for item in debts]


class MoveForm(PortageForm):
    """How much credit goes to which other account of the business."""

    to = forms.ChoiceField(
        label=_("To program account"), widget=Radios, error_messages={"required": _("Choose a program account")}
    )
    amount = MoneyField(label=_("Amount"), min_value=CENT, max_value=_LARGEST)

    def __init__(self, data: Any = None, *, accounts: Iterable[ProgramAccount], initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        fields: Any = self.fields
        fields["to"].choices = [
            (account.number, f"{formats.bn(account.number)}, {account.name}") for account in accounts
        ]


class RefundForm(PortageForm):
    amount = MoneyField(label=_("Amount to be paid back"), min_value=CENT, max_value=_LARGEST)


def _choice(item: Any) -> tuple[str, str]:
    language = get_language() or "en"
    number = item.source.partition(":")[2]
    words = [f"{ItemKind(item.kind).label} {number}".strip(), formats.money(item.remaining, language)]
    words.append(formats.day(item.due_on or item.posted_on, language))
    return str(item.pk), ", ".join(words)
