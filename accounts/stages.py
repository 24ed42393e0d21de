"""The steps between a provider's answer and being signed in: an address for codes, then the code."""

from allauth.account.stages import LoginByCodeStage, LoginStage
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

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
        return super().handle()
