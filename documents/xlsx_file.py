"""Spreadsheets as they are meant: numbers as numbers, dates as dates, and no text that runs as a formula."""

import io
import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: A sheet ends here (ECMA-376); a longer list goes on in the next one.
MOST_ROWS = 1_048_576
_MONEY = "#,##0.00"
_DAY = "yyyy-mm-dd"
#: What XML 1.0 has no place for.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]")


def render(title: str, headings: Sequence[Any], rows: Iterable[Sequence[Any]], *, most_rows: int = MOST_ROWS) -> bytes:
    """One table with its headings, written row by row; a longer one than a sheet holds goes on in another."""
    book = Workbook(write_only=True)
    left = 0
    sheet: Any = None
    for row in rows:
        if left == 0:
            sheet, left = _sheet(book, title, headings), most_rows - 1
        sheet.append([_cell(sheet, value) for value in row])
        left -= 1
    if sheet is None:
        _sheet(book, title, headings)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _sheet(book: Any, title: str, headings: Sequence[Any]) -> Any:
    name = _NOT_IN_A_NAME.sub(" ", title)[:28]
    sheet = book.create_sheet(f"{name} {len(book.worksheets) + 1}" if book.worksheets else name)
    sheet.freeze_panes = "A2"
    cells = [_cell(sheet, str(heading)) for heading in headings]
    for cell in cells:
        cell.font = Font(bold=True)
    sheet.append(cells)
    return sheet


def _cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, Decimal):
        cell = WriteOnlyCell(sheet, value=value)
        cell.number_format = _MONEY
    elif isinstance(value, date):
        cell = WriteOnlyCell(sheet, value=value)
        cell.number_format = _DAY
    elif value is None or isinstance(value, int):
        cell = WriteOnlyCell(sheet, value=value)
    else:
        cell = WriteOnlyCell(sheet, value=_FORBIDDEN.sub(" ", str(value)))
        # Whatever it begins with, it is a text.
        cell.data_type = "s"
    return cell
