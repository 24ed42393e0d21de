"""A person's addresses: a change that waits for its code, proof of the contact e-mail, and mailboxes that bounce."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client

from accounts import queries, services, tasks
from accounts.models import EmailChange, User
from accounts.rules import Verdict
from accounts.services import email as email_services
from core import outbox
from core.clock import wall_now
from core.errors import Conflict, DomainError
from core.models import AuditEvent, OutboxMessage
from tests.accounts.provider import StandIn
from tests.accounts.test_sign_in import ADDRESS, CODE, ENROL, ada, newest_code
from tests.builders import Cast, World, actor, signed_in

__all__ = ["ada"]
pytestmark = pytest.mark.django_db

HOME = "/en/profile/e-mail/"
CHANGE = "/en/profile/e-mail/change/"
CODES = "/en/profile/e-mail/codes/code/"
NOTICES = "/en/profile/e-mail/notices/code/"
LETTERS = "/en/profile/messages/"
NEW = {"email": "new@example.com", "email_again": "NEW@example.com"}
SIGN_IN, CONTACT = EmailChange.Purpose.SIGN_IN, EmailChange.Purpose.CONTACT


@pytest.fixture
def person(world: World) -> User:
    """Somebody with a proven address for codes, the same for notices."""
    user = world.person("Ada Example", email="old@example.com", contact_email="old@example.com")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def code_to(address: str) -> str:
    letter = OutboxMessage.objects.filter(to=address, category="address_code").latest("id")
    found = re.search(r"^ {4}(\d{6})$", letter.body, re.MULTILINE)
    assert found is not None, letter.body
    return found[1]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def ask(user: User, email: str = "new@example.com", purpose: str = SIGN_IN, **more: Any) -> EmailChange:
    at = more.pop("wall_at", None) or wall_now()
    return email_services.ask_change(user=user, purpose=purpose, email=email, actor=actor(user), at=at, wall_at=at)


def attempt(user: User, code: str, purpose: str = SIGN_IN, **more: Any) -> email_services.Attempt:
    at = more.pop("wall_at", None) or wall_now()
    return email_services.try_change_code(user=user, purpose=purpose, code=code, actor=actor(user), at=at, wall_at=at)


class TestChange:
    def test_codes_go_to_the_old_address_until_the_new_one_is_confirmed(self, person: User) -> None:
        browser = signed_in(person)
        assert b"old@example.com" in browser.get(CHANGE).content
        assert browser.post(CHANGE, NEW)["Location"] == CODES
        person.refresh_from_db()
        assert person.email == "old@example.com" and EmailAddress.objects.get().email == "old@example.com"
        page = browser.get(HOME).content.decode()
        assert "new@example.com" in page and "Waiting for its code" in page and "codes go to old@example.com" in page
        assert "Open the inbox of new@example.com" in browser.get(CODES).content.decode()

    def test_the_code_confirms_it_and_both_addresses_are_told(self, person: User) -> None:
        browser = signed_in(person)
        browser.post(CHANGE, NEW)
        page = browser.post(CODES, {"code": code_to("new@example.com")}, follow=True).content.decode()
        assert "Your codes now go to the new address" in page
        person.refresh_from_db()
        assert (person.email, person.address) == ("new@example.com", "new@example.com")
        address = EmailAddress.objects.get()
        assert (address.email, address.verified, address.primary) == ("new@example.com", True, True)
        told = {row.to: row.body for row in OutboxMessage.objects.filter(category="address_changed")}
        assert set(told) == {"old@example.com", "new@example.com"}
        assert "ask the help desk to reset your codes" in told["old@example.com"]
        assert "ask the help desk to reset" not in told["new@example.com"]
        event = AuditEvent.objects.get(verb="person.email_changed")
        assert (event.before, event.after) == ({"email": "old@example.com"}, {"email": "new@example.com"})
        history = browser.get("/fr/profile/sign-ins/").content.decode()
        assert "old@example.com" in history and "new@example.com" in history

    def test_an_own_contact_address_stays(self, person: User) -> None:
        User.objects.filter(pk=person.pk).update(contact_email="work@example.com", contact_verified_at=wall_now())
        ask(person)
        attempt(person, code_to("new@example.com"))
        person.refresh_from_db()
        assert (person.email, person.address) == ("new@example.com", "work@example.com")
        assert OutboxMessage.objects.filter(category="address_changed", to="work@example.com").exists()

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ({"email": "new@example.com", "email_again": "nwe@example.com"}, "The two addresses differ"),
            ({"email": "nonsense", "email_again": "nonsense"}, "Enter an e-mail address like"),
            ({"email": "", "email_again": ""}, "Enter the e-mail address that receives"),
            ({"email": "OLD@example.com", "email_again": "old@example.com"}, "go to this address already"),
        ],
    )
    def test_mistakes_keep_what_was_typed(self, person: User, typed: dict[str, str], words: str) -> None:
        answer = signed_in(person).post(CHANGE, typed)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert words in page and typed["email"] in page
        assert not EmailChange.objects.exists()

    def test_an_address_may_be_shared(self, person: User, world: World) -> None:
        other = world.person("Somebody Else", email="new@example.com")
        EmailAddress.objects.create(user=other, email="new@example.com", primary=True, verified=True)
        ask(person)
        assert attempt(person, code_to("new@example.com")).verdict == Verdict.CONFIRMED
        assert EmailAddress.objects.filter(email="new@example.com", verified=True).count() == 2

    def test_the_code_is_kept_as_a_keyed_hash_only(self, person: User, settings: Any) -> None:
        change = ask(person)
        code = code_to("new@example.com")
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM accounts_emailchange")
            assert code not in str(cursor.fetchall())
        assert len(change.code_hash) == 64
        settings.SECRET_KEY = "another key than before"
        assert attempt(person, code).verdict == Verdict.WRONG

    def test_three_wrong_codes_spend_it_whatever_comes_after(self, person: User) -> None:
        browser = signed_in(person)
        browser.post(CHANGE, NEW)
        code = code_to("new@example.com")
        for words in ("You have 2 tries left", "You have 1 try left", "this one no longer works"):
            answer = browser.post(CODES, {"code": wrong(code)})
            assert answer.status_code == 422 and words in answer.content.decode()
        assert "this one no longer works" in browser.post(CODES, {"code": code}).content.decode()
        assert EmailChange.objects.get().failure_count == 3
        assert "6 digits" in browser.post(CODES, {"code": "12"}).content.decode()

    def test_after_ten_minutes_a_new_code_is_needed(self, person: User) -> None:
        at = wall_now()
        ask(person, wall_at=at)
        code = code_to("new@example.com")
        assert attempt(person, code, wall_at=at + timedelta(minutes=10)).verdict == Verdict.OVERDUE
        assert attempt(person, code, wall_at=at + timedelta(minutes=9, seconds=59)).verdict == Verdict.CONFIRMED
        with time_machine.travel(wall_now(), tick=False) as traveller:
            browser = signed_in(person)
            browser.post(CHANGE, {"email": "third@example.com", "email_again": "third@example.com"})
            if not EmailChange.objects.filter(state="PENDING").exists():
                traveller.shift(timedelta(seconds=31))
                browser.post(CHANGE, {"email": "third@example.com", "email_again": "third@example.com"})
            traveller.shift(timedelta(minutes=11))
            answer = browser.post(CODES, {"code": code_to("third@example.com")})
            assert b"older than 10 minutes" in answer.content

    def test_another_code_after_thirty_seconds_and_only_the_newest_works(self, person: User) -> None:
        with time_machine.travel(wall_now(), tick=False) as traveller:
            browser = signed_in(person)
            browser.post(CHANGE, NEW)
            first = code_to("new@example.com")
            assert b"Wait 30 seconds" in browser.post(CODES, {"action": "resend"}, follow=True).content
            traveller.shift(timedelta(seconds=30))
            assert b"A new code is on its way" in browser.post(CODES, {"action": "resend"}, follow=True).content
            second = code_to("new@example.com")
            if first != second:
                assert attempt(person, first).verdict == Verdict.WRONG
            assert attempt(person, second).verdict == Verdict.CONFIRMED

    def test_ten_codes_in_a_day_are_the_most(self, person: User) -> None:
        at = wall_now()
        for number in range(10):
            ask(person, f"n{number}@example.com", wall_at=at + timedelta(minutes=number))
        with pytest.raises(Conflict, match="Ten codes"):
            ask(person, wall_at=at + timedelta(minutes=11))
        assert ask(person, wall_at=at + timedelta(days=1, minutes=10))

    def test_another_address_replaces_the_one_that_waits(self, person: User) -> None:
        at = wall_now()
        ask(person, "typo@example.com", wall_at=at)
        old_code = code_to("typo@example.com")
        ask(person, wall_at=at + timedelta(seconds=30))
        assert [row.state for row in EmailChange.objects.order_by("id")] == ["CANCELLED", "PENDING"]
        if old_code != code_to("new@example.com"):
            assert attempt(person, old_code).verdict == Verdict.WRONG

    def test_cancelling_keeps_the_old_address(self, person: User) -> None:
        browser = signed_in(person)
        browser.post(CHANGE, NEW)
        code = code_to("new@example.com")
        assert b"The change is cancelled" in browser.post(CODES, {"action": "cancel"}, follow=True).content
        assert b"No new address waits" in browser.post(CODES, {"code": code}, follow=True).content
        for action in ("cancel", "resend"):
            assert b"waits for a code any more" in browser.post(CODES, {"action": action}, follow=True).content
        person.refresh_from_db()
        assert person.email == "old@example.com"
        assert b"Change of e-mail cancelled" in browser.get("/en/profile/sign-ins/").content

    def test_a_day_later_it_has_lapsed(self, person: User) -> None:
        at = wall_now() - timedelta(hours=24)
        ask(person, wall_at=at)
        code = code_to("new@example.com")
        assert queries.pending_changes(person, wall_at=at + timedelta(hours=24)) == {}
        assert attempt(person, code).verdict == Verdict.GONE
        tasks.close_lapsed_email_changes()
        assert EmailChange.objects.get().state == EmailChange.State.LAPSED
        assert AuditEvent.objects.filter(verb="person.email_change_lapsed").count() == 1
        tasks.close_lapsed_email_changes()
        assert AuditEvent.objects.filter(verb="person.email_change_lapsed").count() == 1
        assert ask(person).state == EmailChange.State.PENDING

    def test_another_cannot_use_the_code(self, person: User, world: World) -> None:
        ask(person)
        code = code_to("new@example.com")
        other = world.person("Somebody Else")
        assert attempt(other, code).verdict == Verdict.GONE
        ask(other, "third@example.com")
        if code != code_to("third@example.com"):
            assert attempt(other, code).verdict == Verdict.WRONG

    def test_there_are_two_kinds_of_codes(self, person: User) -> None:
        assert signed_in(person).get("/en/profile/e-mail/others/code/").status_code == 404

    def test_officers_see_what_waits_but_no_code(self, person: User, world: World) -> None:
        change = ask(person)
        officer = signed_in(world.officer())
        page = officer.get("/en/admin/accounts/emailchange/?state__exact=PENDING").content.decode()
        assert "new@example.com" in page and "old@example.com" in page
        assert (
            change.code_hash not in officer.get(f"/en/admin/accounts/emailchange/{change.pk}/change/").content.decode()
        )


@pytest.mark.django_db(transaction=True)
def test_of_two_browsers_at_once_one_confirms_and_the_other_is_told(world: World) -> None:
    user = world.person(email="old@example.com")
    ask(user)
    code = code_to("new@example.com")
    gate = Barrier(2)

    def confirm(_number: int) -> Verdict:
        try:
            gate.wait(10)
            return attempt(user, code).verdict
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        verdicts = sorted(pool.map(confirm, range(2)))
    assert verdicts == [Verdict.CONFIRMED, Verdict.GONE]
    assert AuditEvent.objects.filter(verb="person.email_changed").count() == 1
    assert OutboxMessage.objects.filter(category="address_changed").count() == 2


class TestContact:
    FILLED = {
        "first_name": "Ada",
        "last_name": "Example",
        "telephone": "4165550123",
        "contact_email": "work@example.com",
        "language": "en",
    }

    def test_notices_go_there_once_it_is_confirmed(self, person: User) -> None:
        browser = signed_in(person)
        page = browser.post("/en/profile/edit/", self.FILLED, follow=True).content.decode()
        assert "We sent a code to work@example.com" in page and "Not confirmed" in page
        person.refresh_from_db()
        assert (person.contact_email, person.address) == ("work@example.com", "old@example.com")
        assert "Notices go to old@example.com until" in browser.get(HOME).content.decode()
        page = browser.post(NOTICES, {"code": code_to("work@example.com")}, follow=True).content.decode()
        assert "Your contact e-mail is confirmed" in page
        person.refresh_from_db()
        assert (person.address, person.email) == ("work@example.com", "old@example.com")
        assert {row.to for row in OutboxMessage.objects.filter(category="address_changed")} == {
            "old@example.com",
            "work@example.com",
        }

    def test_saving_the_profile_again_asks_no_second_time_and_another_address_anew(self, person: User) -> None:
        browser = signed_in(person)
        for _save in range(2):
            browser.post("/en/profile/edit/", self.FILLED)
        assert OutboxMessage.objects.filter(category="address_code").count() == 1
        browser.post("/en/profile/edit/", {**self.FILLED, "contact_email": "third@example.com"})
        assert EmailChange.objects.filter(state="PENDING").count() == 0, "within 30 seconds no other code leaves"
        EmailChange.objects.update(code_sent_at=wall_now() - timedelta(minutes=1))
        assert browser.post("/en/profile/e-mail/contact/prove/")["Location"] == NOTICES
        assert EmailChange.objects.get(state="PENDING").new_email == "third@example.com"
        assert b"Wait 30 seconds" in browser.post("/en/profile/e-mail/contact/prove/", follow=True).content

    def test_a_confirmed_address_stays_confirmed_until_it_is_another(self, person: User) -> None:
        User.objects.filter(pk=person.pk).update(contact_email="work@example.com", contact_verified_at=wall_now())
        browser = signed_in(person)
        browser.post("/en/profile/edit/", self.FILLED)
        person.refresh_from_db()
        assert person.address == "work@example.com" and not EmailChange.objects.exists()

    def test_a_lapsed_code_is_sent_anew(self, person: User) -> None:
        User.objects.filter(pk=person.pk).update(contact_email="work@example.com")
        early = wall_now() - timedelta(days=2)
        for at in (early, wall_now()):
            change = email_services.ask_contact_proof(user=person, actor=actor(person), at=at, wall_at=at)
            assert change is not None
        assert [row.state for row in EmailChange.objects.order_by("id")] == ["CANCELLED", "PENDING"]

    def test_the_address_of_the_codes_needs_no_proof(self, person: User) -> None:
        User.objects.filter(pk=person.pk).update(contact_email="work@example.com")
        ask(person, "work@example.com", CONTACT)
        browser = signed_in(person)
        page = browser.post("/en/profile/e-mail/contact/same/", follow=True).content.decode()
        assert "Notices now go to the address that receives your codes" in page
        person.refresh_from_db()
        assert person.address == person.contact_email == "old@example.com"
        assert EmailChange.objects.get().state == "CANCELLED"

    def test_a_newcomer_is_asked_too(self, world: World) -> None:
        user = world.person("", email="old@example.com", profile_completed_at=None)
        signed_in(user).post("/en/welcome/profile/", self.FILLED)
        assert code_to("work@example.com")


class TestBounce:
    def bounce(self, user: User, to: str = "") -> OutboxMessage:
        row = outbox.send(
            to=to or user.email,
            language="en",
            subject="A notice",
            body="B",
            category="c",
            at=wall_now(),
            user_id=user.pk,
        )
        return outbox.return_to_sender(message=row, actor=actor(user), at=wall_now())

    @pytest.mark.parametrize("address", ["ada@bounce.example", "bounce@example.com"])
    def test_practice_addresses_send_everything_back(self, person: User, address: str) -> None:
        User.objects.filter(pk=person.pk).update(email=address)
        outbox.send(to=address, language="en", subject="s", body="b", category="c", at=wall_now())
        outbox.deliver_waiting()
        person.refresh_from_db()
        assert person.email_bounced_at is not None

    def test_leads_to_the_addresses_before_anything_else_and_back(self, person: User) -> None:
        browser = signed_in(person)
        assert browser.get("/en/notifications/").status_code == 200
        self.bounce(person)
        assert browser.get("/en/notifications/?show=unread")["Location"] == HOME
        page = browser.get(HOME).content.decode()
        assert "Your codes do not reach you" in page and "Go on to where you were" not in page
        browser.post(CHANGE, NEW)
        page = browser.post(CODES, {"code": code_to("new@example.com")}, follow=True).content.decode()
        assert 'href="/en/notifications/?show=unread"' in page and "do not reach you" not in page
        assert browser.get("/en/notifications/").status_code == 200

    def test_loses_nothing_that_is_being_sent(self, person: User) -> None:
        browser = signed_in(person)
        self.bounce(person)
        assert browser.post("/en/notifications/read-all/")["Location"] == "/en/notifications/"
        assert browser.get("/en/notifications/", headers={"HX-Request": "true"}).status_code == 200
        assert browser.get("/en/profile/security/").status_code == 200
        assert browser.get("/en/sign-out/").status_code == 200

    def test_the_same_address_can_be_proven_again(self, person: User) -> None:
        self.bounce(person)
        ask(person, "old@example.com")
        assert attempt(person, code_to("old@example.com")).verdict == Verdict.CONFIRMED
        person.refresh_from_db()
        assert not person.must_mend_email
        assert OutboxMessage.objects.filter(category="address_changed").count() == 1

    def test_a_contact_address_is_mended_in_three_ways(self, person: User) -> None:
        browser = signed_in(person)
        for way in ("prove", "same", "edit"):
            User.objects.filter(pk=person.pk).update(contact_email="work@example.com", contact_verified_at=wall_now())
            EmailChange.objects.all().delete()
            self.bounce(person, "WORK@example.com")
            person.refresh_from_db()
            assert person.contact_bounced_at is not None and person.email_bounced_at is None
            assert "Notices do not reach you" in browser.get("/en/notifications/", follow=True).content.decode()
            if way == "prove":
                browser.post("/en/profile/e-mail/contact/prove/")
                browser.post(NOTICES, {"code": code_to("work@example.com")})
            elif way == "same":
                browser.post("/en/profile/e-mail/contact/same/")
            else:
                browser.post("/en/profile/edit/", {**TestContact.FILLED, "contact_email": "third@example.com"})
            assert browser.get("/en/notifications/").status_code == 200, way

    def test_everybody_with_the_address_is_led_but_officers(self, person: User, world: World) -> None:
        other = world.person("Somebody Else", email="OLD@example.com")
        officer = world.officer()
        User.objects.filter(pk=officer.pk).update(email="old@example.com")
        self.bounce(person)
        assert User.objects.filter(email_bounced_at__isnull=False).count() == 2
        assert signed_in(other).get("/en/notifications/")["Location"] == HOME
        assert signed_in(officer).get("/en/notifications/").status_code == 200

    def test_an_officer_lets_a_message_come_back_once_and_lifts_the_mark(self, person: User, world: World) -> None:
        row = outbox.send(to="old@example.com", language="en", subject="s", body="b", category="c", at=wall_now())
        officer = signed_in(world.officer())
        for _time in range(2):
            data = {"action": "return_to_sender", "_selected_action": [row.pk]}
            page = officer.post("/en/admin/core/outboxmessage/", data, follow=True).content.decode()
            assert "1 message came back" in page
        assert AuditEvent.objects.filter(verb="message.returned").count() == 1
        data = {"action": "lift_bounce", "_selected_action": [person.pk], "reason": "reached by telephone"}
        for _time in range(2):
            officer.post("/en/admin/accounts/user/", data)
        person.refresh_from_db()
        assert not person.must_mend_email
        assert AuditEvent.objects.get(verb="person.email_works_again").reason == "reached by telephone"


class TestBounceAtSignIn:
    def test_an_address_never_proven_is_entered_again(self, client: Client, provider: StandIn) -> None:
        provider.claims = {"sub": "new"}
        provider.sign_in(client)
        client.post(ENROL, {**ADDRESS, "email": "bounce@example.com", "email_again": "bounce@example.com"})
        assert b"The code came back" not in client.get(CODE).content
        outbox.deliver_waiting()
        page = client.get(CODE).content.decode()
        assert "The code came back" in page and "Enter another address" in page and "reset your codes" not in page
        assert client.post(CODE, {"action": "change"})["Location"] == ENROL
        client.post(ENROL, ADDRESS)
        assert User.objects.get().email_bounced_at is None
        assert b"The code came back" not in client.get(CODE).content

    def test_a_proven_one_only_by_an_officer_and_a_right_code_lifts_the_mark(
        self, client: Client, provider: StandIn, ada: User
    ) -> None:
        provider.sign_in(client)
        letter = OutboxMessage.objects.filter(category="sign_in_code").latest("id")
        outbox.return_to_sender(message=letter, actor=actor(ada), at=wall_now())
        page = client.get(CODE).content.decode()
        assert "The code came back" in page and "reset your codes" in page and "Enter another address" not in page
        client.post(CODE, {"code": newest_code()})
        ada.refresh_from_db()
        assert ada.email_bounced_at is None
        assert AuditEvent.objects.filter(verb="person.email_works_again").exists()

    def test_a_server_that_is_away_is_said_too(self, client: Client, provider: StandIn, ada: User) -> None:
        provider.sign_in(client)
        OutboxMessage.objects.update(state="FAILED")
        assert b"The mail server does not answer" in client.get(CODE).content


class TestLetters:
    def letter(self, user: User, **fields: Any) -> OutboxMessage:
        row = outbox.send(
            to=user.email, language="en", subject="A notice", body="Text", category="c", at=wall_now(), user_id=user.pk
        )
        OutboxMessage.objects.filter(pk=row.pk).update(**fields)
        row.refresh_from_db()
        return row

    def test_shows_what_became_of_each_and_no_code(self, person: User, world: World) -> None:
        self.letter(person, state="SENT")
        self.letter(person, state="BOUNCED")
        self.letter(person, state="FAILED", subject="Not this")
        self.letter(person, attempt_count=2)
        self.letter(person, category="sign_in_code", subject="Your code is 123456")
        self.letter(person, category="address_code", subject="Your code is 654321")
        self.letter(world.person("Somebody Else"), subject="Not mine")
        page = signed_in(person).get(LETTERS).content.decode()
        for words in ("Delivered", "Came back", "Given up", "2 tries failed", "On its way", "A sign-in code"):
            assert words in page
        assert "A code for a new address" in page and page.count("Send it again") == 2
        assert "123456" not in page and "654321" not in page and "Not mine" not in page
        assert b"No message was sent to you yet" in signed_in(world.person("Third One")).get(LETTERS).content

    def test_same_number_of_queries_for_1_and_50_and_pages(self, person: User, django_assert_num_queries: Any) -> None:
        browser = signed_in(person)
        for count in (1, 49):
            for _number in range(count):
                self.letter(person)
            with django_assert_num_queries(4):
                page = browser.get(LETTERS).content.decode()
        older = re.search(r"\?before=\d+", page)
        assert older is not None and browser.get(LETTERS + older[0]).status_code == 200

    def test_one_that_did_not_arrive_is_sent_again_once_to_where_notices_go_now(self, person: User) -> None:
        row = self.letter(person, state="FAILED")
        User.objects.filter(pk=person.pk).update(email="new@example.com", contact_email="")
        browser = signed_in(person)
        page = browser.post(f"{LETTERS}{row.public_id}/send-again/", follow=True).content.decode()
        assert "on its way to new@example.com" in page and "sent again" in page
        copy = OutboxMessage.objects.latest("id")
        assert (copy.to, copy.subject, copy.body, copy.state) == ("new@example.com", "A notice", "Text", "WAITING")
        page = browser.post(f"{LETTERS}{row.public_id}/send-again/", follow=True).content.decode()
        assert "sent again already" in page and OutboxMessage.objects.count() == 2
        assert AuditEvent.objects.filter(verb="message.sent_again").count() == 1

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"state": "SENT"}, "is not lost"),
            ({"state": "FAILED", "category": "sign_in_code"}, "ask for a new one"),
        ],
    )
    def test_others_are_not(self, person: User, fields: dict[str, str], words: str) -> None:
        row = self.letter(person, **fields)
        page = signed_in(person).post(f"{LETTERS}{row.public_id}/send-again/", follow=True).content.decode()
        assert words in page and OutboxMessage.objects.count() == 1

    def test_not_to_an_address_that_bounces(self, person: User) -> None:
        row = self.letter(person, state="BOUNCED")
        User.objects.filter(pk=person.pk).update(email_bounced_at=wall_now())
        person.refresh_from_db()
        with pytest.raises(DomainError, match="Mend it first"):
            email_services.send_again(user=person, message=row, actor=actor(person), at=wall_now())

    def test_anothers_does_not_exist(self, person: User, world: World) -> None:
        row = self.letter(person, state="BOUNCED")
        stranger = signed_in(world.person("Somebody Else"))
        assert stranger.post(f"{LETTERS}{row.public_id}/send-again/").status_code == 404


class TestOtherMethod:
    def test_is_told_only_to_whoever_has_proven_the_address(self, client: Client, provider: StandIn, ada: User) -> None:
        provider.claims = {"sub": "at-the-bank"}
        provider.sign_in(client, "partner")
        assert b"signs in with" not in client.get(ENROL).content
        answer = client.post(ENROL, ADDRESS)
        assert b"signs in with" not in client.get(CODE).content
        newcomer = User.objects.get(method="partner")
        assert queries.other_methods_of(newcomer) == []
        answer = client.post(CODE, {"code": newest_code()}, follow=True)
        page = answer.content.decode()
        assert "An identity with the address you have just confirmed signs in with GCKey" in page
        assert "Ada" not in page
        assert client.post("/en/sign-out/other-method/")["Location"] == "/en/sign-in/"
        assert "_auth_user_id" not in client.session

    def test_says_nothing_to_others(self, cast: Cast, world: World) -> None:
        for user, method in ((cast.amara, "gckey"), (world.person("Same Way", email=cast.amara.email), "gckey")):
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
            assert (queries.other_methods_of(user), user.method) == ([], method)
        officer = world.officer()
        EmailAddress.objects.create(user=officer, email=cast.amara.email, primary=True, verified=True)
        assert queries.other_methods_of(cast.amara) == []


def test_a_blocked_person_reads_that_and_not_of_inactivity(client: Client, provider: StandIn, ada: User) -> None:
    services.block(user=ada, reason="r", actor=actor(ada), at=wall_now())
    assert provider.sign_in(client)["Location"] == "/en/sign-in/blocked/"
