"""The surety's desk."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Business
from core import clock
from core.errors import DomainError, Stranger
from core.forms import PortageForm
from core.paging import CountedPaginator
from delegation.access import BusinessSeat, business_page
from delegation.rules import Action
from security import queries, rules, services
from security.forms import (
    AmountForm,
    NoticeForm,
    RejectForm,
)
from security.models import Bond
from security.rules import BondState
from security.views.parts import FORM, PAGE_SIZE, UNPROCESSABLE, acting, is_done


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
    forms: dict[str, PortageForm] = {
        "reject": RejectForm(prefix="reject"),
        "raise": AmountForm(prefix="raise", initial={"amount": row.asked_amount}),
        "notice": NoticeForm(prefix="notice"),
    }
    act = request.POST.get("act", "")
    failed: PortageForm | None = None
    if request.method == "POST":
        failed = _surety_acts(seat, row, act, forms, request)
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
            "versions": list(queries.versions_of(row.pk)),
            "reject_form": forms["reject"],
            "raise_form": forms["raise"],
            "notice_form": forms["notice"],
            "earliest": rules.earliest_termination_on(clock.today()),
            "last_demand_on": _last_demand_on(row),
        },
        status=UNPROCESSABLE if failed is not None else 200,
    )


def _last_demand_on(row: Bond) -> date | None:
    if row.state == BondState.TERMINATED and row.terminates_on:
        return rules.last_demand_on(row.terminates_on)
    if row.state == BondState.EXPIRED and row.validity_end:
        return rules.last_demand_on(row.validity_end)
    return None


def _surety_acts(
    seat: BusinessSeat, row: Bond, act: str, forms: dict[str, PortageForm], request: HttpRequest
) -> PortageForm | None:
    """Do what the surety asked; the form with its errors when that did not go."""
    now = acting(seat)
    if act == "confirm":
        services.confirm_bond(bond_id=row.pk, **now)
        return None
    if act == "withdraw_notice":
        services.withdraw_termination_notice(bond_id=row.pk, **now)
        return None
    builders: dict[str, type[PortageForm]] = {"reject": RejectForm, "raise": AmountForm, "notice": NoticeForm}
    if act not in builders:
        raise DomainError(_("Choose what to do with the bond."), code="unknown_act")
    form = forms[act] = builders[act](request.POST, prefix=act)
    calls: dict[str, Callable[[], Any]] = {
        "reject": lambda: services.reject_bond(bond_id=row.pk, reason=form.cleaned_data["reason"], **now),
        "raise": lambda: services.raise_bond(bond_id=row.pk, amount=form.cleaned_data["amount"], **now),
        "notice": lambda: services.give_termination_notice(
            bond_id=row.pk,
            terminates_on=form.cleaned_data["terminates_on"],
            reason=form.cleaned_data["reason"],
            **now,
        ),
    }
    return None if is_done(form, calls[act]) else form
