"""The people of a business for software: list, invite, change, revoke, by the same services as the pages."""

from typing import Any

import pytest

from accounts.models import Invitation
from core.models import AuditEvent
from delegation import queries, services
from delegation.rules import Grant
from tests.delegation.conftest import Office
from tests.delegation.test_api import Software


def at(office: Office, name: str) -> str:
    return f"businesses/{office.northlight.bn9}/{name}"


def named(answer: Any) -> set[str]:
    return {row["name"] for row in answer["results"]}


def test_a_manager_lists_changes_and_takes_out_people(office: Office) -> None:
    amara, row = Software(office.cast.amara), office.membership(office.reader)
    status, people = amara.get(at(office, "people"))
    assert status == 200 and len(people["results"]) == 5
    person = next(one for one in people["results"] if one["id"] == row.pk)
    reads = {"program_account": office.account.number, "role": "READER", "added_actions": []}
    assert (person["role"], person["is_primary"], person["roles"]) == ("READER", False, [reads])
    wanted = [{**reads, "added_actions": ["pay"]}, {"program_account": office.second.number, "role": "PAM"}]
    status, changed = amara.post(at(office, f"people/{row.pk}/roles"), {"roles": wanted})
    assert status == 200 and [one["role"] for one in changed["roles"]] == ["READER", "PAM"]
    assert queries.roles_of(row) == {office.account.pk: Grant("READER", ("pay",)), office.second.pk: Grant("PAM")}
    assert AuditEvent.objects.get(verb="employee.role_changed").channel == "api"
    status, boss = amara.post(at(office, f"people/{row.pk}/roles"), {"is_manager": True})
    assert (status, boss["role"], boss["roles"]) == (200, "BAM", [])
    gone = amara.browser.post(
        f"/api/v1/{at(office, f'people/{row.pk}/revoke')}",
        {"reason": "Left."},
        content_type="application/json",
        headers={"Idempotency-Key": "leave"},
    )
    assert gone.status_code == 204 and not queries.members(office.northlight.pk).filter(pk=row.pk).exists()
    assert AuditEvent.objects.get(verb="employee.revoked").reason == "Left."
    assert amara.post(at(office, f"people/{row.pk}/revoke"), {})[0] == 404


@pytest.mark.parametrize(
    ("call", "code", "field"),
    [
        ({"roles": []}, "no_program", "program_accounts"),
        ({"roles": [{"program_account": "704123686RM0009", "role": "READER"}]}, "unknown_program", None),
        ({"roles": [{"program_account": "704123686RM0001", "role": "BAM"}]}, "invalid_choice", "roles[0].role"),
        ({"is_manager": True, "roles": [{"program_account": "x", "role": "READER"}]}, "manager_has_all", "roles"),
        ({"roles": [{"program_account": "x", "role": "PAM", "added_actions": ["fly"]}]}, "invalid_choice", None),
    ],
)
def test_roles_at_fault_are_named(office: Office, call: dict[str, Any], code: str, field: str | None) -> None:
    row = office.membership(office.reader)
    status, problem = Software(office.cast.amara).post(at(office, f"people/{row.pk}/roles"), call)
    assert (status, problem["code"]) == (400, code) and field in (None, problem["field"])
    primary = office.membership(office.cast.amara)
    assert Software(office.backup).post(at(office, f"people/{primary.pk}/revoke"), {})[1]["code"] == "primary_manager"


def test_a_program_manager_gets_the_own_program_and_nothing_of_the_others(office: Office) -> None:
    pia, world = Software(office.pam), office.cast.world
    other = world.person("Rhea Rental")
    hidden = world.membership(other, office.northlight, "READER", accounts=(office.second,))
    services.invite(
        business_id=office.northlight.pk,
        email="boss@example.com",
        roles=None,
        **office.by(office.cast.amara),
    )
    assert "Rhea Rental" not in named(pia.get(at(office, "people"))[1])
    assert pia.post(at(office, f"people/{hidden.pk}/roles"), {"roles": []})[0] == 404
    assert pia.get(at(office, "invitations"))[1]["results"] == []
    call = {"email": "nora@example.com", "roles": [{"program_account": office.second.number, "role": "READER"}]}
    assert pia.post(at(office, "invitations"), call)[1]["code"] == "beyond_your_programs"
    call["roles"][0]["program_account"] = office.account.number
    status, sent = pia.post(at(office, "invitations"), call, key="nora")
    assert (status, sent["state"], sent["invited_by"]) == (201, "SENT", "Pia Program") and "token" not in str(sent)
    assert pia.post(at(office, "invitations"), call, key="nora") == (201, sent)
    assert pia.get(at(office, "invitations"))[1]["results"] == [sent]
    status, back = pia.post(at(office, f"invitations/{sent['id']}/withdraw"), None)
    assert (status, back["state"]) == (200, "WITHDRAWN")
    boss = Invitation.objects.get(email="boss@example.com")
    assert pia.post(at(office, f"invitations/{boss.pk}/withdraw"), None)[0] == 404
    for user, wanted in ((office.editor, 403), (office.cast.luc, 404), (office.cast.wen, 403)):
        assert Software(user).get(at(office, "people"))[0] == wanted
