"""Moving the clock and running what falls due: one mover at a time, each firing a row, each chunk a row."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor, Channel, system
from core.clock import TORONTO, clock_row, instant_of, offset_to, wall_now
from core.errors import Conflict, DomainError
from core.models import ClockMove, JobChunk, JobRun, WorldClock
from core.timetable import Firing, firings_between, timetable

LONGEST_MOVE = timedelta(days=800)
SILENCE = timedelta(minutes=5)
PATIENCE = timedelta(seconds=30)


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
    """Fire everything due on the way and arrive; safe to call again after a stop at any point."""
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
        run_until(to_at=move.to_at, on_fired=fired)
    except Exception as problem:
        ClockMove.objects.filter(pk=move.pk).update(state=ClockMove.State.FAILED, problem=f"{problem!r}"[:2000])
        raise
    ClockMove.objects.filter(pk=move.pk).update(state=ClockMove.State.DONE, finished_at=wall_now())
    move.refresh_from_db()
    return move


def move_clock(
    *, to_at: datetime, actor: Actor, on_progress: Callable[[Firing, int, int], None] | None = None
) -> ClockMove:
    """Ask for a move and work it off here and now (console, tests, demo)."""
    move = ask_clock_move(to_at=to_at, actor=actor, at=instant_of(clock_row()))
    return work_clock_move(move_id=move.pk, on_progress=on_progress)


def run_until(*, to_at: datetime, on_fired: Callable[[Firing], None] | None = None) -> None:
    """Fire everything due up to ``to_at``, each at its own moment, and let the clock run on from there."""
    for firing in firings_between(timetable(), _fired_until(clock_row()), to_at):
        _hold(firing.due_at)
        fire(firing)
        _ticked(firing.due_at)
        if on_fired is not None:
            on_fired(firing)
    set_clock(to_at)


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
        fire(firing)
        _ticked(firing.due_at)
        fired += 1
    return fired


def fire(firing: Firing) -> JobRun:
    """Run one job for one due moment to its end; a run already done is left as it is."""
    run, _created = JobRun.objects.get_or_create(
        job=firing.job.name, due_at=firing.due_at, defaults={"started_at": wall_now()}
    )
    if run.state == JobRun.State.DONE:
        return run
    actor = system(firing.job.name)
    on = firing.due_at.astimezone(TORONTO).date()
    try:
        summary = firing.job.callable()(run=run, on=on, actor=actor)
    except Exception as problem:
        # What another worker has brought to its end meanwhile stays done.
        unfinished = JobRun.objects.filter(pk=run.pk).exclude(state=JobRun.State.DONE)
        unfinished.update(state=JobRun.State.FAILED, problem=f"{problem!r}"[:2000])
        raise
    run.refresh_from_db()
    run.state = JobRun.State.DONE
    run.summary = summary or run.summary
    run.finished_at = wall_now()
    run.problem = ""
    run.save()
    return run


def run_chunks(*, run: JobRun, ranges: Iterable[tuple[int, int]], work: str, actor: Actor) -> int:
    """Work ``ranges`` of identifiers off, each exactly once however often this is called; returns rows written.

    ``work`` is the dotted path of ``f(*, chunk: JobChunk, actor: Actor) -> int``, itself safe to run twice. The rows
    are made first, so a run stopped half-way goes on with what is left. Workers are woken for all of them and the
    caller works along: where no worker runs, it does them all.
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
    for chunk_id in waiting:
        work_chunk(chunk_id=chunk_id, actor=actor)
    return sum(run.chunks.filter(work=work).values_list("row_count", flat=True))


def work_chunk(*, chunk_id: int, actor: Actor) -> int:
    """Do one chunk in one transaction and mark it done in the same; a done one costs nothing."""
    with transaction.atomic():
        chunk = JobChunk.objects.select_for_update(of=("self",)).select_related("run").get(pk=chunk_id)
        if chunk.done_at is not None:
            return chunk.row_count
        chunk.row_count = import_string(chunk.work)(chunk=chunk, actor=actor)
        chunk.done_at = wall_now()
        chunk.save(update_fields=("row_count", "done_at"))
        JobRun.objects.filter(pk=chunk.run_id).update(
            done_count=F("done_count") + 1, row_count=F("row_count") + chunk.row_count
        )
    return chunk.row_count


def ranges_of(first: int | None, last: int | None, *, size: int = 2500) -> list[tuple[int, int]]:
    """Contiguous ranges of at most ``size`` identifiers from ``first`` to ``last``; none where there are no rows."""
    if first is None or last is None:
        return []
    return [(start, min(start + size - 1, last)) for start in range(first, last + 1, size)]


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
