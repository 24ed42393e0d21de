"""Confirming who is there before a sensitive change: when it is asked, how it is shown, and the way back."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import services
from accounts.adapters import CONFIRMED_AT
from accounts.middleware import INTERRUPTED
from accounts.models import OpenSession, User
from core.models import AuditEvent, OutboxMessage
from tests.accounts.authenticators import app_code, other_code
from tests.accounts.provider import StandIn
from tests.accounts.test_sign_in import CODE, ada, newest_code
from tests.builders import World, actor, enrolled_app, open_session, signed_in

__all__ = ["ada"]
pytestmark = pytest.mark.django_db

CONFIRM = "/en/profile/security/confirm/"
GO_ON = "/en/profile/security/confirm/go-on/"
OTHERS = "/en/profile/security/sessions/end-others/"
APP = "/en/profile/security/app/"


def left_open(user: User) -> Client:
    """A browser in which the person signed in longer ago than a sensitive change allows."""
    browser = signed_in(user)
    session = browser.session
    session[CONFIRMED_AT] = int((datetime.now(UTC) - timedelta(minutes=16)).timestamp())
    session.save()
    return browser


def mailed_code() -> str:
    letter = OutboxMessage.objects.filter(category="confirmation_code").latest("id")
    return letter.subject.rpartition(" ")[2]


def confirm(browser: Client, **fields: str) -> Any:
    browser.post(CONFIRM, {"action": "send", **fields})
    return browser.post(CONFIRM, {"code": mailed_code(), **fields})


@pytest.fixture
def person(world: World) -> User:
    return world.person("Ada Example", email="ada@example.com")


class TestWhen:
    def test_a_fresh_sign_in_counts(self, client: Client, provider: StandIn, ada: User) -> None:
        provider.sign_in(client)
        client.post(CODE, {"code": newest_code()})
        assert client.get(OTHERS).status_code == 200
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
            assert client.get(OTHERS)["Location"].startswith("/en/profile/security/confirm/?next=")

    @pytest.mark.parametrize(
        "address",
        [
            OTHERS,
            APP,
            "/en/profile/security/passkey/",
            "/en/profile/security/factors/1/rename/",
            "/en/profile/security/factors/1/remove/",
            "/en/profile/security/recovery-codes/",
        ],
    )
    def test_is_asked_before_every_change_of_what_guards_the_sign_in(self, person: User, address: str) -> None:
        answer = left_open(person).get(address)
        assert answer.status_code == 302
        target = urlsplit(answer["Location"])
        assert target.path == CONFIRM and parse_qs(target.query) == {"next": [address]}

    def test_is_asked_before_one_browser_is_signed_out(self, person: User) -> None:
        other = open_session(person)
        browser = left_open(person)
        address = f"/en/profile/security/sessions/{other.pk}/end/"
        assert browser.post(address)["Location"].startswith(CONFIRM)
        assert OpenSession.objects.filter(pk=other.pk).exists()

    def test_is_not_asked_for_looking(self, person: User) -> None:
        browser = left_open(person)
        for address in ("/en/profile/security/", "/en/profile/sign-ins/", "/en/profile/"):
            assert browser.get(address).status_code == 200

    def test_a_session_that_never_confirmed_is_asked(self, person: User) -> None:
        browser = Client()
        browser.force_login(person, backend="accounts.backends.PersonBackend")
        assert browser.get(APP)["Location"].startswith(CONFIRM)

    def test_a_visitor_is_led_to_sign_in(self, client: Client) -> None:
        assert client.get(CONFIRM)["Location"].startswith("/en/sign-in/?next=")
        assert client.get(APP)["Location"].startswith("/en/sign-in/?next=")


class TestByMail:
    def test_the_code_opens_what_was_asked_for(self, person: User) -> None:
        browser = left_open(person)
        page = browser.get(CONFIRM, {"next": APP}).content.decode()
        assert "Send me a code" in page and 'name="code"' not in page
        answer = browser.post(CONFIRM, {"action": "send", "next": APP})
        assert answer["Location"] == f"{CONFIRM}?next=%2Fen%2Fprofile%2Fsecurity%2Fapp%2F"
        page = browser.get(answer["Location"]).content.decode()
        assert 'name="code"' in page and "/en/practice/inbox/?to=ada%40example.com" in page
        assert browser.post(CONFIRM, {"code": mailed_code(), "next": APP})["Location"] == APP
        assert browser.get(APP).status_code == 200
        event = AuditEvent.objects.get(verb="person.confirmed")
        assert (event.user_id, event.after) == (person.pk, {"way": "email"})

    def test_a_wrong_code_says_how_many_tries_are_left(self, person: User) -> None:
        browser = left_open(person)
        browser.post(CONFIRM, {"action": "send"})
        wrong = other_code(mailed_code())
        for told in ("2 tries left", "1 try left", "no longer works"):
            answer = browser.post(CONFIRM, {"code": wrong})
            assert answer.status_code == 422 and told in answer.content.decode()
        assert "Send me a code" in browser.get(CONFIRM).content.decode()
        assert browser.get(APP).status_code == 302

    def test_what_is_no_code_is_no_try(self, person: User) -> None:
        browser = left_open(person)
        browser.post(CONFIRM, {"action": "send"})
        for _again in range(6):
            assert browser.post(CONFIRM, {"code": "12"}).status_code == 422
        assert browser.post(CONFIRM, {"code": mailed_code()}).status_code == 302

    def test_five_wrong_ones_make_the_same_pause_as_at_sign_in(
        self, client: Client, provider: StandIn, ada: User
    ) -> None:
        browser = left_open(ada)
        for _again in range(4):
            browser.post(CONFIRM, {"code": "000000"})
        answer = browser.post(CONFIRM, {"code": "000000"})
        assert answer.status_code == 429 and b"Wait 15 minutes" in answer.content
        browser.post(CONFIRM, {"action": "send"})
        assert browser.post(CONFIRM, {"code": mailed_code()}).status_code == 429
        assert provider.sign_in(client)["Location"] == "/en/sign-in/pause/"

    def test_another_code_waits_30_seconds(self, person: User) -> None:
        browser = left_open(person)
        browser.post(CONFIRM, {"action": "send"})
        browser.post(CONFIRM, {"action": "send"})
        assert OutboxMessage.objects.count() == 1
        assert b"before you ask for another" in browser.get(CONFIRM).content

    def test_leads_only_to_this_portal(self, person: User) -> None:
        assert confirm(left_open(person), next="https://evil.example/")["Location"] == "/en/profile/security/"

    def test_no_link_to_the_inbox_in_production(self, person: User, settings: Any) -> None:
        browser = left_open(person)
        browser.post(CONFIRM, {"action": "send"})
        settings.IS_PRODUCTION = True
        assert b"practice/inbox" not in browser.get(CONFIRM).content


class TestByAuthenticator:
    @pytest.fixture(autouse=True)
    def _enrolled(self, person: User) -> None:
        enrolled_app(person)

    def test_the_app_is_asked_and_no_mail_helps(self, person: User) -> None:
        browser = left_open(person)
        page = browser.get(CONFIRM, {"way": "email"}).content.decode()
        assert "authenticator app" in page and "Send me a code" not in page
        browser.post(CONFIRM, {"action": "send"})
        assert browser.post(CONFIRM, {"way": "email", "code": mailed_code()}).status_code == 422
        assert browser.get(APP).status_code == 302
        assert browser.post(CONFIRM, {"way": "app", "code": app_code(), "next": APP})["Location"] == APP
        assert AuditEvent.objects.get(verb="person.confirmed").after == {"way": "app"}

    def test_a_recovery_code_does_too(self, person: User) -> None:
        now = datetime.now(UTC)
        codes = services.show_recovery_codes(user=person, actor=actor(person), at=now, wall_at=now)
        browser = left_open(person)
        page = browser.get(CONFIRM, {"next": APP}).content.decode()
        assert "Use a recovery code" in page and "way=recovery" in page and "way=passkey" not in page
        answer = browser.post(CONFIRM, {"way": "recovery", "code": codes[0]})
        assert answer["Location"] == "/en/profile/security/"
        assert browser.get(APP).status_code == 200


class TestWayBack:
    def test_what_was_being_sent_is_kept_for_one_press(self, person: User) -> None:
        open_session(person)
        browser = left_open(person)
        answer = browser.post(OTHERS, {"why": "lost laptop", "csrfmiddlewaretoken": "x"})
        assert b"What you were sending is kept" in browser.get(answer["Location"]).content
        assert OpenSession.objects.count() == 1
        assert confirm(browser, next=OTHERS)["Location"] == GO_ON
        page = browser.get(GO_ON).content.decode()
        assert f'action="{OTHERS}"' in page and 'name="why" value="lost laptop"' in page
        assert 'value="x"' not in page
        assert OpenSession.objects.count() == 1
        browser.post(OTHERS, {"why": "lost laptop"})
        assert OpenSession.objects.count() == 0

    def test_the_key_of_the_session_is_not_kept_with_it(self, person: User) -> None:
        browser = left_open(person)
        browser.post(OTHERS, {"why": "x"})
        key = browser.session.session_key or ""
        assert key and all(key not in str(row.get_decoded()) for row in Session.objects.all())

    def test_another_page_asked_for_later_is_not_mixed_up_with_it(self, person: User) -> None:
        browser = left_open(person)
        browser.post(OTHERS, {"why": "x"})
        browser.get(APP)
        assert INTERRUPTED not in browser.session
        assert confirm(browser, next=APP)["Location"] == APP

    def test_what_is_too_long_is_not_kept(self, person: User) -> None:
        browser = left_open(person)
        browser.post(OTHERS, {"why": "x" * 20_001})
        assert INTERRUPTED not in browser.session
        assert confirm(browser, next=OTHERS)["Location"] == OTHERS

    def test_nothing_kept_leads_to_the_security_page(self, person: User) -> None:
        assert signed_in(person).get(GO_ON)["Location"] == "/en/profile/security/"
