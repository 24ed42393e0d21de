"""Statements at every level, their files, daily notices and the history for software: the same door and figures."""

from types import SimpleNamespace
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.errors import Conflict, Stranger, Unavailable
from core.rest import ErrorSerializer
from core.rest_defaults import CursorPages
from delegation.access import BusinessSeat, Seat, account_call, business_call
from delegation.rules import Action
from statements import json_file, queries, rules, services
from statements.addresses import day_of, file_response
from statements.explain import Explanation, explanation_of
from statements.files import services as files
from statements.files.content import MEDIA_TYPES, file_name, schema_address
from statements.files.views import SENTENCES, format_of
from statements.levels.access import require_whole
from statements.models import LevelStatement, Paper, Statement
from statements.rules import FileFormat, Level
from statements.serializers import (
    DailyNoticeDetailSerializer,
    DailyNoticeSerializer,
    HistoryParameters,
    LevelStatementDetailSerializer,
    LevelStatementSerializer,
    StatementDetailSerializer,
    StatementExplanationSerializer,
    StatementSerializer,
    TransactionSerializer,
)
from statements.sheet import level_sheet_of, sheet_of
from statements.splits import explanation_of_level, explanation_of_split

TAGS = ["Statements"]
_ERRORS = {401: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer}
_FILE_ERRORS = {**_ERRORS, 409: ErrorSerializer, 503: ErrorSerializer}
_NUMBER = OpenApiParameter(
    "number", str, OpenApiParameter.PATH, description="Program account, such as 704123686RM0001."
)
_BN9 = OpenApiParameter("bn9", str, OpenApiParameter.PATH, description="Business number, nine digits.")
_DAY = OpenApiParameter("day", str, OpenApiParameter.PATH, description="Its date, such as 2026-07-25.")
_LEVEL = OpenApiParameter(
    "level", str, OpenApiParameter.PATH, description='"entity", or the letters of a program type, such as RM.'
)
_FORMAT = OpenApiParameter(
    "extension", str, OpenApiParameter.PATH, enum=[name.lower() for name in FileFormat], description="The kind of file."
)
_PAGES = [
    OpenApiParameter("cursor", str, description="From next or previous of an answer."),
    OpenApiParameter("page_size", int, description="Rows a page, 25 unless told otherwise, 200 at most."),
]
_BYTES = OpenApiResponse(response=bytes, description="The file, in the language of the call.")
_WHAT = OpenApiParameter(
    "what", str, OpenApiParameter.PATH, description='A box, "A" to "H"; a revenue class, such as "gst"; or "due".'
)
ENTITY = "entity"


class _NewestFirst(CursorPages):
    ordering = "-statement_on"


class _NoticesNewestFirst(CursorPages):
    ordering = "-notice_on"


class _EntriesNewestFirst(CursorPages):
    ordering = ("-posted_on", "-id")  # type: ignore[assignment]


# --- Of a program account --------------------------------------------------------------------------------------------


class StatementList(APIView):
    @extend_schema(
        operation_id="list_statements",
        summary="The statements of a program account, newest first",
        tags=TAGS,
        parameters=[_NUMBER, *_PAGES],
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
        parameters=[_NUMBER, _DAY],
        responses={200: StatementDetailSerializer, **_ERRORS},
    )
    @account_call(to=Action.VIEW_STATEMENTS)
    def get(self, request: Request, seat: Seat, day: str) -> Response:
        statement = _statement(seat, day)
        row = queries.stand_of(statement, queries.open_amounts(seat.program_account.pk), on=clock.today())
        whole = SimpleNamespace(
            statement=statement, left=row.left, state=row.state.value, lines=sheet_of(statement).lines
        )
        return Response(StatementDetailSerializer(whole).data)


class StatementExplanation(APIView):
    @extend_schema(
        operation_id="explain_statement_number",
        summary="A box, a revenue class or the due date of a statement: its arithmetic and the rule in force",
        tags=TAGS,
        parameters=[_NUMBER, _DAY, _WHAT],
        responses={200: StatementExplanationSerializer, **_ERRORS},
    )
    @account_call(to=Action.VIEW_STATEMENTS)
    def get(self, request: Request, seat: Seat, day: str, what: str) -> Response:
        sheet = sheet_of(_statement(seat, day))
        found = explanation_of(what, sheet, account_number=seat.program_account.number)
        return _explained(found or explanation_of_split(what, sheet))


def _explained(found: Explanation | None) -> Response:
    if found is None:
        raise Stranger(
            _("There is no such number. Ask for a box from A to H, a revenue class or due."), code="not_found"
        )
    return Response(StatementExplanationSerializer(found).data)


class StatementFile(APIView):
    @extend_schema(
        operation_id="get_statement_file",
        summary="A statement as PDF/UA, CSV, XLSX or JSON",
        description="Statements of the last seven months; older ones are asked for in the portal. 503 says why a file"
        " could not be made; asking again tries again. JSON keeps to the schema at /api/v1/schemas/statement.json.",
        tags=TAGS,
        parameters=[_NUMBER, _DAY, _FORMAT],
        responses={200: _BYTES, **_FILE_ERRORS},
    )
    @account_call(to=Action.VIEW_STATEMENTS)
    def get(self, request: Request, seat: Seat, day: str, extension: str) -> HttpResponse:
        statement = _statement(seat, day)
        if rules.is_old(statement.statement_on, on=seat.on):
            raise Conflict(
                _("The files of statements this old are made on request. Ask for it on the page of requested files."),
                code="file_on_request",
            )
        return _file(statement, extension, seat)


# --- Above the program account ---------------------------------------------------------------------------------------


class LevelStatementList(APIView):
    @extend_schema(
        operation_id="list_level_statements",
        summary="The statements of the legal entity or of a program type, newest first",
        tags=TAGS,
        parameters=[_BN9, OpenApiParameter("level", str, description="entity (the default), or RM."), *_PAGES],
        responses={200: LevelStatementSerializer(many=True), **_ERRORS},
    )
    @business_call(to=Action.VIEW_STATEMENTS, bn9_of=lambda request: request.parser_context["kwargs"]["bn9"])
    def get(self, request: Request, seat: BusinessSeat, bn9: str) -> Response:
        require_whole(seat)
        pages = _NewestFirst()
        rows = queries.level_statements_of(seat.business.pk, *_level(request.query_params.get("level", ENTITY)))
        found = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response(LevelStatementSerializer(found, many=True).data)


class LevelStatementDetail(APIView):
    @extend_schema(
        operation_id="get_level_statement",
        summary="One statement of a higher level with the program accounts it adds up",
        tags=TAGS,
        parameters=[_BN9, _DAY, _LEVEL],
        responses={200: LevelStatementDetailSerializer, **_ERRORS},
    )
    @business_call(to=Action.VIEW_STATEMENTS, bn9_of=lambda request: request.parser_context["kwargs"]["bn9"])
    def get(self, request: Request, seat: BusinessSeat, bn9: str, day: str, level: str) -> Response:
        statement = _level_statement(require_whole(seat), day, level)
        return Response(LevelStatementDetailSerializer(level_sheet_of(statement)).data)


class LevelStatementExplanation(APIView):
    @extend_schema(
        operation_id="explain_level_statement_number",
        summary="A box, a revenue class or the due date of a statement of the whole, by program account",
        tags=TAGS,
        parameters=[_BN9, _DAY, _LEVEL, _WHAT],
        responses={200: StatementExplanationSerializer, **_ERRORS},
    )
    @business_call(to=Action.VIEW_STATEMENTS, bn9_of=lambda request: request.parser_context["kwargs"]["bn9"])
    def get(self, request: Request, seat: BusinessSeat, bn9: str, day: str, level: str, what: str) -> Response:
        require_whole(seat)
        return _explained(explanation_of_level(what, level_sheet_of(_level_statement(seat, day, level))))


class LevelStatementFile(APIView):
    @extend_schema(
        operation_id="get_level_statement_file",
        summary="A statement of a higher level as PDF/UA, CSV, XLSX or JSON",
        tags=TAGS,
        parameters=[_BN9, _DAY, _LEVEL, _FORMAT],
        responses={200: _BYTES, **_FILE_ERRORS},
    )
    @business_call(to=Action.VIEW_STATEMENTS, bn9_of=lambda request: request.parser_context["kwargs"]["bn9"])
    def get(self, request: Request, seat: BusinessSeat, bn9: str, day: str, level: str, extension: str) -> HttpResponse:
        return _file(_level_statement(require_whole(seat), day, level), extension, seat)


class StatementSchema(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="get_statement_schema",
        summary="The JSON Schema of a statement's JSON file",
        tags=TAGS,
        responses={200: OpenApiResponse(response=dict, description="JSON Schema, draft 2020-12.")},
    )
    def get(self, request: Request) -> Response:
        return Response(json_file.schema(schema_address()))


# --- Day by day ------------------------------------------------------------------------------------------------------


class DailyNoticeList(APIView):
    @extend_schema(
        operation_id="list_daily_notices",
        summary="The daily notices of a program account, newest first",
        tags=TAGS,
        parameters=[_NUMBER, *_PAGES],
        responses={200: DailyNoticeSerializer(many=True), **_ERRORS},
    )
    @account_call(to=Action.VIEW_STATEMENTS)
    def get(self, request: Request, seat: Seat) -> Response:
        pages = _NoticesNewestFirst()
        found = pages.paginate_queryset(queries.daily_notices_of(seat.program_account.pk), request, view=self) or []
        return pages.get_paginated_response(DailyNoticeSerializer(found, many=True).data)


class DailyNoticeDetail(APIView):
    @extend_schema(
        operation_id="get_daily_notice",
        summary="One daily notice with the entries of its days",
        tags=TAGS,
        parameters=[_NUMBER, _DAY],
        responses={200: DailyNoticeDetailSerializer, **_ERRORS},
    )
    @account_call(to=Action.VIEW_STATEMENTS)
    def get(self, request: Request, seat: Seat, day: str) -> Response:
        wanted = day_of(day)
        notice = services.require_notice(queries.notice_on(seat.program_account.pk, wanted) if wanted else None)
        looked_for = queries.HistoryQuery(since=notice.posted_since, until=notice.posted_upto)
        entries = queries.transactions_of(
            seat.program_account.pk, visibility=seat.visibility, wanted=looked_for, on=seat.on
        )
        return Response(DailyNoticeDetailSerializer(SimpleNamespace(notice=notice, entries=entries)).data)


class TransactionList(APIView):
    @extend_schema(
        operation_id="list_transactions",
        summary="The transaction history of a program account, newest first",
        description="Only what the caller may see. Each entry says what is still open of it and what cleared it.",
        tags=TAGS,
        parameters=[_NUMBER, HistoryParameters, *_PAGES],
        responses={200: TransactionSerializer(many=True), 400: ErrorSerializer, **_ERRORS},
    )
    @account_call(to=Action.VIEW_TRANSACTIONS)
    def get(self, request: Request, seat: Seat) -> Response:
        asked = HistoryParameters(data=request.query_params)
        asked.is_valid(raise_exception=True)
        account_id = seat.program_account.pk
        wanted = asked.wanted(queries.submitters_by_number(account_id, visibility=seat.visibility))
        pages = _EntriesNewestFirst()
        entries = queries.transactions_of(account_id, visibility=seat.visibility, wanted=wanted, on=seat.on)
        found: Any = pages.paginate_queryset(entries, request, view=self) or []
        cleared = queries.counterparts_of([row.item.pk for row in found if getattr(row, "item", None)])
        shown = TransactionSerializer(
            found, many=True, context={"cleared": cleared, "is_full": seat.visibility.is_full}
        )
        return pages.get_paginated_response(shown.data)


# --- Shared ----------------------------------------------------------------------------------------------------------


def _statement(seat: Seat, day: str) -> Statement:
    wanted = day_of(day)
    return services.require_statement(queries.statement_on(seat.program_account.pk, wanted) if wanted else None)


def _level(text: str) -> tuple[Level, str]:
    return (Level.ENTITY, "") if text == ENTITY else (Level.PROGRAM, text)


def _level_statement(seat: BusinessSeat, day: str, level: str) -> LevelStatement:
    wanted = day_of(day)
    found = queries.level_statement_on(seat.business.pk, *_level(level), wanted) if wanted else None
    return services.require_statement(found)


def _file(of: Statement | LevelStatement, extension: str, seat: Seat | BusinessSeat) -> HttpResponse:
    file_format, now = format_of(extension), clock.now()
    made = files.make_paper(of=of, file_format=file_format, actor=seat.actor, on=seat.on, at=now)
    if made is None:
        missing: Paper | None = files.missing_paper(of=of, file_format=file_format)
        raise Unavailable(SENTENCES[missing.problem] if missing else "", code="file_missing")
    return file_response(made, MEDIA_TYPES[file_format], file_name(of, file_format))
