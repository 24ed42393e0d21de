"""The newest rows of everything the bank holds, or those whose reference has a text in it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from counterparts.bank.clearing.rules import Kind
from counterparts.bank.models import (
    BillPayment,
    DebitFile,
    Mandate,
    PaymentSession,
    ReportedDay,
    ReturnEntry,
    WebhookDelivery,
)
from counterparts.bank.money import shown

ROWS = 25


@dataclass(frozen=True)
class Desk:
    sessions: list[PaymentSession]
    mandates: list[Mandate]
    files: list[DebitFile]
    bills: list[BillPayment]
    planned: list[ReturnEntry]
    reported: list[ReturnEntry]
    days: list[ReportedDay]
    deliveries: list[WebhookDelivery]


def desk_with(text: str) -> Desk:
    sessions = _newest(PaymentSession.objects.order_by("-created_at"), Q(reference__icontains=text))
    taken_back = set(
        ReturnEntry.objects.filter(
            kind=Kind.CHARGED_BACK, reported_on__isnull=False, reference__in=[session.reference for session in sessions]
        ).values_list("reference", flat=True)
    )
    for session in sessions:
        session.can_be_charged_back = (
            session.state == PaymentSession.State.APPROVED and session.reference not in taken_back
        )
    entries = ReturnEntry.objects.filter(Q(reference__icontains=text) | Q(payee__icontains=text))
    return Desk(
        sessions=sessions,
        mandates=_newest(Mandate.objects.order_by("-on", "-reference"), Q(reference__icontains=text)),
        files=_newest(
            DebitFile.objects.order_by("-on", "-reference"),
            Q(reference__icontains=text) | Q(pk__in=DebitFile.objects.filter(debits__reference__icontains=text)),
        ),
        bills=_newest(BillPayment.objects.order_by("-on", "-id"), Q(id__icontains=text) | Q(payee__icontains=text)),
        planned=_newest(entries.filter(reported_on=None).order_by("on", "id"), Q()),
        reported=_newest(entries.exclude(reported_on=None).order_by("-reported_on", "-id"), Q()),
        days=list(ReportedDay.objects.order_by("-day")[:ROWS]),
        deliveries=_newest(WebhookDelivery.objects.order_by("-id"), Q(reference__icontains=text)),
    )


def _newest(rows: QuerySet[Any], wanted: Q) -> list[Any]:
    found = list(rows.filter(wanted)[:ROWS])
    for row in found:
        if cents := getattr(row, "amount_cents", 0):
            row.amount = shown(cents)
    return found
