"""The yearly review: windows at their edges, the job against the rule, restarts, reminders, deadline and its cure."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import Conflict
from core.jobs import run_chunks
from core.models import JobChunk, JobRun, OutboxMessage
from core.money import ZERO
from notifications.models import Notification
from reference.rules.policy import POLICY
from reference.rules.requirement import JULY_CYCLE, OCTOBER_CYCLE
from security import queries, rules, services
from security.models import AnnualReview, SecurityRequirement
from security.rules import Coverage, ReviewOutcome, RppState, StatusReason, SuspensionReason
from tests.security.conftest import (
    SYSTEM,
    charge,
    daily,
    deadline,
    enrolled,
    moment,
    pay_everything,
    review,
    secured,
    told,
)
from tests.security.population import population

pytestmark = pytest.mark.django_db
M = Decimal
RUN, DUE, AFTER = date(2026, 7, 25), date(2026, 10, 15), date(2026, 10, 16)


def args(on):
    return {"on": on, "at": moment(on), "actor": SYSTEM}


def status(account, on):
    return queries.rpp_status(account.pk, on=on)


@pytest.fixture
def account(cast):
    """Enrolled on an estimate of 44,200.00 a year ago with a bond of 25,000.00; May 2026 is the month that rose."""
    enrolled(cast.account, on=date(2025, 7, 30), estimate="44200.00")
    secured(cast.account, cast.keystone, "25000.00", on=date(2025, 7, 30), number="CB-2204-0917")
    charge(cast.account, "44180.62", date(2025, 11, 3))
    charge(cast.account, "60000.00", date(2026, 4, 25))
    charge(cast.account, "1480.20", date(2026, 5, 24))
    charge(cast.account, "20000.00", date(2026, 5, 25))
    return cast.account


def test_the_review_of_the_design(cast, account):
    run = review(RUN)
    found = queries.latest_review_of(account.pk)
    assert (found.old_amount, found.new_amount, found.covered, found.shortfall) == (
        M("44200.00"), M("61480.20"), M("50000.00"), M("11480.20"),
    )  # fmt: skip
    assert (found.outcome, found.driving_month_end, found.due_on) == (ReviewOutcome.RISEN, date(2026, 5, 24), DUE)
    assert queries.slices_of(found)[9] == (date(2026, 5, 24), M("61480.20"))
    assert run.summary["outcomes"] == {"RISEN": 1, "NOT_ENROLLED": 1}
    assert told(cast.amara, "ANNUAL_REVIEW_INCREASE") == 1
    assert told(cast.wen, "ANNUAL_REVIEW_INCREASE") == 0
    note = Notification.objects.get(category="ANNUAL_REVIEW_INCREASE")
    assert "$61,480.20" in note.body.replace("\u00a0", " ")
    assert note.link == f"/en/accounts/{account.number}/security/review/"
    assert status(account, DUE - timedelta(days=1)).requirement == M("44200.00")
    assert status(account, DUE).requirement == M("61480.20")
    assert status(account, DUE).reasons == (StatusReason.INSUFFICIENT,)


@pytest.mark.parametrize(
    ("cycle", "inside", "outside"),
    [
        (JULY_CYCLE, [date(2024, 7, 25), date(2025, 7, 24)], [date(2024, 7, 24), date(2025, 7, 25)]),
        (OCTOBER_CYCLE, [date(2024, 10, 20), date(2025, 10, 19)], [date(2024, 10, 19), date(2025, 10, 20)]),
    ],
)
def test_the_edges_of_the_window(cast, settings, cycle, inside, outside):
    settings.REVIEW_CYCLE = cycle.name
    schedule = cycle.schedule(2025)
    enrolled(cast.account, on=inside[0], estimate="1.00")
    for day in inside:
        charge(cast.account, "70.00", day)
    for day in outside:
        charge(cast.account, "900.00", day)
    review(schedule.run_on)
    found = queries.review_of(cast.account.pk, schedule.cycle, 2025)
    assert found.new_amount == M("70.00")
    assert (found.months[0], found.months[11], sum(found.months)) == (7000, 7000, 14000)


def test_a_manager_of_the_program_account_is_told_with_the_copy_that_was_chosen(world, cast, account):
    helper = world.person("Pat Roy", language="fr", wants_email=True)
    world.membership(helper, cast.northlight, "PAM", roles={cast.account: "PAM"})
    stranger = world.person("Sam Poe")
    world.membership(stranger, cast.northlight, "EDITOR", roles={cast.account: "EDITOR"})
    review(RUN)
    note = Notification.objects.get(user=helper, category="ANNUAL_REVIEW_INCREASE")
    assert "61\u202f480,20\u00a0$" in note.body and note.link.startswith("/fr/accounts/")
    assert OutboxMessage.objects.get(user_id=helper.pk).body.startswith(note.body)
    assert told(cast.amara, "ANNUAL_REVIEW_INCREASE") == 1 and told(stranger, "ANNUAL_REVIEW_INCREASE") == 0


def test_the_october_review_of_2025(cast, settings):
    settings.REVIEW_CYCLE = "october"
    assert review(date(2024, 10, 20)).summary == {"skipped": True}
    assert deadline(date(2025, 1, 16)).summary == {"skipped": True}
    enrolled(cast.account, on=date(2025, 1, 5), estimate="40000.00")
    charge(cast.account, "61500.00", date(2025, 3, 3))
    review(date(2025, 10, 20))
    assert told(cast.amara, "ANNUAL_REVIEW_INCREASE") == 1
    assert queries.latest_review_of(cast.account.pk).due_on == date(2026, 1, 15)
    assert status(cast.account, date(2026, 1, 14)).requirement == M("40000.00")
    assert deadline(date(2026, 1, 16)).summary == {"cycle": "october", "year": 2025, "suspended": 0}
    now = status(cast.account, date(2026, 1, 15))
    assert (now.requirement, now.shortfall.bond, now.shortfall.cash) == (M("61500.00"), M("30750.00"), M("61500.00"))


def test_a_lower_result_takes_effect_without_a_notice(cast):
    enrolled(cast.account, on=date(2025, 7, 30), estimate="61500.00")
    charge(cast.account, "40000.00", date(2026, 1, 5))
    review(RUN)
    assert queries.latest_review_of(cast.account.pk).outcome == ReviewOutcome.SAME_OR_LOWER
    assert not Notification.objects.filter(category="ANNUAL_REVIEW_INCREASE").exists()
    assert status(cast.account, DUE - timedelta(days=1)).requirement == M("61500.00")
    assert status(cast.account, DUE).requirement == M("40000.00")


def test_a_rise_that_is_covered_already_is_told_without_a_deadline(cast):
    enrolled(cast.account, on=date(2025, 7, 30), estimate="10000.00")
    secured(cast.account, cast.keystone, "30000.00", on=date(2025, 7, 30))
    charge(cast.account, "40000.00", date(2026, 1, 5))
    review(RUN)
    assert "already covers it" in Notification.objects.get(category="ANNUAL_REVIEW_INCREASE").body
    assert deadline(AFTER).summary["suspended"] == 0


def test_an_estimate_stands_while_nothing_was_imported(cast):
    enrolled(cast.account, on=date(2025, 7, 30), estimate="8000.00")
    review(RUN)
    assert queries.latest_review_of(cast.account.pk).outcome == ReviewOutcome.NO_HISTORY
    assert status(cast.account, DUE).requirement == M("8000.00")


def test_no_review_runs_on_another_day(cast, account):
    assert review(date(2026, 7, 26)).summary == {"skipped": True}
    assert deadline(date(2026, 10, 17)).summary == {"skipped": True}
    chunk = JobChunk(run=JobRun(due_at=moment(date(2026, 7, 26))), first_id=1, last_id=10**9)
    assert services.review_chunk(chunk=chunk, actor=SYSTEM) == 0
    assert services.deadline_chunk(chunk=chunk, actor=SYSTEM) == 0
    assert not AnnualReview.objects.exists()


# --- Until the deadline and after it


def test_short_on_the_deadline_is_reminded_twice_then_suspended_and_reinstated_when_covered(cast, account):
    review(RUN)
    day = RUN
    while day < AFTER:
        day += timedelta(days=1)
        daily(day)
    assert told(cast.amara, "ANNUAL_REVIEW_REMINDER") == 2
    assert status(account, DUE).is_on
    assert deadline(AFTER).summary["suspended"] == 1
    now = status(account, AFTER)
    assert (now.is_on, now.state, now.reason) == (False, RppState.SUSPENDED, SuspensionReason.REVIEW_SHORTFALL)
    assert told(cast.amara, "RPP_SUSPENDED") == told(cast.wen, "RPP_SUSPENDED") == 1
    services.receive_deposit(program_account_id=account.pk, amount=M("11480.19"), payment_reference="A", **args(AFTER))
    assert not status(account, AFTER).is_on
    services.receive_deposit(program_account_id=account.pk, amount=M("0.01"), payment_reference="B", **args(AFTER))
    assert status(account, AFTER).is_on
    assert told(cast.amara, "RPP_REINSTATED") == 1


def test_security_active_on_the_deadline_counts(cast, account):
    review(RUN)
    services.raise_bond(bond_id=account.bonds.get().pk, amount=M("30740.10"), **args(DUE))
    daily(DUE)
    assert deadline(AFTER).summary["suspended"] == 0
    assert status(account, AFTER).is_sufficient
    daily(date(2026, 10, 8))
    assert told(cast.amara, "ANNUAL_REVIEW_REMINDER") == 0


def test_an_open_case_holds_the_suspension_back_and_a_refusal_lets_it_go(cast, account):
    review(RUN)
    case = services.open_reduction_case(
        program_account_id=account.pk, proposed_amount=M("50000.00"), justification="One order", **args(DUE)
    )
    assert case.requirement == M("61480.20")
    assert deadline(AFTER).summary["suspended"] == 0
    services.decide_reduction_case(case_id=case.pk, approved_amount=None, reasons="Not shown", **args(AFTER))
    assert status(account, AFTER).reason == SuspensionReason.REVIEW_SHORTFALL


def test_an_approved_request_replaces_the_requirement_to_come(cast, account):
    review(RUN)
    case = services.open_reduction_case(
        program_account_id=account.pk, proposed_amount=M("50000.00"), justification="One order", **args(RUN)
    )
    services.decide_reduction_case(case_id=case.pk, approved_amount=M("50000.00"), reasons="Shown", **args(RUN))
    assert status(account, RUN).requirement == M("44200.00")
    assert status(account, DUE).requirement == M("50000.00")
    assert deadline(AFTER).summary["suspended"] == 0
    daily(date(2026, 9, 15))
    assert told(cast.amara, "ANNUAL_REVIEW_REMINDER") == 0


def test_an_officer_holds_and_releases(cast, account):
    review(RUN)
    found = queries.latest_review_of(account.pk)
    services.hold_review(review_id=found.pk, reason="Paper increase on its way", **args(DUE))
    with pytest.raises(Conflict):
        services.hold_review(review_id=found.pk, reason="", **args(DUE))
    assert deadline(AFTER).summary["suspended"] == 0
    later = AFTER + timedelta(days=30)
    services.release_review(review_id=found.pk, reason="Not received", **args(later))
    assert status(account, later).reason == SuspensionReason.REVIEW_SHORTFALL


def test_a_requirement_that_falls_reinstates_on_its_day(cast):
    enrolled(cast.account, on=date(2025, 7, 30), estimate="10000.00")
    bond = secured(cast.account, cast.keystone, "5000.00", on=date(2025, 7, 30))
    charge(cast.account, "4000.00", date(2025, 9, 1))
    review(RUN)
    services.give_termination_notice(bond_id=bond.pk, terminates_on=date(2026, 9, 1), **args(RUN))
    daily(date(2026, 9, 1))
    pay_everything(cast.account, date(2026, 9, 2))
    services.receive_deposit(
        program_account_id=cast.account.pk, amount=M("4000.00"), payment_reference="A", **args(date(2026, 9, 2))
    )
    assert status(cast.account, date(2026, 9, 2)).reason == SuspensionReason.NO_SECURITY
    daily(DUE)
    assert status(cast.account, DUE).is_on


# --- The job and the rule


@pytest.mark.parametrize("seed", [1, 2])
def test_the_job_agrees_with_the_rule_on_a_population(world, cast, seed):
    accounts, drafts = population(world, cast, 40, seed)
    schedule = JULY_CYCLE.schedule(2026)
    parameters = POLICY.security_parameters(RUN)
    expected = {}
    for account in accounts:
        counted = [
            draft for draft in drafts if draft.holder_id == account.pk and draft.category in ("CHARGE", "PENALTY")
        ]
        totals = [
            sum((draft.amount for draft in counted if first <= draft.posted_on <= last), ZERO)
            for first, last in schedule.slices
        ]
        before = queries.requirement_on(account.pk, on=RUN)
        enrolment = queries.enrolment_of(account.pk)
        driving = rules.driving_month(schedule.slices, totals)
        outcome, new = rules.review_outcome(
            old=before.amount if before else None,
            old_source=before.source if before else "",
            new=driving.amount,
            state=enrolment.state if enrolment else "",
            has_full_window=account.opened_on <= schedule.window_start,
        )
        held = sum((deposit.held for deposit in account.deposits.all()), ZERO)
        bonds = sum((share.amount for share in account.bond_allocations.all()), ZERO)
        coverage = Coverage(bonds, held, parameters)
        missing = rules.shortfall(coverage, new).missing
        months = [int(total * 100) for total in totals]
        expected[account.pk] = (outcome, new, driving.last, months, coverage.total, missing)
    review(RUN)
    found = {
        row.program_account_id: (
            row.outcome,
            row.new_amount,
            row.driving_month_end,
            row.months,
            row.covered,
            row.shortfall,
        )
        for row in AnnualReview.objects.filter(program_account__in=accounts)
    }
    assert found == expected
    assert len({outcome for outcome, *_rest in expected.values()}) >= 3


def test_killed_half_way_the_review_goes_on_and_tells_nobody_twice(world, cast):
    accounts, _drafts = population(world, cast, 24, 3)
    run = JobRun.objects.create(job="security.annual_review", due_at=moment(RUN, 0, 5), started_at=moment(RUN))
    first, last = queries.first_and_last_account()
    ranges = [(start, start + 6) for start in range(first, last + 1, 7)]
    JobChunk.objects.bulk_create(
        [
            JobChunk(run=run, position=position, work="security.services.review_chunk", first_id=low, last_id=high)
            for position, (low, high) in enumerate(ranges)
        ]
    )
    for chunk in run.chunks.all()[:3]:
        services.review_chunk(chunk=chunk, actor=SYSTEM)
    reviewed = AnnualReview.objects.count()
    assert 0 < reviewed < len(accounts)
    run_chunks(run=run, ranges=[], work="security.services.review_chunk", actor=SYSTEM)
    assert AnnualReview.objects.count() == len(accounts) + 2
    written = (AnnualReview.objects.count(), SecurityRequirement.objects.count(), Notification.objects.count())
    review(RUN)
    for chunk in run.chunks.all():
        assert services.review_chunk(chunk=chunk, actor=SYSTEM) == 0
    assert (AnnualReview.objects.count(), SecurityRequirement.objects.count(), Notification.objects.count()) == written
    risen = AnnualReview.objects.filter(outcome=ReviewOutcome.RISEN).count()
    assert told(cast.amara, "ANNUAL_REVIEW_INCREASE") == risen > 0


def test_a_chunk_takes_the_same_number_of_statements_for_five_accounts_and_for_thirty(world, cast):
    accounts, _drafts = population(world, cast, 35, 4)
    run = JobRun.objects.create(job="security.annual_review", due_at=moment(RUN, 0, 5), started_at=moment(RUN))

    def statements(those):
        chunk = JobChunk(run=run, first_id=those[0].pk, last_id=those[-1].pk)
        with CaptureQueriesContext(connection) as captured:
            assert services.review_chunk(chunk=chunk, actor=SYSTEM) == len(those)
        return len(captured)

    assert statements(accounts[:5]) == statements(accounts[5:]) < 25


def test_the_daily_job_is_quiet_on_a_quiet_day(cast, account):
    assert daily(date(2026, 6, 1)).summary["nudged"] == 2, "a debt over the cover, and an estimate that was too low"
    assert set(daily(date(2026, 6, 2)).summary.values()) == {0}
