"""Financial security of one program account, for software."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.rest import ErrorSerializer
from delegation.access import Seat, account_call
from delegation.rules import Action
from security import queries
from security.queries import RppStatus
from security.rules import Pattern


class AmountField(serializers.DecimalField):
    """Dollars as text with two decimals."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=14, decimal_places=2, **kwargs)


class InstrumentSerializer(serializers.Serializer[dict[str, Any]]):
    kind = serializers.ChoiceField(choices=["bond", "deposit"])
    reference = serializers.CharField(help_text="Agreement number of a bond, payment reference of a deposit.")
    state = serializers.CharField()
    amount = AmountField(help_text="What of a bond covers this account, or what is still held of a deposit.")
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True)


class SecuritySerializer(serializers.Serializer[dict[str, Any]]):
    program_account = serializers.CharField()
    rpp_is_on = serializers.BooleanField(help_text="Whether goods may be released before payment.")
    rpp_state = serializers.CharField(help_text="NOT_ENROLLED or the state of the enrolment.")
    reasons = serializers.ListField(child=serializers.CharField())
    requirement = AmountField(help_text="The 100 % figure in force today.")
    coverage = AmountField(help_text="Cash once, bonds double.")
    is_sufficient = serializers.BooleanField()
    bond_shortfall = AmountField()
    cash_shortfall = AmountField()
    open_balance = AmountField(
        allow_null=True, help_text="Null to a delegate that does not see what everybody submitted."
    )
    utilization = serializers.DecimalField(
        max_digits=9,
        decimal_places=4,
        allow_null=True,
        help_text="Open balance as a fraction of the coverage. Null without security, or to whom totals are not shown.",
    )
    pattern = serializers.ChoiceField(choices=["", *Pattern.values], help_text="Empty when it was never enrolled.")
    ends_on = serializers.DateField(allow_null=True, help_text="The last day of an enrolment for a period.")
    instruments = InstrumentSerializer(many=True)


class SecurityView(APIView):
    """Where one program account stands; the same door as the pages."""

    @extend_schema(
        operation_id="read_security",
        summary="Financial security of a program account",
        tags=["Financial security"],
        responses={200: SecuritySerializer, 401: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer},
    )
    @account_call(to=Action.VIEW_SECURITY)
    def get(self, request: Request, seat: Seat) -> Response:
        status = queries.rpp_status(seat.program_account.pk, on=clock.today())
        told = _security(seat.program_account.number, seat.program_account.pk, status)
        if not seat.may(Action.VIEW_STATEMENTS):
            told["open_balance"] = told["utilization"] = None
        return Response(SecuritySerializer(told).data)


def _security(number: str, program_account_id: int, status: RppStatus) -> dict[str, Any]:
    bonds = [
        {
            "kind": "bond",
            "reference": bond.agreement_number,
            "state": bond.state,
            "amount": bond.share,
            "valid_from": bond.validity_start,
            "valid_until": bond.terminates_on or bond.validity_end,
        }
        for bond in queries.bonds_of(program_account_id)
    ]
    deposits = [
        {
            "kind": "deposit",
            "reference": deposit.payment_reference,
            "state": deposit.state,
            "amount": deposit.held,
            "valid_from": deposit.active_on,
            "valid_until": deposit.ended_on,
        }
        for deposit in queries.deposits_of(program_account_id)
    ]
    return {
        "program_account": number,
        "rpp_is_on": status.is_on,
        "rpp_state": status.state or "NOT_ENROLLED",
        "reasons": [reason.value for reason in status.reasons],
        "requirement": status.requirement,
        "coverage": status.coverage.total,
        "is_sufficient": status.is_sufficient,
        "bond_shortfall": status.shortfall.bond,
        "cash_shortfall": status.shortfall.cash,
        "open_balance": status.open_debt,
        "utilization": status.utilization,
        "pattern": status.pattern,
        "ends_on": status.ends_on,
        "instruments": [*bonds, *deposits],
    }
