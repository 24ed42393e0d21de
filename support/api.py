"""The open calculators: no sign-in, at least 600 calls a minute, money as text with two decimals."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from core import clock
from core.rest import ErrorSerializer
from reference import queries
from support.serializers import (
    BillingAnswerSerializer,
    BillingCallSerializer,
    DutiesAnswerSerializer,
    DutiesCallSerializer,
    ExactJSONParser,
    InterestAnswerSerializer,
    InterestCallSerializer,
    SecurityAnswerSerializer,
    SecurityCallSerializer,
)
from support.services import calculators as services
from support.services.tariff import number_sheet
from support.tariff_serializers import (
    ExchangeCallSerializer,
    ExchangeQuoteSerializer,
    FoundNumberSerializer,
    NumberCallSerializer,
    NumberSheetSerializer,
    SearchCallSerializer,
)

TAGS = ["Calculators"]
TARIFF = ["Tariff"]
MOST_FOUND = 100


class Calculator(APIView):
    """Open to everybody; a session that happens to be sent is not looked at, so no form token is needed."""

    authentication_classes = []
    permission_classes = [AllowAny]
    parser_classes = [ExactJSONParser]
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "calculators"


class DutiesCalculator(Calculator):
    @extend_schema(
        operation_id="calculate_duties",
        summary="Duties and taxes of goods, line by line",
        tags=TAGS,
        request=DutiesCallSerializer,
        responses={200: DutiesAnswerSerializer, 400: ErrorSerializer, 429: ErrorSerializer},
        examples=[
            OpenApiExample(
                "One line in US dollars",
                request_only=True,
                value={
                    "currency": "USD",
                    "exchange_rate": "1.15",
                    "shipped_on": "2026-03-02",
                    "lines": [{"value": "100.00", "duty_rate": "4"}],
                },
            ),
            OpenApiExample(
                "Its answer",
                response_only=True,
                status_codes=["200"],
                value={
                    "lines": [
                        {
                            "value_for_duty": "115.00",
                            "duty": "4.60",
                            "sima": "0.00",
                            "surtax": "0.00",
                            "excise_duty": "0.00",
                            "excise_tax": "0.00",
                            "value_for_tax": "119.60",
                            "gst": "5.98",
                            "hst": "0.00",
                            "provincial_tax": "0.00",
                            "total": "10.58",
                        }
                    ],
                    "total": "10.58",
                },
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        call = DutiesCallSerializer(data=request.data)
        call.is_valid(raise_exception=True)
        given = call.validated_data
        estimate = services.duties_estimate(
            currency=given["currency"],
            lines=given["lines"],
            shipped_on=given["shipped_on"] or clock.today(),
            exchange_rate=given["exchange_rate"],
        )
        answer = {"lines": [row.assessment for row in estimate.lines], "total": estimate.total}
        return Response(DutiesAnswerSerializer(answer).data)


class SecurityCalculator(Calculator):
    @extend_schema(
        operation_id="calculate_security",
        summary="Bond or deposit for release prior to payment",
        tags=TAGS,
        request=SecurityCallSerializer,
        responses={200: SecurityAnswerSerializer, 400: ErrorSerializer, 429: ErrorSerializer},
        examples=[
            OpenApiExample(
                "Two months",
                request_only=True,
                value={"monthly_totals": {"2025-08": "12000.00", "2025-09": "61500.00"}, "on": "2025-10-01"},
            ),
            OpenApiExample(
                "Its answer",
                response_only=True,
                status_codes=["200"],
                value={
                    "highest_month": "2025-09",
                    "highest_amount": "61500.00",
                    "bond": "30750.00",
                    "cash": "61500.00",
                },
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        call = SecurityCallSerializer(data=request.data)
        call.is_valid(raise_exception=True)
        given = call.validated_data
        estimate = services.security_estimate(monthly_totals=given["monthly_totals"], on=given["on"] or clock.today())
        month = estimate.highest.month
        answer = {
            "highest_month": None if month is None else str(month),
            "highest_amount": estimate.highest.amount,
            "bond": estimate.requirement.bond,
            "cash": estimate.requirement.cash,
        }
        return Response(SecurityAnswerSerializer(answer).data)


class BillingCalculator(Calculator):
    @extend_schema(
        operation_id="calculate_billing",
        summary="Billing period, accounting, statement and payment dates of a release",
        tags=TAGS,
        parameters=[
            OpenApiParameter(
                "released_on",
                str,
                required=True,
                description="Day of release, such as 2025-06-02.",
                examples=[OpenApiExample("2 June 2025", value="2025-06-02")],
            )
        ],
        responses={200: BillingAnswerSerializer, 400: ErrorSerializer, 429: ErrorSerializer},
        examples=[
            OpenApiExample(
                "Released 2 June 2025",
                response_only=True,
                status_codes=["200"],
                value={
                    "period_start": "2025-05-18",
                    "period_end": "2025-06-17",
                    "accounting_due_on": "2025-06-09",
                    "statement_on": "2025-06-25",
                    "payment_due_on": "2025-07-01",
                    "last_day_to_pay": "2025-07-02",
                },
            )
        ],
    )
    def get(self, request: Request) -> Response:
        call = BillingCallSerializer(data=request.query_params.dict())
        call.is_valid(raise_exception=True)
        dates = services.billing_estimate(released_on=call.validated_data["released_on"])
        return Response(BillingAnswerSerializer(dates).data)


class InterestCalculator(Calculator):
    @extend_schema(
        operation_id="calculate_interest",
        summary="Interest on a late amount",
        tags=TAGS,
        request=InterestCallSerializer,
        responses={200: InterestAnswerSerializer, 400: ErrorSerializer, 429: ErrorSerializer},
        examples=[
            OpenApiExample(
                "Thirty days late",
                request_only=True,
                value={
                    "principal": "10000.00",
                    "due_on": "2026-01-30",
                    "paid_on": "2026-03-01",
                    "rates": [{"from": "2026-01-01", "rate": "8.3"}],
                },
            ),
            OpenApiExample(
                "Its answer", response_only=True, status_codes=["200"], value={"days": 30, "interest": "68.44"}
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        call = InterestCallSerializer(data=request.data)
        call.is_valid(raise_exception=True)
        given = call.validated_data
        result = services.interest_estimate(
            principal=given["principal"],
            due_on=given["due_on"],
            paid_on=given["paid_on"],
            rates=given.get("rates"),
        )
        return Response(InterestAnswerSerializer({"days": result.days, "interest": result.amount}).data)


class TariffSearch(Calculator):
    @extend_schema(
        operation_id="search_tariff",
        summary="Classification numbers by digits or words, best match first, at most 100",
        tags=TARIFF,
        parameters=[SearchCallSerializer],
        responses={200: FoundNumberSerializer(many=True), 400: ErrorSerializer, 429: ErrorSerializer},
    )
    def get(self, request: Request) -> Response:
        call = SearchCallSerializer(data=request.query_params.dict())
        call.is_valid(raise_exception=True)
        found = queries.classification_search(call.validated_data["q"])[:MOST_FOUND]
        return Response(FoundNumberSerializer(found, many=True).data)


class TariffNumber(Calculator):
    @extend_schema(
        operation_id="tariff_number",
        summary="One number: its rates by treatment, surtaxes and measures for an origin and day",
        tags=TARIFF,
        parameters=[NumberCallSerializer],
        responses={200: NumberSheetSerializer, 400: ErrorSerializer, 404: ErrorSerializer, 429: ErrorSerializer},
    )
    def get(self, request: Request, number: str) -> Response:
        call = NumberCallSerializer(data=request.query_params.dict())
        call.is_valid(raise_exception=True)
        classification = queries.classification_of(number)
        if classification is None:
            raise NotFound
        sheet = number_sheet(
            classification=classification,
            origin=call.validated_data["origin"],
            value=call.validated_data["value"],
            quantities={},
            on=call.validated_data["on"] or clock.today(),
        )
        return Response(NumberSheetSerializer(sheet).data)


class ExchangeRateLookUp(Calculator):
    @extend_schema(
        operation_id="exchange_rate",
        summary="The rate of a currency on a day, with its source and mark",
        tags=TARIFF,
        parameters=[ExchangeCallSerializer],
        responses={200: ExchangeQuoteSerializer, 400: ErrorSerializer, 404: ErrorSerializer, 429: ErrorSerializer},
    )
    def get(self, request: Request) -> Response:
        call = ExchangeCallSerializer(data=request.query_params.dict())
        call.is_valid(raise_exception=True)
        given = call.validated_data
        quote = queries.exchange_quote(given["currency"].upper(), given["on"] or clock.today())
        if quote is None:
            raise NotFound
        return Response(ExchangeQuoteSerializer(quote).data)
