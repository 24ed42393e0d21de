"""A provider's view of its clients' statements of one month, as page and file."""

from datetime import date

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dashboard.queries import client_statements as queries
from dashboard.views.board import require_provider
from dashboard.views.business import BusinessRequest
from delegation.access import BusinessSeat, business_page
from delegation.rules import Action
from documents import csv_file

PAGE = 50


@require_safe
@business_page(to=Action.VIEW)
def client_statements(request: BusinessRequest) -> HttpResponse:
    """Each client's statement of a month: what this business filed, what else it sees, the total where it may."""
    seat = request.seat
    require_provider(seat)
    found = queries.client_statements(seat, _month(request, seat))
    here = reverse("dashboard:client_statements_csv", args=(seat.business.bn9,))
    context = {
        "seat": seat,
        "found": found,
        "months": queries.months(seat.on),
        "page": Paginator(found.rows, PAGE).get_page(request.GET.get("page")),
        "csv_url": f"{here}?month={found.statement_on:%Y-%m}",
    }
    return render(request, "dashboard/client_statements.html", context)


@require_safe
@business_page(to=Action.VIEW)
def client_statements_csv(request: BusinessRequest) -> HttpResponse:
    """The same as a file."""
    seat = request.seat
    require_provider(seat)
    found = queries.client_statements(seat, _month(request, seat))
    headings = [
        _("Client"),
        _("Program account"),
        _("Statement date"),
        _("Last day to pay"),
        _("Filed by you"),
        _("Filed by others"),
        _("Total payable"),
    ]
    hidden = _("not shown")
    lines = (
        [
            row.client,
            row.number,
            row.statement.statement_on,
            row.statement.last_day_to_pay,
            row.own,
            hidden if row.others is None else row.others,
            hidden if row.total is None else row.total,
        ]
        for row in found.rows
    )
    response = HttpResponse(csv_file.render(headings, lines), content_type="text/csv; charset=utf-8")
    name = f"{seat.business.bn9}-client-statements-{found.statement_on:%Y-%m}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _month(request: BusinessRequest, seat: BusinessSeat) -> date:
    """The statement day of the month in the address; the newest where there is none such."""
    known = queries.months(seat.on)
    wanted = request.GET.get("month", "")
    return next((day for day in known if f"{day:%Y-%m}" == wanted), known[0])
