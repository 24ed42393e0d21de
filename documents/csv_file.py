"""CSV files that a spreadsheet opens as they are meant: UTF-8 with its mark, and no cell that runs as a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def render(headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> bytes:
    """Decimals with a point, dates as 2026-07-25; a text that would run as a formula gets an apostrophe before it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_cell(heading) for heading in headings])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def stream(headings: Sequence[Any], parts: Iterable[Iterable[Sequence[Any]]]) -> Iterator[bytes]:
    """The same file in parts, each sent as soon as it is read, for lists of any length."""
    yield render(headings, ())
    for rows in parts:
        text = io.StringIO()
        csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
        yield text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal | int):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    written = str(value)
    return f"'{written}" if written.startswith(_FORMULA_STARTS) else written
