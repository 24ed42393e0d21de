"""The steps between a provider's answer and being signed in: an address for codes, then the code."""

from allauth.account.internal.stagekit import stash_login
from allauth.account.stages import LoginByCodeStage, LoginStage
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts import gateway, queries, rules
from core import clock


class EnrolStage(LoginStage):
    """Asks for the address that receives codes, as long as none has been verified."""

    key = "enrol"
    urlname = "accounts:enrol"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        # The provider's answer has done its work, and three providers with one client name cannot be told apart in it.
        self.login.signal_kwargs = None
        if gateway.has_verified_email(self.login.user.pk):
            return None, True
        return HttpResponseRedirect(reverse(self.urlname)), True


class CodeStage(LoginByCodeStage):
    """E-mails the code, but not while this person waits after too many wrong ones."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        guard = queries.guard_of(user)
        until = guard.paused_until if guard else None
        if until is not None and rules.is_paused(until, clock.wall_now()):
            self.request.session["sign_in_paused_until"] = until.isoformat()
            return HttpResponseRedirect(reverse("accounts:paused")), False
        # The adapter that writes the mail is told only the address, and an address may be shared.
        self.request.signing_in = user
        response: HttpResponse | None
        response, goes_on = super().handle()
        if response is not None:
            keep_hashed(self)
        return response, goes_on


def keep_hashed(stage: LoginStage) -> None:
    """Once the code has left by mail, the session keeps its keyed hash alone."""
    code = stage.state.get("code", "")
    if len(code) == rules.CODE_LENGTH:
        stage.state["code"] = _hash(stage, code)
        stash_login(stage.request, stage.login)


def is_code(stage: LoginStage, typed: str) -> bool:
    """Whether this is the newest code that was mailed for the sign-in."""
    kept = stage.state.get("code", "")
    return bool(kept) and constant_time_compare(_hash(stage, typed), kept)


def _hash(stage: LoginStage, code: str) -> str:
    text = f"{stage.login.user.pk}:{code}"
    return str(salted_hmac("accounts.sign_in_code", text, algorithm="sha256").hexdigest())
