"""A stored file on its way out: always as a download, never shown inside the portal's own pages."""

from django.http import FileResponse

from documents import gateway
from documents.models import StoredDocument


def attachment(document: StoredDocument) -> FileResponse:
    """The answer that carries an accepted file, under its safe name and the kind that its content has.

    A browser must neither guess another kind nor run anything in it, whatever it holds.
    """
    response = FileResponse(
        gateway.opened(document.public_id),
        as_attachment=True,
        filename=document.name,
        content_type=document.media_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
