"""Anti-dumping and countervailing duty on one line, from a dated table of measures.

Source: Special Import Measures Act (R.S.C. 1985, c. S-15) s. 3 (anti-dumping duty is the margin of dumping,
countervailing duty the amount of subsidy), s. 15 to 24 (normal value and export price), s. 7.1 and 52 (no duty while
an undertaking runs). Rows that ship with the product are stand-ins marked illustrative.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.money import ZERO, round_cents
from reference.rules.tariff import quantity_in


class SimaSubject(StrEnum):
    """What the declaration says of the goods."""

    SUBJECT = "subject"
    NON_SUBJECT = "non_subject"
    UNDERTAKING = "undertaking"


@dataclass(frozen=True)
class SimaMeasureFrom:
    """One exporter's terms, or those of all others (``exporter`` empty), between two days.

    ``normal_value`` is dollars a ``unit``; where there is none, ``antidumping_rate`` is a fraction of the export price.
    ``countervailing_amount`` is dollars a unit, ``countervailing_rate`` a fraction of the export price.
    """

    case: str
    goods_en: str
    goods_fr: str
    prefixes: tuple[str, ...]
    origins: tuple[str, ...]
    exporter: str
    effective_from: date
    effective_to: date | None = None
    normal_value: Decimal | None = None
    unit: str = ""
    antidumping_rate: Decimal = ZERO
    countervailing_amount: Decimal = ZERO
    countervailing_rate: Decimal = ZERO
    is_undertaking: bool = False
    mark: str = "illustrative"
    source: str = ""

    def goods_in(self, language: str) -> str:
        return self.goods_fr if language.startswith("fr") else self.goods_en

    @property
    def is_all_others(self) -> bool:
        return not self.exporter

    @property
    def is_illustrative(self) -> bool:
        return self.mark != "verified"

    def is_in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)

    def covers(self, digits: str, origin: str) -> bool:
        return digits.replace(".", "").startswith(self.prefixes) and origin in self.origins


@dataclass(frozen=True)
class SimaAssessment:
    """Both duties of a line in dollars, each rounded half up, and what they were made from.

    ``normal_value`` is that of the whole quantity; None where the all-others rate was used or nothing was due.
    """

    subject: SimaSubject
    anti_dumping: Decimal = ZERO
    countervailing: Decimal = ZERO
    export_price: Decimal = ZERO
    normal_value: Decimal | None = None
    measure: SimaMeasureFrom | None = None

    @property
    def total(self) -> Decimal:
        return self.anti_dumping + self.countervailing


def sima_measures(
    measures: Iterable[SimaMeasureFrom], digits: str, origin: str, on: date
) -> tuple[SimaMeasureFrom, ...]:
    """The measures that name the goods and origin on the day: of each case named exporters first, all others last.

    Of one exporter's rows in one case only the latest holds.
    """
    found: dict[tuple[str, str], SimaMeasureFrom] = {}
    for row in sorted(measures, key=lambda row: row.effective_from):
        if row.is_in_force(on) and row.covers(digits, origin):
            found[row.case, row.exporter] = row
    return tuple(sorted(found.values(), key=lambda row: (row.case, row.is_all_others, row.exporter)))


def sima_measure_of(measures: Iterable[SimaMeasureFrom], exporter: str) -> SimaMeasureFrom | None:
    """The exporter's own row, however its name is cased, or the row of all others; None where neither is there."""
    rows, name = tuple(measures), exporter.strip().casefold()
    own = next((row for row in rows if name and row.exporter.casefold() == name), None)
    return own or next((row for row in rows if row.is_all_others), None)


def sima_assessment(
    measure: SimaMeasureFrom | None,
    *,
    export_price: Decimal,
    quantities: dict[str, Decimal] | None = None,
    subject: SimaSubject = SimaSubject.SUBJECT,
) -> SimaAssessment:
    """Anti-dumping and countervailing duty on a line of goods (SIMA s. 3).

    ``export_price`` is that of the whole line in Canadian dollars, ``quantities`` by unit of measure. Anti-dumping duty
    is what the normal value is above the export price, never below zero; without a normal value it is the all-others
    rate of the export price. Nothing is due on goods that are not subject, or while an undertaking is kept.
    ``QuantityMissing`` names the unit that an amount a unit needs.
    """
    if measure is None or subject is SimaSubject.NON_SUBJECT:
        return SimaAssessment(subject=SimaSubject.NON_SUBJECT, export_price=export_price)
    if subject is SimaSubject.UNDERTAKING and measure.is_undertaking:
        return SimaAssessment(subject=SimaSubject.UNDERTAKING, export_price=export_price, measure=measure)
    given, normal_value = quantities or {}, None
    if measure.normal_value is None:
        anti_dumping = round_cents(export_price * measure.antidumping_rate)
    else:
        normal_value = round_cents(measure.normal_value * quantity_in(measure.unit, given))
        anti_dumping = max(ZERO, round_cents(normal_value - export_price))
    countervailing = export_price * measure.countervailing_rate
    if measure.countervailing_amount:
        countervailing += measure.countervailing_amount * quantity_in(measure.unit, given)
    return SimaAssessment(
        subject=SimaSubject.SUBJECT,
        anti_dumping=anti_dumping,
        countervailing=round_cents(countervailing),
        export_price=export_price,
        normal_value=normal_value,
        measure=measure,
    )
