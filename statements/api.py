"""Statements for software: the same door, the same figures as the pages."""

from datetime import date
from types import SimpleNamespace

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.rest import ErrorSerializer
from core.rest_defaults import CursorPages
from delegation.access import Seat, account_call
from delegation.rules import Action
from statements import queries, services
from statements.serializers import StatementDetailSerializer, StatementSerializer
from statements.sheet import sheet_of

TAGS = ["Statements"]
_ERRORS = {401: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer}
_NUMBER = OpenApiParameter(
    "number", str, OpenApiParameter.PATH, description="Program account, such as 704123686RM0001."
)


class _NewestFirst(CursorPages):
    ordering = "-statement_on"


class StatementList(APIView):
    @extend_schema(
        operation_id="list_statements",
        summary="The statements of a program account, newest first",
        tags=TAGS,
        parameters=[
            _NUMBER,
            OpenApiParameter("cursor", str, description="From next or previous of an answer."),
            OpenApiParameter("page_size", int, description="Rows a page, 25 unless told otherwise, 200 at most."),
        ],
        responses={200: StatementSerializer(many=True), **_ERRORS},
    )
    @account_call(to=Action.VIEW_STATEMENTS)
    def get(self, request: Request, seat: Seat) -> Response:
        pages = _NewestFirst()
        found = pages.paginate_queryset(queries.statements_of(seat.program_account.pk), request, view=self) or []
        open_by_due_date = queries.open_amounts(seat.program_account.pk)
        today = clock.today()
        rows = [queries.stand_of(statement, open_by_due_date, on=today) for statement in found]
        return pages.get_paginated_response(StatementSerializer(rows, many=True).data)


class StatementDetail(APIView):
    @extend_schema(
        operation_id="get_statement",
        summary="One statement with every line behind its boxes",
        tags=TAGS,
        parameters=[
            _NUMBER,
            OpenApiParameter("day", str, OpenApiParameter.PATH, description="Its date, such as 2026-07-25."),
        ],
        responses={200: StatementDetailSerializer, **_ERRORS},
    )
    @account_call(to=Action.VIEW_STATEMENTS)
    def get(self, request: Request, seat: Seat, day: str) -> Response:
        wanted = _day(day)
        found = queries.statement_on(seat.program_account.pk, wanted) if wanted else None
        statement = services.require_statement(found)
        row = queries.stand_of(statement, queries.open_amounts(seat.program_account.pk), on=clock.today())
        whole = SimpleNamespace(
            statement=statement, left=row.left, state=row.state.value, lines=sheet_of(statement).lines
        )
        return Response(StatementDetailSerializer(whole).data)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
