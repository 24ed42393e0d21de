"""The fields and small forms that the forms of people and access share."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import ProgramAccount
from core.forms import PortageForm

ALL, SOME = "all", "some"
OWN, CLIENT, OTHERS = "own", "client", "others"
COMMENT_LENGTH = 500


def comment_field(label: Any, hint: Any = "", *, required: bool = False, missing: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea({"rows": 3}),
        error_messages={
            "required": missing,
            "max_length": _("Shorten this to %(limit_value)d characters; it has %(show_value)d."),
        },
    )


class ReasonForm(PortageForm):
    """A refusal always carries its reason, because the other side reads it."""

    reason = comment_field(
        _("Reason"), _("The other side reads it"), required=True, missing=_("Enter the reason: the other side reads it")
    )


class OptionalReasonForm(PortageForm):
    reason = comment_field(_("Reason"), _("The other side reads it"))


class SearchForm(PortageForm):
    """The search over the businesses of a list."""

    search = forms.CharField(label=_("Name or business number"), required=False, max_length=100)


def name_field(label: Any, hint: Any = "", *, length: int = 120) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=False,
        max_length=length,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"max_length": _("Shorten this to %(limit_value)d characters; it has %(show_value)d.")},
    )


def telephone_field(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=_("Digits, for example 416 555 0123"),
        required=False,
        max_length=30,
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "tel"}),
    )


def email_field(label: Any) -> forms.EmailField:
    return forms.EmailField(
        label=label,
        required=False,
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off"}),
        error_messages={"invalid": _("Enter an e-mail such as name@example.com, or leave it empty")},
    )


class SwitchForm(PortageForm):
    """The search over everything one may act for."""

    search = forms.CharField(label=_("Name or number"), required=False, max_length=100)


def offer_accounts(field: forms.Field, accounts: list[ProgramAccount]) -> None:
    field.choices = [  # type: ignore[attr-defined]
        (
            str(account.pk),
            _("%(rm)s, %(profile)s") % {"rm": account.rm, "profile": account.get_profile_display()},
        )
        for account in accounts
    ]
    add_hints(field, {str(account.pk): account.name for account in accounts})


def add_hints(field: forms.Field, hints: dict[str, Any]) -> None:
    field.widget.hints = {**field.widget.hints, **hints}


def hold_back(field: forms.Field, reasons: dict[str, Any]) -> None:
    field.widget.unavailable = {**field.widget.unavailable, **reasons}


def ids_of(values: Iterable[str]) -> frozenset[int]:
    return frozenset(int(value) for value in values)
