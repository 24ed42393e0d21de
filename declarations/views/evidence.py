"""The papers behind a declaration: added, listed, opened."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError, Refused
from declarations import services
from declarations.forms_more import EvidenceForm
from declarations.views.parts import SeatRequest, draft_to_edit, found, page_address
from delegation.access import account_page
from delegation.rules import Action
from documents import queries as stored
from documents.attachment import attachment


@account_page(to=Action.VIEW_TRANSACTIONS)
def documents(request: SeatRequest, declaration: str) -> HttpResponse:
    """The list; whoever may file adds to it."""
    row = found(request, declaration)
    may_file = request.seat.may(Action.FILE_DECLARATION)
    form = EvidenceForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        if not may_file:
            raise Refused(_("You may read this declaration. Adding papers is for those who file."), code="not_allowed")
        if form.is_valid():
            try:
                received = services.add_evidence(
                    declaration=row,
                    kind=form.cleaned_data["kind"],
                    files=form.cleaned_data["uploads"],
                    actor=request.seat.actor,
                    at=clock.now(),
                )
            except DomainError as refusal:
                form.add_domain_error(refusal)
            else:
                for name in received.repeated:
                    messages.warning(request, _("You uploaded “%(name)s” already; it was left out.") % {"name": name})
                return HttpResponseRedirect(page_address("documents", row))
    files = list(stored.documents_of(services.case_of(row)))
    context = {
        "declaration": row,
        "form": form,
        "may_file": may_file,
        "files": [{"row": file, "kind": services.EVIDENCE.get(file.category, file.category)} for file in files],
        "is_checking": any(file.is_waiting for file in files),
        "is_filed": row.version_count > 0,
    }
    return render(request, "declarations/documents.html", context)


@account_page(to=Action.VIEW_TRANSACTIONS)
def document(request: SeatRequest, declaration: str, public_id: UUID) -> HttpResponse:
    """One paper as a download."""
    row = found(request, declaration)
    return attachment(
        services.open_evidence(declaration=row, public_id=public_id, actor=request.seat.actor, at=clock.now())
    )


@account_page(to=Action.FILE_DECLARATION)
def remove_document(request: SeatRequest, declaration: str, public_id: UUID) -> HttpResponse:
    row = found(request, declaration)
    draft_to_edit(request, row)  # of another filer's draft nothing is taken out
    if request.method == "POST":
        services.remove_evidence(declaration=row, public_id=public_id, actor=request.seat.actor, at=clock.now())
    return HttpResponseRedirect(page_address("documents", row))
