"""Posting drafts: one in one call to the database where it has one, more by COPY."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from core.actor import Actor
from core.bulk import NULL, BulkTable
from core.money import cents, from_cents
from ledger.functions import NAME
from ledger.models import JournalEntry, OpenItem, Posting
from ledger.reckoning import Reckoned, balance_of, moved
from ledger.rules import EntryDraft
from ledger.services.balances import BATCH, add_moved, update_balances
from ledger.services.writing import earlier_entries, insert, key_conflict, new_ids, reckoned, recorded_by

_LINE_COLUMNS = (
    "entry_id", "account_id", "holder_id", "amount", "revenue", "category", "posted_segment", "billing_segment",
)  # fmt: skip
_ENTRY_COLUMNS = (
    "id", "key", "kind", "category", "holder_id", "submitter_id", "source", "method", "memo", "posted_on", "billing_on",
    "payload_hash", "posting_count", "total_debit", "amount", "reverses_id", "recorded_by", "recorded_at",
)  # fmt: skip
_ITEM_COLUMNS = (
    "entry_id", "holder_id", "submitter_id", "source", "side", "kind", "amount", "due_on", "last_day_to_pay",
    "billing_on", "posted_on",
)  # fmt: skip
_FIELDS = [field.attname for field in JournalEntry._meta.concrete_fields]
_CALL = f"SELECT {NAME}(%s)"
#: An empty word of an array, its quotation marks doubled because the array stands in a row.
_EMPTY = '""""'
#: Entries made into rows while the server writes those before.
_AT_A_TIME = 250
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})

#: What was written: the identifier of each key, and the moment.
_Written = tuple[dict[str, UUID], datetime]


def post_many(*, drafts: Sequence[EntryDraft], at: datetime, actor: Actor) -> list[JournalEntry]:
    """Post any number of drafts (``rules.charge_draft``, ``rules.move_draft``) in a few statements, all or none.

    Returns the entries in the order of the drafts, earlier ones for keys that were posted before.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql":
        with transaction.atomic():
            entries, fresh = insert(drafts, at=at, actor=actor)
            update_balances(fresh)
        return entries
    wanted = reckoned(drafts)
    by = recorded_by(actor)
    made, recorded_at = _write_once(database, wanted, at=at, by=by)
    if len(made) == len(wanted):
        known = {key: _entry(entry, made[key], by, recorded_at) for key, entry in wanted.items()}
    else:
        known = earlier_entries({key: entry.fingerprint for key, entry in wanted.items()})
    return [known[draft.key] for draft in drafts]


def post_batch(*, drafts: Sequence[EntryDraft], at: datetime, actor: Actor) -> list[UUID]:
    """Post thousands of drafts at once, all or none: an import or a month's run, written by COPY on PostgreSQL.

    Returns the entries' identifiers in the order of the drafts, earlier ones for keys that were posted before.
    """
    if connection.vendor != "postgresql":
        return [entry.id for entry in post_many(drafts=drafts, at=at, actor=actor)]
    wanted = reckoned(drafts)
    made, _recorded_at = _write_once(connections[DEFAULT_DB_ALIAS], wanted, at=at, by=recorded_by(actor))
    known = made | _earlier_ids({key: entry for key, entry in wanted.items() if key not in made})
    return [known[draft.key] for draft in drafts]


def _write_once(
    database: BaseDatabaseWrapper, wanted: Mapping[str, Reckoned], *, at: datetime, by: str
) -> tuple[dict[str, UUID], datetime | None]:
    """Write the drafts whose keys are new; what the database refuses because of a key is tried again without that key.

    Returns what was written. ``Conflict`` for a key that was posted with another payload.
    """
    fresh = dict(wanted)
    while fresh:
        refusal: IntegrityError | None = None
        written: _Written | None = None
        try:
            written = _write(database, list(fresh.values()), at=at, by=by)
        except IntegrityError as problem:
            refusal = problem
        if written is not None:
            return written
        taken = _earlier_ids(fresh)
        if refusal is not None and not taken:
            # Nobody posted one of these keys meanwhile: the database really refuses.
            raise refusal
        fresh = {key: entry for key, entry in fresh.items() if key not in taken}
    return {}, None


def _write(database: BaseDatabaseWrapper, entries: Sequence[Reckoned], *, at: datetime, by: str) -> _Written | None:
    """All of the entries, or none and nothing returned when one of the keys is seen to be taken."""
    numbers = new_ids(at, len(entries))
    if len(entries) == 1 and all(line[1] == entries[0].draft.holder_id for line in entries[0].lines):
        # A refusal must not spoil the caller's transaction; without one the call is a transaction by itself.
        with transaction.atomic() if database.in_atomic_block else nullcontext():
            recorded_at = _call(database, entries[0], numbers[0], by)
    else:
        with transaction.atomic():
            recorded_at = _copy(database, entries, numbers, by)
    if recorded_at is None:
        return None
    return {entry.draft.key: number for entry, number in zip(entries, numbers, strict=True)}, recorded_at


def _earlier_ids(wanted: Mapping[str, Reckoned]) -> dict[str, UUID]:
    """The identifiers of those keys that were posted; ``Conflict`` for one that had another payload."""
    known: dict[str, UUID] = {}
    keys = list(wanted)
    for start in range(0, len(keys), BATCH):
        rows = JournalEntry.objects.filter(key__in=keys[start : start + BATCH]).order_by()
        for key, number, fingerprint in rows.values_list("key", "id", "payload_hash"):
            if fingerprint != wanted[key].fingerprint:
                raise key_conflict(key)
            known[key] = number
    return known


def _call(database: BaseDatabaseWrapper, entry: Reckoned, number: UUID, by: str) -> datetime | None:
    """Post one entry; nothing when its key is taken."""
    draft, lines, fingerprint, debits, effect = entry
    accounts, _holders, amounts, revenues = zip(*lines, strict=True)
    item = draft.item
    opened = (
        f"{item.side.value},{item.kind.value},{cents(item.amount)},{item.due_on or ''},{item.last_day_to_pay or ''}"
        if item
        else ",,,,"
    )
    # In the order of ``functions.COLUMNS``; nothing between two commas is no value.
    row = (
        f"({number.hex},{_quoted(draft.key)},{draft.kind.value},{draft.category.value},{draft.holder_id},"
        f"{'' if draft.submitter_id is None else draft.submitter_id},{_quoted(draft.source)},{_quoted(draft.method)},"
        f"{_quoted(draft.memo)},{draft.posted_on},{draft.billing_on},{_quoted(by)},{fingerprint},"
        f"{draft.reverses_id.hex if draft.reverses_id else ''},{draft.posted_segment},{draft.billing_segment},"
        f"{debits},{effect},{_array(accounts)},{_array(amounts)},{_array(revenues)},{opened},"
        f"{','.join(map(str, balance_of(lines)))})"
    )
    with database.cursor() as cursor:
        cursor.execute(_CALL, (row,))
        moment: datetime | None = cursor.fetchone()[0]
        return moment


def _quoted(text: str) -> str:
    """A text as a row's value."""
    return '"' + text.replace("\\", "\\\\").replace('"', '""') + '"'


def _array(values: Iterable[object]) -> str:
    """Numbers or plain words as a row's value; an empty word stays a word."""
    return f'"{{{",".join([str(value) or _EMPTY for value in values])}}}"'


def _copy(
    database: BaseDatabaseWrapper, entries: Sequence[Reckoned], numbers: Sequence[UUID], by: str
) -> datetime | None:
    """Post many entries, in the order of their keys; nothing when the first is taken, as in a batch sent again.

    Other keys that are taken are refused by the database: to look each of them up beforehand costs as much as writing.
    """
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT STATEMENT_TIMESTAMP(), EXISTS (SELECT 1 FROM ledger_journalentry WHERE key = %s)",
            [entries[0].draft.key],
        )
        recorded_at, is_taken = cursor.fetchone()
    if is_taken:
        return None
    rows = _Rows(entries, numbers, f"{_escaped(by)}\t{recorded_at.isoformat()}")
    # COPY goes past Django, which would have turned the driver's errors into its own.
    with database.wrap_database_errors:
        BulkTable(Posting, _LINE_COLUMNS).write_pieces(rows.lines())
        BulkTable(JournalEntry, _ENTRY_COLUMNS).write_pieces(rows.heads())
        BulkTable(OpenItem, _ITEM_COLUMNS).write_pieces(rows.items())
    add_moved(*rows.moved)
    moment: datetime = recorded_at
    return moment


def _escaped(text: str) -> str:
    """Without what COPY would read as the end of a column or of a line."""
    return text.translate(_ESCAPES) if _SPECIAL.search(text) else text


class _Rows:
    """A batch as ``core.bulk`` writes it; all of it is made while the server writes the lines, which come first."""

    def __init__(self, entries: Sequence[Reckoned], numbers: Sequence[UUID], tail: str) -> None:
        self._entries, self._numbers = entries, numbers
        #: What ends each entry's row.
        self._tail = tail
        #: By key, because that is the order in which entries are written.
        self._heads: list[tuple[str, str]] = []
        self._items: list[str] = []
        self.moved: tuple[Sequence[tuple[int, ...]], Sequence[tuple[int, ...]]] = ((), ())

    def lines(self) -> Iterator[bytes]:
        for start in range(0, len(self._entries), _AT_A_TIME):
            some = slice(start, start + _AT_A_TIME)
            lines: list[str] = []
            for entry, number in zip(self._entries[some], self._numbers[some], strict=True):
                self._add(entry, number.hex, lines)
            yield "".join(lines).encode()
        self._heads.sort()
        self.moved = moved(self._entries)

    def heads(self) -> Iterator[bytes]:
        return _encoded([head for _key, head in self._heads])

    def items(self) -> Iterator[bytes]:
        return _encoded(self._items)

    def _add(self, entry: Reckoned, number: str, lines: list[str]) -> None:
        draft, legs, fingerprint, debits, effect = entry
        holder_id, category, item = draft.holder_id, draft.category.value, draft.item
        posted_on, billing_on = draft.posted_on, draft.billing_on
        submitter_id = NULL if draft.submitter_id is None else draft.submitter_id
        key, source, method, memo = draft.key, draft.source, draft.method, draft.memo
        if _SPECIAL.search(f"{key}{source}{method}{memo}"):
            key, source, method, memo = _escaped(key), _escaped(source), _escaped(method), _escaped(memo)
        where = f"{category}\t{draft.posted_segment}\t{draft.billing_segment}\n"
        for account, holder, amount, revenue in legs:
            lines.append(f"{number}\t{account}\t{holder}\t{amount}\t{revenue}\t{where}")
        head = (
            f"{number}\t{key}\t{draft.kind.value}\t{category}\t{holder_id}\t{submitter_id}\t{source}\t{method}\t{memo}"
            f"\t{posted_on}\t{billing_on}\t{fingerprint}\t{len(legs)}\t{debits}\t{effect}"
            f"\t{draft.reverses_id.hex if draft.reverses_id else NULL}\t{self._tail}\n"
        )
        self._heads.append((key, head))
        if item:
            self._items.append(
                f"{number}\t{holder_id}\t{submitter_id}\t{source}\t{item.side.value}\t{item.kind.value}"
                f"\t{cents(item.amount)}\t{item.due_on or NULL}\t{item.last_day_to_pay or NULL}"
                f"\t{billing_on}\t{posted_on}\n"
            )


def _encoded(rows: Sequence[str]) -> Iterator[bytes]:
    return ("".join(rows[start : start + _AT_A_TIME]).encode() for start in range(0, len(rows), _AT_A_TIME))


def _entry(entry: Reckoned, number: UUID, by: str, recorded_at: datetime | None) -> JournalEntry:
    """The entry as it would be read back."""
    draft, lines, fingerprint, debits, effect = entry
    values = (
        number, draft.key, draft.kind, draft.category, draft.holder_id, draft.submitter_id, draft.source, draft.method,
        draft.memo, draft.posted_on, draft.billing_on, recorded_at, by, fingerprint, len(lines), from_cents(debits),
        from_cents(effect), draft.reverses_id,
    )  # fmt: skip
    return JournalEntry.from_db(DEFAULT_DB_ALIAS, _FIELDS, values)
