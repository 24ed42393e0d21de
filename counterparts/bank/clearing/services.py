"""Mandates, lists of debits, bill payments, charge-backs, and the file of each business day.

The database is locked from the first statement of a transaction on, so that of two equal calls at once the second finds
what the first has written.
"""

import datetime as dt
import hashlib
import hmac
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from counterparts.bank import events
from counterparts.bank.clearing import queries, rules
from counterparts.bank.errors import ReferenceReused, Unfit
from counterparts.bank.models import (
    BillPayment,
    Debit,
    DebitFile,
    Mandate,
    PaymentSession,
    ReportedDay,
    ReturnEntry,
    WebhookDelivery,
)

BATCH = 500


@dataclass(frozen=True)
class MandateOrder:
    """What the portal asks for, already checked."""

    reference: str
    holder: str
    institution: str
    transit: str
    account: str
    payee: str


@dataclass(frozen=True)
class DebitLine:
    reference: str
    mandate: str
    amount_cents: int
    due_on: dt.date


def open_mandate(*, order: MandateOrder, on: dt.date) -> tuple[Mandate, bool]:
    """The mandate of this reference and whether it is new; asking again, on whatever day, gives the same one."""
    content = _content_of(asdict(order))
    behaviour = rules.behaviour_of(institution=order.institution, transit=order.transit, account=order.account)
    reason = rules.REFUSALS.get(behaviour, rules.Reason.NONE)
    is_practice = behaviour != rules.Behaviour.NOT_PRACTICE
    with transaction.atomic():
        if earlier := Mandate.objects.filter(reference=order.reference).first():
            if earlier.content != content:
                raise ReferenceReused
            return earlier, False
        mandate = Mandate.objects.create(
            id=f"md_{secrets.token_hex(16)}",
            reference=order.reference,
            content=content,
            holder=order.holder,
            account=f"****{order.account[-4:]}" if is_practice else "****",
            payee=order.payee,
            behaviour=behaviour.value,
            state=Mandate.State.REFUSED if reason else Mandate.State.ACTIVE,
            reason=reason.value,
            on=on,
        )
    return mandate, True


def cancel_mandate(*, mandate_id: str, on: dt.date) -> Mandate:
    """Ends a mandate for the portal; debits due after the day come back. One that has ended already stays as it is."""
    with transaction.atomic():
        mandate = Mandate.objects.get(id=mandate_id)
        if mandate.state != Mandate.State.ACTIVE:
            return mandate
        mandate.state, mandate.ended_on = Mandate.State.CANCELLED, on
        mandate.save()
        _stop_debits(mandate, after=on)
    return mandate


def revoke_mandate(*, mandate_id: str, on: dt.date, at: dt.datetime) -> Mandate:
    """The holder ends a mandate at their bank: the portal is told at once and finds it in the next day's file."""
    with transaction.atomic():
        mandate = Mandate.objects.get(id=mandate_id)
        if mandate.state != Mandate.State.ACTIVE:
            raise Unfit
        mandate.state, mandate.ended_on = Mandate.State.REVOKED, on
        mandate.save()
        _stop_debits(mandate, after=on)
        _entry(kind=rules.Kind.MANDATE_REVOKED, reference=mandate.reference, on=rules.business_day_from(on)).save()
        told = {**queries.description_of_mandate(mandate), "on": on.isoformat()}
        deliveries = events.announce("mandate.revoked", told, at=at)
    _tell(deliveries, at=at)
    return mandate


def take_file(*, reference: str, on: dt.date, lines: Sequence[DebitLine]) -> tuple[DebitFile, bool]:
    """Takes a list of debits once; the same list again, on whatever day, gives the same answer."""
    content = _content_of([[line.reference, line.mandate, line.amount_cents, str(line.due_on)] for line in lines])
    with transaction.atomic():
        if earlier := DebitFile.objects.filter(reference=reference).first():
            if earlier.content != content:
                raise ReferenceReused
            return earlier, False
        mandates = Mandate.objects.in_bulk({line.mandate for line in lines})
        known = set(
            Debit.objects.filter(reference__in=[line.reference for line in lines]).values_list("reference", flat=True)
        )
        accepted: list[DebitLine] = []
        refused = []
        for line in lines:
            if reason := _refusal_of(line, mandates.get(line.mandate), known):
                refused.append({"reference": line.reference, "reason": reason.value})
            else:
                known.add(line.reference)
                accepted.append(line)
        file = DebitFile.objects.create(
            id=f"df_{secrets.token_hex(16)}",
            reference=reference,
            content=content,
            on=on,
            accepted_count=len(accepted),
            refused=refused,
        )
        _plan(file, accepted, mandates)
    return file, True


def return_file(*, day: dt.date) -> list[ReturnEntry]:
    """The lines of a business day's file. The first asking closes the day: it gets whatever has happened until then and
    stands in no earlier file, and nothing is added to it later."""
    with transaction.atomic():
        _day, is_new = ReportedDay.objects.get_or_create(day=day)
        if is_new:
            ReturnEntry.objects.filter(reported_on=None, on__lte=day).update(reported_on=day)
            revoked = ReturnEntry.objects.filter(reported_on=day, kind=rules.Kind.MANDATE_REVOKED)
            for reference, on in revoked.values_list("reference", "on"):
                Mandate.objects.filter(reference=reference, state=Mandate.State.ACTIVE).update(
                    state=Mandate.State.REVOKED, ended_on=on
                )
        return list(queries.entries_reported_on(day))


def pay_bill(
    *, once: str, payee: str, payer: str, amount_cents: int, on: dt.date, at: dt.datetime
) -> tuple[BillPayment, dt.date]:
    """A payer's payment to an account number and the day it arrives; the portal is told at once that it will."""
    expected_on = rules.business_days_after(on, rules.BILL_DAYS)
    with transaction.atomic():
        if earlier := BillPayment.objects.filter(once=once).first():
            return earlier, rules.business_days_after(earlier.on, rules.BILL_DAYS)
        bill = BillPayment.objects.create(
            id=f"bp_{secrets.token_hex(8)}", once=once, payee=payee, payer=payer, amount_cents=amount_cents, on=on
        )
        _entry(
            kind=rules.Kind.BILL_PAID,
            reference=bill.id,
            amount_cents=amount_cents,
            payee=payee,
            payer=payer,
            on=expected_on,
        ).save()
        deliveries = events.announce("bill.announced", queries.description_of_bill(bill, expected_on), at=at)
    _tell(deliveries, at=at)
    return bill, expected_on


def plan_charge_back(*, session: PaymentSession, on: dt.date) -> None:
    """The card's bank takes a captured payment back, ten business days after the day."""
    _charge_back(session, rules.business_days_after(on, rules.CHARGE_BACK_DAYS))


def charge_back(*, session_id: str, on: dt.date) -> None:
    """Takes a captured payment back on a day; one that is planned for later comes on the day instead."""
    with transaction.atomic():
        session = PaymentSession.objects.get(id=session_id)
        made = ReturnEntry.objects.filter(kind=rules.Kind.CHARGED_BACK, reference=session.reference)
        if session.state != PaymentSession.State.APPROVED or made.exclude(reported_on=None).exists():
            raise Unfit
        made.delete()
        _charge_back(session, rules.business_day_from(on))


def latest_day(*, at: dt.datetime) -> dt.date:
    """The latest day anybody has named; the calendar's where nobody has."""
    return queries.latest_named_day() or timezone.localdate(at)


def _charge_back(session: PaymentSession, on: dt.date) -> None:
    _entry(
        kind=rules.Kind.CHARGED_BACK,
        reference=session.reference,
        amount_cents=session.amount_cents,
        reason=rules.Reason.DISPUTED,
        payee=session.payee,
        on=on,
    ).save()


def _refusal_of(line: DebitLine, mandate: Mandate | None, known: set[str]) -> rules.Reason:
    """Why a debit is not taken at all. One under a revoked mandate is taken, and comes back when it is due."""
    if mandate is None:
        return rules.Reason.UNKNOWN_MANDATE
    if mandate.state == Mandate.State.REFUSED:
        return rules.Reason.MANDATE_REFUSED
    if mandate.state == Mandate.State.CANCELLED:
        return rules.Reason.MANDATE_CANCELLED
    return rules.Reason.REFERENCE_REUSED if line.reference in known else rules.Reason.NONE


def _plan(file: DebitFile, lines: Iterable[DebitLine], mandates: dict[str, Mandate]) -> None:
    """Writes the debits and what will become of each."""
    earlier = Counter(
        dict(
            Debit.objects.filter(mandate__in=mandates)
            .values("mandate_id")
            .annotate(debits=Count("id"))
            .values_list("mandate_id", "debits")
        )
    )
    debits = Debit.objects.bulk_create(
        [
            Debit(
                file=file,
                reference=line.reference,
                mandate=mandates[line.mandate],
                amount_cents=line.amount_cents,
                due_on=rules.business_day_from(max(line.due_on, file.on)),
            )
            for line in lines
        ],
        batch_size=BATCH,
    )
    entries = []
    for debit in debits:
        entries += _entries_of(debit, earlier[debit.mandate_id])
        earlier[debit.mandate_id] += 1
    ReturnEntry.objects.bulk_create(entries, batch_size=BATCH)


def _entries_of(debit: Debit, earlier: int) -> list[ReturnEntry]:
    mandate = debit.mandate
    steps = rules.course_of(
        behaviour=rules.Behaviour(mandate.behaviour),
        due_on=debit.due_on,
        earlier=earlier,
        is_ended=mandate.state != Mandate.State.ACTIVE,
    )
    return [
        _entry(kind=step.kind, reference=mandate.reference, on=step.on)
        if step.kind == rules.Kind.MANDATE_REVOKED
        else _entry(
            kind=step.kind,
            reference=debit.reference,
            amount_cents=debit.amount_cents,
            reason=step.reason,
            on=step.on,
            debit=debit,
        )
        for step in steps
    ]


def _stop_debits(mandate: Mandate, *, after: dt.date) -> None:
    """Debits due after the day come back when they are due, unless a day's file has told of them already; a
    revocation that was planned does not come any more."""
    planned = ReturnEntry.objects.filter(reported_on=None, reference=mandate.reference)
    planned.filter(kind=rules.Kind.MANDATE_REVOKED).delete()
    waiting = mandate.debits.filter(due_on__gt=after).exclude(entries__reported_on__isnull=False)
    for debit in waiting:
        debit.entries.all().delete()
        debit.mandate = mandate
        ReturnEntry.objects.bulk_create(_entries_of(debit, 0))


def _entry(
    *,
    kind: rules.Kind,
    reference: str,
    on: dt.date,
    amount_cents: int = 0,
    reason: rules.Reason = rules.Reason.NONE,
    payee: str = "",
    payer: str = "",
    debit: Debit | None = None,
) -> ReturnEntry:
    return ReturnEntry(
        public_id=f"rt_{secrets.token_hex(16)}",
        kind=kind.value,
        reference=reference,
        on=on,
        amount_cents=amount_cents,
        reason=reason.value,
        payee=payee,
        payer=payer,
        debit=debit,
    )


def _content_of(content: object) -> str:
    """A keyed fingerprint, so that two contents can be compared without keeping an account number."""
    return hmac.new(settings.SECRET_KEY.encode(), json.dumps(content).encode(), hashlib.sha256).hexdigest()


def _tell(deliveries: Iterable[WebhookDelivery], *, at: dt.datetime) -> None:
    for delivery in deliveries:
        events.deliver(delivery=delivery, at=at)
