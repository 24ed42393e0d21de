"""The bank's forms: each fault in words, with what to do next."""

import datetime as dt
import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from counterparts.bank import rules
from counterparts.bank.clearing.rules import day_of

CARD_TEXTS = {
    rules.CardFault.MALFORMED: _("Check the card number: it has 16 digits and begins with 9999."),
    rules.CardFault.NOT_PRACTICE: _(
        "Only practice cards are taken here, and a real card number is never kept. Use one that begins with 9999."
    ),
}


class CardForm(forms.Form):
    """A practice card; nothing of it is stored but the last four digits."""

    number = forms.CharField(
        label=_("Card number"),
        max_length=40,
        help_text=_("16 digits that begin with 9999."),
        error_messages={
            "required": _("Enter the card number."),
            "max_length": _("Check the card number: it has 16 digits and begins with 9999."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    expiry = forms.CharField(
        label=_("Expiry date"),
        max_length=10,
        help_text=_("Month and year, for example 12/39."),
        error_messages={
            "required": _("Enter the expiry date."),
            "max_length": _("Write the expiry date as month and year, for example 12/39."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric", "class": "short"}),
    )
    security_code = forms.RegexField(
        r"^[0-9]{3}\Z",
        label=_("Security code"),
        help_text=_("Any three digits."),
        error_messages={"required": _("Enter the security code."), "invalid": _("The security code has three digits.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric", "class": "short"}),
    )

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_number(self) -> str:
        if fault := rules.card_fault(self.cleaned_data["number"]):
            raise forms.ValidationError(CARD_TEXTS[fault], code=fault.value)
        return rules.digits_of(self.cleaned_data["number"])

    def clean_expiry(self) -> str:
        last_day = rules.last_day_of(self.cleaned_data["expiry"])
        if last_day is None:
            raise forms.ValidationError(
                _("Write the expiry date as month and year, for example 12/39."), code="malformed"
            )
        if last_day < self.today:
            raise forms.ValidationError(_("This date has passed. Enter a later one, for example 12/39."), code="past")
        return self.cleaned_data["expiry"]


class DebitForm(forms.Form):
    number = forms.ChoiceField(
        label=_("Pay from"),
        widget=forms.RadioSelect,
        choices=[(account.number, account.number) for account in rules.ACCOUNTS],
        error_messages={
            "required": _("Choose an account."),
            "invalid_choice": _("Choose an account from the list."),
        },
    )


class ChallengeForm(forms.Form):
    code = forms.RegexField(
        r"^\s*([0-9]\s*){6}\Z",
        label=_("Code"),
        max_length=20,
        help_text=_("Six digits. In this practice bank it is always 123456."),
        error_messages={
            "required": _("Enter the code."),
            "invalid": _("The code has six digits."),
            "max_length": _("The code has six digits."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "short"}),
    )


class DayField(forms.CharField):
    """A business day in digits; what cannot be read says how to write it."""

    default_error_messages = {
        "required": _("Enter the business day."),
        "unreadable": _("Write the day as year, month and day, for example 2026-07-25."),
    }

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"autocomplete": "off", "inputmode": "numeric", "class": "short"}
        super().__init__(label=_("Business day"), widget=forms.TextInput(attrs=attributes), **kwargs)

    def clean(self, value: Any) -> dt.date:
        text = super().clean(value)
        day = day_of(text)
        if day is None:
            raise forms.ValidationError(self.error_messages["unreadable"], code="unreadable")
        return day


class BillForm(forms.Form):
    """A payment to an account number, as a payer makes it at their bank; ``once`` makes it one however often sent."""

    payee = forms.CharField(
        label=_("Account number"),
        max_length=20,
        help_text=_("The program account: 15 characters, for example 123456789RM0001."),
        error_messages={
            "required": _("Enter the account number."),
            "max_length": _("Check the account number: nine digits, RM and four digits."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    payer = forms.CharField(
        label=_("Name of the payer"),
        max_length=120,
        error_messages={
            "required": _("Enter the name of the payer."),
            "max_length": _("Shorten the name to 120 characters."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    amount = forms.CharField(
        label=_("Amount in dollars"),
        max_length=20,
        help_text=_("With cents, for example 250.00."),
        error_messages={
            "required": _("Enter the amount."),
            "max_length": _("Write the amount with cents, for example 250.00."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "decimal", "class": "short"}),
    )
    on = DayField(help_text=_("The portal's day, for example 2026-07-25. The money arrives three business days later."))
    once = forms.RegexField(r"^[0-9a-f]{32}\Z", widget=forms.HiddenInput, initial=lambda: secrets.token_hex(16))

    def clean_payee(self) -> str:
        payee = "".join(self.cleaned_data["payee"].split()).upper()
        if not rules.is_payee(payee):
            raise forms.ValidationError(
                _("Check the account number: nine digits, RM and four digits."), code="malformed"
            )
        return payee

    def clean_amount(self) -> int:
        """The amount in cents; the comma of French and spaces between thousands are read as well."""
        text = "".join(self.cleaned_data["amount"].split()).replace(",", ".")
        if not rules.is_amount(text):
            raise forms.ValidationError(_("Write the amount with cents, for example 250.00."), code="malformed")
        return rules.cents_of(text)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Operator's code"),
        max_length=200,
        error_messages={"required": _("Enter the operator's code.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


class ActForm(forms.Form):
    """One act of the operator on one object."""

    act = forms.ChoiceField(
        choices=[(act, act) for act in ("send_again", "charge_back", "revoke", "outage_on", "outage_off")]
    )
    target = forms.CharField(max_length=64, required=False)
    on = DayField()
