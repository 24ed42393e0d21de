"""Employees: asking, being let in with a role, changing, leaving; invitations."""

import re
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import EmployeeRequest, Invitation, Membership
from core.errors import Conflict, DomainError, Refused, Stranger
from core.models import AuditEvent, OutboxMessage
from delegation import queries, rules, services
from delegation.models import UnmatchedRequest
from delegation.rules import same_role
from notifications.models import Notification
from tests.builders import actor, business_number
from tests.delegation.conftest import Office

NOBODY = "799999997"


def ask(office: Office, bn9: str = "", who: Any = None) -> EmployeeRequest | None:
    user = who or office.cast.stranger
    services.request_employment(
        user_id=user.pk, bn9=bn9 or office.northlight.bn9, comment="I am new in Calgary.", **office.by(user)
    )
    return EmployeeRequest.objects.filter(user=user).first()


def answer(office: Office, by: Any, row: EmployeeRequest, role: str = "READER", *accounts: Any) -> Membership:
    return services.approve_employee(
        request_id=row.pk,
        roles=same_role(role, [account.pk for account in accounts]),
        **office.by(by),
    )


def test_the_answer_is_the_same_for_an_employer_that_is_not_here(office: Office) -> None:
    ask(office)
    ask(office, NOBODY)
    ask(office, NOBODY)
    shown = [
        (row.state, row.state_label, row.business_name) for row in queries.employer_requests(office.cast.stranger.pk)
    ]
    assert shown[0] == shown[1]
    assert UnmatchedRequest.objects.count() == 1
    assert Notification.objects.filter(user=office.cast.amara).count() == 1


def test_asking_twice_changes_nothing(office: Office) -> None:
    ask(office)
    ask(office)
    assert EmployeeRequest.objects.count() == 1
    assert Notification.objects.filter(user=office.cast.amara).count() == 1


def test_a_member_need_not_ask(office: Office) -> None:
    with pytest.raises(DomainError) as refusal:
        ask(office, who=office.reader)
    assert refusal.value.code == "already_member"


def test_who_asks_everywhere_is_stopped_whether_the_employers_are_here_or_not(office: Office) -> None:
    ask(office)
    for _number in range(rules.MOST_EMPLOYER_REQUESTS - 1):
        ask(office, business_number())
    for number in (office.cast.desrosiers.bn9, NOBODY):
        with pytest.raises(DomainError) as refusal:
            ask(office, number)
        assert (refusal.value.code, refusal.value.field) == ("too_many_requests", "bn9")
    ask(office)  # again to the same employer: nothing new
    assert (EmployeeRequest.objects.count(), UnmatchedRequest.objects.count()) == (1, 4)


def test_a_business_has_fifty_invitations_open_at_most(office: Office) -> None:
    by: dict[str, Any] = {"business_id": office.northlight.pk, "roles": None, **office.by(office.cast.amara)}
    first = services.invite(email="first@example.com", **by)
    for number in range(rules.MOST_INVITATIONS - 1):
        first.pk, first.token_hash, first.email = None, f"hash {number}", f"person{number}@example.com"
        first.save()
    with pytest.raises(Conflict) as refusal:
        services.invite(email="last@example.com", **by)
    assert refusal.value.code == "too_many_invitations"
    services.withdraw_invitation(invitation_id=first.pk, **office.by(office.cast.amara))
    assert services.invite(email="last@example.com", **by).state == "SENT"


@pytest.mark.parametrize("bn9", ["", NOBODY])
def test_a_mistaken_request_is_taken_back(office: Office, bn9: str) -> None:
    number = bn9 or office.northlight.bn9
    ask(office, number)
    for _twice in range(2):
        services.withdraw_employment(
            user_id=office.cast.stranger.pk,
            bn9=number,
            actor=actor(office.cast.stranger),
            at=office.moment["at"],
        )
    assert queries.employer_requests(office.cast.stranger.pk) == []
    row = ask(office, number)
    assert (row is not None) == (not bn9) or UnmatchedRequest.objects.count() == 1


def test_a_business_that_registers_later_finds_the_requests(office: Office) -> None:
    later = office.cast.world.business("Later Ltd.", registered_at=None)
    ask(office, later.bn9)
    ask(office, later.bn9, who=office.cast.luc)
    assert queries.employer_requests(office.cast.luc.pk)[0].is_waiting
    later.registered_at = office.moment["at"]
    later.save()
    office.cast.world.membership(office.cast.luc, later, is_primary=True)
    adopted = services.adopt_requests(business_id=later.pk, **office.by(office.cast.luc))
    assert adopted == 2
    assert [row.user for row in EmployeeRequest.objects.filter(business=later)] == [office.cast.stranger]
    assert not UnmatchedRequest.objects.exists()


def own_role(office: Office, user: Any, account: Any) -> str | None:
    found = queries.program_account_with_own_role(user_id=user.pk, number=account.number)
    return found.own_role if found else None  # type: ignore[attr-defined]


def test_approval_with_a_role_opens_the_program_account(office: Office) -> None:
    row = ask(office)
    assert row is not None
    membership = answer(office, office.cast.amara, row, "EDITOR", office.account)
    assert membership.role == "EDITOR"
    assert own_role(office, office.cast.stranger, office.account) == "EDITOR"
    assert own_role(office, office.cast.stranger, office.second) is None
    assert AuditEvent.objects.get(verb="employee.approved").after["role"] == "EDITOR"
    assert Notification.objects.filter(user=office.cast.stranger).exists()
    with pytest.raises(Conflict):
        answer(office, office.backup, row, "READER", office.account)
    with pytest.raises(Conflict):
        services.reject_employee(request_id=row.pk, reason="late", **office.by(office.backup))


def test_a_program_manager_lets_people_into_their_programs_only(office: Office) -> None:
    row = ask(office)
    assert row is not None
    for role, accounts in (("BAM", ()), ("READER", (office.second,))):
        with pytest.raises(DomainError) as refusal:
            answer(office, office.pam, row, role, *accounts)
        assert refusal.value.code == "beyond_your_programs"
    with pytest.raises(Refused):
        services.reject_employee(request_id=row.pk, reason="no", **office.by(office.pam))
    assert answer(office, office.pam, row, "READER", office.account).granted_by == "Pia Program"


def test_rejection_tells_the_reason(office: Office) -> None:
    row = ask(office)
    assert row is not None
    services.reject_employee(request_id=row.pk, reason="Not in our team.", **office.by(office.cast.amara))
    shown = queries.employer_requests(office.cast.stranger.pk)[0]
    assert (shown.reason, shown.business_name) == ("Not in our team.", office.northlight.legal_name)
    assert "Not in our team." in Notification.objects.get(user=office.cast.stranger).body


@pytest.mark.parametrize("first", ["approved", "rejected", "withdrawn"])
def test_an_answered_request_has_its_one_outcome(office: Office, first: str) -> None:
    row = ask(office)
    assert row is not None
    if first == "approved":
        gone = answer(office, office.cast.amara, row, "READER", office.account)
        services.revoke_membership(membership_id=gone.pk, **office.by(office.cast.amara))
    elif first == "rejected":
        services.reject_employee(request_id=row.pk, reason="No.", **office.by(office.cast.amara))
    else:
        services.withdraw_employment(
            user_id=row.user_id, bn9=office.northlight.bn9, actor=actor(row.user), at=office.moment["at"]
        )
    events = AuditEvent.objects.count()
    for late in (
        lambda: answer(office, office.backup, row, "READER", office.account),
        lambda: services.reject_employee(request_id=row.pk, reason="late", **office.by(office.backup)),
    ):
        with pytest.raises(Conflict) as refusal:
            late()
        assert refusal.value.code == "already_decided"
    row.refresh_from_db()
    assert row.state == first.upper() and AuditEvent.objects.count() == events
    assert not queries.members(office.northlight.pk).filter(user=row.user).exists()


def test_somebody_let_in_meanwhile_is_not_let_in_twice(office: Office) -> None:
    row = ask(office)
    assert row is not None
    office.cast.world.membership(office.cast.stranger, office.northlight, "READER", accounts=(office.account,))
    with pytest.raises(Conflict) as refusal:
        answer(office, office.cast.amara, row, "READER", office.account)
    assert refusal.value.code == "already_member"


# --- Roles ------------------------------------------------------------------------------------------------------------
def change(office: Office, by: Any, who: Any, role: str, *accounts: Any) -> Membership:
    return services.change_role(
        membership_id=office.membership(who).pk,
        roles=same_role(role, [account.pk for account in accounts]),
        **office.by(by),
    )


def remove(office: Office, by: Any, who: Any, reason: str = "") -> Membership:
    return services.revoke_membership(membership_id=office.membership(who).pk, reason=reason, **office.by(by))


def test_a_role_changes_at_once(office: Office) -> None:
    change(office, office.cast.amara, office.reader, "EDITOR", office.second)
    assert own_role(office, office.reader, office.account) is None
    event = AuditEvent.objects.get(verb="employee.role_changed")
    assert (event.before["role"], event.after["role"]) == ("READER", "EDITOR")
    change(office, office.cast.amara, office.reader, "BAM")
    assert office.membership(office.reader).program_accounts.count() == 0


def test_the_secondary_manager_cannot_remove_or_change_the_primary(office: Office) -> None:
    for act in (
        lambda: remove(office, office.backup, office.cast.amara),
        lambda: change(office, office.backup, office.cast.amara, "READER", office.account),
    ):
        with pytest.raises(DomainError) as refusal:
            act()
        assert refusal.value.code == "primary_manager"
    remove(office, office.cast.amara, office.backup, "Left the company.")
    assert AuditEvent.objects.get(verb="employee.revoked").reason == "Left the company."


def test_the_last_manager_stays(office: Office) -> None:
    remove(office, office.cast.amara, office.backup)
    for act in (
        lambda: remove(office, office.cast.amara, office.cast.amara),
        lambda: change(office, office.cast.amara, office.cast.amara, "READER", office.account),
    ):
        with pytest.raises(DomainError) as refusal:
            act()
        assert refusal.value.code == "last_manager"


@pytest.mark.parametrize("way", ["remove", "change"])
def test_a_primary_who_steps_down_leaves_the_rank_to_the_next(office: Office, way: str) -> None:
    if way == "remove":
        remove(office, office.cast.amara, office.cast.amara)
    else:
        change(office, office.cast.amara, office.cast.amara, "READER", office.account)
    assert office.membership(office.backup).is_primary


def test_a_program_manager_touches_neither_managers_nor_other_programs(office: Office) -> None:
    with pytest.raises(Refused):
        remove(office, office.pam, office.backup)
    with pytest.raises(Refused):
        remove(office, office.reader, office.editor)
    change(office, office.cast.amara, office.editor, "EDITOR", office.account, office.second)
    with pytest.raises(DomainError):
        change(office, office.pam, office.editor, "READER", office.account, office.second)
    with pytest.raises(Refused):
        remove(office, office.pam, office.editor)
    remove(office, office.pam, office.reader)
    gone = Membership.objects.get(user=office.reader)
    with pytest.raises(Conflict):
        services.revoke_membership(membership_id=gone.pk, **office.by(office.cast.amara))


@pytest.mark.parametrize(("role", "code"), [("READER", "no_program"), ("EDITOR", "no_program")])
def test_a_program_role_needs_a_program(office: Office, role: str, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        change(office, office.cast.amara, office.reader, role)
    assert (refusal.value.code, refusal.value.field) == (code, "program_accounts")


# --- Invitations ------------------------------------------------------------------------------------------------------
def invite(office: Office, by: Any = None, role: str = "BAM", *accounts: Any) -> tuple[Invitation, str]:
    row = services.invite(
        business_id=office.northlight.pk,
        email="new.person@example.com",
        roles=same_role(role, [account.pk for account in accounts]),
        **office.by(by or office.cast.amara),
    )
    letter = OutboxMessage.objects.latest("pk")
    found = re.search(r"/invitations/([^/]+)/", letter.body)
    assert found is not None
    return row, found.group(1)


def test_the_link_is_mailed_and_only_its_hash_kept(office: Office) -> None:
    row, token = invite(office, None, "READER", office.account)
    assert row.token_hash == services.token_hash(token) != token
    assert OutboxMessage.objects.latest("pk").to == "new.person@example.com"
    membership = services.accept_invitation(token=token, **office.by(office.cast.stranger))
    assert (membership.role, membership.granted_by) == ("READER", "Amara Osei")
    assert list(membership.program_accounts.all()) == [office.account]
    assert "Sam Stranger" in Notification.objects.filter(user=office.cast.amara).latest("pk").subject
    with pytest.raises(Conflict):
        services.accept_invitation(token=token, **office.by(office.cast.luc))


def test_a_link_works_until_it_expires(office: Office) -> None:
    _row, token = invite(office)
    later = office.moment["at"] + timedelta(days=14)
    with pytest.raises(Conflict) as refusal:
        services.accept_invitation(token=token, actor=actor(office.cast.stranger), on=later.date(), at=later)
    assert refusal.value.code == "invitation_expired"


def test_a_withdrawn_link_and_one_that_never_was(office: Office) -> None:
    row, token = invite(office)
    services.withdraw_invitation(invitation_id=row.pk, **office.by(office.backup))
    with pytest.raises(Conflict):
        services.accept_invitation(token=token, **office.by(office.cast.stranger))
    with pytest.raises(Conflict):
        services.withdraw_invitation(invitation_id=row.pk, **office.by(office.backup))
    with pytest.raises(Stranger):
        services.accept_invitation(token="never", **office.by(office.cast.stranger))


def test_officers_and_members_do_not_join(office: Office) -> None:
    _row, token = invite(office)
    with pytest.raises(Refused):
        services.accept_invitation(token=token, **office.by(office.cast.daniel))
    with pytest.raises(Conflict):
        services.accept_invitation(token=token, **office.by(office.reader))


def test_one_open_invitation_an_address(office: Office) -> None:
    invite(office)
    with pytest.raises(Conflict) as refusal:
        invite(office)
    assert refusal.value.code == "already_invited"


def test_a_program_manager_invites_for_their_programs(office: Office) -> None:
    with pytest.raises(DomainError):
        invite(office, office.pam)
    row, _token = invite(office, office.pam, "EDITOR", office.account)
    services.withdraw_invitation(invitation_id=row.pk, **office.by(office.pam))
    manager, _token = invite(office)
    with pytest.raises(Refused):
        services.withdraw_invitation(invitation_id=manager.pk, **office.by(office.pam))
