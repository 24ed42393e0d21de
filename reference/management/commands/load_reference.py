from typing import Any

from django.core.management.base import BaseCommand

from core import clock
from core.actor import Channel, system
from reference.services import load_reference_tables


class Command(BaseCommand):
    help = "Load the shipped reference tables (tariff, rates, taxes, codes); safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = load_reference_tables(actor=system("load_reference", channel=Channel.CONSOLE), at=clock.now())
        for name, count in loaded.rows.items() if options["verbosity"] else ():
            self.stdout.write(f"{name}: {count}")
