"""The sums kept beside the postings, in their transaction."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.errors import Conflict
from core.money import ZERO
from ledger.functions import adding
from ledger.models import HolderBalance
from ledger.reckoning import BALANCE_COLUMNS, moved, reckon
from ledger.rules import SEGMENT_COLUMNS, Account, EntryDraft

BATCH = 500
_HELD = {Account.DEPOSITS: "deposits", Account.PAYABLE: "payable"}
_SEGMENT_KEY = ("holder_id", "posted_segment", "billing_segment")
_BALANCE_KEY = ("holder_id",)


def update_balances(drafts: Iterable[EntryDraft]) -> None:
    """Add what the drafts moved to the kept sums: segments first, the balance row (the most wanted lock) last."""
    add_moved(*moved([reckon(draft) for draft in drafts]))


def add_moved(segments: Sequence[tuple[int, ...]], balances: Sequence[tuple[int, ...]]) -> None:
    """The same for rows that ``reckoning.moved`` made already."""
    _add_to("ledger_holdersegment", _SEGMENT_KEY, tuple(SEGMENT_COLUMNS.values()), segments)
    _add_to("ledger_holderbalance", _BALANCE_KEY, BALANCE_COLUMNS, balances)


def _add_to(table: str, key: tuple[str, ...], columns: tuple[str, ...], rows: Sequence[tuple[int, ...]]) -> None:
    """Add the rows' numbers to the table's in one statement a batch: the ORM's upsert can only overwrite."""
    if not rows:
        return
    names = key + columns
    tail = f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {adding(table, columns)}"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # As one text a column: the server reads it many times faster than thousands of values one by one.
            texts = ["{" + ",".join(map(str, column)) + "}" for column in zip(*rows, strict=True)]
            arrays = ", ".join(["%s::bigint[]"] * len(names))
            cursor.execute(f"INSERT INTO {table} ({', '.join(names)}) SELECT * FROM UNNEST({arrays}) {tail}", texts)
            return
        places = f"({', '.join(['%s'] * len(names))})"
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(names)}) VALUES {', '.join([places] * len(batch))} {tail}",
                [number for row in batch for number in row],
            )


def require_held(draft: EntryDraft) -> None:
    """Refuse a mirror that would take more deposits or payables than the holder has."""
    held = HolderBalance.objects.select_for_update().filter(pk=draft.holder_id).first()
    for leg in draft.legs:
        if leg.account in (Account.DEPOSITS, Account.PAYABLE) and leg.amount > 0:
            require_at_least(held, leg.account, leg.amount)


def require_at_least(held: HolderBalance | None, account: Account, amount: Decimal) -> None:
    there = -getattr(held, _HELD[account]) if held is not None else ZERO
    if there < amount:
        raise Conflict(
            _("Only $%(amount)s is held for this account. Enter that amount or less.") % {"amount": there},
            code="more_than_held",
            field="amount",
        )
