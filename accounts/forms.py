"""Forms of sign-in and profile."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.models import Language, User
from accounts.rules import Profile
from core.forms import Checkbox, PortageForm, Radios


class AddressForm(PortageForm):
    """The address for sign-in codes, typed twice."""

    email = forms.EmailField(
        label=_("E-mail for your sign-in codes"),
        help_text=_("A shared mailbox works if everyone who uses it may read it."),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email"}),
        error_messages={
            "required": _("Enter the e-mail address that receives your codes"),
            "invalid": _("Enter an e-mail address like name@example.com"),
        },
    )
    email_again = forms.CharField(
        label=_("The same e-mail again"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off"}),
        error_messages={"required": _("Enter the same e-mail address again")},
    )

    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or {}
        first, again = data.get("email"), data.get("email_again")
        if first and again and not rules.is_same_address(first, again):
            self.add_error("email_again", _("The two addresses differ. Enter the same address in both"))
        return data


class EnrolForm(AddressForm):
    """At the first sign-in, with the consent to use the address for codes."""

    consent = forms.BooleanField(
        label=_("I agree that this address is used to send me sign-in codes"),
        widget=Checkbox(hint=_("It is kept with your credential and used for nothing else.")),
        error_messages={"required": _("Tick the box to agree, or stop here: without codes nobody can sign in")},
    )


class CodeForm(PortageForm):
    """The six digits of the mail; anything else is not counted as a try."""

    code = forms.CharField(
        label=_("Code of 6 digits"),
        max_length=20,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": _("Enter the 6 digits of the e-mail")},
    )
    code.width = "s"  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        code = rules.code_of(self.cleaned_data["code"])
        if not code:
            raise ValidationError(_("The code has 6 digits. Enter them as they stand in the e-mail"), code="shape")
        return code


class ChangeCodeForm(CodeForm):
    """The six digits that went to a new address."""


class ProfileForm(PortageForm):
    """The personal profile; preferences and contacts are the person's, not the company's."""

    first_name = forms.CharField(
        label=_("First name"),
        max_length=60,
        widget=forms.TextInput({"autocomplete": "given-name"}),
        error_messages={"required": _("Enter your first name")},
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=60,
        widget=forms.TextInput({"autocomplete": "family-name"}),
        error_messages={"required": _("Enter your last name")},
    )
    telephone = forms.CharField(
        label=_("Telephone"),
        help_text=_("Your work number is best. Digits, for example 416 555 0123."),
        max_length=30,
        widget=forms.TextInput({"autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"required": _("Enter your telephone number")},
    )
    extension = forms.CharField(
        label=_("Extension"),
        max_length=10,
        required=False,
        widget=forms.TextInput({"autocomplete": "tel-extension", "inputmode": "numeric"}),
    )
    contact_email = forms.EmailField(
        label=_("E-mail"),
        help_text=_("Your work address is best. It may differ from the one that receives your codes."),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email"}),
        error_messages={
            "required": _("Enter your e-mail address"),
            "invalid": _("Enter an e-mail address like name@example.com"),
        },
    )
    language = forms.ChoiceField(
        label=_("Preferred language"),
        choices=Language.choices,
        widget=Radios(),
        error_messages={
            "required": _("Choose the language in which the portal writes to you"),
            "invalid_choice": _("Choose English or French"),
        },
    )
    wants_email = forms.BooleanField(
        label=_("Also send me an e-mail for each notification"),
        required=False,
        widget=Checkbox(hint=_("Otherwise notices are only in the portal, under Notifications.")),
    )

    @staticmethod
    def values_of(user: User) -> dict[str, Any]:
        values = {name: getattr(user, name) for name in Profile.__dataclass_fields__}
        return {**values, "contact_email": user.contact_email or user.email}

    def clean_telephone(self) -> str:
        digits = rules.digits_of(self.cleaned_data["telephone"])
        if not 7 <= len(digits) <= 15:
            raise ValidationError(
                _("Enter a telephone number of 7 to 15 digits, for example 416 555 0123"), code="digits"
            )
        return digits

    def clean_extension(self) -> str:
        text = self.cleaned_data["extension"]
        digits = rules.digits_of(text)
        if text and not digits:
            raise ValidationError(_("Enter the extension in digits only, or leave it empty"), code="digits")
        return digits

    @property
    def asks_email(self) -> bool:
        """Whether the person is asked for e-mail copies here: only before they chose topic by topic elsewhere."""
        return "wants_email" in self.fields

    @property
    def profile(self) -> Profile:
        return Profile(**{"wants_email": self.initial.get("wants_email", False), **self.cleaned_data})


class ProfileChangeForm(ProfileForm):
    """Changed later; e-mail copies have a page of their own by then."""

    wants_email = None  # type: ignore[assignment]


class NamedForm(PortageForm):
    """What the person calls an authenticator, so that they know it again."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("So that you know it again, for example “Work phone” or “Blue key”."),
        max_length=rules.FACTOR_NAME_LENGTH,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Give it a name, so that you know it again")},
    )
    name.width = "m"  # type: ignore[attr-defined]


class PasskeyAnswerForm(PortageForm):
    """What the browser brings back from a passkey; it is filled in by ``passkeys.js`` only."""

    credential = forms.JSONField(
        widget=forms.HiddenInput,
        error_messages={
            "required": _("No passkey answered. It needs JavaScript and a browser that knows passkeys"),
            "invalid": _("The passkey's answer could not be read. Try again"),
        },
    )

    def clean_credential(self) -> dict[str, Any]:
        credential = self.cleaned_data["credential"]
        if not isinstance(credential, dict):
            raise ValidationError(_("The passkey's answer could not be read. Try again"), code="invalid")
        return credential


class PasskeyForm(NamedForm, PasskeyAnswerForm):
    """A new passkey with its name."""


class AppCodeForm(PortageForm):
    """Six digits of an authenticator app; anything else is not counted as a try."""

    code = forms.CharField(
        label=_("Code of your authenticator app"),
        max_length=20,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": _("Enter the 6 digits that the app shows now")},
    )
    code.width = "s"  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        return _app_code(self.cleaned_data["code"])


class AppForm(NamedForm, AppCodeForm):
    """The first code that a newly added authenticator app shows proves that the key arrived."""

    field_order = ("name", "code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code that the app shows")


class RecoveryCodeForm(PortageForm):
    """Eight digits of the list that the person put away."""

    code = forms.CharField(
        label=_("Recovery code of 8 digits"),
        max_length=30,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("Enter one of your recovery codes")},
    )
    code.width = "s"  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        code = rules.recovery_code_of(self.cleaned_data["code"])
        if not code:
            raise ValidationError(_("A recovery code has 8 digits. Enter one that is not crossed out"), code="shape")
        return code


class EmergencyCodeForm(PortageForm):
    """Twelve digits that an officer read out."""

    code = forms.CharField(
        label=_("Emergency code of 12 digits"),
        max_length=40,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("Enter the emergency code that the officer gave you")},
    )
    code.width = "m"  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        code = rules.emergency_code_of(self.cleaned_data["code"])
        if not code:
            raise ValidationError(_("An emergency code has 12 digits. Enter it as the officer gave it"), code="shape")
        return code


def _app_code(text: str) -> str:
    code = rules.code_of(text)
    if not code:
        raise ValidationError(_("The code has 6 digits. Enter them as the app shows them"), code="shape")
    return code
