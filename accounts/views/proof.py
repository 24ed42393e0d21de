"""The ways in which a person shows that it is them: which are offered, their forms, and one try at one of them."""

import json
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import gateway, queries, rules, services
from accounts.forms import AppCodeForm, CodeForm, EmergencyCodeForm, PasskeyAnswerForm, RecoveryCodeForm
from accounts.models import User
from accounts.services import Verdict
from core import clock
from core.actor import Actor
from core.forms import PortageForm

FORMS: dict[str, type[PortageForm]] = {
    rules.EMAIL: CodeForm,
    rules.APP: AppCodeForm,
    rules.PASSKEY: PasskeyAnswerForm,
    rules.RECOVERY: RecoveryCodeForm,
    rules.EMERGENCY: EmergencyCodeForm,
}


@dataclass(frozen=True)
class Choice:
    """The way that this request is about, and what else is open to this person."""

    way: str
    ways: tuple[str, ...]

    @property
    def others(self) -> tuple[str, ...]:
        return tuple(way for way in self.ways if way != self.way)


def choice_of(request: HttpRequest, user: User) -> Choice:
    """The way asked for, or this person's usual one where they have no such way."""
    factors = queries.factors_of(user)
    ways = rules.ways_to_prove(
        has_app=factors.app is not None, has_passkey=bool(factors.passkeys), recovery_left=factors.recovery_left
    )
    asked = request.POST.get("way") or request.GET.get("way") or ""
    return Choice(way=asked if asked in ways else ways[0], ways=ways)


def form_of(request: HttpRequest, way: str) -> PortageForm:
    return FORMS[way](request.POST if request.method == "POST" else None)


def try_way(way: str, form: PortageForm, *, user: User, actor: Actor) -> Verdict:
    """One counted try; a form with an error has been answered by that error and counts for nothing."""
    at, wall_at = clock.now(), clock.wall_now()
    if way == rules.PASSKEY:
        return services.try_passkey(
            user=user, credential=form.cleaned_data["credential"], actor=actor, at=at, wall_at=wall_at
        )
    attempt = {
        rules.EMAIL: services.try_confirmation_code,
        rules.APP: services.try_app_code,
        rules.RECOVERY: services.try_recovery_code,
        rules.EMERGENCY: services.try_emergency_code,
    }[way]
    return attempt(user=user, code=form.cleaned_data["code"], actor=actor, at=at, wall_at=wall_at)


def tell_wrong(form: PortageForm, way: str, verdict: Verdict) -> None:
    """The error of a wrong try says what to do next."""
    if way == rules.EMAIL and verdict.tries_left:
        text = ngettext(
            "This is not the code. Check the newest e-mail. You have %(count)d try left with this code",
            "This is not the code. Check the newest e-mail. You have %(count)d tries left with this code",
            verdict.tries_left,
        ) % {"count": verdict.tries_left}
    else:
        text = {
            rules.EMAIL: _("This code no longer works. Ask for a new one"),
            rules.APP: _("This is not the code. Wait for the next one in the app: each works once, for half a minute"),
            rules.PASSKEY: _("The passkey's answer does not fit. Try again, or choose another way"),
            rules.RECOVERY: _("This is none of your unused recovery codes. Take the next one of the newest list"),
            rules.EMERGENCY: _("This emergency code does not work: it is mistyped, used or older than 24 hours"),
        }[way]
    form.add_error(None if way == rules.PASSKEY else "code", ValidationError(text, code="wrong"))


def tell_paused(form: PortageForm, way: str, until: datetime) -> None:
    minutes = rules.minutes_left(until, clock.wall_now())
    text = ngettext(
        "Too many wrong codes. Wait %(count)d minute, then try again",
        "Too many wrong codes. Wait %(count)d minutes, then try again",
        minutes,
    ) % {"count": minutes}
    form.add_error(None if way == rules.PASSKEY else "code", ValidationError(text, code="paused"))


def status_after(form: PortageForm) -> int:
    """429 while the person has to wait, 422 for any other error."""
    if not form.is_bound or not form.errors:
        return HTTPStatus.OK
    is_paused = any(error.code == "paused" for errors in form.errors.as_data().values() for error in errors)
    return HTTPStatus.TOO_MANY_REQUESTS if is_paused else HTTPStatus.UNPROCESSABLE_ENTITY


def passkey_options(way: str, user: User) -> str:
    """What the browser asks the passkeys, for the page that offers one; each showing asks anew."""
    return _plain(gateway.begin_passkey_proof(user)) if way == rules.PASSKEY else ""


def registration_options(user: User) -> str:
    return _plain(gateway.begin_passkey(user))


def _plain(options: dict[str, Any]) -> str:
    return json.dumps(options["publicKey"], default=dict)
