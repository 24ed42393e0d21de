"""Every message is first a row in the sender's transaction, then delivered; a failed delivery is tried again later."""

from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.utils.module_loading import import_string

from core.clock import wall_now
from core.models import OutboxMessage

LARGEST_BATCH = 200
PAUSES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
BOUNCING_DOMAIN = "@bounce.example"


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


def _deliver(row: OutboxMessage) -> bool:
    if row.to.endswith(BOUNCING_DOMAIN):
        _finish(row, OutboxMessage.State.BOUNCED, problem="practice address that always bounces")
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
