"""The bank's rules and its signature: pure, no process."""

import datetime as dt
import hashlib
import hmac

import pytest

from counterparts.bank import rules
from counterparts.bank.rules import CardFault, Manner, Reason
from counterparts.bank.signatures import is_genuine, signature_of


def test_every_practice_card_is_fictional_and_well_formed() -> None:
    assert len({card.number for card in rules.CARDS}) == len(rules.CARDS)
    for card in rules.CARDS:
        assert rules.card_fault(card.spaced) is None, card
    assert {card.manner for card in rules.CARDS} == set(Manner)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("9999 0000 0000 0012", None),
        ("9999-0000-0000-0012", None),
        ("9999000000000013", CardFault.MALFORMED),
        ("999900000000001", CardFault.MALFORMED),
        ("4111 1111 1111 1111", CardFault.NOT_PRACTICE),
        ("\uff19\uff19\uff19\uff19000000000012", CardFault.MALFORMED),
        ("letters", CardFault.MALFORMED),
        ("", CardFault.MALFORMED),
    ],
)
def test_card_numbers(text: str, fault: CardFault | None) -> None:
    assert rules.card_fault(text) == fault


@pytest.mark.parametrize(
    ("method", "number", "reason", "is_approved"),
    [
        ("card", "9999 0000 0000 0012", Reason.NONE, True),
        ("card", "9999000000000020", Reason.REFUSED, False),
        ("card", "9999000000000079", Reason.NONE, True),
        ("card", "9999000000000103", Reason.NONE, False),
        ("card", "9999000000000111", Reason.UNKNOWN_INSTRUMENT, False),
        ("card", "10000001", Reason.UNKNOWN_INSTRUMENT, False),
        ("debit", "10000001", Reason.NONE, True),
        ("debit", "10000003", Reason.FROZEN_ACCOUNT, False),
    ],
)
def test_what_an_instrument_does(method: str, number: str, reason: Reason, is_approved: bool) -> None:
    found = rules.instrument_for(method, number)
    assert (found.reason, found.is_approved) == (reason, is_approved)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("12/39", dt.date(2039, 12, 31)),
        (" 02 / 28 ", dt.date(2028, 2, 29)),
        ("13/39", None),
        ("1/39", None),
        ("2039-12", None),
    ],
)
def test_expiry_dates(text: str, day: dt.date | None) -> None:
    assert rules.last_day_of(text) == day


@pytest.mark.parametrize(
    ("value", "is_good"),
    [
        ("0.01", True),
        ("22274.33", True),
        ("0.00", False),
        ("10", False),
        ("10.5", False),
        ("-1.00", False),
        ("1,000.00", False),
        ("1.00\n", False),
        (10.5, False),
        (None, False),
    ],
)
def test_amounts_are_texts_with_cents(value: object, is_good: bool) -> None:
    assert rules.is_amount(value) is is_good


def test_amounts_keep_their_cents() -> None:
    assert rules.cents_of("22274.33") == 2_227_433
    assert rules.amount_of(2_227_433) == "22274.33"
    assert rules.amount_of(5) == "0.05"


def test_references_and_payees() -> None:
    assert rules.is_reference("pay-2026:1.a_B")
    assert not rules.is_reference("")
    assert not rules.is_reference("a" * 65)
    assert not rules.is_reference("a b")
    assert not rules.is_reference(7)
    assert rules.is_payee("123456789RM0001")
    assert not rules.is_payee("123456789RM0000")
    assert not rules.is_payee("123456789RT0001")
    assert not rules.is_payee(None)


@pytest.mark.parametrize(("code", "passes"), [("123456", True), ("123 456", True), ("123457", False), ("", False)])
def test_one_code_passes_the_challenge(code: str, passes: bool) -> None:
    assert rules.challenge_passes(code) is passes


def test_tries_become_rarer_and_end() -> None:
    at = dt.datetime(2026, 7, 25, tzinfo=dt.UTC)
    tries = [rules.next_try(attempts, at) for attempts in range(1, 11)]
    assert tries[0] == at + dt.timedelta(seconds=5)
    assert tries[4] == at + dt.timedelta(minutes=15)
    assert tries[9] is None


def test_signatures_hold_for_the_body_the_time_and_the_secret() -> None:
    body = b'{"id": "ev_1"}'
    signature = signature_of(secret="key", timestamp="1000", body=body)
    assert signature == "v1=" + hmac.new(b"key", b"1000." + body, hashlib.sha256).hexdigest()
    assert is_genuine(secret="key", timestamp="1000", body=body, signature=signature, at=1299.0)
    assert not is_genuine(secret="key", timestamp="1000", body=body, signature=signature, at=1301.0)
    assert not is_genuine(secret="key", timestamp="1001", body=body, signature=signature, at=1000.0)
    assert not is_genuine(secret="other", timestamp="1000", body=body, signature=signature, at=1000.0)
    assert not is_genuine(secret="key", timestamp="1000", body=body + b" ", signature=signature, at=1000.0)
    assert not is_genuine(secret="key", timestamp="soon", body=body, signature=signature, at=1000.0)
    assert not is_genuine(secret="key", timestamp="1000", body=body, signature="é", at=1000.0)
