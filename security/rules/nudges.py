"""Being told in good time: how much of the security is used, and when an estimate has proved too low.

The trade calls these messages nudges; their thresholds are not public, so they are dated policy (assumed).
"""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from reference.rules.policy import NudgeParameters
from security.rules.coverage import Coverage, utilization
from security.rules.states import RequirementSource


class Level(IntegerChoices):
    """The highest threshold of use of which an importer was told and that still stands."""

    QUIET = 0, _("Below every threshold")
    INFORMATION = 1, _("Much of it is used")
    WARNING = 2, _("Nearly used up")
    EXCEEDED = 3, _("Used up")


class NudgeKind(TextChoices):
    INFORMATION = "INFORMATION", _("Much of your security is used")
    WARNING = "WARNING", _("Your security is nearly used up")
    EXCEEDED = "EXCEEDED", _("You owe more than your security covers")
    ESTIMATE_LOW = "ESTIMATE_LOW", _("Your estimate has proved too low")


@dataclass(frozen=True)
class Nudge:
    """The level that stands after a look at the use, and the kind of message a rise calls for, if any."""

    level: Level
    kind: NudgeKind | None


def threshold(level: int, parameters: NudgeParameters) -> Decimal:
    """The share of use at which a level begins."""
    return {
        Level.QUIET: ZERO,
        Level.INFORMATION: parameters.information_at,
        Level.WARNING: parameters.warning_at,
        Level.EXCEEDED: parameters.insufficient_at,
    }[Level(level)]


def nudge(*, told: int, open_balance: Decimal, coverage: Coverage, parameters: NudgeParameters) -> Nudge:
    """What follows from today's use for somebody who was told of a level before.

    Each threshold is told once per rise; it may be told again only after use fell below it by the policy's margin.
    Without security nothing is used of it.
    """
    share = utilization(open_balance, coverage)
    if share is None:
        return Nudge(Level.QUIET, None)
    level = Level(told)
    while level > Level.QUIET and share < threshold(level, parameters) - parameters.rearm_below_by:
        level = Level(level - 1)
    reached = max(step for step in Level if share >= threshold(step, parameters))
    return Nudge(reached, NudgeKind[reached.name]) if reached > level else Nudge(level, None)


def is_estimate_low(*, source: str, requirement: Decimal, month: Decimal, by: Decimal = ZERO) -> bool:
    """Whether a month of charges is above the importer's own estimate that is still its requirement.

    ``by`` is the share of the estimate that a month may be above it, by the policy of the day (assumed).
    """
    return source == RequirementSource.ESTIMATE and month > requirement * (1 + by)


def proven_amount(*, source: str, requirement: Decimal, told_of: Decimal) -> Decimal:
    """What the security is measured by: the requirement, or the month that proved the importer's estimate too low.

    ``told_of`` is the highest month above an estimate of which the importer was told since it enrolled. Until it
    raises the estimate, or the yearly review replaces it, what covers less than that month is insufficient (assumed).
    """
    return max(requirement, told_of) if source == RequirementSource.ESTIMATE else requirement
