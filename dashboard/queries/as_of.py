"""An account as it stood on any day, by what was known on that day or on a later one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Q

from core.clock import TORONTO
from core.money import ZERO
from dashboard.rules import as_of as rules
from dashboard.rules.as_of import Day, Movement, Underway
from declarations import queries as declarations
from declarations.changes import queries as changes
from declarations.models import Declaration
from delegation.rules import FULL
from ledger import queries as ledger
from ledger.rules import Side
from payments import queries as payments
from payments.models import Payment
from statements import queries as statements
from statements.models import Statement
from statements.rules import still_to_pay


@dataclass(frozen=True)
class AsOf:
    """``statement`` is the newest one issued by ``known_on``, ``statement_left`` what was left of it on that day."""

    since: date
    until: date
    known_on: date
    opening: Decimal
    days: Sequence[Day]
    pending: Sequence[Underway]
    statement: Statement | None
    statement_left: Decimal

    @property
    def closing(self) -> Decimal:
        return self.days[-1].closing if self.days else self.opening

    @property
    def charges(self) -> Decimal:
        return sum((row.charges for row in self.days), ZERO)

    @property
    def late(self) -> Decimal:
        return sum((row.late for row in self.days), ZERO)

    @property
    def credits(self) -> Decimal:
        return sum((row.credits for row in self.days), ZERO)


def as_of(program_account_id: int, *, since: date, until: date, known_on: date) -> AsOf:
    """The days from ``since`` to ``until`` as known at the end of ``known_on``, in eight queries at most."""
    before = date.fromordinal(since.toordinal() - 1)
    opening = ledger.net_known(program_account_id, on=before, known_on=known_on)
    moves = ledger.moves_known(program_account_id, since=since, until=until, known_on=known_on)
    underway = [
        *_payments(program_account_id, since, until),
        *_drafts(program_account_id, since, until),
        *_changes(program_account_id, since, until),
    ]
    statement = statements.statements_of(program_account_id).filter(statement_on__lte=known_on).first()
    return AsOf(
        since=since,
        until=until,
        known_on=known_on,
        opening=opening,
        days=rules.days(opening, [Movement(row.on, row.category, row.amount) for row in moves], underway),
        pending=[row for row in underway if row.is_pending(until)],
        statement=statement,
        statement_left=_left(statement, known_on) if statement else ZERO,
    )


def _left(statement: Statement, known_on: date) -> Decimal:
    """What was left to pay of a statement at the end of a day, in one query."""
    open_by_due_date: dict[date | None, Decimal] = {}
    for item in ledger.open_items_of(statement.program_account_id, on=known_on):
        is_debt = item.side == Side.DEBT
        due_on = item.due_on if is_debt else None
        signed = item.remaining if is_debt else -item.remaining
        open_by_due_date[due_on] = open_by_due_date.get(due_on, ZERO) + signed
    return still_to_pay(statement.box_h, open_by_due_date, statement.payment_due_on)


def _payments(program_account_id: int, since: date, until: date) -> list[Underway]:
    """Payments on their way on some day up to ``until``; one that came to nothing left no trace in the book."""
    rows: Any = payments.payments_of(program_account_id, visibility=FULL)
    under_way = Q(state__in=(Payment.State.STARTED, Payment.State.AT_BANK))
    later = Q(state=Payment.State.RECEIVED, received_at__gt=_evening(since))
    return [
        Underway("payment", row.reference, _day(row.started_at), _day(row.received_at), row.amount)
        for row in rows.filter(under_way | later, started_at__lte=_evening(until))
    ]


def _drafts(program_account_id: int, since: date, until: date) -> list[Underway]:
    """Declarations being written on some day up to ``until``."""
    rows: Any = declarations.declarations_of(program_account_id, visibility=FULL)
    return [
        Underway("declaration", row.number, _day(row.created_at), _day(row.accepted_at), row.total)
        for row in rows.filter(
            Q(state=Declaration.State.DRAFT) | Q(state=Declaration.State.ACCEPTED, accepted_at__gt=_evening(since)),
            created_at__lte=_evening(until),
        )
    ]


def _changes(program_account_id: int, since: date, until: date) -> list[Underway]:
    """Changes of declarations that waited for their decision on some day up to ``until``."""
    rows = changes.pending_requests(program_account_id, visibility=FULL, since=since, until=until)
    return [Underway("change", row.number, _day(row.asked_at), _day(row.decided_at), row.amount) for row in rows]


def _evening(day: date) -> datetime:
    return datetime.combine(day, time.max, TORONTO)


def _day(moment: Any) -> Any:
    return moment.astimezone(TORONTO).date() if moment else None
