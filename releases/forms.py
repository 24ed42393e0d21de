"""The forms of releases."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.forms import MoneyField, PortageForm, ProgramAccountField, Radios
from reference import queries as reference
from releases.models import Release
from releases.rules import ReleaseKind
from releases.services import ReleaseRequest


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
                "CTYPE": _("Without Release Prior to Payment: the declaration is paid at the port first"),
            }
        ),
        error_messages={"required": _("Choose how release is asked for")},
    )
    cargo_control_number = forms.RegexField(
        label=_("Cargo control number"),
        help_text=_("4 to 25 letters, digits or hyphens, for example 8042PARS884120"),
        regex=r"^[A-Z0-9][A-Z0-9-]{3,24}$",
        max_length=25,
        error_messages={
            "required": _("Enter the cargo control number from the carrier's papers"),
            "invalid": _("Use 4 to 25 letters, digits or hyphens, as on the carrier's papers"),
            "max_length": _("A cargo control number has at most 25 characters"),
        },
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        data = kwargs.get("data", args[0] if args else None)
        if data is not None:
            # Papers print the number with spaces and in either case.
            data = data.copy()
            data["cargo_control_number"] = "".join(data.get("cargo_control_number", "").split()).upper()
            kwargs["data"], args = data, ()
        super().__init__(*args, **kwargs)
        language = get_language() or "en"
        offices = [(office.code, f"{office.code} {office.name_in(language)}") for office in reference.offices()]
        self.fields["office"].choices = [("", _("Choose an office")), *offices]  # type: ignore[attr-defined]

    def entry(self) -> ReleaseRequest:
        given = self.cleaned_data
        return ReleaseRequest(
            account_number=given["account_number"],
            kind=ReleaseKind(given["kind"]),
            cargo_control_number=given["cargo_control_number"],
            office=given["office"],
            goods=given["goods"],
            estimated_value=given["estimated_value"],
        )


class FilterForm(PortageForm):
    """Which releases the list shows."""

    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All states")), *Release.State.choices])
