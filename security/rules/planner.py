"""Ways to cover a requirement, what they cost, and the year to come if things change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from core.money import ZERO, round_cents
from security.rules.coverage import Coverage, shortfall


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


@dataclass(frozen=True)
class Change:
    """What may be different in the year to come; rates are fractions, months are counted from nothing, oldest first.

    A tariff of ``tariff`` on goods worth ``goods`` a month adds the duty and the GST on it to every month with charges;
    a shipment of ``moved`` dollars of charges goes from one month to another.
    """

    growth: Decimal = ZERO
    tariff: Decimal = ZERO
    goods: Decimal = ZERO
    moved: Decimal = ZERO
    moved_from: int | None = None
    moved_to: int | None = None


@dataclass(frozen=True)
class Prices:
    """What security costs a year: the premium on a bond and the money tied up in cash, as fractions of the amount."""

    premium: Decimal
    money: Decimal


@dataclass(frozen=True)
class Way:
    """A plan with what it costs a year in all, and until a deadline for what is added."""

    plan: Plan
    year_cost: Decimal
    cost_until: Decimal

    @property
    def covers_all(self) -> bool:
        return not self.plan.missing


def projected(months: Sequence[Decimal], change: Change, *, gst_rate: Decimal) -> tuple[Decimal, ...]:
    """The next twelve months if they repeat the last twelve with the changes; never below zero, half-up to cents."""
    duty = change.goods * change.tariff
    added = round_cents(duty + duty * gst_rate)
    totals = [round_cents(total * (1 + change.growth)) + (added if total > 0 else ZERO) for total in months]
    if change.moved_from is not None and change.moved_to is not None:
        moved = min(change.moved, totals[change.moved_from])
        totals[change.moved_from] -= moved
        totals[change.moved_to] += moved
    return tuple(max(total, ZERO) for total in totals)


def ways(*, month: Decimal, cash: Decimal, now: Coverage, prices: Prices, days: int) -> tuple[Way, ...]:
    """As it stands; what is posted kept, with more bond or more cash; then the three plans made anew, with their costs.

    ``days`` is how long what is added is paid for until the deadline; a year has 365.
    """
    lack = shortfall(now, month)
    anew = plans(month=month, cash=cash, now=now)
    found = [anew[0]]
    if lack.is_short:
        for key, bond, more in (("raise", lack.bond, ZERO), ("add", ZERO, lack.cash)):
            then = replace(now, bond=now.bond + bond, cash=now.cash + more)
            found.append(Plan(key, then.bond, then.cash, then.total, bond, more, missing=then.missing_for(month)))
    found.extend(anew[1:])
    return tuple(
        Way(
            plan,
            year_cost=_cost(plan.bond, plan.cash, prices),
            cost_until=round_cents(_cost(plan.add_bond, plan.add_cash, prices) * days / 365),
        )
        for plan in found
    )


def cheapest(found: Sequence[Way]) -> Way:
    """The way that covers the month for the least added cost until the deadline; the first on a tie."""
    return min((way for way in found if way.covers_all), key=lambda way: way.cost_until)


def headroom(month: Decimal, coverage: Coverage) -> Decimal | None:
    """By what fraction the month may grow before more security is needed, four places; None without a month."""
    if month <= 0:
        return None
    return ((coverage.total - month) / month).quantize(Decimal("0.0001"))


def _cost(bond: Decimal, cash: Decimal, prices: Prices) -> Decimal:
    return round_cents(bond * prices.premium + cash * prices.money)
