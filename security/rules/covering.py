"""What covers a requirement, line by line: what was given, used, gone back, and what is left of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import ZERO
from security.rules.coverage import used_of_bonds


@dataclass(frozen=True)
class Given:
    """A bond or a deposit as it stands: the most it ever was, what it is today, and its last day if it has one."""

    kind: str
    key: int
    reference: str
    holder: str
    original: Decimal
    amount: Decimal
    ends_on: date | None = None


@dataclass(frozen=True)
class CoverLine:
    """One line of the cover: original less released less used is the balance."""

    given: Given
    used: Decimal

    @property
    def released(self) -> Decimal:
        return self.given.original - self.given.amount

    @property
    def balance(self) -> Decimal:
        return self.given.amount - self.used


def cover_lines(*, open_debt: Decimal, deposits: Sequence[Given], bonds: Sequence[Given]) -> tuple[CoverLine, ...]:
    """Each line with what today's debt would take of it: cash first, then bonds, each oldest first (assumed)."""
    cash = used_of_bonds(open_debt, cash=ZERO, bonds=[row.amount for row in deposits])
    after_cash = open_debt - sum(cash, start=ZERO)
    of_bonds = used_of_bonds(after_cash, cash=ZERO, bonds=[row.amount for row in bonds])
    return tuple(CoverLine(given, used) for given, used in zip([*deposits, *bonds], [*cash, *of_bonds], strict=True))
