"""Pages of requests by kind, the officers' desk of releases, and files that show no more than their reader may see."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.models import ProgramAccount
from core.models import AuditEvent
from releases import services
from releases.models import Admission, Release, ReleaseMessage
from releases.rules import Step
from tests.builders import Cast, actor, signed_in
from tests.declarations.desk import moment, released, secured
from tests.releases.test_pages import base, call, form, post, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def wen(cast: Cast) -> Client:
    return signed_in(cast.wen)


def test_each_kind_says_what_it_needs_and_opens_the_group(cast: Cast, account: ProgramAccount, wen: Client) -> None:
    address = f"{base(cast)}request/"
    for given, sentences in (
        ({"expected_arrival_on": ""}, ["Enter the day on which the goods arrive"]),
        ({"expected_arrival_on": "2027-01-01"}, ["30 days before arrival at most"]),
        ({"cargo_control_number": "8042"}, ["the carrier's code of four characters and a reference"]),
        (
            {"kind": "CLVS", "estimated_value": "4000.00"},
            ["are worth $3,300.00 at most", "Confirm that no other department controls the goods"],
        ),
        ({"kind": "IID", "department": "CFIA"}, ["Enter the number of the permit"]),
        ({"contingency_account": account.number}, ["Choose what kind of goods they are"]),
    ):
        page = text(wen.post(address, form(account, **given)))
        assert all(sentence in page for sentence in sentences), given
    assert '<details class="details" open' in page and not Release.objects.exists()
    iid = form(account, kind="IID", department="CFIA", permit_number="A-2026-1", expected_arrival_on="2026-07-24")
    page = text(wen.get(wen.post(address, iid)["Location"]))
    assert "the goods are expected on" in page
    assert "Canadian Food Inspection Agency, A-2026-1" in page and "Accepted, awaiting arrival of the goods" in page
    assert "Start the declaration" not in page
    release = Release.objects.get()
    assert (release.state, release.expected_arrival_on) == ("AWAITING", date(2026, 7, 24))
    again = text(wen.get(f"{address}?kind=IID&again={release.transaction_number}"))
    assert 'value="2026-07-24"' in again and "A-2026-1" in again
    assert wen.get(base(cast, "fr") + f"{release.transaction_number}/").status_code == 200


def test_an_officer_finds_a_request_and_decides(cast: Cast, account: ProgramAccount, wen: Client) -> None:
    release = released(cast.world, account, cast.harbourline, expected_arrival_on=date(2026, 7, 24))
    daniel = signed_in(cast.daniel)
    assert release.transaction_number in text(daniel.get("/en/officers/releases/"))
    assert "No release here has this number" in text(daniel.get("/en/officers/releases/?number=1"))
    found = daniel.get(f"/en/officers/releases/?number={release.cargo_control_number.lower()}")
    assert found["Location"].endswith(f"/officers/releases/{release.transaction_number}/")
    for given, sentence in (
        ({"step": "LET_GO", "reason": "x"}, "Select a valid choice"),
        ({"step": "HOLD", "reason": ""}, "Give the reason in a sentence"),
    ):
        assert sentence in text(daniel.post(found["Location"], given))
    assert daniel.post(found["Location"], {"step": "HOLD", "reason": "Labels are missing"}).status_code == 302
    assert "On hold" in text(daniel.get(found["Location"]))
    page = text(wen.get(f"{base(cast)}{release.transaction_number}/"))
    assert "The goods are on hold" in page and "Labels are missing" in page
    for state, words in (("EXAMINATION", "Present the goods"), ("MAY_MOVE", "Move them to their destination")):
        Release.objects.update(state=state)
        assert words in text(wen.get(f"{base(cast)}{release.transaction_number}/"))
    assert daniel.get("/en/officers/releases/12345678901234/").status_code == 404


def test_an_officer_admits_and_ends_an_admission(cast: Cast, account: ProgramAccount) -> None:
    daniel = signed_in(cast.daniel)
    address = "/en/officers/releases/admissions/"
    assert "Nobody is admitted" in text(daniel.get(address))
    page = text(daniel.post(address, {"kind": "CONTINUOUS", "number": "999999999RM0001", "reason": "Gas"}))
    assert "Nobody here has this number" in page and 'value="Gas"' in page
    written = f"{account.number[:9]} rm-{account.number[-4:]}"
    assert daniel.post(address, {"kind": "CONTINUOUS", "number": written, "reason": "Gas"}).status_code == 302
    row = Admission.objects.get()
    assert row.program_account == account and "Gas" in text(daniel.get(address))
    assert "Give the reason" in text(daniel.post(f"{address}{row.pk}/end/", {}))
    assert daniel.post(f"{address}{row.pk}/end/", {"reason": "Left"}).status_code == 302
    assert "has ended already" in text(daniel.post(f"{address}{row.pk}/end/", {"reason": "Left"}))
    assert daniel.get(f"{address}999999/end/").status_code == 404
    assert AuditEvent.objects.get(verb="admission.ended").reason == "Left"
    assert daniel.get("/admin/releases/admission/").status_code in (200, 302)


def test_the_files_hold_what_the_list_shows_and_no_more(cast: Cast, account: ProgramAccount, wen: Client) -> None:
    mine = released(cast.world, account, cast.harbourline, at=moment(date(2026, 7, 2)))
    released(cast.world, cast.overdue_account, cast.harbourline)
    hidden = released(cast.world, account, cast.northlight)
    cast.world.delegation(cast.passerelle, cast.northlight, accounts=(account,))
    lines = wen.get(f"{base(cast)}file/?accounting=overdue").content.decode("utf-8-sig").splitlines()
    assert len(lines) == 2 and lines[1].startswith(mine.transaction_number) and ",-13," in lines[1]
    assert len(wen.get(f"{base(cast)}file/").content.decode().splitlines()) == 3
    assert len(wen.get(f"{base(cast)}file/?state=REFUSED").content.decode().splitlines()) == 2
    page = text(wen.get(f"{base(cast)}?accounting=open"))
    assert "Only: To account for." in page and mine.transaction_number in page
    address = f"/en/accounts/{account.number}/releases/"
    owner = signed_in(cast.amara).get(f"{address}file/?accounting=open").content.decode()
    assert mine.transaction_number in owner and hidden.transaction_number in owner
    assert mine.transaction_number in text(signed_in(cast.amara).get(f"{address}?accounting=overdue"))
    narrow = signed_in(cast.ines)
    for page in (narrow.get(f"{address}file/").content.decode(), text(narrow.get(address))):
        assert mine.transaction_number not in page and hidden.transaction_number not in page
    assert "No release in this state" in text(narrow.get(f"{address}?accounting=overdue"))


def test_the_api_takes_each_kind_and_tells_its_messages(cast: Cast, account: ProgramAccount, wen: Client) -> None:
    wrong = post(wen, call(account, kind="IID", department="CFIA"))
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["field"]) == (400, "permit_missing", "permit_number")
    body: dict[str, Any] = post(wen, call(account, expected_arrival_on="2026-07-25"), key="key-2").json()
    assert (body["state"], body["expected_arrival_on"], body["released_on"]) == ("AWAITING", "2026-07-25", None)
    services.take_step(
        release=Release.objects.get(),
        step=Step.EXAMINE,
        reason="Seals",
        actor=actor(cast.daniel),
        at=cast.world.at,
    )
    one = wen.get(f"/api/v1/releases/{body['transaction_number']}").json()
    assert [(sent["code"], sent["note"]) for sent in one["messages"]] == [
        ("AWAITING_ARRIVAL", ""),
        ("EXAMINATION", "Seals"),
    ]
    assert wen.get("/api/v1/releases/12345678901234").status_code == 404
    assert signed_in(cast.amara).get(f"/api/v1/releases/{body['transaction_number']}").status_code == 404


def test_each_new_refusal_leads_somewhere(cast: Cast, wen: Client) -> None:
    special = cast.world.program_account(cast.harbourline, name="RPP Contingency - Harbourline")
    request = form(cast.account, contingency_account=special.number, goods_category="OTHER")
    page = text(wen.get(wen.post(f"{base(cast)}request/", request)["Location"]))
    assert "The contingency plan is not for these goods" in page and "Ask for release as C-type" in page
    page = text(wen.get(wen.post(f"{base(cast)}request/", {**request, "goods_category": "DAIRY"})["Location"]))
    assert "no contingency account that can be used" in page and "Ask again" in page
    secured(cast.world, cast.account)
    page = text(wen.get(wen.post(f"{base(cast)}request/", form(cast.account, kind="CSA"))["Location"]))
    assert "not admitted to customs self assessment" in page and "Ask again" in page
    assert str(ReleaseMessage.objects.first()).endswith("REFUSED")


def test_the_list_of_the_desk_costs_the_same_for_one_and_many(
    cast: Cast, account: ProgramAccount, django_assert_max_num_queries: Any
) -> None:
    daniel = signed_in(cast.daniel)
    for _time in range(12):
        released(cast.world, account, cast.harbourline, expected_arrival_on=date(2026, 7, 24))
    with django_assert_max_num_queries(8):
        daniel.get("/en/officers/releases/")
