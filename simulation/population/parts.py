"""What the rooms of a generated year share: the year as they know it, and how a chance picks from a table of shares."""

from random import Random
from typing import Any, Protocol

from simulation.population.entries import AccountBook
from simulation.population.laws import Importer
from simulation.population.tables import Day


class Year(Protocol):
    """What is known of the account's year, and where its rows go."""

    importer: Importer
    dice: Random
    plan: Any
    frame: Any
    holder: str
    rows: Any
    book: AccountBook

    def start_payment(self, amount: int, method: str, purpose: str, day: Day) -> str: ...


def chosen(table: tuple[tuple[str, float], ...], chance: float) -> str:
    """The row of a table of shares on which a chance from nothing to one falls."""
    for name, share in table:
        chance -= share
        if chance < 0:
            return name
    return table[0][0]
