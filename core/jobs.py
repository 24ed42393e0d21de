"""Moving the clock and running what falls due: one mover at a time, each firing a row, each chunk a row."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, F, Q, Sum
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from core import audit, locks
from core.actor import Actor, Channel, system
from core.clock import TORONTO, clock_row, instant_of, offset_to, wall_now
from core.errors import Conflict, DomainError
from core.models import ClockMove, JobChunk, JobRun, WorldClock
from core.queries import job_of
from core.timetable import Firing, firings_between, timetable

LONGEST_MOVE = timedelta(days=800)
SILENCE = timedelta(minutes=5)
PATIENCE = timedelta(seconds=30)
MOST_PARTS = 20
_RUN_LOCK = 20_241_021
_watcher: ContextVar[Callable[[JobRun], None] | None] = ContextVar("watcher", default=None)


class RunPausedError(Exception):
    """An officer holds the run: no further part of it is taken."""


def ask_clock_move(*, to_at: datetime, actor: Actor, at: datetime) -> ClockMove:
    """Queue a move of the business clock forward to ``to_at``.

    ``DomainError`` for a moment not in the future of this world or over 800 days away, ``Conflict`` while another move
    runs.
    """
    if to_at <= at:
        raise DomainError(
            _("The clock only moves forward. Choose a date after %(today)s.") % {"today": at.date().isoformat()},
            code="clock_backwards",
            field="to",
        )
    if to_at - at > LONGEST_MOVE:
        raise DomainError(
            _("That is more than 800 days ahead. Move the clock in shorter steps."), code="clock_too_far", field="to"
        )
    wall = wall_now()
    with transaction.atomic():
        _lock_clock()
        if running_move() is not None:
            raise Conflict(
                _("The clock is already moving. Wait until that move has finished, then ask again."), code="clock_busy"
            )
        move = ClockMove.objects.create(
            from_at=at,
            to_at=to_at,
            asked_by=actor.name,
            created_at=wall,
            firing_count=sum(1 for _firing in firings_between(timetable(), _fired_until(clock_row()), to_at)),
        )
        audit.record(
            actor=actor,
            verb="clock.move_asked",
            target=f"core.ClockMove:{move.pk}",
            before={"now": at.isoformat()},
            after={"now": to_at.isoformat()},
            at=at,
        )
    return move


def running_move() -> ClockMove | None:
    """The move that is waiting or running and has given a sign of life in the last five minutes, if any."""
    alive = wall_now() - SILENCE
    for move in ClockMove.objects.filter(state__in=(ClockMove.State.WAITING, ClockMove.State.RUNNING)):
        if (move.heartbeat_at or move.created_at) >= alive:
            return move
    return None


def stranded_moves() -> list[int]:
    """Moves that nobody works on: never started for half a minute, or silent for five."""
    wall = wall_now()
    waiting = ClockMove.objects.filter(state=ClockMove.State.WAITING, created_at__lt=wall - PATIENCE)
    silent = ClockMove.objects.filter(state=ClockMove.State.RUNNING, heartbeat_at__lt=wall - SILENCE)
    return [*waiting.values_list("pk", flat=True), *silent.values_list("pk", flat=True)]


def work_clock_move(*, move_id: int, on_progress: Callable[[Firing, int, int], None] | None = None) -> ClockMove:
    """Fire everything due on the way and arrive; safe to call again after a stop at any point.

    At a run that an officer holds the move waits.
    """
    with transaction.atomic():
        move = ClockMove.objects.select_for_update().get(pk=move_id)
        if move.state == ClockMove.State.DONE or _is_worked_on(move):
            return move
        move.state = ClockMove.State.RUNNING
        move.heartbeat_at = wall_now()
        move.problem = ""
        move.save()

    def fired(firing: Firing) -> None:
        ClockMove.objects.filter(pk=move.pk).update(fired_count=F("fired_count") + 1, heartbeat_at=wall_now())
        move.fired_count += 1
        if on_progress is not None:
            on_progress(firing, move.fired_count, move.firing_count)

    try:
        has_arrived = run_until(to_at=move.to_at, on_fired=fired)
    except Exception as problem:
        ClockMove.objects.filter(pk=move.pk).update(state=ClockMove.State.FAILED, problem=f"{problem!r}"[:2000])
        raise
    if has_arrived:
        ClockMove.objects.filter(pk=move.pk).update(state=ClockMove.State.DONE, finished_at=wall_now())
    else:
        # The sweep asks again and again, which keeps the move alive until the run goes on.
        ClockMove.objects.filter(pk=move.pk).update(state=ClockMove.State.WAITING, heartbeat_at=wall_now())
    move.refresh_from_db()
    return move


def move_clock(
    *, to_at: datetime, actor: Actor, on_progress: Callable[[Firing, int, int], None] | None = None
) -> ClockMove:
    """Ask for a move and work it off here and now (console, tests, demo)."""
    move = ask_clock_move(to_at=to_at, actor=actor, at=instant_of(clock_row()))
    return work_clock_move(move_id=move.pk, on_progress=on_progress)


def run_until(*, to_at: datetime, on_fired: Callable[[Firing], None] | None = None) -> bool:
    """Fire everything due up to ``to_at``, each at its own moment, and let the clock run on from there.

    False when it stopped at a run that an officer holds.
    """
    for firing in firings_between(timetable(), _fired_until(clock_row()), to_at):
        _hold(firing.due_at)
        if fire(firing).state != JobRun.State.DONE:
            return False
        _ticked(firing.due_at)
        if on_fired is not None:
            on_fired(firing)
    set_clock(to_at)
    return True


def set_clock(at: datetime) -> None:
    """Let the business clock run on from ``at``; everything due before is taken as fired. For a world's first hour."""
    WorldClock.objects.update_or_create(
        id=WorldClock.SOLE_ID,
        defaults={
            "offset_seconds": offset_to(at),
            "held_at": None,
            "ticked_at": at,
        },
    )


def tick() -> int:
    """Fire what has come due by the mere passing of time; returns how many jobs fired."""
    clock = clock_row()
    if clock.pk is None or running_move() is not None:
        return 0
    if clock.ticked_at is None:
        _ticked(instant_of(clock))
        return 0
    fired = 0
    for firing in firings_between(timetable(), clock.ticked_at, instant_of(clock)):
        if fire(firing, waits=False).state != JobRun.State.DONE:
            break
        _ticked(firing.due_at)
        fired += 1
    return fired


def fire(firing: Firing, *, waits: bool = True) -> JobRun:
    """Run one job for one due moment to its end, alone; a run already done, or paused, is left as it is.

    Where somebody else is at it, ``waits`` until they have finished, or else returns the run unfinished.
    """
    run, _created = JobRun.objects.get_or_create(
        job=firing.job.name, due_at=firing.due_at, defaults={"started_at": wall_now()}
    )
    if run.state == JobRun.State.DONE:
        return run
    with locks.alone(_RUN_LOCK, run.pk, waits=waits) as is_alone:
        run.refresh_from_db()
        if is_alone and run.state not in (JobRun.State.DONE, JobRun.State.PAUSED):
            _run_to_its_end(run, firing)
    return run


def _run_to_its_end(run: JobRun, firing: Firing) -> None:
    """What another worker has brought to its end meanwhile stays as that one left it."""
    unfinished = JobRun.objects.filter(pk=run.pk).exclude(state=JobRun.State.DONE)
    if run.state == JobRun.State.FAILED:
        unfinished.update(state=JobRun.State.RUNNING, problem="")
    on = firing.due_at.astimezone(TORONTO).date()
    try:
        summary = firing.job.callable()(run=run, on=on, actor=system(firing.job.name))
    except RunPausedError:
        run.refresh_from_db()
        return
    except Exception as problem:
        unfinished.update(state=JobRun.State.FAILED, problem=f"{problem!r}"[:2000])
        raise
    ended = {"state": JobRun.State.DONE, "finished_at": wall_now(), "problem": ""}
    unfinished.update(**ended, **({"summary": summary} if summary else {}))
    run.refresh_from_db()


def run_chunks(*, run: JobRun, ranges: Iterable[tuple[int, int]], work: str, actor: Actor) -> int:
    """Work ``ranges`` of identifiers off, each exactly once however often this is called; returns rows written.

    ``work`` is the dotted path of ``f(*, chunk: JobChunk, actor: Actor) -> int``, itself safe to run twice. The rows
    are made first, so a run stopped half-way goes on with what is left. Workers are woken for all of them and the
    caller works along: where no worker runs, it does them all. ``RunPausedError`` when an officer holds the run.
    """
    if not run.chunks.filter(work=work).exists():
        JobChunk.objects.bulk_create(
            [
                JobChunk(run=run, position=position, work=work, first_id=first, last_id=last)
                for position, (first, last) in enumerate(ranges)
            ],
            ignore_conflicts=True,
        )
    JobRun.objects.filter(pk=run.pk).update(unit_count=run.chunks.count())
    waiting = list(run.chunks.filter(work=work, done_at=None).values_list("pk", flat=True))
    if len(waiting) > 1:
        import_string(settings.CHUNK_DISPATCH)(waiting)
    # What a worker is at is passed over, so that all work beside one another; only the end waits for the last of them.
    for waits in (False, True):
        for chunk_id in run.chunks.filter(work=work, done_at=None).values_list("pk", flat=True) if waits else waiting:
            work_chunk(chunk_id=chunk_id, actor=actor, waits=waits)
            if show := _watcher.get():
                run.refresh_from_db(fields=("unit_count", "done_count", "row_count"))
                show(run)
    found = run.chunks.filter(work=work).aggregate(rows=Sum("row_count"), left=Count("pk", filter=Q(done_at=None)))
    if found["left"]:
        raise RunPausedError
    return found["rows"] or 0


def work_chunk(*, chunk_id: int, actor: Actor, waits: bool = True) -> int:
    """Do one chunk in one transaction and mark it done in the same; a done one costs nothing.

    One of a paused run is left for later, and so is one that a rerun has replaced. One that another worker is at is
    waited for, or else passed over: should that worker die, the sweep sends the chunk again.
    """
    with transaction.atomic():
        held = JobChunk.objects.select_for_update(of=("self",), skip_locked=not waits)
        chunk = held.select_related("run").filter(pk=chunk_id).first()
        if chunk is None or (chunk.done_at is None and chunk.run.state == JobRun.State.PAUSED):
            return 0
        if chunk.done_at is not None:
            return chunk.row_count
        chunk.row_count = import_string(chunk.work)(chunk=chunk, actor=actor)
        chunk.done_at = wall_now()
        chunk.save(update_fields=("row_count", "done_at"))
        JobRun.objects.filter(pk=chunk.run_id).update(
            done_count=F("done_count") + 1, row_count=F("row_count") + chunk.row_count
        )
    return chunk.row_count


def waiting_chunks(limit: int) -> list[int]:
    """Parts that nobody has done yet, of runs that no officer holds."""
    left = JobChunk.objects.filter(done_at=None).exclude(run__state=JobRun.State.PAUSED)
    return list(left.values_list("pk", flat=True)[:limit])


def ranges_of(first: int | None, last: int | None, *, size: int = 2500) -> list[tuple[int, int]]:
    """Contiguous ranges of at most ``size`` identifiers from ``first`` to ``last``; none where there are no rows."""
    if first is None or last is None:
        return []
    return [(start, min(start + size - 1, last)) for start in range(first, last + 1, size)]


def size_of_parts(first: int | None, last: int | None, *, least: int) -> int:
    """How many identifiers a part takes: some twenty parts, none below ``least`` nor above five times as many.

    Few enough that writing the statements costs nothing, enough to be shared among workers and seen to advance.
    """
    if first is None or last is None:
        return least
    return min(max(least, -(-(last - first + 1) // MOST_PARTS)), 5 * least)


# --- What an officer does with a run ---------------------------------------------------------------------------------


def can_pause(run: JobRun) -> bool:
    """Whether the run goes on in parts of which some are left."""
    return run.state == JobRun.State.RUNNING and run.done_count < run.unit_count


def can_rerun(run: JobRun) -> bool:
    """Whether the run stopped for a problem, or is done and its job may be done again for the same moment."""
    job = job_of(run.job)
    return job is not None and (
        run.state == JobRun.State.FAILED or (run.state == JobRun.State.DONE and job.is_repeatable)
    )


def pause_run(*, run: JobRun, actor: Actor, at: datetime) -> JobRun:
    """Hold a run: parts begun are finished, no further one is taken, and the clock waits for it. Else ``Conflict``."""
    with transaction.atomic():
        run = JobRun.objects.select_for_update().get(pk=run.pk)
        if not can_pause(run):
            raise Conflict(
                _("Only a running job with parts left can be paused. Refresh the page to see where it is."),
                code="not_pausable",
            )
        return _set_state(run, JobRun.State.PAUSED, verb="job.paused", actor=actor, at=at)


def resume_run(*, run: JobRun, actor: Actor, at: datetime) -> JobRun:
    """Let a paused run go on with the parts that are left; workers are woken. ``Conflict`` if it is not paused."""
    with transaction.atomic():
        run = JobRun.objects.select_for_update().get(pk=run.pk)
        if run.state != JobRun.State.PAUSED:
            raise Conflict(
                _("This job is not paused. Refresh the page to see where it is."),
                code="not_paused",
            )
        _wake(run)
        return _set_state(run, JobRun.State.RUNNING, verb="job.resumed", actor=actor, at=at)


def rerun(*, run: JobRun, actor: Actor, at: datetime) -> JobRun:
    """Let a run that stopped go on with what is left, or a finished one do all its parts again; workers are woken.

    ``Conflict`` if it runs, or is done and its job may not be done twice for one moment.
    """
    with transaction.atomic():
        run = JobRun.objects.select_for_update().get(pk=run.pk)
        if not can_rerun(run):
            raise Conflict(
                _("This job cannot be run again: it has not stopped, or what it wrote is final."), code="not_repeatable"
            )
        if run.state == JobRun.State.DONE:
            run.chunks.all().delete()
            run.unit_count = run.done_count = run.row_count = 0
            run.started_at, run.finished_at = wall_now(), None
        run.problem = ""
        run.save()
        _wake(run)
        return _set_state(run, JobRun.State.RUNNING, verb="job.rerun", actor=actor, at=at)


def work_run(*, run_id: int, waits: bool = True) -> JobRun:
    """Bring a run of the timetable to its end, here and now; a paused or finished one is left as it is."""
    run = JobRun.objects.get(pk=run_id)
    job = job_of(run.job)
    return run if job is None else fire(Firing(job=job, due_at=run.due_at), waits=waits)


def left_runs() -> list[int]:
    """Runs that the clock has gone by and that do not end by themselves: a rerun whose message was lost."""
    ticked_at = clock_row().ticked_at
    if ticked_at is None:
        return []
    left = JobRun.objects.filter(
        state=JobRun.State.RUNNING, due_at__lte=ticked_at, started_at__lt=wall_now() - PATIENCE
    )
    return list(left.values_list("pk", flat=True))


def _set_state(run: JobRun, state: JobRun.State, *, verb: str, actor: Actor, at: datetime) -> JobRun:
    before, run.state = run.state, state
    run.save(update_fields=("state",))
    audit.record(
        actor=actor,
        verb=verb,
        target=f"core.JobRun:{run.pk}",
        before={"state": before},
        after={"state": run.state, "job": run.job, "done": run.done_count, "parts": run.unit_count},
        at=at,
    )
    return run


def _wake(run: JobRun) -> None:
    transaction.on_commit(partial(import_string(settings.RUN_DISPATCH), run.pk))


@contextmanager
def watched(show: Callable[[JobRun], None]) -> Iterator[None]:
    """Inside, ``show`` is told after each part how far the run is (console)."""
    token = _watcher.set(show)
    try:
        yield
    finally:
        _watcher.reset(token)


def console_actor() -> Actor:
    return system("console", channel=Channel.CONSOLE)


def _is_worked_on(move: ClockMove) -> bool:
    """Whether another worker took this move and still gives signs of life."""
    return (
        move.state == ClockMove.State.RUNNING
        and move.heartbeat_at is not None
        and move.heartbeat_at >= wall_now() - SILENCE
    )


def _fired_until(clock: WorldClock) -> datetime:
    return clock.ticked_at or instant_of(clock)


def _hold(at: datetime) -> None:
    WorldClock.objects.filter(id=WorldClock.SOLE_ID).update(held_at=at)


def _ticked(at: datetime) -> None:
    WorldClock.objects.filter(id=WorldClock.SOLE_ID).update(ticked_at=at)


def _lock_clock() -> None:
    """One mover at a time, on both databases: SQLite's IMMEDIATE transaction already is the lock."""
    WorldClock.objects.get_or_create(id=WorldClock.SOLE_ID)
    if connection.features.has_select_for_update:
        WorldClock.objects.select_for_update().get(id=WorldClock.SOLE_ID)
