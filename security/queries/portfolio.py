"""A surety's portfolio: what it answers for, for whom, how much of it is in use, and what wants an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum

from core.money import ZERO
from security import rules
from security.models import Bond, Demand
from security.queries.instruments import shares_by_bond
from security.queries.lines import BOND, covers_of
from security.queries.sureties import bonds_to_answer, demands_on
from security.rules import BondState, DemandState


@dataclass
class DebtorRow:
    """What a surety answers for on behalf of one debtor today, in dollars."""

    name: str
    bond_count: int = 0
    amount: Decimal = ZERO
    used: Decimal = ZERO
    demanded: Decimal = ZERO
    paid: Decimal = ZERO
    ends_on: date | None = None

    @property
    def room(self) -> Decimal:
        return self.amount - self.used


@dataclass(frozen=True)
class Ending:
    """Bonds in force whose last day lies within so many days."""

    days: int
    until: date
    count: int
    amount: Decimal


@dataclass(frozen=True)
class Portfolio:
    #: Each state in words, the group that a search finds it in, how many bonds, and their amount.
    states: Sequence[tuple[str, str, int, Decimal]]
    debtors: Sequence[DebtorRow]
    endings: Sequence[Ending]
    waiting: Sequence[Bond] = field(default_factory=tuple)
    to_answer: Sequence[Demand] = field(default_factory=tuple)

    @property
    def amount(self) -> Decimal:
        return sum((row.amount for row in self.debtors), ZERO)

    @property
    def used(self) -> Decimal:
        return sum((row.used for row in self.debtors), ZERO)

    @property
    def room(self) -> Decimal:
        return self.amount - self.used

    @property
    def demanded(self) -> Decimal:
        return sum((row.demanded for row in self.debtors), ZERO)

    @property
    def paid(self) -> Decimal:
        return sum((row.paid for row in self.debtors), ZERO)


def portfolio_of(provider_id: int, *, on: date) -> Portfolio:
    """Nine statements whatever the number of bonds."""
    bonds = _covering(provider_id)
    return Portfolio(
        states=_by_state(provider_id),
        debtors=_by_debtor(provider_id, bonds),
        endings=[_ending(bonds, on, days) for days in rules.ENDS_WITHIN],
        waiting=list(bonds_to_answer(provider_id)),
        to_answer=list(demands_on(provider_id).filter(state=DemandState.SENT).order_by("answer_by", "id")),
    )


def exposure_by_debtor(provider_id: int) -> list[DebtorRow]:
    """The largest exposure first, then by name."""
    return _by_debtor(provider_id, _covering(provider_id))


def _covering(provider_id: int) -> list[Bond]:
    rows = Bond.objects.filter(provider_id=provider_id, state__in=rules.COVERING)
    return list(rows.select_related("debtor").order_by("validity_start", "id"))


def _by_state(provider_id: int) -> list[tuple[str, str, int, Decimal]]:
    rows = Bond.objects.filter(provider_id=provider_id).order_by().values("state")
    found = {row["state"]: row for row in rows.annotate(count=Count("pk"), total=Sum("amount"))}
    return [
        (str(state.label), rules.group_of(state), found[state.value]["count"], found[state.value]["total"])
        for state in BondState
        if state.value in found
    ]


def _by_debtor(provider_id: int, bonds: Sequence[Bond]) -> list[DebtorRow]:
    debtors: dict[int, DebtorRow] = {}
    used = _used([bond.pk for bond in bonds])
    for bond in bonds:
        row = debtors.setdefault(bond.debtor_id, DebtorRow(bond.debtor.legal_name))
        row.bond_count += 1
        row.amount += bond.amount
        row.used += used[bond.pk]
        row.ends_on = min(filter(None, (row.ends_on, bond.ends_on)), default=None)
    for found in _demands(provider_id):
        row = debtors.setdefault(found["bond__debtor_id"], DebtorRow(found["bond__debtor__legal_name"]))
        if found["state"] in rules.OPEN_DEMANDS:
            row.demanded += found["total"]
        else:
            row.paid += found["total"]
    return sorted(debtors.values(), key=lambda row: (-row.amount, row.name))


def _used(bonds: Sequence[int]) -> dict[int, Decimal]:
    """What today's debts take of each bond, in all the program accounts that it covers."""
    shares = shares_by_bond(bonds)
    covers = covers_of({row.program_account_id for rows in shares.values() for row in rows})
    found = {bond: [covers.get((BOND, bond, row.program_account_id)) for row in shares[bond]] for bond in bonds}
    return {bond: sum((line.used for line in lines if line), ZERO) for bond, lines in found.items()}


def _demands(provider_id: int) -> list[Any]:
    counted = [*rules.OPEN_DEMANDS, DemandState.PAID]
    rows = Demand.objects.filter(bond__provider_id=provider_id, state__in=counted).order_by()
    return list(rows.values("bond__debtor_id", "bond__debtor__legal_name", "state").annotate(total=Sum("amount")))


def _ending(bonds: Sequence[Bond], on: date, days: int) -> Ending:
    until = on + timedelta(days=days)
    ending = [bond for bond in bonds if bond.ends_on is not None and bond.ends_on <= until]
    return Ending(days, until, len(ending), sum((bond.amount for bond in ending), ZERO))
