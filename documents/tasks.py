"""What wakes the check of a file, and the making of one: the commit that asked, and a sweep for what was forgotten."""

import structlog
from celery import shared_task
from kombu.exceptions import OperationalError

from core import clock
from core.actor import system
from documents import queries, services

log = structlog.get_logger(__name__)


@shared_task(name="documents.check")
def check(document_id: int) -> None:
    services.check(document_id=document_id, actor=system("documents.check"), at=clock.now(), wall_at=clock.wall_now())


@shared_task(name="documents.sweep")
def sweep() -> None:
    for document_id in queries.left_unchecked(wall_at=clock.wall_now()):
        check(document_id)
    for request_id in queries.left_unmade(wall_at=clock.wall_now()):
        dispatch_request(request_id)


@shared_task(name="documents.make_file")
def make_file(request_id: int) -> None:
    services.make_file(
        request_id=request_id, actor=system("documents.make_file"), at=clock.now(), wall_at=clock.wall_now()
    )


def dispatch(document_id: int) -> None:
    """Wake a worker; where no broker answers the file is checked at once."""
    try:
        check.delay(document_id)
    except OperationalError as problem:
        log.warning("broker.unavailable", problem=str(problem))
        check(document_id)


def dispatch_request(request_id: int) -> None:
    """Wake a worker; where no broker answers the file is made at once."""
    try:
        make_file.delay(request_id)
    except OperationalError as problem:
        log.warning("broker.unavailable", problem=str(problem))
        make_file(request_id)
