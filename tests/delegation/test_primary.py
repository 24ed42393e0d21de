"""The primary role: it takes both people, one outcome, and an officer where the person has left."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from accounts.adapters import CONFIRMED_AT
from accounts.models import Membership
from core.actor import system
from core.errors import Conflict, DomainError, Refused
from core.models import AuditEvent, JobRun
from delegation import queries, services
from delegation.models import PrimaryHandover
from delegation.rules import same_role
from notifications.models import Notification
from tests.builders import business_number, signed_in
from tests.delegation.conftest import Office
from tests.delegation.test_pages import url, words

State = PrimaryHandover.State


def offered(office: Office, to: Any = None, by: Any = None) -> PrimaryHandover:
    return services.offer_primary(
        membership_id=office.membership(to or office.backup).pk, **office.by(by or office.cast.amara)
    )


def primary(office: Office) -> Any:
    found = queries.primary_of(office.northlight.pk)
    assert found is not None
    return found.user


def test_nothing_changes_until_the_other_accepts(office: Office) -> None:
    handover = offered(office)
    assert primary(office) == office.cast.amara
    assert handover.expires_at == office.moment["at"] + timedelta(days=14)
    assert {row.user for row in Notification.objects.all()} == {office.cast.amara, office.backup}
    services.accept_primary(handover_id=handover.pk, **office.by(office.backup))
    assert primary(office) == office.backup
    assert office.membership(office.cast.amara).role == "BAM"
    assert Membership.objects.filter(business=office.northlight, is_primary=True).count() == 1
    event = AuditEvent.objects.get(verb="primary.handed_over")
    assert event.before == {"primary_user_id": office.cast.amara.pk}
    assert event.after == {"primary_user_id": office.backup.pk}
    assert "now the primary manager" in Notification.objects.filter(user=office.cast.amara).latest("pk").subject


def test_declining_and_withdrawing_leave_everything_as_it_is(office: Office) -> None:
    first = offered(office)
    services.decline_primary(handover_id=first.pk, reason="Away in August.", **office.by(office.backup))
    assert "Away in August." in Notification.objects.filter(user=office.cast.amara).latest("pk").body
    second = offered(office)
    assert services.withdraw_primary(handover_id=second.pk, **office.by(office.cast.amara)).state == State.WITHDRAWN
    third = offered(office)
    services.decline_primary(handover_id=third.pk, **office.by(office.backup))
    assert primary(office) == office.cast.amara
    verbs = AuditEvent.objects.filter(verb__startswith="primary.").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == [
        "primary.offered",
        "primary.declined",
        "primary.offered",
        "primary.offer_withdrawn",
        "primary.offered",
        "primary.declined",
    ]


def test_one_open_offer_a_business(office: Office) -> None:
    third = office.cast.world.person("Theo Third")
    office.cast.world.membership(third, office.northlight)
    offered(office)
    with pytest.raises(DomainError) as refusal:
        offered(office, third)
    assert refusal.value.code == "already_offered"


def test_only_managers_can_be_offered_the_role(office: Office) -> None:
    with pytest.raises(DomainError) as refusal:
        offered(office, office.pam)
    assert refusal.value.code == "not_a_manager"
    with pytest.raises(DomainError) as refusal:
        offered(office, office.cast.amara)
    assert refusal.value.code == "already_primary"
    office.backup.is_active = False
    office.backup.save()
    with pytest.raises(DomainError):
        offered(office)


def test_only_the_primary_offers_only_the_other_answers(office: Office) -> None:
    for other in (office.backup, office.pam, office.reader):
        with pytest.raises(Refused):
            offered(office, office.backup, other)
    handover = offered(office)
    with pytest.raises(Refused):
        services.accept_primary(handover_id=handover.pk, **office.by(office.cast.amara))
    with pytest.raises(Refused):
        services.decline_primary(handover_id=handover.pk, **office.by(office.cast.daniel))
    with pytest.raises(Refused):
        services.withdraw_primary(handover_id=handover.pk, **office.by(office.backup))


def test_an_offer_is_answered_once_and_not_after_its_last_moment(office: Office) -> None:
    handover = offered(office)
    later = office.moment["at"] + timedelta(days=14)
    with pytest.raises(Conflict) as refusal:
        services.accept_primary(
            handover_id=handover.pk, actor=office.by(office.backup)["actor"], on=later.date(), at=later
        )
    assert refusal.value.code == "offer_expired"
    # One that nobody closed yet doesn't stand in the way of a new one.
    again = services.offer_primary(
        membership_id=office.membership(office.backup).pk,
        actor=office.by(office.cast.amara)["actor"],
        on=later.date(),
        at=later,
    )
    handover.refresh_from_db()
    assert handover.state == State.EXPIRED
    services.withdraw_primary(handover_id=again.pk, **office.by(office.cast.amara))
    with pytest.raises(Conflict) as refusal:
        services.accept_primary(handover_id=again.pk, **office.by(office.backup))
    assert refusal.value.code == "already_decided"


def test_an_offer_that_the_nightly_job_closed_in_the_same_moment_is_not_accepted(office: Office) -> None:
    handover = offered(office)

    def close_behind(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('UPDATE "delegation_primaryhandover"') and "ACCEPTED" in params:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE delegation_primaryhandover SET state = 'EXPIRED'")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(close_behind), pytest.raises(Conflict):
        services.accept_primary(handover_id=handover.pk, **office.by(office.backup))
    assert primary(office) == office.cast.amara


def test_the_nightly_job_closes_what_nobody_answered_and_tells_both(office: Office) -> None:
    handover = offered(office)
    day = office.moment["on"] + timedelta(days=15)
    summary = []
    for _twice in range(2):
        run = JobRun(job="delegation.expiry", due_at=office.moment["at"], started_at=office.moment["at"])
        run.save()
        summary.append(services.expire(run=run, on=day, actor=system("delegation.expiry"))["handovers"])
        run.delete()
    assert summary == [1, 0]
    handover.refresh_from_db()
    assert handover.state == State.EXPIRED
    assert AuditEvent.objects.filter(verb="primary.offer_expired").count() == 1
    for person in (office.cast.amara, office.backup):
        assert "has ended" in Notification.objects.filter(user=person).latest("pk").subject


@pytest.mark.parametrize("who", ["amara", "backup"])
@pytest.mark.parametrize("way", ["remove", "change"])
def test_an_offer_ends_when_one_of_the_two_is_no_longer_a_manager(office: Office, who: str, way: str) -> None:
    handover = offered(office)
    person = office.cast.amara if who == "amara" else office.backup
    membership = office.membership(person)
    if way == "remove":
        services.revoke_membership(membership_id=membership.pk, **office.by(office.cast.amara))
    else:
        services.change_role(
            membership_id=membership.pk,
            roles=same_role("READER", {office.account.pk}),
            **office.by(office.cast.amara),
        )
    handover.refresh_from_db()
    assert handover.state == State.WITHDRAWN
    with pytest.raises((Conflict, Refused, DomainError)):
        services.accept_primary(handover_id=handover.pk, **office.by(office.backup))


def test_who_gets_the_rank_of_one_who_steps_down_is_told_and_can_sign_in(office: Office) -> None:
    blocked = office.cast.world.person("Bea Blocked", is_active=False)
    office.cast.world.membership(blocked, office.northlight)
    Membership.objects.filter(user=blocked).update(started_at=office.moment["at"] - timedelta(days=900))
    services.revoke_membership(membership_id=office.membership(office.cast.amara).pk, **office.by(office.cast.amara))
    assert primary(office) == office.backup
    assert "You are now the primary manager" in Notification.objects.get(user=office.backup).subject
    event = AuditEvent.objects.get(verb="primary.passed_on")
    assert event.before == {"primary_user_id": office.cast.amara.pk}


def test_an_officer_names_another_primary_with_a_reason(office: Office) -> None:
    handover = offered(office)
    third = office.cast.world.person("Theo Third")
    membership = office.cast.world.membership(third, office.northlight)
    name: dict[str, Any] = {"membership_id": membership.pk, "reason": "Amara left the company."}
    with pytest.raises(Refused):
        services.name_primary(**name, **office.by(office.backup))
    with pytest.raises(DomainError) as refusal:
        services.name_primary(**{**name, "reason": " "}, **office.by(office.cast.daniel))
    assert refusal.value.field == "reason"
    services.name_primary(**name, **office.by(office.cast.daniel))
    assert primary(office) == third
    handover.refresh_from_db()
    assert handover.state == State.WITHDRAWN
    assert AuditEvent.objects.get(verb="primary.named").reason == "Amara left the company."
    for person in (office.cast.amara, office.backup, third):
        assert "left the company" in Notification.objects.filter(user=person).latest("pk").body
    # The new one may now remove who left.
    services.revoke_membership(membership_id=office.membership(office.cast.amara).pk, **office.by(third))


# --- Pages ------------------------------------------------------------------------------------------------------------
def test_the_two_hand_over_on_the_pages(office: Office) -> None:
    amara, backup = signed_in(office.cast.amara), signed_in(office.backup)
    there = url(office, "primary")
    assert "Bo Backup" in words(amara.get(there))
    asked = amara.get(url(office, "offer_primary", office.membership(office.backup).pk))
    assert "Nothing changes until Bo Backup accepts" in words(asked)
    # The highest rank changes hands: who did not say who they are for long is asked once more.
    session = amara.session
    confirmed, session[CONFIRMED_AT] = session[CONFIRMED_AT], 0
    session.save()
    asked_again = amara.post(url(office, "offer_primary", office.membership(office.backup).pk))
    assert reverse("account_reauthenticate") in asked_again["Location"] and not PrimaryHandover.objects.exists()
    session[CONFIRMED_AT] = confirmed
    session.save()
    amara.post(url(office, "offer_primary", office.membership(office.backup).pk))
    handover = PrimaryHandover.objects.get()
    assert "Withdraw the offer" in words(amara.get(there))
    assert "Accept the primary role" not in words(amara.get(there))
    shown = words(backup.get(there))
    assert "Accept the primary role" in shown
    assert "Withdraw the offer" not in shown
    assert backup.get(url(office, "withdraw_primary", handover.pk)).status_code == 403
    assert amara.get(url(office, "accept_primary", handover.pk)).status_code == 403
    backup.post(url(office, "accept_primary", handover.pk))
    assert primary(office) == office.backup
    assert backup.post(url(office, "accept_primary", handover.pk)).status_code == 200
    assert amara.post(url(office, "offer_primary", office.membership(office.backup).pk)).status_code == 403
    assert "Only the primary manager offers the role" in words(amara.get(there))
    assert signed_in(office.pam).get(there).status_code == 403


def test_decline_and_withdraw_on_the_pages(office: Office) -> None:
    amara, backup = signed_in(office.cast.amara), signed_in(office.backup)
    backup.post(url(office, "decline_primary", offered(office).pk), {"reason": "Not now."})
    assert "Not now." in words(amara.get(url(office, "primary")))
    amara.post(url(office, "withdraw_primary", offered(office).pk))
    assert list(PrimaryHandover.objects.values_list("state", flat=True)) == ["WITHDRAWN", "DECLINED"]


def test_a_primary_alone_is_told_what_to_do_first(office: Office) -> None:
    assert "Nobody else can take the role" in words(
        signed_in(office.cast.luc).get(url(office, "primary", of=office.cast.desrosiers))
    )


def test_an_officer_finds_the_business_and_names_the_primary(office: Office) -> None:
    browser = signed_in(office.cast.daniel)
    find = reverse("delegation:find_business")
    assert browser.get(find).status_code == 200
    assert "No business here has this number" in words(browser.get(find, {"bn9": business_number()}))
    there = reverse("delegation:name_primary", args=(office.northlight.bn9,))
    assert browser.get(find, {"bn9": office.northlight.bn9})["Location"] == there
    assert "Bo Backup" in words(browser.get(there))
    membership = office.membership(office.backup)
    missing = browser.post(there, {"membership": membership.pk, "reason": ""})
    assert "Enter the reason" in words(missing)
    assert browser.post(there, {"membership": membership.pk, "reason": "Left."}).status_code == 302
    assert primary(office) == office.backup
    alone = reverse("delegation:name_primary", args=(office.cast.desrosiers.bn9,))
    assert "No other manager" in words(browser.get(alone))
    assert signed_in(office.cast.amara).get(there).status_code == 404
