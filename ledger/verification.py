"""The proof of the book: everything kept beside the postings is recomputed from them, in set-based statements."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from core.calendar import segment_of
from ledger import triggers
from ledger.models import JournalEntry
from ledger.rules import SEGMENT_COLUMNS, Account


@dataclass(frozen=True)
class Finding:
    """One row that does not agree with the postings."""

    check: str
    row: str


_OWN = f"({int(Account.RECEIVABLE)}, {int(Account.UNAPPLIED)})"


def _sum_of(condition: str, amount: str = "amount") -> str:
    return f"SUM(CASE WHEN {condition} THEN {amount} ELSE 0 END)"


def _statements() -> dict[str, str]:
    """Each check's statement; every row it returns is a finding."""
    balances = {
        "receivable": Account.RECEIVABLE,
        "unapplied": Account.UNAPPLIED,
        "deposits": Account.DEPOSITS,
        "payable": Account.PAYABLE,
    }
    kept = ", ".join(balances)
    moved = ", ".join(f"-{_sum_of(f'account_id = {int(number)}')} AS {name}" for name, number in balances.items())
    columns = tuple(SEGMENT_COLUMNS.values())
    cells = ", ".join(
        f"-{_sum_of(f'''category = '{category}' AND account_id IN {_OWN}''')} AS {name}"
        for category, name in SEGMENT_COLUMNS.items()
    )
    place = "holder_id, posted_segment, billing_segment"
    cleared = "SUM(x.amount)"
    return {
        "entry against its lines (id, key, lines, sum, debits, effect)": f"""
            SELECT e.id, e.key, p.lines, p.total, p.debits, p.effect FROM ledger_journalentry e LEFT JOIN (
              SELECT q.entry_id, COUNT(*) AS lines, SUM(q.amount) AS total,
                {_sum_of("q.amount > 0", "q.amount")} AS debits,
                {_sum_of(f"q.account_id IN {_OWN}", "q.amount")} AS effect
              FROM ledger_posting q GROUP BY q.entry_id) p ON p.entry_id = e.id
            WHERE p.lines IS NULL OR p.lines <> e.posting_count OR p.lines < 2 OR p.total <> 0
              OR p.debits <> e.total_debit OR p.effect <> e.amount""",
        "line without its entry, or with another class or holder (id, entry)": """
            SELECT p.id, p.entry_id FROM ledger_posting p LEFT JOIN ledger_journalentry e ON e.id = p.entry_id
            WHERE e.id IS NULL OR e.category <> p.category OR e.holder_id <> p.holder_id""",
        "balance against the lines (holder, differences)": f"""
            SELECT holder_id, {", ".join(f"SUM({name})" for name in balances)} FROM (
              SELECT holder_id, {kept} FROM ledger_holderbalance
              UNION ALL SELECT holder_id, {moved} FROM ledger_posting GROUP BY holder_id) b
            GROUP BY holder_id HAVING {" OR ".join(f"SUM({name}) <> 0" for name in balances)}""",
        "segment against the lines (holder, segments, differences)": f"""
            SELECT {place}, {", ".join(f"SUM({name})" for name in columns)} FROM (
              SELECT {place}, {", ".join(columns)} FROM ledger_holdersegment
              UNION ALL SELECT {place}, {cells} FROM ledger_posting GROUP BY {place}) s
            GROUP BY {place} HAVING {" OR ".join(f"SUM({name}) <> 0" for name in columns)}""",
        "item against its entry (entry, key)": """
            SELECT e.id, e.key FROM ledger_journalentry e LEFT JOIN ledger_openitem i ON i.entry_id = e.id
            WHERE COALESCE(CASE i.side WHEN 'DEBT' THEN i.amount ELSE -i.amount END, 0) <> e.amount
              OR i.holder_id <> e.holder_id""",
        "item against its clearings (id, amount, cleared, clearings)": f"""
            SELECT i.id, i.amount, i.cleared, COALESCE({cleared}, 0) FROM ledger_openitem i LEFT JOIN (
              SELECT debt_item_id AS item_id, amount FROM ledger_clearing
              UNION ALL SELECT credit_item_id, amount FROM ledger_clearing) x ON x.item_id = i.id
            GROUP BY i.id, i.amount, i.cleared
            HAVING i.cleared <> COALESCE({cleared}, 0) OR i.cleared > i.amount OR i.cleared < 0""",
        "clearing that joins no pair (id, key)": """
            SELECT c.id, c.key FROM ledger_clearing c JOIN ledger_openitem d ON d.id = c.debt_item_id
              JOIN ledger_openitem k ON k.id = c.credit_item_id
            WHERE d.side <> 'DEBT' OR k.side <> 'CREDIT' OR d.holder_id <> k.holder_id""",
        "clearing undone otherwise than it was made (id, key)": """
            SELECT c.id, c.key FROM ledger_clearing c JOIN ledger_clearing o ON o.id = c.reverses_id
            WHERE c.amount <> -o.amount OR c.debt_item_id <> o.debt_item_id OR c.credit_item_id <> o.credit_item_id""",
        "balance against the open items (holder, owed, credits)": """
            SELECT holder_id, SUM(owed), SUM(credits) FROM (
              SELECT holder_id, receivable AS owed, -unapplied AS credits FROM ledger_holderbalance
              UNION ALL SELECT holder_id, CASE side WHEN 'DEBT' THEN cleared - amount ELSE 0 END,
                CASE side WHEN 'CREDIT' THEN cleared - amount ELSE 0 END FROM ledger_openitem) b
            GROUP BY holder_id HAVING SUM(owed) <> 0 OR SUM(credits) <> 0""",
        "more drawn than held (holder, deposits, payable)": """
            SELECT holder_id, deposits, payable FROM ledger_holderbalance WHERE deposits > 0 OR payable > 0""",
    }


def findings() -> Iterator[Finding]:
    """Everything wrong with the book; nothing when it is sound. Amounts are in cents."""
    for name in triggers.differences(connection):
        yield Finding("trigger missing or changed", name)
    for check, statement in _statements().items():
        for row in _rows(statement):
            yield Finding(check, ", ".join(str(value) for value in row))
    yield from _misplaced()


def _misplaced() -> Iterator[Finding]:
    """Lines whose segments are not those of their entry's dates: the few distinct pairs are enough to know."""
    dates = JournalEntry.objects.order_by().values_list(
        "posted_on", "postings__posted_segment", "billing_on", "postings__billing_segment"
    )
    for posted_on, posted_segment, billing_on, billing_segment in dates.distinct():
        if posted_segment is None:
            continue
        if (segment_of(posted_on), segment_of(billing_on)) != (posted_segment, billing_segment):
            yield Finding(
                "line in the wrong segment (dates, segments)",
                f"{posted_on}, {billing_on}, {posted_segment}, {billing_segment}",
            )


def _rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
