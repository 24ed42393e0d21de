"""What the bank tells by itself: signed, perhaps late, perhaps twice, and only a hint to ask the bank."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

SIGNATURE_LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True)
class Notice:
    """An event of the bank: its kind, such as ``payment.approved``, and the reference it is about."""

    id: str
    kind: str
    reference: str


def is_signed(body: bytes, *, timestamp: str, signature: str, now: float) -> bool:
    """Whether the bank itself sent these bytes, within the last five minutes."""
    if not (timestamp.isascii() and timestamp.isdigit() and signature.isascii()):
        return False
    if abs(now - int(timestamp)) > SIGNATURE_LIFETIME.total_seconds():
        return False
    expected = hmac.new(settings.COUNTERPART_SECRET.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return hmac.compare_digest(f"v1={expected.hexdigest()}", signature)


def read_notice(body: bytes) -> Notice | None:
    """The event in these bytes; None where they are not one."""
    try:
        given = json.loads(body)
        return Notice(id=str(given.get("id") or ""), kind=str(given["type"]), reference=str(given["data"]["reference"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
