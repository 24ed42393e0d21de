"""Statements, their lines and explanations, the transaction history, daily notices."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import clock
from core.paging import CountedPaginator
from delegation.access import Seat, account_page
from delegation.rules import Action
from ledger.rules import Category, EntryKind
from statements import exports, queries, rules, services
from statements.explain import explanation_of
from statements.forms import HistoryFilter, LineFilter
from statements.models import Statement
from statements.queries import HISTORY_TYPES, StatementRow
from statements.sheet import Document, Line, Sheet, sheet_of, totals_of

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
        "explanation": explanation_of(explained, sheet, account_number=seat.program_account.number),
        "pay_url": _pay_url(seat, row.left),
        "is_due_on_a_holiday": statement.last_day_to_pay != statement.payment_due_on,
    }
    return render(request, "statements/detail.html", context)


@require_safe
@account_page(to=Action.VIEW_STATEMENTS)
def statement_csv(request: HttpRequest, day: str) -> HttpResponse:
    seat = _seat(request)
    statement = _statement(seat, day)
    return _file(
        exports.statement_csv(sheet_of(statement)), "text/csv; charset=utf-8", _file_name(seat, statement, "csv")
    )


@require_safe
@account_page(to=Action.VIEW_STATEMENTS)
def statement_pdf(request: HttpRequest, day: str) -> HttpResponse:
    seat = _seat(request)
    statement = _statement(seat, day)
    row = queries.stand_of(statement, queries.open_amounts(seat.program_account.pk), on=clock.today())
    content = exports.statement_pdf(sheet_of(statement), row, seat.program_account)
    return _file(content, "application/pdf", _file_name(seat, statement, "pdf"))


def _statement(seat: Seat, day: str) -> Statement:
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        return services.require_statement(None)
    return services.require_statement(queries.statement_on(seat.program_account.pk, wanted))


def _boxes(sheet: Sheet, explained: str) -> list[dict[str, Any]]:
    """The cells of the sum; each figure but the total leads to its explanation and its lines."""
    return [
        {
            "letter": letter,
            "name": name,
            "amount": amount,
            "href": f"?box={_TAB_OF_BOX[letter]}&explain={letter}#boxes" if amount and letter != "H" else "",
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
    return _LineView(line, _address(seat.program_account.number, line.about), second)


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


# --- Transaction history ---------------------------------------------------------------------------------------------


@require_safe
@account_page(to=Action.VIEW_TRANSACTIONS)
def history(request: HttpRequest) -> HttpResponse:
    """Every entry that the seat may see, newest first; balances for those who see everything."""
    seat = _seat(request)
    account, visibility = seat.program_account, seat.visibility
    form = HistoryFilter(request.GET, submitters=queries.submitters_of(account.pk, visibility=visibility))
    entries = queries.transactions_of(account.pk, visibility=visibility, **_history_filter(form))
    if request.GET.get("format") == "csv":
        content = exports.history_csv(entries.iterator(chunk_size=2000))
        return _file(content, "text/csv; charset=utf-8", f"{account.number}-transactions.csv")
    rows, newer, older = _keyset(entries, request)
    is_contiguous = form.is_valid() and not any(form.cleaned_data[name] for name in ("type", "submitter", "number"))
    balances = _balances(account.pk, rows) if visibility.is_full and is_contiguous and rows else {}
    cleared = queries.counterparts_of([row.item.pk for row in rows if getattr(row, "item", None)])
    context = {
        "seat": seat,
        "filter": form,
        "form": form,
        "is_filtered": form.is_valid() and any(form.cleaned_data.values()),
        "rows": [_history_row(row, seat, balances.get(row.pk), cleared) for row in rows],
        "newer": newer,
        "older": older,
        "shows_balance": bool(balances),
        "csv_url": f"?{urlencode({**_kept(request), 'format': 'csv'})}",
        "clear_url": reverse("statements:history", args=(account.number,)),
    }
    return render(request, "statements/history.html", context)


def _history_filter(form: HistoryFilter) -> dict[str, Any]:
    if not form.is_valid():
        return {}
    data = form.cleaned_data
    return {
        "since": data["since"],
        "until": data["until"],
        "kinds": HISTORY_TYPES.get(data["type"]),
        "submitter_id": data["submitter"],
        "number": data["number"].strip(),
    }


def _keyset(entries: Any, request: HttpRequest) -> tuple[list[Any], str, str]:
    """One page by cursor: its rows, the address of the newer page and that of the older one."""
    after, before = _cursor(request.GET.get("after", "")), _cursor(request.GET.get("before", ""))
    if before is not None:
        found = list(queries.newer_than(entries, posted_on=before[0], entry_id=before[1])[: PAGE_SIZE + 1])
        rows, has_newer, has_older = found[:PAGE_SIZE][::-1], len(found) > PAGE_SIZE, True
    else:
        older = queries.older_than(entries, posted_on=after[0], entry_id=after[1]) if after else entries
        found = list(older[: PAGE_SIZE + 1])
        rows, has_newer, has_older = found[:PAGE_SIZE], after is not None, len(found) > PAGE_SIZE
    kept = _kept(request)
    newer_url = f"?{urlencode({**kept, 'before': _cursor_of(rows[0])})}" if rows and has_newer else ""
    older_url = f"?{urlencode({**kept, 'after': _cursor_of(rows[-1])})}" if rows and has_older else ""
    return rows, newer_url, older_url


def _cursor(text: str) -> tuple[date, UUID] | None:
    day, _underscore, entry_id = text.partition("_")
    try:
        return date.fromisoformat(day), UUID(entry_id)
    except ValueError:
        return None


def _cursor_of(row: Any) -> str:
    return f"{row.posted_on.isoformat()}_{row.pk.hex}"


def _kept(request: HttpRequest) -> dict[str, str]:
    """The filter as it stands in the address, without the place in the list."""
    names = ("since", "until", "type", "submitter", "number")
    return {name: request.GET[name] for name in names if request.GET.get(name)}


def _balances(program_account_id: int, rows: list[Any]) -> dict[UUID, Decimal]:
    """The balance after each row, counted back from the newest one shown."""
    balance = queries.balance_after(program_account_id, posted_on=rows[0].posted_on, entry_id=rows[0].pk)
    found = {}
    for row in rows:
        found[row.pk] = balance
        balance -= row.amount
    return found


def _history_row(row: Any, seat: Seat, balance: Decimal | None, cleared: dict[int, Any]) -> dict[str, Any]:
    item = getattr(row, "item", None)
    document = Document.of(row.memo if row.kind == EntryKind.INTEREST and ":" in row.memo else row.source)
    counterparts = cleared.get(item.pk, []) if item else []
    return {
        "entry": row,
        "kind": EntryKind(row.kind).label,
        "number": document.number,
        "url": _address(seat.program_account.number, document),
        "submitter": row.submitter_name or "",
        "is_mine": row.submitter_id is not None and row.submitter_id == seat.actor.business_id,
        "held": row.total_debit if row.category == Category.NONE else None,
        "item": item,
        "open": item.amount - item.cleared if item else None,
        "balance": balance,
        "cleared": [
            {
                "on": part.cleared_on,
                "amount": part.amount,
                "kind": EntryKind(part.kind).label,
                "number": Document.of(part.source).number if seat.visibility.is_full else "",
                "url": _address(seat.program_account.number, Document.of(part.source))
                if seat.visibility.is_full
                else "",
            }
            for part in counterparts
        ],
    }


# --- Daily notices ---------------------------------------------------------------------------------------------------


@require_safe
@account_page(to=Action.VIEW_STATEMENTS)
def notices(request: HttpRequest) -> HttpResponse:
    """The daily notices of the account, newest first."""
    seat = _seat(request)
    rows = queries.daily_notices_of(seat.program_account.pk)
    page = CountedPaginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "statements/notices.html", {"seat": seat, "page": page})


# --- Shared ----------------------------------------------------------------------------------------------------------


def _seat(request: HttpRequest) -> Seat:
    return cast(Seat, request.seat)  # type: ignore[attr-defined]


def _pay_url(seat: Seat, left: Decimal) -> str:
    return _reversed("payments:pay", seat.program_account.number) if left > 0 and seat.may(Action.PAY) else ""


def _address(account_number: str, document: Document) -> str:
    """The page of a declaration or payment; empty for a document that has none."""
    names = {"declaration": "declarations:detail", "payment": "payments:detail"}
    if document.kind not in names or not document.number:
        return ""
    return _reversed(names[document.kind], account_number, document.number)


def _reversed(name: str, *args: str) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)


def _file_name(seat: Seat, statement: Statement, extension: str) -> str:
    return f"{seat.program_account.number}-statement-{statement.statement_on:%Y-%m-%d}.{extension}"
