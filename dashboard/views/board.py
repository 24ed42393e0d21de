"""The provider's board: every client it reaches, on one page and as a file."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.errors import Refused
from dashboard.forms import BoardFilter
from dashboard.queries import board as queries
from dashboard.queries.board import Row, Show, Stand
from dashboard.views.business import BusinessRequest
from delegation.access import BusinessSeat, business_page
from delegation.models import Delegation
from delegation.rules import PROVIDERS_FOR_CLIENTS, Action, Visibility
from documents import csv_file
from security.rules import RppState

PAGE = 25
_BADGES = {Stand.WAITING: "warning", Stand.APPROVED: "success", Stand.LATER: "info", Stand.ENDED: "neutral"}
_RPP: Mapping[str, str] = {
    RppState.ACTIVE: "success",
    RppState.SUSPENDED: "danger",
    RppState.PENDING_SECURITY: "warning",
}


@require_safe
@business_page(to=Action.VIEW)
def board(request: BusinessRequest) -> HttpResponse:
    """One row a client's program account, and what calls for attention."""
    seat = request.seat
    require_provider(seat)
    form = BoardFilter(request.GET)
    every = queries.board_of(seat)
    page = Paginator(queries.chosen(every, on=seat.on, **form.choice), PAGE).get_page(request.GET.get("page"))
    here = reverse("dashboard:board", args=(seat.business.bn9,))
    kept = urlencode({name: request.GET[name] for name in form.fields if request.GET.get(name)})
    context = {
        "form": form,
        "page": page,
        "rows": [_shown(seat, row) for row in page],
        "figures": [
            {"name": show.label, "count": _many(every, show, seat), "href": f"{here}?show={show.value}"}
            for show in (Show.ATTENTION, Show.WAITING, Show.DUE, Show.ENDING)
        ],
        "may_request": seat.may(Action.REQUEST_CLIENTS),
        "is_filtered": form.is_filtered,
        "clear_url": here,
        "csv_url": f"{reverse('dashboard:board_csv', args=(seat.business.bn9,))}?{kept}",
    }
    return render(request, "dashboard/board.html", context)


@require_safe
@business_page(to=Action.VIEW)
def board_csv(request: BusinessRequest) -> HttpResponse:
    """The same filter as a file."""
    seat = request.seat
    require_provider(seat)
    rows = queries.chosen(queries.board_of(seat), on=seat.on, **BoardFilter(request.GET).choice)
    headings = [
        _("Client"),
        _("Business number"),
        _("Program account"),
        _("Registered"),
        _("Request"),
        _("Access"),
        _("Sees"),
        _("Release Prior to Payment"),
        _("Security sufficient"),
        _("Security requirement"),
        _("Coverage"),
        _("Statement: left to pay"),
        _("Last day to pay"),
        _("Access until"),
        _("Needs attention"),
    ]
    response = HttpResponse(csv_file.render(headings, map(_cells, rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{seat.business.bn9}-clients.csv"'
    return response


def require_provider(seat: BusinessSeat) -> None:
    if seat.business.provider_kind not in PROVIDERS_FOR_CLIENTS:
        raise Refused(
            _("Only a licensed customs broker or a trade consultant has clients here."), code="not_a_provider"
        )


def _many(rows: Iterable[Row], show: Show, seat: BusinessSeat) -> int:
    return sum(row.is_shown_by(show, seat.on) for row in rows)


def _shown(seat: BusinessSeat, row: Row) -> dict[str, Any]:
    return {
        "row": row,
        "href": _address(seat, row),
        "stand_label": _stand_label(row),
        "stand_badge": _BADGES[row.stand],
        "sees": _sees(row.visibility),
        "rpp_label": _rpp_label(row),
        "rpp_badge": _rpp_badge(row),
        "reasons": [reason.label for reason in row.reasons],
    }


def _address(seat: BusinessSeat, row: Row) -> str:
    """Where work for the client goes on: its home, the request, or what the access was."""
    if row.number:
        return reverse("dashboard:home", args=(row.number,))
    if row.stand == Stand.WAITING or row.delegation.state == Delegation.State.REJECTED:
        if not seat.may(Action.MANAGE_THIRD_PARTIES):
            return ""
        return reverse("delegation:third_party_request", args=(seat.business.bn9, row.delegation.pk))
    return reverse("delegation:client", args=(seat.business.bn9, row.delegation.pk))


def _stand_label(row: Row) -> str:
    """Ended accesses say how they ended."""
    is_over = row.stand == Stand.ENDED and row.delegation.state != Delegation.State.ACTIVE
    return str(row.delegation.get_state_display() if is_over else row.stand.label)


def _sees(visibility: Visibility | None) -> str:
    if visibility is None:
        return ""
    if visibility.is_full:
        return _("Everything")
    if visibility.excluded_ids is not None:
        return _("Own and other third parties' transactions")
    return _("Own transactions") if len(visibility.submitter_ids) == 1 else _("Own and the client's transactions")


def _rpp_label(row: Row) -> str:
    if row.rpp is None:
        return ""
    if row.rpp.state == RppState.ACTIVE and not row.rpp.is_on:
        return _("Off: no security")
    return row.rpp.state_label or _("Not enrolled")


def _rpp_badge(row: Row) -> str:
    if row.rpp is None:
        return "neutral"
    is_unsupported = row.rpp.state == RppState.ACTIVE and not row.rpp.is_on
    return "danger" if is_unsupported else _RPP.get(row.rpp.state, "neutral")


def _yes(answer: bool | None) -> str:
    return "" if answer is None else _("Yes") if answer else _("No")


def _cells(row: Row) -> list[Any]:
    """One line of the file; what the access does not show is said in words."""
    has_account, hidden = bool(row.number), _("not shown")
    return [
        row.client.legal_name,
        row.client.bn9,
        row.number,
        _yes(row.is_registered),
        _stand_label(row),
        row.delegation.get_access_display() if has_account else "",
        _sees(row.visibility),
        _rpp_label(row),
        _yes(row.facts.is_sufficient),
        row.rpp.requirement if row.rpp else None,
        row.rpp.coverage.total if row.rpp else None,
        (row.facts.statement_left if row.shows_statements else hidden) if has_account else None,
        row.facts.last_day_to_pay if row.is_due else None,
        row.facts.valid_until,
        "; ".join(str(reason.label) for reason in row.reasons),
    ]
