"""The tariff schedule and exchange rates as CSV: read cell by cell, written so that reading gives the same back.

A problem is a row, a column and a code; row 1 holds the headings, as in a spreadsheet.
"""

import csv
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache

from reference.rules.tariff import parse_duty_rate

NUMBER = "classification_number"
TEXTS = (NUMBER, "unit", "description_en", "description_fr", "edition", "effective_from", "mark", "source")
EXCHANGE = ("currency", "rate_on", "rate", "source")
NOT_LISTED = "none"
MARKS = ("verified", "illustrative")
_DIGITS = re.compile(r"[0-9]{10}")
_MOST_LETTERS = {"unit": 3, "description_en": 300, "description_fr": 300, "edition": 10}


class Wrong:
    """Codes of what is wrong with a cell."""

    HEADING_MISSING = "heading_missing"
    HEADING_UNKNOWN = "heading_unknown"
    MISSING = "missing"
    NUMBER = "number"
    UNIT = "unit"
    DAY = "day"
    MARK = "mark"
    RATE = "rate"
    TOO_LONG = "too_long"
    TWICE = "twice"
    IN_FORCE = "in_force"
    CURRENCY = "currency"
    AMOUNT = "amount"


@dataclass(frozen=True)
class CellProblem:
    row: int
    column: str
    code: str
    given: str = ""


@dataclass(frozen=True)
class ScheduleRow:
    """The rates of one number from a day on; ``rates`` by treatment, empty text where it is listed no longer."""

    row: int
    digits: str
    unit: str
    description_en: str
    description_fr: str
    edition: str
    effective_from: date | None
    mark: str
    source: str
    rates: tuple[tuple[str, str], ...]

    @property
    def number(self) -> str:
        return dotted(self.digits)


@dataclass(frozen=True)
class ExchangeRow:
    row: int
    currency: str
    rate_on: date
    rate: Decimal
    source: str


def dotted(digits: str) -> str:
    """7318160010 as the tariff writes it: 7318.16.00.10."""
    return f"{digits[:4]}.{digits[4:6]}.{digits[6:8]}.{digits[8:]}"


@cache
def is_rate(text: str) -> bool:
    try:
        parse_duty_rate(text)
    except ValueError:
        return False
    return True


def read_schedule(
    text: str, *, treatments: Collection[str], units: Collection[str]
) -> tuple[list[ScheduleRow], list[CellProblem]]:
    """Every good row of a schedule, and every cell that has to be typed differently."""
    columns = {code.lower(): code for code in treatments}
    lines, problems = _lines(text, TEXTS, set(columns))
    rows: list[ScheduleRow] = []
    seen: set[tuple[str, str, str]] = set()
    for position, cells in lines:
        wrong = list(_text_problems(position, cells, units))
        rates = []
        for column, code in columns.items():
            given = " ".join(cells.get(column, "").split())
            if not given:
                continue
            key = (cells[NUMBER].replace(".", ""), code, cells["effective_from"])
            if key in seen:
                wrong.append(CellProblem(position, column, Wrong.TWICE, given))
            seen.add(key)
            if given != NOT_LISTED and (len(given) > 100 or not is_rate(given)):
                wrong.append(CellProblem(position, column, Wrong.RATE, given))
            rates.append((code, "" if given == NOT_LISTED else given))
        on = _day(cells["effective_from"])
        if on is None and (rates or cells["effective_from"]):
            wrong.append(CellProblem(position, "effective_from", Wrong.DAY, cells["effective_from"]))
        problems += wrong
        if not wrong:
            rows.append(
                ScheduleRow(
                    row=position,
                    digits=cells[NUMBER].replace(".", ""),
                    effective_from=on,
                    rates=tuple(rates),
                    **{name: cells[name] for name in TEXTS if name not in {NUMBER, "effective_from"}},
                )
            )
    return rows, problems


def read_exchange_rates(text: str, *, currencies: Collection[str]) -> tuple[list[ExchangeRow], list[CellProblem]]:
    """Every good row of a file of official rates, and every cell that has to be typed differently."""
    lines, problems = _lines(text, EXCHANGE, set())
    rows: list[ExchangeRow] = []
    seen: set[tuple[str, date | None]] = set()
    for position, cells in lines:
        wrong = []
        currency, on, rate = cells["currency"].upper(), _day(cells["rate_on"]), _amount(cells["rate"])
        if currency not in currencies:
            wrong.append(CellProblem(position, "currency", Wrong.CURRENCY, cells["currency"]))
        if on is None:
            wrong.append(CellProblem(position, "rate_on", Wrong.DAY, cells["rate_on"]))
        if rate is None:
            wrong.append(CellProblem(position, "rate", Wrong.AMOUNT, cells["rate"]))
        if (currency, on) in seen:
            wrong.append(CellProblem(position, "rate_on", Wrong.TWICE, cells["rate_on"]))
        seen.add((currency, on))
        problems += wrong
        if not wrong and on is not None and rate is not None:
            rows.append(ExchangeRow(position, currency, on, rate, cells["source"]))
    return rows, problems


def _lines(
    text: str, needed: tuple[str, ...], optional: set[str]
) -> tuple[list[tuple[int, dict[str, str]]], list[CellProblem]]:
    """The rows below the headings by column; none where a heading is missing or unknown."""
    text = text.removeprefix("\ufeff").replace("\x00", "")
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    headings = [heading.strip().lower() for heading in table[0]] if table else []
    problems = [CellProblem(1, name, Wrong.HEADING_MISSING) for name in needed if name not in headings]
    problems += [
        CellProblem(1, name, Wrong.HEADING_UNKNOWN, name)
        for name in headings
        if name not in needed and name not in optional
    ]
    if problems:
        return [], problems
    return [
        (position, dict(zip(headings, [*map(_plain, cells), *[""] * len(headings)], strict=False)))
        for position, cells in enumerate(table[1:], start=2)
        if any(cell.strip() for cell in cells)
    ], []


def _text_problems(position: int, cells: dict[str, str], units: Collection[str]) -> Iterator[CellProblem]:
    if not _DIGITS.fullmatch(cells[NUMBER].replace(".", "")):
        yield CellProblem(position, NUMBER, Wrong.NUMBER, cells[NUMBER])
    if cells["unit"] and cells["unit"] not in units:
        yield CellProblem(position, "unit", Wrong.UNIT, cells["unit"])
    for name in ("description_en", "description_fr", "edition"):
        if not cells[name]:
            yield CellProblem(position, name, Wrong.MISSING)
    for name, most in _MOST_LETTERS.items():
        if len(cells[name]) > most:
            yield CellProblem(position, name, Wrong.TOO_LONG, cells[name])
    if cells["mark"] not in MARKS:
        yield CellProblem(position, "mark", Wrong.MARK, cells["mark"])


def _plain(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from running it."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in {"=", "+", "-", "@"} else text


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _amount(text: str) -> Decimal | None:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 < amount < 1_000_000 else None
