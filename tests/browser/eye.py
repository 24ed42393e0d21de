"""Looks at one page in Chromium and says what is wrong with it."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Response
from playwright.sync_api import Page as Tab

_WATCH_POLICY = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile || ""}`);
});
"""
_TEXTS = """() => {
  const found = new Set();
  const page = document.documentElement.lang;
  const shown = (element) => {
    const closest = element.closest("[lang]");
    return (!closest || closest.lang === page) && !element.closest("script, style, code, template, [translate=no]");
  };
  const add = (text) => { const plain = text.replace(/\\s+/g, " ").trim(); if (plain) { found.add(plain); } };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    if (shown(walker.currentNode.parentElement)) { add(walker.currentNode.data); }
  }
  for (const name of ["aria-label", "title", "alt", "placeholder"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      if (shown(element)) { add(element.getAttribute(name)); }
    }
  }
  add(document.title);
  return [...found];
}"""
_LINKS = """() => [...document.querySelectorAll("a[href]")].map((link) => link.getAttribute("href"))"""
_PLACES = """() => [...document.querySelectorAll("[id]")].map((element) => element.id)"""
_OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) { return []; }
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > width + 1)
    .slice(-3)
    .map((element) => `${element.tagName.toLowerCase()}.${element.className} to ${
      Math.round(element.getBoundingClientRect().right)}`);
}"""

_axe = Axe()


@dataclass
class Look:
    """What one look at a page brought: what is wrong, its words and its links."""

    address: str
    problems: list[str] = field(default_factory=list)
    texts: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)


def open_tab(context: BrowserContext) -> Tab:
    tab = context.new_page()
    tab.add_init_script(_WATCH_POLICY)
    return tab


def _is_same_page(one: str, other: str) -> bool:
    return re.sub(r"/(en|fr)/", "/", one, count=1) == re.sub(r"/(en|fr)/", "/", other, count=1)


def look_at(tab: Tab, address: str, *, status: int = 200, language: str = "", with_axe: bool = True) -> Look:
    """Opens an address and looks at it."""
    look = Look(address)

    def heard(message: ConsoleMessage) -> None:
        # A page that is refused on purpose is an error to the console, and only that.
        if message.type in {"error", "warning"} and not (status >= 400 and f"status of {status}" in message.text):
            look.problems.append(f"console: {message.text}")

    def answered(response: Response) -> None:
        if response.status >= 400 and response.url != address:
            look.problems.append(f"{response.status} for {response.url}")

    tab.on("console", heard)
    tab.on("response", answered)
    try:
        answer = tab.goto(address)
        if answer is None or answer.status != status:
            look.problems.append(f"status {answer.status if answer else None} instead of {status}")
        look.problems += examine(tab, language=language, with_axe=with_axe)
        look.texts = set(tab.evaluate(_TEXTS))
        look.links = set(tab.evaluate(_LINKS))
        look.places = set(tab.evaluate(_PLACES))
    finally:
        tab.remove_listener("console", heard)
        tab.remove_listener("response", answered)
    return look


def examine(tab: Tab, *, language: str = "", with_axe: bool = True) -> list[str]:
    """What is wrong with the page that is open: axe, the content policy, its language, its width at 320 px."""
    # A page that a press has just opened has no document yet.
    tab.wait_for_load_state("load")
    problems = [f"content policy: {text}" for text in tab.evaluate("window.__violations || []")]
    if language and tab.evaluate("document.documentElement.lang") != language:
        problems.append(f"its language is not {language}")
    if with_axe:
        for violation in _axe.run(tab).response["violations"]:
            nodes = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
            problems.append(f"axe: {violation['id']} ({violation['impact']}): {violation['help']} in {nodes}")
    wide = tab.viewport_size
    tab.set_viewport_size({"width": 320, "height": 800})
    problems += [f"wider than 320 px: {text}" for text in tab.evaluate(_OVERFLOW)]
    if wide is not None:
        tab.set_viewport_size(wide)
    return problems


class Links:
    """Follows links as one seat would, each address once."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], tuple[int, str]] = {}

    def dead(self, look: Look, *, seat: str, client: Client) -> list[str]:
        """The links of a page that lead nowhere, for whoever may see the page."""
        wrong = []
        site = urlsplit(look.address)[:2]
        for href in sorted(look.links):
            target, fragment = urldefrag(urljoin(look.address, href))
            if _is_same_page(target, look.address):
                if fragment and fragment not in look.places:
                    wrong.append(f"dead link: {href} has no such place")
                continue
            if urlsplit(target)[:2] != site or urlsplit(target).scheme not in {"http", "https"}:
                continue
            status, body = self._open(target, seat, client)
            if status >= 400:
                wrong.append(f"dead link: {href} answers {status}")
            elif fragment and f'id="{fragment}"' not in body:
                wrong.append(f"dead link: {href} has no such place")
        return wrong

    def _open(self, target: str, seat: str, client: Client) -> tuple[int, str]:
        parts = urlsplit(target)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if (seat, path) not in self._answers:
            answer: Any = client.get(path, follow=True)
            is_page = answer.get("Content-Type", "").startswith("text/html") and not answer.streaming
            self._answers[seat, path] = (answer.status_code, answer.content.decode() if is_page else "")
        return self._answers[seat, path]
