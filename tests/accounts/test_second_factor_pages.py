"""Second factors in a browser: signing in by them, looking after them, and coming back when they are lost."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts import gateway, queries, services
from accounts.adapters import EMERGENCY_OF
from accounts.models import OneTimeCode, User
from accounts.qr import picture_of
from core.models import AuditEvent, OutboxMessage
from notifications.models import Notification
from tests.accounts.authenticators import SoftPasskey, app_code, other_code
from tests.accounts.provider import StandIn
from tests.accounts.test_sign_in import CODE, ENROL, PAUSE, SIGN_IN, ada, newest_code, signed_in_as
from tests.builders import Cast, World, actor, enrolled_app, open_session, signed_in

__all__ = ["ada"]
pytestmark = pytest.mark.django_db

FACTOR = "/en/sign-in/second-factor/"
EMERGENCY = "/en/sign-in/emergency/"
SECURITY = "/en/profile/security/"
APP = SECURITY + "app/"
PASSKEY = SECURITY + "passkey/"
CODES = SECURITY + "recovery-codes/"
START_OVER = SECURITY + "start-over/"
PEOPLE = "/en/admin/accounts/user/"


def recovery_codes_of(user: User) -> list[str]:
    now = datetime.now(UTC)
    return services.show_recovery_codes(user=user, actor=actor(user), at=now, wall_at=now)


def at_localhost(browser: Client) -> Client:
    """Passkeys belong to a host name, and browsers take only this one for safe without TLS."""
    browser.defaults["HTTP_HOST"] = "localhost"
    return browser


def options_of(page: Any) -> dict[str, Any]:
    found = re.search(r'data-options="([^"]*)"', page.content.decode())
    assert found is not None
    options: dict[str, Any] = json.loads(unescape(found[1]))
    return options


def add_passkey(browser: Client, passkey: SoftPasskey, name: str = "Blue key") -> Any:
    answer = json.dumps(passkey.make(options_of(browser.get(PASSKEY))))
    return browser.post(PASSKEY, {"name": name, "credential": answer})


def emergency_code_for(user: User, world: World) -> str:
    now = datetime.now(UTC)
    return services.issue_emergency_code(
        user=user, reason="lost", actor=actor(world.officer()), at=world.at, wall_at=now
    )


class TestSignInByApp:
    @pytest.fixture(autouse=True)
    def _enrolled(self, ada: User) -> None:
        enrolled_app(ada)

    def test_the_app_is_asked_in_place_of_the_mail(self, client: Client, provider: StandIn, ada: User) -> None:
        assert provider.sign_in(client, next="/en/profile/")["Location"] == FACTOR
        assert not OutboxMessage.objects.filter(category="sign_in_code").exists()
        page = client.get(FACTOR).content.decode()
        assert "authenticator app" in page and "Use a recovery code" in page and EMERGENCY in page
        assert "way=passkey" not in page and signed_in_as(client) is None
        answer = client.post(FACTOR, {"way": "app", "code": app_code()})
        assert answer["Location"] == "/fr/profile/" and signed_in_as(client) == ada.pk
        event = AuditEvent.objects.get(verb="person.signed_in")
        assert event.after == {"method": "gckey", "second_factor": "app"}
        assert "Signed in with an authenticator app" in client.get("/en/profile/sign-ins/").content.decode()

    def test_the_pages_of_the_mailed_code_are_no_way_round(self, client: Client, provider: StandIn) -> None:
        provider.sign_in(client)
        assert client.get(CODE)["Location"] == SIGN_IN
        assert client.post(FACTOR, {"way": "email", "code": "123456"}).status_code == 422
        assert client.get(SECURITY).status_code == 302 and signed_in_as(client) is None

    def test_a_code_seen_over_the_shoulder_is_worth_nothing(self, client: Client, provider: StandIn) -> None:
        typed = app_code()
        provider.sign_in(client)
        client.post(FACTOR, {"way": "app", "code": typed})
        thief = Client()
        provider.sign_in(thief)
        assert thief.post(FACTOR, {"way": "app", "code": typed}).status_code == 422
        assert signed_in_as(thief) is None

    def test_five_wrong_codes_make_a_pause(self, client: Client, provider: StandIn) -> None:
        provider.sign_in(client)
        for _again in range(4):
            answer = client.post(FACTOR, {"way": "app", "code": other_code(app_code())})
            assert answer.status_code == 422 and b"Wait for the next one" in answer.content
        assert client.post(FACTOR, {"way": "app", "code": "000000"})["Location"] == PAUSE
        assert provider.sign_in(client)["Location"] == PAUSE
        assert signed_in_as(client) is None

    @pytest.mark.parametrize(
        ("way", "typed", "told"),
        [
            ("app", "", "Enter the 6 digits"),
            ("app", "12", "has 6 digits"),
            ("recovery", "", "Enter one of your recovery codes"),
            ("recovery", "123456", "has 8 digits"),
        ],
    )
    def test_what_is_no_code_is_no_try(
        self, client: Client, provider: StandIn, way: str, typed: str, told: str
    ) -> None:
        provider.sign_in(client)
        for _again in range(6):
            answer = client.post(FACTOR, {"way": way, "code": typed})
            assert answer.status_code == 422 and told in answer.content.decode()

    def test_a_recovery_code_signs_in_once_and_is_told(self, client: Client, provider: StandIn, ada: User) -> None:
        code = recovery_codes_of(ada)[0]
        provider.sign_in(client)
        assert 'name="way" value="recovery"' in client.get(FACTOR, {"way": "recovery"}).content.decode()
        client.post(FACTOR, {"way": "recovery", "code": f"{code[:4]} {code[4:]}"})
        assert signed_in_as(client) == ada.pk
        assert Notification.objects.get(user=ada).link == "/fr/profile/security/"
        assert "Recovery code used, 9 left" in client.get("/en/profile/sign-ins/").content.decode()
        other = Client()
        provider.sign_in(other)
        answer = other.post(FACTOR, {"way": "recovery", "code": code})
        assert answer.status_code == 422 and b"none of your unused recovery codes" in answer.content

    def test_when_the_last_factor_goes_meanwhile_the_sign_in_starts_over(
        self, client: Client, provider: StandIn, ada: User
    ) -> None:
        provider.sign_in(client)
        factor = queries.factors_of(ada).app
        assert factor is not None
        services.remove_factor(user=ada, factor_id=factor.id, actor=actor(ada), at=datetime.now(UTC))
        assert client.post(FACTOR, {"way": "app", "code": app_code()})["Location"] == SIGN_IN
        assert b"removed meanwhile" in client.get(SIGN_IN).content
        assert provider.sign_in(client)["Location"] == CODE

    def test_the_page_needs_a_sign_in(self, client: Client) -> None:
        assert client.get(FACTOR)["Location"] == SIGN_IN

    def test_an_address_not_yet_verified_is_verified_by_its_own_code(
        self, client: Client, provider: StandIn, ada: User
    ) -> None:
        gateway.set_email(ada.pk, "new@example.com", is_verified=False)
        provider.sign_in(client)
        client.post(ENROL, {"email": "new@example.com", "email_again": "new@example.com", "consent": "on"})
        assert client.post(CODE, {"code": newest_code("new@example.com")})["Location"] == FACTOR
        client.post(FACTOR, {"way": "app", "code": app_code()})
        assert signed_in_as(client) == ada.pk


class TestPasskey:
    @pytest.fixture(autouse=True)
    def _at_localhost(self, client: Client) -> None:
        at_localhost(client)

    def test_is_added_and_signs_in(self, client: Client, provider: StandIn, ada: User) -> None:
        key = SoftPasskey()
        browser = at_localhost(signed_in(ada))
        assert add_passkey(browser, key)["Location"] == CODES
        assert [factor.name for factor in queries.factors_of(ada).passkeys] == ["Blue key"]
        provider.sign_in(client)
        answer = json.dumps(key.prove(options_of(client.get(FACTOR))))
        client.post(FACTOR, {"way": "passkey", "credential": answer})
        assert signed_in_as(client) == ada.pk
        assert AuditEvent.objects.get(verb="person.signed_in").after["second_factor"] == "passkey"
        assert queries.factors_of(ada).passkeys[0].last_used_at is not None

    def test_another_key_and_an_answer_given_before_are_refused(
        self, client: Client, provider: StandIn, ada: User
    ) -> None:
        key, strange = SoftPasskey(), SoftPasskey()
        add_passkey(at_localhost(signed_in(ada)), key)
        provider.sign_in(client)
        forged = json.dumps(strange.prove(options_of(client.get(FACTOR))))
        assert client.post(FACTOR, {"way": "passkey", "credential": forged}).status_code == 422
        earlier = json.dumps(key.prove(options_of(client.get(FACTOR))))
        client.get(FACTOR)
        answer = client.post(FACTOR, {"way": "passkey", "credential": earlier})
        assert answer.status_code == 422 and b"does not fit" in answer.content
        assert signed_in_as(client) is None

    def test_a_page_of_another_origin_gets_nothing(self, client: Client, provider: StandIn, ada: User) -> None:
        key = SoftPasskey()
        add_passkey(at_localhost(signed_in(ada)), key)
        provider.sign_in(client)
        key.origin = "https://evil.example"
        answer = json.dumps(key.prove(options_of(client.get(FACTOR))))
        assert client.post(FACTOR, {"way": "passkey", "credential": answer}).status_code == 422
        assert signed_in_as(client) is None

    @pytest.mark.parametrize(
        ("credential", "told"),
        [
            ("", "No passkey answered"),
            ("{", "could not be read"),
            ("[1]", "could not be read"),
            ('{"id": "x"}', "does not fit"),
        ],
    )
    def test_broken_answers_are_told(self, ada: User, credential: str, told: str) -> None:
        browser = at_localhost(signed_in(ada))
        browser.get(PASSKEY)
        answer = browser.post(PASSKEY, {"name": "My key", "credential": credential})
        assert answer.status_code == 422 and told in answer.content.decode()
        assert 'value="My key"' in answer.content.decode() and not queries.is_factor_enrolled(ada)

    @pytest.mark.parametrize("credential", ['{"id": "x"}', '{"id": 1, "rawId": 2, "response": 3}'])
    def test_a_broken_proof_counts_as_wrong(
        self, client: Client, provider: StandIn, ada: User, credential: str
    ) -> None:
        add_passkey(at_localhost(signed_in(ada)), SoftPasskey())
        provider.sign_in(client)
        client.get(FACTOR)
        answer = client.post(FACTOR, {"way": "passkey", "credential": credential})
        assert answer.status_code == 422 and b"does not fit" in answer.content

    def test_says_that_it_needs_javascript_and_what_does_not(self, ada: User) -> None:
        page = signed_in(ada).get(PASSKEY).content.decode()
        assert "<noscript>" in page and APP in page.partition("<noscript>")[2].partition("</noscript>")[0]


class TestApp:
    def test_is_set_up_by_picture_or_by_hand(self, ada: User) -> None:
        browser = signed_in(ada)
        page = browser.get(APP).content.decode()
        found = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
        assert found is not None and "<svg" in page and "style=" not in page
        secret = found[1].replace(" ", "")
        answer = browser.post(APP, {"name": "Phone", "code": other_code(app_code(secret))})
        assert answer.status_code == 422 and found[1] in answer.content.decode()
        assert browser.post(APP, {"name": "Phone", "code": app_code(secret)})["Location"] == CODES
        assert queries.factors_of(ada).app.name == "Phone"  # type: ignore[union-attr]
        assert found[1] not in browser.get(APP).content.decode()

    def test_the_key_being_set_up_does_not_stand_in_the_session_in_plain(self, ada: User) -> None:
        browser = signed_in(ada)
        found = re.search(r"<code>([A-Z2-7 ]+)</code>", browser.get(APP).content.decode())
        assert found is not None and found[1].replace(" ", "") not in str(dict(browser.session.items()))

    def test_moving_it_warns_of_the_present_one(self, ada: User) -> None:
        enrolled_app(ada, "Old phone")
        page = signed_in(ada).get(APP).content.decode()
        assert "This replaces your present app" in page and "Old phone" in page

    @pytest.mark.parametrize(
        ("typed", "told"),
        [({"code": ""}, "Enter the 6 digits"), ({"name": ""}, "Give it a name"), ({"code": "1"}, "6 d")],
    )
    def test_wrong_entries(self, ada: User, typed: dict[str, str], told: str) -> None:
        answer = signed_in(ada).post(APP, {"name": "Phone", "code": "123456", **typed})
        assert answer.status_code == 422 and told in answer.content.decode()

    def test_the_picture_holds_the_address(self) -> None:
        picture = picture_of("otpauth://totp/x?secret=ABC")
        assert picture.size > 25 and picture.path.startswith("M4 4h1v1h-1z")


class TestSecurityPage:
    def test_without_a_factor_it_says_what_is_asked_now(self, ada: User) -> None:
        page = signed_in(ada).get(SECURITY).content.decode()
        assert "Codes by e-mail" in page and APP in page and PASSKEY in page

    def test_shows_names_state_and_what_is_left(self, ada: User) -> None:
        factor = enrolled_app(ada)
        page = signed_in(ada).get(SECURITY).content.decode()
        assert "Work phone" in page and "10 recovery codes are left" in page and "not kept yet" in page
        assert f"{SECURITY}factors/{factor.id}/remove/" in page

    def test_warns_of_few_codes(self, ada: User) -> None:
        enrolled_app(ada)
        now = datetime.now(UTC)
        for code in recovery_codes_of(ada)[:9]:
            services.try_recovery_code(user=ada, code=code, actor=actor(ada), at=now, wall_at=now)
        browser = signed_in(ada)
        assert "Few recovery codes left" in browser.get(SECURITY).content.decode()
        assert "Few left: make new ones" in browser.get(CODES).content.decode()

    def test_renaming(self, ada: User) -> None:
        browser, factor = signed_in(ada), enrolled_app(ada)
        address = f"{SECURITY}factors/{factor.id}/rename/"
        assert "Work phone" in browser.get(address).content.decode()
        assert browser.post(address, {"name": ""}).status_code == 422
        assert browser.post(address, {"name": "Blue phone"})["Location"] == SECURITY
        page = browser.get(SECURITY).content.decode()
        assert "Blue phone" in page and "The new name is saved" in page

    def test_removing_says_what_comes_then(self, ada: User) -> None:
        browser, factor = signed_in(ada), enrolled_app(ada)
        address = f"{SECURITY}factors/{factor.id}/remove/"
        page = browser.get(address).content.decode()
        assert "It is your last one" in page and "ada@example.com" in page
        assert browser.post(address)["Location"] == SECURITY
        assert "is removed from your sign-in" in browser.get(SECURITY).content.decode()
        assert browser.get(address).status_code == 404

    def test_recovery_codes_are_shown_once_with_a_file(self, ada: User) -> None:
        enrolled_app(ada)
        browser = signed_in(ada)
        assert "Show my recovery codes" in browser.get(CODES).content.decode()
        page = browser.post(CODES, {"action": "show"}).content.decode()
        codes = re.findall(r"<li><code>(\d{4} \d{4})</code></li>", page)
        file = re.search(r'href="data:text/plain;charset=utf-8,([^"]*)"', page)
        assert len(codes) == 10 and file is not None
        assert all(code in unquote(file[1]) for code in codes)
        again = browser.post(CODES, {"action": "show"}).content.decode()
        assert "shown only once" in again and codes[0] not in again
        assert browser.post(CODES, {"action": "new"})["Location"] == CODES
        fresh = browser.post(CODES, {"action": "show"}).content.decode()
        assert codes[0] not in fresh and "<li><code>" in fresh

    def test_without_a_factor_there_are_no_codes(self, ada: User) -> None:
        browser = signed_in(ada)
        assert "No recovery codes yet" in browser.get(CODES).content.decode()
        assert browser.post(CODES, {"action": "new"}).status_code == 409


class TestEmergency:
    def test_replaces_the_mailed_code_and_forces_a_new_factor(
        self, client: Client, provider: StandIn, ada: User, world: World
    ) -> None:
        code = emergency_code_for(ada, world)
        provider.sign_in(client)
        assert EMERGENCY in client.get(CODE).content.decode()
        assert client.get(EMERGENCY).status_code == 200
        assert client.post(EMERGENCY, {"code": other_code(code)}).status_code == 422
        assert client.post(EMERGENCY, {"code": "12"}).status_code == 422
        client.post(EMERGENCY, {"code": code})
        assert signed_in_as(client) == ada.pk
        for address in ("/en/profile/", "/en/notifications/", "/en/admin/", "/api/v1/schema", CODES):
            assert client.get(address)["Location"].endswith("/profile/security/"), address
        page = client.get(SECURITY).content.decode()
        assert "Set up your second factor anew" in page and START_OVER in page
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
            page = client.get(APP).content.decode()
            secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")  # type: ignore[index]
            client.post(APP, {"name": "New phone", "code": app_code(secret)})
        assert EMERGENCY_OF not in client.session
        assert client.get("/en/profile/").status_code == 200
        assert OneTimeCode.objects.get().state == OneTimeCode.State.USED

    def test_replaces_a_lost_app_which_can_be_removed(
        self, client: Client, provider: StandIn, ada: User, world: World
    ) -> None:
        factor = enrolled_app(ada)
        code = emergency_code_for(ada, world)
        provider.sign_in(client)
        client.post(EMERGENCY, {"code": code})
        assert signed_in_as(client) == ada.pk
        assert "Work phone" in client.get(SECURITY).content.decode()
        assert client.post(f"{SECURITY}factors/{factor.id}/remove/")["Location"] == SECURITY
        assert client.get("/en/profile/")["Location"] == SECURITY
        history = AuditEvent.objects.filter(verb="person.signed_in").latest("id")
        assert history.after["second_factor"] == "emergency"

    def test_starting_over_asks_for_another_address(
        self, client: Client, provider: StandIn, ada: User, world: World
    ) -> None:
        enrolled_app(ada)
        code = emergency_code_for(ada, world)
        provider.sign_in(client)
        client.post(EMERGENCY, {"code": code})
        assert "Work phone" in client.get(START_OVER).content.decode()
        assert client.post(START_OVER)["Location"] == SIGN_IN
        assert b"you are asked for the address" in client.get(SIGN_IN).content
        assert signed_in_as(client) is None
        assert provider.sign_in(client)["Location"] == ENROL

    def test_nobody_starts_over_without_it(self, ada: User) -> None:
        browser = signed_in(ada)
        assert browser.get(START_OVER)["Location"] == SECURITY
        assert browser.post(START_OVER)["Location"] == SECURITY
        assert not queries.is_enrolling(ada)

    def test_five_wrong_ones_make_a_pause(self, client: Client, provider: StandIn, ada: User) -> None:
        provider.sign_in(client)
        for _again in range(4):
            client.post(EMERGENCY, {"code": "000000000000"})
        assert client.post(EMERGENCY, {"code": "000000000000"})["Location"] == PAUSE

    def test_an_address_never_verified_is_not_passed_by(
        self, client: Client, provider: StandIn, ada: User, world: World
    ) -> None:
        code = emergency_code_for(ada, world)
        gateway.set_email(ada.pk, "new@example.com", is_verified=False)
        provider.sign_in(client)
        client.post(ENROL, {"email": "new@example.com", "email_again": "new@example.com", "consent": "on"})
        assert client.post(EMERGENCY, {"code": code})["Location"] == CODE
        assert EMERGENCY not in client.get(CODE).content.decode()

    def test_the_page_needs_a_sign_in(self, client: Client, ada: User) -> None:
        assert client.get(EMERGENCY)["Location"] == SIGN_IN
        assert signed_in(ada).get(EMERGENCY).status_code == 302


class TestOfficer:
    def act(self, cast: Cast, *people: User, **more: str) -> Any:
        data = {"action": "issue_emergency_code", "_selected_action": [user.pk for user in people], **more}
        return signed_in(cast.daniel).post(PEOPLE, data, follow=True)

    def test_asks_first_then_shows_the_code_once(self, cast: Cast) -> None:
        asked = self.act(cast, cast.amara, reason="lost phone")
        assert b"Are you sure that this is the person?" in asked.content and not OneTimeCode.objects.exists()
        done = self.act(cast, cast.amara, reason="lost phone", confirmed="1")
        found = re.search(r"<code>(\d{4} \d{4} \d{4})</code>", done.content.decode())
        assert found is not None and "no-store" in done["Cache-Control"]
        row = OneTimeCode.objects.get()
        assert (row.user, row.issued_by, row.reason) == (cast.amara, str(cast.daniel), "lost phone")
        now = datetime.now(UTC)
        code = found[1].replace(" ", "")
        assert services.try_emergency_code(
            user=cast.amara, code=code, actor=actor(cast.amara), at=now, wall_at=now
        ).is_right
        event = AuditEvent.objects.get(verb="person.emergency_code_issued")
        assert (event.actor_kind, event.channel, event.reason) == ("officer", "admin", "lost phone")

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_needs_a_reason(self, cast: Cast, reason: str) -> None:
        assert b"give a reason" in self.act(cast, cast.amara, reason=reason, confirmed="1").content
        assert not OneTimeCode.objects.exists()

    def test_is_for_one_person_and_not_for_oneself(self, cast: Cast) -> None:
        assert b"choose one person" in self.act(cast, cast.amara, cast.luc, reason="x", confirmed="1").content
        assert b"to yourself" in self.act(cast, cast.daniel, reason="x", confirmed="1").content
        assert not OneTimeCode.objects.exists()

    def test_a_reset_signs_the_person_out_everywhere(self, cast: Cast) -> None:
        enrolled_app(cast.amara)
        browser = signed_in(cast.amara)
        open_session(cast.amara, browser=browser)
        data = {"action": "reset_second_factor", "_selected_action": [cast.amara.pk], "reason": "lost"}
        signed_in(cast.daniel).post(PEOPLE, data)
        assert browser.get(SECURITY).status_code == 302
        assert not Authenticator.objects.filter(user_id=cast.amara.pk).exists()


class TestAdminsPasswordPage:
    def test_a_password_does_not_go_round_the_second_factor(self, client: Client, world: World) -> None:
        """Even an officer who has a password of their own gets in by the staff sign-in only."""
        officer = world.officer()
        officer.set_password("Correct-Horse-9")
        officer.save()
        typed = {"username": officer.username, "password": "Correct-Horse-9", "next": "/en/admin/"}
        for address in ("/en/admin/login/", "/en/admin/"):
            for answer in (client.get(address, follow=True), client.post(address, typed, follow=True)):
                assert answer.redirect_chain[-1][0].startswith("/en/sign-in/")
                assert b'type="password"' not in answer.content and signed_in_as(client) is None
        for address in ("/en/admin/password_change/", "/en/admin/password_change/done/"):
            assert client.post(address, typed, follow=True).redirect_chain[-1][0].startswith("/en/sign-in/")
            assert signed_in_as(client) is None
