"""Opening a session, deciding it once, and telling the portal."""

import datetime as dt
import json
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from counterparts.bank import gateway, queries, rules
from counterparts.bank.models import PaymentSession, WebhookDelivery


class ReferenceReused(Exception):
    """The same reference came with another amount, method, payee or address."""


class Unavailable(Exception):
    """The bank cannot decide now; nothing was captured."""


@dataclass(frozen=True)
class Order:
    """What the portal asks for, already checked."""

    reference: str
    amount: str
    method: str
    payee: str
    return_url: str
    language: str


def open_session(*, order: Order, at: dt.datetime) -> tuple[PaymentSession, bool]:
    """The session of this reference and whether it is new; asking twice gives the same one."""
    session = PaymentSession(
        id=f"ps_{secrets.token_hex(16)}",
        reference=order.reference,
        amount_cents=rules.cents_of(order.amount),
        method=order.method,
        payee=order.payee,
        return_url=order.return_url,
        language=order.language,
        created_at=at,
    )
    try:
        with transaction.atomic():
            session.save(force_insert=True)
    except IntegrityError:
        earlier = PaymentSession.objects.get(reference=order.reference)
        same = ("amount_cents", "method", "payee", "return_url")
        if any(getattr(earlier, name) != getattr(session, name) for name in same):
            raise ReferenceReused from None
        return earlier, False
    return session, True


def decide(*, session_id: str, number: str, at: dt.datetime) -> tuple[PaymentSession, rules.Manner]:
    """Captures or declines; a session that is decided already stays as it is, so that nobody pays twice."""
    with transaction.atomic():
        session = PaymentSession.objects.select_for_update().get(id=session_id)
        if session.state != PaymentSession.State.CREATED:
            return session, rules.Manner.USUAL
        instrument = rules.instrument_for(session.method, number)
        if instrument.manner == rules.Manner.UNAVAILABLE:
            raise Unavailable
        session.state = PaymentSession.State.APPROVED if instrument.is_approved else PaymentSession.State.DECLINED
        session.reason = instrument.reason.value
        session.instrument = f"**** {instrument.number[-4:]}"
        session.authorization = secrets.token_hex(4).upper() if instrument.is_approved else ""
        session.decided_at = at
        session.save()
        deliveries = _announce(session, instrument.manner, at=at)
    if instrument.manner in {rules.Manner.USUAL, rules.Manner.TWICE}:
        for delivery in deliveries:
            deliver(delivery=delivery, at=at)
    return session, instrument.manner


def cancel(*, session_id: str, reason: rules.Reason, at: dt.datetime, tell_at_once: bool = True) -> PaymentSession:
    """Ends a session without money moving; one that is decided already stays as it is.

    The portal's own call waits for the answer, so its event is left to the delivery loop.
    """
    with transaction.atomic():
        session = PaymentSession.objects.select_for_update().get(id=session_id)
        if session.state != PaymentSession.State.CREATED:
            return session
        session.state = PaymentSession.State.CANCELLED
        session.reason = reason.value
        session.decided_at = at
        session.save()
        deliveries = _announce(session, rules.Manner.USUAL, at=at)
    for delivery in deliveries if tell_at_once else ():
        deliver(delivery=delivery, at=at)
    return session


def expire_old_sessions(*, at: dt.datetime) -> int:
    """Ends what nobody finished in time."""
    old = PaymentSession.objects.filter(state=PaymentSession.State.CREATED, created_at__lt=at - rules.SESSION_LIFE)
    ids = list(old.values_list("id", flat=True)[:100])
    for session_id in ids:
        cancel(session_id=session_id, reason=rules.Reason.SESSION_EXPIRED, at=at)
    return len(ids)


def deliver(*, delivery: WebhookDelivery, at: dt.datetime) -> bool:
    """One try to tell the portal; whoever moves ``next_at`` first makes the try, so that two workers never both do."""
    attempts = delivery.attempts + 1
    following = rules.next_try(attempts, at)
    mine = WebhookDelivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, delivered_at=None)
    if not mine.update(attempts=attempts, next_at=following):
        return False
    taken, answer = gateway.tell_portal(delivery.body)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        last_answer=answer, **({"delivered_at": at, "next_at": None} if taken else {})
    )
    return taken


def deliver_due(*, at: dt.datetime) -> tuple[int, int]:
    """Tries everything that is due; returns how many were tried and how many the portal took."""
    due = list(queries.due_deliveries(at=at)[:100])
    return len(due), sum(deliver(delivery=delivery, at=at) for delivery in due)


def is_own_portal(address: str, portal_url: str) -> bool:
    """Whether an address to return to belongs to the portal; any other would make the bank an open redirect."""
    if any(character <= " " or character == "\\" for character in address):
        return False
    try:
        given, portal = urlsplit(address), urlsplit(portal_url)
    except ValueError:
        return False
    return (given.scheme, given.netloc) == (portal.scheme, portal.netloc) and not given.fragment


def _announce(session: PaymentSession, manner: rules.Manner, *, at: dt.datetime) -> list[WebhookDelivery]:
    event_id = f"ev_{secrets.token_hex(16)}"
    body = json.dumps(
        {
            "id": event_id,
            "type": f"payment.{session.state.lower()}",
            "created_at": at.isoformat(),
            "data": queries.description_of(session),
        }
    )
    wait = rules.LATE if manner in {rules.Manner.TIME_OUT, rules.Manner.LATE} else dt.timedelta(0)
    copies = 2 if manner == rules.Manner.TWICE else 1
    return [
        WebhookDelivery.objects.create(event_id=event_id, session=session, body=body, next_at=at + wait)
        for _copy in range(copies)
    ]
