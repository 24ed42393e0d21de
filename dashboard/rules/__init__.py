"""What the home pages compute from the rows of other rooms: the calendar file, and how fast a job goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

LONGEST_LINE = 75


# --- The provider's board ---------------------------------------------------------------------------------------------

#: Days before the end of an access from which it is said (assumed; the first reminder leaves as early).
ENDING_DAYS = 30
#: Days before the last day to pay from which a statement calls for attention (assumed).
DUE_DAYS = 7


class Attention(TextChoices):
    """Why a client calls for attention."""

    TO_ANSWER = "to_answer", _("Waits for your answer")
    OVERDUE = "overdue", _("Statement overdue")
    DUE_SOON = "due_soon", _("Statement due soon")
    RPP_OFF = "rpp_off", _("Release Prior to Payment is off")
    SHORT = "short", _("Security too low")
    ENDING = "ending", _("Access ends soon")


@dataclass(frozen=True)
class ClientFacts:
    """What a provider is shown of one client; ``None`` is what its access does not show, or what is not there."""

    is_to_answer: bool = False
    rpp_is_on: bool | None = None
    is_sufficient: bool | None = None
    statement_left: Decimal | None = None
    last_day_to_pay: date | None = None
    valid_until: date | None = None

    def is_ending(self, on: date) -> bool:
        return self.valid_until is not None and self.valid_until <= on + timedelta(days=ENDING_DAYS)


def attention(facts: ClientFacts, *, on: date) -> tuple[Attention, ...]:
    """Why a client calls for attention on a day, the most urgent first; what is not shown never does."""
    left, last_day = facts.statement_left, facts.last_day_to_pay
    is_due = left is not None and left > 0 and last_day is not None
    found = {
        Attention.TO_ANSWER: facts.is_to_answer,
        Attention.OVERDUE: is_due and last_day is not None and last_day < on,
        Attention.DUE_SOON: is_due and last_day is not None and on <= last_day <= on + timedelta(days=DUE_DAYS),
        Attention.RPP_OFF: facts.rpp_is_on is False,
        Attention.SHORT: facts.is_sufficient is False,
        Attention.ENDING: facts.is_ending(on),
    }
    return tuple(reason for reason, holds in found.items() if holds)


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
