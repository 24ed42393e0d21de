"""``manage.py load_demo``: make the demo world once; a world that has people is left as it is."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from simulation.demo import DemoWorld, is_built


class Command(BaseCommand):
    help = "Make the demo world, a full customs year of it; does nothing where a world exists already."

    def handle(self, *args: Any, **options: Any) -> None:
        # While this lies there, the world is not whole, whatever ended its making.
        unfinished = settings.VAR_DIR / "demo-world-unfinished"
        if unfinished.exists() and is_built():
            raise CommandError(
                "The demo world was begun and not finished. Start over with an empty database (make demo-reset), "
                f"or keep what there is and delete {unfinished}."
            )
        if is_built():
            self.stdout.write("The demo world is there already.")
            return
        self.shown_at = 0.0
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        unfinished.touch()
        with translation.override("en"):
            DemoWorld(on_progress=self.show).build()
        unfinished.unlink()
        self.stdout.write("The demo world is ready.")

    def show(self, day: str, number: int, total: int) -> None:
        if time.monotonic() - self.shown_at > 2 or number == total:
            self.shown_at = time.monotonic()
            self.stdout.write(f"Living the demo year: {day}, {number * 100 // total} %")
            self.stdout.flush()
