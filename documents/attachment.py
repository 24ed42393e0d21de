"""A stored file on its way out: always as a download, never shown inside the portal's own pages."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from core.errors import Unavailable
from documents import gateway
from documents.models import RequestedFile, StoredDocument


def attachment(document: StoredDocument | RequestedFile) -> HttpResponse:
    """The answer that carries a file, accepted or made on request, under its safe name and the kind that it has.

    A browser must neither guess another kind nor run anything in it, whatever it holds. ``Unavailable`` where the bytes
    can't be read.
    """
    content = gateway.content_of(document.public_id)
    if content is None:
        raise Unavailable(
            _("The file can't be read at the moment. Try again later; its row and its history are kept."),
            code="document_unreadable",
        )
    return HttpResponse(
        content,
        content_type=document.media_type,
        headers={
            "Content-Disposition": content_disposition_header(True, document.name) or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )
