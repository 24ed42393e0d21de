"""Files that people ask for: a table of days, states and of what counts as the same request."""

from datetime import date

import pytest

from documents.rules import requests as rules
from documents.rules.requests import RequestState

READY_ON = date(2026, 7, 22)


@pytest.mark.parametrize(
    ("on", "is_kept"), [(date(2026, 7, 22), True), (date(2026, 8, 1), True), (date(2026, 8, 2), False)]
)
def test_a_file_is_kept_for_ten_days_after_the_day_it_was_made(on: date, is_kept: bool) -> None:
    assert rules.is_kept(rules.kept_until(READY_ON), on=on) is is_kept


def test_a_file_that_was_never_made_is_not_kept() -> None:
    assert not rules.is_kept(None, on=READY_ON)


@pytest.mark.parametrize(("tries", "is_given_up"), [(0, False), (2, False), (3, True)])
def test_the_third_try_is_the_last(tries: int, is_given_up: bool) -> None:
    assert rules.is_given_up(tries) is is_given_up


@pytest.mark.parametrize(
    ("state", "following"),
    [("REQUESTED", {"READY", "FAILED"}), ("READY", {"EXPIRED"}), ("FAILED", set()), ("EXPIRED", set())],
)
def test_where_a_request_goes_next(state: str, following: set[str]) -> None:
    assert {after for after in RequestState if rules.can_become(state, after)} == following


@pytest.mark.parametrize(
    ("other", "language", "is_same"),
    [
        ({"b": 2, "a": "x"}, "en", True),
        ({"a": "x", "b": 2}, "fr", False),
        ({"a": "y", "b": 2}, "en", False),
        ({}, "en", False),
    ],
)
def test_the_same_questions_in_one_language_are_the_same_request(
    other: dict[str, object], language: str, is_same: bool
) -> None:
    asked = rules.digest_of({"a": "x", "b": 2}, "en")
    assert (rules.digest_of(other, language) == asked) is is_same
