"""The signed copy of a bond: the surety hands it in, and its parties and officers open it."""

from datetime import datetime

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor, system
from core.errors import DomainError, Stranger
from documents import queries as stored
from documents import services as documents
from documents.models import StoredDocument
from documents.services import Folder
from security import queries
from security.models import Bond
from security.services.parts import record


def keep_bond_copy(*, bond_id: int, content: bytes, actor: Actor, at: datetime, wall_at: datetime) -> None:
    """Put a PDF in the place of the copy that stood there; the same bytes again change nothing.

    It is checked before this returns. ``DomainError`` for what is no sound PDF, and the earlier copy stays.
    """
    case = queries.case_of_bond(bond_id)
    with transaction.atomic():
        bond = Bond.objects.select_for_update().get(pk=bond_id)
        earlier = list(stored.documents_of(case))
        folder = Folder(case=case, category=queries.COPY, business_id=bond.debtor_id)
        # The name decides which kind the content has to be.
        file = ContentFile(content, name=f"{bond.agreement_number}.pdf")
        rows = documents.receive(files=[file], folder=folder, actor=actor, at=at).rows
    if not rows:
        return
    row = documents.check(document_id=rows[0].pk, actor=system("documents.check"), at=at, wall_at=wall_at)
    if row.is_refused:
        raise DomainError(row.sentence, code="document_refused", field="document")
    for old in earlier:
        documents.remove(document=old, actor=actor, at=at)


def open_bond_copy(*, bond: Bond, actor: Actor, at: datetime) -> StoredDocument:
    """The copy, noted in the trail; ``Stranger`` where none was handed in."""
    document = queries.copy_of_bond(bond.pk)
    if document is None:
        raise Stranger(_("There is no copy of this agreement yet. Ask the surety to hand one in."), code="not_found")
    record(actor, "document.opened", bond, at=at, after={"document": str(document.public_id), "name": document.name})
    return document
