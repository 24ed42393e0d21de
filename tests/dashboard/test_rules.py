"""The sums of open items and the calendar file."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from dashboard.rules import CalendarEvent, calendar_file, pace
from payments.rules import owed

TODAY = date(2026, 7, 25)


@dataclass
class Row:
    side: str
    remaining: Decimal
    due_on: date | None = None
    last_day_to_pay: date | None = None
    posted_on: date = date(2026, 7, 1)


def debt(amount: str, due_on: date | None, last_day: date | None = None) -> Row:
    return Row("DEBT", Decimal(amount), due_on, last_day or due_on)


def credit(amount: str) -> Row:
    return Row("CREDIT", Decimal(amount))


@pytest.mark.parametrize(
    ("rows", "on_statement", "to_come", "overdue", "credit_left", "oldest"),
    [
        ([], "0", "0", "0", "0", None),
        (
            [debt("22274.33", date(2026, 7, 31)), debt("3118.90", date(2026, 8, 31))],
            "22274.33",
            "3118.90",
            "0",
            "0",
            None,
        ),
        ([debt("100.00", date(2026, 6, 30)), credit("40.00")], "60.00", "0", "60.00", "0", date(2026, 6, 30)),
        ([debt("100.00", date(2026, 8, 31)), credit("40.00")], "0", "60.00", "0", "0", None),
        ([debt("100.00", date(2026, 7, 31)), credit("140.00")], "0", "0", "0", "40.00", None),
        (
            [debt("5.00", date(2026, 6, 30)), debt("7.00", date(2026, 5, 29))],
            "12.00",
            "0",
            "12.00",
            "0",
            date(2026, 5, 29),
        ),
        ([debt("9.00", date(2026, 7, 24), date(2026, 7, 25))], "9.00", "0", "0", "0", None),
        ([debt("9.00", None)], "9.00", "0", "0", "0", None),
    ],
)
def test_open_items_add_up(
    rows: list[Row], on_statement: str, to_come: str, overdue: str, credit_left: str, oldest: date | None
) -> None:
    sums = owed(rows, billed_until=date(2026, 7, 31), on=TODAY)
    assert sums.on_statement == Decimal(on_statement)
    assert sums.to_come == Decimal(to_come)
    assert sums.overdue_now == Decimal(overdue)
    assert sums.credit_left == Decimal(credit_left)
    assert sums.oldest_last_day == oldest
    assert sums.total == Decimal(on_statement) + Decimal(to_come)


def test_without_a_statement_only_what_is_due_counts_as_billed() -> None:
    rows = [debt("1.00", date(2026, 7, 20), date(2026, 7, 25)), debt("2.00", date(2026, 7, 31))]
    sums = owed(rows, billed_until=None, on=TODAY)
    assert (sums.on_statement, sums.to_come) == (Decimal("1.00"), Decimal("2.00"))


def test_the_calendar_file_is_escaped_and_folded() -> None:
    title = "Payer le relevé du 25 juillet; 22 274,33 $, avant l’échéance prévue à l’article 10.1 du règlement"
    events = [CalendarEvent("704123686RM0001-due-2026-07-31", date(2026, 7, 31), title, "a\\b\nc")]
    text = calendar_file(events, name="Portage", language="fr", stamp=datetime(2026, 7, 25, 14, 0, tzinfo=UTC))
    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert text.endswith("END:VCALENDAR\r\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    unfolded = text.replace("\r\n ", "")
    assert "SUMMARY:Payer le relevé du 25 juillet\\; 22 274\\,33 $\\, avant" in unfolded
    assert "DESCRIPTION:a\\\\b\\nc\r\n" in unfolded
    assert "DTSTART;VALUE=DATE:20260731\r\nDTEND;VALUE=DATE:20260801\r\n" in unfolded
    assert "DTSTAMP:20260725T140000Z" in unfolded


@pytest.mark.parametrize(
    ("done", "total", "rows", "seconds", "expected"),
    [(0, 10, 0, 5, (5, None, 0)), (5, 10, 500, 10, (10, 10, 50)), (10, 10, 9, 3, (3, 0, 3)), (1, 2, 7, 0, (1, 1, 7))],
)
def test_the_pace_of_a_job(
    done: int, total: int, rows: int, seconds: int, expected: tuple[int, int | None, int]
) -> None:
    start = datetime(2026, 7, 25, 0, 5, tzinfo=UTC)
    until = datetime.fromtimestamp(start.timestamp() + seconds, tz=UTC)
    found = pace(done=done, total=total, rows=rows, started_at=start, until=until)
    assert (found.elapsed, found.left, found.rows_a_second) == expected
