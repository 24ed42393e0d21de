"""Questions about the files of statements: which are missing, which were asked for, which wait to be made."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from delegation.rules import Visibility
from statements.models import FileRequest, LevelStatement, Paper, Statement
from statements.rules import FileFormat, scope_text

WAITING = (FileRequest.State.REQUESTED, FileRequest.State.RUNNING)
#: A file that was begun and not ended within this time is taken up again.
LOST_AFTER = timedelta(minutes=10)


def key_of(of: Statement | LevelStatement) -> dict[str, Any]:
    return {"statement": of} if isinstance(of, Statement) else {"level_statement": of}


def missing_papers(of: Statement | LevelStatement) -> list[Paper]:
    """The files of a statement whose last try failed."""
    return list(Paper.objects.filter(**key_of(of), state=Paper.State.MISSING))


def paper_of(of: Statement | LevelStatement, file_format: FileFormat, language: str) -> Paper | None:
    return Paper.objects.filter(**key_of(of), file_format=file_format, language=language).first()


def scope_of(visibility: Visibility) -> str:
    return scope_text(
        is_full=visibility.is_full, submitter_ids=visibility.submitter_ids, excluded_ids=visibility.excluded_ids
    )


def requests_of(
    program_account_id: int, *, user_id: int, business_id: int | None, visibility: Visibility
) -> QuerySet[FileRequest]:
    """What a person asked for in this account from the business they act for, as far as they still see the same."""
    return FileRequest.objects.filter(
        program_account_id=program_account_id,
        user_id=user_id,
        business_id=business_id or 0,
        scope=scope_of(visibility),
    ).order_by("-id")


def request_of(rows: QuerySet[FileRequest], public_id: UUID) -> FileRequest | None:
    return rows.filter(public_id=public_id).first()


def same_request(rows: QuerySet[FileRequest], fingerprint: str, *, is_frozen: bool) -> FileRequest | None:
    """One for the same thing that is being made, or that is ready where the thing itself cannot change."""
    waiting = Q(state__in=WAITING)
    wanted = waiting | Q(state=FileRequest.State.READY) if is_frozen else waiting
    return rows.filter(wanted, fingerprint=fingerprint).first()


def left_unmade(*, wall_at: datetime) -> list[int]:
    """Requested files that nobody works on, the oldest first."""
    lost = Q(tried_at=None) | Q(tried_at__lte=wall_at - LOST_AFTER)
    rows = FileRequest.objects.filter(lost, state__in=WAITING)
    return list(rows.order_by("id").values_list("pk", flat=True)[:50])


def to_expire(*, on: date) -> QuerySet[FileRequest]:
    return FileRequest.objects.filter(state=FileRequest.State.READY, expires_on__lt=on).order_by("id")


def statements_asked_for(program_account_id: int, parameters: Mapping[str, Any]) -> list[Statement]:
    """The statements from one month through another, oldest first."""
    first, last = (date.fromisoformat(f"{parameters[name]}-01") for name in ("first", "last"))
    rows = Statement.objects.filter(program_account_id=program_account_id, statement_on__gte=first)
    until = (last + timedelta(days=31)).replace(day=1)
    return list(rows.filter(statement_on__lt=until).order_by("statement_on"))
