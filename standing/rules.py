"""In good standing or not, and why: a pure answer to "as of when?".

Sources: the importer's guide ("to remain eligible for RPP, importers must maintain good standing by paying their
balances by the payment due date"); the agency's page on payment (notice of arrears and transfer for collection after 30
days); Customs Act s. 97.22 and 97.34 (no set-off or court before the 91st day after the notice). No list of steps from
overdue to suspension is published: the number of days is dated policy (assumed). Arrangements are assumed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from core.money import ZERO, round_cents
from reference.rules.policy import Policy

#: The most instalments that one arrangement may have (assumed: two years).
MOST_INSTALMENTS = 24


class Step(StrEnum):
    """What happens to an unpaid account, in time order."""

    REMINDER = "REMINDER"
    WARNING = "WARNING"
    ARREARS = "ARREARS"
    COLLECTIONS = "COLLECTIONS"
    SUSPENSION = "SUSPENSION"
    ENFORCEMENT = "ENFORCEMENT"


@dataclass(frozen=True)
class StepDays:
    """In how many days each step follows; ``enforcement`` counts from the notice, the others from the last day."""

    arrears: int
    suspension: int
    collections: int
    enforcement: int
    reminder: int

    @classmethod
    def of(cls, policy: Policy, on: date) -> "StepDays":
        """The days in force on a day."""
        return cls(
            arrears=policy.count("standing.notice_of_arrears_after_days", on),
            suspension=policy.count("standing.suspend_after_days", on),
            collections=policy.count("standing.collections_after_days", on),
            enforcement=policy.count("standing.enforcement_after_notice_days", on),
            reminder=policy.count("standing.remind_before_days", on),
        )


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
    *, overdue: Decimal, oldest_last_day: date | None, on: date, days: StepDays, good_since: date | None = None
) -> Standing:
    """Good unless something is unpaid after its last day to pay; then the next step and its day."""
    if overdue <= ZERO or oldest_last_day is None:
        return Standing(
            is_good=True, overdue=ZERO, overdue_since=None, next_step=None, next_step_on=None, good_since=good_since
        )
    steps = tuple(sorted(step_days(oldest_last_day, days=days).items(), key=lambda row: row[1]))
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


def step_days(oldest_last_day: date, *, days: StepDays, noticed_on: date | None = None) -> dict[Step, date]:
    """The day of each step for something whose last day to pay has passed.

    Enforcement counts from the notice of arrears: from ``noticed_on`` if it was sent, else from the day it is due.
    """
    arrears_on = oldest_last_day + timedelta(days=days.arrears)
    return {
        Step.WARNING: oldest_last_day + timedelta(days=1),
        Step.ARREARS: arrears_on,
        Step.COLLECTIONS: oldest_last_day + timedelta(days=days.collections),
        Step.SUSPENSION: oldest_last_day + timedelta(days=days.suspension),
        Step.ENFORCEMENT: (noticed_on or arrears_on) + timedelta(days=days.enforcement),
    }


def due_steps(
    oldest_last_day: date, *, days: StepDays, taken: Mapping[Step, date], is_paused: bool, on: date
) -> list[Step]:
    """The steps to take on a day: those whose day has come and that were not taken.

    While steps are paused only the warning goes out: it tells, and does nothing. Nothing is enforced before a notice
    of arrears was sent (Customs Act s. 97.34).
    """
    planned = step_days(oldest_last_day, days=days, noticed_on=taken.get(Step.ARREARS))
    open_now = [step for step, day in planned.items() if day <= on and step not in taken]
    if is_paused:
        return [step for step in open_now if step == Step.WARNING]
    return [step for step in open_now if step != Step.ENFORCEMENT or Step.ARREARS in taken]


def can_enforce(*, noticed_on: date | None, days: StepDays, on: date) -> bool:
    """Whether set-off is open: from the 91st day after the notice of arrears (Customs Act s. 97.26, 97.34)."""
    return noticed_on is not None and on >= noticed_on + timedelta(days=days.enforcement)


def nearest_unpaid(ahead: Mapping[date, Decimal], *, credit: Decimal) -> tuple[date | None, Decimal]:
    """The nearest last day to pay on which something is left after open credits, and how much (dollars)."""
    for day in sorted(ahead):
        if ahead[day] > credit:
            return day, ahead[day] - credit
        credit -= ahead[day]
    return None, ZERO


# --- Arrangements: instalments that an officer agrees to (assumed) ----------------------------------------------------
Instalments = Sequence[tuple[date, Decimal]]


def instalments(total: Decimal, *, count: int, first_on: date) -> list[tuple[date, Decimal]]:
    """Equal monthly parts in whole cents on the same day of each month; the last takes what rounding leaves."""
    part = round_cents(total / count)
    amounts = [part] * (count - 1)
    amounts.append(total - sum(amounts, ZERO))
    return [(_months_after(first_on, number), amount) for number, amount in enumerate(amounts)]


def may_be_overdue(plan: Iterable[tuple[date, Decimal]], *, on: date) -> Decimal:
    """What an arrangement lets stand at the start of a day: the instalments whose own day has not passed (dollars).

    More than that is a broken arrangement, whether an instalment or a newer amount was not paid.
    """
    return sum((amount for day, amount in plan if day >= on), ZERO)


def _months_after(day: date, count: int) -> date:
    month = day.month - 1 + count
    year, month = day.year + month // 12, month % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day.day, (following - timedelta(days=1)).day))
