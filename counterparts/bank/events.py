"""What the portal is told, and telling it again until it listens."""

import datetime as dt
import json
import secrets
from typing import Any

from counterparts.bank import gateway, queries, rules
from counterparts.bank.models import WebhookDelivery


def announce(
    kind: str, data: dict[str, Any], *, at: dt.datetime, wait: dt.timedelta = dt.timedelta(0), copies: int = 1
) -> list[WebhookDelivery]:
    """Keeps an event for the portal; ``copies`` of the same event are told one after the other."""
    event_id = f"ev_{secrets.token_hex(16)}"
    body = json.dumps({"id": event_id, "type": kind, "created_at": at.isoformat(), "data": data})
    return [
        WebhookDelivery.objects.create(
            event_id=event_id, kind=kind, reference=data["reference"], body=body, next_at=at + wait
        )
        for _copy in range(copies)
    ]


def send_again(*, delivery_id: int, at: dt.datetime) -> bool:
    """Tells an event once more, the same to the letter, whether or not the portal took it; whether it takes it now.

    A try that fails leaves the earlier plan as it was.
    """
    delivery = WebhookDelivery.objects.get(pk=delivery_id)
    taken, answer = gateway.tell_portal(delivery.body)
    changes: dict[str, Any] = {"last_answer": answer}
    if taken:
        changes |= {"delivered_at": at, "next_at": None}
    WebhookDelivery.objects.filter(pk=delivery.pk).update(**changes)
    return taken


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
