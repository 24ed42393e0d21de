"""The forms of the counter."""

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import PortageForm, Radios


class PresentForm(PortageForm):
    """Which declaration is presented."""

    number = forms.CharField(
        label=_("Declaration number"),
        help_text=_("14 digits; a C-type number begins with five zeros"),
        max_length=30,
        error_messages={"required": _("Enter the number of the declaration")},
    )

    def clean_number(self) -> str:
        return "".join(self.cleaned_data["number"].replace("-", "").split())


class PaymentForm(PortageForm):
    """How it is paid."""

    method = forms.ChoiceField(
        label=_("Paid by"),
        choices=[("CASH", _("Cash")), ("INTERAC", _("Debit card")), ("CARD", _("Credit card"))],
        widget=Radios(),
        error_messages={"required": _("Choose how it is paid")},
    )
