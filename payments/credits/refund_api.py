"""Refunds for software: what was asked for, asking for free credit back, and taking a request back."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.errors import Refused, Stranger
from core.rest import IDEMPOTENCY_HEADER, ErrorSerializer, IdempotentMixin
from core.rest_defaults import CursorPages
from delegation.access import Seat, account_call
from delegation.rules import Action
from payments.credits import queries, services
from payments.credits.models import RefundRequest

TAGS = ["Payments"]
_REFUSALS = {403: ErrorSerializer, 404: ErrorSerializer}
_FIELDS = ["reference", "amount", "state", "reason", "requested_at", "decided_at", "paid_at"]


class RefundSerializer(serializers.ModelSerializer[RefundRequest]):
    """A request for a refund. ``reason`` is what the officer who decided wrote."""

    amount = serializers.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        model = RefundRequest
        fields = _FIELDS
        read_only_fields = _FIELDS


class RefundOrderSerializer(serializers.Serializer[dict[str, Any]]):
    """How much free credit is asked back."""

    amount = serializers.DecimalField(max_digits=13, decimal_places=2, help_text="Canadian dollars, two decimals.")


class Refunds(IdempotentMixin, APIView):
    @extend_schema(
        operation_id="list_refunds",
        summary="Requests for refunds of a program account, newest first",
        tags=TAGS,
        responses={200: RefundSerializer(many=True), **_REFUSALS},
    )
    @account_call(to=Action.PAY)
    def get(self, request: Request, seat: Seat) -> Response:
        _require_own(seat)
        pages = CursorPages()
        page = pages.paginate_queryset(queries.refund_requests_of(seat.program_account.pk), request, view=self)
        return pages.get_paginated_response(RefundSerializer(page, many=True).data)

    @extend_schema(
        operation_id="request_refund",
        summary="Ask for free credit to be paid back; an officer decides",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=RefundOrderSerializer,
        examples=[OpenApiExample("Everything that is free", value={"amount": "612.40"}, request_only=True)],
        responses={201: RefundSerializer, 400: ErrorSerializer, 409: ErrorSerializer, **_REFUSALS},
    )
    @account_call(to=Action.PAY)
    def post(self, request: Request, seat: Seat) -> Response:
        _require_own(seat)
        call = RefundOrderSerializer(data=request.data)
        call.is_valid(raise_exception=True)

        def work() -> tuple[int, Any]:
            row = services.request_refund(
                program_account=seat.program_account,
                amount=call.validated_data["amount"],
                at=clock.now(),
                actor=seat.actor,
            )
            return 201, RefundSerializer(row).data

        return self.once(request, work)


class Refund(APIView):
    @extend_schema(
        operation_id="withdraw_refund",
        summary="Take a request for a refund back before it is decided",
        tags=TAGS,
        responses={200: RefundSerializer, 409: ErrorSerializer, **_REFUSALS},
    )
    @account_call(to=Action.PAY)
    def delete(self, request: Request, seat: Seat, reference: str) -> Response:
        _require_own(seat)
        row = queries.refund_requests_of(seat.program_account.pk).filter(reference=reference).first()
        if row is None:
            raise Stranger(_("There is no request with this reference on this account."), code="refund_unknown")
        return Response(RefundSerializer(services.withdraw_refund(refund=row, at=clock.now(), actor=seat.actor)).data)


def _require_own(seat: Seat) -> None:
    """Credit belongs to the importer, whoever paid, and only who sees all of it gives it away."""
    seat.require(Action.VIEW_STATEMENTS)
    if seat.is_delegated:
        raise Refused(_("Only the importer decides this. Ask somebody at the business to do it."), code="importer_only")
