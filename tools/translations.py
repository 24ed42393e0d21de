#!/usr/bin/env python3
"""Compiles the translations, and says which messages French still lacks.

``compile FILE.po ...`` writes each .mo beside its .po with Babel; ``check`` extracts every message of the sources with
gettext into a copy and compares it with ``locale/fr``; ``update`` writes the new messages into ``locale/fr``. The
portal and each counterpart have a catalogue of their own.
"""

import io
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FRENCH = Path("locale/fr/LC_MESSAGES/django.po")
SHOWN = 40
SUFFIXES = (".py", ".html", ".txt", ".svg", ".xml")
IGNORED = (".venv", "var", "tests", "tools", "benchmarks", "docs", "examples", "clients", "counterparts")


@dataclass(frozen=True)
class Program:
    """One process with a French catalogue of its own: the portal, or a counterpart."""

    name: str
    folder: Path
    is_portal: bool

    @property
    def po(self) -> Path:
        return self.folder / FRENCH

    def sources(self) -> list[Path]:
        """Python files and templates, relative to the project."""
        if self.is_portal:
            found = [*ROOT.rglob("*.py"), *(ROOT / "templates").rglob("*"), *ROOT.glob("*/templates/**/*")]
        else:
            # What the counterparts share is spoken by each of them, in its own catalogue.
            found = [*self.folder.rglob("*"), *(self.folder.parent / "shell").rglob("*")]
        relative = [path.relative_to(ROOT) for path in found if path.is_file() and path.suffix in SUFFIXES]
        return [
            path
            for path in relative
            if "__pycache__" not in path.parts and not (self.is_portal and path.parts[0] in IGNORED)
        ]


def programs() -> list[Program]:
    counterparts = sorted(path.parent for path in ROOT.glob("counterparts/*/settings.py"))
    return [Program("portal", ROOT, True), *(Program(folder.name, folder, False) for folder in counterparts)]


def compile_file(po: Path) -> Path:
    with po.open("rb") as source:
        catalog = read_po(source, locale=po.parent.parent.name)
    mo = po.with_suffix(".mo")
    unfinished = mo.with_suffix(f".{os.getpid()}.tmp")
    with unfinished.open("wb") as target:
        write_mo(target, catalog)
    unfinished.replace(mo)
    return mo


def is_translated(message: Message) -> bool:
    texts = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
    return bool(texts) and all(texts)


def problems_of(extracted: Catalog, french: Catalog) -> list[str]:
    """One line for every extracted message that the French catalogue lacks, leaves empty or marks as fuzzy."""
    found: list[str] = []
    for wanted in extracted:
        if not wanted.id:
            continue
        identifier = wanted.id[0] if isinstance(wanted.id, (list, tuple)) else wanted.id
        message = french.get(identifier, wanted.context)
        place = f"{wanted.locations[0][0]}: " if wanted.locations else ""
        if message is None:
            found.append(f"missing  {place}{identifier!r}")
        elif message.fuzzy:
            found.append(f"fuzzy    {place}{identifier!r}")
        elif not is_translated(message):
            found.append(f"empty    {place}{identifier!r}")
        elif wanted.pluralizable and not message.pluralizable:
            found.append(f"plural   {place}{identifier!r}")
    return found


def copied_sources(program: Program, target: Path) -> None:
    """The sources in a tree of their own: makemessages writes into the tree that it reads."""
    for relative in program.sources():
        copy = target / relative
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / relative, copy)


def extract(target: Path) -> Catalog:
    """The messages of the sources as a catalogue without translations."""
    (target / "locale").mkdir(exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "tools.translation_settings"}
    command = [sys.executable, "-m", "django", "makemessages", "--keep-pot", "-l", "fr", "--no-wrap", "-v", "0"]
    done = subprocess.run(command, cwd=target, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"makemessages failed:\n{done.stdout}{done.stderr}")
    # The template's header holds placeholders where a catalogue has numbers.
    text = (target / "locale" / "django.pot").read_text(encoding="utf-8")
    text = text.replace("nplurals=INTEGER; plural=EXPRESSION;", "nplurals=2; plural=(n > 1);")
    return read_po(io.StringIO(text))


def extracted_of(program: Program) -> Catalog:
    with tempfile.TemporaryDirectory(prefix="portage-messages-") as folder:
        copied_sources(program, Path(folder))
        return extract(Path(folder))


def french_of(program: Program) -> Catalog:
    if not program.po.exists():
        return Catalog(locale="fr", project="Portage", charset="utf-8", fuzzy=False)
    with program.po.open("rb") as source:
        return read_po(source, locale="fr")


def update() -> None:
    """Adds the new messages to the French catalogues, empty; guesses that gettext would mark as fuzzy are left out."""
    for program in programs():
        french = french_of(program)
        french.update(extracted_of(program), no_fuzzy_matching=True)
        if not program.is_portal:
            # A counterpart's notes on seats and cards are data that no extraction sees; a test compares them with it.
            for message in list(french.obsolete.values()):
                french[message.id] = message
        french.obsolete.clear()
        program.po.parent.mkdir(parents=True, exist_ok=True)
        with program.po.open("wb") as target:
            write_po(target, french, width=120, sort_output=True, ignore_obsolete=True)
        print(f"{program.po.relative_to(ROOT)} now holds {len(french)} messages.")


def check() -> int:
    if not shutil.which("xgettext"):
        print("The program xgettext is missing. Install it with: sudo apt-get install -y gettext")
        return 1
    is_complete = True
    for program in programs():
        extracted = extracted_of(program)
        problems = problems_of(extracted, french_of(program))
        for line in problems[:SHOWN]:
            print(line)
        if len(problems) > SHOWN:
            print(f"... and {len(problems) - SHOWN} more")
        total = sum(1 for message in extracted if message.id)
        print(f"Translations of {program.name}: {total - len(problems)} of {total} messages are complete in French.")
        is_complete = is_complete and not problems
    return 0 if is_complete else 1


def main() -> None:
    match sys.argv[1:]:
        case ["compile", *files] if files:
            for name in files:
                compile_file(Path(name))
        case ["compile"]:
            for program in programs():
                if program.po.exists():
                    compile_file(program.po)
        case ["update"]:
            update()
        case ["check"]:
            sys.exit(check())
        case _:
            sys.exit(f"Usage: {sys.argv[0]} compile [FILE.po ...] | check | update")


if __name__ == "__main__":
    main()
