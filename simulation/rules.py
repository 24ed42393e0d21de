"""Where a trainer may want to go next: the days of the customs year that are worth stopping at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from reference.rules.billing import billing_dates
from reference.rules.requirement import ReviewSchedule


class Stop(StrEnum):
    """What happens on a day worth stopping at."""

    TOMORROW = "tomorrow"
    STATEMENT = "statement"
    DUE = "due"
    AFTER_DUE = "after_due"
    REVIEW = "review"
    REVIEW_DUE = "review_due"
    SUSPENSION = "suspension"


@dataclass(frozen=True)
class NextStop:
    stop: Stop
    day: date


def next_stops(on: date, *, reviews: Sequence[ReviewSchedule]) -> list[NextStop]:
    """The next statement, its due date and the day after, and the review's own days, in order, each after ``on``.

    ``reviews`` are the schedules of this year and the next (D17-5-2 s. 7.8 as the mission has it).
    """
    days: dict[Stop, list[date]] = {stop: [] for stop in Stop}
    days[Stop.TOMORROW] = [on + timedelta(days=1)]
    for months in range(3):
        dates = billing_dates(on - timedelta(days=31) + timedelta(days=31 * months))
        days[Stop.STATEMENT].append(dates.statement_on)
        days[Stop.DUE].append(dates.last_day_to_pay)
        days[Stop.AFTER_DUE].append(dates.last_day_to_pay + timedelta(days=1))
    for review in reviews:
        days[Stop.REVIEW].append(review.run_on)
        days[Stop.REVIEW_DUE].append(review.due_on)
        days[Stop.SUSPENSION].append(review.suspend_on)
    found = [
        NextStop(stop, min(day for day in candidates if day > on))
        for stop, candidates in days.items()
        if any(day > on for day in candidates)
    ]
    return sorted(found, key=lambda row: (row.day, row.stop))
