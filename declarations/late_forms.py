"""The forms of the officers' desk of late accounting."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import MoneyField, PortageForm
from declarations.services import ASSESSED
from ledger.rules import Revenue


def _reason() -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        help_text=_("The importer reads it"),
        max_length=300,
        error_messages={"required": _("Give the reason in a sentence")},
    )


class AssessmentForm(PortageForm):
    """The amounts that an officer assesses, by class, and why."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for revenue in ASSESSED:
            self.fields[revenue.value] = MoneyField(label=revenue.label, required=False)
        self.fields["reason"] = _reason()

    @property
    def amounts(self) -> dict[Revenue, Decimal]:
        given = {revenue: self.cleaned_data[revenue.value] for revenue in ASSESSED}
        return {revenue: amount for revenue, amount in given.items() if amount}


class WaiverForm(PortageForm):
    """Why a penalty is taken back."""

    reason = _reason()
