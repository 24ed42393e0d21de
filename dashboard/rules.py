"""What the home pages compute from the rows of other rooms: the calendar file, and how fast a job goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

LONGEST_LINE = 75


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
