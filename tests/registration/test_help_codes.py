"""The help codes: one for each failure of the wizard, shown beside it and listed on a page open to everybody."""

import pytest
from django.test import Client
from django.utils import translation

from registration.rules import HELP_CODES, OTHER, help_code
from tests.registration.test_pages import fill, numbers_of, page, up_to

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ("numbers_unknown", "EC-1012"),
        ("identity_differs", "EC-1023"),
        ("answers_differ", "EC-1029"),
        ("already_registered", "Other"),
        ("account_closed", "Other"),
        ("registration_paused", "Other"),
        ("something_new", "Other"),
    ],
)
def test_each_failure_has_one_code(failure: str, code: str) -> None:
    assert help_code(failure).code == code
    assert sum(failure in each.failures for each in HELP_CODES) == (code != "Other")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_lists_every_code_with_its_words_and_the_next_step(language: str) -> None:
    html = page(Client().get(f"/{language}/help/codes/"))
    with translation.override(language):
        for code in HELP_CODES:
            assert f'id="{code.anchor}"' in html
            for words in (code.title, code.meaning, code.next_step):
                assert str(words) in html
    assert ("assumed" if language == "en" else "hypoth") in html


def test_a_wrong_address_shows_its_code_and_the_next_step(tab: Client, larkspur) -> None:
    up_to(tab, larkspur, "name-and-address")
    html = page(fill(tab, "name-and-address", larkspur.address | {"city": "Halifax"}))
    assert "Help code EC-1023" in html
    assert "Copy them from your registration papers" in html
    assert 'href="/en/help/codes/#ec-1023"' in html


def test_unknown_numbers_show_theirs(tab: Client, larkspur) -> None:
    up_to(tab, larkspur, "numbers")
    assert "Help code EC-1012" in page(fill(tab, "numbers", numbers_of(larkspur) | {"rm": "RM0009"}))


def test_wrong_figures_show_theirs_and_unfinished_ones_none(tab: Client, larkspur) -> None:
    up_to(tab, larkspur, "proof")
    unfinished = {name: "" for name in larkspur.typed_answers}
    assert "Help code" not in page(fill(tab, "proof", unfinished))
    wrong = larkspur.typed_answers | {"payment_amount": "1.23"}
    assert "Help code EC-1029" in page(fill(tab, "proof", wrong))


def test_what_is_only_malformed_shows_no_code(tab: Client, larkspur) -> None:
    up_to(tab, larkspur, "numbers")
    assert "Help code" not in page(fill(tab, "numbers", {"bn9": "12", "rm": "RM0001"}))


def test_the_pause_shows_other(tab: Client, larkspur) -> None:
    up_to(tab, larkspur, "name-and-address")
    for _ in range(10):
        fill(tab, "name-and-address", larkspur.address | {"city": "Halifax"})
    html = page(tab.get("/en/register/name-and-address/"))
    assert "Help code" not in html and str(OTHER.title) in html
