"""Files are received, checked after the commit, and removed; what is refused keeps its row, never its bytes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import audit
from core.actor import Actor
from core.errors import Conflict, DomainError
from documents import gateway, queries, rules
from documents.models import StoredDocument
from documents.rules import DocumentState, Problem, Verdict


class Incoming(Protocol):
    """A file as it arrives."""

    @property
    def name(self) -> str | None: ...

    @property
    def size(self) -> int | None: ...

    def read(self) -> bytes: ...


@dataclass(frozen=True)
class Folder:
    """What a file belongs to: an opaque case with its person or business, and the category chosen for it."""

    case: str
    category: str
    person_id: int | None = None
    business_id: int | None = None


@dataclass
class Received:
    """What came of several files: rows, refused ones among them, and names of those that are here already."""

    rows: list[StoredDocument] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)


def receive(*, files: Iterable[Incoming], folder: Folder, actor: Actor, at: datetime) -> Received:
    """Take several files into one folder; each is checked once this is committed.

    A file refused by its name or size stays as a row that says why; its bytes are not even read. One whose bytes are in
    the case already is left out and named. ``DomainError`` when there are more than ten at once.
    """
    chosen = list(files)
    if len(chosen) > rules.MOST_FILES:
        raise DomainError(
            ngettext(
                "Choose at most %(count)d file at once. You can add more afterwards.",
                "Choose at most %(count)d files at once. You can add more afterwards.",
                rules.MOST_FILES,
            )
            % {"count": rules.MOST_FILES},
            code="too_many_files",
            field="uploads",
        )
    result = Received()
    for incoming in chosen:
        row = _receive(incoming, folder, actor=actor, at=at)
        if row is None:
            result.repeated.append(rules.safe_name(incoming.name or ""))
        else:
            result.rows.append(row)
    return result


def check(*, document_id: int, actor: Actor, at: datetime, wall_at: datetime) -> StoredDocument:
    """Look at the bytes of a file; done twice, or by two workers at once, it has one outcome."""
    with transaction.atomic():
        row = StoredDocument.objects.select_for_update().get(pk=document_id)
        if row.state not in queries.WAITING:
            return row
        row.state, row.tried_at = StoredDocument.State.CHECKING, wall_at
        row.save(update_fields=("state", "tried_at"))
    content = gateway.content_of(row.public_id)
    verdict = (
        Verdict(problem=Problem.LOST)
        if content is None or gateway.hash_of(content) != row.sha256
        else rules.verdict_of(row.name, content, has_virus=gateway.has_virus)
    )
    with transaction.atomic():
        row = StoredDocument.objects.select_for_update().get(pk=document_id)
        if row.state != StoredDocument.State.CHECKING:
            return row
        row.checked_at = at
        if verdict.kind is not None:
            row.state, row.media_type = StoredDocument.State.ACCEPTED, verdict.kind.value
            _record(row, "document.accepted", actor=actor, at=at)
        else:
            row.state, row.problem = StoredDocument.State.REFUSED, str(verdict.problem)
            _record(row, "document.refused", after={"problem": row.problem}, actor=actor, at=at)
            transaction.on_commit(partial(gateway.forget, row.public_id))
        row.save()
        _tell(row, actor=actor, at=at)
    return row


def remove(*, document: StoredDocument, actor: Actor, at: datetime) -> StoredDocument:
    """Take a file out of its case; its bytes go with the commit. Removed twice, it is removed once."""
    with transaction.atomic():
        row = StoredDocument.objects.select_for_update().get(pk=document.pk)
        if not rules.can_become(row.state, DocumentState.REMOVED):
            return row
        row.state = StoredDocument.State.REMOVED
        row.save(update_fields=("state",))
        _record(row, "document.removed", actor=actor, at=at)
        transaction.on_commit(partial(gateway.forget, row.public_id))
    return row


def require_accepted(document: StoredDocument | None) -> StoredDocument:
    """A file that may be opened; ``Conflict`` while it waits for its check or was refused."""
    if document is None or not document.is_accepted:
        raise Conflict(
            _("This file can't be opened: it has not passed its check. Look at its state in the list of files."),
            code="document_not_accepted",
        )
    return document


def _receive(incoming: Incoming, folder: Folder, *, actor: Actor, at: datetime) -> StoredDocument | None:
    """One file; ``None`` when the case holds the same bytes already."""
    given, size = incoming.name or "", incoming.size or 0
    row = StoredDocument(
        case=folder.case,
        person_id=folder.person_id,
        business_id=folder.business_id,
        category=folder.category,
        name=rules.safe_name(given),
        size=size,
        uploaded_by=actor.name,
        uploaded_at=at,
    )
    problem = rules.first_problem(given, size, largest=settings.LARGEST_DOCUMENT)
    if problem is not None:
        row.state, row.problem, row.checked_at = StoredDocument.State.REFUSED, problem.value, at
        with transaction.atomic():
            row.save(force_insert=True)
            _record(row, "document.refused", after={"problem": problem.value}, actor=actor, at=at)
            _tell(row, actor=actor, at=at)
        return row
    content = incoming.read()
    row.sha256, row.size = gateway.hash_of(content), len(content)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            _record(row, "document.received", after={"sha256": row.sha256}, actor=actor, at=at)
            # The row first: of the same file twice at once, only the one that is entered writes its bytes.
            gateway.keep(row.public_id, content)
            transaction.on_commit(partial(import_string(settings.DOCUMENT_DISPATCH), row.pk))
    except IntegrityError:
        return None
    return row


def _tell(row: StoredDocument, *, actor: Actor, at: datetime) -> None:
    """Tell the case, whichever room it stands in, how the check ended."""
    import_string(settings.DOCUMENT_CHECKED)(document=row, actor=actor, at=at)


def _record(row: StoredDocument, verb: str, *, after: dict[str, Any] | None = None, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        target=row.case,
        business_id=row.business_id,
        after={"document": str(row.public_id), "name": row.name, "category": row.category, **(after or {})},
        at=at,
    )
