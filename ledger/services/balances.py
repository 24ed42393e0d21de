"""The sums kept beside the postings, in their transaction."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.errors import Conflict
from core.money import ZERO, cents
from ledger.models import HolderBalance
from ledger.rules import SEGMENT_COLUMNS, Account, Category, EntryDraft

BATCH = 500
_BALANCE_COLUMNS: dict[Account, str] = {
    Account.RECEIVABLE: "receivable",
    Account.UNAPPLIED: "unapplied",
    Account.DEPOSITS: "deposits",
    Account.PAYABLE: "payable",
}
SEGMENT_KEY = ("holder_id", "posted_segment", "billing_segment")
BALANCE_KEY = ("holder_id",)
SEGMENT_ROW = (*SEGMENT_KEY, *SEGMENT_COLUMNS.values())
BALANCE_ROW = (*BALANCE_KEY, *_BALANCE_COLUMNS.values())


def moved(drafts: Iterable[EntryDraft]) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """What the drafts add, in cents: rows of segments and rows of balances, each sorted, keys first."""
    balances: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_BALANCE_COLUMNS.values(), 0))
    segments: dict[tuple[int, int, int], dict[str, int]] = defaultdict(
        lambda: dict.fromkeys(SEGMENT_COLUMNS.values(), 0)
    )
    for draft in drafts:
        for leg in draft.legs:
            if column := _BALANCE_COLUMNS.get(leg.account):
                balances[leg.holder_id][column] += cents(leg.amount)
        if draft.category != Category.NONE:
            cell = segments[draft.holder_id, draft.posted_segment, draft.billing_segment]
            cell[draft.category.column] += cents(draft.amount)
    return (
        [(*place, *cell.values()) for place, cell in sorted(segments.items())],
        [(holder, *row.values()) for holder, row in sorted(balances.items())],
    )


def update_balances(drafts: Iterable[EntryDraft]) -> None:
    """Add what the drafts moved to the kept sums: segments first, the balance row (the most wanted lock) last."""
    segments, balances = moved(drafts)
    _add_to("ledger_holdersegment", SEGMENT_KEY, tuple(SEGMENT_COLUMNS.values()), segments)
    _add_to("ledger_holderbalance", BALANCE_KEY, tuple(_BALANCE_COLUMNS.values()), balances)


def _add_to(table: str, key: tuple[str, ...], columns: tuple[str, ...], rows: Sequence[tuple[int, ...]]) -> None:
    """Add the rows' numbers to the table's in one statement a batch: the ORM's upsert can only overwrite."""
    added = ", ".join(f"{column} = {table}.{column} + excluded.{column}" for column in columns)
    places = f"({', '.join(['%s'] * (len(key) + len(columns)))})"
    with connection.cursor() as cursor:
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(key + columns)}) VALUES {', '.join([places] * len(batch))} "
                f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {added}",
                [number for row in batch for number in row],
            )


def require_held(draft: EntryDraft) -> None:
    """Refuse a mirror that would take more deposits or payables than the holder has."""
    held = HolderBalance.objects.select_for_update().filter(pk=draft.holder_id).first()
    for leg in draft.legs:
        if leg.account in (Account.DEPOSITS, Account.PAYABLE) and leg.amount > 0:
            require_at_least(held, leg.account, leg.amount)


def require_at_least(held: HolderBalance | None, account: Account, amount: Decimal) -> None:
    there = -getattr(held, _BALANCE_COLUMNS[account]) if held is not None else ZERO
    if there < amount:
        raise Conflict(
            _("Only $%(amount)s is held for this account. Enter that amount or less.") % {"amount": there},
            code="more_than_held",
            field="amount",
        )
