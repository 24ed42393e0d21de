"""Financial security for release prior to payment: windows, coverage, the indicator, bonds and the yearly review.

Sources: Customs Act s. 35 and s. 3.4; Accounting for Imported Goods Regulations (SOR/86-1062) s. 9, 11 and 16;
Financial Security (Electronic Means) Regulations (SOR/2024-42), "FSR" below; memorandum D17-5-2 as brokers and
sureties report it.
What no source decides is assumed and said so; amounts of the requirement are dated policy (``reference.rules``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.money import ZERO, round_cents
from reference.rules.policy import SecurityParameters

Slice = tuple[date, date]
MONTHS_COUNTED = 12
#: Until this second a registered importer needed no security of its own (SOR/86-1062 s. 16, repealed by SOR/2025-116).
TRANSITION_START = date(2024, 10, 21)
TRANSITION_END = datetime(2025, 5, 20, 3, 0, 1, tzinfo=ZoneInfo("America/Toronto"))
#: Days from a surety's notice to the earliest end of a bond (FSR s. 7).
TERMINATION_NOTICE_DAYS = 30
#: Days to answer a demand (FSR s. 9(1)).
DEMAND_ANSWER_DAYS = 60
#: Days a proposed bond waits for its surety before it lapses (assumed).
PROPOSAL_DAYS = 30
#: Days before the deadline of the yearly review on which those still short are reminded (assumed).
REMINDER_DAYS = (30, 7)


# --- States -----------------------------------------------------------------------------------------------------------


class RppState(TextChoices):
    """The life of the enrolment of one program account; the portal's own words for it are not public (assumed)."""

    PENDING_SECURITY = "PENDING_SECURITY", _("Waiting for security")
    ACTIVE = "ACTIVE", _("Active")
    SUSPENDED = "SUSPENDED", _("Suspended")
    REMOVED = "REMOVED", _("Removed")
    CANCELLED = "CANCELLED", _("Cancelled")


class SuspensionReason(TextChoices):
    NO_SECURITY = "NO_SECURITY", _("No security posted")
    REVIEW_SHORTFALL = "REVIEW_SHORTFALL", _("Short after the yearly review")
    OVERDUE_DEBT = "OVERDUE_DEBT", _("Overdue amounts")
    OFFICER = "OFFICER", _("Decision of an officer")


class BondState(TextChoices):
    PENDING_PROVIDER = "PENDING_PROVIDER", _("Waiting for the surety")
    SCHEDULED = "SCHEDULED", _("Starts later")
    ACTIVE = "ACTIVE", _("Active")
    TERMINATION_PENDING = "TERMINATION_PENDING", _("Ends after notice")
    REJECTED = "REJECTED", _("Rejected")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")
    LAPSED = "LAPSED", _("Lapsed")
    TERMINATED = "TERMINATED", _("Terminated")
    EXPIRED = "EXPIRED", _("Expired")


class DepositState(TextChoices):
    ACTIVE = "ACTIVE", _("Active")
    RETURNED = "RETURNED", _("Returned")


class CaseState(TextChoices):
    SUBMITTED = "SUBMITTED", _("Submitted")
    APPROVED = "APPROVED", _("Approved")
    PARTIALLY_APPROVED = "PARTIALLY_APPROVED", _("Partially approved")
    REFUSED = "REFUSED", _("Refused")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")


class DemandState(TextChoices):
    """The life of a demand on a surety (FSR s. 8 and 9); a rebuttal waits for an officer."""

    SENT = "SENT", _("Sent")
    REBUTTED = "REBUTTED", _("Rebutted")
    UPHELD = "UPHELD", _("Upheld, to be paid")
    WITHDRAWN = "WITHDRAWN", pgettext_lazy("demand", "Withdrawn")
    PAID = "PAID", pgettext_lazy("demand", "Paid")


class RequirementSource(TextChoices):
    ENROLMENT = "ENROLMENT", _("Enrolment")
    ESTIMATE = "ESTIMATE", _("Importer's estimate")
    REVIEW = "REVIEW", _("Yearly review")
    REDUCTION = "REDUCTION", _("Approved reduction")


class ReviewOutcome(TextChoices):
    RISEN = "RISEN", _("Went up")
    SAME_OR_LOWER = "SAME_OR_LOWER", _("Same or lower")
    NO_HISTORY = "NO_HISTORY", _("No history, estimate kept")
    NOT_ENROLLED = "NOT_ENROLLED", _("Not enrolled, for information")
    HELD = "HELD", _("Held by an officer")


RPP_TRANSITIONS: Mapping[str, frozenset[str]] = {
    RppState.PENDING_SECURITY: frozenset({RppState.ACTIVE, RppState.CANCELLED, RppState.REMOVED}),
    RppState.ACTIVE: frozenset({RppState.SUSPENDED, RppState.CANCELLED}),
    RppState.SUSPENDED: frozenset({RppState.SUSPENDED, RppState.ACTIVE, RppState.CANCELLED, RppState.REMOVED}),
    RppState.REMOVED: frozenset({RppState.PENDING_SECURITY, RppState.ACTIVE}),
    RppState.CANCELLED: frozenset({RppState.PENDING_SECURITY, RppState.ACTIVE}),
}
BOND_TRANSITIONS: Mapping[str, frozenset[str]] = {
    BondState.PENDING_PROVIDER: frozenset(
        {BondState.ACTIVE, BondState.SCHEDULED, BondState.REJECTED, BondState.WITHDRAWN, BondState.LAPSED}
    ),
    BondState.SCHEDULED: frozenset({BondState.ACTIVE}),
    BondState.ACTIVE: frozenset({BondState.TERMINATION_PENDING, BondState.EXPIRED}),
    BondState.TERMINATION_PENDING: frozenset({BondState.ACTIVE, BondState.TERMINATED, BondState.EXPIRED}),
    BondState.REJECTED: frozenset(),
    BondState.WITHDRAWN: frozenset(),
    BondState.LAPSED: frozenset(),
    BondState.TERMINATED: frozenset(),
    BondState.EXPIRED: frozenset(),
}
DEMAND_TRANSITIONS: Mapping[str, frozenset[str]] = {
    DemandState.SENT: frozenset({DemandState.REBUTTED, DemandState.WITHDRAWN, DemandState.PAID}),
    DemandState.REBUTTED: frozenset({DemandState.UPHELD, DemandState.WITHDRAWN, DemandState.PAID}),
    DemandState.UPHELD: frozenset({DemandState.WITHDRAWN, DemandState.PAID}),
    DemandState.WITHDRAWN: frozenset(),
    DemandState.PAID: frozenset(),
}
#: A demand that still counts against its bond and is not settled.
OPEN_DEMANDS = frozenset({DemandState.SENT, DemandState.REBUTTED, DemandState.UPHELD})
#: Enrolled in whatever state; only these are told when the yearly review raises their requirement.
ENROLLED = frozenset({RppState.PENDING_SECURITY, RppState.ACTIVE, RppState.SUSPENDED})
#: A bond covers until the last day of its notice, so both states count.
COVERING = frozenset({BondState.ACTIVE, BondState.TERMINATION_PENDING})
#: A bond that never came about; its agreement number may be used again.
NEVER_GIVEN = frozenset({BondState.REJECTED, BondState.WITHDRAWN, BondState.LAPSED})
#: A heavier cause replaces a lighter one, because more is needed to cure it.
_WEIGHT: Mapping[str, int] = {
    "": 0,
    SuspensionReason.OVERDUE_DEBT: 1,
    SuspensionReason.NO_SECURITY: 2,
    SuspensionReason.REVIEW_SHORTFALL: 3,
    SuspensionReason.OFFICER: 4,
}


def can_rpp_become(state: str, following: str) -> bool:
    return following in RPP_TRANSITIONS[state]


def can_bond_become(state: str, following: str) -> bool:
    return following in BOND_TRANSITIONS[state]


def can_demand_become(state: str, following: str) -> bool:
    return following in DEMAND_TRANSITIONS[state]


# --- The months that count --------------------------------------------------------------------------------------------


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


# --- Coverage ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coverage:
    """What the posted security covers, in dollars of the requirement (the 100 % figure)."""

    bond: Decimal
    cash: Decimal
    parameters: SecurityParameters

    @property
    def bond_covers(self) -> Decimal:
        return round_cents(self.bond / self.parameters.bond_rate)

    @property
    def cash_covers(self) -> Decimal:
        return round_cents(self.cash / self.parameters.cash_rate)

    @property
    def total(self) -> Decimal:
        """Cash counts once, a bond at half the requirement counts twice (mixing rule assumed)."""
        return self.bond_covers + self.cash_covers

    @property
    def has_security(self) -> bool:
        return self.bond > 0 or self.cash > 0

    @property
    def counts_towards_cap(self) -> Decimal:
        return self.bond + (self.cash if self.parameters.cap_applies_to_cash else ZERO)

    def is_sufficient_for(self, requirement: Decimal) -> bool:
        """Whether it covers the requirement, or reaches the cap a program account."""
        return self.total >= requirement or self.counts_towards_cap >= self.parameters.cap

    def missing_for(self, requirement: Decimal) -> Decimal:
        """What is not covered, in dollars of the requirement."""
        return ZERO if self.is_sufficient_for(requirement) else requirement - self.total


@dataclass(frozen=True)
class Shortfall:
    """What would cover the rest: either so much more bond or so much more cash, in dollars."""

    missing: Decimal
    bond: Decimal
    cash: Decimal

    @property
    def is_short(self) -> bool:
        return self.missing > 0


def shortfall(coverage: Coverage, requirement: Decimal) -> Shortfall:
    """The additions that cover the requirement, no more than the cap asks and no bond below its minimum."""
    missing = coverage.missing_for(requirement)
    if not missing:
        return Shortfall(ZERO, ZERO, ZERO)
    parameters = coverage.parameters
    room = parameters.cap - coverage.counts_towards_cap
    bond = max(round_cents(missing * parameters.bond_rate), parameters.bond_minimum - coverage.bond)
    cash = round_cents(missing * parameters.cash_rate)
    return Shortfall(
        missing=missing,
        bond=min(bond, room),
        cash=min(cash, room) if parameters.cap_applies_to_cash else cash,
    )


def utilization(open_balance: Decimal, coverage: Coverage) -> Decimal | None:
    """The unpaid balance as a fraction of what is covered, four places; None without security."""
    if not coverage.total:
        return None
    return (max(open_balance, ZERO) / coverage.total).quantize(Decimal("0.0001"))


def returnable(*, held: Decimal, coverage: Coverage, requirement: Decimal, open_debt: Decimal) -> Decimal:
    """The part of the cash that may go back today: the rest must still cover the requirement (assumed).

    With nothing required, cash is still needed while there is a debt: it is all that keeps releases open.
    """
    if requirement == 0 and open_debt > 0:
        return ZERO
    if coverage.bond >= coverage.parameters.cap:
        return held
    spare = round_cents((coverage.total - requirement) * coverage.parameters.cash_rate)
    over_cap = coverage.counts_towards_cap - coverage.parameters.cap
    if coverage.parameters.cap_applies_to_cash:
        spare = max(spare, over_cap)
    return max(ZERO, min(held, spare))


# --- The indicator and the enrolment's state --------------------------------------------------------------------------


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


# --- Bonds (written security agreements) ------------------------------------------------------------------------------


def confirmed_state(*, validity_start: date, on: date) -> BondState:
    """A bond is given the moment the surety confirms it, and covers from its first day on (FSR s. 5(2))."""
    return BondState.SCHEDULED if validity_start > on else BondState.ACTIVE


def daily_bond_state(
    state: str,
    *,
    proposed_on: date,
    validity_start: date,
    validity_end: date | None,
    terminates_on: date | None,
    on: date,
) -> str:
    """The state at the start of a day. A bond covers through its last day; a notice ends it on its date (FSR s. 7)."""
    if state == BondState.PENDING_PROVIDER:
        return BondState.LAPSED if on > proposed_on + timedelta(days=PROPOSAL_DAYS) else state
    if state in (BondState.ACTIVE, BondState.SCHEDULED, BondState.TERMINATION_PENDING):
        if terminates_on is not None and on >= terminates_on:
            return BondState.TERMINATED
        if validity_end is not None and on > validity_end and state != BondState.SCHEDULED:
            return BondState.EXPIRED
        if state == BondState.SCHEDULED and on >= validity_start:
            return BondState.ACTIVE
    return state


def earliest_termination_on(notice_on: date) -> date:
    """The first day on which a bond may end after the surety's notice of the day (FSR s. 7)."""
    return notice_on + timedelta(days=TERMINATION_NOTICE_DAYS)


def demand_answer_due_on(sent_on: date) -> date:
    """The last day to pay or rebut a demand (FSR s. 9(1))."""
    return sent_on + timedelta(days=DEMAND_ANSWER_DAYS)


def last_demand_on(ended_on: date) -> date:
    """The last day on which a demand may be made on a bond that ended (FSR s. 8(3): one year)."""
    try:
        return ended_on.replace(year=ended_on.year + 1)
    except ValueError:
        return date(ended_on.year + 1, 2, 28)


def can_demand(*, state: str, ended_on: date | None, on: date) -> bool:
    """Whether a bond answers a demand on a day: while it covers, and one year after it ended (FSR s. 8(3))."""
    if state in COVERING:
        return True
    ended = state in (BondState.TERMINATED, BondState.EXPIRED)
    return ended and ended_on is not None and on <= last_demand_on(ended_on)


def demand_amount(*, owed_in_validity: Decimal, bond: Decimal) -> Decimal:
    """What may be demanded: what accrued while the bond was valid, at most the bond (FSR s. 8(4), (5))."""
    return min(owed_in_validity, bond)


def is_same_name(given: str, *registered: str) -> bool:
    """Whether a name is one of the registered ones, whatever its capitals, spaces and final point."""

    def plain(name: str) -> str:
        return " ".join(name.casefold().split()).rstrip(".")

    return bool(plain(given)) and plain(given) in {plain(name) for name in registered}


def stays_sufficient(coverage: Coverage, requirement: Decimal, *, less: Decimal) -> bool:
    """Whether the requirement is covered with so many dollars less of bonds."""
    return replace(coverage, bond=coverage.bond - less).is_sufficient_for(requirement)


def used_of_bonds(open_debt: Decimal, *, cash: Decimal, bonds: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """What a debt would take of each bond, given oldest first, after the cash (the order is assumed)."""
    left = max(open_debt - cash, ZERO)
    shares = []
    for amount in bonds:
        shares.append(share := min(left, amount))
        left -= share
    return tuple(shares)


def raised_to(amount: Decimal, shortfall: Decimal, *, bond_rate: Decimal) -> Decimal:
    """The amount at which a bond alone covers what a review found missing, in dollars of the bond."""
    return amount + round_cents(shortfall * bond_rate)


#: Kinds of events for a surety that are no act in the audit trail.
TO_CONFIRM = "bond.to_confirm"
INCREASE_NEEDED = "bond.increase_needed"
REVIEW_RESULT = "review.result"


class BondFacts(Protocol):
    """What an event says of a bond."""

    pk: int
    agreement_number: str
    state: str
    amount: Decimal
    asked_amount: Decimal | None
    terminates_on: date | None
    program_account: Any
    debtor: Any


def event_data(bond: BondFacts, **more: str) -> dict[str, Any]:
    """What a surety's software is told of its own bond: amounts as text with two decimals, days as ISO dates."""
    return {
        "bond": bond.pk,
        "agreement_number": bond.agreement_number,
        "debtor_name": bond.debtor.legal_name,
        "program_account": bond.program_account.number,
        "state": str(bond.state),
        "amount": f"{bond.amount:.2f}",
        "asked_amount": None if bond.asked_amount is None else f"{bond.asked_amount:.2f}",
        "terminates_on": bond.terminates_on.isoformat() if bond.terminates_on else None,
        **more,
    }


# --- The yearly review ------------------------------------------------------------------------------------------------


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


def is_to_suspend(*, outcome: str, is_sufficient: bool, has_open_case: bool, suspend_on: date, on: date) -> bool:
    """Whether a missed deadline suspends: told of a rise, still short, no open reduction case, not held by an officer.

    Source: reported practice (suspension after the due date; discretion while a case is under review).
    """
    return outcome == ReviewOutcome.RISEN and not is_sufficient and not has_open_case and on >= suspend_on


# --- Planning ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """One way to cover a month: bond and cash in all, what they cover, what must be added or is still missing."""

    key: str
    bond: Decimal
    cash: Decimal
    covers: Decimal
    add_bond: Decimal = ZERO
    add_cash: Decimal = ZERO
    missing: Decimal = ZERO


def plans(*, month: Decimal, cash: Decimal, now: Coverage) -> tuple[Plan, ...]:
    """As it stands, with so much cash beside a bond, with a bond alone, with cash alone (all in dollars)."""
    parameters = now.parameters

    def bond_beside(amount: Decimal) -> Decimal:
        rest = month - round_cents(amount / parameters.cash_rate)
        if rest <= 0 or Coverage(ZERO, amount, parameters).is_sufficient_for(month):
            return ZERO
        room = parameters.cap - (amount if parameters.cap_applies_to_cash else ZERO)
        return min(max(round_cents(rest * parameters.bond_rate), parameters.bond_minimum), max(room, ZERO))

    def plan(key: str, bond: Decimal, cash: Decimal) -> Plan:
        then = Coverage(bond, cash, parameters)
        return Plan(key, bond, cash, then.total, max(bond - now.bond, ZERO), max(cash - now.cash, ZERO))

    whole = round_cents(month * parameters.cash_rate)
    if parameters.cap_applies_to_cash:
        whole = min(whole, parameters.cap)
    return (
        Plan("now", now.bond, now.cash, now.total, missing=now.missing_for(month)),
        plan("mix", bond_beside(cash), cash),
        plan("bond", bond_beside(ZERO), ZERO),
        plan("cash", ZERO, whole),
    )


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=day.day)
