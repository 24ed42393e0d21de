"""Requests, nominations, approvals and their end: each outcome once, recorded, and told to both sides."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from core.actor import system
from core.clock import TORONTO
from core.errors import Conflict, DomainError, Refused, Stranger
from core.models import AuditEvent, JobRun
from delegation import access, services
from delegation.models import Delegation
from delegation.rules import Action, Scope
from notifications.models import Notification
from tests.builders import actor, build_cast
from tests.delegation.conftest import SIGNED, Office

State = Delegation.State
Make = Callable[..., Scope]


def told(user: Any) -> list[str]:
    return list(Notification.objects.filter(user_id=user.pk).order_by("pk").values_list("subject", flat=True))


def test_a_broker_asks_and_the_manager_is_told(office: Office) -> None:
    row = office.asked()
    assert row.state == State.REQUESTED
    assert row.request_expires_on == office.moment["on"] + timedelta(days=90)
    assert told(office.cast.amara) == ["Passerelle Courtage en douane inc. asks for access to your account"]
    assert told(office.pam) and not told(office.reader)
    event = AuditEvent.objects.get(verb="delegation.requested")
    assert event.business_id == office.northlight.pk
    assert event.after["state"] == "REQUESTED"


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("oneself", "oneself"),
        ("nobody", "unknown_client"),
        ("unregistered", "unknown_client"),
        ("closed", "client_closed"),
        ("asked", "already_requested"),
        ("active", "already_authorised"),
    ],
)
def test_each_guard_has_its_own_message(office: Office, case: str, code: str) -> None:
    cast = office.cast
    world = cast.world
    numbers = {
        "oneself": cast.passerelle.bn9,
        "nobody": "799999997",
        "unregistered": world.business("Quiet Ltd.", registered_at=None).bn9,
        "closed": world.business("Gone Ltd.", closed_on=world.today).bn9,
        "asked": cast.northlight.bn9,
        "active": cast.desrosiers.bn9,
    }
    office.asked()
    world.delegation(cast.passerelle, cast.desrosiers)
    before = Delegation.objects.count()
    with pytest.raises(DomainError) as refusal:
        services.request_access(
            provider_id=cast.passerelle.pk, client_bn9=numbers[case], comment="", **office.by(cast.ines)
        )
    assert refusal.value.code == code
    assert refusal.value.field == "bn9"
    assert Delegation.objects.count() == before


def test_only_brokers_and_consultants_ask(office: Office) -> None:
    with pytest.raises(Refused) as refusal:
        services.request_access(
            provider_id=office.cast.keystone.pk,
            client_bn9=office.northlight.bn9,
            comment="",
            **office.by(office.cast.peter),
        )
    assert refusal.value.code == "not_a_provider"
    consulting = services.request_access(
        provider_id=office.consultant.pk, client_bn9=office.northlight.bn9, comment="", **office.by(office.cora)
    )
    assert consulting.state == State.REQUESTED


def test_nobody_asks_in_another_providers_name(office: Office) -> None:
    with pytest.raises(Stranger):
        services.request_access(
            provider_id=office.cast.passerelle.pk,
            client_bn9=office.northlight.bn9,
            comment="",
            **office.by(office.cast.stranger),
        )


def test_approval_writes_the_scope_and_opens_the_door(office: Office, scope: Make) -> None:
    row = office.asked()
    chosen = scope(
        all_programs=False,
        program_account_ids=frozenset({office.account.pk}),
        sees_client=True,
        valid_until=office.moment["on"] + timedelta(days=30),
    )
    services.approve(delegation_id=row.pk, scope=chosen, **office.signing(office.cast.amara))
    row.refresh_from_db()
    assert (row.state, row.valid_from, row.decided_by_name) == (State.ACTIVE, office.moment["on"], "Amara Osei")
    seat = access.program_account_for(
        actor(office.cast.ines), office.account.number, to=Action.FILE_DECLARATION, on=office.moment["on"]
    )
    assert seat.visibility.submitter_ids == {office.northlight.pk, office.cast.passerelle.pk}
    with pytest.raises(Stranger):
        access.program_account_for(
            actor(office.cast.ines), office.second.number, to=Action.VIEW, on=office.moment["on"]
        )
    event = AuditEvent.objects.get(verb="delegation.approved")
    assert event.before["state"] == "REQUESTED"
    assert event.after["program_account_ids"] == [office.account.pk]
    assert any("approuv" in words or "approved" in words for words in told(office.cast.ines))


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"all_programs": False}, "no_program", "program_accounts"),
        ({"all_programs": False, "program_account_ids": frozenset({10**9})}, "unknown_program", "program_accounts"),
        (
            {"access": "BUSINESS_MANAGEMENT", "all_programs": False, "own": True},
            "business_needs_all_programs",
            "access",
        ),
        ({"days_from": -1}, "starts_in_the_past", "valid_from"),
        ({"days_until": -1}, "ends_before_it_starts", "valid_until"),
    ],
)
def test_a_wrong_scope_names_its_field_and_writes_nothing(
    office: Office, scope: Make, change: dict[str, Any], code: str, field: str
) -> None:
    row = office.asked()
    chosen = dict(change)
    if chosen.pop("own", False):
        chosen["program_account_ids"] = frozenset({office.account.pk})
    for name in ("from", "until"):
        if f"days_{name}" in chosen:
            chosen[f"valid_{name}"] = office.moment["on"] + timedelta(days=chosen.pop(f"days_{name}"))
    with pytest.raises(DomainError) as refusal:
        services.approve(delegation_id=row.pk, scope=scope(**chosen), **office.signing(office.cast.amara))
    assert (refusal.value.code, refusal.value.field) == (code, field)
    row.refresh_from_db()
    assert row.state == State.REQUESTED


def test_a_program_manager_approves_within_their_programs_only(office: Office, scope: Make) -> None:
    row = office.asked()
    with pytest.raises(Refused):
        services.approve(delegation_id=row.pk, scope=scope(), **office.signing(office.pam))
    with pytest.raises(Refused):
        services.reject(delegation_id=row.pk, reason="no", **office.by(office.pam))
    own = scope(all_programs=False, program_account_ids=frozenset({office.account.pk}))
    assert services.approve(delegation_id=row.pk, scope=own, **office.signing(office.pam)).state == State.ACTIVE
    wider = scope(all_programs=False, program_account_ids=frozenset({office.account.pk, office.second.pk}))
    with pytest.raises(Refused):
        services.edit_scope(delegation_id=row.pk, scope=wider, **office.signing(office.pam))
    services.edit_scope(delegation_id=row.pk, scope=wider, **office.signing(office.cast.amara))
    with pytest.raises(Refused):
        services.revoke(delegation_id=row.pk, **office.by(office.pam))


@pytest.mark.parametrize("who", ["editor", "reader"])
def test_employees_approve_nobody(office: Office, scope: Make, who: str) -> None:
    row = office.asked()
    with pytest.raises(Refused):
        services.approve(delegation_id=row.pk, scope=scope(), **office.signing(getattr(office, who)))


def test_the_second_approval_and_an_approval_after_withdrawal_are_conflicts(office: Office, scope: Make) -> None:
    row = office.asked()
    services.withdraw(delegation_id=row.pk, **office.by(office.cast.ines))
    for act in (services.approve, services.reject, services.withdraw):
        extra = (
            {"scope": scope(), "signed": SIGNED}
            if act is services.approve
            else {"reason": "no"}
            if act is services.reject
            else {}
        )
        who = office.cast.ines if act is services.withdraw else office.cast.amara
        with pytest.raises(Conflict):
            act(delegation_id=row.pk, **extra, **office.by(who))  # type: ignore[operator]
    again = office.asked()
    services.approve(delegation_id=again.pk, scope=scope(), **office.signing(office.cast.amara))
    with pytest.raises(Conflict):
        services.approve(delegation_id=again.pk, scope=scope(sees_client=True), **office.signing(office.backup))
    assert AuditEvent.objects.filter(verb="delegation.approved").count() == 1
    assert told(office.cast.amara)[-2:-1]


def test_rejection_carries_its_reason_to_the_other_side(office: Office) -> None:
    row = office.asked()
    services.reject(delegation_id=row.pk, reason="We do not know you.", **office.by(office.cast.amara))
    row.refresh_from_db()
    assert (row.state, row.reason) == (State.REJECTED, "We do not know you.")
    assert "We do not know you." in Notification.objects.filter(user=office.cast.ines).latest("pk").body
    assert office.asked().pk != row.pk


def test_revoking_ends_it_at_once(office: Office) -> None:
    held = Delegation.objects.get(provider=office.cast.harbourline)
    wen, on = actor(office.cast.wen), office.moment["on"]
    access.program_account_for(wen, office.account.number, to=Action.PAY, on=on)
    services.revoke(delegation_id=held.pk, reason="New broker.", **office.by(office.backup))
    with pytest.raises(Stranger):
        access.program_account_for(wen, office.account.number, to=Action.VIEW, on=on)
    assert AuditEvent.objects.get(verb="delegation.revoked").reason == "New broker."
    with pytest.raises(Conflict):
        services.revoke(delegation_id=held.pk, **office.by(office.backup))


def test_an_officer_revokes_without_a_role(office: Office) -> None:
    held = Delegation.objects.get(provider=office.cast.harbourline)
    services.revoke(delegation_id=held.pk, reason="Licence withdrawn.", **office.by(office.cast.daniel))
    held.refresh_from_db()
    assert held.state == State.REVOKED


def test_the_provider_gives_it_back(office: Office) -> None:
    held = Delegation.objects.get(provider=office.cast.harbourline)
    with pytest.raises(Stranger):
        services.end(delegation_id=held.pk, **office.by(office.cast.amara))
    services.end(delegation_id=held.pk, **office.by(office.cast.wen))
    held.refresh_from_db()
    assert (held.state, held.ended_at) == (State.ENDED, office.moment["at"])
    assert told(office.cast.amara)


def test_editing_keeps_the_first_day_and_records_both(office: Office, scope: Make) -> None:
    held = Delegation.objects.get(provider=office.cast.harbourline)
    first = held.valid_from
    services.edit_scope(
        delegation_id=held.pk, scope=scope(valid_from=first, sees_others=True), **office.signing(office.cast.amara)
    )
    held.refresh_from_db()
    assert (held.valid_from, held.sees_client, held.sees_others) == (first, False, True)
    event = AuditEvent.objects.get(verb="delegation.edited")
    assert (event.before["sees_client"], event.after["sees_client"]) == (True, False)


# --- The other direction ----------------------------------------------------------------------------------------------
def nominate(office: Office, scope: Scope, **fields: Any) -> Delegation:
    values = {
        "client_id": office.northlight.pk,
        "provider_bn9": office.cast.passerelle.bn9,
        "comment": "",
        **office.signing(office.cast.amara),
    }
    return services.nominate_provider(scope=scope, **{**values, **fields})


def test_the_named_broker_accepts_what_the_client_chose(office: Office, scope: Make) -> None:
    row = nominate(office, scope(sees_client=True))
    assert row.state == State.REQUESTED
    with pytest.raises(Conflict):
        services.approve(delegation_id=row.pk, scope=scope(), **office.signing(office.cast.amara))
    with pytest.raises(Stranger):
        services.accept_nomination(delegation_id=row.pk, **office.signing(office.cast.amara))
    later = office.moment["at"] + timedelta(days=3)
    services.accept_nomination(
        delegation_id=row.pk, signed=SIGNED, actor=actor(office.cast.ines), on=later.date(), at=later
    )
    row.refresh_from_db()
    assert (row.state, row.sees_client, row.valid_from) == (State.ACTIVE, True, later.date())


def test_the_named_broker_declines_and_the_client_withdraws(office: Office, scope: Make) -> None:
    declined = nominate(office, scope())
    services.reject(delegation_id=declined.pk, reason="No room.", **office.by(office.cast.ines))
    assert "No room." in Notification.objects.filter(user=office.cast.amara).latest("pk").body
    withdrawn = nominate(office, scope())
    services.withdraw(delegation_id=withdrawn.pk, **office.by(office.cast.amara))
    with pytest.raises(Conflict):
        services.accept_nomination(delegation_id=withdrawn.pk, **office.signing(office.cast.ines))


def test_a_request_is_not_accepted_by_the_one_who_asked(office: Office) -> None:
    row = office.asked()
    with pytest.raises(Conflict) as refusal:
        services.accept_nomination(delegation_id=row.pk, **office.signing(office.cast.ines))
    assert refusal.value.code == "not_yours"


def test_a_nomination_whose_last_day_has_passed_is_over(office: Office, scope: Make) -> None:
    row = nominate(office, scope(valid_until=office.moment["on"]))
    later = office.moment["at"] + timedelta(days=1)
    with pytest.raises(Conflict) as refusal:
        services.accept_nomination(
            delegation_id=row.pk, signed=SIGNED, actor=actor(office.cast.ines), on=later.date(), at=later
        )
    assert refusal.value.code == "already_over"


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("oneself", "oneself"),
        ("nobody", "unknown_provider"),
        ("importer", "not_a_provider"),
        ("closed", "provider_closed"),
        ("active", "already_authorised"),
    ],
)
def test_guards_of_a_nomination(office: Office, scope: Make, case: str, code: str) -> None:
    cast = office.cast
    numbers = {
        "oneself": cast.northlight.bn9,
        "nobody": "799999997",
        "importer": cast.desrosiers.bn9,
        "closed": cast.world.broker("Gone Brokers Ltd.", closed_on=cast.world.today).bn9,
        "active": cast.harbourline.bn9,
    }
    with pytest.raises(DomainError) as refusal:
        nominate(office, scope(), provider_bn9=numbers[case])
    assert (refusal.value.code, refusal.value.field) == (code, "bn9")


# --- The daily job ----------------------------------------------------------------------------------------------------
def run_job(office: Office, day: Any) -> dict[str, int]:
    run, _new = JobRun.objects.get_or_create(
        job="delegation.expiry", due_at=f"{day}T00:01:00-04:00", defaults={"started_at": office.moment["at"]}
    )
    run.refresh_from_db()
    return services.expire(run=run, on=day, actor=system("delegation.expiry"))


def test_the_job_closes_reminds_and_can_run_twice(office: Office) -> None:
    on = office.moment["on"]
    row = office.asked()
    Delegation.objects.filter(provider=office.cast.harbourline).update(valid_until=on + timedelta(days=30))
    services.invite(
        business_id=office.northlight.pk, email="new@example.com", roles=None, **office.by(office.cast.amara)
    )
    first = run_job(office, on)
    assert (first["requests"], first["delegations"], first["reminders"]) == (0, 0, 1)
    assert run_job(office, on)["reminders"] == 0
    assert run_job(office, on + timedelta(days=30))["delegations"] == 0
    gone = run_job(office, on + timedelta(days=31))
    assert (gone["delegations"], gone["requests"], gone["invitations"]) == (1, 0, 0)
    assert run_job(office, on + timedelta(days=89))["requests"] == 0
    assert run_job(office, on + timedelta(days=90))["requests"] == 1
    row.refresh_from_db()
    assert row.state == State.EXPIRED
    assert AuditEvent.objects.filter(verb="delegation.expired").count() == 1
    assert any("ends on" in words for words in told(office.cast.wen))
    assert run_job(office, on + timedelta(days=90))["requests"] == 0


def test_expiry_takes_the_same_statements_for_one_and_for_many(office: Office) -> None:
    world, on = office.cast.world, office.moment["on"]
    counts = []
    for day, many in ((on, 1), (on + timedelta(days=1), 12)):
        for number in range(many):
            client = world.business(f"Client {day} {number} Ltd.")
            world.membership(world.person(f"Manager {number}"), client, is_primary=True)
            world.delegation(office.cast.harbourline, client, valid_until=on - timedelta(days=1))
        with CaptureQueriesContext(connection) as captured:
            assert run_job(office, day)["delegations"] == many
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_delegates_are_told_when_asked_for(office: Office) -> None:
    at = office.moment["at"]
    values = {"business_id": office.northlight.pk, "subject": "S", "body": "B", "category": "test", "at": at}
    services.notify_business(**values, program_account_id=office.account.pk, include_delegates=True)
    assert told(office.cast.amara) == told(office.pam) == told(office.cast.wen) == ["S"]
    services.notify_business(**values, include_delegates=True)
    assert told(office.cast.wen) == ["S", "S"] and told(office.pam) == ["S"]
    services.notify_business(**values)
    assert len(told(office.cast.amara)) == 3 and len(told(office.cast.wen)) == 2


def test_many_businesses_are_told_at_once(office: Office) -> None:
    notices = [
        services.BusinessNotice(business_id=business.pk, subject="S", body="B", category="test")
        for business in (office.northlight, office.cast.desrosiers)
    ]
    services.notify_businesses(notices, at=office.moment["at"])
    assert told(office.cast.amara) == told(office.backup) == told(office.cast.luc) == ["S"]
    assert told(office.reader) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="one writer at a time there anyway")
def test_approval_and_withdrawal_at_the_same_moment_have_one_outcome(world: Any) -> None:
    cast = build_cast(world)
    moment = {"on": world.today, "at": world.at.astimezone(TORONTO)}
    row = services.request_access(
        provider_id=cast.passerelle.pk,
        client_bn9=cast.northlight.bn9,
        comment="",
        actor=actor(cast.ines),
        **moment,
    )
    chosen = Scope(access="PROGRAM_MANAGEMENT", all_programs=True)
    outcomes: list[str] = []
    barrier = threading.Barrier(3)

    def attempt(act: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            outcomes.append(act().state)
        except Conflict:
            outcomes.append("conflict")
        finally:
            connections.close_all()

    acts: list[Callable[[], Any]] = [
        lambda: services.approve(delegation_id=row.pk, scope=chosen, signed=SIGNED, actor=actor(cast.amara), **moment),
        lambda: services.approve(
            delegation_id=row.pk,
            scope=replace(chosen, sees_client=True),
            signed=SIGNED,
            actor=actor(cast.amara),
            **moment,
        ),
        lambda: services.withdraw(delegation_id=row.pk, actor=actor(cast.ines), **moment),
    ]
    threads = [threading.Thread(target=attempt, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes)[1:] == ["conflict", "conflict"] or outcomes.count("conflict") == 2
    row.refresh_from_db()
    decided = AuditEvent.objects.filter(verb__in=("delegation.approved", "delegation.withdrawn"))
    assert decided.count() == 1
    assert row.state in (State.ACTIVE, State.WITHDRAWN)
    assert connection.vendor == "postgresql"
