"""Excise duty and excise tax by the unit of the goods: which rate is in force, and what it comes to.

Source: Excise Act, 2001, Schedules 1, 4 and 6 and Customs Tariff s. 20 to 21.3 (imported goods bear a duty equal to the
excise duty); Excise Tax Act s. 23 and Schedule I. The rows that ship are marked as they were read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.money import ZERO, round_cents


class ExciseKind(StrEnum):
    DUTY = "duty"
    TAX = "tax"


@dataclass(frozen=True)
class ExciseRateFrom:
    """So many dollars a unit of goods whose numbers begin with one of the prefixes, between two days."""

    code: str
    kind: str
    goods_en: str
    goods_fr: str
    prefixes: tuple[str, ...]
    unit: str
    amount: Decimal
    effective_from: date
    effective_to: date | None
    mark: str
    source: str

    @property
    def is_illustrative(self) -> bool:
        return self.mark != "verified"

    def is_in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)

    def goods_in(self, language: str) -> str:
        return self.goods_fr if language == "fr" else self.goods_en


@dataclass(frozen=True)
class ExciseAmounts:
    """What the table makes of a line, dollars; ``rates`` are the rows that it rests on."""

    duty: Decimal = ZERO
    tax: Decimal = ZERO
    rates: tuple[ExciseRateFrom, ...] = ()


def excise_rates(
    rows: Iterable[ExciseRateFrom], classification_number: str, on: date, *, units: Iterable[str]
) -> tuple[ExciseRateFrom, ...]:
    """The rows in force for the goods, at most one of each kind: that whose prefix says most.

    A rate by a unit in which the goods are not declared is left out: its amount is then for the filer to give.
    """
    digits, known = classification_number.replace(".", ""), frozenset(units)
    best: dict[str, tuple[int, ExciseRateFrom]] = {}
    for row in rows:
        length = max((len(prefix) for prefix in row.prefixes if digits.startswith(prefix)), default=0)
        if length and row.is_in_force(on) and length > best.get(row.kind, (0, row))[0]:
            best[row.kind] = length, row
    return tuple(row for _length, row in best.values() if row.unit in known)


def excise_amounts(rates: Iterable[ExciseRateFrom], quantities: Mapping[str, Decimal]) -> ExciseAmounts:
    """Quantity times rate, each rounded half up to cents."""
    used = tuple(rates)
    sums = {kind.value: ZERO for kind in ExciseKind}
    for row in used:
        sums[row.kind] += round_cents(row.amount * quantities[row.unit])
    return ExciseAmounts(sums[ExciseKind.DUTY], sums[ExciseKind.TAX], used)
