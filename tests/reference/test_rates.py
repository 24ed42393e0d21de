"""Interest, exchange and sales tax rates, surtax orders."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import round_cents
from reference import shipped
from reference.rules.dated import latest, latest_or_first
from reference.rules.rates import (
    ExchangeQuote,
    Interest,
    RateFrom,
    RateMissing,
    interest,
    rate_segments,
    round_exchange_rate,
    sales_tax,
    specified_rate,
    surtaxes_for,
)


def at(rate: str, effective_from: date = date(2020, 1, 1), effective_to: date | None = None) -> RateFrom:
    return RateFrom(effective_from=effective_from, rate=Decimal(rate) / 100, effective_to=effective_to)


@pytest.mark.parametrize(
    ("principal", "rate", "days", "expected"),
    [
        ("10000.00", "9.0", 1, "2.47"),
        ("10000.00", "9.0", 30, "74.24"),
        ("10000.00", "8.3", 30, "68.44"),
        ("10000.00", "0", 30, "0.00"),
        ("0.00", "9.0", 30, "0.00"),
        ("0.01", "9.0", 30, "0.00"),
        ("36500.00", "0.005", 1, "0.01"),  # half a cent goes up
    ],
)
def test_interest_is_compounded_daily_and_rounded_once(principal: str, rate: str, days: int, expected: str) -> None:
    due_on = date(2026, 1, 30)
    result = interest(Decimal(principal), due_on, date.fromordinal(due_on.toordinal() + days), [at(rate)])
    assert (result.days, result.amount) == (days, Decimal(expected))


@pytest.mark.parametrize("paid_on", [date(2026, 1, 30), date(2025, 12, 1)])
def test_nothing_is_owed_when_paid_on_or_before_the_due_date(paid_on: date) -> None:
    assert interest(Decimal(100), date(2026, 1, 30), paid_on, []) == Interest(0, Decimal("0.00"))


def test_the_rate_changes_with_the_day() -> None:
    rates = [at("8.2", date(2026, 4, 1)), at("8.3", date(2026, 1, 1))]
    result = interest(Decimal("10000.00"), date(2026, 3, 30), date(2026, 4, 1), rates)
    assert [(segment.first_day, segment.days, segment.rate) for segment in result.segments] == [
        (date(2026, 3, 31), 1, Decimal("0.083")),
        (date(2026, 4, 1), 1, Decimal("0.082")),
    ]
    assert result.amount == Decimal("4.52")


def test_a_day_without_a_rate_is_named() -> None:
    with pytest.raises(RateMissing) as before:
        rate_segments(date(2026, 1, 1), date(2026, 1, 5), [at("8", date(2026, 1, 3))])
    assert before.value.day == date(2026, 1, 1)
    with pytest.raises(RateMissing) as between:
        rate_segments(
            date(2026, 1, 1),
            date(2026, 1, 9),
            [at("8", date(2026, 1, 1), date(2026, 1, 3)), at("8", date(2026, 1, 8))],
        )
    assert between.value.day == date(2026, 1, 4)


@given(
    st.decimals(min_value=0, max_value=10**9, places=2),
    st.integers(min_value=1, max_value=400),
    st.integers(min_value=0, max_value=300),
)
def test_interest_is_the_day_by_day_product(principal: Decimal, days: int, tenths: int) -> None:
    rate = Decimal(tenths) / 1000
    due_on = date(2024, 1, 15)
    result = interest(principal, due_on, date.fromordinal(due_on.toordinal() + days), [RateFrom(due_on, rate)])
    numerator, denominator = 365 * 1000 + tenths, 365 * 1000
    exact = principal * 100 * (numerator**days - denominator**days)
    cents, rest = divmod(int(exact), denominator**days)
    assert result.amount == Decimal(cents + (2 * rest >= denominator**days)) / 100


def test_the_specified_rate_is_six_points_over_the_prescribed() -> None:
    assert specified_rate(Decimal("0.023")) == Decimal("0.083")
    # The one published value (third quarter of 2018) has four decimals and is kept as it is.
    assert specified_rate(Decimal("0.011583")) == Decimal("0.071583")


def test_every_quarter_from_2018_to_2027_has_a_rate_of_its_own() -> None:
    rows = shipped.specified_rates()
    assert len(rows) == 40
    segments = rate_segments(date(2018, 1, 1), date(2027, 12, 31), rows)
    assert len(segments) == 40
    verified = {row.effective_from: row.rate for row in rows if row.mark == "verified"}
    assert verified == {
        date(2018, 7, 1): Decimal("0.072"),
        date(2021, 7, 1): Decimal("0.061"),
        date(2021, 10, 1): Decimal("0.062"),
    }


@pytest.mark.parametrize(
    ("rate", "expected"),
    [("1.40739999", "1.4074"), ("0.1", "0.1000"), ("0.0089534", "0.008953"), ("1.00005", "1.0001")],
)
def test_exchange_rates_are_rounded_as_they_are_published(rate: str, expected: str) -> None:
    assert round_exchange_rate(Decimal(rate)) == Decimal(expected)


def test_the_central_bank_quote_goes_through_the_euro() -> None:
    friday = shipped.central_bank_quote("USD", date(2024, 10, 18))
    sunday = shipped.central_bank_quote("USD", date(2024, 10, 20))
    assert friday is not None
    assert friday == sunday
    assert friday.rate_on == date(2024, 10, 18)
    assert friday.is_illustrative
    assert not friday.is_after_table_end
    euro = shipped.central_bank_quote("EUR", date(2024, 10, 18))
    assert euro is not None
    assert euro.rate > friday.rate


def test_a_quote_after_the_end_of_the_table_says_so() -> None:
    late = shipped.central_bank_quote("USD", date(2098, 1, 1))
    rouble = shipped.central_bank_quote("RUB", date(2024, 1, 1))
    assert late is not None
    assert rouble is not None
    assert late.is_after_table_end
    assert rouble.is_after_table_end
    assert rouble.rate_on == date(2022, 3, 1)


def test_no_quote_before_the_table_or_for_an_unknown_currency() -> None:
    assert shipped.central_bank_quote("USD", date(1998, 1, 1)) is None
    assert shipped.central_bank_quote("VND", date(2024, 1, 1)) is None


def test_a_verified_quote_is_not_illustrative() -> None:
    assert not ExchangeQuote("USD", Decimal(1), date(2026, 1, 1), "", "verified").is_illustrative


@pytest.mark.parametrize(
    ("province", "on", "hst", "provincial"),
    [
        ("NS", date(2025, 3, 31), "0.15", "0"),
        ("NS", date(2025, 4, 1), "0.14", "0"),
        ("ON", date(2026, 1, 1), "0.13", "0"),
        ("QC", date(2026, 1, 1), "0", "0.09975"),
        ("AB", date(2026, 1, 1), "0", "0"),
        ("BC", date(2012, 1, 1), "0.12", "0"),
        ("BC", date(2026, 1, 1), "0", "0.07"),
    ],
)
def test_sales_taxes_are_dated(province: str, on: date, hst: str, provincial: str) -> None:
    row = sales_tax(shipped.sales_taxes(), province, on)
    assert row is not None
    assert (row.gst_rate, row.hst_rate, row.provincial_rate) == (Decimal("0.05"), Decimal(hst), Decimal(provincial))


def test_no_sales_tax_before_the_first_row() -> None:
    assert sales_tax(shipped.sales_taxes(), "ON", date(2009, 1, 1)) is None
    assert sales_tax(shipped.sales_taxes(), "XX", date(2026, 1, 1)) is None


@pytest.mark.parametrize(
    ("number", "origin", "on", "orders"),
    [
        ("7318.16.00.10", "FI", date(2026, 7, 15), ["SOR/2025-267"]),
        ("7318.16.00.10", "CA", date(2026, 6, 21), ["SOR/2025-267"]),
        ("7318.16.00.10", "CA", date(2026, 6, 22), []),
        ("7318.16.00.10", "FI", date(2025, 12, 25), []),
        ("7208.10.00.00", "CN", date(2026, 7, 15), ["SOR/2024-187 Sch. 2 (steel)"]),
        ("7208.10.00.00", "US", date(2026, 7, 15), ["SOR/2025-95 (steel)"]),
        ("8703.40.10.00", "CN", date(2026, 2, 28), ["SOR/2024-187 Sch. 1"]),
        ("8703.40.10.00", "CN", date(2026, 3, 1), []),
        ("6404.11.91.00", "US", date(2026, 7, 15), []),
    ],
)
def test_surtax_orders_by_number_origin_and_day(number: str, origin: str, on: date, orders: list[str]) -> None:
    assert [order.order for order in surtaxes_for(shipped.surtax_orders(), number, origin, on)] == orders


def test_dated_rows_before_the_first() -> None:
    rows = [at("1", date(2026, 1, 1)), at("2", date(2026, 2, 1))]
    assert latest(rows, date(2025, 1, 1)) is None
    assert latest_or_first(rows, date(2025, 1, 1)) == rows[0]
    assert latest_or_first(rows, date(2026, 2, 1)) == rows[1]
    assert latest_or_first([], date(2026, 2, 1)) is None


def test_round_cents_is_half_up() -> None:
    assert round_cents(Decimal("0.125")) == Decimal("0.13")
