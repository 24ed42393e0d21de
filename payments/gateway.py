"""The bank as the portal sees it: four calls with a time limit, so that a real provider could take its place."""

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from http.client import HTTPException
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from core.errors import Unavailable

TIME_LIMIT = 5.0
SIGNATURE_LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True)
class BankSession:
    """A payment at the bank: where the person goes, and how it stands (CREATED, APPROVED, DECLINED, CANCELLED)."""

    id: str
    url: str
    state: str
    reason: str = ""


def open_session(
    *, reference: str, amount: Decimal, method: str, payee: str, return_url: str, language: str
) -> BankSession:
    """Open the bank's page for a payment; the same reference, the same session. ``Unavailable`` when it is down."""
    return _call(
        "POST",
        "/api/payments",
        {
            "reference": reference,
            "amount": f"{amount:.2f}",
            "method": method,
            "payee": payee,
            "return_url": return_url,
            "language": language,
        },
    )


def read_session(session_id: str) -> BankSession:
    """How a payment stands at the bank. ``Unavailable`` when it does not answer."""
    return _call("GET", f"/api/payments/{session_id}")


def cancel_session(session_id: str) -> BankSession:
    """Ask the bank to end a payment; one that it has decided already comes back as decided."""
    return _call("POST", f"/api/payments/{session_id}/cancel", {})


def is_signed(body: bytes, *, timestamp: str, signature: str, now: float) -> bool:
    """Whether the bank itself sent these bytes, within the last five minutes."""
    if not (timestamp.isascii() and timestamp.isdigit() and signature.isascii()):
        return False
    if abs(now - int(timestamp)) > SIGNATURE_LIFETIME.total_seconds():
        return False
    expected = hmac.new(settings.COUNTERPART_SECRET.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return hmac.compare_digest(f"v1={expected.hexdigest()}", signature)


def _call(method: str, path: str, body: dict[str, str] | None = None) -> BankSession:
    request = urllib.request.Request(
        settings.BANK_URL + path,
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {settings.COUNTERPART_SECRET}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIME_LIMIT) as answer:
            given: dict[str, Any] = json.load(answer)
        return BankSession(
            id=str(given["id"]),
            url=str(given["url"]),
            state=str(given["state"]),
            reason=str(given.get("reason") or ""),
        )
    except (urllib.error.URLError, OSError, HTTPException, ValueError, KeyError, TypeError) as problem:
        raise Unavailable(
            _("The practice bank does not answer now. Nothing was lost. Try again in a minute."),
            code="bank_unavailable",
        ) from problem
