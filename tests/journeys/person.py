"""Somebody in front of the portal: opens pages, follows links by their words, fills in forms and presses buttons.

Only what the page offers can be done: a form is sent with its hidden fields and with what already stands in it.
"""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.test import Client

from accounts.models import User
from tests.builders import signed_in

_VOID = frozenset({"input", "br", "img", "meta", "link", "hr", "source", "col", "wbr", "area", "base"})
_UNREAD = frozenset({"script", "style", "template"})
_SPACES = re.compile(r"[\s\u00a0\u202f]+")


def plain(text: str) -> str:
    """The words of a text with every kind of space as one space and the true minus as a hyphen."""
    return _SPACES.sub(" ", text).replace("\u2212", "-").strip()


@dataclass
class Form:
    """A form of a page: where it goes, what stands in it, and its buttons as (words, name, value, address)."""

    id: str
    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str, str, str]] = field(default_factory=list)


@dataclass
class Page:
    """What one answer shows."""

    url: str
    status: int
    html: str
    text: str = ""
    headings: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    @property
    def heading(self) -> str:
        return self.headings[0] if self.headings else ""

    def link(self, words: str) -> str:
        """The address of the first link with these words in it."""
        found = [href for text, href in self.links if words in text]
        assert found, f"No link '{words}' on {self.url}: {[text for text, _href in self.links]}"
        return found[0]

    def has_button(self, words: str) -> bool:
        return any(words in button[0] for form in self.forms for button in form.buttons)


class _Reader(HTMLParser):
    """Takes a page apart into its words, links and forms."""

    def __init__(self, page: Page) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self.words: list[str] = []
        self.unread = 0
        self.open_form: Form | None = None
        self.link: tuple[str, list[str]] | None = None
        self.heading: list[str] | None = None
        self.button: tuple[dict[str, str], list[str], Form] | None = None
        self.select: tuple[str, bool, Form] | None = None
        self.select_values: list[tuple[str, bool]] = []
        self.textarea: tuple[str, list[str], Form] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value if value is not None else name for name, value in attrs}
        if "id" in given:
            self.page.ids.add(given["id"])
        if tag in _UNREAD:
            self.unread += 1
        elif tag == "form":
            self.open_form = self._form(given.get("id", ""))
            self.open_form.action = given.get("action", "")
            self.open_form.method = given.get("method", "get").lower()
        elif tag == "a" and "href" in given:
            self.link = (given["href"], [given.get("aria-label", "")])
        elif tag == "h1":
            self.heading = []
        elif tag in {"input", "button", "select", "textarea"}:
            self._control(tag, given)
        elif tag == "option" and self.select is not None:
            self.select_values.append((given.get("value", ""), "selected" in given))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def _form(self, form_id: str) -> Form:
        """The form of this name, known or met first through a field outside of it."""
        known = next((form for form in self.page.forms if form_id and form.id == form_id), None)
        if known is None:
            known = Form(form_id, "", "get")
            self.page.forms.append(known)
        return known

    def _control(self, tag: str, given: dict[str, str]) -> None:
        owner = self._form(given["form"]) if "form" in given else self.open_form
        if owner is None or ("disabled" in given and tag != "button"):
            return
        name, kind = given.get("name", ""), given.get("type", "text" if tag == "input" else "submit")
        if tag == "button":
            if kind == "submit":
                self.button = (given, [given.get("aria-label", "")], owner)
            return
        if not name:
            return
        owner.names.add(name)
        if tag == "select":
            self.select, self.select_values = (name, "multiple" in given, owner), []
        elif tag == "textarea":
            self.textarea = (name, [], owner)
        elif kind == "submit":
            owner.buttons.append((given.get("value", ""), name, given.get("value", ""), given.get("formaction", "")))
        elif (kind in {"radio", "checkbox"} and "checked" not in given) or kind == "file":
            return
        else:
            owner.fields.setdefault(name, []).append(given.get("value", "on" if kind == "checkbox" else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNREAD:
            self.unread -= 1
        elif tag == "form":
            self.open_form = None
        elif tag == "a" and self.link is not None:
            self.page.links.append((plain(" ".join(self.link[1])), self.link[0]))
            self.link = None
        elif tag == "h1" and self.heading is not None:
            self.page.headings.append(plain(" ".join(self.heading)))
            self.heading = None
        elif tag == "button" and self.button is not None:
            given, words, owner = self.button
            address = given.get("formaction", "")
            owner.buttons.append((plain(" ".join(words)), given.get("name", ""), given.get("value", ""), address))
            self.button = None
        elif tag == "select" and self.select is not None:
            name, is_multiple, owner = self.select
            chosen = [value for value, is_selected in self.select_values if is_selected]
            if not chosen and not is_multiple and self.select_values:
                chosen = [self.select_values[0][0]]
            owner.fields.setdefault(name, []).extend(chosen)
            self.select = None
        elif tag == "textarea" and self.textarea is not None:
            name, typed, owner = self.textarea
            owner.fields.setdefault(name, []).append("".join(typed).removeprefix("\n"))
            self.textarea = None

    def handle_data(self, data: str) -> None:
        if self.unread:
            return
        self.words.append(data)
        for listener in (self.link, self.button, self.textarea):
            if listener is not None:
                listener[1].append(data)
        if self.heading is not None:
            self.heading.append(data)


def read_page(url: str, status: int, html: str) -> Page:
    page = Page(url, status, html)
    reader = _Reader(page)
    reader.feed(html)
    page.text = plain(" ".join(reader.words))
    return page


class Person:
    """Somebody signed in (or not) with a browser of their own, in one language."""

    def __init__(self, user: User | None = None, *, language: str = "en") -> None:
        self.client: Client = signed_in(user)
        self.language = language
        self.page = Page("", 0, "")

    def open(self, address: str, **query: Any) -> Page:
        """Goes to an address as typed, ``/en/`` put in front of one without a language."""
        if not address.startswith(("/en/", "/fr/", "http")):
            address = f"/{self.language}/{address.lstrip('/')}"
        return self._arrive(self.client.get(_path(address), query or None))

    def follow(self, words: str) -> Page:
        """Clicks the first link with these words in it."""
        return self.open(urljoin(self.page.url, unescape(self.page.link(words))))

    def submit(self, button: str = "", *, having: str = "", **answers: Any) -> Page:
        """Fills in the form that has this button, or this field, and sends it; a list ticks several boxes."""
        return self._arrive(self._send(button, having, answers))

    def submit_to_elsewhere(self, button: str = "", *, having: str = "", **answers: Any) -> str:
        """As :meth:`submit` where the answer leads to another site: its address."""
        answer = self._send(button, having, answers)
        assert answer.status_code in (302, 303), plain(answer.content.decode())
        return str(answer["Location"])

    def _send(self, button: str, having: str, answers: dict[str, Any]) -> Any:
        form, pressed = self._form_with(button, having)
        data: dict[str, Any] = {name: list(values) for name, values in form.fields.items()}
        if pressed is not None and pressed[1]:
            data[pressed[1]] = [pressed[2]]
        for name, value in answers.items():
            assert name in form.names, f"No field '{name}' in the form of {self.page.url}: {sorted(form.names)}"
            data[name] = [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]
        action = (pressed[3] if pressed is not None else "") or form.action
        target = _path(urljoin(self.page.url, unescape(action)) if action else self.page.url)
        if form.method == "get":
            return self.client.get(target, data)
        return self.client.post(target, data)

    def _form_with(self, button: str, having: str) -> tuple[Form, tuple[str, str, str, str] | None]:
        for form in self.page.forms:
            if having and having not in form.names:
                continue
            for pressed in form.buttons:
                if button and button in pressed[0]:
                    return form, pressed
            if having and not button:
                return form, form.buttons[0] if form.buttons else None
        offered = [[pressed[0] for pressed in form.buttons] for form in self.page.forms]
        raise AssertionError(f"No form with '{button or having}' on {self.page.url}: {offered}\n{self.page.text}")

    def _arrive(self, answer: Any) -> Page:
        url = answer.wsgi_request.get_full_path()
        for _hop in range(10):
            if answer.status_code not in (301, 302, 303):
                break
            url = urljoin(url, answer["Location"])
            answer = self.client.get(_path(url))
        self.page = read_page(url, answer.status_code, answer.content.decode())
        return self.page


def _path(address: str) -> str:
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")
