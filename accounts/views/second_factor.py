"""The second factor at sign-in, and the pages on which a person looks after theirs."""

from urllib.parse import quote

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.logout import logout
from allauth.account.internal.stagekit import clear_login, get_pending_stage
from allauth.account.stages import LoginStage
from allauth.mfa.adapter import get_adapter
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import gateway, queries, rules, services
from accounts.adapters import EMERGENCY_OF, SECOND_FACTOR, home_of
from accounts.forms import AppForm, NamedForm, PasskeyForm
from accounts.gateway import Factor
from accounts.models import User
from accounts.qr import picture_of
from accounts.stages import CodeStage
from accounts.views import proof
from accounts.views.parts import actor_signing_in, person_of, start_over_at_sign_in, status_of
from core import clock
from core.errors import Conflict, Stranger
from core.http import actor_of

#: In the session, sealed: the key of an app that is being set up.
PENDING_SECRET = "pending_app"


# --- At sign-in -------------------------------------------------------------------------------------------------------
@sensitive_post_parameters("code", "credential")
@login_stage_required(stage=AuthenticateStage.key, redirect_urlname="accounts:sign_in")
@require_http_methods(["GET", "HEAD", "POST"])
def authenticate(request: HttpRequest) -> HttpResponse:
    """App, passkey or recovery code in place of the e-mailed code."""
    stage: LoginStage = request._login_stage  # type: ignore[attr-defined]
    user: User = stage.login.user
    choice = proof.choice_of(request, user)
    form = proof.form_of(request, choice.way)
    if rules.EMAIL in choice.ways:
        return _nothing_enrolled_any_more(request)
    if request.method == "POST" and form.is_valid():
        verdict = proof.try_way(choice.way, form, user=user, actor=actor_signing_in(request, user))
        if verdict.paused_until is not None:
            return _pause(request, verdict)
        if verdict.is_right:
            return _let_in(request, stage, choice.way)
        proof.tell_wrong(form, choice.way, verdict)
    context = {"form": form, "choice": choice, "options": proof.passkey_options(choice.way, user)}
    return render(request, "accounts/second_factor.html", context, status=proof.status_after(form))


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def emergency(request: HttpRequest) -> HttpResponse:
    """An officer's emergency code replaces whichever second factor this sign-in waits for."""
    if request.user.is_authenticated:
        return redirect(home_of(request.user))
    stage = get_pending_stage(request)
    if stage is None or stage.key not in {CodeStage.key, AuthenticateStage.key}:
        return redirect("accounts:sign_in")
    user: User = stage.login.user
    if queries.is_enrolling(user):
        # An address that nobody has verified yet is verified by its own code only.
        return redirect("account_confirm_login_code")
    form = proof.form_of(request, rules.EMERGENCY)
    if request.method == "POST" and form.is_valid():
        verdict = proof.try_way(rules.EMERGENCY, form, user=user, actor=actor_signing_in(request, user))
        if verdict.paused_until is not None:
            return _pause(request, verdict)
        if verdict.is_right:
            request.session[EMERGENCY_OF] = user.pk
            return _let_in(request, stage, rules.EMERGENCY)
        proof.tell_wrong(form, rules.EMERGENCY, verdict)
    context = {"form": form, "back": stage.urlname}
    return render(request, "accounts/emergency.html", context, status=proof.status_after(form))


# --- Looking after one's factors --------------------------------------------------------------------------------------
@sensitive_post_parameters("code")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def app(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app, or the same one on another device: the picture, the key, and its first code."""
    user = person_of(request)
    secret = _pending_secret(request)
    form = AppForm(request.POST or None, initial={"name": _("Authenticator app")})
    if request.method == "POST" and form.is_valid():
        factor = services.add_app(
            user=user,
            secret=secret,
            code=form.cleaned_data["code"],
            name=form.cleaned_data["name"],
            actor=actor_of(request),
            at=clock.now(),
            wall_at=clock.wall_now(),
        )
        if factor is not None:
            request.session.pop(PENDING_SECRET, None)
            return _after_adding(request, _("Your sign-in asks for this app's code from now on."))
        problem = _("This is not the code that the app should show. Check the key and the clock of your device")
        form.add_error("code", ValidationError(problem, code="wrong"))
    context = {
        "form": form,
        "picture": picture_of(get_adapter().build_totp_url(user, secret)),
        "secret": rules.in_groups(secret),
        "issuer": get_adapter().get_totp_issuer(),
        "person": user,
        "current": queries.factors_of(user).app,
    }
    return render(request, "accounts/app.html", context, status=status_of(form))


@sensitive_post_parameters("credential")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def passkey(request: HttpRequest) -> HttpResponse:
    """Add a passkey or security key; the browser asks it, so this needs JavaScript."""
    user = person_of(request)
    form = PasskeyForm(request.POST or None, initial={"name": _("Passkey")})
    if request.method == "POST" and form.is_valid():
        factor = services.add_passkey(
            user=user,
            credential=form.cleaned_data["credential"],
            name=form.cleaned_data["name"],
            actor=actor_of(request),
            at=clock.now(),
        )
        if factor is not None:
            return _after_adding(request, _("Your sign-in asks for this passkey from now on."))
        form.add_error(None, ValidationError(_("The passkey's answer does not fit. Try again"), code="wrong"))
    context = {"form": form, "options": proof.registration_options(user)}
    return render(request, "accounts/passkey.html", context, status=status_of(form))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def rename_factor(request: HttpRequest, factor_id: int) -> HttpResponse:
    user = person_of(request)
    factor = _factor(user, factor_id)
    form = NamedForm(request.POST or None, initial={"name": factor.name})
    if request.method == "POST" and form.is_valid():
        services.rename_factor(
            user=user, factor_id=factor_id, name=form.cleaned_data["name"], actor=actor_of(request), at=clock.now()
        )
        messages.success(request, _("The new name is saved."))
        return redirect("accounts:security")
    return render(request, "accounts/rename_factor.html", {"form": form, "factor": factor}, status=status_of(form))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def remove_factor(request: HttpRequest, factor_id: int) -> HttpResponse:
    """What will be removed and what the sign-in asks for then, then the act."""
    user = person_of(request)
    factor = _factor(user, factor_id)
    if request.method == "POST":
        services.remove_factor(user=user, factor_id=factor_id, actor=actor_of(request), at=clock.now())
        messages.success(request, _("“%(name)s” is removed from your sign-in.") % {"name": factor.name})
        return redirect("accounts:security")
    context = {"factor": factor, "is_last": len(queries.factors_of(user).all) == 1, "email": user.email}
    return render(request, "accounts/remove_factor.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """How many are left; their one showing, with a file to keep; and a new set."""
    user = person_of(request)
    codes: list[str] = []
    if request.method == "POST" and request.POST.get("action") == "new":
        services.make_recovery_codes(user=user, actor=actor_of(request), at=clock.now())
        messages.success(request, _("You have new recovery codes. The old ones no longer work."))
        return redirect("accounts:recovery_codes")
    if request.method == "POST":
        codes = _shown_codes(request, user)
    factors = queries.factors_of(user)
    context = {
        "recovery": factors.recovery,
        "are_enrolled": factors.are_enrolled,
        "are_few": rules.are_few(factors.recovery_left),
        "codes": [rules.in_groups(code) for code in codes],
        "file": quote(_file_of(codes)),
    }
    return render(request, "accounts/recovery_codes.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def start_over(request: HttpRequest) -> HttpResponse:
    """After an emergency code, for whoever lost the mailbox too: the next sign-in asks for a new address."""
    user = person_of(request)
    if request.session.get(EMERGENCY_OF) != user.pk:
        return redirect("accounts:security")
    if request.method == "POST":
        services.start_over(user=user, actor=actor_of(request), at=clock.now())
        logout(request)
        return start_over_at_sign_in(
            request, _("Sign in again now: you are asked for the address that receives your codes from here on.")
        )
    return render(request, "accounts/start_over.html", {"person": user, "factors": queries.factors_of(user)})


# --- Parts ------------------------------------------------------------------------------------------------------------
def _let_in(request: HttpRequest, stage: LoginStage, way: str) -> HttpResponse:
    request.session[SECOND_FACTOR] = way
    response: HttpResponse = stage.exit()
    return response


def _pause(request: HttpRequest, verdict: services.Verdict) -> HttpResponse:
    assert verdict.paused_until is not None
    clear_login(request)
    request.session["sign_in_paused_until"] = verdict.paused_until.isoformat()
    return redirect("accounts:paused")


def _nothing_enrolled_any_more(request: HttpRequest) -> HttpResponse:
    """The last factor was removed in another browser while this one stood at the question."""
    clear_login(request)
    return start_over_at_sign_in(request, _("Your authenticators were removed meanwhile. Sign in again."))


def _pending_secret(request: HttpRequest) -> str:
    """One key for one setting-up, so that a mistyped code does not change the picture."""
    kept: str = request.session.get(PENDING_SECRET, "")
    if kept:
        return gateway.unsealed(kept)
    secret = gateway.new_secret()
    request.session[PENDING_SECRET] = gateway.sealed(secret)
    return secret


def _after_adding(request: HttpRequest, told: str) -> HttpResponse:
    """On to the recovery codes, as long as nobody has looked at them."""
    request.session.pop(EMERGENCY_OF, None)
    messages.success(request, told)
    recovery = queries.factors_of(person_of(request)).recovery
    return redirect("accounts:security" if recovery is None or recovery.are_shown else "accounts:recovery_codes")


def _factor(user: User, factor_id: int) -> Factor:
    found = next((factor for factor in queries.factors_of(user).all if factor.id == factor_id), None)
    if found is None:
        raise Stranger(_("This authenticator is not there any more."), code="factor_gone")
    return found


def _shown_codes(request: HttpRequest, user: User) -> list[str]:
    try:
        return services.show_recovery_codes(
            user=user, actor=actor_of(request), at=clock.now(), wall_at=clock.wall_now()
        )
    except Conflict as problem:
        messages.warning(request, str(problem))
        return []


def _file_of(codes: list[str]) -> str:
    """The text that the person keeps; each code works once."""
    if not codes:
        return ""
    head = _("Recovery codes for Portage (a training simulation). Each works once. Keep them where no one else looks.")
    return "\r\n".join([head, settings.PORTAL_URL, "", *(rules.in_groups(code) for code in codes), ""])
