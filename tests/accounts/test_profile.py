"""The profile, the history of sign-ins, and the first choice."""

from typing import Any

import pytest
from django.test import Client

from accounts import services
from accounts.models import User
from core.models import AuditEvent
from tests.builders import Cast, World, actor, enrolled_app, signed_in

pytestmark = pytest.mark.django_db

SETUP = "/en/welcome/profile/"
EDIT = "/en/profile/edit/"
FILLED = {
    "first_name": "Ada",
    "last_name": "Example",
    "telephone": "(416) 555-0123",
    "extension": "12",
    "contact_email": "ada@work.example",
    "language": "en",
}


@pytest.fixture
def newcomer(world: World) -> User:
    return world.person("", username="gckey:new", email="ada@example.com", profile_completed_at=None, telephone="")


class TestGate:
    def test_leads_to_the_profile_and_keeps_where_to(self, newcomer: User) -> None:
        browser = signed_in(newcomer)
        answer = browser.get("/en/notifications/?show=unread")
        assert answer["Location"] == f"{SETUP}?next=%2Fen%2Fnotifications%2F%3Fshow%3Dunread"
        assert browser.post("/en/notifications/read-all/")["Location"] == SETUP

    def test_lets_out_and_to_the_inbox(self, newcomer: User) -> None:
        browser = signed_in(newcomer)
        assert browser.get("/en/practice/inbox/").status_code == 200
        assert browser.get("/en/sign-out/").status_code == 200
        assert browser.post("/en/session/extend/", headers={"X-Requested-With": "fetch"}).status_code == 204

    def test_officers_have_their_profile_from_the_provider(self, world: World) -> None:
        officer = world.officer()
        User.objects.filter(pk=officer.pk).update(profile_completed_at=None)
        assert signed_in(officer).get("/en/notifications/").status_code == 200

    def test_visitors_pass(self, client: Client) -> None:
        assert client.get("/en/sign-in/").status_code == 200


class TestSetup:
    def test_a_newcomer_goes_on_to_the_first_choice(self, newcomer: User) -> None:
        browser = signed_in(newcomer)
        page = browser.get(SETUP)
        assert b"ada@example.com" in page.content
        answer = browser.post(SETUP, {**FILLED, "next": "/en/notifications/"})
        assert answer["Location"] == "/en/welcome/"
        newcomer.refresh_from_db()
        assert (newcomer.telephone, newcomer.extension, newcomer.wants_email) == ("4165550123", "12", False)
        choice = browser.get("/en/welcome/").content.decode()
        assert "Is your business here already?" in choice
        assert browser.get(SETUP)["Location"] == "/en/profile/"

    def test_a_member_goes_on_to_where_they_wanted(self, newcomer: User, world: World) -> None:
        world.membership(newcomer, world.business())
        data = {**FILLED, "language": "fr", "next": "/en/notifications/"}
        answer = signed_in(newcomer).post(SETUP, data)
        assert answer["Location"] == "/fr/notifications/"
        assert answer.cookies["django_language"].value == "fr"

    def test_leads_nobody_away(self, newcomer: User, world: World) -> None:
        world.membership(newcomer, world.business())
        answer = signed_in(newcomer).post(SETUP, {**FILLED, "next": "https://evil.example/"})
        assert answer["Location"] == "/en/welcome/"

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"first_name": ""}, "Enter your first name"),
            ({"first_name": "   "}, "Enter your first name"),
            ({"first_name": "a" * 61}, "at most 60 characters"),
            ({"last_name": ""}, "Enter your last name"),
            ({"telephone": ""}, "Enter your telephone number"),
            ({"telephone": "call me"}, "7 to 15 digits"),
            ({"telephone": "123456"}, "7 to 15 digits"),
            ({"telephone": "1234567890123456"}, "7 to 15 digits"),
            ({"extension": "x1"}, "Enter the extension in digits only"),
            ({"contact_email": ""}, "Enter your e-mail address"),
            ({"contact_email": "nonsense"}, "Enter an e-mail address like"),
            ({"language": ""}, "Choose the language"),
            ({"language": "de"}, "Choose English or French"),
        ],
    )
    def test_wrong_entries_are_told_and_kept(self, newcomer: User, changed: dict[str, str], message: str) -> None:
        answer = signed_in(newcomer).post(SETUP, {**FILLED, **changed})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert message in page and "There is 1 problem" in page and "<title>Error:" in page
        assert "ada@work.example" in page or "contact_email" in changed
        newcomer.refresh_from_db()
        assert newcomer.profile_completed_at is None and newcomer.first_name == ""

    def test_twice_is_once(self, newcomer: User) -> None:
        browser = signed_in(newcomer)
        browser.post(SETUP, FILLED)
        assert browser.post(SETUP, {**FILLED, "first_name": "Other"})["Location"] == "/en/profile/"
        newcomer.refresh_from_db()
        assert newcomer.first_name == "Ada"


class TestProfile:
    def test_shows_and_changes(self, cast: Cast) -> None:
        browser = signed_in(cast.amara)
        assert b"Amara Osei" in browser.get("/en/profile/").content
        assert b"4165550123" in browser.get(EDIT).content
        User.objects.filter(pk=cast.amara.pk).update(wants_email=True)
        assert b"wants_email" not in browser.get(EDIT).content
        answer = browser.post(EDIT, {**FILLED, "language": "fr"})
        assert answer["Location"] == "/fr/profile/"
        assert answer.cookies["django_language"].value == "fr"
        cast.amara.refresh_from_db()
        assert cast.amara.wants_email and cast.amara.language == "fr"
        assert browser.get("/fr/profile/").status_code == 200

    def test_says_where_codes_come_from(self, cast: Cast) -> None:
        browser = signed_in(cast.amara)
        assert b"Codes go to" in browser.get("/en/profile/").content
        enrolled_app(cast.amara, "Work phone")
        page = browser.get("/en/profile/").content.decode()
        assert "Codes go to" not in page and "Work phone (Authenticator app)" in page

    def test_wrong_entries(self, cast: Cast) -> None:
        assert signed_in(cast.amara).post(EDIT, {**FILLED, "telephone": ""}).status_code == 422

    def test_needs_a_sign_in(self, client: Client) -> None:
        for path in ("/en/profile/", EDIT, "/en/profile/sign-ins/", "/en/welcome/", SETUP):
            assert client.get(path)["Location"].startswith("/en/sign-in/?next=")

    def test_members_are_told_where_home_is(self, cast: Cast) -> None:
        assert b"You belong to a business" in signed_in(cast.amara).get("/en/welcome/").content


class TestHistory:
    def test_only_ones_own_in_pages_with_as_many_queries_for_1_as_for_50(
        self, cast: Cast, django_assert_max_num_queries: Any
    ) -> None:
        for _again in range(30):
            services.record_sign_in(user=cast.amara, method="gckey", actor=actor(cast.amara), at=cast.world.at)
        services.record_sign_out(user=cast.amara, actor=actor(cast.amara), at=cast.world.at)
        browser = signed_in(cast.amara)
        with django_assert_max_num_queries(8):
            first = browser.get("/en/profile/sign-ins/")
        assert first.context["older"] and b"Signed out" in first.content
        assert len(first.context["events"]) == 25
        second = browser.get("/en/profile/sign-ins/" + first.context["older"])
        assert len(second.context["events"]) == 6 and not second.context["older"] and second.context["newest"]
        assert browser.get("/en/profile/sign-ins/?before=x").status_code == 200
        other = signed_in(cast.luc).get("/en/profile/sign-ins/")
        assert b"No sign-in has been recorded yet" in other.content

    def test_says_every_kind_of_event(self, cast: Cast) -> None:
        user, who, at = cast.amara, actor(cast.amara), cast.world.at
        for _again in range(5):
            services.try_code(user=user, is_right=False, actor=who, at=at, wall_at=at)
        services.enrol_email(user=user, email="new@example.com", actor=who, at=at)
        services.block(user=user, reason="r", actor=actor(cast.daniel), at=at)
        services.unblock(user=user, reason="r", actor=actor(cast.daniel), at=at)
        services.reset_second_factor(user=user, reason="r", actor=actor(cast.daniel), at=at)
        page = signed_in(User.objects.get(pk=user.pk)).get("/en/profile/sign-ins/").content.decode()
        for words in ("Wrong code", "a pause of 15 minutes", "Address for codes set", "Blocked", "lifted", "reset"):
            assert words in page
        assert AuditEvent.objects.filter(target=f"accounts.User:{user.pk}").count() == 9
