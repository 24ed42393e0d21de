"""What the pages of this room share."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from core import clock
from core.errors import DomainError
from core.forms import PortageForm
from delegation.access import BusinessSeat, Seat
from delegation.rules import Action

UNPROCESSABLE = 422
PAGE_SIZE = 25
FORM = require_http_methods(["GET", "HEAD", "POST"])


def language_in_use() -> str:
    return get_language() or "en"


def seat_of(request: HttpRequest) -> Seat:
    return request.seat  # type: ignore[attr-defined]


def sees_totals(seat: Seat) -> bool:
    """Open balance and monthly charges add up what everybody submitted; requirement and cover are the account's."""
    return seat.may(Action.VIEW_STATEMENTS)


def acting(seat: Seat | BusinessSeat) -> dict[str, Any]:
    """Who acts and when, as every service asks."""
    at = clock.now()
    return {"on": at.date(), "at": at, "actor": seat.actor}


def show(request: HttpRequest, template: str, form: PortageForm | None = None, **context: Any) -> HttpResponse:
    status = UNPROCESSABLE if form is not None and form.is_bound and form.errors else 200
    return render(
        request, f"security/{template}.html", {"seat": seat_of(request), "form": form, **context}, status=status
    )


def is_done(form: PortageForm, act: Callable[[], Any]) -> bool:
    """Whether the form is good and the service did it; a refusal stands on the form."""
    if not form.is_valid():
        return False
    try:
        act()
    except DomainError as refusal:
        form.add_domain_error(refusal)
        return False
    return True


def address_of(name: str, *args: Any) -> str:
    """The address of a page of a room above this one; empty where the portal was set up without it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
