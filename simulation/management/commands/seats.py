"""``manage.py seats``: who can sign in to this practice world, and how."""

from typing import Any

from django.core.management.base import BaseCommand

from counterparts.identity.seats import PRACTICE_PASSWORD
from simulation.seats import SEAT_NOTES

_METHODS = {"gckey": "GCKey", "partner": "Sign-In Partner", "staff": "Staff sign-in"}


class Command(BaseCommand):
    help = "List the seats of the demo world with their sign-in method."

    def handle(self, *args: Any, **options: Any) -> None:
        for seat in SEAT_NOTES:
            self.stdout.write(f"  {seat.username:<16} {_METHODS[seat.method]:<16} {seat.note_en}")
        self.stdout.write(f"  Password of every seat: {PRACTICE_PASSWORD}. Codes arrive in the demo inbox.")
