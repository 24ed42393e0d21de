"""A provider's clients in one view: the statements of a month, split by who filed, as far as each access shows them.

What an access does not show is left out before anything is added up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import ZERO
from dashboard.queries.board import access_of, delegations_by_number
from delegation import queries as delegations
from delegation.access import BusinessSeat
from delegation.rules import Action, Visibility
from ledger import queries as ledger
from reference.rules.billing import BillingPeriod
from statements import queries as statements
from statements.models import Statement


@dataclass(frozen=True)
class Row:
    """One client's statement, in dollars: ``own`` is what the provider filed on it, ``others`` what else it may see.

    ``others`` is ``None`` where the access shows the provider's own alone, ``total`` where it doesn't show statements.
    """

    client: str
    number: str
    statement: Statement
    own: Decimal
    others: Decimal | None
    total: Decimal | None


@dataclass(frozen=True)
class Month:
    statement_on: date
    rows: Sequence[Row]

    @property
    def own(self) -> Decimal:
        return sum((row.own for row in self.rows), ZERO)

    @property
    def others(self) -> Decimal:
        """What the accesses that show more than the provider's own show of it."""
        return sum((row.others for row in self.rows if row.others is not None), ZERO)


def months(on: date, *, count: int = 12) -> list[date]:
    """The days of the last statements, newest first."""
    found: list[date] = []
    year, month = on.year, on.month
    while len(found) < count:
        day = BillingPeriod(year, month).statement_on
        if day <= on:
            found.append(day)
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return found


def client_statements(seat: BusinessSeat, statement_on: date) -> Month:
    """The statements of that day of every client's program account that the seat's holder reaches, by client."""
    reached = list(
        delegations.delegated_program_accounts(
            user_id=seat.actor.user_id, on=seat.on, provider_id=seat.business.pk
        ).filter(closed_on__isnull=True)
    )
    held = delegations_by_number(seat, {account.delegation_id for account in reached})  # type: ignore[attr-defined]
    issued = {
        row.program_account_id: row for row in statements.statements_of_day([row.pk for row in reached], statement_on)
    }
    filed = _filed(list(issued.values()))
    rows = []
    for account in reached:
        statement = issued.get(account.pk)
        if statement is None:
            continue
        visibility, actions = access_of(seat, held[account.delegation_id])  # type: ignore[attr-defined]
        row = _row(account.business.legal_name, statement, filed.get(account.pk, {}), visibility, seat.business.pk)
        shows = Action.VIEW_STATEMENTS in actions
        if shows or row.own or row.others:
            rows.append(Row(**{**row.__dict__, "total": statement.box_h if shows else None}))
    return Month(statement_on, rows)


def _filed(issued: Sequence[Statement]) -> dict[int, dict[int | None, Decimal]]:
    """Charges, credits and corrections on these statements by program account and who filed them."""
    first = next(iter(issued), None)
    if first is None:
        return {}
    return ledger.statement_filed(
        [row.program_account_id for row in issued],
        period=(first.period_start, first.period_end),
        since=first.posted_since,
        upto=first.posted_upto,
    )


def _row(
    client: str,
    statement: Statement,
    filed: Mapping[int | None, Decimal],
    visibility: Visibility,
    provider_id: int,
) -> Row:
    shown = {number: amount for number, amount in filed.items() if visibility.shows(number)}
    own = shown.pop(provider_id, ZERO)
    sees_more = visibility.is_full or visibility.excluded_ids is not None or len(visibility.submitter_ids) > 1
    return Row(
        client=client,
        number=statement.program_account.number,
        statement=statement,
        own=own,
        others=sum(shown.values(), ZERO) if sees_more else None,
        total=None,
    )
