"""Open sessions: what a person sees of them, how one and all others end, and that no key stands in the database."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import queries, services
from accounts.models import OpenSession, User
from core.errors import Stranger
from core.models import AuditEvent
from core.sessions import SessionStore, hash_of
from tests.accounts.provider import StandIn
from tests.accounts.test_sign_in import CODE, ada, newest_code
from tests.builders import World, actor, open_session, signed_in

__all__ = ["ada"]
pytestmark = pytest.mark.django_db

PAGE = "/en/profile/security/"
OTHERS = "/en/profile/security/sessions/end-others/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1"


def shown(user: User) -> list[OpenSession]:
    return list(queries.open_sessions_of(user, wall_at=timezone.now()))


def is_in(browser: Client) -> bool:
    return bool(browser.get(PAGE).status_code == 200)


class TestKeys:
    def test_a_key_stands_nowhere_in_the_database(self, world: World) -> None:
        browser = signed_in(world.person())
        key = browser.session.session_key
        assert key and [row.session_key for row in Session.objects.all()] == [hash_of(key)]
        assert hash_of(key) != key and is_in(browser)

    def test_what_stands_in_the_database_opens_nothing(self, world: World) -> None:
        browser, thief = signed_in(world.person()), Client()
        thief.cookies["portage_session"] = hash_of(browser.session.session_key or "")
        assert not is_in(thief)

    def test_a_store_saves_finds_changes_its_key_and_deletes(self) -> None:
        store = SessionStore()
        store["a"] = 1
        store.save()
        first = store.session_key or ""
        assert store.exists(first) and SessionStore(first)["a"] == 1
        store.cycle_key()
        assert not SessionStore().exists(first) and SessionStore(store.session_key)["a"] == 1
        store.delete()
        assert Session.objects.count() == 0
        SessionStore().delete()

    def test_a_session_that_lapsed_is_not_found(self) -> None:
        store = SessionStore()
        store["a"] = 1
        store.save()
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
        assert SessionStore(store.session_key).load() == {}


class TestSignIn:
    def test_puts_the_browser_on_the_list(self, client: Client, provider: StandIn, ada: User) -> None:
        client.defaults["HTTP_USER_AGENT"] = FIREFOX
        provider.sign_in(client)
        assert shown(ada) == []
        client.post(CODE, {"code": newest_code()})
        row = shown(ada)[0]
        assert (row.browser, row.method) == (("Firefox", "Windows"), "gckey")
        assert abs(row.last_seen_at - timezone.now()) < timedelta(minutes=1)
        page = client.get("/fr/profile/security/").content.decode()
        assert "Firefox sous Windows" in page and "Ce navigateur" in page

    def test_signing_out_takes_it_off(self, client: Client, provider: StandIn, ada: User) -> None:
        provider.sign_in(client)
        client.post(CODE, {"code": newest_code()})
        client.post("/en/sign-out/")
        assert not OpenSession.objects.exists()


class TestPage:
    def test_names_each_browser_and_marks_this_one(self, world: World) -> None:
        user = world.person()
        here = signed_in(user)
        open_session(user, FIREFOX, browser=here)
        open_session(user, SAFARI)
        open_session(user, "curl/8")
        open_session(world.person("Somebody Else"), "Mozilla/5.0 (X11; Linux) Chrome/120 Safari/537 OPR/106")
        page = here.get(PAGE).content.decode()
        assert "Firefox on Windows" in page and "Safari on iPhone" in page and "Unknown browser" in page
        assert page.count("This browser") == 1 and page.count("Sign it out") == 2 and "Opera" not in page

    def test_says_so_where_none_is_recorded(self, world: World) -> None:
        assert b"No open session is recorded" in signed_in(world.person()).get(PAGE).content

    def test_same_number_of_queries_for_1_and_50(self, world: World, django_assert_num_queries: Any) -> None:
        user = world.person()
        here = signed_in(user)
        open_session(user, browser=here)
        with django_assert_num_queries(5):
            here.get(PAGE)
        for _number in range(49):
            open_session(user, FIREFOX)
        with django_assert_num_queries(5):
            here.get(PAGE)

    def test_is_linked_from_the_profile(self, world: World) -> None:
        assert PAGE in signed_in(world.person()).get("/en/profile/").content.decode()


class TestEnding:
    def test_one_signs_that_browser_out_and_no_other(self, world: World) -> None:
        user = world.person()
        here, there, third = signed_in(user), signed_in(user), signed_in(user)
        row = open_session(user, FIREFOX, browser=there)
        answer = here.post(f"{PAGE}sessions/{row.pk}/end/", follow=True)
        assert b"That browser is signed out" in answer.content
        assert is_in(here) and not is_in(there) and is_in(third)
        assert b"from another browser" in there.get(PAGE, follow=True).content
        event = AuditEvent.objects.get(verb="person.session_ended")
        assert event.after == {"browser": "Firefox Windows", "method": "gckey"} and event.user_id == user.pk
        assert b"Another browser signed out" in here.get("/en/profile/sign-ins/").content

    def test_anothers_does_not_exist(self, world: World) -> None:
        user, other = world.person(), world.person("Somebody Else")
        there = signed_in(other)
        row = open_session(other, browser=there)
        assert signed_in(user).post(f"{PAGE}sessions/{row.pk}/end/").status_code == 404
        assert is_in(there)
        with pytest.raises(Stranger):
            services.end_session(user=user, session_id=row.pk, actor=actor(user), at=world.at)

    def test_all_others_after_a_page_that_names_them(self, world: World) -> None:
        user = world.person()
        here, there, elsewhere = signed_in(user), signed_in(user), signed_in(world.person("Somebody Else"))
        open_session(user, FIREFOX, browser=here)
        open_session(user, SAFARI, browser=there)
        asked = here.get(OTHERS).content.decode()
        assert "Safari on iPhone" in asked and "Firefox" not in asked
        assert is_in(there)
        assert b"1 other browser is signed out" in here.post(OTHERS, follow=True).content
        assert is_in(here) and not is_in(there) and is_in(elsewhere)
        assert AuditEvent.objects.get(verb="person.other_sessions_ended").after == {"count": 1}
        assert b"signed in nowhere else" in here.get(OTHERS).content

    def test_neither_key_nor_hash_reaches_the_audit_trail(self, world: World) -> None:
        user = world.person()
        here, there = signed_in(user), signed_in(user)
        open_session(user, FIREFOX, browser=here)
        open_session(user, SAFARI, browser=there)
        key = there.session.session_key or ""
        here.post(OTHERS)
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM core_auditevent")
            told = str(cursor.fetchall())
        assert "other_sessions_ended" in told and key not in told and hash_of(key) not in told
