"""One person, a role of its own in each program account: the rules, the door, the services, the pages."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Membership, MembershipProgram, User
from core.errors import Conflict, DomainError, Refused, Stranger
from core.models import AuditEvent, OutboxMessage
from delegation import access, queries, rules, services
from delegation.rules import PERMISSIONS, Action, Grant, Role, same_role
from notifications.models import Notification
from security import queries as security
from support import queries as support
from tests.builders import actor, signed_in
from tests.conftest import PROVE
from tests.delegation.conftest import Office
from tests.delegation.test_pages import url, words

PAM, EDITOR, READER = Grant("PAM"), Grant("EDITOR"), Grant("READER")
PAYS, FILES = Grant("READER", ("pay",)), Grant("READER", ("file_declaration", "pay"))


# --- The rules --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("roles", "common"),
    [
        ({1: PAM}, PAM),
        ({1: PAM, 2: READER}, READER),
        ({1: PAM, 2: PAYS}, PAYS),
        ({1: EDITOR, 2: PAM}, EDITOR),
        ({1: FILES, 2: PAYS}, PAYS),
        ({1: EDITOR, 2: FILES, 3: READER}, READER),
        ({1: Grant("EDITOR", ("manage_security",)), 2: PAM}, Grant("EDITOR", ("manage_security",))),
    ],
)
def test_without_a_program_account_named_the_least_of_the_roles_counts(roles: dict[int, Grant], common: Grant) -> None:
    assert rules.common_grant(roles) == common


@pytest.mark.parametrize(
    ("before", "given_roles", "held", "after", "problem"),
    [
        ({1: READER, 2: READER}, {1: PAM}, None, {1: PAM}, None),
        ({1: READER, 2: READER}, {1: PAM}, {1}, {1: PAM, 2: READER}, None),
        ({1: READER, 2: READER}, {}, {1}, {2: READER}, None),
        ({1: READER}, {}, {1}, {}, "no_program"),
        ({1: READER, 2: READER}, {1: READER, 2: PAM}, {1}, {1: READER, 2: PAM}, "beyond_your_programs"),
        ({1: READER, 2: PAM}, {1: READER, 2: PAM}, {1}, {1: READER, 2: PAM}, None),
        ({1: READER}, {1: Grant("READER", ("manage_people",))}, None, None, "cannot_be_added"),
        ({1: READER}, {1: READER, 9: READER}, None, {1: READER, 9: READER}, "unknown_program"),
        ({1: READER, 9: READER}, {1: PAM}, {1}, {1: PAM, 9: READER}, None),
        ({1: READER}, None, None, None, None),
        ({1: READER}, None, {1}, None, "beyond_your_programs"),
        (None, {1: READER}, None, {1: READER}, None),
        (None, {1: READER}, {1}, {1: READER}, None),
    ],
)
def test_a_change_reaches_the_managers_own_program_accounts(
    before: rules.Roles, given_roles: rules.Roles, held: set[int] | None, after: rules.Roles, problem: str | None
) -> None:
    within = None if held is None else frozenset(held)
    merged = rules.merged_roles(before, given_roles, held=within)
    assert after is None or merged == after
    found = rules.grant_problem(merged, held=within, open_account_ids=frozenset({1, 2}), before=before)
    assert found == problem


def test_only_what_differs_is_a_change() -> None:
    assert rules.changed_programs(None, None) == frozenset()
    assert rules.changed_programs(None, {1: READER}) is None
    assert rules.changed_programs({1: READER, 2: PAYS, 3: PAM}, {1: READER, 2: READER, 4: PAM}) == {2, 3, 4}
    # What a role has already is no addition to it.
    assert not rules.differs({1: EDITOR}, {1: Grant("EDITOR", ("pay",))})
    keys = [rules.roles_key(roles) for roles in (None, {}, {1: READER}, {1: PAYS}, {2: READER}, {1: READER, 2: PAM})]
    assert len(set(keys)) == len(keys)
    assert rules.roles_key({2: PAM, 1: PAYS}) == rules.roles_key({1: PAYS, 2: PAM})


# --- The door ---------------------------------------------------------------------------------------------------------
def give(office: Office, who: User, roles: rules.Roles, by: Any = None) -> Membership:
    return services.change_role(
        membership_id=office.membership(who).pk, roles=roles, **office.by(by or office.cast.amara)
    )


def mixed(office: Office) -> User:
    """The reader of RM0001, now its manager, and a reader in RM0002."""
    give(office, office.reader, {office.account.pk: PAM, office.second.pk: PAYS})
    return office.reader


_GRANT = st.builds(
    lambda role, added: Grant(role, tuple(sorted(added & {str(action) for action in rules.ADDABLE.get(role, ())}))),
    st.sampled_from([Role.PAM, Role.EDITOR, Role.READER]),
    st.sets(st.sampled_from(["pay", "file_declaration", "request_release", "manage_security"])),
)


@settings(max_examples=60 if PROVE else 6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    by_place=st.dictionaries(st.integers(0, 2), _GRANT, min_size=1),
    is_manager=st.sampled_from([False, False, False, True]),
)
def test_the_door_answers_for_each_program_account_as_the_table_says(
    office: Office, by_place: Mapping[int, Grant], is_manager: bool
) -> None:
    third = office.northlight.program_accounts.filter(number__endswith="RM0003").first()
    third = third or office.cast.world.program_account(office.northlight, "RM0003")
    accounts = [office.account, office.second, third]
    roles = None if is_manager else {accounts[place].pk: grant for place, grant in by_place.items()}
    person, on = office.reader, office.moment["on"]
    give(office, person, roles)
    allowed = {
        account.pk: PERMISSIONS[Role.BAM]
        if roles is None
        else PERMISSIONS[Role(roles[account.pk].role)] | {Action(name) for name in roles[account.pk].added}
        for account in accounts
        if roles is None or account.pk in roles
    }
    for account in accounts:
        if account.pk not in allowed:
            with pytest.raises(Stranger):
                access.program_account_for(actor(person), account.number, to=Action.VIEW, on=on)
            continue
        seat = access.program_account_for(actor(person), account.number, to=Action.VIEW, on=on)
        assert seat.actions == allowed[account.pk]
    switched = queries.accounts_in_reach(user_id=person.pk, on=on)
    assert {row.pk: row.own_role for row in switched} == {  # type: ignore[attr-defined]
        pk: "BAM" if roles is None else roles[pk].role for pk in allowed
    }
    for action in (Action.VIEW, Action.MANAGE_PEOPLE, Action.PAY, Action.MANAGE_SECURITY):
        where = {pk for pk, actions in allowed.items() if action in actions}
        if not where:
            with pytest.raises(Refused):
                access.business_for(actor(person), office.northlight.bn9, to=action, on=on)
            continue
        seat_there = access.business_for(actor(person), office.northlight.bn9, to=action, on=on)
        assert seat_there.program_account_ids == (None if roles is None else where)
        assert [seat_there.may_in(account, action) for account in accounts] == [row.pk in where for row in accounts]


def test_one_question_at_the_door_whatever_the_number_of_program_accounts(office: Office) -> None:
    person, on, counts = mixed(office), office.moment["on"], []
    for rm in ("RM0003", "RM0004"):
        with CaptureQueriesContext(connection) as at_account:
            access.program_account_for(actor(person), office.second.number, to=Action.PAY, on=on)
        with CaptureQueriesContext(connection) as at_business:
            access.business_for(actor(person), office.northlight.bn9, to=Action.MANAGE_PEOPLE, on=on)
        counts.append((len(at_account), len(at_business)))
        more = office.cast.world.program_account(office.northlight, rm)
        office.membership(person).program_accounts.add(more, through_defaults={"role": "READER"})
    assert counts == [(1, 2), (1, 2)]


def test_the_database_keeps_one_role_an_account_and_no_manager_among_them(office: Office) -> None:
    row = office.membership(office.reader)
    for role, account in (("EDITOR", office.account), ("BAM", office.second)):
        with pytest.raises(IntegrityError), transaction.atomic():
            MembershipProgram.objects.create(membership=row, program_account=account, role=role)


# --- The services -----------------------------------------------------------------------------------------------------
def test_a_program_manager_changes_the_own_rows_alone(office: Office) -> None:
    give(office, office.editor, {office.account.pk: EDITOR, office.second.pk: PAYS})
    row = give(office, office.editor, {office.account.pk: PAM}, by=office.pam)
    assert queries.roles_of(row) == {office.account.pk: PAM, office.second.pk: PAYS}
    assert (row.role, row.added_actions) == ("READER", ["pay"])
    event = AuditEvent.objects.filter(verb="employee.role_changed").latest("pk")
    assert [one["role"] for one in event.after["roles"]] == ["PAM", "READER"]
    told = Notification.objects.filter(user=office.editor).latest("pk").body
    assert told == "Your role: RM0001 Program Account Manager; RM0002 Reader (Pay)."
    # Neither the others' rows nor the own ones beyond the own programs; nor out of the business as a whole.
    for whom, roles in ((office.editor, {office.second.pk: PAM}), (office.pam, {office.second.pk: READER})):
        with pytest.raises(DomainError) as refusal:
            give(office, whom, roles, by=office.pam)
        assert refusal.value.code == "beyond_your_programs"
    with pytest.raises(Refused):
        services.revoke_membership(membership_id=row.pk, **office.by(office.pam))
    row = give(office, office.editor, {}, by=office.pam)
    assert queries.roles_of(row) == {office.second.pk: PAYS}
    with pytest.raises(Refused):
        give(office, office.editor, same_role("READER", {office.account.pk}), by=office.pam)


def test_a_role_in_one_account_serves_in_no_other(office: Office) -> None:
    person = mixed(office)
    give(office, office.editor, {office.second.pk: EDITOR})
    # Deciding on people: RM0001's alone.
    with pytest.raises(Refused):
        give(office, office.editor, {office.second.pk: READER}, by=person)
    with pytest.raises(DomainError):
        services.invite(
            business_id=office.northlight.pk,
            email="x@example.com",
            roles={office.account.pk: READER, office.second.pk: READER},
            **office.by(person),
        )
    # Being told: what managers of a program are told, and nobody else.
    for account, is_told in ((office.account, True), (office.second, False)):
        people = services.people_of(office.northlight.pk, services.PROGRAM_MANAGERS, program_account_id=account.pk)
        assert (person in people) is is_told
        told = security.people_to_tell([account.pk], on=office.moment["on"])[account.pk]
        assert (person in told) is is_told
    assert support.managed_by(person.pk) == [office.northlight]
    # Filing: held until it is written.
    services.require_role(program_account=office.account, user_id=person.pk, to=Action.FILE_DECLARATION)
    services.require_role(program_account=office.account, user_id=office.backup.pk, to=Action.FILE_DECLARATION)
    for account, user in ((office.second, person), (office.account, office.cast.stranger)):
        with pytest.raises(Refused) as refusal:
            services.require_role(program_account=account, user_id=user.pk, to=Action.FILE_DECLARATION)
        assert refusal.value.code == "role_too_narrow"


def test_a_providers_person_keeps_for_clients_the_least_of_the_roles_at_home(office: Office) -> None:
    cast = office.cast
    home, other = cast.world.program_account(cast.harbourline), cast.world.program_account(cast.harbourline, "RM0002")
    helper = cast.world.person("Hal Helper")
    cast.world.membership(helper, cast.harbourline, "EDITOR", accounts=(home,))
    there = {"to": Action.VIEW, "on": office.moment["on"]}
    assert access.program_account_for(actor(helper), office.account.number, **there).may(Action.FILE_DECLARATION)
    services.change_role(
        membership_id=office.membership(helper).pk, roles={home.pk: EDITOR, other.pk: PAYS}, **office.by(cast.wen)
    )
    seat = access.program_account_for(actor(helper), office.account.number, **there)
    assert seat.may(Action.PAY) and not seat.may(Action.FILE_DECLARATION)


# --- The pages --------------------------------------------------------------------------------------------------------
def each(office: Office, first: str, second: str, **more: Any) -> dict[str, Any]:
    return {"role": "EACH", f"role_{office.account.pk}": first, f"role_{office.second.pk}": second, **more}


def test_a_manager_gives_roles_account_by_account_and_looks_once_more(office: Office) -> None:
    browser, row = signed_in(office.cast.amara), office.membership(office.reader)
    there = url(office, "member", row.pk)
    known = rules.roles_key(queries.roles_of(row))
    assert f'value="{known}"' in browser.get(there).content.decode()
    answers = each(office, "PAM", "READER", known=known, **{f"added_{office.second.pk}": ["pay"]})
    look = words(browser.post(there, answers))
    assert "RM0001 Today Reader From now on Program Account Manager" in look
    assert "RM0002 Today No role here From now on Reader (Pay)" in look
    assert not office.membership(office.reader).roles_differ
    again = browser.post(there, {**answers, "act": "again"}).content.decode()
    assert re.search(r'value="EACH"[^>]*checked', again) and re.search(r'value="pay"[^>]*checked', again)
    assert browser.post(there, {**answers, "act": "save"}).status_code == 302
    assert queries.roles_of(row) == {office.account.pk: PAM, office.second.pk: PAYS}
    late = browser.post(there, {**each(office, "PAM", "PAM", known=known), "act": "save"})
    assert "Somebody else changed the roles of this person meanwhile" in words(late)
    same = browser.post(there, {**answers, "act": "save"}, follow=True)
    assert "Nothing differs from the roles of today" in words(same)
    page = words(browser.get(there))
    assert "Decide on people and their roles in RM0001" in page and "Pay in" not in page
    assert "RM0001 Program Account Manager" in words(browser.get(url(office, "members")))
    whole = browser.post(there, {"role": "BAM", "act": "check"})
    assert "The whole business Today – From now on Business Account Manager" in words(whole)
    mine = signed_in(office.reader)
    for name in ("accounts:profile", "delegation:switch"):
        assert "RM0001 Program Account Manager" in words(mine.get(reverse(name)))
    history = words(browser.get(reverse("dashboard:history", args=(office.northlight.bn9,))))
    assert "RM0001 Program Account Manager, RM0002 Reader (Pay)" in history


def test_a_program_managers_page_shows_the_own_accounts_and_what_stays(office: Office) -> None:
    office.cast.world.program_account(office.northlight, "RM0003")
    give(office, office.editor, {office.account.pk: EDITOR, office.second.pk: PAYS})
    browser, row = signed_in(office.pam), office.membership(office.editor)
    there = url(office, "member", row.pk)
    page = browser.get(there)
    assert "RM0002 Reader (Pay)" in words(page) and "Remove this person" not in words(page)
    assert f'name="role_{office.second.pk}"' not in page.content.decode()
    data = {"role": "READER", "program_accounts": [office.account.pk], "act": "save"}
    assert "Choose the program accounts" in words(browser.post(there, {"role": "READER"}))
    assert browser.post(there, data).status_code == 302
    assert queries.roles_of(row) == {office.account.pk: READER, office.second.pk: PAYS}


@pytest.mark.parametrize(
    ("first", "added", "said"),
    [
        ("", ["pay"], "Choose a role here, or untick the single permissions"),
        ("EDITOR", ["manage_people"], "Choose among the permissions listed"),
        ("BAM", [], "Choose one of the roles listed"),
        ("", [], "Choose the program accounts that this role covers"),
    ],
)
def test_what_is_wrong_in_a_row_is_said_in_it(office: Office, first: str, added: list[str], said: str) -> None:
    answers = each(office, first, "", **{f"added_{office.account.pk}": added}, email="n@example.com")
    page = signed_in(office.cast.amara).post(url(office, "invite"), answers)
    assert page.status_code == 200 and said in words(page)


def test_approval_and_invitation_give_different_roles_in_one_go(office: Office) -> None:
    browser, newcomer = signed_in(office.cast.amara), office.cast.stranger
    services.request_employment(user_id=newcomer.pk, bn9=office.northlight.bn9, comment="", **office.by(newcomer))
    answers = each(office, "EDITOR", "READER")
    row = office.northlight.employee_requests.get()
    assert browser.post(url(office, "employee_request", row.pk), answers).status_code == 302
    wanted = {office.account.pk: EDITOR, office.second.pk: READER}
    assert queries.roles_of(Membership.objects.get(user=newcomer, business=office.northlight)) == wanted
    assert browser.post(url(office, "invite"), {**answers, "email": "two@example.com"}).status_code == 302
    invitation = office.northlight.invitations.get()
    assert queries.roles_of(invitation) == wanted
    assert "RM0001 Editor" in words(browser.get(url(office, "invitations")))
    letter = OutboxMessage.objects.latest("pk").body
    assert "RM0001 Editor; RM0002 Reader" in letter
    found = re.search(r"/invitations/([^/]+)/", letter)
    assert found is not None
    two = office.cast.world.person("Tova Two")
    assert "RM0002 Reader" in words(signed_in(two).get(reverse("delegation:accept_invitation", args=(found.group(1),))))
    services.accept_invitation(token=found.group(1), **office.by(two))
    assert queries.roles_of(office.membership(two)) == wanted
    with pytest.raises(Conflict):
        services.accept_invitation(token=found.group(1), **office.by(two))
