"""Lines from a spreadsheet: a dry run that reports each row and cell, then the import of all of them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError, Stranger
from declarations import line_files, queries, services
from declarations.forms import LinesFileForm
from declarations.line_files import CellProblem, FileRow
from declarations.models import Declaration, Invoice, Line
from declarations.views.parts import SeatRequest, draft_to_edit, found, page_address
from delegation.access import account_page
from delegation.rules import Action

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Outcome:
    """What became of a row: its line as it would be saved, or its problems."""

    row: FileRow
    line: Line | None
    problems: list[CellProblem]


@account_page(to=Action.FILE_DECLARATION)
def import_lines(request: SeatRequest, declaration: str, position: int) -> HttpResponse:
    """Nothing is saved before the result was seen, and nothing at all while a row is wrong."""
    row = found(request, declaration)
    draft = draft_to_edit(request, row)
    if draft is None:
        return HttpResponseRedirect(page_address("detail", row))
    current = queries.invoice_of(draft, position)
    if current is None:
        raise Stranger(_("There is no such invoice in this draft."), code="not_found")
    form = LinesFileForm(request.POST or None, request.FILES or None)
    report: list[Outcome] = []
    if request.method == "POST" and form.is_valid():
        report = _tried(row, current, form.cleaned_data["rows"])
        if "import" in request.POST and not any(outcome.problems for outcome in report):
            try:
                services.add_lines(
                    declaration=row,
                    invoice=current,
                    entries=[outcome.row.entry for outcome in report if outcome.row.entry is not None],
                    at=clock.now(),
                    actor=request.seat.actor,
                )
            except DomainError as refusal:
                form.add_domain_error(refusal)
            else:
                return HttpResponseRedirect(page_address("edit", row) + f"?invoice={position}")
    context: dict[str, Any] = {
        "declaration": row,
        "invoice": current,
        "form": form,
        "report": report,
        "wrong_count": sum(1 for outcome in report if outcome.problems),
        "total": sum((outcome.line.total for outcome in report if outcome.line), Decimal("0.00")),
        "text": form.cleaned_data.get("text", "") if form.is_bound and form.is_valid() else "",
        "most": services.MOST_LINES,
        "columns": line_files.COLUMNS,
    }
    return render(request, "declarations/import.html", context)


def _tried(declaration: Declaration, invoice: Invoice, rows: list[FileRow]) -> list[Outcome]:
    """Each row with its line or with everything that is wrong with it, cell by cell."""
    entries = [row.entry for row in rows if row.entry is not None]
    tried = iter(services.try_lines(declaration=declaration, invoice=invoice, entries=entries))
    outcomes = []
    for row in rows:
        if row.entry is None:
            outcomes.append(Outcome(row, None, list(row.problems)))
            continue
        result = next(tried)
        problems = [row.at(problem.field, str(problem.message)) for problem in result.problems]
        outcomes.append(Outcome(row, result.line, problems))
    return outcomes


@account_page(to=Action.VIEW_TRANSACTIONS)
def sample(request: SeatRequest) -> HttpResponse:
    """A CSV file with two lines, to start from."""
    return _file(line_files.sample_csv(), "text/csv; charset=utf-8", "lines.csv")


@account_page(to=Action.VIEW_TRANSACTIONS)
def sample_xlsx(request: SeatRequest) -> HttpResponse:
    """The same as a spreadsheet with every column and what it takes."""
    return _file(line_files.sample_xlsx(), _XLSX, "lines.xlsx")


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
