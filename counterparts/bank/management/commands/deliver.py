"""Tells the portal what it has not taken yet."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from counterparts.bank import delivery


class Command(BaseCommand):
    help = "Deliver the events that are due, once or for ever"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", action="store_true", help="go on until stopped")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["loop"]:
            delivery.run_for_ever()
        tried, taken = delivery.run_once()
        self.stdout.write(f"bank: {tried} events tried, {taken} taken by the portal")
