"""Files are made, or noted as missing with their reason and tried again; asked for, kept ten days and taken away."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from accounts.models import ProgramAccount
from core import audit
from core.actor import Actor, ActorKind, system
from core.clock import TORONTO
from core.errors import Conflict, DomainError, Refused, Stranger, Unavailable
from core.lazy import lazy_text
from core.models import JobRun
from delegation import access
from delegation.rules import Action, Visibility
from documents import gateway
from notifications.services import notify
from statements import rules
from statements.files import content, queries
from statements.files.content import NotMade
from statements.models import FileRequest, LevelStatement, Paper, Statement
from statements.rules import FileFormat, FileState, Missing

#: What somebody must be able to do to have a file of each kind.
NEEDED = {FileRequest.Kind.STATEMENTS: Action.VIEW_STATEMENTS, FileRequest.Kind.HISTORY: Action.VIEW_TRANSACTIONS}
READY = gettext_lazy("The file you asked for is ready: %(kind)s")
TAKE_IT = gettext_lazy("You can take it through %(day)s. After that it is deleted and can be asked for again.")
NOT_MADE = gettext_lazy("The file you asked for could not be made: %(kind)s")
TRY_AGAIN = gettext_lazy("Open the list of your files to see why, and try again.")


# --- Made at once ----------------------------------------------------------------------------------------------------


def make_paper(
    *, of: Statement | LevelStatement, file_format: FileFormat, actor: Actor, on: date, at: datetime
) -> bytes | None:
    """The file of a statement in the active language; ``None`` where it could not be made, which is noted with why."""
    which = {**queries.key_of(of), "file_format": file_format, "language": get_language() or "en"}
    try:
        made = content.statement_file(of, file_format, on=on)
    except NotMade as problem:
        _note_missing(which, problem, of=of, actor=actor, at=at)
        return None
    Paper.objects.filter(**which, state=Paper.State.MISSING).update(
        state=Paper.State.MADE, try_count=F("try_count") + 1, tried_at=at
    )
    return made


def missing_paper(*, of: Statement | LevelStatement, file_format: FileFormat) -> Paper | None:
    """Why the file in the active language is missing, if it is."""
    return queries.paper_of(of, file_format, get_language() or "en")


def _note_missing(
    which: Mapping[str, Any], problem: NotMade, *, of: Statement | LevelStatement, actor: Actor, at: datetime
) -> None:
    facts = {
        "state": Paper.State.MISSING,
        "problem": problem.problem.value,
        "detail": problem.detail[:200],
        "tried_at": at,
    }
    account = of.program_account if isinstance(of, Statement) else None
    with transaction.atomic():
        row, is_new = Paper.objects.get_or_create(**which, defaults=facts)
        if not is_new:
            Paper.objects.filter(pk=row.pk).update(try_count=F("try_count") + 1, **facts)
        audit.record(
            actor=actor,
            verb="statement.file_missing",
            target=f"{of._meta.label}:{of.pk}",
            business_id=account.business_id if account else of.business_id,  # type: ignore[union-attr]
            program_account_id=account.pk if account else None,
            after={"format": which["file_format"], "language": which["language"], "problem": problem.problem.value},
            at=at,
        )


# --- Asked for -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """A request; not new where one for the same thing was there already."""

    request: FileRequest
    is_new: bool


def request_statements(
    *,
    program_account: ProgramAccount,
    visibility: Visibility,
    first: str,
    last: str,
    file_format: FileFormat,
    actor: Actor,
    at: datetime,
) -> Asked:
    """Ask for the statements of some months ("2025-01"), in one archive in the active language.

    Statements never change, so a ready file for the same months is given instead of a new one. ``DomainError`` where
    the account has none in these months.
    """
    parameters = {"first": first, "last": last}
    if not queries.statements_asked_for(program_account.pk, parameters):
        raise DomainError(
            _("No statement was issued in these months. Choose others; the list of statements shows which there are."),
            code="no_statement",
            field="first",
        )
    return _request(
        FileRequest(kind=FileRequest.Kind.STATEMENTS, file_format=file_format, parameters=parameters),
        program_account=program_account,
        visibility=visibility,
        actor=actor,
        at=at,
    )


def request_history(
    *,
    program_account: ProgramAccount,
    visibility: Visibility,
    parameters: Mapping[str, Any],
    file_format: FileFormat,
    actor: Actor,
    at: datetime,
) -> Asked:
    """Ask for the history as it was filtered (``queries.HistoryQuery.as_texts``); one for the same that is being made
    is given instead of a new one."""
    return _request(
        FileRequest(kind=FileRequest.Kind.HISTORY, file_format=file_format, parameters=dict(parameters)),
        program_account=program_account,
        visibility=visibility,
        actor=actor,
        at=at,
    )


def _request(
    row: FileRequest, *, program_account: ProgramAccount, visibility: Visibility, actor: Actor, at: datetime
) -> Asked:
    person = cast(int, actor.user_id)
    row.program_account, row.user_id, row.business_id = program_account, person, actor.business_id or 0
    row.scope, row.language, row.requested_at = queries.scope_of(visibility), get_language() or "en", at
    row.fingerprint = _fingerprint(row)
    own = queries.requests_of(program_account.pk, user_id=person, business_id=actor.business_id, visibility=visibility)
    is_frozen = row.kind == FileRequest.Kind.STATEMENTS
    with transaction.atomic():
        # Of two who ask at once, the second waits here and then finds what the first has asked for.
        ProgramAccount.objects.select_for_update().get(pk=program_account.pk)
        there = queries.same_request(own, row.fingerprint, is_frozen=is_frozen)
        if there is not None:
            return Asked(there, is_new=False)
        row.save(force_insert=True)
        _record(row, "statement.file_requested", actor=actor, at=at)
        transaction.on_commit(partial(import_string(settings.FILE_DISPATCH), row.pk))
    return Asked(row, is_new=True)


def _fingerprint(row: FileRequest) -> str:
    told = [row.kind, row.file_format, row.language, row.scope, row.parameters]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def try_again(*, request: FileRequest, actor: Actor, at: datetime) -> FileRequest:
    """Have a file made that could not be made; ``Conflict`` unless it is missing."""
    with transaction.atomic():
        row = FileRequest.objects.select_for_update().get(pk=request.pk)
        if not rules.file_can_become(row.state, FileState.REQUESTED):
            raise Conflict(
                _("This file is not missing. Look at its state in the list of your files."), code="file_not_missing"
            )
        row.state, row.problem, row.tried_at = FileRequest.State.REQUESTED, "", None
        row.save(update_fields=("state", "problem", "tried_at"))
        _record(row, "statement.file_requested", actor=actor, at=at)
        transaction.on_commit(partial(import_string(settings.FILE_DISPATCH), row.pk))
    return row


def make(*, request_id: int, at: datetime, wall_at: datetime) -> FileRequest:
    """Make a requested file; done twice, or by two workers at once, it has one outcome.

    The door is opened once more: who may no longer see all that was asked for gets nothing.
    """
    with transaction.atomic():
        row = FileRequest.objects.select_for_update().get(pk=request_id)
        if not rules.file_can_become(row.state, FileState.RUNNING):
            return row
        row.state, row.tried_at = FileRequest.State.RUNNING, wall_at
        row.save(update_fields=("state", "tried_at"))
    on = at.astimezone(TORONTO).date()
    row = FileRequest.objects.select_related("program_account__business", "user").get(pk=request_id)
    try:
        visibility = _still_allowed(row, on=on)
        with override(row.language):
            made = content.requested_file(row, visibility=visibility, on=on)
        gateway.forget(row.public_id)
        gateway.keep(row.public_id, made.content)
    except NotMade as problem:
        return _end(row, FileState.FAILED, at=at, problem=problem.problem.value)
    except OSError:
        return _end(row, FileState.FAILED, at=at, problem=Missing.STORAGE.value)
    return _end(
        row,
        FileState.READY,
        at=at,
        name=made.name,
        media_type=made.media_type,
        size=len(made.content),
        row_count=made.row_count,
        made_at=at,
        expires_on=rules.kept_through(on),
    )


def _still_allowed(row: FileRequest, *, on: date) -> Visibility:
    person = Actor(kind=ActorKind.PERSON, user_id=row.user_id, name=str(row.user))
    try:
        seat = access.program_account_for(person, row.program_account.number, to=NEEDED[row.kind], on=on)  # type: ignore[index]
    except (Refused, Stranger) as refusal:
        raise NotMade(Missing.ACCESS) from refusal
    if seat.actor.business_id != row.business_id or queries.scope_of(seat.visibility) != row.scope:
        raise NotMade(Missing.ACCESS)
    return seat.visibility


def _end(row: FileRequest, state: FileState, *, at: datetime, **facts: Any) -> FileRequest:
    """Write how it ended and tell the person; another worker that ended it first is left its word."""
    with transaction.atomic():
        locked = FileRequest.objects.select_for_update().get(pk=row.pk)
        if not rules.file_can_become(locked.state, state):
            return locked
        locked.state = state
        for name, value in facts.items():
            setattr(locked, name, value)
        locked.save()
        is_ready = state == FileState.READY
        verb = "statement.file_ready" if is_ready else "statement.file_failed"
        _record(locked, verb, actor=system("requested_files"), at=at)
        kind = FileRequest.Kind(locked.kind).label
        notify(
            recipients=[row.user],
            subject=lazy_text(READY if is_ready else NOT_MADE, kind=kind),
            body=lazy_text(TAKE_IT, day=locked.expires_on) if is_ready else TRY_AGAIN,
            category="statement",
            link=partial(reverse, "statements:files", args=(row.program_account.number,)),
            business_id=row.business_id,
            program_account_id=row.program_account_id,
            at=at,
        )
    return locked


def take(*, request: FileRequest, at: datetime) -> bytes:
    """The bytes of a ready file; the first time is noted. ``Conflict`` when it isn't ready, ``Unavailable`` when it
    can't be read."""
    if request.state != FileRequest.State.READY:
        raise Conflict(
            _("This file can't be taken: it is not ready or was deleted after ten days. Ask for it again."),
            code="file_not_ready",
        )
    found = gateway.content_of(request.public_id)
    if found is None:
        raise Unavailable(
            _("The file can't be read at the moment. Try again later, or ask for it again."), code="file_unreadable"
        )
    FileRequest.objects.filter(pk=request.pk, read_at=None).update(read_at=at)
    return found


def run_expiry(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """Delete the files that were kept for ten days; their rows stay and say so."""
    count = 0
    with transaction.atomic():
        for locked in queries.to_expire(on=on).select_for_update():
            locked.state = FileRequest.State.EXPIRED
            locked.save(update_fields=("state",))
            _record(locked, "statement.file_expired", actor=actor, at=run.due_at)
            transaction.on_commit(partial(gateway.forget, locked.public_id))
            count += 1
    return {"files": count}


def require(found: FileRequest | None) -> FileRequest:
    if found is None:
        raise Stranger(_("There is no such file. Choose one from the list of your files."), code="no_file")
    return found


def _record(row: FileRequest, verb: str, *, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        target=f"statements.FileRequest:{row.public_id}",
        business_id=row.program_account.business_id,
        program_account_id=row.program_account_id,
        after={"kind": row.kind, "format": row.file_format, "problem": row.problem, **row.parameters},
        at=at,
    )
