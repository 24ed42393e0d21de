"""The signed copy of a bond over the Bond API: a PDF put in its place and read back."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock, idempotency
from core.rest import IDEMPOTENCY_HEADER
from documents.attachment import attachment
from integrations.access import SuretySeat, surety_call
from integrations.api import BondView, bond_of
from integrations.rules import Scope
from integrations.software_call import READ, TAGS, WRITE
from security import services as bonds

PDF = "application/pdf"


class PdfParser(BaseParser):
    """The bytes as they come, and no more of them than one past the largest file that is kept."""

    media_type = PDF

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        content: bytes = stream.read(settings.LARGEST_DOCUMENT + 1)
        return content


class AlwaysJson(BaseContentNegotiation):
    """Whoever asks for a PDF still reads a refusal in the one shape of every error."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        given = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == given), None)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class Document(BondView):
    parser_classes = [PdfParser]
    content_negotiation_class = AlwaysJson

    @extend_schema(
        operation_id="read_bond_document",
        summary="The signed copy of a bond",
        tags=TAGS,
        responses={
            (200, PDF): OpenApiTypes.BINARY,
            **{status: READ[status] for status in READ if status != 406},
            503: READ[500],
        },
    )
    @surety_call(Scope.READ)
    def get(self, request: Request, seat: SuretySeat, pk: int) -> HttpResponse:
        return attachment(bonds.open_bond_copy(bond=bond_of(seat, pk), actor=seat.actor, at=clock.now()))

    @extend_schema(
        operation_id="put_bond_document",
        summary="Hand in the signed copy as a PDF; it takes the place of an earlier one",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request={PDF: OpenApiTypes.BINARY},
        responses={204: None, **{status: WRITE[status] for status in WRITE if status != 406}},
    )
    @surety_call(Scope.WRITE)
    def put(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        bond = bond_of(seat, pk)
        content = request.data if isinstance(request.data, bytes) else b""

        def work() -> tuple[int, None]:
            bonds.keep_bond_copy(
                bond_id=bond.pk, content=content, actor=seat.actor, at=clock.now(), wall_at=clock.wall_now()
            )
            return 204, None

        status, _body, _repeated = idempotency.once(
            caller=self.caller(request),
            key=request.headers.get("Idempotency-Key", ""),
            request={"sha256": hashlib.sha256(content).hexdigest()},
            work=work,
        )
        return Response(status=status)
