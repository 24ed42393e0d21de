"""What people type about standing: the day they ask for, and what an officer decides."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import DateField, MoneyField, PortageForm, Radios
from core.money import CENT
from standing.models import Hold, StandingNotice
from standing.queries import MEASURES
from standing.rules import MOST_INSTALMENTS

_MEASURE_LABELS = {
    "held": _("Steps held back"),
    "arranged": _("With an arrangement"),
    "detained": _("Goods detained"),
    "suspended": _("Release Prior to Payment suspended"),
}


class DayForm(PortageForm):
    """The day of the verdict; today when it is left empty."""

    on = DateField(label=_("Standing on"), help_text=_("Year, month, day, for example 2026-07-22"), required=False)


class DeskForm(PortageForm):
    """Which overdue accounts the officers' list shows."""

    q = forms.CharField(label=_("Number or name"), required=False, max_length=60)
    step = forms.ChoiceField(
        label=_("Newest step"), required=False, choices=[("", _("All steps")), *StandingNotice.Step.choices]
    )
    measure = forms.ChoiceField(
        label=_("Measure"), required=False, choices=[("", _("All")), *((key, _MEASURE_LABELS[key]) for key in MEASURES)]
    )


class ReasonForm(PortageForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        error_messages={"required": _("Give the reason in a sentence")},
    )


class HoldForm(ReasonForm):
    ground = forms.ChoiceField(
        label=_("Ground"),
        choices=Hold.Ground.choices,
        initial=Hold.Ground.DISCRETION,
        widget=Radios(),
        error_messages={"required": _("Choose the ground")},
    )
    until = DateField(label=_("Until"), help_text=_("The last day; empty holds until you end it"), required=False)
    field_order = ("ground", "until", "reason")


class ArrangeForm(ReasonForm):
    count = forms.IntegerField(
        label=_("Monthly instalments"),
        min_value=1,
        max_value=MOST_INSTALMENTS,
        error_messages={"required": _("Enter the number of instalments"), "invalid": _("Enter a whole number")},
    )
    first_on = DateField(label=_("Day of the first"), help_text=_("Year, month, day, for example 2026-07-22"))
    field_order = ("count", "first_on", "reason")


class DemandForm(ReasonForm):
    bond = forms.TypedChoiceField(
        label=_("Bond"), coerce=int, widget=Radios(), error_messages={"required": _("Choose the bond")}
    )
    field_order = ("bond", "reason")

    def __init__(self, *args: Any, bonds: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bond"].choices = bonds  # type: ignore[attr-defined]


class DecideForm(ReasonForm):
    amount = MoneyField(
        label=_("Amount to be paid"),
        help_text=_("Empty withdraws the demand; a lower amount amends it"),
        required=False,
    )
    field_order = ("amount", "reason")


class PaidForm(PortageForm):
    reference = forms.CharField(
        label=_("Reference of the surety's payment"),
        max_length=60,
        error_messages={"required": _("Enter the reference of the payment")},
    )


class DepositForm(ReasonForm):
    amount = MoneyField(label=_("Amount"), min_value=CENT)
    field_order = ("amount", "reason")


class SetOffForm(ReasonForm):
    source = forms.TypedChoiceField(
        label=_("Credit of program account"),
        coerce=int,
        widget=Radios(),
        error_messages={"required": _("Choose the program account with the credit")},
    )
    expected_overdue = MoneyField(widget=forms.HiddenInput)
    field_order = ("source", "reason", "expected_overdue")

    def __init__(self, *args: Any, sources: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = sources  # type: ignore[attr-defined]
