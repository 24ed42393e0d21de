"""The days and elements of a bond, and what its surety is told."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

from security.rules.states import BondState

#: Days from a surety's notice to the earliest end of a bond (FSR s. 7).
TERMINATION_NOTICE_DAYS = 30
#: Days a proposed bond waits for its surety before it lapses (assumed).
PROPOSAL_DAYS = 30


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


def is_same_name(given: str, *registered: str) -> bool:
    """Whether a name is one of the registered ones, whatever its capitals, spaces and final point."""

    def plain(name: str) -> str:
        return " ".join(name.casefold().split()).rstrip(".")

    return bool(plain(given)) and plain(given) in {plain(name) for name in registered}


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
