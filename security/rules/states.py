"""The states of enrolments, instruments, cases and demands, and which may follow which."""

from collections.abc import Mapping

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


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
    """From the day the money is here; before that it is a payment, started or with the bank (assumed)."""

    ACTIVE = "ACTIVE", _("Active")
    PARTLY_APPLIED = "PARTLY_APPLIED", _("Used in part for debts")
    APPLIED = "APPLIED", _("Used for debts")
    REFUND_REQUESTED = "REFUND_REQUESTED", _("On its way back")
    RETURNED = "RETURNED", _("Returned")
    TAKEN_BACK = "TAKEN_BACK", _("Taken back by the bank")


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
    # Nobody answered in time: what was demanded is due.
    DemandState.SENT: frozenset({DemandState.REBUTTED, DemandState.UPHELD, DemandState.WITHDRAWN, DemandState.PAID}),
    DemandState.REBUTTED: frozenset({DemandState.UPHELD, DemandState.WITHDRAWN, DemandState.PAID}),
    DemandState.UPHELD: frozenset({DemandState.WITHDRAWN, DemandState.PAID}),
    DemandState.WITHDRAWN: frozenset(),
    DemandState.PAID: frozenset(),
}
#: A demand that still counts against its bond and is not settled.
OPEN_DEMANDS = frozenset({DemandState.SENT, DemandState.REBUTTED, DemandState.UPHELD})
#: Enrolled in whatever state; only these are told when the yearly review raises their requirement.
ENROLLED = frozenset({RppState.PENDING_SECURITY, RppState.ACTIVE, RppState.SUSPENDED})
#: Enrolled and without release before payment: what a paid debt may cure.
CURABLE = ENROLLED - {RppState.ACTIVE}
#: A bond covers until the last day of its notice, so both states count.
COVERING = frozenset({BondState.ACTIVE, BondState.TERMINATION_PENDING})
#: A bond that never came about; its agreement number may be used again.
NEVER_GIVEN = frozenset({BondState.REJECTED, BondState.WITHDRAWN, BondState.LAPSED})


def can_rpp_become(state: str, following: str) -> bool:
    return following in RPP_TRANSITIONS[state]


def can_bond_become(state: str, following: str) -> bool:
    return following in BOND_TRANSITIONS[state]


def can_demand_become(state: str, following: str) -> bool:
    return following in DEMAND_TRANSITIONS[state]
