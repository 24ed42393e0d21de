"""The help page "Who may do what" and the table that the portal obeys agree, cell by cell and in both languages."""

from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from delegation import rules
from delegation.rules import FULL, Action, Role, Visibility
from tests.delegation.test_rules import EXPECTED

pytestmark = pytest.mark.django_db

PART = Visibility(is_full=False)
OWN = (Role.BAM, Role.PAM, Role.EDITOR, Role.READER)
THIRD_PARTIES = (Role.THIRD_PARTY_BUSINESS, Role.THIRD_PARTY_PROGRAM)
#: The order of the four columns of a third party: what it is shown, and whether it holds a licence.
CONDITIONS = ((FULL, True), (PART, True), (FULL, False), (PART, False))


class Tables(HTMLParser):
    """Each table of a page as rows of the texts of its cells, without what is only shown on a small screen."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._is_cell = self._is_label = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self._is_cell = True
            self.tables[-1][-1].append("")
        elif tag == "span":
            self._is_label = ("class", "cell-label") in attrs

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td"):
            self._is_cell = False
        elif tag == "span":
            self._is_label = False

    def handle_data(self, data: str) -> None:
        if self._is_cell and not self._is_label:
            self.tables[-1][-1][-1] += data.strip()


def tables(language: str) -> list[list[list[str]]]:
    with translation.override(language):
        response = Client().get(reverse("delegation:who_may_do_what"))
    assert response.status_code == 200
    parser = Tables()
    parser.feed(response.content.decode())
    assert len(parser.tables) == 3
    return parser.tables


@pytest.mark.parametrize(("language", "answers"), [("en", "Yes Can-be-added No"), ("fr", "Oui Peut-être-ajouté Non")])
def test_the_page_and_the_table_agree_cell_by_cell(language: str, answers: str) -> None:
    yes, addable, no = (answer.replace("-", " ") for answer in answers.split())
    marks = {"x": yes, "+": addable, ".": no}
    own, *third_parties = tables(language)
    order = list(Role)
    with translation.override(language):
        assert own[0][1:] == [str(rules.ROLE_LABELS[role]) for role in OWN]
        for action, row in zip(Action, own[1:], strict=True):
            written = [marks[EXPECTED[action][order.index(role)]] for role in OWN]
            assert row == [str(rules.ACTION_LABELS[action]), *written]
        for role, table in zip(THIRD_PARTIES, third_parties, strict=True):
            for action, row in zip(Action, table[1:], strict=True):
                written = [
                    yes
                    if action in rules.actions_of(role, visibility=visibility, is_licensed_broker=is_licensed)
                    else no
                    for visibility, is_licensed in CONDITIONS
                ]
                assert row == [str(rules.ACTION_LABELS[action]), *written]


def test_a_licence_and_full_visibility_make_the_difference_that_the_page_tells() -> None:
    program = {row[0]: row[1:] for row in tables("en")[2][1:]}
    assert program["File, correct and adjust declarations"] == ["Yes", "Yes", "No", "No"]
    assert program["See statements and balances"] == ["Yes", "No", "Yes", "No"]
    assert program["Decide on people and their roles"] == ["No"] * 4


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_action_has_a_name_of_its_own(language: str) -> None:
    with translation.override(language):
        names = [str(rules.ACTION_LABELS[action]) for action in Action]
    assert len(set(names)) == len(Action)
    assert all(names)


def test_french_names_differ_from_english_ones() -> None:
    english = [row[0] for row in tables("en")[0][1:]]
    french = [row[0] for row in tables("fr")[0][1:]]
    assert not set(english) & set(french)


def test_each_role_comes_with_the_example_person_of_the_guide() -> None:
    html = Client().get(reverse("delegation:who_may_do_what")).content.decode()
    for example in ("general manager", "co-owner", "bookkeeper", "shipping coordinator", "customs broker"):
        assert example in html
