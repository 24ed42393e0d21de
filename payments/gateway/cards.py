"""Card and debit payments that a person makes on the bank's own page."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from payments.gateway.calls import call


@dataclass(frozen=True)
class BankSession:
    """A payment at the bank: where the person goes, and how it stands (CREATED, APPROVED, DECLINED, CANCELLED)."""

    id: str
    url: str
    state: str
    reason: str = ""


def open_session(
    *,
    reference: str,
    amount: Decimal,
    method: str,
    payee: str,
    return_url: str,
    language: str,
    on: date | None = None,
) -> BankSession:
    """Open the bank's page for a payment; the same reference, the same session. ``Unavailable`` when it is down.

    ``on`` is the business day, from which the bank counts the days to a charge-back.
    """
    body = {
        "reference": reference,
        "amount": f"{amount:.2f}",
        "method": method,
        "payee": payee,
        "return_url": return_url,
        "language": language,
    }
    return call("POST", "/api/payments", {**body, **({"on": on.isoformat()} if on else {})}, read=_session_of)


def read_session(session_id: str) -> BankSession:
    """How a payment stands at the bank. ``Unavailable`` when it does not answer."""
    return call("GET", f"/api/payments/{session_id}", None, read=_session_of)


def cancel_session(session_id: str) -> BankSession:
    """Ask the bank to end a payment; one that it has decided already comes back as decided."""
    return call("POST", f"/api/payments/{session_id}/cancel", {}, read=_session_of)


def _session_of(given: dict[str, Any]) -> BankSession:
    return BankSession(
        id=str(given["id"]),
        url=str(given["url"]),
        state=str(given["state"]),
        reason=str(given.get("reason") or ""),
    )
