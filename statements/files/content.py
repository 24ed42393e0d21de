"""What stands in each file: a statement at any level, several in one archive, the history, a daily notice."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from delegation.rules import Visibility
from documents import csv_file, pdf, xlsx_file
from statements import exports, json_file, queries, rules
from statements.exports import Table
from statements.files import queries as files
from statements.models import FileRequest, LevelStatement, Statement
from statements.rules import FileFormat, Missing
from statements.sheet import level_sheet_of, sheet_of

MEDIA_TYPES = {
    FileFormat.PDF: "application/pdf",
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.XLSX: xlsx_file.MEDIA_TYPE,
    FileFormat.JSON: "application/json",
}
_ZIP = "application/zip"
#: The earliest moment that an archive can hold: the same statements make the same bytes.
_ARCHIVED_AT = (1980, 1, 1, 0, 0, 0)


class NotMade(Exception):
    """A file could not be made: why, and what the renderer was stopped by."""

    def __init__(self, problem: Missing, detail: str = "") -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem = problem
        self.detail = detail


@dataclass(frozen=True)
class Made:
    """A file with its name and kind; ``row_count`` are the statements or entries in it."""

    name: str
    media_type: str
    content: bytes
    row_count: int


def schema_address() -> str:
    """Where the schema of the JSON files is published."""
    return f"{settings.PORTAL_URL}{reverse('api_statement_schema')}"


def file_name(of: Statement | LevelStatement, file_format: FileFormat) -> str:
    about = of.program_account.number if isinstance(of, Statement) else f"{of.business.bn9}{of.program}"
    return f"{about}-statement-{of.statement_on:%Y-%m-%d}.{file_format.lower()}"


def statement_file(of: Statement | LevelStatement, file_format: FileFormat, *, on: date) -> bytes:
    """One statement in the active language; the PDF of an account says how it stands on the day. ``NotMade``."""
    try:
        return _account_file(of, file_format, on) if isinstance(of, Statement) else _level_file(of, file_format)
    except pdf.NotRendered as refusal:
        raise NotMade(*rules.what_is_missing(str(refusal))) from refusal


def _account_file(statement: Statement, file_format: FileFormat, on: date) -> bytes:
    sheet, account = sheet_of(statement), statement.program_account
    if file_format == FileFormat.JSON:
        return json_file.statement_json(sheet, account, schema_url=schema_address())
    if file_format == FileFormat.PDF:
        row = queries.stand_of(statement, queries.open_amounts(account.pk), on=on)
        return exports.statement_pdf(sheet, row, account)
    return table_file(exports.statement_table(sheet), file_format, title=_("Statement of account"))


def _level_file(statement: LevelStatement, file_format: FileFormat) -> bytes:
    sheet = level_sheet_of(statement)
    if file_format == FileFormat.JSON:
        return json_file.level_json(sheet, schema_url=schema_address())
    if file_format == FileFormat.PDF:
        return exports.level_pdf(sheet)
    return table_file(exports.level_table(sheet), file_format, title=_("Statement of account"))


def table_file(table: Table, file_format: FileFormat, *, title: str) -> bytes:
    """A table as CSV or as a spreadsheet."""
    headings, rows = table
    if file_format == FileFormat.CSV:
        return csv_file.render(headings, rows)
    return xlsx_file.render(title, headings, rows)


def requested_file(request: FileRequest, *, visibility: Visibility, on: date) -> Made:
    """What a request asked for, in the active language; ``NotMade`` where there is nothing of it."""
    file_format = FileFormat(request.file_format)
    if request.kind == FileRequest.Kind.STATEMENTS:
        return _archive(request, file_format, on)
    wanted = queries.history_query(request.parameters)
    entries = queries.transactions_of(request.program_account_id, visibility=visibility, wanted=wanted, on=on)
    counted = _Counted(entries.iterator(chunk_size=2000))
    content = table_file(exports.history_table(counted), file_format, title=_("Transaction history"))
    name = f"{request.program_account.number}-transactions-{on:%Y-%m-%d}.{file_format.lower()}"
    return Made(name, MEDIA_TYPES[file_format], content, counted.count)


def _archive(request: FileRequest, file_format: FileFormat, on: date) -> Made:
    statements = files.statements_asked_for(request.program_account_id, request.parameters)
    if not statements:
        raise NotMade(Missing.NOTHING)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for statement in statements:
            statement.program_account = request.program_account
            entry = zipfile.ZipInfo(file_name(statement, file_format), date_time=_ARCHIVED_AT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, statement_file(statement, file_format, on=on))
    first, last = request.parameters["first"], request.parameters["last"]
    name = f"{request.program_account.number}-statements-{first}-{last}-{file_format.lower()}.zip"
    return Made(name, _ZIP, content.getvalue(), len(statements))


class _Counted:
    """Rows that are counted as they pass."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self.rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Any]:
        for row in self.rows:
            self.count += 1
            yield row
