"""Password rules, subjects and practice people: pure, no process."""

import datetime as dt

import pytest

from counterparts.identity import rules, seats
from counterparts.identity.rules import PasswordFault, UsernameFault
from counterparts.identity.subjects import subject_of


@pytest.mark.parametrize(
    ("password", "username", "faults"),
    [
        ("Practice2026", "amara.osei", ()),
        ("Abcdef12", "somebody", ()),
        ("Abcdef1", "somebody", (PasswordFault.LENGTH,)),
        ("Abcdefgh12345678", "somebody", ()),
        ("Abcdefgh123456789", "somebody", (PasswordFault.LENGTH,)),
        ("abcdef12", "somebody", (PasswordFault.UPPER,)),
        ("ABCDEF12", "somebody", (PasswordFault.LOWER,)),
        ("Abcdefgh", "somebody", (PasswordFault.DIGIT,)),
        ("xAMAx1234", "amara.osei", (PasswordFault.USERNAME,)),
        ("xAMx1234y", "amara.osei", ()),
        ("Qa.osX123", "amara.osei", (PasswordFault.USERNAME,)),
        ("", "", (PasswordFault.LENGTH, PasswordFault.UPPER, PasswordFault.LOWER, PasswordFault.DIGIT)),
    ],
)
def test_password_rules(password: str, username: str, faults: tuple[PasswordFault, ...]) -> None:
    assert rules.password_faults(password, username) == faults


@pytest.mark.parametrize(
    ("username", "fault"),
    [
        ("amara.osei", None),
        ("abcdef", None),
        ("abcde", UsernameFault.LENGTH),
        ("a" * 33, UsernameFault.LENGTH),
        (".abcdef", UsernameFault.CHARACTERS),
        ("abcdef-", UsernameFault.CHARACTERS),
        ("abc def", UsernameFault.CHARACTERS),
        ("éabcdef", UsernameFault.CHARACTERS),
    ],
)
def test_username_rules(username: str, fault: UsernameFault | None) -> None:
    assert rules.username_fault(username) == fault


def test_the_fifth_failure_begins_a_pause_of_fifteen_minutes() -> None:
    at = dt.datetime(2026, 7, 25, 9, 0, tzinfo=dt.UTC)
    assert rules.paused_until(4, at) is None
    until = rules.paused_until(5, at)
    assert until == dt.datetime(2026, 7, 25, 9, 15, tzinfo=dt.UTC)
    assert rules.minutes_left(until, at) == 15
    assert rules.minutes_left(until, at + dt.timedelta(minutes=14, seconds=30)) == 1
    assert rules.minutes_left(until, at + dt.timedelta(minutes=13, seconds=59)) == 2


def test_answers_and_user_names_are_compared_without_capitals_and_spaces() -> None:
    assert rules.normal_answer("  Lake   SUPERIOR ") == "lake superior"
    assert rules.normal_username(" Amara.Osei ") == "amara.osei"


def test_banks_are_found_by_their_address() -> None:
    assert len(rules.BANKS) == 5
    assert rules.bank_of("tamarack") == rules.Bank("tamarack", "Tamarack Savings")
    assert rules.bank_of("other") is None


def test_subjects_are_pairwise_stable_and_say_nothing() -> None:
    subject = subject_of(secret="key", identity="gckey", username="amara.osei")
    assert subject == subject_of(secret="key", identity="gckey", username=" Amara.Osei ")
    assert len(subject) == 32
    assert int(subject, 16) > 0
    assert len({subject, subject_of(secret="key", identity="partner", username="amara.osei")}) == 2
    assert len({subject, subject_of(secret="other", identity="gckey", username="amara.osei")}) == 2


def test_every_practice_person_satisfies_the_rules() -> None:
    assert len({(seat.identity, seat.username) for seat in seats.SEATS}) == len(seats.SEATS)
    for seat in seats.SEATS:
        assert rules.username_fault(seat.username) is None, seat
        assert rules.password_faults(seats.PRACTICE_PASSWORD, seat.username) == (), seat
        assert (rules.bank_of(seat.bank) is not None) == (seat.identity == "partner"), seat
        assert bool(seat.roles) == bool(seat.email) == (seat.identity == "staff"), seat
        assert seat.subject("key") == subject_of(secret="key", identity=seat.identity, username=seat.username)
    daniel = seats.seat_of("staff", "daniel.okafor")
    assert daniel is not None
    assert daniel.name == "Daniel Okafor"
    assert seats.seat_of("gckey", "daniel.okafor") is None
    assert {seat.username for seat in seats.seats_of("partner", "aurora")} == {"nora.tanaka"}
