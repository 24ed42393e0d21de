"""What the pages of this room share: where a document stands, days in addresses, files as answers."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse

from delegation.access import Seat
from delegation.rules import Role
from ledger.rules import EntryKind
from statements.sheet import Document


def day_of(text: str) -> date | None:
    """The day in an address; ``None`` where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def about(entry: Any) -> Document:
    """The document that a person knows an entry by: for interest the one that was late."""
    return Document.of(entry.memo if entry.kind == EntryKind.INTEREST and ":" in entry.memo else entry.source)


def address_of(seat: Seat, document: Document) -> str:
    """The page of a declaration or payment; empty for a document that has none."""
    names = {"declaration": "declarations:detail", "payment": "payments:detail"}
    if document.kind not in names or not document.number:
        return ""
    return reversed_url(names[document.kind], seat.program_account.number, document.number)


def reversed_url(name: str, *args: str) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def sees_entity(seat: Seat) -> bool:
    """Whether somebody sees the levels above the program account: a manager of the whole business, at home there."""
    return not seat.is_delegated and seat.role == Role.BAM


def file_response(content: bytes, content_type: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)
