"""The three offsetting methods, whole items by hand, when a credit is paid back: to the cent, without a database."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from payments import rules
from payments.credits.rules import (
    REFUND_TRANSITIONS,
    Obstacle,
    RefundCase,
    can_become,
    example,
    months_after,
    refund_obstacle,
)
from payments.rules import OpenCredit, OpenDebt, Preference

ON = date(2026, 7, 31)
D = Decimal


def debt(number: int, left: str, day: int = 31, kind: str = "CHARGE", **more: Any) -> OpenDebt:
    return OpenDebt(number, kind, date(2026, 7, day), D(left), **more)


def used(debts: list[OpenDebt], credits: list[str], preference: str) -> list[tuple[int, int, str]]:
    supply = [OpenCredit(number, ON, D(left)) for number, left in enumerate(credits, 1)]
    found = rules.allocations(debts, supply, on=ON, preference=preference)
    return [(row.debt_id, row.credit_id, str(row.amount)) for row in found]


DUE = [
    debt(1, "150.00", 28, "INTEREST"),
    debt(2, "400.00"),
    debt(3, "350.00", 30, "ADJUSTMENT", is_billed=False),
    debt(4, "550.00"),
]


@pytest.mark.parametrize(
    ("preference", "expected"),
    [
        ("OLDEST_FIRST", [(1, 1, "150.00"), (3, 1, "350.00"), (2, 1, "50.00"), (2, 2, "200.00")]),
        ("BILLED_FIRST", [(2, 1, "400.00"), (4, 1, "150.00"), (4, 2, "200.00")]),
        ("DECLARATION_FIRST", [(4, 1, "550.00"), (1, 2, "150.00"), (3, 2, "50.00")]),
    ],
)
def test_each_method_uses_credits_in_its_own_order(preference: str, expected: list[Any]) -> None:
    assert used(DUE, ["550.00", "200.00"], preference) == expected


@pytest.mark.parametrize("preference", list(Preference))
def test_what_is_overdue_comes_first_whatever_the_method(preference: str) -> None:
    late = debt(9, "100.00", 2, "INTEREST", is_billed=False, is_overdue=True)
    assert used([debt(2, "550.00"), late], ["550.00"], preference)[0] == (9, 1, "100.00")
    assert used([debt(2, "550.00"), debt(3, "5.00", 31)], ["0.00"], preference) == []


def test_a_debt_to_come_waits_under_every_method() -> None:
    to_come = OpenDebt(1, "CHARGE", date(2026, 8, 31), D("10.00"))
    assert all(used([to_come], ["10.00"], method) == [] for method in Preference)


def test_by_hand_whole_items_are_paid_and_the_missing_part_is_named() -> None:
    debts = [debt(1, "300.00"), OpenDebt(2, "CHARGE", date(2026, 9, 30), D("200.00"))]
    credits = [OpenCredit(1, ON, D("120.00")), OpenCredit(2, ON, D("380.00"))]
    assert rules.missing_by_hand(debts, credits) == 0
    pairs = [(row.debt_id, row.credit_id, str(row.amount)) for row in rules.by_hand(debts, credits)]
    assert pairs == [(1, 1, "120.00"), (1, 2, "180.00"), (2, 2, "200.00")]
    assert rules.missing_by_hand(debts, credits[1:]) == D("120.00")


def test_the_example_is_what_the_rule_does() -> None:
    rows = example(ON)
    assert [str(row.amount) for row in rows] == ["150.00", "400.00", "350.00", "550.00"]
    paid = {method: [str(row.paid[method]) for row in rows] for method in Preference}
    assert paid == {
        "OLDEST_FIRST": ["150.00", "250.00", "350.00", "0.00"],
        "BILLED_FIRST": ["0.00", "400.00", "0.00", "350.00"],
        "DECLARATION_FIRST": ["150.00", "0.00", "50.00", "550.00"],
    }
    assert [name for name, _amount in rows[0].paid_by_method] == ["Oldest first", "Billed first", "Whole items first"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, None),
        ({"amount": D("500.01")}, Obstacle.TOO_MUCH),
        ({"owed": D("0.01")}, Obstacle.DEBT),
        ({"overdue": D("0.01"), "owed": D("5.00")}, Obstacle.DEFAULT),
        ({"minimum": D("1000.00"), "small_after_months": 2}, Obstacle.SMALL),
        ({"minimum": D("1000.00"), "small_after_months": 2, "credit_since": date(2026, 5, 31)}, None),
        ({"minimum": D("1000.00"), "small_after_months": 2, "credit_since": date(2026, 6, 1)}, Obstacle.SMALL),
        ({"minimum": D("1000.00"), "small_after_months": 2, "credit_since": None}, Obstacle.SMALL),
        ({"minimum": D("500.00"), "small_after_months": 2}, None),
    ],
)
def test_a_refund_is_refused_for_the_first_reason_against_it(changed: dict[str, Any], expected: Any) -> None:
    case = {
        "amount": D("500.00"), "free": D("500.00"), "owed": D("0.00"), "overdue": D("0.00"),
        "credit_since": date(2026, 7, 1), "on": ON,
    }  # fmt: skip
    assert refund_obstacle(RefundCase(**{**case, **changed})) == expected


def test_months_end_where_the_month_does_and_a_decision_is_final() -> None:
    assert months_after(date(2025, 12, 31), 2) == date(2026, 2, 28)
    assert months_after(date(2026, 10, 15), 2) == date(2026, 12, 15)
    assert can_become("REQUESTED", "WITHDRAWN") and can_become("APPROVED", "PAID")
    assert not any(REFUND_TRANSITIONS[state] for state in ("PAID", "REJECTED", "WITHDRAWN"))
