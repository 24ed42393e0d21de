"""The filters of the history and of the provider's board; both come in by the address."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import ProgramAccount
from core.forms import DateField, MoneyField, PortageForm, ProgramAccountField, Radios
from dashboard.queries import history
from dashboard.queries.board import Order, Show
from dashboard.queries.history import Wanted
from dashboard.rules import as_of
from dashboard.verbs import ActKind
from payments.models import Payment

_SIDES = [
    ("", _("Everybody")),
    (history.OWN, _("Our own people")),
    (history.THIRD_PARTIES, _("Third parties")),
    (history.CLIENTS, _("Our people, for clients")),
    (history.AGENCY, _("The Agency")),
    (history.PORTAL, _("The portal")),
]


class PeriodFilter(PortageForm):
    """From when to when."""

    since = DateField(label=_("From"), required=False, help_text=_("Such as 2026-07-01"))
    until = DateField(label=_("To"), required=False, help_text=_("Such as 2026-07-31"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", _("The end is before the start. Enter a later date."))
        return data

    @property
    def wanted(self) -> Wanted:
        """What to look for; where something typed is wrong, everything, beside the message that says so."""
        return Wanted(**self.cleaned_data) if self.is_valid() else history.ALL

    @property
    def is_filtered(self) -> bool:
        return self.is_valid() and any(self.cleaned_data.values())


class ActivityFilter(PeriodFilter):
    """Which acts of a delegate are shown."""

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All kinds")), *ActKind.choices])


class HistoryFilter(PeriodFilter):
    """Which events of a business's history are shown."""

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All kinds")), *ActKind.choices])
    side = forms.ChoiceField(label=_("On whose behalf"), required=False, choices=_SIDES)
    who = forms.CharField(label=_("Person or business"), required=False, max_length=80)
    account_id = forms.TypedChoiceField(label=_("Program account"), required=False, coerce=int, empty_value=None)
    text = forms.CharField(label=_("Words, number or request"), required=False, max_length=80)

    def __init__(self, *args: Any, accounts: Iterable[ProgramAccount], is_provider: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("All")), *((account.pk, account.rm) for account in accounts)]
        self.fields["account_id"].choices = choices  # type: ignore[attr-defined]
        if not is_provider:
            sides = [side for side in _SIDES if side[0] != history.CLIENTS]
            self.fields["side"].choices = sides  # type: ignore[attr-defined]


class AsOfFilter(PortageForm):
    """Which days of an account are shown, and by what was known on which day."""

    since = DateField(label=_("From"), help_text=_("Such as 2026-07-01"))
    until = DateField(label=_("To"), help_text=_("Such as 2026-07-31"))
    known_on = DateField(label=_("As it was known on"), required=False, help_text=_("Left empty: as it is known today"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", _("The end is before the start. Enter a later date."))
        elif since and until and as_of.is_too_long(since, until):
            self.add_error("until", _("Choose a year at most, so that the page stays readable."))
        return data


class _OfAccount(PortageForm):
    account = ProgramAccountField(label=_("Program account"))
    number = forms.CharField(label=_("Number"), max_length=40)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("Kept in the history"),
        error_messages={"required": _("Give the reason in a sentence")},
    )


class ChequeForm(_OfAccount):
    """A cheque or a payment at a counter, which had come before it is entered."""

    method = forms.ChoiceField(
        label=_("What came in"),
        choices=[(method.value, method.label) for method in Payment.ON_PAPER],
        initial=Payment.Method.CHEQUE,
        widget=Radios,
        error_messages={"required": _("Choose what came in")},
    )
    number = forms.CharField(
        label=_("Cheque or receipt number"),
        max_length=30,
        error_messages={"required": _("Enter the number that is printed on the cheque or receipt")},
    )
    amount = MoneyField(label=_("Amount"))
    received_on = DateField(label=_("Received on"), help_text=_("Such as 2026-07-31"))


class WaiverForm(_OfAccount):
    """One interest entry that is given up."""

    number = forms.CharField(
        label=_("Document that was late"),
        max_length=40,
        help_text=_("The declaration's number, as in the history"),
        error_messages={"required": _("Enter the number of the document")},
    )
    posted_on = DateField(label=_("Interest charged on"), help_text=_("Such as 2026-07-24"))


class BoardFilter(PortageForm):
    """Which clients the board shows, and in which order."""

    show = forms.ChoiceField(label=_("Show"), required=False, choices=[("", _("All clients")), *Show.choices])
    search = forms.CharField(label=_("Name or number"), required=False, max_length=80)
    order = forms.ChoiceField(label=_("Sorted by"), required=False, choices=[*Order.choices])

    @property
    def choice(self) -> dict[str, str]:
        """What to show; where something typed is wrong, everything, beside the message that says so."""
        if not self.is_valid():
            return {"show": "", "search": "", "order": Order.CLIENT}
        return {**self.cleaned_data, "order": self.cleaned_data["order"] or Order.CLIENT}

    @property
    def is_filtered(self) -> bool:
        return self.is_valid() and bool(self.cleaned_data["show"] or self.cleaned_data["search"])
