"""Client groups: who of a provider's staff reaches which client, by the rule, the door, the lists and the services."""

import itertools
from typing import Any

import pytest

from accounts.models import Membership, User
from core.errors import Conflict, DomainError, Refused, Stranger
from core.models import AuditEvent
from delegation import access, queries, rules, services
from delegation.models import ClientAssignment, ClientGroup, Delegation, GroupRequest
from delegation.rules import Action, Role
from releases import queries as releases
from releases.rules import ReleaseKind
from tests.builders import actor
from tests.declarations import desk
from tests.delegation.conftest import Firm
from tests.delegation.test_third_party_services import told


# --- The rule ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("home", "assigned", "singly", "groups", "reach"),
    [
        ("BAM", (), False, True, "BAM"),
        ("BAM", ("READER",), True, True, "BAM"),
        ("EDITOR", (), False, False, "EDITOR"),
        ("PAM", (), False, False, "PAM"),
        ("READER", (), False, False, "READER"),
        ("EDITOR", (), False, True, None),
        ("EDITOR", (), True, False, None),
        ("EDITOR", ("READER",), False, True, "READER"),
        ("EDITOR", ("READER", "EDITOR"), True, True, "EDITOR"),
        ("PAM", ("EDITOR",), False, True, "EDITOR"),
        ("READER", ("EDITOR",), False, True, "READER"),
        ("READER", ("READER",), True, False, "READER"),
    ],
)
def test_what_a_provider_person_keeps_of_a_client(
    home: str, assigned: tuple[str, ...], singly: bool, groups: bool, reach: str | None
) -> None:
    found = rules.staff_role(home=home, assigned=assigned, has_assignments=singly, provider_has_groups=groups)
    assert found == (Role(reach) if reach else None)


def test_the_database_and_the_rule_agree_in_every_case(firm: Firm) -> None:
    at = firm.office.moment["at"]
    membership = firm.of(firm.editor)
    client, on = firm.northlight, firm.office.moment["on"]
    cases = itertools.product(
        ("BAM", "PAM", "EDITOR", "READER"), ("", "EDITOR", "READER"), ("", "EDITOR", "READER"), (0, 1), (0, 1)
    )
    seen = set()
    for home, by_group, singly, empty_group, other_client in cases:
        ClientGroup.objects.all().delete()
        ClientAssignment.objects.all().delete()
        Membership.objects.filter(pk=membership.pk).update(role=home)
        if by_group:
            group = ClientGroup.objects.create(
                provider=firm.provider, name="A", name_key="a", role=by_group, created_at=at
            )
            group.clients.add(client)
            group.staff.add(membership)
        if empty_group:
            ClientGroup.objects.create(provider=firm.provider, name="B", name_key="b", created_at=at)
        for given, role in ((client, singly), (firm.desrosiers, "READER" if other_client else "")):
            if role:
                ClientAssignment.objects.create(membership=membership, client=given, role=role, assigned_at=at)
        expected = rules.staff_role(
            home=home,
            assigned=[role for role in (by_group, singly) if role],
            has_assignments=bool(singly or other_client),
            provider_has_groups=bool(by_group or empty_group),
        )
        row = queries.reaching(user_id=firm.editor.pk, on=on).filter(client=client).first()
        at_the_door = queries.delegation_to(firm.office.account, user_id=firm.editor.pk, on=on)
        for found in (row, at_the_door):
            assert (found.staff_role if found else None) == expected, (
                home,
                by_group,
                singly,
                empty_group,
                other_client,
            )  # type: ignore[attr-defined]
        seen.add(expected)
    assert seen == {Role.BAM, Role.PAM, Role.EDITOR, Role.READER, None}


@pytest.mark.parametrize(("one", "other"), [("West", "west"), (" West  Coast ", "WEST coast"), ("Straße", "STRASSE")])
def test_capitals_and_spaces_make_no_other_name(one: str, other: str) -> None:
    assert rules.group_key(one) == rules.group_key(other)


# --- The door ---------------------------------------------------------------------------------------------------------
def test_without_groups_everybody_works_for_every_client(firm: Firm) -> None:
    assert firm.reached(firm.editor) == {firm.northlight.pk: "EDITOR", firm.desrosiers.pk: "EDITOR"}


def test_from_the_first_group_on_only_those_given_a_client_reach_it(firm: Firm) -> None:
    firm.filled(firm.northlight, staff=(firm.editor,))
    assert firm.reached(firm.editor) == {firm.northlight.pk: "EDITOR"}
    assert firm.reached(firm.reader) == {}
    assert firm.reached(firm.office.cast.wen) == {firm.northlight.pk: "BAM", firm.desrosiers.pk: "BAM"}


def test_the_door_gives_no_more_than_the_role_in_the_group(firm: Firm) -> None:
    firm.filled(firm.northlight, staff=(firm.editor,), role="READER")
    number, on = firm.office.account.number, firm.office.moment["on"]
    seat = access.program_account_for(actor(firm.editor), number, to=Action.VIEW_TRANSACTIONS, on=on)
    assert not seat.may(Action.FILE_DECLARATION) and not seat.may(Action.PAY)
    with pytest.raises(Refused):
        access.program_account_for(actor(firm.editor), number, to=Action.PAY, on=on)


def test_an_account_of_a_client_not_given_is_not_there(firm: Firm) -> None:
    firm.filled(firm.northlight, staff=(firm.editor,))
    number = firm.office.cast.overdue_account.number
    with pytest.raises(Stranger):
        access.program_account_for(actor(firm.editor), number, to=Action.VIEW, on=firm.office.moment["on"])


def test_lists_and_the_switcher_show_only_clients_in_reach(firm: Firm) -> None:
    firm.filled(firm.northlight, staff=(firm.editor,))
    on = firm.office.moment["on"]
    for user, expected in ((firm.editor, {firm.northlight.pk}), (firm.reader, set())):
        listed = queries.delegated_program_accounts(user_id=user.pk, on=on)
        assert {row.business_id for row in listed} == expected
        switched = queries.accounts_in_reach(user_id=user.pk, on=on).exclude(business=firm.provider)
        assert {row.business_id for row in switched} == expected


def test_a_client_that_ends_is_out_of_reach_by_itself(firm: Firm) -> None:
    group = firm.filled(firm.northlight, firm.desrosiers, staff=(firm.editor,))
    Delegation.objects.filter(provider=firm.provider, client=firm.northlight).update(state="REVOKED")
    assert firm.reached(firm.editor) == {firm.desrosiers.pk: "EDITOR"}
    assert [(row.pk, row.is_established) for row in queries.clients_of_group(group)] == [  # type: ignore[attr-defined]
        (firm.desrosiers.pk, True),
        (firm.northlight.pk, False),
    ]
    assert queries.client_groups(firm.provider.pk).get().client_count == 1  # type: ignore[attr-defined]


def test_the_groups_of_one_provider_say_nothing_about_another(firm: Firm) -> None:
    firm.filled(firm.northlight)
    cast = firm.office.cast
    helper = cast.world.person("Hana Helper")
    cast.world.membership(helper, cast.passerelle, "EDITOR", accounts=(cast.world.program_account(cast.passerelle),))
    cast.world.delegation(cast.passerelle, firm.northlight)
    reached = queries.reaching(user_id=helper.pk, on=firm.office.moment["on"])
    assert [row.staff_role for row in reached] == ["EDITOR"]  # type: ignore[attr-defined]


# --- Releases, which stand in the provider's own list -----------------------------------------------------------------
def test_releases_are_listed_and_asked_for_only_of_clients_in_reach(firm: Firm) -> None:
    world = firm.office.cast.world
    desk.secured(world, firm.office.account)
    desk.secured(world, firm.office.cast.overdue_account)
    firm.filled(firm.northlight, staff=(firm.editor,))
    here = desk.released(world, firm.office.account, firm.provider)
    there = desk.released(world, firm.office.cast.overdue_account, firm.provider)
    mine = releases.releases_of_submitter(firm.provider.pk, user_id=firm.editor.pk)
    assert [row.pk for row in mine] == [here.pk]
    assert {row.pk for row in releases.releases_of_submitter(firm.provider.pk)} == {here.pk, there.pk}
    assert (
        releases.release_by_number(there.transaction_number, submitter_id=firm.provider.pk, user_id=firm.editor.pk)
        is None
    )

    def may(account: Any, user: User) -> bool:
        return releases.may_request_release(
            account=account,
            submitter=firm.provider,
            staff_actions=rules.PERMISSIONS[Role.EDITOR],
            on=firm.office.moment["on"],
            user_id=user.pk,
        )

    assert may(firm.office.account, firm.editor)
    assert not may(firm.office.cast.overdue_account, firm.editor)
    services.change_group(group_id=ClientGroup.objects.get().pk, name="West", role="READER", **firm.by)
    assert not may(firm.office.account, firm.editor)
    refused = desk.wanted(firm.office.account, kind=ReleaseKind.CTYPE)
    assert refused.account_number == firm.office.account.number


# --- The services -----------------------------------------------------------------------------------------------------
def test_a_name_is_taken_once_and_for_all(firm: Firm) -> None:
    group = firm.group("West")
    services.delete_group(group_id=group.pk, **firm.by)
    with pytest.raises(DomainError) as refusal:
        firm.group(" WEST ")
    assert (refusal.value.code, refusal.value.field) == ("name_taken", "name")
    other = firm.group("East")
    with pytest.raises(DomainError):
        services.change_group(group_id=other.pk, name="west", role="EDITOR", **firm.by)
    assert services.change_group(group_id=other.pk, name="EAST", role="READER", **firm.by).name == "EAST"
    cast = firm.office.cast
    assert services.create_group(
        provider_id=cast.passerelle.pk, name="West", role="EDITOR", **firm.office.by(cast.ines)
    ).pk


def test_only_a_manager_of_the_provider_changes_groups(firm: Firm) -> None:
    group = firm.group()
    for user, problem in ((firm.editor, Refused), (firm.office.cast.stranger, Stranger)):
        by = firm.office.by(user)
        for attempt in (
            lambda by=by: services.create_group(provider_id=firm.provider.pk, name="X", role="EDITOR", **by),
            lambda by=by: services.change_group(group_id=group.pk, name="X", role="EDITOR", **by),
            lambda by=by: services.delete_group(group_id=group.pk, **by),
            lambda by=by: services.add_clients(group_id=group.pk, client_ids=[firm.northlight.pk], **by),
            lambda by=by: services.set_staff(group_id=group.pk, membership_ids=[], **by),
        ):
            with pytest.raises(problem):
                attempt()
    assert ClientGroup.objects.get().name == "West"


def test_an_importer_has_no_groups(firm: Firm) -> None:
    with pytest.raises(Refused) as refusal:
        services.create_group(
            provider_id=firm.northlight.pk, name="X", role="EDITOR", **firm.office.by(firm.office.cast.amara)
        )
    assert refusal.value.code == "not_a_provider"


def test_only_clients_with_an_active_access_join(firm: Firm) -> None:
    group = firm.group()
    stranger = firm.office.cast.keystone
    with pytest.raises(DomainError) as refusal:
        services.add_clients(group_id=group.pk, client_ids=[firm.northlight.pk, stranger.pk], **firm.by)
    assert refusal.value.code == "not_a_client"
    assert not group.clients.exists()
    for service in (services.add_clients, services.remove_clients):
        with pytest.raises(DomainError) as refusal:
            service(group_id=group.pk, client_ids=[], **firm.by)
        assert refusal.value.code == "no_client"


def test_the_same_clients_twice_are_recorded_once(firm: Firm) -> None:
    group = firm.group()
    ids = [firm.northlight.pk, firm.desrosiers.pk]
    assert services.add_clients(group_id=group.pk, client_ids=ids, **firm.by)[1] == 2
    assert services.add_clients(group_id=group.pk, client_ids=ids, **firm.by)[1] == 0
    assert services.remove_clients(group_id=group.pk, client_ids=ids[:1], **firm.by)[1] == 1
    assert services.remove_clients(group_id=group.pk, client_ids=ids[:1], **firm.by)[1] == 0
    verbs = [event.verb for event in queries.history_of_group(group.pk)]
    assert verbs == ["client_group.clients_removed", "client_group.clients_added", "client_group.created"]
    event = AuditEvent.objects.get(verb="client_group.clients_added")
    assert (event.before["client_ids"], event.after["client_ids"]) == ([], sorted(ids))
    assert event.business_id == firm.provider.pk


def test_who_joins_and_leaves_is_told(firm: Firm) -> None:
    group = firm.filled(firm.northlight, staff=(firm.editor,))
    services.set_staff(group_id=group.pk, membership_ids=[firm.of(firm.reader).pk], **firm.by)
    services.set_staff(group_id=group.pk, membership_ids=[firm.of(firm.reader).pk], **firm.by)
    assert told(firm.editor) == ["You are in the client group “West”", "You are no longer in the client group “West”"]
    services.change_group(group_id=group.pk, name="West", role="READER", **firm.by)
    services.delete_group(group_id=group.pk, **firm.by)
    assert told(firm.reader) == [
        "You are in the client group “West”",
        "Your role in the client group “West” changed",
        "You are no longer in the client group “West”",
    ]
    assert firm.reached(firm.reader) == {firm.northlight.pk: "READER", firm.desrosiers.pk: "READER"}


def test_managers_and_people_of_others_are_not_put_into_groups(firm: Firm) -> None:
    group = firm.group()
    for person in (firm.office.cast.wen, firm.office.reader):
        with pytest.raises(DomainError) as refusal:
            services.set_staff(group_id=group.pk, membership_ids=[firm.of(person).pk], **firm.by)
        assert refusal.value.code == "not_staff"


def test_who_became_a_manager_stays_in_the_group_unseen(firm: Firm) -> None:
    group = firm.filled(firm.northlight, staff=(firm.editor,))
    Membership.objects.filter(user=firm.editor).update(role="BAM")
    services.set_staff(group_id=group.pk, membership_ids=[firm.of(firm.reader).pk], **firm.by)
    Membership.objects.filter(user=firm.editor).update(role="EDITOR")
    assert firm.reached(firm.editor) == {firm.northlight.pk: "EDITOR"}


def test_nothing_happens_to_a_deleted_group(firm: Firm) -> None:
    group = firm.filled(firm.northlight, staff=(firm.editor,))
    services.delete_group(group_id=group.pk, **firm.by)
    for attempt in (
        lambda: services.delete_group(group_id=group.pk, **firm.by),
        lambda: services.add_clients(group_id=group.pk, client_ids=[firm.northlight.pk], **firm.by),
    ):
        with pytest.raises(Conflict):
            attempt()


# --- One client for one person ----------------------------------------------------------------------------------------
def test_a_client_given_singly_is_all_that_the_person_reaches(firm: Firm) -> None:
    given = {"provider_id": firm.provider.pk, "membership_id": firm.of(firm.editor).pk}
    row = services.assign_client(client_id=firm.northlight.pk, role="READER", **given, **firm.by)
    assert firm.reached(firm.editor) == {firm.northlight.pk: "READER"}
    assert firm.reached(firm.reader) == {firm.northlight.pk: "READER", firm.desrosiers.pk: "READER"}
    again = services.assign_client(client_id=firm.northlight.pk, role="EDITOR", **given, **firm.by)
    assert again.pk == row.pk
    assert firm.reached(firm.editor) == {firm.northlight.pk: "EDITOR"}
    (one,) = queries.given_to(provider_id=firm.provider.pk, client_id=firm.northlight.pk)
    assert (one.membership.user, one.assignment, one.group) == (firm.editor, row, None)
    services.unassign_client(provider_id=firm.provider.pk, assignment_id=row.pk, **firm.by)
    assert set(firm.reached(firm.editor)) == {firm.northlight.pk, firm.desrosiers.pk}
    with pytest.raises(Conflict):
        services.unassign_client(provider_id=firm.provider.pk, assignment_id=row.pk, **firm.by)
    assert told(firm.editor) == [
        "Northlight Outdoor Supply Inc. is given to you",
        "Northlight Outdoor Supply Inc. is given to you",
        "Northlight Outdoor Supply Inc. is no longer given to you",
    ]


def test_only_staff_get_clients_and_only_real_ones(firm: Firm) -> None:
    with pytest.raises(DomainError) as refusal:
        services.assign_client(
            provider_id=firm.provider.pk,
            client_id=firm.northlight.pk,
            membership_id=firm.of(firm.office.cast.wen).pk,
            role="EDITOR",
            **firm.by,
        )
    assert refusal.value.code == "not_staff"
    with pytest.raises(Conflict):
        services.assign_client(
            provider_id=firm.provider.pk,
            client_id=firm.office.cast.keystone.pk,
            membership_id=firm.of(firm.editor).pk,
            role="EDITOR",
            **firm.by,
        )


# --- What the staff ask for -------------------------------------------------------------------------------------------
def test_a_person_asks_for_a_group_and_gets_it(firm: Firm) -> None:
    group = firm.filled(firm.northlight)
    row = services.ask_for_group(group_id=group.pk, comment="I cover the West.", **firm.office.by(firm.editor))
    assert told(firm.office.cast.wen) == ["Edith Editor asks for “West”"]
    with pytest.raises(DomainError) as refusal:
        services.ask_for_group(group_id=group.pk, comment="", **firm.office.by(firm.editor))
    assert refusal.value.code == "already_asked"
    services.approve_group_request(request_id=row.pk, role="", **firm.by)
    assert firm.reached(firm.editor) == {firm.northlight.pk: "EDITOR"}
    for attempt in (
        lambda: services.approve_group_request(request_id=row.pk, role="", **firm.by),
        lambda: services.reject_group_request(request_id=row.pk, reason="No", **firm.by),
        lambda: services.withdraw_group_request(request_id=row.pk, **firm.office.by(firm.editor)),
    ):
        with pytest.raises(Conflict):
            attempt()
    with pytest.raises(DomainError) as refusal:
        services.ask_for_group(group_id=group.pk, comment="", **firm.office.by(firm.editor))
    assert refusal.value.code == "already_given"


def test_a_person_asks_for_a_client_and_gets_it(firm: Firm) -> None:
    asked: dict[str, Any] = {"provider_id": firm.provider.pk, "comment": "", **firm.office.by(firm.editor)}
    row = services.ask_for_client(client_bn9=firm.northlight.bn9, **asked)
    services.approve_group_request(request_id=row.pk, role="READER", **firm.by)
    assert firm.reached(firm.editor) == {firm.northlight.pk: "READER"}
    for number, code in ((firm.northlight.bn9, "already_given"), (firm.office.cast.keystone.bn9, "not_a_client")):
        with pytest.raises(DomainError) as refusal:
            services.ask_for_client(client_bn9=number, **asked)
        assert (refusal.value.code, refusal.value.field) == (code, "bn9")


def test_a_rejected_request_carries_its_reason(firm: Firm) -> None:
    row = services.ask_for_client(
        provider_id=firm.provider.pk, client_bn9=firm.northlight.bn9, comment="", **firm.office.by(firm.editor)
    )
    with pytest.raises(Refused):
        services.approve_group_request(request_id=row.pk, role="EDITOR", **firm.office.by(firm.editor))
    services.reject_group_request(request_id=row.pk, reason="Rolf has it.", **firm.by)
    row.refresh_from_db()
    assert (row.state, row.reason, row.decided_by_name) == ("REJECTED", "Rolf has it.", "Wen Zhao")
    assert told(firm.editor) == ["Your request for “Northlight Outdoor Supply Inc.” was rejected"]


def test_only_who_asked_takes_it_back(firm: Firm) -> None:
    row = services.ask_for_client(
        provider_id=firm.provider.pk, client_bn9=firm.northlight.bn9, comment="", **firm.office.by(firm.editor)
    )
    with pytest.raises(Stranger):
        services.withdraw_group_request(request_id=row.pk, **firm.office.by(firm.reader))
    services.withdraw_group_request(request_id=row.pk, **firm.office.by(firm.editor))
    row.refresh_from_db()
    assert row.state == GroupRequest.State.WITHDRAWN


def test_what_changed_meanwhile_is_not_given(firm: Firm) -> None:
    group = firm.group()
    asking = firm.office.by(firm.editor)
    for_group = services.ask_for_group(group_id=group.pk, comment="", **asking)
    for_client = services.ask_for_client(
        provider_id=firm.provider.pk, client_bn9=firm.northlight.bn9, comment="", **asking
    )
    Delegation.objects.filter(client=firm.northlight).update(state="ENDED")
    with pytest.raises(Conflict) as refusal:
        services.approve_group_request(request_id=for_client.pk, role="EDITOR", **firm.by)
    assert refusal.value.code == "not_a_client"
    services.delete_group(group_id=group.pk, **firm.by)
    for_group.refresh_from_db()
    assert (for_group.state, for_group.reason) == ("REJECTED", "The group was deleted.")
    with pytest.raises(DomainError) as gone:
        services.ask_for_group(group_id=group.pk, comment="", **asking)
    assert gone.value.code == "no_group"
    Membership.objects.filter(user=firm.editor).update(role="BAM")
    with pytest.raises(Conflict) as refusal:
        services.approve_group_request(request_id=for_client.pk, role="EDITOR", **firm.by)
    assert refusal.value.code == "not_staff"


def test_a_manager_need_not_ask(firm: Firm) -> None:
    group = firm.group()
    with pytest.raises(Refused):
        services.ask_for_group(group_id=group.pk, comment="", **firm.by)
