"""Files that people ask for: asked once, made aside, told, kept for ten days, and removed by the daily job.

Any room adds a kind: a line in ``settings.REQUESTED_FILES`` names its :class:`FileKind`, and the room's own page calls
:func:`ask_for_file`, lists ``documents.queries.requested_files`` and sends the bytes behind its own door.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.clock import TORONTO, at_toronto
from core.errors import Conflict
from core.models import AuditEvent, JobRun
from documents import gateway, queries
from documents.models import RequestedFile
from documents.rules import requests as rules
from documents.rules.requests import RequestState

BATCH = 500


@dataclass(frozen=True)
class Product:
    """A file that was made."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Order:
    """What is asked for: a kind, by whom, with which parameters (plain values), in which language."""

    kind: str
    person_id: int
    language: str
    business_id: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


class Maker(Protocol):
    """Makes the file of an order, as of a day, in the language that is active."""

    def __call__(self, *, order: Order, on: date) -> Product: ...


@dataclass(frozen=True)
class FileKind:
    """One kind of file: what it is called, how it is made, and the address of the page where it is picked up."""

    label: Any
    make: Maker
    page: Callable[[RequestedFile], str]


def kind_of(name: str) -> FileKind:
    """The kind of this name; ``KeyError`` for one that no room offers."""
    found: FileKind = import_string(settings.REQUESTED_FILES[name])
    return found


def ask_for_file(*, order: Order, actor: Actor, at: datetime) -> tuple[RequestedFile, bool]:
    """Have a file made; whoever asks for the same while one is being made gets that one, and ``False`` beside it."""
    kind_of(order.kind)
    with transaction.atomic():
        row, is_new = RequestedFile.objects.get_or_create(
            person_id=order.person_id,
            kind=order.kind,
            business_id=order.business_id,
            digest=rules.digest_of({**order.parameters, "business": order.business_id}, order.language),
            state=RequestedFile.State.REQUESTED,
            defaults={
                "parameters": dict(order.parameters),
                "language": order.language,
                "requested_by": actor.name,
                "requested_at": at,
            },
        )
        if is_new:
            _record(row, "file.requested", actor=actor, at=at)
            transaction.on_commit(partial(import_string(settings.REQUESTED_FILE_DISPATCH), row.pk), robust=True)
    return row, is_new


def make_file(*, request_id: int, actor: Actor, at: datetime, wall_at: datetime) -> RequestedFile:
    """Make a file and say so; done twice, or by two workers at once, it is made and told once.

    A try that ends in an error, or with its worker, is taken up again; after the third the file is given up.
    """
    with transaction.atomic():
        row = _row(request_id)
        if not rules.can_become(row.state, RequestState.READY):
            return row
        if rules.is_given_up(row.try_count):
            row.state = RequestedFile.State.FAILED
            row.save(update_fields=("state",))
            _record(row, "file.given_up", actor=actor, at=at)
            _tell(row, at=at)
            return row
        row.try_count, row.tried_at = row.try_count + 1, wall_at
        row.save(update_fields=("try_count", "tried_at"))
    on = at.astimezone(TORONTO).date()
    order = Order(row.kind, row.person_id, row.language, row.business_id, row.parameters)
    with translation.override(row.language):
        product = kind_of(row.kind).make(order=order, on=on)
    with transaction.atomic():
        row = _row(request_id)
        if not rules.can_become(row.state, RequestState.READY):
            return row
        # What an earlier try may have left under this name must not push the new bytes aside.
        gateway.forget(row.public_id)
        gateway.keep(row.public_id, product.content)
        row.state = RequestedFile.State.READY
        row.name, row.media_type, row.size = product.name, product.media_type, len(product.content)
        row.ready_at, row.kept_until = at, rules.kept_until(on)
        row.save()
        _record(row, "file.made", after={"size": row.size}, actor=actor, at=at)
        _tell(row, at=at)
    return row


def require_ready(row: RequestedFile | None, *, on: date) -> RequestedFile:
    """A file that may be downloaded on this day; ``Conflict`` with what to do otherwise."""
    if row is not None and row.state == RequestedFile.State.READY and rules.is_kept(row.kept_until, on=on):
        return row
    if row is not None and row.state == RequestedFile.State.REQUESTED:
        sentence = _("This file is still being made. You are told as soon as it is ready.")
    else:
        sentence = _("This file is no longer kept. Ask for it again; the new one is made of today's data.")
    raise Conflict(sentence, code="file_not_ready")


def expire_files(*, run: JobRun, on: date, actor: Actor) -> dict[str, int]:
    """The daily job: files whose last day is over lose their bytes and keep their row."""
    at, removed = at_toronto(on), 0
    while batch := queries.over_on(on)[:BATCH]:
        with transaction.atomic():
            rows = list(RequestedFile.objects.select_for_update().filter(pk__in=batch, state=RequestedFile.State.READY))
            RequestedFile.objects.filter(pk__in=[row.pk for row in rows]).update(state=RequestedFile.State.EXPIRED)
            audit.record_many([_event(row, "file.expired", actor=actor, at=at) for row in rows])
            for row in rows:
                transaction.on_commit(partial(gateway.forget, row.public_id))
        removed += len(rows)
    return {"files_removed": removed}


def record_download(*, row: RequestedFile, actor: Actor, at: datetime) -> None:
    """Somebody took a file that they had asked for."""
    _record(row, "file.downloaded", actor=actor, at=at)


def _row(request_id: int) -> RequestedFile:
    return RequestedFile.objects.select_for_update().get(pk=request_id)


def _tell(row: RequestedFile, *, at: datetime) -> None:
    """Tell the person, whom a room above knows, that the file is ready or was given up."""
    kind = kind_of(row.kind)
    import_string(settings.REQUESTED_FILE_DONE)(file=row, label=kind.label, link=partial(kind.page, row), at=at)


def _event(
    row: RequestedFile, verb: str, *, after: dict[str, Any] | None = None, actor: Actor, at: datetime
) -> AuditEvent:
    return audit.event(
        actor=actor,
        verb=verb,
        target=f"documents.RequestedFile:{row.pk}",
        business_id=row.business_id,
        after={"kind": row.kind, **(after or {})},
        at=at,
    )


def _record(row: RequestedFile, verb: str, *, after: dict[str, Any] | None = None, actor: Actor, at: datetime) -> None:
    audit.record_many([_event(row, verb, after=after, actor=actor, at=at)])
