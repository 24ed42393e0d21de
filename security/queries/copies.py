"""The signed copy of a bond, kept in the document store under the bond's own case."""

from documents import queries as stored
from documents.models import StoredDocument
from security.models import Bond

#: The store's category of such a copy.
COPY = "BOND_COPY"


def case_of_bond(bond_id: int) -> str:
    return f"security.Bond:{bond_id}"


def copy_of_bond(bond_id: int) -> StoredDocument | None:
    """The copy that passed its check; an earlier one stands until the next has passed its own."""
    kept = stored.documents_of(case_of_bond(bond_id)).filter(state=StoredDocument.State.ACCEPTED)
    return kept.order_by("-id").first()


def bond_by_id(bond_id: int) -> Bond | None:
    """Any bond: for officers alone."""
    return Bond.objects.select_related("program_account").filter(pk=bond_id).first()
