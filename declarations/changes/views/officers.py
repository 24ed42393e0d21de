"""The officers' desk of changes: what waits, each decision, whole cases, re-determinations."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.access import officer_page
from accounts.rules import OFFICER
from core import clock
from core.errors import Conflict, DomainError, Stranger
from core.http import actor_of
from core.paging import CountedPaginator
from declarations import queries as declarations
from declarations.changes import queries, rules, services
from declarations.changes.forms import CaseForm, DecisionForm, FindForm, LinesForm, ReasonForm
from declarations.changes.models import ChangeRequest
from declarations.changes.rules import ChangeKind
from declarations.changes.views.account import change_context, file_answer, pdf_answer
from declarations.models import Declaration, DeclarationVersion

ROWS = 25


def _change(reference: str) -> ChangeRequest:
    row = queries.request_by_number(reference)
    if row is None:
        raise Stranger(_("There is no request with this reference."), code="not_found")
    return row


@officer_page(OFFICER)
def desk(request: HttpRequest) -> HttpResponse:
    """What waits, the nearest day of its standard first; in the other tab what was closed."""
    is_closed = request.GET.get("tab") == "closed"
    form = FindForm(request.GET if "declaration" in request.GET else None)
    if form.is_valid():
        number = form.cleaned_data["declaration"].strip()
        if queries.accepted_by_number(number) is not None:
            return redirect("declarations:redetermine", number)
        form.add_error("declaration", _("There is no accepted declaration of that number."))
    page = CountedPaginator(queries.desk(closed=is_closed), ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "is_closed": is_closed,
        "form": form,
        "today": clock.today(),
        "standard_days": rules.STANDARD_DAYS,
    }
    return render(request, "declarations/changes/desk.html", context)


@officer_page(OFFICER)
def desk_change(request: HttpRequest, reference: str) -> HttpResponse:
    """One request with its amounts, and the decision; an appeal is allowed with other lines."""
    row = _change(reference)
    data = request.POST if request.method == "POST" else None
    form = DecisionForm(data)
    lines_form = (
        LinesForm(data, lines=_lines(row.declaration)) if row.kind == ChangeKind.APPEAL and row.is_open else None
    )
    is_valid = form.is_valid() and (lines_form is None or lines_form.is_valid())
    if request.method == "POST" and is_valid:
        try:
            _decide(request, row, form.cleaned_data["reason"], lines_form.changes if lines_form else [])
        except Conflict as conflict:
            messages.warning(request, str(conflict.message))
            return redirect("declarations:desk_change", reference)
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("Done for %(number)s; everybody concerned was told.") % {"number": row.number})
            return redirect("declarations:desk_change", reference)
    context = {"change": row, **change_context(row), "form": form, "lines_form": lines_form}
    return render(request, "declarations/changes/desk_change.html", context)


def _decide(request: HttpRequest, row: ChangeRequest, reason: str, changes: list[services.LineChange]) -> None:
    by: dict[str, Any] = {"request": row, "actor": actor_of(request), "at": clock.now()}
    decision = request.POST.get("decision", "")
    if decision == "approve":
        services.approve(reason=reason, changes=changes, **by)
    elif decision == "reject":
        services.reject(reason=reason, **by)
    elif decision == "ask":
        services.ask_for_information(question=reason, **by)


def _lines(declaration: Declaration) -> list[Any]:
    version = declarations.accepted_version(declaration)
    if version is None:
        return []
    contents: DeclarationVersion = declarations.with_contents(version)
    return [line for invoice in contents.invoices.all() for line in invoice.lines.all()]


@officer_page(OFFICER)
def desk_pdf(request: HttpRequest, reference: str) -> HttpResponse:
    return pdf_answer(_change(reference))


@officer_page(OFFICER)
def desk_file(request: HttpRequest, reference: str, public_id: UUID) -> HttpResponse:
    return file_answer(_change(reference), public_id)


@officer_page(OFFICER)
def desk_case(request: HttpRequest, case: str) -> HttpResponse:
    """A mass adjustment, decided whole or row by row."""
    found = queries.case_of(case)
    if found is None:
        raise Stranger(_("There is no case of that number."), code="not_found")
    rows = list(queries.requests_in(found))
    waiting = [row for row in rows if row.is_open]
    form = CaseForm(
        request.POST if request.method == "POST" else None, rows=[(row.number, row.number) for row in waiting]
    )
    if request.method == "POST" and form.is_valid():
        chosen = [row for row in waiting if row.number in set(form.cleaned_data["rows"])]
        by: dict[str, Any] = {"reason": form.cleaned_data["reason"], "actor": actor_of(request), "at": clock.now()}
        try:
            if request.POST.get("decision") == "reject":
                for row in chosen:
                    services.reject(request=row, **by)
            else:
                services.approve_many(requests=chosen, **by)
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("%(count)s requests decided.") % {"count": len(chosen)})
            return redirect("declarations:desk_case", case)
    picked = set(request.POST.getlist("rows")) if request.method == "POST" else {row.number for row in waiting}
    context = {"case": found, "rows": rows, "waiting": waiting, "picked": picked, "form": form, "today": clock.today()}
    return render(request, "declarations/changes/desk_case.html", context)


@officer_page(OFFICER)
def redetermine(request: HttpRequest, declaration: str) -> HttpResponse:
    """An officer's own version: the lines as they should be, the reason; payable at once."""
    row = queries.accepted_by_number(declaration)
    if row is None:
        raise Stranger(_("There is no accepted declaration of that number."), code="not_found")
    data = request.POST if request.method == "POST" else None
    form = ReasonForm(data, kind=ChangeKind.REDETERMINATION)
    lines_form = LinesForm(data, lines=_lines(row))
    if request.method == "POST" and form.is_valid() and lines_form.is_valid():
        try:
            change = services.redetermine(
                declaration=row,
                code=form.cleaned_data["reason_code"],
                reason=form.cleaned_data["reason"],
                changes=lines_form.changes,
                actor=actor_of(request),
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            return redirect("declarations:desk_change", change.number)
    context = {"declaration": row, "form": form, "lines_form": lines_form}
    return render(request, "declarations/changes/redetermine.html", context)
