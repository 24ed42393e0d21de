"""Strict mode for classes: to the letter, and a lock after ten errors that only an officer lifts."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from core.actor import Actor, ActorKind
from core.errors import Conflict, DomainError, Refused, Stranger
from core.models import AuditEvent
from notifications.models import Notification
from reference.models import PolicyParameter
from reference.rules.policy import is_registration_strict
from registration import queries, rules, services
from registration.models import Registration
from registration.rules import PAUSE, Tries
from registration.services import Answers, StepRefused
from tests.builders import actor, signed_in
from tests.registration.conftest import WALL, Wizard

pytestmark = pytest.mark.django_db
State = Registration.State
LATER = WALL + timedelta(days=400)
PAGE = "/en/officers/strict-mode/"


@pytest.fixture
def officer(cast):
    return actor(cast.daniel)


@pytest.fixture
def trainer(world):
    person = world.person("Tess Trainer", method=User.Method.STAFF, is_staff=True)
    person.groups.add(Group.objects.get_or_create(name="trainer")[0])
    return person


@pytest.fixture
def strict(world, officer):
    services.switch_strict_mode(is_on=True, reason="Class of July", actor=officer, on=world.today, at=world.at)


def wrong_numbers(wizard: Wizard, row: Registration, *, is_strict: bool = True) -> StepRefused:
    with pytest.raises(StepRefused) as problem:
        services.enter_numbers(
            registration=row,
            bn9="704000000",
            rm="RM0001",
            on=wizard.world.today,
            wall=WALL,
            is_strict=is_strict,
            **wizard.by,
        )
    return problem.value


@pytest.fixture
def locked(wizard):
    row = wizard.begin()
    left = [wrong_numbers(wizard, row).tries_left for _attempt in range(10)]
    assert left == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    row.refresh_from_db()
    return row


# --- The rule


@pytest.mark.parametrize(
    ("before", "errors", "is_strict", "after"),
    [
        (Tries(), 1, True, Tries(1)),
        (Tries(8), 1, True, Tries(9)),
        (Tries(9), 1, True, Tries(10, is_locked=True)),
        (Tries(8), 3, True, Tries(10, is_locked=True)),
        (Tries(9), 0, True, Tries(9)),
        (Tries(9), 1, False, Tries(10, WALL + PAUSE)),
        # Errors made before the mode was switched count on.
        (Tries(5), 5, True, Tries(10, is_locked=True)),
        # A pause from before is waited out and the count begins again.
        (Tries(10, WALL), 1, True, Tries(1)),
        # A lock stays, whatever the mode.
        (Tries(10, is_locked=True), 1, True, Tries(10, is_locked=True)),
        (Tries(10, is_locked=True), 1, False, Tries(10, is_locked=True)),
    ],
)
def test_ten_errors_lock_in_strict_mode_and_pause_elsewhere(before, errors, is_strict, after):
    assert before.after_errors(errors, WALL, is_strict=is_strict) == after


@pytest.mark.parametrize(
    ("tries", "left", "is_paused"),
    [(Tries(3), 7, False), (Tries(10, WALL), 10, False), (Tries(10, is_locked=True), 0, False)],
)
def test_time_ends_a_pause_and_never_a_lock(tries, left, is_paused):
    assert (tries.left(LATER), tries.is_paused(LATER)) == (left, is_paused)
    assert tries.minutes_left(LATER) == 0
    assert tries.settled(LATER).is_locked is tries.is_locked


def test_strict_mode_is_off_until_somebody_switches_it_on(world):
    assert not is_registration_strict(world.today)
    assert not queries.is_strict_mode(world.today)


def test_a_world_whose_table_is_older_than_the_mode_has_it_off(world):
    PolicyParameter.objects.create(
        key="card.limit", effective_from=world.today, value="1.00", mark="assumed", source="Older world"
    )
    assert not queries.is_strict_mode(world.today)
    assert queries.strict_mode_row(world.today).value == "no"


# --- Switching


def test_switching_is_dated_and_audited(world, officer):
    services.switch_strict_mode(is_on=True, reason="Class of July", actor=officer, on=world.today, at=world.at)
    assert queries.is_strict_mode(world.today)
    event = AuditEvent.objects.get(verb="policy_parameter.set")
    assert (event.reason, event.after["value"]) == ("Class of July", "yes")
    with pytest.raises(Conflict):
        services.switch_strict_mode(is_on=True, reason="Again", actor=officer, on=world.today, at=world.at)
    services.switch_strict_mode(is_on=False, reason="Class is over", actor=officer, on=world.today, at=world.at)
    assert not queries.is_strict_mode(world.today)
    with pytest.raises(Conflict):
        services.switch_strict_mode(is_on=False, reason="Again", actor=officer, on=world.today, at=world.at)


def test_switching_needs_a_reason_and_an_officer(world, officer, newcomer):
    with pytest.raises(DomainError) as problem:
        services.switch_strict_mode(is_on=True, reason=" ", actor=officer, on=world.today, at=world.at)
    assert problem.value.field == "reason"
    with pytest.raises(Stranger):
        services.switch_strict_mode(is_on=True, reason="Me", actor=actor(newcomer), on=world.today, at=world.at)
    assert not queries.is_strict_mode(world.today)


# --- Under the lock


def test_the_lock_survives_waiting_giving_up_and_beginning_anew(wizard, larkspur, locked):
    assert locked.state == State.LOCKED
    assert AuditEvent.objects.filter(verb="registration.locked").count() == 1
    for wall in (WALL, LATER):
        with pytest.raises(Refused) as problem:
            wizard.numbers(locked, larkspur.account, wall=wall)
        assert problem.value.code == "registration_locked"
    with pytest.raises(Conflict):
        services.abandon(registration=locked, **wizard.by)
    assert wizard.begin() == locked
    locked.refresh_from_db()
    assert locked.state == State.LOCKED


def test_switching_the_mode_off_lifts_no_lock(world, strict, officer, wizard, locked, larkspur):
    services.switch_strict_mode(is_on=False, reason="Class is over", actor=officer, on=world.today, at=world.at)
    with pytest.raises(Refused):
        wizard.numbers(locked, larkspur.account)


def test_a_comma_locks_too(wizard, larkspur):
    row = wizard.numbers(wizard.begin(), larkspur.account)
    typed = rules.Identity(**{**vars(larkspur.identity), "name": "Larkspur Marine Parts, Ltd."})
    for _attempt in range(10):
        with pytest.raises(StepRefused) as problem:
            wizard.identity(row, typed, is_strict=True)
        assert list(problem.value.problems) == ["name"]
    row.refresh_from_db()
    assert (row.state, row.business) == (State.LOCKED, larkspur.business)
    assert [(part.is_same, part.is_same_in_strict_mode) for part in queries.compared(row)][:2] == [
        (True, False),
        (True, True),
    ]


def test_wrong_figures_lock_too(wizard, larkspur):
    row = wizard.up_to_proof(larkspur)
    wrong = Answers(declaration_number="1" * 14, declaration_total=larkspur.declaration.total)
    for _attempt in range(10):
        with pytest.raises(StepRefused):
            services.enter_answers(
                registration=row, answers=wrong, on=wizard.world.today, wall=WALL, is_strict=True, **wizard.by
            )
    row.refresh_from_db()
    assert row.state == State.LOCKED


def test_nothing_is_compared_before_the_second_step(locked):
    assert queries.compared(locked) == []


# --- Lifting


def test_an_officer_lifts_the_lock_and_the_person_is_told(world, wizard, officer, larkspur, locked, newcomer):
    services.lift_lock(registration=locked, reason="Heard in class", actor=officer, at=world.at)
    locked.refresh_from_db()
    assert (locked.state, locked.error_count) == (State.NUMBERS, 0)
    event = AuditEvent.objects.get(verb="registration.lock_lifted")
    assert (event.reason, event.before["state"]) == ("Heard in class", "LOCKED")
    assert Notification.objects.get(user=newcomer).subject == "An officer lifted the lock on your registration"
    assert wizard.numbers(locked, larkspur.account).state == State.IDENTITY
    with pytest.raises(Conflict):
        services.lift_lock(registration=locked, reason="Twice", actor=officer, at=world.at)
    assert AuditEvent.objects.filter(verb="registration.lock_lifted").count() == 1


def test_nobody_lifts_their_own_lock_and_a_reason_is_needed(world, wizard, officer, locked):
    with pytest.raises(Stranger):
        services.lift_lock(registration=locked, reason="Please", actor=actor(wizard.user), at=world.at)
    with pytest.raises(DomainError):
        services.lift_lock(registration=locked, reason="", actor=officer, at=world.at)
    with pytest.raises(Conflict):
        services.lift_pause(registration=locked, reason="Wrong action", actor=officer, at=world.at)
    locked.refresh_from_db()
    assert locked.state == State.LOCKED


def test_who_is_registered_by_hand_begins_the_next_with_all_tries(world, wizard, officer, larkspur, locked):
    Registration.objects.filter(pk=locked.pk).update(
        business=larkspur.business, bn9=larkspur.business.bn9, rm=larkspur.account.rm
    )
    services.register_by_hand(registration=locked, reason="Papers checked", actor=officer, at=world.at)
    assert services.tries_of(wizard.begin()).left(WALL) == 10


def test_officers_do_not_lift_as_software(world, locked):
    with pytest.raises(Stranger):
        services.lift_lock(
            registration=locked, reason="x", actor=Actor(kind=ActorKind.SOFTWARE, client_id="x"), at=world.at
        )


# --- The pages


def test_the_wizard_says_that_strict_mode_is_on_and_compares_to_the_letter(strict, tab, larkspur):
    page = tab.get("/en/register/").content.decode()
    assert "Strict mode is on in this class" in page
    assert "exactly as registered, to the letter" in page
    tab.post("/en/register/begin/")
    assert "You have 10 tries left." in tab.get("/en/register/numbers/").content.decode()
    tab.post("/en/register/numbers/", {"bn9": larkspur.business.bn9, "rm": larkspur.account.rm})
    answer = tab.post("/en/register/name-and-address/", larkspur.address)
    assert answer.status_code == 422
    assert "You have 9 tries left. After that an officer has to lift the lock" in answer.content.decode()
    exact = tab.post("/en/register/name-and-address/", vars(larkspur.identity))
    assert exact.url == "/en/register/proof/"


def test_the_tenth_error_leads_to_the_page_that_says_whom_to_ask(strict, tab, newcomer, larkspur):
    tab.post("/en/register/begin/")
    for _attempt in range(10):
        answer = tab.post("/en/register/numbers/", {"bn9": larkspur.business.bn9, "rm": "RM0009"}, follow=True)
    assert answer.status_code == 403
    number = Registration.objects.get(user=newcomer).pk
    assert f"My registration number {number} is locked" in answer.content.decode()
    assert Registration.objects.get(user=newcomer).typed["NUMBERS"]["rm"] == "RM0009"
    assert "Your registration is locked" in tab.get("/en/register/").content.decode()
    assert tab.post("/en/register/begin/").url == "/en/register/numbers/"
    refused = tab.post("/en/register/give-up/", follow=True)
    assert "can&#x27;t be given up" in refused.content.decode()


def test_a_trainer_switches_the_mode_and_an_officer_lifts_the_lock(trainer, cast, world, locked):
    class_room = signed_in(trainer)
    french = class_room.get(PAGE.replace("/en/", "/fr/")).content.decode()
    assert "Exact match" not in french, "the note of the portal's own row is no English text on a French page"
    assert "Enter the reason" in class_room.post(PAGE, {"mode": "on", "reason": ""}).content.decode()
    switched = class_room.post(PAGE, {"mode": "on", "reason": "Class"}, follow=True)
    assert "Strict mode is on from now on." in switched.content.decode()
    assert "is on already" in class_room.post(PAGE, {"mode": "on", "reason": "Class"}).content.decode()
    address = f"{PAGE}{locked.pk}/"
    assert address not in switched.content.decode()
    assert class_room.get(address).status_code == 403
    desk = signed_in(cast.daniel)
    assert address in desk.get(PAGE).content.decode()
    assert "Enter the reason" in desk.post(address, {"reason": " "}).content.decode()
    lifted = desk.post(address, {"reason": "Heard in class"}, follow=True)
    assert "The lock is lifted" in lifted.content.decode()
    assert "Nobody is locked out" in lifted.content.decode()
    assert desk.get(address).status_code == 404
    assert "off from now on" in desk.post(PAGE, {"mode": "off", "reason": "Over"}, follow=True).content.decode()


def test_the_record_stands_beside_what_was_typed(cast, wizard, larkspur):
    row = wizard.numbers(wizard.begin(), larkspur.account)
    typed = rules.Identity(**{**vars(larkspur.identity), "name": "Larkspur", "city": "LUNENBURG"})
    for _attempt in range(10):
        with pytest.raises(StepRefused):
            wizard.identity(row, typed, is_strict=True)
    page = signed_in(cast.daniel).get(f"{PAGE}{row.pk}/").content.decode()
    for words in ("Larkspur Marine Parts Ltd.", "Differs", "Same but for its spelling", "To the letter"):
        assert words in page


def test_an_officer_lifts_the_lock_in_the_register_too(cast, locked):
    data = {"action": "lift_lock", "_selected_action": [locked.pk], "reason": "By telephone"}
    signed_in(cast.daniel).post("/en/admin/registration/registration/", data, follow=True)
    locked.refresh_from_db()
    assert locked.state == State.NUMBERS
