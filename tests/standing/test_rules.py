"""The verdict and its steps: pure, by the day."""

from datetime import date
from decimal import Decimal

import pytest

from standing.rules import Step, nearest_unpaid, standing, step_days

D = Decimal
LAST_DAY = date(2026, 7, 2)


def verdict(on: date, *, overdue: str = "100.00", last_day: date | None = LAST_DAY, suspend: int = 45) -> object:
    return standing(
        overdue=D(overdue),
        oldest_last_day=last_day,
        on=on,
        arrears_after_days=30,
        suspend_after_days=suspend,
        good_since=date(2025, 3, 4),
    )


@pytest.mark.parametrize(
    ("on", "step", "day"),
    [
        (date(2026, 7, 3), Step.ARREARS, date(2026, 8, 1)),
        (date(2026, 7, 31), Step.ARREARS, date(2026, 8, 1)),
        (date(2026, 8, 1), Step.SUSPENSION, date(2026, 8, 16)),
        (date(2026, 8, 16), None, None),
    ],
)
def test_the_next_step_of_an_overdue_account(on: date, step: Step | None, day: date | None) -> None:
    found = verdict(on)
    assert (found.is_good, found.overdue, found.overdue_since) == (False, D("100.00"), date(2026, 7, 3))
    assert (found.next_step, found.next_step_on, found.good_since) == (step, day, None)
    assert [row[0] for row in found.steps] == [Step.WARNING, Step.ARREARS, Step.SUSPENSION]


@pytest.mark.parametrize(("overdue", "last_day"), [("0.00", LAST_DAY), ("-1.00", LAST_DAY), ("0.00", None)])
def test_nothing_overdue_is_good_standing(overdue: str, last_day: date | None) -> None:
    found = verdict(date(2026, 7, 3), overdue=overdue, last_day=last_day)
    assert (found.is_good, found.overdue, found.good_since, found.steps) == (True, D("0.00"), date(2025, 3, 4), ())


def test_steps_in_the_order_of_their_days_even_when_suspension_comes_first() -> None:
    found = verdict(date(2026, 7, 3), suspend=10)
    assert [row[0] for row in found.steps] == [Step.WARNING, Step.SUSPENSION, Step.ARREARS]
    assert (found.next_step, found.next_step_on) == (Step.SUSPENSION, date(2026, 7, 12))


def test_the_days_of_the_steps() -> None:
    assert step_days(LAST_DAY, arrears_after_days=30, suspend_after_days=30) == {
        Step.WARNING: date(2026, 7, 3),
        Step.ARREARS: date(2026, 8, 1),
        Step.SUSPENSION: date(2026, 8, 1),
    }


JULY, AUGUST = date(2026, 7, 31), date(2026, 8, 31)


@pytest.mark.parametrize(
    ("ahead", "credit", "expected"),
    [
        ({}, "0.00", (None, "0.00")),
        ({AUGUST: D("5.00"), JULY: D("10.00")}, "0.00", (JULY, "10.00")),
        ({AUGUST: D("5.00"), JULY: D("10.00")}, "10.00", (AUGUST, "5.00")),
        ({AUGUST: D("5.00"), JULY: D("10.00")}, "12.00", (AUGUST, "3.00")),
        ({AUGUST: D("5.00")}, "5.00", (None, "0.00")),
    ],
)
def test_the_nearest_debt_after_credits(ahead: dict[date, D], credit: str, expected: tuple[date | None, str]) -> None:
    assert nearest_unpaid(ahead, credit=D(credit)) == (expected[0], D(expected[1]))
