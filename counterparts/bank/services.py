"""Opening a session, deciding it once, and telling the portal."""

import datetime as dt
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from counterparts.bank import events, queries, rules
from counterparts.bank.clearing import services as clearing
from counterparts.bank.errors import ReferenceReused, Unavailable
from counterparts.bank.models import PaymentSession, WebhookDelivery


@dataclass(frozen=True)
class Order:
    """What the portal asks for, already checked."""

    reference: str
    amount: str
    method: str
    payee: str
    return_url: str
    language: str
    on: dt.date | None = None


def open_session(*, order: Order, at: dt.datetime) -> tuple[PaymentSession, bool]:
    """The session of this reference and whether it is new; asking twice gives the same one."""
    session = PaymentSession(
        id=f"ps_{secrets.token_hex(16)}",
        reference=order.reference,
        amount_cents=rules.cents_of(order.amount),
        method=order.method,
        payee=order.payee,
        on=order.on,
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
    """Captures, declines or asks for a code; a session that is decided stays as it is, so that nobody pays twice."""
    with transaction.atomic():
        session = PaymentSession.objects.select_for_update().get(id=session_id)
        if session.state != PaymentSession.State.CREATED:
            return session, rules.Manner.USUAL
        instrument = rules.instrument_for(session.method, number)
        if instrument.manner == rules.Manner.UNAVAILABLE:
            raise Unavailable
        session.instrument = f"**** {instrument.number[-4:]}"
        if instrument.manner == rules.Manner.CHALLENGE:
            # Going back and giving the card again gives no further tries.
            session.codes_left = session.codes_left or rules.CHALLENGE_TRIES
            session.save()
            return session, instrument.manner
        deliveries = _end(session, instrument.reason, instrument.manner, at=at)
        if instrument.manner == rules.Manner.CHARGED_BACK:
            clearing.plan_charge_back(session=session, on=session.on or clearing.latest_day(at=at))
    if instrument.manner not in {rules.Manner.TIME_OUT, rules.Manner.LATE}:
        for delivery in deliveries:
            events.deliver(delivery=delivery, at=at)
    return session, instrument.manner


def answer_challenge(*, session_id: str, code: str, at: dt.datetime) -> PaymentSession:
    """Captures where the code is right; the third wrong one declines. Decided already: stays as it is."""
    deliveries: list[WebhookDelivery] = []
    with transaction.atomic():
        session = PaymentSession.objects.select_for_update().get(id=session_id)
        if session.state != PaymentSession.State.CREATED or not session.codes_left:
            return session
        if rules.challenge_passes(code):
            deliveries = _end(session, rules.Reason.NONE, rules.Manner.USUAL, at=at)
        else:
            session.codes_left -= 1
            session.save()
            if not session.codes_left:
                deliveries = _end(session, rules.Reason.CHALLENGE_FAILED, rules.Manner.USUAL, at=at)
    for delivery in deliveries:
        events.deliver(delivery=delivery, at=at)
    return session


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
        events.deliver(delivery=delivery, at=at)
    return session


def expire_old_sessions(*, at: dt.datetime) -> int:
    """Ends what nobody finished in time."""
    old = PaymentSession.objects.filter(state=PaymentSession.State.CREATED, created_at__lt=at - rules.SESSION_LIFE)
    ids = list(old.values_list("id", flat=True)[:100])
    for session_id in ids:
        cancel(session_id=session_id, reason=rules.Reason.SESSION_EXPIRED, at=at)
    return len(ids)


def is_own_portal(address: str, portal_url: str) -> bool:
    """Whether an address to return to belongs to the portal; any other would make the bank an open redirect."""
    if any(character <= " " or character == "\\" for character in address):
        return False
    try:
        given, portal = urlsplit(address), urlsplit(portal_url)
    except ValueError:
        return False
    return (given.scheme, given.netloc) == (portal.scheme, portal.netloc) and not given.fragment


def _end(
    session: PaymentSession, reason: rules.Reason, manner: rules.Manner, *, at: dt.datetime
) -> list[WebhookDelivery]:
    """Captures a session without a reason against it, and declines one with."""
    is_approved = reason == rules.Reason.NONE
    session.state = PaymentSession.State.APPROVED if is_approved else PaymentSession.State.DECLINED
    session.reason = reason.value
    session.authorization = secrets.token_hex(4).upper() if is_approved else ""
    session.decided_at = at
    session.save()
    return _announce(session, manner, at=at)


def _announce(session: PaymentSession, manner: rules.Manner, *, at: dt.datetime) -> list[WebhookDelivery]:
    """The event of a decision, with the misfortune of its card; the beginning out of order follows the end."""
    told = queries.description_of(session)
    wait = rules.LATE if manner in {rules.Manner.TIME_OUT, rules.Manner.LATE} else dt.timedelta(0)
    copies = 2 if manner == rules.Manner.TWICE else 1
    deliveries = events.announce(f"payment.{session.state.lower()}", told, at=at, wait=wait, copies=copies)
    if manner == rules.Manner.OUT_OF_ORDER:
        begun = {
            **told,
            "state": PaymentSession.State.CREATED,
            "instrument": "",
            "authorization": "",
            "decided_at": None,
        }
        events.announce("payment.created", begun, at=session.created_at, wait=at + rules.LATE - session.created_at)
    return deliveries
