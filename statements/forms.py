"""Filters of the statement's lines and of the transaction history; both come in by the address."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import DateField, PortageForm

_TYPE_NAMES = {
    "charges": _("Declarations and corrections"),
    "payments": _("Payments"),
    "interest": _("Interest and penalties"),
    "refunds": _("Refunds and disbursements"),
    "security": _("Security deposits"),
    "reversals": _("Reversals and returned payments"),
}


class LineFilter(PortageForm):
    """Which lines of a statement are shown."""

    submitter = forms.TypedChoiceField(label=_("Submitted by"), required=False, coerce=int, empty_value=None)
    number = forms.CharField(
        label=_("Declaration number"), required=False, max_length=14, widget=forms.TextInput({"inputmode": "numeric"})
    )

    def __init__(self, *args: Any, submitters: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["submitter"].choices = [("", _("Everyone")), *submitters]  # type: ignore[attr-defined]


class HistoryFilter(PortageForm):
    """Which entries of the history are shown."""

    since = DateField(label=_("From"), required=False, help_text=_("Such as 2026-07-01"))
    until = DateField(label=_("To"), required=False, help_text=_("Such as 2026-07-31"))
    type = forms.ChoiceField(label=_("Type"), required=False, choices=[("", _("All types")), *_TYPE_NAMES.items()])
    submitter = forms.TypedChoiceField(label=_("Submitted by"), required=False, coerce=int, empty_value=None)
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
        return data
