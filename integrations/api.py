"""The Bond API: a surety's software does what its people do at their desk, over the same services."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from allauth.idp.oidc.views import token as allauth_token
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from core import clock
from core.errors import Stranger
from core.rest import IDEMPOTENCY_HEADER, ErrorSerializer, IdempotentMixin
from core.rest_defaults import CursorPages
from integrations import rules, services
from integrations.access import SuretySeat, surety_call
from integrations.authentication import BearerToken, Grant
from integrations.rules import Scope
from integrations.serializers import (
    AcknowledgedSerializer,
    AcknowledgementSerializer,
    AmendmentSerializer,
    BondFilterSerializer,
    BondSerializer,
    EventFilterSerializer,
    EventsSerializer,
    FilingSerializer,
    ReasonSerializer,
    TerminationSerializer,
    UsageSerializer,
)
from security import queries as security
from security import services as bonds
from security.models import Bond

TAGS = ["Bond API"]
PAGE = 100
READ = {status: ErrorSerializer for status in (400, 401, 403, 404, 429)}
WRITE = {**READ, 409: ErrorSerializer, 415: ErrorSerializer}
FILING = OpenApiExample(
    "A continuous bond",
    request_only=True,
    value={
        "agreement_number": "KN-2026-0042",
        "program_account": "123456782RM0001",
        "debtor_name": "Northlight Outfitters Ltd.",
        "program": "IMPORTATION_RPP",
        "legislative_authority": "AIG_FSR",
        "amount": "25000.00",
        "validity_start": "2026-08-01",
    },
)
RAISE = OpenApiExample("An increase", request_only=True, value={"amount": "30750.00", "prior_version": 2})
NOTICE = OpenApiExample("A notice", request_only=True, value={"terminates_on": "2026-09-30", "reason": "Not renewed"})
REFUSAL = OpenApiExample(
    "Too early",
    response_only=True,
    status_codes=["400"],
    value={
        "code": "BA204",
        "message": "A bond ends at least 30 days after the notice. Enter 30 August 2026 or later.",
        "field": "terminates_on",
        "link": None,
    },
)


@csrf_exempt
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """OAuth2 client credentials for an access token (RFC 6749, section 4.4); no other grant is open here."""
    if request.POST.get("grant_type") != "client_credentials":
        return HttpResponse(
            b'{"error": "unsupported_grant_type"}', status=HTTPStatus.BAD_REQUEST, content_type="application/json"
        )
    answer: HttpResponse = allauth_token(request)
    answer["Cache-Control"] = "no-store"
    return answer


class _SuretyView(IdempotentMixin, APIView):
    """What every operation shares: the token, the log of calls, the Bond API's codes."""

    authentication_classes = [BearerToken]
    permission_classes = []
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "api"

    def caller(self, request: Request) -> str:
        grant: Any = request.auth
        return f"{grant.client.client_id}:{request.method}:{request.path}"

    def handle_exception(self, exc: Exception) -> Response:
        response: Response = super().handle_exception(exc)
        if isinstance(response.data, dict) and "code" in response.data:
            response.data["code"] = rules.bond_code(response.data["code"], response.data["field"])
        return response

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        grant = getattr(request, "auth", None) if hasattr(request, "_auth") else None
        if isinstance(grant, Grant):
            said = response.data if response.status_code >= HTTPStatus.BAD_REQUEST else None
            services.note_call(
                client=grant.client,
                method=request.method or "",
                path=request.path,
                status=response.status_code,
                code=said.get("code", "") if isinstance(said, dict) else "",
                request_id=getattr(request, "request_id", ""),
                wall_at=clock.wall_now(),
            )
        return answer

    def changed(self, request: Request, seat: SuretySeat, pk: int, act: Callable[..., Bond], **given: Any) -> Response:
        """Act on one bond of this surety, once for the request's key, and answer with how it stands."""
        _bond_of(seat, pk)
        return self.once(request, lambda: (200, _shown(seat, act(bond_id=pk, **given, **_now(seat)).pk)))


def _now(seat: SuretySeat) -> dict[str, Any]:
    return {"on": clock.today(), "at": clock.now(), "actor": seat.actor}


def _given(kind: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    serializer = kind(data=data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _bond_of(seat: SuretySeat, pk: int) -> Bond:
    bond = security.bonds_of_surety(seat.surety.pk).filter(pk=pk).first()
    if bond is None:
        raise Stranger(_("There is no such bond among yours. Check the identifier."), code="not_found")
    return bond


def _shown(seat: SuretySeat, pk: int) -> dict[str, Any]:
    return dict(BondSerializer(_bond_of(seat, pk)).data)


class Bonds(_SuretyView):
    @extend_schema(
        operation_id="list_bonds",
        summary="Your bonds, newest first",
        tags=TAGS,
        parameters=[BondFilterSerializer],
        responses={200: BondSerializer(many=True), **READ},
    )
    @surety_call(Scope.READ)
    def get(self, request: Request, seat: SuretySeat) -> Response:
        chosen = _given(BondFilterSerializer, request.query_params)
        rows = security.bonds_of_surety(seat.surety.pk)
        if "program_account" in chosen:
            rows = rows.filter(program_account__number=chosen["program_account"])
        if "state" in chosen:
            rows = rows.filter(state=chosen["state"])
        pages = CursorPages()
        page: Any = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(BondSerializer(page, many=True).data)

    @extend_schema(
        operation_id="file_bond",
        summary="File a bond: it is given at that moment",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=FilingSerializer,
        examples=[FILING],
        responses={201: BondSerializer, **WRITE},
    )
    @surety_call(Scope.WRITE)
    def post(self, request: Request, seat: SuretySeat) -> Response:
        given = _given(FilingSerializer, request.data)
        elements = {name: value for name, value in given.items() if name not in ("program", "legislative_authority")}
        elements["program_account_number"] = elements.pop("program_account")
        return self.once(
            request,
            lambda: (
                201,
                _shown(seat, bonds.file_bond(provider_id=seat.surety.pk, **elements, **_now(seat)).pk),
            ),
        )


class OneBond(_SuretyView):
    @extend_schema(
        operation_id="read_bond", summary="One of your bonds", tags=TAGS, responses={200: BondSerializer, **READ}
    )
    @surety_call(Scope.READ)
    def get(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        return Response(_shown(seat, pk))


class Confirmation(_SuretyView):
    @extend_schema(
        operation_id="confirm_bond",
        summary="Confirm what an importer entered",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=None,
        responses={200: BondSerializer, **WRITE},
    )
    @surety_call(Scope.WRITE)
    def post(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        return self.changed(request, seat, pk, bonds.confirm_bond)


class Rejection(_SuretyView):
    @extend_schema(
        operation_id="reject_bond",
        summary="Reject what an importer entered",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=ReasonSerializer,
        responses={200: BondSerializer, **WRITE},
    )
    @surety_call(Scope.WRITE)
    def post(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        return self.changed(request, seat, pk, bonds.reject_bond, **_given(ReasonSerializer, request.data))


class Amendments(_SuretyView):
    @extend_schema(
        operation_id="amend_bond",
        summary="Raise or lower the amount",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=AmendmentSerializer,
        examples=[RAISE],
        responses={200: BondSerializer, **WRITE},
    )
    @surety_call(Scope.WRITE)
    def post(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        return self.changed(request, seat, pk, bonds.amend_bond, **_given(AmendmentSerializer, request.data))


class Termination(_SuretyView):
    @extend_schema(
        operation_id="give_termination_notice",
        summary="Give notice that the bond ends, at least 30 days ahead",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=TerminationSerializer,
        examples=[NOTICE, REFUSAL],
        responses={200: BondSerializer, **WRITE},
    )
    @surety_call(Scope.WRITE)
    def post(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        given = _given(TerminationSerializer, request.data)
        return self.changed(request, seat, pk, bonds.give_termination_notice, **given)

    @extend_schema(
        operation_id="withdraw_termination_notice",
        summary="Take the notice back before its day",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        responses={200: BondSerializer, **WRITE},
    )
    @surety_call(Scope.WRITE)
    def delete(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        return self.changed(request, seat, pk, bonds.withdraw_termination_notice)


class Usage(_SuretyView):
    @extend_schema(
        operation_id="read_bond_usage",
        summary="How much of the bond today's debt would take",
        tags=TAGS,
        responses={200: UsageSerializer, **READ},
    )
    @surety_call(Scope.READ)
    def get(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        bond = _bond_of(seat, pk)
        used = security.used_of_bond(bond, on=clock.today())
        told = {"program_account": bond.program_account.number, "amount": bond.amount, "used": used}
        return Response(UsageSerializer({**told, "balance": bond.amount - used}).data)


class Events(_SuretyView):
    @extend_schema(
        operation_id="list_bond_events",
        summary="Events that you have not acknowledged, oldest first; kept for 30 days",
        tags=TAGS,
        parameters=[EventFilterSerializer],
        responses={200: EventsSerializer, **READ},
    )
    @surety_call(Scope.EVENTS)
    def get(self, request: Request, seat: SuretySeat) -> Response:
        after = _given(EventFilterSerializer, request.query_params)["after"]
        rows = list(security.events_for(seat.surety.pk, after=after)[: PAGE + 1])
        told = [services.event_body(row) for row in rows[:PAGE]]
        return Response({"results": told, "has_more": len(rows) > PAGE})


class Acknowledgements(_SuretyView):
    @extend_schema(
        operation_id="acknowledge_bond_events",
        summary="Say that you have these events; they are not listed again",
        tags=TAGS,
        request=AcknowledgementSerializer,
        responses={200: AcknowledgedSerializer, **WRITE},
    )
    @surety_call(Scope.EVENTS)
    def post(self, request: Request, seat: SuretySeat) -> Response:
        ids = _given(AcknowledgementSerializer, request.data)["ids"]
        count = bonds.acknowledge_events(provider_id=seat.surety.pk, event_ids=ids, wall_at=clock.wall_now())
        return Response({"acknowledged": count})
