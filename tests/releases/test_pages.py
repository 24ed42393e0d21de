"""Pages and API of releases: the answer comes at once, with the way out, and nobody sees another filer's requests."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership, ProgramAccount
from releases import queries
from releases.models import Release
from releases.rules import ReleaseKind
from tests.builders import Cast, business_number, signed_in
from tests.declarations.desk import accepted, moment, released

pytestmark = pytest.mark.django_db


def form(account: ProgramAccount | str, **changes: Any) -> dict[str, Any]:
    number = account if isinstance(account, str) else account.number
    return {
        "account_number": number,
        "kind": "PARS",
        "cargo_control_number": "8042 pars 884120",
        "office": "0453",
        "goods": "Hiking boots",
        "estimated_value": "26500.00",
        "expected_arrival_on": "2026-07-22",
        **changes,
    }


def base(cast: Cast, language: str = "en") -> str:
    return f"/{language}/businesses/{cast.harbourline.bn9}/releases/"


def text(response: Any) -> str:
    return response.content.decode().replace("\u00a0", " ").replace("&#x27;", "'")


@pytest.fixture
def wen(cast: Cast) -> Client:
    return signed_in(cast.wen)


def test_a_broker_asks_and_reads_the_answer(cast: Cast, account: ProgramAccount, wen: Client) -> None:
    assert "No releases yet" in text(wen.get(base(cast)))
    assert "Office of release" in text(wen.get(f"{base(cast)}request/?account={account.number}&kind=RMD"))
    answer = wen.post(f"{base(cast)}request/", form(account))
    page = text(wen.get(answer["Location"]))
    assert "Account for the goods in 7 days" in page and "Start the declaration" in page
    assert "8042PARS884120" in page and "0453 Windsor" in page and "Northlight" in page
    assert "in 7 days" in text(wen.get(base(cast)))
    again = text(wen.post(f"{base(cast)}request/", form(account)))
    assert "was released before, under transaction" in again and 'value="Hiking boots"' in again


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(cast: Cast, account: ProgramAccount, wen: Client) -> None:
    wrong = form(account, cargo_control_number="??", estimated_value="$5", office="", goods="x" * 201, kind="")
    page = text(wen.post(f"{base(cast)}request/", wrong))
    for sentence in (
        "Use letters and digits only",
        "Leave out the dollar sign",
        "Choose the office",
        "Shorten this to 200",
    ):
        assert sentence in page
    assert 'value="$5"' in page and not Release.objects.exists()
    assert "nine digits" in text(wen.post(f"{base(cast)}request/", form("123")))


def test_without_security_the_page_leads_to_c_type(cast: Cast, wen: Client) -> None:
    refused = wen.post(f"{base(cast)}request/", form(cast.account))["Location"]
    page = text(wen.get(refused))
    assert "No Release Prior to Payment" in page and "Ask for release as C-type" in page
    number = refused.rstrip("/").rsplit("/", 1)[1]
    again = text(wen.get(f"{base(cast)}request/?again={number}&kind=CTYPE"))
    assert cast.account.number in again and "8042PARS884120" in again
    waiting = wen.post(f"{base(cast)}request/", form(cast.account, kind="CTYPE"))["Location"]
    page = text(wen.get(waiting))
    assert "Waiting for payment at the port" in page and "Prepare the declaration" in page


def test_the_importer_itself_is_led_to_enrol(cast: Cast) -> None:
    amara = signed_in(cast.amara)
    home = f"/en/businesses/{cast.northlight.bn9}/releases/"
    page = text(amara.get(amara.post(f"{home}request/", form(cast.account))["Location"]))
    assert "No Release Prior to Payment" in page and "Enrol in Release Prior to Payment" in page


def test_each_refusal_names_its_way_out_and_no_stranger(cast: Cast, wen: Client) -> None:
    nobody = wen.post(f"{base(cast)}request/", form(business_number() + "RM0001"))["Location"]
    assert "The importer is not registered" in text(wen.get(nobody))
    stranger = wen.post(f"{base(cast)}request/", form(cast.overdue_account))["Location"]
    page = text(wen.get(stranger))
    assert "The importer has not given you access" in page and "Request access to this client" in page
    assert cast.desrosiers.legal_name not in page and cast.desrosiers.legal_name not in text(wen.get(base(cast)))
    exporter = cast.world.program_account(cast.northlight, "RM0002", profile="EXPORTER")
    page = text(wen.get(wen.post(f"{base(cast)}request/", form(exporter))["Location"]))
    assert "export only" in page and "Ask again for another program account" in page


def test_only_the_own_people_see_the_requests(cast: Cast, account: ProgramAccount) -> None:
    release = released(cast.world, account, cast.harbourline)
    one = f"{base(cast)}{release.transaction_number}/"
    for person in (cast.amara, cast.ines, cast.stranger, cast.daniel):
        for address in (base(cast), one, f"{base(cast)}request/"):
            assert signed_in(person).get(address).status_code == 404
    assert Client().get(one).status_code == 302
    reader = cast.world.person("Rhea Reader")
    cast.world.membership(reader, cast.harbourline, Membership.Role.READER)
    client = signed_in(reader)
    assert "Start the declaration" not in text(client.get(one))
    assert client.get(f"{base(cast)}request/").status_code == 403
    assert signed_in(cast.wen).get(f"{base(cast)}12345678901234/").status_code == 404


def test_a_program_manager_sees_the_own_program_accounts_requests(cast: Cast, account: ProgramAccount) -> None:
    other = cast.world.program_account(cast.northlight, "RM0002")
    mine = released(cast.world, account, cast.northlight)
    hidden = released(cast.world, other, cast.northlight, kind=ReleaseKind.CTYPE)
    manager = cast.world.person("Pia Manager")
    cast.world.membership(manager, cast.northlight, Membership.Role.PAM, accounts=(account,))
    page = text(signed_in(manager).get(f"/en/businesses/{cast.northlight.bn9}/releases/"))
    assert mine.transaction_number in page and hidden.transaction_number not in page


def test_the_list_is_filtered_and_turned_page_by_page(cast: Cast, account: ProgramAccount, wen: Client) -> None:
    numbers = [released(cast.world, account, cast.harbourline).transaction_number for _time in range(30)]
    refused = released(cast.world, cast.overdue_account, cast.harbourline).transaction_number
    first = text(wen.get(base(cast)))
    assert numbers[-1] in first and numbers[0] not in first and "Next" in first and "Previous" not in first
    page = queries.keyset_page(queries.releases_of_submitter(cast.harbourline.pk))
    second = text(wen.get(f"{base(cast)}?before={page.older}"))
    assert numbers[0] in second and numbers[-1] not in second and "Previous" in second and "Next" not in second
    back = queries.keyset_page(queries.releases_of_submitter(cast.harbourline.pk), before=page.older)
    assert numbers[-1] in text(wen.get(f"{base(cast)}?after={back.newer}"))
    only = text(wen.get(f"{base(cast)}?state=REFUSED"))
    assert refused in only and numbers[-1] not in only and "Only: Refused." in only
    assert "No release in this state" in text(wen.get(f"{base(cast)}?state=AT_PORT"))
    for odd in ("?before=x", "?after=-1", "?state=NONE", "?after=99999999999999999999"):
        assert wen.get(base(cast) + odd).status_code == 200


def test_the_account_shows_what_is_to_be_accounted_for_first(cast: Cast, account: ProgramAccount, wen: Client) -> None:
    done = released(cast.world, account, cast.harbourline)
    accepted(cast.world, done)
    late = released(cast.world, account, cast.harbourline, at=moment(cast.world.today.replace(day=2)))
    soon = released(cast.world, account, cast.harbourline)
    rows = queries.open_first(Release.objects.all())
    assert [row.pk for row in rows] == [late.pk, soon.pk, done.pk]
    page = text(wen.get(f"/en/accounts/{account.number}/releases/"))
    assert "Overdue" in page and "Account for it" in page
    assert page.index(late.transaction_number) < page.index(soon.transaction_number)
    assert signed_in(cast.stranger).get(f"/en/accounts/{account.number}/releases/").status_code == 404
    page = text(wen.get(f"{base(cast)}{late.transaction_number}/"))
    assert "late accounting penalty of $100.00" in page
    assert "Released and accounted for" in text(wen.get(f"{base(cast)}{done.transaction_number}/"))
    assert wen.get(f"/fr/accounts/{account.number}/releases/").status_code == 200
    assert wen.get(base(cast, "fr")).status_code == 200


# --- API -------------------------------------------------------------------------------------------------------------


def post(client: Client, body: dict[str, Any], key: str = "key-1") -> Any:
    return client.post("/api/v1/releases", json.dumps(body), "application/json", headers={"Idempotency-Key": key})


def call(account: ProgramAccount, **changes: Any) -> dict[str, Any]:
    body = form(account, cargo_control_number="8042PARS884120", program_account=account.number, **changes)
    del body["account_number"]
    return body


def test_the_api_decides_once_per_key(cast: Cast, account: ProgramAccount, wen: Client) -> None:
    first = post(wen, call(account))
    body = first.json()
    assert (first.status_code, body["state"], body["refusal"], body["way_out"]) == (201, "RELEASED", None, None)
    assert (body["filer"], body["accounting_due_on"]) == (cast.harbourline.bn9, "2026-07-29")
    again = post(wen, call(account))
    assert (again.json(), Release.objects.count()) == (body, 1)
    clash = post(wen, call(account), key="key-2")
    assert (clash.status_code, clash.json()["field"]) == (409, "cargo_control_number")
    listed = wen.get("/api/v1/releases").json()
    assert [row["transaction_number"] for row in listed["results"]] == [body["transaction_number"]]
    assert signed_in(cast.amara).get("/api/v1/releases").json()["results"] == []


def test_a_refusal_is_an_answer_with_its_way_out(cast: Cast, wen: Client) -> None:
    body = post(wen, call(cast.account)).json()
    assert (body["state"], body["refusal"]) == ("REFUSED", "NO_RPP")
    assert body["reason"] == "No Release Prior to Payment" and "C-type" in body["way_out"]
    assert body["link"].endswith(f"/businesses/{cast.harbourline.bn9}/releases/{body['transaction_number']}/")
    nobody = post(wen, {**call(cast.account), "program_account": business_number() + "RM0001"}, key="key-2").json()
    assert (nobody["refusal"], nobody["link"].split("/")[-2]) == ("NOT_REGISTERED", "register")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"program_account": "123"}, "program_account"),
        ({"kind": "TRUCK"}, "kind"),
        ({"cargo_control_number": "a b"}, "cargo_control_number"),
        ({"office": "9999"}, "office"),
        ({"office": "1"}, "office"),
        ({"goods": ""}, "goods"),
        ({"estimated_value": "-1"}, "estimated_value"),
        ({"filer": "12"}, "filer"),
    ],
)
def test_the_api_names_the_wrong_field(
    cast: Cast, account: ProgramAccount, wen: Client, change: dict[str, Any], field: str
) -> None:
    answer = post(wen, {**call(account), **change})
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert not Release.objects.exists()


def test_somebody_of_several_businesses_names_the_one_that_asks(cast: Cast, account: ProgramAccount) -> None:
    cast.world.membership(cast.wen, cast.northlight)
    wen = signed_in(cast.wen)
    assert post(wen, call(account)).json()["field"] == "filer"
    assert wen.get("/api/v1/releases").status_code == 400
    assert post(wen, {**call(account), "filer": cast.northlight.bn9}).status_code == 201
    assert wen.get(f"/api/v1/releases?filer={cast.desrosiers.bn9}").status_code == 404
    assert Client().get("/api/v1/releases").status_code == 401


def test_the_importer_reads_the_messages_of_a_brokers_release(cast: Cast, account: ProgramAccount) -> None:
    release = released(cast.world, account, cast.harbourline)
    address = f"/en/accounts/{account.number}/releases/"
    cast.world.delegation(cast.passerelle, cast.northlight, accounts=(account,))  # sees its own alone
    page = text(signed_in(cast.amara).get(address))
    sent = queries.messages_of(release.pk).get()
    assert f"Messages of {release.transaction_number}" in page and str(sent.get_code_display()) in page
    narrow = text(signed_in(cast.ines).get(address))
    assert "No releases yet" in narrow and release.transaction_number not in narrow
