"""Contact details of a business and of a program account."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import ContactPerson, Language
from accounts.rules import MAILING_ADDRESS_LENGTH, digits_of
from core.forms import PortageForm, Radios
from delegation import rules
from delegation.forms.parts import email_field, name_field, telephone_field


class ProgramProfileForm(PortageForm):
    """The name, the contact details and the contact people of a program account."""

    name = name_field(_("Name of the program account"), _("What it is used for, for example “Rental fleet”"))
    telephone = telephone_field(_("Telephone"))
    email = email_field(_("E-mail"))
    mailing_address = forms.CharField(
        label=_("Mailing address"),
        help_text=_("Leave it empty where letters go to the registered address"),
        required=False,
        max_length=MAILING_ADDRESS_LENGTH,
        widget=forms.Textarea({"rows": 4, "autocomplete": "off"}),
        error_messages={"max_length": _("Shorten this to %(limit_value)d characters; it has %(show_value)d.")},
    )
    main_name = name_field(_("Main contact: name"))
    main_position = name_field(_("Main contact: position"), length=80)
    main_telephone = telephone_field(_("Main contact: telephone"))
    main_email = email_field(_("Main contact: e-mail"))
    other_name = name_field(_("Other contact: name"))
    other_position = name_field(_("Other contact: position"), length=80)
    other_telephone = telephone_field(_("Other contact: telephone"))
    other_email = email_field(_("Other contact: e-mail"))
    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("telephone", "main_telephone", "other_telephone"):
            text = data.get(name, "")
            digits = digits_of(text)
            if text and not 7 <= len(digits) <= 15:
                self.add_error(name, _("Enter a telephone number of 7 to 15 digits, for example 416 555 0123"))
            data[name] = digits
        data["mailing_address"] = "\n".join(
            line.strip() for line in data.get("mailing_address", "").splitlines() if line.strip()
        )
        for place in ContactPerson.Place:
            self._check_contact(place.value, data)
        return data

    def _check_contact(self, place: str, data: dict[str, Any]) -> None:
        parts = ("name", "position", "telephone", "email")
        if any(f"{place}_{part}" in self.errors for part in parts):
            return
        problem = rules.contact_problem(**{part: data.get(f"{place}_{part}", "") for part in parts})
        if problem == "no_name":
            self.add_error(f"{place}_name", _("Enter the name of this contact, or empty its other boxes"))
        elif problem is not None:
            self.add_error(f"{place}_telephone", _("Enter a telephone number or an e-mail for this contact"))

    @property
    def profile(self) -> dict[str, str]:
        """The answers of a valid form, without the mark of what it was made from."""
        return {name: str(value) for name, value in self.cleaned_data.items() if name != "seen"}


class BusinessProfileForm(ProgramProfileForm):
    """The operating name, the language, the contact details and the contact people of a business."""

    name = None  # type: ignore[assignment]
    operating_name = name_field(_("Operating name"), _("The name you trade under, where it differs"), length=175)
    language = forms.ChoiceField(
        label=_("Language in which the portal writes to the business"),
        choices=Language.choices,
        widget=Radios(),
        error_messages={
            "required": _("Choose the language in which the portal writes to the business"),
            "invalid_choice": _("Choose English or French"),
        },
    )
    field_order = ("operating_name", "language")
