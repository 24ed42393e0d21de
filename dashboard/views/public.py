"""Pages open to everybody: the public home, the bulletins and what this simulation is."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import clock
from dashboard import bulletins as news
from dashboard.bulletins import Bulletin
from dashboard.views.parts import address
from reference import queries as reference
from reference.rules.policy import Policy
from support.forms.calculators import BillingForm
from support.services.calculators import billing_estimate

NEWEST = 3
#: The dated rules that the about page lists, in its order.
LISTED_RULES = (
    "security.bond_rate",
    "security.bond_minimum",
    "security.cash_rate",
    "security.cap",
    "card.limit",
    "standing.notice_of_arrears_after_days",
    "standing.suspend_after_days",
    "standing.collections_after_days",
    "standing.enforcement_after_notice_days",
    "standing.remind_before_days",
    "late_accounting.penalty",
)


@require_safe
def public_home(request: HttpRequest) -> HttpResponse:
    """What a visitor may do here, with one of the calculators at work."""
    today = clock.today()
    given = request.GET if "released_on" in request.GET else {"released_on": today.isoformat()}
    form = BillingForm(given)
    dates = billing_estimate(released_on=form.cleaned_data["released_on"]) if form.is_valid() else None
    context = {
        "form": form,
        "dates": dates,
        "bulletins": _bulletins()[:NEWEST],
        "practice_url": "" if settings.IS_PRODUCTION else address("registration:practice_card"),
        "register_url": address("registration:start", "registration:first_setup"),
    }
    return render(request, "dashboard/public_home.html", context)


@require_safe
def bulletins(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/bulletins.html", {"bulletins": _bulletins()})


@require_safe
def bulletin(request: HttpRequest, slug: str) -> HttpResponse:
    found = next((row for row in _bulletins() if row.slug == slug), None)
    if found is None:
        raise Http404
    return render(request, "dashboard/bulletin.html", {"bulletin": found})


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What is simulated and what is not, and the dated rules in force today."""
    today = clock.today()
    return render(request, "dashboard/about.html", {"today": today, "rules": _rules(reference.policy(), today)})


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/accessibility.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/privacy.html", {"is_practice": not settings.IS_PRODUCTION})


@require_safe
def api(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/api.html", {"base": request.build_absolute_uri("/api/v1/")})


def _bulletins() -> Sequence[Bulletin]:
    return news.bulletins(on=clock.today(), surtaxes=reference.surtax_orders(), cycles=reference.review_cycles())


def _rules(policy: Policy, today: Any) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": row.value, "effective_from": row.effective_from, "mark": row.mark}
        for key in LISTED_RULES
        for row in (policy.row(key, today),)
    ]
