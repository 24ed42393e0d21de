"""Rates of customs duty as the Customs Tariff writes them: read, computed exactly, written out again.

Source: Customs Tariff (S.C. 1997, c. 36), List of Tariff Provisions. A rate is free, ad valorem (a percentage of the
value for duty), specific (an amount a unit) or compound: "but not less than", "or more than" bound the first term,
"plus" adds to the bounded one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

_UNITS = {
    "kg": "KGM",
    "tonne": "TNE",
    "litre": "LTR",
    "litre of absolute ethyl alcohol": "LPA",
    "hl": "HLT",
    "dozen": "DZN",
    "each": "NMB",
    "pair": "PAR",
    "m²": "MTK",
    "thousand": "MIL",
}
_UNIT_WORDS = {code: word for word, code in _UNITS.items()}
# A quantity in the first unit is this many of the second.
_CONVERSIONS = {
    ("TNE", "KGM"): Decimal(1000),
    ("KGM", "TNE"): Decimal("0.001"),
    ("KNS", "KGM"): Decimal(1),
    ("GRM", "KGM"): Decimal("0.001"),
    ("HLT", "LTR"): Decimal(100),
    ("LTR", "HLT"): Decimal("0.01"),
    ("DZN", "NMB"): Decimal(12),
    ("MIL", "NMB"): Decimal(1000),
    ("NMB", "MIL"): Decimal("0.001"),
}
_NUMBER = r"(\d+(?:\.\d+)?)"
_AD_VALOREM = re.compile(_NUMBER + r"%")
_CENTS = re.compile(_NUMBER + r"¢/(.+)")
_DOLLARS = re.compile(r"\$" + _NUMBER + r"/(.+)")
_RATE = re.compile(
    r"(?P<base>.+?)(?: but not less than (?P<floor>.+?))?(?: (?:or|but not) more than (?P<ceiling>.+?))?"
    r"(?: plus (?P<plus>.+))?"
)
FREE_TEXT = "Free"


class QuantityMissing(LookupError):
    """The rate is by a unit for which no quantity was given."""

    def __init__(self, unit: str) -> None:
        super().__init__(f"no quantity in {unit}")
        self.unit = unit


@dataclass(frozen=True)
class Term:
    """A percentage of the value (``unit`` empty, ``number`` a fraction) or dollars a unit."""

    number: Decimal
    unit: str = ""

    def amount(self, value_for_duty: Decimal, quantities: Mapping[str, Decimal]) -> Decimal:
        if not self.unit:
            return value_for_duty * self.number
        return quantity_in(self.unit, quantities) * self.number


@dataclass(frozen=True)
class DutyRate:
    """A rate of duty; ``base`` None is free."""

    base: Term | None = None
    floor: Term | None = None
    ceiling: Term | None = None
    plus: Term | None = None
    text: str = FREE_TEXT

    @property
    def is_free(self) -> bool:
        return self.base is None

    @property
    def terms(self) -> tuple[Term, ...]:
        return tuple(term for term in (self.base, self.floor, self.ceiling, self.plus) if term is not None)

    @property
    def units(self) -> frozenset[str]:
        """The units of measure in which a quantity is needed."""
        return frozenset(term.unit for term in self.terms if term.unit)

    def duty(self, value_for_duty: Decimal, quantities: Mapping[str, Decimal] | None = None) -> Decimal:
        """The exact duty in dollars, not yet rounded; ``QuantityMissing`` names a unit that is needed."""
        if self.base is None:
            return Decimal(0)
        given = quantities or {}
        with localcontext() as context:
            context.prec = 60
            amount = self.base.amount(value_for_duty, given)
            if self.floor is not None:
                amount = max(amount, self.floor.amount(value_for_duty, given))
            if self.ceiling is not None:
                amount = min(amount, self.ceiling.amount(value_for_duty, given))
            if self.plus is not None:
                amount += self.plus.amount(value_for_duty, given)
        return amount


FREE = DutyRate()


def ad_valorem(rate: Decimal) -> DutyRate:
    """A percentage of the value for duty, given as a fraction (0.065 is 6.5 %)."""
    if not rate:
        return FREE
    return DutyRate(base=Term(rate), text=f"{_plain(rate * 100)}%")


def parse_duty_rate(text: str) -> DutyRate:
    """The rate a tariff table writes, such as ``238% but not less than $1.25/kg``; ``ValueError`` when unreadable."""
    written = " ".join(text.split())
    if written == FREE_TEXT:
        return FREE
    match = _RATE.fullmatch(written)
    if match is None:
        raise ValueError(f"not a rate of duty: {text!r}")
    parts = {name: _term(part) for name, part in match.groupdict().items() if part is not None}
    return DutyRate(text=written, **parts)


def quantity_in(unit: str, quantities: Mapping[str, Decimal]) -> Decimal:
    """The quantity in the unit asked for, converted from a related one (tonnes to kilograms, say) where needed."""
    if unit in quantities:
        return quantities[unit]
    for given, quantity in quantities.items():
        factor = _CONVERSIONS.get((given, unit))
        if factor is not None:
            return quantity * factor
    raise QuantityMissing(unit)


def unit_word(code: str) -> str:
    """How a tariff table names the unit of a specific rate."""
    return _UNIT_WORDS[code]


def _term(text: str) -> Term:
    if match := _AD_VALOREM.fullmatch(text):
        return Term(Decimal(match[1]) / 100)
    for pattern, divisor in ((_CENTS, 100), (_DOLLARS, 1)):
        if (match := pattern.fullmatch(text)) and match[2] in _UNITS:
            return Term(Decimal(match[1]) / divisor, _UNITS[match[2]])
    raise ValueError(f"not a rate of duty: {text!r}")


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")
