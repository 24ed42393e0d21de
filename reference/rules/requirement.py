"""The security requirement of release prior to payment and the yearly review that recomputes it.

Source: D17-5-2 as reported by brokers and sureties: the highest monthly accounts receivable, GST included, of the last
twelve months; a bond covers half of it with a minimum, a deposit all of it, both up to a cap a program account.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import pairwise

from core.money import ZERO, round_cents
from reference.rules.policy import ASSUMED, POLICY, REPORTED, Policy, SecurityParameters

MONTHS_COUNTED = 12


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month, written 2025-09."""

    year: int
    month: int

    @property
    def previous(self) -> "Month":
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


@dataclass(frozen=True)
class HighestMonth:
    """The month with the highest total; ``month`` None when every total is zero."""

    month: Month | None
    amount: Decimal


@dataclass(frozen=True)
class Requirement:
    """What must be posted: either the bond or the deposit, in dollars."""

    bond: Decimal
    cash: Decimal


def months_before(on: date, count: int = MONTHS_COUNTED) -> tuple[Month, ...]:
    """The calendar months before the month of the day, oldest first."""
    months = [Month(on.year, on.month).previous]
    while len(months) < count:
        months.append(months[-1].previous)
    return tuple(reversed(months))


def highest_month(totals: Mapping[Month, Decimal], on: date) -> HighestMonth:
    """The highest of the twelve calendar months before the month of ``on``; the earliest on a tie, others ignored."""
    best = HighestMonth(month=None, amount=ZERO)
    for month in months_before(on):
        if totals.get(month, ZERO) > best.amount:
            best = HighestMonth(month=month, amount=totals[month])
    return best


def bond_for(amount: Decimal, on: date, *, policy: Policy = POLICY) -> Decimal:
    """The bond that covers the highest month: half of it, at least the minimum, at most the cap of the day.

    Nothing is needed for a zero amount; rounded half up to cents.
    """
    return requirement_by(amount, policy.security_parameters(on)).bond


def cash_for(amount: Decimal, on: date, *, policy: Policy = POLICY) -> Decimal:
    """The deposit that covers the highest month: all of it, at most the cap while that holds for cash."""
    return requirement_by(amount, policy.security_parameters(on)).cash


def requirement_for(amount: Decimal, on: date, *, policy: Policy = POLICY) -> Requirement:
    return requirement_by(amount, policy.security_parameters(on))


def requirement_by(amount: Decimal, parameters: SecurityParameters) -> Requirement:
    """The bond or the deposit by the parameters of a day, for callers that ask for very many amounts."""
    if not amount:
        return Requirement(bond=ZERO, cash=ZERO)
    half = round_cents(amount * parameters.bond_rate)
    whole = max(round_cents(amount * parameters.cash_rate), parameters.cash_minimum)
    return Requirement(
        bond=min(max(half, parameters.bond_minimum), parameters.cap),
        cash=min(whole, parameters.cap) if parameters.cap_applies_to_cash else whole,
    )


@dataclass(frozen=True)
class ReviewCycle:
    """How the yearly review runs, from the review of ``first_year`` on.

    The window is the twelve slices that begin on ``start_day`` of each month and ends the day before ``start_month``
    and ``start_day`` of the review's year; the run falls on that day.
    """

    name: str
    first_year: int
    start_month: int
    start_day: int
    due_month: int
    due_day: int
    due_years_later: int
    run_time: time
    mark: str
    source: str

    def schedule(self, year: int) -> "ReviewSchedule":
        run_on = date(year, self.start_month, self.start_day)
        due_on = date(year + self.due_years_later, self.due_month, self.due_day)
        return ReviewSchedule(
            cycle=self.name,
            year=year,
            window_start=run_on.replace(year=year - 1),
            window_end=run_on - timedelta(days=1),
            run_on=run_on,
            run_time=self.run_time,
            due_on=due_on,
            suspend_on=due_on + timedelta(days=1),
        )


@dataclass(frozen=True)
class ReviewSchedule:
    """The dates of one year's review; missing ``due_on`` suspends on ``suspend_on``."""

    cycle: str
    year: int
    window_start: date
    window_end: date
    run_on: date
    run_time: time
    due_on: date
    suspend_on: date

    @property
    def slices(self) -> tuple[tuple[date, date], ...]:
        """The twelve months of the window as (first day, last day), oldest first."""
        starts = []
        month = Month(self.window_start.year, self.window_start.month)
        for _ in range(MONTHS_COUNTED + 1):
            starts.append(date(month.year, month.month, self.window_start.day))
            month = Month(month.year + month.month // 12, month.month % 12 + 1)
        return tuple((start, following - timedelta(days=1)) for start, following in pairwise(starts))


SHORTLY_AFTER_MIDNIGHT = time(0, 5)
JULY_CYCLE = ReviewCycle(
    name="july",
    first_year=2000,
    start_month=7,
    start_day=25,
    due_month=10,
    due_day=15,
    due_years_later=0,
    run_time=SHORTLY_AFTER_MIDNIGHT,
    mark=REPORTED,
    source="D17-5-2 s. 7.8: window 25 July to 24 July, update due 15 October",
)
OCTOBER_CYCLE = ReviewCycle(
    name="october",
    first_year=2025,
    start_month=10,
    start_day=20,
    due_month=1,
    due_day=15,
    due_years_later=1,
    run_time=SHORTLY_AFTER_MIDNIGHT,
    mark=REPORTED,
    source="Bulletin 5404 as reported: review of 20 October 2025, due 15 January 2026",
)
JULY_CYCLE_AGAIN = ReviewCycle(
    name="july",
    first_year=2026,
    start_month=7,
    start_day=25,
    due_month=10,
    due_day=15,
    due_years_later=0,
    run_time=SHORTLY_AFTER_MIDNIGHT,
    mark=ASSUMED,
    source="Back to D17-5-2 s. 7.8 after the single October review",
)
REVIEW_CYCLES = (JULY_CYCLE, OCTOBER_CYCLE, JULY_CYCLE_AGAIN)


def review_schedule(year: int, *, cycles: Iterable[ReviewCycle] = REVIEW_CYCLES) -> ReviewSchedule:
    """The dates of the review that runs in the year; ``LookupError`` before the first cycle."""
    known = [cycle for cycle in cycles if cycle.first_year <= year]
    if not known:
        raise LookupError(f"no review cycle for {year}")
    return max(known, key=lambda cycle: cycle.first_year).schedule(year)


def review_running_on(day: date, *, cycles: Iterable[ReviewCycle] = REVIEW_CYCLES) -> ReviewSchedule | None:
    """The review that runs on the day, if one does."""
    schedule = review_schedule(day.year, cycles=cycles)
    return schedule if schedule.run_on == day else None


def review_suspending_on(day: date, *, cycles: Iterable[ReviewCycle] = REVIEW_CYCLES) -> ReviewSchedule | None:
    """The review whose missed deadline suspends on the day, if one does."""
    known = tuple(cycles)
    for year in (day.year - 1, day.year):
        schedule = review_schedule(year, cycles=known)
        if schedule.suspend_on == day:
            return schedule
    return None
