"""What each interest amount was made from, kept by the thousand as ``InterestCharge`` rows."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection

from core.bulk import BulkTable
from core.money import cents
from statements.models import InterestCharge
from statements.queries import LateDebt
from statements.rules import Accrual

_COLUMNS = (
    "program_account_id", "entry_key", "item_id", "item_source", "due_on", "last_day_to_pay", "principal", "first_day",
    "last_day", "days", "rate", "rate_count", "rate_is_illustrative", "is_prescribed", "amount", "posted_on",
)  # fmt: skip


def row_of(late: LateDebt, part: Accrual, *, key: str, posted_on: date) -> tuple[Any, ...]:
    """The columns of one part, money in cents."""
    return (
        late.holder_id, key, late.item_id, late.source, late.debt.due_on, late.debt.last_day_to_pay,
        cents(part.principal), part.first_day, part.last_day, part.days, part.rate, part.rate_count,
        int(part.is_illustrative), int(late.is_penalty), cents(part.amount), posted_on,
    )  # fmt: skip


def write(rows: Iterable[tuple[Any, ...]]) -> None:
    """Append them in the caller's transaction; the database's own errors become Django's."""
    lines = "".join("\t".join(map(str, row)) + "\n" for row in rows)
    with connection.wrap_database_errors:
        BulkTable(InterestCharge, _COLUMNS).write(lines.encode())
