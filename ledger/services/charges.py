"""Charging a holder: declarations, interest, penalties, and what is charged and paid at release."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from core.actor import Actor
from ledger.models import Clearing, JournalEntry, OpenItem
from ledger.rules import EntryKind, Revenue, charge_draft, move_draft
from ledger.services.balances import update_balances
from ledger.services.clearing import ClearingPair, clearing_row
from ledger.services.many import post_many
from ledger.services.writing import insert


def post_charge(
    *,
    key: str,
    kind: EntryKind,
    holder_id: int,
    submitter_id: int | None,
    amounts: Mapping[Revenue, Decimal],
    source: str,
    memo: str,
    posted_on: date,
    billing_on: date,
    due_on: date | None,
    last_day_to_pay: date | None,
    at: datetime,
    actor: Actor,
) -> JournalEntry:
    """Charge (or, below zero, credit) a holder by revenue class; opens a debt or a credit, nothing for a zero total."""
    draft = charge_draft(
        key=key,
        kind=kind,
        holder_id=holder_id,
        submitter_id=submitter_id,
        amounts=amounts,
        source=source,
        memo=memo,
        posted_on=posted_on,
        billing_on=billing_on,
        due_on=due_on,
        last_day_to_pay=last_day_to_pay,
    )
    return post_many(drafts=[draft], at=at, actor=actor)[0]


def post_interest(
    *,
    key: str,
    holder_id: int,
    amount: Decimal,
    source: str,
    memo: str,
    posted_on: date,
    billing_on: date,
    due_on: date | None,
    last_day_to_pay: date | None,
    at: datetime,
    actor: Actor,
    submitter_id: int | None = None,
) -> JournalEntry:
    """Charge interest; a negative amount gives it back."""
    return post_charge(
        key=key,
        kind=EntryKind.INTEREST,
        holder_id=holder_id,
        submitter_id=submitter_id,
        amounts={Revenue.INTEREST: amount},
        source=source,
        memo=memo,
        posted_on=posted_on,
        billing_on=billing_on,
        due_on=due_on,
        last_day_to_pay=last_day_to_pay,
        at=at,
        actor=actor,
    )


def post_penalty(
    *,
    key: str,
    holder_id: int,
    amount: Decimal,
    source: str,
    memo: str,
    posted_on: date,
    billing_on: date,
    due_on: date | None,
    last_day_to_pay: date | None,
    at: datetime,
    actor: Actor,
    submitter_id: int | None = None,
) -> JournalEntry:
    """Charge a penalty; a negative amount gives it back."""
    return post_charge(
        key=key,
        kind=EntryKind.PENALTY,
        holder_id=holder_id,
        submitter_id=submitter_id,
        amounts={Revenue.PENALTY: amount},
        source=source,
        memo=memo,
        posted_on=posted_on,
        billing_on=billing_on,
        due_on=due_on,
        last_day_to_pay=last_day_to_pay,
        at=at,
        actor=actor,
    )


def post_ctype(
    *,
    key: str,
    holder_id: int,
    submitter_id: int | None,
    payer_id: int | None,
    amounts: Mapping[Revenue, Decimal],
    method: str,
    source: str,
    memo: str,
    posted_on: date,
    billing_on: date,
    at: datetime,
    actor: Actor,
) -> JournalEntry:
    """Charge at release and take the payment at once (keys ``<key>``, ``<key>:payment``, ``<key>:clearing``).

    Returns the charge. ``ValueError`` for a total below zero; a zero total makes no payment.
    """
    charge = charge_draft(
        key=key,
        kind=EntryKind.CTYPE,
        holder_id=holder_id,
        submitter_id=submitter_id,
        amounts=amounts,
        source=source,
        memo=memo,
        posted_on=posted_on,
        billing_on=billing_on,
        due_on=posted_on,
        last_day_to_pay=posted_on,
    )
    if charge.amount < 0:
        raise ValueError("nothing is paid at release for a credit")
    if charge.amount == 0:
        return post_many(drafts=[charge], at=at, actor=actor)[0]
    payment = move_draft(
        key=f"{key}:payment",
        kind=EntryKind.CTYPE_PAYMENT,
        holder_id=holder_id,
        submitter_id=payer_id,
        amount=charge.amount,
        source=source,
        memo=memo,
        posted_on=posted_on,
        method=method,
    )
    settlement = move_draft(
        key=f"{key}:clearing",
        kind=EntryKind.CLEARING,
        holder_id=holder_id,
        submitter_id=None,
        amount=charge.amount,
        source=source,
        memo=memo,
        posted_on=posted_on,
    )
    with transaction.atomic():
        entries, fresh = insert([charge, payment, settlement], at=at, actor=actor)
        if fresh:
            debt, credit = (OpenItem.objects.get(entry_id=entries[number].id) for number in (0, 1))
            pair = ClearingPair(debt.id, credit.id, charge.amount, f"ctype:{entries[2].id}")
            Clearing.objects.bulk_create([clearing_row(pair, entry=entries[2], cleared_on=posted_on)])
        update_balances(fresh)
    return entries[0]
