"""Words made comparable in both languages, and the order of what is found."""

from datetime import date

import pytest

from reference import queries
from reference.queries.search import chapters, headings, sections
from reference.rules.search import search_terms, search_text


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Boots", " boot "),
        ("Dresses, brushes, watches, boxes", " dress brush watch box "),
        ("Batteries of cars", " battery of car "),
        ("chevaux CHEVAL bateaux", " cheval bateau "),
        ("Bœufs d’élevage", " boeuf d elevage "),
        ("gas glass as", " gas glass as "),
        ("", ""),
    ],
)
def test_words_are_folded(typed: str, stored: str) -> None:
    assert search_text(typed) == stored


def test_little_words_are_left_out_and_synonyms_added() -> None:
    assert search_terms("the Boots of leather") == (("boot", "footwear"), ("leather",))
    assert len(search_terms("a1 b2 c3 d4 e5 f6 g7 h8 i9 j10")) == 8


@pytest.mark.django_db
def test_the_best_match_comes_first() -> None:
    assert queries.classification_search("tooth brush")[0].number == "9603.21.00.00"
    assert queries.classification_search("chaussures travail").exists()
    assert {row.code for row in chapters(words="tooth brush")} == {"96"}
    assert [row.code for row in headings("73", "lock nuts")] == ["73.18"]
    assert sum(row.count for row in sections()) == 766


@pytest.mark.django_db
def test_a_treatment_is_checked_against_the_origin() -> None:
    day = date(2026, 7, 15)
    assert queries.treatment_check("UST", "US", day).is_allowed
    refused = queries.treatment_check("UST", "DE", day)
    assert not refused.is_allowed
    assert "CEUT" in {row.code for row in refused.allowed}
