"""The bank account and the terms of pre-authorized debit, and an officer's word that a payment came back."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import Checkbox, PortageForm
from payments.debits.rules import BankAccount, problems
from payments.messages import RETURN_REASONS

_DIGITS = {"inputmode": "numeric", "autocomplete": "off"}


class _Digits(forms.CharField):
    """Digits, with whatever people put between them left out."""

    def __init__(self, *, longest: int, **more: Any) -> None:
        super().__init__(max_length=longest + 8, widget=forms.TextInput(_DIGITS), **more)

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace(" ", "").replace("-", "")


class AgreementForm(PortageForm):
    """What a cheque shows of an account, and what the holder certifies."""

    holder = forms.CharField(
        label=gettext_lazy("Account holder"),
        max_length=100,
        error_messages={"required": gettext_lazy("Enter the name the account is held in")},
    )
    institution = _Digits(
        label=gettext_lazy("Institution number"),
        longest=3,
        help_text=gettext_lazy("3 digits, such as 999 for the practice bank"),
        error_messages={"required": gettext_lazy("Enter the institution number")},
    )
    transit = _Digits(
        label=gettext_lazy("Transit number"),
        longest=5,
        help_text=gettext_lazy("5 digits, such as 00001"),
        error_messages={"required": gettext_lazy("Enter the transit number")},
    )
    account = _Digits(
        label=gettext_lazy("Account number"),
        longest=12,
        help_text=gettext_lazy("7 to 12 digits. It goes to the bank; here only its last digits are kept"),
        error_messages={"required": gettext_lazy("Enter the account number")},
    )
    is_holder = forms.BooleanField(
        label=gettext_lazy("I may sign for this account, and it is a business account"),
        widget=Checkbox(),
        error_messages={"required": gettext_lazy("Certify that you may sign for the account")},
    )
    accepts = forms.BooleanField(
        label=gettext_lazy("I accept the terms"),
        widget=Checkbox(
            hint=gettext_lazy("The total of each statement is taken on its due date, announced some days before")
        ),
        error_messages={"required": gettext_lazy("Accept the terms to set up the debit")},
    )

    @property
    def bank_account(self) -> BankAccount:
        data = self.cleaned_data
        return BankAccount(data["holder"], data["institution"], data["transit"], data["account"])

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        typed = BankAccount(*(given.get(name, "") for name in ("holder", "institution", "transit", "account")))
        words = {
            "institution": _("The institution number has 3 digits"),
            "transit": _("The transit number has 5 digits"),
            "account": _("The account number has 7 to 12 digits"),
        }
        for name in problems(typed):
            if name in words and name in given:
                self.add_error(name, ValidationError(words[name], code="shape"))
        return given


class ReturnForm(PortageForm):
    """A received payment that did not hold, such as a cheque that bounced."""

    reference = forms.CharField(
        label=gettext_lazy("Payment reference"),
        max_length=20,
        error_messages={"required": gettext_lazy("Enter the reference of the payment")},
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Why it came back"),
        choices=[(key, RETURN_REASONS[key]) for key in ("nsf", "account_closed", "stopped", "charged_back")],
    )
    fee = forms.BooleanField(
        label=gettext_lazy("Charge the fee of a returned payment"), required=False, widget=Checkbox()
    )


class CloseEntryForm(PortageForm):
    """What an officer did about an entry of the bank that nobody could place."""

    note = forms.CharField(
        label=gettext_lazy("What you did about it"),
        max_length=300,
        help_text=gettext_lazy("For example whom you asked, and the reference of the payment you entered."),
        error_messages={"required": gettext_lazy("Say what you did, so that the next officer understands it")},
    )
