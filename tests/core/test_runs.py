"""A run of a job in parts is paused, goes on, and is run again; from the console it is listed, run and followed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, time, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings

from core import audit, clock, jobs, tasks
from core.actor import Actor, Channel, system
from core.errors import Conflict
from core.models import AuditEvent, ClockMove, JobChunk, JobRun
from core.timetable import Daily, Firing, ScheduledJob, firings_between
from tests.conftest import TEST_DAY

HERE = "tests.core.test_runs"
OFFICER = system("Daniel", channel=Channel.CONSOLE)
READY = "noted.ready"


def ten_by_ten(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """A job in three parts."""
    return {"rows": jobs.run_chunks(run=run, ranges=jobs.ranges_of(1, 25, size=10), work=f"{HERE}.part", actor=actor)}


def part(*, chunk: JobChunk, actor: Actor) -> int:
    """Its second part comes upon an officer who pauses the run, once, and fails where the world is not ready."""
    audit.record(actor=actor, verb="noted.part", target=str(chunk.position), at=chunk.run.due_at)
    if chunk.position == 1 and not AuditEvent.objects.filter(verb=READY).exists():
        if AuditEvent.objects.filter(verb="noted.broken").exists():
            raise RuntimeError("the world is not ready")
        audit.record(actor=actor, verb=READY, at=chunk.run.due_at)
        jobs.pause_run(run=chunk.run, actor=OFFICER, at=chunk.run.due_at)
    return chunk.last_id - chunk.first_id + 1


def in_one_piece(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """One transaction that takes a moment and whose result is unique, as the statements of a month are."""
    with transaction.atomic():
        if JobRun.objects.filter(job="written").exists():
            return {"issued": 0}
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.3)")
        JobRun.objects.create(job="written", due_at=TEST_DAY, started_at=TEST_DAY)
    return {"issued": 7}


PARTS = ScheduledJob("parts", f"{HERE}.ten_by_ten", Daily(time(20, 0)), is_repeatable=True)
PIECE = ScheduledJob("piece", f"{HERE}.in_one_piece", Daily(time(20, 0)))
TABLE: tuple[ScheduledJob, ...] = (PARTS, PIECE)
NEXT = TEST_DAY + timedelta(days=1)


@pytest.fixture
def _table(settings: Settings) -> None:
    settings.TIMETABLE = f"{HERE}.TABLE"


def parts_noted() -> list[str]:
    return sorted(AuditEvent.objects.filter(verb="noted.part").values_list("target", flat=True))


@pytest.mark.django_db
@pytest.mark.usefixtures("_table")
def test_a_paused_run_takes_no_further_part_and_the_clock_waits_for_it(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    move = jobs.move_clock(to_at=NEXT, actor=system("test"))
    run = JobRun.objects.get()
    assert (move.state, run.state, run.done_count, run.unit_count) == (ClockMove.State.WAITING, "PAUSED", 2, 3)
    assert clock.now() == run.due_at
    assert jobs.waiting_chunks(10) == []
    for pk in run.chunks.values_list("pk", flat=True):
        tasks.work_chunk(pk)
    tasks.sweep_chunks()
    ClockMove.objects.update(heartbeat_at=clock.wall_now() - timedelta(minutes=6))
    assert jobs.tick() == 0
    assert parts_noted() == ["0", "1"]
    for refused in (jobs.pause_run, jobs.rerun):
        with pytest.raises(Conflict):
            refused(run=run, actor=OFFICER, at=run.due_at)

    with django_capture_on_commit_callbacks(execute=True):
        jobs.resume_run(run=run, actor=OFFICER, at=run.due_at)
    run.refresh_from_db()
    assert (run.state, run.summary, run.percent) == ("DONE", {"rows": 25}, 100)
    assert parts_noted() == ["0", "1", "2"]
    with pytest.raises(Conflict):
        jobs.resume_run(run=run, actor=OFFICER, at=run.due_at)
    told = AuditEvent.objects.filter(target=f"core.JobRun:{run.pk}").order_by("id")
    assert [(row.verb, row.actor_name, row.after["done"]) for row in told] == [
        ("job.paused", "Daniel", 1),
        ("job.resumed", "Daniel", 2),
    ]


@pytest.mark.django_db
@pytest.mark.usefixtures("_table")
def test_a_run_that_stopped_goes_on_and_a_finished_one_does_all_its_parts_again(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    audit.record(actor=OFFICER, verb="noted.broken", at=TEST_DAY)
    firing = next(firings_between((PARTS,), TEST_DAY, NEXT))
    with pytest.raises(RuntimeError):
        jobs.fire(firing)
    run = JobRun.objects.get()
    assert (run.state, parts_noted()) == ("FAILED", ["0"])
    audit.record(actor=OFFICER, verb=READY, at=TEST_DAY)
    with django_capture_on_commit_callbacks(execute=True):
        jobs.rerun(run=run, actor=OFFICER, at=TEST_DAY)
    run.refresh_from_db()
    assert (run.state, run.problem, parts_noted()) == ("DONE", "", ["0", "1", "2"])

    old = run.chunks.first()
    assert old is not None
    # Its message is lost, and the clock has gone by.
    jobs.rerun(run=run, actor=OFFICER, at=TEST_DAY)
    assert jobs.work_chunk(chunk_id=old.pk, actor=OFFICER) == 0
    assert jobs.left_runs() == []
    jobs.set_clock(NEXT)
    JobRun.objects.update(started_at=clock.wall_now() - timedelta(minutes=1))
    tasks.sweep_chunks()
    run.refresh_from_db()
    assert (run.state, run.row_count, len(parts_noted())) == ("DONE", 25, 6)
    final = jobs.fire(Firing(job=ScheduledJob("final", f"{HERE}.ten_by_ten", Daily(time(1))), due_at=TEST_DAY))
    with pytest.raises(Conflict, match="final"):
        jobs.rerun(run=final, actor=OFFICER, at=TEST_DAY)
    assert jobs.work_run(run_id=final.pk).pk == final.pk


@pytest.mark.django_db
@pytest.mark.usefixtures("_table")
def test_the_console_runs_follows_and_lists_and_ends_by_the_state(capsys: pytest.CaptureFixture[str]) -> None:
    jobs.set_clock(NEXT)
    day = TEST_DAY.date().isoformat()
    with pytest.raises(CommandError) as held:
        call_command("jobs", "run", "parts", "--on", day)
    run = JobRun.objects.get()
    assert (held.value.returncode, run.state) == (3, "PAUSED")
    assert "2 of 3, 20 rows" in capsys.readouterr().out
    call_command("jobs", "resume", str(run.pk))
    call_command("jobs", "follow", str(run.pk), "--every", "0")
    assert "DONE     3/3 parts, 25 rows {'rows': 25}" in capsys.readouterr().out
    call_command("jobs", "list", "--job", "parts", "--state", "DONE")
    assert f"{run.pk} {day} 20:00 parts" in capsys.readouterr().out
    call_command("jobs", "rerun", str(run.pk))
    call_command("jobs", "run", "parts", "--on", day, "--workers")

    JobRun.objects.update(state="RUNNING", done_count=2)
    call_command("jobs", "pause", str(run.pk))
    JobRun.objects.update(state="FAILED", problem="ValueError('x')")
    for words, said in (
        (("follow", str(run.pk)), "ValueError"),
        (("follow", "0"), "no run 0"),
        (("resume", str(run.pk)), "not paused"),
        (("run", "nothing", "--on", day), "Choose one of: parts, piece"),
        (("run", "parts", "--on", "2099-01-01"), "still to come"),
    ):
        with pytest.raises(CommandError, match=said) as refused:
            call_command("jobs", *words)
        assert refused.value.returncode == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_of_two_ticks_at_once_one_runs_the_job_and_the_other_leaves_its_result(settings: Settings) -> None:
    settings.TIMETABLE = f"{HERE}.TABLE"
    firing = Firing(job=PIECE, due_at=TEST_DAY)
    start = Barrier(2)

    def go(waits: bool) -> str:
        try:
            start.wait(5)
            with suppress(IntegrityError):
                return jobs.fire(firing, waits=waits).state
            return "clashed"
        finally:
            connection.close()

    for waits, states in ((True, {"DONE"}), (False, {"DONE", "RUNNING"})):
        JobRun.objects.all().delete()
        with ThreadPoolExecutor(2) as pool:
            assert set(pool.map(go, (waits, waits))) == states
        run = JobRun.objects.get(job="piece")
        assert (run.state, run.summary, run.problem) == ("DONE", {"issued": 7}, "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_a_part_that_one_worker_is_at_keeps_no_other_waiting() -> None:
    run = JobRun.objects.create(job="parts", due_at=TEST_DAY, started_at=TEST_DAY)
    taken, free = (
        run.chunks.create(position=position, work=f"{HERE}.part", first_id=1, last_id=10) for position in (0, 2)
    )

    def beside() -> list[int]:
        try:
            return [jobs.work_chunk(chunk_id=row.pk, actor=OFFICER, waits=False) for row in (taken, free)]
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        JobChunk.objects.select_for_update().get(pk=taken.pk)
        assert pool.submit(beside).result(timeout=10) == [0, 10]
    assert jobs.work_chunk(chunk_id=taken.pk, actor=OFFICER) == 10
    assert parts_noted() == ["0", "2"]
