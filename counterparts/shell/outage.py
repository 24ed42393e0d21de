"""The command that switches a simulated outage on and off."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser


class OutageCommand(BaseCommand):
    help = "Simulate an outage: every page answers 503 until it is switched off"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("switch", choices=("on", "off"))

    def handle(self, *args: Any, **options: Any) -> None:
        if options["switch"] == "on":
            settings.OUTAGE_FILE.touch()
        else:
            settings.OUTAGE_FILE.unlink(missing_ok=True)
        self.stdout.write(f"{settings.COUNTERPART_NAME}: outage {options['switch']}")
