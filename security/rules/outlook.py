"""What comes next for a program account, and the one thing to do now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from security.rules.indicator import StatusReason
from security.rules.nudges import Level

#: How long before the end of what covers an importer is asked to replace it (assumed).
REPLACE_DAYS = 60
#: How long before the end of its period an importer is asked whether it needs more (assumed).
PERIOD_DAYS = 30


class NextStep(TextChoices):
    """The one clear next step of an importer; the values are stable for software."""

    ENROL = "ENROL", _("Enrol in Release Prior to Payment")
    CONTACT = "CONTACT", _("Ask client support what the officer needs")
    PAY_OVERDUE = "PAY_OVERDUE", _("Pay what is overdue")
    POST_SECURITY = "POST_SECURITY", _("Post security")
    COVER_REVIEW = "COVER_REVIEW", _("Cover the new requirement of the yearly review")
    RAISE_ESTIMATE = "RAISE_ESTIMATE", _("Raise your estimate")
    PAY_EARLY = "PAY_EARLY", _("Pay early or add security: what you have is nearly used up")
    REPLACE_BOND = "REPLACE_BOND", _("Replace the security that ends")
    MOVE_PERIOD = "MOVE_PERIOD", _("Say whether you need releases for longer")
    NOTHING = "NOTHING", _("Nothing to do")


class ComingKind(TextChoices):
    BOND_STARTS = "BOND_STARTS", _("Bond begins to cover")
    BOND_ENDS = "BOND_ENDS", _("Bond ends")
    PERIOD_ENDS = "PERIOD_ENDS", _("Your enrolment ends with its period")
    REQUIREMENT = "REQUIREMENT", _("New requirement applies")
    REVIEW_RUNS = "REVIEW_RUNS", _("Yearly review runs")
    REVIEW_DUE = "REVIEW_DUE", _("Last day to be covered for the yearly review")


@dataclass(frozen=True)
class Coming:
    """Something that happens on a day: about which instrument or amount, if any."""

    on: date
    kind: ComingKind
    about: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True)
class Outlook:
    """What the next step is judged from; amounts are dollars of the requirement."""

    reasons: Sequence[StatusReason]
    is_short_for_review: bool
    is_estimate_low: bool
    level: int
    bond_ends_on: date | None
    is_short_without_it: bool
    ends_on: date | None


def coming(events: Iterable[Coming], *, on: date) -> tuple[Coming, ...]:
    """What is still to come, today included, the nearest first."""
    return tuple(sorted((event for event in events if event.on >= on), key=lambda event: (event.on, event.kind)))


def next_step(outlook: Outlook, *, on: date) -> NextStep:
    """The most urgent thing: what stops releases comes before what will, and both before what may (assumed order)."""
    reasons = set(outlook.reasons)
    by_reason = (
        (StatusReason.NOT_ENROLLED, NextStep.ENROL),
        (StatusReason.OFFICER, NextStep.CONTACT),
        (StatusReason.OVERDUE_DEBT, NextStep.PAY_OVERDUE),
        (StatusReason.PENDING_SECURITY, NextStep.POST_SECURITY),
        (StatusReason.NO_SECURITY, NextStep.POST_SECURITY),
        (StatusReason.DEBT_WITHOUT_SECURITY, NextStep.POST_SECURITY),
        (StatusReason.REVIEW_SHORTFALL, NextStep.COVER_REVIEW),
    )
    for reason, step in by_reason:
        if reason in reasons:
            return step
    within = on + timedelta(days=REPLACE_DAYS)
    is_bond_ending = outlook.bond_ends_on is not None and outlook.bond_ends_on <= within and outlook.is_short_without_it
    is_period_ending = outlook.ends_on is not None and outlook.ends_on <= on + timedelta(days=PERIOD_DAYS)
    by_outlook = (
        (outlook.is_short_for_review, NextStep.COVER_REVIEW),
        (StatusReason.INSUFFICIENT in reasons, NextStep.POST_SECURITY),
        (outlook.is_estimate_low, NextStep.RAISE_ESTIMATE),
        (outlook.level >= Level.WARNING, NextStep.PAY_EARLY),
        (is_bond_ending, NextStep.REPLACE_BOND),
        (is_period_ending, NextStep.MOVE_PERIOD),
    )
    return next((step for holds, step in by_outlook if holds), NextStep.NOTHING)
