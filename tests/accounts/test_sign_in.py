"""Signing in, from the page with two cards to the recorded sign-in, and everything that can go wrong on the way."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import services
from accounts.models import User
from accounts.rules import Profile
from core.models import AuditEvent, OutboxMessage
from tests.accounts.provider import StandIn
from tests.builders import Cast, World, actor, signed_in

pytestmark = pytest.mark.django_db

SIGN_IN = "/en/sign-in/"
CODE = "/en/sign-in/code/"
ENROL = "/en/sign-in/e-mail/"
PAUSE = "/en/sign-in/pause/"
ADDRESS = {"email": "ada@example.com", "email_again": "ADA@example.com", "consent": "on"}


def newest_code(to: str = "ada@example.com") -> str:
    letter = OutboxMessage.objects.filter(to=to, category="sign_in_code").latest("id")
    found = re.search(r"^ {4}(\d{6})$", letter.body, re.MULTILINE)
    assert found is not None, letter.body
    return found[1]


def wrong_code() -> str:
    return f"{(int(newest_code()) + 1) % 1_000_000:06d}"


@pytest.fixture
def ada(world: World) -> User:
    """Somebody whose first sign-in is behind them, at the stand-in's subject."""
    return services.enter_person(
        method="gckey",
        subject="subject-1",
        email="ada@example.com",
        profile=Profile("Ada", "Example", "4165550123", "ada@work.example", "fr"),
        actor=actor(world.officer()),
        at=world.at,
    )


def signed_in_as(client: Client) -> int | None:
    value = client.session.get("_auth_user_id")
    return int(value) if value else None


class TestPage:
    def test_offers_two_equal_ways_and_the_seats(self, client: Client) -> None:
        seat = services.SeatDraft(
            "gckey", "amara.osei", "Amara Osei", "Importer, Northlight", "Importatrice, Northlight"
        )
        services.place_practice_seats(seats=[seat])
        page = client.get(SIGN_IN).content.decode()
        assert "Continue to GCKey" in page and "Continue to Sign-In Partner" in page
        assert "Amara Osei" in page and "Importer, Northlight" in page
        assert "Importatrice, Northlight" in client.get("/fr/sign-in/").content.decode()

    def test_shows_no_seats_in_production(self, client: Client, settings: Any) -> None:
        services.place_practice_seats(seats=[services.SeatDraft("gckey", "amara.osei", "Amara Osei", "a", "b")])
        settings.IS_PRODUCTION = True
        page = client.get(SIGN_IN).content.decode()
        assert "Amara Osei" not in page and "demo inbox" not in page

    def test_same_number_of_queries_for_1_and_50_seats(self, client: Client, django_assert_num_queries: Any) -> None:
        for count in (1, 50):
            drafts = [services.SeatDraft("gckey", f"p{n}", f"Person {n}", "a", "b") for n in range(count)]
            services.place_practice_seats(seats=drafts)
            with django_assert_num_queries(2):
                assert client.get(SIGN_IN).status_code == 200

    def test_leads_a_signed_in_person_on(self, cast: Cast) -> None:
        answer = signed_in(cast.amara).get(SIGN_IN, {"next": "/en/profile/"})
        assert (answer.status_code, answer["Location"]) == (302, "/en/profile/")

    @pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "http://localhost:9/"])
    def test_leads_nobody_away(self, cast: Cast, address: str) -> None:
        assert signed_in(cast.amara).get(SIGN_IN, {"next": address})["Location"].startswith("/en/")

    def test_local_passwords_have_no_page(self, client: Client) -> None:
        for path in ("/en/accounts/login/", "/en/signup/", "/en/password/reset/", "/en/accounts/signup/"):
            assert client.get(path).status_code == 404
        assert client.get("/en/sign-in/start/")["Location"] == SIGN_IN


class TestLeaving:
    def test_asks_the_provider_for_the_seat_in_the_persons_language(self, client: Client, provider: StandIn) -> None:
        answer = client.post("/fr/sign-in/oidc/partner/login/", {"seat": "nadia.bergeron"})
        query = dict(parse_qsl(urlsplit(answer["Location"]).query))
        assert query["login_hint"] == "nadia.bergeron"
        assert query["ui_locales"] == "fr"
        assert query["code_challenge_method"] == "S256"
        assert query["redirect_uri"].endswith("/fr/sign-in/oidc/partner/login/callback/")

    def test_can_ask_for_a_new_credential(self, client: Client, provider: StandIn) -> None:
        answer = client.post("/en/sign-in/oidc/gckey/login/", {"create": "1"})
        assert parse_qs(urlsplit(answer["Location"]).query)["prompt"] == ["create"]

    def test_is_a_post(self, client: Client, provider: StandIn) -> None:
        assert client.get("/en/sign-in/oidc/gckey/login/")["Location"] == SIGN_IN

    def test_knows_three_providers(self, client: Client, provider: StandIn) -> None:
        assert client.post("/en/sign-in/oidc/bank/login/").status_code == 404
        assert client.get("/en/sign-in/oidc/bank/login/callback/").status_code == 404

    @pytest.mark.parametrize("status", [500, 503])
    def test_says_when_the_provider_is_down(self, client: Client, provider: StandIn, status: int) -> None:
        provider.status = status
        answer = client.post("/en/sign-in/oidc/gckey/login/")
        assert answer.status_code == 503
        assert answer["Retry-After"] == "60"
        assert b"GCKey does not answer" in answer.content and SIGN_IN.encode() in answer.content

    def test_says_when_nobody_listens(self, client: Client, provider: StandIn, settings: Any) -> None:
        providers = provider.providers()
        for app in providers["openid_connect"]["APPS"]:
            app["settings"]["server_url"] = "http://127.0.0.1:9/.well-known/openid-configuration"
        settings.SOCIALACCOUNT_PROVIDERS = providers
        assert client.post("/en/sign-in/oidc/partner/login/").status_code == 503


class TestComingBack:
    def test_says_when_the_provider_went_down_meanwhile(self, client: Client, provider: StandIn) -> None:
        leaving = client.post("/en/sign-in/oidc/gckey/login/")
        state = parse_qs(urlsplit(leaving["Location"]).query)["state"][0]
        provider.status = 503
        answer = client.get("/en/sign-in/oidc/gckey/login/callback/", {"code": "c", "state": state})
        assert answer.status_code == 503

    def test_says_when_it_went_down_half_way(self, client: Client, provider: StandIn) -> None:
        provider.person_status = 503
        assert provider.sign_in(client).status_code == 503
        assert not User.objects.exists()

    def test_refused_tokens(self, client: Client, provider: StandIn) -> None:
        provider.token_status = 400
        answer = provider.sign_in(client)
        assert answer.status_code == 400
        assert b"could not be used" in answer.content

    def test_an_unknown_state(self, client: Client, provider: StandIn) -> None:
        answer = client.get("/en/sign-in/oidc/gckey/login/callback/", {"code": "c", "state": "forged"})
        assert answer.status_code == 400
        assert not User.objects.exists()

    def test_cancelled(self, client: Client, provider: StandIn) -> None:
        leaving = client.post("/en/sign-in/oidc/gckey/login/")
        state = parse_qs(urlsplit(leaving["Location"]).query)["state"][0]
        answer = client.get("/en/sign-in/oidc/gckey/login/callback/", {"error": "access_denied", "state": state})
        assert b"without signing in" in answer.content

    def test_the_same_answer_twice(self, client: Client, provider: StandIn, ada: User) -> None:
        leaving = client.post("/en/sign-in/oidc/gckey/login/")
        state = parse_qs(urlsplit(leaving["Location"]).query)["state"][0]
        query = {"code": "c", "state": state}
        assert client.get("/en/sign-in/oidc/gckey/login/callback/", query)["Location"] == CODE
        assert client.get("/en/sign-in/oidc/gckey/login/callback/", query).status_code == 400


class TestFirstTime:
    def test_one_mail_enrols_and_verifies(self, client: Client, provider: StandIn) -> None:
        assert provider.sign_in(client)["Location"] == ENROL
        assert b"Where should your codes go" in client.get(ENROL).content
        assert client.post(ENROL, ADDRESS)["Location"] == CODE
        assert OutboxMessage.objects.count() == 1
        page = client.get(CODE).content.decode()
        assert "ada@example.com" in page and "/en/practice/inbox/?to=ada%40example.com" in page
        assert signed_in_as(client) is None
        answer = client.post(CODE, {"code": newest_code()})
        user = User.objects.get()
        assert answer.status_code == 302
        assert signed_in_as(client) == user.pk
        assert (user.username, user.method, user.email) == ("gckey:subject-1", "gckey", "ada@example.com")
        assert not user.has_usable_password() and not user.is_staff
        assert EmailAddress.objects.get(user=user).verified
        assert OutboxMessage.objects.count() == 1
        assert list(AuditEvent.objects.filter(user_id=user.pk).order_by("id").values_list("verb", flat=True)) == [
            "person.email_enrolled",
            "person.signed_in",
        ]

    def test_the_profile_comes_before_anything_else(self, client: Client, provider: StandIn) -> None:
        provider.sign_in(client, next="/en/profile/sign-ins/")
        client.post(ENROL, ADDRESS)
        answer = client.post(CODE, {"code": newest_code()}, follow=True)
        assert answer.redirect_chain[0][0] == "/en/profile/sign-ins/"
        assert answer.redirect_chain[1][0] == "/en/welcome/profile/?next=%2Fen%2Fprofile%2Fsign-ins%2F"

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"email": ""}, "Enter the e-mail address that receives your codes"),
            ({"email": "nonsense"}, "Enter an e-mail address like name@example.com"),
            ({"email": "a" * 250 + "@example.com"}, "at most 254 characters"),
            ({"email_again": ""}, "Enter the same e-mail address again"),
            ({"email_again": "ana@example.com"}, "The two addresses differ"),
            ({"consent": ""}, "Tick the box to agree"),
        ],
    )
    def test_wrong_entries_are_told_and_kept(
        self, client: Client, provider: StandIn, changed: dict[str, str], message: str
    ) -> None:
        provider.sign_in(client)
        data = {name: value for name, value in {**ADDRESS, **changed}.items() if value}
        answer = client.post(ENROL, data)
        assert answer.status_code == 422
        assert message in answer.content.decode()
        if changed.get("email", "x"):
            assert data["email"] in answer.content.decode()
        assert not OutboxMessage.objects.exists()

    def test_a_mistyped_address_can_be_changed(self, client: Client, provider: StandIn) -> None:
        provider.sign_in(client)
        client.post(ENROL, {**ADDRESS, "email": "adda@example.com", "email_again": "adda@example.com"})
        assert client.post(CODE, {"action": "change"})["Location"] == ENROL
        assert b"adda@example.com" in client.get(ENROL).content
        client.post(ENROL, ADDRESS)
        client.post(CODE, {"code": newest_code()})
        assert User.objects.get().email == "ada@example.com"
        assert EmailAddress.objects.count() == 1

    def test_starting_over_asks_for_the_address_again(self, client: Client, provider: StandIn) -> None:
        provider.sign_in(client)
        client.post(ENROL, ADDRESS)
        assert provider.sign_in(Client())["Location"] == ENROL
        assert User.objects.count() == 1

    def test_in_french(self, client: Client, provider: StandIn) -> None:
        assert provider.sign_in(client, language="fr")["Location"] == "/fr/sign-in/e-mail/"
        client.post("/fr/sign-in/e-mail/", ADDRESS)
        assert OutboxMessage.objects.get().language == "fr"
        assert User.objects.get().language == "fr"

    def test_another_method_makes_another_person(self, client: Client, provider: StandIn, ada: User) -> None:
        provider.sign_in(client, "partner")
        assert set(User.objects.filter(method__in=("gckey", "partner")).values_list("username", flat=True)) == {
            "gckey:subject-1",
            "partner:subject-1",
        }

    def test_a_shared_mailbox_is_allowed(self, client: Client, provider: StandIn, ada: User) -> None:
        provider.claims = {"sub": "subject-2"}
        provider.sign_in(client)
        client.post(ENROL, ADDRESS)
        client.post(CODE, {"code": newest_code()})
        assert User.objects.filter(email="ada@example.com").count() == 2

    def test_two_first_sign_ins_at_once(self, client: Client, provider: StandIn) -> None:
        """The second browser finds the user name taken although its look-up found nobody."""
        User.objects.create(username="gckey:subject-1")
        answer = provider.sign_in(client)
        assert answer.status_code == 400
        assert not SocialAccount.objects.exists()

    def test_the_address_page_needs_a_sign_in(self, client: Client) -> None:
        assert client.get(ENROL)["Location"] == SIGN_IN


class TestCode:
    @pytest.fixture(autouse=True)
    def _at_the_code(self, client: Client, provider: StandIn, ada: User) -> None:
        assert provider.sign_in(client)["Location"] == CODE

    def test_the_mail_is_in_the_persons_language_and_says_what_it_is(self, client: Client) -> None:
        letter = OutboxMessage.objects.get()
        assert letter.language == "fr"
        assert newest_code() in letter.subject
        client.get(CODE)
        assert letter.user_id == User.objects.get(username="gckey:subject-1").pk

    def test_the_right_code_signs_in_and_speaks_the_persons_language(self, client: Client, ada: User) -> None:
        typed = newest_code()
        assert "account_login" in client.session and typed not in repr(dict(client.session)), "the session keeps a hash"
        answer = client.post(CODE, {"code": f" {typed[:3]} {typed[3:]} "})
        assert answer["Location"].startswith("/fr/")
        assert answer.cookies["django_language"].value == "fr"
        assert signed_in_as(client) == ada.pk
        event = AuditEvent.objects.get(verb="person.signed_in")
        assert (event.user_id, event.after) == (ada.pk, {"method": "gckey"})
        assert client.get(CODE).status_code == 302

    @pytest.mark.parametrize(
        ("typed", "message"), [("", "Enter the 6 digits"), ("12345", "has 6 digits"), ("abcdef", "has 6 digits")]
    )
    def test_what_is_no_code_is_no_try(self, client: Client, typed: str, message: str) -> None:
        for _again in range(6):
            answer = client.post(CODE, {"code": typed})
            assert answer.status_code == 422 and message in answer.content.decode()
        assert client.post(CODE, {"code": newest_code()}).status_code == 302

    def test_three_wrong_codes_need_a_new_one(self, client: Client) -> None:
        for left in ("2 tries", "1 try"):
            answer = client.post(CODE, {"code": wrong_code()})
            assert answer.status_code == 422 and left in answer.content.decode()
        assert client.post(CODE, {"code": wrong_code()})["Location"] == SIGN_IN
        assert b"wrong three times" in client.get(SIGN_IN).content
        assert client.post(CODE, {"code": newest_code()})["Location"] == SIGN_IN
        assert signed_in_as(client) is None

    def test_five_wrong_codes_make_a_pause(self, client: Client, provider: StandIn) -> None:
        for _again in range(3):
            client.post(CODE, {"code": wrong_code()})
        provider.sign_in(client)
        client.post(CODE, {"code": wrong_code()})
        assert client.post(CODE, {"code": wrong_code()})["Location"] == PAUSE
        page = client.get(PAUSE)
        assert page.status_code == 429 and b"Wait 15 minutes" in page.content
        sent = OutboxMessage.objects.count()
        assert provider.sign_in(client)["Location"] == PAUSE
        assert OutboxMessage.objects.count() == sent
        assert AuditEvent.objects.filter(verb="person.sign_in_paused").count() == 1

    def test_the_pause_holds_in_every_browser_and_for_the_right_code(
        self, client: Client, provider: StandIn, ada: User
    ) -> None:
        other = Client()
        provider.sign_in(other)
        typed = newest_code()
        for _again in range(2):
            client.post(CODE, {"code": "000000"})
            other.post(CODE, {"code": "000001" if typed == "000000" else "000000"})
        third = Client()
        provider.sign_in(third)
        third.post(CODE, {"code": wrong_code()})
        assert other.post(CODE, {"code": typed})["Location"] == PAUSE
        assert signed_in_as(other) is None

    def test_after_the_pause_it_works_again(self, client: Client, provider: StandIn, ada: User) -> None:
        for _again in range(5):
            services.try_code(
                user=ada,
                is_right=False,
                actor=actor(ada),
                at=datetime.now(UTC),
                wall_at=datetime(2020, 1, 1, tzinfo=UTC),
            )
        provider.sign_in(client)
        client.post(CODE, {"code": newest_code()})
        assert signed_in_as(client) == ada.pk
        assert client.get(PAUSE).status_code == 302

    def test_a_new_code_waits_30_seconds_and_replaces_the_old(self, client: Client, ada: User) -> None:
        first = newest_code()
        assert client.post(CODE, {"action": "resend"})["Location"] == CODE
        assert b"before you ask for another" in client.get(CODE).content
        assert OutboxMessage.objects.count() == 1
        with time_machine.travel(datetime.now(UTC).timestamp() + 31):
            client.post(CODE, {"action": "resend"})
            assert b"A new code is on its way" in client.get(CODE).content
            assert OutboxMessage.objects.count() == 2
            assert newest_code() not in repr(dict(client.session))
            if first != newest_code():
                assert client.post(CODE, {"code": first}).status_code == 422
            client.post(CODE, {"code": newest_code()})
        assert signed_in_as(client) == ada.pk

    def test_three_codes_for_one_sign_in(self, client: Client) -> None:
        start = datetime.now(UTC).timestamp()
        for number in (1, 2):
            with time_machine.travel(start + number * 40):
                assert client.post(CODE, {"action": "resend"})["Location"] == CODE
        with time_machine.travel(start + 120):
            assert client.post(CODE, {"action": "resend"})["Location"] == SIGN_IN
        assert OutboxMessage.objects.count() == 3

    def test_an_old_code(self, client: Client) -> None:
        with time_machine.travel(datetime.now(UTC).timestamp() + 601):
            assert client.post(CODE, {"code": newest_code()})["Location"] == SIGN_IN
            assert b"older than 10 minutes" in client.get(SIGN_IN).content

    def test_a_resent_code_has_its_own_ten_minutes(self, client: Client, ada: User) -> None:
        start = datetime.now(UTC).timestamp()
        with time_machine.travel(start + 590):
            client.post(CODE, {"action": "resend"})
        with time_machine.travel(start + 1100):
            client.post(CODE, {"code": newest_code()})
        assert signed_in_as(client) == ada.pk

    def test_a_verified_address_is_not_changed_here(self, client: Client) -> None:
        assert client.post(CODE, {"action": "change"})["Location"] == CODE
        assert b"Use another address" not in client.get(CODE).content

    def test_no_link_to_the_inbox_in_production(self, client: Client, settings: Any) -> None:
        settings.IS_PRODUCTION = True
        assert b"practice/inbox" not in client.get(CODE).content

    def test_a_blocked_person(self, client: Client, provider: StandIn, ada: User, world: World) -> None:
        client.post(CODE, {"code": newest_code()})
        services.block(user=ada, reason="lost", actor=actor(world.officer()), at=world.at)
        assert client.get("/en/profile/").status_code == 302
        assert provider.sign_in(client)["Location"] == "/en/sign-in/blocked/"
        assert client.get("/en/sign-in/blocked/").status_code == 403


class TestStaff:
    CLAIMS = {
        "sub": "staff-1",
        "email": "daniel@staff.portage.example",
        "email_verified": True,
        "given_name": "Daniel",
        "family_name": "Okafor",
        "roles": ["officer", "trainer", "superuser"],
    }

    def enter(self, client: Client, provider: StandIn) -> User:
        assert provider.sign_in(client, "staff")["Location"] == CODE
        client.post(CODE, {"code": newest_code("daniel@staff.portage.example")})
        return User.objects.get(username="staff:staff-1")

    def test_the_providers_claims_make_an_officer_with_the_same_second_factor(
        self, client: Client, provider: StandIn
    ) -> None:
        provider.claims = self.CLAIMS
        user = self.enter(client, provider)
        assert user.is_staff and not user.is_superuser
        assert set(user.groups.values_list("name", flat=True)) == {"officer", "trainer"}
        assert user.get_full_name() == "Daniel Okafor"
        assert client.get(reverse("admin:index")).status_code == 200

    def test_a_role_taken_away_is_gone_at_the_next_sign_in(self, client: Client, provider: StandIn) -> None:
        provider.claims = self.CLAIMS
        self.enter(client, provider)
        provider.claims = {**self.CLAIMS, "roles": []}
        user = self.enter(Client(), provider)
        assert not user.is_staff and not user.groups.exists()

    @pytest.mark.parametrize("method", ["gckey", "partner"])
    def test_other_providers_claims_count_for_nothing(self, client: Client, provider: StandIn, method: str) -> None:
        provider.claims = self.CLAIMS
        assert provider.sign_in(client, method)["Location"] == ENROL
        user = User.objects.get()
        assert not user.is_staff and not user.groups.exists()
        assert (user.email, user.first_name) == ("", "")

    def test_the_admin_has_no_password_page(self, client: Client) -> None:
        answer = client.get("/en/admin/", follow=True)
        assert answer.redirect_chain[-1][0].startswith("/en/sign-in/?next=/en/admin/")
        assert b'type="password"' not in answer.content


class TestSession:
    def test_signing_out_is_a_post_and_is_recorded(self, cast: Cast) -> None:
        browser = signed_in(cast.amara)
        assert browser.get("/en/sign-out/").status_code == 200
        assert signed_in_as(browser) == cast.amara.pk
        assert browser.post("/en/sign-out/")["Location"] == "/en/signed-out/"
        assert signed_in_as(browser) is None
        assert browser.get("/en/signed-out/").status_code == 200
        assert browser.get("/en/sign-out/")["Location"] == "/en/signed-out/"
        assert browser.post("/en/sign-out/").status_code == 302
        assert AuditEvent.objects.filter(verb="person.signed_out").count() == 1

    def test_ends_after_20_idle_minutes_and_says_so(self, cast: Cast) -> None:
        browser = signed_in(cast.amara)
        start = datetime.now(UTC).timestamp()
        with time_machine.travel(start + 19 * 60):
            assert browser.get("/en/profile/").status_code == 200
        with time_machine.travel(start + 38 * 60):
            assert browser.get("/en/profile/").status_code == 200
        with time_machine.travel(start + 59 * 60):
            answer = browser.get("/en/profile/")
            assert answer["Location"] == "/en/sign-in/?next=/en/profile/&idle=1"
            assert b"You were signed out" in browser.get(answer["Location"]).content

    def test_the_session_is_not_written_at_every_request_and_never_ends_early(self, cast: Cast) -> None:
        browser = signed_in(cast.amara)
        start = datetime.now(UTC).timestamp()
        browser.get("/en/profile/")
        with time_machine.travel(start + 20), CaptureQueriesContext(connection) as asked:
            browser.get("/en/profile/")
        assert not any(query["sql"].startswith("UPDATE") for query in asked)
        with time_machine.travel(start + 20 + 20 * 60 - 5), CaptureQueriesContext(connection) as asked:
            assert browser.get("/en/profile/").status_code == 200
        assert any(query["sql"].startswith("UPDATE") for query in asked)

    def test_extending_begins_the_limit_at_once(self, cast: Cast) -> None:
        browser = signed_in(cast.amara)
        start = datetime.now(UTC).timestamp()
        browser.get("/en/profile/")
        with time_machine.travel(start + 25):
            assert browser.post("/en/session/extend/").status_code == 302
        with time_machine.travel(start + 25 + 20 * 60 + 25):
            assert browser.get("/en/profile/").status_code == 200

    def test_a_visitor_was_not_signed_out(self, client: Client) -> None:
        assert client.get("/en/profile/")["Location"] == "/en/sign-in/?next=/en/profile/"

    def test_extending(self, cast: Cast) -> None:
        browser = signed_in(cast.amara)
        assert browser.get("/en/session/extend/").status_code == 405
        assert browser.post("/en/session/extend/", {"next": "/en/profile/"})["Location"] == "/en/profile/"
        assert browser.post("/en/session/extend/", headers={"X-Requested-With": "fetch"}).status_code == 204
        assert Client().post("/en/session/extend/").status_code == 302
