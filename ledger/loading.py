"""Taking a whole book at once: for a generated population, where posting each entry by itself would take hours.

The entries come with their lines, items and clearings as they would have been posted. Guards that look at one row at a
time stand aside meanwhile; the whole is proven before it is committed, and nothing of it stays when it is not sound.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.bulk import BulkTable, checked_at_the_end, reset_sequences
from core.errors import Conflict
from ledger import triggers
from ledger.models import Clearing, JournalEntry, OpenItem, Posting
from ledger.rules import SEGMENT_COLUMNS, Account
from ledger.verification import findings

ENTRY_COLUMNS = (
    "id", "key", "kind", "category", "holder_id", "submitter_id", "source", "method", "memo", "posted_on", "billing_on",
    "recorded_at", "recorded_by", "payload_hash", "posting_count", "total_debit", "amount",
)  # fmt: skip
POSTING_COLUMNS = (
    "id", "entry_id", "account_id", "holder_id", "amount", "revenue", "category", "posted_segment", "billing_segment",
)  # fmt: skip
ITEM_COLUMNS = (
    "id", "entry_id", "holder_id", "submitter_id", "source", "side", "kind", "amount", "due_on", "last_day_to_pay",
    "billing_on", "posted_on", "cleared",
)  # fmt: skip
CLEARING_COLUMNS = (
    "id", "key", "entry_id", "debt_item_id", "credit_item_id", "amount", "cleared_on", "recorded_at",
)  # fmt: skip

#: How long each step took, by its name.
Seconds = dict[str, float]


class BookWriter:
    """The four tables of the book, each appended to in the order that foreign keys ask for.

    Entries that take back another have a column more, so they come apart from the many that do not.
    """

    def __init__(self) -> None:
        self.seconds: Seconds = {}
        self.tables = (
            BulkTable(JournalEntry, ENTRY_COLUMNS),
            BulkTable(Posting, POSTING_COLUMNS),
            BulkTable(OpenItem, ITEM_COLUMNS),
            BulkTable(Clearing, CLEARING_COLUMNS),
        )
        self.reversals = BulkTable(JournalEntry, (*ENTRY_COLUMNS, "reverses_id"))

    def write(self, *, entries: bytes, reversals: bytes, postings: bytes, items: bytes, clearings: bytes) -> None:
        """Append whole entries: each with all its lines and items; clearings of items that are there."""
        kept, *others = self.tables
        kept.write(entries)
        self.reversals.write(reversals)
        for table, rows in zip(others, (postings, items, clearings), strict=True):
            table.write(rows)

    def finish(self) -> None:
        """Make balances and segments of the lines, in two statements."""
        begun = time.perf_counter()
        reset_sequences(self.tables[1:])
        own = f"account_id IN ({int(Account.RECEIVABLE)}, {int(Account.UNAPPLIED)})"
        cells = [
            f"SUM(CASE WHEN category = '{category}' AND {own} THEN amount ELSE 0 END)" for category in SEGMENT_COLUMNS
        ]
        kept = (Account.RECEIVABLE, Account.UNAPPLIED, Account.DEPOSITS, Account.PAYABLE)
        sums = [f"SUM(CASE WHEN account_id = {int(number)} THEN amount ELSE 0 END)" for number in kept]
        place = "holder_id, posted_segment, billing_segment"
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO ledger_holdersegment ({place}, {', '.join(SEGMENT_COLUMNS.values())}) "
                f"SELECT {place}, {', '.join(cells)} FROM ledger_posting WHERE category <> 'NONE' "
                f"GROUP BY {place} ORDER BY {place}"
            )
            cursor.execute(
                "INSERT INTO ledger_holderbalance (holder_id, receivable, unapplied, deposits, payable) "
                f"SELECT holder_id, {', '.join(sums)} FROM ledger_posting GROUP BY holder_id ORDER BY holder_id"
            )
        self.seconds["balances"] = time.perf_counter() - begun


@contextmanager
def loading() -> Iterator[BookWriter]:
    """Write a whole book in the block; it is committed only if the proof of the book finds nothing wrong.

    ``Conflict`` when something was posted before, or when what was written is not sound.
    """
    with transaction.atomic():
        if JournalEntry.objects.exists():
            raise Conflict(
                _("The book is not empty. Generate a population in a world of its own."), code="book_not_empty"
            )
        triggers.unlock(connection)
        writer = BookWriter()
        with checked_at_the_end(writer.tables):
            yield writer
            begun = time.perf_counter()
        triggers.lock(connection)
        writer.seconds["keys"] = time.perf_counter() - begun
        wrong = list(islice(findings(), 5))
        writer.seconds["proof"] = time.perf_counter() - begun - writer.seconds["keys"]
        if wrong:
            raise Conflict(
                _("The book that was written is not sound: %(rows)s")
                % {"rows": "; ".join(f"{finding.check}: {finding.row}" for finding in wrong)},
                code="book_not_sound",
            )
