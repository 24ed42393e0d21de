"""Changes of declarations for software: ask for one, read where it stands, compare two versions."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.errors import DomainError, Stranger
from core.rest import IDEMPOTENCY_HEADER, ErrorSerializer, IdempotentMixin
from declarations import queries as declarations
from declarations.changes import queries, services
from declarations.changes.models import ChangeRequest
from declarations.changes.rules import ChangeKind
from declarations.changes.services import LineChange
from declarations.models import Declaration
from declarations.serializers import DeclarationSerializer
from delegation.access import Seat, account_call
from delegation.rules import Action

TAGS = ["Changes of declarations"]
_KINDS = [(kind.value, kind.value) for kind in ChangeKind if kind != ChangeKind.REDETERMINATION]


def _amount() -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=14, decimal_places=2, read_only=True)


class LineChangeSerializer(serializers.Serializer[dict[str, Any]]):
    """Other particulars of one line; send only what differs."""

    invoice = serializers.IntegerField(min_value=1, max_value=9999)
    line = serializers.IntegerField(min_value=1, max_value=9999)
    classification = serializers.CharField(max_length=13, required=False)
    description = serializers.CharField(max_length=200, required=False)
    origin = serializers.RegexField(r"^[A-Z]{2}$", required=False)
    treatment = serializers.CharField(max_length=6, required=False)
    quantity = serializers.DecimalField(max_digits=15, decimal_places=3, required=False)
    value = serializers.DecimalField(max_digits=12, decimal_places=2, required=False)
    origin_proof = serializers.CharField(max_length=60, required=False, allow_blank=True)
    gst_exemption = serializers.CharField(max_length=4, required=False, allow_blank=True)
    surtax_is_contested = serializers.BooleanField(required=False)


class ChangeCallSerializer(serializers.Serializer[dict[str, Any]]):
    """A request: adjustments and refund claims name their lines, an appeal the decision it is against."""

    kind = serializers.ChoiceField(choices=_KINDS)
    declaration = serializers.RegexField(r"^\d{14}$", required=False, help_text="Not for an appeal.")
    decision = serializers.CharField(max_length=20, required=False, help_text="Reference of the decision appealed.")
    reason_code = serializers.CharField(max_length=16)
    reason = serializers.CharField(max_length=1000)
    late_reason = serializers.CharField(max_length=1000, required=False, default="", allow_blank=True)
    changes = LineChangeSerializer(many=True, required=False, max_length=500)  # type: ignore[call-arg]

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        wanted = "decision" if given["kind"] == ChangeKind.APPEAL else "declaration"
        if not given.get(wanted):
            raise serializers.ValidationError({wanted: [_("Send what this request is about.")]}, code="required")
        if given["kind"] in services.WITH_VERSION and not given.get("changes"):
            raise serializers.ValidationError({"changes": [_("Send at least one changed line.")]}, code="required")
        return given


class AmountSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    before = _amount()
    after = _amount()
    change = _amount()


class ChangeSummarySerializer(serializers.ModelSerializer[ChangeRequest]):
    """A request and where it stands; ``amount`` is what it adds to what is owed."""

    declaration = serializers.CharField(source="declaration.number")
    submitter = serializers.CharField(source="submitter.bn9")
    amount = _amount()
    interest = _amount()

    class Meta:
        model = ChangeRequest
        fields: ClassVar = [
            "number",
            "kind",
            "state",
            "declaration",
            "submitter",
            "reason_code",
            "authority",
            "reason",
            "asked_at",
            "decide_by",
            "decided_at",
            "decision",
            "amount",
            "interest",
        ]


class ChangeSerializer(ChangeSummarySerializer):
    """A request with its amounts before and after."""

    amounts = serializers.SerializerMethodField()

    class Meta(ChangeSummarySerializer.Meta):
        fields: ClassVar = [*ChangeSummarySerializer.Meta.fields, "amounts"]

    @extend_schema_field(AmountSerializer(many=True))
    def get_amounts(self, change: ChangeRequest) -> Any:
        return AmountSerializer(queries.amount_rows(change), many=True).data


class ComparedLineSerializer(serializers.Serializer[Any]):
    """A pair of lines; ``differing`` names the fields that are not equal."""

    outcome = serializers.CharField(source="outcome.value", help_text="same, changed, added or removed.")
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()
    differing = serializers.ListField(child=serializers.CharField())

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_before(self, pair: Any) -> Any:
        return _line(pair.before)

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_after(self, pair: Any) -> Any:
        return _line(pair.after)


class ComparisonSerializer(serializers.Serializer[Any]):
    """Two versions of a declaration."""

    before = serializers.IntegerField(source="before.number", help_text="Number of the version.")
    after = serializers.IntegerField(source="after.number", help_text="Number of the version.")
    amounts = AmountSerializer(many=True)
    lines = ComparedLineSerializer(many=True)


def _line(cells: Any) -> dict[str, Any] | None:
    if cells is None:
        return None
    values = {name: str(value) for name, value in cells.values.items()}
    return {"invoice": cells.invoice, "line": cells.position, **values}


EXAMPLE = {
    "kind": "ADJUSTMENT",
    "declaration": "17042000000126",
    "reason_code": "VALUE",
    "reason": "Freight of the vendor was left out.",
    "changes": [{"invoice": 1, "line": 1, "value": "9940.00"}],
}

CORRECTION_EXAMPLE = {
    "reason": "Freight of the vendor was left out.",
    "changes": [{"invoice": 1, "line": 1, "value": "9940.00"}],
}


class Changes(IdempotentMixin, GenericAPIView[ChangeRequest]):
    """The requests of a program account that the caller may see, and asking for one."""

    serializer_class = ChangeSummarySerializer
    queryset = ChangeRequest._default_manager.none()

    @extend_schema(
        operation_id="list_changes",
        summary="Requests to change declarations, those that need information first",
        tags=TAGS,
        responses={200: ChangeSummarySerializer(many=True), 403: ErrorSerializer, 404: ErrorSerializer},
    )
    @account_call(to=Action.VIEW_TRANSACTIONS)
    def get(self, request: Request, seat: Seat) -> Response:
        rows = queries.requests_of(seat.program_account.pk, visibility=seat.visibility)
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(ChangeSummarySerializer(page, many=True).data)

    @extend_schema(
        operation_id="ask_for_change",
        summary="Ask for an adjustment, a refund, a withdrawal or lodge an appeal; an officer decides",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=ChangeCallSerializer,
        responses={
            201: ChangeSerializer,
            400: ErrorSerializer,
            403: ErrorSerializer,
            404: ErrorSerializer,
            409: ErrorSerializer,
        },
        examples=[OpenApiExample("One line of another value", request_only=True, value=EXAMPLE)],
    )
    @account_call(to=Action.FILE_DECLARATION)
    def post(self, request: Request, seat: Seat) -> Response:
        call = ChangeCallSerializer(data=request.data)
        call.is_valid(raise_exception=True)
        given = call.validated_data
        return self.once(request, lambda: (201, ChangeSerializer(_asked(seat, given)).data))


class CorrectionCallSerializer(serializers.Serializer[dict[str, Any]]):
    """Lines with other particulars, until the payment due date."""

    reason = serializers.CharField(max_length=200)
    changes = LineChangeSerializer(many=True, allow_empty=False, max_length=500)  # type: ignore[call-arg]


class Corrections(IdempotentMixin, APIView):
    """Correcting a declaration until its payment due date, without an officer and without interest."""

    @extend_schema(
        operation_id="correct_declaration",
        summary="Correct lines of a declaration in one call; the difference is posted at once",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=CorrectionCallSerializer,
        responses={
            201: DeclarationSerializer,
            400: ErrorSerializer,
            403: ErrorSerializer,
            404: ErrorSerializer,
            409: ErrorSerializer,
        },
        examples=[OpenApiExample("One line of another value", request_only=True, value=CORRECTION_EXAMPLE)],
    )
    @account_call(to=Action.FILE_DECLARATION)
    def post(self, request: Request, seat: Seat, declaration: str) -> Response:
        row = declarations.declaration_by_number(
            declaration, program_account_id=seat.program_account.pk, visibility=seat.visibility
        )
        if row is None:
            raise Stranger(_("There is no declaration of that number here. Check the number."), code="not_found")
        call = CorrectionCallSerializer(data=request.data)
        call.is_valid(raise_exception=True)

        def work() -> tuple[int, Any]:
            corrected = services.correct(
                declaration=row,
                changes=_line_changes(call.validated_data["changes"]),
                reason=call.validated_data["reason"],
                submitter=seat.provider or seat.business,
                actor=seat.actor,
                at=clock.now(),
            )
            return 201, DeclarationSerializer(corrected, context={"visibility": seat.visibility}).data

        return self.once(request, work)


class OneChange(APIView):
    """One request."""

    @extend_schema(
        operation_id="read_change",
        summary="A request with its amounts and its decision",
        tags=TAGS,
        responses={200: ChangeSerializer, 403: ErrorSerializer, 404: ErrorSerializer},
    )
    @account_call(to=Action.VIEW_TRANSACTIONS)
    def get(self, request: Request, seat: Seat, reference: str) -> Response:
        row = queries.request_of(seat.program_account.pk, reference, visibility=seat.visibility)
        if row is None:
            raise Stranger(_("There is no request of that number here. Check the number."), code="not_found")
        return Response(ChangeSerializer(row).data)


class Comparison(APIView):
    """Two versions of a declaration side by side."""

    @extend_schema(
        operation_id="compare_versions",
        summary="Two versions of a declaration, line by line and amount by amount",
        tags=TAGS,
        parameters=[
            OpenApiParameter("from", int, description="Number of the earlier version; the one before by default."),
            OpenApiParameter("to", int, description="Number of the later version; the newest by default."),
        ],
        responses={200: ComparisonSerializer, 403: ErrorSerializer, 404: ErrorSerializer},
    )
    @account_call(to=Action.VIEW_TRANSACTIONS)
    def get(self, request: Request, seat: Seat, declaration: str) -> Response:
        row = declarations.declaration_by_number(
            declaration, program_account_id=seat.program_account.pk, visibility=seat.visibility
        )
        if row is None:
            raise Stranger(_("There is no declaration of that number here. Check the number."), code="not_found")
        versions = list(declarations.versions_of(row))
        before, after = queries.chosen_versions(
            versions, request.query_params.get("from", ""), request.query_params.get("to", "")
        )
        return Response(ComparisonSerializer(queries.comparison(before, after)).data)


def _asked(seat: Seat, given: dict[str, Any]) -> ChangeRequest:
    by: dict[str, Any] = {
        "code": given["reason_code"],
        "reason": given["reason"],
        "submitter": seat.provider or seat.business,
        "actor": seat.actor,
        "at": clock.now(),
    }
    kind = ChangeKind(given["kind"])
    if kind == ChangeKind.APPEAL:
        notice = queries.request_of(seat.program_account.pk, given["decision"], visibility=seat.visibility)
        if notice is None:
            raise DomainError(_("There is no decision of that number here."), code="decision_unknown", field="decision")
        return services.lodge_appeal(notice=notice, late_reason=given["late_reason"], **by)
    declaration = _declaration(seat, given["declaration"])
    if kind == ChangeKind.WITHDRAWAL:
        return services.request_withdrawal(declaration=declaration, **by)
    return services.request_change(declaration=declaration, kind=kind, changes=_line_changes(given["changes"]), **by)


def _line_changes(given: list[dict[str, Any]]) -> list[LineChange]:
    return [
        LineChange(
            line["invoice"], line["line"], {name: line[name] for name in line if name not in ("invoice", "line")}
        )
        for line in given
    ]


def _declaration(seat: Seat, number: str) -> Declaration:
    row = declarations.declaration_by_number(
        number, program_account_id=seat.program_account.pk, visibility=seat.visibility
    )
    if row is None:
        raise DomainError(
            _("There is no declaration of that number here. Check the number."),
            code="declaration_unknown",
            field="declaration",
        )
    return row
