"""Whether release prior to payment is on, and why; sufficiency is judged apart from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from security.rules.coverage import Coverage
from security.rules.states import ENROLLED, RppState, SuspensionReason

#: Until this second a registered importer needed no security of its own (SOR/86-1062 s. 16, repealed by SOR/2025-116).
TRANSITION_START = date(2024, 10, 21)
TRANSITION_END = datetime(2025, 5, 20, 3, 0, 1, tzinfo=ZoneInfo("America/Toronto"))
#: A heavier cause replaces a lighter one, because more is needed to cure it.
_WEIGHT: Mapping[str, int] = {
    "": 0,
    SuspensionReason.OVERDUE_DEBT: 1,
    SuspensionReason.NO_SECURITY: 2,
    SuspensionReason.REVIEW_SHORTFALL: 3,
    SuspensionReason.OFFICER: 4,
}


class StatusReason(TextChoices):
    """Why the indicator is off, or what is wrong although it is on."""

    NOT_ENROLLED = "NOT_ENROLLED", _("The program account is not enrolled in Release Prior to Payment.")
    NOT_AN_IMPORTER = "NOT_AN_IMPORTER", _("An exporter's program account cannot use Release Prior to Payment.")
    PENDING_SECURITY = "PENDING_SECURITY", _("Security was not posted yet.")
    NO_SECURITY = "NO_SECURITY", _("No security is posted though some is required.")
    DEBT_WITHOUT_SECURITY = "DEBT_WITHOUT_SECURITY", _("Nothing is required, but there is a debt and no security.")
    REVIEW_SHORTFALL = "REVIEW_SHORTFALL", _("The yearly review's deadline passed and the security is too low.")
    OVERDUE_DEBT = "OVERDUE_DEBT", _("Amounts are overdue.")
    OFFICER = "OFFICER", _("An officer suspended the enrolment.")
    INSUFFICIENT = "INSUFFICIENT", _("The security posted is below the requirement.")
    ESTIMATE_LOW = "ESTIMATE_LOW", _("A month of charges was above your estimate, and your security does not cover it.")
    EXEMPT = "EXEMPT", _("Registered importers needed no security of their own before 20 May 2025.")


@dataclass(frozen=True)
class Facts:
    """What the book and the instruments say about one program account, in dollars."""

    requirement: Decimal
    coverage: Coverage
    open_debt: Decimal = ZERO
    overdue_debt: Decimal = ZERO

    @property
    def is_sufficient(self) -> bool:
        return self.coverage.is_sufficient_for(self.requirement)

    @property
    def is_supported(self) -> bool:
        """Some security, or nothing required and nothing owed: what turns the indicator on (reported 2025-05-20)."""
        return self.coverage.has_security or (self.requirement == 0 and self.open_debt == 0)


def is_exempt(at: datetime, *, is_registered: bool) -> bool:
    """Whether the transition spares a registered importer its own security (SOR/86-1062 s. 16, until 2025-05-20)."""
    return is_registered and at.astimezone(TRANSITION_END.tzinfo).date() >= TRANSITION_START and at < TRANSITION_END


def indicator(state: str, facts: Facts) -> bool:
    """Whether goods may be released before payment: enrolled, not suspended, supported. Sufficiency stands apart."""
    return state == RppState.ACTIVE and facts.is_supported


def status_reasons(state: str, reason: str, facts: Facts, *, imports: bool = True) -> tuple[StatusReason, ...]:
    """Everything that keeps the indicator off, or that is wrong although it is on; empty when all is well."""
    if not imports:
        return (StatusReason.NOT_AN_IMPORTER,)
    if state not in ENROLLED:
        return (StatusReason.NOT_ENROLLED,)
    reasons: list[StatusReason] = []
    if state == RppState.PENDING_SECURITY:
        reasons.append(StatusReason.PENDING_SECURITY)
    elif state == RppState.SUSPENDED:
        reasons.append(StatusReason(reason))
    elif not facts.is_supported:
        reasons.append(StatusReason.NO_SECURITY if facts.requirement else StatusReason.DEBT_WITHOUT_SECURITY)
    if facts.coverage.has_security and not facts.is_sufficient:
        reasons.append(StatusReason.INSUFFICIENT)
    return tuple(dict.fromkeys(reasons))


def initial_state(facts: Facts) -> RppState:
    """The state right after enrolment: active at once with security, or with nothing required and nothing owed."""
    return RppState.ACTIVE if facts.is_supported else RppState.PENDING_SECURITY


def reassessed(state: str, reason: str, facts: Facts) -> tuple[str, str]:
    """The state and reason that follow from the facts of the day (assumed, on the reported logic).

    Only an officer lifts an officer's suspension. A suspension for debt ends when nothing is overdue; one for missing
    security ends when the requirement is covered and nothing is overdue.
    """
    if state == RppState.PENDING_SECURITY:
        return (RppState.ACTIVE, "") if facts.is_supported else (state, reason)
    if state == RppState.ACTIVE:
        if facts.requirement > 0 and not facts.coverage.has_security:
            return RppState.SUSPENDED, SuspensionReason.NO_SECURITY
        return state, reason
    if state != RppState.SUSPENDED or reason == SuspensionReason.OFFICER:
        return state, reason
    if reason == SuspensionReason.OVERDUE_DEBT:
        if facts.requirement > 0 and not facts.coverage.has_security:
            return state, SuspensionReason.NO_SECURITY
        return (state, reason) if facts.overdue_debt > 0 else (RppState.ACTIVE, "")
    if not facts.is_sufficient:
        return state, reason
    return (state, SuspensionReason.OVERDUE_DEBT) if facts.overdue_debt > 0 else (RppState.ACTIVE, "")


def suspended(state: str, reason: str, *, because: str) -> tuple[str, str] | None:
    """State and reason after a suspension; None when it changes nothing (not active, or suspended for more already)."""
    if state == RppState.ACTIVE:
        return RppState.SUSPENDED, because
    if state == RppState.SUSPENDED and _WEIGHT[because] > _WEIGHT[reason]:
        return RppState.SUSPENDED, because
    return None
