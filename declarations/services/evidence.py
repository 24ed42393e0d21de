"""Papers behind a declaration: invoices, certificates, permits, kept in the document store."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.actor import Actor
from core.errors import Conflict, DomainError
from declarations.models import Declaration
from declarations.services.parts import locked_declaration, record
from documents import queries as stored
from documents import services as documents
from documents.models import StoredDocument
from documents.services import Folder, Incoming, Received

#: What a paper can be.
EVIDENCE = {
    "INVOICE": gettext_lazy("Commercial invoice"),
    "ORIGIN": gettext_lazy("Certification of origin"),
    "TRANSPORT": gettext_lazy("Transport document"),
    "PERMIT": gettext_lazy("Permit or certificate"),
    "SIMA": gettext_lazy("SIMA evidence"),
    "OTHER": gettext_lazy("Something else"),
}


def case_of(declaration: Declaration) -> str:
    """The case under which the store keeps the declaration's papers."""
    return f"declarations.Declaration:{declaration.number}"


def add_evidence(
    *, declaration: Declaration, kind: str, files: Sequence[Incoming], actor: Actor, at: datetime
) -> Received:
    """Keep papers with a declaration, before and after it is accepted; each is checked once this is committed."""
    if kind not in EVIDENCE:
        raise DomainError(_("Choose what the files are."), code="evidence_unknown", field="kind")
    folder = Folder(case=case_of(declaration), category=kind, business_id=declaration.program_account.business_id)
    return documents.receive(files=files, folder=folder, actor=actor, at=at)


def remove_evidence(*, declaration: Declaration, public_id: UUID, actor: Actor, at: datetime) -> None:
    """Take a paper out again; ``Conflict`` once the declaration is accepted, because it was filed with it."""
    with transaction.atomic():
        declaration = locked_declaration(declaration)
        document = stored.document_of(case_of(declaration), public_id)
        if document is None:
            return
        if document.is_accepted and declaration.version_count:
            raise Conflict(
                _("This paper belongs to a declaration that was accepted, so it stays. Add another one beside it."),
                code="evidence_filed",
            )
        documents.remove(document=document, actor=actor, at=at)


def open_evidence(*, declaration: Declaration, public_id: UUID, actor: Actor, at: datetime) -> StoredDocument:
    """A paper that may be opened, noted in the trail; ``Conflict`` while it waits for its check or was refused."""
    document = documents.require_accepted(stored.document_of(case_of(declaration), public_id))
    record(
        declaration,
        "declaration.evidence_opened",
        actor=actor,
        at=at,
        after={"document": str(document.public_id), "name": document.name},
    )
    return document
