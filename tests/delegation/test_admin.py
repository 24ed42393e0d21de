"""The officers' register of delegations: read-only, with one action through the service."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from delegation.models import ClientAssignment, ClientGroup, Delegation, GroupRequest, RequestBatch
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


def test_officers_read_groups_assignments_their_requests_and_lists(steering: Office) -> None:
    cast, at = steering.cast, steering.moment["at"]
    membership = steering.membership(cast.wen)
    group = ClientGroup.objects.create(provider=cast.harbourline, name="West", name_key="west", created_at=at)
    given = {"membership": membership, "client": cast.northlight}
    rows = {
        "clientgroup": group,
        "clientassignment": ClientAssignment.objects.create(role="READER", assigned_at=at, **given),
        "grouprequest": GroupRequest.objects.create(membership=membership, group=group, requested_at=at),
        "requestbatch": RequestBatch.objects.create(provider=cast.harbourline, sent_at=at, sent_count=3, rows=[]),
    }
    officer = signed_in(cast.daniel)
    for name, row in rows.items():
        shown = officer.get(reverse(f"admin:delegation_{name}_changelist")).content.decode()
        assert "Harbourline" in shown or "Wen Zhao" in shown, name
        assert officer.get(reverse(f"admin:delegation_{name}_change", args=(row.pk,))).status_code == 200
        assert officer.get(reverse(f"admin:delegation_{name}_add")).status_code == 403
