"""Pre-authorised debits: the mandate, the list of debits sent to the bank, and what the bank reports day by day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from payments.gateway.calls import FILE_TIME_LIMIT, call


@dataclass(frozen=True)
class Mandate:
    """The permission to debit an account: ACTIVE, REFUSED (with a reason), CANCELLED by us or REVOKED by its holder.

    ``account`` shows the last four digits alone.
    """

    id: str
    reference: str
    state: str
    reason: str
    account: str


@dataclass(frozen=True)
class DebitOrder:
    """One debit asked for; ``reference`` is ours, and a second presentation has a reference of its own."""

    reference: str
    mandate_id: str
    amount: Decimal
    due_on: date


@dataclass(frozen=True)
class RefusedDebit:
    reference: str
    reason: str


@dataclass(frozen=True)
class FileReceipt:
    """What the bank took of a list of debits."""

    id: str
    reference: str
    accepted: int
    refused: tuple[RefusedDebit, ...]


@dataclass(frozen=True)
class ReturnEntry:
    """One thing that happened at the bank on a business day.

    ``kind``: ``debit.paid``, ``debit.returned`` (``reason``: nsf, mandate_revoked, account_closed, late_return),
    ``mandate.revoked``, ``payment.charged_back`` or ``bill.paid``. ``reference`` is ours: of the debit, the mandate or
    the payment; of a bill payment it is the bank's. ``amount`` is zero for a mandate. ``payee`` (BN15) and ``payer``
    are given for a bill payment. ``id`` is the bank's own and never comes twice with another meaning.
    """

    id: str
    kind: str
    reference: str
    amount: Decimal
    reason: str
    on: date
    payee: str = ""
    payer: str = ""


def open_mandate(
    *, reference: str, holder: str, institution: str, transit: str, account: str, payee: str, on: date
) -> Mandate:
    """Ask the bank for permission to debit an account; the same reference, the same mandate. May be ``Unavailable``."""
    body = {
        "reference": reference,
        "holder": holder,
        "institution": institution,
        "transit": transit,
        "account": account,
        "payee": payee,
        "on": on.isoformat(),
    }
    return call("POST", "/api/mandates", body, read=_mandate_of)


def cancel_mandate(mandate_id: str, on: date) -> Mandate:
    """End a mandate; debits that the bank has and that are due later come back. May be ``Unavailable``."""
    return call("POST", f"/api/mandates/{quote(mandate_id)}/cancel", {"on": on.isoformat()}, read=_mandate_of)


def read_mandate(mandate_id: str) -> Mandate:
    """How a mandate stands at the bank. May be ``Unavailable``."""
    return call("GET", f"/api/mandates/{quote(mandate_id)}", None, read=_mandate_of)


def send_debits(reference: str, on: date, debits: Iterable[DebitOrder]) -> FileReceipt:
    """Hand in a list of debits; the same list again gives the same receipt. May be ``Unavailable``."""
    lines = [
        {
            "reference": debit.reference,
            "mandate": debit.mandate_id,
            "amount": f"{debit.amount:.2f}",
            "due_on": debit.due_on.isoformat(),
        }
        for debit in debits
    ]
    body = {"reference": reference, "on": on.isoformat(), "debits": lines}
    return call("POST", "/api/debit-files", body, read=_receipt_of, limit=FILE_TIME_LIMIT)


def return_file(day: date) -> list[ReturnEntry]:
    """Everything that happened at the bank on a business day; asked again, the same. May be ``Unavailable``."""
    return call("GET", f"/api/return-files/{day.isoformat()}", None, read=_entries_of, limit=FILE_TIME_LIMIT)


def _mandate_of(given: dict[str, Any]) -> Mandate:
    return Mandate(
        id=str(given["id"]),
        reference=str(given["reference"]),
        state=str(given["state"]),
        reason=str(given.get("reason") or ""),
        account=str(given["account"]),
    )


def _receipt_of(given: dict[str, Any]) -> FileReceipt:
    return FileReceipt(
        id=str(given["id"]),
        reference=str(given["reference"]),
        accepted=int(given["accepted"]),
        refused=tuple(
            RefusedDebit(reference=str(line["reference"]), reason=str(line["reason"])) for line in given["refused"]
        ),
    )


def _entries_of(given: dict[str, Any]) -> list[ReturnEntry]:
    return [
        ReturnEntry(
            id=str(entry["id"]),
            kind=str(entry["kind"]),
            reference=str(entry["reference"]),
            amount=Decimal(str(entry["amount"])),
            reason=str(entry.get("reason") or ""),
            on=date.fromisoformat(str(entry["on"])),
            payee=str(entry.get("payee") or ""),
            payer=str(entry.get("payer") or ""),
        )
        for entry in given["entries"]
    ]
