"""The agreement on pre-authorized debit for software of the importer."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.errors import Refused, Stranger
from core.rest import IDEMPOTENCY_HEADER, ErrorSerializer, IdempotentMixin
from delegation.access import Seat, account_call
from delegation.rules import Action
from payments.debits import queries, services
from payments.debits.rules import BankAccount
from payments.models import DebitAgreement

TAGS = ["Payments"]
_ERRORS = {400: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer, 409: ErrorSerializer, 503: ErrorSerializer}


class NextDebitSerializer(serializers.Serializer[Any]):
    """What is taken next, after what has been paid meanwhile."""

    amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    on = serializers.DateField()
    is_sent = serializers.BooleanField(help_text="The bank has it already.")
    is_announced = serializers.BooleanField()


class AgreementSerializer(serializers.ModelSerializer[DebitAgreement]):
    """One version of the agreement; the account number is masked."""

    program_account = serializers.CharField(source="program_account.number", read_only=True)
    next_debit = NextDebitSerializer(read_only=True, allow_null=True)

    class Meta:
        model = DebitAgreement
        fields = (
            "reference",
            "program_account",
            "version",
            "state",
            "holder",
            "institution",
            "transit",
            "masked_account",
            "terms_version",
            "certified_at",
            "certified_by",
            "since",
            "ended_at",
            "next_debit",
        )
        read_only_fields = fields


class AgreementOrderSerializer(serializers.Serializer[dict[str, Any]]):
    """The bank account to take statements from, and the certification of the terms."""

    holder = serializers.CharField(max_length=100)
    institution = serializers.RegexField(r"^[0-9]{3}$")
    transit = serializers.RegexField(r"^[0-9]{5}$")
    account = serializers.RegexField(r"^[0-9]{7,12}$")
    certified = serializers.BooleanField(help_text="Must be true: signs for the account and accepts the terms.")


class Agreement(IdempotentMixin, APIView):
    @extend_schema(
        operation_id="read_debit_agreement",
        summary="The pre-authorized debit agreement in force",
        tags=TAGS,
        responses={200: AgreementSerializer, 403: ErrorSerializer, 404: ErrorSerializer},
    )
    @account_call(to=Action.PAY)
    def get(self, request: Request, seat: Seat) -> Response:
        _require_own(seat)
        return Response(_shown(queries.agreement_of(seat.program_account.pk), seat))

    @extend_schema(
        operation_id="sign_debit_agreement",
        summary="Set up pre-authorized debit or change its bank account",
        tags=TAGS,
        parameters=[IDEMPOTENCY_HEADER],
        request=AgreementOrderSerializer,
        responses={201: AgreementSerializer, **_ERRORS},
    )
    @account_call(to=Action.PAY)
    def post(self, request: Request, seat: Seat) -> Response:
        _require_own(seat)
        call = AgreementOrderSerializer(data=request.data)
        call.is_valid(raise_exception=True)
        given = call.validated_data

        def work() -> tuple[int, Any]:
            agreement = services.sign(
                program_account=seat.program_account,
                account=BankAccount(given["holder"], given["institution"], given["transit"], given["account"]),
                is_certified=given["certified"],
                once=f"api:{request.headers.get('Idempotency-Key', '')}",
                on=clock.today(),
                at=clock.now(),
                actor=seat.actor,
            )
            return 201, _shown(agreement, seat)

        return self.once(request, work)

    @extend_schema(
        operation_id="cancel_debit_agreement",
        summary="End pre-authorized debit",
        tags=TAGS,
        responses={200: AgreementSerializer, **_ERRORS},
    )
    @account_call(to=Action.PAY)
    def delete(self, request: Request, seat: Seat) -> Response:
        _require_own(seat)
        ended = services.cancel(
            program_account_id=seat.program_account.pk, on=clock.today(), at=clock.now(), actor=seat.actor
        )
        return Response(_shown(ended, seat))


def _shown(agreement: DebitAgreement | None, seat: Seat) -> Any:
    if agreement is None:
        raise Stranger(_("There is no agreement in force. Set one up to pay by debit."), code="no_agreement")
    sees = seat.may(Action.VIEW_STATEMENTS)
    agreement.next_debit = (  # type: ignore[attr-defined]
        queries.next_debit(seat.program_account.pk, on=clock.today()) if sees else None
    )
    return AgreementSerializer(agreement).data


def _require_own(seat: Seat) -> None:
    if seat.is_delegated:
        raise Refused(
            _("Only the importer signs for its bank account. Ask your client to set it up."), code="importers_own"
        )
