"""The verdict and its steps: pure, by the day."""

from datetime import date
from decimal import Decimal

import pytest

from reference.rules.policy import POLICY
from standing.rules import (
    Step,
    StepDays,
    can_enforce,
    due_steps,
    instalments,
    may_be_overdue,
    nearest_unpaid,
    standing,
    step_days,
)

D = Decimal
LAST_DAY = date(2026, 7, 2)
WARNED, NOTICED = date(2026, 7, 3), date(2026, 8, 1)


def days(suspension: int = 45) -> StepDays:
    return StepDays(arrears=30, suspension=suspension, collections=40, enforcement=91, reminder=5)


def verdict(on: date, *, overdue: str = "100.00", last_day: date | None = LAST_DAY, suspend: int = 45) -> object:
    return standing(
        overdue=D(overdue), oldest_last_day=last_day, on=on, days=days(suspend), good_since=date(2025, 3, 4)
    )


@pytest.mark.parametrize(
    ("on", "step", "day"),
    [
        (date(2026, 7, 3), Step.ARREARS, date(2026, 8, 1)),
        (date(2026, 7, 31), Step.ARREARS, date(2026, 8, 1)),
        (date(2026, 8, 1), Step.COLLECTIONS, date(2026, 8, 11)),
        (date(2026, 8, 11), Step.SUSPENSION, date(2026, 8, 16)),
        (date(2026, 8, 16), Step.ENFORCEMENT, date(2026, 10, 31)),
        (date(2026, 10, 31), None, None),
    ],
)
def test_the_next_step_of_an_overdue_account(on: date, step: Step | None, day: date | None) -> None:
    found = verdict(on)
    assert (found.is_good, found.overdue, found.overdue_since) == (False, D("100.00"), date(2026, 7, 3))
    assert (found.next_step, found.next_step_on, found.good_since) == (step, day, None)
    assert [row[0] for row in found.steps] == [step for step in Step if step != Step.REMINDER]


@pytest.mark.parametrize(("overdue", "last_day"), [("0.00", LAST_DAY), ("-1.00", LAST_DAY), ("0.00", None)])
def test_nothing_overdue_is_good_standing(overdue: str, last_day: date | None) -> None:
    found = verdict(date(2026, 7, 3), overdue=overdue, last_day=last_day)
    assert (found.is_good, found.overdue, found.good_since, found.steps) == (True, D("0.00"), date(2025, 3, 4), ())


def test_steps_in_the_order_of_their_days_even_when_suspension_comes_first() -> None:
    found = verdict(date(2026, 7, 3), suspend=10)
    assert [row[0] for row in found.steps][:3] == [Step.WARNING, Step.SUSPENSION, Step.ARREARS]
    assert (found.next_step, found.next_step_on) == (Step.SUSPENSION, date(2026, 7, 12))


def test_the_days_of_the_steps_by_the_policy_in_force() -> None:
    in_force = StepDays.of(POLICY, LAST_DAY)
    assert in_force == StepDays(arrears=30, suspension=30, collections=30, enforcement=91, reminder=5)
    assert step_days(LAST_DAY, days=in_force) == {
        Step.WARNING: WARNED,
        Step.ARREARS: NOTICED,
        Step.COLLECTIONS: NOTICED,
        Step.SUSPENSION: NOTICED,
        Step.ENFORCEMENT: date(2026, 10, 31),
    }


@pytest.mark.parametrize(
    ("on", "taken", "is_paused", "expected"),
    [
        (LAST_DAY, {}, False, []),
        (WARNED, {}, False, [Step.WARNING]),
        (WARNED, {Step.WARNING: WARNED}, False, []),
        (NOTICED, {}, True, [Step.WARNING]),
        (NOTICED, {Step.WARNING: WARNED}, True, []),
        (date(2026, 8, 11), {Step.WARNING: WARNED}, False, [Step.ARREARS, Step.COLLECTIONS]),
        # Nothing is enforced without a notice, however late; and a late notice puts enforcement off.
        (date(2027, 1, 1), {}, False, [Step.WARNING, Step.ARREARS, Step.COLLECTIONS, Step.SUSPENSION]),
        (date(2026, 11, 1), {step: date(2026, 8, 20) for step in Step if step != Step.ENFORCEMENT}, False, []),
        (
            date(2026, 11, 19),
            {step: date(2026, 8, 20) for step in Step if step != Step.ENFORCEMENT},
            False,
            [Step.ENFORCEMENT],
        ),
    ],
)
def test_the_steps_due_on_a_day(on: date, taken: dict[Step, date], is_paused: bool, expected: list[Step]) -> None:
    assert due_steps(LAST_DAY, days=days(), taken=taken, is_paused=is_paused, on=on) == expected


@pytest.mark.parametrize(
    ("noticed_on", "on", "expected"),
    [(None, date(2027, 1, 1), False), (NOTICED, date(2026, 10, 30), False), (NOTICED, date(2026, 10, 31), True)],
)
def test_set_off_waits_for_the_91st_day_after_the_notice(noticed_on: date | None, on: date, expected: bool) -> None:
    assert can_enforce(noticed_on=noticed_on, days=days(), on=on) is expected


def test_instalments_are_whole_cents_on_the_same_day_of_each_month_and_make_the_total() -> None:
    assert instalments(D("100.00"), count=3, first_on=date(2026, 12, 31)) == [
        (date(2026, 12, 31), D("33.33")),
        (date(2027, 1, 31), D("33.33")),
        (date(2027, 2, 28), D("33.34")),
    ]
    assert instalments(D("5.01"), count=1, first_on=LAST_DAY) == [(LAST_DAY, D("5.01"))]


@pytest.mark.parametrize(
    ("on", "left"),
    [("2026-12-31", "100.00"), ("2027-01-01", "66.67"), ("2027-02-28", "33.34"), ("2027-03-01", "0.00")],
)
def test_what_an_arrangement_lets_stand_shrinks_after_each_instalments_day(on: str, left: str) -> None:
    plan = instalments(D("100.00"), count=3, first_on=date(2026, 12, 31))
    assert may_be_overdue(plan, on=date.fromisoformat(on)) == D(left)


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
