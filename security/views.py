"""The pages of financial security: the importer's dashboard, enrolment, instruments and review; the surety's desk."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Business
from core import charts, clock
from core import format as formats
from core.errors import DomainError, Refused, Stranger
from core.forms import PortageForm
from core.paging import CountedPaginator
from delegation.access import BusinessSeat, Seat, account_page, business_page
from delegation.rules import Action
from reference.queries import policy
from reference.rules.requirement import requirement_for
from security import queries, rules, services
from security.forms import (
    AmountForm,
    BondForm,
    EnrolForm,
    NoticeForm,
    PlannerForm,
    ReductionForm,
    RefundForm,
    RejectForm,
    SubmitForm,
)
from security.models import AnnualReview, Bond, SecurityRequirement
from security.queries import RppStatus
from security.rules import BondState, Coverage, ReviewOutcome, StatusReason

UNPROCESSABLE = 422
PAGE_SIZE = 25
FORM = require_http_methods(["GET", "HEAD", "POST"])
#: What each reason asks of the importer: the words of the link and the page.
WAYS_OUT = {
    StatusReason.NOT_ENROLLED: "security:enrol",
    StatusReason.PENDING_SECURITY: "security:submit",
    StatusReason.NO_SECURITY: "security:submit",
    StatusReason.DEBT_WITHOUT_SECURITY: "security:submit",
    StatusReason.INSUFFICIENT: "security:submit",
    StatusReason.REVIEW_SHORTFALL: "security:review",
    StatusReason.OVERDUE_DEBT: "payments:pay",
}


def _language() -> str:
    return get_language() or "en"


def _seat(request: HttpRequest) -> Seat:
    return request.seat  # type: ignore[attr-defined]


def _sees_totals(seat: Seat) -> bool:
    """Open balance and monthly charges add up what everybody submitted; requirement and cover are the account's."""
    return seat.may(Action.VIEW_STATEMENTS)


def _now(seat: Seat | BusinessSeat) -> dict[str, Any]:
    """Who acts and when, as every service asks."""
    at = clock.now()
    return {"on": at.date(), "at": at, "actor": seat.actor}


def _page(request: HttpRequest, template: str, form: PortageForm | None = None, **context: Any) -> HttpResponse:
    status = UNPROCESSABLE if form is not None and form.is_bound and form.errors else 200
    return render(
        request, f"security/{template}.html", {"seat": _seat(request), "form": form, **context}, status=status
    )


def _tried(form: PortageForm, act: Callable[[], Any]) -> bool:
    """Whether the form is good and the service did it; a refusal stands on the form."""
    if not form.is_valid():
        return False
    try:
        act()
    except DomainError as refusal:
        form.add_domain_error(refusal)
        return False
    return True


def _address(name: str, *args: Any) -> str:
    """The address of a page of a room above this one; empty where the portal was set up without it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


# --- The importer's dashboard


@require_safe
@account_page(to=Action.VIEW_SECURITY)
def overview(request: HttpRequest) -> HttpResponse:
    seat = _seat(request)
    on = clock.today()
    number = seat.program_account.number
    status = queries.rpp_status(seat.program_account.pk, on=on)
    current, upcoming = queries.requirements_around(seat.program_account.pk, on=on)
    calculation = queries.calculation_for(seat.program_account.pk, on=on)
    latest = queries.latest_review_of(seat.program_account.pk)
    reasons = [
        {"text": reason.label, "href": _address(WAYS_OUT[reason], number) if reason in WAYS_OUT else ""}
        for reason in status.reasons
    ]
    return _page(
        request,
        "overview",
        status=status,
        reasons=reasons,
        current=current,
        upcoming=upcoming,
        bonds=list(queries.bonds_of(seat.program_account.pk)),
        deposits=list(queries.deposits_of(seat.program_account.pk)),
        latest=latest,
        is_review_pending=latest is not None and latest.outcome == ReviewOutcome.RISEN and on <= latest.due_on,
        case=queries.open_case_of(seat.program_account.pk),
        bar=_coverage_bar(status, upcoming.amount if upcoming else None)
        if status.is_enrolled and _sees_totals(seat)
        else None,
        chart=_monthly_chart(calculation.months, status.coverage.total if status.coverage.has_security else None)
        if _sees_totals(seat)
        else None,
        sees_totals=_sees_totals(seat),
        driving=calculation.driving,
        can_manage=seat.may(Action.MANAGE_SECURITY),
        can_cancel=status.is_enrolled and seat.may(Action.MANAGE_SECURITY),
    )


def _coverage_bar(status: RppStatus, later: Decimal | None) -> charts.CoverageBar:
    language = _language()
    figures = {
        "used": formats.money(status.open_debt, language),
        "covers": formats.money(status.coverage.total, language),
        "required": formats.money(status.requirement, language),
    }
    return charts.coverage_bar(
        used=status.open_debt,
        covers=status.coverage.total,
        required_today=status.requirement,
        required_later=later,
        description=_("%(used)s of %(covers)s is used; %(required)s is required today") % figures,
    )


def _monthly_chart(
    months: list[tuple[date, Decimal]], cover: Decimal | None, *, width: int = charts.WIDE
) -> charts.Chart:
    language = _language()
    words = _("Security covers %(amount)s")
    return charts.column_chart(
        charts.monthly_points(months, language),
        key="months",
        title=_("Monthly charges"),
        description=_("Twelve columns, one a month that ends on the day named; the highest is dark."),
        name_head=_("Month ending"),
        value_head=_("Charges"),
        language=language,
        cover=None if cover is None else (cover, words % {"amount": formats.money(cover, language)}),
        width=width,
    )


# --- Enrolment


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def enrol(request: HttpRequest) -> HttpResponse:
    seat = _seat(request)
    on = clock.today()
    status = queries.rpp_status(seat.program_account.pk, on=on)
    if status.is_enrolled and request.method != "POST":
        return redirect("security:overview", seat.program_account.number)
    calculation = queries.calculation_for(seat.program_account.pk, on=on)
    form = EnrolForm(request.POST or None, has_history=calculation.has_history)
    if request.method == "POST" and _tried(
        form,
        lambda: services.enrol(
            program_account_id=seat.program_account.pk, estimate=form.cleaned_data.get("estimate"), **_now(seat)
        ),
    ):
        if form.cleaned_data["wants_lower"] == "yes":
            return redirect("security:reduction", seat.program_account.number)
        if queries.rpp_status(seat.program_account.pk, on=on).is_on:
            messages.success(request, _("You are enrolled and Release Prior to Payment is active."))
            return redirect("security:overview", seat.program_account.number)
        return redirect("security:submit", seat.program_account.number)
    return _page(
        request,
        "enrol",
        form,
        calculation=calculation,
        needed=requirement_for(calculation.driving.amount, on, policy=policy()),
        chart=_monthly_chart(calculation.months, None) if _sees_totals(seat) else None,
    )


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def submit(request: HttpRequest) -> HttpResponse:
    """Bond or cash: which amount either needs, then the page that takes it."""
    seat = _seat(request)
    status = queries.rpp_status(seat.program_account.pk, on=clock.today())
    if not status.is_enrolled:
        return redirect("security:enrol", seat.program_account.number)
    form = SubmitForm(request.POST or None)
    language = _language()
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
    return _page(request, "submit", form, status=status)


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def cancel(request: HttpRequest) -> HttpResponse:
    seat = _seat(request)
    if request.method == "POST":
        services.cancel_rpp(program_account_id=seat.program_account.pk, **_now(seat))
        messages.success(request, _("Release Prior to Payment is cancelled for this program account."))
        return redirect("security:overview", seat.program_account.number)
    status = queries.rpp_status(seat.program_account.pk, on=clock.today())
    if not status.is_enrolled:
        return redirect("security:overview", seat.program_account.number)
    return _page(request, "cancel", status=status)


# --- Bonds of the importer


def _still_to_cover(seat: Seat, on: date) -> tuple[RppStatus, SecurityRequirement | None, rules.Shortfall]:
    """What is in force, the requirement to come, and what covers the larger of today's and the one to come."""
    status = queries.rpp_status(seat.program_account.pk, on=on)
    _current, upcoming = queries.requirements_around(seat.program_account.pk, on=on)
    required = max(status.requirement, upcoming.amount) if upcoming else status.requirement
    return status, upcoming, rules.shortfall(status.coverage, required)


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def propose_bond(request: HttpRequest) -> HttpResponse:
    seat = _seat(request)
    on = clock.today()
    status, upcoming, lack = _still_to_cover(seat, on)
    initial = {"amount": lack.bond or None, "validity_start": on}
    form = BondForm(request.POST or None, initial=initial)
    if request.method == "POST" and _tried(
        form,
        lambda: services.propose_bond(
            program_account_id=seat.program_account.pk,
            provider_id=form.cleaned_data["provider"].pk,
            agreement_number=form.cleaned_data["agreement_number"],
            amount=form.cleaned_data["amount"],
            validity_start=form.cleaned_data["validity_start"],
            validity_end=form.cleaned_data["validity_end"],
            **_now(seat),
        ),
    ):
        messages.success(request, _("The bond was sent to the surety. It covers you from the moment it is confirmed."))
        return redirect("security:overview", seat.program_account.number)
    return _page(request, "propose_bond", form, status=status, upcoming=upcoming, lack=lack)


@FORM
@account_page(to=Action.VIEW_SECURITY)
def account_bond(request: HttpRequest, pk: int) -> HttpResponse:
    """One bond as its importer sees it: withdraw it while it waits, ask for more while it covers."""
    seat = _seat(request)
    row = queries.bond_of_account(seat.program_account.pk, pk)
    if row is None:
        raise Stranger(_("There is no such bond on this program account. Go back to its security."), code="not_found")
    can_manage = seat.may(Action.MANAGE_SECURITY)
    asks = request.POST.get("act") == "ask"
    form = AmountForm(request.POST if asks else None, initial={"amount": row.asked_amount})
    if request.method == "POST":
        if not can_manage:
            raise Refused(_("Your role does not include this. Ask a manager of the business."), code="role_too_narrow")
        if not asks:
            services.withdraw_bond(bond_id=row.pk, **_now(seat))
            messages.success(request, _("The bond was withdrawn."))
            return redirect("security:overview", seat.program_account.number)
        if _tried(
            form,
            lambda: services.ask_bond_raise(bond_id=row.pk, amount=form.cleaned_data["amount"], **_now(seat)),
        ):
            messages.success(request, _("The surety was asked. You are told as soon as the bond changes."))
            return redirect("security:account_bond", seat.program_account.number, row.pk)
    return _page(
        request,
        "account_bond",
        form,
        bond=row,
        versions=list(queries.versions_of(row.pk)),
        can_withdraw=can_manage and row.state == BondState.PENDING_PROVIDER,
        can_ask=can_manage and row.state in (BondState.ACTIVE, BondState.SCHEDULED),
    )


# --- Cash


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def deposit(request: HttpRequest) -> HttpResponse:
    """How much to deposit; the money itself is taken by the payment page."""
    seat = _seat(request)
    status, upcoming, lack = _still_to_cover(seat, clock.today())
    form = AmountForm(request.POST or None, initial={"amount": lack.cash or None})
    if request.method == "POST" and form.is_valid():
        address = _address("payments:pay_deposit", seat.program_account.number)
        if address:
            return redirect(f"{address}?{urlencode({'amount': form.cleaned_data['amount']})}")
        form.add_domain_error(
            DomainError(_("Payments are not open here. Enter a bond instead."), code="payments_closed")
        )
    return _page(request, "deposit", form, status=status, upcoming=upcoming, lack=lack)


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def refund(request: HttpRequest) -> HttpResponse:
    seat = _seat(request)
    on = clock.today()
    status = queries.rpp_status(seat.program_account.pk, on=on)
    possible = queries.returnable_cash(seat.program_account.pk, on=on)
    form = RefundForm(request.POST or None, initial={"amount": possible, "expected_held": status.coverage.cash})
    if request.method == "POST" and _tried(
        form,
        lambda: services.request_deposit_refund(
            program_account_id=seat.program_account.pk,
            amount=form.cleaned_data["amount"],
            expected_held=form.cleaned_data["expected_held"],
            **_now(seat),
        ),
    ):
        messages.success(request, _("The deposit is on its way back to you."))
        return redirect("security:overview", seat.program_account.number)
    return _page(request, "refund", form, status=status, possible=possible)


# --- The yearly review


@require_safe
@account_page(to=Action.VIEW_SECURITY)
def review(request: HttpRequest) -> HttpResponse:
    seat = _seat(request)
    on = clock.today()
    row = queries.latest_review_of(seat.program_account.pk)
    if row is None:
        schedule = queries.next_review(on)
        return _page(request, "review_none", schedule=schedule)
    status = queries.rpp_status(seat.program_account.pk, on=on)
    _current, upcoming = queries.requirements_around(seat.program_account.pk, on=on)
    required = upcoming.amount if upcoming else status.requirement
    lack = rules.shortfall(status.coverage, required)
    months = queries.slices_of(row)
    planned = PlannerForm(request.GET) if "month" in request.GET else None
    values = {"month": required, "cash": status.coverage.cash}
    if planned is not None and planned.is_valid():
        values = planned.cleaned_data
    bonds = [bond for bond in queries.bonds_of(seat.program_account.pk) if bond.covers]
    driving = next((first_last for first_last in _windows(months, row) if first_last[1] == row.driving_month_end), None)
    return _page(
        request,
        "review",
        planned,
        review=row,
        status=status,
        required=required,
        lack=lack,
        bond=bonds[0] if len(bonds) == 1 else None,
        raised_to=bonds[0].amount + lack.bond if len(bonds) == 1 else None,
        needed=requirement_for(required, on, policy=policy()),
        is_before_deadline=on <= row.due_on,
        has_risen=row.outcome in (ReviewOutcome.RISEN, ReviewOutcome.HELD),
        case=queries.open_case_of(seat.program_account.pk),
        planner=planned or PlannerForm(initial=values),
        plans=_plan_rows(values, status.coverage),
        planned_month=values["month"],
        ran_on=date.fromordinal(row.window_end.toordinal() + 1),
        reminders=rules.reminder_dates(row.due_on),
        today=on,
        driving=driving,
        declarations_href=_address("declarations:list", seat.program_account.number),
        chart=_monthly_chart(
            months, status.coverage.total if status.coverage.has_security else None, width=charts.WIDEST
        )
        if _sees_totals(seat)
        else None,
        can_manage=seat.may(Action.MANAGE_SECURITY),
    )


def _windows(months: list[tuple[date, Decimal]], row: AnnualReview) -> list[tuple[date, date]]:
    """First and last day of each of the review's months."""
    first = row.window_start
    windows = []
    for last, _total in months:
        windows.append((first, last))
        first = date.fromordinal(last.toordinal() + 1)
    return windows


def _plan_rows(values: dict[str, Decimal], now: Coverage) -> list[dict[str, Any]]:
    names = {
        "now": _("As it stands"),
        "mix": _("Your mix"),
        "bond": _("Bond only"),
        "cash": _("Cash only"),
    }
    return [
        {"name": names[plan.key], "plan": plan}
        for plan in rules.plans(month=values["month"], cash=values["cash"], now=now)
    ]


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def reduction(request: HttpRequest) -> HttpResponse:
    seat = _seat(request)
    on = clock.today()
    case = queries.open_case_of(seat.program_account.pk)
    asks = request.method == "POST" and request.POST.get("act") != "withdraw"
    form = ReductionForm(request.POST if asks else None)
    if request.method == "POST" and not asks:
        if case is not None:
            services.withdraw_reduction_case(case_id=case.pk, **_now(seat))
            messages.success(request, _("Your request was withdrawn."))
        return redirect("security:reduction", seat.program_account.number)
    if asks and _tried(
        form,
        lambda: services.open_reduction_case(
            program_account_id=seat.program_account.pk,
            proposed_amount=form.cleaned_data["proposed_amount"],
            justification=form.cleaned_data["justification"],
            **_now(seat),
        ),
    ):
        messages.success(request, _("Your request was sent. An officer decides it and you are told."))
        return redirect("security:reduction", seat.program_account.number)
    current, upcoming = queries.requirements_around(seat.program_account.pk, on=on)
    return _page(
        request,
        "reduction",
        form,
        case=case,
        cases=list(queries.cases_of(seat.program_account.pk)),
        current=current,
        upcoming=upcoming,
    )


# --- The surety's desk


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
    now = _now(seat)
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
    return None if _tried(form, calls[act]) else form
