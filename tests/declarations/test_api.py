"""Filing and reading by API: one call, exact amounts, once per key, errors with the path of the field."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership, ProgramAccount
from declarations.api import COURIER_EXAMPLE
from declarations.models import Declaration
from ledger.queries import balance_of
from releases.models import Release
from tests.builders import Cast, signed_in
from tests.declarations import desk
from tests.declarations.desk import drafted, released

pytestmark = pytest.mark.django_db
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "declarations"


def call(release: Release, **changes: Any) -> dict[str, Any]:
    line = {
        "classification": "6404.11.91.00",
        "origin": "CN",
        "treatment": "MFN",
        "quantity": "240",
        "value": "9840.00",
    }
    invoice = {
        "number": "SSP-88214",
        "dated_on": "2026-07-14",
        "vendor": "Summit Supply Partners LLC",
        "vendor_country": "US",
        "shipped_on": "2026-07-15",
        "currency": "CAD",
        "total": "9840.00",
        "lines": [line],
    }
    return {"release": release.transaction_number, "invoices": [invoice], **changes}


def post(client: Client, account: ProgramAccount, body: Any, key: str | None = "key-1") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(
        f"/api/v1/accounts/{account.number}/declarations", json.dumps(body), "application/json", headers=headers
    )


@pytest.fixture
def release(cast: Cast, account: ProgramAccount) -> Release:
    return released(cast.world, account, cast.harbourline)


def test_one_call_files_a_declaration_and_answers_with_its_amounts(
    cast: Cast, account: ProgramAccount, release: Release
) -> None:
    wen = signed_in(cast.wen)
    answer = post(wen, account, call(release))
    assert answer.status_code == 201
    body = answer.json()
    assert (body["number"], body["state"], body["total"]) == (release.transaction_number, "ACCEPTED", "2351.76")
    assert (body["submitter"], body["payment_due_on"]) == (cast.harbourline.bn9, "2026-08-31")
    line = body["invoices"][0]["lines"][0]
    assert (line["value_for_duty"], line["duty"], line["gst"], line["duty_rate"], line["surtax_rate"]) == (
        "9840.00",
        "1771.20",
        "580.56",
        "18%",
        "0",
    )
    again = post(wen, account, call(release))
    assert (again.status_code, again.json(), again["Idempotent-Replayed"]) == (201, body, "true")
    assert balance_of(account.pk).receivable.__str__() == "2351.76"
    second = post(wen, account, call(release), key="key-2")
    assert (second.status_code, second.json()["code"], second.json()["field"]) == (409, "already_accounted", "release")
    other = post(wen, account, call(release, invoices=[]))
    assert other.status_code == 400
    read = signed_in(cast.amara).get(f"/api/v1/accounts/{account.number}/declarations/{body['number']}")
    assert read.json() == body
    listed = signed_in(cast.amara).get(f"/api/v1/accounts/{account.number}/declarations").json()
    assert (listed["next"], [row["total"] for row in listed["results"]]) == (None, ["2351.76"])


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("release",), "12", "release"),
        (("release",), "00000000000000", "release"),
        (("invoices",), [], "invoices"),
        (("invoices", 0, "currency"), "DOLLARS", "invoices[0].currency"),
        (("invoices", 0, "currency"), "XXX", "invoices[0].currency"),
        (("invoices", 0, "total"), "1.00", "invoices[0].total"),
        (("invoices", 0, "total"), "1.001", "invoices[0].total"),
        (("invoices", 0, "shipped_on"), "2026-02-30", "invoices[0].shipped_on"),
        (("invoices", 0, "shipped_on"), "2026-07-30", "invoices[0].shipped_on"),
        (("invoices", 0, "vendor"), "x" * 121, "invoices[0].vendor"),
        (("invoices", 0, "lines"), [], "invoices[0].lines"),
        (("invoices", 0, "lines", 0, "classification"), "9999999999", "invoices[0].lines[0].classification"),
        (("invoices", 0, "lines", 0, "classification"), "x" * 14, "invoices[0].lines[0].classification"),
        (("invoices", 0, "lines", 0, "treatment"), "CEUT", "invoices[0].lines[0].treatment"),
        (("invoices", 0, "lines", 0, "origin"), "China", "invoices[0].lines[0].origin"),
        (("invoices", 0, "lines", 0, "quantity"), "-1", "invoices[0].lines[0].quantity"),
        (("invoices", 0, "lines", 0, "value"), None, "invoices[0].lines[0].value"),
        (("invoices", 0, "lines", 0, "gst_exemption"), "99", "invoices[0].lines[0].gst_exemption"),
    ],
)
def test_the_first_bad_field_is_named_by_its_path_and_nothing_is_written(
    cast: Cast, account: ProgramAccount, release: Release, path: tuple[Any, ...], value: Any, field: str
) -> None:
    body: Any = copy.deepcopy(call(release))
    place = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    answer = post(signed_in(cast.wen), account, body)
    assert answer.status_code == 400
    assert answer.json()["field"] == field
    assert answer.json().keys() == {"code", "message", "field", "link"}
    assert not Declaration.objects.exists()


def test_too_many_lines_in_all_are_refused(cast: Cast, account: ProgramAccount, release: Release) -> None:
    body = call(release)
    body["invoices"][0]["lines"] *= 600
    body["invoices"] *= 2
    answer = post(signed_in(cast.wen), account, body)
    assert (answer.status_code, answer.json()["field"]) == (400, "invoices")


def test_a_call_without_key_or_session_or_seat_is_refused(
    cast: Cast, account: ProgramAccount, release: Release
) -> None:
    assert post(signed_in(cast.wen), account, call(release), key=None).json()["field"] == "Idempotency-Key"
    assert post(Client(), account, call(release)).status_code == 401
    assert post(signed_in(cast.stranger), account, call(release)).status_code == 404
    reader = cast.world.person("Rhea Reader")
    cast.world.membership(reader, cast.northlight, Membership.Role.READER, accounts=(account,))
    assert post(signed_in(reader), account, call(release)).status_code == 403
    stranger = signed_in(cast.stranger)
    assert stranger.get(f"/api/v1/accounts/{account.number}/declarations").status_code == 404
    assert stranger.get(f"/api/v1/accounts/{account.number}/declarations/12345678901234").status_code == 404


def test_errors_come_in_the_callers_language(cast: Cast, account: ProgramAccount, release: Release) -> None:
    answer = signed_in(cast.wen).get(
        f"/api/v1/accounts/{account.number}/declarations/12345678901234", headers={"Accept-Language": "fr"}
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_draft_can_be_read_by_api(cast: Cast, account: ProgramAccount, release: Release) -> None:
    declaration = drafted(cast.world, release)
    read = signed_in(cast.wen).get(f"/api/v1/accounts/{account.number}/declarations/{declaration.number}").json()
    assert (read["state"], read["total"], len(read["invoices"])) == ("DRAFT", "2351.76", 1)


@pytest.mark.parametrize("name", [path.name for path in sorted(EXAMPLES.glob("*.json"))])
def test_the_examples_are_accepted_as_they_stand(
    cast: Cast, account: ProgramAccount, release: Release, name: str
) -> None:
    body = json.loads((EXAMPLES / name).read_text()) | {"release": release.transaction_number}
    answer = post(signed_in(cast.wen), account, body)
    assert answer.status_code == 201, answer.json()


def test_the_schema_describes_the_calls(cast: Cast) -> None:
    schema = signed_in(cast.amara).get("/api/v1/schema", headers={"Accept": "application/json"}).json()
    operation = schema["paths"]["/api/v1/accounts/{number}/declarations"]["post"]
    assert operation["operationId"] == "file_declaration"
    assert "Idempotency-Key" in {parameter["name"] for parameter in operation["parameters"]}
    assert "One invoice with one line" in str(operation) or "OneInvoiceWithOneLine" in str(operation)
    assert schema["paths"]["/api/v1/releases"]["post"]["operationId"] == "request_release"


def test_a_month_of_courier_releases_is_filed_in_one_call(cast: Cast, account: ProgramAccount) -> None:
    numbers = [desk.courier(cast.world, account, cast.harbourline).transaction_number for _number in range(2)]
    wen = signed_in(cast.wen)
    body: dict[str, Any] = {**COURIER_EXAMPLE, "releases": numbers}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"release": numbers[0]}, "release"),
        ({"releases": []}, "release"),
        ({"releases": [*numbers, "17042000000126"]}, "releases"),
        ({"header": {"unlading_port": "9999"}}, "header.unlading_port"),
    ]
    for place, (changes, field) in enumerate(wrong):
        answer = post(wen, account, {**body, **changes}, key=f"wrong-{place}")
        assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert not Declaration.objects.exists()
    answer = post(wen, account, body, key="courier-month")
    assert answer.status_code == 201
    given = answer.json()
    assert (given["type"], given["releases"], given["header"]["carrier"]) == ("F", numbers, "8042")
    line = given["invoices"][0]["lines"][0]
    assert (line["province"], line["provincial_rate"], line["gst"]) == ("ON", "13", "0.00")
    assert given["hst"] == line["hst"] != "0.00"
