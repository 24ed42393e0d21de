"""Paying, coming back from the bank, and receipts."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import charts, clock
from core.errors import DomainError, Stranger, Unavailable
from core.money import ZERO
from core.paging import CountedPaginator
from delegation.access import Seat, account_page
from delegation.rules import Action
from payments import exports, gateway, methods, plans, queries, rules, services
from payments.forms import PayForm, PlanForm, prefilled
from payments.messages import OTHER_REASON, OTHER_RETURN, REASONS, RETURN_REASONS
from payments.models import Payment
from security import queries as security

PAGE_SIZE = 25
LONGEST_KEY = 100


@dataclass(frozen=True)
class _Page:
    """What differs between paying debts and paying a deposit."""

    purpose: Payment.Purpose
    template: str
    url_name: str


@dataclass(frozen=True)
class _Offer:
    """What the form can offer on its page."""

    room: queries.CardRoom
    position: queries.Position | None = None
    payable: Sequence[queries.PayableItem] = ()
    ways: Sequence[queries.OnItsWay] = ()

    @property
    def coming(self) -> Decimal:
        return sum((way.amount for way in self.ways), ZERO)

    def form(self, data: Any = None, **more: Any) -> PayForm:
        return PayForm(data, room=self.room, position=self.position, payable=self.payable, ways=self.ways, **more)


_DEBT = _Page(Payment.Purpose.DEBT, "payments/pay.html", "payments:pay")
_DEPOSIT = _Page(Payment.Purpose.DEPOSIT, "payments/pay_deposit.html", "payments:pay_deposit")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@account_page(to=Action.PAY)
def pay(request: HttpRequest) -> HttpResponse:
    """Pay what is owed, or any amount, into one program account."""
    seat = _seat(request)
    today = clock.today()
    position = queries.position(seat.program_account.pk, today) if seat.may(Action.VIEW_STATEMENTS) else None
    room = position.card if position else queries.card_room(seat.program_account.pk, on=today)
    statement = position.statement if position else None
    payer = seat.provider or seat.business
    ways = queries.on_its_way(seat.program_account.pk, today, visibility=seat.visibility, besides=payer.pk)
    coming = sum((way.amount for way in ways), ZERO)
    order_by = queries.order_bill_payment_by(statement.last_day_to_pay) if statement else None
    order_by = order_by if order_by and order_by >= today else None
    more = {
        "position": position,
        "methods": methods.terms(room, order_by=order_by, language=get_language() or "en"),
        "ways": ways,
        "ways_total": coming,
        "ways_less": -coming,
        "left_for_payer": rules.left_for_payer(position.on_statement, coming) if position else None,
        "bill_url": gateway.bill_page(
            payee=seat.program_account.number, on=today, language=get_language() or "en", amount=_due(position)
        ),
        "paid_since": -position.paid_since if position else None,
        "order_by": order_by,
        "unfinished": queries.under_way_of(seat.program_account.pk, visibility=seat.visibility),
    }
    payable = queries.payable_items(seat.program_account.pk, on=today, visibility=seat.visibility)
    offer = _Offer(room=room, position=position, payable=payable, ways=ways)
    return _pay(request, _DEBT, offer, more=more)


def _due(position: queries.Position | None) -> Decimal | None:
    return position.on_statement or None if position else None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@account_page(to=Action.MANAGE_SECURITY)
def pay_deposit(request: HttpRequest) -> HttpResponse:
    """Pay a cash deposit of financial security by card."""
    seat = _seat(request)
    today = clock.today()
    status = security.rpp_status(seat.program_account.pk, on=today)
    more = {"status": status, "unfinished": queries.under_way_of(seat.program_account.pk, visibility=seat.visibility)}
    initial = {"amount": status.shortfall.cash} if status.shortfall.cash else {}
    room = queries.card_room(seat.program_account.pk, on=today)
    return _pay(request, _DEPOSIT, _Offer(room=room), more=more, initial=initial)


def _pay(
    request: HttpRequest,
    page: _Page,
    offer: "_Offer",
    *,
    more: dict[str, Any],
    initial: dict[str, Any] | None = None,
) -> HttpResponse:
    seat = _seat(request)
    page_url = reverse(page.url_name, args=(seat.program_account.number,))
    key = request.POST.get("key", "")[:LONGEST_KEY] or secrets.token_urlsafe(16)
    is_sent = request.method == "POST" and not request.POST.get("preview")
    if is_sent:
        form = offer.form(request.POST, page_url=page_url)
    else:
        given = (
            _previewed(request) if request.method == "POST" else prefilled(request.GET, offer.position, offer.coming)
        )
        form = offer.form(page_url=page_url, initial={**(initial or {}), **given})
    room = offer.room
    shown = _shown(form.chosen_amount, form.chosen_method)
    check_again = False
    if is_sent and form.is_valid():
        # Without scripts the line beside the button is as old as the page: a changed choice is shown once more.
        check_again = request.POST.get("shown", shown) != shown
        if not check_again:
            answer = _start(request, page, form, key=key)
            if answer is not None:
                return answer
    context = {
        "form": form,
        "room": room,
        "room_used": -room.used,
        "room_bar": charts.progress_bar(room.used, room.limit, get_language() or "en"),
        "form_key": key,
        "shown": shown,
        "check_again": check_again,
        "chosen_amount": form.chosen_amount,
        "chosen_method": form.chosen_method,
        "client": seat.business_name if seat.is_delegated else "",
        "payer": seat.provider or seat.business,
        **more,
    }
    return render(request, page.template, context)


def _start(request: HttpRequest, page: _Page, form: PayForm, *, key: str) -> HttpResponse | None:
    """Starts the payment and leads to the bank; None when the form has to be shown again."""
    seat = _seat(request)
    try:
        payment = services.start_payment(
            order=services.PaymentOrder(
                amount=form.cleaned_data["amount"],
                method=Payment.Method(form.cleaned_data["method"]),
                purpose=page.purpose,
                items=tuple(form.cleaned_data["items"]),
            ),
            program_account=seat.program_account,
            payer=seat.provider or seat.business,
            actor=seat.actor,
            at=clock.now(),
            once=key,
        )
    except DomainError as problem:
        form.add_domain_error(problem)
        return None
    return _to_bank(payment)


def _to_bank(payment: Payment) -> HttpResponse:
    """The bank's page; the payment's own page where the bank is silent or there is nothing left to do."""
    if payment.is_under_way:
        try:
            payment = services.send_to_bank(
                payment=payment, return_url=services.return_address(payment), language=get_language() or "en"
            )
        except Unavailable:
            return _to_detail(payment)
        return HttpResponseRedirect(payment.bank_address)
    return _to_detail(payment)


@never_cache
@require_safe
@account_page(to=Action.PAY)
def come_back(request: HttpRequest, reference: str) -> HttpResponse:
    """Back from the bank, or looking again: asks the bank, whatever the address says."""
    payment = _payment(request, reference)
    try:
        services.settle(reference=payment.reference, actor=_seat(request).actor, at=clock.now())
    except Unavailable:
        return render(request, "payments/waiting.html", {"payment": payment})
    return _to_detail(payment)


@never_cache
@require_POST
@account_page(to=Action.PAY)
def send(request: HttpRequest, reference: str) -> HttpResponse:
    """Go on with a payment that is not finished."""
    return _to_bank(_payment(request, reference))


@never_cache
@require_POST
@account_page(to=Action.PAY)
def cancel(request: HttpRequest, reference: str) -> HttpResponse:
    """Give a payment up, unless the bank captured it meanwhile."""
    payment = _payment(request, reference)
    try:
        services.cancel(reference=payment.reference, actor=_seat(request).actor, at=clock.now())
    except Unavailable:
        return render(request, "payments/waiting.html", {"payment": payment})
    return _to_detail(payment)


@require_safe
@account_page(to=Action.VIEW_TRANSACTIONS)
def detail(request: HttpRequest, reference: str) -> HttpResponse:
    """The receipt of a payment, or where it stands."""
    payment = _payment(request, reference)
    seat = _seat(request)
    received_on = _day_of(payment.received_at)
    context = {
        "payment": payment,
        "use": queries.use_of(payment, visibility=seat.visibility),
        "is_chosen": bool(queries.chosen_items(payment)),
        "received_on": received_on,
        "statement_on": rules.statement_of_payment(received_on) if received_on else None,
        "reason": _reason(payment),
        "may_pay": seat.may(Action.PAY),
        "pay_url": _pay_url(payment),
    }
    return render(request, "payments/detail.html", context)


@require_safe
@account_page(to=Action.VIEW_TRANSACTIONS)
def receipt(request: HttpRequest, reference: str) -> HttpResponse:
    """The receipt of a received payment as PDF."""
    payment = _payment(request, reference)
    if payment.state != Payment.State.RECEIVED:
        raise Stranger(
            _("There is no receipt: this payment was not received. Open it to see where it stands."),
            code="no_receipt",
            link=reverse("payments:detail", args=(payment.program_account.number, payment.reference)),
        )
    content = exports.receipt_pdf(payment, queries.use_of(payment, visibility=_seat(request).visibility))
    name = f"{payment.program_account.number}-{payment.reference}.pdf"
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@account_page(to=Action.PAY)
def arranged(request: HttpRequest) -> HttpResponse:
    """What was announced for the account; a service provider announces here what it pays for its client."""
    seat = _seat(request)
    now = clock.now()
    position = queries.position(seat.program_account.pk, now.date()) if seat.may(Action.VIEW_STATEMENTS) else None
    statement = position.statement if position else None
    initial = {"amount": _due(position), "planned_on": statement.last_day_to_pay if statement else None}
    form = PlanForm(request.POST or None, initial=initial) if seat.provider else None
    if form is not None and form.is_bound and form.is_valid():
        try:
            plans.announce(
                program_account=seat.program_account,
                payer=seat.provider,  # type: ignore[arg-type]
                amount=form.cleaned_data["amount"],
                planned_on=form.cleaned_data["planned_on"],
                on=now.date(),
                at=now,
                actor=seat.actor,
            )
        except DomainError as problem:
            form.add_domain_error(problem)
        else:
            messages.success(request, _("%(client)s was told what you pay and when.") % {"client": seat.business_name})
            return redirect("payments:arranged", seat.program_account.number)
    rows = queries.plans_of(seat.program_account.pk, visibility=seat.visibility).order_by("-planned_on", "-id")
    page = CountedPaginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    mine = seat.provider.pk if seat.provider else None
    return render(
        request, "payments/arranged.html", {"form": form, "page": page, "mine": mine, "client": seat.business_name}
    )


@never_cache
@require_POST
@account_page(to=Action.PAY)
def withdraw(request: HttpRequest, plan_id: int) -> HttpResponse:
    """A service provider takes back what it announced; nobody else can."""
    seat = _seat(request)
    payer_id = seat.provider.pk if seat.provider else 0
    plan = queries.plans_of(seat.program_account.pk, visibility=seat.visibility, payer_id=payer_id)
    found = plan.filter(pk=plan_id).first()
    if found is None:
        raise Stranger(_("You announced no such payment on this account. Check the list."), code="plan_unknown")
    try:
        plans.withdraw(plan=found, at=clock.now(), actor=seat.actor)
    except DomainError as problem:
        messages.error(request, str(problem))
    return redirect("payments:arranged", seat.program_account.number)


@require_safe
@account_page(to=Action.VIEW_TRANSACTIONS)
def payment_list(request: HttpRequest) -> HttpResponse:
    """Every payment into the account that this seat may see."""
    seat = _seat(request)
    rows = queries.payments_of(seat.program_account.pk, visibility=seat.visibility)
    page = CountedPaginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "payments/list.html", {"page": page, "may_pay": seat.may(Action.PAY)})


def _seat(request: HttpRequest) -> Seat:
    seat: Seat = request.seat  # type: ignore[attr-defined]
    return seat


def _payment(request: HttpRequest, reference: str) -> Payment:
    seat = _seat(request)
    payment = queries.payment_of(seat.program_account.pk, reference, visibility=seat.visibility)
    if payment is None:
        raise Stranger(
            _("There is no payment with this reference on this account. Check it in the list of payments."),
            code="payment_unknown",
            link=reverse("payments:list", args=(seat.program_account.number,)),
        )
    return payment


def _to_detail(payment: Payment) -> HttpResponse:
    return redirect("payments:detail", payment.program_account.number, payment.reference)


def _pay_url(payment: Payment) -> str:
    page = _DEPOSIT if payment.is_deposit else _DEBT
    url = reverse(page.url_name, args=(payment.program_account.number,))
    return f"{url}?amount={payment.amount:.2f}&method={payment.method}"


def _previewed(request: HttpRequest) -> dict[str, Any]:
    """The form as it stands in the browser, with every ticked item."""
    return {**request.POST.dict(), "items": request.POST.getlist("items")}


def _reason(payment: Payment) -> Any:
    """What the bank's or the officer's reason means to a person."""
    if payment.state == Payment.State.RETURNED:
        return RETURN_REASONS.get(payment.reason, OTHER_RETURN)
    return REASONS.get(payment.reason, OTHER_REASON)


def _shown(amount: Decimal | None, method: str) -> str:
    return f"{amount}:{method}"


def _day_of(moment: datetime | None) -> date | None:
    return moment.astimezone(clock.TORONTO).date() if moment else None
