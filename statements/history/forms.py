"""The filter of the transaction history, which comes in by the address, and the name under which it is kept."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import DateField, MoneyField, PortageForm
from statements.queries import HistoryQuery
from statements.report_rules import Every
from statements.rules import ItemState

_TYPE_NAMES = {
    "charges": _("Declarations and corrections"),
    "payments": _("Payments"),
    "interest": _("Interest and penalties"),
    "refunds": _("Refunds and disbursements"),
    "security": _("Security deposits"),
    "reversals": _("Reversals and returned payments"),
}
_STATUS_NAMES = {
    ItemState.OPEN: _("Owed, not paid in full"),
    ItemState.PARTLY: _("Paid in part"),
    ItemState.CLEARED: _("Cleared"),
    ItemState.OVERDUE: _("Overdue"),
    ItemState.CREDIT: _("Credit not used yet"),
}
#: The names of the filter in an address.
NAMES = ("since", "until", "type", "status", "submitter", "least", "most", "number")


class HistoryFilter(PortageForm):
    """Which entries of the history are shown."""

    since = DateField(label=_("From"), required=False, help_text=_("Such as 2026-07-01"))
    until = DateField(label=_("To"), required=False, help_text=_("Such as 2026-07-31"))
    type = forms.ChoiceField(label=_("Type"), required=False, choices=[("", _("All types")), *_TYPE_NAMES.items()])
    status = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All states")), *((k.value, v) for k, v in _STATUS_NAMES.items())],
    )
    submitter = forms.TypedChoiceField(label=_("Submitted by"), required=False, coerce=int, empty_value=None)
    least = MoneyField(label=_("Amount from"), required=False)
    most = MoneyField(label=_("Amount to"), required=False)
    number = forms.CharField(
        label=_("Declaration number"), required=False, max_length=14, widget=forms.TextInput({"inputmode": "numeric"})
    )

    def __init__(self, *args: Any, submitters: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["submitter"].choices = [("", _("Everyone")), *submitters]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", _("The end is before the start. Enter a later date."))
        least, most = data.get("least"), data.get("most")
        if least is not None and most is not None and least > most:
            self.add_error("most", _("The higher amount is below the lower one. Enter a higher amount."))
        return data

    @property
    def wanted(self) -> HistoryQuery:
        """What is looked for; everything while the filter has a mistake."""
        if not self.is_valid():
            return HistoryQuery()
        data = self.cleaned_data
        return HistoryQuery(
            since=data["since"],
            until=data["until"],
            type=data["type"],
            status=data["status"],
            submitter_id=data["submitter"],
            least=data["least"],
            most=data["most"],
            number=data["number"].strip(),
        )


class ReportForm(PortageForm):
    """How often a file of a saved filter is made."""

    every = forms.ChoiceField(label=_("How often"), required=False, choices=[("", _("Not regularly")), *Every.choices])
    file_format = forms.ChoiceField(label=_("Format"), choices=[("CSV", "CSV"), ("XLSX", "XLSX")])


class FilterNameForm(PortageForm):
    """Under which name a filter is kept."""

    name = forms.CharField(label=_("Name of the filter"), max_length=60)
    query = forms.CharField(widget=forms.HiddenInput, max_length=500, required=False)
