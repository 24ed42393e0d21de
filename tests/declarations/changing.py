"""Changes to point at: a decided request with a file, and a case."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile

from core.actor import Actor
from core.clock import wall_now
from declarations.changes import services
from declarations.changes.models import ChangeRequest, MassCase
from declarations.models import Declaration
from documents import services as documents
from tests.documents.samples import pdf


def withdrawal(declaration: Declaration, *, actor: Actor, at: datetime) -> ChangeRequest:
    return services.request_withdrawal(
        declaration=declaration,
        code="DUPLICATE",
        reason="Filed twice.",
        submitter=declaration.submitter,
        actor=actor,
        at=at,
    )


def with_file(change: ChangeRequest, *, actor: Actor, at: datetime) -> UUID:
    """A file of the request that has passed its check."""
    given: dict[str, Any] = {"actor": actor, "at": at}
    received = services.add_files(request=change, files=[SimpleUploadedFile("bill.pdf", pdf())], **given)
    return documents.check(document_id=received.rows[0].pk, wall_at=wall_now(), **given).public_id


def case_of(declaration: Declaration, *, at: datetime) -> MassCase:
    return MassCase.objects.create(
        program_account=declaration.program_account,
        submitter=declaration.submitter,
        reason="Freight was left out.",
        request_count=0,
        asked_at=at,
    )
