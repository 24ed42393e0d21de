"""A provider's clients and requests for software, and in practice worlds the client's answer."""

from typing import Any, ClassVar

from django.conf import settings
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.actor import Actor, Channel
from core.errors import Refused
from core.http import actor_of
from core.rest import IDEMPOTENCY_HEADER, ErrorSerializer, IdempotentMixin
from delegation import queries, rules, services
from delegation.access import BusinessSeat, business_call
from delegation.forms import wanted_request
from delegation.models import Delegation
from delegation.rules import Action, Scope

TAGS = ["Clients of a provider"]
PRACTICE_TAGS = ["Practice"]
STATE = OpenApiParameter("state", str, enum=Delegation.State.values, description="Only those in this state.")
ERRORS: dict[int, Any] = {400: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer}
ONE_CLIENT: dict[str, Any] = {
    "id": 71,
    "client": "704123686",
    "client_name": "Northlight Outdoor Supply Inc.",
    "asked_by": "PROVIDER",
    "comment": "We clear your goods at Halifax.",
    "state": "REQUESTED",
    "requested_at": "2026-07-22T09:00:00-04:00",
    "request_expires_on": "2026-10-20",
    "decided_at": None,
    "reason": "",
    "ended_at": None,
    "scope": None,
}
ALL_PROGRAMS: dict[str, Any] = {
    "access": "BUSINESS_MANAGEMENT",
    "all_programs": True,
    "program_accounts": [],
    "sees_client": True,
    "sees_others": True,
    "valid_from": None,
    "valid_until": None,
}


class ScopeSerializer(serializers.Serializer[dict[str, Any]]):
    """What a delegation gives."""

    access = serializers.ChoiceField(choices=Delegation.Access.choices)
    all_programs = serializers.BooleanField(help_text="Every program account, those opened later included.")
    program_accounts = serializers.ListField(
        child=serializers.RegexField(r"^\d{9}RM\d{4}$"),
        required=False,
        default=list,
        help_text="BN15 of each, where it is not all.",
    )
    sees_client = serializers.BooleanField(default=False, help_text="Sees what the client submitted.")
    sees_others = serializers.BooleanField(default=False, help_text="Sees what other third parties submitted.")
    valid_from = serializers.DateField(required=False, allow_null=True, default=None, help_text="Null is today.")
    valid_until = serializers.DateField(required=False, allow_null=True, default=None, help_text="Null is no end.")


class DelegationSerializer(serializers.ModelSerializer[Delegation]):
    """A request or a delegation, as its provider sees it."""

    client = serializers.CharField(source="client.bn9", help_text="Business number, nine digits.")
    client_name = serializers.CharField(source="client.legal_name")
    scope = serializers.SerializerMethodField(help_text="Null until the client has given one.")

    class Meta:
        model = Delegation
        fields: ClassVar = [
            "id",
            "client",
            "client_name",
            "asked_by",
            "comment",
            "state",
            "requested_at",
            "request_expires_on",
            "decided_at",
            "reason",
            "ended_at",
            "scope",
        ]

    @extend_schema_field(ScopeSerializer(allow_null=True))
    def get_scope(self, row: Delegation) -> dict[str, Any] | None:
        if row.valid_from is None:
            return None
        return {
            "access": row.access,
            "all_programs": row.all_programs,
            "program_accounts": sorted(account.number for account in row.program_accounts.all()),
            "sees_client": row.sees_client,
            "sees_others": row.sees_others,
            "valid_from": row.valid_from,
            "valid_until": row.valid_until,
        }


class StateSerializer(serializers.Serializer[dict[str, Any]]):
    state = serializers.ChoiceField(choices=Delegation.State.choices, required=False)


class ClientRequestSerializer(serializers.Serializer[dict[str, Any]]):
    """Whom to ask, and what to say."""

    client = serializers.CharField(max_length=20, help_text="Business number of the client, nine digits.")
    comment = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class ClientRequestRowSerializer(serializers.Serializer[dict[str, Any]]):
    """One of many; a row that is wrong is reported in the answer and spoils nothing else."""

    client = serializers.CharField(allow_blank=True, max_length=100)
    comment = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)


class ClientRequestListSerializer(serializers.Serializer[dict[str, Any]]):
    """Many requests at once."""

    dry_run = serializers.BooleanField(default=False, help_text="Report every row and send nothing.")
    requests = serializers.ListField(
        child=ClientRequestRowSerializer(), allow_empty=False, max_length=rules.MOST_REQUESTS
    )


class RowResultSerializer(serializers.Serializer[Any]):
    """What became, or would become, of one row."""

    row = serializers.IntegerField(source="number", help_text="Its place in the list, from 1.")
    client = serializers.CharField(source="bn9")
    code = serializers.CharField(help_text="`good`, `sent`, or the stable code of what is wrong.")
    message = serializers.CharField(help_text="The same in words, with what to do next.")
    id = serializers.IntegerField(source="delegation_id", allow_null=True, help_text="Of the request that was sent.")


class ClientRequestListResultSerializer(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField()
    sent = serializers.IntegerField(help_text="How many requests were sent.")
    rows = RowResultSerializer(many=True)


class RejectionSerializer(serializers.Serializer[dict[str, Any]]):
    reason = serializers.CharField(max_length=500, help_text="The provider reads it.")


def _provider_of(request: Request) -> str:
    """The business number in the address."""
    return str(request.parser_context["kwargs"]["bn9"])


def _require_provider(seat: BusinessSeat) -> None:
    if seat.business.provider_kind not in rules.PROVIDERS_FOR_CLIENTS:
        raise Refused(
            _("Only a licensed customs broker or a trade consultant has clients here."), code="not_a_provider"
        )


class OfProvider(GenericAPIView[Delegation]):
    """What the operations of a provider share: rows as its pages list them."""

    serializer_class = DelegationSerializer
    queryset = Delegation._default_manager.none()

    def listed(self, request: Request, rows: Any) -> Response:
        asked = StateSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        if state := asked.validated_data.get("state"):
            rows = rows.filter(state=state)
        return self.get_paginated_response(DelegationSerializer(self.paginate_queryset(rows), many=True).data)


class Clients(OfProvider):
    """The provider's clients."""

    @extend_schema(
        operation_id="list_clients",
        summary="Clients that give or gave this provider access, newest first",
        tags=TAGS,
        parameters=[STATE],
        responses={200: DelegationSerializer(many=True), **ERRORS},
    )
    @business_call(to=Action.REQUEST_CLIENTS, bn9_of=_provider_of)
    def get(self, request: Request, bn9: str, *, seat: BusinessSeat) -> Response:
        _require_provider(seat)
        return self.listed(request, queries.clients(seat.business.pk))


class ClientRequests(IdempotentMixin, OfProvider):
    """What the provider asked of clients, and asking."""

    @extend_schema(
        operation_id="list_client_requests",
        summary="Requests for access that this provider sent, newest first",
        tags=TAGS,
        parameters=[STATE],
        responses={200: DelegationSerializer(many=True), **ERRORS},
        examples=[OpenApiExample("A request that waits", response_only=True, status_codes=["200"], value=ONE_CLIENT)],
    )
    @business_call(to=Action.REQUEST_CLIENTS, bn9_of=_provider_of)
    def get(self, request: Request, bn9: str, *, seat: BusinessSeat) -> Response:
        _require_provider(seat)
        return self.listed(request, queries.requests_to_clients(seat.business.pk))

    @extend_schema(
        operation_id="request_client",
        summary="Ask a client for access by its business number",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=ClientRequestSerializer,
        responses={201: DelegationSerializer, **ERRORS, 409: ErrorSerializer},
        examples=[
            OpenApiExample(
                "One client",
                request_only=True,
                value={"client": "704123686", "comment": "We clear your goods at Halifax."},
            ),
            OpenApiExample("Its answer", response_only=True, status_codes=["201"], value=ONE_CLIENT),
        ],
    )
    @business_call(to=Action.REQUEST_CLIENTS, bn9_of=_provider_of)
    def post(self, request: Request, bn9: str, *, seat: BusinessSeat) -> Response:
        _require_provider(seat)
        call = ClientRequestSerializer(data=request.data)
        call.is_valid(raise_exception=True)
        given = wanted_request(1, bn9=call.validated_data["client"], comment=call.validated_data["comment"])
        if given.problem:
            raise serializers.ValidationError({"client": given.problem}, code="invalid")

        def work() -> tuple[int, Any]:
            row = services.request_access(
                provider_id=seat.business.pk,
                client_bn9=given.bn9,
                comment=given.comment,
                actor=seat.actor,
                on=seat.on,
                at=clock.now(),
            )
            return 201, DelegationSerializer(row).data

        return self.once(request, work)


class WithdrawClientRequest(IdempotentMixin, OfProvider):
    """Taking a request back."""

    @extend_schema(
        operation_id="withdraw_client_request",
        summary="Take back a request that was not answered",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=None,
        responses={200: DelegationSerializer, **ERRORS, 409: ErrorSerializer},
    )
    @business_call(to=Action.REQUEST_CLIENTS, bn9_of=_provider_of)
    def post(self, request: Request, bn9: str, pk: int, *, seat: BusinessSeat) -> Response:
        _require_provider(seat)
        if not queries.requests_to_clients(seat.business.pk).filter(pk=pk).exists():
            raise Http404

        def work() -> tuple[int, Any]:
            row = services.withdraw(delegation_id=pk, actor=seat.actor, on=seat.on, at=clock.now())
            return 200, DelegationSerializer(row).data

        return self.once(request, work)


class ClientRequestList(IdempotentMixin, OfProvider):
    """Many requests at once."""

    @extend_schema(
        operation_id="request_clients",
        summary="Ask many clients at once, or try the list out",
        description=(
            "Every row is reported; those that are wrong are left out and the others are sent, each by itself. "
            "The same list again sends nothing twice. A dry run sends nothing and needs no Idempotency-Key."
        ),
        tags=TAGS,
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="New for each new list that is sent; kept a day. A dry run needs none.",
            )
        ],
        request=ClientRequestListSerializer,
        responses={200: ClientRequestListResultSerializer, **ERRORS, 409: ErrorSerializer},
        examples=[
            OpenApiExample(
                "A dry run",
                request_only=True,
                value={"dry_run": True, "requests": [{"client": "704123686", "comment": "We file for you."}]},
            ),
            OpenApiExample(
                "Its answer",
                response_only=True,
                status_codes=["200"],
                value={
                    "dry_run": True,
                    "sent": 0,
                    "rows": [
                        {
                            "row": 1,
                            "client": "704123686",
                            "code": "good",
                            "message": "The request can be sent.",
                            "id": None,
                        }
                    ],
                },
            ),
        ],
    )
    @business_call(to=Action.REQUEST_CLIENTS, bn9_of=_provider_of)
    def post(self, request: Request, bn9: str, *, seat: BusinessSeat) -> Response:
        _require_provider(seat)
        call = ClientRequestListSerializer(data=request.data)
        call.is_valid(raise_exception=True)
        wanted = [
            wanted_request(number, bn9=row["client"], comment=row["comment"])
            for number, row in enumerate(call.validated_data["requests"], start=1)
        ]
        whole: dict[str, Any] = {"provider_id": seat.business.pk, "wanted": wanted, "actor": seat.actor, "on": seat.on}
        if call.validated_data["dry_run"]:
            answer = {"dry_run": True, "sent": 0, "rows": services.try_requests(**whole)}
            return Response(ClientRequestListResultSerializer(answer).data)

        def work() -> tuple[int, Any]:
            batch = services.send_requests(**whole, at=clock.now())
            answer = {"dry_run": False, "sent": batch.sent_count, "rows": services.results_of(batch)}
            return 200, ClientRequestListResultSerializer(answer).data

        return self.once(request, work)


class PracticeAnswer(IdempotentMixin, APIView):
    """The client's part, played by software of the provider that asked; there is no such address in production."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if settings.IS_PRODUCTION:
            raise Http404
        super().initial(request, *args, **kwargs)


class ApproveInPractice(PracticeAnswer):
    @extend_schema(
        operation_id="approve_request_in_practice",
        summary="Play the client and approve a request of your own",
        description="Only in practice worlds. The scope is what the client would choose on its page.",
        tags=PRACTICE_TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=ScopeSerializer,
        responses={200: DelegationSerializer, **ERRORS, 409: ErrorSerializer},
        examples=[OpenApiExample("Everything, without an end", request_only=True, value=ALL_PROGRAMS)],
    )
    def post(self, request: Request, pk: int) -> Response:
        call = ScopeSerializer(data=request.data)
        call.is_valid(raise_exception=True)
        given = dict(call.validated_data)
        numbers = frozenset(given.pop("program_accounts"))

        def work() -> tuple[int, Any]:
            row = services.approve_in_practice(
                delegation_id=pk,
                scope=Scope(**given),
                numbers=numbers,
                actor=_actor(request),
                on=clock.today(),
                at=clock.now(),
            )
            return 200, DelegationSerializer(row).data

        return self.once(request, work)


class RejectInPractice(PracticeAnswer):
    @extend_schema(
        operation_id="reject_request_in_practice",
        summary="Play the client and reject a request of your own",
        description="Only in practice worlds.",
        tags=PRACTICE_TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=RejectionSerializer,
        responses={200: DelegationSerializer, **ERRORS, 409: ErrorSerializer},
        examples=[OpenApiExample("A no", request_only=True, value={"reason": "We have a broker."})],
    )
    def post(self, request: Request, pk: int) -> Response:
        call = RejectionSerializer(data=request.data)
        call.is_valid(raise_exception=True)

        def work() -> tuple[int, Any]:
            row = services.reject_in_practice(
                delegation_id=pk,
                reason=call.validated_data["reason"],
                actor=_actor(request),
                on=clock.today(),
                at=clock.now(),
            )
            return 200, DelegationSerializer(row).data

        return self.once(request, work)


def _actor(request: Request) -> Actor:
    return actor_of(request, channel=Channel.API)
