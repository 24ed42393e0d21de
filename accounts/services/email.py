"""What happens to a person's addresses: a change that waits for its code, and mailboxes that send messages back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import gateway, queries, rules
from accounts.models import EmailChange, User
from accounts.rules import Verdict
from core import audit, outbox
from core.actor import Actor, system
from core.errors import Conflict, DomainError
from core.models import OutboxMessage

CODE_CATEGORY = "address_code"
NOTICE_CATEGORY = "address_changed"
State = EmailChange.State
Purpose = EmailChange.Purpose


@dataclass(frozen=True)
class Attempt:
    """The answer to a typed code; a wrong one is counted, so it is an answer and no error."""

    verdict: Verdict
    tries_left: int = 0


def ask_change(*, user: User, purpose: str, email: str, actor: Actor, at: datetime, wall_at: datetime) -> EmailChange:
    """Send a code to a new address; the old one stays in use until the code comes back, for at most 24 hours.

    A change of the same kind that still waits is replaced. ``DomainError`` when nothing would change, ``Conflict``
    within 30 seconds of the last code or after ten codes in 24 hours. An address may be shared.
    """
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        if purpose == Purpose.SIGN_IN and rules.is_same_address(email, row.email) and row.email_bounced_at is None:
            raise DomainError(
                _("Your codes go to this address already. Enter another one, or go back."),
                code="same_address",
                field="email",
            )
        _demand_pause(row, purpose, wall_at)
        _close(EmailChange.objects.filter(user=row, purpose=purpose, state=State.PENDING), State.CANCELLED, wall_at)
        old = row.email if purpose == Purpose.SIGN_IN else row.address
        change = EmailChange.objects.create(
            user=row,
            purpose=purpose,
            old_email=old,
            new_email=email,
            code_sent_at=wall_at,
            asked_at=wall_at,
            expires_at=wall_at + rules.CHANGE_LIFETIME,
        )
        _send_code(change, row, at)
        audit.record(
            actor=actor,
            verb="person.email_change_asked",
            target=queries.target_of(row),
            before={"email": old},
            after={"email": email, "which": purpose},
            at=at,
        )
    return change


def ask_contact_proof(*, user: User, actor: Actor, at: datetime, wall_at: datetime) -> EmailChange | None:
    """After the profile was saved: a code to a contact address that is not confirmed; none where nothing is to prove.

    A code for an address that is no longer the contact address is withdrawn.
    """
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        waiting = EmailChange.objects.filter(user=row, purpose=Purpose.CONTACT, state=State.PENDING)
        known = waiting.first()
        if row.has_confirmed_contact or not row.contact_email:
            _close(waiting, State.CANCELLED, wall_at)
            return None
        if known is not None and rules.is_same_address(known.new_email, row.contact_email):
            if wall_at < known.expires_at:
                return known
        elif known is not None:
            _close(waiting, State.CANCELLED, wall_at)
        if not _may_send(row, Purpose.CONTACT, wall_at):
            return None
        return ask_change(
            user=row, purpose=Purpose.CONTACT, email=row.contact_email, actor=actor, at=at, wall_at=wall_at
        )


def resend_code(*, user: User, purpose: str, actor: Actor, at: datetime, wall_at: datetime) -> EmailChange:
    """A new code with its own ten minutes and three tries; the 24 hours of the change go on."""
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        change = _waiting(row, purpose, wall_at)
        if change is None:
            raise _gone()
        _demand_pause(row, purpose, wall_at)
        change.code_sent_at, change.failure_count = wall_at, 0
        change.code_count += 1
        _send_code(change, row, at)
        audit.record(
            actor=actor,
            verb="person.email_code_resent",
            target=queries.target_of(row),
            after={"email": change.new_email, "which": purpose},
            at=at,
        )
    return change


def cancel_change(*, user: User, purpose: str, actor: Actor, at: datetime, wall_at: datetime) -> None:
    """The old address stays. ``Conflict`` when the change is over: it was confirmed in another browser, or lapsed."""
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        change = _waiting(row, purpose, wall_at)
        if change is None:
            raise _gone()
        _close(EmailChange.objects.filter(pk=change.pk), State.CANCELLED, wall_at)
        audit.record(
            actor=actor,
            verb="person.email_change_cancelled",
            target=queries.target_of(row),
            after={"email": change.new_email, "which": purpose},
            at=at,
        )


def try_change_code(*, user: User, purpose: str, code: str, actor: Actor, at: datetime, wall_at: datetime) -> Attempt:
    """Confirm the address that waits with the code sent to it; of two browsers at once one does, the other is told.

    A wrong code is counted with the change, so that many browsers have no more tries than one.
    """
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        change = _waiting(row, purpose, wall_at)
        if change is None:
            return Attempt(Verdict.GONE)
        verdict = rules.code_verdict(
            is_right=constant_time_compare(change.code_hash, _hash(change, code)),
            failure_count=change.failure_count,
            sent_at=change.code_sent_at,
            at=wall_at,
        )
        if verdict == Verdict.CONFIRMED:
            _confirm(row, change, actor=actor, at=at, wall_at=wall_at)
        elif change.failure_count < rules.CODE_TRIES and verdict != Verdict.OVERDUE:
            change.failure_count += 1
            change.save(update_fields=("failure_count",))
            audit.record(actor=actor, verb="person.code_rejected", target=queries.target_of(row), at=at)
    return Attempt(verdict, max(0, rules.CODE_TRIES - change.failure_count))


def use_sign_in_address(*, user: User, actor: Actor, at: datetime, wall_at: datetime) -> None:
    """Notices go where the codes go; a contact address of its own is given up."""
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        before = row.contact_email
        _close(
            EmailChange.objects.filter(user=row, purpose=Purpose.CONTACT, state=State.PENDING), State.CANCELLED, wall_at
        )
        row.contact_email, row.contact_verified_at, row.contact_bounced_at = row.email, None, None
        row.save(update_fields=("contact_email", "contact_verified_at", "contact_bounced_at"))
        audit.record(
            actor=actor,
            verb="person.contact_email_changed",
            target=queries.target_of(row),
            before={"email": before},
            after={"email": row.email},
            at=at,
        )


def close_lapsed_changes(*, actor: Actor, at: datetime, wall_at: datetime) -> int:
    """Changes that waited 24 hours in vain; returns how many. Safe to run twice and beside anybody who confirms."""
    with transaction.atomic():
        rows = list(
            EmailChange.objects.select_for_update(of=("self",))
            .filter(state=State.PENDING, expires_at__lte=wall_at)
            .select_related("user")
        )
        _close(EmailChange.objects.filter(pk__in=[row.pk for row in rows]), State.LAPSED, wall_at)
        audit.record_many(
            audit.event(
                actor=actor,
                verb="person.email_change_lapsed",
                target=queries.target_of(row.user),
                after={"email": row.new_email, "which": row.purpose},
                at=at,
            )
            for row in rows
        )
    return len(rows)


def note_bounce(*, message: OutboxMessage) -> None:
    """A message came back: everybody who uses its address is led to mend it at their next step."""
    people = User.objects.filter(Q(email__iexact=message.to) | Q(contact_email__iexact=message.to), is_staff=False)
    found = list(people)
    User.objects.filter(pk__in=[user.pk for user in found], email__iexact=message.to).update(
        email_bounced_at=message.created_at
    )
    User.objects.filter(pk__in=[user.pk for user in found], contact_email__iexact=message.to).exclude(
        email__iexact=message.to
    ).update(contact_bounced_at=message.created_at)
    audit.record_many(
        audit.event(
            actor=system("outbox"),
            verb="person.email_bounced",
            target=queries.target_of(user),
            after={"email": message.to},
            at=message.business_at,
        )
        for user in found
    )


def note_code_arrived(*, user: User, actor: Actor, at: datetime) -> None:
    """A right code at sign-in proves that the mailbox takes messages again."""
    if user.email_bounced_at is None:
        return
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(email_bounced_at=None)
        audit.record(actor=actor, verb="person.email_works_again", target=queries.target_of(user), at=at)
    user.email_bounced_at = None


def lift_bounce(*, user: User, reason: str, actor: Actor, at: datetime) -> None:
    """An officer knows better: the mailbox works, or the person was reached in another way."""
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        if not row.must_mend_email:
            return
        row.email_bounced_at = row.contact_bounced_at = None
        row.save(update_fields=("email_bounced_at", "contact_bounced_at"))
        audit.record(actor=actor, verb="person.email_works_again", target=queries.target_of(row), reason=reason, at=at)


def send_again(*, user: User, message: OutboxMessage, actor: Actor, at: datetime) -> OutboxMessage:
    """A message of this person that did not arrive, to the address where notices go now.

    ``DomainError`` for a code, which no longer works, and for an address that sends messages back.
    """
    if message.category in queries.CODE_CATEGORIES:
        raise DomainError(
            _("A code is not sent again: ask for a new one on the page that wants it."), code="code_not_sent_again"
        )
    if user.must_mend_email:
        raise DomainError(
            _("Your address still sends messages back. Mend it first, then send this message again."),
            code="address_bounces",
        )
    return outbox.send_again(message=message, to=user.address, actor=actor, at=at)


# --- Steps ------------------------------------------------------------------------------------------------------------
def _confirm(user: User, change: EmailChange, *, actor: Actor, at: datetime, wall_at: datetime) -> None:
    old, old_notices = change.old_email, user.address
    if change.purpose == Purpose.SIGN_IN:
        # Whoever had one address for both keeps one for both.
        if not user.contact_email or rules.is_same_address(user.contact_email, user.email):
            user.contact_email, user.contact_verified_at = change.new_email, None
        gateway.set_email(user.pk, change.new_email, is_verified=True)
        user.email, user.email_bounced_at = change.new_email, None
        verb = "person.email_changed"
    else:
        user.contact_email, user.contact_verified_at, user.contact_bounced_at = change.new_email, wall_at, None
        verb = "person.contact_email_changed"
    user.save()
    _close(EmailChange.objects.filter(pk=change.pk), State.CONFIRMED, wall_at)
    audit.record(
        actor=actor,
        verb=verb,
        target=queries.target_of(user),
        before={"email": old},
        after={"email": change.new_email},
        at=at,
    )
    told = {change.new_email.casefold(): change.new_email}
    for address in (old, old_notices):
        told.setdefault(address.casefold(), address)
    for address in told.values():
        if address:
            _tell(user, change, to=address, at=at)


def _tell(user: User, change: EmailChange, *, to: str, at: datetime) -> None:
    """Both addresses hear of it; the old one also what to do if it was not the person."""
    words = {
        "person": user,
        "new_email": change.new_email,
        "is_old": not rules.is_same_address(to, change.new_email),
        "is_sign_in": change.purpose == Purpose.SIGN_IN,
    }
    _letter(user, to, "email_changed", words, NOTICE_CATEGORY, at)


def _send_code(change: EmailChange, user: User, at: datetime) -> None:
    """A new code; only its keyed hash is kept."""
    code = get_random_string(rules.CODE_LENGTH, "0123456789")
    change.code_hash = _hash(change, code)
    change.save(update_fields=("code_hash", "code_sent_at", "code_count", "failure_count"))
    words = {
        "person": user,
        "code": code,
        "minutes": int(rules.CODE_LIFETIME.total_seconds() // 60),
        "is_sign_in": change.purpose == Purpose.SIGN_IN,
    }
    _letter(user, change.new_email, "address_code", words, CODE_CATEGORY, at)


def _letter(user: User, to: str, name: str, words: dict[str, Any], category: str, at: datetime) -> None:
    with translation.override(user.language):
        subject = render_to_string(f"email/{name}_subject.txt", words)
        body = render_to_string(f"email/{name}.txt", words)
    outbox.send(to=to, language=user.language, subject=subject, body=body, category=category, user_id=user.pk, at=at)


def _hash(change: EmailChange, code: str) -> str:
    return salted_hmac("accounts.email_change", f"{change.pk}:{code}", algorithm="sha256").hexdigest()


def _waiting(user: User, purpose: str, wall_at: datetime) -> EmailChange | None:
    return EmailChange.objects.filter(user=user, purpose=purpose, state=State.PENDING, expires_at__gt=wall_at).first()


def _close(rows: Any, state: str, wall_at: datetime) -> None:
    rows.update(state=state, closed_at=wall_at, code_hash="")


def _newest(user: User, purpose: str) -> EmailChange | None:
    return EmailChange.objects.filter(user=user, purpose=purpose).order_by("-code_sent_at").first()


def _sent_in_a_day(user: User, wall_at: datetime) -> int:
    recent = EmailChange.objects.filter(user=user, code_sent_at__gt=wall_at - timedelta(days=1))
    return sum(recent.values_list("code_count", flat=True))


def _may_send(user: User, purpose: str, wall_at: datetime) -> bool:
    newest = _newest(user, purpose)
    wait = rules.seconds_until_resend(newest.code_sent_at if newest else None, wall_at)
    return not wait and rules.may_send_code(_sent_in_a_day(user, wall_at))


def _demand_pause(user: User, purpose: str, wall_at: datetime) -> None:
    newest = _newest(user, purpose)
    wait = rules.seconds_until_resend(newest.code_sent_at if newest else None, wall_at)
    if wait:
        text = ngettext(
            "A code was sent a moment ago. Wait %(count)d second before you ask for another.",
            "A code was sent a moment ago. Wait %(count)d seconds before you ask for another.",
            wait,
        )
        raise Conflict(text % {"count": wait}, code="code_just_sent")
    if not rules.may_send_code(_sent_in_a_day(user, wall_at)):
        raise Conflict(
            _("Ten codes were sent within 24 hours. Use the newest one, or try again tomorrow."), code="codes_spent"
        )


def _gone() -> Conflict:
    return Conflict(
        _(
            "No new address waits for a code any more: it was confirmed or cancelled in another browser, or its "
            "24 hours are over. Look at your addresses, then begin again if you need to."
        ),
        code="change_over",
    )
