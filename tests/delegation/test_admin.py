"""The officers' register of delegations: read-only, with one action through the service."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from delegation.models import Delegation
from tests.builders import signed_in
from tests.delegation.conftest import Office


@pytest.fixture
def steering(office: Office) -> Office:
    wanted = Permission.objects.filter(content_type__app_label="delegation")
    Group.objects.get(name="officer").permissions.add(*wanted)
    return office


def test_an_officer_revokes_with_a_reason_and_both_outcomes_are_told(steering: Office) -> None:
    row = Delegation.objects.get(provider=steering.cast.harbourline)
    waiting = steering.asked()
    officer = signed_in(steering.cast.daniel)
    address = reverse("admin:delegation_delegation_changelist")
    data = {"action": "revoke", "_selected_action": [row.pk, waiting.pk], "reason": ""}
    assert "give a reason" in officer.post(address, data, follow=True).content.decode()
    page = officer.post(address, {**data, "reason": "Licence withdrawn"}, follow=True).content.decode()
    assert "1 delegation was revoked" in page and "Nothing was changed" in page
    row.refresh_from_db()
    waiting.refresh_from_db()
    assert (row.state, row.reason, waiting.state) == ("REVOKED", "Licence withdrawn", "REQUESTED")


def test_nothing_can_be_written_by_hand(steering: Office) -> None:
    row = Delegation.objects.get(provider=steering.cast.harbourline)
    officer = signed_in(steering.cast.daniel)
    assert officer.get(reverse("admin:delegation_delegation_add")).status_code == 403
    assert officer.post(reverse("admin:delegation_delegation_delete", args=(row.pk,))).status_code == 403
    assert officer.get(reverse("admin:delegation_unmatchedrequest_changelist")).status_code == 200
