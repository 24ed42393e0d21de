"""What a yearly review found in the whole country: how many, how much, how it is spread, and why requirements rise."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from security.rules.states import RequirementSource, ReviewOutcome

Key = TypeVar("Key", bound=Hashable)
#: Where one class of size ends and the next begins, in dollars of the new requirement (the portal's own choice).
SIZES = tuple(Decimal(end) for end in (0, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 10_000_000))
#: How many of the largest rises are named.
RISES_NAMED = 20
ROSE = (ReviewOutcome.RISEN, ReviewOutcome.HELD)


class RiseReason(TextChoices):
    FIRST = "FIRST", _("Nothing was required before")
    ESTIMATE = "ESTIMATE", _("The importer's estimate was too low")
    REDUCTION = "REDUCTION", _("An approved reduction ends")
    SAME_MONTH = "SAME_MONTH", _("The same month of the year is higher")
    OTHER_MONTH = "OTHER_MONTH", _("Another month of the year is now the highest")


def rise_reason(
    *, old: Decimal | None, old_source: str, old_month_end: date | None, month_end: date | None
) -> RiseReason:
    """Why a requirement rose, from what it rested on before and the months that drove it then and drive it now."""
    if not old:
        return RiseReason.FIRST
    if old_source == RequirementSource.ESTIMATE:
        return RiseReason.ESTIMATE
    if old_source == RequirementSource.REDUCTION:
        return RiseReason.REDUCTION
    if old_month_end and month_end and old_month_end.month == month_end.month:
        return RiseReason.SAME_MONTH
    return RiseReason.OTHER_MONTH


def size_of(amount: Decimal) -> int:
    """The place of the class of size: 0 for nothing, then up to and with each end of ``SIZES``, the last beyond all."""
    return sum(1 for end in SIZES if amount > end)


@dataclass(frozen=True)
class Tally:
    """Accounts and dollars; ``shortfall`` and ``short`` count enrolled accounts alone."""

    accounts: int = 0
    risen: int = 0
    old: Decimal = ZERO
    new: Decimal = ZERO
    short: int = 0
    shortfall: Decimal = ZERO

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.accounts + other.accounts,
            self.risen + other.risen,
            self.old + other.old,
            self.new + other.new,
            self.short + other.short,
            self.shortfall + other.shortfall,
        )


@dataclass(frozen=True)
class Cell:
    """All accounts of one outcome, reason, class of size and highest month."""

    outcome: ReviewOutcome
    reason: RiseReason | None
    size: int
    month_end: date | None
    tally: Tally


@dataclass(frozen=True)
class NamedRise:
    """One of the largest rises."""

    program_account_id: int
    old: Decimal | None
    new: Decimal
    reason: RiseReason
    old_month_end: date | None
    month_end: date | None
    shortfall: Decimal

    @property
    def by(self) -> Decimal:
        return self.new - (self.old or ZERO)


@dataclass(frozen=True)
class Country:
    """One review of the whole country, as cells that add up to every table of it."""

    cells: tuple[Cell, ...]
    rises: tuple[NamedRise, ...]

    @property
    def total(self) -> Tally:
        return added(cell.tally for cell in self.cells)

    def by_outcome(self) -> dict[ReviewOutcome, Tally]:
        return self._by(lambda cell: cell.outcome, list(ReviewOutcome))

    def by_reason(self) -> dict[RiseReason, Tally]:
        return self._by(lambda cell: cell.reason, list(RiseReason))

    def by_size(self) -> dict[int, Tally]:
        """Enrolled accounts by class of size, every class."""
        return self._by(lambda cell: cell.size, range(len(SIZES) + 1), enrolled=True)

    def by_month(self, ends: Iterable[date]) -> dict[date, Tally]:
        """Enrolled accounts by the month that was their highest."""
        return self._by(lambda cell: cell.month_end, ends, enrolled=True)

    def in_month(self, number: int) -> Tally:
        """Enrolled accounts whose highest month ended in that month of the calendar."""
        return added(
            cell.tally
            for cell in self.cells
            if cell.month_end and cell.month_end.month == number and cell.outcome != ReviewOutcome.NOT_ENROLLED
        )

    def _by(
        self, key: Callable[[Cell], Key | None], keys: Iterable[Key], *, enrolled: bool = False
    ) -> dict[Key, Tally]:
        """A tally for each of the keys, in their order, of all cells or those of enrolled accounts."""
        found = {each: Tally() for each in keys}
        for cell in self.cells:
            place = key(cell)
            if place in found and not (enrolled and cell.outcome == ReviewOutcome.NOT_ENROLLED):
                found[place] += cell.tally
        return found


def added(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, Tally())
