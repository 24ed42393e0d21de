"""Declarations for software: file one in a single call, list them, read one."""

from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.errors import DomainError, Stranger
from core.money import ZERO
from core.rest import IDEMPOTENCY_HEADER, ErrorSerializer, IdempotentMixin
from declarations import queries, services
from declarations.models import Declaration, DeclarationVersion, Invoice, Line
from declarations.services import HeaderInput, InvoiceEntry, InvoiceInput, LineEntry
from delegation.access import Seat, account_call
from delegation.rules import Action
from releases import queries as releases

TAGS = ["Declarations"]


def _foreign(**kwargs: Any) -> serializers.DecimalField:
    """An amount above zero in the invoice's currency."""
    return serializers.DecimalField(max_digits=12, decimal_places=2, **kwargs)


def _dollars() -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0, default=ZERO)


def _code(longest: int, about: str) -> serializers.CharField:
    return serializers.CharField(max_length=longest, default="", allow_blank=True, help_text=about)


def _amount() -> serializers.DecimalField:
    """Canadian dollars as text with two decimals; a money column is whole cents, which would be read as an integer."""
    return serializers.DecimalField(max_digits=14, decimal_places=2, read_only=True)


class LineCallSerializer(serializers.Serializer[dict[str, Any]]):
    """A commodity line; ``value`` in the invoice's currency, the other amounts in Canadian dollars."""

    classification = serializers.CharField(max_length=13, help_text="Ten digits, with or without points.")
    description = serializers.CharField(max_length=200, default="", allow_blank=True)
    origin = serializers.RegexField(r"^[A-Z]{2}$", help_text="Country, ISO 3166-1 alpha-2.")
    treatment = serializers.CharField(max_length=6, help_text="Tariff treatment, such as MFN.")
    quantity = serializers.DecimalField(max_digits=15, decimal_places=3, help_text="In the tariff's unit.")
    value = _foreign()
    origin_proof = serializers.CharField(max_length=60, default="", allow_blank=True)
    surtax_is_contested = serializers.BooleanField(default=False)
    sima = _dollars()
    excise_duty = _dollars()
    excise_tax = _dollars()
    gst_exemption = _code(4, "GST status code.")
    value_for_duty_code = _code(2, "Two digits: relationship, then method of valuation.")
    special_authority = _code(16, "Number of an order, such as 20-1135.")
    sima_subject = _code(11, "SUBJECT, NON_SUBJECT or UNDERTAKING.")
    sima_price = _foreign(required=False, allow_null=True, help_text="SIMA invoice price.")
    sima_currency = _code(3, "Currency of the SIMA price.")
    sima_exporter = _code(60, "Exporter of goods under SIMA.")
    sima_model = _code(60, "Model of goods under SIMA.")
    surtax_ground = _code(9, "Why no surtax: GOODS, QUOTA or REMISSION.")
    surtax_reference = _code(30, "Number of the permit or remission order.")
    excise_exemption = _code(4, "Excise exemption code.")
    province = _code(2, "Casual goods only: where they go to, such as ON.")
    remarks = _code(300, "Remarks on the goods.")


class InvoiceCallSerializer(serializers.Serializer[dict[str, Any]]):
    """An invoice with its lines."""

    number = serializers.CharField(max_length=35)
    dated_on = serializers.DateField()
    vendor = serializers.CharField(max_length=120)
    vendor_country = serializers.RegexField(r"^[A-Z]{2}$")
    shipped_on = serializers.DateField(help_text="Day of direct shipment; its exchange rate counts.")
    shipped_from = serializers.CharField(max_length=60, default="", allow_blank=True)
    purchaser = _code(120, "Where it is not the importer.")
    time_limit_months = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=60, help_text="For goods that leave Canada again."
    )
    currency = serializers.RegexField(r"^[A-Z]{3}$")
    total = _foreign()
    lines = LineCallSerializer(many=True, allow_empty=False, max_length=services.MOST_LINES)  # type: ignore[call-arg]


def _transaction(**kwargs: Any) -> serializers.RegexField:
    return serializers.RegexField(
        r"^\d{14}$", error_messages={"invalid": gettext_lazy("Send the fourteen digits of the release.")}, **kwargs
    )


class HeaderCallSerializer(serializers.Serializer[dict[str, Any]]):
    """How the goods came."""

    transport_mode = _code(7, "AIR, HIGHWAY, RAIL, MARINE, PIPE or MAIL.")
    carrier = _code(4, "Carrier code.")
    unlading_port = _code(4, "Office code of the port of unlading.")
    cargo_control_numbers = _code(300, "Parted by commas.")


class DeclarationCallSerializer(serializers.Serializer[dict[str, Any]]):
    """Everything of a declaration; duties and taxes are computed."""

    release = _transaction(required=False, help_text="Transaction number of the release; types AB and C.")
    releases = serializers.ListField(
        child=_transaction(),
        required=False,
        max_length=5000,
        help_text="Transaction numbers of the courier releases of one calendar month; type F.",
    )
    header = HeaderCallSerializer(required=False)
    invoices = InvoiceCallSerializer(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=services.MOST_INVOICES
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if sum(len(invoice["lines"]) for invoice in given["invoices"]) > services.MOST_LINES:
            raise serializers.ValidationError(
                {"invoices": [_("Send at most %(most)s lines in all.") % {"most": services.MOST_LINES}]},
                code="too_many_lines",
            )
        if bool(given.get("release")) == bool(given.get("releases")):
            raise serializers.ValidationError(
                {"release": [_("Send one release, or the courier releases of one month, not both.")]},
                code="release_or_releases",
            )
        return given


class LineSerializer(serializers.ModelSerializer[Line]):
    """A line with the rates in force and the amounts they gave, Canadian dollars."""

    duty_rate = serializers.CharField(source="duty_rate_text")
    duty_rate_is_illustrative = serializers.BooleanField(source="rate_is_illustrative")
    surtax_rate = serializers.SerializerMethodField(help_text="Percent.")
    value_for_duty = _amount()
    duty = _amount()
    sima = _amount()
    surtax = _amount()
    excise_duty = _amount()
    excise_tax = _amount()
    value_for_tax = _amount()
    gst = _amount()
    hst = _amount()
    provincial_tax = _amount()
    sima_self_declared = _amount()
    provincial_rate = serializers.SerializerMethodField(help_text="Percent.")
    total = _amount()

    class Meta:
        model = Line
        fields: ClassVar = [
            "position",
            "classification",
            "description",
            "origin",
            "treatment",
            "quantity",
            "unit",
            "value",
            "origin_proof",
            "duty_rate",
            "duty_rate_is_illustrative",
            "surtax_order",
            "surtax_rate",
            "surtax_is_contested",
            "gst_exemption",
            "value_for_duty",
            "duty",
            "sima",
            "surtax",
            "excise_duty",
            "excise_tax",
            "value_for_tax",
            "gst",
            "hst",
            "provincial_tax",
            "total",
            "value_for_duty_code",
            "special_authority",
            "remarks",
            "rate_source",
            "sima_subject",
            "sima_code",
            "sima_price",
            "sima_currency",
            "sima_exporter",
            "sima_model",
            "sima_self_declared",
            "surtax_ground",
            "surtax_reference",
            "excise_exemption",
            "province",
            "provincial_rate",
        ]

    def get_surtax_rate(self, line: Line) -> str:
        return _percent(line.surtax_rate)

    def get_provincial_rate(self, line: Line) -> str:
        return _percent(line.provincial_rate)


def _percent(rate: Decimal) -> str:
    return f"{rate * 100:f}".rstrip("0").rstrip(".")


class InvoiceSerializer(serializers.ModelSerializer[Invoice]):
    lines = LineSerializer(many=True)

    class Meta:
        model = Invoice
        fields: ClassVar = [
            "position",
            "number",
            "dated_on",
            "vendor",
            "vendor_country",
            "shipped_on",
            "shipped_from",
            "purchaser",
            "time_limit_months",
            "currency",
            "total",
            "exchange_rate",
            "exchange_rate_on",
            "exchange_rate_source",
            "exchange_rate_is_illustrative",
            "lines",
        ]


class DeclarationSummarySerializer(serializers.ModelSerializer[Declaration]):
    """A declaration as a list shows it; amounts of the newest accepted version, or of the draft."""

    program_account = serializers.CharField(source="program_account.number")
    submitter = serializers.CharField(source="submitter.bn9")
    value_for_duty = _amount()
    duty = _amount()
    sima = _amount()
    surtax = _amount()
    excise = _amount()
    gst = _amount()
    hst = _amount()
    provincial_tax = _amount()
    total = _amount()

    class Meta:
        model = Declaration
        fields: ClassVar = [
            "number",
            "type",
            "state",
            "program_account",
            "submitter",
            "vendor",
            "released_on",
            "accounting_due_on",
            "payment_due_on",
            "last_day_to_pay",
            "accepted_at",
            "version_count",
            "value_for_duty",
            "duty",
            "sima",
            "surtax",
            "excise",
            "gst",
            "hst",
            "provincial_tax",
            "total",
        ]


class DeclarationSerializer(DeclarationSummarySerializer):
    """A declaration with the invoices and lines of the version its amounts are of."""

    releases = serializers.SerializerMethodField()
    header = serializers.SerializerMethodField()
    invoices = serializers.SerializerMethodField()

    class Meta(DeclarationSummarySerializer.Meta):
        fields: ClassVar = [*DeclarationSummarySerializer.Meta.fields, "releases", "header", "invoices"]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_releases(self, declaration: Declaration) -> list[str]:
        return queries.consolidated_numbers(declaration)

    @extend_schema_field(HeaderCallSerializer)
    def get_header(self, declaration: Declaration) -> dict[str, str]:
        version = queries.newest_version(declaration)
        return {name: getattr(version, name) for name in HeaderInput.__dataclass_fields__}

    @extend_schema_field(InvoiceSerializer(many=True))
    def get_invoices(self, declaration: Declaration) -> Any:
        versions = list(queries.versions_of(declaration))
        accepted = [version for version in versions if version.state == DeclarationVersion.State.ACCEPTED]
        version = accepted[-1] if accepted else versions[-1]
        return InvoiceSerializer(version.invoices.all(), many=True).data


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
        summary="File a declaration in one call; the answer has the computed amounts",
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
            return 201, DeclarationSerializer(row).data

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
        return Response(DeclarationSerializer(row).data)


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
