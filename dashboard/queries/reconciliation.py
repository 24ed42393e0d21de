"""Declarations, statement and balance of a billing period, side by side and as far as a seat may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import ZERO
from dashboard.rules import reconciliation as rules
from dashboard.rules.reconciliation import Bridge, Line, Window
from declarations import queries as declarations
from declarations.changes import queries as changes
from declarations.models import ChangeRequest, Declaration
from delegation import queries as delegations
from delegation.access import Seat
from ledger import queries as ledger
from reference.rules.billing import BillingPeriod
from statements import queries as statements
from statements.models import Statement
from statements.rules import cut_off, next_statement_period

#: How many statements the choice of periods goes back.
PERIODS = 24
#: What was declared once; what was withdrawn comes to zero.
_DECLARED = (Declaration.State.ACCEPTED, Declaration.State.WITHDRAWN)


@dataclass(frozen=True)
class Choice:
    """A billing period that can be reconciled, by the date of its statement."""

    statement_on: date
    first_day: date
    last_day: date
    statement: Statement | None = None


@dataclass(frozen=True)
class Reconciliation:
    """``balance`` is missing for a seat that sees a part only; ``drafts`` and ``changes`` are in no figure yet."""

    choice: Choice
    window: Window
    is_full: bool
    declared_count: int
    statement: Bridge
    balance: Bridge | None
    drafts: Sequence[Declaration]
    changes: Sequence[ChangeRequest] = ()


def choices(program_account_id: int, *, on: date) -> list[Choice]:
    """The period that runs and those with a statement, newest first, in one query."""
    issued = list(statements.statements_of(program_account_id)[:PERIODS])
    running = next_statement_period(on, newest_on=issued[0].statement_on if issued else None)
    return [
        Choice(running.statement_on, running.first_day, running.last_day),
        *(Choice(row.statement_on, row.period_start, row.period_end, row) for row in issued),
    ]


def reconciliation(seat: Seat, choice: Choice, *, known: Sequence[Choice], on: date) -> Reconciliation:
    """The bridges of one period in five queries; without sums of what the seat may not see."""
    account_id, is_full = seat.program_account.pk, seat.visibility.is_full
    window = _window(choice, known)
    entries = ledger.entries_touching(
        account_id, posted_from=window.since, billing_from=window.first_day, posted_to=max(on, window.upto)
    ).filter(delegations.seen(seat.visibility), posted_on__lte=on)
    importer = seat.program_account.business_id
    lines = [
        Line(
            source=entry.source,
            kind=entry.kind,
            category=entry.category,
            posted_on=entry.posted_on,
            billing_on=entry.billing_on,
            amount=entry.amount,
            is_assessment=entry.key.startswith("assessment:"),
            is_by_another=entry.submitter_id not in (None, importer),
        )
        for entry in entries
    ]
    filed = list(
        declarations.declarations_of(account_id, visibility=seat.visibility).filter(
            released_on__range=(window.first_day, window.last_day)
        )
    )
    accepted = {row.number: row.total for row in filed if row.state in _DECLARED and row.type != Declaration.Type.C}
    previous = _previous(choice, known) if is_full else ZERO
    total = _total(choice, lines, window, previous) if is_full else None
    to_statement = rules.to_statement(accepted, lines, window, previous=previous, total=total)
    to_balance = None
    if total is not None:
        balance = ledger.balance_of(account_id).net
        to_balance = rules.to_balance(lines, window, total=total, balance=balance)
    return Reconciliation(
        choice=choice,
        window=window,
        is_full=is_full,
        declared_count=sum(row.state == Declaration.State.ACCEPTED and row.number in accepted for row in filed),
        statement=to_statement,
        balance=to_balance,
        changes=[
            row
            for row in changes.pending_requests(account_id, visibility=seat.visibility, since=on, until=on)
            if row.declaration.number in accepted and row.is_open
        ],
        drafts=[row for row in filed if row.state == Declaration.State.DRAFT],
    )


def _window(choice: Choice, known: Sequence[Choice]) -> Window:
    if choice.statement is not None:
        row = choice.statement
        return Window(row.period_start, row.period_end, row.posted_since, row.posted_upto)
    newest = next((row.statement for row in known if row.statement), None)
    period = BillingPeriod(choice.statement_on.year, choice.statement_on.month)
    cut = cut_off(period.statement_on, shown_through=newest.posted_upto if newest else None)
    return Window(period.first_day, period.last_day, cut.since, cut.upto)


def _previous(choice: Choice, known: Sequence[Choice]) -> Decimal:
    if choice.statement is not None:
        return choice.statement.box_a
    newest = next((row.statement for row in known if row.statement), None)
    return newest.box_h if newest else ZERO


def _total(choice: Choice, lines: Sequence[Line], window: Window, previous: Decimal) -> Decimal:
    """Box H, or what it would be today of a statement that is still to come."""
    if choice.statement is not None:
        return choice.statement.box_h
    return previous + sum((line.amount for line in lines if rules.box(line, window)), ZERO)
