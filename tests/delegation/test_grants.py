"""Blocks, what a provider filed before, signatures, the life of a delegation, renewals: the services."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import translation

from core import audit
from core.actor import system
from core.clock import TORONTO
from core.errors import Conflict, DomainError, Refused, Stranger
from core.models import AuditEvent, JobRun
from delegation import access, queries, rules, services
from delegation.models import Delegation, ProviderBlock, Signature
from delegation.rules import Action, Scope, SignedAs
from notifications.models import Notification
from tests.builders import actor, build_cast, business_number
from tests.delegation.conftest import SIGNED, Office

State = Delegation.State
Make = Callable[..., Scope]


def block(office: Office, **fields: Any) -> ProviderBlock:
    values = {
        "client_id": office.northlight.pk,
        "provider_id": office.cast.passerelle.pk,
        "reason": "They write to everybody.",
        **office.by(office.cast.amara),
    }
    return services.block_provider(**{**values, **fields})


def harbourlines(office: Office) -> Delegation:
    return Delegation.objects.get(provider=office.cast.harbourline, client=office.northlight)


# --- Blocking ---------------------------------------------------------------------------------------------------------
def test_a_block_rejects_what_waits_and_refuses_what_comes_and_keeps_its_reason_at_home(office: Office) -> None:
    row = office.asked()
    block(office)
    row.refresh_from_db()
    assert (row.state, row.reason) == (State.REJECTED, "")
    told = Notification.objects.filter(user=office.cast.ines).latest("pk")
    assert "does not accept requests from you" in told.body or "n’accepte pas" in told.body
    with pytest.raises(DomainError) as refusal:
        office.asked()
    assert refusal.value.code == "not_accepting"
    for words in (str(refusal.value), told.subject, told.body):
        assert "everybody" not in words and "block" not in words.lower()
    event = AuditEvent.objects.get(verb="provider.blocked")
    assert (event.business_id, event.reason) == (office.northlight.pk, "They write to everybody.")
    assert AuditEvent.objects.filter(verb="delegation.rejected", business_id=office.northlight.pk).count() == 1


def test_an_own_nomination_is_withdrawn_by_a_block(office: Office, scope: Make) -> None:
    named = services.nominate_provider(
        client_id=office.northlight.pk,
        provider_bn9=office.cast.passerelle.bn9,
        scope=scope(),
        comment="",
        **office.signing(office.cast.amara),
    )
    block(office)
    named.refresh_from_db()
    assert named.state == State.WITHDRAWN
    with pytest.raises(Conflict):
        services.accept_nomination(delegation_id=named.pk, **office.signing(office.cast.ines))


@pytest.mark.parametrize(("ends_access", "state"), [(False, State.ACTIVE), (True, State.REVOKED)])
def test_an_access_in_force_ends_only_if_asked_for(office: Office, ends_access: bool, state: str) -> None:
    block(office, provider_id=office.cast.harbourline.pk, ends_access=ends_access)
    assert harbourlines(office).state == state


def test_a_block_needs_a_reason_the_whole_business_and_happens_once(office: Office) -> None:
    with pytest.raises(DomainError) as refusal:
        block(office, reason="  ")
    assert refusal.value.code == "no_reason"
    with pytest.raises(Refused):
        block(office, **office.by(office.pam))
    with pytest.raises(Stranger):
        block(office, **office.by(office.cast.stranger))
    block(office)
    with pytest.raises(Conflict):
        block(office)
    assert ProviderBlock.objects.count() == 1


def test_unblocking_opens_the_way_again(office: Office) -> None:
    made = block(office)
    with pytest.raises(Refused):
        services.unblock_provider(block_id=made.pk, **office.by(office.pam))
    services.unblock_provider(block_id=made.pk, **office.by(office.backup))
    assert AuditEvent.objects.filter(verb="provider.unblocked").count() == 1
    assert office.asked().state == State.REQUESTED


def test_somebody_who_unblocks_second_is_told(office: Office) -> None:
    made = block(office)
    services.unblock_provider(block_id=made.pk, **office.by(office.cast.amara))
    with pytest.raises(Conflict):
        services.unblock_provider(block_id=made.pk, **office.by(office.backup))
    assert AuditEvent.objects.filter(verb="provider.unblocked").count() == 1


# --- The five guards, both ways, both languages ----------------------------------------------------------------------
def ask(office: Office, bn9: str) -> Any:
    return services.request_access(
        provider_id=office.cast.passerelle.pk, client_bn9=bn9, comment="", **office.by(office.cast.ines)
    )


def name(office: Office, bn9: str) -> Any:
    return services.nominate_provider(
        client_id=office.northlight.pk,
        provider_bn9=bn9,
        scope=Scope(access="PROGRAM_MANAGEMENT", all_programs=True),
        comment="",
        **office.signing(office.cast.amara),
    )


@pytest.mark.parametrize("direction", ["asking", "naming"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_guard_says_something_of_its_own(office: Office, language: str, direction: str) -> None:
    cast, world = office.cast, office.cast.world
    world.delegation(cast.passerelle, cast.desrosiers)
    if direction == "asking":
        act, own, active = ask, cast.passerelle.bn9, cast.desrosiers.bn9
        closed = world.business("Gone Ltd.", closed_on=world.today).bn9
    else:
        act, own, active = name, cast.northlight.bn9, cast.harbourline.bn9
        closed = world.broker("Gone Brokers Ltd.", closed_on=world.today).bn9
    blocked = cast.northlight.bn9 if direction == "asking" else cast.passerelle.bn9
    block(office)
    said = {}
    with translation.override(language):
        for case in (own, business_number(), active, closed, blocked):
            with pytest.raises(DomainError) as refusal:
                act(office, case)
            assert refusal.value.field == "bn9"
            said[refusal.value.code] = str(refusal.value)
    assert len(said) == 5 and len(set(said.values())) == 5
    with translation.override("en"):
        assert (language == "en") == ("your own business number" in said["oneself"])


# --- What a provider filed before -------------------------------------------------------------------------------------
def test_the_past_is_counted_on_the_audit_trail_with_its_first_and_last_day(office: Office) -> None:
    broker, client, at = office.cast.harbourline, office.northlight, office.moment["at"]
    assert queries.past_with(broker.pk, client_id=client.pk).is_empty
    filer = actor(office.cast.wen, broker)
    done = [
        ("declaration.accepted", "declarations.Declaration:1", 40),
        ("declaration.corrected", "declarations.Declaration:1", 30),
        ("declaration.ready_for_port", "declarations.Declaration:2", 20),
        ("declaration.ready_for_port", "declarations.Declaration:2", 10),
        ("release.released", "releases.Release:1", 45),
        ("release.refused", "releases.Release:3", 2),
    ]
    for verb, target, days in done:
        audit.record(actor=filer, verb=verb, target=target, business_id=client.pk, at=at - timedelta(days=days))
    audit.record(actor=filer, verb="declaration.accepted", target="x:1", business_id=office.cast.desrosiers.pk, at=at)
    audit.record(actor=actor(office.cast.amara, client), verb="declaration.accepted", business_id=client.pk, at=at)
    past = queries.past_with(broker.pk, client_id=client.pk)
    assert (past.declaration_count, past.release_count) == (2, 1)
    assert past.first_on == (at - timedelta(days=45)).astimezone(TORONTO).date()
    assert past.last_on == (at - timedelta(days=10)).astimezone(TORONTO).date()


# --- Signatures -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("signed", "code", "field"),
    [
        (None, "unsigned", "signed_name"),
        (SignedAs(" ", "Director", is_declared=True), "no_name", "signed_name"),
        (SignedAs("Amara Osei", "", is_declared=True), "no_title", "signed_title"),
        (SignedAs("Amara Osei", "Director", is_declared=False), "not_declared", "is_declared"),
    ],
)
def test_nothing_is_given_unsigned(office: Office, scope: Make, signed: Any, code: str, field: str) -> None:
    row = office.asked()
    with pytest.raises(DomainError) as refusal:
        services.approve(delegation_id=row.pk, scope=scope(), signed=signed, **office.by(office.cast.amara))
    assert (refusal.value.code, refusal.value.field) == (code, field)
    row.refresh_from_db()
    assert row.state == State.REQUESTED


def test_a_signature_keeps_who_which_text_and_what_was_given(office: Office, scope: Make) -> None:
    row = office.asked()
    services.approve(delegation_id=row.pk, scope=scope(sees_client=True), **office.signing(office.cast.amara))
    signature = Signature.objects.get(delegation=row)
    assert (signature.name, signature.title, signature.signer) == ("Amara Osei", "Director", office.cast.amara)
    assert (signature.occasion, signature.business) == ("APPROVED", office.northlight)
    assert signature.text_dated == date(2024, 10, 21)
    assert queries.scope_of_facts(signature.scope) == queries.scope_of(Delegation.objects.get(pk=row.pk))


def test_the_portal_and_officers_need_not_sign(office: Office, scope: Make) -> None:
    row = office.asked()
    services.approve(delegation_id=row.pk, scope=scope(), actor=system("demo"), **office.moment)
    assert not Signature.objects.exists()


def test_widening_is_signed_and_narrowing_is_not(office: Office, scope: Make) -> None:
    row = office.asked()
    services.approve(delegation_id=row.pk, scope=scope(), **office.signing(office.cast.amara))
    first = Delegation.objects.get(pk=row.pk).valid_from
    wide = scope(sees_client=True, valid_from=first)
    with pytest.raises(DomainError):
        services.edit_scope(delegation_id=row.pk, scope=wide, **office.by(office.cast.amara))
    services.edit_scope(delegation_id=row.pk, scope=wide, **office.signing(office.cast.amara))
    services.edit_scope(delegation_id=row.pk, scope=scope(valid_from=first), **office.by(office.cast.amara))
    assert list(Signature.objects.order_by("pk").values_list("occasion", flat=True)) == ["APPROVED", "EDITED"]


ALL = Scope(access="PROGRAM_MANAGEMENT", all_programs=True, valid_from=date(2026, 7, 1), valid_until=date(2026, 12, 31))


@pytest.mark.parametrize(
    ("change", "wider"),
    [
        ({}, False),
        ({"sees_client": True}, True),
        ({"sees_others": True}, True),
        ({"access": "BUSINESS_MANAGEMENT"}, True),
        ({"valid_until": None}, True),
        ({"valid_until": date(2027, 1, 1)}, True),
        ({"valid_until": date(2026, 12, 30)}, False),
        ({"valid_from": date(2026, 6, 30)}, True),
        ({"valid_from": date(2026, 8, 1)}, False),
        ({"all_programs": False, "program_account_ids": frozenset({1})}, False),
    ],
)
def test_what_widens_an_access(change: dict[str, Any], wider: bool) -> None:
    assert rules.widens(ALL, replace(ALL, **change)) == wider


def test_another_program_widens_and_one_less_does_not() -> None:
    one = replace(ALL, all_programs=False, program_account_ids=frozenset({1}))
    two = replace(one, program_account_ids=frozenset({1, 2}))
    assert rules.widens(one, two) and rules.widens(two, ALL) and not rules.widens(two, one)
    assert rules.scope_key(one) != rules.scope_key(two)


def test_an_old_signature_keeps_the_text_of_its_day() -> None:
    first = rules.DECLARATION_TEXTS[0]
    assert rules.declaration_text(first.since) is first
    assert rules.declaration_text(first.since - timedelta(days=1)) is first
    assert rules.declaration_text(date(2030, 1, 1)) is rules.DECLARATION_TEXTS[-1]


def test_a_change_over_what_somebody_changed_meanwhile_is_refused(office: Office, scope: Make) -> None:
    held = harbourlines(office)
    seen = rules.scope_key(queries.scope_of(held))
    narrow = scope(valid_from=held.valid_from)
    services.edit_scope(delegation_id=held.pk, scope=narrow, seen=seen, **office.by(office.cast.amara))
    with pytest.raises(Conflict) as refusal:
        services.edit_scope(delegation_id=held.pk, scope=narrow, seen=seen, **office.by(office.backup))
    assert refusal.value.code == "changed_meanwhile"
    assert AuditEvent.objects.filter(verb="delegation.edited").count() == 1


def test_the_life_of_a_delegation_tells_who_had_what_from_when(office: Office, scope: Make) -> None:
    row = office.asked()
    one = scope(all_programs=False, program_account_ids=frozenset({office.account.pk}))
    services.approve(delegation_id=row.pk, scope=one, **office.signing(office.cast.amara))
    row.refresh_from_db()
    wide = scope(sees_others=True, valid_from=row.valid_from)
    services.edit_scope(delegation_id=row.pk, scope=wide, **office.signing(office.backup))
    services.revoke(delegation_id=row.pk, reason="New broker.", **office.by(office.cast.amara))
    life = queries.life_of(row)
    assert [step.verb.split(".")[1] for step in life] == ["requested", "approved", "edited", "revoked"]
    assert life[0].scope is None and life[1].programs == "RM0001"
    assert life[2].scope is not None and life[2].scope.sees_others and life[2].actor_name == "Bo Backup"
    assert life[3].reason == "New broker."


def test_what_a_change_gives_and_takes(office: Office, scope: Make) -> None:
    accounts = list(queries.open_program_accounts(office.northlight.pk))
    wide = scope(access="BUSINESS_MANAGEMENT", sees_client=True, sees_others=True)
    narrow = scope(all_programs=False, program_account_ids=frozenset({office.account.pk}))
    values: dict[str, Any] = {
        "client": office.northlight,
        "provider": office.cast.harbourline,
        "accounts": accounts,
        "on": office.moment["on"],
    }
    lost = queries.what_changes(before=wide, after=narrow, **values)
    assert [account.rm for account in lost.lost_accounts] == ["RM0002"] and not lost.gained_accounts
    assert rules.ACTION_LABELS[Action.VIEW_STATEMENTS] in lost.lost_actions and not lost.gained_actions
    gained = queries.what_changes(before=narrow, after=wide, **values)
    assert gained.gained_actions == lost.lost_actions and not gained.is_empty
    # No declaration is there yet, and still the change opens those to come.
    assert len(gained.gained_sights) == 2 and gained.gained_sights == lost.lost_sights and not lost.gained_sights
    assert queries.what_changes(before=wide, after=wide, **values).is_empty


# --- Renewal ----------------------------------------------------------------------------------------------------------
RULE: dict[str, Any] = {
    "state": "ACTIVE",
    "valid_until": date(2026, 12, 31),
    "new_until": date(2027, 12, 31),
    "valid_from": date(2026, 1, 1),
    "on": date(2026, 7, 22),
    "is_blocked": False,
    "has_programs": True,
}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, None),
        ({"new_until": None}, None),
        ({"new_until": date(2026, 12, 31)}, "lasts_already"),
        ({"valid_until": None}, "lasts_already"),
        ({"new_until": date(2026, 7, 21)}, "ends_before_it_starts"),
        ({"is_blocked": True}, None),
        ({"state": "EXPIRED"}, None),
        ({"state": "EXPIRED", "is_blocked": True}, "blocked"),
        ({"state": "REVOKED", "has_programs": False}, "no_program"),
        ({"state": "REJECTED"}, "not_renewable"),
    ],
)
def test_when_an_access_is_renewed(change: dict[str, Any], problem: str | None) -> None:
    assert rules.renewal_problem(**{**RULE, **change}) == problem


def test_several_are_renewed_under_one_signature_and_each_row_tells_its_outcome(office: Office) -> None:
    cast, world, on = office.cast, office.cast.world, office.moment["on"]
    soon = harbourlines(office)
    Delegation.objects.filter(pk=soon.pk).update(valid_until=on + timedelta(days=5))
    ended = world.delegation(
        cast.passerelle,
        office.northlight,
        accounts=(office.account,),
        state=State.EXPIRED,
        valid_until=on - timedelta(days=3),
        sees_client=True,
    )
    long = world.delegation(world.broker("Long Ltd."), office.northlight, valid_until=on + timedelta(days=900))
    shut = world.delegation(world.broker("Shut Out Ltd."), office.northlight, state=State.REVOKED)
    block(office, provider_id=shut.provider_id)
    what: dict[str, Any] = {
        "client_id": office.northlight.pk,
        "delegation_ids": {soon.pk, ended.pk, long.pk, shut.pk},
        "valid_until": on + timedelta(days=365),
    }
    plan = services.plan_renewals(actor=actor(cast.amara), on=on, **what)
    expected = {soon.pk: "renewed", ended.pk: "named", long.pk: "lasts_already", shut.pk: "blocked"}
    assert {row.delegation.pk: row.outcome for row in plan} == expected
    assert all(bool(row.message) != row.is_good for row in plan)
    assert not AuditEvent.objects.filter(verb__in=("delegation.renewed", "delegation.nominated")).exists()
    with pytest.raises(DomainError):
        services.renew(**what, **office.by(cast.amara))
    done = services.renew(**what, **office.signing(cast.amara))
    assert [row.outcome for row in done] == [row.outcome for row in plan]
    soon.refresh_from_db()
    assert (soon.state, soon.valid_until, soon.sees_client) == (State.ACTIVE, on + timedelta(days=365), True)
    again = Delegation.objects.get(provider=cast.passerelle, client=office.northlight, state=State.REQUESTED)
    assert (again.asked_by, again.sees_client, again.valid_until) == ("CLIENT", True, on + timedelta(days=365))
    assert queries.scope_of(again).program_account_ids == {office.account.pk}
    with pytest.raises(Stranger):
        access.program_account_for(actor(cast.ines), office.account.number, to=Action.VIEW, on=on)
    services.accept_nomination(delegation_id=again.pk, **office.signing(cast.ines))
    access.program_account_for(actor(cast.ines), office.account.number, to=Action.VIEW, on=on)
    occasions = Signature.objects.order_by("pk").values_list("occasion", flat=True)
    assert sorted(occasions) == ["ACCEPTED", "NOMINATED", "RENEWED"]
    assert AuditEvent.objects.get(verb="delegation.renewed").before["valid_until"] == str(on + timedelta(days=5))
    repeated = services.renew(**what, **office.signing(cast.amara))
    assert not any(row.is_good for row in repeated)


def test_without_end_and_programs_closed_meanwhile(office: Office) -> None:
    cast, world, on = office.cast, office.cast.world, office.moment["on"]
    closing = world.program_account(office.northlight, "RM0009")
    gone = world.delegation(cast.passerelle, office.northlight, accounts=(closing,), state=State.ENDED, valid_until=on)
    closing.closed_on = on
    closing.save()
    soon = harbourlines(office)
    Delegation.objects.filter(pk=soon.pk).update(valid_until=on)
    done = services.renew(
        client_id=office.northlight.pk,
        delegation_ids={gone.pk, soon.pk},
        valid_until=None,
        **office.signing(cast.amara),
    )
    assert {row.outcome for row in done} == {"renewed", "no_program"}
    soon.refresh_from_db()
    assert soon.valid_until is None
    assert any("without end" in row.body for row in Notification.objects.filter(user=cast.wen))


def test_a_provider_whose_account_closed_is_named_in_the_report_and_the_others_are_renewed(office: Office) -> None:
    cast, on = office.cast, office.moment["on"]
    gone = cast.world.delegation(cast.passerelle, office.northlight, state=State.EXPIRED, valid_until=on)
    cast.passerelle.closed_on = on
    cast.passerelle.save()
    soon = harbourlines(office)
    Delegation.objects.filter(pk=soon.pk).update(valid_until=on)
    done = services.renew(
        client_id=office.northlight.pk,
        delegation_ids={gone.pk, soon.pk},
        valid_until=on + timedelta(days=10),
        **office.signing(cast.amara),
    )
    assert [row.outcome for row in done] == ["renewed", "provider_closed"]
    assert "closed" in done[1].message


def test_a_program_manager_renews_what_lies_within(office: Office) -> None:
    on = office.moment["on"]
    soon = harbourlines(office)
    Delegation.objects.filter(pk=soon.pk).update(valid_until=on)
    plan = services.plan_renewals(
        client_id=office.northlight.pk,
        delegation_ids={soon.pk},
        valid_until=on + timedelta(days=10),
        actor=actor(office.pam),
        on=on,
    )
    assert [row.outcome for row in plan] == ["beyond_your_programs"]


def test_both_sides_are_reminded_once_on_each_of_three_days_and_the_client_is_led_to_the_renewal(
    office: Office,
) -> None:
    on = office.moment["on"]
    held = harbourlines(office)
    Delegation.objects.filter(pk=held.pk).update(valid_until=on + timedelta(days=31))
    for day in range(33):
        moment = on + timedelta(days=day)
        for _again in range(2):
            run, _new = JobRun.objects.get_or_create(
                job="delegation.expiry",
                due_at=f"{moment}T00:01:00-04:00",
                defaults={"started_at": office.moment["at"]},
            )
            services.expire(run=run, on=moment, actor=system("delegation.expiry"))
    for user in (office.cast.amara, office.backup, office.cast.wen):
        subjects = Notification.objects.filter(user=user).order_by("pk").values_list("subject", flat=True)
        assert [words.split(" ")[1] for words in subjects] == ["ends", "ends", "ends", "has"], list(subjects)
    links = set(Notification.objects.filter(user=office.cast.amara).values_list("link", flat=True))
    assert len(links) == 1 and links.pop().endswith(f"/third-parties/renew/?of={held.pk}")
    assert "/clients/" in Notification.objects.filter(user=office.cast.wen).latest("pk").link


# --- Two at once ------------------------------------------------------------------------------------------------------
def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Each act in a thread and a connection of its own, let go together; what came of each."""
    outcomes: list[str] = [""] * len(acts)
    barrier = threading.Barrier(len(acts))

    def attempt(place: int) -> None:
        barrier.wait()
        try:
            acts[place]()
            outcomes[place] = "done"
        except DomainError as refusal:
            outcomes[place] = refusal.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


ONE_WRITER = pytest.mark.skipif(connection.vendor == "sqlite", reason="one writer at a time there anyway")


@pytest.mark.django_db(transaction=True)
@ONE_WRITER
@pytest.mark.parametrize("_round", range(3))
def test_a_block_during_an_approval_has_one_outcome(world: Any, _round: int) -> None:
    cast = build_cast(world)
    moment: dict[str, Any] = {"on": world.today, "at": world.at}
    row = services.request_access(
        provider_id=cast.passerelle.pk, client_bn9=cast.northlight.bn9, comment="", actor=actor(cast.ines), **moment
    )
    chosen = Scope(access="PROGRAM_MANAGEMENT", all_programs=True)
    approved, blocked = at_once(
        lambda: services.approve(delegation_id=row.pk, scope=chosen, signed=SIGNED, actor=actor(cast.amara), **moment),
        lambda: services.block_provider(
            client_id=cast.northlight.pk,
            provider_id=cast.passerelle.pk,
            reason="Unknown.",
            actor=actor(cast.amara),
            **moment,
        ),
    )
    row.refresh_from_db()
    assert blocked == "done"
    assert (approved, row.state) in {("done", State.ACTIVE), ("already_decided", State.REJECTED)}
    decided = AuditEvent.objects.filter(verb__in=("delegation.approved", "delegation.rejected"))
    assert decided.count() == 1 and AuditEvent.objects.filter(verb="provider.blocked").count() == 1


@pytest.mark.django_db(transaction=True)
@ONE_WRITER
def test_a_request_and_a_block_at_once_leave_no_request_waiting(world: Any) -> None:
    cast = build_cast(world)
    moment: dict[str, Any] = {"on": world.today, "at": world.at}
    asked, blocked = at_once(
        lambda: services.request_access(
            provider_id=cast.passerelle.pk,
            client_bn9=cast.northlight.bn9,
            comment="",
            actor=actor(cast.ines),
            **moment,
        ),
        lambda: services.block_provider(
            client_id=cast.northlight.pk,
            provider_id=cast.passerelle.pk,
            reason="Unknown.",
            actor=actor(cast.amara),
            **moment,
        ),
    )
    assert blocked == "done" and asked in ("done", "not_accepting")
    assert not Delegation.objects.filter(provider=cast.passerelle, state=State.REQUESTED).exists()


@pytest.mark.django_db(transaction=True)
@ONE_WRITER
def test_two_renewals_at_once_renew_once(world: Any) -> None:
    cast = build_cast(world)
    Delegation.objects.filter(provider=cast.harbourline).update(valid_until=world.today)
    row = Delegation.objects.get(provider=cast.harbourline)
    one: dict[str, Any] = {
        "client_id": cast.northlight.pk,
        "delegation_ids": {row.pk},
        "valid_until": world.today + timedelta(days=100),
        "signed": SIGNED,
        "actor": actor(cast.amara),
        "on": world.today,
        "at": world.at,
    }
    assert at_once(lambda: services.renew(**one), lambda: services.renew(**one)) == ["done", "done"]
    assert AuditEvent.objects.filter(verb="delegation.renewed").count() == 1
    assert Signature.objects.count() == 1
