"""Finding one's RM number: every paper of the portal prints the fifteen signs of its program account."""

import subprocess
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from core import format as formats
from tests.builders import World, signed_in
from tests.registration.conftest import Larkspur

pytestmark = pytest.mark.django_db


@pytest.fixture
def tab(world: World, larkspur: Larkspur) -> Client:
    person = world.person("Lou Larkspur")
    world.membership(person, larkspur.business, is_primary=True)
    return signed_in(person)


def text_of(content: bytes, folder: Path) -> str:
    path = folder / "paper.pdf"
    path.write_bytes(content)
    return subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True).stdout.decode()


def plain(text: str) -> str:
    return text.replace("\xa0", " ").replace("&nbsp;", " ")


@pytest.mark.parametrize(
    ("name", "paper"),
    [
        ("declarations:detail", "declaration"),
        ("payments:detail", "payment"),
        ("statements:detail", "statement"),
        ("statements:notices", ""),
        ("statements:history", ""),
    ],
)
def test_the_page_prints_the_number(tab: Client, larkspur: Larkspur, name: str, paper: str) -> None:
    objects = {
        "declaration": larkspur.declaration.number,
        "payment": larkspur.payment.reference,
        "statement": "2026-06-25",
    }
    more = (objects[paper],) if paper else ()
    page = tab.get(reverse(name, args=(larkspur.account.number, *more)))
    assert page.status_code == 200
    main = page.content.decode().partition('<main id="main"')[2]
    assert plain(formats.bn(larkspur.account.number)) in plain(main)


@pytest.mark.parametrize(("name", "paper"), [("payments:receipt", "payment"), ("statements:pdf", "statement")])
def test_the_pdf_prints_the_number(tab: Client, larkspur: Larkspur, tmp_path: Path, name: str, paper: str) -> None:
    last = larkspur.payment.reference if paper == "payment" else "2026-06-25"
    answer = tab.get(reverse(name, args=(larkspur.account.number, last)))
    assert answer.content.startswith(b"%PDF")
    assert plain(formats.bn(larkspur.account.number)) in plain(text_of(answer.content, tmp_path))


@pytest.mark.parametrize("kind", ["declaration", "receipt", "statement"])
def test_the_papers_of_a_practice_card_print_it_too(larkspur: Larkspur, kind: str) -> None:
    page = Client().get(reverse("registration:paper", args=(larkspur.card.code, kind))).content.decode()
    assert plain(formats.bn(larkspur.account.number)) in plain(page)
