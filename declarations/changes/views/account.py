"""Changes of accepted declarations for importers and brokers: what is possible, each request, two versions."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError, Refused, Stranger
from core.forms import PortageForm
from core.paging import CountedPaginator
from declarations import queries as declarations
from declarations.changes import queries, rules, services
from declarations.changes.exports import AMOUNT_LABELS, statement_pdf
from declarations.changes.forms import (
    AppealForm,
    FilesForm,
    FilterForm,
    LearnedForm,
    MessageForm,
    ReasonForm,
    StartForm,
)
from declarations.changes.models import ChangeRequest
from declarations.changes.rules import ChangeKind
from declarations.models import Declaration
from declarations.views.parts import SeatRequest, countries, found, page_address
from delegation.access import account_page
from delegation.rules import Action
from documents import queries as documents
from documents.attachment import attachment
from documents.services import require_accepted

ROWS = 25
#: The kinds that open a draft, by the word in their address.
STARTED: dict[str, ChangeKind] = {"adjustment": ChangeKind.ADJUSTMENT, "refund": ChangeKind.REFUND}


def change_address(row: ChangeRequest) -> str:
    return reverse("declarations:change", args=(row.declaration.program_account.number, row.number))


def found_change(request: SeatRequest, reference: str) -> ChangeRequest:
    """The request through the seat's visibility; a hidden one does not exist."""
    seat = request.seat
    row = queries.request_of(seat.program_account.pk, reference, visibility=seat.visibility)
    if row is None:
        raise Stranger(_("There is no request of that number here. Check the number."), code="not_found")
    return row


# --- What may be asked for -------------------------------------------------------------------------------------------


@account_page(to=Action.VIEW_TRANSACTIONS)
def ways(request: SeatRequest, declaration: str) -> HttpResponse:
    """Every way to change a declaration, with its time limit; which one is open today."""
    row = found(request, declaration)
    form = LearnedForm(request.GET or None)
    correct_by, learned_on = None, None
    if form.is_valid() and form.cleaned_data["learned_on"]:
        learned_on = form.cleaned_data["learned_on"]
        correct_by = rules.correct_by(learned_on, accounted_on=queries.accounted_on(row))
    context = {
        "declaration": row,
        "ways": queries.ways_of(row, on=clock.today()),
        "may_file": request.seat.may(Action.FILE_DECLARATION),
        "form": form,
        "learned_on": learned_on,
        "correct_by": correct_by,
        "today": clock.today(),
    }
    return render(request, "declarations/changes/ways.html", context)


@account_page(to=Action.FILE_DECLARATION)
def start(request: SeatRequest, declaration: str, kind: str) -> HttpResponse:
    """Begin an adjustment or a refund claim: its reason, then the draft in the editor."""
    row = found(request, declaration)
    wanted = STARTED.get(kind)
    if wanted is None:
        raise Stranger(_("There is nothing at this address."), code="not_found")
    form = StartForm(request.POST if request.method == "POST" else None, kind=wanted)
    if request.method == "POST" and form.is_valid():
        try:
            services.start_change(
                declaration=row,
                kind=wanted,
                code=form.cleaned_data["reason_code"],
                submitter=request.seat.provider or request.seat.business,
                actor=request.seat.actor,
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            return HttpResponseRedirect(page_address("edit", row))
    return _ask(
        request,
        row,
        form,
        title=_("Adjustment of %(number)s") if wanted == ChangeKind.ADJUSTMENT else _("Refund claim for %(number)s"),
        text=_("A copy opens for you to change. An officer decides within 90 days; the declaration stands until then."),
        button=_("Open the copy"),
    )


@account_page(to=Action.FILE_DECLARATION)
def withdraw(request: SeatRequest, declaration: str) -> HttpResponse:
    """Ask to withdraw a declaration."""
    row = found(request, declaration)
    form = ReasonForm(request.POST if request.method == "POST" else None, kind=ChangeKind.WITHDRAWAL)
    if request.method == "POST" and form.is_valid():
        try:
            change = services.request_withdrawal(
                declaration=row,
                code=form.cleaned_data["reason_code"],
                reason=form.cleaned_data["reason"],
                submitter=request.seat.provider or request.seat.business,
                actor=request.seat.actor,
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            return HttpResponseRedirect(change_address(change))
    return _ask(
        request,
        row,
        form,
        title=_("Withdraw declaration %(number)s"),
        text=_("An officer decides on it within 90 days. Once approved, all its amounts are taken back."),
        button=_("Ask to withdraw it"),
    )


@account_page(to=Action.FILE_DECLARATION)
def appeal(request: SeatRequest, reference: str) -> HttpResponse:
    """Appeal against a decision."""
    notice = found_change(request, reference)
    if notice.decided_at is None:
        return HttpResponseRedirect(change_address(notice))
    window = rules.appeal_window(notice.decided_at.astimezone(clock.TORONTO).date())
    is_late = clock.today() > window.last_day
    form = AppealForm(request.POST if request.method == "POST" else None, is_late=is_late)
    if request.method == "POST" and form.is_valid():
        try:
            change = services.lodge_appeal(
                notice=notice,
                code=form.cleaned_data["reason_code"],
                reason=form.cleaned_data["reason"],
                late_reason=form.cleaned_data.get("late_reason", ""),
                submitter=request.seat.provider or request.seat.business,
                actor=request.seat.actor,
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            return HttpResponseRedirect(change_address(change))
    return _ask(
        request,
        notice.declaration,
        form,
        title=_("Appeal about declaration %(number)s"),
        text=_("Documents can be added once the appeal is lodged. The amounts must be paid or secured before."),
        button=_("Lodge the appeal"),
        window=window,
        back=change_address(notice),
    )


def _ask(
    request: SeatRequest, row: Declaration, form: Any, *, title: str, text: str, button: str, **more: Any
) -> HttpResponse:
    context = {
        "declaration": row,
        "form": form,
        "title": title % {"number": row.number},
        "text": text,
        "button": button,
        "back": page_address("ways", row),
        **more,
    }
    return render(request, "declarations/changes/ask.html", context)


# --- Requests --------------------------------------------------------------------------------------------------------


@account_page(to=Action.VIEW_TRANSACTIONS)
def changes(request: SeatRequest) -> HttpResponse:
    """Requests about the account's declarations: those that need information first."""
    seat = request.seat
    form = FilterForm(request.GET, auto_id="filter_%s")
    rows = queries.requests_of(seat.program_account.pk, visibility=seat.visibility)
    is_filtered = False
    if form.is_valid():
        given = form.cleaned_data
        if given["kind"]:
            rows = rows.filter(kind=given["kind"])
        if given["state"]:
            rows = rows.filter(state=given["state"])
        if given["text"]:
            rows = queries.matching(rows, given["text"].strip())
        is_filtered = any(given.values())
    context = {
        "form": form,
        "page": CountedPaginator(rows, ROWS).get_page(request.GET.get("page")),
        "is_filtered": is_filtered,
        "may_file": seat.may(Action.FILE_DECLARATION),
        "today": clock.today(),
    }
    return render(request, "declarations/changes/list.html", context)


@account_page(to=Action.VIEW_TRANSACTIONS)
def change(request: SeatRequest, reference: str) -> HttpResponse:
    """One request: where it stands, its statement of adjustment, messages and files; its submitter answers here."""
    row = found_change(request, reference)
    is_own = request.seat.may(Action.FILE_DECLARATION) and row.submitter_id == request.seat.actor.business_id
    act = request.POST.get("act", "") if request.method == "POST" else ""
    message_form = MessageForm(request.POST if act == "answer" else None)
    files_form = FilesForm(request.POST if act == "files" else None, request.FILES if act == "files" else None)
    form: PortageForm = {"answer": message_form, "files": files_form}.get(act) or PortageForm(request.POST or None)
    if act:
        request.seat.require(Action.FILE_DECLARATION)
        if not is_own:
            raise Refused(
                _("%(name)s asked for this change. Ask them to answer or to take it back.")
                % {"name": row.submitter.legal_name},
                code="draft_of_another_filer",
            )
        if form.is_valid():
            try:
                _act(request, row, act, form)
            except DomainError as refusal:
                form.add_domain_error(refusal)
            else:
                return HttpResponseRedirect(change_address(row))
    context = {
        "change": row,
        **change_context(row),
        "may_answer": is_own and row.is_open,
        "may_appeal": request.seat.may(Action.FILE_DECLARATION)
        and row.state in rules.DECIDED
        and row.decided_at is not None,
        "message_form": message_form,
        "files_form": files_form,
        "form": form,
    }
    return render(request, "declarations/changes/change.html", context)


def _act(request: SeatRequest, row: ChangeRequest, act: str, form: Any) -> None:
    by: dict[str, Any] = {"request": row, "actor": request.seat.actor, "at": clock.now()}
    if act == "answer":
        services.answer(text=form.cleaned_data["text"], **by)
    elif act == "files":
        services.add_files(files=form.cleaned_data["uploads"], **by)
    elif act == "take_back":
        services.take_back(**by)


def change_context(row: ChangeRequest) -> dict[str, Any]:
    """What every page about a request shows."""
    window = None
    if row.decided_at is not None:
        window = rules.appeal_window(row.decided_at.astimezone(clock.TORONTO).date())
    return {
        "declaration": row.declaration,
        "amounts": [(AMOUNT_LABELS[amount.name], amount) for amount in queries.amount_rows(row)],
        "talk": list(row.messages.all()),
        "files": list(documents.documents_of(row.files_case)),
        "window": window,
        "today": clock.today(),
    }


@account_page(to=Action.VIEW_TRANSACTIONS)
def change_pdf(request: SeatRequest, reference: str) -> HttpResponse:
    return pdf_answer(found_change(request, reference))


def pdf_answer(row: ChangeRequest) -> HttpResponse:
    """The Statement of Adjustment; there is none before the decision."""
    if not row.is_decided:
        raise Stranger(_("This request is not decided yet, so it has no statement of adjustment."), code="not_found")
    response = HttpResponse(statement_pdf(row), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="adjustment-{row.number}.pdf"'
    return response


@account_page(to=Action.VIEW_TRANSACTIONS)
def change_file(request: SeatRequest, reference: str, public_id: UUID) -> HttpResponse:
    return file_answer(found_change(request, reference), public_id)


def file_answer(row: ChangeRequest, public_id: UUID) -> HttpResponse:
    document = documents.document_of(row.files_case, public_id)
    if document is None:
        raise Stranger(_("There is no such file here."), code="not_found")
    return attachment(require_accepted(document))


# --- Two versions ----------------------------------------------------------------------------------------------------


@account_page(to=Action.VIEW_TRANSACTIONS)
def compare(request: SeatRequest, declaration: str) -> HttpResponse:
    """Any two versions side by side, cell by cell and amount by amount."""
    row = found(request, declaration)
    versions = list(declarations.versions_of(row))
    before, after = queries.chosen_versions(versions, request.GET.get("from", ""), request.GET.get("to", ""))
    compared = queries.comparison(before, after)
    context = {
        "declaration": row,
        "versions": versions,
        "compared": compared,
        "lines": [shown_pair(pair) for pair in compared.lines],
        "amounts": [(AMOUNT_LABELS[amount.name], amount) for amount in compared.amounts],
        "countries": countries(),
    }
    return render(request, "declarations/changes/compare.html", context)


def shown_pair(pair: rules.Compared) -> dict[str, Any]:
    """A pair of lines with the cells that differ, or all cells of a line that stands alone."""
    line = pair.after or pair.before
    assert line is not None
    names = pair.differing if pair.before and pair.after else tuple(line.values)
    return {
        "outcome": pair.outcome.value,
        "before": pair.before,
        "after": pair.after,
        "line": line,
        "cells": [
            {
                "label": cell_label(name),
                "before": pair.before.values[name] if pair.before else "",
                "after": pair.after.values[name] if pair.after else "",
                "is_money": name in queries.AMOUNTS,
            }
            for name in names
        ],
    }


def cell_label(name: str) -> Any:
    labels = {
        "classification": _("Classification"),
        "description": _("Description"),
        "origin": _("Origin"),
        "treatment": _("Tariff treatment"),
        "quantity": _("Quantity"),
        "unit": _("Unit"),
        "value": _("Value on the invoice"),
        "duty_rate_text": _("Rate of duty"),
        "surtax_order": _("Surtax order"),
        "gst_exemption": _("GST status"),
    }
    return labels.get(name) or AMOUNT_LABELS[name]
