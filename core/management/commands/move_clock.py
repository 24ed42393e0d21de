"""``manage.py move_clock 2026-08-25``: move the business clock forward from the console, with progress."""

from datetime import date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import jobs
from core.clock import TORONTO
from core.errors import DomainError
from core.timetable import Firing


class Command(BaseCommand):
    help = "Move the business clock of this world forward to a date (08:00 Toronto), firing every job on the way."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("to", type=date.fromisoformat)

    def handle(self, *args: Any, **options: Any) -> None:
        to_at = datetime.combine(options["to"], time(8, 0), tzinfo=TORONTO)
        try:
            move = jobs.move_clock(to_at=to_at, actor=jobs.console_actor(), on_progress=self.show)
        except DomainError as problem:
            raise CommandError(str(problem)) from problem
        if move.state != move.State.DONE:
            raise CommandError("The clock waits at a job that is paused. Let it go on: manage.py jobs resume")
        self.stdout.write(f"It is now {to_at:%Y-%m-%d %H:%M} in this world.")

    def show(self, firing: Firing, fired: int, total: int) -> None:
        self.stdout.write(f"{fired}/{total} {firing.due_at:%Y-%m-%d} {firing.job.name}")
