"""Declarations as software sends and reads them."""

from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.money import ZERO
from declarations import queries, services
from declarations.models import Declaration, DeclarationVersion, Invoice, Line
from declarations.services import HeaderInput


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
    surtax_ground = _code(9, "Why no surtax: GOODS, QUOTA, REMISSION, SMALL, TRANSIT, CHAPTER98, REPAIR or AEROSPACE.")
    surtax_content = _dollars()
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
    surtax_content = _amount()
    surtax_base = serializers.DecimalField(
        max_digits=14,
        decimal_places=2,
        read_only=True,
        allow_null=True,
        help_text="Given where it is not the value for duty.",
    )
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
            "surtax_content",
            "surtax_base",
            "surtax_source",
            "surtax_is_illustrative",
            "sima_source",
            "sima_is_illustrative",
            "excise_rate",
            "excise_source",
            "excise_is_illustrative",
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
        return queries.consolidated_numbers(declaration, visibility=self.context["visibility"])

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
