"""Standing for software."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.rest import ErrorSerializer
from delegation.access import Seat, account_call
from delegation.rules import Action
from standing import queries
from standing.serializers import StandingSerializer


class StandingView(APIView):
    @extend_schema(
        operation_id="read_standing",
        summary="Whether a program account is in good standing today, and why",
        tags=["Standing"],
        responses={200: StandingSerializer, 403: ErrorSerializer, 404: ErrorSerializer},
    )
    @account_call(to=Action.VIEW_STATEMENTS)
    def get(self, request: Request, seat: Seat) -> Response:
        today = clock.today()
        verdict = queries.standing_of(seat.program_account.pk, on=today)
        answer = {
            "program_account": seat.program_account.number,
            "on": today,
            "is_good": verdict.is_good,
            "overdue": verdict.overdue,
            "overdue_since": verdict.overdue_since,
            "good_since": verdict.good_since,
            "next_step": verdict.next_step,
            "next_step_on": verdict.next_step_on,
            "steps": [{"step": step, "on": day, "is_taken": day <= today} for step, day in verdict.steps],
        }
        return Response(StandingSerializer(answer).data)
