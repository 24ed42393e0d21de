"""Asking officers: for the RM number of a business, or anything else."""

import threading
from datetime import date

import pytest
from django.db import connection

from accounts.models import Business
from core.errors import Conflict, DomainError, Refused, Stranger
from core.models import AuditEvent
from notifications.models import Notification
from support import queries
from support.models import SupportRequest
from support.rules import requests as rules
from support.services import requests as services
from tests.builders import actor, signed_in
from tests.ledger.book import unlocked_book

__all__ = ["unlocked_book"]

pytestmark = pytest.mark.django_db
Side = SupportRequest.Side
State = SupportRequest.State
NEW = "/en/help/requests/new/"
DESK = "/en/officers/requests/"


@pytest.fixture
def nadia(world):
    return world.person("Nadia Bergeron")


def ask(world, person, **more):
    given = {"bn9": "704000007", "legal_name": "Nobody Ltd.", "side": Side.IMPORTER, "message": ""} | more
    return services.ask_for_number(**given, actor=actor(person), on=world.today, at=world.at)


def ask_of_northlight(cast, person, **more):
    return ask(cast.world, person, bn9=cast.northlight.bn9, legal_name=cast.northlight.legal_name, **more)


def reply(cast, row, **more):
    given = {"text": "Here it is.", "program_account_ids": frozenset({cast.account.pk})} | more
    return services.answer(number=row.number, actor=actor(cast.daniel), on=cast.world.today, at=cast.world.at, **given)


# --- The rules


@pytest.mark.parametrize(
    ("asked_on", "due_on"),
    [
        (date(2026, 7, 20), date(2026, 7, 22)),  # Monday
        (date(2026, 7, 23), date(2026, 7, 27)),  # Thursday, over a weekend
        (date(2026, 6, 30), date(2026, 7, 3)),  # over Canada Day
    ],
)
def test_an_answer_is_due_within_two_business_days(asked_on, due_on):
    assert rules.answer_due_on(asked_on) == due_on


@pytest.mark.parametrize(
    ("state", "on", "is_late"),
    [("WAITING", 22, False), ("WAITING", 23, True), ("ANSWERED", 23, False)],
)
def test_late_is_after_the_day_and_only_while_it_waits(state, on, is_late):
    assert rules.is_late(state, date(2026, 7, 22), date(2026, 7, on)) is is_late


@pytest.mark.parametrize(
    ("as_broker", "is_licensed", "waiting", "problem"),
    [
        (False, False, 0, None),
        (True, True, 4, None),
        (True, False, 0, "not_a_licensed_broker"),
        (False, False, 5, "too_many_waiting"),
    ],
)
def test_who_may_ask(as_broker, is_licensed, waiting, problem):
    asked = rules.asking_problem(as_broker=as_broker, is_licensed_broker=is_licensed, waiting_count=waiting)
    assert asked == problem


@pytest.mark.parametrize(
    ("asks_number", "gives", "text", "problem"),
    [
        (True, {1}, "", None),
        (True, set(), "Look again", "number_missing"),
        (True, {1, 9}, "", "number_missing"),
        (False, set(), "Like this", None),
        (False, set(), "  ", "text_missing"),
    ],
)
def test_a_number_comes_from_the_record_and_a_question_needs_words(asks_number, gives, text, problem):
    known = frozenset({1, 2})
    assert rules.answer_problem(asks_number=asks_number, gives=frozenset(gives), known=known, text=text) == problem


@pytest.mark.parametrize(
    ("claimed", "is_same"),
    [
        ("NORTHLIGHT outdoor supply, inc", True),
        ("Northlight Gear", True),
        ("Northlight", False),
        ("", False),
        ("...", False),
    ],
)
def test_a_claimed_name_is_compared_without_its_spelling(claimed, is_same):
    assert rules.is_same_name(claimed, "Northlight Outdoor Supply Inc.", "Northlight Gear") is is_same


def test_a_record_without_operating_name_matches_no_empty_claim():
    assert not rules.is_same_name("", "Northlight Outdoor Supply Inc.", "")


def test_a_closed_request_stays_closed():
    assert rules.can_become("WAITING", "ANSWERED")
    for state in ("ANSWERED", "REFUSED", "WITHDRAWN"):
        assert not any(rules.can_become(state, following) for following in State.values)


# --- Asking


def test_asking_reveals_nothing_and_sets_the_day(cast, nadia):
    unknown, known = ask(cast.world, nadia), ask_of_northlight(cast, nadia)
    assert unknown.state == known.state == State.WAITING
    assert unknown.answer_due_on == known.answer_due_on == rules.answer_due_on(cast.world.today)
    assert len(unknown.number) == 11
    event = AuditEvent.objects.filter(verb="support_request.asked").latest("pk")
    assert (event.business_id, event.after["bn9"]) == (None, cast.northlight.bn9)


def test_the_same_question_waits_once(world, nadia):
    first = ask(world, nadia)
    with pytest.raises(Conflict) as problem:
        ask(world, nadia, legal_name="Nobody Limited")
    assert problem.value.link == f"/en/help/requests/{first.number}/"
    services.withdraw(number=first.number, actor=actor(nadia), at=world.at)
    assert ask(world, nadia).pk != first.pk


def test_nobody_works_through_a_list_of_numbers(world, nadia):
    for digit in range(5):
        ask(world, nadia, bn9=f"70400000{digit}")
    with pytest.raises(DomainError) as problem:
        ask(world, nadia, bn9="704000009")
    assert problem.value.code == "too_many_waiting"
    with pytest.raises(DomainError):
        services.ask_question(subject="A", message="B", actor=actor(nadia), on=world.today, at=world.at)


def test_a_licensed_broker_asks_for_a_client_and_nobody_else_as_one(cast, nadia):
    row = ask_of_northlight(cast, cast.wen, side=Side.BROKER, provider_id=cast.harbourline.pk)
    assert row.provider == cast.harbourline
    assert queries.claim_of(row, on=cast.world.today).has_delegation
    with pytest.raises(DomainError) as problem:
        ask_of_northlight(cast, nadia, side=Side.BROKER, provider_id=cast.harbourline.pk)
    assert (problem.value.code, problem.value.field) == ("not_a_licensed_broker", "provider")
    Business.objects.filter(pk=cast.harbourline.pk).update(licence_valid_until=date(2020, 1, 1))
    with pytest.raises(DomainError):
        ask(cast.world, cast.wen, side=Side.BROKER, provider_id=cast.harbourline.pk)


def test_officers_answer_and_do_not_ask(cast):
    with pytest.raises(Refused):
        ask(cast.world, cast.daniel)


# --- The claim beside the record


def test_an_officer_sees_whether_the_claim_holds(cast, nadia):
    day = cast.world.today
    claim = queries.claim_of(ask_of_northlight(cast, nadia), on=day)
    assert (claim.business, claim.is_name_same, claim.is_member) == (cast.northlight, True, False)
    assert claim.account_ids == {cast.account.pk}
    wrong = ask(cast.world, nadia, bn9=cast.desrosiers.bn9, legal_name="Des Rosiers Steel")
    assert not queries.claim_of(wrong, on=day).is_name_same
    assert queries.claim_of(ask_of_northlight(cast, cast.amara), on=day).is_member
    assert queries.claim_of(ask(cast.world, nadia), on=day).business is None


# --- Answering


def test_only_who_asked_is_told_and_reads_the_answer(cast, nadia):
    row = ask_of_northlight(cast, nadia)
    reply(cast, row)
    note = Notification.objects.get(category="support")
    assert (note.user, note.subject) == (nadia, f"Your request {row.number} was answered")
    assert cast.account.number not in note.body
    assert note.link == f"/en/help/requests/{row.number}/"
    page = signed_in(nadia).get(note.link).content.decode()
    assert "Here it is." in page and "RM0001" in page
    event = AuditEvent.objects.get(verb="support_request.answered")
    assert (event.business_id, event.after["asked_by"]) == (cast.northlight.pk, nadia.pk)
    for other in (cast.amara, cast.wen, cast.daniel):
        assert signed_in(other).get(note.link).status_code == 404
        assert row.number not in signed_in(other).get("/en/help/requests/").content.decode()


def test_an_incomplete_answer_changes_nothing(cast, nadia):
    row = ask_of_northlight(cast, nadia)
    for gives in (frozenset(), frozenset({cast.account.pk, 999_999})):
        with pytest.raises(DomainError) as problem:
            reply(cast, row, program_account_ids=gives)
        assert problem.value.field == "program_accounts"
    with pytest.raises(DomainError):
        services.refuse(number=row.number, reason=" ", actor=actor(cast.daniel), at=cast.world.at)
    row.refresh_from_db()
    assert row.state == State.WAITING
    assert not Notification.objects.filter(category="support").exists()


def test_whoever_closes_first_wins(cast, nadia):
    row = ask_of_northlight(cast, nadia)
    services.refuse(number=row.number, reason="The name differs.", actor=actor(cast.daniel), at=cast.world.at)
    with pytest.raises(Conflict):
        reply(cast, row)
    with pytest.raises(Conflict):
        services.withdraw(number=row.number, actor=actor(nadia), at=cast.world.at)
    row.refresh_from_db()
    assert (row.state, row.answer, row.program_accounts.count()) == (State.REFUSED, "The name differs.", 0)


def test_people_neither_answer_nor_withdraw_for_others(cast, nadia):
    row = ask_of_northlight(cast, nadia)
    with pytest.raises(Stranger):
        services.answer(
            number=row.number,
            text="x",
            program_account_ids=frozenset({cast.account.pk}),
            actor=actor(nadia),
            on=cast.world.today,
            at=cast.world.at,
        )
    with pytest.raises(Stranger):
        services.withdraw(number=row.number, actor=actor(cast.amara), at=cast.world.at)
    with pytest.raises(Stranger):
        services.refuse(number="AAA-AAA-AAA", reason="x", actor=actor(cast.daniel), at=cast.world.at)


# --- The pages


def test_asking_answering_and_reading(cast, nadia):
    tab, desk = signed_in(nadia), signed_in(cast.daniel)
    assert "You belong to no customs broker" in tab.get(NEW).content.decode()
    typed = {"bn9": cast.northlight.bn9, "legal_name": "", "side": "IMPORTER", "message": "Looked everywhere"}
    answer = tab.post(NEW, typed)
    assert "Enter the legal name of the business" in answer.content.decode()
    assert "Looked everywhere" in answer.content.decode()
    sent = tab.post(NEW, typed | {"legal_name": "Northlite"}, follow=True)
    row = SupportRequest.objects.get()
    assert f"Your request {row.number} was sent" in sent.content.decode()
    again = tab.post(NEW, typed | {"legal_name": "Northlite"})
    assert "You asked this already" in again.content.decode()
    address = f"{DESK}{row.number}/"
    assert address in desk.get(DESK).content.decode()
    page = desk.get(address).content.decode()
    assert "Does not match" in page and "Claim only" in page and "Northlight Outdoor Supply" in page
    assert "Tick at least one program account" in desk.post(address, {"decision": "answer"}).content.decode()
    assert "Enter the reason" in desk.post(address, {"decision": "refuse", "text": ""}).content.decode()
    done = desk.post(address, {"decision": "refuse", "text": "Send the letter of the revenue agency."}, follow=True)
    assert "is closed" in done.content.decode()
    late = desk.post(address, {"decision": "answer", "program_accounts": [cast.account.pk]}, follow=True)
    assert "Somebody was there first" in late.content.decode()
    assert row.number in desk.get(f"{DESK}?tab=closed").content.decode()
    assert "Send the letter" in tab.get(f"/en/help/requests/{row.number}/").content.decode()


def test_a_broker_asks_from_the_page(cast):
    tab = signed_in(cast.wen)
    typed = {"bn9": cast.northlight.bn9, "legal_name": "Northlight Outdoor Supply Inc.", "side": "BROKER"}
    tab.post(NEW, typed | {"provider": cast.harbourline.pk})
    row = SupportRequest.objects.get()
    assert row.provider == cast.harbourline
    assert "A delegation is in force" in signed_in(cast.daniel).get(f"{DESK}{row.number}/").content.decode()
    signed_in(cast.daniel).post(
        f"{DESK}{row.number}/", {"decision": "answer", "program_accounts": [cast.account.pk], "text": ""}
    )
    assert "RM0001" in tab.get(f"/en/help/requests/{row.number}/").content.decode()


def test_a_question_of_another_kind_is_followed_too(cast, nadia):
    tab = signed_in(nadia)
    assert "My registration is locked" in tab.get(f"{NEW}?kind=GENERAL&subject=lock").content.decode()
    tab.post(f"{NEW}?kind=GENERAL", {"subject": "Statement", "message": "Where is it?"})
    row = SupportRequest.objects.get()
    SupportRequest.objects.update(answer_due_on=date(2026, 1, 2))
    assert "The answer is late" in tab.get(f"/en/help/requests/{row.number}/").content.decode()
    assert "Late" in tab.get("/en/help/requests/").content.decode()
    signed_in(cast.daniel).post(f"{DESK}{row.number}/", {"decision": "answer", "text": "Under Statements."})
    assert "Under Statements." in tab.get(f"/en/help/requests/{row.number}/").content.decode()


def test_a_question_is_withdrawn_once(cast, nadia):
    row, tab = ask_of_northlight(cast, nadia), signed_in(nadia)
    address = f"/en/help/requests/{row.number}/withdraw/"
    assert "was withdrawn" in tab.post(address, follow=True).content.decode()
    assert "Somebody was there first" in tab.post(address, follow=True).content.decode()
    assert signed_in(cast.daniel).get(f"{DESK}AAA-AAA-AAA/").status_code == 404


def test_the_wizard_and_the_help_codes_lead_here(nadia):
    tab = signed_in(nadia)
    tab.post("/en/register/begin/")
    for address in ("/en/register/numbers/", "/en/help/codes/", "/en/help/", "/en/contact/"):
        assert NEW in tab.get(address).content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unlocked_book")
def test_of_an_answer_and_a_withdrawal_at_once_exactly_one_counts(cast, nadia):
    row = ask_of_northlight(cast, nadia)
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def run(close) -> None:
        barrier.wait()
        try:
            outcomes.append(close().state)
        except Conflict as problem:
            outcomes.append(problem.code)
        finally:
            connection.close()

    ways = (
        lambda: reply(cast, row),
        lambda: services.withdraw(number=row.number, actor=actor(nadia), at=cast.world.at),
    )
    threads = [threading.Thread(target=run, args=(way,)) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row.refresh_from_db()
    assert sorted(outcomes) == sorted([row.state, "already_closed"])
    assert Notification.objects.filter(category="support").count() == (row.state == State.ANSWERED)
