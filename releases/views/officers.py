"""The officers' desk of releases: what is in hand, one request and its next step, and who is admitted to what."""

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
from core.errors import DomainError, Stranger
from core.paging import CountedPaginator
from reference import queries as reference
from releases import queries, services
from releases.forms import AdmissionForm, FindForm, ReasonForm, StepForm
from releases.models import Admission
from releases.rules import ReleaseState, Step, can_take


class OfficerRequest(HttpRequest):
    seat: OfficerSeat


@require_safe
@officer_page(OFFICER)
def desk(request: OfficerRequest) -> HttpResponse:
    """Find a request by its number; below, what waits for an officer or for its arrival."""
    form = FindForm(request.GET if "number" in request.GET else None)
    if form.is_bound and form.is_valid():
        release = queries.any_release(form.cleaned_data["number"])
        if release is not None:
            return HttpResponseRedirect(reverse("releases:desk_release", args=(release.transaction_number,)))
        form.add_error("number", _("No release here has this number. Check its digits and letters"))
    page = CountedPaginator(queries.under_control(), queries.ROWS).get_page(request.GET.get("page"))
    return render(request, "releases/desk.html", {"form": form, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@officer_page(OFFICER)
def desk_release(request: OfficerRequest, transaction_number: str) -> HttpResponse:
    """One request with its messages, and what an officer can do with it now."""
    release = queries.any_release(transaction_number)
    if release is None:
        raise Stranger(_("There is no release of that number here. Check the number."), code="not_found")
    steps = [step for step in Step if can_take(step, ReleaseState(release.state))]
    form = StepForm(request.POST if request.method == "POST" else None, steps=steps)
    if request.method == "POST" and form.is_valid():
        try:
            services.take_step(
                release=release,
                step=Step(form.cleaned_data["step"]),
                reason=form.cleaned_data["reason"],
                actor=request.seat.actor,
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("Done. The filer was told."))
            return HttpResponseRedirect(reverse("releases:desk_release", args=(release.transaction_number,)))
    office = reference.office_of(release.office)
    context = {
        "release": release,
        "steps": steps,
        "form": form,
        "messages_sent": queries.messages_of(release.pk),
        "office": f"{office.code} {office.name_in(get_language() or 'en')}" if office else release.office,
        "today": clock.today(),
        "is_detained": queries.is_detained(release, on=clock.today()),
    }
    return render(request, "releases/desk_release.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@officer_page(OFFICER)
def admissions(request: OfficerRequest) -> HttpResponse:
    """Who is admitted to what, and the form that admits another."""
    form = AdmissionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            services.admit(
                kind=Admission.Kind(given["kind"]),
                number=given["number"],
                reason=given["reason"],
                actor=request.seat.actor,
                on=clock.today(),
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("It holds from today."))
            return HttpResponseRedirect(reverse("releases:admissions"))
    page = CountedPaginator(queries.admissions(), queries.ROWS).get_page(request.GET.get("page"))
    return render(request, "releases/admissions.html", {"form": form, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@officer_page(OFFICER)
def end_admission(request: OfficerRequest, pk: int) -> HttpResponse:
    """End an admission, with a reason."""
    row = queries.admission_by_id(pk)
    if row is None:
        raise Stranger(_("There is no such admission."), code="not_found")
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.end_admission(
                admission_id=row.pk,
                reason=form.cleaned_data["reason"],
                actor=request.seat.actor,
                on=clock.today(),
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("It ended today."))
            return HttpResponseRedirect(reverse("releases:admissions"))
    return render(request, "releases/end_admission.html", {"form": form, "row": row})
