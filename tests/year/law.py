"""The law on paper: the calendar, what goods bear, and interest; plain Python that shares no code with the product."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

NIL = Decimal("0.00")
DAY = timedelta(days=1)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


# --- The calendar ----------------------------------------------------------------------------------------------------


def easter(year: int) -> date:
    """Sunday of Easter (the anonymous Gregorian algorithm)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    el = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * el) // 433
    month = (h + el - 7 * m + 90) // 25
    return date(year, month, (h + el - 7 * m + 33 * month + 19) % 32)


def is_holiday(day: date) -> bool:
    """Interpretation Act s. 35 with the proclaimed second Monday in October, without what a place adds."""
    if day.weekday() == 6:
        return True
    sunday = easter(day.year)
    victoria = date(day.year, 5, 24)
    while victoria.weekday() != 0:
        victoria -= DAY
    thanksgiving = date(day.year, 10, 14)
    while thanksgiving.weekday() != 0:
        thanksgiving -= DAY
    labour = date(day.year, 9, 1)
    while labour.weekday() != 0:
        labour += DAY
    fixed = {(1, 1), (7, 1), (9, 30), (11, 11), (12, 25)}
    return (day.month, day.day) in fixed or day in {
        sunday - 2 * DAY,
        sunday + DAY,
        victoria,
        labour,
        thanksgiving,
    }


def working_days_after(day: date, count: int) -> date:
    while count:
        day += DAY
        count -= day.weekday() != 5 and not is_holiday(day)
    return day


def period_end(day: date) -> date:
    """The 17th that ends the billing period of a day."""
    return day.replace(day=17) if day.day <= 17 else (day.replace(day=1) + 32 * DAY).replace(day=17)


def previous_end(end: date) -> date:
    return (end.replace(day=1) - DAY).replace(day=17)


def payment_due(end: date) -> date:
    """The tenth weekday after the 17th, holidays counted."""
    day, left = end, 10
    while left:
        day += DAY
        left -= day.weekday() < 5
    return day


def last_to_pay(due: date) -> date:
    while is_holiday(due):
        due += DAY
    return due


def month_after(day: date, of_month: int) -> date:
    return (day.replace(day=1) + 32 * DAY).replace(day=of_month)


@dataclass(frozen=True)
class Terms:
    """What follows from a release: when to account, when to pay, and the day under which the charge is billed."""

    account_by: date
    due: date
    last: date
    billing: date


def terms_of(stream: str, released: date) -> Terms:
    if stream == "AT_PORT":
        return Terms(released, released, released, released)
    if stream in ("COURIER", "CSA_MONTH"):
        end = month_after(released, 17)
        due = payment_due(end)
        return Terms(month_after(released, 24) if stream == "COURIER" else due, due, last_to_pay(due), end)
    due = payment_due(period_end(released))
    by = due if stream == "CSA_PERIOD" else working_days_after(released, 5)
    return Terms(by, due, last_to_pay(due), released)


def shown_on(posted: date) -> date:
    """The 17th of the statement that first shows what was posted on a day: it takes everything through the 24th."""
    return posted.replace(day=17) if posted.day <= 24 else month_after(posted, 17)


# --- Duties and interest ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Goods:
    """A line: its value in dollars, the duty in percent, and excise tax as declared."""

    value: Decimal
    duty_percent: Decimal
    excise_tax: Decimal = NIL


def payable(lines: Iterable[Goods]) -> Decimal:
    """Duty, excise tax and GST of the lines, each rounded half up when it is made."""
    total = NIL
    for row in lines:
        duty = cents(row.value * row.duty_percent / 100)
        total += duty + row.excise_tax + cents((row.value + duty + row.excise_tax) * 5 / 100)
    return total


@dataclass(frozen=True)
class Rates:
    """Percent a year from a day on, and the days from which late amounts bear interest or not."""

    prescribed: tuple[tuple[date, Decimal], ...]
    applies: tuple[tuple[date, bool], ...]
    ceiling_from: date | None = None

    def interest(
        self, principal: Decimal, after: date, through: date, *, over: int, is_relieved: bool = True
    ) -> Decimal:
        """Compounded day by day over 365 days, exactly, and rounded once."""
        grown, day = Fraction(1), after + DAY
        while day <= through:
            percent = Fraction([rate for start, rate in self.prescribed if start <= day][-1]) + over
            if is_relieved and not self.bears(day):
                percent = Fraction(0)
            grown *= 1 + percent / 36500
            day += DAY
        exact = Fraction(principal) * (grown - 1) * 100
        return Decimal((2 * exact.numerator + exact.denominator) // (2 * exact.denominator)) / 100

    def bears(self, day: date) -> bool:
        """Whether late amounts bear interest on a day."""
        return [on for start, on in self.applies if start <= day][-1]

    def starts_after(self, due: date, billing: date) -> date:
        """The last day without interest: the due date, or in the mode of the ceiling the 17th day after the 17th."""
        if self.ceiling_from is None or due < self.ceiling_from or due <= period_end(billing):
            return due
        return max(due, period_end(billing) + 17 * DAY)
