"""The billing calendar of each stream of releases: period, accounting, statement, payment.

Source: SOR/86-1062 s. 10 (accounting within five business days after release), s. 10.1 (payment by the tenth weekday
after the 17th that ends the period of the release), s. 7.4 and 7.5 (courier), s. 10.2 to 10.31 (customs self
assessment), Customs Act s. 32(1) (without release prior to payment); the agency's page on daily notices and statements
(statement on the 25th, continuous transmission); Interpretation Act s. 26 (a limit that ends on a holiday).
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from reference.rules.calendar import (
    FIRST_YEAR,
    LAST_YEAR,
    NO_DAYS,
    business_days_after,
    next_day_not_a_holiday,
    weekdays_after,
)

PERIOD_FIRST_DAY = 18
PERIOD_LAST_DAY = 17
STATEMENT_DAY = 25
ACCOUNTING_BUSINESS_DAYS = 5
#: The day of the following month by which a calendar month of courier goods is accounted for.
MONTHLY_ACCOUNTING_DAY = 24
PAYMENT_WEEKDAYS = 10
FIRST_DATE = date(FIRST_YEAR, 1, 1)
LAST_DATE = date(LAST_YEAR, 12, 31)


class Stream(StrEnum):
    """How releases are billed: by the 18th to the 17th, by the calendar month, or at the counter."""

    RPP = "RPP"
    COURIER = "COURIER"
    CSA_MONTH = "CSA_MONTH"
    CSA_PERIOD = "CSA_PERIOD"
    CONTINUOUS = "CONTINUOUS"
    AT_RELEASE = "AT_RELEASE"


#: Streams billed by the calendar month of release, on the statement of the month after.
BY_CALENDAR_MONTH = frozenset({Stream.COURIER, Stream.CSA_MONTH, Stream.CONTINUOUS})
#: Streams that account for their goods as they pay for them.
ACCOUNTED_WITH_PAYMENT = frozenset({Stream.CSA_MONTH, Stream.CSA_PERIOD})


@dataclass(frozen=True, order=True)
class BillingPeriod:
    """The 18th of one month to the 17th of the next, named by the year and month it ends in."""

    year: int
    month: int

    @property
    def first_day(self) -> date:
        return (date(self.year, self.month, 1) - timedelta(days=1)).replace(day=PERIOD_FIRST_DAY)

    @property
    def last_day(self) -> date:
        return date(self.year, self.month, PERIOD_LAST_DAY)

    @property
    def statement_on(self) -> date:
        return date(self.year, self.month, STATEMENT_DAY)

    @property
    def following(self) -> "BillingPeriod":
        return billing_period_of(self.last_day + timedelta(days=1))

    @property
    def previous(self) -> "BillingPeriod":
        return billing_period_of(self.first_day - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


@dataclass(frozen=True)
class Override:
    """The agency's own dates for one period, where they differ from the rule; a missing date leaves the rule's."""

    period: BillingPeriod
    payment_due_on: date | None = None
    last_day_to_pay: date | None = None


@dataclass(frozen=True)
class BillingDates:
    """Everything that follows from the day of release; ``period`` is that of the statement which shows it."""

    released_on: date
    period: BillingPeriod
    accounting_due_on: date
    statement_on: date
    payment_due_on: date
    last_day_to_pay: date
    stream: Stream = Stream.RPP

    @property
    def period_start(self) -> date:
        return self.released_on.replace(day=1) if self._is_by_month else self.period.first_day

    @property
    def period_end(self) -> date:
        return last_of_month(self.released_on) if self._is_by_month else self.period.last_day

    @property
    def billing_on(self) -> date:
        return billing_on(self.released_on, self.stream)

    @property
    def _is_by_month(self) -> bool:
        return self.stream in BY_CALENDAR_MONTH


def billing_period_of(day: date) -> BillingPeriod:
    """The period of a release (or of any day): to the 17th in the same month, from the 18th in the next."""
    if day.day <= PERIOD_LAST_DAY:
        return BillingPeriod(day.year, day.month)
    return BillingPeriod(day.year + day.month // 12, day.month % 12 + 1)


def shown_in(posted_on: date) -> BillingPeriod:
    """The period on whose statement interest or a penalty posted that day is first shown; it takes days to the 24th."""
    if posted_on.day < STATEMENT_DAY:
        return BillingPeriod(posted_on.year, posted_on.month)
    return billing_period_of(posted_on)


def accounting_due_on(released_on: date, *, local: Set[date] = NO_DAYS) -> date:
    """The fifth business day after release (SOR/86-1062 s. 10); the day of release is day 0, also on a Saturday."""
    return business_days_after(released_on, ACCOUNTING_BUSINESS_DAYS, local=local)


def payment_due_on(period: BillingPeriod, *, overrides: Iterable[Override] = ()) -> date:
    """The tenth weekday after the 17th, holidays counted (SOR/86-1062 s. 10.1), unless the agency set another day."""
    for override in overrides:
        if override.period == period and override.payment_due_on:
            return override.payment_due_on
    return weekdays_after(period.last_day, PAYMENT_WEEKDAYS)


def last_day_to_pay(period: BillingPeriod, *, overrides: Iterable[Override] = (), local: Set[date] = NO_DAYS) -> date:
    """The due date, or where that is a holiday the next day that is not (Interpretation Act s. 26)."""
    known = list(overrides)
    for override in known:
        if override.period == period and override.last_day_to_pay:
            return override.last_day_to_pay
    return next_day_not_a_holiday(payment_due_on(period, overrides=known), local=local)


def last_of_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def stream_period(released_on: date, stream: Stream = Stream.RPP) -> BillingPeriod:
    """The period on whose statement a release is billed: its own, or for a calendar month that of the month after."""
    if stream not in BY_CALENDAR_MONTH:
        return billing_period_of(released_on)
    following = last_of_month(released_on) + timedelta(days=1)
    return BillingPeriod(following.year, following.month)


def billing_on(released_on: date, stream: Stream = Stream.RPP) -> date:
    """The day under which the book files a charge: it falls in the period of the statement that bills the release."""
    return stream_period(released_on, stream).last_day if stream in BY_CALENDAR_MONTH else released_on


def billing_dates(
    released_on: date,
    stream: Stream = Stream.RPP,
    *,
    overrides: Iterable[Override] = (),
    local: Set[date] = NO_DAYS,
) -> BillingDates:
    """All dates that follow from a release on its stream.

    Courier goods and continuous transmission are accounted for by the 24th of the month after, self assessment with the
    payment, ordinary releases within five business days; at the counter both are due at release.
    """
    known = list(overrides)
    period = stream_period(released_on, stream)
    due_on = payment_due_on(period, overrides=known)
    last_day = last_day_to_pay(period, overrides=known, local=local)
    if stream == Stream.AT_RELEASE:
        accounting, due_on, last_day = released_on, released_on, released_on
    elif stream in ACCOUNTED_WITH_PAYMENT:
        accounting = due_on
    elif stream in BY_CALENDAR_MONTH:
        accounting = date(period.year, period.month, MONTHLY_ACCOUNTING_DAY)
    else:
        accounting = accounting_due_on(released_on, local=local)
    return BillingDates(
        released_on=released_on,
        period=period,
        accounting_due_on=accounting,
        statement_on=period.statement_on,
        payment_due_on=due_on,
        last_day_to_pay=last_day,
        stream=stream,
    )
