"""Sign-in, the personal profile and the demo inbox."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import structlog
from allauth.account.decorators import reauthentication_required
from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.flows.logout import logout
from allauth.account.internal.stagekit import stash_login
from allauth.account.stages import LoginStage
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from requests import RequestException

from accounts import queries, rules, services
from accounts.adapters import EMERGENCY_OF, home_of, provider_down, speak
from accounts.forms import CodeForm, EnrolForm, ProfileChangeForm, ProfileForm
from accounts.models import User
from accounts.services import email as email_services
from accounts.stages import CodeStage, EnrolStage, is_code, keep_hashed
from accounts.views.parts import actor_signing_in, person_of, start_over_at_sign_in, status_of, wanted_address
from core import clock
from core.http import actor_of, in_language
from core.models import OutboxMessage
from core.sessions import hash_of

log = structlog.get_logger(__name__)
PAGE_SIZE = 25
PRACTICE_BANKS = 5
CODE_PAGE = "account_confirm_login_code"
View = Callable[..., HttpResponse]


def practice_only(view: View) -> View:
    """There is no such page in production."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if settings.IS_PRODUCTION:
            raise Http404
        return view(request, *args, **kwargs)

    return opened


# --- Signing in -------------------------------------------------------------------------------------------------------
@never_cache
@require_safe
def sign_in(request: HttpRequest) -> HttpResponse:
    """Two equal ways in, what comes next, and the practice seats."""
    if request.user.is_authenticated:
        return redirect(wanted_address(request) or home_of(request.user))
    context = {
        "next": wanted_address(request),
        "was_idle": request.GET.get("idle") == "1",
        "problem": request.session.pop("sign_in_problem", ""),
        "seats": [] if settings.IS_PRODUCTION else queries.practice_seats(),
        "is_practice": not settings.IS_PRODUCTION,
        "bank_count": PRACTICE_BANKS,
        "recover_url": f"{settings.IDENTITY_PROVIDERS['gckey']}/{get_language()}/recover/",
    }
    return render(request, "accounts/sign_in.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def to_provider(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Leads to a provider, with the practice person's user name filled in where a seat was chosen."""
    if provider_id not in settings.IDENTITY_PROVIDERS:
        raise Http404
    if request.method != "POST":
        return redirect("accounts:sign_in")
    wishes = {"ui_locales": get_language() or "en", "login_hint": request.POST.get("seat", "")[:60]}
    if request.POST.get("create") == "1":
        wishes["prompt"] = "create"
    query = QueryDict(mutable=True)
    query["auth_params"] = urlencode({name: value for name, value in wishes.items() if value})
    request.GET = query  # type: ignore[assignment]
    return _at_provider(openid_connect.login, request, provider_id)


@never_cache
@require_safe
def from_provider(request: HttpRequest, provider_id: str) -> HttpResponse:
    """A provider's answer; what follows are the stages of :mod:`accounts.stages`."""
    if provider_id not in settings.IDENTITY_PROVIDERS:
        raise Http404
    return _at_provider(openid_connect.callback, request, provider_id)


@sensitive_post_parameters("email", "email_again")
@login_stage_required(stage=EnrolStage.key, redirect_urlname="accounts:sign_in")
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """The address for codes; the one mail that follows both enrols and verifies it."""
    stage: LoginStage = request._login_stage  # type: ignore[attr-defined]
    user: User = stage.login.user
    form = EnrolForm(request.POST or None, initial={"email": user.email})
    if request.method == "POST" and form.is_valid():
        services.enrol_email(
            user=user, email=form.cleaned_data["email"], actor=actor_signing_in(request, user), at=clock.now()
        )
        response: HttpResponse = stage.exit()
        return response
    context = {"form": form, "is_practice": not settings.IS_PRODUCTION}
    return render(request, "accounts/enrol.html", context, status=status_of(form))


@sensitive_post_parameters("code")
@login_stage_required(stage=CodeStage.key, redirect_urlname="accounts:sign_in")
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The e-mailed code of six digits, asked at every sign-in."""
    stage: LoginStage = request._login_stage  # type: ignore[attr-defined]
    user: User = stage.login.user
    request.signing_in = user  # type: ignore[attr-defined]
    process = LoginCodeVerificationProcess(stage=stage)
    if not process.is_valid():
        process.abort()
        return start_over_at_sign_in(request, _("Your code was older than 10 minutes. Sign in again to get a new one."))
    action = request.POST.get("action", "")
    if request.method == "POST" and action == "change":
        return _ask_address_again(request, stage)
    if request.method == "POST" and action == "resend":
        return _resend(request, process, user)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answer = _try(request, process, form, user)
        if answer is not None:
            return answer
    return _code_page(request, process, form, status=status_of(form))


@never_cache
@require_safe
def paused(request: HttpRequest) -> HttpResponse:
    """The wait after too many wrong codes."""
    until = _moment(request.session.get("sign_in_paused_until", ""))
    if until is None or not rules.is_paused(until, clock.wall_now()):
        return redirect("accounts:sign_in")
    context = {"minutes": rules.minutes_left(until, clock.wall_now()), "until": until.astimezone(clock.TORONTO)}
    return render(request, "accounts/paused.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)


@never_cache
@require_safe
def blocked(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/blocked.html", status=HTTPStatus.FORBIDDEN)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        if not request.user.is_authenticated:
            return redirect("accounts:signed_out")
        return render(request, "accounts/sign_out.html")
    user = request.user
    if isinstance(user, User):
        services.record_sign_out(user=user, actor=actor_of(request), at=clock.now())
    logout(request)
    return redirect("accounts:signed_out")


@never_cache
@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/signed_out.html")


@never_cache
@login_required
@require_POST
def extend(request: HttpRequest) -> HttpResponse:
    """The idle limit begins anew from this very moment."""
    request.session.modified = True
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return redirect(wanted_address(request) or home_of(request.user))


# --- The person -------------------------------------------------------------------------------------------------------
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile_setup(request: HttpRequest) -> HttpResponse:
    """The profile of the first sign-in, before anything else."""
    user = person_of(request)
    if user.profile_completed_at is not None:
        return redirect(wanted_address(request) or "accounts:profile")
    values = ProfileForm.values_of(user)
    form = ProfileForm(request.POST or None, initial={**values, "language": (get_language() or "en")[:2]})
    if request.method == "POST" and form.is_valid():
        services.complete_profile(user=user, profile=form.profile, actor=actor_of(request), at=clock.now())
        _prove_contact(request, user)
        following = wanted_address(request)
        if not following or not queries.has_membership(user):
            following = reverse("registration:first_setup")
        return speak(redirect(in_language(following, user.language)), user.language)
    context = {"form": form, "next": wanted_address(request), "other_methods": _other_methods(user)}
    return render(request, "accounts/profile_setup.html", context, status=status_of(form))


@login_required
@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    context = {
        "person": person,
        "memberships": queries.own_memberships(person),
        "factors": queries.factors_of(person),
    }
    return render(request, "accounts/profile.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile_edit(request: HttpRequest) -> HttpResponse:
    user = person_of(request)
    form = ProfileChangeForm(request.POST or None, initial=ProfileForm.values_of(user))
    if request.method == "POST" and form.is_valid():
        services.update_profile(user=user, profile=form.profile, actor=actor_of(request), at=clock.now())
        messages.success(request, _("Your profile is saved."))
        _prove_contact(request, user)
        return speak(redirect(in_language(reverse("accounts:profile"), user.language)), user.language)
    return render(request, "accounts/profile_edit.html", {"form": form}, status=status_of(form))


@login_required
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """What happened at this person's sign-ins, so that they can see a stranger's."""
    before = _number(request.GET.get("before", ""))
    events, has_more = queries.sign_ins_of(person_of(request), before=before, size=PAGE_SIZE)
    context = {
        "events": events,
        "methods": dict(User.Method.choices),
        "newest": f"{reverse('accounts:history')}" if before else "",
        "older": f"?before={events[-1].pk}" if has_more else "",
    }
    return render(request, "accounts/history.html", context)


@never_cache
@login_required
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Where the person is signed in now, and what guards their sign-in."""
    person = person_of(request)
    context = {
        "person": person,
        "factors": queries.factors_of(person),
        "few": rules.FEW_RECOVERY_CODES,
        "must_set_up": request.session.get(EMERGENCY_OF) == person.pk,
        **_sessions(request),
    }
    return render(request, "accounts/security.html", context)


@never_cache
@login_required
@require_POST
@reauthentication_required
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Signs one of the person's other browsers out; the one at hand is ended by signing out."""
    services.end_session(user=person_of(request), session_id=session_id, actor=actor_of(request), at=clock.now())
    messages.success(request, _("That browser is signed out."))
    return redirect("accounts:security")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Which browsers will be signed out, then the act."""
    if request.method != "POST":
        return render(request, "accounts/end_other_sessions.html", _sessions(request))
    count = services.end_other_sessions(
        user=person_of(request),
        session_key=request.session.session_key or "",
        actor=actor_of(request),
        at=clock.now(),
    )
    text = ngettext("%(count)d other browser is signed out.", "%(count)d other browsers are signed out.", count)
    messages.success(request, text % {"count": count})
    return redirect("accounts:security")


# --- The demo inbox ---------------------------------------------------------------------------------------------------
@never_cache
@require_safe
@practice_only
def inbox(request: HttpRequest) -> HttpResponse:
    """Every message this practice world has sent, newest first."""
    to = request.GET.get("to", "").replace("\x00", "").strip()[:320]
    before = _number(request.GET.get("before", ""))
    rows, has_more = queries.messages(to=to, before=before, size=PAGE_SIZE)
    kept = {"to": to} if to else {}
    context = {
        "outbox": rows,
        "to": to,
        "newest": f"?{urlencode(kept)}" if before else "",
        "older": f"?{urlencode({**kept, 'before': rows[-1].pk})}" if has_more else "",
    }
    return render(request, "accounts/inbox.html", context)


@never_cache
@require_safe
@practice_only
def inbox_message(request: HttpRequest, public_id: UUID) -> HttpResponse:
    row = queries.message(public_id)
    if row is None:
        raise Http404
    return render(request, "accounts/inbox_message.html", {"letter": row})


# --- Steps of the code page -------------------------------------------------------------------------------------------
def _try(
    request: HttpRequest, process: LoginCodeVerificationProcess, form: CodeForm, user: User
) -> HttpResponse | None:
    """The answer to a typed code, or none when the page is shown again with its error."""
    is_right = is_code(process.stage, form.cleaned_data["code"])
    until = services.try_code(
        user=user, is_right=is_right, actor=actor_signing_in(request, user), at=clock.now(), wall_at=clock.wall_now()
    )
    if until is not None:
        process.abort()
        request.session["sign_in_paused_until"] = until.isoformat()
        return redirect("accounts:paused")
    if is_right:
        email_services.note_code_arrived(user=user, actor=actor_signing_in(request, user), at=clock.now())
        response: HttpResponse = process.finish(None)
        return response
    if not process.record_invalid_attempt():
        return start_over_at_sign_in(
            request, _("The code was wrong three times and no longer works. Sign in again to get a new one.")
        )
    left = rules.CODE_TRIES - process.state["failed_attempts"]
    problem = ngettext(
        "This is not the code. Check the newest e-mail. You have %(count)d try left with this code",
        "This is not the code. Check the newest e-mail. You have %(count)d tries left with this code",
        left,
    )
    form.add_error("code", ValidationError(problem % {"count": left}, code="wrong"))
    return None


def _resend(request: HttpRequest, process: LoginCodeVerificationProcess, user: User) -> HttpResponse:
    guard = queries.guard_of(user)
    wait = rules.seconds_until_resend(guard.code_sent_at if guard else None, clock.wall_now())
    if wait:
        text = ngettext(
            "A code was sent a moment ago. Wait %(count)d second before you ask for another.",
            "A code was sent a moment ago. Wait %(count)d seconds before you ask for another.",
            wait,
        )
        messages.warning(request, text % {"count": wait})
    elif not process.can_resend:
        process.abort()
        return start_over_at_sign_in(
            request, _("Three codes were sent for this sign-in. Sign in again to get a new one.")
        )
    else:
        # A new code has its own ten minutes and its own tries; the person's own count goes on.
        process.state["at"] = time.time()
        process.state["failed_attempts"] = 0
        process.resend()
        keep_hashed(process.stage)
        messages.success(request, _("A new code is on its way. Only the newest one works."))
    return redirect(CODE_PAGE)


def _ask_address_again(request: HttpRequest, stage: LoginStage) -> HttpResponse:
    """Back to the address, for whoever mistyped it; only as long as it is not verified."""
    if stage.controller.is_handled(EnrolStage.key) and queries.is_enrolling(stage.login.user):
        stages = stage.login.state["stages"]
        stages.pop(EnrolStage.key, None)
        stages.pop(CodeStage.key, None)
        stage.controller.set_current(EnrolStage.key)
        stash_login(request, stage.login)
        return redirect("accounts:enrol")
    return redirect(CODE_PAGE)


def _code_page(
    request: HttpRequest, process: LoginCodeVerificationProcess, form: CodeForm, *, status: int
) -> HttpResponse:
    email = process.state.get("email", "")
    letter = queries.newest_letter(process.user, to=email, category="sign_in_code")
    context = {
        "form": form,
        "email": email,
        "minutes": int(rules.CODE_LIFETIME.total_seconds() // 60),
        "pause": int(rules.RESEND_PAUSE.total_seconds()),
        "inbox_url": "" if settings.IS_PRODUCTION else f"{reverse('accounts:inbox')}?{urlencode({'to': email})}",
        "may_change": queries.is_enrolling(process.user),
        "came_back": letter is not None and letter.state == OutboxMessage.State.BOUNCED,
        "is_delayed": letter is not None and letter.state == OutboxMessage.State.FAILED,
    }
    return render(request, "accounts/code.html", context, status=status)


# --- Addresses --------------------------------------------------------------------------------------------------------
def _prove_contact(request: HttpRequest, user: User) -> None:
    """A code to a contact address that is not confirmed yet, and a word about it."""
    waiting = email_services.ask_contact_proof(
        user=user, actor=actor_of(request), at=clock.now(), wall_at=clock.wall_now()
    )
    if waiting is not None:
        messages.info(
            request,
            _("We sent a code to %(address)s. Until you enter it under My e-mail addresses, notices go to %(codes)s.")
            % {"address": waiting.new_email, "codes": user.email},
        )


def _other_methods(user: User) -> list[Any]:
    """The names of other methods with the address that this person has just proven."""
    return [User.Method(method).label for method in queries.other_methods_of(user)]


# --- Small things -----------------------------------------------------------------------------------------------------
def _at_provider(view: View, request: HttpRequest, provider_id: str) -> HttpResponse:
    """Discovery is fetched at each sign-in, so a provider that is down shows itself here."""
    try:
        return view(request, provider_id)
    except RequestException as problem:
        log.warning("provider.unavailable", provider=provider_id, problem=repr(problem))
        return provider_down(request, provider_id)


def _sessions(request: HttpRequest) -> dict[str, Any]:
    """The open sessions of the person, the one at hand apart."""
    mine = hash_of(request.session.session_key or "")
    rows = list(queries.open_sessions_of(person_of(request), wall_at=clock.wall_now()))
    here = next((row for row in rows if row.session_id == mine), None)
    return {"sessions": rows, "here": here, "others": [row for row in rows if row is not here]}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
