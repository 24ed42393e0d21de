"""A surety's portfolio: its exposure by debtor, what ends soon, and what wants an answer."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import clock
from delegation.access import business_page
from delegation.rules import Action
from documents import csv_file
from security import queries
from security.views.desk import surety_seat
from security.views.parts import PAGE_SIZE


@require_safe
@business_page(to=Action.VIEW_BUSINESS)
def portfolio(request: HttpRequest) -> HttpResponse:
    seat = surety_seat(request)
    today = clock.today()
    found = queries.portfolio_of(seat.business.pk, on=today)
    context = {
        "seat": seat,
        "found": found,
        "page": Paginator(found.debtors, PAGE_SIZE).get_page(request.GET.get("page")),
        "today": today,
    }
    return render(request, "security/portfolio.html", context)


@require_safe
@business_page(to=Action.VIEW_BUSINESS)
def exposure_file(request: HttpRequest) -> HttpResponse:
    """The exposure by debtor, as a file."""
    seat = surety_seat(request)
    headings = [
        _("Debtor"),
        _("Bonds in force"),
        _("Amount given"),
        _("In use"),
        _("Room left"),
        _("Demands open"),
        _("Demands paid"),
        _("First end"),
    ]
    rows = (
        [row.name, row.bond_count, row.amount, row.used, row.room, row.demanded, row.paid, row.ends_on]
        for row in queries.exposure_by_debtor(seat.business.pk)
    )
    response = HttpResponse(csv_file.render(headings, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{seat.business.bn9}-exposure.csv"'
    return response
