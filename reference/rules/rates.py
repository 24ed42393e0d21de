"""Interest on late amounts, the dated rates behind it, exchange rates and sales taxes.

Source: Customs Act s. 2 (specified rate = prescribed rate + 6 points), s. 3.1 (compounded daily), s. 33.4 (from the day
after the prescribed day through the day of payment); Interest Rate for Customs Purposes Regulations (SOR/86-1121) s. 4.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import pairwise

from core.money import cents, from_cents
from reference.rules.dated import latest

SPECIFIED_OVER_PRESCRIBED = Decimal("0.06")
DAYS_IN_YEAR = 365
LONGEST_YEARS = 50
#: Marks the days on which late amounts bear nothing.
RELIEF = "relief"
_PRECISION = 80


@dataclass(frozen=True)
class RateFrom:
    """A yearly rate as a fraction (0.083 is 8.3 %), in force from a day until the next row, or to ``effective_to``."""

    effective_from: date
    rate: Decimal
    effective_to: date | None = None
    mark: str = ""
    source: str = ""


@dataclass(frozen=True)
class InterestSegment:
    """A run of days at one rate; both days counted."""

    first_day: date
    last_day: date
    rate: Decimal
    mark: str = ""

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1


@dataclass(frozen=True)
class Interest:
    days: int
    amount: Decimal
    segments: tuple[InterestSegment, ...] = ()


@dataclass(frozen=True)
class Growth:
    """What every dollar gains over some days, ``gained / start``: whole numbers, exact."""

    days: int
    gained: int
    start: int
    segments: tuple[InterestSegment, ...] = ()

    def on(self, principal: Decimal) -> Interest:
        """The interest on an amount, rounded once, half up, to cents."""
        # Whole numbers, because a 365th has no end in decimals and would turn half a cent into less.
        interest_cents = (2 * cents(principal) * self.gained + self.start) // (2 * self.start)
        with localcontext() as context:
            context.prec = _PRECISION
            amount = from_cents(interest_cents)
        return Interest(days=self.days, amount=amount, segments=self.segments)


class RateMissing(LookupError):
    """No rate is known for the day."""

    def __init__(self, day: date) -> None:
        super().__init__(f"no rate for {day}")
        self.day = day


def specified_rate(prescribed_rate: Decimal) -> Decimal:
    """The rate on late amounts: the prescribed rate plus six points (Customs Act s. 2)."""
    return prescribed_rate + SPECIFIED_OVER_PRESCRIBED


def rates_in_force(rates: Sequence[RateFrom], applies: Iterable[tuple[date, bool]] = ()) -> tuple[RateFrom, ...]:
    """The rates with the days of relief at nothing; the last rate goes on until a newer one is entered.

    ``applies`` are the days from which late amounts did or did not bear interest (relief windows after the launch).
    """
    table = [replace(row, effective_to=None) for row in sorted(rates, key=lambda row: row.effective_from)]
    switches = dict(sorted(applies))
    found = []
    for day in sorted({row.effective_from for row in table} | switches.keys()):
        before = [start for start in switches if start <= day]
        row = latest(table, day)
        if before and not switches[max(before)]:
            found.append(RateFrom(effective_from=day, rate=Decimal(0), mark=RELIEF))
        elif row is not None:
            found.append(replace(row, effective_from=day))
    return tuple(found)


def rate_segments(first_day: date, last_day: date, rates: Iterable[RateFrom]) -> tuple[InterestSegment, ...]:
    """The days from first to last cut where the rate changes; ``RateMissing`` names the first day without a rate."""
    table = sorted(rates, key=lambda row: row.effective_from)
    starts = [first_day, *(row.effective_from for row in table if first_day < row.effective_from <= last_day)]
    starts.append(last_day + timedelta(days=1))
    segments = []
    for start, next_start in pairwise(starts):
        row = latest(table, start)
        end = next_start - timedelta(days=1)
        if row is None:
            raise RateMissing(start)
        if row.effective_to is not None and row.effective_to < end:
            raise RateMissing(max(start, row.effective_to + timedelta(days=1)))
        segments.append(InterestSegment(start, end, row.rate, row.mark))
    return tuple(segments)


def interest(principal: Decimal, due_on: date, paid_on: date, rates: Iterable[RateFrom]) -> Interest:
    """Interest at the specified rate from the day after ``due_on`` through ``paid_on`` (Customs Act s. 3.1, 33.4).

    Compounded daily over 365 days at the rate in force each day; computed exactly and rounded once, half up, to cents.
    Paid on or before the due date: nothing. ``RateMissing`` when a day has no rate.
    """
    return growth(due_on, paid_on, rates).on(principal)


def growth(due_on: date, paid_on: date, rates: Iterable[RateFrom]) -> Growth:
    """What every dollar grows by over these days; a population job asks once for all that fell due together."""
    days = (paid_on - due_on).days
    if days <= 0:
        return Growth(days=0, gained=0, start=1)
    segments = rate_segments(due_on + timedelta(days=1), paid_on, rates)
    grown, start = 1, 1
    for segment in segments:
        share, whole = segment.rate.as_integer_ratio()
        grown *= (DAYS_IN_YEAR * whole + share) ** segment.days
        start *= (DAYS_IN_YEAR * whole) ** segment.days
    return Growth(days=days, gained=grown - start, start=start, segments=segments)


@dataclass(frozen=True)
class ExchangeQuote:
    """Canadian dollars for one unit of a currency on a day."""

    currency: str
    rate: Decimal
    rate_on: date
    source: str
    mark: str
    is_after_table_end: bool = False

    @property
    def is_illustrative(self) -> bool:
        return self.mark != "verified" or self.is_after_table_end


def round_exchange_rate(rate: Decimal) -> Decimal:
    """To four decimals as quotes are published, or six where four would leave less than four digits."""
    places = Decimal("0.0001") if rate >= Decimal("0.1") else Decimal("0.000001")
    return rate.quantize(places, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class SalesTaxFrom:
    """What a province's sales tax is from a day on; rates as fractions.

    ``hst_rate`` is the whole harmonized rate, the federal part included; ``provincial_rate`` stands beside the GST.
    """

    province: str
    effective_from: date
    gst_rate: Decimal
    hst_rate: Decimal
    provincial_rate: Decimal
    provincial_name: str = ""
    collected_at_border: str = ""
    source: str = ""


def sales_tax(rows: Iterable[SalesTaxFrom], province: str, on: date) -> SalesTaxFrom | None:
    """The province's row in force; None for an unknown province or a day before its first row."""
    return latest((row for row in rows if row.province == province), on)


@dataclass(frozen=True)
class SurtaxOrderFrom:
    """A surtax order: a fraction of the value for duty of listed goods of listed origins between two days."""

    order: str
    name: str
    goods: str
    rate: Decimal
    effective_from: date
    effective_to: date | None
    prefixes: tuple[str, ...]
    origins: tuple[str, ...]
    excluded_origins: tuple[str, ...]
    group: str
    priority: int
    exemption: str = ""
    source: str = ""
    mark: str = "verified"
    name_fr: str = ""
    goods_fr: str = ""
    #: Where the list of goods is not known here: chapters and headings that the order is about.
    reach: tuple[str, ...] = ()

    def is_in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)

    def name_in(self, language: str) -> str:
        return (self.name_fr if language == "fr" else "") or self.name

    def goods_in(self, language: str) -> str:
        return (self.goods_fr if language == "fr" else "") or self.goods

    def may_cover(self, classification_number: str, origin: str) -> bool:
        """Whether an order without a list is about such goods, so that the filer has to look."""
        digits = classification_number.replace(".", "")
        return not self.prefixes and digits.startswith(self.reach) and self._names(origin)

    def _names(self, origin: str) -> bool:
        return origin not in self.excluded_origins and ("*" in self.origins or origin in self.origins)

    def covers(self, classification_number: str, origin: str) -> bool:
        digits = classification_number.replace(".", "")
        return digits.startswith(self.prefixes) and self._names(origin)


def surtaxes_for(
    orders: Iterable[SurtaxOrderFrom], classification_number: str, origin: str, on: date
) -> tuple[SurtaxOrderFrom, ...]:
    """The orders that may apply to the goods on the day; of one group only the first by priority.

    SOR/2025-267: of several steel surtaxes only one applies (quota, then country or melt-and-pour, then derivative).
    """
    found: dict[str, SurtaxOrderFrom] = {}
    for order in sorted(orders, key=lambda row: row.priority):
        if order.is_in_force(on) and order.covers(classification_number, origin):
            found.setdefault(order.group or order.order, order)
    return tuple(found.values())
