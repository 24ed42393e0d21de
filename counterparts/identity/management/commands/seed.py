"""Registers the portal and makes the practice people; safe to run at each start."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from counterparts.identity import services


class Command(BaseCommand):
    help = "Register the portal as client and create the practice people"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="give the practice people their first password again")

    def handle(self, *args: Any, **options: Any) -> None:
        services.register_portal()
        created = services.seed_seats(at=timezone.now(), reset=options["reset"])
        self.stdout.write(f"{settings.IDENTITY}: portal at {settings.PORTAL_URL} registered, {created} new people")
