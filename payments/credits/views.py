"""Credits: what is free, how it is used, moved, asked back, and where every cent went."""

import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock
from core.errors import DomainError, Refused, Stranger
from delegation.access import Seat, account_page, program_account_for
from delegation.rules import Action
from ledger import queries as ledger
from payments import queries as payments
from payments.credits import queries, rules, services
from payments.credits.forms import AllocationForm, MoveForm, PreferenceForm, RefundForm
from payments.rules import Preference

LONGEST_KEY = 100
LONGEST_LIST = 50
_FORM = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@account_page(to=Action.VIEW_STATEMENTS)
def overview(request: HttpRequest) -> HttpResponse:
    """Open credits, what of them is free, the method in force and what was asked back."""
    seat = _seat(request)
    account = seat.program_account
    context = {
        "known": queries.credits_of(account.pk, on=seat.on),
        "preference": queries.preference_of([account.pk])[account.pk],
        "requests": queries.refund_requests_of(account.pk)[:LONGEST_LIST],
        "may_use": seat.may(Action.PAY),
        "may_decide": seat.may(Action.PAY) and not seat.is_delegated,
        "has_siblings": queries.siblings_of(account).exists(),
    }
    return render(request, "payments/credits/overview.html", context)


@never_cache
@_FORM
@account_page(to=Action.PAY)
def preference(request: HttpRequest) -> HttpResponse:
    """Choose the offsetting method, beside an example that the rule itself computes."""
    seat = _own_seat(request)
    account = seat.program_account
    chosen = queries.preference_of([account.pk])[account.pk]
    form = PreferenceForm(request.POST if request.method == "POST" else None, initial={"method": chosen})
    if request.method == "POST" and form.is_valid():
        method = Preference(form.cleaned_data["method"])
        services.choose_preference(program_account=account, method=method, at=clock.now(), actor=seat.actor)
        messages.success(request, _("Saved. It holds from the next clearing."))
        return _to_credits(seat)
    context = {"form": form, "example": rules.example(seat.on), "methods": Preference}
    return render(request, "payments/credits/preference.html", context)


@never_cache
@_FORM
@account_page(to=Action.PAY)
def allocate(request: HttpRequest) -> HttpResponse:
    """Pay chosen items with chosen credits."""
    seat = _full_seat(request)
    known = queries.credits_of(seat.program_account.pk, on=seat.on)
    form = AllocationForm(request.POST if request.method == "POST" else None, credits=known.credits, debts=known.debts)
    if request.method == "POST" and form.is_valid():
        try:
            services.allocate_by_hand(
                program_account=seat.program_account,
                debt_ids=[int(number) for number in form.cleaned_data["debts"]],
                credit_ids=[int(number) for number in form.cleaned_data["credits"]],
                at=clock.now(),
                actor=seat.actor,
            )
        except DomainError as problem:
            form.add_domain_error(problem)
        else:
            messages.success(request, _("The chosen items are paid."))
            return _to_credits(seat)
    return render(request, "payments/credits/allocate.html", {"form": form, "known": known})


@never_cache
@_FORM
@account_page(to=Action.PAY)
def move(request: HttpRequest) -> HttpResponse:
    """Move free credit to another program account of the business: looked at first, then confirmed."""
    seat = _own_seat(request)
    known = queries.credits_of(seat.program_account.pk, on=seat.on)
    key = request.POST.get("key", "")[:LONGEST_KEY] or secrets.token_urlsafe(16)
    form = MoveForm(
        request.POST if request.method == "POST" else None,
        accounts=queries.siblings_of(seat.program_account),
        initial={"amount": known.free} if known.free else None,
    )
    context: dict[str, Any] = {"form": form, "known": known, "key": key}
    if request.method == "POST" and form.is_valid():
        try:
            there = program_account_for(seat.actor, form.cleaned_data["to"], to=Action.PAY, on=seat.on)
            amount = form.cleaned_data["amount"]
            services.require_free(amount, known.free)
            if request.POST.get("confirmed"):
                services.move_credit(
                    program_account=seat.program_account,
                    to=there.program_account,
                    amount=amount,
                    at=clock.now(),
                    actor=seat.actor,
                    once=key,
                )
                messages.success(request, _("The credit was moved."))
                return _to_credits(seat)
        except DomainError as problem:
            form.add_domain_error(problem)
        else:
            owed = queries.credits_of(there.program_account.pk, on=seat.on).owed
            context |= {"there": there, "amount": amount, "left": known.free - amount, "owed": owed}
            return render(request, "payments/credits/move_check.html", context)
    return render(request, "payments/credits/move.html", context)


@never_cache
@_FORM
@account_page(to=Action.PAY)
def refund(request: HttpRequest) -> HttpResponse:
    """Ask for free credit to be paid back."""
    seat = _own_seat(request)
    account = seat.program_account
    known = queries.credits_of(account.pk, on=seat.on)
    obstacle = rules.refund_obstacle(queries.refund_case(account, known.free, on=seat.on, known=known))
    form = RefundForm(
        request.POST if request.method == "POST" else None, initial={"amount": known.free} if known.free else None
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.request_refund(
                program_account=account, amount=form.cleaned_data["amount"], at=clock.now(), actor=seat.actor
            )
        except DomainError as problem:
            form.add_domain_error(problem)
        else:
            messages.success(request, _("Your request was sent. An officer decides, and you are told."))
            return _to_credits(seat)
    return render(request, "payments/credits/refund.html", {"form": form, "known": known, "obstacle": obstacle})


@never_cache
@require_POST
@account_page(to=Action.PAY)
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """Take a request for a refund back."""
    seat = _own_seat(request)
    row = queries.refund_requests_of(seat.program_account.pk).filter(reference=reference).first()
    if row is None:
        raise Stranger(_("There is no request with this reference on this account."), code="refund_unknown")
    try:
        services.withdraw_refund(refund=row, at=clock.now(), actor=seat.actor)
    except DomainError as problem:
        messages.error(request, str(problem))
    return _to_credits(seat)


@require_safe
@account_page(to=Action.VIEW_TRANSACTIONS)
def trace(request: HttpRequest, item: int) -> HttpResponse:
    """Where every cent of a debt or credit went."""
    seat = _seat(request)
    found = queries.trace_of(seat.program_account.pk, item, visibility=seat.visibility)
    if found is None:
        raise Stranger(_("There is no such item on this account. Look at the list again."), code="item_unknown")
    return render(request, "payments/credits/trace.html", {"trace": found, "is_own": not seat.is_delegated})


@require_safe
@account_page(to=Action.VIEW_TRANSACTIONS)
def trace_payment(request: HttpRequest, reference: str) -> HttpResponse:
    """Where every cent of a payment went: leads to the trace of its credit."""
    seat = _seat(request)
    payment = payments.payment_of(seat.program_account.pk, reference, visibility=seat.visibility)
    entry = ledger.entry_by_key(payment.entry_key) if payment else None
    item = ledger.item_of_entry(entry.pk) if entry else None
    if item is None:
        raise Stranger(
            _("This payment brought no credit to this account, so there is nothing to trace."), code="nothing_to_trace"
        )
    return redirect("payments:credit_trace", seat.program_account.number, item.pk)


def _seat(request: HttpRequest) -> Seat:
    seat: Seat = request.seat  # type: ignore[attr-defined]
    return seat


def _full_seat(request: HttpRequest) -> Seat:
    """Credits are everybody's payments together, so only somebody who sees them all may use them."""
    seat = _seat(request)
    seat.require(Action.VIEW_STATEMENTS)
    return seat


def _own_seat(request: HttpRequest) -> Seat:
    """What only the business itself decides: credit belongs to the importer, whoever paid."""
    seat = _full_seat(request)
    if seat.is_delegated:
        raise Refused(
            _("Only the importer decides this. Ask somebody at the business to do it."),
            code="importer_only",
            link=reverse("payments:credits", args=(seat.program_account.number,)),
        )
    return seat


def _to_credits(seat: Seat) -> HttpResponse:
    return redirect("payments:credits", seat.program_account.number)
