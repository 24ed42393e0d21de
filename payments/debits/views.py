"""Pre-authorized debit as its importer, its third parties and officers see it."""

import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import officer_page
from accounts.rules import OFFICER
from core import clock
from core.errors import DomainError, Refused, Stranger
from core.paging import CountedPaginator
from delegation.access import Seat, account_page
from delegation.rules import Action
from payments import queries as payments
from payments import returns
from payments.debits import files, queries, rules, services
from payments.debits.forms import AgreementForm, CloseEntryForm, ReturnForm
from payments.messages import RETURN_REASONS

PAGE_SIZE = 25
LONGEST_KEY = 100


@never_cache
@require_safe
@account_page(to=Action.PAY)
def overview(request: HttpRequest) -> HttpResponse:
    """The agreement in force, what is taken next, what was taken, and every version; a third party sees what concerns
    a second payment only."""
    seat = _seat(request)
    account_id = seat.program_account.pk
    sees_amounts = seat.may(Action.VIEW_STATEMENTS)
    context: dict[str, Any] = {
        "agreement": queries.agreement_of(account_id),
        "upcoming": queries.next_debit(account_id, on=clock.today()) if sees_amounts else None,
        "returned": queries.returned_debit(account_id) if sees_amounts else None,
        "sees_amounts": sees_amounts,
        "is_own": not seat.is_delegated,
        "reasons": RETURN_REASONS,
    }
    if not seat.is_delegated:
        context["versions"] = queries.agreements_of(account_id)
        context["page"] = CountedPaginator(queries.debits_of(account_id), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "payments/debits/overview.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@account_page(to=Action.PAY)
def agreement(request: HttpRequest) -> HttpResponse:
    """Set up, or put another bank account in the place of the one in force."""
    seat = _own_seat(request)
    form = AgreementForm(request.POST or None)
    key = request.POST.get("key", "")[:LONGEST_KEY] or secrets.token_urlsafe(16)
    if form.is_bound and form.is_valid():
        try:
            services.sign(
                program_account=seat.program_account,
                account=form.bank_account,
                is_certified=True,
                once=key,
                on=clock.today(),
                at=clock.now(),
                actor=seat.actor,
            )
        except DomainError as problem:
            form.add_domain_error(problem)
        else:
            messages.success(request, _("Pre-authorized debit is set up. Tell your broker next."))
            return redirect("payments:debits", seat.program_account.number)
    context = {
        "form": form,
        "form_key": key,
        "current": queries.agreement_of(seat.program_account.pk),
        "terms_version": rules.TERMS_VERSION,
    }
    return render(request, "payments/debits/agreement.html", context)


@require_POST
@account_page(to=Action.PAY)
def cancel(request: HttpRequest) -> HttpResponse:
    """End the agreement."""
    seat = _own_seat(request)
    services.cancel(program_account_id=seat.program_account.pk, on=clock.today(), at=clock.now(), actor=seat.actor)
    messages.success(request, _("Pre-authorized debit has ended. Pay the statements yourself from now on."))
    return redirect("payments:debits", seat.program_account.number)


@require_POST
@account_page(to=Action.PAY)
def tell(request: HttpRequest) -> HttpResponse:
    """Tell the third parties with one click."""
    seat = _own_seat(request)
    count = services.tell_brokers(
        program_account_id=seat.program_account.pk, on=clock.today(), at=clock.now(), actor=seat.actor
    )
    if count:
        words = ngettext("%(count)s person was told.", "%(count)s people were told.", count) % {"count": count}
    else:
        words = _("Nobody else has access to this account, so there was nobody to tell.")
    messages.success(request, words)
    return redirect("payments:debits", seat.program_account.number)


@require_safe
@officer_page(OFFICER)
def bank_files(request: HttpRequest) -> HttpResponse:
    """What went to the bank and what came back, day by day, and what nobody could place."""
    context = {
        "sent": queries.debit_files()[:PAGE_SIZE],
        "page": CountedPaginator(queries.return_files(), PAGE_SIZE).get_page(request.GET.get("page")),
        "open": queries.open_entries()[:PAGE_SIZE],
    }
    return render(request, "payments/debits/bank_files.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@officer_page(OFFICER)
def returned(request: HttpRequest) -> HttpResponse:
    """Take back a payment that did not hold, such as a cheque that bounced."""
    form = ReturnForm(request.POST or None, initial={"reference": request.GET.get("reference", ""), "fee": True})
    if form.is_bound and form.is_valid():
        payment = payments.payment_by_reference(form.cleaned_data["reference"].strip().upper())
        if payment is None:
            form.add_error("reference", _("There is no payment with this reference. Check it."))
        else:
            now = clock.now()
            try:
                returns.return_payment(
                    payment=payment,
                    reason=form.cleaned_data["reason"],
                    on=now.date(),
                    at=now,
                    actor=request.seat.actor,  # type: ignore[attr-defined]
                    fee=form.cleaned_data["fee"],
                )
            except DomainError as problem:
                form.add_domain_error(problem)
            else:
                messages.success(request, _("The payment is taken back. Importer and payer are told."))
                return redirect("payments:bank_files")
    return render(request, "payments/debits/returned.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@officer_page(OFFICER)
def bank_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry that nobody could place: its facts, and closing it once it is dealt with."""
    entry = queries.open_entry(pk)
    if entry is None:
        raise Stranger(_("This entry is not open. Go back to the list of bank files."), code="entry_unknown")
    form = CloseEntryForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            files.close_entry(
                entry_id=entry.pk,
                note=form.cleaned_data["note"],
                actor=request.seat.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
        except DomainError as problem:
            form.add_domain_error(problem)
        else:
            messages.success(request, _("The entry is closed."))
            return redirect("payments:bank_files")
    return render(request, "payments/debits/entry.html", {"entry": entry, "form": form})


def _seat(request: HttpRequest) -> Seat:
    seat: Seat = request.seat  # type: ignore[attr-defined]
    return seat


def _own_seat(request: HttpRequest) -> Seat:
    """The agreement is the importer's own: a third party cannot sign for its client's bank account."""
    seat = _seat(request)
    if seat.is_delegated:
        raise Refused(
            _("Only the importer signs for its bank account. Ask your client to set it up."), code="importers_own"
        )
    return seat
