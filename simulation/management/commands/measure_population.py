"""``manage.py measure_population``: the table of ``docs/population.md``, target beside measured."""

from typing import Any

from django.core.management.base import BaseCommand

from simulation.population.figures import measured
from simulation.population.laws import TARGETS


class Command(BaseCommand):
    help = "Print what the population measures beside the published figures, as a table in Markdown."

    def handle(self, *args: Any, **options: Any) -> None:
        found = measured()
        self.stdout.write("| Figure | Target | Measured | Source |\n|---|---|---|---|")
        for target in TARGETS:
            value = found[target.name]
            shown = "-" if target.value is None else f"{target.value:,}"
            self.stdout.write(f"| {target.label} | {shown} | {value:,.3f} | {target.source} |")
