"""The review's job against the rule, cent for cent: every way to cut and count a month, in both cycles.

The months are added up here one entry at a time from its own two dates; the job adds whole segments in the database.
"""

import itertools
import os
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from accounts.models import ProgramAccount
from core import clock, jobs
from core.models import JobChunk, JobRun
from core.timetable import firings_between, timetable
from ledger.rules import Category, EntryDraft, EntryKind, Revenue
from ledger.services import post_charge
from reference.models import PolicyParameter
from reference.rules.policy import POLICY, MonthRules
from reference.rules.requirement import JULY_CYCLE, OCTOBER_CYCLE, ReviewSchedule
from security import queries, rules, services
from security.models import AnnualReview
from security.rules import Coverage, ReviewOutcome
from tests.builders import Cast, World
from tests.security.conftest import SYSTEM, charge, deadline, enrolled, moment, review, secured
from tests.security.population import TOLD_ON, in_month, month_of, population

pytestmark = pytest.mark.django_db
M = Decimal
_numbers = itertools.count(1)
PROVE = bool(os.environ.get("PORTAGE_PROVE"))
COUNT, SEEDS = (60, range(1, 6)) if PROVE else (18, range(1, 2))
CUT_DAYS = {"calendar_months": 1, "billing_periods": 18}
FLAGS = {
    "penalties": Category.PENALTY,
    "credits": Category.CREDIT,
    "ctype": Category.CTYPE,
    "interest": Category.INTEREST,
}
CYCLES = {"july": JULY_CYCLE.schedule(2026), "october": OCTOBER_CYCLE.schedule(2026)}


def strategies() -> list[MonthRules]:
    """Every cut and date with every choice of what counts; outside ``make prove`` each flag alone, all and none."""
    choices = list(itertools.product((False, True), repeat=len(FLAGS)))
    if not PROVE:
        choices = [choice for choice in choices if sum(choice) in {0, 1, len(FLAGS)}]
    return [
        MonthRules(cut, basis, **dict(zip(FLAGS, choice, strict=True)))
        for cut in ("cycle_slices", *CUT_DAYS)
        for basis in ("posting", "release")
        for choice in choices
    ]


def put_in_force(how: MonthRules) -> None:
    values = {"month_cut": how.cut, "month_basis": how.basis}
    values |= {f"counts_{name}": "yes" if getattr(how, name) else "no" for name in FLAGS}
    PolicyParameter.objects.filter(key__in=[f"security.{name}" for name in values]).delete()
    PolicyParameter.objects.bulk_create(
        PolicyParameter(
            key=f"security.{name}", effective_from=date(2020, 1, 1), value=value, mark="assumed", source="T"
        )
        for name, value in values.items()
    )


@dataclass(frozen=True)
class Before:
    """What was known of an account when the review began."""

    number: int
    drafts: list[EntryDraft]
    old: Decimal | None
    source: str
    state: str
    has_full_window: bool
    coverage: Coverage


def known(accounts: list, drafts: list[EntryDraft], on: date) -> list[Before]:
    found = []
    for account in accounts:
        version, enrolment = queries.requirement_on(account.pk, on=on), queries.enrolment_of(account.pk)
        found.append(
            Before(
                account.pk,
                [draft for draft in drafts if draft.holder_id == account.pk],
                version.amount if version else None,
                version.source if version else "",
                enrolment.state if enrolment else "",
                account.opened_on <= on.replace(year=on.year - 1),
                queries.coverage_by_account([account.pk], on=on)[account.pk],
            )
        )
    return found


def expected(before: Before, how: MonthRules, schedule: ReviewSchedule) -> tuple:
    """The review of one account, from its entries alone."""
    cut_day = CUT_DAYS.get(how.cut, schedule.run_on.day)
    running = month_of(schedule.run_on, cut_day=cut_day)
    counting = {Category.CHARGE, *(category for name, category in FLAGS.items() if getattr(how, name))}
    totals = [
        sum(
            (
                draft.amount
                for draft in in_month(before.drafts, month, cut_day=cut_day, by_release=how.basis == "release")
                if draft.category in counting and draft.posted_on < schedule.run_on
            ),
            M(0),
        )
        for month in range(running - 12, running)
    ]
    slices = rules.months_before(schedule.run_on, how, cycle_day=schedule.window_start.day)
    driving = rules.driving_month(slices, totals)
    outcome, new = rules.review_outcome(
        old=before.old,
        old_source=before.source,
        new=driving.amount,
        state=before.state,
        has_full_window=before.has_full_window,
    )
    missing = rules.shortfall(before.coverage, new).missing
    return outcome, new, driving.last, [int(total * 100) for total in totals], before.coverage.total, missing


def found(numbers: list[int], schedule: ReviewSchedule) -> dict[int, tuple]:
    rows = AnnualReview.objects.filter(cycle=schedule.cycle, year=schedule.year, program_account__in=numbers)
    return {
        row.program_account_id: (
            row.outcome,
            row.new_amount,
            row.driving_month_end,
            row.months,
            row.covered,
            row.shortfall,
        )
        for row in rows
    }


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("cycle", CYCLES)
def test_the_job_is_the_rule_for_every_strategy(world: World, cast: Cast, settings, cycle: str, seed: int) -> None:
    settings.REVIEW_CYCLE, schedule = cycle, CYCLES[cycle]
    accounts, drafts = population(world, cast, COUNT, seed, days=500)
    befores = known(accounts, drafts, schedule.run_on)
    seen, lists = set(), strategies()
    for how in lists:
        put_in_force(how)
        wanted = {before.number: expected(before, how, schedule) for before in befores}
        with transaction.atomic():
            review(schedule.run_on)
            assert found(list(wanted), schedule) == wanted, how
            transaction.set_rollback(True)
        seen.add(tuple(tuple(months) for _outcome, _new, _last, months, *_rest in wanted.values()))
        assert {ReviewOutcome.RISEN, ReviewOutcome.NOT_ENROLLED} <= {outcome for outcome, *_rest in wanted.values()}
    # No two strategies agree on this population by chance, so that none can stand in for another.
    assert len(seen) == len(lists)


# --- Edges ------------------------------------------------------------------------------------------------------------


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


#: (cycle and year, how months are cut, the moment of the entry, the month of the window that counts it or None)
EDGES = [
    # Both ends of both windows, to the second: the business day of Toronto counts, never that of UTC.
    ("july", 2025, "cycle_slices", utc(2024, 7, 25, 3, 59, 59), None),
    ("july", 2025, "cycle_slices", utc(2024, 7, 25, 4, 0, 0), 0),
    ("july", 2025, "cycle_slices", utc(2025, 7, 25, 3, 59, 59), 11),
    ("july", 2025, "cycle_slices", utc(2025, 7, 25, 4, 0, 0), None),
    ("october", 2025, "cycle_slices", utc(2024, 10, 20, 3, 59, 59), None),
    ("october", 2025, "cycle_slices", utc(2024, 10, 20, 4, 0, 0), 0),
    ("october", 2025, "cycle_slices", utc(2025, 10, 20, 3, 59, 59), 11),
    ("october", 2025, "cycle_slices", utc(2025, 10, 20, 4, 0, 0), None),
    # A month of winter begins an hour later by UTC than one of summer.
    ("july", 2025, "cycle_slices", utc(2025, 1, 25, 4, 59, 59), 5),
    ("july", 2025, "cycle_slices", utc(2025, 1, 25, 5, 0, 0), 6),
    ("october", 2025, "cycle_slices", utc(2025, 1, 20, 4, 59, 59), 2),
    ("october", 2025, "cycle_slices", utc(2025, 1, 20, 5, 0, 0), 3),
    # Other cuts end elsewhere: the last whole month before the run.
    ("july", 2025, "calendar_months", utc(2025, 7, 1, 3, 59, 59), 11),
    ("july", 2025, "calendar_months", utc(2025, 7, 1, 4, 0, 0), None),
    ("july", 2025, "calendar_months", utc(2024, 7, 1, 4, 0, 0), 0),
    ("july", 2025, "billing_periods", utc(2025, 7, 18, 3, 59, 59), 11),
    ("july", 2025, "billing_periods", utc(2025, 7, 18, 4, 0, 0), None),
    ("october", 2025, "billing_periods", utc(2025, 10, 18, 3, 59, 59), 11),
    ("october", 2025, "billing_periods", utc(2024, 10, 18, 3, 59, 59), None),
    # 29 February.
    ("july", 2024, "cycle_slices", utc(2024, 2, 29, 5, 0, 0), 7),
    ("july", 2024, "cycle_slices", utc(2024, 3, 1, 4, 59, 59), 7),
    ("july", 2024, "calendar_months", utc(2024, 2, 29, 5, 0, 0), 7),
    ("july", 2024, "calendar_months", utc(2024, 3, 1, 4, 59, 59), 7),
    ("july", 2024, "calendar_months", utc(2024, 3, 1, 5, 0, 0), 8),
    ("october", 2028, "calendar_months", utc(2028, 3, 1, 4, 59, 59), 4),
    # The days of 23 and of 25 hours, at both of their midnights.
    ("july", 2026, "cycle_slices", utc(2026, 3, 8, 5, 0, 0), 7),
    ("july", 2026, "cycle_slices", utc(2026, 3, 9, 3, 59, 59), 7),
    ("july", 2025, "calendar_months", utc(2024, 11, 3, 4, 0, 0), 4),
    ("july", 2025, "calendar_months", utc(2024, 11, 4, 4, 59, 59), 4),
    ("july", 2027, "calendar_months", utc(2026, 11, 1, 3, 59, 59), 3),
    ("july", 2027, "calendar_months", utc(2026, 11, 1, 4, 0, 0), 4),
    ("july", 2027, "calendar_months", utc(2026, 11, 2, 4, 59, 59), 4),
]


@pytest.mark.parametrize(("cycle", "year", "cut", "at", "month"), EDGES)
def test_the_moment_of_an_entry_decides_its_month(
    cast: Cast, settings, cycle: str, year: int, cut: str, at: datetime, month: int | None
) -> None:
    settings.REVIEW_CYCLE = cycle
    schedule = {"july": JULY_CYCLE, "october": OCTOBER_CYCLE}[cycle].schedule(year)
    ProgramAccount.objects.update(opened_on=date(2020, 1, 1))
    put_in_force(replace(POLICY.month_rules(schedule.run_on), cut=cut))
    jobs.set_clock(at)
    charge(cast.account, "70.00", clock.today())
    review(schedule.run_on)
    found = AnnualReview.objects.get(program_account=cast.account, cycle=cycle, year=year)
    wanted = [0] * 12
    if month is not None:
        wanted[month] = 70_00
    assert found.months == wanted
    assert found.new_amount == (M("70.00") if month is not None else M(0))


def test_what_the_timetable_fires_at_which_second_of_utc() -> None:
    """The reviews and their deadlines at 00:05 Eastern, in summer time and out of it."""
    fired = {
        (firing.job.name, firing.due_at.astimezone(UTC))
        for firing in firings_between(timetable(), utc(2026, 7, 1), utc(2027, 7, 1))
        if "annual_review" in firing.job.name or "review_deadline" in firing.job.name
    }
    assert fired == {
        ("security.annual_review", utc(2026, 7, 25, 4, 5)),
        ("security.review_deadline", utc(2026, 10, 16, 4, 5)),
        ("security.annual_review.october", utc(2026, 10, 20, 4, 5)),
        ("security.review_deadline.october", utc(2027, 1, 16, 5, 5)),
    }
    short = utc(2026, 10, 16, 4, 4, 59)
    assert not [f for f in firings_between(timetable(), utc(2026, 10, 16, 4, 4), short) if "deadline" in f.job.name]


@pytest.mark.parametrize(
    ("cycle", "run_on", "due_on"),
    [
        ("july", date(2026, 7, 25), date(2026, 10, 15)),
        ("october", date(2026, 10, 20), date(2027, 1, 15)),
    ],
)
def test_the_deadline_is_the_whole_of_its_day(cast: Cast, settings, cycle: str, run_on: date, due_on: date) -> None:
    """Covered with the last cent on the day itself, a second account a cent short: only that one is suspended."""
    settings.REVIEW_CYCLE = cycle
    met, missed = accounts = (cast.account, cast.overdue_account)
    enrolled_on = run_on.replace(year=2025)
    for account in accounts:
        enrolled(account, on=enrolled_on, estimate="10000.00")
        secured(account, cast.keystone, "5000.00", on=enrolled_on)
        charge(account, "11950.00", run_on - timedelta(days=40))
    assert review(run_on).summary["outcomes"][ReviewOutcome.RISEN] == 2
    for account, amount in ((met, "1950.00"), (missed, "1949.99")):
        services.receive_deposit(
            program_account_id=account.pk,
            amount=M(amount),
            payment_reference=f"LAST-{account.pk}",
            on=due_on,
            at=moment(due_on, 23, 59),
            actor=SYSTEM,
        )
    assert all(queries.rpp_status(account.pk, on=due_on).is_on for account in accounts)
    assert deadline(due_on).summary == {"skipped": True}
    assert deadline(due_on + timedelta(days=1)).summary["suspended"] == 1
    after = {account.pk: queries.rpp_status(account.pk, on=due_on + timedelta(days=1)).is_on for account in accounts}
    assert after == {met.pk: True, missed.pk: False}


def test_what_becomes_known_while_the_review_runs_changes_no_result(world: World, cast: Cast) -> None:
    """A correction known on the day of the run, of goods released in the window: of the next review, in every part."""
    put_in_force(replace(POLICY.month_rules(TOLD_ON), basis="release"))
    early, late = (world.program_account(cast.northlight, f"RM090{number}") for number in (1, 2))
    accounts = (early, late)
    for account in accounts:
        enrolled(account, on=date(2025, 7, 30), estimate="10.00")
        post(account, "100.00", known=date(2026, 7, 24), released=date(2026, 7, 20))
    run = JobRun.objects.create(job="security.annual_review", due_at=moment(TOLD_ON, 0, 5), started_at=moment(TOLD_ON))
    for account in accounts:
        chunk = JobChunk(run=run, first_id=account.pk, last_id=account.pk)
        assert services.review_chunk(chunk=chunk, actor=SYSTEM) == 1
        for corrected in accounts:
            post(corrected, "5000.00", known=TOLD_ON, released=date(2026, 7, 20))
    assert {row.new_amount for row in AnnualReview.objects.filter(run=run)} == {M("100.00")}
    assert AnnualReview.objects.filter(run=run).count() == 2
    # The requirement of somebody who enrols now rests on all that is known now.
    assert queries.calculation_for(early.pk, on=TOLD_ON).driving.amount == M("10100.00")


def post(account: ProgramAccount, amount: str, *, known: date, released: date) -> None:
    number = next(_numbers)
    post_charge(
        key=f"declaration:known-{number}:v1",
        kind=EntryKind.CORRECTION,
        holder_id=account.pk,
        submitter_id=None,
        amounts={Revenue.OTHER: M(amount)},
        source=f"declaration:known-{number}",
        memo="",
        posted_on=known,
        billing_on=released,
        due_on=date(2030, 1, 1),
        last_day_to_pay=date(2030, 1, 1),
        at=moment(known),
        actor=SYSTEM,
    )
