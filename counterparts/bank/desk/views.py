"""The operator's page, behind a code; without a code in the settings there is none."""

import datetime as dt
import os
import secrets

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from counterparts.bank import events
from counterparts.bank import queries as bank_queries
from counterparts.bank.clearing import queries as clearing_queries
from counterparts.bank.clearing import services as clearing
from counterparts.bank.clearing.rules import day_of
from counterparts.bank.desk import queries
from counterparts.bank.errors import Unfit
from counterparts.bank.forms import ActForm, CodeForm

ENTERED = "is_operator"


@never_cache
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    if not _is_operator(request):
        return redirect("desk_enter")
    text = request.GET.get("q", "").strip()[:64]
    day = day_of(request.GET.get("day", "").strip()) or clearing.latest_day(at=timezone.now())
    context = {
        "desk": queries.desk_with(text),
        "q": text,
        "day": day.isoformat(),
        "is_out": settings.OUTAGE_FILE.exists(),
    }
    return render(request, "bank/desk.html", context)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    if _is_operator(request):
        return redirect("desk")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if secrets.compare_digest(form.cleaned_data["code"].encode(), settings.DESK_CODE.encode()):
            request.session.cycle_key()
            request.session[ENTERED] = True
            return redirect("desk")
        form.add_error("code", _("This code is not right. It stands in the bank's setting BANK_DESK_CODE."))
    return render(request, "bank/desk_enter.html", {"form": form, "is_practice": settings.DESK_CODE == "practice"})


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    if not _is_operator(request):
        return redirect("desk_enter")
    form = ActForm(request.POST)
    if form.is_valid():
        said = _done(form)
    elif "on" in form.errors:
        said = str(form.errors["on"][0])
    else:
        raise Http404
    messages.info(request, said)
    kept = {"q": request.POST.get("q", "")[:64], "day": request.POST.get("on", "")[:10]}
    return redirect(reverse("desk", query=kept))


def _done(form: ActForm) -> str:
    """Does what was asked and says so; what does not fit any more says that instead."""
    given = form.cleaned_data
    try:
        return ACTS[given["act"]](given["target"], given["on"])
    except Unfit:
        return _("Nothing was changed: this has happened already, or cannot happen any more.")


def _send_again(target: str, on: dt.date) -> str:
    if not bank_queries.is_delivery(target):
        raise Http404
    if events.send_again(delivery_id=int(target), at=timezone.now()):
        return _("The portal took the event.")
    return _("The portal did not take the event.")


def _charge_back(target: str, on: dt.date) -> str:
    if bank_queries.session_with_id(target) is None:
        raise Http404
    clearing.charge_back(session_id=target, on=on)
    return _("The payment is charged back. The next file of a day has it.")


def _revoke(target: str, on: dt.date) -> str:
    if clearing_queries.mandate_with_id(target) is None:
        raise Http404
    clearing.revoke_mandate(mandate_id=target, on=on, at=timezone.now())
    return _("The mandate is revoked. The portal is told, and the next file of a day has it.")


def _begin_outage(target: str, on: dt.date) -> str:
    settings.OUTAGE_FILE.touch()
    return _("The bank is out of order now. Only this desk answers.")


def _end_outage(target: str, on: dt.date) -> str:
    settings.OUTAGE_FILE.unlink(missing_ok=True)
    if os.environ.get("COUNTERPART_OUTAGE") == "1":
        return _("The bank was started with COUNTERPART_OUTAGE=1 and stays out of order until it is started without.")
    return _("The bank is back.")


ACTS = {
    "send_again": _send_again,
    "charge_back": _charge_back,
    "revoke": _revoke,
    "outage_on": _begin_outage,
    "outage_off": _end_outage,
}


def _is_operator(request: HttpRequest) -> bool:
    if not settings.DESK_CODE:
        raise Http404
    return bool(request.session.get(ENTERED))
