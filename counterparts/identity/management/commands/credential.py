"""Revokes, expires or restores one credential, to practise what the person then sees."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from counterparts.identity import services
from counterparts.identity.models import Credential


class Command(BaseCommand):
    help = "Set the state of a credential"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("state", choices=Credential.State.values)

    def handle(self, *args: Any, **options: Any) -> None:
        if not services.set_state(username=options["username"], state=options["state"]):
            raise CommandError(f"Nobody here has the user name '{options['username']}'.")
        self.stdout.write(f"{options['username']}: {options['state']}")
