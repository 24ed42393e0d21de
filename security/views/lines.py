"""The search of security lines, for an importer, a surety and an officer; the file has what the page has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import officer_page
from accounts.models import Business
from accounts.rules import OFFICER
from core.errors import Stranger
from delegation.access import BusinessSeat, account_page, business_page
from delegation.rules import Action
from documents import csv_file
from security import queries
from security.forms import LinesForm
from security.queries import Lines, Search
from security.rules import SecurityLine
from security.views.parts import PAGE_SIZE, seat_of, sees_totals


@dataclass(frozen=True)
class Listed:
    """One list: its own address, that of its file, the name of the file, and what it finds."""

    here: str
    file: str
    name: str
    find: Callable[[Search], Lines]
    has_deposits: bool = True
    more: Mapping[str, Any] | None = None


@require_safe
@account_page(to=Action.VIEW_SECURITY)
def account_lines(request: HttpRequest) -> HttpResponse:
    """The lines of one program account."""
    return _page(request, _of_account(request))


@require_safe
@account_page(to=Action.VIEW_SECURITY)
def account_lines_file(request: HttpRequest) -> HttpResponse:
    return _file(request, _of_account(request))


@require_safe
@business_page(to=Action.VIEW_BUSINESS)
def business_lines(request: HttpRequest) -> HttpResponse:
    """A surety's bonds, or the lines of every program account of an importer that the person may see."""
    return _page(request, _of_business(request))


@require_safe
@business_page(to=Action.VIEW_BUSINESS)
def business_lines_file(request: HttpRequest) -> HttpResponse:
    return _file(request, _of_business(request))


@require_safe
@officer_page(OFFICER)
def officer_lines(request: HttpRequest) -> HttpResponse:
    """The lines of the whole country."""
    return _page(request, _of_country())


@require_safe
@officer_page(OFFICER)
def officer_lines_file(request: HttpRequest) -> HttpResponse:
    return _file(request, _of_country())


def _of_account(request: HttpRequest) -> Listed:
    seat = seat_of(request)
    number, pk = seat.program_account.number, seat.program_account.pk
    knows = [pk] if sees_totals(seat) else []
    everywhere = "" if seat.is_delegated else reverse("security:business_lines", args=(seat.business.bn9,))
    return Listed(
        here=reverse("security:account_lines", args=(number,)),
        file=reverse("security:account_lines_file", args=(number,)),
        name=number,
        find=lambda search: queries.lines_of_accounts([pk], search, knows=knows),
        more={"back": reverse("security:overview", args=(number,)), "sees_bonds_of": number, "everywhere": everywhere},
    )


def _of_business(request: HttpRequest) -> Listed:
    seat: BusinessSeat = request.seat  # type: ignore[attr-defined]
    if seat.is_delegated:
        raise Stranger(_("There is nothing at this address for you. Check the account you act for."), code="not_found")
    bn9, is_surety = seat.business.bn9, seat.business.provider_kind == Business.ProviderKind.SURETY

    def find(search: Search) -> Lines:
        if is_surety:
            return queries.lines_of_surety(seat.business.pk, search)
        accounts = list(queries.accounts_of_business(seat.business.pk))
        seen = [row.pk for row in accounts if seat.may_in(row, Action.VIEW_SECURITY)]
        knows = [row.pk for row in accounts if seat.may_in(row, Action.VIEW_STATEMENTS)]
        return queries.lines_of_accounts(seen, search, knows=knows)

    return Listed(
        here=reverse("security:business_lines", args=(bn9,)),
        file=reverse("security:business_lines_file", args=(bn9,)),
        name=bn9,
        find=find,
        has_deposits=not is_surety,
        more={"desk_of": bn9, "back": reverse("security:desk", args=(bn9,))} if is_surety else {"shows_account": True},
    )


def _of_country() -> Listed:
    return Listed(
        here=reverse("security:officer_lines"),
        file=reverse("security:officer_lines_file"),
        name="portage",
        find=queries.lines_of_everybody,
        more={"is_officer": True},
    )


def _search(form: LinesForm) -> Search:
    if not form.is_valid():
        return Search()
    given = form.cleaned_data
    return Search(
        first=given["first"],
        last=given["last"],
        ends=given["ends"],
        group=given["group"],
        kind=given.get("kind", ""),
        text=given["q"].strip(),
    )


def _page(request: HttpRequest, listed: Listed) -> HttpResponse:
    form = LinesForm(request.GET, has_deposits=listed.has_deposits)
    search = _search(form)
    context = {
        "seat": request.seat,  # type: ignore[attr-defined]
        "form": form,
        "is_narrowed": search != Search(),
        "query": request.GET.urlencode(),
        "page": Paginator(listed.find(search), PAGE_SIZE).get_page(request.GET.get("page")),  # type: ignore[arg-type]
        "here": listed.here,
        "file": listed.file,
        "has_deposits": listed.has_deposits,
        **(listed.more or {}),
    }
    return render(request, "security/lines.html", context)


def _file(request: HttpRequest, listed: Listed) -> HttpResponse:
    lines = listed.find(_search(LinesForm(request.GET, has_deposits=listed.has_deposits)))
    headings = [
        _("Instrument"),
        _("Number"),
        _("Who covers"),
        _("Debtor"),
        _("Program account"),
        _("State"),
        _("From"),
        _("Until"),
        _("Original"),
        _("Released"),
        _("Used"),
        _("Balance"),
    ]
    rows = (_cells(line) for part in lines.parts() for line in part)
    response = HttpResponse(csv_file.render(headings, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{listed.name}-security.csv"'
    return response


def _cells(line: SecurityLine) -> list[Any]:
    return [
        _("Bond") if line.kind == "bond" else _("Cash deposit"),
        line.reference,
        line.holder or line.debtor,
        line.debtor,
        line.number,
        line.state_label,
        line.starts_on,
        line.ends_on,
        line.original,
        line.released,
        line.used,
        line.balance,
    ]
