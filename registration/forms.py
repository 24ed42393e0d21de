"""What each step asks; a step's boxes keep what was typed, right or wrong."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core import format as formats
from core.errors import DomainError
from core.forms import BusinessNumberField, Checkbox, DateField, MoneyField, PortageBoundField, PortageForm, Radios
from core.money import LARGEST
from registration.rules import Here, Identity, Question
from registration.services import Answers, StepRefused

_SEPARATORS = re.compile(r"[\s\u00a0\u202f-]+")
#: The boxes of each question, in their order.
BOXES: Mapping[Question, tuple[str, str]] = {
    Question.DECLARATION: ("declaration_number", "declaration_total"),
    Question.PAYMENT: ("payment_on", "payment_amount"),
    Question.STATEMENT: ("statement_on", "statement_balance"),
}


class StepForm(PortageForm):
    """A step of the wizard: takes up every problem that a refusal names."""

    def add_refusal(self, refusal: DomainError) -> None:
        if not isinstance(refusal, StepRefused):
            self.add_domain_error(refusal)
            return
        first = self[next(iter(self.fields))]
        for field, sentence in refusal.problems.items():
            self.add_domain_error(DomainError(sentence, code=refusal.code, field=field, link=f"#{first.auto_id}"))


class FirstForm(PortageForm):
    """The first question of all, in place of a choice that many get wrong."""

    bn9 = BusinessNumberField(
        label=_("Business number"),
        help_text=_("Nine digits, for example 704 123 686. It stands on every declaration and tax paper"),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    here = forms.ChoiceField(
        label=_("Has somebody at your business registered it here already?"),
        choices=[(Here.YES, _("Yes")), (Here.NO, _("No")), (Here.UNKNOWN, _("I don't know"))],
        widget=Radios(),
        error_messages={"required": _("Choose one of the three answers")},
    )


class NumbersForm(StepForm):
    bn9 = BusinessNumberField(
        label=_("Business number"),
        help_text=_("Nine digits, for example 704 123 686"),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    rm = forms.CharField(
        label=_("Program account"),
        help_text=_("RM and four digits, for example RM0001. One is enough: the others of the business follow"),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Enter the program account, for example RM0001")},
    )

    def clean_rm(self) -> str:
        text = _SEPARATORS.sub("", str(self.cleaned_data["rm"])).upper()
        text = f"RM{text}" if re.fullmatch(r"[0-9]{4}", text) else text
        if not re.fullmatch(r"RM[0-9]{4}", text) or text == "RM0000":
            raise ValidationError(_("Enter RM and four digits, for example RM0001"), code="invalid")
        return text


def _words(label: Any, longest: int, token: str, missing: Any, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=longest,
        widget=forms.TextInput({"autocomplete": token}),
        error_messages={"required": missing},
        **more,
    )


class IdentityForm(StepForm):
    name = _words(
        _("Legal or operating name"),
        175,
        "organization",
        _("Enter the legal or operating name"),
        help_text=_("As registered. A numbered company enters its numbered name or its operating name"),
    )
    street = _words(_("Street address"), 120, "address-line1", _("Enter the street address"))
    city = _words(_("City"), 60, "address-level2", _("Enter the city"))
    region = _words(
        _("Province or state"),
        40,
        "address-level1",
        "",
        required=False,
        help_text=_("For example ON or Ontario"),
    )
    postal_code = _words(_("Postal code"), 12, "postal-code", _("Enter the postal code"))

    @property
    def identity(self) -> Identity:
        return Identity(**self.cleaned_data)


class AnswerBox(PortageBoundField):
    """Every box of the questions may stay empty, so none says so."""

    is_optional = False


class AnswerText(forms.CharField):
    bound_field_class = AnswerBox


class AnswerChoice(forms.ChoiceField):
    bound_field_class = AnswerBox


class AnswersForm(StepForm):
    declaration_number = AnswerText(
        label=_("Declaration number, 14 digits"),
        required=False,
        max_length=30,
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "numeric"}),
    )
    declaration_total = MoneyField(label=_("Total duties and taxes"), required=False, bound_field_class=AnswerBox)
    payment_on = DateField(
        label=_("Date of the payment"),
        help_text=_("For example 2026-05-29"),
        required=False,
        bound_field_class=AnswerBox,
    )
    payment_amount = MoneyField(label=_("Amount paid"), required=False, bound_field_class=AnswerBox)
    statement_on = AnswerChoice(label=_("Statement"), required=False)
    # A statement in the person's favour has a balance below zero.
    statement_balance = MoneyField(label=_("Balance"), required=False, min_value=-LARGEST, bound_field_class=AnswerBox)

    def __init__(
        self,
        *args: Any,
        offered: Collection[Question],
        statement_days: Sequence[date],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "en"
        chooser = self.fields["statement_on"]
        assert isinstance(chooser, forms.ChoiceField)
        chooser.choices = [
            ("", _("Choose a statement")),
            *((day.isoformat(), formats.day(day, language)) for day in sorted(statement_days, reverse=True)),
        ]
        for question, boxes in BOXES.items():
            if question not in offered:
                for name in boxes:
                    del self.fields[name]

    def clean_declaration_number(self) -> str:
        text = _SEPARATORS.sub("", str(self.cleaned_data["declaration_number"]))
        if text and not re.fullmatch(r"[0-9]{14}", text):
            raise ValidationError(_("Enter the number of the declaration, 14 digits"), code="invalid")
        return text

    @property
    def answers(self) -> Answers:
        given = self.cleaned_data
        total: Decimal | None = given.get("declaration_total")
        chosen = given.get("statement_on")
        return Answers(
            declaration_number=given.get("declaration_number", ""),
            declaration_total=total,
            payment_on=given.get("payment_on"),
            payment_amount=given.get("payment_amount"),
            statement_on=date.fromisoformat(chosen) if chosen else None,
            statement_balance=given.get("statement_balance"),
        )


class ReasonForm(PortageForm):
    """Why an officer or trainer changes something; the audit trail keeps it."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Kept in the audit trail"),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        error_messages={
            "required": _("Enter the reason: it is kept in the audit trail."),
            "max_length": _("Shorten this to %(limit_value)d characters; it has %(show_value)d."),
        },
    )


class TermsForm(StepForm):
    accepted = forms.BooleanField(
        label=_("I accept these terms for the business"),
        required=False,
        widget=Checkbox(hint=_("I may bind the business, and I understand what giving access to others means")),
    )
