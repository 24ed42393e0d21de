"""The billing calendar of release prior to payment: period, accounting, statement, payment.

Source: SOR/86-1062 s. 10 (accounting within five business days after release), s. 10.1 (payment by the tenth weekday
after the 17th that ends the period of the release); the agency's page on daily notices and statements (statement on
the 25th); Interpretation Act s. 26 (a limit that ends on a holiday).
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import date, timedelta

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
PAYMENT_WEEKDAYS = 10
FIRST_DATE = date(FIRST_YEAR, 1, 1)
LAST_DATE = date(LAST_YEAR, 12, 31)


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
    """Everything that follows from the day of release."""

    released_on: date
    period: BillingPeriod
    accounting_due_on: date
    statement_on: date
    payment_due_on: date
    last_day_to_pay: date

    @property
    def period_start(self) -> date:
        return self.period.first_day

    @property
    def period_end(self) -> date:
        return self.period.last_day


def billing_period_of(day: date) -> BillingPeriod:
    """The period of a release (or of any day): to the 17th in the same month, from the 18th in the next."""
    if day.day <= PERIOD_LAST_DAY:
        return BillingPeriod(day.year, day.month)
    return BillingPeriod(day.year + day.month // 12, day.month % 12 + 1)


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


def billing_dates(released_on: date, *, overrides: Iterable[Override] = (), local: Set[date] = NO_DAYS) -> BillingDates:
    """All dates that follow from a release under release prior to payment."""
    known = list(overrides)
    period = billing_period_of(released_on)
    return BillingDates(
        released_on=released_on,
        period=period,
        accounting_due_on=accounting_due_on(released_on, local=local),
        statement_on=period.statement_on,
        payment_due_on=payment_due_on(period, overrides=known),
        last_day_to_pay=last_day_to_pay(period, overrides=known, local=local),
    )
