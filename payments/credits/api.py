"""Credits for software: what is open and free, paying chosen items, and where every cent went."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.errors import Stranger
from core.rest import IDEMPOTENCY_HEADER, ErrorSerializer, IdempotentMixin
from delegation.access import Seat, account_call
from delegation.rules import Action
from payments.credits import queries, services
from payments.rules import Preference

TAGS = ["Payments"]
_REFUSALS = {403: ErrorSerializer, 404: ErrorSerializer}


def _money(**more: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=14, decimal_places=2, **more)


class OpenItemSerializer(serializers.Serializer[Any]):
    """A debt or credit with something left."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    due_on = serializers.DateField(allow_null=True)
    posted_on = serializers.DateField()
    amount = _money()
    left = _money(source="remaining")


class CreditsSerializer(serializers.Serializer[Any]):
    """``free`` is what the credits exceed every debt by, less what was asked back."""

    offsetting = serializers.ChoiceField(choices=Preference.choices)
    free = _money()
    asked_back = _money()
    credits = OpenItemSerializer(many=True)
    debts = OpenItemSerializer(many=True)


class TraceLineSerializer(serializers.Serializer[Any]):
    """A part of the item and what it met; below zero where that was undone."""

    item = serializers.IntegerField(source="item_id")
    on = serializers.DateField()
    kind = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    amount = _money()


class TraceSerializer(serializers.Serializer[Any]):
    """The lines, what is hidden from the caller and what is left make the item's amount."""

    side = serializers.CharField(source="item.side")
    kind = serializers.CharField(source="item.kind")
    source = serializers.CharField(source="item.source")  # type: ignore[assignment]
    amount = _money(source="item.amount")
    lines = TraceLineSerializer(many=True)
    hidden = _money()
    hidden_count = serializers.IntegerField()
    left = _money()


class AllocationOrderSerializer(serializers.Serializer[Any]):
    """Open items by their ``id``."""

    credits = serializers.ListField(child=serializers.IntegerField(), min_length=1, max_length=500)
    debts = serializers.ListField(child=serializers.IntegerField(), min_length=1, max_length=500)


class CreditsCall(APIView):
    @extend_schema(
        operation_id="read_credits",
        summary="Open debts and credits of a program account, and what is free",
        tags=TAGS,
        responses={200: CreditsSerializer, **_REFUSALS},
    )
    @account_call(to=Action.VIEW_STATEMENTS)
    def get(self, request: Request, seat: Seat) -> Response:
        return Response(_credits(seat))


class Allocations(IdempotentMixin, APIView):
    @extend_schema(
        operation_id="allocate_credits",
        summary="Pay chosen items in full with chosen credits",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=AllocationOrderSerializer,
        responses={201: CreditsSerializer, 400: ErrorSerializer, 409: ErrorSerializer, **_REFUSALS},
    )
    @account_call(to=Action.PAY)
    def post(self, request: Request, seat: Seat) -> Response:
        seat.require(Action.VIEW_STATEMENTS)
        call = AllocationOrderSerializer(data=request.data)
        call.is_valid(raise_exception=True)

        def work() -> tuple[int, Any]:
            services.allocate_by_hand(
                program_account=seat.program_account,
                debt_ids=call.validated_data["debts"],
                credit_ids=call.validated_data["credits"],
                at=clock.now(),
                actor=seat.actor,
            )
            return 201, _credits(seat)

        return self.once(request, work)


class TraceCall(APIView):
    @extend_schema(
        operation_id="trace_item",
        summary="Where every cent of a debt or credit went",
        tags=TAGS,
        responses={200: TraceSerializer, **_REFUSALS},
    )
    @account_call(to=Action.VIEW_TRANSACTIONS)
    def get(self, request: Request, seat: Seat, item: int) -> Response:
        found = queries.trace_of(seat.program_account.pk, item, visibility=seat.visibility)
        if found is None:
            raise Stranger(_("There is no such item on this account. Look at the list again."), code="item_unknown")
        return Response(TraceSerializer(found).data)


def _credits(seat: Seat) -> Any:
    account_id = seat.program_account.pk
    known = queries.credits_of(account_id, on=seat.on)
    return CreditsSerializer(
        {
            "offsetting": queries.preference_of([account_id])[account_id],
            "free": known.free,
            "asked_back": known.asked_back,
            "credits": known.credits,
            "debts": known.debts,
        }
    ).data
