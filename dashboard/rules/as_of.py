"""An account day by day: opening, movements, closing, and what was under way but in no figure yet.

Two times: the day on which something took effect (release, payment, interest through) and the day by which it was
known. Own choice; the dates of the book are those of ``ledger.models.JournalEntry``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from core.money import ZERO
from ledger.rules import Category

LONGEST_DAYS = 366
_CHARGES = (Category.CHARGE, Category.CTYPE, Category.DISBURSEMENT)
_LATE = (Category.INTEREST, Category.PENALTY)


@dataclass(frozen=True)
class Movement:
    """One sum of one day in one column of the book (dollars)."""

    on: date
    category: Category
    amount: Decimal


@dataclass(frozen=True)
class Underway:
    """Something begun and not in the book on the days from ``since`` until the eve of ``until`` (open: ``None``)."""

    kind: str
    number: str
    since: date
    until: date | None
    amount: Decimal

    def is_pending(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on < self.until)


@dataclass(frozen=True)
class Day:
    on: date
    opening: Decimal
    charges: Decimal
    late: Decimal
    credits: Decimal
    closing: Decimal
    pending: Sequence[Underway] = ()


def days(opening: Decimal, movements: Iterable[Movement], underway: Sequence[Underway] = ()) -> list[Day]:
    """The days on which something moved, each opening where the one before closed."""
    by_day: dict[date, list[Movement]] = {}
    for movement in movements:
        by_day.setdefault(movement.on, []).append(movement)
    found, balance = [], opening
    for on in sorted(by_day):
        charges = sum((row.amount for row in by_day[on] if row.category in _CHARGES), ZERO)
        late = sum((row.amount for row in by_day[on] if row.category in _LATE), ZERO)
        total = sum((row.amount for row in by_day[on]), ZERO)
        pending = tuple(row for row in underway if row.is_pending(on))
        found.append(Day(on, balance, charges, late, total - charges - late, balance + total, pending))
        balance += total
    return found


def is_too_long(since: date, until: date) -> bool:
    return until - since > timedelta(days=LONGEST_DAYS)
