"""Payments for software, and the door at which the bank tells how one ended."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.actor import system
from core.errors import DomainError, Stranger
from core.rest import IDEMPOTENCY_HEADER, ErrorSerializer, IdempotentMixin
from core.rest_defaults import CursorPages
from delegation.access import Seat, account_call
from delegation.rules import Action
from payments import gateway, queries, services
from payments.models import Payment
from payments.serializers import PaymentDetailSerializer, PaymentOrderSerializer, PaymentSerializer

TAGS = ["Payments"]
#: The bank's word for each event that concerns a payment.
#: After these the bank is asked how the payment stands.
PAYMENT_EVENTS = frozenset({"payment.created", "payment.approved", "payment.declined", "payment.cancelled"})
#: These are taken note of: what follows from them comes with the bank's file of the day.
TOLD_BY_FILE = frozenset({"bill.announced", "mandate.revoked"})
LONGEST_EVENT = 20_000


class Payments(IdempotentMixin, APIView):
    @extend_schema(
        operation_id="list_payments",
        summary="Payments into a program account, newest first",
        tags=TAGS,
        responses={200: PaymentSerializer(many=True), 403: ErrorSerializer, 404: ErrorSerializer},
    )
    @account_call(to=Action.VIEW_TRANSACTIONS)
    def get(self, request: Request, seat: Seat) -> Response:
        rows = queries.payments_of(seat.program_account.pk, visibility=seat.visibility).select_related(
            "program_account", "payer"
        )
        pages = CursorPages()
        page = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(PaymentSerializer(page, many=True).data)

    @extend_schema(
        operation_id="start_payment",
        summary="Start a payment; a person finishes it at `bank_url`",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=PaymentOrderSerializer,
        responses={
            201: PaymentSerializer,
            400: ErrorSerializer,
            403: ErrorSerializer,
            404: ErrorSerializer,
            409: ErrorSerializer,
            503: ErrorSerializer,
        },
    )
    @account_call(to=Action.PAY)
    def post(self, request: Request, seat: Seat) -> Response:
        call = PaymentOrderSerializer(data=request.data)
        call.is_valid(raise_exception=True)
        given = call.validated_data
        purpose = Payment.Purpose(given["purpose"])
        if purpose == Payment.Purpose.DEPOSIT:
            seat.require(Action.MANAGE_SECURITY)
        order = services.PaymentOrder(
            amount=given["amount"],
            method=Payment.Method(given["method"]),
            purpose=purpose,
            items=_chosen(given["items"], purpose, seat),
        )

        def work() -> tuple[int, Any]:
            payment = services.start_payment(
                order=order,
                program_account=seat.program_account,
                payer=seat.provider or seat.business,
                actor=seat.actor,
                at=clock.now(),
                once=f"api:{request.headers.get('Idempotency-Key', '')}",
            )
            if payment.is_under_way:
                # A call repeated after the bank was silent finds the payment it made and goes on with it.
                payment = services.send_to_bank(
                    payment=payment, return_url=services.return_address(payment), language=get_language() or "en"
                )
            return 201, PaymentSerializer(payment).data

        return self.once(request, work)


def _chosen(numbers: list[int], purpose: Payment.Purpose, seat: Seat) -> tuple[int, ...]:
    """The items as they were given, once each; those the caller may not see are no items to it."""
    if not numbers:
        return ()
    if purpose != Payment.Purpose.DEBT:
        raise DomainError(_("A deposit pays no items. Leave them out."), code="items_of_deposit", field="items")
    shown = {item.id for item in queries.payable_items(seat.program_account.pk, on=seat.on, visibility=seat.visibility)}
    if not shown.issuperset(numbers):
        raise DomainError(
            _("That item does not exist. Choose one from the list of open items."), code="no_such_item", field="items"
        )
    return tuple(dict.fromkeys(numbers))


class PaymentDetail(APIView):
    @extend_schema(
        operation_id="read_payment",
        summary="One payment and what it cleared",
        tags=TAGS,
        responses={200: PaymentDetailSerializer, 403: ErrorSerializer, 404: ErrorSerializer},
    )
    @account_call(to=Action.VIEW_TRANSACTIONS)
    def get(self, request: Request, seat: Seat, reference: str) -> Response:
        payment = queries.payment_of(seat.program_account.pk, reference, visibility=seat.visibility)
        if payment is None:
            raise Stranger(
                _("There is no payment with this reference on this account. Check it in the list of payments."),
                code="payment_unknown",
            )
        payment.use = queries.use_of(payment, visibility=seat.visibility)  # type: ignore[attr-defined]
        return Response(PaymentDetailSerializer(payment).data)


@csrf_exempt
@require_POST
def bank_event(request: HttpRequest) -> JsonResponse:
    """What the bank tells, whenever and however often: a signal to ask the bank, never believed by itself.

    2xx only for what is dealt with, so that the bank tells again what is not.
    """
    if len(request.body) > LONGEST_EVENT:
        return _refusal(413, "too_large", _("The event is too large."))
    is_signed = gateway.is_signed(
        request.body,
        timestamp=request.headers.get("Bank-Timestamp", ""),
        signature=request.headers.get("Bank-Signature", ""),
        now=clock.wall_now().timestamp(),
    )
    if not is_signed:
        return _refusal(
            401, "not_signed", _("The signature is missing, wrong or older than five minutes. Sign it again.")
        )
    notice = gateway.read_notice(request.body)
    if notice is None:
        return _refusal(400, "malformed", _("The event is not JSON with a type and a reference. Check it."))
    if notice.kind in TOLD_BY_FILE:
        return JsonResponse({"reference": notice.reference, "state": "NOTED"}, status=202)
    if notice.kind not in PAYMENT_EVENTS:
        return _refusal(400, "unknown_event", _("This type of event is not known here. Send payment events only."))
    try:
        payment = services.settle(reference=notice.reference, actor=system("bank"), at=clock.now())
    except DomainError as problem:
        return _refusal(problem.status, problem.code, str(problem))
    return JsonResponse({"reference": payment.reference, "state": payment.state})


def _refusal(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"code": code, "message": message, "field": None, "link": None}, status=status)
