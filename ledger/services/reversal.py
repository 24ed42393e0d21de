"""Undoing an entry by its mirror."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.errors import Conflict
from core.money import ZERO
from ledger.models import Clearing, JournalEntry, OpenItem, Posting
from ledger.rules import (
    Account,
    Category,
    EntryDraft,
    EntryKind,
    ItemDraft,
    ItemKind,
    Leg,
    Revenue,
    Side,
    move_draft,
    reversal_draft,
    sum_of,
)
from ledger.services.balances import BATCH, require_held, update_balances
from ledger.services.clearing import ClearingPair, clearing_row, locked_items
from ledger.services.writing import insert


def reverse_entry(
    *,
    key: str,
    entry_id: UUID,
    reason: str,
    posted_on: date,
    at: datetime,
    actor: Actor,
    kind: EntryKind = EntryKind.REVERSAL,
) -> JournalEntry:
    """Undo an entry by its mirror; what its item cleared, or was cleared by, is open again.

    A payment returned by the bank is reversed with ``kind=EntryKind.PAYMENT_RETURN``. ``Conflict`` when the entry was
    reversed before, or is itself a reversal.
    """
    with transaction.atomic():
        entry = JournalEntry.objects.select_for_update().get(pk=entry_id)
        earlier = JournalEntry.objects.filter(key=key).first()
        if earlier is not None and earlier.reverses_id == entry.id:
            return earlier
        if entry.reverses_id is not None or JournalEntry.objects.filter(reverses=entry).exists():
            raise Conflict(
                _("This entry was already reversed, or is a reversal. Open its history to see what stands."),
                code="already_reversed",
            )
        item = OpenItem.objects.filter(entry=entry).first()
        live = _live_clearings(entry, item)
        items = locked_items(
            {number for row in live for number in (row.debt_item_id, row.credit_item_id)}
            | ({item.id} if item else set())
        )
        # Another entry's clearing moved unapplied credit to the receivable, so undoing it needs lines of its own.
        foreign = [row for row in live if row.entry_id != entry.id]
        undone = sum_of(row.amount for row in foreign)
        mirror = reversal_draft(
            _draft_of(entry, item), original_id=entry.id, key=key, kind=kind, memo=reason, posted_on=posted_on
        )
        if entry.kind == EntryKind.CLEARING:
            still = sum_of(row.amount for row in live if row.entry_id == entry.id)
            if still == 0:
                raise Conflict(
                    _("Nothing of this clearing is left to undo. Open the items to see what stands."),
                    code="already_reversed",
                )
            mirror = replace(
                mirror,
                legs=(
                    Leg(Account.UNAPPLIED, entry.holder_id, -still),
                    Leg(Account.RECEIVABLE, entry.holder_id, still),
                ),
            )
        drafts = [mirror]
        if undone:
            drafts.append(
                move_draft(
                    key=f"{key}:unclear",
                    kind=EntryKind.CLEARING,
                    holder_id=entry.holder_id,
                    submitter_id=None,
                    amount=-undone,
                    source=entry.source,
                    memo=reason,
                    posted_on=posted_on,
                )
            )
        before = _undone_before(entry)
        if before:
            # The mirror undoes what the entry cleared; of what was undone before it takes back the lines of that time.
            drafts.append(
                move_draft(
                    key=f"{key}:unclear-once",
                    kind=EntryKind.CLEARING,
                    holder_id=entry.holder_id,
                    submitter_id=None,
                    amount=before,
                    source=entry.source,
                    memo=reason,
                    posted_on=posted_on,
                )
            )
        require_held(mirror)
        entries, fresh = insert(drafts, at=at, actor=actor)
        rows = [
            _undoing(row, entry=entries[1] if row.entry_id != entry.id else entries[0], cleared_on=posted_on)
            for row in live
        ]
        Clearing.objects.bulk_create(rows, batch_size=BATCH)
        if item is not None:
            opposite = OpenItem.objects.get(entry=entries[0])
            debt, credit = (item, opposite) if items[item.id].side == Side.DEBT else (opposite, item)
            pair = ClearingPair(debt.id, credit.id, item.amount, f"reversal:{entries[0].id}")
            Clearing.objects.bulk_create([clearing_row(pair, entry=entries[0], cleared_on=posted_on)])
        update_balances(fresh)
    return entries[0]


def _undoing(row: Clearing, *, entry: JournalEntry, cleared_on: date) -> Clearing:
    return Clearing(
        key=f"undone:{row.id}",
        entry=entry,
        debt_item_id=row.debt_item_id,
        credit_item_id=row.credit_item_id,
        amount=-row.amount,
        cleared_on=cleared_on,
        reverses=row,
    )


def _live_clearings(entry: JournalEntry, item: OpenItem | None) -> list[Clearing]:
    """The clearings that an entry's reversal must undo: those it made and those of its item, not undone before."""
    live = Clearing.objects.filter(amount__gt=0, reversed_by=None)
    rows = {row.id: row for row in live.filter(entry=entry)}
    if item is not None:
        rows |= {row.id: row for row in live.filter(debt_item=item)}
        rows |= {row.id: row for row in live.filter(credit_item=item)}
    return [rows[number] for number in sorted(rows)]


def _undone_before(entry: JournalEntry) -> Decimal:
    """What an entry that is no clearing itself had cleared, and another reversal undid with lines of its own."""
    if entry.kind == EntryKind.CLEARING:
        return ZERO
    own = Clearing.objects.filter(entry=entry, amount__gt=0, reversed_by__isnull=False)
    return sum_of(own.values_list("amount", flat=True))


def _draft_of(entry: JournalEntry, item: OpenItem | None) -> EntryDraft:
    return EntryDraft(
        key=entry.key,
        kind=EntryKind(entry.kind),
        category=Category(entry.category),
        holder_id=entry.holder_id,
        submitter_id=entry.submitter_id,
        source=entry.source,
        memo=entry.memo,
        posted_on=entry.posted_on,
        billing_on=entry.billing_on,
        legs=tuple(
            Leg(Account(line.account_id), line.holder_id, line.amount, Revenue(line.revenue) if line.revenue else None)
            for line in Posting.objects.filter(entry=entry).order_by("id")
        ),
        item=(
            ItemDraft(Side(item.side), ItemKind(item.kind), item.amount, item.due_on, item.last_day_to_pay)
            if item is not None
            else None
        ),
        method=entry.method,
    )
