"""Moving credit from one holder to another: two entries that sum to zero."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from core.actor import Actor
from ledger.models import Clearing, JournalEntry, OpenItem
from ledger.rules import EntryKind, move_draft, sum_of
from ledger.services.balances import update_balances
from ledger.services.clearing import ClearingPair, clearing_row, locked_items, require_room
from ledger.services.writing import insert


def post_transfer(
    *,
    key: str,
    parts: Sequence[tuple[int, Decimal]],
    to_holder_id: int,
    submitter_id: int | None,
    source: str,
    memo: str,
    posted_on: date,
    at: datetime,
    actor: Actor,
) -> tuple[JournalEntry, JournalEntry]:
    """Move amounts (dollars) of one holder's open credits (item id, amount) to another holder, as one new credit there.

    Returns the entry that takes and the one that brings. ``Conflict`` when a credit has less left; ``ValueError`` for
    credits of several holders.
    """
    with transaction.atomic():
        credits = locked_items(number for number, _amount in parts)
        holders = {credit.holder_id for credit in credits.values()}
        if len(holders) != 1 or to_holder_id in holders:
            raise ValueError("a transfer goes from one holder to another")
        total = sum_of(amount for _number, amount in parts)
        drafts = [
            move_draft(
                key=f"{key}:{half}",
                kind=kind,
                holder_id=holder_id,
                submitter_id=submitter_id,
                amount=total,
                source=source,
                memo=memo,
                posted_on=posted_on,
            )
            for half, kind, holder_id in (
                ("out", EntryKind.TRANSFER_OUT, holders.pop()),
                ("in", EntryKind.TRANSFER_IN, to_holder_id),
            )
        ]
        entries, fresh = insert(drafts, at=at, actor=actor)
        if fresh:
            debt = OpenItem.objects.get(entry_id=entries[0].id)
            pairs = [
                ClearingPair(debt.id, number, amount, f"transfer:{entries[0].id}:{number}") for number, amount in parts
            ]
            require_room({debt.id: debt, **credits}, pairs)
            rows = [clearing_row(pair, entry=entries[0], cleared_on=posted_on) for pair in pairs]
            Clearing.objects.bulk_create(rows)
        update_balances(fresh)
    return entries[0], entries[1]
