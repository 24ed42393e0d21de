"""A line of security in a search: who covers whom, by how much, from when until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from security.rules.covering import CoverLine, Given
from security.rules.states import BondState, DepositState

#: In how many days an end in sight is worth a line on a surety's desk.
ENDS_WITHIN = (30, 60, 90)


class LineGroup(TextChoices):
    """What a person looks for, rather than each state by itself."""

    IN_FORCE = "IN_FORCE", _("In force")
    WAITING = "WAITING", _("Waiting for the surety")
    LATER = "LATER", _("Starts later")
    ENDED = "ENDED", _("Ended or used up")
    NEVER = "NEVER", _("Never came about")


BOND_GROUPS: Mapping[str, frozenset[str]] = {
    LineGroup.IN_FORCE: frozenset({BondState.ACTIVE, BondState.TERMINATION_PENDING}),
    LineGroup.WAITING: frozenset({BondState.PENDING_PROVIDER}),
    LineGroup.LATER: frozenset({BondState.SCHEDULED}),
    LineGroup.ENDED: frozenset({BondState.TERMINATED, BondState.EXPIRED}),
    LineGroup.NEVER: frozenset({BondState.REJECTED, BondState.WITHDRAWN, BondState.LAPSED}),
}
DEPOSIT_GROUPS: Mapping[str, frozenset[str]] = {
    LineGroup.IN_FORCE: frozenset({DepositState.ACTIVE, DepositState.PARTLY_APPLIED}),
    LineGroup.ENDED: frozenset(
        {DepositState.APPLIED, DepositState.REFUND_REQUESTED, DepositState.RETURNED, DepositState.TAKEN_BACK}
    ),
}


def group_of(state: str) -> str:
    """The group of a bond's state."""
    return next(group for group, states in BOND_GROUPS.items() if state in states)


@dataclass(frozen=True)
class SecurityLine:
    """``original`` less ``released`` less ``used`` is the ``balance``; ``used`` is None where the seat may not know."""

    kind: str
    key: int
    reference: str
    holder: str
    debtor: str
    number: str
    state: str
    state_label: str
    original: Decimal
    released: Decimal
    used: Decimal | None
    starts_on: date
    ends_on: date | None

    @property
    def balance(self) -> Decimal | None:
        return None if self.used is None else self.original - self.released - self.used


def line_of(
    given: Given,
    cover: CoverLine | None,
    *,
    knows_use: bool,
    has_ended: bool,
    debtor: str,
    number: str,
    state: tuple[str, str],
    starts_on: date,
) -> SecurityLine:
    """The line of an instrument; ``cover`` says what today's debt would take of one that is in force.

    What has ended is released whole: it answers for debts of its time only, by a demand.
    """
    released = given.original if has_ended else given.original - given.amount
    used = (cover.used if cover else ZERO) if knows_use else None
    return SecurityLine(
        kind=given.kind,
        key=given.key,
        reference=given.reference,
        holder=given.holder,
        debtor=debtor,
        number=number,
        state=state[0],
        state_label=state[1],
        original=given.original,
        released=released,
        used=used,
        starts_on=starts_on,
        ends_on=given.ends_on,
    )
