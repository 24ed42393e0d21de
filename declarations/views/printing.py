"""A declaration on paper: a page made for the printer, and the same as a PDF."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from core import clock
from declarations import exports, queries
from declarations.models import Declaration, DeclarationVersion
from declarations.views.parts import SeatRequest, countries, found, office_name
from delegation.access import account_page
from delegation.rules import Action


def _printed(request: SeatRequest, declaration: str) -> tuple[Declaration, DeclarationVersion, dict[str, Any]]:
    """The declaration, the version asked for (or the newest accepted, or the draft) and its sheet."""
    row = found(request, declaration)
    versions = list(queries.versions_of(row))
    wanted = request.GET.get("version", "")
    accepted = [version for version in versions if version.state == DeclarationVersion.State.ACCEPTED]
    version = next(
        (other for other in versions if str(other.number) == wanted), accepted[-1] if accepted else versions[-1]
    )
    sheet = exports.sheet_of(
        row,
        version,
        versions=versions,
        office=office_name(row),
        countries=countries(),
        consolidated=queries.consolidated_numbers(row, visibility=request.seat.visibility),
        on=clock.today(),
    )
    return row, version, sheet


@account_page(to=Action.VIEW_TRANSACTIONS)
def print_page(request: SeatRequest, declaration: str) -> HttpResponse:
    """Made for the printer; C-type says that two copies go to the port."""
    row, version, sheet = _printed(request, declaration)
    return render(request, "declarations/print.html", {"declaration": row, "version": version, "sheet": sheet})


@account_page(to=Action.VIEW_TRANSACTIONS)
def pdf(request: SeatRequest, declaration: str) -> HttpResponse:
    row, version, sheet = _printed(request, declaration)
    response = HttpResponse(exports.pdf_of(sheet, get_language() or "en"), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="declaration-{row.number}-v{version.number}.pdf"'
    return response
