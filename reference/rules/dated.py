"""Tables whose rows hold from a date on, so that an old document recomputes the same for ever."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar


class EffectiveFrom(Protocol):
    @property
    def effective_from(self) -> date: ...


Row = TypeVar("Row", bound=EffectiveFrom)


def latest(rows: Iterable[Row], on: date) -> Row | None:
    """The row that holds on the day: the latest ``effective_from`` not after it, or None before the first."""
    known = [row for row in rows if row.effective_from <= on]
    return max(known, key=lambda row: row.effective_from, default=None)


def latest_or_first(rows: Iterable[Row], on: date) -> Row | None:
    """As :func:`latest`, but before the first row the first one holds; None for an empty table."""
    table = list(rows)
    return latest(table, on) or min(table, key=lambda row: row.effective_from, default=None)
