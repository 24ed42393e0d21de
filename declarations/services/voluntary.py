"""Goods that entered without release: billed on the day they are accounted for, with interest since they came."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from core.actor import Actor
from core.money import ZERO
from declarations import rules
from declarations.models import Declaration
from declarations.services.parts import day_of
from ledger import services as ledger
from ledger.rules import Revenue
from reference import queries as reference
from reference.rules.billing import billing_on


def billing_day(declaration: Declaration, *, on: date) -> date:
    """The day under which the book files the charge: that of the release, or for goods without one the day itself."""
    if declaration.type == Declaration.Type.V:
        return on
    return billing_on(declaration.released_on, declaration.stream)


def charge_interest_since_entry(
    declaration: Declaration,
    before: Mapping[Revenue, Decimal],
    after: Mapping[Revenue, Decimal],
    *,
    key: str,
    at: datetime,
    actor: Actor,
) -> Decimal:
    """Post the interest from the day after the goods came to today, or what it changes by; returns the amount."""
    on = day_of(at)
    table = reference.specified_rates()

    def since_entry(amounts: Mapping[Revenue, Decimal]) -> Decimal:
        principal = sum(amounts.values(), ZERO)
        return rules.voluntary_interest(principal, entered_on=declaration.released_on, on=on, rates=table).amount

    amount = since_entry(after) - since_entry(before)
    if amount:
        ledger.post_interest(
            key=f"{key}:interest",
            holder_id=declaration.program_account_id,
            submitter_id=declaration.submitter_id,
            amount=amount,
            source=f"declaration:{declaration.number}",
            memo=declaration.vendor or declaration.number,
            posted_on=on,
            billing_on=on,
            due_on=on,
            last_day_to_pay=on,
            at=at,
            actor=actor,
        )
    return amount
