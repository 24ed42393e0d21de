"""The business clock moves forward, and everything due on the way fires once, in order, whatever stops it."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from core import audit, clock, jobs
from core.actor import Actor, system
from core.clock import TORONTO, at_toronto
from core.errors import Conflict, DomainError
from core.models import AuditEvent, ClockMove, JobChunk, JobRun
from core.timetable import Daily, Monthly, ScheduledJob, Yearly, firings_between
from tests.conftest import TEST_DAY

pytestmark = pytest.mark.django_db

HERE = "tests.core.test_clock_and_jobs"


def note(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """A job that writes down the business moment at which it ran."""
    audit.record(actor=actor, verb=f"noted.{run.job}", after={"on": on, "now": clock.now()}, at=run.due_at)
    return {"on": on.isoformat()}


def note_chunks(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    rows = jobs.run_chunks(run=run, ranges=jobs.ranges_of(1, 25, size=10), work=f"{HERE}.note_chunk", actor=actor)
    return {"rows": rows}


def note_chunk(*, chunk: JobChunk, actor: Actor) -> int:
    audit.record(actor=actor, verb="noted.chunk", target=str(chunk.position), at=chunk.run.due_at)
    return chunk.last_id - chunk.first_id + 1


def fail_once(*, run: JobRun, on: date, actor: Actor) -> None:
    if not AuditEvent.objects.filter(verb="noted.permission").exists():
        raise RuntimeError("the world is not ready")


EVENING = ScheduledJob("evening", f"{HERE}.note", Daily(time(20, 0)))
STATEMENTS = ScheduledJob("statements", f"{HERE}.note", Monthly(25, time(0, 45)))
REVIEW = ScheduledJob("review", f"{HERE}.note", Yearly(7, 25, time(0, 45)))
CHUNKED = ScheduledJob("chunked", f"{HERE}.note_chunks", Daily(time(3, 0)))
FRAGILE = ScheduledJob("fragile", f"{HERE}.fail_once", Daily(time(4, 0)))

TABLE: tuple[ScheduledJob, ...] = (STATEMENTS, REVIEW, EVENING)
CHUNKS: tuple[ScheduledJob, ...] = (CHUNKED,)
FRAGILE_TABLE: tuple[ScheduledJob, ...] = (FRAGILE,)


@pytest.fixture
def table(settings: Settings) -> None:
    settings.TIMETABLE = f"{HERE}.TABLE"


def test_firings_come_in_time_order_and_at_one_moment_in_the_order_of_the_timetable() -> None:
    fired = [
        (firing.job.name, firing.due_at.day)
        for firing in firings_between(TABLE, at_toronto(date(2026, 7, 24), 21), at_toronto(date(2026, 7, 25), 23))
    ]
    assert fired == [("statements", 25), ("review", 25), ("evening", 25)]


def test_a_firing_due_exactly_at_the_start_is_not_fired_again() -> None:
    at = at_toronto(date(2026, 7, 25), 0, 45)
    assert [firing.job.name for firing in firings_between((STATEMENTS,), at, at + timedelta(days=1))] == []


@pytest.mark.usefixtures("table")
def test_moving_the_clock_fires_every_job_at_its_own_moment_and_arrives() -> None:
    to_at = at_toronto(date(2026, 7, 25), 8)
    move = jobs.move_clock(to_at=to_at, actor=system("test"))
    noted = [
        (row.verb, row.after["now"]) for row in AuditEvent.objects.filter(verb__startswith="noted.").order_by("id")
    ]
    assert [verb for verb, _now in noted] == [
        "noted.evening",
        "noted.evening",
        "noted.evening",
        "noted.statements",
        "noted.review",
    ]
    assert noted[-1][1].startswith("2026-07-25T00:45")
    assert (move.state, move.fired_count, move.firing_count, move.percent) == (ClockMove.State.DONE, 5, 5, 100)
    assert abs(clock.now() - to_at) < timedelta(seconds=30)
    assert JobRun.objects.filter(state=JobRun.State.DONE).count() == 5


@pytest.mark.usefixtures("table")
def test_a_finished_move_does_nothing_when_asked_again() -> None:
    move = jobs.move_clock(to_at=at_toronto(date(2026, 7, 23), 8), actor=system("test"))
    jobs.work_clock_move(move_id=move.pk)
    assert AuditEvent.objects.filter(verb="noted.evening").count() == 1


@pytest.mark.usefixtures("table")
def test_the_clock_never_moves_backwards_nor_years_at_once_nor_twice_at_a_time() -> None:
    with pytest.raises(DomainError, match="only moves forward"):
        jobs.ask_clock_move(to_at=TEST_DAY - timedelta(days=1), actor=system("test"), at=clock.now())
    with pytest.raises(DomainError, match="800 days"):
        jobs.ask_clock_move(to_at=TEST_DAY + timedelta(days=900), actor=system("test"), at=clock.now())
    jobs.ask_clock_move(to_at=TEST_DAY + timedelta(days=1), actor=system("test"), at=clock.now())
    with pytest.raises(Conflict, match="already moving"):
        jobs.ask_clock_move(to_at=TEST_DAY + timedelta(days=1), actor=system("test"), at=clock.now())
    assert jobs.tick() == 0


def test_a_job_that_fails_stops_the_move_and_the_next_try_goes_on_from_there(settings: Settings) -> None:
    settings.TIMETABLE = f"{HERE}.FRAGILE_TABLE"
    move = jobs.ask_clock_move(to_at=TEST_DAY + timedelta(days=1), actor=system("test"), at=clock.now())
    with pytest.raises(RuntimeError, match="not ready"):
        jobs.work_clock_move(move_id=move.pk)
    move.refresh_from_db()
    assert move.state == ClockMove.State.FAILED
    assert JobRun.objects.get(job="fragile").state == JobRun.State.FAILED
    audit.record(actor=system("test"), verb="noted.permission", at=TEST_DAY)
    assert jobs.work_clock_move(move_id=move.pk).state == ClockMove.State.DONE


@pytest.mark.usefixtures("table")
def test_what_comes_due_by_the_passing_of_time_is_fired_by_the_tick_once() -> None:
    jobs.set_clock(datetime(2026, 7, 22, 19, 59, 59, tzinfo=TORONTO))
    clock_row = clock.clock_row()
    clock_row.offset_seconds += 60
    clock_row.save()
    assert jobs.tick() == 1
    assert jobs.tick() == 0


@pytest.mark.parametrize("microsecond", [0, 1, 499_999, 500_001, 999_999])
def test_a_clock_set_to_midnight_never_shows_the_day_before(microsecond: int) -> None:
    midnight = datetime(2026, 8, 1, tzinfo=TORONTO)
    with time_machine.travel(datetime(2026, 7, 22, 9, 0, 0, microsecond, tzinfo=TORONTO), tick=False):
        jobs.set_clock(midnight)
        assert midnight <= clock.now() < midnight + timedelta(seconds=1)


@pytest.mark.usefixtures("table")
def test_a_world_without_a_clock_starts_counting_with_its_first_tick() -> None:
    clock.clock_row().delete()
    assert jobs.tick() == 0
    assert abs(clock.now() - clock.wall_now()) < timedelta(seconds=5)


def test_chunks_cover_the_range_once_and_a_second_run_goes_on_with_what_is_left(settings: Settings) -> None:
    settings.TIMETABLE = f"{HERE}.CHUNKS"
    run = JobRun.objects.create(job="chunked", due_at=TEST_DAY, started_at=TEST_DAY)
    work = f"{HERE}.note_chunk"
    ranges = jobs.ranges_of(1, 25, size=10)
    assert ranges == [(1, 10), (11, 20), (21, 25)]
    for position, (first, last) in enumerate(ranges):
        JobChunk.objects.create(run=run, position=position, work=work, first_id=first, last_id=last)
    jobs.work_chunk(chunk_id=run.chunks.get(position=1).pk, actor=system("worker"))
    assert jobs.run_chunks(run=run, ranges=ranges, work=work, actor=system("test")) == 25
    assert jobs.run_chunks(run=run, ranges=ranges, work=work, actor=system("test")) == 25
    run.refresh_from_db()
    assert (run.done_count, run.row_count, run.unit_count) == (3, 25, 3)
    assert sorted(AuditEvent.objects.filter(verb="noted.chunk").values_list("target", flat=True)) == ["0", "1", "2"]


def test_no_rows_make_no_ranges() -> None:
    assert jobs.ranges_of(None, None) == []


@pytest.mark.parametrize(
    ("first", "last", "size"),
    [(None, None, 2500), (1, 40, 2500), (1, 50_000, 2500), (1, 50_001, 2501), (11, 250_010, 12_500), (1, 9**9, 12_500)],
)
def test_a_population_is_cut_into_some_twenty_parts(first: int | None, last: int | None, size: int) -> None:
    assert jobs.size_of_parts(first, last, least=2500) == size


@pytest.mark.usefixtures("table")
def test_a_move_that_nobody_works_on_is_found_and_one_in_good_hands_is_left() -> None:
    move = jobs.ask_clock_move(to_at=TEST_DAY + timedelta(days=1), actor=system("test"), at=clock.now())
    assert jobs.stranded_moves() == []
    ClockMove.objects.update(created_at=clock.wall_now() - timedelta(minutes=2))
    assert jobs.stranded_moves() == [move.pk]
    ClockMove.objects.update(state=ClockMove.State.RUNNING, heartbeat_at=clock.wall_now())
    assert jobs.stranded_moves() == []
    assert jobs.work_clock_move(move_id=move.pk).state == ClockMove.State.RUNNING
    assert not JobRun.objects.exists()
    ClockMove.objects.update(heartbeat_at=clock.wall_now() - timedelta(minutes=6))
    assert jobs.stranded_moves() == [move.pk]
    assert jobs.work_clock_move(move_id=move.pk).state == ClockMove.State.DONE


def test_a_firing_that_is_done_is_not_run_again() -> None:
    firing = next(firings_between((EVENING,), TEST_DAY, TEST_DAY + timedelta(days=1)))
    first = jobs.fire(firing)
    assert jobs.fire(firing).pk == first.pk
    assert AuditEvent.objects.filter(verb="noted.evening").count() == 1
