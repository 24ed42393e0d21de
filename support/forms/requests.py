"""What is asked of whoever asks, and of the officer who answers."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Business, ProgramAccount
from core import format as formats
from core.forms import BusinessNumberField, Checkboxes, PortageForm, Radios
from support.models import SupportRequest

LONGEST_MESSAGE = 1000
_TOO_LONG = _("Shorten this to %(limit_value)d characters; it has %(show_value)d.")
Side = SupportRequest.Side


def _message(label: Any, hint: Any = "", *, missing: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=bool(missing),
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": missing, "max_length": _TOO_LONG},
    )


class NumberRequestForm(PortageForm):
    """Who asks for the RM number of which business."""

    bn9 = BusinessNumberField(
        label=_("Business number"),
        help_text=_("Nine digits, for example 704 123 686"),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    legal_name = forms.CharField(
        label=_("Legal name of the business"),
        help_text=_("As registered; the officer compares it with the record"),
        max_length=175,
        widget=forms.TextInput({"autocomplete": "organization"}),
        error_messages={"required": _("Enter the legal name of the business")},
    )
    side = forms.ChoiceField(
        label=_("Who are you?"),
        choices=Side.choices,
        error_messages={"required": _("Choose who you are"), "invalid_choice": _("Choose one of those listed")},
    )
    provider = forms.ChoiceField(
        label=_("Your brokerage"),
        required=False,
        error_messages={"invalid_choice": _("Choose one of those listed")},
    )
    message = _message(_("Anything the officer should know"), _("For example where you looked already"))

    def __init__(self, *args: Any, brokers: Iterable[Business], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = list(brokers)
        nobody: dict[str, Any] = (
            {} if mine else {Side.BROKER.value: _("You belong to no customs broker with a valid licence here")}
        )
        side = self.fields["side"]
        assert isinstance(side, forms.ChoiceField)
        side.widget = Radios(unavailable=nobody)
        side.choices = Side.choices
        if not mine:
            del self.fields["provider"]
            side.initial = Side.IMPORTER
            return
        chooser = self.fields["provider"]
        assert isinstance(chooser, forms.ChoiceField)
        chooser.choices = [(str(row.pk), row.legal_name) for row in mine]

    @property
    def provider_id(self) -> int | None:
        chosen = self.cleaned_data.get("provider")
        return int(chosen) if chosen else None


class QuestionForm(PortageForm):
    """Anything else."""

    subject = forms.CharField(
        label=_("Subject"),
        max_length=120,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Enter a subject in a few words"), "max_length": _TOO_LONG},
    )
    message = _message(
        _("Your question"),
        _("What you did, what you expected, what you saw. Never send a password or a code"),
        missing=_("Enter your question"),
    )


class AnswerForm(PortageForm):
    """An officer's answer, or the reason of a refusal."""

    program_accounts = forms.MultipleChoiceField(
        label=_("Program accounts to name"),
        help_text=_("From the record; they are needed for an answer, not for a refusal"),
        required=False,
        widget=Checkboxes(),
        error_messages={"invalid_choice": _("Choose among the program accounts listed")},
    )
    text = _message(_("Answer, or reason of the refusal"), _("The person reads it"))

    def __init__(self, *args: Any, accounts: Iterable[ProgramAccount], asks_number: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser = self.fields["program_accounts"]
        assert isinstance(chooser, forms.MultipleChoiceField)
        chooser.choices = [(str(account.pk), formats.bn(account.number)) for account in accounts]
        if not asks_number or not chooser.choices:
            del self.fields["program_accounts"]

    @property
    def program_account_ids(self) -> frozenset[int]:
        return frozenset(int(chosen) for chosen in self.cleaned_data.get("program_accounts", ()))
