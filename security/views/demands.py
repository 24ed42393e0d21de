"""A demand as its surety sees it: what is to be paid, until when, and the answer to it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core import clock
from core.errors import DomainError, Stranger
from delegation.access import business_page
from delegation.rules import Action
from security import queries, services
from security.forms import RebuttalForm
from security.rules import DemandState
from security.views.desk import surety_seat
from security.views.parts import UNPROCESSABLE


@require_http_methods(["GET", "HEAD", "POST"])
@business_page(to=Action.VIEW_BUSINESS)
def demand(request: HttpRequest, pk: int) -> HttpResponse:
    """One demand with its facts; while it waits for an answer, the form of a rebuttal."""
    seat = surety_seat(request)
    row = queries.demand_on(seat.business.pk, pk)
    if row is None:
        raise Stranger(_("There is no such demand. Go back to your desk."), code="not_found")
    at = clock.now()
    form = RebuttalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.rebut_demand(
                provider_id=seat.business.pk,
                demand_id=row.pk,
                text=form.cleaned_data["text"],
                on=at.date(),
                at=at,
                actor=seat.actor,
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("Your answer was sent. An officer decides and you are told."))
            return redirect("security:demand", seat.business.bn9, row.pk)
    context = {
        "seat": seat,
        "demand": row,
        "form": form,
        "may_rebut": row.state == DemandState.SENT and at.date() <= row.answer_by,
        "today": at.date(),
    }
    return render(request, "security/demand.html", context, status=UNPROCESSABLE if form.errors else 200)
