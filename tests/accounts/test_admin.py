"""The registers of the back office: read by officers, closed to everybody else, changed by services only."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import User
from core import outbox
from core.models import AuditEvent, JobRun
from tests.builders import Cast, signed_in

pytestmark = pytest.mark.django_db
MINE = ("accounts", "notifications", "core")
REGISTERS = [model for model in admin.site._registry if model._meta.app_label in MINE]
PEOPLE = "/en/admin/accounts/user/"


def list_url(model: type) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")  # type: ignore[attr-defined]


@pytest.fixture
def lived_in(cast: Cast) -> Cast:
    outbox.send(to="a@example.com", language="en", subject="s", body="b", category="c", at=cast.world.at)
    services.note_code_sent(user=cast.amara, wall_at=cast.world.at)
    services.place_practice_seats(seats=[services.SeatDraft("gckey", "a", "A", "e", "f")])
    JobRun.objects.create(job="x", due_at=cast.world.at, started_at=cast.world.at)
    return cast


@pytest.mark.parametrize("model", REGISTERS, ids=lambda model: model._meta.label)
class TestEveryRegister:
    def test_is_read_by_officers_and_changed_by_nobody(self, lived_in: Cast, model: type) -> None:
        officer = signed_in(lived_in.daniel)
        page = officer.get(list_url(model))
        assert page.status_code == 200
        assert b"Training simulation" in page.content
        assert officer.get(list_url(model) + "add/").status_code == 403
        row = model._default_manager.first()  # type: ignore[attr-defined]
        if row is not None:
            address = f"{list_url(model)}{row.pk}/change/"
            assert officer.get(address).status_code == 200
            assert officer.post(address, {}).status_code == 403
            assert officer.post(f"{list_url(model)}{row.pk}/delete/", {"post": "yes"}).status_code == 403
        assert officer.get(list_url(model), {"q": "x"}).status_code == 200

    def test_is_closed_to_staff_without_the_group(self, cast: Cast, model: type) -> None:
        nobody = cast.world.person("No Group", is_staff=True, method="staff")
        assert signed_in(nobody).get(list_url(model)).status_code == 403

    def test_is_closed_to_others(self, cast: Cast, model: type) -> None:
        for browser in (Client(), signed_in(cast.amara)):
            assert browser.get(list_url(model)).status_code == 302


def test_registers_of_secrets_are_not_there() -> None:
    labels = {model._meta.label for model in admin.site._registry}
    assert not any(label.split(".")[0] in {"account", "socialaccount", "mfa", "auth"} for label in labels)


def test_no_password_hash_is_shown(cast: Cast) -> None:
    page = signed_in(cast.daniel).get(f"{PEOPLE}{cast.amara.pk}/change/").content.decode()
    assert cast.amara.password not in page or not cast.amara.password


class TestActions:
    def act(self, cast: Cast, action: str, *people: User, reason: str = "asked by telephone") -> str:
        data = {"action": action, "_selected_action": [user.pk for user in people], "reason": reason}
        return signed_in(cast.daniel).post(PEOPLE, data, follow=True).content.decode()

    def test_block_and_lift(self, cast: Cast) -> None:
        assert "Done for 2 people" in self.act(cast, "block", cast.amara, cast.luc)
        assert not User.objects.get(pk=cast.amara.pk).is_active
        event = AuditEvent.objects.filter(verb="person.blocked").latest("id")
        assert (event.reason, event.channel, event.actor_kind) == ("asked by telephone", "admin", "officer")
        assert "Done for 1 person" in self.act(cast, "unblock", cast.amara)
        assert User.objects.get(pk=cast.amara.pk).is_active

    def test_reset_of_codes(self, cast: Cast) -> None:
        assert "Done for 1 person" in self.act(cast, "reset_second_factor", cast.amara)
        assert AuditEvent.objects.filter(verb="person.second_factor_reset").exists()

    def test_needs_a_reason(self, cast: Cast) -> None:
        assert "give a reason" in self.act(cast, "block", cast.amara, reason=" ")
        assert User.objects.get(pk=cast.amara.pk).is_active

    def test_not_oneself(self, cast: Cast) -> None:
        assert "to yourself" in self.act(cast, "block", cast.daniel)
        assert User.objects.get(pk=cast.daniel.pk).is_active
