"""Two times. The business clock says what day it is in this world; the wall clock runs sessions, codes and tokens.

Only entry points (views, API, admin, tasks, commands) ask; everything below them is told.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from core.models import WorldClock

TORONTO = ZoneInfo("America/Toronto")
_seen: ContextVar[list[WorldClock] | None] = ContextVar("seen", default=None)


def wall_now() -> datetime:
    """The real moment, in Toronto's zone."""
    return datetime.now(UTC).astimezone(TORONTO)


def now() -> datetime:
    """The business moment of this world, in Toronto's zone."""
    return instant_of(_row())


def today() -> date:
    """The business date of this world."""
    return now().date()


def clock_row() -> WorldClock:
    """The clock's row; an unsaved one at wall time where the world has none yet."""
    return WorldClock.objects.filter(id=WorldClock.SOLE_ID).first() or WorldClock(id=WorldClock.SOLE_ID)


@contextmanager
def read_once() -> Iterator[None]:
    """Inside, the clock's row is read once and then remembered: one request has one idea of the day."""
    token = _seen.set([])
    try:
        yield
    finally:
        _seen.reset(token)


def _row() -> WorldClock:
    seen = _seen.get()
    if seen is None:
        return clock_row()
    if not seen:
        seen.append(clock_row())
    return seen[0]


def instant_of(clock: WorldClock) -> datetime:
    if clock.held_at is not None:
        return clock.held_at.astimezone(TORONTO)
    return (wall_now().astimezone(UTC) + timedelta(seconds=clock.offset_seconds)).astimezone(TORONTO)


def offset_to(at: datetime) -> int:
    """Whole seconds from now to ``at``, counted in UTC so that a change to summer time between the two is not lost.

    Rounded up: a clock set to midnight must not show the day before for its first half second.
    """
    return ceil((at.astimezone(UTC) - wall_now().astimezone(UTC)).total_seconds())


def at_toronto(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """A business moment from a date and an hour of Toronto."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=TORONTO)
