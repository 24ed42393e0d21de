"""Explain this number: one page for each number of an account."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core import clock
from dashboard.queries import explanation as queries
from dashboard.views.account import AccountRequest
from dashboard.views.parts import language
from delegation.access import account_page
from delegation.rules import Action


@require_safe
@account_page(to=Action.VIEW_SECURITY)
def explanation(request: AccountRequest, what: str) -> HttpResponse:
    """The number, its rule in force and its arithmetic; beside it what else can be explained."""
    seat = request.seat
    queries.require_shown(seat, what)
    found = queries.explanation(seat.program_account, what, on=clock.today(), language=language())
    number = seat.program_account.number
    others = [
        (name, reverse("dashboard:explain", args=(number, key)))
        for key, (action, name) in queries.SUBJECTS.items()
        if key != what and seat.may(action)
    ]
    return render(request, "dashboard/explanation.html", {"seat": seat, "found": found, "others": others})
