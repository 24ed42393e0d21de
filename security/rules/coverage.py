"""What cash and bonds cover, what is missing, and what may be given back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from core.money import ZERO, round_cents
from reference.rules.policy import SecurityParameters


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
