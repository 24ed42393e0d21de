"""``manage.py verify_ledger``: proves the book from its postings."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ledger.verification import findings


class Command(BaseCommand):
    help = "Recompute everything kept beside the postings and list what does not agree; exits non-zero if anything."

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for finding in findings():
            count += 1
            self.stderr.write(f"{finding.check}: {finding.row}")
        if count:
            raise CommandError(f"The book has {count} wrong rows, listed above.")
        self.stdout.write("The book is sound.")
