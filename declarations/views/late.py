"""Goods not accounted for: the officers' list, the agency's own assessment, the penalty; and the right importer."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import OfficerSeat, officer_page
from accounts.rules import OFFICER
from core import clock
from core.errors import DomainError, Stranger
from core.money import ZERO
from core.paging import CountedPaginator
from declarations import queries, services
from declarations.late_forms import AssessmentForm, WaiverForm
from delegation.access import BusinessSeat, business_page
from delegation.rules import Action
from releases import queries as releases
from releases.forms import FindForm, ImporterForm
from releases.models import Release


class OfficerRequest(HttpRequest):
    seat: OfficerSeat


class BusinessRequest(HttpRequest):
    seat: BusinessSeat


@require_safe
@officer_page(OFFICER)
def overdue(request: OfficerRequest) -> HttpResponse:
    """Every release whose day for accounting has passed, the oldest first; any release by its number."""
    form = FindForm(request.GET if "number" in request.GET else None)
    if form.is_bound and form.is_valid():
        release = releases.any_release(form.cleaned_data["number"])
        if release is not None:
            return HttpResponseRedirect(reverse("declarations:late", args=(release.transaction_number,)))
        form.add_error("number", _("No release here has this number. Check its digits and letters"))
    today = clock.today()
    rows = releases.overdue_for_accounting(on=today).select_related("program_account__business", "submitter")
    page = CountedPaginator(rows.order_by("accounting_due_on", "id"), releases.ROWS).get_page(request.GET.get("page"))
    return render(request, "declarations/overdue.html", {"form": form, "page": page, "today": today})


@require_http_methods(["GET", "HEAD", "POST"])
@officer_page(OFFICER)
def late(request: OfficerRequest, transaction: str) -> HttpResponse:
    """One release: what the importer owes an answer for, and what an officer can do about it."""
    release = _release(transaction)
    assessed = queries.assessed_amounts(release.transaction_number)
    penalty = queries.penalty_entry(release)
    asked = request.POST.get("act", "")
    assessment = AssessmentForm(request.POST if asked == "assess" else None, auto_id="assess_%s")
    waiver = WaiverForm(request.POST if asked == "waive" else None, auto_id="waive_%s")
    form = waiver if asked == "waive" else assessment
    if request.method == "POST" and form.is_valid():
        try:
            words = _act(asked, release, form, request)
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, words)
            return HttpResponseRedirect(reverse("declarations:late", args=(release.transaction_number,)))
    today = clock.today()
    due_on = release.accounting_due_on
    context = {
        "release": release,
        "today": today,
        "form": form,
        "assessment": assessment,
        "waiver": waiver,
        "assessed": [(revenue.label, amount) for revenue, amount in assessed.items()],
        "assessed_total": sum(assessed.values(), ZERO),
        "penalty": penalty,
        "may_assess": not assessed and due_on is not None and due_on < today and release.accounted_on is None,
        "may_waive": penalty is not None and release.penalty_waived_on is None,
    }
    return render(request, "declarations/late.html", context)


def _act(asked: str, release: Release, form: Any, request: OfficerRequest) -> str:
    by: dict[str, Any] = {"actor": request.seat.actor, "at": clock.now(), "reason": form.cleaned_data["reason"]}
    if asked == "waive":
        services.waive_penalty(release=release, **by)
        return _("The penalty was taken back. The importer was told.")
    amounts: dict[Any, Decimal] = form.amounts
    services.assess(release=release, amounts=amounts, **by)
    return _("The assessment was charged. The importer was told.")


@business_page(to=Action.REQUEST_RELEASE)
def change_importer(request: BusinessRequest, transaction: str) -> HttpResponse:
    """The filer puts a release on the right program account, before it is accounted for."""
    seat = request.seat
    release = releases.release_by_number(
        transaction, submitter_id=seat.business.pk, held=seat.program_account_ids, user_id=seat.staff_id
    )
    if release is None:
        raise Stranger(_("There is no release of that number here. Check the number."), code="not_found")
    form = ImporterForm(request.POST if request.method == "POST" else None)
    back = reverse("releases:detail", args=(seat.business.bn9, release.transaction_number))
    if request.method == "POST" and form.is_valid():
        try:
            services.change_importer(
                release=release,
                account_number=form.cleaned_data["account_number"],
                submitter=seat.business,
                staff_actions=seat.actions,
                held=seat.program_account_ids,
                reason=form.cleaned_data["reason"],
                actor=seat.actor,
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("The release is on the right program account now."))
            return HttpResponseRedirect(back)
    return render(request, "declarations/change_importer.html", {"release": release, "form": form, "back": back})


def _release(number: str) -> Release:
    release = releases.any_release(number)
    if release is None:
        raise Stranger(_("There is no release of that number here. Check the number."), code="not_found")
    return release
