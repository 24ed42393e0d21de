"""Where a person starts, and the home of a business: a broker's board, a surety's desk, or its program accounts."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import Business
from accounts.rules import OFFICER
from core import clock
from dashboard.queries import homes
from dashboard.views.account import LAST_ACCOUNT
from dashboard.views.parts import address
from delegation.access import BusinessSeat, business_page
from delegation.rules import PROVIDERS_FOR_CLIENTS, Action


class BusinessRequest(HttpRequest):
    seat: BusinessSeat


@login_required
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Where a signed-in person begins: officers at their overview, others at the account or business they use."""
    user_id = request.user.pk or 0
    if request.user.is_staff:
        if homes.is_in_group(user_id, OFFICER):
            return redirect("dashboard:officer")
        return redirect(address("simulation:clock", "admin:index"))
    last = str(request.session.get(LAST_ACCOUNT, ""))
    reach = homes.reach_of(user_id, last=last, on=clock.today())
    if reach.last_is_in_reach:
        return redirect("dashboard:home", last)
    if not reach.businesses and not reach.numbers:
        return redirect("registration:first_setup")
    if len(reach.businesses) == 1:
        business = reach.businesses[0]
        if business.is_provider or len(reach.numbers) != 1:
            return redirect("dashboard:business", business.bn9)
    if len(reach.numbers) == 1:
        return redirect("dashboard:home", reach.numbers[0])
    return redirect("delegation:switch")


@require_safe
@business_page(to=Action.VIEW)
def home(request: BusinessRequest) -> HttpResponse:
    """The business as a whole."""
    seat, today = request.seat, clock.today()
    request.session.pop(LAST_ACCOUNT, None)
    kind = seat.business.provider_kind
    is_filer = kind in PROVIDERS_FOR_CLIENTS
    is_surety = kind == Business.ProviderKind.SURETY
    lines = homes.account_lines(seat.business.pk, held=seat.program_account_ids, on=today)
    context: dict[str, Any] = {
        "today": today,
        "is_filer": is_filer,
        "is_surety": is_surety,
        "lines": lines,
        "board": homes.broker_board(seat.business.pk, held=seat.program_account_ids, on=today, user_id=seat.staff_id)
        if is_filer
        else None,
        "desk": homes.surety_board(seat.business.pk) if is_surety else None,
        "actions": _actions(seat, is_filer=is_filer),
        "urls": _urls(seat),
    }
    return render(request, "dashboard/business.html", context)


def _urls(seat: BusinessSeat) -> dict[str, str]:
    """The pages this seat may open; those it may not, or that this portal lacks, are empty."""
    bn9 = (seat.business.bn9,)
    may_ask = seat.may(Action.REQUEST_CLIENTS)
    may_answer = seat.may(Action.MANAGE_THIRD_PARTIES)
    return {
        "clients": address("delegation:clients", args=bn9) if may_ask else "",
        "requests": address("delegation:third_party_requests", args=bn9) if may_answer else "",
        "releases": address("releases:list", args=bn9) if seat.may(Action.VIEW_TRANSACTIONS) else "",
        "bonds": address("security:desk", args=bn9) if seat.may(Action.MANAGE_SECURITY) else "",
        "portfolio": address("security:portfolio", args=bn9) if seat.may(Action.MANAGE_SECURITY) else "",
        "profile": address("delegation:business_profile", args=bn9) if seat.may(Action.VIEW_BUSINESS) else "",
        "people": address("delegation:people", args=bn9) if seat.may(Action.MANAGE_PEOPLE) else "",
        "open_account": address("delegation:open_account", args=bn9) if seat.may(Action.OPEN_PROGRAM) else "",
    }


def _actions(seat: BusinessSeat, *, is_filer: bool) -> list[dict[str, str]]:
    rows = []
    if seat.may(Action.REQUEST_RELEASE) and (is_filer or not seat.business.is_provider):
        rows.append({"key": "release", "href": reverse("releases:request", args=(seat.business.bn9,))})
    if is_filer and seat.may(Action.REQUEST_CLIENTS):
        rows.append({"key": "access", "href": reverse("delegation:request_client", args=(seat.business.bn9,))})
    return rows
