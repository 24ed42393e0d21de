"""The bank starts without data; the command exists so that every counterpart starts with the same two commands."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from counterparts.bank import rules


class Command(BaseCommand):
    help = "Say which portal and practice cards this bank serves"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"bank: {len(rules.CARDS)} practice cards for the portal at {settings.PORTAL_URL}")
