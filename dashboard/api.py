"""Reconciliation and the account as of a day, for software: the same door and the same figures as the pages."""

from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.errors import DomainError, Stranger
from core.rest import ErrorSerializer
from dashboard.forms import AsOfFilter
from dashboard.queries import as_of, entries, explanation, reconciliation
from dashboard.serializers import AsOfSerializer, ExplanationSerializer, ReconciliationSerializer
from delegation.access import Seat, account_call
from delegation.rules import Action
from reference.rules.billing import billing_period_of

TAGS = ["Statements"]
_ERRORS = {401: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer}
_NUMBER = OpenApiParameter(
    "number", str, OpenApiParameter.PATH, description="Program account, such as 704123686RM0001."
)


class AsOfDetail(APIView):
    @extend_schema(
        operation_id="get_account_as_of",
        summary="Opening, movements, closing and what is pending of any days, as known on any day",
        tags=TAGS,
        parameters=[
            _NUMBER,
            OpenApiParameter("since", str, description="First day; the billing period's first unless told otherwise."),
            OpenApiParameter("until", str, description="Last day; today unless told otherwise."),
            OpenApiParameter("known_on", str, description="By what was known on this day; today if left out."),
        ],
        responses={200: AsOfSerializer, 400: ErrorSerializer, **_ERRORS},
    )
    @account_call(to=Action.VIEW_STATEMENTS)
    def get(self, request: Request, seat: Seat) -> Response:
        today = clock.today()
        start = {"since": billing_period_of(today).first_day.isoformat(), "until": today.isoformat()}
        form = AsOfFilter({**start, **request.query_params.dict()})
        if not form.is_valid():
            field, messages = next(iter(form.errors.items()))
            raise DomainError(str(messages[0]), code="invalid", field=field)
        data = form.cleaned_data
        found = as_of.as_of(
            seat.program_account.pk,
            since=data["since"],
            until=data["until"],
            known_on=data["known_on"] or today,
        )
        return Response(AsOfSerializer(found).data)


class ExplanationDetail(APIView):
    @extend_schema(
        operation_id="explain_number",
        summary="One number of the account: its inputs, its rules with their sources, its arithmetic",
        tags=TAGS,
        parameters=[
            _NUMBER,
            OpenApiParameter(
                "what",
                str,
                OpenApiParameter.PATH,
                enum=sorted(explanation.SUBJECTS),
                description="Which number.",
            ),
        ],
        responses={200: ExplanationSerializer, **_ERRORS},
    )
    @account_call(to=Action.VIEW_SECURITY)
    def get(self, request: Request, seat: Seat, what: str) -> Response:
        explanation.require_shown(seat, what)
        found = explanation.explanation(seat.program_account, what, on=clock.today(), language=get_language() or "en")
        return Response(ExplanationSerializer(found).data)


class EntryExplanation(APIView):
    @extend_schema(
        operation_id="explain_entry",
        summary="One entry of the history: what its amount consists of, its rules with their sources",
        tags=TAGS,
        parameters=[_NUMBER, OpenApiParameter("entry_id", UUID, OpenApiParameter.PATH, description="Of the history.")],
        responses={200: ExplanationSerializer, **_ERRORS},
    )
    @account_call(to=Action.VIEW_TRANSACTIONS)
    def get(self, request: Request, seat: Seat, entry_id: UUID) -> Response:
        row = entries.entry_of(seat, entry_id)
        if row is None:
            raise Stranger(_("There is no such entry. Choose one from the history."), code="not_found")
        found = entries.explanation_of(row, sees_all=seat.visibility.is_full, language=get_language() or "en")
        return Response(ExplanationSerializer(found).data)


class ReconciliationDetail(APIView):
    @extend_schema(
        operation_id="get_reconciliation",
        summary="Declarations, statement and balance of a billing period, each difference with its cause",
        tags=TAGS,
        parameters=[
            _NUMBER,
            OpenApiParameter("day", str, OpenApiParameter.PATH, description="Date of the statement."),
        ],
        responses={200: ReconciliationSerializer, **_ERRORS},
    )
    @account_call(to=Action.VIEW_TRANSACTIONS)
    def get(self, request: Request, seat: Seat, day: str) -> Response:
        today = clock.today()
        known = reconciliation.choices(seat.program_account.pk, on=today)
        choice = next((row for row in known if row.statement_on.isoformat() == day), None)
        if choice is None:
            raise Stranger(_("There is no billing period of that date. Choose one from the list."), code="no_statement")
        found = reconciliation.reconciliation(seat, choice, known=known, on=today)
        return Response(ReconciliationSerializer(found).data)
