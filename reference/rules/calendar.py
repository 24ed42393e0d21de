"""Holidays, business days and weekdays of the federal calendar.

Source: Interpretation Act (R.S.C. 1985, c. I-21) s. 35 "holiday" and Holidays Act s. 2; Accounting for Imported Goods
and Payment of Duties Regulations (SOR/86-1062) s. 2 for "business day" and "weekday". Two calendars are needed: a
business day excludes Saturdays and holidays, a weekday is Monday to Friday whatever the holiday.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays

ONE_DAY = timedelta(days=1)
FIRST_YEAR = 2000
LAST_YEAR = 2099
SATURDAY, SUNDAY = 5, 6
_BOXING_DAY = "Boxing Day"
_THANKSGIVING = "Thanksgiving Day"
NO_DAYS: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Proclamation:
    """A day observed every year because it was proclaimed, not because the Act lists it."""

    name: str
    effective_from: date
    month: int
    weekday: int
    week: int
    source: str

    def falls_on(self, year: int) -> date:
        first = date(year, self.month, 1)
        return first + timedelta(days=(self.weekday - first.weekday()) % 7 + 7 * (self.week - 1))


PROCLAMATIONS = (
    Proclamation(
        name="Thanksgiving",
        effective_from=date(1957, 1, 31),
        month=10,
        weekday=0,
        week=2,
        source="Proclamation of 1957-01-31: the second Monday in October",
    ),
)


@cache
def federal_holidays(year: int) -> frozenset[date]:
    """The year's federal holidays other than Sundays (Interpretation Act s. 35).

    Easter Monday is listed by the Act; Boxing Day is not. Canada Day on a Sunday is kept on 2 July (Holidays Act s. 2).
    """
    named = holidays.country_holidays("CA", years=year, categories=("government",), observed=False, language="en_CA")
    days = {day for day, name in named.items() if name not in {_BOXING_DAY, _THANKSGIVING}}
    good_friday = next(day for day, name in named.items() if name == "Good Friday")
    days.add(good_friday + 3 * ONE_DAY)
    canada_day = date(year, 7, 1)
    if canada_day.weekday() == SUNDAY:
        days.discard(canada_day)
        days.add(canada_day + ONE_DAY)
    for proclamation in PROCLAMATIONS:
        day = proclamation.falls_on(year)
        if day >= proclamation.effective_from:
            days.add(day)
    return frozenset(days)


def is_holiday(day: date, *, local: Set[date] = NO_DAYS) -> bool:
    """Sunday, a federal holiday, or one of the place's own (``local``, off by default). A Saturday is not a holiday."""
    return day.weekday() == SUNDAY or day in federal_holidays(day.year) or day in local


def is_business_day(day: date, *, local: Set[date] = NO_DAYS) -> bool:
    """Neither a Saturday nor a holiday (SOR/86-1062 s. 2)."""
    return day.weekday() != SATURDAY and not is_holiday(day, local=local)


def is_weekday(day: date) -> bool:
    """Monday to Friday, statutory holidays included (SOR/86-1062 s. 2)."""
    return day.weekday() < SATURDAY


def business_days_after(day: date, count: int, *, local: Set[date] = NO_DAYS) -> date:
    """The ``count``-th business day after the day, which itself is day 0."""
    while count:
        day += ONE_DAY
        count -= is_business_day(day, local=local)
    return day


def weekdays_after(day: date, count: int) -> date:
    """The ``count``-th weekday after the day."""
    while count:
        day += ONE_DAY
        count -= is_weekday(day)
    return day


def next_day_not_a_holiday(day: date, *, local: Set[date] = NO_DAYS) -> date:
    """The day itself, or the next that is not a holiday: when a time limit that ends on a holiday may still be met.

    Source: Interpretation Act s. 26. A Saturday is not a holiday, so a limit on Good Friday ends on the Saturday.
    """
    while is_holiday(day, local=local):
        day += ONE_DAY
    return day
