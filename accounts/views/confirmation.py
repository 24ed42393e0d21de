"""Who is there? The page that stands before a sensitive change, and the way back to what was being done."""

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import queries, rules, services
from accounts.adapters import confirm
from accounts.middleware import INTERRUPTED
from accounts.models import OneTimeCode, User
from accounts.views import proof
from accounts.views.parts import person_of, wanted_address
from core import clock
from core.forms import PortageForm
from core.http import actor_of


@sensitive_post_parameters("code", "credential")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_person(request: HttpRequest) -> HttpResponse:
    """By the second factor that the person's sign-in asks for too."""
    user = person_of(request)
    choice = proof.choice_of(request, user)
    if request.method == "POST" and request.POST.get("action") == "send":
        return _send(request, user)
    form = proof.form_of(request, choice.way)
    if request.method == "POST" and form.is_valid():
        actor = actor_of(request)
        verdict = proof.try_way(choice.way, form, user=user, actor=actor)
        if verdict.is_right:
            confirm(request)
            services.record_confirmation(user=user, way=choice.way, actor=actor, at=clock.now())
            return redirect(_way_back(request))
        if verdict.paused_until is not None:
            proof.tell_paused(form, choice.way, verdict.paused_until)
        else:
            proof.tell_wrong(form, choice.way, verdict)
    return _page(request, user, choice, form)


@never_cache
@login_required
@require_safe
def go_on(request: HttpRequest) -> HttpResponse:
    """What was being sent when the confirmation was asked for, to be sent with one press."""
    interrupted = request.session.get(INTERRUPTED)
    if interrupted is None:
        return redirect("accounts:security")
    fields = [(name, value) for name, values in QueryDict(interrupted["fields"]).lists() for value in values]
    return render(request, "accounts/go_on.html", {"path": interrupted["path"], "fields": fields})


def _send(request: HttpRequest, user: User) -> HttpResponse:
    wait = services.send_confirmation_code(user=user, at=clock.now(), wall_at=clock.wall_now())
    if wait:
        text = ngettext(
            "A code was sent a moment ago. Wait %(count)d second before you ask for another.",
            "A code was sent a moment ago. Wait %(count)d seconds before you ask for another.",
            wait,
        )
        messages.warning(request, text % {"count": wait})
    else:
        messages.success(request, _("A new code is on its way. Only the newest one works."))
    query = urlencode({"next": wanted_address(request)})
    return redirect(f"{reverse('account_reauthenticate')}?{query}")


def _way_back(request: HttpRequest) -> str:
    """To where the person was going; a form that was interrupted waits on a page of its own."""
    following = wanted_address(request) or reverse("accounts:security")
    interrupted = request.session.get(INTERRUPTED)
    if interrupted is not None and interrupted["path"] == following:
        return reverse("accounts:go_on")
    return following


def _page(request: HttpRequest, user: User, choice: proof.Choice, form: PortageForm) -> HttpResponse:
    following = wanted_address(request)
    interrupted = request.session.get(INTERRUPTED)
    is_sent = choice.way == rules.EMAIL and queries.open_code_of(
        user, OneTimeCode.Purpose.CONFIRMATION, wall_at=clock.wall_now()
    )
    context = {
        "form": form,
        "choice": choice,
        "next": following,
        "email": user.email,
        "is_sent": bool(is_sent),
        "is_interrupted": interrupted is not None and interrupted["path"] == following,
        "options": proof.passkey_options(choice.way, user),
        "lasts": settings.ACCOUNT_REAUTHENTICATION_TIMEOUT // 60,
        "minutes": int(rules.CODE_LIFETIME.total_seconds() // 60),
        "demo_inbox": "" if settings.IS_PRODUCTION else f"{reverse('accounts:inbox')}?{urlencode({'to': user.email})}",
    }
    status = proof.status_after(form)
    return render(request, "accounts/confirm.html", context, status=status or HTTPStatus.OK)
