"""What ships with the product: the tables of ``reference/data`` and the European Central Bank's daily quotes.

The files never change while the process runs, so reading each once is safe. Quotes go from Canadian dollars to a
currency through the euro.
"""

import csv
import io
import zipfile
from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from babel import Locale
from currency_converter.currency_converter import CURRENCY_FILE

from reference.rules.excise import ExciseRateFrom
from reference.rules.rates import ExchangeQuote, RateFrom, SalesTaxFrom, SurtaxOrderFrom, round_exchange_rate
from reference.rules.sima import SimaMeasureFrom

DATA = Path(__file__).resolve().parent / "data"
DOLLAR = "CAD"
EURO = "EUR"
NOT_QUOTED = {"", "N/A"}
STALE_AFTER = timedelta(days=7)
EUROPEAN_CENTRAL_BANK = "European Central Bank reference rates, through the euro"
STAND_IN = "Stand-in: not in the European Central Bank table"
ILLUSTRATIVE = "illustrative"


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of one shipped table."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def day(text: str) -> date:
    return date.fromisoformat(text)


def optional_day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def fraction(percent: str) -> Decimal:
    return Decimal(percent) / 100


@cache
def specified_rates() -> tuple[RateFrom, ...]:
    """The shipped quarters with the rate on late amounts."""
    return tuple(
        RateFrom(
            effective_from=day(row["effective_from"]),
            effective_to=day(row["effective_to"]),
            rate=fraction(row["specified_percent"]),
            mark=row["mark"],
            source=row["basis"],
        )
        for row in rows("interest-rates.csv")
    )


@cache
def sales_taxes() -> tuple[SalesTaxFrom, ...]:
    return tuple(
        SalesTaxFrom(
            province=row["province"],
            effective_from=day(row["effective_from"]),
            gst_rate=fraction(row["gst_percent"]),
            hst_rate=fraction(row["hst_percent"]),
            provincial_rate=fraction(row["provincial_percent"]),
            provincial_name=row["provincial_name"],
            collected_at_border=row["collected_at_border"],
            source=row["source"],
        )
        for row in rows("sales-taxes.csv")
    )


@cache
def surtax_orders() -> tuple[SurtaxOrderFrom, ...]:
    return tuple(
        SurtaxOrderFrom(
            order=row["order"],
            name=row["name"],
            goods=row["goods"],
            rate=fraction(row["rate_percent"]),
            effective_from=day(row["effective_from"]),
            effective_to=optional_day(row["effective_to"]),
            prefixes=tuple(row["prefixes"].split()),
            origins=tuple(row["origins"].split()),
            excluded_origins=tuple(row["excluded_origins"].split()),
            group=row["group"],
            priority=int(row["priority"]),
            exemption=row["exemption"],
            source=row["source"],
            mark=row["mark"],
            name_fr=row["name_fr"],
            goods_fr=row["goods_fr"],
            reach=tuple(row["reach"].split()),
        )
        for row in rows("surtaxes.csv")
    )


@cache
def sima_measures() -> tuple[SimaMeasureFrom, ...]:
    """Stand-ins for anti-dumping and countervailing measures."""
    return tuple(
        SimaMeasureFrom(
            case=row["case"],
            goods_en=row["goods_en"],
            goods_fr=row["goods_fr"],
            prefixes=tuple(row["prefixes"].split()),
            origins=tuple(row["origins"].split()),
            exporter=row["exporter"],
            effective_from=day(row["effective_from"]),
            effective_to=optional_day(row["effective_to"]),
            normal_value=Decimal(row["normal_value"]) if row["normal_value"] else None,
            unit=row["unit"],
            antidumping_rate=fraction(row["antidumping_percent"]),
            countervailing_amount=Decimal(row["countervailing_amount"]),
            countervailing_rate=fraction(row["countervailing_percent"]),
            is_undertaking=row["is_undertaking"] == "yes",
            mark=row["mark"],
            source=row["source"],
        )
        for row in rows("sima-measures.csv")
    )


@cache
def excise_rates() -> tuple[ExciseRateFrom, ...]:
    return tuple(
        ExciseRateFrom(
            code=row["code"],
            kind=row["kind"],
            goods_en=row["goods_en"],
            goods_fr=row["goods_fr"],
            prefixes=tuple(row["prefixes"].split()),
            unit=row["unit"],
            amount=Decimal(row["amount"]),
            effective_from=day(row["effective_from"]),
            effective_to=optional_day(row["effective_to"]),
            mark=row["mark"],
            source=row["source"],
        )
        for row in rows("excise-rates.csv")
    )


@cache
def illustrative_quotes() -> dict[str, ExchangeQuote]:
    """Stand-ins for currencies that the central bank's table lacks."""
    return {
        row["currency"]: ExchangeQuote(
            currency=row["currency"],
            rate=Decimal(row["rate"]),
            rate_on=day(row["rate_on"]),
            source=row["source"],
            mark=row["mark"],
        )
        for row in rows("exchange-rates.csv")
    }


@cache
def _table() -> tuple[dict[str, int], list[date], list[list[str]]]:
    """Columns by currency, days ascending, and the rows of the central bank's history."""
    with zipfile.ZipFile(CURRENCY_FILE) as archive:
        text = archive.read(archive.namelist()[0]).decode("ascii")
    header, *lines = csv.reader(io.StringIO(text))
    lines.sort(key=lambda line: line[0])
    columns = {name: index for index, name in enumerate(header) if len(name) == 3}
    return columns, [date.fromisoformat(line[0]) for line in lines], lines


@cache
def living_currencies() -> frozenset[str]:
    """The currencies still quoted on the table's last day, and the stand-ins."""
    columns, _days, lines = _table()
    quoted = {name for name, column in columns.items() if lines[-1][column] not in NOT_QUOTED}
    return frozenset({DOLLAR, EURO, *quoted, *illustrative_quotes()})


def central_bank_quote(currency: str, on: date) -> ExchangeQuote | None:
    """The latest quote not after the day, at weekends and holidays an earlier one; None when there is none.

    ``is_after_table_end`` says that the table holds nothing within a week before the day.
    """
    columns, days, lines = _table()
    if currency != EURO and currency not in columns:
        return None
    for index in range(bisect_right(days, on) - 1, -1, -1):
        line = lines[index]
        dollars = line[columns[DOLLAR]]
        units = "1" if currency == EURO else line[columns[currency]]
        if dollars in NOT_QUOTED or units in NOT_QUOTED:
            continue
        return ExchangeQuote(
            currency=currency,
            rate=round_exchange_rate(Decimal(dollars) / Decimal(units)),
            rate_on=days[index],
            source=EUROPEAN_CENTRAL_BANK,
            mark=ILLUSTRATIVE,
            is_after_table_end=on - days[index] > STALE_AFTER,
        )
    return None


@cache
def territory_names() -> dict[str, tuple[str, str]]:
    """English and French names of the countries of ISO 3166, by code."""
    english, french = Locale("en", "CA").territories, Locale("fr", "CA").territories
    return {
        code: (name, french[code])
        for code, name in english.items()
        if len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES
    }


@cache
def currency_name(code: str, language: str) -> str:
    return Locale(language, "CA").currencies.get(code, code)


@cache
def known_currencies() -> frozenset[str]:
    """The codes of ISO 4217, without those for tests, metals and no currency."""
    codes = {str(code) for code in Locale("en").currencies}
    return frozenset(code for code in codes if not code.startswith("X") or code in _REAL_X)


_NOT_COUNTRIES = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "DG", "EA", "IC", "TA", "CQ"}
_REAL_X = {"XAF", "XCD", "XCG", "XOF", "XPF"}
