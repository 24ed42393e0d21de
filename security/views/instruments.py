"""Bonds and deposits of a program account."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError, Refused, Stranger
from delegation.access import account_page
from delegation.rules import Action
from security import queries, services
from security.forms import (
    AmountForm,
    BondForm,
    EndorsementForm,
    RefundForm,
)
from security.rules import BondState
from security.views.endorsing import MAIL_ACTS, by_mail, done_by_mail
from security.views.enrolment import still_to_cover
from security.views.parts import FORM, acting, address_of, is_done, seat_of, show
from security.views.versions import history, sees_whole_business


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def propose_bond(request: HttpRequest) -> HttpResponse:
    seat = seat_of(request)
    on = clock.today()
    status, upcoming, lack = still_to_cover(seat, on)
    initial = {"amount": lack.bond or None, "validity_start": on}
    accounts = queries.accounts_to_share(seat.business.pk) if sees_whole_business(seat) else []
    form = BondForm(request.POST or None, initial=initial, accounts=accounts)
    if request.method == "POST" and is_done(
        form,
        lambda: services.propose_bond(
            program_account_id=seat.program_account.pk,
            provider_id=form.cleaned_data["provider"].pk,
            agreement_number=form.cleaned_data["agreement_number"],
            amount=form.cleaned_data["amount"],
            validity_start=form.cleaned_data["validity_start"],
            validity_end=form.cleaned_data["validity_end"],
            shares=form.shares(),
            **acting(seat),
        ),
    ):
        messages.success(request, _("The bond was sent to the surety. It covers you from the moment it is confirmed."))
        return redirect("security:overview", seat.program_account.number)
    return show(request, "propose_bond", form, status=status, upcoming=upcoming, lack=lack)


@FORM
@account_page(to=Action.VIEW_SECURITY)
def account_bond(request: HttpRequest, pk: int) -> HttpResponse:
    """One bond as its importer sees it: withdraw it while it waits, ask for more while it covers."""
    seat = seat_of(request)
    row = queries.bond_of_account(seat.program_account.pk, pk)
    if row is None:
        raise Stranger(_("There is no such bond on this program account. Go back to its security."), code="not_found")
    told = history(request, row, only=None if sees_whole_business(seat) else seat.program_account.number)
    # What is done to a bond concerns all its accounts: only who sees them all may.
    can_manage = seat.may(Action.MANAGE_SECURITY) and told["is_whole"]
    act = request.POST.get("act", "")
    form = AmountForm(request.POST if act == "ask" else None, initial={"amount": row.asked_amount})
    mail = EndorsementForm(request.POST if act == "mail" else None, prefix="mail", accounts=[])
    if request.method == "POST":
        if not can_manage:
            raise Refused(_("Your role does not include this. Ask a manager of the business."), code="role_too_narrow")
        if act == "ask":
            is_over = is_done(
                form,
                lambda: services.ask_bond_raise(bond_id=row.pk, amount=form.cleaned_data["amount"], **acting(seat)),
            )
            told_of = _("The surety was asked. You are told as soon as the bond changes.")
        elif act in MAIL_ACTS:
            is_over = done_by_mail(act, mail, row, seat, default_account_id=seat.program_account.pk)
            told_of = _("It is noted. You are told as soon as the endorsement is entered or refused.")
        elif act == "withdraw":
            services.withdraw_bond(bond_id=row.pk, **acting(seat))
            messages.success(request, _("The bond was withdrawn."))
            return redirect("security:overview", seat.program_account.number)
        else:
            raise DomainError(_("Choose what to do with the bond."), code="unknown_act")
        if is_over:
            messages.success(request, _("The endorsement is withdrawn.") if act == "recall" else told_of)
            return redirect("security:account_bond", seat.program_account.number, row.pk)
    return show(
        request,
        "account_bond",
        mail if act == "mail" else form,
        asking=form,
        **by_mail(row, mail, seat.business.pk, may=can_manage) if told["is_whole"] else {},
        bond=row,
        copy=queries.copy_of_bond(row.pk) if told["is_whole"] else None,
        copy_url=reverse("security:account_bond_copy", args=[seat.program_account.number, row.pk]),
        **told,
        can_withdraw=can_manage and row.state == BondState.PENDING_PROVIDER,
        can_ask=can_manage and row.state in (BondState.ACTIVE, BondState.SCHEDULED),
    )


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def deposit(request: HttpRequest) -> HttpResponse:
    """How much to deposit; the money itself is taken by the payment page."""
    seat = seat_of(request)
    status, upcoming, lack = still_to_cover(seat, clock.today())
    form = AmountForm(request.POST or None, initial={"amount": lack.cash or None})
    if request.method == "POST" and form.is_valid():
        address = address_of("payments:pay_deposit", seat.program_account.number)
        if address:
            return redirect(f"{address}?{urlencode({'amount': form.cleaned_data['amount']})}")
        form.add_domain_error(
            DomainError(_("Payments are not open here. Enter a bond instead."), code="payments_closed")
        )
    return show(request, "deposit", form, status=status, upcoming=upcoming, lack=lack)


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def refund(request: HttpRequest) -> HttpResponse:
    seat = seat_of(request)
    on = clock.today()
    status = queries.rpp_status(seat.program_account.pk, on=on)
    possible = queries.returnable_cash(seat.program_account.pk, on=on)
    form = RefundForm(request.POST or None, initial={"amount": possible, "expected_held": status.coverage.cash})
    if request.method == "POST" and is_done(
        form,
        lambda: services.request_deposit_refund(
            program_account_id=seat.program_account.pk,
            amount=form.cleaned_data["amount"],
            expected_held=form.cleaned_data["expected_held"],
            **acting(seat),
        ),
    ):
        messages.success(request, _("The deposit is on its way back to you."))
        return redirect("security:overview", seat.program_account.number)
    return show(request, "refund", form, status=status, possible=possible)
