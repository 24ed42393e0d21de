"""A provider's clients and requests for software, and the client's part that it plays in a practice world."""

import itertools
from typing import Any

import pytest
from django.test import Client, override_settings

from accounts.models import User
from core.models import AuditEvent
from delegation.models import Delegation
from tests.builders import business_number, signed_in
from tests.delegation.conftest import Office
from tests.delegation.test_third_party_services import told

_keys = itertools.count()
NOBODY = business_number()
EVERYTHING = {"access": "BUSINESS_MANAGEMENT", "all_programs": True, "sees_client": True, "sees_others": True}


class Software:
    """A person's software, that sends a new Idempotency-Key with each call that writes."""

    def __init__(self, user: User) -> None:
        self.browser: Client = signed_in(user)

    def get(self, address: str) -> tuple[int, Any]:
        answer = self.browser.get(f"/api/v1/{address}")
        return answer.status_code, answer.json()

    def post(self, address: str, data: Any, *, key: str = "") -> tuple[int, Any]:
        answer = self.browser.post(
            f"/api/v1/{address}",
            data,
            content_type="application/json",
            headers={"Idempotency-Key": key or f"key-{next(_keys)}"},
        )
        return answer.status_code, answer.json()


@pytest.fixture
def ines(office: Office) -> Software:
    return Software(office.cast.ines)


def of(office: Office, name: str) -> str:
    return f"businesses/{office.cast.passerelle.bn9}/{name}"


def test_a_client_is_asked_and_the_request_is_listed(office: Office, ines: Software) -> None:
    status, row = ines.post(
        of(office, "client-requests"), {"client": office.northlight.bn9, "comment": "We file for you."}
    )
    assert status == 201
    assert (row["client"], row["client_name"], row["state"], row["scope"]) == (
        office.northlight.bn9,
        "Northlight Outdoor Supply Inc.",
        "REQUESTED",
        None,
    )
    assert ines.get(of(office, "client-requests"))[1]["results"] == [row]
    assert ines.get(of(office, "client-requests?state=ACTIVE"))[1]["results"] == []
    assert ines.get(of(office, "clients"))[1]["results"] == []
    status, problem = ines.get(of(office, "clients?state=GONE"))
    assert (status, problem["field"]) == (400, "state")
    assert AuditEvent.objects.get(verb="delegation.requested").channel == "api"


def test_the_same_key_asks_once(office: Office, ines: Software) -> None:
    call = {"client": office.northlight.bn9}
    first = ines.post(of(office, "client-requests"), call, key="once")
    assert first[0] == 201 and ines.post(of(office, "client-requests"), call, key="once") == first
    status, problem = ines.post(of(office, "client-requests"), call)
    assert (status, problem["code"]) == (400, "already_requested")
    assert Delegation.objects.filter(provider=office.cast.passerelle).count() == 1


@pytest.mark.parametrize(
    ("call", "code", "field"),
    [
        ({}, "required", "client"),
        ({"client": "12"}, "invalid", "client"),
        ({"client": NOBODY}, "unknown_client", "bn9"),
        ({"client": "704123686", "comment": "x" * 501}, "max_length", "comment"),
    ],
)
def test_a_call_at_fault_names_the_field(
    office: Office, ines: Software, call: dict[str, str], code: str, field: str
) -> None:
    status, problem = ines.post(of(office, "client-requests"), call)
    assert (status, problem["code"], problem["field"]) == (400, code, field)


def test_a_request_is_taken_back_once(office: Office, ines: Software) -> None:
    row = office.asked()
    status, answer = ines.post(of(office, f"client-requests/{row.pk}/withdraw"), {})
    assert (status, answer["state"]) == (200, "WITHDRAWN")
    assert ines.post(of(office, f"client-requests/{row.pk}/withdraw"), {})[0] == 409
    other = Delegation.objects.get(provider=office.cast.harbourline)
    assert ines.post(of(office, f"client-requests/{other.pk}/withdraw"), {})[0] == 404


def test_an_importer_has_no_clients(office: Office) -> None:
    status, problem = Software(office.cast.amara).get(f"businesses/{office.northlight.bn9}/clients")
    assert (status, problem["code"]) == (403, "not_a_provider")


# --- Many at once -----------------------------------------------------------------------------------------------------
def test_a_list_is_tried_out_without_a_key_and_then_sent(office: Office, ines: Software) -> None:
    call: dict[str, Any] = {
        "dry_run": True,
        "requests": [{"client": office.northlight.bn9}, {"client": NOBODY, "comment": "Hello"}, {"client": "x"}],
    }
    address = of(office, "client-requests/list")
    tried = ines.browser.post(f"/api/v1/{address}", call, content_type="application/json").json()
    assert [(row["row"], row["code"]) for row in tried["rows"]] == [
        (1, "good"),
        (2, "unknown_client"),
        (3, "unreadable"),
    ]
    assert (tried["dry_run"], tried["sent"]) == (True, 0)
    assert not Delegation.objects.filter(provider=office.cast.passerelle).exists()
    status, sent = ines.post(address, {**call, "dry_run": False})
    assert (status, sent["sent"]) == (200, 1)
    row = Delegation.objects.get(provider=office.cast.passerelle)
    assert [line["id"] for line in sent["rows"]] == [row.pk, None, None]
    assert ines.post(address, {**call, "dry_run": False})[1]["sent"] == 0


@pytest.mark.parametrize("count", [0, 1001])
def test_a_list_has_one_to_a_thousand_rows(office: Office, ines: Software, count: int) -> None:
    rows = [{"client": NOBODY}] * count
    status, problem = ines.post(of(office, "client-requests/list"), {"requests": rows})
    assert (status, problem["field"]) == (400, "requests")


# --- Practice ---------------------------------------------------------------------------------------------------------
def practice(row: Delegation, answer: str) -> str:
    return f"practice/delegation-requests/{row.pk}/{answer}"


def test_the_provider_plays_its_client_and_gets_what_it_names(office: Office, ines: Software) -> None:
    row = office.asked()
    status, answer = ines.post(
        practice(row, "approve"),
        {"access": "PROGRAM_MANAGEMENT", "all_programs": False, "program_accounts": [office.second.number]},
    )
    assert (status, answer["state"]) == (200, "ACTIVE")
    assert answer["scope"] == {
        "access": "PROGRAM_MANAGEMENT",
        "all_programs": False,
        "program_accounts": [office.second.number],
        "sees_client": False,
        "sees_others": False,
        "valid_from": office.moment["on"].isoformat(),
        "valid_until": None,
    }
    assert ines.get(of(office, "clients?state=ACTIVE"))[1]["results"] == [answer]
    assert ines.post(practice(row, "approve"), EVERYTHING)[0] == 409
    row.refresh_from_db()
    assert row.decided_by_name == "Ines Caron, for practice"


def test_both_sides_are_told_and_the_client_reads_that_it_was_practice(office: Office, ines: Software) -> None:
    row = office.asked()
    ines.post(practice(row, "approve"), EVERYTHING)
    assert told(office.cast.amara)[-1].startswith("Access approved")
    played = AuditEvent.objects.get(verb="delegation.approved_in_practice")
    assert (played.business_id, played.actor_business_id, played.actor_name, played.channel) == (
        office.northlight.pk,
        office.cast.passerelle.pk,
        "Ines Caron",
        "api",
    )
    assert AuditEvent.objects.get(verb="delegation.approved").actor_name == "Ines Caron, for practice"


def test_the_provider_plays_a_client_that_says_no(office: Office, ines: Software) -> None:
    row = office.asked()
    assert ines.post(practice(row, "reject"), {"reason": ""})[0] == 400
    status, answer = ines.post(practice(row, "reject"), {"reason": "We have a broker."})
    assert (status, answer["state"], answer["reason"]) == (200, "REJECTED", "We have a broker.")
    assert AuditEvent.objects.filter(verb="delegation.rejected_in_practice").count() == 1


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"all_programs": False}, "no_program", "program_accounts"),
        ({"program_accounts": ["704123686RM0009"]}, "unknown_program", "program_accounts"),
        ({"valid_until": "2020-01-01"}, "ends_before_it_starts", "valid_until"),
        ({"access": "EVERYTHING"}, "invalid_choice", "access"),
    ],
)
def test_a_scope_that_the_client_could_not_give_is_refused(
    office: Office, ines: Software, change: dict[str, Any], code: str, field: str
) -> None:
    row = office.asked()
    status, problem = ines.post(practice(row, "approve"), {**EVERYTHING, **change})
    assert (status, problem["code"], problem["field"]) == (400, code, field)
    row.refresh_from_db()
    assert row.state == "REQUESTED"
    assert not AuditEvent.objects.filter(verb="delegation.approved_in_practice").exists()


def test_only_requests_of_the_own_provider_are_played(office: Office, ines: Software) -> None:
    row = office.asked()
    other = Delegation.objects.get(provider=office.cast.harbourline)
    assert ines.post(practice(other, "approve"), EVERYTHING)[0] == 404
    for user in (office.cast.wen, office.cast.amara, office.cast.stranger):
        assert Software(user).post(practice(row, "approve"), EVERYTHING)[0] == 404
        assert Software(user).post(practice(row, "reject"), {"reason": "No"})[0] == 404
    missing = Delegation(pk=10**9)
    assert ines.post(practice(missing, "reject"), {"reason": "No"})[0] == 404
    nomination = office.cast.world.delegation(
        office.cast.passerelle, office.cast.desrosiers, asked_by="CLIENT", state="REQUESTED"
    )
    assert ines.post(practice(nomination, "approve"), EVERYTHING)[0] == 409


@override_settings(IS_PRODUCTION=True)
def test_there_is_no_such_address_in_production(office: Office, ines: Software) -> None:
    row = office.asked()
    assert ines.post(practice(row, "approve"), EVERYTHING)[0] == 404
    assert ines.post(practice(row, "reject"), {"reason": "No"})[0] == 404
    row.refresh_from_db()
    assert row.state == "REQUESTED"
