"""The days and elements of a bond, its shares and riders, and what its surety is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.money import ZERO
from security.rules.states import COVERING, BondState

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
    return registered_name(given, *registered) is not None


def registered_name(given: str, *registered: str) -> str | None:
    """The registered name that is meant, whatever the capitals, spaces and final point; None where none is."""

    def plain(name: str) -> str:
        return " ".join(name.casefold().split()).rstrip(".")

    wanted = plain(given)
    return next((name for name in registered if plain(name) == wanted), None) if wanted else None


# --- The shares of a bond in the program accounts that it covers


@dataclass(frozen=True)
class Share:
    """The part of a bond that covers one program account, in dollars of the bond."""

    program_account_id: int
    amount: Decimal


class SharedAccount(Protocol):
    """What the shares ask of a program account."""

    number: str
    business_id: int

    @property
    def imports(self) -> bool: ...


class ShareProblem(Enum):
    """Why a bond cannot be shared in this way; the value is the code of the refusal."""

    TWICE = "share_twice"
    OF_ANOTHER = "share_of_another"
    MIXED_PROGRAMS = "mixed_programs"
    NOT_AN_IMPORTER = "not_an_importer"
    OVER_AMOUNT = "allocation_over_amount"
    BELOW_MINIMUM = "bond_below_minimum"


def program_type(number: str) -> str:
    """The two letters of a program account: RM for imports and exports."""
    return number[9:11]


def share_problem(
    shares: Sequence[Share],
    accounts: Mapping[int, SharedAccount],
    *,
    amount: Decimal,
    minimum: Decimal,
    debtor_id: int,
) -> ShareProblem | None:
    """What is wrong with the shares of a bond of an amount; None when they may stand.

    One debtor, one program type, each share at least the smallest bond, all of them at most the bond (assumed on
    FSR s. 5(2); the cap of ten million is each program account's own).
    """
    numbers = [share.program_account_id for share in shares]
    if len(set(numbers)) < len(numbers):
        return ShareProblem.TWICE
    known = [accounts.get(number) for number in numbers]
    if any(account is None or account.business_id != debtor_id for account in known):
        return ShareProblem.OF_ANOTHER
    found = [account for account in known if account is not None]
    if len({program_type(account.number) for account in found}) > 1:
        return ShareProblem.MIXED_PROGRAMS
    if not all(account.imports for account in found):
        return ShareProblem.NOT_AN_IMPORTER
    if sum((share.amount for share in shares), ZERO) > amount:
        return ShareProblem.OVER_AMOUNT
    if any(share.amount < minimum for share in shares):
        return ShareProblem.BELOW_MINIMUM
    return None


def shares_with_more(shares: Sequence[Share], *, program_account_id: int, more: Decimal) -> list[Share]:
    """The shares of a bond after so much was added to what covers one account, which may have none before."""
    others = [share for share in shares if share.program_account_id != program_account_id]
    own = sum((share.amount for share in shares if share.program_account_id == program_account_id), ZERO)
    return [*others, Share(program_account_id, own + more)]


def less_by_account(before: Sequence[Share], after: Sequence[Share]) -> dict[int, Decimal]:
    """By how much each program account has less of a bond than before; those that have as much or more are left out."""
    left = {share.program_account_id: share.amount for share in after}
    less = {share.program_account_id: share.amount - left.get(share.program_account_id, ZERO) for share in before}
    return {number: amount for number, amount in less.items() if amount > ZERO}


def after_claim(*, amount: Decimal, share: Decimal, others: Decimal, paid: Decimal) -> tuple[Decimal, Decimal]:
    """What is left of a bond, and of the share of the account whose debt its surety has paid (assumed).

    The other accounts keep their shares. Where there are none, whatever is left covers the one account.
    """
    left = max(amount - paid, others)
    own = max(share - paid, ZERO)
    return left, own if others or own else left


# --- Riders


class VersionKind(TextChoices):
    """What made a version of a bond: its beginning, a rider, or its end."""

    PROPOSED = "PROPOSED", pgettext_lazy("bond", "Entered by the importer")
    FILED = "FILED", pgettext_lazy("bond", "Filed by the surety")
    ON_PAPER = "ON_PAPER", pgettext_lazy("bond", "Entered from paper by an officer")
    CONFIRMED = "CONFIRMED", pgettext_lazy("bond", "Confirmed")
    REJECTED = "REJECTED", pgettext_lazy("bond", "Rejected")
    WITHDRAWN = "WITHDRAWN", pgettext_lazy("bond", "Withdrawn")
    LAPSED = "LAPSED", pgettext_lazy("bond", "Lapsed")
    STARTED = "STARTED", pgettext_lazy("bond", "Began to cover")
    INCREASE = "INCREASE", _("Increase rider")
    DECREASE = "DECREASE", _("Decrease rider")
    REALLOCATION = "REALLOCATION", _("Reallocation rider")
    NAME_CHANGE = "NAME_CHANGE", _("Name change rider")
    EXTENSION = "EXTENSION", _("Extension rider")
    TERMINATION_NOTICE = "TERMINATION_NOTICE", _("Notice of termination")
    REINSTATEMENT = "REINSTATEMENT", _("Reinstatement")
    CLAIM_PAID = "CLAIM_PAID", _("Lower by a paid demand")
    ENDED = "ENDED", pgettext_lazy("bond", "Ended")


#: Which version a bond leaves that moves by the day.
DAILY_KINDS: Mapping[str, VersionKind] = {
    BondState.ACTIVE: VersionKind.STARTED,
    BondState.LAPSED: VersionKind.LAPSED,
    BondState.EXPIRED: VersionKind.ENDED,
    BondState.TERMINATED: VersionKind.ENDED,
}
#: States in which a bond's amount, its term and its shares may change; its name may also during a notice.
AMENDABLE = frozenset({BondState.ACTIVE, BondState.SCHEDULED})
GIVEN = AMENDABLE | COVERING


def has_ended(state: str, *, validity_end: date | None, on: date) -> bool:
    """Whether a bond is over and no rider can bring it back."""
    is_past = validity_end is not None and validity_end < on
    return state in (BondState.EXPIRED, BondState.TERMINATED) or (state in GIVEN and is_past)


def is_extension(before: date | None, after: date | None) -> bool:
    """Whether a new last day is later than the one before, or none where there was one."""
    return before is not None and (after is None or after > before)


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


def event_data(bond: BondFacts, **more: Any) -> dict[str, Any]:
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
