"""Reading payment sessions."""

import datetime as dt
from typing import Any

from django.db.models import QuerySet

from counterparts.bank import rules
from counterparts.bank.models import PaymentSession, WebhookDelivery


def session_with_id(session_id: str) -> PaymentSession | None:
    return PaymentSession.objects.filter(id=session_id).first()


def due_deliveries(*, at: dt.datetime) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(delivered_at=None, next_at__lte=at).order_by("next_at", "id")


def description_of(session: PaymentSession) -> dict[str, Any]:
    """A session as the portal sees it, in the API and in events."""
    return {
        "id": session.id,
        "reference": session.reference,
        "state": session.state,
        "reason": session.reason,
        "amount": rules.amount_of(session.amount_cents),
        "currency": "CAD",
        "method": session.method,
        "payee": session.payee,
        "instrument": session.instrument,
        "authorization": session.authorization,
        "created_at": session.created_at.isoformat(),
        "decided_at": session.decided_at.isoformat() if session.decided_at else None,
    }


def is_delivery(number: str) -> bool:
    return number.isascii() and number.isdigit() and WebhookDelivery.objects.filter(pk=int(number)).exists()
