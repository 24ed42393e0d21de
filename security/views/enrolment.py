"""Enrolling, submitting security and leaving."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core import charts, clock
from core import format as formats
from delegation.access import Seat, account_page
from delegation.rules import Action
from reference.queries import policy
from reference.rules.requirement import requirement_for
from security import queries, rules, services
from security.forms import (
    EnrolForm,
    ReductionForm,
    SubmitForm,
)
from security.models import SecurityRequirement
from security.queries import RppStatus
from security.views.overview import monthly_chart
from security.views.parts import FORM, acting, is_done, language_in_use, seat_of, sees_totals, show


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def enrol(request: HttpRequest) -> HttpResponse:
    seat = seat_of(request)
    on = clock.today()
    status = queries.rpp_status(seat.program_account.pk, on=on)
    if status.is_enrolled and request.method != "POST":
        return redirect("security:overview", seat.program_account.number)
    calculation = queries.calculation_for(seat.program_account.pk, on=on)
    form = EnrolForm(request.POST or None, has_history=calculation.has_history)
    if request.method == "POST" and is_done(
        form,
        lambda: services.enrol(
            program_account_id=seat.program_account.pk,
            estimate=form.cleaned_data.get("estimate"),
            pattern=form.cleaned_data["pattern"],
            ends_on=form.cleaned_data["ends_on"],
            **acting(seat),
        ),
    ):
        if form.cleaned_data["wants_lower"] == "yes":
            return redirect("security:reduction", seat.program_account.number)
        if queries.rpp_status(seat.program_account.pk, on=on).is_on:
            messages.success(request, _("You are enrolled and Release Prior to Payment is active."))
            return redirect("security:overview", seat.program_account.number)
        return redirect("security:submit", seat.program_account.number)
    return show(
        request,
        "enrol",
        form,
        calculation=calculation,
        needed=requirement_for(calculation.driving.amount, on, policy=policy()),
        counting=queries.counting_rules(on),
        is_non_resident=seat.business.is_non_resident,
        is_again=bool(status.state),
        chart=monthly_chart(calculation.months, None, width=charts.WIDEST) if sees_totals(seat) else None,
    )


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def submit(request: HttpRequest) -> HttpResponse:
    """Bond or cash: which amount either needs, then the page that takes it."""
    seat = seat_of(request)
    status = queries.rpp_status(seat.program_account.pk, on=clock.today())
    if not status.is_enrolled:
        return redirect("security:enrol", seat.program_account.number)
    form = SubmitForm(request.POST or None)
    language = language_in_use()
    hints = {
        "bond": _("%(amount)s more. Your surety confirms it in the portal; it covers twice its amount."),
        "cash": _("%(amount)s more. It earns no interest and can go back when it is no longer needed."),
    }
    form.fields["way"].widget.hints = {
        "bond": hints["bond"] % {"amount": formats.money(status.shortfall.bond, language)},
        "cash": hints["cash"] % {"amount": formats.money(status.shortfall.cash, language)},
    }
    if request.method == "POST" and form.is_valid():
        way = "security:propose_bond" if form.cleaned_data["way"] == "bond" else "security:deposit"
        return redirect(way, seat.program_account.number)
    return show(request, "submit", form, status=status)


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def cancel(request: HttpRequest) -> HttpResponse:
    seat = seat_of(request)
    if request.method == "POST":
        services.cancel_rpp(program_account_id=seat.program_account.pk, **acting(seat))
        messages.success(request, _("Release Prior to Payment is cancelled for this program account."))
        return redirect("security:overview", seat.program_account.number)
    status = queries.rpp_status(seat.program_account.pk, on=clock.today())
    if not status.is_enrolled:
        return redirect("security:overview", seat.program_account.number)
    return show(request, "cancel", status=status)


def still_to_cover(seat: Seat, on: date) -> tuple[RppStatus, SecurityRequirement | None, rules.Shortfall]:
    """What is in force, the requirement to come, and what covers the larger of today's and the one to come."""
    status = queries.rpp_status(seat.program_account.pk, on=on)
    if sees_totals(seat):
        status = status.by_proven_month()
    _current, upcoming = queries.requirements_around(seat.program_account.pk, on=on)
    today = status.proven if sees_totals(seat) else status.requirement
    required = max(today, upcoming.amount) if upcoming else today
    return status, upcoming, rules.shortfall(status.coverage, required)


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def reduction(request: HttpRequest) -> HttpResponse:
    seat = seat_of(request)
    on = clock.today()
    case = queries.open_case_of(seat.program_account.pk)
    asks = request.method == "POST" and request.POST.get("act") != "withdraw"
    form = ReductionForm(request.POST if asks else None)
    if request.method == "POST" and not asks:
        if case is not None:
            services.withdraw_reduction_case(case_id=case.pk, **acting(seat))
            messages.success(request, _("Your request was withdrawn."))
        return redirect("security:reduction", seat.program_account.number)
    if asks and is_done(
        form,
        lambda: services.open_reduction_case(
            program_account_id=seat.program_account.pk,
            proposed_amount=form.cleaned_data["proposed_amount"],
            justification=form.cleaned_data["justification"],
            **acting(seat),
        ),
    ):
        messages.success(request, _("Your request was sent. An officer decides it and you are told."))
        return redirect("security:reduction", seat.program_account.number)
    current, upcoming = queries.requirements_around(seat.program_account.pk, on=on)
    return show(
        request,
        "reduction",
        form,
        case=case,
        cases=list(queries.cases_of(seat.program_account.pk)),
        current=current,
        upcoming=upcoming,
    )
