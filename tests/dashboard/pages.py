"""Reading pages in tests: plain words with ordinary spaces."""

import html
import re

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import translation


def address(name: str, *args: object, language: str = "en") -> str:
    with translation.override(language):
        return reverse(name, args=args)


def words(response: HttpResponse) -> str:
    """The page's text; a component or a variable that was not drawn is an error."""
    assert response.status_code == 200, response.status_code
    page = response.content.decode()
    assert "{{" not in page
    assert "<c-" not in page
    text = html.unescape(re.sub(r"<[^>]+>", " ", page))
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ").replace("\u202f", " "))


def see(client: Client, name: str, *args: object, language: str = "en", query: str = "") -> str:
    return words(client.get(address(name, *args, language=language) + query))
