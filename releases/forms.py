"""The forms of releases."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core import clock
from core.forms import Checkbox, DateField, MoneyField, PortageForm, ProgramAccountField, Radios
from reference import queries as reference
from releases.models import Admission, Release
from releases.rules import ReleaseKind, Step, cargo_fault
from releases.services import FAULTS, ReleaseRequest, request_faults_of


class RequestForm(PortageForm):
    """What is asked for a release; the decision is not the form's."""

    account_number = ProgramAccountField(
        label=_("Program account of the importer"), help_text=_("Nine digits, RM and four digits")
    )
    kind = forms.ChoiceField(
        label=_("How release is asked for"),
        choices=Release.Kind.choices,
        initial=Release.Kind.PARS,
        widget=Radios(
            hints={
                "PARS": _("The goods have not arrived yet"),
                "RMD": _("The goods are here; the documents follow"),
                "IID": _("With the data of other departments"),
                "CSA": _("For program accounts admitted to the program; eligible goods from an approved carrier"),
                "CLVS": _("For couriers of the program; goods of low value that nobody controls"),
                "CTC": _("Gas, power and the like, for program accounts admitted to it"),
                "CTYPE": _("Without Release Prior to Payment: the declaration is paid at the port first"),
            }
        ),
        error_messages={"required": _("Choose how release is asked for")},
    )
    cargo_control_number = forms.CharField(
        label=_("Cargo control number"),
        help_text=_("The carrier's code of four characters and a reference, for example 8042PARS884120"),
        error_messages={"required": _("Enter the cargo control number from the carrier's papers")},
    )
    office = forms.ChoiceField(label=_("Office of release"), error_messages={"required": _("Choose the office")})
    goods = forms.CharField(
        label=_("Goods"),
        max_length=200,
        error_messages={
            "required": _("Say what the goods are, for example hiking boots"),
            "max_length": _("Shorten this to %(limit_value)d characters; it has %(show_value)d."),
        },
    )
    estimated_value = MoneyField(label=_("Estimated value"), help_text=_("Canadian dollars"))

    expected_arrival_on = DateField(
        label=_("Expected arrival"),
        help_text=_("Needed for PARS, at most 30 days ahead; leave it empty for goods that are here"),
        required=False,
    )
    department = forms.ChoiceField(
        label=_("Other department"), choices=[("", _("None")), *Release.Department.choices], required=False
    )
    permit_number = forms.CharField(label=_("Permit or licence number"), max_length=30, required=False)
    is_uncontrolled = forms.BooleanField(
        label=_("No other department controls the goods"),
        widget=Checkbox(hint=_("They need no permit, licence or certificate.")),
        required=False,
    )
    contingency_account = ProgramAccountField(
        label=_("Your contingency account"), help_text=_("Nine digits, RM and four digits"), required=False
    )
    goods_category = forms.ChoiceField(
        label=_("Kind of goods"), choices=[("", _("Choose")), *Release.GoodsCategory.choices], required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        data = kwargs.get("data", args[0] if args else None)
        if data is not None:
            # Papers print the number with spaces or hyphens and in either case.
            data = data.copy()
            written = data.get("cargo_control_number", "").replace("-", "")
            data["cargo_control_number"] = "".join(written.split()).upper()
            kwargs["data"], args = data, ()
        super().__init__(*args, **kwargs)
        language = get_language() or "en"
        offices = [(office.code, f"{office.code} {office.name_in(language)}") for office in reference.offices()]
        self.fields["office"].choices = [("", _("Choose an office")), *offices]  # type: ignore[attr-defined]

    def clean_cargo_control_number(self) -> str:
        number: str = self.cleaned_data["cargo_control_number"]
        if fault := cargo_fault(number):
            raise forms.ValidationError(FAULTS[fault], code=fault.value)
        return number

    def clean(self) -> dict[str, Any]:
        """What does not fit the kind of release is said beside its field, all at once."""
        given = super().clean() or self.cleaned_data
        if given.get("kind") == ReleaseKind.PARS and given.get("expected_arrival_on", "") is None:
            self.add_error("expected_arrival_on", _("Enter the day on which the goods arrive"))
        if {"kind", "cargo_control_number", "estimated_value", "account_number"} <= given.keys():
            for mistake in request_faults_of(self._request({"office": "", "goods": "", **given}), on=clock.today()):
                if mistake.field not in self.errors:
                    self.add_domain_error(mistake)
        return given

    def entry(self) -> ReleaseRequest:
        return self._request(self.cleaned_data)

    def _request(self, given: dict[str, Any]) -> ReleaseRequest:
        return ReleaseRequest(
            account_number=given["account_number"],
            kind=ReleaseKind(given["kind"]),
            cargo_control_number=given["cargo_control_number"],
            office=given["office"],
            goods=given["goods"],
            estimated_value=given["estimated_value"],
            expected_arrival_on=given.get("expected_arrival_on"),
            department=given.get("department", ""),
            permit_number=given.get("permit_number", ""),
            is_uncontrolled=given.get("is_uncontrolled", False),
            contingency_account=given.get("contingency_account", ""),
            goods_category=given.get("goods_category", ""),
        )

    @property
    def open_groups(self) -> frozenset[str]:
        """The groups of rarer questions that hold an answer or an error."""
        groups = {
            "department": ("department", "permit_number"),
            "courier": ("is_uncontrolled",),
            "contingency": ("contingency_account", "goods_category"),
        }
        return frozenset(
            group for group, names in groups.items() if any(self[name].value() or self[name].errors for name in names)
        )


class FindForm(PortageForm):
    """Which release an officer looks for."""

    number = forms.CharField(
        label=_("Transaction number or cargo control number"),
        max_length=30,
        error_messages={"required": _("Enter a transaction number or a cargo control number")},
    )

    def clean_number(self) -> str:
        return "".join(self.cleaned_data["number"].replace("-", "").split()).upper()


STEP_LABELS = {
    Step.ARRIVE: _("Certify arrival"),
    Step.EXAMINE: _("Require an examination"),
    Step.HOLD: _("Put on hold"),
    Step.MAY_MOVE: _("Let move, detained at destination"),
    Step.LET_GO: _("End the examination or hold"),
}


class StepForm(PortageForm):
    """What an officer does with a request, and why."""

    step = forms.ChoiceField(
        label=_("Decision"), widget=Radios(), error_messages={"required": _("Choose what happens with the goods")}
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The filer reads it with the message"),
        max_length=300,
        error_messages={"required": _("Give the reason in a sentence")},
    )

    def __init__(self, *args: Any, steps: list[Step], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["step"].choices = [(step.value, STEP_LABELS[step]) for step in steps]  # type: ignore[attr-defined]


#: A detention is decided where the debt is seen, at the desk of overdue accounts.
_ADMITTED_TO = [choice for choice in Admission.Kind.choices if choice[0] != Admission.Kind.DETENTION]


class AdmissionForm(PortageForm):
    """Whom an officer admits, to what, and why."""

    kind = forms.ChoiceField(
        label=_("To what"), choices=_ADMITTED_TO, error_messages={"required": _("Choose one of them")}
    )
    number = forms.CharField(
        label=_("Program account, or business number of a courier"),
        help_text=_("Nine digits, RM and four digits; a courier's nine digits"),
        max_length=20,
        error_messages={"required": _("Enter the number")},
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=300, error_messages={"required": _("Give the reason in a sentence")}
    )

    def clean_number(self) -> str:
        return "".join(self.cleaned_data["number"].replace("-", "").split()).upper()


class ReasonForm(PortageForm):
    """Why something ends."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, error_messages={"required": _("Give the reason in a sentence")}
    )


class ImporterForm(PortageForm):
    """The right program account of a release, and why the first one was wrong."""

    account_number = ProgramAccountField(
        label=_("Right program account"), help_text=_("Nine digits, RM and four digits")
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=300, error_messages={"required": _("Give the reason in a sentence")}
    )


class FilterForm(PortageForm):
    """Which releases the list shows."""

    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All states")), *Release.State.choices])
    accounting = forms.ChoiceField(
        label=_("Accounting"),
        required=False,
        choices=[("", _("All")), ("open", _("To account for")), ("overdue", _("Overdue"))],
    )
