"""Corrections, the late accounting penalty, statements and proofs of origin: pure answers."""

from datetime import date
from decimal import Decimal

import pytest

from declarations.rules import accounting_unit, can_correct, late_accounting_penalty, needs_origin_proof, statement_day
from reference.rules.policy import POLICY


@pytest.mark.parametrize(
    ("state", "on", "expected"),
    [
        ("ACCEPTED", date(2026, 8, 31), True),
        ("ACCEPTED", date(2026, 9, 1), False),
        ("DRAFT", date(2026, 7, 22), False),
        ("READY", date(2026, 7, 22), False),
    ],
)
def test_a_change_is_a_correction_until_the_payment_due_date(state: str, on: date, expected: bool) -> None:
    assert can_correct(state=state, payment_due_on=date(2026, 8, 31), on=on) is expected


@pytest.mark.parametrize(
    ("due", "on", "expected"),
    [
        pytest.param(date(2026, 7, 29), date(2026, 7, 30), None, id="the notice comes first"),
        pytest.param(date(2026, 7, 29), date(2026, 8, 7), None, id="nine days late"),
        pytest.param(date(2026, 7, 29), date(2026, 8, 8), Decimal("100.00"), id="ten days late"),
        pytest.param(date(2025, 1, 9), date(2025, 1, 25), Decimal("0.00"), id="relief after the launch"),
        pytest.param(date(2025, 1, 20), date(2025, 1, 30), Decimal("100.00"), id="resumed 2025-01-20"),
        pytest.param(date(2024, 10, 1), date(2024, 10, 11), Decimal("100.00"), id="before the launch"),
    ],
)
def test_the_penalty_for_late_accounting(due: date, on: date, expected: Decimal | None) -> None:
    assert late_accounting_penalty(accounting_due_on=due, on=on, policy=POLICY) == expected


@pytest.mark.parametrize(
    ("posted_on", "expected"),
    [
        (date(2026, 7, 22), date(2026, 8, 25)),
        (date(2026, 8, 24), date(2026, 8, 25)),
        (date(2026, 8, 25), date(2026, 9, 25)),
        (date(2026, 9, 3), date(2026, 9, 25)),
        (date(2026, 12, 28), date(2027, 1, 25)),
    ],
)
def test_the_statement_on_which_a_declaration_appears(posted_on: date, expected: date) -> None:
    assert statement_day(statement_on=date(2026, 8, 25), posted_on=posted_on) == expected


@pytest.mark.parametrize(("treatment", "expected"), [("MFN", False), ("GT", False), ("CPTPT", True), ("UST", True)])
def test_a_preference_rests_on_a_proof_of_origin(treatment: str, expected: bool) -> None:
    assert needs_origin_proof(treatment) is expected


def test_what_is_accounted_for_together() -> None:
    month = (1, 7, date(2026, 8, 24))
    assert accounting_unit("A", declaration_id=3, courier_month=month) == ("declaration", 3)
    assert accounting_unit("A", declaration_id=None, courier_month=month) == ("courier", *month)
    assert accounting_unit("A", declaration_id=None, courier_month=None) == ("release", "A")
