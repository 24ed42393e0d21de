"""What people type about financial security."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from accounts.models import Business
from core.forms import DateField, MoneyField, PortageForm, Radios
from security.queries import registered_sureties

CENT = Decimal("0.01")
AGREEMENT_NUMBER = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9 ./-]*$", _("Use letters, digits, spaces, full stops, hyphens and slashes only.")
)


class EnrolForm(PortageForm):
    """Choosing the sub-program; an importer without twelve months of history adds an estimate."""

    program = forms.ChoiceField(
        label=_("Sub-program"),
        choices=[("RPP", _("Release Prior to Payment"))],
        initial="RPP",
        widget=Radios(hints={"RPP": _("Goods are released before you pay; you pay by the monthly statement.")}),
        error_messages={"required": _("Choose the sub-program to enrol in")},
    )
    estimate = MoneyField(
        label=_("Your highest month, as you expect it"),
        help_text=_("Duties and taxes of the busiest month, GST included. Zero if none are payable."),
    )
    wants_lower = forms.ChoiceField(
        label=_("Do you ask for a lower requirement?"),
        choices=[("no", _("No")), ("yes", _("Yes, open a request after enrolling"))],
        initial="no",
        widget=Radios(hints={"yes": _("An officer decides; until then the computed amount applies.")}),
        error_messages={"required": _("Say whether you ask for a lower requirement")},
    )

    def __init__(self, *args: Any, has_history: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_history:
            del self.fields["estimate"]


class SubmitForm(PortageForm):
    way = forms.ChoiceField(
        label=_("How do you cover it?"),
        choices=[("bond", _("With a bond")), ("cash", _("With a cash deposit"))],
        widget=Radios(cards=True),
        error_messages={"required": _("Choose a bond or a cash deposit")},
    )


class BondForm(PortageForm):
    agreement_number = forms.CharField(
        label=_("Agreement number"),
        help_text=_("As it stands on the agreement with your surety."),
        max_length=40,
        validators=[AGREEMENT_NUMBER],
        error_messages={"required": _("Enter the number of the agreement")},
    )
    provider = forms.ModelChoiceField(
        label=_("Surety"),
        help_text=_("Only financial security providers registered in the portal can give a bond."),
        queryset=Business.objects.none(),
        empty_label=_("Choose a surety"),
        error_messages={
            "required": _("Choose the surety that gives the bond"),
            "invalid_choice": _("Choose a surety of the list"),
        },
    )
    amount = MoneyField(label=_("Amount"), min_value=CENT)
    validity_start = DateField(label=_("Valid from"), help_text=_("For example 2026-07-22"))
    validity_end = DateField(label=_("Valid until"), help_text=_("Leave empty for a continuous bond."), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provider"].queryset = registered_sureties()  # type: ignore[attr-defined]


class AmountForm(PortageForm):
    amount = MoneyField(label=_("Amount"), min_value=CENT)


class RefundForm(AmountForm):
    expected_held = MoneyField(widget=forms.HiddenInput)


class ReductionForm(PortageForm):
    proposed_amount = MoneyField(label=_("Requirement you propose"), min_value=CENT)
    justification = forms.CharField(
        label=_("Reasons"),
        help_text=_("Say what was exceptional and why it will not come back. Clear reasons are needed."),
        widget=forms.Textarea(attrs={"rows": 6}),
        min_length=20,
        max_length=2000,
        error_messages={
            "required": _("Enter your reasons"),
            "min_length": _("Say more: at least 20 characters"),
        },
    )


class RejectForm(PortageForm):
    reason = forms.CharField(
        label=_("Reason"), max_length=500, error_messages={"required": _("Tell the importer why you reject the bond")}
    )


class NoticeForm(PortageForm):
    terminates_on = DateField(label=_("The bond ends on"))
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)


class PlannerForm(PortageForm):
    """A question that is answered and forgotten."""

    month = MoneyField(label=_("Highest month"))
    cash = MoneyField(label=_("Cash deposit"))


class RebuttalForm(PortageForm):
    """Why a surety need not pay what is demanded."""

    text = forms.CharField(
        label=_("What speaks against the demand"),
        help_text=_("For example: the debt was paid, or arose after the bond ended"),
        max_length=2000,
        widget=forms.Textarea,
        error_messages={"required": _("Say what speaks against the demand")},
    )
