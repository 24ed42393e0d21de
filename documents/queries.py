"""Questions about stored files."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from documents.models import StoredDocument

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
