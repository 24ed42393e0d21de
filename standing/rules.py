"""In good standing or not, and why: a pure answer to "as of when?".

Sources: the importer's guide ("to remain eligible for RPP, importers must maintain good standing by paying their
balances by the payment due date"); the agency's page on payment (notice of arrears after 30 days). No list of steps
from overdue to suspension is published: the number of days is dated policy (assumed).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from core.money import ZERO


class Step(StrEnum):
    """What happens to an overdue account, in time order."""

    WARNING = "WARNING"
    ARREARS = "ARREARS"
    SUSPENSION = "SUSPENSION"


@dataclass(frozen=True)
class Standing:
    """The verdict of a day. ``overdue_since`` is the first day on which something was overdue.

    ``good_since`` is the day on which the last overdue amount was paid, or the first day of an account that never had
    one; ``None`` while something is overdue. ``steps`` are the days of the steps for the oldest overdue amount.
    """

    is_good: bool
    overdue: Decimal
    overdue_since: date | None
    next_step: Step | None
    next_step_on: date | None
    good_since: date | None = None
    oldest_last_day: date | None = None
    steps: tuple[tuple[Step, date], ...] = ()


def standing(
    *,
    overdue: Decimal,
    oldest_last_day: date | None,
    on: date,
    arrears_after_days: int,
    suspend_after_days: int,
    good_since: date | None = None,
) -> Standing:
    """Good unless something is unpaid after its last day to pay; then the next step and its day."""
    if overdue <= ZERO or oldest_last_day is None:
        return Standing(
            is_good=True, overdue=ZERO, overdue_since=None, next_step=None, next_step_on=None, good_since=good_since
        )
    days = step_days(oldest_last_day, arrears_after_days=arrears_after_days, suspend_after_days=suspend_after_days)
    steps = tuple(sorted(days.items(), key=lambda row: row[1]))
    next_step, next_day = next(((step, day) for step, day in steps if day > on), (None, None))
    return Standing(
        is_good=False,
        overdue=overdue,
        overdue_since=oldest_last_day + timedelta(days=1),
        next_step=next_step,
        next_step_on=next_day,
        oldest_last_day=oldest_last_day,
        steps=steps,
    )


def step_days(oldest_last_day: date, *, arrears_after_days: int, suspend_after_days: int) -> dict[Step, date]:
    """The day of each step for something whose last day to pay has passed."""
    return {
        Step.WARNING: oldest_last_day + timedelta(days=1),
        Step.ARREARS: oldest_last_day + timedelta(days=arrears_after_days),
        Step.SUSPENSION: oldest_last_day + timedelta(days=suspend_after_days),
    }


def nearest_unpaid(ahead: Mapping[date, Decimal], *, credit: Decimal) -> tuple[date | None, Decimal]:
    """The nearest last day to pay on which something is left after open credits, and how much (dollars)."""
    for day in sorted(ahead):
        if ahead[day] > credit:
            return day, ahead[day] - credit
        credit -= ahead[day]
    return None, ZERO
