"""Every code of the Bond API, each by its cause; the description and the documentation list the same ones."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from structlog.testing import capture_logs

from integrations.access import SuretySeat, surety_call
from integrations.models import ApiCall
from integrations.rules import MEANINGS, Scope
from integrations.software_call import SuretyView
from security import services as bonds
from tests.builders import signed_in
from tests.documents.samples import EICAR, pdf
from tests.integrations.conftest import SYSTEM, Software, code
from tests.security.conftest import charge, moment

pytestmark = pytest.mark.django_db


class Broken(SuretyView):
    """An operation in which something happens that nobody foresaw."""

    @surety_call(Scope.READ)
    def get(self, request: Request, seat: SuretySeat) -> Response:
        raise ZeroDivisionError


def test_what_nobody_foresaw_has_a_code_and_stands_in_the_log(software: Software) -> None:
    request = APIRequestFactory().get("/broken", headers={"Authorization": f"Bearer {software.token}"})
    with capture_logs() as logged:
        answer = Broken.as_view()(request)
    assert (answer.status_code, answer.data["code"], answer.data["field"]) == (500, "BA900", None)
    assert ApiCall.objects.get(path="/broken").code == "BA900"
    [entry] = [entry for entry in logged if entry["event"] == "bond_api.failed"]
    assert entry["exc_info"] and entry["path"] == "/broken"


def test_the_description_and_the_documentation_list_every_code() -> None:
    described = Client().get("/api/v1/schema", headers={"Accept": "application/json"}).json()
    [tag] = [tag for tag in described["tags"] if tag["name"] == "Bond API"]
    listed = re.findall(r"^\| `(BA\d{3})` \|", Path("docs/bond-api.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert re.findall(r"BA\d{3}", tag["description"]) == listed == list(MEANINGS)


def test_a_signed_copy_is_checked_replaced_and_read(
    cast: Any, software: Software, filing: dict[str, Any], settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    pk = f"/{software.call('POST', '', filing).json()['id']}"
    place = f"{pk}/document"
    assert code(software.call("GET", place)) == (404, "not_found")
    assert code(software.call("PUT", place, {"x": 1})) == (415, "unsupported_media_type")
    first, second = pdf(), pdf(b"2 0 obj << >> endobj")

    def put(content: bytes, key: str | None = None) -> Any:
        return software.send("PUT", place, content, kind="application/pdf", key=key)

    for _again in range(2):
        assert put(first, key="one").status_code == 204
    assert put(first).status_code == 204
    assert code(put(second, key="one")) == (400, "BA299")
    settings.LARGEST_DOCUMENT = 1000
    for wrong in (b"", b"no PDF", pdf(EICAR), pdf(b" " * 1000)):
        refused = put(wrong)
        assert code(refused) == (400, "BA002") and refused.json()["field"] == "document"
    read = software.call("GET", place)
    assert (read.content, read["Content-Type"]) == (first, "application/pdf")
    assert "KN-77.pdf" in read["Content-Disposition"]
    assert put(second).status_code == 204 and software.call("GET", place).content == second
    number, bn9, bond = cast.account.number, cast.keystone.bn9, pk.removeprefix("/")
    for person, page, link in (
        (cast.amara, reverse("security:account_bond", args=[number, bond]), "account_bond_copy"),
        (cast.peter, reverse("security:bond", args=[bn9, bond]), "bond_copy"),
        (cast.daniel, reverse("admin:security_bond_change", args=[bond]), "officer_bond_copy"),
    ):
        place_of = {"account_bond_copy": [number, bond], "bond_copy": [bn9, bond], "officer_bond_copy": [bond]}[link]
        address = reverse(f"security:{link}", args=place_of)
        browser = signed_in(person)
        assert address in browser.get(page).content.decode(), link
        assert browser.get(address).content == second, link
    stranger = Software(cast.world.surety("Prairie Guarantee Co."))
    assert stranger.call("GET", place).status_code == 404
    assert stranger.send("PUT", place, first, kind="application/pdf").status_code == 404
    reader = Software(cast.keystone, ["bonds.read"])
    assert code(reader.send("PUT", place, first, kind="application/pdf")) == (403, "scope_missing")


def test_a_bond_over_two_accounts_and_every_rider(
    cast: Any, software: Software, filing: dict[str, Any], settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    first = cast.account
    second = cast.world.program_account(cast.northlight, "RM0002")

    def shared(*amounts: str) -> list[dict[str, str]]:
        numbers = (first.number, second.number)
        return [{"program_account": number, "amount": amount} for number, amount in zip(numbers, amounts, strict=False)]

    stranger = [{"program_account": cast.overdue_account.number, "amount": "5000.00"}]
    unknown = [{"program_account": "999999999RM0009", "amount": "5000.00"}]
    for told, allocations in (
        ("BA302", shared("20000.00", "5000.01")),
        ("BA303", shared("20000.00") + stranger),
        ("BA301", shared("20000.00", "4999.99")),
        ("BA002", shared("10000.00") * 2),
    ):
        refused = software.call("POST", "", {**filing, "allocations": allocations})
        assert code(refused) == (400, told) and refused.json()["field"] == "allocations", told
    refused = software.call("POST", "", {**filing, "allocations": shared("20000.00") + unknown})
    assert code(refused) == (400, "BA101") and refused.json()["field"] == "allocations[1].program_account"
    filed = software.call("POST", "", {**filing, "allocations": shared("20000.00", "5000.00")}).json()
    pk = f"/{filed['id']}"
    assert filed["allocations"] == shared("20000.00", "5000.00")

    def amended(kind: str, version: int, **more: Any) -> Any:
        return software.call("POST", f"{pk}/amendments", {"type": kind, "prior_version": version, **more})

    for kind, field in (("INCREASE", "amount"), ("REALLOCATE", "allocations"), ("NAME_CHANGE", "debtor_name")):
        refused = amended(kind, 1)
        assert code(refused) == (400, "BA001") and refused.json()["field"] == field
    assert code(amended("INCREASE", 1, amount="30000.00")) == (400, "BA001")
    assert code(amended("EXTEND", 1, validity_end="2027-01-01")) == (400, "BA003")
    assert code(amended("NAME_CHANGE", 1, debtor_name="Somebody Else")) == (400, "BA103")
    assert code(amended("INCREASE", 1, amount="30000.00", effective_date="2026-07-23")) == (400, "BA003")
    assert amended("REALLOCATE", 1, allocations=shared("15000.00", "10000.00")).json()["version"] == 2
    raised = amended(
        "INCREASE", 2, amount="30000.00", allocations=shared("20000.00", "10000.00"), effective_date="2026-07-22"
    ).json()
    assert [(row["version"], row["kind"]) for row in raised["versions"]] == [
        (3, "INCREASE"),
        (2, "REALLOCATION"),
        (1, "FILED"),
    ]
    assert raised["versions"][1]["allocations"] == shared("15000.00", "10000.00")
    charge(first, "3000.00", date(2026, 7, 1))
    use = software.call("GET", f"{pk}/usage").json()
    assert (use["used"], use["balance"]) == ("3000.00", "27000.00")
    assert [(row["used"], row["balance"]) for row in use["allocations"]] == [
        ("3000.00", "17000.00"),
        ("0.00", "10000.00"),
    ]
    listed = software.call("GET", f"?program_account={second.number}&debtor_bn9={cast.northlight.bn9}").json()[
        "results"
    ]
    assert [row["id"] for row in listed] == [filed["id"]]
    assert software.call("GET", f"?debtor_bn9={cast.desrosiers.bn9}").json()["results"] == []

    assert software.send("PUT", f"{pk}/document", pdf(), kind="application/pdf").status_code == 204
    address = reverse("security:account_bond_copy", args=[first.number, filed["id"]])
    page = reverse("security:account_bond", args=[first.number, filed["id"]])
    assert signed_in(cast.amara).get(address).status_code == 200
    broker = signed_in(cast.wen)
    shown = broker.get(page)
    assert shown.status_code == 200 and address not in shown.content.decode(), "it tells of the other account too"
    assert broker.get(address).status_code == 404

    fixed = {**filing, "agreement_number": "KN-78", "validity_end": "2026-12-31"}
    pk = f"/{software.call('POST', '', fixed).json()['id']}"
    assert amended("EXTEND", 1, validity_end="2027-12-31").json()["validity_end"] == "2027-12-31"
    assert amended("EXTEND", 2, validity_end=None).json()["validity_end"] is None
    cast.northlight.legal_name = "Northlight Outdoor Holdings Inc."
    cast.northlight.save()
    assert (
        amended("NAME_CHANGE", 3, debtor_name="Northlight Outdoor Holdings Inc.")
        .json()["debtor_name"]
        .endswith("Holdings Inc.")
    )


def test_what_can_not_be_terminated_says_why(cast: Any, software: Software, filing: dict[str, Any]) -> None:
    pk = f"/{software.call('POST', '', filing).json()['id']}/termination"
    notice = {"terminates_on": "2026-09-30"}
    assert software.call("POST", pk, notice).status_code == 200
    assert code(software.call("POST", pk, notice)) == (409, "BA206")
    proposed = bonds.propose_bond(
        program_account_id=cast.account.pk,
        provider_id=cast.keystone.pk,
        agreement_number="KN-90",
        amount=Decimal("5000.00"),
        validity_start=date(2026, 7, 22),
        on=date(2026, 7, 22),
        at=moment(date(2026, 7, 22)),
        actor=SYSTEM,
    )
    assert code(software.call("POST", f"/{proposed.pk}/termination", notice)) == (409, "BA203")
    exporter = cast.world.program_account(cast.desrosiers, "RM0007", profile="EXPORTER")
    wrong = {**filing, "program_account": exporter.number, "debtor_name": cast.desrosiers.legal_name}
    assert code(software.call("POST", "", {**wrong, "agreement_number": "KN-91"})) == (400, "BA102")


def test_a_bond_page_with_its_copy_takes_eight_queries(
    cast: Any, software: Software, filing: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    pk = software.call("POST", "", filing).json()["id"]
    for person, page in (
        (cast.amara, reverse("security:account_bond", args=[cast.account.number, pk])),
        (cast.peter, reverse("security:bond", args=[cast.keystone.bn9, pk])),
    ):
        browser = signed_in(person)
        assert browser.get(page).status_code == 200
        with django_assert_max_num_queries(8):
            browser.get(page)
