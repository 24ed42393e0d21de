"""Statements with their lines, explanations and files; daily notices."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import clock
from core.paging import CountedPaginator
from delegation.access import Seat, account_page
from delegation.rules import Action
from documents import csv_file
from ledger.rules import EntryKind
from statements import exports, queries, rules, services
from statements.addresses import about, address_of, day_of, file_response, reversed_url, sees_entity
from statements.explain import explanation_of
from statements.files.content import MEDIA_TYPES
from statements.files.views import files_of, format_of, paper_response, paper_retried, ready_count
from statements.forms import LineFilter
from statements.models import DailyNotice, Statement
from statements.queries import StatementRow
from statements.rules import FileFormat
from statements.sheet import Line, Sheet, sheet_of, totals_of
from statements.splits import explanation_of_split

PAGE_SIZE = 25
LINES_A_PAGE = 50
#: What a tab shows: the boxes of its lines.
TABS = {"F": ("F",), "G": ("B", "G"), "C": ("C", "D"), "R": ()}
_TAB_OF_BOX = {"A": "F", "B": "G", "C": "C", "D": "C", "E": "F", "F": "F", "G": "G", "H": "F"}
_BADGES = {
    rules.StatementState.PAID: "success",
    rules.StatementState.DUE: "warning",
    rules.StatementState.PARTLY_PAID: "warning",
    rules.StatementState.OVERDUE: "danger",
    rules.StatementState.NOTHING_DUE: "neutral",
}


# --- Statements ------------------------------------------------------------------------------------------------------


@require_safe
@account_page(to=Action.VIEW_STATEMENTS)
def statement_list(request: HttpRequest) -> HttpResponse:
    """Statements and payments: the balance, what comes next, every statement so far."""
    seat, today = _seat(request), clock.today()
    account_id = seat.program_account.pk
    page = CountedPaginator(queries.statements_of(account_id), PAGE_SIZE).get_page(request.GET.get("page"))
    # The first row of the first page is the newest statement.
    newest = next(iter(page.object_list), None) if page.number == 1 else queries.newest_statement(account_id)
    outlook = queries.billing_outlook(account_id, today, newest=newest)
    rows = [queries.stand_of(statement, dict(outlook.open_by_due_date), on=today) for statement in page.object_list]
    context = {
        "seat": seat,
        "today": today,
        "outlook": outlook,
        "page": page,
        "rows": [{"statement": row.statement, "left": row.left, "badge": _badge(row, today)} for row in rows],
        "unread": outlook.newest.statement if outlook.newest and outlook.newest.statement.read_at is None else None,
        "pay_url": _pay_url(seat, outlook.balance),
        "sees_entity": sees_entity(seat),
        "unread_notices": queries.unread_notice_count(account_id),
        "ready_files": ready_count(seat),
    }
    return render(request, "statements/list.html", context)


@require_safe
@account_page(to=Action.VIEW_STATEMENTS)
def detail(request: HttpRequest, day: str) -> HttpResponse:
    """One statement: its boxes, the lines behind them, and any box explained."""
    seat, now = _seat(request), clock.now()
    today = now.date()
    statement = _statement(seat, day)
    if statement.read_at is None and not seat.is_delegated:
        services.mark_read(statement=statement, at=now)
    sheet = sheet_of(statement)
    row = queries.stand_of(statement, queries.open_amounts(seat.program_account.pk), on=today)
    explained = request.GET.get("explain", "")
    tab = request.GET.get("box", "")
    explanation = explanation_of(explained, sheet, account_number=seat.program_account.number)
    explanation = explanation or explanation_of_split(explained, sheet)
    tab = tab if tab in TABS else _TAB_OF_BOX.get(tab or explained, "F")
    form = LineFilter(request.GET, submitters=sheet.submitters)
    lines = _filtered(sheet.lines_in(*TABS[tab]), form)
    page = Paginator([_view_of(line, sheet, seat) for line in lines], LINES_A_PAGE).get_page(request.GET.get("page"))
    is_filtered = form.is_valid() and any(form.cleaned_data.values())
    context = {
        "seat": seat,
        "today": today,
        "statement": statement,
        "row": row,
        "badge": _badge(row, today),
        "sheet": sheet,
        "boxes": _boxes(sheet, explained),
        "tab": tab,
        "counts": {name: len(sheet.lines_in(*boxes)) for name, boxes in TABS.items()},
        "page": page,
        "shown_count": len(lines),
        "totals": totals_of(lines),
        "has_other": any(line.other for line in lines),
        "is_filtered": is_filtered,
        "filter": form,
        "filed_by": _filed_by(sheet, seat),
        "explanation": explanation,
        "pay_url": _pay_url(seat, row.left),
        "files": files_of(statement, on=today),
        "sees_entity": sees_entity(seat),
        "calendars": [{"label": exports.stream_label(part.stream), "part": part} for part in sheet.calendars],
        "is_due_on_a_holiday": statement.last_day_to_pay != statement.payment_due_on,
    }
    return render(request, "statements/detail.html", context)


@require_safe
@account_page(to=Action.VIEW_STATEMENTS)
def statement_file(request: HttpRequest, day: str, file_format: str) -> HttpResponse:
    """A file of a statement: at once, or for an old one where to ask for it. One that can't be made is shown so."""
    seat, now = _seat(request), clock.now()
    statement = _statement(seat, day)
    if rules.is_old(statement.statement_on, on=now.date()):
        month = f"{statement.statement_on:%Y-%m}"
        wanted = urlencode({"first": month, "last": month, "file_format": file_format})
        return redirect(f"{reverse('statements:files', args=(seat.program_account.number,))}?{wanted}#ask")
    return paper_response(
        request, statement, FileFormat(file_format), back=_detail_url(seat, statement), actor=seat.actor, now=now
    )


@require_POST
@account_page(to=Action.VIEW_STATEMENTS)
def try_file(request: HttpRequest, day: str, extension: str) -> HttpResponse:
    """Try once more to make a file that is missing."""
    seat = _seat(request)
    statement = _statement(seat, day)
    return paper_retried(
        request,
        statement,
        format_of(extension),
        back=_detail_url(seat, statement),
        actor=seat.actor,
        now=clock.now(),
    )


def _detail_url(seat: Seat, statement: Statement) -> str:
    return reverse("statements:detail", args=(seat.program_account.number, statement.statement_on.isoformat()))


def _statement(seat: Seat, day: str) -> Statement:
    wanted = day_of(day)
    return services.require_statement(queries.statement_on(seat.program_account.pk, wanted) if wanted else None)


def _boxes(sheet: Sheet, explained: str) -> list[dict[str, Any]]:
    """The cells of the sum; each figure leads to its explanation and its lines."""
    return [
        {
            "letter": letter,
            "name": name,
            "amount": amount,
            "href": f"?box={_TAB_OF_BOX[letter]}&explain={letter}#boxes" if amount else "",
            "is_current": letter == explained,
        }
        for letter, name, amount in sheet.boxes
    ]


def _filtered(lines: list[Line], form: LineFilter) -> list[Line]:
    if not form.is_valid():
        return lines
    submitter, number = form.cleaned_data["submitter"], form.cleaned_data["number"].strip()
    return [
        line
        for line in lines
        if (submitter is None or line.submitter_id == submitter) and (not number or number in line.document.number)
    ]


@dataclass(frozen=True)
class _LineView:
    """A line as the page shows it: its link and the words under its number."""

    line: Line
    url: str
    second: str


def _view_of(line: Line, sheet: Sheet, seat: Seat) -> _LineView:
    """Under the number stands the vendor; who filed it only where it isn't the one who filed most."""
    is_mine = line.submitter_id is not None and line.submitter_id == seat.actor.business_id
    facts = {"vendor": line.vendor, "name": line.submitter_name}
    if not line.submitter_name:
        second = line.vendor
    elif not line.vendor:
        second = _("Filed by you") if is_mine else _("Filed by %(name)s") % facts
    elif line.submitter_id == sheet.main_submitter_id:
        second = line.vendor
    elif is_mine:
        second = _("%(vendor)s, filed by you") % facts
    else:
        second = _("%(vendor)s, filed by %(name)s") % facts
    return _LineView(line, address_of(seat, line.about), second)


def _filed_by(sheet: Sheet, seat: Seat) -> str:
    main = sheet.main_submitter_id
    if main is None or not any(line.vendor for line in sheet.lines_in("F")):
        return ""
    if main == seat.actor.business_id:
        return _("Declarations filed by you unless said otherwise.")
    return _("Declarations filed by %(name)s unless said otherwise.") % {"name": dict(sheet.submitters)[main]}


def _badge(row: StatementRow, today: date) -> dict[str, Any]:
    words = {
        rules.StatementState.PAID: _("Paid"),
        rules.StatementState.PARTLY_PAID: _("Partly paid"),
        rules.StatementState.OVERDUE: _("Overdue"),
        rules.StatementState.NOTHING_DUE: _("Nothing to pay"),
        rules.StatementState.DUE: _("Due"),
    }
    is_counted = row.state == rules.StatementState.DUE
    return {"kind": _BADGES[row.state], "state": row.state.value, "words": words[row.state], "is_counted": is_counted}


# --- Daily notices ---------------------------------------------------------------------------------------------------


@require_safe
@account_page(to=Action.VIEW_STATEMENTS)
def notices(request: HttpRequest) -> HttpResponse:
    """The daily notices of the account, newest first."""
    seat = _seat(request)
    rows = queries.daily_notices_of(seat.program_account.pk)
    page = CountedPaginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "statements/notices.html", {"seat": seat, "page": page})


@require_safe
@account_page(to=Action.VIEW_STATEMENTS)
def notice(request: HttpRequest, day: str) -> HttpResponse:
    """One daily notice with the entries of its days; opening it takes its mark as new away."""
    seat, found = _seat(request), _notice(request, day)
    if found.read_at is None and not seat.is_delegated:
        services.mark_read(statement=found, at=clock.now())
    page = CountedPaginator(_entries_of(seat, found), LINES_A_PAGE).get_page(request.GET.get("page"))
    rows = [
        {"entry": row, "kind": EntryKind(row.kind).label, "number": document.number, "url": address_of(seat, document)}
        for row in page.object_list
        for document in (about(row),)
    ]
    return render(request, "statements/notice.html", {"seat": seat, "notice": found, "page": page, "rows": rows})


@require_safe
@account_page(to=Action.VIEW_STATEMENTS)
def notice_csv(request: HttpRequest, day: str) -> HttpResponse:
    seat, found = _seat(request), _notice(request, day)
    headings, rows = exports.history_table(_entries_of(seat, found).iterator(chunk_size=2000))
    name = f"{seat.program_account.number}-notice-{found.notice_on:%Y-%m-%d}.csv"
    return file_response(csv_file.render(headings, rows), MEDIA_TYPES[FileFormat.CSV], name)


def _notice(request: HttpRequest, day: str) -> DailyNotice:
    wanted = day_of(day)
    account_id = _seat(request).program_account.pk
    return services.require_notice(queries.notice_on(account_id, wanted) if wanted else None)


def _entries_of(seat: Seat, notice: DailyNotice) -> Any:
    wanted = queries.HistoryQuery(since=notice.posted_since, until=notice.posted_upto)
    return queries.transactions_of(seat.program_account.pk, visibility=seat.visibility, wanted=wanted, on=seat.on)


# --- Shared ----------------------------------------------------------------------------------------------------------


def _seat(request: HttpRequest) -> Seat:
    return cast(Seat, request.seat)  # type: ignore[attr-defined]


def _pay_url(seat: Seat, left: Decimal) -> str:
    return reversed_url("payments:pay", seat.program_account.number) if left > 0 and seat.may(Action.PAY) else ""
