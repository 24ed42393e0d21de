"""What a declaration turns out never to have owed meets its own overdue debts as of their due dates."""

from collections.abc import Collection
from datetime import date, datetime

from core.actor import Actor
from declarations.changes import rules
from ledger import queries as book
from ledger import services as ledger
from ledger.queries import OpenItem
from ledger.rules import Side
from ledger.services import ClearingPair


def clear_late_debts(*, sources: Collection[str], on: date, at: datetime, actor: Actor) -> None:
    """Set what these declarations were credited on a day against their own overdue debts, which then bear no interest.

    The interest that was charged on them meanwhile is credited by ``statements.interest.run_credits``.
    """
    pairs: dict[date, list[ClearingPair]] = {}
    by_source: dict[str, list[OpenItem]] = {}
    for item in book.items_of_sources(sources, on=on):
        by_source.setdefault(item.source, []).append(item)
    for items in by_source.values():
        debts = [
            rules.LateDebt(row.pk, row.due_on, row.remaining) for row in items if row.side == Side.DEBT and row.due_on
        ]
        left = {row.pk: row.remaining for row in items if row.side == Side.CREDIT and row.posted_on == on}
        for debt, credit, amount in rules.against_late_debts(debts, left, on=on):
            pairs.setdefault(debt.due_on, []).append(ClearingPair(debt.item_id, credit, amount))
    for day, found in sorted(pairs.items()):
        ledger.clear_many(pairs=found, cleared_on=day, at=at, actor=actor)
