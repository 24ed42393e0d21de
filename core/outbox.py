"""Every message is first a row in the sender's transaction, then delivered; a failed delivery is tried again later."""

from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.clock import wall_now
from core.errors import Conflict
from core.models import OutboxMessage

LARGEST_BATCH = 200
PAUSES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
#: Practice addresses that send every message back: this domain, and this name in any other.
BOUNCING_DOMAIN = "@bounce.example"
BOUNCING_NAME = "bounce@"


def message(
    *,
    to: str,
    language: str,
    subject: str,
    body: str,
    category: str,
    at: datetime,
    user_id: int | None = None,
    link: str = "",
) -> OutboxMessage:
    """An unsaved message; population jobs collect many and pass them to :func:`send_many`."""
    wall = wall_now()
    return OutboxMessage(
        to=to,
        language=language,
        subject=" ".join(subject.split())[:250],
        body=body,
        category=category,
        link=link,
        user_id=user_id,
        business_at=at,
        created_at=wall,
        next_attempt_at=wall,
    )


def send(*, to: str, language: str, subject: str, body: str, category: str, at: datetime, **more: Any) -> OutboxMessage:
    """Put one message into the outbox in the caller's transaction; delivery starts once that commits."""
    row = message(to=to, language=language, subject=subject, body=body, category=category, at=at, **more)
    row.save(force_insert=True)
    transaction.on_commit(lambda: import_string(settings.OUTBOX_DISPATCH)())
    return row


def send_many(messages: list[OutboxMessage]) -> None:
    if messages:
        OutboxMessage.objects.bulk_create(messages, batch_size=500)
        transaction.on_commit(lambda: import_string(settings.OUTBOX_DISPATCH)())


def deliver_waiting() -> int:
    """Deliver what waits; without an SMTP server the outbox itself is the destination. Returns how many were sent."""
    sent = 0
    for row in OutboxMessage.objects.filter(
        state=OutboxMessage.State.WAITING, next_attempt_at__lte=wall_now()
    ).order_by("id")[:LARGEST_BATCH]:
        sent += _deliver(row)
    return sent


def send_again(*, message: OutboxMessage, to: str, actor: Actor, at: datetime) -> OutboxMessage:
    """A message that did not arrive, sent anew to ``to``; the first row stays as it is. ``Conflict`` if it did arrive.

    Two at once send it once: whoever comes second meets the copy that is under way.
    """
    with transaction.atomic():
        row = OutboxMessage.objects.select_for_update().get(pk=message.pk)
        if row.state not in (OutboxMessage.State.FAILED, OutboxMessage.State.BOUNCED):
            raise Conflict(
                _("This message is not lost, so it is not sent again. Look at its state in the list."),
                code="message_not_lost",
            )
        if row.sent_again_at is not None:
            raise Conflict(
                _("This message was sent again already. The newer one stands above it in the list."),
                code="message_sent_again",
            )
        row.sent_again_at = wall_now()
        row.save(update_fields=("sent_again_at",))
        copy = send(
            to=to,
            language=row.language,
            subject=row.subject,
            body=row.body,
            category=row.category,
            user_id=row.user_id,
            link=row.link,
            at=at,
        )
        audit.record(actor=actor, verb="message.sent_again", target=_target(row), after={"copy": copy.pk}, at=at)
    return copy


def return_to_sender(*, message: OutboxMessage, actor: Actor, at: datetime) -> OutboxMessage:
    """The mailbox of a delivered or waiting message sends it back, as an officer wishes it in practice."""
    with transaction.atomic():
        row = OutboxMessage.objects.select_for_update().get(pk=message.pk)
        if row.state == OutboxMessage.State.BOUNCED:
            return row
        _bounce(row, problem="returned in practice by an officer")
        audit.record(actor=actor, verb="message.returned", target=_target(row), at=at)
    return row


def _target(row: OutboxMessage) -> str:
    return f"core.OutboxMessage:{row.pk}"


def _bounce(row: OutboxMessage, *, problem: str) -> None:
    """The message came back; who knows people is told, in the same transaction."""
    with transaction.atomic():
        _finish(row, OutboxMessage.State.BOUNCED, problem=problem)
        import_string(settings.OUTBOX_BOUNCED)(message=row)


def _deliver(row: OutboxMessage) -> bool:
    if row.to.endswith(BOUNCING_DOMAIN) or row.to.startswith(BOUNCING_NAME):
        _bounce(row, problem="practice address that always bounces")
        return False
    try:
        if settings.SMTP_URL:
            _smtp(row)
    except (OSError, SMTPException) as problem:
        row.attempt_count += 1
        if row.attempt_count > len(PAUSES):
            _finish(row, OutboxMessage.State.FAILED, problem=str(problem)[:300])
            return False
        row.next_attempt_at = wall_now() + PAUSES[row.attempt_count - 1]
        row.problem = str(problem)[:300]
        row.save(update_fields=("attempt_count", "next_attempt_at", "problem"))
        return False
    _finish(row, OutboxMessage.State.SENT)
    return True


def _finish(row: OutboxMessage, state: OutboxMessage.State, *, problem: str = "") -> None:
    row.state = state
    row.problem = problem
    row.sent_at = wall_now() if state == OutboxMessage.State.SENT else None
    row.save(update_fields=("state", "problem", "sent_at"))


def _smtp(row: OutboxMessage) -> None:
    from_url = settings.SMTP_SERVER
    EmailMessage(
        subject=row.subject,
        body=row.body,
        to=[row.to],
        headers={"Content-Language": row.language, "X-Portage": "simulation"},
        connection=get_connection("django.core.mail.backends.smtp.EmailBackend", **from_url),
    ).send()
