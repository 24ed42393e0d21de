"""Every page of the list in both languages: sound for axe, translated, alive, quiet, within its policy, narrow enough.

The list itself stands in ``pages.py``.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from notifications.models import Notification
from tests.architecture.test_matrix import routes
from tests.browser.conftest import visit
from tests.browser.eye import Links, Look, look_at, open_tab
from tests.browser.pages import EXCLUDED, PAGES, Page
from tests.browser.world import OWN_WORDS, Portal
from tests.builders import signed_in
from tests.conftest import PROVE

LANGUAGES = ("en", "fr")
#: Names, addresses and other people's words stay as they are in every language.
_DATA = (
    OWN_WORDS,
    "Passerelle Courtage en douane inc.",
    "I join the purchasing team.",
    "The month of June was exceptional and will not come back.",
    "Hiking footwear, textile uppers",
    "Words of a message.",
    "Hiking boots.",
    "Work phone",
    "Rental fleet, Canmore",
    "Saint-Pierre-et-Miquelon",
    # The columns of a file, as its first row names them.
    "sima, excise_duty, excise_tax",
    "value_for_duty_code",
    "RM0001, version 1",
    "Freight was left out.",
)
_WORD = re.compile(r"[^\W\d_]{2,}")


def is_data(text: str) -> bool:
    """Whether a text is no sentence of ours: names of businesses and people, other people's words, what they typed."""
    return any(words in text for words in _DATA) or not [
        word for word in _WORD.findall(_without_names(text)) if word[0].islower()
    ]


def _without_names(text: str) -> str:
    return re.sub(r"\S+@\S+|https?://\S+|/\S+", "", text)


def untranslated(english: Look, french: Look) -> list[str]:
    """Texts of more than three words that the French page shows in the words of the English one."""
    same = english.texts & french.texts
    return [text for text in sorted(same) if len(_WORD.findall(text)) > 3 and not is_data(text)]


@pytest.fixture(scope="module")
def links() -> Links:
    return Links()


@pytest.fixture(scope="module")
def letters(portal: Portal) -> set[str]:
    """Messages that were written once, in their receiver's own language."""
    rows = Notification.objects.values_list("subject", "body")
    return {" ".join(line.split()) for row in rows for text in row for line in (text, *text.splitlines())}


@pytest.fixture(scope="module")
def clients(portal: Portal) -> dict[str, Client]:
    return {seat: signed_in(user) for seat, user in portal.people.items()}


def test_every_page_of_the_site_is_in_the_list() -> None:
    listed = {page.name for page in PAGES} | set(EXCLUDED)
    named = {
        route.name for route in routes().values() if not _is_of_the_api(route) and "en/admin/" not in route.pattern
    }
    assert not named - listed, f"Pages that tests/browser/pages.py does not list: {sorted(named - listed)}"
    assert not listed - named, f"Listed without a route: {sorted(listed - named)}"


def _is_of_the_api(route: Any) -> bool:
    return bool(route.pattern.startswith("api/v1/")) and route.name not in {"schema", "api_docs"}


def is_examined(entry: Page, language: str) -> bool:
    """Both languages of a page are one markup, so with small numbers axe looks at each page in one of them, in turn."""
    return PROVE or LANGUAGES[PAGES.index(entry) % len(LANGUAGES)] == language


@pytest.fixture(scope="module")
def look(portal: Portal, site: str, browser: Browser) -> Iterator[Callable[[Page], dict[str, Look]]]:
    """Looks at a page in both languages, once however many tests ask; each seat has one window for all its pages."""
    seen: dict[Page, dict[str, Look]] = {}
    tabs: dict[str, Tab] = {}
    with ExitStack() as windows:

        def looked(entry: Page) -> dict[str, Look]:
            if entry.seat not in tabs:
                tabs[entry.seat] = open_tab(windows.enter_context(visit(browser, site, portal.people[entry.seat])))
            if entry not in seen:
                seen[entry] = {
                    language: look_at(
                        tabs[entry.seat],
                        site + entry.address(portal, language),
                        status=entry.status,
                        language=language,
                        with_axe=is_examined(entry, language),
                    )
                    for language in LANGUAGES
                }
            return seen[entry]

        yield looked


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.id)
def test_the_page_is_sound(
    entry: Page, look: Callable[[Page], dict[str, Look]], links: Links, clients: dict[str, Client]
) -> None:
    problems = {
        language: seen.problems + links.dead(seen, seat=entry.seat, client=clients[entry.seat])
        for language, seen in look(entry).items()
    }
    assert not any(problems.values()), "\n".join(
        f"{language}: {text}" for language, texts in problems.items() for text in texts
    )


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.id)
def test_no_word_of_the_french_page_is_english(
    entry: Page, look: Callable[[Page], dict[str, Look]], letters: set[str]
) -> None:
    looks = look(entry)
    assert not [text for text in untranslated(looks["en"], looks["fr"]) if text not in letters]


def test_the_back_office_is_sound(portal: Portal, site: str, browser: Browser) -> None:
    """Its pages are the framework's own, so a few stand for all of them."""
    with visit(browser, site, portal.people["daniel"]) as context:
        tab = open_tab(context)
        for path in ("admin/", "admin/payments/payment/", "admin/security/rppenrolment/", "admin/ledger/journalentry/"):
            for language in LANGUAGES:
                look = look_at(tab, f"{site}/{language}/{path}", language=language, with_axe=False)
                problems = [text for text in look.problems if "wider than" not in text]
                assert not problems, f"{path} in {language}: {problems}"


def test_the_reader_of_the_api_works_within_the_content_policy(portal: Portal, site: str, browser: Browser) -> None:
    with visit(browser, site, None) as context:
        tab = open_tab(context)
        look = look_at(tab, f"{site}/api/v1/docs", with_axe=False)
        tab.get_by_text("/api/v1/calculators/duties").first.wait_for()
        assert not [text for text in look.problems if "wider than" not in text], look.problems
