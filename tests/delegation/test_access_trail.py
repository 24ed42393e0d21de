"""What passing the door leaves in the history of a business: delegates' views, everybody's files, refusals."""

import pytest
from django.urls import reverse

from accounts.models import Membership
from core.jobs import set_clock
from core.models import AuditEvent
from delegation import rules
from tests.builders import Cast, signed_in
from tests.statements import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def july(cast: Cast) -> None:
    scene.play(cast.account, cast.northlight, cast.harbourline)
    set_clock(scene.at(scene.JULY))


def accesses() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(verb__startswith="access.").order_by("id"))


def statement(cast: Cast, name: str) -> str:
    return reverse(f"statements:{name}", args=(cast.account.number, "2026-07-25"))


def test_a_page_that_a_broker_reads_stands_in_the_clients_history(july: None, cast: Cast) -> None:
    answer = signed_in(cast.wen).get(statement(cast, "detail"))
    (row,) = accesses()
    assert row.verb == rules.VIEWED
    assert (row.user_id, row.actor_business_id) == (cast.wen.pk, cast.harbourline.pk)
    assert (row.business_id, row.program_account_id) == (cast.northlight.pk, cast.account.pk)
    assert (row.channel, row.request_id) == ("page", answer["X-Request-ID"])
    assert row.after == {"page": "statements:detail", "number": cast.account.number, "day": "2026-07-25"}


def test_own_people_reading_a_page_are_not_listed_but_their_files_are(july: None, cast: Cast) -> None:
    amara = signed_in(cast.amara)
    amara.get(statement(cast, "detail"))
    assert accesses() == []
    amara.get(statement(cast, "csv"))
    (row,) = accesses()
    assert (row.verb, row.user_id, row.actor_business_id) == (rules.DOWNLOADED, cast.amara.pk, cast.northlight.pk)


def test_a_refusal_of_somebody_known_here_is_kept_with_its_reason(july: None, cast: Cast) -> None:
    cast.world.delegation(cast.passerelle, cast.northlight, accounts=(cast.account,))
    assert signed_in(cast.ines).get(statement(cast, "csv")).status_code == 403
    (row,) = accesses()
    assert (row.verb, row.reason, row.business_id) == (rules.REFUSED, "delegation_too_narrow", cast.northlight.pk)


def test_a_refusal_at_the_door_of_the_business_is_kept_too(cast: Cast) -> None:
    page = reverse("delegation:people", args=(cast.northlight.bn9,))
    assert signed_in(cast.wen).get(page).status_code == 403
    (row,) = accesses()
    assert (row.verb, row.target) == (rules.REFUSED, f"accounts.Business:{cast.northlight.pk}")
    assert row.program_account_id is None


def test_strangers_and_missing_statements_leave_nothing(july: None, cast: Cast) -> None:
    assert signed_in(cast.stranger).get(statement(cast, "csv")).status_code == 404
    missing = reverse("statements:detail", args=(cast.account.number, "2026-07-24"))
    assert signed_in(cast.wen).get(missing).status_code == 404
    assert accesses() == []


def test_what_software_reads_is_kept_whoever_sent_it(july: None, cast: Cast) -> None:
    address = reverse("api_statement", args=(cast.account.number, "2026-07-25"))
    for person in (cast.amara, cast.wen):
        assert signed_in(person).get(address).status_code == 200
    own, brokers = accesses()
    assert (own.verb, own.channel, own.actor_name) == (rules.VIEWED, "api", "Amara Osei")
    assert own.after == {"page": "api_statement", "number": cast.account.number, "day": "2026-07-25"}
    assert (brokers.user_id, brokers.actor_business_id) == (cast.wen.pk, cast.harbourline.pk)
    assert (brokers.business_id, brokers.program_account_id) == (cast.northlight.pk, cast.account.pk)


def test_what_software_is_refused_is_kept_once(july: None, cast: Cast) -> None:
    cast.world.delegation(cast.passerelle, cast.northlight, accounts=(cast.account,))
    address = reverse("api_statements", args=(cast.account.number,))
    answer = signed_in(cast.ines).get(address)
    assert (answer.status_code, answer.json()["code"]) == (403, "delegation_too_narrow")
    (row,) = accesses()
    assert (row.verb, row.channel, row.reason) == (rules.REFUSED, "api", "delegation_too_narrow")
    assert row.request_id == answer["X-Request-ID"]


def test_a_deposit_by_software_of_somebody_who_may_only_pay_is_refused_and_kept(cast: Cast) -> None:
    editor = cast.world.person("Edgar Editor")
    cast.world.membership(editor, cast.northlight, Membership.Role.EDITOR, accounts=(cast.account,))
    answer = signed_in(editor).post(
        reverse("api_payments", args=(cast.account.number,)),
        {"amount": "10.00", "method": "DEBIT_CARD", "purpose": "DEPOSIT"},
        content_type="application/json",
        headers={"Idempotency-Key": "deposit-1"},
    )
    assert answer.status_code == 403
    (row,) = accesses()
    assert (row.verb, row.channel, row.reason) == (rules.REFUSED, "api", "role_too_narrow")


def test_strangers_software_and_unknown_statements_leave_nothing(july: None, cast: Cast) -> None:
    address = reverse("api_statements", args=(cast.account.number,))
    assert signed_in(cast.stranger).get(address).status_code == 404
    assert signed_in(cast.amara).get(address + "/2026-07-24").status_code == 404
    assert signed_in(None).get(address).status_code == 401
    assert accesses() == []


def test_the_releases_that_software_lists_stand_in_the_history_of_the_filer(cast: Cast) -> None:
    assert signed_in(cast.wen).get(reverse("api_releases")).status_code == 200
    (row,) = accesses()
    assert (row.verb, row.channel, row.business_id) == (rules.VIEWED, "api", cast.harbourline.pk)
    assert row.target == f"accounts.Business:{cast.harbourline.pk}"


@pytest.mark.parametrize(("is_delegated", "status", "verb"), [(True, 200, "access.viewed"), (False, 404, "")])
def test_what_an_answer_to_software_is_in_the_history(is_delegated: bool, status: int, verb: str) -> None:
    found = rules.access_verb(method="GET", status=status, content_type="", is_delegated=is_delegated, is_software=True)
    assert found == verb


@pytest.mark.parametrize(
    ("method", "status", "content_type", "is_delegated", "verb"),
    [
        ("GET", 200, "text/html; charset=utf-8", True, "access.viewed"),
        ("GET", 200, "text/html; charset=utf-8", False, ""),
        ("GET", 200, "application/pdf", False, "access.downloaded"),
        ("GET", 200, "text/csv; charset=utf-8", True, "access.downloaded"),
        ("GET", 302, "text/html; charset=utf-8", True, ""),
        ("GET", 404, "text/html; charset=utf-8", True, ""),
        ("POST", 200, "text/html; charset=utf-8", True, ""),
        ("HEAD", 200, "application/pdf", True, ""),
    ],
)
def test_what_an_answer_is_in_the_history(
    method: str, status: int, content_type: str, is_delegated: bool, verb: str
) -> None:
    found = rules.access_verb(method=method, status=status, content_type=content_type, is_delegated=is_delegated)
    assert found == verb
