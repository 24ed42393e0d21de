"""Codes, pauses, signatures and addresses: what the Bond API promises, without a database."""

import hashlib
import hmac
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from integrations import gateway, rules
from reference.queries import policy
from security.rules import Coverage, event_data, is_same_name, raised_to, stays_sufficient, used_of_bonds

M = Decimal


@pytest.mark.parametrize(
    ("code", "field", "told"),
    [
        ("required", "amount", "BA001"),
        ("invalid_choice", "program", "BA002"),
        ("invalid", "validity_start", "BA003"),
        ("notice_too_short", "terminates_on", "BA204"),
        ("version_conflict", "prior_version", "BA205"),
        ("bond_below_minimum", "amount", "BA301"),
        ("idempotency_key_reused", "Idempotency-Key", "BA299"),
        ("scope_missing", None, "scope_missing"),
        ("not_found", None, "not_found"),
    ],
)
def test_each_refusal_has_its_code(code, field, told):
    assert rules.bond_code(code, field) == told


def test_a_failed_delivery_is_tried_five_times_more_and_then_given_up():
    minutes = [pause and pause / timedelta(minutes=1) for pause in map(rules.pause_after, range(1, 7))]
    assert minutes == [1, 5, 30, 120, 720, None]


def test_the_signature_is_what_any_library_makes_of_the_timestamp_and_the_bytes():
    expected = hmac.new(b"s", b"1700000000.{}", hashlib.sha256).hexdigest()
    assert rules.signature("s", timestamp=1700000000, body=b"{}") == f"t=1700000000,v1={expected}"


@pytest.mark.parametrize(
    ("address", "in_production", "in_practice"),
    [
        ("https://surety.example/events", True, True),
        ("http://localhost:9000/", False, True),
        ("ftp://surety.example/", False, False),
        ("https://me:secret@surety.example/", False, False),
        ("https:///events", False, False),
        ("https://surety.example:99999/", False, False),
    ],
)
def test_events_go_to_safe_addresses_alone(address, in_production, in_practice):
    assert rules.is_acceptable_address(address, allows_private=False) is in_production
    assert rules.is_acceptable_address(address, allows_private=True) is in_practice


@pytest.mark.parametrize(
    ("ip", "is_public"), [("8.8.8.8", True), ("10.1.2.3", False), ("169.254.169.254", False), ("::1", False)]
)
def test_private_networks_are_not_public(ip, is_public):
    assert gateway.is_public_ip(ip) is is_public


@pytest.mark.parametrize(
    ("debt", "cash", "bonds", "used"),
    [
        ("0", "0", ["5000"], ["0"]),
        ("1000.01", "1000", ["5000"], ["0.01"]),
        ("9000", "1000", ["5000", "6000"], ["5000", "3000"]),
        ("99999", "0", ["5000", "6000"], ["5000", "6000"]),
    ],
)
def test_a_debt_takes_cash_first_and_then_bonds_the_oldest_first(debt, cash, bonds, used):
    assert used_of_bonds(M(debt), cash=M(cash), bonds=[M(bond) for bond in bonds]) == tuple(M(part) for part in used)


def test_names_sufficiency_and_the_amount_to_raise_to():
    assert is_same_name(" northlight  OUTFITTERS ltd", "Northlight Outfitters Ltd.", "")
    assert not is_same_name("", "", "") and not is_same_name("Northlight", "Northlight Outfitters Ltd.")
    assert raised_to(M("25000.00"), M("11480.21"), bond_rate=M("0.5")) == M("30740.11")
    bond = SimpleNamespace(
        pk=7,
        agreement_number="KN-1",
        state="ACTIVE",
        amount=M("5000"),
        asked_amount=None,
        terminates_on=date(2026, 9, 1),
        debtor=SimpleNamespace(legal_name="N"),
        program_account=SimpleNamespace(number="1"),
    )
    told = event_data(bond, due_on="2026-10-15")
    assert (told["amount"], told["terminates_on"], told["due_on"]) == ("5000.00", "2026-09-01", "2026-10-15")


@pytest.mark.django_db
def test_a_bond_may_shrink_to_the_cent_that_still_covers():
    coverage = Coverage(bond=M("30000"), cash=M("10000"), parameters=policy().security_parameters(date(2026, 7, 22)))
    assert stays_sufficient(coverage, M("60000"), less=M("5000"))
    assert not stays_sufficient(coverage, M("60000"), less=M("5000.01"))
