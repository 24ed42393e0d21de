"""The federal calendar: what is a holiday, a business day, a weekday."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.rules.calendar import (
    business_days_after,
    federal_holidays,
    is_business_day,
    is_holiday,
    is_weekday,
    next_day_not_a_holiday,
    weekdays_after,
)

DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31))


@pytest.mark.parametrize(
    ("day", "holiday"),
    [
        (date(2025, 1, 1), True),
        (date(2025, 4, 18), True),  # Good Friday
        (date(2025, 4, 19), False),  # the Saturday after it
        (date(2025, 4, 20), True),  # Sunday
        (date(2025, 4, 21), True),  # Easter Monday
        (date(2025, 5, 19), True),  # Victoria Day
        (date(2025, 7, 1), True),
        (date(2018, 7, 2), True),  # Canada Day fell on a Sunday
        (date(2019, 7, 2), False),
        (date(2025, 8, 4), False),  # Civic Holiday is not federal
        (date(2025, 9, 1), True),
        (date(2025, 9, 30), True),
        (date(2020, 9, 30), False),  # before its first year
        (date(2025, 10, 13), True),  # Thanksgiving, proclaimed
        (date(2025, 11, 11), True),
        (date(2025, 12, 25), True),
        (date(2025, 12, 26), False),  # Boxing Day is not in the Act
        (date(2022, 1, 3), False),  # nothing is observed on another day
    ],
)
def test_the_federal_list_of_holidays(day: date, holiday: bool) -> None:
    assert is_holiday(day) is holiday


def test_a_local_holiday_counts_only_where_it_is_asked_for() -> None:
    family_day = date(2025, 2, 17)
    assert is_business_day(family_day)
    assert not is_business_day(family_day, local={family_day})


def test_a_weekday_may_be_a_holiday_but_not_a_business_day() -> None:
    canada_day = date(2025, 7, 1)
    assert is_weekday(canada_day)
    assert not is_business_day(canada_day)
    assert not is_weekday(date(2025, 7, 5))
    assert not is_business_day(date(2025, 7, 5))


def test_thanksgiving_before_its_proclamation_is_no_holiday() -> None:
    assert date(1956, 10, 8) not in federal_holidays(1956)
    assert date(1957, 10, 14) in federal_holidays(1957)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2024, 3, 29), date(2024, 3, 30)),  # Good Friday to the Saturday
        (date(2025, 7, 1), date(2025, 7, 2)),
        (date(2025, 7, 2), date(2025, 7, 2)),
        (date(2025, 4, 20), date(2025, 4, 22)),  # Easter Sunday and Monday
    ],
)
def test_a_limit_that_ends_on_a_holiday_runs_to_the_next_day_that_is_not(day: date, expected: date) -> None:
    assert next_day_not_a_holiday(day) == expected


@given(DAYS)
def test_the_fifth_business_day_is_a_business_day_within_two_weeks(day: date) -> None:
    due = business_days_after(day, 5)
    assert is_business_day(due)
    assert 5 <= (due - day).days <= 14


@given(DAYS)
def test_ten_weekdays_are_two_weeks_from_a_weekday(day: date) -> None:
    assert (weekdays_after(day, 10) - day).days == (14 if is_weekday(day) else 13 if day.weekday() == 5 else 12)
