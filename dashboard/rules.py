"""What the home pages compute from the rows of other rooms: what is owed, and the calendar file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from core.money import ZERO

CREDIT = "CREDIT"
LONGEST_LINE = 75


class Item(Protocol):
    """An open item of the book as far as its sums are concerned."""

    side: str
    due_on: date | None
    last_day_to_pay: date | None
    posted_on: date
    remaining: Decimal


@dataclass(frozen=True)
class Owed:
    """What one program account owes, in dollars: billed and due by a day, waiting for the next statement, overdue."""

    billed: Decimal
    unbilled: Decimal
    overdue: Decimal
    credit: Decimal
    oldest_last_day: date | None

    @property
    def on_statement(self) -> Decimal:
        """What is left to pay of everything billed after open credits."""
        return max(self.billed - self.credit, ZERO)

    @property
    def to_come(self) -> Decimal:
        """What waits for the next statement, after the credits that the billed debts left over."""
        return max(self.unbilled - max(self.credit - self.billed, ZERO), ZERO)

    @property
    def credit_left(self) -> Decimal:
        """Credits larger than every debt."""
        return max(self.credit - self.billed - self.unbilled, ZERO)

    @property
    def total(self) -> Decimal:
        return self.on_statement + self.to_come

    @property
    def overdue_now(self) -> Decimal:
        """The overdue part that open credits would not pay at once."""
        return max(self.overdue - self.credit, ZERO)


def owed(items: Iterable[Item], *, billed_until: date | None, on: date) -> Owed:
    """The sums of an account's open items: billed is what is due on the day or on the newest statement's due date.

    A debt is overdue from the day after its last day to pay (Customs Act s. 33.4; Interpretation Act s. 26).
    """
    billed = unbilled = overdue = credit = ZERO
    oldest: date | None = None
    for item in items:
        if item.side == CREDIT:
            credit += item.remaining
            continue
        due_on = item.due_on or item.posted_on
        if due_on <= on or (billed_until is not None and due_on <= billed_until):
            billed += item.remaining
        else:
            unbilled += item.remaining
        if item.last_day_to_pay is not None and item.last_day_to_pay < on:
            overdue += item.remaining
            oldest = min(item.last_day_to_pay, oldest or item.last_day_to_pay)
    return Owed(billed=billed, unbilled=unbilled, overdue=overdue, credit=credit, oldest_last_day=oldest)


# --- The calendar file -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CalendarEvent:
    """One whole day in somebody's calendar."""

    key: str
    on: date
    title: str
    text: str = ""


def calendar_file(events: Sequence[CalendarEvent], *, name: str, language: str, stamp: datetime) -> str:
    """An iCalendar file of whole-day events (RFC 5545: CRLF, escaped text, lines of at most 75 octets)."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//Portage//CARM practice portal//{language[:2].upper()}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_escaped(name)}",
    ]
    for event in events:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{event.key}@portage.example",
            f"DTSTAMP:{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{event.on:%Y%m%d}",
            f"DTEND;VALUE=DATE:{event.on + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(event.title)}",
            *([f"DESCRIPTION:{_escaped(event.text)}"] if event.text else []),
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _escaped(text: str) -> str:
    """Text of a property: backslash, comma, semicolon and line ends escaped (RFC 5545 3.3.11)."""
    for sign, written in (("\\", "\\\\"), (",", "\\,"), (";", "\\;"), ("\r\n", "\\n"), ("\n", "\\n")):
        text = text.replace(sign, written)
    return text


def _folded(line: str) -> str:
    """The line in pieces of at most 75 octets, never cutting a letter; each further piece begins with a space."""
    pieces: list[str] = []
    piece = ""
    for sign in line:
        if len((piece + sign).encode()) > LONGEST_LINE:
            pieces.append(piece)
            piece = " "
        piece += sign
    return "\r\n".join([*pieces, piece])


# --- Jobs ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pace:
    """How fast a job goes, in seconds and in rows a second; ``left`` None while nothing is done yet."""

    elapsed: int
    left: int | None
    rows_a_second: int


def pace(*, done: int, total: int, rows: int, started_at: datetime, until: datetime) -> Pace:
    """What the parts done so far say about those to come."""
    elapsed = max(1, int((until - started_at).total_seconds()))
    left = None if done <= 0 else round(elapsed * max(total - done, 0) / done)
    return Pace(elapsed=elapsed, left=left, rows_a_second=rows // elapsed)
