"""The transaction history: every entry that a seat may see, filtered, added up, exported."""

from datetime import date
from decimal import Decimal
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import clock
from core.errors import DomainError
from delegation.access import Seat, account_page
from delegation.rules import Action
from ledger.rules import Category, EntryKind
from statements import exports, queries
from statements.addresses import about, address_of, file_response
from statements.files import services as files
from statements.files.content import MEDIA_TYPES, table_file
from statements.files.views import to_list
from statements.history import services
from statements.history.forms import NAMES, FilterNameForm, HistoryFilter, ReportForm
from statements.report_rules import Every
from statements.rules import FileFormat
from statements.sheet import Document

PAGE_SIZE = 25
_FORMATS = {"csv": FileFormat.CSV, "xlsx": FileFormat.XLSX}


@require_safe
@account_page(to=Action.VIEW_TRANSACTIONS)
def history(request: HttpRequest) -> HttpResponse:
    """Every entry that the seat may see, newest first; balances for those who see everything."""
    seat = _seat(request)
    account, visibility = seat.program_account, seat.visibility
    form = _filter_of(request, seat)
    wanted = form.wanted
    entries = queries.transactions_of(account.pk, visibility=visibility, wanted=wanted, on=seat.on)
    file_format = _FORMATS.get(request.GET.get("format", ""))
    if file_format is not None:
        return _export(request, seat, entries, file_format)
    rows, newer, older = _keyset(entries, request)
    balances = _balances(account.pk, rows) if visibility.is_full and wanted.is_contiguous and rows else {}
    cleared = queries.counterparts_of([row.item.pk for row in rows if getattr(row, "item", None)])
    kept = _kept(request)
    saved = list(queries.saved_filters(cast(int, seat.actor.user_id), account.pk))
    context = {
        "seat": seat,
        "filter": form,
        "form": form,
        "is_filtered": form.is_valid() and any(value not in (None, "") for value in form.cleaned_data.values()),
        "rows": [_history_row(row, seat, balances.get(row.pk), cleared) for row in rows],
        "newer": newer,
        "older": older,
        "shows_balance": bool(balances),
        "totals": queries.history_totals(entries) if rows else None,
        "csv_url": f"?{urlencode({**kept, 'format': 'csv'})}",
        "xlsx_url": f"?{urlencode({**kept, 'format': 'xlsx'})}",
        "clear_url": reverse("statements:history", args=(account.number,)),
        "saved": [{"row": row, "is_current": dict(parse_qsl(row.query)) == kept} for row in saved],
        "query": urlencode(kept),
        "rhythms": [("", _("Not regularly")), *Every.choices],
    }
    return render(request, "statements/history.html", context)


def _filter_of(request: HttpRequest, seat: Seat, data: Any = None) -> HistoryFilter:
    submitters = queries.submitters_of(seat.program_account.pk, visibility=seat.visibility)
    return HistoryFilter(request.GET if data is None else data, submitters=submitters)


def _export(request: HttpRequest, seat: Seat, entries: Any, file_format: FileFormat) -> HttpResponse:
    """The file at once, or a page that says that it is too long for that and offers the job."""
    account = seat.program_account
    if queries.is_too_long(entries):
        kept = _kept(request)
        context = {
            "seat": seat,
            "query": urlencode(kept),
            "kept_url": f"?{urlencode(kept)}",
            "format": file_format.value,
        }
        return render(request, "statements/too_many.html", context)
    table = exports.history_table(entries.iterator(chunk_size=2000))
    content = table_file(table, file_format, title=_("Transaction history"))
    return file_response(content, MEDIA_TYPES[file_format], f"{account.number}-transactions.{file_format.lower()}")


@require_POST
@account_page(to=Action.VIEW_TRANSACTIONS)
def request_export(request: HttpRequest) -> HttpResponse:
    """Ask for the history as it was filtered; a job makes the file."""
    seat = _seat(request)
    form = _filter_of(request, seat, dict(parse_qsl(request.POST.get("query", ""))))
    asked = files.request_history(
        program_account=seat.program_account,
        visibility=seat.visibility,
        parameters=form.wanted.as_texts(),
        file_format=_FORMATS.get(request.POST.get("format", "").lower(), FileFormat.CSV),
        actor=seat.actor,
        at=clock.now(),
    )
    return to_list(request, seat, asked)


@require_POST
@account_page(to=Action.VIEW_TRANSACTIONS)
def save_filter(request: HttpRequest) -> HttpResponse:
    """Keep the filter as it stands in the address, for this person alone."""
    seat = _seat(request)
    form = FilterNameForm(request.POST)
    query = urlencode([(name, text) for name, text in parse_qsl(request.POST.get("query", "")) if name in NAMES])
    if form.is_valid():
        try:
            services.save_filter(
                user_id=cast(int, seat.actor.user_id),
                program_account_id=seat.program_account.pk,
                name=form.cleaned_data["name"],
                query=query[:500],
                at=clock.now(),
            )
            messages.success(request, _("The filter is saved. Only you see it."))
        except DomainError as problem:
            messages.error(request, str(problem))
    else:
        messages.error(request, _("The filter was not saved: give it a name of at most 60 letters."))
    return redirect(f"{reverse('statements:history', args=(seat.program_account.number,))}?{query}")


@require_POST
@account_page(to=Action.VIEW_TRANSACTIONS)
def schedule_filter(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a file of a saved filter made regularly, or no more."""
    seat = _seat(request)
    user_id, account = cast(int, seat.actor.user_id), seat.program_account
    form = ReportForm(request.POST)
    if form.is_valid():
        kept = queries.saved_filters(user_id, account.pk).filter(pk=pk).values_list("query", flat=True).first()
        every = Every(form.cleaned_data["every"]) if form.cleaned_data["every"] else None
        row = services.schedule_filter(
            user_id=user_id,
            program_account_id=account.pk,
            pk=pk,
            every=every,
            file_format=FileFormat(form.cleaned_data["file_format"]),
            wanted=_filter_of(request, seat, dict(parse_qsl(kept or ""))).wanted.as_texts(),
            language=get_language() or "en",
            actor=seat.actor,
        )
        messages.success(
            request,
            _("You are told as soon as a report of “%(name)s” is ready; it is kept for ten days.") % {"name": row.name}
            if every
            else _("No more reports of “%(name)s” are made.") % {"name": row.name},
        )
    else:
        messages.error(request, _("Choose how often, and a format, from the lists."))
    return redirect("statements:history", account.number)


@require_POST
@account_page(to=Action.VIEW_TRANSACTIONS)
def delete_filter(request: HttpRequest, pk: int) -> HttpResponse:
    seat = _seat(request)
    services.delete_filter(user_id=cast(int, seat.actor.user_id), program_account_id=seat.program_account.pk, pk=pk)
    return redirect("statements:history", seat.program_account.number)


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
    return {name: request.GET[name] for name in NAMES if request.GET.get(name)}


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
    document = about(row)
    counterparts = cleared.get(item.pk, []) if item else []
    return {
        "entry": row,
        "kind": EntryKind(row.kind).label,
        "number": document.number,
        "url": address_of(seat, document),
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
                "url": address_of(seat, Document.of(part.source)) if seat.visibility.is_full else "",
            }
            for part in counterparts
        ],
    }


def _seat(request: HttpRequest) -> Seat:
    return cast(Seat, request.seat)  # type: ignore[attr-defined]
