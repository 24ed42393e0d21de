"""The surety's desk."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Business, ProgramAccount
from core import clock
from core.errors import DomainError, Stranger
from core.forms import PortageForm
from core.paging import CountedPaginator
from delegation.access import BusinessSeat, business_page
from delegation.rules import Action
from security import queries, rules, services
from security.forms import EndorsementForm, ExtendForm, NoticeForm, ReallocateForm, RejectForm, RenameForm, ResizeForm
from security.models import Bond
from security.rules import BondState
from security.views.endorsing import MAIL_ACTS, by_mail, done_by_mail
from security.views.parts import FORM, PAGE_SIZE, UNPROCESSABLE, acting, is_done
from security.views.versions import history

Shares = Sequence[tuple[ProgramAccount, Decimal | None]]
#: What a surety types to change a bond, by what it does.
_BUILDERS: Mapping[str, type[Any]] = {
    "reject": RejectForm,
    "raise": ResizeForm,
    "lower": ResizeForm,
    "reallocate": ReallocateForm,
    "extend": ExtendForm,
    "rename": RenameForm,
    "notice": NoticeForm,
}


def surety_seat(request: HttpRequest) -> BusinessSeat:
    """The seat at a surety's own business; anybody else finds nothing here."""
    seat: BusinessSeat = request.seat  # type: ignore[attr-defined]
    if seat.is_delegated or seat.business.provider_kind != Business.ProviderKind.SURETY:
        raise Stranger(_("There is nothing at this address for you. Check the account you act for."), code="not_found")
    return seat


@require_safe
@business_page(to=Action.VIEW_BUSINESS)
def desk(request: HttpRequest) -> HttpResponse:
    seat = surety_seat(request)
    waiting = list(queries.bonds_to_answer(seat.business.pk))
    page = CountedPaginator(queries.bonds_given_by(seat.business.pk), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "security/desk.html",
        {
            "seat": seat,
            "waiting": waiting,
            "page": page,
            "exposure": queries.exposure_of(seat.business.pk),
            "demands": list(queries.demands_on(seat.business.pk)[:PAGE_SIZE]),
            "may_manage_software": seat.may(Action.MANAGE_PEOPLE),
        },
    )


@FORM
@business_page(to=Action.VIEW_BUSINESS)
def bond(request: HttpRequest, pk: int) -> HttpResponse:
    seat = surety_seat(request)
    row = queries.bond_given_by(seat.business.pk, pk)
    if row is None:
        raise Stranger(_("There is no such bond among yours. Go back to your desk."), code="not_found")
    allocated = queries.shares_by_bond([row.pk])[row.pk]
    shares = [(share.program_account, share.amount) for share in allocated]
    forms = _forms(row, shares)
    act = request.POST.get("act", "")
    failed: PortageForm | None = None
    mail = EndorsementForm(
        request.POST if act == "mail" else None, prefix="mail", accounts=[account for account, _share in shares]
    )
    if request.method == "POST":
        if act in MAIL_ACTS:
            is_over = done_by_mail(act, mail, row, seat, default_account_id=shares[0][0].pk)
            failed = None if is_over else mail
        else:
            failed = _surety_acts(seat, row, act, forms, shares, request)
        if failed is None:
            messages.success(request, _("Done. The importer was told."))
            return redirect("security:bond", seat.business.bn9, row.pk)
    return render(
        request,
        "security/bond.html",
        {
            "seat": seat,
            "form": failed,
            "bond": row,
            "copy": queries.copy_of_bond(row.pk),
            "copy_url": reverse("security:bond_copy", args=[seat.business.bn9, row.pk]),
            **history(request, row, only=None, allocated=allocated),
            "forms": forms,
            "act": act,
            "can_extend": row.validity_end is not None and row.state in rules.AMENDABLE,
            "can_reallocate": row.state in rules.GIVEN,
            "can_rename": row.state in rules.GIVEN and row.debtor_name != row.debtor.legal_name,
            **by_mail(row, mail, seat.business.pk, may=True),
            "earliest": rules.earliest_termination_on(clock.today()),
            "last_demand_on": _last_demand_on(row),
        },
        status=UNPROCESSABLE if failed is not None else 200,
    )


def _more(act: str, shares: Shares) -> dict[str, Any]:
    return {"accounts": shares} if act in ("raise", "lower", "reallocate") else {}


def _forms(row: Bond, shares: Shares) -> dict[str, Any]:
    initial = {
        "raise": {"amount": row.asked_amount},
        "extend": {"validity_end": row.validity_end},
        "rename": {"debtor_name": row.debtor.legal_name},
    }
    return {act: build(prefix=act, initial=initial.get(act), **_more(act, shares)) for act, build in _BUILDERS.items()}


def _last_demand_on(row: Bond) -> date | None:
    if row.state == BondState.TERMINATED and row.terminates_on:
        return rules.last_demand_on(row.terminates_on)
    if row.state == BondState.EXPIRED and row.validity_end:
        return rules.last_demand_on(row.validity_end)
    return None


def _surety_acts(
    seat: BusinessSeat, row: Bond, act: str, forms: dict[str, Any], shares: Shares, request: HttpRequest
) -> PortageForm | None:
    """Do what the surety asked; the form with its errors when that did not go."""
    now = {"bond_id": row.pk, **acting(seat)}
    if act == "confirm":
        services.confirm_bond(**now)
        return None
    if act == "withdraw_notice":
        services.withdraw_termination_notice(**now)
        return None
    if act not in forms:
        raise DomainError(_("Choose what to do with the bond."), code="unknown_act")
    form = forms[act] = _BUILDERS[act](request.POST, prefix=act, **_more(act, shares))
    calls: dict[str, Callable[[Any], Any]] = {
        "reject": lambda given: services.reject_bond(reason=given["reason"], **now),
        "raise": lambda given: services.raise_bond(amount=given["amount"], shares=form.shares(), **now),
        "lower": lambda given: services.lower_bond(amount=given["amount"], shares=form.shares(), **now),
        "reallocate": lambda _given: services.reallocate_bond(shares=form.shares(), **now),
        "extend": lambda given: services.extend_bond(validity_end=given["validity_end"], **now),
        "rename": lambda given: services.rename_bond_debtor(debtor_name=given["debtor_name"], **now),
        "notice": lambda given: services.give_termination_notice(
            terminates_on=given["terminates_on"], reason=given["reason"], **now
        ),
    }
    return None if is_done(form, lambda: calls[act](form.cleaned_data)) else form
