"""Standing explained: the verdict, why, what would change it and when."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import clock
from delegation.access import Seat, account_page
from delegation.rules import Action
from standing import queries


@require_safe
@account_page(to=Action.VIEW_STATEMENTS)
def detail(request: HttpRequest) -> HttpResponse:
    seat: Seat = request.seat  # type: ignore[attr-defined]
    today = clock.today()
    account_id = seat.program_account.pk
    outlook = queries.outlook_of(account_id, on=today)
    context = {
        "outlook": outlook,
        "pay_amount": f"{outlook.standing.overdue:.2f}",
        "notices": queries.notices_of(account_id),
        "enrolment": outlook.enrolment,
        "may_pay": seat.may(Action.PAY),
    }
    return render(request, "standing/detail.html", context)
