"""What officers see of registrations and do to them."""

import pytest

from accounts.models import Membership
from core.models import AuditEvent
from registration.models import Registration
from tests.builders import signed_in

pytestmark = pytest.mark.django_db
REGISTER = "/en/admin/registration/registration/"


@pytest.fixture
def officer(cast):
    return signed_in(cast.daniel)


def act(tab, action, row, reason="Papers were checked."):
    data = {"action": action, "_selected_action": [row.pk], "reason": reason}
    return tab.post(REGISTER, data, follow=True)


def test_registers_are_read_only(officer, wizard, larkspur):
    row = wizard.up_to_review(larkspur)
    assert "Larkspur Marine Parts Ltd." in officer.get(REGISTER).content.decode()
    for address in (f"{REGISTER}{row.pk}/change/", f"{REGISTER}{row.pk}/delete/", f"{REGISTER}add/"):
        assert officer.post(address, {"state": "REGISTERED"}).status_code == 403
    cards = officer.get("/en/admin/registration/practicecard/")
    assert larkspur.card.code in cards.content.decode()


def test_an_officer_registers_by_hand(officer, wizard, larkspur, newcomer):
    row = wizard.numbers(wizard.begin(), larkspur.account)
    response = act(officer, "register_by_hand", row)
    assert "Done for 1 registration." in response.content.decode()
    assert Membership.objects.get(user=newcomer).is_primary
    event = AuditEvent.objects.get(verb="registration.completed_by_hand")
    assert (event.channel, event.reason) == ("admin", "Papers were checked.")


def test_an_officer_lifts_a_pause(officer, wizard):
    row = wizard.begin()
    Registration.objects.update(error_count=10, paused_until=wizard.world.at.replace(year=2099))
    act(officer, "lift_pause", row)
    row.refresh_from_db()
    assert (row.error_count, row.paused_until) == (0, None)


def test_a_reason_is_needed_and_a_refusal_is_said(officer, wizard, larkspur):
    row = wizard.begin()
    assert "give a reason" in act(officer, "lift_pause", row, reason=" ").content.decode()
    response = act(officer, "register_by_hand", row)
    assert "names no program account" in response.content.decode()
    assert not Membership.objects.filter(user=wizard.user).exists()


def test_nobody_else_comes_in(wizard, tab):
    row = wizard.begin()
    assert tab.get(REGISTER).status_code == 302
    data = {"action": "lift_pause", "_selected_action": [row.pk], "reason": "x"}
    assert tab.post(REGISTER, data).status_code == 302
    assert not AuditEvent.objects.filter(verb="registration.pause_lifted").exists()
