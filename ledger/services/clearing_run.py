"""Clearing a whole population where it lies: the pairs of a query become clearings without coming to Python.

``clear_many`` is the definition; these statements write the same rows, one entry a holder, under the same guards.
"""

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from core.actor import Actor
from core.sql import joined, kept_rows, prepared, sha256
from ledger.models import JournalEntry
from ledger.rules import EntryDraft, EntryKind, move_draft
from ledger.services.writing import recorded_by

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CENT = Decimal("0.01")


def clear_selected(
    *, pairs: str, values: Sequence[Any], cleared_on: date, at: datetime, actor: Actor
) -> tuple[int, list[int]]:
    """Clear what a query selects; returns how many clearings were made, and for which holders.

    The query's columns: ``holder_id``, ``debt_item_id``, ``credit_item_id``, ``amount`` (cents), ``place`` (the order
    of the clearings of a holder). No pair may come twice. The caller holds its accounts; the database refuses a pair
    that is none, and more than an item has left (``IntegrityError``), and then nothing is written.
    """
    example = move_draft(
        key="", kind=EntryKind.CLEARING, holder_id=0, submitter_id=None, amount=_CENT, source="clearing", memo="",
        posted_on=cleared_on,
    )  # fmt: skip
    with (
        transaction.atomic(),
        kept_rows("cleared_pair", _numbered(pairs), values),
        kept_rows("cleared_holder", *_entries(at)),
        connection.cursor() as cursor,
    ):
        count = _write(example, actor=actor)
        cursor.execute("SELECT holder_id FROM cleared_holder ORDER BY holder_id")
        holders = [number for (number,) in cursor.fetchall()]
    return count, holders


def _numbered(pairs: str) -> str:
    """The pairs with their keys: a pair that was cleared before gets the next number of its two items."""
    return f"""
        SELECT p.holder_id, p.debt_item_id, p.credit_item_id, p.amount, p.place,
          'clearing:' || p.debt_item_id || ':' || p.credit_item_id || ':' || (
            SELECT COUNT(*) + 1 FROM ledger_clearing c
            WHERE c.debt_item_id = p.debt_item_id AND c.credit_item_id = p.credit_item_id) AS key
        FROM ({pairs}) p"""


def _entries(at: datetime) -> tuple[str, list[Any]]:
    """A row for each holder: the identifier and key of its entry, and its total."""
    is_postgresql = connection.vendor == "postgresql"
    order = 'key COLLATE "C"' if is_postgresql else "key"
    fingerprint = sha256(joined("key", order))
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    identifier, values = _identifier(f"{milliseconds:012x}", begun=time.monotonic_ns() // 1000 % (1 << 47))
    return (
        f"""
        SELECT holder_id, {identifier} AS id, total, 'clearing:' || holder_id || ':' || fingerprint AS key
        FROM (SELECT holder_id, CAST(SUM(amount) AS BIGINT) AS total, {fingerprint} AS fingerprint,
            ROW_NUMBER() OVER (ORDER BY holder_id) AS number
          FROM (SELECT holder_id, amount, key FROM cleared_pair ORDER BY holder_id, {order}) c GROUP BY holder_id) h""",
        values,
    )


def _identifier(moment: str, *, begun: int) -> tuple[str, list[Any]]:
    """As ``writing.new_id``: version 7, by the business moment, then one microsecond after another, then by chance."""
    ticks = "((%s + number) %% 140737488355328)"
    values = [begun, begun]
    if connection.vendor == "postgresql":
        chance = "CAST(FLOOR(RANDOM() * 134217728) AS BIGINT)"
        high = f"LPAD(TO_HEX(CAST({ticks} AS BIGINT) >> 35), 3, '0')"
        low = f"TO_HEX((((CAST({ticks} AS BIGINT) & 34359738367) << 27) | {chance}) | (CAST(1 AS BIGINT) << 63))"
        return f"CAST('{moment}7' || {high} || {low} AS UUID)", values
    chance = "(ABS(RANDOM() % 134217728))"
    return (
        f"'{moment}7' || PRINTF('%%03x', {ticks} >> 35) || "
        f"PRINTF('%%016x', ((({ticks} & 34359738367) << 27) | {chance}) | (1 << 63))",
        values,
    )


def _write(example: EntryDraft, *, actor: Actor) -> int:
    """Lines, entries, clearings and balances, in that order; the triggers carry the clearings to the items."""
    debit, credit = (int(leg.account) for leg in example.legs)
    shared = {
        "kind": example.kind, "category": example.category, "source": example.source, "method": example.method,
        "memo": example.memo, "posted_on": example.posted_on, "billing_on": example.billing_on,
        "recorded_by": recorded_by(actor), "posting_count": len(example.legs), "amount": example.amount,
    }  # fmt: skip
    first, second = sorted(((debit, "total"), (credit, "-total")))
    payload = (
        f"""'["{example.kind.value}", ' || holder_id || ', null, "{example.source}", "", "{example.posted_on}", """
        f""""{example.billing_on}", "", [[{first[0]}, ' || holder_id || ', ' || {first[1]} || ', ""], """
        f"""[{second[0]}, ' || holder_id || ', ' || {second[1]} || ', ""]], null]'"""
    )
    columns = ", ".join(shared)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO ledger_posting
              (entry_id, account_id, holder_id, amount, revenue, category, posted_segment, billing_segment)
            SELECT id, account_id, holder_id, sign * total, '', %s, %s, %s
            FROM cleared_holder CROSS JOIN (SELECT {debit} AS account_id, 1 AS sign UNION ALL SELECT {credit}, -1) l
            ORDER BY holder_id, sign DESC""",
            [example.category, example.posted_segment, example.billing_segment],
        )
        cursor.execute(
            f"""INSERT INTO ledger_journalentry (id, key, holder_id, payload_hash, total_debit, {columns})
            SELECT id, key, holder_id, {sha256(payload)}, total, {", ".join(["%s"] * len(shared))}
            FROM cleared_holder ORDER BY holder_id""",
            prepared(JournalEntry, shared),
        )
        cursor.execute(
            """INSERT INTO ledger_clearing (key, entry_id, debt_item_id, credit_item_id, amount, cleared_on)
            SELECT p.key, h.id, p.debt_item_id, p.credit_item_id, p.amount, %s
            FROM cleared_pair p JOIN cleared_holder h ON h.holder_id = p.holder_id ORDER BY p.holder_id, p.place""",
            [example.posted_on],
        )
        count: int = cursor.rowcount
        cursor.execute(
            """UPDATE ledger_holderbalance AS b
            SET receivable = b.receivable - h.total, unapplied = b.unapplied + h.total
            FROM cleared_holder h WHERE h.holder_id = b.holder_id"""
        )
    return count
