"""Do I have to register? Each answer to the four questions, the rule and its page in both languages."""

import itertools

import pytest

from support.rules.must_register import Question, RegistrationAnswer, Reply, Verdict, registration_answer
from tests.support.test_calculator_pages import page

IMPORTS, SOLD, USED, ABROAD = Question
YES, LATER, NO = Reply


@pytest.mark.parametrize(
    ("replies", "verdict", "reasons"),
    [
        ((YES, NO, NO, NO), Verdict.REGISTER, (IMPORTS,)),
        ((NO, YES, NO, NO), Verdict.REGISTER, (SOLD,)),
        ((NO, NO, YES, NO), Verdict.REGISTER, (USED,)),
        ((NO, NO, NO, YES), Verdict.REGISTER, (ABROAD,)),
        ((YES, YES, YES, YES), Verdict.REGISTER, (IMPORTS, SOLD, USED, ABROAD)),
        ((LATER, YES, LATER, NO), Verdict.REGISTER, (SOLD,)),
        ((LATER, NO, NO, NO), Verdict.PLAN, (IMPORTS,)),
        ((NO, LATER, LATER, NO), Verdict.PLAN, (SOLD, USED)),
        ((NO, NO, NO, LATER), Verdict.PLAN, (ABROAD,)),
        ((NO, NO, NO, NO), Verdict.NOTHING, ()),
    ],
)
def test_one_yes_is_enough_and_a_plan_comes_before_nothing(
    replies: tuple[Reply, ...], verdict: Verdict, reasons: tuple[Question, ...]
) -> None:
    answer = registration_answer(dict(zip(Question, replies, strict=True)))
    assert answer == RegistrationAnswer(verdict, reasons)


def test_all_eighty_one_answers_follow_the_sentence_of_the_guide() -> None:
    for replies in itertools.product(Reply, repeat=4):
        answer = registration_answer(dict(zip(Question, replies, strict=True)))
        assert (answer.verdict == Verdict.REGISTER) == (YES in replies)
        assert (answer.verdict == Verdict.NOTHING) == (set(replies) == {NO})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("replies", "english", "french"),
    [
        (
            "imports=yes&sold=no&used=no&abroad=no",
            "Yes, your business has to register",
            "Oui, votre entreprise doit s’enregistrer",
        ),
        (
            "imports=later&sold=no&used=no&abroad=no",
            "Not yet, but before your first shipment",
            "Pas encore, mais avant votre première expédition",
        ),
        ("imports=no&sold=no&used=no&abroad=no", "No, there is nothing to do", "Non, il n’y a rien à faire"),
    ],
)
def test_the_address_carries_the_answer(replies: str, english: str, french: str) -> None:
    assert english in page("must_register", replies)
    assert french in page("must_register", replies, language="fr").replace("&#x27;", "’")


@pytest.mark.django_db
def test_the_answer_names_what_decided_it_and_only_that() -> None:
    html = page("must_register", "imports=no&sold=no&used=no&abroad=yes")
    assert "<li>it is outside Canada and imports into Canada for commercial purposes</li>" in html
    assert "<li>it imports goods that will be sold</li>" not in html
    assert "gets its business number from the Canada Revenue Agency first" in html


@pytest.mark.django_db
def test_a_question_left_out_is_asked_again_and_gives_no_answer() -> None:
    html = page("must_register", "imports=yes&work=1")
    assert "Choose one of the three answers" in html
    assert "has to register" not in html


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["imports=maybe&sold=no&used=no&abroad=no", "work=1"])
def test_what_is_not_an_answer_is_refused_kindly(query: str) -> None:
    assert "Error:" in page("must_register", query)
