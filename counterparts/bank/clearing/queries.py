"""Reading what the bank settles by business days."""

import datetime as dt
from typing import Any

from django.db.models import Max, QuerySet

from counterparts.bank import rules
from counterparts.bank.models import BillPayment, DebitFile, Mandate, PaymentSession, ReportedDay, ReturnEntry


def mandate_with_id(mandate_id: str) -> Mandate | None:
    return Mandate.objects.filter(id=mandate_id).first()


def description_of_mandate(mandate: Mandate) -> dict[str, Any]:
    return {
        "id": mandate.id,
        "reference": mandate.reference,
        "state": mandate.state,
        "reason": mandate.reason,
        "account": mandate.account,
    }


def description_of_file(file: DebitFile) -> dict[str, Any]:
    return {"id": file.id, "reference": file.reference, "accepted": file.accepted_count, "refused": file.refused}


def description_of_bill(bill: BillPayment, expected_on: dt.date) -> dict[str, Any]:
    """A bill payment as the event tells it; its reference is the bank's."""
    return {
        "id": bill.id,
        "reference": bill.id,
        "payee": bill.payee,
        "payer": bill.payer,
        "amount": rules.amount_of(bill.amount_cents),
        "on": bill.on.isoformat(),
        "expected_on": expected_on.isoformat(),
    }


def description_of_entry(entry: ReturnEntry) -> dict[str, Any]:
    return {
        "id": entry.public_id,
        "kind": entry.kind,
        "reference": entry.reference,
        "amount": rules.amount_of(entry.amount_cents),
        "reason": entry.reason,
        "on": entry.on.isoformat(),
        "payee": entry.payee,
        "payer": entry.payer,
    }


def entries_reported_on(day: dt.date) -> QuerySet[ReturnEntry]:
    """The lines of a day's file, in an order that never changes."""
    return ReturnEntry.objects.filter(reported_on=day).order_by("on", "id")


def latest_named_day() -> dt.date | None:
    """The latest business day that the portal or a payer has named; the bank knows no other present."""
    days = (
        ReportedDay.objects.aggregate(day=Max("day"))["day"],
        PaymentSession.objects.aggregate(day=Max("on"))["day"],
        Mandate.objects.aggregate(day=Max("on"))["day"],
        DebitFile.objects.aggregate(day=Max("on"))["day"],
        BillPayment.objects.aggregate(day=Max("on"))["day"],
    )
    return max((day for day in days if day), default=None)


def bill_with_id(bill_id: str) -> BillPayment | None:
    return BillPayment.objects.filter(id=bill_id).first()
