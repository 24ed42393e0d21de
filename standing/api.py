"""Standing for software."""

from datetime import date

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.rest import ErrorSerializer
from delegation.access import Seat, account_call
from delegation.rules import Action
from standing import queries
from standing.serializers import DaySerializer, StandingSerializer


class StandingView(APIView):
    @extend_schema(
        operation_id="read_standing",
        summary="Whether a program account is in good standing on a day, and why",
        tags=["Standing"],
        parameters=[OpenApiParameter("on", date, description="The day of the verdict; today when left out.")],
        responses={200: StandingSerializer, 400: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer},
    )
    @account_call(to=Action.VIEW_STATEMENTS)
    def get(self, request: Request, seat: Seat) -> Response:
        asked = DaySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        day = asked.validated_data.get("on") or clock.today()
        outlook = queries.outlook_of(seat.program_account.pk, on=day)
        verdict = outlook.standing
        answer = {
            "program_account": seat.program_account.number,
            "on": day,
            "is_good": verdict.is_good,
            "overdue": verdict.overdue,
            "overdue_since": verdict.overdue_since,
            "good_since": verdict.good_since,
            "next_step": verdict.next_step,
            "next_step_on": verdict.next_step_on,
            "is_paused": outlook.is_paused,
            "is_detained": outlook.detention is not None,
            "steps": [] if verdict.is_good else outlook.steps,
            "items": outlook.items,
        }
        return Response(StandingSerializer(answer).data)
