"""Opening a further program account of a business."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import services as accounts
from core import clock
from core.errors import DomainError
from core.format import bn
from delegation.access import business_page
from delegation.forms import ProgramAccountForm
from delegation.rules import Action
from delegation.views.parts import SeatRequest, typed


@require_http_methods(["GET", "HEAD", "POST"])
@business_page(to=Action.OPEN_PROGRAM)
def open_account(request: SeatRequest) -> HttpResponse:
    """The next number is given at once; roles and security are given to it from its own pages."""
    seat = request.seat
    form = ProgramAccountForm(typed(request))
    if request.method == "POST" and form.is_valid():
        try:
            account = accounts.open_next_program_account(
                business_id=seat.business.pk, actor=seat.actor, on=seat.on, at=clock.now(), **form.cleaned_data
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("Program account %(number)s is open.") % {"number": bn(account.number)})
            return HttpResponseRedirect(_home_of(request, account.number))
    return render(request, "delegation/open_account.html", {"form": form}, status=422 if form.errors else 200)


def _home_of(request: HttpRequest, number: str) -> Any:
    """The new account's own page; the people of the business where the portal was set up without it."""
    try:
        return reverse("dashboard:home", args=(number,))
    except NoReverseMatch:
        return reverse("delegation:people", args=(number[:9],))
