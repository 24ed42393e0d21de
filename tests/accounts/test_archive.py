"""Officers archive a person: out of every business, signed out, still on record; and take one out again."""

import pytest
from django.contrib.sessions.models import Session

from accounts import queries, services
from accounts.models import EmployeeRequest, Membership, User
from core.errors import Conflict
from core.models import AuditEvent
from tests.builders import Cast, actor, open_session, signed_in

pytestmark = pytest.mark.django_db
PEOPLE = "/en/admin/accounts/user/"


def act(cast: Cast, action: str, user: User) -> str:
    data = {"action": action, "_selected_action": [user.pk], "reason": "left for good"}
    return signed_in(cast.daniel).post(PEOPLE, data, follow=True).content.decode()


def test_an_archived_person_is_out_of_everything_and_comes_back_with_nothing(cast: Cast) -> None:
    world = cast.world
    person = world.person("Gia Gone")
    role = world.membership(person, cast.northlight, "EDITOR", accounts=(cast.account,))
    world.membership(person, cast.harbourline)
    request = EmployeeRequest.objects.create(user=person, business=cast.desrosiers, requested_at=world.at)
    browser = signed_in(person)
    opened = open_session(person, browser=browser)
    assert "Done for 1 person" in act(cast, "archive", person)
    for row in (person, role, request):
        row.refresh_from_db()
    assert (person.is_active, bool(person.archived_at), role.state, request.state) == (
        False,
        True,
        "REVOKED",
        "WITHDRAWN",
    )
    assert not Membership.objects.filter(user=person, state="ACTIVE").exists()
    assert not Session.objects.filter(pk=opened.session_id).exists()
    assert browser.get("/en/profile/").status_code == 302
    events = AuditEvent.objects.filter(reason="left for good", actor_kind="officer")
    assert sorted(event.verb for event in events) == ["employee.revoked", "employee.revoked", "person.archived"]
    assert {event.business_id for event in events if event.verb == "employee.revoked"} == {
        cast.northlight.pk,
        cast.harbourline.pk,
    }
    # Twice is once; a lifted block doesn't undo it; the archive has its own way out.
    services.archive(user=person, reason="again", actor=actor(cast.daniel), at=world.at)
    assert "is in the archive" in act(cast, "unblock", person)
    assert "Gia" in signed_in(cast.daniel).get(PEOPLE, {"archived_at__isempty": "0"}).content.decode()
    assert "Done for 1 person" in act(cast, "take_out_of_archive", person)
    person.refresh_from_db()
    assert person.is_active and person.archived_at is None and not person.memberships.filter(state="ACTIVE").exists()
    assert "is not in the archive" in act(cast, "take_out_of_archive", person)
    verbs = [event.verb for event in AuditEvent.objects.filter(target=queries.target_of(person)).order_by("id")]
    assert verbs == ["person.archived", "person.taken_out_of_archive"]


def test_the_primary_and_the_last_manager_are_not_archived(cast: Cast) -> None:
    world = cast.world
    lone = world.person("Lou Lone")
    world.membership(lone, world.business("Lone Ltd."))
    for person in (cast.amara, lone):
        assert "is the primary or the last manager of" in act(cast, "archive", person)
        with pytest.raises(Conflict) as refusal:
            services.archive(user=person, reason="x", actor=actor(cast.daniel), at=world.at)
        assert refusal.value.code == "last_manager"
        person.refresh_from_db()
        assert person.is_active and person.memberships.filter(state="ACTIVE").count() == 1
