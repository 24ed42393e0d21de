"""The bank's forms: each fault in words, with what to do next."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from counterparts.bank import rules

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
