"""``manage.py generate_population``: a believable population of importers and brokers in an empty world."""

import os
import time
from argparse import BooleanOptionalAction
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.errors import DomainError
from simulation.population.services import generate_population

_WIDTH = 40


class Command(BaseCommand):
    help = "Generate importers, brokers and a year of what they declared and paid, in a world that is empty."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--program-accounts", type=int, required=True, help="how many program accounts")
        parser.add_argument("--declarations", type=int, required=True, help="how many declarations in twelve periods")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same rows")
        parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="how many processes make rows")
        parser.add_argument(
            "--lines",
            action=BooleanOptionalAction,
            default=None,
            help="invoices and lines of each declaration; by default up to a million declarations",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        asked = {name: options[name] for name in ("program_accounts", "declarations", "seed")}
        if min(asked["program_accounts"], asked["declarations"]) < 1:
            raise CommandError("Ask for at least one program account and one declaration.")
        begun = time.perf_counter()

        def show(done: int, total: int) -> None:
            spent = time.perf_counter() - begun
            bar = "#" * (done * _WIDTH // total)
            rest = f", {spent * (total - done) / done:.0f} s left" if done else ""
            end = "\n" if done == total else ""
            self.stdout.write(f"\r[{bar:<{_WIDTH}}] {done:,} of {total:,}{rest}   ", ending=end)
            self.stdout.flush()

        try:
            made = generate_population(
                **asked, processes=options["processes"], with_lines=options["lines"], on_progress=show
            )
        except DomainError as problem:
            raise CommandError(str(problem)) from problem
        seconds = time.perf_counter() - begun
        self.stdout.write(
            f"{made.businesses} businesses, {made.program_accounts} program accounts, "
            f"{made.declarations} declarations, {made.payments} payments, {made.bonds} bonds, {made.postings} postings."
        )
        spans = ", ".join(f"{name} {span:.1f} s" for name, span in made.seconds.items())
        with_balances = made.seconds["rows"] + made.seconds["balances"]
        self.stdout.write(
            f"Rows written at {made.postings / made.seconds['rows']:,.0f} postings a second, with balances "
            f"{made.postings / with_balances:,.0f}, with keys, indexes and proof {made.postings / seconds:,.0f}.\n"
            f"It took {seconds:.1f} s: {spans}."
        )
