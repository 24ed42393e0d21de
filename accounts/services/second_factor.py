"""Second factors: enrolling and removing them, proving oneself by them, and an officer's help when they are lost.

Whoever proves something is counted by the person's guard, which is locked first: of two browsers with the same code at
once, one wins. Whoever may call what changes a factor has confirmed who they are a moment ago; the pages see to that.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import gateway, queries, rules
from accounts.gateway import Factor
from accounts.models import OneTimeCode, OpenSession, SignInGuard, User
from accounts.services import letters
from accounts.services.guard import count_try, locked_guard
from core import audit, outbox
from core.actor import Actor
from core.errors import Conflict, Refused, Stranger
from notifications.services import notify

CATEGORY = "sign_in"
_CONFIRMATION, _EMERGENCY = OneTimeCode.Purpose.CONFIRMATION, OneTimeCode.Purpose.EMERGENCY


@dataclass(frozen=True)
class Verdict:
    """The answer to one try: right, or wrong with the tries left of this code, or a pause in which nothing is tried."""

    is_right: bool
    paused_until: datetime | None = None
    tries_left: int | None = None


# --- Enrolling and removing -------------------------------------------------------------------------------------------
def add_app(
    *, user: User, secret: str, code: str, name: str, actor: Actor, at: datetime, wall_at: datetime
) -> Factor | None:
    """Enrol the authenticator app that shows this code, in place of an earlier one; nothing when the code is wrong.

    The first factor brings recovery codes with it.
    """
    counter = gateway.app_counter(secret, code, rules.app_counters(wall_at))
    if counter is None:
        return None
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        factor = gateway.add_app(user.pk, secret=secret, name=name, counter=counter)
        _record_added(user, factor, actor=actor, at=at)
    return factor


def add_passkey(*, user: User, credential: dict[str, Any], name: str, actor: Actor, at: datetime) -> Factor | None:
    """Enrol a passkey or security key; nothing when the browser's answer doesn't fit what it was asked."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        factor = gateway.add_passkey(user.pk, name=name, credential=credential)
        if factor is not None:
            _record_added(user, factor, actor=actor, at=at)
    return factor


def rename_factor(*, user: User, factor_id: int, name: str, actor: Actor, at: datetime) -> None:
    """Another name for an app or a passkey; ``Stranger`` when it is another's or gone."""
    with transaction.atomic():
        before = gateway.rename_factor(user.pk, factor_id, name)
        if before is None:
            raise _factor_gone()
        audit.record(
            actor=actor,
            verb="person.authenticator_renamed",
            target=queries.target_of(user),
            before={"name": before.name},
            after={"name": name, **_kind_of(before)},
            at=at,
        )


def remove_factor(*, user: User, factor_id: int, actor: Actor, at: datetime) -> Factor:
    """Take an app or a passkey away; after the last one codes are e-mailed again. ``Stranger`` when it is gone."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        removed = gateway.remove_factor(user.pk, factor_id)
        if removed is None:
            raise _factor_gone()
        audit.record(
            actor=actor,
            verb="person.authenticator_removed",
            target=queries.target_of(user),
            after={"name": removed.name, **_kind_of(removed)},
            at=at,
        )
        letters.write(
            user, letters.APP_REMOVED if removed.is_app else letters.PASSKEY_REMOVED, name=removed.name, at=at
        )
    return removed


def make_recovery_codes(*, user: User, actor: Actor, at: datetime) -> None:
    """A new set of recovery codes; the old ones stop working. ``Conflict`` while there is no factor to recover."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if not gateway.is_factor_enrolled(user.pk):
            raise Conflict(
                _("Recovery codes stand in for an authenticator app or a passkey. Add one of them first."),
                code="no_factor",
                link=reverse("accounts:security"),
            )
        gateway.make_recovery_codes(user.pk)
        audit.record(actor=actor, verb="person.recovery_codes_made", target=queries.target_of(user), at=at)
        letters.write(user, letters.CODES_MADE, at=at)


def show_recovery_codes(*, user: User, actor: Actor, at: datetime, wall_at: datetime) -> list[str]:
    """The codes, once a set; ``Conflict`` when they were shown before."""
    with transaction.atomic():
        codes = gateway.show_recovery_codes(user.pk, wall_at=wall_at)
        if not codes:
            raise Conflict(
                _("These recovery codes were shown already, and are shown only once. Make new ones if you lost them."),
                code="codes_shown",
                link=reverse("accounts:recovery_codes"),
            )
        audit.record(actor=actor, verb="person.recovery_codes_shown", target=queries.target_of(user), at=at)
    return codes


def start_over(*, user: User, actor: Actor, at: datetime) -> None:
    """Give up every factor and the address; the next sign-in asks for an address as the first one did."""
    with transaction.atomic():
        letters.write(user, letters.STARTED_OVER, at=at)
        gateway.forget_second_factor(user.pk)
        audit.record(actor=actor, verb="person.second_factor_started_over", target=queries.target_of(user), at=at)


# --- Proving oneself --------------------------------------------------------------------------------------------------
def try_app_code(*, user: User, code: str, actor: Actor, at: datetime, wall_at: datetime) -> Verdict:
    """One try at the code of the authenticator app."""

    def check() -> bool:
        return gateway.take_app_code(user.pk, code, rules.app_counters(wall_at), wall_at=wall_at)

    return _try(check, user=user, actor=actor, at=at, wall_at=wall_at)


def try_passkey(*, user: User, credential: dict[str, Any], actor: Actor, at: datetime, wall_at: datetime) -> Verdict:
    """One try with a passkey's answer."""

    def check() -> bool:
        return gateway.take_passkey_proof(user, credential, wall_at=wall_at)

    return _try(check, user=user, actor=actor, at=at, wall_at=wall_at)


def try_recovery_code(*, user: User, code: str, actor: Actor, at: datetime, wall_at: datetime) -> Verdict:
    """One try at a recovery code. A right one is spent, which the person is told with how many are left."""

    def check() -> bool:
        if not gateway.take_recovery_code(user.pk, code, wall_at=wall_at):
            return False
        left = gateway.factors_of(user.pk).recovery_left
        audit.record(
            actor=actor,
            verb="person.recovery_code_used",
            target=queries.target_of(user),
            after={"left": left},
            at=at,
        )
        _tell_of_recovery(user, left, at=at)
        return True

    return _try(check, user=user, actor=actor, at=at, wall_at=wall_at)


def try_emergency_code(*, user: User, code: str, actor: Actor, at: datetime, wall_at: datetime) -> Verdict:
    """One try at an officer's emergency code, which works once."""

    def check() -> bool:
        row = _locked_code(user, _EMERGENCY, wall_at=wall_at)
        if row is None or not constant_time_compare(row.code_hash, _hash_of(user, _EMERGENCY, code)):
            return False
        _end(row, OneTimeCode.State.USED, wall_at=wall_at)
        audit.record(
            actor=actor,
            verb="person.emergency_code_used",
            target=queries.target_of(user),
            after={"issued_by": row.issued_by},
            at=at,
        )
        letters.write(user, letters.EMERGENCY_USED, at=at)
        return True

    return _try(check, user=user, actor=actor, at=at, wall_at=wall_at)


def send_confirmation_code(*, user: User, at: datetime, wall_at: datetime) -> int:
    """E-mail a code that confirms a signed-in person; the newest is the only one that works.

    Returns the seconds to wait instead where one was sent a moment ago, else 0.
    """
    code = _random_digits(rules.CODE_LENGTH)
    with transaction.atomic():
        guard = locked_guard(user)
        wait = rules.seconds_until_resend(guard.code_sent_at, wall_at)
        if wait:
            return wait
        guard.code_sent_at = wall_at
        guard.save(update_fields=("code_sent_at",))
        _replace_code(user, _CONFIRMATION, code, expires_at=wall_at + rules.CODE_LIFETIME, wall_at=wall_at)
        with translation.override(user.language):
            minutes = int(rules.CODE_LIFETIME.total_seconds() // 60)
            words = {"code": code, "minutes": minutes, "person": user}
            subject = render_to_string("email/confirmation_code_subject.txt", words)
            body = render_to_string("email/confirmation_code.txt", words)
        outbox.send(
            to=user.email,
            language=user.language,
            subject=subject,
            body=body,
            category="confirmation_code",
            user_id=user.pk,
            at=at,
        )
    return 0


def try_confirmation_code(*, user: User, code: str, actor: Actor, at: datetime, wall_at: datetime) -> Verdict:
    """One try at the e-mailed code of a confirmation; the third wrong one ends the code."""
    left = 0

    def check() -> bool:
        nonlocal left
        row = _locked_code(user, _CONFIRMATION, wall_at=wall_at)
        if row is None:
            return False
        if constant_time_compare(row.code_hash, _hash_of(user, _CONFIRMATION, code)):
            _end(row, OneTimeCode.State.USED, wall_at=wall_at)
            return True
        row.failure_count += 1
        left = rules.CODE_TRIES - row.failure_count
        if left > 0:
            row.save(update_fields=("failure_count",))
        else:
            _end(row, OneTimeCode.State.SPENT, wall_at=wall_at)
        return False

    verdict = _try(check, user=user, actor=actor, at=at, wall_at=wall_at)
    return Verdict(is_right=verdict.is_right, paused_until=verdict.paused_until, tries_left=left)


def record_confirmation(*, user: User, way: str, actor: Actor, at: datetime) -> None:
    """The person showed who they are before a sensitive change."""
    audit.record(actor=actor, verb="person.confirmed", target=queries.target_of(user), after={"way": way}, at=at)


# --- An officer's help ------------------------------------------------------------------------------------------------
def reset_second_factor(*, user: User, reason: str, actor: Actor, at: datetime) -> None:
    """For a person who lost mailbox and factors: all of them go, every browser is signed out, the person is told.

    The next sign-in enrols an address again. ``Refused`` for oneself.
    """
    _not_for_oneself(user, actor)
    with transaction.atomic():
        letters.write(user, letters.RESET, at=at)
        had = gateway.factors_of(user.pk)
        gateway.forget_second_factor(user.pk)
        OneTimeCode.objects.filter(user=user, state=OneTimeCode.State.OPEN).update(state=OneTimeCode.State.REPLACED)
        SignInGuard.objects.filter(user=user).update(failure_count=0, paused_until=None)
        ended = _end_sessions(user)
        audit.record(
            actor=actor,
            verb="person.second_factor_reset",
            target=queries.target_of(user),
            after={"authenticators": len(had.all), "sessions_ended": ended},
            reason=reason,
            at=at,
        )


def issue_emergency_code(*, user: User, reason: str, actor: Actor, at: datetime, wall_at: datetime) -> str:
    """A code that replaces this person's second factor once, within 24 hours; only the caller ever sees it.

    An earlier one stops working, and a pause ends. ``Refused`` for oneself.
    """
    _not_for_oneself(user, actor)
    code = _random_digits(rules.EMERGENCY_CODE_LENGTH)
    with transaction.atomic():
        guard = locked_guard(user)
        guard.failure_count, guard.paused_until = 0, None
        guard.save()
        _replace_code(
            user,
            _EMERGENCY,
            code,
            expires_at=wall_at + rules.EMERGENCY_LIFETIME,
            wall_at=wall_at,
            issued_by=actor.name[:200],
            reason=reason,
        )
        audit.record(
            actor=actor, verb="person.emergency_code_issued", target=queries.target_of(user), reason=reason, at=at
        )
        letters.write(user, letters.EMERGENCY_ISSUED, at=at)
    return code


# --- Parts ------------------------------------------------------------------------------------------------------------
def _try(check: Callable[[], bool], *, user: User, actor: Actor, at: datetime, wall_at: datetime) -> Verdict:
    """Ask, count and answer under the person's locked guard. During a pause not even a right code is looked at."""
    with transaction.atomic():
        guard = locked_guard(user)
        if rules.is_paused(guard.paused_until, wall_at):
            return Verdict(is_right=False, paused_until=guard.paused_until)
        is_right = check()
        count_try(guard, is_right=is_right, actor=actor, at=at, wall_at=wall_at)
    return Verdict(is_right=is_right, paused_until=guard.paused_until)


def _record_added(user: User, factor: Factor, *, actor: Actor, at: datetime) -> None:
    """Recovery codes come with the first factor; later ones share them."""
    audit.record(
        actor=actor,
        verb="person.authenticator_added",
        target=queries.target_of(user),
        after={"name": factor.name, **_kind_of(factor)},
        at=at,
    )
    if gateway.factors_of(user.pk).recovery is None:
        gateway.make_recovery_codes(user.pk)
        audit.record(actor=actor, verb="person.recovery_codes_made", target=queries.target_of(user), at=at)
    letters.write(user, letters.APP_ADDED if factor.is_app else letters.PASSKEY_ADDED, name=factor.name, at=at)


def _kind_of(factor: Factor) -> dict[str, str]:
    return {"kind": rules.APP if factor.is_app else rules.PASSKEY}


def _factor_gone() -> Stranger:
    return Stranger(_("This authenticator is not there any more."), code="factor_gone")


def _not_for_oneself(user: User, actor: Actor) -> None:
    if actor.user_id == user.pk:
        raise Refused(
            _("Nobody does this to themselves. Ask another officer."),
            code="own_second_factor",
        )


def _random_digits(length: int) -> str:
    return "".join(secrets.choice("0123456789") for _position in range(length))


def _hash_of(user: User, purpose: str, code: str) -> str:
    """Keyed, because six digits could be guessed from a plain hash in no time."""
    return salted_hmac(f"accounts.code.{purpose}", f"{user.pk}:{code}", algorithm="sha256").hexdigest()


def _locked_code(user: User, purpose: str, *, wall_at: datetime) -> OneTimeCode | None:
    rows = OneTimeCode.objects.select_for_update().filter(user=user, purpose=purpose, state=OneTimeCode.State.OPEN)
    return rows.filter(expires_at__gt=wall_at).first()


def _replace_code(user: User, purpose: str, code: str, *, expires_at: datetime, wall_at: datetime, **more: str) -> None:
    OneTimeCode.objects.filter(user=user, purpose=purpose, state=OneTimeCode.State.OPEN).update(
        state=OneTimeCode.State.REPLACED, ended_at=wall_at
    )
    OneTimeCode.objects.create(
        user=user,
        purpose=purpose,
        code_hash=_hash_of(user, purpose, code),
        made_at=wall_at,
        expires_at=expires_at,
        **more,
    )


def _end(row: OneTimeCode, state: str, *, wall_at: datetime) -> None:
    row.state, row.ended_at = state, wall_at
    row.save(update_fields=("state", "ended_at", "failure_count"))


def _end_sessions(user: User) -> int:
    keys = list(OpenSession.objects.filter(user=user).values_list("session_id", flat=True))
    Session.objects.filter(pk__in=keys).delete()
    return len(keys)


def _tell_of_recovery(user: User, left: int, *, at: datetime) -> None:
    def body() -> str:
        told = ngettext(
            "One of your recovery codes was used. %(count)d is left.",
            "One of your recovery codes was used. %(count)d are left.",
            left,
        ) % {"count": left}
        more = _("Make new ones soon, before the last is spent.") if rules.are_few(left) else ""
        unknown = _("It was not you? Make new codes at once, end the other sessions and change your password.")
        return " ".join(part for part in (told, more, unknown) if part)

    notify(
        recipients=[user],
        subject=gettext_lazy("A recovery code was used"),
        body=body,
        category=CATEGORY,
        link=lambda: reverse("accounts:security"),
        at=at,
    )
