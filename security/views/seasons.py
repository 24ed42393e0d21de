"""The importer's own word on its enrolment: for how long, and what its highest month will be."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core import clock
from delegation.access import account_page
from delegation.rules import Action
from security import queries, rules, services
from security.forms import EstimateForm, PeriodForm
from security.views.parts import FORM, acting, is_done, seat_of, sees_totals, show


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def period(request: HttpRequest) -> HttpResponse:
    """Move the last day of the enrolment, or enrol for all the year."""
    seat = seat_of(request)
    on = clock.today()
    status = queries.rpp_status(seat.program_account.pk, on=on)
    if not status.is_enrolled and request.method != "POST":
        return redirect("security:enrol", seat.program_account.number)
    form = PeriodForm(request.POST or None, initial={"pattern": status.pattern, "ends_on": status.ends_on})
    if request.method == "POST" and is_done(
        form,
        lambda: services.change_period(
            program_account_id=seat.program_account.pk,
            pattern=form.cleaned_data["pattern"],
            ends_on=form.cleaned_data["ends_on"],
            **acting(seat),
        ),
    ):
        messages.success(request, _("The period of your enrolment is changed."))
        return redirect("security:overview", seat.program_account.number)
    return show(request, "period", form, status=status, latest_end=rules.latest_period_end(on))


@FORM
@account_page(to=Action.MANAGE_SECURITY)
def estimate(request: HttpRequest) -> HttpResponse:
    """Raise an estimate that proves too low; what it asks for holds at once."""
    seat = seat_of(request)
    on = clock.today()
    current, _upcoming = queries.requirements_around(seat.program_account.pk, on=on)
    is_estimate = current is not None and current.source == rules.RequirementSource.ESTIMATE
    if not is_estimate and request.method != "POST":
        return redirect("security:overview", seat.program_account.number)
    form = EstimateForm(request.POST or None)
    if request.method == "POST" and is_done(
        form,
        lambda: services.raise_estimate(
            program_account_id=seat.program_account.pk, amount=form.cleaned_data["estimate"], **acting(seat)
        ),
    ):
        messages.success(request, _("Your estimate is raised. See whether your security still covers it."))
        return redirect("security:overview", seat.program_account.number)
    calculation = queries.calculation_for(seat.program_account.pk, on=on) if sees_totals(seat) else None
    return show(request, "estimate", form, current=current, calculation=calculation)
