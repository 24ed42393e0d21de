"""What an importer asks about its cash security: to pay debts with it, and to bring it on paper."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core import clock
from core.forms import PortageForm
from delegation.access import Seat, account_page
from delegation.rules import Action
from security import queries, services
from security.forms import ApplicationForm, PaperDepositForm
from security.rules import RequestKind, RequestState
from security.views.enrolment import still_to_cover
from security.views.parts import FORM, acting, address_of, is_done, seat_of, show


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def apply_deposit(request: HttpRequest) -> HttpResponse:
    """Pay debts with the deposit: at once as far as the rest covers, else by an officer's word."""
    seat = seat_of(request)
    seat.require(Action.VIEW_STATEMENTS)
    on, account = clock.today(), seat.program_account
    if (answer := _withdrawn(request, seat, "security:apply_deposit")) is not None:
        return answer
    use = queries.deposit_use_of(account.pk, on=on)
    initial = {"amount": use.freely or None, "expected_held": use.effect.before.coverage.cash}
    form = ApplicationForm(request.POST or None, initial=initial)
    done: list[Any] = []

    def ask() -> None:
        done.append(
            services.ask_deposit_application(
                program_account_id=account.pk,
                amount=form.cleaned_data["amount"],
                reason=form.cleaned_data["reason"],
                accepts_shortfall=form.cleaned_data["accepts_shortfall"],
                expected_held=form.cleaned_data["expected_held"],
                **acting(seat),
            )
        )

    if request.method == "POST" and is_done(form, ask):
        if done[0].state == RequestState.DONE:
            messages.success(request, _("The deposit paid what you owed, the oldest first."))
            return redirect("security:overview", account.number)
        messages.success(request, _("Your request was sent. An officer decides it and you are told."))
        return redirect("security:apply_deposit", account.number)
    return _shown(
        request,
        "apply_deposit",
        form,
        RequestKind.APPLICATION,
        use=use,
        facts=use.effect.before,
    )


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def paper_deposit(request: HttpRequest) -> HttpResponse:
    """Ask for the approval without which no cheque or money order is taken."""
    seat = seat_of(request)
    if (answer := _withdrawn(request, seat, "security:paper_deposit")) is not None:
        return answer
    status, upcoming, lack = still_to_cover(seat, clock.today())
    form = PaperDepositForm(request.POST or None, initial={"amount": lack.cash or None})
    if request.method == "POST" and is_done(
        form,
        lambda: services.ask_paper_deposit(
            program_account_id=seat.program_account.pk, **form.cleaned_data, **acting(seat)
        ),
    ):
        messages.success(request, _("Your request was sent. An officer decides it and you are told."))
        return redirect("security:paper_deposit", seat.program_account.number)
    return _shown(request, "paper_deposit", form, RequestKind.PAPER, status=status, upcoming=upcoming, lack=lack)


def _withdrawn(request: HttpRequest, seat: Seat, page: str) -> HttpResponse | None:
    """Takes a waiting request back where the post asks for that."""
    if request.method != "POST" or request.POST.get("act") != "withdraw":
        return None
    number = request.POST.get("request", "")
    services.withdraw_deposit_request(
        program_account_id=seat.program_account.pk,
        request_id=int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0,
        **acting(seat),
    )
    messages.success(request, _("Your request was withdrawn."))
    return redirect(page, seat.program_account.number)


def _shown(request: HttpRequest, template: str, form: PortageForm, kind: RequestKind, **context: Any) -> HttpResponse:
    account = seat_of(request).program_account
    rows = list(queries.deposit_requests_of(account.pk, kind=kind))
    credits = queries.credits_of_applications(rows, on=clock.today()) if kind == RequestKind.APPLICATION else {}
    requests = [
        (row, address_of("payments:credit_trace", account.number, credits[row.pk]) if row.pk in credits else "")
        for row in rows
    ]
    open_row = next((row for row in rows if row.state in (RequestState.ASKED, RequestState.APPROVED)), None)
    return show(request, template, form, requests=requests, open_request=open_row, **context)
