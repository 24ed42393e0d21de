"""Statements at three levels and their files: frozen, in every format, missing with why, asked for, kept ten days."""

import csv
import io
import json
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pikepdf
import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import IntegrityError, connection, transaction
from django.test import override_settings
from django.urls import reverse

from core.errors import Conflict, Unavailable
from core.jobs import set_clock
from core.models import AuditEvent
from core.money import ZERO
from documents import xlsx_file
from ledger.verification import findings
from notifications.models import Notification
from reference.rules.billing import Stream
from releases.models import Release
from statements import tasks
from statements.files import queries as kept
from statements.files import services as files
from statements.history import services as reports
from statements.models import DailyNotice, FileRequest, LevelStatement, Paper, SavedFilter, Statement
from tests.builders import Cast, signed_in
from tests.statements import scene
from tests.statements.test_pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
LETTERS = "abcdefgh"


@pytest.fixture
def july(cast: Cast) -> Statement:
    """July of Northlight, whose second program account owes 300.00 on it."""
    second = cast.world.program_account(cast.northlight, "RM0002")
    scene.declare(second, "17042000045007", date(2026, 7, 2), submitter=cast.northlight, duty="200.00", gst="100.00")
    _june, statement = scene.play(cast.account, cast.northlight, cast.harbourline)
    set_clock(scene.at(scene.JULY))
    return statement


def entity(cast: Cast, name: str = "level", *more: str) -> str:
    return reverse(f"statements:{name}", args=(cast.northlight.bn9, "2026-07-25", *(more or ("entity",))))


def of_account(cast: Cast, extension: str) -> str:
    return reverse(f"statements:{extension}", args=(cast.account.number, "2026-07-25"))


# --- Levels ----------------------------------------------------------------------------------------------------------


def test_each_level_is_the_sum_of_its_accounts_and_stays_so(july: Statement, cast: Cast) -> None:
    accounts = Statement.objects.filter(program_account__business=cast.northlight, statement_on=scene.JULY)
    whole, program = LevelStatement.objects.filter(business=cast.northlight, statement_on=scene.JULY).order_by("level")
    assert (whole.level, whole.program, program.program, whole.account_count) == ("ENTITY", "", "RM", 2)
    for letter in LETTERS:
        expected = sum((getattr(row, f"box_{letter}") for row in accounts), ZERO)
        assert getattr(whole, f"box_{letter}") == getattr(program, f"box_{letter}") == expected
    assert whole.box_h == july.box_h + Decimal("300.00")
    # A late comer gets its statement next month: the levels that were issued stay the sums of their accounts.
    third = cast.world.program_account(cast.northlight, "RM0003")
    late: dict[str, Any] = {"posted_on": date(2026, 7, 27), "submitter": cast.northlight}
    scene.declare(third, "17042000045008", date(2026, 7, 3), duty="9.00", **late)
    assert scene.issue(scene.JULY) == []
    scene.issue(date(2026, 8, 25))
    august = LevelStatement.objects.get(business=cast.northlight, statement_on=date(2026, 8, 25), level="ENTITY")
    assert (august.box_a, august.box_b) == (whole.box_h, Decimal("9.00"))
    assert list(findings()) == []


@pytest.mark.parametrize("model", [Statement, LevelStatement, DailyNotice])
def test_the_database_refuses_to_change_what_was_issued(july: Statement, model: Any) -> None:
    scene.notify(date(2026, 7, 7))
    rows = model.objects.all()
    rows.update(read_at=scene.at(scene.JULY))
    assert not rows.filter(read_at=None).exists()
    for change in (lambda: rows.update(issued_at=scene.at(scene.JUNE)), lambda: rows._raw_delete("default")):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_a_run_that_dies_in_the_middle_is_finished_by_the_next(cast: Cast) -> None:
    for number, account in enumerate((cast.account, cast.overdue_account)):
        scene.declare(account, f"1704200004600{number}", date(2026, 7, 2), duty="10.00")
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "CREATE TRIGGER full_disk BEFORE INSERT ON statements_levelstatement BEGIN"
                " SELECT RAISE(ABORT, 'disk full'); END"
            )
        else:
            cursor.execute("ALTER TABLE statements_levelstatement ADD CONSTRAINT full_disk CHECK (account_count < 0)")
    with pytest.raises(IntegrityError), transaction.atomic():
        scene.issue(scene.JULY)
    assert not Statement.objects.exists() and not AuditEvent.objects.filter(verb="statement.issued").exists()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER full_disk")
        else:
            cursor.execute("ALTER TABLE statements_levelstatement DROP CONSTRAINT full_disk")
    assert len(scene.issue(scene.JULY)) == 2 and scene.issue(scene.JULY) == []
    assert Statement.objects.count() == 2 and LevelStatement.objects.count() == 4


def test_the_legal_entity_is_for_managers_of_the_whole_alone(july: Statement, cast: Cast) -> None:
    client = signed_in(cast.amara)
    listed = text_of(client.get(reverse("statements:levels", args=(cast.northlight.bn9,))))
    assert "25 July 2026" in listed and "22,575.30" in listed
    words = text_of(client.get(entity(cast)))
    assert "Statement of 25 July 2026, Legal entity" in words and "$22,575.30" in words and "24,233.11" in words
    assert "Customs duty" in words and "Program type RM" in text_of(client.get(entity(cast, "level", "RM")))
    assert "whole legal entity" in text_of(
        client.get(reverse("statements:detail", args=(cast.account.number, "2026-07-25")))
    )
    reader = cast.world.person("Rita Reader")
    cast.world.membership(reader, cast.northlight, "READER", accounts=(cast.account,))
    for who in (reader, cast.wen):
        for url in (
            entity(cast),
            entity(cast, "level_file", "entity", "csv"),
            f"/api/v1/businesses/{cast.northlight.bn9}/statements",
        ):
            assert signed_in(who).get(url).status_code == 403
    assert "legal entity" not in text_of(
        signed_in(cast.wen).get(reverse("statements:detail", args=(cast.account.number, "2026-07-25")))
    )
    assert client.get(entity(cast, "level", "XX")).status_code == 404


# --- Formats ---------------------------------------------------------------------------------------------------------


def test_every_format_of_every_level_says_the_same(july: Statement, cast: Cast) -> None:
    client = signed_in(cast.amara)
    schema = client.get("/api/v1/schemas/statement.json").json()
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    urls = [
        of_account(cast, "json"),
        entity(cast, "level_file", "entity", "json"),
        entity(cast, "level_file", "RM", "json"),
    ]
    account, whole, program = (json.loads(client.get(url).content) for url in urls)
    for content in (account, whole, program):
        check.validate(content)
        assert content["$schema"] == schema["$id"]
        assert sum((Decimal(content["boxes"][letter]) for letter in "ABCDEFG"), ZERO) == Decimal(content["boxes"]["H"])
    assert (account["boxes"]["H"], whole["boxes"]["H"], program["program_type"]) == ("22275.30", "22575.30", "RM")
    assert sum((Decimal(line["amount"]) for line in account["lines"] if line["box"] == "F"), ZERO) == july.box_f
    with pytest.raises(jsonschema.ValidationError):
        check.validate({**account, "boxes": {**account["boxes"], "H": 22275.3}})
    book = openpyxl.load_workbook(io.BytesIO(client.get(of_account(cast, "xlsx")).content))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert rows[0][0] == "Box" and rows[-1][0] == "H" and Decimal(str(rows[-1][8])) == july.box_h
    table = csv.reader(io.StringIO(client.get(entity(cast, "level_file", "entity", "csv")).content.decode("utf-8-sig")))
    *_accounts, last = table
    assert last[0] == "Legal entity" and last[-1] == "22575.30"
    for language in ("en", "fr"):
        url = entity(cast, "level_file", "entity", "pdf").replace("/en/", f"/{language}/")
        with pikepdf.open(io.BytesIO(client.get(url).content)) as document:
            assert document.Root.MarkInfo.Marked and str(document.Root.Lang).startswith(language)
            assert document.open_metadata()["pdfuaid:part"] == "1"
    assert client.get(entity(cast, "level_file", "entity", "docx")).status_code == 404


def test_a_spreadsheet_runs_no_formula_and_goes_on_in_another_sheet() -> None:
    rows = [["=1+1", Decimal("-1.50"), date(2026, 7, 25), None, 3], ["\x00b"], ["c"]]
    book = openpyxl.load_workbook(io.BytesIO(xlsx_file.render("A/B", ["h"] * 5, rows, most_rows=3)))
    assert book.sheetnames == ["A B", "A B 2"]
    first = book["A B"]["A2"]
    assert (first.value, first.data_type, book["A B"]["B2"].value, book["A B 2"]["A2"].value) == (
        "=1+1",
        "s",
        -1.5,
        "c",
    )
    assert openpyxl.load_workbook(io.BytesIO(xlsx_file.render("T", ["h"], []))).worksheets[0]["A1"].value == "h"


def test_goods_billed_by_the_calendar_month_keep_their_own_days(cast: Cast) -> None:
    scene.declare(cast.account, "17042000045999", date(2026, 7, 17), submitter=cast.northlight, duty="5.00")
    Release.objects.create(
        transaction_number="17042000045999",
        program_account=cast.account,
        submitter=cast.northlight,
        kind=Release.Kind.PARS,
        stream=Stream.COURIER.value,
        cargo_control_number="X1",
        estimated_value=Decimal("10.00"),
        state=Release.State.RELEASED,
        requested_at=scene.at(date(2026, 6, 9)),
        released_on=date(2026, 6, 9),
    )
    scene.issue(scene.JULY)
    client = signed_in(cast.amara)
    words = text_of(client.get(reverse("statements:detail", args=(cast.account.number, "2026-07-25"))))
    assert "Courier low value, by calendar month: 1 June to 30 June 2026" in words and "Released 9 June" in words
    content = json.loads(client.get(of_account(cast, "json")).content)
    assert content["calendars"] == [{"stream": "COURIER", "first_day": "2026-06-01", "last_day": "2026-06-30"}]
    assert content["lines"][0]["released_on"] == "2026-06-09"
    assert client.get(of_account(cast, "pdf")).status_code == 200


# --- Missing ---------------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_made_is_shown_as_missing_and_can_be_tried_again(cast: Cast) -> None:
    debt = scene.declare(cast.account, "17042000045001", date(2026, 7, 2), vendor="深圳 Goods", duty="5.00")
    scene.issue(scene.JULY)
    set_clock(scene.at(scene.JULY))
    client, page = signed_in(cast.amara), reverse("statements:detail", args=(cast.account.number, "2026-07-25"))
    assert client.get(of_account(cast, "pdf"))["Location"] == f"{page}#files"
    words = text_of(client.get(page))
    assert "PDF missing" in words and "a character that the document's font does not have" in words and "深" in words
    assert client.get(of_account(cast, "csv")).status_code == 200
    retry = reverse("statements:try_file", args=(cast.account.number, "2026-07-25", "pdf"))
    client.post(retry)
    paper = Paper.objects.get()
    assert (paper.state, paper.problem, paper.try_count, paper.language) == ("MISSING", "CHARACTER", 2, "en")
    answer = client.get(f"/api/v1/accounts/{cast.account.number}/statements/2026-07-25/documents/pdf")
    assert (answer.status_code, answer.json()["code"]) == (503, "file_missing")
    assert AuditEvent.objects.filter(verb="statement.file_missing").count() == 3
    # The book is mended by reversing the entry: the same file can be made and is no longer missing.
    Paper.objects.update(statement=scene.issue(date(2026, 8, 25))[0])
    set_clock(scene.at(date(2026, 8, 25)))
    retry = reverse("statements:try_file", args=(cast.account.number, "2026-08-25", "pdf"))
    assert "The PDF could be made now." in text_of(client.post(retry, follow=True))
    assert Paper.objects.get().state == "MADE" and debt.memo == "深圳 Goods"
    level_retry = entity(cast, "try_level_file", "entity", "csv")
    assert client.post(level_retry).status_code == 302


# --- Asked for -------------------------------------------------------------------------------------------------------


def test_older_statements_come_by_a_job_that_tells_and_stay_ten_days(
    july: Statement, cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    set_clock(scene.at(date(2027, 2, 25)))
    client, base = signed_in(cast.amara), reverse("statements:files", args=(cast.account.number,))
    led = client.get(of_account(cast, "pdf"))
    assert led["Location"] == f"{base}?first=2026-07&last=2026-07&file_format=PDF#ask"
    assert "made on request" in text_of(
        client.get(reverse("statements:detail", args=(cast.account.number, "2026-07-25")))
    )
    assert 'value="2026-07"' in client.get(led["Location"]).content.decode()
    wrong = text_of(client.post(base, {"first": "2026-08", "last": "july", "file_format": "CSV", "language": "en"}))
    assert "Enter a year and a month" in wrong
    wrong = text_of(client.post(base, {"first": "2026-08", "last": "2026-07", "file_format": "CSV", "language": "en"}))
    assert "Enter a later month" in wrong
    wrong = text_of(client.post(base, {"first": "2020-01", "last": "2020-02", "file_format": "CSV", "language": "en"}))
    assert "No statement was issued in these months." in wrong
    asked = {"first": "2026-06", "last": "2026-07", "file_format": "PDF", "language": "fr"}
    with django_capture_on_commit_callbacks(execute=True):
        assert "The file is being made." in text_of(client.post(base, asked, follow=True))
    row = FileRequest.objects.get()
    assert (row.state, row.row_count, row.expires_on, row.language) == ("READY", 2, date(2027, 3, 7), "fr")
    told = Notification.objects.get(subject="The file you asked for is ready: Statements")
    assert "7 March 2027" in told.body.replace("\u00a0", " ") and told.link == base
    assert "You have asked for this already" in text_of(client.post(base, asked, follow=True))
    assert FileRequest.objects.count() == 1
    assert "A file you asked for is ready" in text_of(
        client.get(reverse("statements:list", args=(cast.account.number,)))
    )
    take = reverse("statements:file", args=(cast.account.number, row.public_id))
    with zipfile.ZipFile(io.BytesIO(client.get(take).content)) as archive:
        assert archive.namelist() == [f"{cast.account.number}-statement-2026-0{n}-25.pdf" for n in (6, 7)]
        assert archive.read(archive.namelist()[0]).startswith(b"%PDF")
    assert "is ready" not in text_of(client.get(reverse("statements:list", args=(cast.account.number,))))
    assert signed_in(cast.wen).get(take).status_code == 404
    old = client.get(f"/api/v1/accounts/{cast.account.number}/statements/2026-07-25/documents/pdf")
    assert (old.status_code, old.json()["code"]) == (409, "file_on_request")
    # Ten days later it goes, and its row says so.
    run = scene.job_run("statements.files", date(2027, 3, 7))
    expire = {"run": run, "actor": scene.ACTOR}
    assert files.run_expiry(on=date(2027, 3, 7), **expire) == {"files": 0}
    with django_capture_on_commit_callbacks(execute=True):
        assert files.run_expiry(on=date(2027, 3, 8), **expire) == {"files": 1}
    assert client.get(take).status_code == 409 and "Expired" in text_of(client.get(base))
    assert files.run_expiry(on=date(2027, 3, 8), **expire) == {"files": 0}


def test_storage_that_refuses_leaves_a_missing_file_that_is_made_once_it_works(
    july: Statement, cast: Cast, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    base = reverse("statements:files", args=(cast.account.number,))
    client, asked = (
        signed_in(cast.amara),
        {"first": "2026-07", "last": "2026-07", "file_format": "CSV", "language": "en"},
    )
    (tmp_path / "disk").write_text("in the way of the folder")
    with override_settings(MEDIA_ROOT=tmp_path / "disk"), django_capture_on_commit_callbacks(execute=True):
        client.post(base, asked)
    row = FileRequest.objects.get()
    assert (row.state, row.problem) == ("FAILED", "STORAGE")
    assert "It could not be stored." in text_of(client.get(base))
    assert Notification.objects.filter(subject__startswith="The file you asked for could not be made").exists()
    with pytest.raises(Conflict):
        files.take(request=row, at=scene.at(scene.JULY))
    retry = reverse("statements:retry_file", args=(cast.account.number, row.public_id))
    # The worker that was to make it never woke: the sweep takes it up.
    assert client.post(retry).status_code == 302 and client.post(retry).status_code == 409
    tasks.sweep_files()
    row.refresh_from_db()
    assert row.state == "READY" and kept.left_unmade(wall_at=scene.at(scene.JULY)) == []
    assert files.make(request_id=row.pk, at=scene.at(scene.JULY), wall_at=scene.at(scene.JULY)).made_at == row.made_at
    default_storage.delete(f"{row.public_id.hex[:2]}/{row.public_id.hex}")
    with pytest.raises(Unavailable):
        files.take(request=row, at=scene.at(scene.JULY))


class InterruptedStorage(FileSystemStorage):
    """While this worker writes, another one gives the request up."""

    def _save(self, name: str, content: Any) -> str:
        FileRequest.objects.update(state="FAILED", problem="STORAGE")
        return super()._save(name, content)  # type: ignore[misc]


def test_a_request_that_another_worker_ended_keeps_its_word(july: Statement, cast: Cast) -> None:
    row = scene.requested(cast, "2026-07", is_made=False)
    FileRequest.objects.update(state="REQUESTED", problem="")
    backend = {"BACKEND": f"{__name__}.InterruptedStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "default": backend}):
        made = files.make(request_id=row.pk, at=scene.at(scene.JULY), wall_at=scene.at(scene.JULY))
    assert (made.state, made.problem) == ("FAILED", "STORAGE")


def test_who_may_no_longer_see_it_gets_no_file(july: Statement, cast: Cast) -> None:
    row = scene.requested(cast, "2026-07", is_made=False)
    for change in ({"scope": "only:1"}, {"user_id": cast.stranger.pk, "scope": "all"}):
        FileRequest.objects.update(state="REQUESTED", problem="", **change)
        made = files.make(request_id=row.pk, at=scene.at(scene.JULY), wall_at=scene.at(scene.JULY))
        assert (made.state, made.problem) == ("FAILED", "ACCESS")
    FileRequest.objects.update(
        state="REQUESTED", user_id=cast.amara.pk, parameters={"first": "2020-01", "last": "2020-02"}
    )
    assert files.make(request_id=row.pk, at=scene.at(scene.JULY), wall_at=scene.at(scene.JULY)).problem == "NOTHING"


# --- The history -----------------------------------------------------------------------------------------------------


def test_the_history_is_filtered_added_up_and_kept_under_a_name(july: Statement, cast: Cast) -> None:
    client, url = signed_in(cast.amara), reverse("statements:history", args=(cast.account.number,))
    for query, seen, hidden in (
        ("status=open", "17042000044712", "R7HQ2M"),
        ("status=cleared", "R7HQ2M", "17042000044712"),
        ("status=credit", "R9WX5C", "R7HQ2M"),
        ("status=partly", "No entry matches", "R9WX5C"),
        ("least=9000&most=15000", "17042000044761", "R8KD4T"),
    ):
        words = text_of(client.get(f"{url}?{query}"))
        assert seen in words and hidden not in words, query
    set_clock(scene.at(date(2026, 8, 3)))
    assert "17042000044712" in text_of(client.get(f"{url}?status=overdue"))
    assert "Enter a higher amount" in text_of(client.get(f"{url}?least=9&most=5"))
    words = text_of(client.get(f"{url}?type=payments"))
    assert (
        "Entries 3" in words and "Credited and paid −$19,426.26" in words and "Credit not used yet $1,250.00" in words
    )
    save = reverse("statements:save_filter", args=(cast.account.number,))
    assert "Only you see it." in text_of(client.post(save, {"name": "Paid", "query": "type=payments&x=1"}, follow=True))
    assert "type=payments" in client.get(url).content.decode() and "x=1" not in client.get(url).content.decode()
    assert "give it a name" in text_of(client.post(save, {"name": "", "query": ""}, follow=True))
    assert "Saved filters" not in text_of(signed_in(cast.wen).get(url))
    own = {"user": cast.amara, "program_account": cast.account, "saved_at": scene.at(scene.JULY)}
    SavedFilter.objects.bulk_create(SavedFilter(name=f"F{number}", **own) for number in range(19))
    assert "You keep 20 filters already." in text_of(client.post(save, {"name": "More", "query": ""}, follow=True))
    row = cast.amara.saved_filters.get(name="Paid")
    client.post(reverse("statements:delete_filter", args=(cast.account.number, row.pk)))
    assert not cast.amara.saved_filters.filter(name="Paid").exists()
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{url}?format=xlsx&type=payments").content))
    assert len(list(book.worksheets[0].iter_rows())) == 4


@override_settings(HISTORY_ROWS_AT_ONCE=5)
def test_a_history_too_long_is_exported_by_a_job_with_what_the_seat_sees(
    july: Statement, cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    cast.world.delegation(cast.passerelle, cast.northlight, accounts=(cast.account,))
    for number in range(6):
        scene.declare(cast.account, f"3090000000001{number}", date(2026, 7, 20), submitter=cast.passerelle, duty="2.00")
    client, url = signed_in(cast.ines), reverse("statements:history", args=(cast.account.number,))
    words = text_of(client.get(url))
    # Totals of what it sees alone, and no balance.
    assert "Entries 6" in words and "Together $12.00" in words and "Balance " not in words
    assert "Too long to export at once" in text_of(client.get(f"{url}?format=csv"))
    assert client.get(f"{url}?format=csv&number=30900000000010")["Content-Type"].startswith("text/csv")
    export = reverse("statements:request_export", args=(cast.account.number,))
    asked = {"query": "since=2026-07-01&least=1.00&status=open", "format": "CSV"}
    client.post(export, asked)
    assert "You have asked for this already" in text_of(client.post(export, asked, follow=True))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(export, {"query": "type=charges", "format": "XLSX"})
    tasks.sweep_files()
    row = FileRequest.objects.get(file_format="CSV")
    content = client.get(reverse("statements:file", args=(cast.account.number, row.public_id))).content.decode()
    assert row.row_count == 6 and content.count("309000000000") == 6 and "17042000044712" not in content
    # Its list has no form for statements, which it may not see.
    assert "Ask for older statements" not in text_of(
        client.get(reverse("statements:files", args=(cast.account.number,)))
    )
    assert client.post(reverse("statements:files", args=(cast.account.number,)), {}).status_code == 403


# --- API -------------------------------------------------------------------------------------------------------------


def test_the_api_speaks_of_levels_files_history_and_notices(july: Statement, cast: Cast) -> None:
    scene.notify(date(2026, 7, 7))
    client, account = signed_in(cast.amara), f"/api/v1/accounts/{cast.account.number}"
    business = f"/api/v1/businesses/{cast.northlight.bn9}/statements"
    listed = client.get(business).json()["results"]
    assert next((row["level"], row["box_h"], row["account_count"]) for row in listed) == ("ENTITY", "22575.30", 2)
    assert client.get(f"{business}?level=RM").json()["results"][0]["program"] == "RM"
    whole = client.get(f"{business}/2026-07-25/entity").json()
    assert [row["box_h"] for row in whole["accounts"]] == ["22275.30", "300.00"] and whole["revenue"][0][
        "revenue"
    ] == "DUTY"
    assert client.get(f"{business}/2026-07-25/entity/documents/json").json()["level"] == "ENTITY"
    assert client.get(f"{account}/statements/2026-07-25/documents/csv")["Content-Type"].startswith("text/csv")
    assert client.get(f"{business}/2026-07-26/entity").status_code == 404
    found = client.get(f"{account}/transactions?type=payments&least=5000&submitted_by=123456782").json()
    assert found["results"] == []
    [paid] = client.get(f"{account}/transactions?type=payments&least=5000").json()["results"]
    assert (paid["document_number"], paid["amount"], paid["left"]) == ("R7HQ2M", "-14000.00", "0.00")
    assert paid["cleared_with"][0]["document_number"] == "17042000044600"
    assert (
        len(client.get(f"{account}/transactions?status=open&submitted_by={cast.northlight.bn9}").json()["results"]) == 2
    )
    assert client.get(f"{account}/transactions?status=lost").status_code == 400
    [notice] = client.get(f"{account}/notices").json()["results"]
    whole = client.get(f"{account}/notices/2026-07-07").json()
    assert whole["notice"] == notice and len(whole["entries"]) == notice["entry_count"] == 2
    assert client.get(f"{account}/notices/2026-07-08").json()["code"] == "no_notice"


def test_every_number_of_a_statement_explains_itself_at_every_level(july: Statement, cast: Cast) -> None:
    client = signed_in(cast.amara)
    number, day = cast.account.number, "2026-07-25"
    base, whole = f"/api/v1/accounts/{number}/statements/{day}/explain", f"/api/v1/businesses/{cast.northlight.bn9}"
    for letter in "ABCDEFGH":
        found = client.get(f"{base}/{letter}").json()
        amounts = [Decimal(step["amount"]) for step in found["steps"] if step["amount"] is not None]
        assert Decimal(found["amount"]) == getattr(july, f"box_{letter.lower()}")
        assert sum(amounts) == Decimal(found["amount"]), letter
        assert found["rule"]
        level = client.get(f"{whole}/statements/{day}/entity/explain/{letter}").json()
        assert sum(Decimal(step["amount"]) for step in level["steps"]) == Decimal(level["amount"])
    split = client.get(f"{base}/gst").json()
    assert sum(Decimal(step["amount"]) for step in split["steps"]) == Decimal(split["amount"])
    level = client.get(f"{whole}/statements/{day}/RM/explain/gst").json()
    assert sum(Decimal(step["amount"]) for step in level["steps"]) == Decimal(level["amount"])
    for address in (f"{base}/due", f"{whole}/statements/{day}/entity/explain/due"):
        assert client.get(address).json()["steps"][1]["value"].split() == ["31", "July", "2026"]
    for address in (f"{base}/weather", f"{whole}/statements/{day}/entity/explain/weather"):
        assert client.get(address).status_code == 404
    detail = reverse("statements:detail", args=(number, day))
    page = client.get(detail).content.decode()
    assert "?box=F&amp;explain=H#boxes" in page
    page = client.get(f"{detail}?box=R&explain=gst").content.decode()
    assert "?box=R&amp;explain=gst#explain" in page
    assert "add up to the boxes" in page
    june = reverse("statements:detail", args=(number, "2026-06-25"))
    assert "the next day that is none still counts" in text_of(client.get(f"{june}?explain=due"))
    assert "Explain it there" in text_of(client.get(entity(cast, "level", "entity") + "?explain=H"))
    assert "Explain it there" not in text_of(client.get(entity(cast, "level", "entity") + "?explain=weather"))


def test_a_saved_filter_becomes_a_regular_report_as_long_as_its_person_may_see_it(
    july: Statement, cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    client, number = signed_in(cast.amara), cast.account.number
    client.post(
        reverse("statements:save_filter", args=(number,)), {"name": "Paid", "query": "type=payments&until=2026-07-01"}
    )
    row = cast.amara.saved_filters.get(name="Paid")
    schedule = reverse("statements:schedule_filter", args=(number, row.pk))
    assert "Choose how often" in text_of(client.post(schedule, {"every": "DAY"}, follow=True))
    told = text_of(client.post(schedule, {"every": "STATEMENT", "file_format": "CSV"}, follow=True))
    assert "You are told as soon as a report of “Paid” is ready" in told
    other = signed_in(cast.wen).post(schedule, {"every": "", "file_format": "CSV"})
    assert other.status_code == 404
    run = {"run": scene.job_run("statements.reports", scene.JULY, 1, 30), "actor": scene.ACTOR}
    assert reports.run_reports(on=date(2026, 7, 24), **run) == {"reports": 0}
    with django_capture_on_commit_callbacks(execute=True):
        assert reports.run_reports(on=scene.JULY, **run) == {"reports": 1}
    assert reports.run_reports(on=scene.JULY, **run) == {"reports": 0}
    asked = FileRequest.objects.get(kind="HISTORY")
    assert (asked.state, asked.user_id, asked.parameters) == (
        "READY",
        cast.amara.pk,
        {"type": "payments", "since": "2026-06-18", "until": "2026-07-17"},
    )
    assert Notification.objects.filter(user=cast.amara, subject__contains="asked for is ready").count() == 1
    assert "Last made on" in text_of(client.get(reverse("statements:history", args=(number,))))
    # Who may no longer see the account gets nothing more, and hears so.
    cast.amara.memberships.update(state="REVOKED")
    august = scene.job_run("statements.reports", date(2026, 8, 25), 1, 30)
    assert reports.run_reports(on=date(2026, 8, 25), run=august, actor=scene.ACTOR) == {"reports": 0}
    row.refresh_from_db()
    assert row.every == ""
    assert Notification.objects.filter(user=cast.amara, subject__contains="was stopped").count() == 1
    row.every, row.business_id = "STATEMENT", cast.harbourline.pk
    row.save()
    cast.amara.memberships.update(state="ACTIVE")
    assert reports.run_reports(on=date(2026, 8, 25), run=august, actor=scene.ACTOR) == {"reports": 0}
    row.business_id, row.every = cast.northlight.pk, "STATEMENT"
    row.save()
    client.post(schedule, {"every": "", "file_format": "XLSX"})
    row.refresh_from_db()
    assert row.every == ""
