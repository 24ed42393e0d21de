"""The calculator pages: open, read from the address, what was typed is kept, each number explained."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

pytestmark = pytest.mark.django_db


def page(name: str, query: str = "", language: str = "en") -> str:
    with translation.override(language):
        address = reverse(f"support:{name}")
    response = Client().get(f"{address}?{query}" if query else address)
    assert response.status_code == 200
    html = response.content.decode().replace("\u00a0", " ").replace("\u202f", " ")
    assert "{{" not in html
    assert "<c-" not in html
    return re.sub(r"\s+", " ", html)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "name",
    [
        "calculators",
        "calculator_duties",
        "calculator_security",
        "calculator_billing",
        "calculator_interest",
        "help",
        "must_register",
        "contact",
    ],
)
def test_every_page_is_open_in_both_languages(name: str, language: str) -> None:
    html = page(name, language=language)
    assert f'<html lang="{language}">' in html
    assert "Error:" not in html
    assert html.count("<h1") == 1


def test_duties_of_two_lines_are_shown_and_explained() -> None:
    query = (
        "currency=CAD&shipped_on=2026-07-15&lines=2&value_1=100&duty_rate_1=6.5&surtax_rates_1=25+10&sima_1=1"
        "&value_2=50&province_2=ON&work=1"
    )
    html = page("calculator_duties", query)
    assert "Line 1: $49.63" in html
    assert "$142.50" in html
    assert "56.13" in html
    second = page("calculator_duties", query + "&explain=2")
    assert "Line 2: $6.50" in second
    assert "13 % of the value for tax, in place of the GST" in second


def test_the_source_of_the_exchange_rate_is_said_and_marked() -> None:
    html = page("calculator_duties", "currency=USD&shipped_on=2026-07-15&lines=1&value_1=100")
    assert "European Central Bank reference rates" in html
    assert "Illustrative rate" in html
    own = page("calculator_duties", "currency=USD&shipped_on=2026-07-15&exchange_rate=1.15&lines=1&value_1=100")
    assert "The rate you gave." in own
    assert "$115.00" in own
    assert "Illustrative rate" not in own


def test_a_line_is_added_and_taken_away_with_what_was_typed() -> None:
    more = page("calculator_duties", "currency=EUR&shipped_on=2026-07-15&lines=1&value_1=12.34&add=1")
    assert 'name="value_2"' in more
    assert 'value="12.34"' in more
    assert "Error:" not in more
    fewer = page("calculator_duties", "currency=EUR&shipped_on=2026-07-15&lines=2&value_1=12.34&remove=1")
    assert 'name="value_2"' not in fewer
    assert "Add a line" not in page("calculator_duties", "currency=EUR&lines=99")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("currency=USD&shipped_on=&lines=1&value_1=1", "Enter a date, for example 2026-07-22"),
        ("currency=USD&shipped_on=2026-07-15&lines=1&value_1=$1,000", "type 1000"),
        ("currency=USD&shipped_on=2026-07-15&lines=1&value_1=1&duty_rate_1=6,5", "without the percent sign"),
        ("currency=USD&shipped_on=2026-07-15&lines=1&value_1=1&duty_rate_1=1001", "at most 1000"),
        ("currency=USD&shipped_on=2026-07-15&lines=1&value_1=1&surtax_rates_1=x", "with spaces between"),
        ("currency=USD&shipped_on=2026-07-15&lines=1&value_1=1&exchange_rate=0", "above zero"),
        ("currency=USD&shipped_on=2026-07-15&lines=1&value_1=1&exchange_rate=x", "for example 1.3725"),
        ("currency=ZZZ&shipped_on=2026-07-15&lines=x&value_1=1", "Select a valid choice"),
        ("currency=CAD&shipped_on=2005-07-15&lines=1&value_1=1&province_1=ON", "No sales tax is known for ON"),
    ],
)
def test_a_wrong_entry_is_named_and_kept(query: str, message: str) -> None:
    html = page("calculator_duties", query)
    assert "<title>Error:" in html
    assert message in html
    assert "Explain this number" not in html


def test_a_currency_without_a_quote_on_the_day_asks_for_a_rate() -> None:
    html = page("calculator_duties", "currency=MXN&shipped_on=2000-01-03&lines=1&value_1=1")
    assert "No exchange rate is known for MXN on 3 January 2000." in html


def test_security_is_computed_from_the_highest_month() -> None:
    html = page("calculator_security", "on=2025-10-01&m2025-08=12000&m2025-09=61500")
    assert "September 2025" in html
    assert "$30,750.00" in html
    assert "50 % of it, at least $5,000.00, at most $10,000,000.00." in html
    zero = page("calculator_security", "on=2025-10-01&m2025-08=0")
    assert "None: every month is zero" in zero


def test_security_asks_for_a_month_and_a_day() -> None:
    assert "at least one month" in page("calculator_security", "on=2025-10-01")
    assert "<title>Error:" in page("calculator_security", "on=1990-01-01")
    assert "<title>Error:" in page("calculator_security", "on=nonsense&months=1")


def test_the_months_follow_from_the_day_and_keep_what_was_typed() -> None:
    html = page("calculator_security", "on=2025-10-01&m2025-08=12000&months=1")
    assert "October 2024" in html
    assert 'value="12000"' in html
    assert "Error:" not in html


def test_billing_dates_with_a_holiday() -> None:
    html = page("calculator_billing", "released_on=2025-06-02")
    assert "Monday 9 June 2025" in html
    assert "Tuesday 1 July 2025" in html
    assert "Wednesday 2 July 2025" in html
    assert "The due date is a holiday" in html
    assert "is not a holiday, so it is the last day" in page("calculator_billing", "released_on=2026-07-22")
    assert "<title>Error:" in page("calculator_billing", "released_on=2025-02-30")


def test_interest_by_the_table_and_by_a_rate_of_ones_own() -> None:
    table = page("calculator_interest", "principal=10000&due_on=2026-01-30&paid_on=2026-05-01&rate=")
    assert "31 January to 31 March 2026" in table
    assert "8.2 %" in table
    assert "Illustrative rate" in table
    own = page("calculator_interest", "principal=10000&due_on=2026-01-30&paid_on=2026-03-01&rate=8.3")
    assert "$68.44" in own
    assert "Illustrative rate" not in own
    assert "Paid in time" in page("calculator_interest", "principal=1&due_on=2026-01-30&paid_on=2026-01-30")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("principal=&due_on=2026-01-30&paid_on=2026-03-01", "Enter an amount in dollars and cents"),
        ("principal=1&due_on=2000-01-30&paid_on=2051-03-01", "at most 50 years"),
        ("principal=1&due_on=2026-01-30&paid_on=2026-03-01&rate=101", "at most 100"),
        ("principal=1&due_on=2027-12-30&paid_on=2028-03-01", "No rate is known for 1 January 2028"),
    ],
)
def test_interest_names_what_is_wrong(query: str, message: str) -> None:
    html = page("calculator_interest", query)
    assert "<title>Error:" in html
    assert message in html


def test_pages_are_only_read() -> None:
    assert Client().post(reverse("support:calculator_billing")).status_code == 405
