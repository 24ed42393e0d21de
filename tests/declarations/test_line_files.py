"""Lines from CSV and XLSX: each cell that is wrong is named with what to type, and nothing comes half."""

import io
from datetime import date, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook, load_workbook

from accounts.models import ProgramAccount
from declarations import line_files
from declarations.models import Line
from reference.models import ClassificationNumber
from tests.builders import Cast, signed_in
from tests.declarations.desk import drafted, released
from tests.declarations.test_pages import base, text

HEADER = ["classification", "origin", "treatment", "quantity", "value", "sima"]


def book(*rows: list[Any]) -> bytes:
    made = Workbook()
    for row in rows:
        made.active.append(row)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "typed", "message"),
    [
        ("value", "9840,00", "value has a decimal comma. Type 9840.00."),
        ("value", "9 840,5", "Type 9840.5."),
        ("quantity", "12,5", "quantity has a decimal comma. Type 12.5."),
        ("quantity", "2026-07-14", "quantity holds a date, 2026-07-14."),
        ("value", "14/07/2026", "value holds a date, 14/07/2026."),
        ("quantity", "0", "quantity is not a number"),
        ("sima", "-1", "sima is not an amount such as 2210.00."),
        ("origin", "", "origin is empty."),
    ],
)
def test_a_wrong_cell_says_what_to_type(name: str, typed: str, message: str) -> None:
    cells = dict(zip(HEADER, ["6404.11.91.00", "CN", "MFN", "240", "9840.00", ""], strict=True)) | {name: typed}
    (row,) = line_files.file_rows(";".join(HEADER) + "\n" + ";".join(cells.values()))
    (problem,) = row.problems
    assert message in problem.message and problem.cell == f"{'ABCDEF'[HEADER.index(name)]}2"
    assert (problem.typed, row.entry) == (typed, None)


def test_a_spreadsheet_is_read_as_it_would_have_been_typed() -> None:
    content = book(
        [*HEADER, "surtax_is_contested", None],
        [6404119100, "cn", "MFN", 240, 9840.1, None, True, None],
        [None] * 8,
        ["6404.11.91.00", "CN", "MFN", datetime(2026, 7, 14), date(2026, 7, 14), "", False, None],  # noqa: DTZ001
    )
    first, second = line_files.file_rows(line_files.text_of_xlsx(content))
    assert first.entry is not None and (first.entry.classification, first.entry.origin) == ("6404119100", "CN")
    assert (str(first.entry.value), first.entry.surtax_is_contested, first.number) == ("9840.10", True, 2)
    assert [problem.cell for problem in second.problems] == ["D4", "E4"]
    with pytest.raises(ValueError, match="be read as XLSX"):
        line_files.text_of_xlsx(b"PK nothing")


def test_the_templates_are_taken_as_they_are() -> None:
    sheet = load_workbook(io.BytesIO(line_files.sample_xlsx()))
    assert [sheet["lines"].cell(1, 1).value, sheet["columns"].cell(3, 1).value] == ["classification", "origin"]
    for content in (line_files.sample_csv().decode("utf-8-sig"), line_files.text_of_xlsx(line_files.sample_xlsx())):
        assert [row.problems for row in line_files.file_rows(content)] == [(), ()]


@pytest.mark.django_db
def test_a_thousand_lines_come_from_a_spreadsheet_at_the_cost_of_a_few(cast: Cast, account: ProgramAccount) -> None:
    wen = signed_in(cast.wen)
    declaration = drafted(cast.world, released(cast.world, account, cast.harbourline))
    address = f"{base(account)}{declaration.number}/edit/invoices/1/import/"
    numbers = list(ClassificationNumber.objects.filter(unit="NMB").values_list("number", flat=True)[:90])
    rows = [[numbers[place % 90], "CN", "MFN", 1, 10.5] for place in range(999)]
    wrong = book(HEADER[:5], *rows[:2], ["9999999999", "XX", "MFN", "1,5", 1])
    page = text(wen.post(address, {"file": SimpleUploadedFile("lines.xlsx", wrong)}))
    assert "D4" in page and "Type 1.5" in page and "nothing was saved" in page and 'name="import"' not in page
    assert "be read as XLSX" in text(wen.post(address, {"file": SimpleUploadedFile("x.xlsx", b"PK\x03\x04")})).replace(
        "&#x27;", "'"
    )
    few = text(wen.post(address, {"file": SimpleUploadedFile("lines.xlsx", book(HEADER[:5], *rows[:3]))}))
    assert "3 lines can be added" in few
    costs = []
    for taken in (rows[:3], rows[3:]):
        csv_text = "\n".join([";".join(HEADER[:5]), *(";".join(map(str, row)) for row in taken)])
        with CaptureQueriesContext(connection) as asked:
            assert wen.post(address, {"text": csv_text, "import": "1"}).status_code == 302
        costs.append(len([query for query in asked if not query["sql"].startswith("INSERT")]))
    # The excise table is read once, where one of the numbers may bear it.
    assert costs[0] <= costs[1] <= costs[0] + 1 and Line.objects.count() == 1000
    assert wen.get(f"{base(account)}lines.xlsx").content[:2] == b"PK"
