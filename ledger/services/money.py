"""Money in and out: payments, deposits, promises to pay back and what is paid out."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from core.actor import Actor
from ledger.models import Clearing, HolderBalance, JournalEntry, OpenItem
from ledger.rules import Account, EntryKind, move_draft
from ledger.services.balances import require_at_least, update_balances
from ledger.services.clearing import ClearingPair, clearing_row, locked_items, require_room
from ledger.services.many import post_many
from ledger.services.writing import insert


def post_payment(
    *,
    key: str,
    holder_id: int,
    payer_id: int | None,
    amount: Decimal,
    method: str,
    source: str,
    memo: str,
    posted_on: date,
    received_on: date | None = None,
    at: datetime,
    actor: Actor,
) -> JournalEntry:
    """Money received for a holder: an open credit until it clears debts. ``DomainError`` unless above zero.

    ``received_on`` is an earlier day on which it came in, if it became known only on ``posted_on``.
    """
    draft = move_draft(
        key=key,
        kind=EntryKind.PAYMENT,
        holder_id=holder_id,
        submitter_id=payer_id,
        amount=amount,
        source=source,
        memo=memo,
        posted_on=posted_on,
        method=method,
    )
    if received_on is not None:
        draft = replace(draft, billing_on=received_on)
    return post_many(drafts=[draft], at=at, actor=actor)[0]


def post_disbursement(
    *,
    key: str,
    credit_item_id: int,
    amount: Decimal,
    source: str,
    memo: str,
    posted_on: date,
    at: datetime,
    actor: Actor,
) -> JournalEntry:
    """Promise an amount of an open credit back to its holder; ``post_payout`` then pays it.

    ``Conflict`` when the credit has less left.
    """
    with transaction.atomic():
        credit = locked_items([credit_item_id])[credit_item_id]
        draft = move_draft(
            key=key,
            kind=EntryKind.DISBURSEMENT,
            holder_id=credit.holder_id,
            submitter_id=None,
            amount=amount,
            source=source,
            memo=memo,
            posted_on=posted_on,
        )
        entries, fresh = insert([draft], at=at, actor=actor)
        if fresh:
            debt = OpenItem.objects.get(entry_id=entries[0].id)
            pair = ClearingPair(debt.id, credit.id, amount, f"disbursement:{entries[0].id}")
            require_room({debt.id: debt, credit.id: credit}, [pair])
            Clearing.objects.bulk_create([clearing_row(pair, entry=entries[0], cleared_on=posted_on)])
        update_balances(fresh)
    return entries[0]


def post_payout(
    *,
    key: str,
    holder_id: int,
    amount: Decimal,
    method: str,
    source: str,
    memo: str,
    posted_on: date,
    at: datetime,
    actor: Actor,
) -> JournalEntry:
    """Pay out what is payable to a holder (a disbursement, a returned deposit). ``Conflict`` beyond what is payable."""
    return _draw(
        Account.PAYABLE,
        kind=EntryKind.PAYOUT,
        key=key,
        holder_id=holder_id,
        submitter_id=None,
        amount=amount,
        method=method,
        source=source,
        memo=memo,
        posted_on=posted_on,
        at=at,
        actor=actor,
    )


def post_deposit(
    *,
    key: str,
    holder_id: int,
    payer_id: int | None,
    amount: Decimal,
    method: str,
    source: str,
    memo: str,
    posted_on: date,
    at: datetime,
    actor: Actor,
) -> JournalEntry:
    """Cash security received: owed back to the holder, never set against debts by itself."""
    draft = move_draft(
        key=key,
        kind=EntryKind.DEPOSIT,
        holder_id=holder_id,
        submitter_id=payer_id,
        amount=amount,
        source=source,
        memo=memo,
        posted_on=posted_on,
        method=method,
    )
    return post_many(drafts=[draft], at=at, actor=actor)[0]


def post_deposit_refund(
    *, key: str, holder_id: int, amount: Decimal, source: str, memo: str, posted_on: date, at: datetime, actor: Actor
) -> JournalEntry:
    """Make a deposit payable back to its holder; ``post_payout`` then pays it. ``Conflict`` beyond what is held."""
    return _draw(
        Account.DEPOSITS,
        kind=EntryKind.DEPOSIT_REFUND,
        key=key,
        holder_id=holder_id,
        submitter_id=None,
        amount=amount,
        method="",
        source=source,
        memo=memo,
        posted_on=posted_on,
        at=at,
        actor=actor,
    )


def apply_deposit(
    *, key: str, holder_id: int, amount: Decimal, source: str, memo: str, posted_on: date, at: datetime, actor: Actor
) -> JournalEntry:
    """Turn a deposit into an open credit that can clear debts. ``Conflict`` beyond what is held."""
    return _draw(
        Account.DEPOSITS,
        kind=EntryKind.DEPOSIT_APPLIED,
        key=key,
        holder_id=holder_id,
        submitter_id=None,
        amount=amount,
        method="",
        source=source,
        memo=memo,
        posted_on=posted_on,
        at=at,
        actor=actor,
    )


def _draw(
    account: Account,
    *,
    kind: EntryKind,
    key: str,
    holder_id: int,
    submitter_id: int | None,
    amount: Decimal,
    method: str,
    source: str,
    memo: str,
    posted_on: date,
    at: datetime,
    actor: Actor,
) -> JournalEntry:
    """Take an amount from what is held for a holder, never more than is there."""
    draft = move_draft(
        key=key,
        kind=kind,
        holder_id=holder_id,
        submitter_id=submitter_id,
        amount=amount,
        source=source,
        memo=memo,
        posted_on=posted_on,
        method=method,
    )
    with transaction.atomic():
        held = HolderBalance.objects.select_for_update().filter(pk=holder_id).first()
        if not JournalEntry.objects.filter(key=key).exists():
            require_at_least(held, account, amount)
        entries, fresh = insert([draft], at=at, actor=actor)
        update_balances(fresh)
    return entries[0]
