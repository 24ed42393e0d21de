"""Issuing billing documents and charging interest: population jobs, set-based, safe to run twice."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, jobs
from core.actor import Actor
from core.clock import TORONTO
from core.errors import Stranger
from core.models import JobChunk, JobRun
from core.money import ZERO
from ledger import services as book
from ledger.rules import EntryDraft, EntryKind, Revenue, charge_draft
from reference import queries as reference
from reference.rules.billing import BillingPeriod, shown_in
from statements import announcing, interest_rows, notice_run, queries, rules
from statements import run as sets
from statements.models import DailyNotice, LevelStatement, Statement

_BATCH = 1000
_Document = TypeVar("_Document", Statement, LevelStatement)


# --- Statements ------------------------------------------------------------------------------------------------------


def run_statements(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """Issue the statements of the billing period that ended on the 17th, for every program account, in one pass.

    Fired on the 25th. An account without balance or activity gets none. One transaction: killed at any point, nothing
    of it stands, and run again it issues everything once.
    """
    issued = issue_statements(statement_on=on, actor=actor, at=run.due_at)
    return {"issued": issued.count, "total_payable": str(issued.total_payable)}


@dataclass(frozen=True)
class Issued:
    """What one run issued."""

    count: int
    total_payable: Decimal


def issue_statements(*, statement_on: date, actor: Actor, at: datetime) -> Issued:
    """The statements dated ``statement_on`` that did not exist yet, with their notifications, in one transaction.

    With them come those of the levels above: the program types and the legal entity of each business. A business whose
    levels are issued gets nothing further for the period, so that its levels stay the sums of its accounts. The rows
    are made by the database in one pass (``statements.run``), whatever the number of accounts.
    """
    period = BillingPeriod(statement_on.year, statement_on.month)
    before, shown_through = queries.issued_before(period.last_day)
    cut = rules.cut_off(statement_on, shown_through=shown_through)
    dates = reference.billing_dates_of(period.first_day)
    shared = {
        "period_start": period.first_day,
        "period_end": period.last_day,
        "statement_on": statement_on,
        "posted_since": cut.since,
        "posted_upto": cut.upto,
        "payment_due_on": dates.payment_due_on,
        "last_day_to_pay": dates.last_day_to_pay,
        "issued_at": at,
    }
    with transaction.atomic():
        after_id = queries.newest_statement_id()
        sets.write_statements(
            period=(period.first_day, period.last_day), before=before, since=cut.since, upto=cut.upto, shared=shared
        )
        sets.write_levels(shared=shared, after_id=after_id)
        count, total = queries.issued_since(after_id, period_end=period.last_day)
        if count:
            rows, values = sets.events_of_statements(period_end=period.last_day, after_id=after_id)
            audit.record_selected(actor=actor, verb="statement.issued", at=at, rows=rows, params=values)
            announcing.announce(
                statement_on=statement_on,
                period_end=period.last_day,
                last_day_to_pay=dates.last_day_to_pay,
                after_id=after_id,
                at=at,
            )
    return Issued(count, total)


def mark_read(*, statement: Statement | LevelStatement | DailyNotice, at: datetime) -> None:
    """Note when a new document was first opened, which takes its banner away."""
    type(statement).objects.filter(pk=statement.pk, read_at=None).update(read_at=at)


def require_statement(statement: _Document | None) -> _Document:
    """The statement, or ``Stranger`` that says when the next one comes."""
    if statement is None:
        raise Stranger(
            _("There is no statement of that date. Statements are issued on the 25th; choose one from the list."),
            code="no_statement",
        )
    return statement


def require_notice(notice: DailyNotice | None) -> DailyNotice:
    """The notice, or ``Stranger`` that says when they come."""
    if notice is None:
        raise Stranger(
            _("There is no daily notice of that date. They come from Tuesday to Saturday; choose one from the list."),
            code="no_notice",
        )
    return notice


# --- Interest --------------------------------------------------------------------------------------------------------


def run_interest(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """Charge the interest of every late account through ``on``; fired on the eve of the statement."""
    first, last = queries.account_range()
    rows = jobs.run_chunks(
        run=run, ranges=jobs.ranges_of(first, last), work="statements.services.interest_chunk", actor=actor
    )
    return {"entries": rows}


def interest_chunk(*, chunk: JobChunk, actor: Actor) -> int:
    """The interest of one range of program accounts; the entry's key makes a second run harmless."""
    at = chunk.run.due_at
    holders = range(chunk.first_id, chunk.last_id + 1)
    return charge_interest(holders=holders, through=at.astimezone(TORONTO).date(), actor=actor, at=at)


def charge_interest(*, holders: range, through: date, actor: Actor, at: datetime) -> int:
    """Post one interest entry a late debt for what has accrued and was not charged yet; returns how many.

    Few queries whatever the number of accounts; what each amount was made from is kept as ``InterestCharge`` rows.
    The accounts are held before anything is read: of two runs at once the second finds what the first has charged.
    """
    with transaction.atomic():
        queries.hold_accounts(holders)
        charges, drafts = _accrued(holders=holders, through=through)
        book.post_batch(drafts=drafts, at=at, actor=actor)
        interest_rows.write(charges)
        _record_interest(drafts, holders=holders, through=through, actor=actor, at=at)
    return len(drafts)


def _accrued(*, holders: range, through: date) -> tuple[list[tuple[Any, ...]], list[EntryDraft]]:
    """What has accrued on each late debt and was not charged yet, part by part, and the entry that charges it."""
    specified, prescribed = rules.growth_by(reference.late_rates()), rules.growth_by(reference.late_penalty_rates())
    dates = reference.billing_dates_of(shown_in(through).first_day)
    charges: list[tuple[Any, ...]] = []
    drafts = []
    for late in queries.late_debts(holders=holders, through=through):
        parts = rules.accruals(late.debt, through=through, growth_of=prescribed if late.is_penalty else specified)
        if not parts:
            continue
        key = f"interest:{late.item_id}:{through.isoformat()}"
        charges += [interest_rows.row_of(late, part, key=key, posted_on=through) for part in parts]
        drafts.append(
            charge_draft(
                key=key,
                kind=EntryKind.INTEREST,
                holder_id=late.holder_id,
                submitter_id=None,
                amounts={Revenue.INTEREST: sum((part.amount for part in parts), ZERO)},
                source=f"interest:{late.item_id}",
                memo=late.source,
                posted_on=through,
                billing_on=through,
                due_on=dates.payment_due_on,
                last_day_to_pay=dates.last_day_to_pay,
            )
        )
    return charges, drafts


def _record_interest(
    drafts: Sequence[EntryDraft], *, holders: range, through: date, actor: Actor, at: datetime
) -> None:
    """One line of the trail an account, whatever the number of its late debts."""
    totals: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for draft in drafts:
        totals[draft.holder_id] += draft.amount
    accounts = queries.accounts_in(holders) if totals else {}
    audit.record_many(
        audit.event(
            actor=actor,
            verb="interest.charged",
            target=f"accounts.ProgramAccount:{accounts[number].number}",
            business_id=accounts[number].business_id,
            program_account_id=number,
            after={"amount": total, "through": through},
            at=at,
        )
        for number, total in sorted(totals.items())
    )


# --- Daily notices ---------------------------------------------------------------------------------------------------


def run_daily_notices(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """Notices from Tuesday to Saturday for accounts with postings; Tuesday's also covers the weekend."""
    if not rules.has_notices(on):
        return {"notices": 0}
    return {"notices": issue_daily_notices(notice_on=on, actor=actor, at=run.due_at)}


def issue_daily_notices(*, notice_on: date, actor: Actor, at: datetime) -> int:
    """One notice an account with postings since the last day of notices; returns how many were missing."""
    since, upto = rules.notice_window(notice_on)
    shared = {"notice_on": notice_on, "posted_since": since, "posted_upto": upto, "issued_at": at}
    with transaction.atomic():
        count = notice_run.write_notices(shared=shared)
        if count:
            audit.record(
                actor=actor, verb="daily_notices.issued", after={"notice_on": notice_on, "count": count}, at=at
            )
    return count
