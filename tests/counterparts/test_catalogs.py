"""Every message of the counterparts has its French."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from counterparts.bank.clearing.rules import DEBIT_ACCOUNTS
from counterparts.bank.rules import ACCOUNTS, CARDS
from counterparts.identity.seats import SEATS
from tests.counterparts.processes import ROOT

MARKS = {"_", "gettext", "gettext_lazy", "ngettext"}
NOTES = {
    "identity": {seat.note for seat in SEATS},
    "bank": {instrument.note for instrument in (*CARDS, *ACCOUNTS, *DEBIT_ACCOUNTS)},
}


def messages_of_templates(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for found in re.finditer(r"""{% translate (?:"([^"]+)"|'([^']+)')""", text):
            yield found[1] or found[2]
        for found in re.finditer(r"{% blocktranslate trimmed.*?%}(.*?){% endblocktranslate %}", text, re.DOTALL):
            yield re.sub(r"{{ (\w+) }}", r"%(\1)s", " ".join(found[1].split()))


def messages_of_python(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
                first = node.args[0]
                assert isinstance(first, ast.Constant), f"{path}:{node.lineno}"
                yield str(first.value)


@pytest.mark.parametrize("name", ["identity", "bank"])
def test_every_message_has_its_french(name: str) -> None:
    folder = ROOT / "counterparts" / name
    with (folder / "locale" / "fr" / "LC_MESSAGES" / "django.po").open("rb") as text:
        catalog = read_po(text, locale="fr")
    translated: dict[str, str] = {}
    for message in catalog:
        if message.id:
            assert not message.fuzzy, message.id
            first = message.id if isinstance(message.id, str) else message.id[0]
            french = [message.string] if isinstance(message.string, str) else list(message.string or [])
            assert all(french), message.id
            for text_ in french:
                assert set(re.findall(r"%\(\w+\)\w", text_)) == set(re.findall(r"%\(\w+\)\w", first)), message.id
            translated[first] = french[0]
    wanted = {*messages_of_templates(folder / "templates"), *messages_of_python(folder), *NOTES[name]}
    assert wanted - translated.keys() == set()
    assert translated.keys() - wanted == set()
