"""``manage.py verify_review_result FILE``: prove that a review's file of results is as the portal signed it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import signatures
from security.result_file import verdict_on

_PROBLEMS = {
    "no_signature": "The file ends without its signature: it is cut off, or no file of results.",
    "changed": "The file was changed after it was signed.",
    "not_signed": "The file is not signed by this key.",
}


class Command(BaseCommand):
    help = "Prove that a review's file of results is as it was signed; exits non-zero and says why if it is not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--public-key", help="base64, as the page of the review shows it; else this portal's own")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["file"].is_file():
            raise CommandError(f"There is no file {options['file']}.")
        verdict = verdict_on(options["file"], key=options["public_key"] or signatures.public_key())
        if verdict.problem:
            raise CommandError(_PROBLEMS[verdict.problem])
        self.stdout.write(f"Signed and unchanged: {verdict.accounts} accounts. {verdict.about}")
