"""The bill page: where a payer pays an account number, as at their own bank."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from counterparts.bank.clearing import queries, rules, services
from counterparts.bank.forms import BillForm
from counterparts.bank.money import shown

FILLED_BY_LINK = ("payee", "payer", "amount", "on")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def bills(request: HttpRequest) -> HttpResponse:
    """A link of the portal may fill in the form; without one the day is the latest that anybody has named."""
    if request.method == "POST":
        form = BillForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            bill, _expected_on = services.pay_bill(
                once=given["once"],
                payee=given["payee"],
                payer=given["payer"],
                amount_cents=given["amount"],
                on=given["on"],
                at=timezone.now(),
            )
            return redirect("bill", bill_id=bill.id)
    else:
        filled = {name: request.GET[name] for name in FILLED_BY_LINK if name in request.GET}
        form = BillForm(initial={"on": services.latest_day(at=timezone.now()).isoformat(), **filled})
    return render(request, "bank/bills.html", {"form": form})


@never_cache
@require_safe
def bill(request: HttpRequest, bill_id: str) -> HttpResponse:
    """What was paid and when it arrives."""
    found = queries.bill_with_id(bill_id)
    if found is None:
        raise Http404
    expected_on = rules.business_days_after(found.on, rules.BILL_DAYS)
    context = {"bill": found, "amount": shown(found.amount_cents), "expected_on": expected_on}
    return render(request, "bank/bill.html", context)
