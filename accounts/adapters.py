"""allauth's hooks: which steps a sign-in has, who a provider's answer makes, and how its messages look."""

import base64
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http import HTTPStatus
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import Login
from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthError
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import get_random_string, salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from requests import RequestException

from accounts import queries, rules, services
from accounts.models import User
from accounts.services import inactivity
from core import clock, outbox
from core.http import actor_of, in_language
from core.templatetags.portage import safe_url

log = structlog.get_logger(__name__)
#: In the session: when the person last showed who they are, what they showed in place of the e-mailed code, and whose
#: emergency code opened this session, until a second factor is set up anew.
CONFIRMED_AT = "confirmed_at"
SECOND_FACTOR = "second_factor"
EMERGENCY_OF = "emergency_of"
#: How the portal is named in authenticator apps and by passkeys.
ISSUER = "Portage (simulation)"


class AccountAdapter(DefaultAccountAdapter):
    """Enrolment, code, then the person's own language."""

    def get_login_stages(self) -> list[str]:
        others = [path for path in super().get_login_stages() if not path.endswith(".LoginByCodeStage")]
        return ["accounts.stages.EnrolStage", "accounts.stages.CodeStage", *others]

    def is_login_by_code_required(self, login: Login) -> bool:
        """Where an authenticator is enrolled, it is asked instead; an address not yet verified needs its code."""
        if queries.is_factor_enrolled(login.user) and not queries.is_enrolling(login.user):
            return False
        return bool(super().is_login_by_code_required(login))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """The library lets a person without password and authenticator pass, so the answer "no" is given only here."""
        if not is_confirmed(self.request):
            raise ReauthenticationRequired
        return False

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        return [{"id": "reauthenticate", "description": "", "url": reverse("account_reauthenticate")}]

    def generate_login_code(self) -> str:
        return get_random_string(rules.CODE_LENGTH, "0123456789")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The only mail of this library that is in use is the code; it goes straight to the outbox."""
        user: User = self.request.signing_in
        with translation.override(user.language):
            words = {"code": context["code"], "minutes": int(rules.CODE_LIFETIME.total_seconds() // 60), "person": user}
            subject = render_to_string("email/sign_in_code_subject.txt", words)
            body = render_to_string("email/sign_in_code.txt", words)
        outbox.send(
            to=email,
            language=user.language,
            subject=subject,
            body=body,
            category="sign_in_code",
            user_id=user.pk,
            at=clock.now(),
        )
        services.note_code_sent(user=user, wall_at=clock.wall_now())

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """The pages say it themselves, in their own words."""

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        way = request.session.pop(SECOND_FACTOR, "")
        services.record_sign_in(user=user, method=user.method, way=way, actor=actor_of(request), at=clock.now())
        inactivity.begin_anew(user=user, on=clock.today())
        confirm(request)
        # The row of the session must be there before the one that shows it.
        request.session.save()
        services.note_open_session(
            user=user,
            session_key=request.session.session_key or "",
            user_agent=request.headers.get("User-Agent", ""),
            wall_at=clock.wall_now(),
        )
        return speak(HttpResponseRedirect(in_language(response["Location"], user.language)), user.language)

    def is_safe_url(self, url: str) -> bool:
        """Only this portal's own addresses: other ports of this host are other programs."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return home_of(request.user)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return home_of(request.user)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        clear_login(request)
        return HttpResponseRedirect(reverse("accounts:dormant" if queries.is_dormant(user) else "accounts:blocked"))


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticators are encrypted at rest, under keys that follow from the portal's own secret."""

    @cached_property
    def _box(self) -> MultiFernet:
        return MultiFernet(
            [Fernet(_key_of(str(secret))) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
        )

    def encrypt(self, text: str) -> str:
        return self._box.encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return self._box.decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return ISSUER

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": ISSUER}


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """One credential makes one person; what a provider says beyond its subject counts for staff only."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.is_existing:
            services.give_staff_groups(user=sociallogin.user, groups=_groups(sociallogin))

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return True

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """A person made at a credential's first sign-in; of two browsers at once, one has to sign in again."""
        user: User = sociallogin.user
        method = sociallogin.account.provider
        user.username = rules.username_of(method, sociallogin.account.uid)
        user.method = method
        user.language = (get_language() or settings.LANGUAGE_CODE)[:2]
        user.set_unusable_password()
        if method != rules.STAFF:
            sociallogin.email_addresses = []
            user.email = user.first_name = user.last_name = ""
        try:
            with transaction.atomic():
                sociallogin.save(request)
                services.give_staff_groups(user=user, groups=_groups(sociallogin))
        except IntegrityError:
            raise ImmediateHttpResponse(failed_page(request, method)) from None
        return user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        log.warning("sign_in.failed", provider=provider.app.provider_id, error=str(error), problem=repr(exception))
        if isinstance(exception, RequestException):
            raise ImmediateHttpResponse(provider_down(request, provider.app.provider_id))
        cancelled = error == AuthError.CANCELLED
        raise ImmediateHttpResponse(failed_page(request, provider.app.provider_id, is_cancelled=cancelled))


def is_confirmed(request: HttpRequest) -> bool:
    """Whether the person at this browser showed who they are within ``ACCOUNT_REAUTHENTICATION_TIMEOUT``.

    A session that an emergency code opened can do nothing but set up a second factor, and is asked for nothing more.
    """
    if not request.user.is_authenticated:
        return False
    if request.session.get(EMERGENCY_OF) == request.user.pk:
        return True
    stamp = request.session.get(CONFIRMED_AT)
    confirmed_at = datetime.fromtimestamp(stamp, UTC) if stamp else None
    return rules.is_confirmed(
        confirmed_at, clock.wall_now(), timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
    )


def confirm(request: HttpRequest) -> None:
    """The person at this browser showed just now who they are."""
    request.session[CONFIRMED_AT] = int(clock.wall_now().timestamp())


def provider_down(request: HttpRequest, method: str) -> HttpResponse:
    context = {"method": method, "method_name": User.Method(method).label, "next": request.POST.get("next", "")}
    response = render(request, "accounts/provider_down.html", context, status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = "60"
    return response


def failed_page(request: HttpRequest, method: str, *, is_cancelled: bool = False) -> HttpResponse:
    context = {"method": method, "method_name": User.Method(method).label, "is_cancelled": is_cancelled}
    return render(request, "accounts/sign_in_failed.html", context, status=HTTPStatus.BAD_REQUEST)


def home_of(user: Any) -> str:
    """Where a signed-in person starts."""
    if user.is_staff:
        return safe_url("dashboard:start") or reverse("admin:index")
    return safe_url("dashboard:start") or reverse("registration:first_setup")


def speak(response: HttpResponse, language: str) -> HttpResponse:
    """Addresses without a language follow the person's own from here on."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response


def _groups(sociallogin: SocialLogin) -> frozenset[str]:
    claims = sociallogin.account.extra_data.get("userinfo") or sociallogin.account.extra_data.get("id_token") or {}
    return rules.staff_groups(sociallogin.account.provider, claims.get("roles"))


def _key_of(secret: str) -> bytes:
    return base64.urlsafe_b64encode(salted_hmac("accounts.authenticators", "key", secret, algorithm="sha256").digest())
