"""``manage.py write_samples``: the library of worked samples as files, a folder a sample."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from declarations import samples

README = "README.md"


class Command(BaseCommand):
    help = "Write the library of worked samples into a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", default="examples/library")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(options["folder"])
        for sample in samples.SAMPLES:
            place = folder / sample.name
            place.mkdir(parents=True, exist_ok=True)
            for name, text in samples.files_of(sample).items():
                (place / name).write_text(text, encoding="utf-8")
        (folder / README).write_text(_overview(), encoding="utf-8")
        self.stdout.write(f"{len(samples.SAMPLES)} samples in {folder}")


def _overview() -> str:
    topics = []
    for topic in samples.Topic:
        rows = [f"- [{row.name}]({row.name}/): {row.title}" for row in samples.SAMPLES if row.topic == topic]
        topics.append("\n".join([f"## {topic.label}", "", *rows]))
    return "\n\n".join([_HEAD, *topics]) + "\n"


_HEAD = """# Worked samples

Each folder holds the calls in the order in which they are sent (`release.json`, `declaration.json` or
`declaration.xml`, `correction.json`, `change.json`) and `answer.json`: the status and the amounts, or the code and
the field, of the last call's answer. Put your own program account and the numbers of your own releases in the
place of those of the samples. The answers were given on 20 July 2026 of the business clock. Made by `manage.py
write_samples`; do not edit by hand."""
