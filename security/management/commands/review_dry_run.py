"""``manage.py review_dry_run july 2026``: what a yearly review would find, without writing anything."""

from argparse import FileType
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from security import queries
from security.result_file import parts_of


class Command(BaseCommand):
    help = "What a yearly review would find, in total and on demand per account; nothing is written to the database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("cycle", help="july or october")
        parser.add_argument("year", type=int)
        parser.add_argument("--on", type=date.fromisoformat, help="the day of the old requirements; else today's")
        parser.add_argument("--file", type=FileType("wb"), help="write the signed file with a line for every account")

    def handle(self, *args: Any, **options: Any) -> None:
        schedule = queries.schedule_named(options["cycle"], options["year"])
        if schedule is None:
            raise CommandError(f"There is no cycle {options['cycle']} in {options['year']}.")
        on = options["on"] or clock.today()
        found = queries.country(schedule, is_dry=True, on=on)
        self.stdout.write(f"{schedule.window_start} to {schedule.window_end}, due {schedule.due_on}")
        for outcome, tally in found.by_outcome().items():
            self.stdout.write(f"{outcome.value:<14} {tally.accounts:>9,} {tally.old:>20,} -> {tally.new:>20,}")
        total = found.total
        self.stdout.write(f"{total.risen:,} rise; {total.short:,} are short of {total.shortfall:,}")
        if options["file"]:
            with options["file"] as file:
                for part in parts_of(schedule, is_dry=True, on=on, at=clock.now()):
                    file.write(part)
