"""Levels, files and states: pure answers, to the cent and the day."""

from datetime import date
from decimal import Decimal

import pytest

from statements import rules
from statements.queries import HistoryQuery, history_query
from statements.report_rules import report_days
from statements.rules import AccountFigures, Boxes, FileState, Level, Missing


def boxes(*amounts: str) -> Boxes:
    return Boxes(*(Decimal(text) for text in amounts))


FIRST = AccountFigures("123456782RM0001", boxes("10.00", "-1.00", "-9.00", "0", "0.42", "100.05", "-3.00"), 4, "a")
SECOND = AccountFigures("123456782RM0002", boxes("-5.00", "0", "0", "2.50", "0", "7.95", "0"), 2, "b")
OTHER = AccountFigures("123456782RT0001", boxes("0", "0", "0", "0", "0", "1.00", "0"), 1, "c")


def test_levels_add_up_box_by_box() -> None:
    entity, rm, rt = rules.levels_of([OTHER, SECOND, FIRST])
    assert [(row.level, row.program, row.account_count, row.entry_count) for row in (entity, rm, rt)] == [
        (Level.ENTITY, "", 3, 7),
        (Level.PROGRAM, "RM", 2, 6),
        (Level.PROGRAM, "RT", 1, 1),
    ]
    assert rm.boxes == boxes("5.00", "-1.00", "-9.00", "2.50", "0.42", "108.00", "-3.00")
    assert (rm.boxes.h, entity.boxes.h) == (Decimal("102.92"), Decimal("103.92"))
    assert entity.boxes.h == sum(row.boxes.h for row in (FIRST, SECOND, OTHER))
    # The hash covers each account's, whatever the order they come in.
    assert rules.levels_of([FIRST, OTHER, SECOND])[0].seal == entity.seal != rm.seal
    assert rules.levels_of([])[0].boxes.h == 0


@pytest.mark.parametrize(
    ("statement_on", "on", "is_old"),
    [
        (date(2026, 7, 25), date(2027, 1, 31), False),
        (date(2026, 7, 25), date(2027, 2, 1), True),
        (date(2026, 7, 25), date(2026, 7, 25), False),
    ],
)
def test_from_when_files_are_made_on_request(statement_on: date, on: date, is_old: bool) -> None:
    assert rules.is_old(statement_on, on=on) is is_old


def test_ten_days_and_the_states_of_a_file() -> None:
    assert rules.kept_through(date(2026, 12, 25)) == date(2027, 1, 4)
    allowed = {(first, then) for first in FileState for then in FileState if rules.file_can_become(first, then)}
    assert allowed == {
        ("REQUESTED", "RUNNING"),
        ("RUNNING", "RUNNING"),
        ("RUNNING", "READY"),
        ("RUNNING", "FAILED"),
        ("READY", "EXPIRED"),
        ("FAILED", "REQUESTED"),
    }


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ('PDF/UA-1 error: the text `"深"` could not be displayed with font `"Noto Sans"`', (Missing.CHARACTER, "深")),
        ("PDF/UA-1 error: missing document title", (Missing.RENDERER, "")),
    ],
)
def test_what_stopped_the_renderer(words: str, found: tuple[Missing, str]) -> None:
    assert rules.what_is_missing(words) == found


def test_what_somebody_sees_as_a_text() -> None:
    told = [
        rules.scope_text(is_full=True, submitter_ids=(), excluded_ids=None),
        rules.scope_text(is_full=False, submitter_ids={9, 3}, excluded_ids=None),
        rules.scope_text(is_full=False, submitter_ids=(), excluded_ids={7}),
    ]
    assert told == ["all", "only:3,9", "not:7"]


def test_a_filter_is_the_same_after_it_was_stored() -> None:
    wanted = HistoryQuery(
        since=date(2026, 7, 1), type="charges", status="open", submitter_id=4, least=Decimal("1.50"), number="17"
    )
    assert history_query(wanted.as_texts()) == wanted and history_query({}) == HistoryQuery()
    assert HistoryQuery(since=date(2026, 7, 1)).is_contiguous and not wanted.is_contiguous


@pytest.mark.parametrize(
    ("every", "on", "days"),
    [
        ("WEEK", date(2026, 7, 27), (date(2026, 7, 20), date(2026, 7, 26))),
        ("WEEK", date(2026, 7, 28), None),
        ("MONTH", date(2026, 3, 1), (date(2026, 2, 1), date(2026, 2, 28))),
        ("MONTH", date(2026, 3, 2), None),
        ("STATEMENT", date(2026, 7, 25), (date(2026, 6, 18), date(2026, 7, 17))),
        ("STATEMENT", date(2026, 7, 24), None),
        ("", date(2026, 6, 1), None),
    ],
)
def test_on_which_days_a_regular_report_is_made(every: str, on: date, days: tuple[date, date] | None) -> None:
    assert report_days(every, on) == days
