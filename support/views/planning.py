"""Who needs what: a plan made before anybody signs up, kept by the browser, that becomes invitations."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock
from core.errors import DomainError
from delegation.access import BusinessSeat, business_page
from delegation.rules import Action, who_may_do_what
from documents import csv_file
from support import queries
from support.forms.planning import FIRST_ROLES, PlanForm, SendPlanForm, boxes_of
from support.rules import planning as rules
from support.rules.planning import MOST_PEOPLE, ROLE_CARDS, Plan
from support.services import planning as services

#: The plan's cookie, how long it lives, and the longest that every browser keeps whole.
COOKIE = "portage_plan"
COOKIE_DAYS = 60
COOKIE_LENGTH = 3800
_SALT = "support.plan"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest) -> HttpResponse:
    """The lines of the plan. Everything typed stays, whichever button was pressed."""
    kept = _kept(request)
    if request.method != "POST":
        initial = boxes_of(kept) if kept else {}
        form = PlanForm(initial=initial, line_count=len(kept.people) if kept else len(FIRST_ROLES))
        return _plan_page(request, form)
    line_count = _line_count(request.POST.get("lines", ""))
    if "add" in request.POST or "remove" in request.POST:
        line_count += 1 if "add" in request.POST else -1
        return _plan_page(request, PlanForm(initial=request.POST.dict(), line_count=line_count))
    form = PlanForm(request.POST, line_count=line_count)
    if form.is_valid():
        text = signing.dumps(rules.packed(form.plan), salt=_SALT, compress=True)
        if len(text) <= COOKIE_LENGTH:
            response = redirect("support:plan_summary")
            response.set_cookie(
                COOKIE,
                text,
                max_age=COOKIE_DAYS * 24 * 3600,
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
            return response
        form.add_error(None, _("This plan is too long for a browser to keep. Shorten names or leave some people out."))
    return _plan_page(request, form)


def _plan_page(request: HttpRequest, form: PlanForm) -> HttpResponse:
    return render(
        request,
        "support/plan.html",
        {"form": form, "cards": ROLE_CARDS, "most_people": MOST_PEOPLE, "days": COOKIE_DAYS},
    )


@never_cache
@require_safe
def plan_summary(request: HttpRequest) -> HttpResponse:
    """What the plan lacks, who may do what in it, and what each person gets ready; made to be printed."""
    kept = _kept(request)
    if kept is None:
        return redirect("support:plan")
    context = _summary(kept) | {
        "businesses": queries.managed_by(request.user.pk) if request.user.is_authenticated else [],
        "days": COOKIE_DAYS,
    }
    return render(request, "support/plan_summary.html", context)


@never_cache
@require_safe
def plan_file(request: HttpRequest, kind: str) -> HttpResponse:
    """The plan as a file: ``csv`` for a spreadsheet, ``txt`` to be sent around."""
    kept = _kept(request)
    if kept is None or kind not in {"csv", "txt"}:
        raise Http404
    if kind == "csv":
        content: bytes = csv_file.render(
            [_("Name"), _("What they do"), _("E-mail"), _("Program accounts"), _("Gets ready")],
            [
                (
                    person.name,
                    str(person.card.label),
                    person.email,
                    " ".join(person.programs),
                    "; ".join(str(thing) for thing in person.card.prepares),
                )
                for person in kept.people
            ],
        )
    else:
        content = render_to_string("support/plan.txt", _summary(kept)).encode()
    content_type = "text/csv; charset=utf-8" if kind == "csv" else "text/plain; charset=utf-8"
    name = _("who-needs-what")
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"', "X-Robots-Tag": "noindex"},
    )


@require_POST
def forget_plan(request: HttpRequest) -> HttpResponse:
    response = redirect("support:plan")
    response.delete_cookie(COOKIE, samesite="Lax")
    messages.success(request, _("The plan was removed from this browser."))
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@business_page(to=Action.MANAGE_PEOPLE)
def send_plan(request: HttpRequest) -> HttpResponse:
    """The plan line by line, as it would be sent now; then the invitations."""
    seat: BusinessSeat = request.seat  # type: ignore[attr-defined]
    kept = _kept(request)
    people = kept.people if kept else ()
    known = queries.known_of(
        seat.business.pk, user_id=seat.actor.user_id, held=seat.program_account_ids, at=clock.now()
    )
    rows = services.looked_through(people, known)
    form = SendPlanForm(request.POST if request.method == "POST" else None, rows=rows)
    if form.is_valid():
        try:
            count = services.send_plan(
                business_id=seat.business.pk,
                people=people,
                places=form.places,
                held=seat.program_account_ids,
                actor=seat.actor,
                on=seat.on,
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("Invitations sent: %(count)s.") % {"count": count})
            return redirect("support:send_plan", seat.business.bn9)
    context = {"form": form, "rows": rows, "has_ready": any(not row.problem for row in rows), "plan": kept}
    return render(request, "support/send_plan.html", context)


def _summary(kept: Plan) -> dict[str, Any]:
    cards = rules.cards_of(kept.people)
    columns = tuple(card.column for card in cards)
    return {
        "plan": kept,
        "warnings": rules.plan_warnings(kept.people),
        "cards": cards,
        "columns": columns,
        "rows": who_may_do_what(columns),
    }


def _kept(request: HttpRequest) -> Plan | None:
    """The plan in this browser; a changed, old or strange cookie is none."""
    text = request.COOKIES.get(COOKIE, "")
    try:
        return rules.unpacked(signing.loads(text, salt=_SALT, max_age=COOKIE_DAYS * 24 * 3600)) if text else None
    except signing.BadSignature:
        return None


def _line_count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 2 else len(FIRST_ROLES)
