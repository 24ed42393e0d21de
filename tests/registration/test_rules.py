"""What has to match, how many answers prove it, how many tries there are."""

from datetime import date, datetime, timedelta
from decimal import Decimal as M

import pytest

from accounts.names import normalised
from core.clock import TORONTO
from registration import rules
from registration.rules import Identity, Question, Step, Tries, Verdict

D, P, S = Question.DECLARATION, Question.PAYMENT, Question.STATEMENT
EMPTY, INCOMPLETE, WRONG, RIGHT = Verdict.EMPTY, Verdict.INCOMPLETE, Verdict.WRONG, Verdict.RIGHT
NOW = datetime(2026, 11, 22, 16, 0, tzinfo=TORONTO)
RECORD = Identity("Desrosiers Acier ltée", "12, boul. St-Laurent Ouest", "Sainte-Foy", "QC", "G1V 2M2")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Northlight Outdoor Supply Inc.", "NORTHLIGHT outdoor supply, inc"),
        ("Desrosiers Acier ltée", "Desrosiers Acier Limitee"),
        ("Smith & Sons Ltd.", "Smith and Sons Limited"),
        ("Cœur de Pomme inc.", "Coeur de pomme Inc"),
        ("Dupont et Fils", "Dupont & Fils"),
        ("1200 9 Avenue SE", "1200 - 9 Ave. S.E."),
        ("58 Water Street", "58  water st."),
        ("12 boul. St-Laurent Ouest", "12 Boulevard Saint-Laurent O".replace(" O", " west")),
        ("St. John's", "Saint Johns"),
        ("Sault Ste. Marie", "Sault Sainte Marie"),
        ("L’Anse", "L'Anse"),
    ],
)
def test_writing_it_differently_is_no_difference(one, other):
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("58 Water Street", "59 Water Street"), ("Larkspur Ltd.", "Larkspur Inc."), ("Lunenburg", "Lunenberg"), ("a", "")],
)
def test_another_word_is_a_difference(one, other):
    assert normalised(one) != normalised(other)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, []),
        ({"name": "DESROSIERS ACIER Ltd"}, []),
        ({"name": "Aciers du Fjord"}, []),
        ({"name": "Desrosiers"}, ["name"]),
        ({"region": "Québec"}, []),
        ({"region": "quebec"}, []),
        ({"region": "Ontario"}, ["region"]),
        ({"postal_code": "g1v2m2"}, []),
        ({"postal_code": "G1V 2M3"}, ["postal_code"]),
        ({"street": "12 Saint-Laurent", "city": "Québec"}, ["street", "city"]),
    ],
)
def test_mismatches_name_the_parts_that_differ(changes, wrong):
    typed = Identity(**{**vars(RECORD), **changes})
    assert rules.mismatches(typed, RECORD, operating_name="Aciers du Fjord") == wrong


def test_the_strict_mode_compares_to_the_letter():
    typed = Identity(**{**vars(RECORD), "name": "Desrosiers Acier Ltée", "postal_code": "G1V2M2"})
    assert rules.mismatches(typed, RECORD, is_strict=True) == ["name", "postal_code"]


def test_without_an_operating_name_an_empty_name_matches_nothing():
    assert rules.mismatches(Identity(**{**vars(RECORD), "name": ""}), RECORD) == ["name"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Colombie-Britannique", "bc"),
        ("Prince Edward Island", "pe"),
        ("Île-du-Prince-Édouard", "pe"),
        ("Terre-Neuve-et-Labrador", "nl"),
        ("Newfoundland & Labrador", "nl"),
        ("Territoires du Nord-Ouest", "nt"),
        ("Northwest Territories", "nt"),
        ("Nouvelle-Écosse", "ns"),
    ],
)
def test_a_province_is_known_by_its_name_in_both_languages(name, code):
    typed, record = ({**vars(RECORD), "region": text} for text in (name, code.upper()))
    assert rules.mismatches(Identity(**typed), Identity(**record)) == []


@pytest.mark.parametrize(("offered", "needed"), [((), 0), ((D,), 1), ((D, S), 2), ((D, P, S), 2)])
def test_two_answers_where_the_record_has_them(offered, needed):
    assert rules.answers_needed(offered) == needed


@pytest.mark.parametrize(
    ("verdicts", "offered", "proven"),
    [
        ({}, (), True),
        ({S: RIGHT}, (S,), True),
        ({S: EMPTY}, (S,), False),
        ({D: RIGHT, P: RIGHT, S: EMPTY}, (D, P, S), True),
        ({D: RIGHT, P: EMPTY, S: RIGHT}, (D, P, S), True),
        ({D: RIGHT, P: RIGHT, S: RIGHT}, (D, P, S), True),
        ({D: RIGHT, P: RIGHT, S: WRONG}, (D, P, S), False),
        ({D: RIGHT, P: RIGHT, S: INCOMPLETE}, (D, P, S), False),
        ({D: RIGHT, P: EMPTY, S: EMPTY}, (D, P, S), False),
        ({D: RIGHT, S: RIGHT}, (D, P), False),
    ],
)
def test_enough_is_right_and_nothing_wrong(verdicts, offered, proven):
    assert rules.is_proven(verdicts, offered) is proven


@pytest.mark.parametrize(
    ("given", "known", "refuses_zero", "verdict"),
    [
        (None, (), False, INCOMPLETE),
        (M("1204.50"), (M("1204.50"),), True, RIGHT),
        (M("1204.51"), (M("1204.50"),), True, WRONG),
        (M("1204.50"), (M("3.00"), M("1204.50")), False, RIGHT),
        (M("1204.50"), (), False, WRONG),
        (M("0.00"), (M("0.00"),), False, RIGHT),
        (M("0.00"), (M("0.00"),), True, WRONG),
        (M("-12.00"), (M("-12.00"),), True, RIGHT),
    ],
)
def test_amounts_are_compared_to_the_cent_and_zero_proves_no_statement(given, known, refuses_zero, verdict):
    assert rules.amount_verdict(given, known, refuses_zero=refuses_zero) == verdict


def test_each_error_takes_a_try_and_the_tenth_begins_the_pause():
    tries = Tries()
    assert tries.left(NOW) == 10
    tries = tries.after_errors(2, NOW)
    assert (tries.left(NOW), tries.is_paused(NOW), tries.minutes_left(NOW)) == (8, False, 0)
    tries = tries.after_errors(0, NOW)
    assert tries.left(NOW) == 8
    tries = tries.after_errors(9, NOW)
    assert (tries.left(NOW), tries.is_paused(NOW), tries.minutes_left(NOW)) == (0, True, 15)
    assert tries.minutes_left(NOW + timedelta(minutes=14, seconds=30)) == 1
    later = NOW + timedelta(minutes=15)
    assert (tries.left(later), tries.is_paused(later), tries.minutes_left(later)) == (10, False, 0)
    assert tries.after_errors(1, later) == Tries(1, None)


def test_recent_is_a_year():
    assert rules.recent_days(date(2026, 7, 22)) == (date(2025, 7, 21), date(2026, 7, 22))


@pytest.mark.parametrize(
    ("state", "step", "reached"),
    [
        ("NUMBERS", Step.NUMBERS, True),
        ("NUMBERS", Step.IDENTITY, False),
        ("REVIEW", Step.NUMBERS, True),
        ("TERMS", Step.REVIEW, False),
        ("REGISTERED", Step.NUMBERS, False),
        ("ABANDONED", Step.REVIEW, False),
    ],
)
def test_a_step_opens_when_those_before_it_are_passed(state, step, reached):
    assert rules.is_reached(state, step) is reached


@pytest.mark.parametrize(
    ("state", "passed", "following"),
    [
        ("NUMBERS", Step.NUMBERS, Step.IDENTITY),
        ("TERMS", Step.TERMS, Step.REVIEW),
        ("REVIEW", Step.IDENTITY, Step.REVIEW),
        ("PROOF", Step.IDENTITY, Step.PROOF),
    ],
)
def test_changing_an_answer_leads_back_to_where_one_was(state, passed, following):
    assert rules.after(state, passed) == following
