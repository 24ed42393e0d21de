"""Explain this number: one page for each number of an account."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import clock
from core.errors import Stranger
from dashboard.queries import entries
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


@require_safe
@account_page(to=Action.VIEW_TRANSACTIONS)
def entry(request: AccountRequest, entry_id: UUID) -> HttpResponse:
    """One amount of the history: a charge, interest, a penalty, a change, a payment."""
    seat = request.seat
    row = entries.entry_of(seat, entry_id)
    if row is None:
        raise Stranger(_("There is no such entry. Choose one from the history."), code="not_found")
    found = entries.explanation_of(row, sees_all=seat.visibility.is_full, language=language())
    return render(request, "dashboard/explanation.html", {"seat": seat, "found": found, "others": []})
