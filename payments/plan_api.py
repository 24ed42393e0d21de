"""Announced payments for software: what a broker says it pays for its client, and taking that back."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.errors import Stranger
from core.rest import IDEMPOTENCY_HEADER, ErrorSerializer, IdempotentMixin
from core.rest_defaults import CursorPages
from delegation.access import Seat, account_call
from delegation.rules import Action
from payments import plans, queries
from payments.models import PlannedPayment

TAGS = ["Payments"]
_REFUSALS = {403: ErrorSerializer, 404: ErrorSerializer}
_FIELDS = ["id", "payer", "amount", "paid", "planned_on", "state", "announced_at"]


class PlanSerializer(serializers.ModelSerializer[PlannedPayment]):
    """What a payer announced; ``paid`` is how much of it has come."""

    payer = serializers.CharField(source="payer.bn9", read_only=True, help_text="Business number of who pays.")
    amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    paid = serializers.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        model = PlannedPayment
        fields = _FIELDS
        read_only_fields = _FIELDS


class PlanOrderSerializer(serializers.Serializer[dict[str, Any]]):
    """How much is paid for the client, and by which day."""

    amount = serializers.DecimalField(max_digits=13, decimal_places=2, help_text="Canadian dollars, two decimals.")
    planned_on = serializers.DateField(help_text="From today on, at most 62 days ahead.")


class Plans(IdempotentMixin, APIView):
    @extend_schema(
        operation_id="list_announced_payments",
        summary="Payments that service providers announced for a program account, furthest day first",
        tags=TAGS,
        responses={200: PlanSerializer(many=True), **_REFUSALS},
    )
    @account_call(to=Action.PAY)
    def get(self, request: Request, seat: Seat) -> Response:
        pages = CursorPages()
        rows = queries.plans_of(seat.program_account.pk, visibility=seat.visibility).order_by("-id")
        return pages.get_paginated_response(
            PlanSerializer(pages.paginate_queryset(rows, request, view=self), many=True).data
        )

    @extend_schema(
        operation_id="announce_payment",
        summary="Tell a client what you pay for it and by when; the client sees it before paying itself",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=PlanOrderSerializer,
        examples=[
            OpenApiExample("A statement", value={"amount": "4210.15", "planned_on": "2026-07-31"}, request_only=True)
        ],
        responses={201: PlanSerializer, 400: ErrorSerializer, 409: ErrorSerializer, **_REFUSALS},
    )
    @account_call(to=Action.PAY)
    def post(self, request: Request, seat: Seat) -> Response:
        call = PlanOrderSerializer(data=request.data)
        call.is_valid(raise_exception=True)
        now = clock.now()

        def work() -> tuple[int, Any]:
            plan = plans.announce(
                program_account=seat.program_account,
                payer=seat.provider or seat.business,
                amount=call.validated_data["amount"],
                planned_on=call.validated_data["planned_on"],
                on=now.date(),
                at=now,
                actor=seat.actor,
            )
            return 201, PlanSerializer(plan).data

        return self.once(request, work)


class Plan(APIView):
    @extend_schema(
        operation_id="withdraw_announced_payment",
        summary="Take back what you announced; the client is told",
        tags=TAGS,
        responses={200: PlanSerializer, 409: ErrorSerializer, **_REFUSALS},
    )
    @account_call(to=Action.PAY)
    def delete(self, request: Request, seat: Seat, plan_id: int) -> Response:
        payer_id = seat.provider.pk if seat.provider else 0
        found = queries.plans_of(seat.program_account.pk, visibility=seat.visibility, payer_id=payer_id)
        plan = found.filter(pk=plan_id).first()
        if plan is None:
            raise Stranger(_("You announced no such payment on this account. Check the list."), code="plan_unknown")
        return Response(PlanSerializer(plans.withdraw(plan=plan, at=clock.now(), actor=seat.actor)).data)
