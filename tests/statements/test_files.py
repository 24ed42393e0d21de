"""The statement as PDF, CSV and JSON: the same figures as the page."""

import csv
import io
import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse
from django.utils.translation import override

from core.jobs import set_clock
from core.money import ZERO
from documents import csv_file, pdf
from statements.models import DailyNotice, InterestCharge, Statement
from tests.builders import Cast, signed_in
from tests.statements import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def july(cast: Cast) -> Statement:
    _june, statement = scene.play(cast.account, cast.northlight, cast.harbourline)
    set_clock(scene.at(scene.JULY))
    return statement


def rows_of(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


# --- CSV -------------------------------------------------------------------------------------------------------------


def test_the_csv_adds_up_to_every_box(july: Statement, cast: Cast) -> None:
    answer = signed_in(cast.amara).get(reverse("statements:csv", args=(cast.account.number, "2026-07-25")))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert f'filename="{cast.account.number}-statement-2026-07-25.csv"' in answer["Content-Disposition"]
    *rows, total = rows_of(answer.content)
    for letter in "ABCDEFG":
        found = sum((Decimal(row["Amount"]) for row in rows if row["Box"] == letter), ZERO)
        assert found == getattr(july, f"box_{letter.lower()}"), letter
    assert (total["Box"], total["Amount"]) == ("H", "22275.30")
    assert sum((Decimal(row["Customs duty"]) for row in rows if row["Box"] == "F"), ZERO) == Decimal("14016.46")
    charge = next(row for row in rows if row["Document"] == "17042000044761" and row["Box"] == "F")
    assert (charge["Vendor or details"], charge["Released"], charge["Due"]) == (
        "Ridgeline Footwear Ltd.",
        "2026-06-23",
        "2026-07-31",
    )


def test_a_vendor_that_looks_like_a_formula_stays_a_text(cast: Cast) -> None:
    scene.declare(cast.account, "1", date(2026, 7, 1), vendor='=HYPERLINK("http://x")', duty="1.00")
    scene.issue(scene.JULY)
    content = signed_in(cast.amara).get(reverse("statements:csv", args=(cast.account.number, "2026-07-25"))).content
    assert '"\'=HYPERLINK(""http://x"")"' in content.decode()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("+1", "'+1"),
        ("@cmd", "'@cmd"),
        ("-x", "'-x"),
        ("\tx", "'\tx"),
        (Decimal("-1.50"), "-1.50"),
        (3, "3"),
        (None, ""),
        (date(2026, 7, 25), "2026-07-25"),
        ("a,b", '"a,b"'),
    ],
)
def test_cells(value: Any, written: str) -> None:
    assert csv_file.render(["h"], [[value, ""]]).decode("utf-8-sig").splitlines()[1] == f"{written},"


def test_the_history_as_csv(july: Statement, cast: Cast) -> None:
    url = reverse("statements:history", args=(cast.account.number,)) + "?format=csv"
    rows = rows_of(signed_in(cast.amara).get(url).content)
    assert sum((Decimal(row["Amount"]) for row in rows), ZERO) == july.box_h
    assert rows[-1]["Document"] == "17042000044600" and rows[-1]["Still open"] == "0.00"


# --- PDF -------------------------------------------------------------------------------------------------------------


def pdf_text(content: bytes, folder: Path) -> str:
    path = folder / "statement.pdf"
    path.write_bytes(content)
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True).stdout.decode()
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


def test_the_pdf_is_tagged_and_says_what_the_page_says(july: Statement, cast: Cast, tmp_path: Path) -> None:
    answer = signed_in(cast.amara).get(reverse("statements:pdf", args=(cast.account.number, "2026-07-25")))
    assert answer["Content-Type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(answer.content)) as document:
        assert document.Root.MarkInfo.Marked
        assert str(document.Root.Lang).startswith("en")
        assert document.Root.ViewerPreferences.DisplayDocTitle
        assert "/StructTreeRoot" in document.Root
        metadata = document.open_metadata()
        assert metadata["pdfuaid:part"] == "1"
        assert str(metadata["dc:title"]).replace("\u00a0", " ") == "Statement of account, 25 July 2026"
        page_count = len(document.pages)
    words = pdf_text(answer.content, tmp_path)
    assert words.count("Training simulation") == page_count
    for line in (
        "A Previous balance 18,412.66",
        "B Corrections to it −236.40",
        "C Payments received −19,426.26",
        "D Disbursements 0.00",
        "E Interest and penalties 4.69",
        "F Charges of the period 23,933.11",
        "G Credits of the period −412.50",
        "H Total payable 22,275.30",
        "F, charges of the period 14,016.46 2,403.10 7,513.55 23,933.11",
        "Pay $22,275.30 by Friday 31 July 2026.",
        "$4,176.26 from 2 July 2026 through 6 July 2026 at 8.20 %",
    ):
        assert line in words, line
    for number in ("17042000044712", "30815000002159", "R7HQ2M"):
        assert number in words
    assert july.seal in words.replace(" ", "") or july.seal[:20] in words


def test_the_pdf_in_french(july: Statement, cast: Cast, tmp_path: Path) -> None:
    url = reverse("statements:pdf", args=(cast.account.number, "2026-07-25")).replace("/en/", "/fr/")
    answer = signed_in(cast.amara).get(url)
    with pikepdf.open(io.BytesIO(answer.content)) as document:
        assert str(document.Root.Lang).startswith("fr")
    words = pdf_text(answer.content, tmp_path)
    assert "22 275,30" in words and "25 juillet 2026" in words


def test_the_pdf_of_each_state(july: Statement, cast: Cast, tmp_path: Path) -> None:
    client = signed_in(cast.amara)
    url = reverse("statements:pdf", args=(cast.account.number, "2026-07-25"))
    set_clock(scene.at(date(2026, 8, 3)))
    assert "$22,275.30 is overdue since Friday 31 July 2026." in pdf_text(client.get(url).content, tmp_path)
    scene.pay(cast.account, "ALL", "22275.30", date(2026, 8, 3))
    assert "Paid in full." in pdf_text(client.get(url).content, tmp_path)


def test_the_pdf_of_a_credit_with_another_class(cast: Cast, tmp_path: Path) -> None:
    scene.declare(cast.account, "1", date(2026, 7, 1), duty="1.00", excise_tax="2.00")
    scene.pay(cast.account, "A", "9.00", date(2026, 7, 2))
    scene.issue(scene.JULY)
    url = reverse("statements:pdf", args=(cast.account.number, "2026-07-25"))
    words = pdf_text(signed_in(cast.amara).get(url).content, tmp_path)
    assert "Nothing is payable." in words and "Other" in words and "H Total payable −6.00" in words


def test_a_pdf_without_a_title_is_refused() -> None:
    with pytest.raises(Exception, match="title"), override("en"):
        pdf.render("statement", {}, "en")


# --- API -------------------------------------------------------------------------------------------------------------


def test_the_api_gives_the_same_figures(july: Statement, cast: Cast) -> None:
    client = signed_in(cast.amara)
    listed = client.get(f"/api/v1/accounts/{cast.account.number}/statements").json()
    assert [row["statement_on"] for row in listed["results"]] == ["2026-07-25", "2026-06-25"]
    assert listed["results"][0] | {"lines": None} == {
        "statement_on": "2026-07-25",
        "period_start": "2026-06-18",
        "period_end": "2026-07-17",
        "payment_due_on": "2026-07-31",
        "last_day_to_pay": "2026-07-31",
        "box_a": "18412.66",
        "box_b": "-236.40",
        "box_c": "-19426.26",
        "box_d": "0.00",
        "box_e": "4.69",
        "box_f": "23933.11",
        "box_g": "-412.50",
        "box_h": "22275.30",
        "left_to_pay": "22275.30",
        "state": "due",
        "lines": None,
    }
    whole = client.get(f"/api/v1/accounts/{cast.account.number}/statements/2026-07-25").json()
    assert len(whole["lines"]) == july.entry_count
    for letter in "bcdefg":
        found = sum((Decimal(line["amount"]) for line in whole["lines"] if line["box"] == letter.upper()), ZERO)
        assert found == Decimal(whole[f"box_{letter}"])
    charge = next(line for line in whole["lines"] if line["document_number"] == "17042000044803")
    assert charge["revenue"] == {"SURTAX": "2403.10", "GST": "600.78"}
    assert charge["vendor"] == "Aalto Rope & Anchor Oy"


def test_the_api_asks_at_the_same_door(july: Statement, cast: Cast) -> None:
    cast.world.delegation(cast.passerelle, cast.northlight, accounts=(cast.account,))
    for path in ("statements", "statements/2026-07-25"):
        url = f"/api/v1/accounts/{cast.account.number}/{path}"
        assert signed_in(cast.wen).get(url).status_code == 200
        refused = signed_in(cast.ines).get(url)
        assert (refused.status_code, refused.json()["code"]) == (403, "delegation_too_narrow")
        assert signed_in(cast.stranger).get(url).status_code == 404
        assert signed_in(None).get(url).status_code == 401
    client = signed_in(cast.amara)
    for day in ("2026-07-24", "soon"):
        answer = client.get(f"/api/v1/accounts/{cast.account.number}/statements/{day}")
        assert (answer.status_code, answer.json()["code"]) == (404, "no_statement")


def test_the_api_pages_by_cursor(july: Statement, cast: Cast) -> None:
    client = signed_in(cast.amara)
    first = client.get(f"/api/v1/accounts/{cast.account.number}/statements?page_size=1").json()
    second = client.get(first["next"]).json()
    assert [row["statement_on"] for row in first["results"] + second["results"]] == ["2026-07-25", "2026-06-25"]
    assert second["next"] is None


# --- Back office -----------------------------------------------------------------------------------------------------


def test_officers_read_and_never_change(cast: Cast) -> None:
    request = RequestFactory().get("/")
    request.user = cast.world.person("Root", is_staff=True, is_superuser=True)
    for model in (Statement, InterestCharge, DailyNotice):
        register = admin.site._registry[model]
        assert register.has_view_permission(request)
        assert not register.has_add_permission(request)
        assert not register.has_change_permission(request)
        assert not register.has_delete_permission(request)
