"""The counter of an office: a C-type declaration is presented, checked, paid, and its goods are released."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import OfficerSeat, officer_page
from accounts.rules import OFFICER
from core import clock
from core import format as formats
from core.errors import DomainError, Stranger
from core.paging import CountedPaginator
from dashboard.counter_forms import PaymentForm, PresentForm
from dashboard.queries import counter
from declarations import services
from reference import queries as reference

PAGE_SIZE = 25


class OfficerRequest(HttpRequest):
    seat: OfficerSeat


@require_safe
@officer_page(OFFICER)
def desk(request: OfficerRequest) -> HttpResponse:
    """Find the declaration that somebody presents; below, those that are ready to be paid."""
    form = PresentForm(request.GET if "number" in request.GET else None)
    if form.is_bound and form.is_valid():
        number = form.cleaned_data["number"]
        if counter.presented(number, on=clock.today()) is not None:
            return HttpResponseRedirect(reverse("dashboard:counter_declaration", args=(number,)))
        form.add_error(
            "number", _("No C-type declaration has this number. Its 14 digits stand at the head of the printed copy")
        )
    page = CountedPaginator(counter.waiting_at_port(), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "dashboard/counter.html", {"form": form, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@officer_page(OFFICER)
def declaration(request: OfficerRequest, number: str) -> HttpResponse:
    """The presented declaration with its checks; the payment releases the goods."""
    found = counter.presented(number, on=clock.today())
    if found is None:
        raise Stranger(_("There is no declaration of that number here. Check the number."), code="not_found")
    form = PaymentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            paid = services.pay_at_counter(
                declaration=found.declaration,
                method=form.cleaned_data["method"],
                card_left=found.card_left,
                actor=request.seat.actor,
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            total = formats.money(paid.total, get_language() or "en")
            messages.success(request, _("%(total)s was paid and the goods are released.") % {"total": total})
            return HttpResponseRedirect(reverse("dashboard:counter_declaration", args=(number,)))
    office = reference.office_of(found.declaration.office)
    context = {
        "found": found,
        "declaration": found.declaration,
        "release": found.declaration.release,
        "office": f"{office.code} {office.name_in(get_language() or 'en')}" if office else "",
        "rows": [(revenue.label, amount) for revenue, amount in found.amounts.items() if amount],
        "form": form,
    }
    return render(request, "dashboard/counter_declaration.html", context)
