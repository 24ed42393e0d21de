"""Posting drafts: in one call to the database where it has one, and by the thousand."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from core.actor import Actor
from core.bulk import NULL, BulkTable
from core.money import cents
from ledger.functions import NAME
from ledger.models import JournalEntry, OpenItem, Posting
from ledger.rules import Account, EntryDraft
from ledger.services.balances import BALANCE_ROW, BATCH, SEGMENT_ROW, moved, update_balances
from ledger.services.writing import earlier_entries, hashes_of, insert, key_conflict, new_id, recorded_by

_LINE_COLUMNS = (
    "entry_id", "account_id", "holder_id", "amount", "revenue", "category", "posted_segment", "billing_segment",
)  # fmt: skip
_ENTRY_COLUMNS = (
    "id", "key", "kind", "category", "holder_id", "submitter_id", "source", "method", "memo", "posted_on", "billing_on",
    "recorded_by", "payload_hash", "posting_count", "total_debit", "amount", "reverses_id",
)  # fmt: skip
_ITEM_COLUMNS = (
    "entry_id", "holder_id", "submitter_id", "source", "side", "kind", "amount", "due_on", "last_day_to_pay",
    "billing_on", "posted_on",
)  # fmt: skip
#: The names under which ``ledger_post`` reads the columns above.
_LINE_NAMES, _ENTRY_NAMES, _ITEM_NAMES = "eahmrcpb", "iktchsownpbyfldmv", "ehsodtmulbp"
_FIELDS = [field.attname for field in JournalEntry._meta.concrete_fields]
_OWN = (int(Account.RECEIVABLE), int(Account.UNAPPLIED))
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


#: Writes some drafts with all that is kept beside them: their identifiers and the moment, or None if a key is taken.
_Write = Callable[[Sequence[EntryDraft]], tuple[list[UUID], datetime] | None]


def post_many(*, drafts: Sequence[EntryDraft], at: datetime, actor: Actor) -> list[JournalEntry]:
    """Post any number of drafts (``rules.charge_draft``, ``rules.move_draft``) in a few statements, all or none.

    Returns the entries in the order of the drafts, earlier ones for keys that were posted before.
    """
    if connection.vendor == "postgresql" and len(drafts) <= BATCH:
        return _in_one_call(drafts, at=at, actor=actor)
    with transaction.atomic():
        entries, fresh = insert(drafts, at=at, actor=actor)
        update_balances(fresh)
    return entries


def post_batch(*, drafts: Sequence[EntryDraft], at: datetime, actor: Actor) -> list[UUID]:
    """Post thousands of drafts at once, all or none: an import or a month's run, written by COPY on PostgreSQL.

    Returns the entries' identifiers in the order of the drafts, earlier ones for keys that were posted before.
    """
    if connection.vendor != "postgresql":
        return [entry.id for entry in post_many(drafts=drafts, at=at, actor=actor)]
    hashes = hashes_of(drafts)

    def write(fresh: Sequence[EntryDraft]) -> tuple[list[UUID], datetime] | None:
        if _earlier_ids([draft.key for draft in fresh], hashes):
            return None
        numbers = [new_id(at) for _draft in fresh]
        tables = zip(_tables(), _rows(fresh, numbers, hashes, recorded_by(actor)), strict=True)
        # COPY goes past Django, which would have turned the driver's errors into its own.
        with connection.wrap_database_errors:
            for table, rows in tables:
                table.write("".join(map(_line, rows)).encode())
        update_balances(fresh)
        return numbers, at

    with transaction.atomic():
        made, _recorded_at = _write_once(drafts, hashes, write)
        known = made | _earlier_ids([key for key in hashes if key not in made], hashes)
    return [known[draft.key] for draft in drafts]


def _in_one_call(drafts: Sequence[EntryDraft], *, at: datetime, actor: Actor) -> list[JournalEntry]:
    hashes = hashes_of(drafts)
    by = recorded_by(actor)

    def write(fresh: Sequence[EntryDraft]) -> tuple[list[UUID], datetime] | None:
        numbers = [new_id(at) for _draft in fresh]
        found = _call(fresh, _rows(fresh, numbers, hashes, by))
        return (numbers, found[0][1]) if found[0][0] is None else None

    made, recorded_at = _write_once(drafts, hashes, write)
    known = earlier_entries({key: value for key, value in hashes.items() if key not in made})
    known |= {
        draft.key: _entry(draft, made[draft.key], hashes[draft.key], by, recorded_at)
        for draft in drafts
        if draft.key in made
    }
    return [known[draft.key] for draft in drafts]


def _write_once(
    drafts: Sequence[EntryDraft], hashes: Mapping[str, str], write: _Write
) -> tuple[dict[str, UUID], datetime | None]:
    """Write the drafts whose keys are new; what ``write`` refuses because of a key is tried again without that key.

    Returns what was written. ``Conflict`` for a key that was posted with another payload.
    """
    fresh = {draft.key: draft for draft in drafts}
    while fresh:
        refusal: IntegrityError | None = None
        written = None
        try:
            # A refusal must not spoil the caller's transaction; without one the call is a transaction by itself.
            with transaction.atomic() if connection.in_atomic_block else nullcontext():
                written = write(list(fresh.values()))
        except IntegrityError as problem:
            refusal = problem
        if written is not None:
            return dict(zip(fresh, written[0], strict=True)), written[1]
        taken = _earlier_ids(list(fresh), hashes)
        if refusal is not None and not taken:
            # Nobody posted one of these keys meanwhile: the database really refuses.
            raise refusal
        fresh = {key: draft for key, draft in fresh.items() if key not in taken}
    return {}, None


def _earlier_ids(keys: Sequence[str], hashes: Mapping[str, str]) -> dict[str, UUID]:
    """The identifiers of those keys that were posted; ``Conflict`` for one that had another payload."""
    known: dict[str, UUID] = {}
    for start in range(0, len(keys), BATCH):
        rows = JournalEntry.objects.filter(key__in=keys[start : start + BATCH]).order_by()
        for key, number, fingerprint in rows.values_list("key", "id", "payload_hash"):
            if fingerprint != hashes[key]:
                raise key_conflict(key)
            known[key] = number
    return known


def _call(drafts: Sequence[EntryDraft], rows: Sequence[Sequence[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
    names = (_LINE_NAMES, _ENTRY_NAMES, _ITEM_NAMES, SEGMENT_ROW, BALANCE_ROW)
    values: list[Any] = [
        [draft.key for draft in drafts],
        *(
            json.dumps([dict(zip(columns, row, strict=True)) for row in table])
            for columns, table in zip(names, (*rows, *moved(drafts)), strict=True)
        ),
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {NAME}(%s, %s, %s, %s, %s, %s)", values)
        return list(cursor.fetchall())


def _tables() -> tuple[BulkTable, ...]:
    return (
        BulkTable(Posting, _LINE_COLUMNS),
        BulkTable(JournalEntry, _ENTRY_COLUMNS),
        BulkTable(OpenItem, _ITEM_COLUMNS),
    )


def _line(row: tuple[Any, ...]) -> str:
    """A row as ``core.bulk`` writes it, without what COPY would read as the end of a column or of a line."""
    texts = [NULL if value is None else str(value) for value in row]
    if _SPECIAL.search("".join(map(str, row))):
        texts = [text if value is None else text.translate(_ESCAPES) for value, text in zip(row, texts, strict=True)]
    return "\t".join(texts) + "\n"


def _rows(
    drafts: Sequence[EntryDraft], numbers: Sequence[UUID], hashes: Mapping[str, str], by: str
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The rows of lines, entries and open items: amounts in cents, dates and identifiers as texts."""
    lines, heads, items = [], [], []
    for draft, entry_id in zip(drafts, numbers, strict=True):
        number, holder_id, category = entry_id.hex, draft.holder_id, draft.category.value
        posted_on, billing_on = draft.posted_on.isoformat(), draft.billing_on.isoformat()
        posted_segment, billing_segment = draft.posted_segment, draft.billing_segment
        debits = effect = 0
        for leg in draft.legs:
            amount, account = cents(leg.amount), int(leg.account)
            if amount > 0:
                debits += amount
            if account in _OWN and leg.holder_id == holder_id:
                effect += amount
            revenue = leg.revenue.value if leg.revenue else ""
            lines.append(
                (number, account, leg.holder_id, amount, revenue, category, posted_segment, billing_segment)
            )  # fmt: skip
        heads.append(
            (number, draft.key, draft.kind.value, category, holder_id, draft.submitter_id, draft.source, draft.method,
             draft.memo, posted_on, billing_on, by, hashes[draft.key], len(draft.legs), debits, effect,
             draft.reverses_id and draft.reverses_id.hex)
        )  # fmt: skip
        if item := draft.item:
            items.append(
                (number, holder_id, draft.submitter_id, draft.source, item.side.value, item.kind.value,
                 cents(item.amount), item.due_on and item.due_on.isoformat(),
                 item.last_day_to_pay and item.last_day_to_pay.isoformat(), billing_on, posted_on)
            )  # fmt: skip
    return lines, heads, items


def _entry(draft: EntryDraft, number: UUID, fingerprint: str, by: str, recorded_at: datetime | None) -> JournalEntry:
    """The entry as it would be read back."""
    values = (
        number, draft.key, draft.kind, draft.category, draft.holder_id, draft.submitter_id, draft.source, draft.method,
        draft.memo, draft.posted_on, draft.billing_on, recorded_at, by, fingerprint, len(draft.legs), draft.total_debit,
        draft.amount, draft.reverses_id,
    )  # fmt: skip
    return JournalEntry.from_db(connection.alias, _FIELDS, values)
