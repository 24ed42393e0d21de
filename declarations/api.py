"""Declarations for software: file one in a single call, list them, read one."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import JSONParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.errors import DomainError, Stranger
from core.rest import IDEMPOTENCY_HEADER, ErrorSerializer, IdempotentMixin
from declarations import queries, services, xml_calls
from declarations.models import Declaration
from declarations.serializers import (
    DeclarationCallSerializer,
    DeclarationSerializer,
    DeclarationSummarySerializer,
)
from declarations.services import HeaderInput, InvoiceEntry, InvoiceInput, LineEntry
from delegation.access import Seat, account_call
from delegation.rules import Action
from releases import queries as releases

TAGS = ["Declarations"]

EXAMPLE = {
    "release": "17042000000126",
    "invoices": [
        {
            "number": "SSP-88214",
            "dated_on": "2026-07-14",
            "vendor": "Summit Supply Partners LLC",
            "vendor_country": "US",
            "shipped_on": "2026-07-15",
            "shipped_from": "Detroit",
            "currency": "USD",
            "total": "9840.00",
            "lines": [
                {
                    "classification": "6404.11.91.00",
                    "origin": "CN",
                    "treatment": "MFN",
                    "quantity": "240",
                    "value": "9840.00",
                }
            ],
        }
    ],
}


COURIER_EXAMPLE = {
    "releases": ["17042000000134", "17042000000142"],
    "header": {"transport_mode": "AIR", "carrier": "8042", "unlading_port": "0453"},
    "invoices": [
        {
            "number": "CLVS-2026-07",
            "dated_on": "2026-07-14",
            "vendor": "Summit Supply Partners LLC",
            "vendor_country": "US",
            "shipped_on": "2026-07-15",
            "currency": "USD",
            "total": "420.00",
            "lines": [
                {
                    "classification": "4202.92.20.90",
                    "origin": "VN",
                    "treatment": "MFN",
                    "quantity": "12",
                    "value": "420.00",
                    "value_for_duty_code": "13",
                    "province": "ON",
                    "remarks": "Gifts",
                }
            ],
        }
    ],
}


class Declarations(IdempotentMixin, GenericAPIView[Declaration]):
    """The declarations of a program account that the caller may see, and filing one."""

    serializer_class = DeclarationSummarySerializer
    queryset = Declaration._default_manager.none()
    parser_classes = (JSONParser, xml_calls.DeclarationParser, xml_calls.TextDeclarationParser)

    @extend_schema(
        operation_id="list_declarations",
        summary="Declarations of a program account, newest first",
        tags=TAGS,
        responses={200: DeclarationSummarySerializer(many=True), 403: ErrorSerializer, 404: ErrorSerializer},
    )
    @account_call(to=Action.VIEW_TRANSACTIONS)
    def get(self, request: Request, seat: Seat) -> Response:
        rows = queries.declarations_of(seat.program_account.pk, visibility=seat.visibility)
        page = self.paginate_queryset(rows.select_related("program_account", "submitter"))
        return self.get_paginated_response(DeclarationSummarySerializer(page, many=True).data)

    @extend_schema(
        operation_id="file_declaration",
        summary="File a declaration in one call, as JSON or XML; the answer has the computed amounts",
        description="As XML the elements are the same fields; the schema stands at /api/v1/schemas/declaration.xsd.",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=DeclarationCallSerializer,
        responses={
            201: DeclarationSerializer,
            400: ErrorSerializer,
            403: ErrorSerializer,
            404: ErrorSerializer,
            409: ErrorSerializer,
        },
        examples=[
            OpenApiExample("One invoice with one line", request_only=True, value=EXAMPLE),
            OpenApiExample("A month of courier releases, casual goods", request_only=True, value=COURIER_EXAMPLE),
        ],
    )
    @account_call(to=Action.FILE_DECLARATION)
    def post(self, request: Request, seat: Seat) -> Response:
        call = DeclarationCallSerializer(data=request.data)
        call.is_valid(raise_exception=True)
        given = call.validated_data

        def work() -> tuple[int, Any]:
            row = services.file_declaration(
                **_releases(given, seat),
                header=HeaderInput(**given["header"]) if "header" in given else None,
                submitter=seat.provider or seat.business,
                invoices=[_invoice(invoice) for invoice in given["invoices"]],
                actor=seat.actor,
                at=clock.now(),
            )
            return 201, DeclarationSerializer(row, context={"visibility": seat.visibility}).data

        return self.once(request, work)


class OneDeclaration(APIView):
    """One declaration with its invoices and lines."""

    @extend_schema(
        operation_id="read_declaration",
        summary="A declaration with its invoices and lines",
        tags=TAGS,
        responses={200: DeclarationSerializer, 403: ErrorSerializer, 404: ErrorSerializer},
    )
    @account_call(to=Action.VIEW_TRANSACTIONS)
    def get(self, request: Request, seat: Seat, declaration: str) -> Response:
        row = queries.declaration_by_number(
            declaration, program_account_id=seat.program_account.pk, visibility=seat.visibility
        )
        if row is None:
            raise Stranger(_("There is no declaration of that number here. Check the number."), code="not_found")
        return Response(DeclarationSerializer(row, context={"visibility": seat.visibility}).data)


class DeclarationSchema(APIView):
    """The schema of a declaration sent as XML."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="get_declaration_schema",
        summary="The XML Schema of a declaration",
        tags=TAGS,
        responses={(200, "application/xml"): OpenApiResponse(response=str, description="XML Schema 1.0.")},
    )
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(xml_calls.schema(), content_type="application/xml; charset=utf-8")


def _releases(given: dict[str, Any], seat: Seat) -> dict[str, Any]:
    """The release of the call, or the courier releases; ``DomainError`` for a number that the seat can't see."""
    if "release" in given:
        release = releases.release_of_account(
            given["release"], program_account_id=seat.program_account.pk, visibility=seat.visibility
        )
        if release is None:
            raise _unknown("release")
        return {"release": release}
    seen = releases.releases_of_account(seat.program_account.pk, visibility=seat.visibility)
    found = list(seen.filter(transaction_number__in=given["releases"]))
    if len(found) < len(set(given["releases"])):
        raise _unknown("releases")
    return {"consolidated": found}


def _unknown(field: str) -> DomainError:
    return DomainError(
        _("There is no release of that number for this program account. Check the number."),
        code="release_unknown",
        field=field,
    )


def _invoice(given: dict[str, Any]) -> InvoiceEntry:
    header = {name: value for name, value in given.items() if name != "lines"}
    return InvoiceEntry(InvoiceInput(**header), [LineEntry(**line) for line in given["lines"]])
