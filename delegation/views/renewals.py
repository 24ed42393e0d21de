"""Renewing one access or several: choose, see what would happen to each, sign once."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.errors import DomainError
from delegation import queries, rules, services
from delegation.access import business_page
from delegation.forms import RenewForm, SignForm
from delegation.rules import Action
from delegation.services import RenewalRow
from delegation.views.parts import SeatRequest, typed

BACK, SIGN = "back", "sign"


@business_page(to=Action.MANAGE_THIRD_PARTIES)
def renew(request: SeatRequest) -> HttpResponse:
    """The list to tick with one last day; then the dry run of every row, signed once."""
    seat = request.seat
    candidates = queries.renewable(seat.business.pk, held=seat.program_account_ids)
    chosen = request.GET.get("of", "")
    initial = {"rows": request.POST.getlist("rows") or [chosen], "valid_until": request.POST.get("valid_until", "")}
    step = request.POST.get("act", "")
    form = RenewForm(None if step == BACK else typed(request), candidates=candidates, initial=initial)
    if form.is_bound and form.is_valid():
        return _check(request, form, is_signing=step == SIGN)
    return render(request, "delegation/renew.html", {"form": form})


def _check(request: SeatRequest, form: RenewForm, *, is_signing: bool) -> HttpResponse:
    seat = request.seat
    what = {
        "client_id": seat.business.pk,
        "delegation_ids": form.delegation_ids,
        "valid_until": form.cleaned_data["valid_until"],
        "actor": seat.actor,
        "on": seat.on,
    }
    sign = SignForm(request.POST if is_signing else None, text=rules.declaration_text(seat.on).by_client)
    if is_signing and sign.is_valid():
        try:
            _report(request, services.renew(signed=sign.signed, at=clock.now(), **what))
            return HttpResponseRedirect(reverse("delegation:third_parties", args=(seat.business.bn9,)))
        except DomainError as refusal:
            sign.add_domain_error(refusal)
    rows = services.plan_renewals(**what)
    context = {
        "form": sign,
        "rows": rows,
        "good_count": sum(row.is_good for row in rows),
        "valid_until": form.cleaned_data["valid_until"],
        "kept": [
            *(("rows", str(row.delegation.pk)) for row in rows),
            ("valid_until", request.POST.get("valid_until", "")),
        ],
    }
    return render(request, "delegation/renew_check.html", context)


def _report(request: SeatRequest, rows: Sequence[RenewalRow]) -> None:
    renewed = sum(row.is_good and not row.is_named_again for row in rows)
    named = sum(row.is_named_again for row in rows)
    if renewed:
        words = ngettext("%(count)d access was renewed.", "%(count)d accesses were renewed.", renewed)
        messages.success(request, words % {"count": renewed})
    if named:
        words = ngettext(
            "%(count)d provider was asked to accept again.", "%(count)d providers were asked to accept again.", named
        )
        messages.success(request, words % {"count": named})
    for row in rows:
        if not row.is_good:
            messages.warning(
                request,
                _("%(provider)s: %(reason)s") % {"provider": row.delegation.provider.legal_name, "reason": row.message},
            )
