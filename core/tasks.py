"""What workers and the beat wake: one line over a service each, safe to run twice."""

import structlog
from celery import shared_task
from kombu.exceptions import OperationalError

from core import audit, jobs, outbox
from core.actor import system

log = structlog.get_logger(__name__)


@shared_task(name="core.tick")
def tick() -> None:
    jobs.tick()


@shared_task(name="core.work_clock_move")
def work_clock_move(move_id: int) -> None:
    jobs.work_clock_move(move_id=move_id)


@shared_task(name="core.work_chunk")
def work_chunk(chunk_id: int) -> None:
    jobs.work_chunk(chunk_id=chunk_id, actor=system("worker"), waits=False)


@shared_task(name="core.work_run")
def work_run(run_id: int) -> None:
    jobs.work_run(run_id=run_id, waits=False)


@shared_task(name="core.deliver_outbox")
def deliver_outbox() -> None:
    outbox.deliver_waiting()


@shared_task(name="core.seal_audit")
def seal_audit() -> None:
    audit.seal_pending()


@shared_task(name="core.sweep_chunks")
def sweep_chunks() -> None:
    """A lost message is sent again: the row of the chunk, or of the run, says that it is not done."""
    dispatch_chunks(jobs.waiting_chunks(500))
    for run_id in jobs.left_runs():
        dispatch_run(run_id)


@shared_task(name="core.resume_clock_moves")
def resume_clock_moves() -> None:
    """A move whose message was lost, or whose worker died, is taken up again."""
    for move_id in jobs.stranded_moves():
        dispatch_clock_move(move_id)


def dispatch_chunks(chunk_ids: list[int]) -> None:
    """Wake workers for these chunks; without a broker the caller does them itself."""
    try:
        for chunk_id in chunk_ids:
            work_chunk.delay(chunk_id)
    except OperationalError as problem:
        log.warning("broker.unavailable", problem=str(problem))


def dispatch_outbox() -> None:
    try:
        deliver_outbox.delay()
    except OperationalError as problem:
        log.warning("broker.unavailable", problem=str(problem))


def dispatch_clock_move(move_id: int) -> None:
    """Queue the move; when no broker answers, the sweep finds it as soon as one does."""
    try:
        work_clock_move.delay(move_id)
    except OperationalError as problem:
        log.warning("broker.unavailable", problem=str(problem))


def dispatch_run(run_id: int) -> None:
    """Wake a worker for the run; when no broker answers, the next tick of the clock takes it up."""
    try:
        work_run.delay(run_id)
    except OperationalError as problem:
        log.warning("broker.unavailable", problem=str(problem))
