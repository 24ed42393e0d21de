"""The billing calendar against worked dates and its invariants."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.rules.billing import (
    BillingPeriod,
    Override,
    Stream,
    accounting_due_on,
    billing_dates,
    billing_period_of,
    last_day_to_pay,
    payment_due_on,
)

PERIODS = st.builds(BillingPeriod, st.integers(min_value=2000, max_value=2099), st.integers(min_value=1, max_value=12))


@pytest.mark.parametrize(
    ("released_on", "expected"),
    [
        (date(2025, 6, 27), date(2025, 7, 7)),
        (date(2025, 6, 28), date(2025, 7, 7)),  # a Saturday: the Monday is day 1
        (date(2025, 6, 2), date(2025, 6, 9)),
        (date(2025, 7, 1), date(2025, 7, 8)),  # on a holiday
        (date(2025, 12, 18), date(2025, 12, 26)),  # Boxing Day is a business day
        (date(2026, 7, 22), date(2026, 7, 29)),
        (date(2025, 4, 17), date(2025, 4, 28)),  # Good Friday and Easter Monday between
    ],
)
def test_accounting_is_due_on_the_fifth_business_day(released_on: date, expected: date) -> None:
    assert accounting_due_on(released_on) == expected


@pytest.mark.parametrize(
    ("period", "due_on", "last_day"),
    [
        (BillingPeriod(2025, 1), date(2025, 1, 31), date(2025, 1, 31)),
        (BillingPeriod(2025, 2), date(2025, 3, 3), date(2025, 3, 3)),
        (BillingPeriod(2025, 4), date(2025, 5, 1), date(2025, 5, 1)),
        (BillingPeriod(2025, 6), date(2025, 7, 1), date(2025, 7, 2)),
        (BillingPeriod(2024, 3), date(2024, 3, 29), date(2024, 3, 30)),  # Good Friday
        (BillingPeriod(2022, 9), date(2022, 9, 30), date(2022, 10, 1)),  # 30 September, a Friday
        (BillingPeriod(2025, 12), date(2025, 12, 31), date(2025, 12, 31)),
        (BillingPeriod(2026, 1), date(2026, 1, 30), date(2026, 1, 30)),
    ],
)
def test_payment_is_due_on_the_tenth_weekday_after_the_17th(
    period: BillingPeriod, due_on: date, last_day: date
) -> None:
    assert payment_due_on(period) == due_on
    assert last_day_to_pay(period) == last_day


@pytest.mark.parametrize(
    ("day", "period"),
    [
        (date(2025, 6, 17), BillingPeriod(2025, 6)),
        (date(2025, 6, 18), BillingPeriod(2025, 7)),
        (date(2025, 12, 17), BillingPeriod(2025, 12)),
        (date(2025, 12, 18), BillingPeriod(2026, 1)),
        (date(2026, 1, 1), BillingPeriod(2026, 1)),
    ],
)
def test_the_period_of_a_release_turns_on_the_18th(day: date, period: BillingPeriod) -> None:
    assert billing_period_of(day) == period
    assert period.first_day <= day <= period.last_day


def test_all_dates_of_a_release() -> None:
    dates = billing_dates(date(2025, 6, 2))
    assert (dates.period_start, dates.period_end) == (date(2025, 5, 18), date(2025, 6, 17))
    assert dates.accounting_due_on == date(2025, 6, 9)
    assert dates.statement_on == date(2025, 6, 25)
    assert (dates.payment_due_on, dates.last_day_to_pay) == (date(2025, 7, 1), date(2025, 7, 2))
    assert str(dates.period) == "2025-06"


def test_the_agencys_own_dates_replace_the_rule_for_one_period() -> None:
    june = BillingPeriod(2025, 6)
    both = [Override(june, payment_due_on=date(2025, 7, 3), last_day_to_pay=date(2025, 7, 4))]
    assert payment_due_on(june, overrides=both) == date(2025, 7, 3)
    assert last_day_to_pay(june, overrides=both) == date(2025, 7, 4)
    assert payment_due_on(BillingPeriod(2025, 7), overrides=both) == date(2025, 7, 31)
    only_due = [Override(june, payment_due_on=date(2025, 6, 30))]
    assert last_day_to_pay(june, overrides=only_due) == date(2025, 6, 30)
    only_last = [Override(june, last_day_to_pay=date(2025, 7, 9))]
    assert payment_due_on(june, overrides=only_last) == date(2025, 7, 1)
    assert last_day_to_pay(june, overrides=only_last) == date(2025, 7, 9)


@given(PERIODS)
def test_a_due_date_is_12_13_or_14_days_after_the_17th(period: BillingPeriod) -> None:
    due_on = payment_due_on(period)
    assert (due_on - period.last_day).days in {12, 13, 14}
    assert due_on <= last_day_to_pay(period) <= date.fromordinal(due_on.toordinal() + 4)


@given(PERIODS)
def test_periods_follow_one_another_without_a_gap(period: BillingPeriod) -> None:
    assert period.following.previous == period
    assert (period.following.first_day - period.last_day).days == 1


@pytest.mark.parametrize(
    ("stream", "period", "accounting", "statement", "due_on", "last_day"),
    [
        (Stream.COURIER, ("2025-05-01", "2025-05-31"), "2025-06-24", "2025-06-25", "2025-07-01", "2025-07-02"),
        (Stream.CONTINUOUS, ("2025-05-01", "2025-05-31"), "2025-06-24", "2025-06-25", "2025-07-01", "2025-07-02"),
        (Stream.CSA_MONTH, ("2025-05-01", "2025-05-31"), "2025-07-01", "2025-06-25", "2025-07-01", "2025-07-02"),
        (Stream.CSA_PERIOD, ("2025-05-18", "2025-06-17"), "2025-07-01", "2025-06-25", "2025-07-01", "2025-07-02"),
        (Stream.RPP, ("2025-05-18", "2025-06-17"), "2025-05-27", "2025-06-25", "2025-07-01", "2025-07-02"),
        (Stream.AT_RELEASE, ("2025-05-18", "2025-06-17"), "2025-05-20", "2025-06-25", "2025-05-20", "2025-05-20"),
    ],
)
def test_each_stream_has_its_own_calendar(
    stream: Stream, period: tuple[str, str], accounting: str, statement: str, due_on: str, last_day: str
) -> None:
    dates = billing_dates(date(2025, 5, 20), stream)
    assert (dates.period_start.isoformat(), dates.period_end.isoformat()) == period
    assert dates.accounting_due_on.isoformat() == accounting
    assert dates.statement_on.isoformat() == statement
    assert (dates.payment_due_on.isoformat(), dates.last_day_to_pay.isoformat()) == (due_on, last_day)


@pytest.mark.parametrize("stream", Stream)
@given(day=st.dates(min_value=date(2001, 1, 1), max_value=date(2098, 12, 31)))
def test_the_book_files_a_release_in_the_period_of_the_statement_that_bills_it(stream: Stream, day: date) -> None:
    dates = billing_dates(day, stream)
    assert billing_period_of(dates.billing_on) == dates.period
    assert dates.period_start <= day <= dates.period_end < dates.statement_on
