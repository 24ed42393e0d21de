"""What wakes the making of a requested file: the commit that asked for it, and a sweep for forgotten ones."""

import structlog
from celery import shared_task
from kombu.exceptions import OperationalError

from core import clock
from statements.files import queries, services

log = structlog.get_logger(__name__)


@shared_task(name="statements.make_file")
def make_file(request_id: int) -> None:
    services.make(request_id=request_id, at=clock.now(), wall_at=clock.wall_now())


@shared_task(name="statements.sweep_files")
def sweep_files() -> None:
    for request_id in queries.left_unmade(wall_at=clock.wall_now()):
        make_file(request_id)


def dispatch(request_id: int) -> None:
    """Wake a worker; where no broker answers the file is made at once."""
    try:
        make_file.delay(request_id)
    except OperationalError as problem:
        log.warning("broker.unavailable", problem=str(problem))
        make_file(request_id)
