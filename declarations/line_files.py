"""Lines from a spreadsheet: CSV or XLSX, read row by row, with everything that is wrong said cell by cell."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zipfile import BadZipFile

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter

from core.money import parse_amount
from declarations.services import MOST_LINES, LineEntry

MOST_BYTES = 1_000_000
_LARGEST = Decimal("9999999999.99")
_QUANTITY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,3})?")
_COMMA = re.compile(r"[0-9\s\u00a0\u202f]+,[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}")
_YES_NO = {"": False, "no": False, "0": False, "non": False, "yes": True, "1": True, "oui": True}


@dataclass(frozen=True)
class Column:
    """One column of the file: ``kind`` is text, code, quantity, amount or yes."""

    name: str
    about: Any
    kind: str = "text"
    longest: int = 0
    is_needed: bool = False


COLUMNS = (
    Column("classification", _("Ten-digit number, with or without points"), "text", 13, is_needed=True),
    Column("description", _("Optional; the tariff's words where it is empty"), "text", 200),
    Column("origin", _("Two letters of the country, such as CN"), "code", 2, is_needed=True),
    Column("treatment", _("Code of the tariff treatment, such as MFN or CPTPT"), "code", 6, is_needed=True),
    Column("quantity", _("In the tariff's unit, at most three decimals, with a point"), "quantity", is_needed=True),
    Column("value", _("In the invoice's currency, with a point before the cents"), "amount", is_needed=True),
    Column("origin_proof", _("Optional; number or date of the certification of origin"), "text", 60),
    Column("value_for_duty_code", _("Optional; two digits, such as 13"), "text", 2),
    Column("special_authority", _("Optional; number of the order, such as 20-1135"), "text", 16),
    Column("sima", _("Optional; Canadian dollars that you declare yourself"), "amount"),
    Column("sima_subject", _("Optional; SUBJECT, NON_SUBJECT or UNDERTAKING"), "code", 11),
    Column("sima_price", _("Optional; SIMA invoice price"), "price"),
    Column("sima_currency", _("Currency of the SIMA price, such as USD"), "code", 3),
    Column("sima_exporter", _("Optional; exporter of goods under SIMA"), "text", 60),
    Column("sima_model", _("Optional; model of goods under SIMA"), "text", 60),
    Column("excise_duty", _("Optional; Canadian dollars"), "amount"),
    Column("excise_tax", _("Optional; Canadian dollars"), "amount"),
    Column("excise_exemption", _("Optional; code of the excise exemption"), "text", 4),
    Column("gst_exemption", _("Optional; code of the GST status"), "text", 4),
    Column("province", _("Casual goods only; two letters, such as ON"), "code", 2),
    Column("surtax_is_contested", _("Optional; yes or no"), "yes"),
    Column(
        "surtax_ground",
        _("Optional; GOODS, QUOTA, REMISSION, SMALL, TRANSIT, CHAPTER98, REPAIR or AEROSPACE"),
        "code",
        9,
    ),
    Column("surtax_content", _("Optional; Canadian and Mexican content of a vehicle, Canadian dollars"), "amount"),
    Column("surtax_reference", _("Number of the permit or remission order"), "text", 30),
    Column("remarks", _("Optional"), "text", 300),
)
_BY_NAME = {column.name: column for column in COLUMNS}
SAMPLE_HEADER = ("classification", "description", "origin", "treatment", "quantity", "value")
SAMPLE_ROWS = (
    ("6404.11.91.00", "Hiking footwear, textile uppers", "CN", "MFN", "240", "9840.00"),
    ("4202.92.20.90", "Knapsacks, textile outer surface", "VN", "CPTPT", "300", "7350.00"),
)


@dataclass(frozen=True)
class CellProblem:
    """What is wrong with one cell, where it stands as a spreadsheet names it, and what was typed."""

    cell: str
    message: str
    typed: str = ""


@dataclass(frozen=True)
class FileRow:
    """A row of the file: its number as a spreadsheet shows it, and its line or what is wrong with it."""

    number: int
    cells: Mapping[str, str]
    places: Mapping[str, str]
    entry: LineEntry | None = None
    problems: Sequence[CellProblem] = field(default_factory=tuple)

    def at(self, name: str | None, message: str) -> CellProblem:
        """A problem of the column; of the whole row where the column is not in the file."""
        known = name if name in self.places else None
        return CellProblem(
            self.places[known] if known else str(self.number), message, self.cells.get(known, "") if known else ""
        )


def sample_csv() -> bytes:
    """Two lines to start from, as spreadsheets open them."""
    text = io.StringIO()
    csv.writer(text).writerows([SAMPLE_HEADER, *SAMPLE_ROWS])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def sample_xlsx() -> bytes:
    """The same with every column, and what each of them takes on a second sheet."""
    book = Workbook()
    lines = book.active
    lines.title = "lines"
    lines.append([column.name for column in COLUMNS])
    for row in SAMPLE_ROWS:
        given = dict(zip(SAMPLE_HEADER, row, strict=True))
        lines.append([given.get(column.name, "") for column in COLUMNS])
    about = book.create_sheet("columns")
    for column in COLUMNS:
        about.append([column.name, str(column.about)])
    for sheet in (lines, about):
        for number in range(1, sheet.max_column + 1):
            sheet.column_dimensions[get_column_letter(number)].width = 22
    lines.freeze_panes = "A2"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def text_of_xlsx(content: bytes) -> str:
    """The first sheet as CSV text; ``ValueError`` in words for a file that cannot be read."""
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        found = [
            [_text(cell) for cell in row]
            for row in book.worksheets[0].iter_rows(max_row=MOST_LINES * 2, max_col=60, values_only=True)
        ]
    except (BadZipFile, KeyError, ValueError, IndexError, OSError):
        raise ValueError(gettext("This file can't be read as XLSX. Save it anew, or as CSV UTF-8.")) from None
    while found and not any(found[-1]):
        found.pop()
    width = max((len(name) for name in [_filled(row) for row in found]), default=0)
    text = io.StringIO()
    csv.writer(text).writerows(row[:width] for row in found)
    return text.getvalue()


def file_rows(text: str) -> list[FileRow]:
    """The rows under a header; ``ValueError`` in words for a text that cannot be read as a whole."""
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        raise ValueError(gettext("This file can't be read as CSV. Check its quotes and commas.")) from None
    if "\0" in text or not rows:
        raise ValueError(gettext("This file can't be read as CSV. Check its quotes and commas."))
    header = [name.strip().lower() for name in rows[0]]
    missing = [column.name for column in COLUMNS if column.is_needed and column.name not in header]
    if missing:
        raise ValueError(gettext("The first row lacks these columns: %(names)s.") % {"names": ", ".join(missing)})
    if any(name not in _BY_NAME for name in header) or len(set(header)) < len(header):
        raise ValueError(gettext("Name each column once, from this list: %(names)s.") % {"names": ", ".join(_BY_NAME)})
    filled = [(number, row) for number, row in enumerate(rows[1:], start=2) if any(cell.strip() for cell in row)]
    if not filled:
        raise ValueError(gettext("There are no lines under the first row."))
    if len(filled) > MOST_LINES:
        raise ValueError(
            gettext("This file has %(count)s lines; at most %(most)s are taken. Split it.")
            % {"count": len(filled), "most": MOST_LINES}
        )
    return [_row(number, header, row) for number, row in filled]


def _row(number: int, header: Sequence[str], row: Sequence[str]) -> FileRow:
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=False)}
    places = {name: f"{get_column_letter(place)}{number}" for place, name in enumerate(header, start=1)}
    if len(row) != len(header):
        message = gettext("This row has %(count)s cells, the first row has %(needed)s.")
        values = {"count": len(row), "needed": len(header)}
        return FileRow(number, cells, places, problems=(CellProblem(str(number), message % values),))
    given: dict[str, Any] = {}
    problems = []
    for name in header:
        try:
            given[name] = _value(_BY_NAME[name], cells[name])
        except ValueError as found:
            problems.append(CellProblem(places[name], str(found), cells[name]))
    entry = None if problems else LineEntry(**{name: value for name, value in given.items() if value is not None})
    return FileRow(number, cells, places, entry, tuple(problems))


def _value(column: Column, text: str) -> Any:
    name = column.name
    if column.is_needed and not text:
        raise ValueError(gettext("%(name)s is empty.") % {"name": name})
    if column.kind in ("text", "code"):
        if len(text) > column.longest:
            raise ValueError(
                gettext("%(name)s has more than %(longest)s characters.") % {"name": name, "longest": column.longest}
            )
        return text.upper() if column.kind == "code" else text
    if column.kind == "yes":
        if text.lower() not in _YES_NO:
            raise ValueError(gettext("%(name)s is yes or no.") % {"name": name})
        return _YES_NO[text.lower()]
    return _figure(column, text)


def _figure(column: Column, text: str) -> Decimal | None:
    if not text:
        return None
    if _DATE.fullmatch(text):
        raise ValueError(
            gettext("%(name)s holds a date, %(typed)s. Type the number, and give the column the format of text.")
            % {"name": column.name, "typed": text}
        )
    if _COMMA.fullmatch(text):
        raise ValueError(
            gettext("%(name)s has a decimal comma. Type %(better)s.")
            % {"name": column.name, "better": re.sub(r"[\s\u00a0\u202f]", "", text).replace(",", ".")}
        )
    if column.kind == "quantity":
        if not _QUANTITY.fullmatch(text) or not Decimal(text):
            raise ValueError(
                gettext("%(name)s is not a number with at most three decimals, for example 240.")
                % {"name": column.name}
            )
        return Decimal(text)
    try:
        amount = parse_amount(text)
    except ValueError:
        amount = Decimal(-1)
    if amount < 0 or not text.isascii() or amount > _LARGEST:
        raise ValueError(gettext("%(name)s is not an amount such as 2210.00.") % {"name": column.name})
    return amount


def _text(cell: Any) -> str:
    """What a spreadsheet's cell holds, as somebody would have typed it into a CSV."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int | float):
        try:
            return format(Decimal(repr(cell)).normalize(), "f")
        except InvalidOperation:
            return str(cell)
    return str(cell)


def _filled(row: Iterable[str]) -> list[str]:
    """The row without the empty cells at its end."""
    cells = list(row)
    while cells and not cells[-1]:
        cells.pop()
    return cells
