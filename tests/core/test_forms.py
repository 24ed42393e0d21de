"""The fields of their own kind: what they take, what they refuse and what they say then."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.template import Context, Template
from django.utils import translation

from core.errors import DomainError
from core.forms import (
    BusinessNumberField,
    Checkbox,
    Checkboxes,
    DateField,
    MoneyField,
    PortageForm,
    ProgramAccountField,
    Radios,
)

VALID_BN = "123026635"


def refusal(field: forms.Field, value: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        field.clean(value)
    return str(caught.value.messages[0])


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1204.50", "1204.50"), ("0", "0.00"), (" 12.5 ", "12.50"), ("999999999999.99", "999999999999.99")],
)
def test_money_is_taken_as_exact_decimals(text: str, amount: str) -> None:
    assert MoneyField().clean(text) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("$1,204.50", "1204.50"),
        ("1 204,50 $", "1204.50"),
        ("1\u202f204,50\u00a0$", "1204.50"),
        ("1,204", "1204"),
        ("CAD 12", "12"),
        ("12,5", "12.5"),
    ],
)
def test_money_with_marks_is_refused_with_what_to_type(text: str, suggestion: str) -> None:
    assert refusal(MoneyField(), text).endswith(f"type {suggestion}")


@pytest.mark.parametrize("text", ["abc", "1.234", "1e5", "--1", "1.2.3", "٣", "9" * 13])
def test_what_is_no_amount_is_refused(text: str) -> None:
    assert "for example 1204.50" in refusal(MoneyField(), text)


def test_money_has_bounds_in_the_persons_language() -> None:
    field = MoneyField(min_value=Decimal("0.01"), max_value=Decimal("4999.99"))
    assert refusal(field, "0") == "Enter an amount of at least $0.01"
    assert refusal(field, "5000") == "Enter an amount of at most $4,999.99"
    assert "$0.00" in refusal(MoneyField(), "-1")
    assert MoneyField(min_value=None).clean("\u22125.00") == Decimal("-5.00")
    with translation.override("fr"):
        assert "4\u202f999,99\u00a0$" in refusal(field, "5000")


def test_empty_money() -> None:
    assert "Enter an amount" in refusal(MoneyField(), "  ")
    assert MoneyField(required=False).clean("") is None
    assert MoneyField().prepare_value(Decimal("1204.5")) == "1204.50"
    assert MoneyField().prepare_value("$1") == "$1"
    assert MoneyField().clean(Decimal("3.10")) == Decimal("3.10")
    assert not MoneyField().has_changed(Decimal("3.10"), "3.10")
    assert MoneyField().has_changed(Decimal("3.10"), "$3.10")


def test_a_date_is_year_month_day() -> None:
    field = DateField(min_value=date(2026, 1, 1), max_value=date(2026, 12, 31))
    assert field.clean(" 2026-07-22 ") == date(2026, 7, 22)
    assert field.clean(date(2026, 7, 22)) == date(2026, 7, 22)
    assert field.prepare_value(date(2026, 7, 22)) == "2026-07-22"
    assert field.prepare_value("22/07") == "22/07"
    assert "for example 2026-07-22" in refusal(field, "22/07/2026")
    assert "for example 2026-07-22" in refusal(field, "2026-7-2")
    assert "for example 2026-07-22" in refusal(field, " ")
    assert refusal(field, "2026-02-30").startswith("2026-02-30 is not in the calendar")
    assert "on or after" in refusal(field, "2025-12-31")
    assert "on or before" in refusal(field, "2027-01-01")
    assert DateField(required=False).clean("") is None


def test_a_business_number_may_have_spaces() -> None:
    field = BusinessNumberField()
    assert field.clean("123 026 635") == VALID_BN
    assert field.clean("123-026-635") == VALID_BN
    assert "Check each digit" in refusal(field, "123026636")
    assert "nine digits" in refusal(field, "12302663")
    assert "nine digits" in refusal(field, "١٢٣٠٢٦٦٣٥")
    assert "without the program account" in refusal(field, "123026635RM0001")
    assert "Enter the business number" in refusal(field, "")
    assert BusinessNumberField(required=False).clean(" ") == ""


def test_a_program_account_is_rm_and_never_zero() -> None:
    field = ProgramAccountField()
    assert field.clean("123 026 635 rm0001") == "123026635RM0001"
    assert "RM" in refusal(field, "123026635RC0001")
    assert "not 0000" in refusal(field, "123026635RM0000")
    assert "Enter nine digits" in refusal(field, "123026635")
    assert "Check each digit" in refusal(field, "123026636RM0001")
    assert "Enter the program account" in refusal(field, "")
    assert ProgramAccountField(required=False).clean("") == ""


class ExampleForm(PortageForm):
    amount = MoneyField(label="Amount", help_text="In dollars")
    method = forms.ChoiceField(
        label="How to pay",
        choices=[("debit", "Debit card"), ("credit", "Credit card")],
        widget=Radios(cards=True, hints={"debit": "No limit"}, unavailable={"credit": "Too much"}),
    )
    sees = forms.MultipleChoiceField(
        label="What they see",
        required=False,
        choices=[("own", "Their own"), ("others", "Others")],
        widget=Checkboxes(locked={"own"}),
    )
    agrees = forms.BooleanField(label="I agree", widget=Checkbox(hint="To the terms"))
    note = forms.CharField(label="Note", required=False, max_length=8)
    reason = forms.CharField(label="Reason", required=False, widget=forms.Textarea)
    secret = forms.CharField(widget=forms.HiddenInput)


def test_the_field_shows_label_hint_error_then_box() -> None:
    html = str(ExampleForm({"amount": "$1"})["amount"].as_field_group())
    places = [html.index(part) for part in ("<label", "In dollars", "Leave out the dollar sign", "<input")]
    assert places == sorted(places)
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_amount_helptext id_amount_error"' in html
    assert 'id="id_amount_helptext"' in html
    assert 'id="id_amount_error"' in html
    assert 'value="$1"' in html, "what was typed is kept"
    assert "style=" not in html


def test_choices_say_what_they_mean_and_why_not() -> None:
    form = ExampleForm(initial={"method": "debit"})
    html = str(form["method"].as_field_group())
    assert "<fieldset" in html and "<legend" in html
    assert "No limit" in html and "Too much" in html
    assert html.count(" checked") == 1
    assert html.count(" disabled") == 1
    sees = str(form["sees"].as_field_group())
    assert sees.count(" checked") == 1 and sees.count(" disabled") == 1


def test_a_tick_has_its_second_line() -> None:
    html = str(ExampleForm({})["agrees"].as_field_group())
    assert "To the terms" in html
    assert 'aria-describedby="id_agrees_helptext id_agrees_error"' in html


def test_optional_is_said_and_width_follows_length() -> None:
    form = ExampleForm()
    assert "(optional)" in str(form["note"].as_field_group())
    assert "(optional)" not in str(form["amount"].as_field_group())
    assert [form[name].width for name in ("amount", "note", "reason", "method")] == ["s", "s", "l", "l"]  # type: ignore[attr-defined]


def test_the_summary_links_each_problem_to_its_box() -> None:
    form = ExampleForm({"amount": "x"})
    problems = {problem.href: problem.message for problem in form.error_list}
    assert "#id_amount" in problems
    assert "#id_method_0" in problems
    assert "" in problems, "a hidden field has no box to go to"
    assert form.title_prefix == "Error:"
    assert ExampleForm().title_prefix == ""
    assert ExampleForm().error_list == []


def test_a_refusal_lands_on_its_field_or_on_the_form() -> None:
    form = ExampleForm({"amount": "5"})
    form.add_domain_error(DomainError("More than you owe", code="too_much", field="amount"))
    form.add_domain_error(DomainError("Suspended. Pay first", code="suspended", link="/en/pay/"))
    form.add_domain_error(DomainError("Elsewhere", code="other", field="not_here"))
    assert "More than you owe" in form.errors["amount"]
    by_message = {problem.message: problem.href for problem in form.error_list}
    assert by_message["Suspended. Pay first"] == "/en/pay/"
    assert by_message["Elsewhere"] == ""
    assert by_message["More than you owe"] == "#id_amount"


def test_the_whole_form_is_drawn_with_its_hidden_fields() -> None:
    html = Template("{{ form }}").render(Context({"form": ExampleForm({})}))
    assert 'name="secret"' in html
    assert html.count("<legend") == 2
    assert 'class="field' in html


def test_an_empty_field_is_named_where_it_has_no_words_of_its_own() -> None:
    class Months(PortageForm):
        first = forms.CharField(label="From the statement of")
        amount = MoneyField()

    messages = [problem.message for problem in Months({}).error_list]
    assert messages == ["Fill in “From the statement of”", "Enter an amount in dollars and cents, for example 1204.50"]
    with translation.override("fr"):
        assert "Remplissez le champ «\u00a0From the statement of\u00a0»" in Months({}).errors["first"]
