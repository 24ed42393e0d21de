"""Questions about stored files, and about files that people asked for."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from documents.models import RequestedFile, StoredDocument

WAITING = (StoredDocument.State.RECEIVED, StoredDocument.State.CHECKING)
#: A check that was begun and not ended within this time is taken up again.
LOST_AFTER = timedelta(minutes=1)


def documents_of(case: str) -> QuerySet[StoredDocument]:
    """The files of a case in the order of their arrival, without those that were removed."""
    return StoredDocument.objects.filter(case=case).exclude(state=StoredDocument.State.REMOVED).order_by("id")


def document_of(case: str, public_id: UUID) -> StoredDocument | None:
    """One file of a case that was not removed."""
    return documents_of(case).filter(public_id=public_id).first()


def left_unchecked(*, wall_at: datetime) -> list[int]:
    """Files whose check never began or never ended, the oldest first."""
    before = wall_at - LOST_AFTER
    rows = StoredDocument.objects.filter(state__in=WAITING).filter(Q(tried_at=None) | Q(tried_at__lte=before))
    return list(rows.order_by("id").values_list("pk", flat=True)[:200])


# --- Files that people ask for ----------------------------------------------------------------------------------------
def requested_files(*, person_id: int, kind: str) -> QuerySet[RequestedFile]:
    """What a person asked for of one kind, the newest first."""
    return RequestedFile.objects.filter(person_id=person_id, kind=kind).order_by("-id")


def requested_file_of(*, person_id: int, kind: str, public_id: UUID) -> RequestedFile | None:
    """One of them: nobody else's is ever found."""
    return requested_files(person_id=person_id, kind=kind).filter(public_id=public_id).first()


def left_unmade(*, wall_at: datetime) -> list[int]:
    """Requests whose file was never begun or never finished, the oldest first."""
    before = wall_at - LOST_AFTER
    rows = RequestedFile.objects.filter(state=RequestedFile.State.REQUESTED)
    rows = rows.filter(Q(tried_at=None) | Q(tried_at__lte=before))
    return list(rows.order_by("id").values_list("pk", flat=True)[:200])


def over_on(on: date) -> list[int]:
    """Files whose last day is over."""
    rows = RequestedFile.objects.filter(state=RequestedFile.State.READY, kept_until__lt=on)
    return list(rows.order_by("id").values_list("pk", flat=True))
