"""Declarations against statement against balance: each difference by its name, to the cent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import clock
from core.errors import Stranger
from dashboard.queries import reconciliation as queries
from dashboard.queries.reconciliation import Choice, Reconciliation
from dashboard.rules.reconciliation import Bridge, Line
from dashboard.views.account import AccountRequest
from dashboard.views.parts import address
from delegation.access import account_page
from delegation.rules import Action
from documents import csv_file
from ledger.rules import EntryKind

#: How many documents a page names under one cause; the file has them all.
NAMED = 12


@dataclass(frozen=True)
class _Named:
    label: str
    number: str
    href: str
    amount: Decimal


@require_safe
@account_page(to=Action.VIEW_TRANSACTIONS)
def reconciliation(request: AccountRequest) -> HttpResponse:
    """One billing period; the newest statement's where none is asked for."""
    seat = request.seat
    known, found = _found(request)
    number = seat.program_account.number
    iso = found.choice.statement_on.isoformat()
    context = {
        "seat": seat,
        "found": found,
        "choices": known,
        "statement_rows": _rows(number, found.statement),
        "balance_rows": _rows(number, found.balance) if found.balance else [],
        "drafts": [(row, address("declarations:detail", args=(number, row.number))) for row in found.drafts],
        "changes": [(row, address("declarations:change", args=(number, row.number))) for row in found.changes],
        "csv_url": f"{reverse('dashboard:reconciliation_csv', args=(number,))}?statement={iso}",
        "statement_url": address("statements:detail", args=(number, iso))
        if found.choice.statement and seat.may(Action.VIEW_STATEMENTS)
        else "",
    }
    return render(request, "dashboard/reconciliation.html", context)


@require_safe
@account_page(to=Action.VIEW_TRANSACTIONS)
def reconciliation_csv(request: AccountRequest) -> HttpResponse:
    """Every line behind every difference."""
    _known, found = _found(request)
    headings = [_("Part"), _("Cause"), _("Document"), _("Kind"), _("Released"), _("Known on"), _("Amount")]
    response = HttpResponse(csv_file.render(headings, _cells(found)), content_type="text/csv; charset=utf-8")
    name = f"{request.seat.program_account.number}-reconciliation-{found.choice.statement_on.isoformat()}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _found(request: AccountRequest) -> tuple[Sequence[Choice], Reconciliation]:
    today = clock.today()
    known = queries.choices(request.seat.program_account.pk, on=today)
    choice = _chosen(known, request.GET.get("statement", ""))
    return known, queries.reconciliation(request.seat, choice, known=known, on=today)


def _chosen(known: Sequence[Choice], text: str) -> Choice:
    if not text:
        return known[1] if len(known) > 1 else known[0]
    for choice in known:
        if choice.statement_on.isoformat() == text:
            return choice
    raise Stranger(_("There is no billing period of that date. Choose one from the list."), code="no_statement")


def _rows(account_number: str, bridge: Bridge) -> list[dict[str, Any]]:
    return [
        {
            "cause": row.cause.label,
            "amount": row.amount,
            "count": len(row.lines),
            "named": [_named(account_number, line) for line in row.lines[:NAMED]],
            "rest": max(0, len(row.lines) - NAMED),
        }
        for row in bridge.differences
    ]


def _named(account_number: str, line: Line) -> _Named:
    names = {"declaration": "declarations:detail", "payment": "payments:detail"}
    kind = line.source.partition(":")[0]
    href = address(names[kind], args=(account_number, line.number)) if kind in names and line.number else ""
    number = line.number if kind in names else ""
    return _Named(str(EntryKind(line.kind).label), number, href, line.amount)


def _cells(found: Reconciliation) -> Iterator[list[str | date | Decimal]]:
    parts = [(_("Declarations to statement"), found.statement)]
    if found.balance:
        parts.append((_("Statement to balance"), found.balance))
    for part, bridge in parts:
        yield [part, _("Start"), "", "", "", "", bridge.start]
        for row in bridge.differences:
            if not row.lines:
                yield [part, str(row.cause.label), "", "", "", "", row.amount]
            total = sum((line.amount for line in row.lines), Decimal(0))
            sign = -1 if row.lines and total != row.amount else 1
            for line in row.lines:
                kind = str(EntryKind(line.kind).label)
                yield [
                    part,
                    str(row.cause.label),
                    line.number,
                    kind,
                    line.billing_on,
                    line.posted_on,
                    sign * line.amount,
                ]
        yield [part, _("Unexplained"), "", "", "", "", bridge.unexplained]
        yield [part, _("End"), "", "", "", "", bridge.end]
