"""A yearly review of the whole country, written or reckoned without writing: one statement whatever its size."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from accounts.models import ProgramAccount
from core.jobs import ranges_of
from core.models import JobRun
from core.money import cents, from_cents
from core.sql import month_of
from reference.queries import known_review_cycles, policy
from reference.rules.requirement import ReviewSchedule
from security import review_run
from security.models import AnnualReview
from security.queries.accounts import first_and_last_account
from security.rules import ReviewOutcome
from security.rules.country import RISES_NAMED, ROSE, SIZES, Cell, Country, NamedRise, RiseReason, Tally

PART = 5000
FIRST_YEAR, LAST_YEAR = 2001, 2100


@dataclass(frozen=True)
class ReviewedAccount:
    """One account of a review, as its file of results has it."""

    number: str
    outcome: str
    old: Decimal | None
    new: Decimal
    month_end: date | None
    months: list[int]
    covered: Decimal
    shortfall: Decimal


def schedule_named(cycle: str, year: int) -> ReviewSchedule | None:
    """The dates of a cycle's review of a year, whether or not the cycle is in use; None for an unknown one."""
    known = [row for row in known_review_cycles() if row.name == cycle]
    if not known or not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    return max(known, key=lambda row: row.first_year).schedule(year)


def is_written(schedule: ReviewSchedule) -> bool:
    return AnnualReview.objects.filter(cycle=schedule.cycle, year=schedule.year).exists()


def runs_of_reviews(years: range) -> dict[tuple[str, int], JobRun]:
    """The run that wrote each review, the last one where there are several."""
    found = JobRun.objects.filter(job__startswith="security.annual_review", due_at__year__in=list(years)).order_by("pk")
    return {("july" if run.job == "security.annual_review" else "october", run.due_at.year): run for run in found}


def country(schedule: ReviewSchedule, *, is_dry: bool, on: date) -> Country:
    """The review as it was written, or as it would come out by the book and the security of today."""
    first, last = first_and_last_account()
    if first is None or last is None:
        return Country((), ())
    reviewed, values = _reviewed(range(first, last + 1), schedule, is_dry=is_dry, on=on)
    statement = f"""{reviewed},
        explained AS (SELECT n.*, {_size()} AS size, COALESCE(n.old, 0) AS before, {_reason()} AS reason
          FROM reviewed n),
        largest AS (SELECT * FROM explained WHERE reason <> '' ORDER BY amount - before DESC, id LIMIT {RISES_NAMED})
      SELECT 0 AS kind, NULL AS id, outcome, reason, size, month_end, NULL AS old_month_end, COUNT(*) AS accounts,
        SUM(before) AS old, SUM(amount) AS new,
        SUM(CASE WHEN outcome <> %s AND shortfall > 0 THEN 1 ELSE 0 END) AS short,
        SUM(CASE WHEN outcome <> %s THEN shortfall ELSE 0 END) AS shortfall
      FROM explained GROUP BY outcome, reason, size, month_end
      UNION ALL
      SELECT 1, id, outcome, reason, size, month_end, old_month_end, 1, old, amount, 0, shortfall FROM largest"""
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, ReviewOutcome.NOT_ENROLLED, ReviewOutcome.NOT_ENROLLED])
        rows = cursor.fetchall()
    rises = sorted((_rise(row) for row in rows if row[0]), key=lambda rise: (-rise.by, rise.program_account_id))
    return Country(tuple(_cell(row) for row in rows if not row[0]), tuple(rises))


def accounts_named(rises: tuple[NamedRise, ...]) -> dict[int, ProgramAccount]:
    found: QuerySet[ProgramAccount] = ProgramAccount.objects.select_related("business")
    return found.in_bulk([rise.program_account_id for rise in rises])


def reviewed_accounts(schedule: ReviewSchedule, *, is_dry: bool, on: date) -> Iterator[ReviewedAccount]:
    """Every account of a review in order, read in parts, so that the memory it takes does not grow."""
    for first, last in ranges_of(*first_and_last_account(), size=PART):
        reviewed, values = _reviewed(range(first, last + 1), schedule, is_dry=is_dry, on=on)
        with connection.cursor() as cursor:
            cursor.execute(
                f"""{reviewed} SELECT a.number, n.outcome, n.old, n.amount, n.month_end, n.months, n.covers, n.shortfall
                FROM reviewed n JOIN accounts_programaccount a ON a.id = n.id ORDER BY n.id""",
                values,
            )
            for number, outcome, old, new, month_end, months, covered, shortfall in cursor.fetchall():
                yield ReviewedAccount(
                    number=number,
                    outcome=outcome,
                    old=_dollars(old),
                    new=from_cents(int(new)),
                    month_end=_day(month_end),
                    months=_months(months),
                    covered=from_cents(int(covered)),
                    shortfall=from_cents(int(shortfall)),
                )


def _reviewed(accounts: range, schedule: ReviewSchedule, *, is_dry: bool, on: date) -> tuple[str, list[Any]]:
    if not is_dry:
        return review_run.written(accounts=accounts, schedule=schedule)
    day = min(on, schedule.run_on)
    dated = policy()
    return review_run.would_be(
        accounts=accounts,
        schedule=schedule,
        parameters=dated.security_parameters(day),
        months_by=dated.month_rules(day),
        on=day,
    )


def _size() -> str:
    """As ``rules.country.size_of``."""
    return " + ".join(f"CASE WHEN n.amount > {cents(end)} THEN 1 ELSE 0 END" for end in SIZES)


def _reason() -> str:
    """As ``rules.country.rise_reason``; empty where nothing rose."""
    rose = ", ".join(f"'{outcome.value}'" for outcome in ROSE)
    return f"""CASE WHEN n.outcome NOT IN ({rose}) THEN '' WHEN COALESCE(n.old, 0) = 0 THEN 'FIRST'
      WHEN n.source IN ('ESTIMATE', 'REDUCTION') THEN n.source
      WHEN {month_of("n.old_month_end")} = {month_of("n.month_end")} THEN 'SAME_MONTH' ELSE 'OTHER_MONTH' END"""


def _cell(row: tuple[Any, ...]) -> Cell:
    _kind, _id, outcome, reason, size, month_end, _old_month, accounts, old, new, short, shortfall = row
    return Cell(
        outcome=ReviewOutcome(outcome),
        reason=RiseReason(reason) if reason else None,
        size=size,
        month_end=_day(month_end),
        tally=Tally(
            accounts=accounts,
            risen=accounts if reason else 0,
            old=from_cents(int(old)),
            new=from_cents(int(new)),
            short=int(short),
            shortfall=from_cents(int(shortfall)),
        ),
    )


def _rise(row: tuple[Any, ...]) -> NamedRise:
    _kind, number, _outcome, reason, _size, month_end, old_month_end, _accounts, old, new, _short, shortfall = row
    return NamedRise(
        program_account_id=number,
        old=_dollars(old),
        new=from_cents(int(new)),
        reason=RiseReason(reason),
        old_month_end=_day(old_month_end),
        month_end=_day(month_end),
        shortfall=from_cents(int(shortfall)),
    )


def _dollars(amount: Any) -> Decimal | None:
    return None if amount is None else from_cents(int(amount))


def _day(value: Any) -> date | None:
    """SQLite keeps a day as its text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _months(value: Any) -> list[int]:
    found: list[int] = json.loads(value) if isinstance(value, str) else value
    return found
