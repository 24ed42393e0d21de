"""What the yearly review found, whom it reminds and whom its deadline suspends."""

from datetime import date, timedelta
from decimal import Decimal

from core.money import ZERO
from security.rules.states import ENROLLED, RequirementSource, ReviewOutcome

#: Days before the deadline of the yearly review on which those still short are reminded (assumed).
REMINDER_DAYS = (30, 7)


def review_outcome(
    *, old: Decimal | None, old_source: str, new: Decimal, state: str, has_full_window: bool = True
) -> tuple[ReviewOutcome, Decimal]:
    """What the review finds and the amount that follows: only a rise is told; a lower result simply takes effect.

    An estimate stands while the window shows no charge at all, or holds less than twelve months of the account and no
    month above the estimate: nothing has yet proved it wrong (assumed).
    """
    if state not in ENROLLED:
        return ReviewOutcome.NOT_ENROLLED, new
    stands = new == 0 or not has_full_window
    if old is not None and old_source == RequirementSource.ESTIMATE and stands and new <= old:
        return ReviewOutcome.NO_HISTORY, old
    if new > (old or ZERO):
        return ReviewOutcome.RISEN, new
    return ReviewOutcome.SAME_OR_LOWER, new


def reminder_dates(due_on: date) -> tuple[date, ...]:
    """The days on which those still short are reminded, in order."""
    return tuple(due_on - timedelta(days=days) for days in REMINDER_DAYS)


def is_to_suspend(
    *, outcome: str, is_sufficient: bool, has_open_case: bool, has_endorsement: bool, suspend_on: date, on: date
) -> bool:
    """Whether a missed deadline suspends: told of a rise, still short, nothing pending, not held by an officer.

    A reduction case under review is pending, and so is an endorsement in the mail that ``holds_back``. Source: reported
    practice (suspension after the due date; discretion while a paper increase or a reduction request is pending).
    """
    is_pending = has_open_case or has_endorsement
    return outcome == ReviewOutcome.RISEN and not is_sufficient and not is_pending and on >= suspend_on
