"""A person's browser as far as these tests need one: cookies, forms, and redirects that stop at the portal."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests


class _Forms(HTMLParser):
    """The forms of a page with what is already filled in."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given.get("action", ""), {}))
        elif tag == "input" and self.forms and given.get("name"):
            if given.get("type") in {"radio", "checkbox"} and "checked" not in given:
                return
            self.forms[-1][1][given["name"]] = given.get("value", "")


class Browser:
    """Follows redirects inside one counterpart and stops where the address leads to another origin."""

    def __init__(self, language: str = "en") -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Accept-Language"] = language

    def get(self, address: str, **parameters: str) -> requests.Response:
        return self._follow(self.session.get(address, params=parameters or None, allow_redirects=False, timeout=30))

    def submit(self, page: requests.Response, *, form: Any = 0, **values: Any) -> requests.Response:
        """Posts a form of the page with its hidden and filled fields, changed by ``values``."""
        parser = _Forms()
        parser.feed(page.text)
        action, fields = parser.forms[form]
        target = urljoin(page.url, action) if action else page.url
        answer = self.session.post(target, data={**fields, **values}, allow_redirects=False, timeout=30)
        return self._follow(answer)

    def _follow(self, answer: requests.Response) -> requests.Response:
        origin = urlsplit(answer.url)[:2]
        for _step in range(10):
            if not answer.is_redirect:
                return answer
            target = urljoin(answer.url, answer.headers["Location"])
            if urlsplit(target)[:2] != origin:
                return answer
            answer = self.session.get(target, allow_redirects=False, timeout=30)
        raise AssertionError("more than ten redirects")


def heading(page: requests.Response) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page.text, re.DOTALL)
    return found[1].strip() if found else ""
