"""The officers' overview and the runs of jobs."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import queries as runs
from core.clock import wall_now
from core.jobs import move_clock, set_clock
from core.models import ClockMove, JobChunk, JobRun
from security.models import AnnualReview
from security.rules import ReviewOutcome
from tests.builders import Cast, signed_in
from tests.dashboard.conftest import SYSTEM, Shop, charge, moment
from tests.dashboard.pages import address, see
from tests.security.conftest import review

pytestmark = pytest.mark.django_db


def run_of(job: str, **fields: object) -> JobRun:
    defaults = {"job": job, "due_at": moment(date(2026, 7, 20), 1), "started_at": wall_now()}
    return JobRun.objects.create(**{**defaults, **fields})


def test_only_officers_come_in(cast: Cast) -> None:
    run = run_of("payments.clearing")
    for name, args in (("officer", ()), ("jobs", ()), ("job", (run.pk,))):
        url = address(f"dashboard:{name}", *args)
        assert signed_in(cast.daniel).get(url).status_code == 200
        assert signed_in(cast.amara).get(url).status_code == 404
        assert signed_in(None).get(url).status_code == 302
    assert signed_in(cast.daniel).get(address("dashboard:job", 0)).status_code == 404


def test_the_overview_counts_what_stands_where(shop: Shop) -> None:
    shop.secured(on=date(2026, 7, 20))
    charge(shop.account, "99.95", date(2026, 4, 20), submitter=shop.cast.northlight)
    page = see(signed_in(shop.cast.daniel), "dashboard:officer")
    assert "Date and time here 22 July 2026" in page
    assert "Registered businesses 6 Businesses" in page
    assert "Overdue accounts 1" in page
    assert "Release Prior to Payment suspended 0" in page
    assert "The clock was never moved" in page
    assert "No job has run yet" in page


def test_the_overview_leads_to_every_desk(cast: Cast) -> None:
    daniel = signed_in(cast.daniel)
    content = daniel.get(address("dashboard:officer")).content.decode()
    desks = content.split(">Desks<")[1].split("</section>")[0]
    links = re.findall(r'href="([^"]+)"', desks)
    assert len(links) == 17
    assert {daniel.get(link).status_code for link in links} == {200}


def test_a_move_of_the_clock_is_shown_with_what_fired(cast: Cast) -> None:
    move_clock(to_at=moment(date(2026, 7, 24)), actor=SYSTEM)
    assert runs.newest_clock_move() == ClockMove.objects.get()
    assert len(runs.recent_runs(3)) == 3
    page = see(signed_in(cast.daniel), "dashboard:officer")
    assert "From 22 July 2026" in page
    assert "24 July 2026, 09:00" in page
    listed = see(signed_in(cast.daniel), "dashboard:jobs", query="?job=payments.clearing")
    assert "Only: Credits meet debts." in listed
    assert "24 July 2026, 00:10" in listed
    assert "23 July 2026, 00:10" in listed


def test_a_running_job_shows_its_progress_and_reloads(cast: Cast) -> None:
    run = run_of("security.annual_review", unit_count=4, done_count=1, row_count=2500)
    JobChunk.objects.create(run=run, position=0, work="x", first_id=1, last_id=2500, row_count=2500, done_at=wall_now())
    response = signed_in(cast.daniel).get(address("dashboard:job", run.pk))
    assert response["Refresh"]
    page = see(signed_in(cast.daniel), "dashboard:job", run.pk)
    assert "1 of 4 parts" in page
    assert "25 %" in page
    assert "2,500 rows written" in page
    assert "1 to 2500" in page
    assert "Running" in page


def test_a_finished_job_reports_its_figures(cast: Cast) -> None:
    run = run_of(
        "statements.monthly",
        state=JobRun.State.DONE,
        finished_at=wall_now(),
        summary={"issued": 3, "total_payable": "25393.23", "other_thing": "12.5", "word": "fine", "skipped": True},
    )
    response = signed_in(cast.daniel).get(address("dashboard:job", run.pk))
    assert "Refresh" not in response
    page = see(signed_in(cast.daniel), "dashboard:job", run.pk)
    assert "Statements issued 3" in page
    assert "Total payable $25,393.23" in page
    assert "other thing 12.50" in page
    assert "word fine" in page
    assert "Finished 100 %" in page
    assert "Nothing was due on this day" in page


def test_a_job_that_stopped_says_so(cast: Cast) -> None:
    run = run_of("gone.job", state=JobRun.State.FAILED, problem="ValueError('x')", unit_count=1)
    page = see(signed_in(cast.daniel), "dashboard:job", run.pk)
    assert "The job stopped" in page
    assert "ValueError" not in page
    assert "gone.job" in page


def test_the_yearly_review_shows_who_rose_and_who_is_held(shop: Shop) -> None:
    cast = shop.cast
    charge(shop.account, "61480.20", date(2026, 5, 20), submitter=cast.northlight)
    shop.secured()
    set_clock(moment(date(2026, 7, 25), 0))
    run = review(date(2026, 7, 25))
    page = see(signed_in(cast.daniel), "dashboard:job", run.pk)
    assert "Requirement rose 1 Notice sent to each." in page
    assert "Newest notices" in page
    assert "61,480.20" in page
    assert "11,480.20" in page
    AnnualReview.objects.filter(program_account=shop.account).update(
        outcome=ReviewOutcome.HELD, note="Reduction case open"
    )
    page = see(signed_in(cast.daniel), "dashboard:job", run.pk, language="fr")
    assert "Reduction case open" in page


def test_the_number_of_queries_does_not_grow(cast: Cast) -> None:
    client = signed_in(cast.daniel)

    def counts() -> list[int]:
        found = []
        for name in ("officer", "jobs"):
            with CaptureQueriesContext(connection) as made:
                see(client, f"dashboard:{name}")
            found.append(len([row for row in made if "SAVEPOINT" not in row["sql"]]))
        return found

    run_of("payments.clearing")
    one = counts()
    for day in range(1, 20):
        run_of("payments.clearing", due_at=moment(date(2026, 6, day), 1))
    assert counts() == one


def test_french_is_drawn(cast: Cast) -> None:
    run = run_of("payments.clearing")
    for name, args in (("officer", ()), ("jobs", ()), ("job", (run.pk,))):
        see(signed_in(cast.daniel), f"dashboard:{name}", *args, language="fr")


def test_an_officer_pauses_a_job_lets_it_go_on_and_runs_it_again(cast: Cast) -> None:
    run = run_of("security.annual_review", unit_count=4, done_count=1)
    daniel, url = signed_in(cast.daniel), address("dashboard:job", run.pk)
    assert signed_in(cast.amara).post(url, {"act": "pause"}).status_code == 404
    assert daniel.post(url, {"act": "forget"}).status_code == 404
    said = [
        ("pause", "The job is paused", "Resume", "PAUSED"),
        ("pause", "Only a running job with parts left can be paused", "Resume", "PAUSED"),
        ("resume", "The job goes on", "Pause", "RUNNING"),
        ("rerun", "cannot be run again", "Pause", "RUNNING"),
    ]
    for act, words, button, state in said:
        page = daniel.post(url, {"act": act}, follow=True).content.decode()
        run.refresh_from_db()
        assert words in page and f">{button}<" in page and run.state == state
    JobRun.objects.filter(pk=run.pk).update(state=JobRun.State.FAILED, problem="x")
    page = daniel.get(url).content.decode()
    assert ">Run again<" in page and "Daniel" in page and "paused a job" in page
