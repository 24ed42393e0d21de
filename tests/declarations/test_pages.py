"""The pages: what is typed is kept, what is hidden stays hidden, and lists cost the same for one row and for fifty."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, ProgramAccount
from declarations import queries, services
from declarations.models import Declaration, Line
from delegation.models import Delegation
from delegation.rules import FULL, visibility_of
from ledger.queries import balance_of
from releases.models import Release
from releases.rules import ReleaseKind
from tests.builders import Cast, signed_in
from tests.declarations import desk
from tests.declarations.desk import BOOTS, NUTS, PACKS, accepted, drafted, filer, moment, released

pytestmark = pytest.mark.django_db
LATE_INVOICE = replace(desk.INVOICE, dated_on=date(2026, 6, 30), shipped_on=date(2026, 7, 1))
INVOICE: dict[str, Any] = {
    "vendor": "Summit Supply Partners LLC",
    "vendor_country": "US",
    "number": "SSP-88214",
    "dated_on": "2026-07-14",
    "shipped_on": "2026-07-15",
    "shipped_from": "Detroit",
    "currency": "CAD",
    "total": "9840.00",
}
LINE: dict[str, Any] = {
    "classification": "6404119100",
    "description": "Hiking footwear",
    "origin": "CN",
    "treatment": "MFN",
    "quantity": "240",
    "value": "9840.00",
}


@pytest.fixture
def wen(cast: Cast) -> Client:
    return signed_in(cast.wen)


@pytest.fixture
def amara(cast: Cast) -> Client:
    return signed_in(cast.amara)


def base(account: ProgramAccount, language: str = "en") -> str:
    return f"/{language}/accounts/{account.number}/declarations/"


def text(response: Any) -> str:
    return response.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


def test_a_broker_goes_from_the_release_to_the_confirmation(
    cast: Cast, account: ProgramAccount, wen: Client, amara: Client
) -> None:
    release = released(cast.world, account, cast.harbourline)
    address = base(account)
    assert "Start the declaration" in text(wen.get(f"{address}start/{release.transaction_number}/"))
    edit = wen.post(f"{address}start/{release.transaction_number}/")["Location"]
    assert "Vendor" in text(wen.get(edit))
    one = f"{address}{release.transaction_number}/"
    new_line = wen.post(f"{one}edit/invoices/1/", INVOICE)["Location"]
    assert new_line == f"{one}edit/invoices/1/lines/new/#line-form"
    assert "New line" in text(wen.get(f"{one}edit/invoices/1/lines/new/"))
    saved = wen.post(f"{one}edit/invoices/1/lines/new/", LINE)["Location"]
    page = text(wen.get(saved))
    assert "9,840.00 × 1.0000 = 9,840.00" in page and "2,351.76" in page
    check = text(wen.get(f"{one}check/"))
    assert f"Submit, $2,351.76 for {account.number[:3]}" in check
    done = wen.post(f"{one}check/")["Location"]
    page = text(wen.get(done))
    assert "Declaration accepted" in page and "Tuesday 25 August 2026" in page and "Monday 31 August 2026" in page
    assert "$2,351.76" in text(amara.get(one))
    assert release.transaction_number in text(amara.get(address))
    # Going back to any page of the draft, or sending it again, only leads to what was accepted.
    for page_of_draft in ("edit/", "check/", "edit/invoices/1/", "edit/invoices/1/lines/1/", "edit/invoices/1/import/"):
        assert wen.get(one + page_of_draft)["Location"] == one
    assert wen.post(f"{one}check/")["Location"] == one
    assert balance_of(account.pk).receivable == Decimal("2351.76")


def test_what_was_typed_is_kept_when_it_is_wrong(cast: Cast, account: ProgramAccount, wen: Client) -> None:
    declaration = drafted(cast.world, released(cast.world, account, cast.harbourline))
    one = f"{base(account)}{declaration.number}/edit/invoices/1/"
    page = text(wen.post(one, {**INVOICE, "shipped_on": "2026-07-30", "vendor": "Another Vendor"}))
    assert "can’t be after the release" in page or "can&#x27;t be after the release" in page
    assert 'value="Another Vendor"' in page
    page = text(wen.post(f"{one}lines/1/", {**LINE, "quantity": "many", "description": "My own words"}))
    assert "Enter the quantity in digits" in page and 'value="My own words"' in page and "<title>Error:" in page
    page = text(wen.post(f"{one}lines/1/", {**LINE, "treatment": "CEUT"}))
    assert "claim CEUT" in page and "CEUT (not for this origin)" in page
    line = Line.objects.get()
    assert (line.description, line.treatment) == ("Hiking footwear, textile uppers", "MFN")


def test_words_in_the_number_become_a_search_and_use_fills_it_in(
    cast: Cast, account: ProgramAccount, wen: Client
) -> None:
    declaration = drafted(cast.world, released(cast.world, account, cast.harbourline))
    one = f"{base(account)}{declaration.number}/edit/invoices/1/lines/new/"
    for typed in (
        {**LINE, "classification": "lock nuts"},
        {"classification": "écrous", "search": "1", "value": "7.00"},
    ):
        page = text(wen.post(one, typed))
        assert "7318.16.00.10" in page and 'name="use"' in page
        assert f'value="{typed["value"]}"' in page
    page = text(wen.post(one, {**LINE, "use": "7318.16.00.10", "origin": "FI"}))
    assert 'value="7318.16.00.10"' in page and "CEUT (Free)" in page
    page = text(wen.post(f"{one}?refresh=1", {**LINE, "origin": "VN"}))
    assert "CPTPT (Free)" in page and "Error:" not in page
    assert "Nothing found" in text(wen.post(one, {"classification": "zzzz", "search": "1"}))
    found = text(wen.get(f"{base(account)}tariff/?q=boulons+nuts&for={declaration.number}-1-1"))
    assert "Nothing found" in found
    found = text(wen.get(f"{base(account)}tariff/?q=lock+nuts&for={declaration.number}-1-1"))
    assert f"/declarations/{declaration.number}/edit/invoices/1/lines/1/?classification=7318.16.00.10" in found
    assert 'value="7318.16.00.10"' in text(wen.get(f"{one}?classification=7318.16.00.10"))
    assert Line.objects.count() == 1


def test_header_buttons_save_and_an_untouched_new_line_is_left_alone(
    cast: Cast, account: ProgramAccount, wen: Client
) -> None:
    declaration = drafted(cast.world, released(cast.world, account, cast.harbourline))
    one = f"{base(account)}{declaration.number}/"
    assert wen.post(f"{one}edit/invoices/1/lines/new/", {"then": "check"})["Location"] == f"{one}check/"
    answer = wen.post(f"{one}edit/invoices/1/lines/1/", {**LINE, "description": "Changed", "then": "close"})
    assert (answer["Location"], Line.objects.get().description) == (base(account), "Changed")
    assert wen.post(f"{one}edit/invoices/2/", {"then": "close"})["Location"] == base(account)
    assert "Enter the vendor" in text(wen.post(f"{one}edit/invoices/2/", {"then": "close", "number": "A-1"}))


def test_a_surtax_can_be_contested_on_the_page(cast: Cast, account: ProgramAccount, wen: Client) -> None:
    declaration = drafted(cast.world, released(cast.world, account, cast.harbourline), NUTS)
    address = f"{base(account)}{declaration.number}/edit/invoices/1/lines/1/"
    page = text(wen.get(address))
    assert "Not these goods?" in page and "SOR/2025-267" in page and "25 % = 552.50" in page
    contested = {**LINE, "classification": NUTS.classification, "origin": "FI", "treatment": "CEUT", "value": "2210.00"}
    wen.post(address, {**contested, "surtax_is_contested": "on"})
    assert Line.objects.get().surtax == 0
    assert "Contested" in text(wen.get(address))


def test_lines_and_invoices_are_added_and_removed(cast: Cast, account: ProgramAccount, wen: Client) -> None:
    declaration = drafted(cast.world, released(cast.world, account, cast.harbourline), BOOTS, PACKS)
    one = f"{base(account)}{declaration.number}/edit/"
    wen.post(f"{one}invoices/1/lines/1/remove/")
    assert Line.objects.get().classification == PACKS.classification
    assert wen.get(f"{one}invoices/1/lines/1/remove/").status_code == 302 and Line.objects.count() == 1
    wen.post(f"{one}invoices/2/", {**INVOICE, "number": "B-2"})
    assert "Invoice 2 of 2" in text(wen.get(f"{one}?invoice=2"))
    wen.post(f"{one}invoices/2/remove/")
    assert "Invoice 1 of 1" in text(wen.get(one))
    for wrong in ("invoices/4/", "invoices/1/lines/9/", "invoices/3/lines/new/", "invoices/3/import/"):
        assert wen.get(one + wrong).status_code == 404


# --- CSV -------------------------------------------------------------------------------------------------------------


def upload(content: str | bytes, name: str = "lines.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode(), "text/csv")


def test_lines_come_from_a_csv_file_after_a_dry_run(cast: Cast, account: ProgramAccount, wen: Client) -> None:
    declaration = drafted(cast.world, released(cast.world, account, cast.harbourline))
    address = f"{base(account)}{declaration.number}/edit/invoices/1/import/"
    assert "surtax_is_contested" in text(wen.get(address))
    sample = wen.get(f"{base(account)}lines.csv").content
    page = text(wen.post(address, {"file": upload(sample)}))
    assert "2 lines can be added" in page and "Add 2 lines" in page and Line.objects.count() == 1
    answer = wen.post(address, {"text": sample.decode("utf-8-sig"), "import": "1"})
    assert answer.status_code == 302 and Line.objects.count() == 3
    assert Declaration.objects.get().total == sum(line.total for line in Line.objects.all())


HEADER = "classification;origin;treatment;quantity;value;surtax_is_contested\n"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("9999999999;CN;MFN;1;1.00;", "is not in the tariff"),
        ("6404.11.91.00;CN;CEUT;1;1.00;", "claim CEUT"),
        ("6404.11.91.00;;MFN;1;1.00;", "origin is empty"),
        ("6404.11.91.00;CHN;MFN;1;1.00;", "origin has more than 2 characters"),
        ("6404.11.91.00;CN;MFN;1.2345;1.00;", "quantity is not a number"),
        ("6404.11.91.00;CN;MFN;1;$1.00;", "value is not an amount"),
        ("6404.11.91.00;CN;MFN;1;1.00;perhaps", "surtax_is_contested is yes or no"),
        ("6404.11.91.00;CN;MFN", "This row has 3 cells"),
    ],
)
def test_a_wrong_row_is_reported_and_nothing_is_taken(
    cast: Cast, account: ProgramAccount, wen: Client, row: str, problem: str
) -> None:
    declaration = drafted(cast.world, released(cast.world, account, cast.harbourline))
    address = f"{base(account)}{declaration.number}/edit/invoices/1/import/"
    good = "6404.11.91.00;CN;MFN;1;1.00;no\n"
    page = text(wen.post(address, {"text": HEADER + good + "\n" + row, "import": "1"}))
    assert problem in page.replace("&#x27;", "'") and "Good" in page and "Not taken" in page
    assert Line.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "This file is empty"),
        (b"\xff\xfe\x00", "in UTF-8"),
        (b"classification,origin\n1,2\n", "lacks these columns: treatment, quantity, value"),
        (HEADER.encode(), "no lines under the first row"),
        ((HEADER.strip() + ";colour\nx;;;;;;").encode(), "Name each column once"),
        (b'classification,"origin\n', "be read as CSV"),
        ((HEADER + "6404.11.91.00;CN;MFN;1;1.00;\n" * 1001).encode(), "at most 1000"),
        (b"x" * 1_000_001, "larger than 1 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_said(
    cast: Cast, account: ProgramAccount, wen: Client, content: bytes, problem: str
) -> None:
    declaration = drafted(cast.world, released(cast.world, account, cast.harbourline))
    page = text(wen.post(f"{base(account)}{declaration.number}/edit/invoices/1/import/", {"file": upload(content)}))
    assert problem in page


def test_a_file_that_no_longer_fits_is_refused_on_import(cast: Cast, account: ProgramAccount, wen: Client) -> None:
    declaration = drafted(cast.world, released(cast.world, account, cast.harbourline))
    rows = HEADER + "6404.11.91.00;CN;MFN;1;1.00;\n" * 1000
    page = wen.post(f"{base(account)}{declaration.number}/edit/invoices/1/import/", {"text": rows, "import": "1"})
    assert "at most 1000 lines" in text(page) and Line.objects.count() == 1


# --- Who sees and does what ------------------------------------------------------------------------------------------


def test_strangers_and_missing_numbers_get_the_same_answer(cast: Cast, account: ProgramAccount, amara: Client) -> None:
    declaration = accepted(cast.world, released(cast.world, account, cast.northlight))
    stranger, officer = signed_in(cast.stranger), signed_in(cast.daniel)
    pages = ["", f"{declaration.number}/", f"{declaration.number}/submitted/", f"{declaration.number}/correct/"]
    for page in pages:
        assert stranger.get(base(account) + page).status_code == 404
        assert officer.get(base(account) + page).status_code == 404
        assert Client().get(base(account) + page).status_code == 302
    assert amara.get(f"{base(account)}12345678901234/").status_code == 404
    assert amara.get(f"{base(account)}start/12345678901234/").status_code == 404


def test_a_reader_reads_and_does_nothing_else(cast: Cast, account: ProgramAccount) -> None:
    reader = cast.world.person("Rhea Reader")
    cast.world.membership(reader, cast.northlight, Membership.Role.READER, accounts=(account,))
    client = signed_in(reader)
    declaration = accepted(cast.world, released(cast.world, account, cast.northlight))
    one = f"{base(account)}{declaration.number}/"
    page = text(client.get(one))
    assert declaration.number in page and "Correct it" not in page
    for closed in ("edit/", "check/", "correct/", "discard/", "reopen/", "edit/invoices/1/", "edit/invoices/1/import/"):
        assert client.get(one + closed).status_code == 403
    assert client.get(f"{base(account)}tariff/?q=nuts&for={declaration.number}-1-1").status_code == 200


def test_another_filers_draft_is_read_only(cast: Cast, account: ProgramAccount, amara: Client) -> None:
    declaration = drafted(cast.world, released(cast.world, account, cast.harbourline))
    one = f"{base(account)}{declaration.number}/"
    assert "Harbourline Customs Brokers Ltd. is writing this declaration" in text(amara.get(one))
    for closed in ("edit/", "check/", "edit/invoices/1/lines/1/"):
        assert amara.get(one + closed).status_code == 403
    assert amara.post(f"{one}edit/invoices/1/remove/").status_code == 403


@pytest.fixture
def limited(cast: Cast, account: ProgramAccount) -> Delegation:
    """Passerelle sees only what it submitted itself."""
    return cast.world.delegation(cast.passerelle, cast.northlight, accounts=(account,))


def test_hidden_transactions_leak_nowhere(cast: Cast, account: ProgramAccount, limited: Delegation) -> None:
    own = accepted(cast.world, released(cast.world, account, cast.passerelle))
    hidden = [
        accepted(cast.world, released(cast.world, account, cast.harbourline), NUTS),
        accepted(cast.world, released(cast.world, account, cast.northlight), PACKS),
        drafted(cast.world, released(cast.world, account, cast.harbourline)),
    ]
    waiting = released(cast.world, account, cast.harbourline)
    ines = signed_in(cast.ines)
    for page in ("", "?submitter=", f"?number={hidden[0].number}"):
        shown = text(ines.get(base(account) + page))
        assert not any(f"/declarations/{other.number}/" in shown for other in hidden)
        assert "Harbourline" not in shown and waiting.transaction_number not in shown
        assert "690.63" not in shown
    page = text(ines.get(base(account)))
    assert own.number in page and "1 declaration" in page and page.count("2,351.76") == 2
    for other in hidden:
        for place in ("", "submitted/", "edit/", "check/", "correct/", "edit/invoices/1/lines/1/"):
            assert ines.get(f"{base(account)}{other.number}/{place}").status_code == 404
        assert ines.get(f"/api/v1/accounts/{account.number}/declarations/{other.number}").status_code == 404
    assert ines.get(f"{base(account)}start/{waiting.transaction_number}/").status_code == 404
    listed = ines.get(f"/api/v1/accounts/{account.number}/declarations").json()
    assert [row["number"] for row in listed["results"]] == [own.number]
    releases = text(ines.get(f"/en/accounts/{account.number}/releases/"))
    assert own.number in releases and waiting.transaction_number not in releases
    visibility = visibility_of(
        provider_id=cast.passerelle.pk, client_id=cast.northlight.pk, sees_client=False, sees_others=False
    )
    totals = queries.totals_of(queries.declarations_of(account.pk, visibility=visibility))
    assert (totals.count, totals.total) == (1, Decimal("2351.76"))
    assert queries.home_tasks(account.pk, visibility, cast.world.today) == []
    assert queries.filers_and_totals(account.pk, visibility=visibility)[0] == [
        (cast.passerelle.pk, cast.passerelle.legal_name)
    ]


def test_the_filter_narrows_rows_and_totals_together(cast: Cast, account: ProgramAccount, amara: Client) -> None:
    first = accepted(cast.world, released(cast.world, account, cast.harbourline))
    second = accepted(cast.world, released(cast.world, account, cast.northlight), PACKS)
    page = text(
        amara.get(f"{base(account)}?submitter={cast.harbourline.pk}&number={first.number}&released_from=2026-07-01")
    )
    assert first.number in page and second.number not in page and "1 declaration" in page
    assert "submitted by Harbourline" in page and "number beginning with" in page
    assert "No declaration matches" in text(amara.get(f"{base(account)}?released_to=2026-07-21"))
    assert "Enter the date" in text(amara.get(f"{base(account)}?released_to=soon"))


def test_lists_cost_the_same_for_one_row_and_for_fifty(cast: Cast, account: ProgramAccount) -> None:
    client = signed_in(cast.amara)
    addresses = (
        base(account),
        f"/en/accounts/{account.number}/releases/",
        f"/api/v1/accounts/{account.number}/declarations",
        f"/en/businesses/{cast.northlight.bn9}/releases/",
        f"/api/v1/releases?filer={cast.northlight.bn9}",
    )

    def counts() -> list[int]:
        found = []
        for address in addresses:
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert client.get(address).status_code == 200
            found.append(len(captured))
        return found

    accepted(cast.world, released(cast.world, account, cast.northlight))
    released(cast.world, account, cast.northlight)
    client.get(base(account))
    one = counts()
    for _time in range(25):
        accepted(cast.world, released(cast.world, account, cast.northlight))
        released(cast.world, account, cast.northlight)
    assert counts() == one
    assert "Next" in text(client.get(base(account))) and "26 declarations" in text(client.get(base(account)))


def test_the_editor_costs_the_same_for_one_line_and_for_fifty(cast: Cast, account: ProgramAccount, wen: Client) -> None:
    declaration = drafted(cast.world, released(cast.world, account, cast.harbourline))
    pages = [
        f"{base(account)}{declaration.number}/{page}" for page in ("", "edit/", "edit/invoices/1/lines/1/", "check/")
    ]

    def counts() -> list[int]:
        found = []
        for page in pages:
            with CaptureQueriesContext(connection) as captured:
                assert wen.get(page).status_code == 200
            found.append(len(captured))
        return found

    counts()
    one = counts()
    invoice = Line.objects.get().invoice
    services.add_lines(declaration=declaration, invoice=invoice, entries=[BOOTS, PACKS] * 25, at=cast.world.at)
    assert counts() == one


# --- After acceptance ------------------------------------------------------------------------------------------------


def test_a_number_is_explained_and_versions_can_be_read(cast: Cast, account: ProgramAccount, wen: Client) -> None:
    declaration = accepted(cast.world, released(cast.world, account, cast.harbourline), NUTS)
    one = f"{base(account)}{declaration.number}/"
    page = text(wen.get(f"{one}?explain=1-1"))
    assert "Explain this number" in page and "Line 1: $690.63" in page
    assert f"Entry in the book: declaration:{declaration.number}:v1" in page
    assert "Explain this number" not in text(wen.get(f"{one}?explain=7-7"))
    assert "Start the correction" in text(wen.get(f"{one}correct/"))
    edit = wen.post(f"{one}correct/")["Location"]
    assert "Correction" in text(wen.get(edit)) and "Discard the correction" in text(wen.get(edit))
    assert "A correction is being written" in text(wen.get(one))
    line = {**LINE, "classification": NUTS.classification, "origin": "FI", "treatment": "CEUT", "value": "2200.00"}
    wen.post(f"{one}edit/invoices/1/lines/1/", line)
    wen.post(f"{one}edit/invoices/1/", {**INVOICE, "total": "2200.00"})
    check = text(wen.get(f"{one}check/"))
    assert "Submit the correction, −$3.13" in check
    assert "Say what was wrong" in text(wen.post(f"{one}check/", {}))
    done = wen.post(f"{one}check/", {"reason": "Ten dollars too much"})["Location"]
    assert "Correction accepted" in text(wen.get(done))
    page = text(wen.get(one))
    assert "Ten dollars too much" in page and "$687.50" in page
    assert "$690.63" in text(wen.get(f"{one}?version=1"))


def test_a_correction_is_discarded_on_its_page(cast: Cast, account: ProgramAccount, wen: Client) -> None:
    declaration = accepted(cast.world, released(cast.world, account, cast.harbourline))
    one = f"{base(account)}{declaration.number}/"
    wen.post(f"{one}correct/")
    assert "What you changed is lost" in text(wen.get(f"{one}discard/"))
    assert wen.post(f"{one}discard/")["Location"] == one
    assert "has been submitted" in text(wen.post(f"{one}discard/"))


def test_a_late_draft_says_so_and_is_found_again_from_its_release(
    cast: Cast, account: ProgramAccount, wen: Client
) -> None:
    release = released(cast.world, account, cast.harbourline, at=moment(date(2026, 7, 2)))
    declaration = drafted(cast.world, release, invoice=replace(LATE_INVOICE, total=Decimal("1.00")))
    one = f"{base(account)}{declaration.number}/"
    assert wen.get(f"{base(account)}start/{declaration.number}/")["Location"] == one
    page = text(wen.get(f"{one}check/"))
    assert "Submit now; a late accounting penalty may follow" in page and "Something is missing" in page
    assert "The lines add up to CAD 9,840.00" in text(wen.post(f"{one}check/"))
    assert "days late" in text(wen.get(base(account)))


def test_c_type_goes_to_the_port_and_back(cast: Cast) -> None:
    release = released(cast.world, cast.account, cast.harbourline, kind=ReleaseKind.CTYPE)
    declaration = drafted(cast.world, release)
    wen = signed_in(cast.wen)
    one = f"{base(cast.account)}{declaration.number}/"
    assert "Make ready for the port, $2,351.76" in text(wen.get(f"{one}check/"))
    page = text(wen.get(wen.post(f"{one}check/")["Location"]))
    assert "Declaration ready for the port" in page and "two printed copies" in page
    assert "Ready for the port" in text(wen.get(one))
    assert "at the port" in text(wen.get(base(cast.account)))
    assert wen.get(f"{one}edit/")["Location"] == one
    assert "Throw printed copies away" in text(wen.get(f"{one}reopen/"))
    assert wen.post(f"{one}reopen/")["Location"] == f"{one}edit/"
    assert wen.get(f"{one}submitted/")["Location"] == one
    services.submit(declaration=declaration, actor=filer(cast.world, cast.harbourline), at=cast.world.at)
    services.pay_at_counter(
        declaration=declaration, method="CASH", actor=filer(cast.world, cast.harbourline), at=cast.world.at
    )
    assert "Paid at the port" in text(wen.get(one)) and "Paid at the port" in text(wen.get(f"{one}submitted/"))


def test_the_home_page_learns_what_is_to_be_done(cast: Cast, account: ProgramAccount) -> None:
    drafted(cast.world, released(cast.world, account, cast.harbourline))
    released(cast.world, account, cast.northlight)
    port = drafted(cast.world, released(cast.world, account, cast.harbourline, kind=ReleaseKind.CTYPE))
    actor = filer(cast.world, cast.harbourline)
    services.submit(declaration=port, actor=actor, at=cast.world.at)
    done = accepted(cast.world, released(cast.world, account, cast.harbourline))
    services.start_correction(declaration=done, submitter=cast.harbourline, actor=actor, at=cast.world.at)
    tasks = queries.home_tasks(account.pk, FULL, cast.world.today)
    assert [task.kind for task in tasks] == ["port", "draft", "release", "correction"]
    assert [task.is_late for task in tasks] == [False] * 4
    page = text(signed_in(cast.amara).get(base(account)))
    assert "Finish the correction" in page and "Account for release" in page and "Finish draft" in page


def test_the_preview_of_a_delegation_counts_what_each_submitted(cast: Cast, account: ProgramAccount) -> None:
    for submitter in (cast.harbourline, cast.harbourline, cast.northlight):
        accepted(cast.world, released(cast.world, account, submitter))
    drafted(cast.world, released(cast.world, account, cast.northlight))
    preview = queries.preview_transactions(business_id=cast.northlight.pk, program_account_ids=[account.pk], limit=2)
    assert preview.counts == {cast.harbourline.pk: 2, cast.northlight.pk: 1}
    assert [row.submitter_name for row in preview.rows] == [
        "Northlight Outdoor Supply Inc.",
        cast.harbourline.legal_name,
    ]
    assert Release.objects.count() == 4


@pytest.mark.parametrize(
    "page", ["", "{number}/", "{number}/edit/invoices/1/lines/1/", "{number}/check/", "tariff/?q=noix"]
)
def test_the_pages_stand_in_french_too(cast: Cast, account: ProgramAccount, wen: Client, page: str) -> None:
    declaration = drafted(cast.world, released(cast.world, account, cast.harbourline), PACKS)
    response = wen.get(base(account, "fr") + page.format(number=declaration.number))
    assert response.status_code == 200
