"""Demands on a surety over the Bond API: read, paid, rebutted."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import Stranger
from core.rest import IDEMPOTENCY_HEADER
from core.rest_defaults import CursorPages
from integrations.access import SuretySeat, surety_call
from integrations.rules import Scope
from integrations.serializers import (
    DemandFilterSerializer,
    DemandPaymentSerializer,
    DemandSerializer,
    RebuttalSerializer,
)
from integrations.software_call import READ, TAGS, WRITE, SuretyView, given_in, now_of
from security import queries as security
from security import services as bonds
from security.models import Demand
from standing import services as standing

REBUTTAL = OpenApiExample(
    "Paid meanwhile",
    request_only=True,
    value={"text": "Our client paid the statement of June on 14 July. The receipt is attached to its payment."},
)
PAYMENT = OpenApiExample("By cheque", request_only=True, value={"reference": "CHQ-20417"})


def _demand_of(seat: SuretySeat, pk: int) -> Demand:
    demand = security.demand_on(seat.surety.pk, pk)
    if demand is None:
        raise Stranger(_("There is no such demand on your bonds. Check the identifier."), code="not_found")
    return demand


class _DemandView(SuretyView):
    def answered(self, request: Request, seat: SuretySeat, pk: int, act: Callable[..., Any], **given: Any) -> Response:
        """Act on one demand on this surety, once for the request's key, and answer with how it stands."""
        _demand_of(seat, pk)

        def work() -> tuple[int, Any]:
            act(demand_id=pk, **given, **now_of(seat))
            return 200, DemandSerializer(_demand_of(seat, pk)).data

        return self.once(request, work)


class Demands(SuretyView):
    pagination_class = CursorPages

    @extend_schema(
        operation_id="list_bond_demands",
        summary="Demands on your bonds, newest first",
        tags=TAGS,
        parameters=[DemandFilterSerializer],
        responses={200: DemandSerializer(many=True), **READ},
    )
    @surety_call(Scope.READ)
    def get(self, request: Request, seat: SuretySeat) -> Response:
        chosen = given_in(DemandFilterSerializer, request.query_params)
        rows = security.demands_on(seat.surety.pk).filter(**chosen).order_by("-id")
        pages = CursorPages()
        page: Any = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(DemandSerializer(page, many=True).data)


class OneDemand(SuretyView):
    @extend_schema(
        operation_id="read_bond_demand",
        summary="One demand on your bonds",
        tags=TAGS,
        responses={200: DemandSerializer, **READ},
    )
    @surety_call(Scope.READ)
    def get(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        return Response(DemandSerializer(_demand_of(seat, pk)).data)


class Payment(_DemandView):
    @extend_schema(
        operation_id="pay_bond_demand",
        summary="Say that you have paid the whole amount: it clears the debt, and the bond is lower by it",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=DemandPaymentSerializer,
        examples=[PAYMENT],
        responses={200: DemandSerializer, **WRITE},
    )
    @surety_call(Scope.WRITE)
    def post(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        given = given_in(DemandPaymentSerializer, request.data)
        return self.answered(request, seat, pk, standing.receive_from_surety, reference_text=given["reference"])


class Rebuttal(_DemandView):
    @extend_schema(
        operation_id="rebut_bond_demand",
        summary="Answer within 60 days why nothing, or less, is owed; an officer decides",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=RebuttalSerializer,
        examples=[REBUTTAL],
        responses={200: DemandSerializer, **WRITE},
    )
    @surety_call(Scope.WRITE)
    def post(self, request: Request, seat: SuretySeat, pk: int) -> Response:
        given = given_in(RebuttalSerializer, request.data)
        return self.answered(request, seat, pk, bonds.rebut_demand, provider_id=seat.surety.pk, **given)
