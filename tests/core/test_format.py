"""How amounts, dates and identifiers are written, in both languages."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from core import format as formats

N = "\u00a0"
T = "\u202f"


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        ("1234.56", "$1,234.56", f"1{T}234,56{N}$"),
        ("0", "$0.00", f"0,00{N}$"),
        ("-412.5", "\u2212$412.50", f"\u2212412,50{N}$"),
        ("10000000", "$10,000,000.00", f"10{T}000{T}000,00{N}$"),
        ("999.995", "$1,000.00", f"1{T}000,00{N}$"),
        ("-0.004", "$0.00", f"0,00{N}$"),
    ],
)
def test_money(value: str, english: str, french: str) -> None:
    assert formats.money(Decimal(value), "en") == english
    assert formats.money(Decimal(value), "fr") == french


@pytest.mark.parametrize(
    ("value", "places", "english", "french"),
    [
        ("23933.11", 2, "23,933.11", f"23{T}933,11"),
        ("-19426.26", 2, "\u221219,426.26", f"\u221219{T}426,26"),
        ("1.3685", 4, "1.3685", "1,3685"),
        ("12480", 0, "12,480", f"12{T}480"),
        ("0.5", 0, "1", "1"),
    ],
)
def test_number(value: str, places: int, english: str, french: str) -> None:
    assert formats.number(Decimal(value), "en", places=places) == english
    assert formats.number(Decimal(value), "fr", places=places) == french


def test_an_integer_has_no_decimals() -> None:
    assert formats.integer(12480, "en") == "12,480"
    assert formats.integer(-1946, "fr-ca") == f"\u22121{T}946"


@pytest.mark.parametrize(
    ("fraction", "places", "english", "french"),
    [
        ("0.065", None, f"6.5{N}%", f"6,5{N}%"),
        ("0.065", 2, f"6.50{N}%", f"6,50{N}%"),
        ("0.05", None, f"5{N}%", f"5{N}%"),
        ("1", None, f"100{N}%", f"100{N}%"),
        ("0", None, f"0{N}%", f"0{N}%"),
        ("0.09975", None, f"9.975{N}%", f"9,975{N}%"),
        ("0.5078646", 1, f"50.8{N}%", f"50,8{N}%"),
    ],
)
def test_percent(fraction: str, places: int | None, english: str, french: str) -> None:
    assert formats.percent(Decimal(fraction), "en", places=places) == english
    assert formats.percent(Decimal(fraction), "fr", places=places) == french


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (date(2026, 7, 25), "25 July 2026", "25 juillet 2026"),
        (date(2026, 7, 1), "1 July 2026", "1er juillet 2026"),
        (date(2026, 8, 31), "31 August 2026", "31 août 2026"),
        (date(2026, 2, 1), "1 February 2026", "1er février 2026"),
    ],
)
def test_a_day_holds_together(value: date, english: str, french: str) -> None:
    assert formats.day(value, "en") == english.replace(" ", N)
    assert formats.day(value, "fr") == french.replace(" ", N)
    assert formats.day_month(value, "en") == english[:-5].replace(" ", N)


def test_a_deadline_names_its_weekday() -> None:
    friday = date(2026, 7, 31)
    assert formats.weekday_day(friday, "en").replace(N, " ") == "Friday 31 July 2026"
    assert formats.weekday_day(friday, "fr").replace(N, " ") == "vendredi 31 juillet 2026"


def test_months_for_columns() -> None:
    end = date(2025, 8, 24)
    assert formats.day_short(end, "en").replace(N, " ") == "24 Aug 2025"
    assert formats.day_short(end, "fr").replace(N, " ") == "24 août 2025"
    assert formats.month_short(date(2026, 7, 24), "fr") == "juill."
    assert formats.month_letter(date(2026, 7, 24), "fr") == "J"
    assert formats.month_letter(date(2025, 12, 24), "fr") == "D"
    assert formats.month_year(end, "en").replace(N, " ") == "August 2025"


@pytest.mark.parametrize(
    ("first", "last", "english", "french"),
    [
        (date(2026, 6, 18), date(2026, 7, 17), "18 June to 17 July 2026", "18 juin au 17 juillet 2026"),
        (
            date(2025, 12, 18),
            date(2026, 1, 17),
            "18 December 2025 to 17 January 2026",
            "18 décembre 2025 au 17 janvier 2026",
        ),
    ],
)
def test_a_period_says_its_year_once(first: date, last: date, english: str, french: str) -> None:
    assert formats.period(first, last, "en").replace(N, " ") == english
    assert formats.period(first, last, "fr").replace(N, " ") == french


def test_time_of_day() -> None:
    at = datetime(2026, 7, 25, 14, 5, tzinfo=UTC)
    assert formats.clock_time(at, "en") == "14:05"
    assert formats.clock_time(at, "fr") == f"14{N}h{N}05"
    assert formats.moment(at, "en").replace(N, " ") == "25 July 2026, 14:05"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("704123686", "704 123 686"),
        ("704123686RM0001", "704 123 686 RM0001"),
        ("70412368", "70412368"),
        ("CB-2204-0917", "CB-2204-0917"),
    ],
)
def test_a_business_number_stands_in_threes(text: str, shown: str) -> None:
    assert formats.bn(text) == shown.replace(" ", N)


@pytest.mark.parametrize(
    ("text", "shown"), [("4165550123", "416 555 0123"), ("+33123", "+33123"), ("416555012", "416555012")]
)
def test_a_telephone_number_stands_in_groups(text: str, shown: str) -> None:
    assert formats.telephone(text) == shown.replace(" ", N)
