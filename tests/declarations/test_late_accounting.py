"""The daily job: a reminder the day before, one overdue notice, one penalty a release."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import ProgramAccount
from carm_portal.schedule import TIMETABLE
from core.jobs import fire
from core.models import AuditEvent, JobRun
from core.timetable import Firing
from declarations import services
from ledger.queries import open_items_of
from notifications.models import Notification
from tests.builders import Cast
from tests.declarations.desk import SYSTEM, accepted, courier, filer, moment, released

pytestmark = pytest.mark.django_db
JOB = next(job for job in TIMETABLE if job.name == "declarations.late_accounting")


def run(on: date) -> dict[str, Any]:
    return fire(Firing(job=JOB, due_at=moment(on, 0, 30))).summary


def told(user: Any) -> list[str]:
    return list(
        Notification.objects.filter(user=user, category="declarations").order_by("pk").values_list("subject", flat=True)
    )


@pytest.fixture
def number(cast: Cast, account: ProgramAccount) -> str:
    """Released on 22 July, to be accounted for by Wednesday 29 July."""
    return released(cast.world, account, cast.harbourline).transaction_number


def test_both_sides_are_reminded_the_day_before(cast: Cast, number: str) -> None:
    assert run(date(2026, 7, 27))["reminders"] == 0
    assert run(date(2026, 7, 28)) == {"reminders": 1, "overdue_notices": 0, "penalties": 0, "reminded": True}
    assert told(cast.amara) == told(cast.wen) == [f"Account for release {number} by tomorrow"]


def test_the_overdue_notice_comes_once_and_the_penalty_once(cast: Cast, number: str) -> None:
    summaries = [run(date(2026, 7, 29) + timedelta(days=days)) for days in range(1, 14)]
    assert [summary["overdue_notices"] for summary in summaries] == [1] + [0] * 12
    assert [summary["penalties"] for summary in summaries] == [0] * 9 + [1] + [0] * 3
    (debt,) = open_items_of(cast.account.pk, on=date(2026, 8, 20))
    assert (debt.amount, debt.kind, debt.posted_on) == (Decimal("100.00"), "PENALTY", date(2026, 8, 8))
    assert (debt.due_on, debt.submitter_id) == (date(2026, 8, 31), None)
    assert told(cast.amara) == [
        f"Overdue: release {number} has not been accounted for",
        f"Late accounting penalty for release {number}",
    ]
    assert AuditEvent.objects.filter(verb="declaration.penalty_charged").count() == 1
    call_command("verify_ledger", verbosity=0)


@pytest.mark.parametrize(
    ("charged_on", "due_on"), [(20, date(2026, 8, 31)), (24, date(2026, 8, 31)), (25, date(2026, 10, 1))]
)
def test_the_penalty_is_payable_with_the_statement_that_first_shows_it(
    cast: Cast, number: str, charged_on: int, due_on: date
) -> None:
    run(date(2026, 8, charged_on))
    [debt] = open_items_of(cast.account.pk, on=date(2026, 8, 31))
    assert (debt.kind, debt.due_on) == ("PENALTY", due_on)


def test_a_job_run_again_tells_and_charges_nothing_twice(cast: Cast, number: str) -> None:
    on = date(2026, 8, 8)
    for _time in range(2):
        run_row = JobRun.objects.get_or_create(
            job="declarations.late_accounting", due_at=moment(on, 0, 30), defaults={"started_at": cast.world.at}
        )[0]
        services.run_late_accounting(run=run_row, on=on, actor=SYSTEM)
    assert len(told(cast.amara)) == 2
    assert len(open_items_of(cast.account.pk, on=on)) == 1


def test_who_accounted_in_time_or_late_but_before_the_penalty_pays_none(cast: Cast, account: ProgramAccount) -> None:
    in_time = released(cast.world, account, cast.harbourline)
    late = released(cast.world, account, cast.northlight)
    accepted(cast.world, in_time)
    run(date(2026, 7, 30))
    accepted(cast.world, late, at=moment(date(2026, 8, 3)))
    assert run(date(2026, 8, 20)) == {"reminders": 0, "overdue_notices": 0, "penalties": 0, "reminded": True}
    assert len(told(cast.amara)) == 3  # the overdue notice of the own release, and what each of the two filed


def test_accounting_after_the_penalty_is_still_allowed(cast: Cast, account: ProgramAccount) -> None:
    release = released(cast.world, account, cast.northlight)
    run(date(2026, 8, 8))
    declaration = accepted(cast.world, release, at=moment(date(2026, 8, 12)))
    assert declaration.state == "ACCEPTED"
    amounts = sorted(item.amount for item in open_items_of(cast.account.pk, on=date(2026, 8, 12)))
    assert amounts == [Decimal("100.00"), Decimal("2351.76")]
    call_command("verify_ledger", verbosity=0)


def test_in_the_relief_after_the_launch_no_penalty_was_charged(cast: Cast) -> None:
    cast.northlight.registered_at = datetime.fromisoformat("2024-10-01T09:00:00-04:00")
    cast.northlight.save()
    released(cast.world, cast.account, cast.northlight, at=moment(date(2024, 12, 2)))
    summary = run(date(2025, 1, 15))
    assert (summary["overdue_notices"], summary["penalties"]) == (1, 0)
    assert run(date(2025, 2, 15))["penalties"] == 0
    assert not open_items_of(cast.account.pk, on=date(2025, 2, 15))


def test_the_job_costs_the_same_for_one_release_and_for_many(
    cast: Cast, account: ProgramAccount, django_assert_max_num_queries: Any
) -> None:
    for _time in range(30):
        released(cast.world, account, cast.harbourline)
    with django_assert_max_num_queries(60):
        assert run(date(2026, 8, 10))["penalties"] == 30


def test_a_month_of_courier_releases_is_reminded_noticed_and_penalized_once(
    cast: Cast, account: ProgramAccount
) -> None:
    begun = [courier(cast.world, account, cast.harbourline) for _number in range(2)]
    services.start_consolidated(
        found=begun, submitter=cast.harbourline, actor=filer(cast.world, cast.harbourline), at=cast.world.at
    )
    others = [courier(cast.world, account, cast.northlight) for _number in range(3)]
    due = begun[0].accounting_due_on
    assert due == date(2026, 8, 24)  # of the month after, not five business days
    assert run(due - timedelta(days=1))["reminders"] == 2
    run(due + timedelta(days=1))
    assert [subject.partition(":")[0] for subject in told(cast.wen)].count("Overdue") == 1
    assert [subject.partition(":")[0] for subject in told(cast.amara)].count("Overdue") == 2
    courier(cast.world, account, cast.northlight)  # known late, but of the same month
    run(due + timedelta(days=2))
    assert [subject.partition(":")[0] for subject in told(cast.amara)].count("Overdue") == 2
    assert run(due + timedelta(days=10))["penalties"] == 2
    debts = open_items_of(account.pk, on=date(2026, 9, 20)).filter(kind="PENALTY")
    assert [debt.amount for debt in debts] == [Decimal("100.00")] * 2
    body = (
        Notification.objects.filter(user=cast.amara, subject__contains=others[0].transaction_number).latest("pk").body
    )
    assert "and 3 more courier releases of the month" in body
    assert run(due + timedelta(days=20))["penalties"] == 0
