"""The months that count, how they are cut and what counts in them, and the requirement they give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from ledger.rules import Category
from reference.rules.policy import MonthRules
from security.rules.states import RequirementSource

Slice = tuple[date, date]
MONTHS_COUNTED = 12
#: The day on which months begin where they are not the slices of the review's own window.
_CUT_DAYS: Mapping[str, int] = {"billing_periods": 18, "calendar_months": 1}
#: What each value of policy says to an importer; the keys are those of the dated policy.
COUNTING_WORDS: Mapping[tuple[str, str], Any] = {
    ("security.month_cut", "cycle_slices"): _("Months are the twelve slices of the yearly review's own window."),
    ("security.month_cut", "billing_periods"): _("Months are billing periods, from the 18th to the 17th."),
    ("security.month_cut", "calendar_months"): _("Months are calendar months."),
    ("security.month_basis", "posting"): _("A charge counts in the month in which it became known."),
    ("security.month_basis", "release"): _("A charge counts in the month of its release."),
    ("security.counts_penalties", "yes"): _("Penalties count beside duties and taxes."),
    ("security.counts_penalties", "no"): _("Penalties do not count."),
    ("security.counts_credits", "yes"): _("Credits of a month are taken off it."),
    ("security.counts_credits", "no"): _("Credits are not taken off."),
    ("security.counts_ctype", "yes"): _("What was paid at release (type C) counts."),
    ("security.counts_ctype", "no"): _("What was paid at release (type C) does not count."),
    ("security.counts_interest", "yes"): _("Interest counts."),
    ("security.counts_interest", "no"): _("Interest does not count."),
}
COUNTING_KEYS = tuple(dict.fromkeys(key for key, _value in COUNTING_WORDS))


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


def cut_day(how: MonthRules, *, cycle_day: int) -> int:
    """The day on which months begin: by policy that of the review's window, the 18th (billing) or the 1st."""
    return _CUT_DAYS.get(how.cut, cycle_day)


def months_before(on: date, how: MonthRules, *, cycle_day: int) -> tuple[Slice, ...]:
    """The twelve whole months before a day as policy cuts them, oldest first; on a review's day those of the review."""
    return whole_slices_before(on, cut_day=cut_day(how, cycle_day=cycle_day))


def month_after(last: date) -> Slice:
    """The month that follows the one that ended on a day, cut in the same way."""
    first = last + timedelta(days=1)
    return first, (first.replace(day=1) + timedelta(days=31)).replace(day=first.day) - timedelta(days=1)


def categories(how: MonthRules) -> tuple[Category, ...]:
    """What counts in a month; duties and taxes always do, the rest by policy (sources disagree on penalties)."""
    extra = (
        (how.penalties, Category.PENALTY),
        (how.credits, Category.CREDIT),
        (how.ctype, Category.CTYPE),
        (how.interest, Category.INTEREST),
    )
    return (Category.CHARGE, *(category for counts, category in extra if counts))


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
