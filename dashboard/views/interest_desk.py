"""The officer's desk for interest: a cheque that had come earlier is entered, an interest entry is waived."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import officer_page
from accounts.rules import OFFICER
from core import clock
from core import format as formats
from core.errors import DomainError
from dashboard.forms import ChequeForm, WaiverForm
from dashboard.queries import homes
from payments import earlier
from payments.models import Payment
from statements import interest


@require_http_methods(["GET", "HEAD", "POST"])
@officer_page(OFFICER)
def interest_desk(request: HttpRequest) -> HttpResponse:
    """Two forms; what was typed stays in the one that was sent."""
    is_waiver = request.POST.get("act") == "waive"
    sent = request.POST or None
    cheque = ChequeForm(None if is_waiver else sent, prefix="cheque")
    waiver = WaiverForm(sent if is_waiver else None, prefix="waiver")
    form: ChequeForm | WaiverForm = waiver if is_waiver else cheque
    if form.is_bound and form.is_valid():
        try:
            words = _waive(request, waiver) if is_waiver else _enter(request, cheque)
        except DomainError as problem:
            form.add_domain_error(problem)
        else:
            messages.success(request, words)
            return redirect("dashboard:interest_desk")
    context = {"cheque": cheque, "waiver": waiver, "sent": form}
    return render(request, "dashboard/interest_desk.html", context)


def _enter(request: HttpRequest, form: ChequeForm) -> str:
    data, now = form.cleaned_data, clock.now()
    account = homes.account_by_number(data["account"])
    credited = earlier.enter_cheque(
        program_account_id=account.pk,
        business_id=account.business_id,
        amount=data["amount"],
        received_on=data["received_on"],
        number=data["number"],
        method=Payment.Method(data["method"]),
        reason=data["reason"],
        on=now.date(),
        at=now,
        actor=request.seat.actor,  # type: ignore[attr-defined]
    )
    return _("The payment is entered. Interest credited: %(amount)s.") % {"amount": _money(credited)}


def _waive(request: HttpRequest, form: WaiverForm) -> str:
    data, now = form.cleaned_data, clock.now()
    account = homes.account_by_number(data["account"])
    waived = interest.waive_of_document(
        program_account_id=account.pk,
        number=data["number"],
        posted_on=data["posted_on"],
        reason=data["reason"],
        on=now.date(),
        at=now,
        actor=request.seat.actor,  # type: ignore[attr-defined]
    )
    return _("Interest waived: %(amount)s.") % {"amount": _money(waived)}


def _money(amount: object) -> str:
    return formats.money(amount, get_language() or "en")  # type: ignore[arg-type]
