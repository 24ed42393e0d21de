"""The history of a business: who did, saw and took what in its name, and nothing that is somebody else's."""

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import services as accounts
from accounts.models import Membership
from core import audit
from core.actor import Actor, ActorKind, Channel, system
from core.models import AuditEvent
from dashboard.queries import history
from dashboard.queries.history import Wanted
from delegation import services as delegations
from tests.builders import Cast, actor, signed_in
from tests.dashboard.pages import address, see, words

pytestmark = pytest.mark.django_db
AUDIT = "core_auditevent"


def record(cast: Cast, verb: str, by: Actor, **details: Any) -> AuditEvent:
    """Something that happened to Northlight."""
    at = details.pop("at", cast.world.at)
    details.setdefault("business_id", cast.northlight.pk)
    return audit.record(actor=by, verb=verb, at=at, **details)


def of_northlight(cast: Cast, client: Client | None = None, query: str = "", language: str = "en") -> str:
    browser = client or signed_in(cast.amara)
    return see(browser, "dashboard:history", cast.northlight.bn9, query=query, language=language)


def file_of(client: Client, name: str, *args: object, query: str = "") -> list[dict[str, str]]:
    answer = client.get(address(name, *args) + query)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def amara(cast: Cast) -> Actor:
    return actor(cast.amara, cast.northlight)


@pytest.fixture
def wen(cast: Cast) -> Actor:
    return actor(cast.wen, cast.harbourline)


@pytest.fixture
def officer(cast: Cast) -> Actor:
    return actor(cast.daniel)


# --- What is said ----------------------------------------------------------------------------------------------------
def test_a_change_says_who_what_for_whom_through_which_door_and_what_was_before(cast: Cast, wen: Actor) -> None:
    record(
        cast,
        "bond.raised",
        wen,
        program_account_id=cast.account.pk,
        before={"state": "ACTIVE", "amount": "25000.00"},
        after={"state": "ACTIVE", "amount": "30000.00"},
    )
    page = of_northlight(cast)
    assert "Wen Zhao raised a bond Changed Amount: $25,000.00 → $30,000.00" in page
    assert "Harbourline Customs Brokers Ltd." in page
    assert "RM0001" in page
    assert "State:" not in page, "what stayed the same is left out"


def test_a_broker_who_reads_a_statement_stands_there_with_the_part_of_the_portal(cast: Cast, wen: Actor) -> None:
    after = {"page": "statements:detail", "number": cast.account.number, "day": "2026-07-25"}
    record(cast, "access.viewed", wen, program_account_id=cast.account.pk, after=after)
    assert "Wen Zhao viewed a page Viewed Statements and transactions, 2026-07-25" in of_northlight(cast)


def test_what_software_read_names_its_door(cast: Cast, wen: Actor) -> None:
    software = Actor(
        kind=ActorKind.SOFTWARE, client_id="client-7", business_id=cast.harbourline.pk, channel=Channel.API
    )
    record(cast, "access.viewed", software, after={"page": "api_payments"})
    page = of_northlight(cast)
    assert "client-7 viewed a page Viewed Payments" in page
    assert "Door API" in page


def test_an_officer_has_no_name_but_a_reason(cast: Cast, officer: Actor) -> None:
    record(cast, "rpp.suspended", officer, program_account_id=cast.account.pk, reason="Papers are missing.")
    page = of_northlight(cast)
    assert "An officer suspended Release Prior to Payment Changed Reason: Papers are missing." in page
    assert "Daniel" not in page


def test_an_officers_name_cannot_be_found_out_by_trying(cast: Cast, officer: Actor) -> None:
    record(cast, "rpp.suspended", officer)
    assert "Nothing matches" in of_northlight(cast, query="?who=Daniel")


def test_the_portals_own_acts_are_the_portals(cast: Cast) -> None:
    record(cast, "statement.issued", system("issue_statements"), after={"total_payable": "12.50"})
    assert "The portal issued a statement of account Changed Total payable: $12.50" in of_northlight(cast)


def test_a_refusal_is_told_in_words(cast: Cast, wen: Actor) -> None:
    record(cast, "access.refused", wen, reason="delegation_too_narrow", after={"page": "delegation:people"})
    page = of_northlight(cast)
    assert "Wen Zhao was refused a page Refused People and access Reason: The access given does not include it" in page


def test_a_role_names_the_person_who_got_it(cast: Cast, amara: Actor) -> None:
    facts = {"user_id": cast.stranger.pk, "role": "EDITOR", "program_account_ids": [cast.account.pk]}
    row = record(cast, "employee.approved", amara, before={"state": "WAITING"}, after=facts)
    page = of_northlight(cast)
    assert "Person: Sam Stranger" in page
    assert "Role: Editor" in page
    assert "Program accounts: RM0001" in page
    assert "State: Waiting → nothing" in page
    detail = see(signed_in(cast.amara), "dashboard:history_event", cast.northlight.bn9, row.pk)
    assert "Amara Osei approved a request to join the business" in detail and "Not sealed yet" in detail
    audit.seal_pending(settling=timedelta())
    seal = audit.seal_of(row.pk)
    assert seal is not None and audit.seal_of(row.pk + 10**6) is None
    detail = see(signed_in(cast.amara), "dashboard:history_event", cast.northlight.bn9, row.pk)
    assert seal.hash in detail and f"Number in the record {row.pk}" in detail


def test_a_delegation_names_the_provider(cast: Cast, amara: Actor) -> None:
    after = {"provider_id": cast.passerelle.pk, "all_programs": True, "valid_until": "2026-12-31", "sees_client": False}
    record(cast, "delegation.approved", amara, before={"all_programs": False}, after=after)
    page = of_northlight(cast)
    assert "Service provider: Passerelle Courtage en douane inc." in page
    assert "All programs: No → Yes" in page
    assert "Until: 31 December 2026" in page


def test_the_page_is_french_in_french(cast: Cast, wen: Actor) -> None:
    after = {"page": "statements:detail"}
    record(cast, "access.viewed", wen, after=after)
    page = of_northlight(cast, language="fr")
    assert "Wen Zhao a consulté une page" in page
    assert "Relevés et transactions" in page


# --- Whose it is ------------------------------------------------------------------------------------------------------
def test_nothing_of_another_business_stands_there(cast: Cast) -> None:
    record(cast, "payment.started", actor(cast.luc, cast.desrosiers), business_id=cast.desrosiers.pk)
    assert "Nothing happened yet" in of_northlight(cast)


def test_an_event_of_another_business_is_not_found(cast: Cast) -> None:
    foreign = record(cast, "payment.started", actor(cast.luc, cast.desrosiers), business_id=cast.desrosiers.pk)
    client = signed_in(cast.amara)
    assert client.get(address("dashboard:history_event", cast.northlight.bn9, foreign.pk)).status_code == 404


def test_what_a_provider_does_for_a_client_stands_in_both_histories(cast: Cast, wen: Actor) -> None:
    record(cast, "payment.started", wen, program_account_id=cast.account.pk)
    record(cast, "payment.started", actor(cast.amara, cast.northlight), program_account_id=cast.account.pk)
    own = see(signed_in(cast.wen), "dashboard:history", cast.harbourline.bn9)
    assert "Wen Zhao started a payment" in own
    assert "Northlight Outdoor Supply Inc." in own
    assert "Amara" not in own, "the client's own acts are the client's"


def test_sign_ins_of_members_stand_there_while_they_belong_to_the_business(cast: Cast) -> None:
    person = cast.world.person("Mina Member")
    cast.world.membership(
        person,
        cast.northlight,
        Membership.Role.READER,
        state=Membership.State.REVOKED,
        ended_at=cast.world.at - timedelta(days=2),
    )
    for days, method in ((400, "gckey"), (5, "partner"), (1, "gckey")):
        accounts.record_sign_in(
            user=person, method=method, actor=actor(person), at=cast.world.at - timedelta(days=days)
        )
    accounts.record_sign_in(user=cast.wen, method="gckey", actor=actor(cast.wen), at=cast.world.at)
    page = of_northlight(cast)
    assert page.count("Mina Member signed in") == 1, "before joining and after leaving, sign-ins are the person's own"
    assert "Wen Zhao" not in page, "a delegate's sign-ins are the delegate's"


def test_a_persons_own_affairs_stay_their_own(cast: Cast, officer: Actor) -> None:
    audit.record(
        actor=actor(cast.amara),
        verb="person.profile_updated",
        target=f"accounts.User:{cast.amara.pk}",
        after={"telephone": "4165550199"},
        at=cast.world.at,
    )
    accounts.reset_second_factor(user=cast.amara, reason="Called from 416 555 0188.", actor=officer, at=cast.world.at)
    page = of_northlight(cast)
    assert "An officer reset somebody's sign-in codes Sign-in Amara Osei" in page
    assert "profile" not in page.split("History", 1)[1].split("My profile")[0]
    assert "0199" not in page and "0188" not in page
    assert "Nothing matches" in of_northlight(cast, query="?text=0188")


def test_who_tries_to_register_the_business_stays_nameless(cast: Cast) -> None:
    record(cast, "registration.paused", actor(cast.stranger), after={"step": "PROOF"})
    page = of_northlight(cast)
    assert "Somebody has to wait after too many wrong answers in registering the business" in page
    assert "Sam" not in page
    assert "Nothing matches" in of_northlight(cast, query="?who=Sam")


def test_a_program_manager_reads_what_concerns_their_programs_only(cast: Cast, amara: Actor) -> None:
    second = cast.world.program_account(cast.northlight, "RM0002")
    manager = cast.world.person("Pia Manager")
    cast.world.membership(manager, cast.northlight, Membership.Role.PAM, accounts=(second,))
    record(cast, "payment.started", amara, program_account_id=cast.account.pk)
    record(cast, "payment.cancelled", amara, program_account_id=second.pk)
    whole = record(cast, "role.granted", amara)
    accounts.record_sign_in(user=cast.amara, method="gckey", actor=actor(cast.amara), at=cast.world.at)
    client = signed_in(manager)
    page = of_northlight(cast, client)
    assert "cancelled a payment" in page
    assert "started a payment" not in page and "gave somebody a role" not in page and "Osei signed in" not in page
    assert client.get(address("dashboard:history_event", cast.northlight.bn9, whole.pk)).status_code == 404
    rows = file_of(client, "dashboard:history_csv", cast.northlight.bn9)
    assert [row["What"] for row in rows] == ["Amara Osei cancelled a payment"]


@pytest.mark.parametrize("role", [Membership.Role.EDITOR, Membership.Role.READER])
def test_employees_do_not_read_it(cast: Cast, role: str) -> None:
    employee = cast.world.person("Edgar Employee")
    cast.world.membership(employee, cast.northlight, role, accounts=(cast.account,))
    assert signed_in(employee).get(address("dashboard:history", cast.northlight.bn9)).status_code == 403


def test_third_parties_do_not_read_it_and_strangers_learn_nothing(cast: Cast) -> None:
    here = address("dashboard:history", cast.northlight.bn9)
    assert signed_in(cast.wen).get(here).status_code == 403
    assert signed_in(cast.stranger).get(here).status_code == 404


# --- Looking for something -------------------------------------------------------------------------------------------
@pytest.fixture
def mixed(cast: Cast, amara: Actor, wen: Actor, officer: Actor) -> Cast:
    old = cast.world.at - timedelta(days=30)
    record(cast, "payment.started", amara, program_account_id=cast.account.pk, target="payments.Payment:P-77", at=old)
    record(cast, "access.viewed", wen, after={"page": "payments:list"})
    record(cast, "access.downloaded", wen, after={"page": "payments:receipt"})
    record(cast, "access.refused", wen, reason="delegation_too_narrow")
    record(cast, "rpp.suspended", officer, reason="Papers are missing.")
    record(cast, "statement.issued", system("issue_statements"))
    accounts.record_sign_in(user=cast.amara, method="gckey", actor=actor(cast.amara), at=cast.world.at)
    return cast


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 7),
        ("?kind=viewed", 1),
        ("?kind=downloaded", 1),
        ("?kind=refused", 1),
        ("?kind=changed", 3),
        ("?kind=sign-in", 1),
        ("?side=own", 2),
        ("?side=third-parties", 3),
        ("?side=agency", 1),
        ("?side=portal", 1),
        ("?who=wen", 3),
        ("?who=Harbourline", 3),
        ("?text=P-77", 1),
        ("?text=started a payment", 1),
        ("?text=papers", 1),
        ("?until=2026-06-30", 1),
        ("?since=2026-06-23", 6),
        ("?kind=viewed&who=amara", 0),
    ],
)
def test_each_filter_finds_what_it_says(mixed: Cast, query: str, found: int) -> None:
    rows = file_of(signed_in(mixed.amara), "dashboard:history_csv", mixed.northlight.bn9, query=query)
    assert len(rows) == found


def test_a_program_account_and_a_request_are_found(mixed: Cast) -> None:
    client = signed_in(mixed.amara)
    rows = file_of(client, "dashboard:history_csv", mixed.northlight.bn9, query=f"?account_id={mixed.account.pk}")
    assert [row["Program account"] for row in rows] == [mixed.account.number]
    event = AuditEvent.objects.get(verb="access.downloaded", request_id__gt="")
    rows = file_of(client, "dashboard:history_csv", mixed.northlight.bn9, query=f"?text={event.request_id}")
    assert [row["Request"] for row in rows] == [event.request_id]


def test_the_acts_for_clients_are_a_side_of_a_providers_history_only(cast: Cast, wen: Actor) -> None:
    record(cast, "payment.started", wen)
    record(cast, "role.granted", wen, business_id=cast.harbourline.pk)
    rows = file_of(signed_in(cast.wen), "dashboard:history_csv", cast.harbourline.bn9, query="?side=clients")
    assert [row["Business"] for row in rows] == ["Northlight Outdoor Supply Inc."]
    assert "Select a valid choice" in of_northlight(cast, query="?side=clients")


def test_a_wrong_day_is_said_and_nothing_typed_is_lost(mixed: Cast) -> None:
    answer = signed_in(mixed.amara).get(
        address("dashboard:history", mixed.northlight.bn9) + "?since=2026-07-02&until=2026-07-01&who=wen"
    )
    page = words(answer)
    assert "The end is before the start. Enter a later date." in page
    assert b'value="wen"' in answer.content


@pytest.mark.parametrize("cursor", ["?before=x", "?after=9999999999999999999999", "?before=-1"])
def test_a_mistyped_place_shows_the_beginning(mixed: Cast, cursor: str) -> None:
    assert "viewed a page" in of_northlight(mixed, query=cursor)


def test_the_list_goes_on_page_by_page_and_back_without_a_gap(cast: Cast, amara: Actor) -> None:
    for number in range(60):
        record(cast, "payment.started", amara, target=f"payments.Payment:N{number:02d}")
    sources = history.sources_of(cast.northlight.pk, held=None, is_provider=False)
    first = history.newest(sources, limit=25)
    second = history.newest(sources, before=first[-1].pk, limit=25)
    assert [row.target[-3:] for row in (first[0], first[-1], second[0])] == ["N59", "N35", "N34"]
    assert history.newest(sources, after=second[0].pk, limit=25) == first
    client = signed_in(cast.amara)
    start = client.get(address("dashboard:history", cast.northlight.bn9) + "?kind=changed")
    older = start.context["older"]
    assert "kind=changed" in older and start.context["newer"] == ""
    middle = client.get(address("dashboard:history", cast.northlight.bn9) + older)
    assert [act.about for act in middle.context["acts"]] == [f"N{number:02d}" for number in range(34, 9, -1)]
    back = client.get(address("dashboard:history", cast.northlight.bn9) + middle.context["newer"])
    assert [act.about for act in back.context["acts"]] == [act.about for act in start.context["acts"]]
    assert back.context["newer"] == ""


# --- As a file -------------------------------------------------------------------------------------------------------
def test_the_file_has_every_row_of_the_filter_and_is_itself_recorded(
    cast: Cast, wen: Actor, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for number in range(history.CHUNK + 5):
        audit_row = audit.event(
            actor=wen, verb="payment.started", at=cast.world.at, business_id=cast.northlight.pk, target=f"x:{number}"
        )
        audit_row.save(force_insert=True)
    client = signed_in(cast.amara)
    with django_assert_max_num_queries(15):
        rows = file_of(client, "dashboard:history_csv", cast.northlight.bn9, query="?kind=changed")
    assert len(rows) == history.CHUNK + 5
    newest = AuditEvent.objects.order_by("-id")[0]
    assert (newest.verb, newest.user_id) == ("access.downloaded", cast.amara.pk)
    assert newest.after == {"page": "dashboard:history_csv", "bn9": cast.northlight.bn9}


def test_a_cell_of_the_file_never_runs_as_a_formula(cast: Cast, officer: Actor) -> None:
    record(cast, "rpp.suspended", officer, reason="=1+1")
    (row,) = file_of(signed_in(cast.amara), "dashboard:history_csv", cast.northlight.bn9)
    assert row["Reason"] == "'=1+1"
    assert (row["Who"], row["Kind"]) == ("An officer", "Changed")


def test_numbers_of_rows_are_never_shown_and_lists_are_counted(cast: Cast, amara: Actor) -> None:
    before = {"name": "West", "role": "EDITOR", "client_ids": [4], "membership_ids": []}
    record(cast, "client_group.clients_added", amara, before=before, after=before | {"client_ids": [4, 9]})
    record(cast, "group_request.made", amara, after={"state": "WAITING", "group_id": 77, "client_id": None})
    record(
        cast,
        "primary.offered",
        amara,
        before={"primary_user_id": 1},
        after={"offered_to_user_id": cast.stranger.pk, "expires_at": "2026-08-08T08:00:01.194-04:00"},
    )
    html = of_northlight(cast)
    assert "Name: West · Clients: 1 → 2" in html
    assert "State: Waiting" in html
    assert "77" not in html
    assert "Offered to: Sam Stranger" in html
    assert "Waits until: 8 August 2026, 08:00" in html
    assert "user id" not in html


# --- The cost --------------------------------------------------------------------------------------------------------
def test_one_row_costs_as_many_queries_as_a_full_page(cast: Cast, amara: Actor) -> None:
    facts = {"user_id": cast.amara.pk, "provider_id": cast.harbourline.pk, "program_account_ids": [cast.account.pk]}
    client = signed_in(cast.amara)
    counts = []
    for many in (1, 60):
        for _number in range(many):
            record(cast, "delegation.approved", amara, after=facts)
        with CaptureQueriesContext(connection) as made:
            of_northlight(cast, client)
        counts.append(len(made))
    assert counts[0] == counts[1] <= 8


#: Each copy of an event concerns another business, delegate and object.
MOVED = {
    "business_id": "business_id + id % 997 + 1",
    "actor_business_id": "actor_business_id + id % 499 + 1",
    "target": "target || (id % 997)",
}


def grown_trail(cast: Cast) -> None:
    """A hundred thousand events of many businesses, a few of them Northlight's."""
    record(cast, "payment.started", actor(cast.luc, cast.desrosiers), business_id=cast.desrosiers.pk)
    record(cast, "person.signed_in", actor(cast.luc), business_id=None, target="accounts.User:9")
    columns = [
        str(field.column) for field in AuditEvent._meta.concrete_fields if field.column and not field.primary_key
    ]
    names = ", ".join(columns)
    sources = ", ".join(MOVED.get(name, name) for name in columns)
    with connection.cursor() as cursor:
        for _doubling in range(16):
            cursor.execute(f"INSERT INTO {AUDIT} ({names}) SELECT {sources} FROM {AUDIT}")
    for _number in range(30):
        record(cast, "access.viewed", actor(cast.wen, cast.harbourline))
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {AUDIT}")


@pytest.mark.sqlite
def test_a_long_trail_is_read_along_its_indexes(cast: Cast) -> None:
    grown_trail(cast)
    assert AuditEvent.objects.count() > 100_000
    for sources, index in (
        (history.sources_of(cast.northlight.pk, held=None, is_provider=False), "core_audit_business"),
        (history.sources_of(cast.northlight.pk, held=None, is_provider=False), "core_audit_target"),
        (history.sources_of(cast.harbourline.pk, held=None, is_provider=True), "core_audit_acting"),
        (
            history.acts_of_delegate(client_id=cast.northlight.pk, provider_id=cast.harbourline.pk, held=None),
            "core_audit_delegate",
        ),
    ):
        with CaptureQueriesContext(connection) as made:
            assert history.newest(sources, limit=26) or index == "core_audit_target"
        plan = "".join(explained(query["sql"]) for query in made.captured_queries)
        assert index in plan, plan
        assert f"Seq Scan on {AUDIT}" not in plan and f"SCAN {AUDIT}\n" not in plan, plan


def explained(sql: str) -> str:
    how = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {sql}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall()) + "\n"


@pytest.mark.sqlite
def test_the_trail_is_still_append_only_with_its_new_indexes(cast: Cast, amara: Actor) -> None:
    row = record(cast, "payment.started", amara)
    for attempt in (
        lambda: AuditEvent.objects.filter(pk=row.pk).update(verb="payment.cancelled"),
        lambda: AuditEvent.objects.filter(pk=row.pk).delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attempt()


# --- One delegate -----------------------------------------------------------------------------------------------------
@pytest.fixture
def busy(cast: Cast, wen: Actor) -> Cast:
    """Two people of Harbourline at work for Northlight, and much that is not theirs."""
    second = cast.world.person("Bo Broker")
    cast.world.membership(second, cast.harbourline, Membership.Role.EDITOR)
    bo = actor(second, cast.harbourline)
    for by, verb in (
        (wen, "payment.started"),
        (wen, "access.viewed"),
        (wen, "access.viewed"),
        (bo, "access.downloaded"),
    ):
        record(cast, verb, by, program_account_id=cast.account.pk)
    record(cast, "payment.started", actor(cast.amara, cast.northlight))
    record(cast, "payment.started", actor(cast.ines, cast.passerelle))
    record(cast, "payment.started", wen, business_id=cast.desrosiers.pk)
    return cast


def test_a_client_reads_what_its_broker_did_by_person_and_kind(busy: Cast) -> None:
    page = see(signed_in(busy.amara), "dashboard:delegate", busy.northlight.bn9, busy.harbourline.bn9)
    assert "Wen Zhao Changed 1 Viewed 2 Downloaded 0 Refused 0 Total 3" in page
    assert "Bo Broker Changed 0 Viewed 0 Downloaded 1 Refused 0 Total 1" in page
    assert "Amara Osei started" not in page and "Ines" not in page


def test_a_provider_reads_its_own_activity_for_a_client(busy: Cast) -> None:
    page = see(signed_in(busy.wen), "dashboard:client_activity", busy.harbourline.bn9, busy.northlight.bn9)
    assert "Wen Zhao Changed 1 Viewed 2 Downloaded 0 Refused 0 Total 3" in page
    assert "Amara" not in page and "Ines" not in page


def test_the_activity_can_be_narrowed_and_taken_as_a_file(busy: Cast) -> None:
    client = signed_in(busy.amara)
    here = (busy.northlight.bn9, busy.harbourline.bn9)
    rows = file_of(client, "dashboard:delegate_csv", *here, query="?kind=viewed")
    assert [row["What"] for row in rows] == ["Wen Zhao viewed a page"] * 2
    assert AuditEvent.objects.filter(verb="access.downloaded", user_id=busy.amara.pk).count() == 1
    own = file_of(signed_in(busy.wen), "dashboard:client_activity_csv", busy.harbourline.bn9, busy.northlight.bn9)
    assert len(own) == 4
    empty = see(client, "dashboard:delegate", *here, query="?since=2030-01-01")
    assert "Nothing matches" in empty


def test_only_a_business_that_had_access_has_an_activity(busy: Cast) -> None:
    client = signed_in(busy.amara)
    for other in (busy.passerelle.bn9, busy.desrosiers.bn9, "799999997"):
        assert client.get(address("dashboard:delegate", busy.northlight.bn9, other)).status_code == 404
    mine = address("dashboard:client_activity", busy.harbourline.bn9, busy.desrosiers.bn9)
    assert signed_in(busy.wen).get(mine).status_code == 404


def test_a_revoked_provider_keeps_its_activity(busy: Cast) -> None:
    row = busy.northlight.delegations_given.get(provider=busy.harbourline)
    delegations.revoke(
        delegation_id=row.pk,
        reason="New broker.",
        actor=actor(busy.amara, busy.northlight),
        on=busy.world.today,
        at=busy.world.at,
    )
    page = see(signed_in(busy.amara), "dashboard:delegate", busy.northlight.bn9, busy.harbourline.bn9)
    assert "Wen Zhao Changed 1" in page


def test_a_program_manager_sees_the_activity_in_their_programs(busy: Cast) -> None:
    second = busy.world.program_account(busy.northlight, "RM0002")
    manager = busy.world.person("Pia Manager")
    busy.world.membership(manager, busy.northlight, Membership.Role.PAM, accounts=(second,))
    here = (busy.northlight.bn9, busy.harbourline.bn9)
    assert "Nothing happened yet" in see(signed_in(manager), "dashboard:delegate", *here)


def test_an_unfiltered_wish_is_everything() -> None:
    assert Wanted() == history.ALL
    assert Wanted(since=date(2026, 7, 1)) != history.ALL
