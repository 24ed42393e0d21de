"""The months that count, and the requirement they give."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from core.money import ZERO
from security.rules.states import RequirementSource

Slice = tuple[date, date]
MONTHS_COUNTED = 12


@dataclass(frozen=True)
class DrivingMonth:
    """The slice with the highest total, in dollars; ``index`` and both dates None when every total is zero."""

    index: int | None
    first: date | None
    last: date | None
    amount: Decimal


def whole_slices_before(on: date, *, cut_day: int, count: int = MONTHS_COUNTED) -> tuple[Slice, ...]:
    """The last ``count`` slices that ended before the day, oldest first; each begins on ``cut_day`` of a month.

    For an enrolment during the year; the yearly review's own window is its schedule's (D17-5-2 s. 7.8).
    """
    start = on.replace(day=cut_day) if on.day >= cut_day else _month_before(on.replace(day=cut_day))
    slices: list[Slice] = []
    for _number in range(count):
        earlier = _month_before(start)
        slices.append((earlier, start - timedelta(days=1)))
        start = earlier
    return tuple(reversed(slices))


def driving_month(slices: Sequence[Slice], totals: Sequence[Decimal]) -> DrivingMonth:
    """The highest month of the window, the earliest on a tie (D17-5-2 as reported: highest of the last twelve)."""
    highest = max(totals, default=ZERO)
    if highest <= 0:
        return DrivingMonth(None, None, None, ZERO)
    index = list(totals).index(highest)
    return DrivingMonth(index, *slices[index], highest)


def enrolment_requirement(
    *, highest: Decimal, has_history: bool, estimate: Decimal | None
) -> tuple[Decimal, RequirementSource]:
    """The requirement at enrolment: the highest month, or without twelve months of history the importer's estimate.

    An estimate below what the book already shows yields to the book (assumed). ``ValueError`` without the estimate.
    """
    if has_history:
        return highest, RequirementSource.ENROLMENT
    if estimate is None:
        raise ValueError("an importer without twelve months of history gives an estimate")
    return max(estimate, highest), RequirementSource.ESTIMATE


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=day.day)
