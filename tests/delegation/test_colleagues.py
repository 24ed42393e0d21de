"""A role in further program accounts for who belongs to the business already, and what a program manager finds."""

from typing import Any

import pytest

from accounts.models import Invitation
from core.errors import DomainError, Refused
from core.models import AuditEvent
from delegation import queries, rules, services
from delegation.rules import Grant
from notifications.models import Notification
from tests.builders import signed_in
from tests.delegation.conftest import Office
from tests.delegation.test_pages import url, words

PAM, EDITOR, READER = Grant("PAM"), Grant("EDITOR"), Grant("READER")


@pytest.fixture
def elsewhere(office: Office) -> Any:
    """Somebody who reads RM0002 alone; Pia manages RM0001."""
    person = office.cast.world.person("Rhea Rental")
    office.cast.world.membership(person, office.northlight, "READER", accounts=(office.second,))
    return person


def add(office: Office, email: str, roles: dict[int, Grant], by: Any) -> Any:
    return services.add_colleague(business_id=office.northlight.pk, email=email, roles=roles, **office.by(by))


def test_a_program_manager_gives_a_colleague_a_role_in_the_own_program_alone(office: Office, elsewhere: Any) -> None:
    row = add(office, elsewhere.email.upper(), {office.account.pk: EDITOR}, office.pam)
    assert queries.roles_of(row) == {office.account.pk: EDITOR, office.second.pk: READER}
    event = AuditEvent.objects.get(verb="employee.role_changed")
    assert event.actor_name == "Pia Program" and "RM0001 Editor" in Notification.objects.get(user=elsewhere).body
    # Beyond the own program, and for whom it isn't, nothing happens.
    office.cast.world.person("Shared One", email=office.reader.email)
    outside = office.cast.stranger.email
    for email, roles, code in (
        (elsewhere.email, {office.account.pk: READER}, "has_a_role"),
        (office.editor.email, {office.second.pk: READER}, "beyond_your_programs"),
        (office.cast.amara.email, {office.account.pk: READER}, "reaches_all"),
        (outside, {office.account.pk: READER}, "unknown_colleague"),
    ):
        with pytest.raises(DomainError) as refusal:
            add(office, email, roles, office.pam)
        assert refusal.value.code == code
    with pytest.raises(Refused):
        add(office, elsewhere.email, {office.account.pk: READER}, office.editor)
    assert AuditEvent.objects.filter(verb="employee.role_changed").count() == 1


def test_a_mailbox_that_several_share_names_nobody(office: Office, elsewhere: Any) -> None:
    office.reader.email = elsewhere.email
    office.reader.save()
    with pytest.raises(DomainError) as refusal:
        add(office, elsewhere.email, {office.account.pk: READER}, office.pam)
    assert refusal.value.code == "shared_email"
    # An address that nobody confirmed is not proof of anybody.
    office.editor.contact_email = "ed@example.org"
    office.editor.save()
    with pytest.raises(DomainError) as refusal:
        add(office, "ed@example.org", {office.second.pk: READER}, office.cast.amara)
    assert refusal.value.code == "unknown_colleague"
    with pytest.raises(DomainError) as refusal:
        services.add_colleague(business_id=0, email="x@example.com", roles={}, **office.by(office.pam))
    assert refusal.value.code == "unknown_business"


def test_the_page_keeps_what_was_typed_and_leads_back_to_the_members(office: Office, elsewhere: Any) -> None:
    browser, there = signed_in(office.pam), url(office, "add_colleague")
    members = words(browser.get(url(office, "members")))
    assert "Rhea Rental" not in members and "Give a colleague a role" in members
    page = browser.get(there).content.decode()
    # For whom the button acts stands beside it.
    assert "For Northlight Outdoor Supply Inc." in page
    assert 'value="BAM"' not in page and office.second.number not in page
    wrong = browser.post(
        there, {"email": "nobody@example.com", "role": "READER", "program_accounts": [office.account.pk]}
    )
    assert "Nobody of this business has this e-mail" in words(wrong) and "nobody@example.com" in wrong.content.decode()
    good = {"email": elsewhere.email, "role": "READER", "program_accounts": [office.account.pk]}
    assert "Rhea Rental may now work there" in words(browser.post(there, good, follow=True))
    assert "Rhea Rental" in words(browser.get(url(office, "members")))


def test_an_invitation_never_leads_somebody_of_the_business_into_a_dead_end(office: Office, elsewhere: Any) -> None:
    answers = {"email": elsewhere.email, "role": "READER", "program_accounts": [office.account.pk]}
    page = words(signed_in(office.pam).post(url(office, "invite"), answers))
    assert "belongs to the business already" in page and "Give a colleague a role" in page
    assert not Invitation.objects.exists()


def test_a_program_managers_counts_are_those_of_the_pages(office: Office, elsewhere: Any) -> None:
    def invited(email: str, roles: rules.Roles) -> Invitation:
        return services.invite(
            business_id=office.northlight.pk, email=email, roles=roles, **office.by(office.cast.amara)
        )

    mine = invited("mine@example.com", {office.account.pk: READER})
    others = [
        invited("both@example.com", {office.account.pk: READER, office.second.pk: READER}),
        invited("other@example.com", {office.second.pk: READER}),
        invited("boss@example.com", None),
    ]
    office.cast.world.delegation(office.cast.passerelle, office.northlight, accounts=(office.second,))
    held = frozenset({office.account.pk})
    waiting, whole = queries.waiting_for(office.northlight.pk, held=held), queries.waiting_for(office.northlight.pk)
    assert list(queries.invitations(office.northlight.pk, held=held)) == [mine]
    assert (waiting.members, waiting.invitations, waiting.third_parties) == (5, 1, 1)
    assert (whole.members, whole.invitations, whole.third_parties) == (6, 4, 2)
    browser = signed_in(office.pam)
    assert "mine@example.com" in words(browser.get(url(office, "invitations")))
    assert browser.get(url(office, "withdraw_invitation", others[0].pk)).status_code == 404
    # A request is for the business: who manages one program account lets in, but doesn't turn away.
    services.request_employment(
        user_id=office.cast.stranger.pk, bn9=office.northlight.bn9, comment="", **office.by(office.cast.stranger)
    )
    for name in ("employee_requests",):
        assert "Reject" not in words(browser.get(url(office, name)))
        assert "Reject" in words(signed_in(office.cast.amara).get(url(office, name)))
