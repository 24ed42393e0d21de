"""The account as of any day: opening, movements, closing, what was under way, and as it was known when."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core import clock
from dashboard.forms import AsOfFilter
from dashboard.queries import as_of as queries
from dashboard.views.account import AccountRequest
from dashboard.views.parts import address
from delegation.access import account_page
from delegation.rules import Action
from reference.rules.billing import billing_period_of


@require_safe
@account_page(to=Action.VIEW_STATEMENTS)
def as_of(request: AccountRequest) -> HttpResponse:
    """The billing period that runs, unless other days are asked for; a wrong date leaves that, with what to type."""
    seat, today = request.seat, clock.today()
    start = {"since": billing_period_of(today).first_day.isoformat(), "until": today.isoformat()}
    form = AsOfFilter({**start, **request.GET.dict()})
    asked: dict[str, Any] = form.cleaned_data if form.is_valid() else {"since": today - timedelta(days=30)}
    found = queries.as_of(
        seat.program_account.pk,
        since=asked["since"],
        until=asked.get("until") or today,
        known_on=asked.get("known_on") or today,
    )
    number = seat.program_account.number
    names = {
        "declaration": "declarations:detail",
        "payment": "payments:detail",
        "change": "declarations:change",
    }
    context = {
        "seat": seat,
        "today": today,
        "form": form,
        "found": found,
        "pending": [(row, address(names[row.kind], args=(number, row.number))) for row in found.pending],
        "clear_url": reverse("dashboard:as_of", args=(number,)),
        "is_filtered": form.is_valid() and bool(request.GET),
        "is_back_then": found.known_on != today,
    }
    return render(request, "dashboard/as_of.html", context)
