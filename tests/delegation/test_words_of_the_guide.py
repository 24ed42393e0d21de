"""The importer's guide on roles, sentence by sentence, tried through the services and through the pages."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Membership, MembershipProgram
from core.errors import DomainError, Refused
from delegation import queries, rules, services
from delegation.rules import Scope
from tests.builders import signed_in
from tests.delegation.conftest import Office
from tests.delegation.test_pages import url

Act = Callable[[], Any]


def managing_people(office: Office, who: Any) -> list[Act]:
    """Every service by which somebody decides on people, each with believable arguments."""
    newcomer = office.cast.world.person("Nina New")
    services.request_employment(user_id=newcomer.pk, bn9=office.northlight.bn9, comment="", **office.by(newcomer))
    request = queries.employee_requests(office.northlight.pk)[0]
    invitation = services.invite(
        business_id=office.northlight.pk, email="inv@example.com", roles=None, **office.by(office.cast.amara)
    )
    roles = rules.same_role("READER", {office.account.pk})
    by = office.by(who)
    target = office.membership(office.editor if who != office.editor else office.reader)
    return [
        lambda: services.approve_employee(request_id=request.pk, roles=roles, **by),
        lambda: services.reject_employee(request_id=request.pk, reason="no", **by),
        lambda: services.change_role(membership_id=target.pk, roles=roles, **by),
        lambda: services.revoke_membership(membership_id=target.pk, **by),
        lambda: services.invite(business_id=office.northlight.pk, email="other@example.com", roles=roles, **by),
        lambda: services.withdraw_invitation(invitation_id=invitation.pk, **by),
        lambda: services.offer_primary(membership_id=office.membership(office.backup).pk, **by),
        lambda: services.name_primary(membership_id=office.membership(office.backup).pk, reason="x", **by),
    ]


def changing_profiles(office: Office, who: Any) -> list[Act]:
    business = queries.business_profile(office.northlight)
    program = queries.program_profile(office.account)
    by = office.by(who)
    return [
        lambda: services.change_business_profile(
            business_id=office.northlight.pk,
            profile={**business, "telephone": "4035550100"},
            seen=rules.fingerprint(business),
            **by,
        ),
        lambda: services.change_program_profile(
            program_account_id=office.account.pk,
            profile={**program, "telephone": "4035550100"},
            seen=rules.fingerprint(program),
            **by,
        ),
    ]


PEOPLE_PAGES = ("people", "members", "employee_requests", "invitations", "invite", "invite_backup", "primary")


def refused(acts: list[Act]) -> None:
    for act in acts:
        with pytest.raises(Refused):
            act()


@pytest.mark.parametrize("who", ["editor", "reader"])
def test_an_employee_cannot_manage_users_or_edit_business_profile(office: Office, who: str) -> None:
    """ "Cannot manage users or edit business profile": whatever single permissions are added."""
    person = getattr(office, who)
    everything = [action.value for action in rules.Action]
    Membership.objects.filter(user=person).update(added_actions=everything)
    MembershipProgram.objects.filter(membership__user=person).update(added_actions=everything)
    refused(managing_people(office, person))
    refused(changing_profiles(office, person))
    browser = signed_in(person)
    for page in (*PEOPLE_PAGES, "business_profile", "edit_business_profile"):
        assert browser.get(url(office, page)).status_code == 403, page


@pytest.mark.parametrize("who", ["wen", "cora"])
def test_a_third_party_cannot_manage_users_or_business_profile(office: Office, who: str) -> None:
    """ "Cannot manage users or business profile": not even with Business Management and full visibility."""
    person = office.cast.wen if who == "wen" else office.cora
    if who == "cora":
        office.cast.world.delegation(office.consultant, office.northlight, sees_client=True, sees_others=True)
    refused(managing_people(office, person))
    refused(changing_profiles(office, person))
    browser = signed_in(person)
    for page in (*PEOPLE_PAGES, "third_parties", "edit_business_profile"):
        assert browser.get(url(office, page)).status_code == 403, page


def test_a_program_account_manager_cannot_manage_overall_business_account_settings(office: Office) -> None:
    """ "Cannot manage overall business account settings": not the profile, the managers, the primary or the access of
    a third party to the whole business."""
    by = office.by(office.pam)
    refused(changing_profiles(office, office.pam)[:1])
    with pytest.raises(Refused):
        services.offer_primary(membership_id=office.membership(office.backup).pk, **by)
    with pytest.raises(Refused):
        services.revoke_membership(membership_id=office.membership(office.backup).pk, **by)
    asked = office.asked()
    with pytest.raises(Refused):
        services.approve(delegation_id=asked.pk, scope=Scope("BUSINESS_MANAGEMENT", True), **by)
    browser = signed_in(office.pam)
    for page in ("business_profile", "edit_business_profile", "primary"):
        assert browser.get(url(office, page)).status_code == 403, page


def test_a_program_account_manager_gives_access_to_the_own_programs_only(office: Office) -> None:
    """ "Manages specific program accounts": invitations, people and third parties of others are out of reach."""
    by = office.by(office.pam)
    with pytest.raises(DomainError):
        services.invite(
            business_id=office.northlight.pk,
            email="x@example.com",
            roles=rules.same_role("READER", {office.second.pk}),
            **by,
        )
    asked = office.asked()
    with pytest.raises(Refused):
        services.approve(
            delegation_id=asked.pk,
            scope=Scope("PROGRAM_MANAGEMENT", False, frozenset({office.account.pk, office.second.pk})),
            **by,
        )
    services.approve(
        delegation_id=asked.pk,
        scope=Scope("PROGRAM_MANAGEMENT", False, frozenset({office.account.pk})),
        **office.signing(office.pam),
    )


def test_a_secondary_manager_cannot_delete_the_primary(office: Office) -> None:
    """ "Similar access as Primary BAM (except for certain key functions like deleting the Primary BAM)"."""
    primary = office.membership(office.cast.amara)
    browser = signed_in(office.backup)
    page = browser.post(url(office, "remove_member", primary.pk), {"reason": "Mine now."})
    assert page.status_code == 200
    browser.post(
        url(office, "member", primary.pk), {"role": "READER", "program_accounts": [office.account.pk], "act": "save"}
    )
    primary.refresh_from_db()
    assert (primary.state, primary.role, primary.is_primary) == ("ACTIVE", "BAM", True)
    with pytest.raises(DomainError) as refusal:
        services.revoke_membership(membership_id=primary.pk, **office.by(office.backup))
    assert refusal.value.code == "primary_manager"


def test_the_last_manager_cannot_be_removed_on_any_page(office: Office) -> None:
    luc = Membership.objects.get(user=office.cast.luc)
    browser = signed_in(office.cast.luc)
    account = office.cast.overdue_account
    browser.post(url(office, "remove_member", luc.pk, of=office.cast.desrosiers), {"reason": "Tired."})
    browser.post(
        url(office, "member", luc.pk, of=office.cast.desrosiers),
        {"role": "READER", "program_accounts": [account.pk], "act": "save"},
    )
    luc.refresh_from_db()
    assert (luc.state, luc.role) == ("ACTIVE", "BAM")


# --- Any sequence of changes ------------------------------------------------------------------------------------------
_PEOPLE = ("amara", "backup", "pam", "editor", "reader", "daniel")
_STEP = st.tuples(
    st.sampled_from(("change", "remove", "offer", "accept", "decline", "withdraw", "name")),
    st.sampled_from(_PEOPLE),
    st.sampled_from(_PEOPLE[:-1]),
    st.sampled_from(("BAM", "PAM", "EDITOR", "READER")),
)


def _try(office: Office, what: str, by: Any, whom: Any, role: str) -> None:
    target = Membership.objects.filter(business=office.northlight, user=whom).latest("pk").pk
    handover = queries.handovers(office.northlight.pk).first()
    moment = office.by(by)
    if what == "change":
        services.change_role(
            membership_id=target,
            roles=rules.same_role(role, {office.account.pk}, {"pay"}),
            **moment,
        )
    elif what == "remove":
        services.revoke_membership(membership_id=target, **moment)
    elif what == "offer":
        services.offer_primary(membership_id=target, **moment)
    elif what == "name":
        services.name_primary(membership_id=target, reason="The last one left.", **moment)
    elif handover is not None:
        act = {
            "accept": services.accept_primary,
            "decline": services.decline_primary,
            "withdraw": services.withdraw_primary,
        }[what]
        act(handover_id=handover.pk, **moment)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_STEP, max_size=12))
def test_any_sequence_of_changes_leaves_a_manager_and_one_primary(office: Office, steps: list[Any]) -> None:
    # Each example goes on in the business that the one before left, so that the sequences are longer than they look.
    people = {name: getattr(office, name, None) or getattr(office.cast, name) for name in _PEOPLE}
    for what, by, whom, role in steps:
        try:
            _try(office, what, people[by], people[whom], role)
        except DomainError:
            continue
        active = Membership.objects.filter(business=office.northlight, state="ACTIVE")
        assert active.filter(role="BAM").count() >= 1
        assert active.filter(is_primary=True, role="BAM").count() == active.filter(is_primary=True).count() == 1
        open_offers = queries.handovers(office.northlight.pk).filter(state="OFFERED")
        assert open_offers.count() <= 1
        for offer in open_offers:
            assert offer.offered_by.is_primary
            assert offer.offered_to.role == "BAM"
