"""Single permissions on top of a role: who gives them, what the door makes of them, what the pages say."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership, MembershipProgram
from core.errors import DomainError
from core.models import AuditEvent, OutboxMessage
from delegation import access, services
from delegation.rules import PERMISSIONS, Action, Role, same_role
from notifications.models import Notification
from tests.builders import actor, signed_in
from tests.delegation.conftest import Office
from tests.delegation.test_pages import url, words


def add(office: Office, by: Any, who: Any, role: str, *added: str, accounts: Any = None) -> Membership:
    return services.change_role(
        membership_id=office.membership(who).pk,
        roles=same_role(role, [account.pk for account in accounts or (office.account,)], added),
        **office.by(by),
    )


def seat(office: Office, who: Any, account: Any = None) -> access.Seat:
    return access.program_account_for(
        actor(who), (account or office.account).number, to=Action.VIEW, on=office.moment["on"]
    )


def test_a_reader_with_pay_pays_and_still_does_not_file(office: Office) -> None:
    assert not seat(office, office.reader).may(Action.PAY)
    add(office, office.cast.amara, office.reader, "READER", "pay")
    held = seat(office, office.reader)
    assert held.actions == PERMISSIONS[Role.READER] | {Action.PAY}
    business = access.business_for(actor(office.reader), office.northlight.bn9, to=Action.VIEW, on=office.moment["on"])
    assert business.actions == held.actions


def test_the_trail_keeps_before_and_after_and_the_person_is_told(office: Office) -> None:
    add(office, office.cast.amara, office.reader, "READER", "pay")
    event = AuditEvent.objects.get(verb="employee.role_changed")
    assert (event.before["added_actions"], event.after["added_actions"]) == ([], ["pay"])
    assert "Also allowed: Pay." in Notification.objects.get(user=office.reader).body
    add(office, office.cast.amara, office.reader, "READER")
    assert not seat(office, office.reader).may(Action.PAY)


@pytest.mark.parametrize(
    "action",
    ["manage_people", "manage_third_parties", "edit_profile", "edit_business", "request_clients", "open_program"],
)
@pytest.mark.parametrize("role", ["EDITOR", "READER"])
def test_what_the_guide_denies_an_employee_cannot_be_added(office: Office, role: str, action: str) -> None:
    with pytest.raises(DomainError) as refusal:
        add(office, office.cast.amara, office.reader, role, action)
    assert (refusal.value.code, refusal.value.field) == ("cannot_be_added", "added")
    # Nor does the door honour it where a row holds it all the same.
    MembershipProgram.objects.filter(membership__user=office.reader).update(added_actions=[action])
    assert not seat(office, office.reader).may(action)


def test_another_role_takes_the_single_permissions_along_only_where_it_lacks_them(office: Office) -> None:
    added = ("pay", "manage_security")
    assert add(office, office.cast.amara, office.reader, "READER", *added).added_actions == ["manage_security", "pay"]
    assert add(office, office.cast.amara, office.reader, "EDITOR", *added).added_actions == ["manage_security"]
    assert add(office, office.cast.amara, office.reader, "PAM", *added).added_actions == []


def test_a_program_manager_adds_permissions_in_the_own_programs_only(office: Office) -> None:
    add(office, office.pam, office.reader, "READER", "pay")
    with pytest.raises(DomainError) as refusal:
        add(office, office.pam, office.reader, "READER", "pay", accounts=(office.account, office.second))
    assert refusal.value.code == "beyond_your_programs"
    add(office, office.cast.amara, office.editor, "EDITOR", accounts=(office.second,))
    with pytest.raises(DomainError):
        add(office, office.pam, office.editor, "EDITOR", "manage_security")


def test_an_invitation_carries_them_to_the_membership(office: Office) -> None:
    row = services.invite(
        business_id=office.northlight.pk,
        email="new.person@example.com",
        roles=same_role("READER", {office.account.pk}, {"file_declaration"}),
        **office.by(office.cast.amara),
    )
    assert row.added_actions == ["file_declaration"]
    found = re.search(r"/invitations/([^/]+)/", OutboxMessage.objects.latest("pk").body)
    assert found is not None
    page = signed_in(office.cast.stranger).get(reverse("delegation:accept_invitation", args=(found.group(1),)))
    assert "with 1 single permission" in words(page)
    services.accept_invitation(token=found.group(1), **office.by(office.cast.stranger))
    assert seat(office, office.cast.stranger).may(Action.FILE_DECLARATION)


def test_a_providers_reader_with_a_permission_uses_it_for_clients(office: Office) -> None:
    helper = office.cast.world.person("Hal Helper")
    home = office.cast.world.program_account(office.cast.harbourline)
    office.cast.world.membership(helper, office.cast.harbourline, "READER", accounts=(home,))
    assert not seat(office, helper).may(Action.FILE_DECLARATION)
    add(office, office.cast.wen, helper, "READER", "file_declaration", accounts=(home,))
    held = seat(office, helper)
    assert held.is_delegated
    assert held.may(Action.FILE_DECLARATION)
    assert not held.may(Action.PAY)


def test_the_door_takes_one_question_at_home_and_two_at_a_client(office: Office) -> None:
    add(office, office.cast.amara, office.reader, "READER", "pay")
    with CaptureQueriesContext(connection) as asked:
        seat(office, office.reader)
    assert len(asked) == 1
    with CaptureQueriesContext(connection) as asked:
        seat(office, office.cast.wen)
    assert len(asked) == 2


# --- Pages ------------------------------------------------------------------------------------------------------------
def test_the_members_page_says_what_the_person_may_do_and_changes_it(office: Office) -> None:
    browser = signed_in(office.cast.amara)
    there = url(office, "member", office.membership(office.reader).pk)
    answers: dict[str, Any] = {"role": "READER", "program_accounts": [office.account.pk], "added": ["pay"]}
    answers["act"] = "save"
    assert browser.post(there, answers).status_code == 302
    assert office.membership(office.reader).added_actions == ["pay"]
    text = words(browser.get(there))
    assert "What this person may do today" in text
    assert "Pay added to the role" in text
    assert "with 1 single permission" in words(browser.get(url(office, "members")))


def test_what_cannot_be_added_is_refused_at_its_field_and_nothing_typed_is_lost(office: Office) -> None:
    there = url(office, "member", office.membership(office.reader).pk)
    page = signed_in(office.cast.amara).post(
        there, {"role": "EDITOR", "program_accounts": [office.account.pk], "added": ["manage_people"]}
    )
    assert page.status_code == 200
    assert "Choose among the permissions listed" in words(page)
    assert re.search(r'value="EDITOR"[^>]*checked', page.content.decode())
    assert office.membership(office.reader).role == "READER"


def test_approval_and_invitation_pages_store_them(office: Office) -> None:
    services.request_employment(
        user_id=office.cast.stranger.pk,
        bn9=office.northlight.bn9,
        comment="",
        **office.by(office.cast.stranger),
    )
    browser = signed_in(office.cast.amara)
    row = office.northlight.employee_requests.get()
    answers: dict[str, Any] = {"role": "READER", "program_accounts": [office.account.pk], "added": ["request_release"]}
    assert browser.post(url(office, "employee_request", row.pk), answers).status_code == 302
    membership = Membership.objects.get(user=office.cast.stranger, business=office.northlight)
    assert membership.added_actions == ["request_release"]
    assert browser.post(url(office, "invite"), {**answers, "email": "x@example.com"}).status_code == 302
    assert office.northlight.invitations.get().added_actions == ["request_release"]
    assert "with 1 single permission" in words(browser.get(url(office, "invitations")))
