"""Which way, which papers, which states, how long: the tables."""

from datetime import date

import pytest
from stdnum.ca import bn

from registration.applications import rules
from registration.applications.rules import (
    Answers,
    ApplicationState,
    Entity,
    Handed,
    Numbers,
    Paper,
    Way,
    Where,
    Who,
)

State = ApplicationState


@pytest.mark.parametrize(
    ("where", "numbers", "entity", "way"),
    [
        (Where.CANADA, Numbers.BOTH, Entity.CORPORATION, Way.CLAIM),
        (Where.ABROAD, Numbers.BOTH, Entity.TRUST, Way.CLAIM),
        (Where.CANADA, Numbers.BUSINESS, Entity.CORPORATION, Way.APPLY),
        (Where.CANADA, Numbers.BUSINESS, Entity.TRUST, Way.APPLY),
        (Where.ABROAD, Numbers.BUSINESS, Entity.CORPORATION, Way.APPLY),
        (Where.CANADA, Numbers.NONE, Entity.CORPORATION, Way.APPLY),
        (Where.CANADA, Numbers.NONE, Entity.SOLE_PROPRIETOR, Way.APPLY),
        (Where.CANADA, Numbers.NONE, Entity.PARTNERSHIP, Way.APPLY),
        (Where.CANADA, Numbers.NONE, Entity.NON_PROFIT, Way.APPLY),
        (Where.CANADA, Numbers.NONE, Entity.TRUST, Way.NUMBER_FIRST_ENTITY),
        (Where.CANADA, Numbers.NONE, Entity.ESTATE, Way.NUMBER_FIRST_ENTITY),
        (Where.CANADA, Numbers.NONE, Entity.GOVERNMENT, Way.NUMBER_FIRST_ENTITY),
        (Where.ABROAD, Numbers.NONE, Entity.CORPORATION, Way.NUMBER_FIRST_ABROAD),
        (Where.ABROAD, Numbers.NONE, Entity.TRUST, Way.NUMBER_FIRST_ABROAD),
    ],
)
@pytest.mark.parametrize("who", list(Who))
def test_the_way_that_the_answers_open(who: Who, where: Where, numbers: Numbers, entity: Entity, way: Way) -> None:
    assert rules.way_in(Answers(who, where, numbers, entity)) == way


@pytest.mark.parametrize(
    ("who", "is_non_resident", "books_elsewhere", "papers"),
    [
        (Who.IMPORTER, False, False, ()),
        (Who.IMPORTER, False, True, (Paper.BOOKS,)),
        (Who.IMPORTER, True, False, (Paper.IDENTITY, Paper.EXISTENCE, Paper.BOOKS)),
        (Who.IMPORTER, True, True, (Paper.IDENTITY, Paper.EXISTENCE, Paper.BOOKS)),
        (Who.CUSTOMS_BROKER, False, False, (Paper.LICENCE, Paper.SECURITY)),
        (Who.CUSTOMS_BROKER, False, True, (Paper.BOOKS, Paper.LICENCE, Paper.SECURITY)),
        (Who.TRADE_CONSULTANT, False, False, (Paper.EXISTENCE,)),
        (Who.TRADE_CONSULTANT, True, False, (Paper.IDENTITY, Paper.EXISTENCE, Paper.BOOKS)),
        (Who.SURETY, False, False, (Paper.LICENCE,)),
    ],
)
def test_the_documents_that_are_wanted(
    who: Who, is_non_resident: bool, books_elsewhere: bool, papers: tuple[Paper, ...]
) -> None:
    wanted = rules.required_papers(who, is_non_resident=is_non_resident, books_elsewhere=books_elsewhere)
    assert wanted == papers


@pytest.mark.parametrize(
    ("required", "asked", "handed", "missing"),
    [
        ((), (), (), ()),
        ((Paper.BOOKS,), (), (), (Paper.BOOKS,)),
        ((Paper.BOOKS,), (), (Handed("BOOKS", 1),), ()),
        ((Paper.BOOKS,), (), (Handed("IDENTITY", 1),), (Paper.BOOKS,)),
        ((Paper.BOOKS,), ("BOOKS",), (Handed("BOOKS", 5),), (Paper.BOOKS,)),
        ((Paper.BOOKS,), ("BOOKS",), (Handed("BOOKS", 5), Handed("BOOKS", 6)), ()),
        ((), ("OTHER", "IDENTITY"), (Handed("OTHER", 6),), (Paper.IDENTITY,)),
    ],
)
def test_what_still_has_to_come(
    required: tuple[Paper, ...], asked: tuple[str, ...], handed: tuple[Handed, ...], missing: tuple[Paper, ...]
) -> None:
    assert rules.missing_papers(required, asked, handed, asked_after=5) == missing


@pytest.mark.parametrize(
    ("missing", "is_checking", "state"),
    [
        ((), False, State.UNDER_REVIEW),
        ((), True, State.UNDER_REVIEW),
        ((Paper.BOOKS,), True, State.SUBMITTED),
        ((Paper.BOOKS,), False, State.DOCS_MISSING),
    ],
)
def test_where_the_documents_put_an_application(
    missing: tuple[Paper, ...], is_checking: bool, state: ApplicationState
) -> None:
    assert rules.state_of_papers(missing, is_checking=is_checking) == state


def test_what_is_decided_stays_decided() -> None:
    for state in (State.APPROVED, State.REJECTED, State.WITHDRAWN):
        assert rules.NEXT[state] == frozenset()
    assert not rules.can_become("DRAFT", State.APPROVED)
    assert not rules.can_become("DOCS_MISSING", State.APPROVED)
    assert rules.can_become("UNDER_REVIEW", State.APPROVED)


@pytest.mark.parametrize(
    ("complete_on", "is_non_resident", "days"),
    [
        (date(2024, 1, 5), True, 30),
        (date(2025, 1, 15), True, 30),
        (date(2025, 1, 15), False, 10),
        (date(2025, 12, 14), True, 30),
        (date(2025, 12, 15), True, 42),
        (date(2026, 7, 22), False, 10),
    ],
)
def test_how_long_it_takes_on_a_day(complete_on: date, is_non_resident: bool, days: int) -> None:
    assert rules.wait_days(complete_on, is_non_resident=is_non_resident) == days


@pytest.mark.parametrize(
    ("complete_on", "is_non_resident", "answer_by"),
    [
        # Wednesday; two weekends.
        (date(2026, 7, 22), False, date(2026, 8, 5)),
        # Over Christmas Day and New Year's Day.
        (date(2025, 12, 19), False, date(2026, 1, 6)),
        (date(2025, 1, 15), True, date(2025, 2, 26)),
    ],
)
def test_the_day_of_the_answer(complete_on: date, is_non_resident: bool, answer_by: date) -> None:
    assert rules.answer_by(complete_on, is_non_resident=is_non_resident) == answer_by


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (date(2026, 7, 22), date(2026, 7, 22), 0),
        (date(2026, 7, 22), date(2026, 7, 23), 1),
        (date(2026, 7, 24), date(2026, 7, 26), 0),
        (date(2026, 7, 24), date(2026, 7, 27), 1),
        (date(2026, 6, 30), date(2026, 7, 2), 1),
        (date(2026, 7, 23), date(2026, 7, 22), 0),
    ],
)
def test_the_age_in_business_days(first: date, last: date, days: int) -> None:
    assert rules.business_days_between(first, last) == days


@pytest.mark.parametrize(
    ("number", "is_own"), [("704123686", True), ("710000007", True), ("123456782", False), ("", False)]
)
def test_only_the_simulations_own_numbers_are_used(number: str, is_own: bool) -> None:
    assert rules.is_of_own_range(number) == is_own


@pytest.mark.parametrize("place", [0, 1, 7, 999_999, 1_000_000])
def test_issued_numbers_are_valid_and_of_the_own_range(place: int) -> None:
    number = rules.issued_number(place)
    assert bn.is_valid(number) and len(number) == 9 and number.startswith("71")


@pytest.mark.parametrize(
    ("numbers", "rm"), [([], "RM0001"), (["704123686RM0001"], "RM0002"), (["1RM0007", "1RM0002"], "RM0008")]
)
def test_the_next_rm(numbers: list[str], rm: str) -> None:
    assert rules.next_rm(numbers) == rm


def test_every_paper_has_its_words() -> None:
    assert set(rules.PAPER_LABELS) == set(rules.PAPER_HINTS) == set(Paper)
