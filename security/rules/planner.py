"""Ways to cover a requirement."""

from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO, round_cents
from security.rules.coverage import Coverage


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
