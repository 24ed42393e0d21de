"""What a journey's hands do on a page: fill boxes, press buttons, and look whether it is sound."""

from collections.abc import Callable
from typing import Any
from zlib import crc32

import pytest
from playwright.sync_api import Page as Tab

from tests.browser.eye import examine
from tests.conftest import PROVE

LANGUAGES = ("en", "fr")


def in_both_languages(walk: Callable[..., Any]) -> Callable[..., Any]:
    """Walks in English and in French; with small numbers in one of the two, which the walk's name decides."""
    one = LANGUAGES[crc32(walk.__name__.encode()) % len(LANGUAGES)]
    walked: Callable[..., Any] = pytest.mark.parametrize("language", LANGUAGES if PROVE else (one,))(walk)
    return walked


def press(tab: Tab, name: str, value: str | None = None) -> None:
    """Presses the first visible button of the form that holds a field of this name (and value)."""
    field = f'[name="{name}"]' + (f'[value="{value}"]' if value is not None else "")
    form = tab.locator(f"main form:has({field}), form:has({field})").first
    form.locator('button[type="submit"]:not(.vh):not([tabindex="-1"])').first.click()


def press_main(tab: Tab) -> None:
    """Presses the first button of the page that somebody can see."""
    tab.locator("main form button.button:visible").first.click()


def fill(tab: Tab, **answers: str) -> None:
    for name, text in answers.items():
        tab.locator(f'[name="{name}"]').first.fill(text)


def sound(tab: Tab, language: str) -> None:
    """Fails with what axe, the content policy, the language or 320 px of width find wrong with the open page."""
    problems = examine(tab, language=language)
    assert not problems, f"{tab.url}: {problems}"
