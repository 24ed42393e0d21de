"""Other beginnings: a month of courier goods, goods without release, a copy; and how the goods came."""

from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError, Stranger
from declarations import queries, services
from declarations.forms_more import CopyForm, HeaderForm, MonthForm, VoluntaryForm
from declarations.models import Declaration
from declarations.services import HeaderInput
from declarations.views.parts import SeatRequest, draft_to_edit, found, page_address
from delegation.access import account_page
from delegation.rules import Action
from reference import queries as reference
from releases import queries as releases

MOST_TO_COPY = 25


def _offices() -> list[tuple[str, str]]:
    french = (get_language() or "en").startswith("fr")
    return [(row.code, f"{row.code} {row.name_fr if french else row.name_en}") for row in reference.offices()]


@account_page(to=Action.FILE_DECLARATION)
def consolidate(request: SeatRequest) -> HttpResponse:
    """Courier releases by calendar month; one month becomes one declaration."""
    seat = request.seat
    waiting = list(releases.courier_to_account_for(seat.program_account.pk, visibility=seat.visibility))
    months = [
        (month, list(rows))
        for month, rows in groupby(waiting, key=lambda row: (row.released_on or date.min).replace(day=1))
    ]
    form = MonthForm(request.POST if request.method == "POST" else None, months=[month for month, _rows in months])
    if request.method == "POST" and form.is_valid():
        chosen = dict(months)[date.fromisoformat(form.cleaned_data["month"])]
        try:
            row = services.start_consolidated(
                found=chosen, submitter=seat.provider or seat.business, actor=seat.actor, at=clock.now()
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            return HttpResponseRedirect(page_address("edit", row))
    context = {
        "form": form,
        "months": [
            {
                "month": month,
                "count": len(rows),
                "value": sum((row.estimated_value for row in rows), Decimal("0.00")),
                "due_on": max(row.accounting_due_on or month for row in rows),
            }
            for month, rows in months
        ],
        "today": clock.today(),
    }
    return render(request, "declarations/consolidate.html", context)


@account_page(to=Action.FILE_DECLARATION)
def voluntary(request: SeatRequest) -> HttpResponse:
    """Begin to account for goods that entered without release."""
    seat = request.seat
    form = VoluntaryForm(request.POST if request.method == "POST" else None, offices=_offices())
    if request.method == "POST" and form.is_valid():
        try:
            row = services.start_voluntary(
                entry=form.entry(),
                program_account=seat.program_account,
                submitter=seat.provider or seat.business,
                actor=seat.actor,
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            return HttpResponseRedirect(page_address("edit", row))
    return render(request, "declarations/voluntary.html", {"form": form})


@account_page(to=Action.FILE_DECLARATION)
def header(request: SeatRequest, declaration: str) -> HttpResponse:
    """How the goods came: mode, carrier, port of unlading, cargo control numbers."""
    row = found(request, declaration)
    draft = draft_to_edit(request, row)
    if draft is None:
        return HttpResponseRedirect(page_address("detail", row))
    form = HeaderForm(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(draft, name) for name in HeaderInput.__dataclass_fields__},
        offices=_offices(),
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.save_header(declaration=row, entry=form.entry(), actor=request.seat.actor, at=clock.now())
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            return HttpResponseRedirect(page_address("edit", row))
    return render(request, "declarations/header.html", {"declaration": row, "form": form})


@account_page(to=Action.FILE_DECLARATION)
def copy(request: SeatRequest, declaration: str) -> HttpResponse:
    """An earlier declaration's invoices and lines for this empty draft, with today's rates, differences shown first."""
    seat = request.seat
    row = found(request, declaration)
    draft = draft_to_edit(request, row)
    if draft is None:
        return HttpResponseRedirect(page_address("detail", row))
    earlier = list(
        queries.declarations_of(seat.program_account.pk, visibility=seat.visibility).filter(
            state=Declaration.State.ACCEPTED
        )[:MOST_TO_COPY]
    )
    form = CopyForm(request.POST if request.method == "POST" else request.GET or None, earlier=earlier)
    changes: list[Any] = []
    if form.is_bound and form.is_valid():
        source = queries.accepted_version(
            next(other for other in earlier if other.number == form.cleaned_data["source"])
        )
        if source is None:
            raise Stranger(_("There is no declaration of that number here. Check the number."), code="not_found")
        try:
            if request.method == "POST":
                services.copy_earlier(declaration=row, source=source, actor=seat.actor, at=clock.now())
                return HttpResponseRedirect(page_address("invoice", row, 1))
            changes = services.copied_lines(declaration=row, source=source)
        except DomainError as refusal:
            form.add_domain_error(refusal)
    context = {
        "declaration": row,
        "form": form,
        "has_earlier": bool(earlier),
        "changes": changes,
        "source": form.cleaned_data.get("source", "") if form.is_bound and form.is_valid() else "",
        "before": sum((change.before.total for change in changes), Decimal("0.00")),
        "after": sum((change.after.total for change in changes if change.after), Decimal("0.00")),
        "left_out": sum(1 for change in changes if change.after is None),
        "here": reverse("declarations:copy", args=(row.program_account.number, row.number)),
    }
    return render(request, "declarations/copy.html", context)
