"""When late interest starts, and what it should have been once a payment turns out to have come earlier.

Sources: Customs Act s. 33.4 (from the day after the prescribed day through the day of payment; the prescribed day is 12
to 18 days after the 17th), a broker's page (interest from 4 April 2025 on the statement of March 2025: the ceiling).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from core.money import ZERO
from reference.rules.billing import billing_period_of
from reference.rules.rates import RateFrom, interest
from statements.rules import Debt, accruals

#: After the due date (the default), or at the latest day that the law allows: 18 days after the 17th.
DUE_DATE, CEILING = "due_date", "ceiling"
_CEILING_DAYS = 18


def ceiling_start(billing_on: date) -> date:
    """The 18th day after the 17th that ends a billing period (17 March 2025: 4 April 2025)."""
    return billing_period_of(billing_on).last_day + timedelta(days=_CEILING_DAYS)


def runs_after(due_on: date, mode: str, *, billing_on: date) -> date:
    """The last day without interest of a debt that is paid late: its due date, or the eve of the ceiling.

    What was payable before its billing period ended, as goods that entered without release are, has no ceiling.
    """
    if mode != CEILING or due_on <= billing_period_of(billing_on).last_day:
        return due_on
    return max(due_on, ceiling_start(billing_on) - timedelta(days=1))


def owed_by_run(
    debt: Debt, *, amount: Decimal, run_days: Sequence[date], rates: Sequence[RateFrom]
) -> dict[date, Decimal]:
    """What each monthly run should have charged on a debt of ``amount``, by the payments as they are known now.

    A payment that was taken back counts in the runs until then; the next one charges its days again, as the run does.
    """
    owed: dict[date, Decimal] = {}
    charged_through: date | None = None
    for day in sorted(run_days):
        paid = [(paid_on, part) for paid_on, part in debt.paid if paid_on <= day]
        paid += [(row.cleared_on, row.amount) for row in debt.undone if row.cleared_on <= day < row.undone_on]
        undone = tuple(row for row in debt.undone if row.undone_on <= day)
        paid = _up_to(amount, paid)
        left = amount - sum((part for _paid_on, part in paid), ZERO)
        then = replace(debt, accrued_through=charged_through, left=left, paid=paid, undone=undone)
        owed[day] = sum((row.amount for row in accruals(then, through=day, rates=rates)), ZERO)
        charged_through = day
    return owed


def _up_to(amount: Decimal, paid: Sequence[tuple[date, Decimal]]) -> list[tuple[date, Decimal]]:
    """The earliest payments of an amount: once something counts from an earlier day, a later one was too much."""
    found = []
    for day, part in sorted(paid):
        taken = min(part, amount)
        if taken > ZERO:
            found.append((day, taken))
            amount -= taken
    return found


def given_with_waiver(
    paid: Sequence[tuple[date, Decimal]], waived: Decimal, *, given_on: date, rates: Sequence[RateFrom]
) -> Decimal:
    """Interest at the prescribed rate on what had been paid of an amount that is waived (Customs Act s. 3.3(2)).

    From the day after each payment through the day of the waiver; the latest payment is the first given back (assumed).
    """
    total = ZERO
    for day, there in sorted(paid, reverse=True):
        part = min(there, waived)
        total += interest(part, day, given_on, rates).amount
        waived -= part
    return total
