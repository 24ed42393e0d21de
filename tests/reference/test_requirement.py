"""Requirement, review cycles and dated policy."""

from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendar import segments_between
from reference.rules.policy import (
    BUILT_IN,
    POLICY,
    Policy,
    PolicyRow,
    card_limit,
    is_own_security_required,
    is_registration_required,
    is_same_kind,
    suspend_after_days,
)
from reference.rules.requirement import (
    OCTOBER_CYCLE,
    Month,
    bond_for,
    cash_for,
    highest_month,
    months_before,
    requirement_for,
    review_running_on,
    review_schedule,
    review_suspending_on,
)

ON = date(2025, 10, 1)


@pytest.mark.parametrize(
    ("amount", "bond", "cash"),
    [
        ("0.00", "0.00", "0.00"),
        ("0.01", "5000.00", "0.01"),
        ("9999.99", "5000.00", "9999.99"),
        ("10000.00", "5000.00", "10000.00"),
        ("10000.01", "5000.01", "10000.01"),  # half a cent goes up
        ("60000.00", "30000.00", "60000.00"),
        ("61500.00", "30750.00", "61500.00"),
        ("19999999.99", "10000000.00", "10000000.00"),
        ("20000000.00", "10000000.00", "10000000.00"),
        ("90000000.00", "10000000.00", "10000000.00"),
    ],
)
def test_bond_and_deposit(amount: str, bond: str, cash: str) -> None:
    requirement = requirement_for(Decimal(amount), ON)
    assert (requirement.bond, requirement.cash) == (Decimal(bond), Decimal(cash))


@pytest.mark.parametrize(
    ("on", "bond"), [(date(2024, 3, 26), "25000.00"), (date(2024, 3, 27), "5000.00"), (date(2010, 1, 1), "25000.00")]
)
def test_the_minimum_is_dated(on: date, bond: str) -> None:
    assert bond_for(Decimal(100), on) == Decimal(bond)


def test_a_policy_may_leave_cash_without_a_cap() -> None:
    policy = Policy([*BUILT_IN, PolicyRow("security.cap_applies_to_cash", ON, "no", "assumed", "")])
    assert cash_for(Decimal(20_000_000), ON, policy=policy) == Decimal("20000000.00")
    assert cash_for(Decimal(20_000_000), date(2025, 9, 30), policy=policy) == Decimal("10000000.00")


def test_the_twelve_months_before() -> None:
    months = months_before(date(2025, 10, 31))
    assert (str(months[0]), str(months[-1]), len(months)) == ("2024-10", "2025-09", 12)
    assert [str(month) for month in months_before(date(2026, 1, 1))[-2:]] == ["2025-11", "2025-12"]


@pytest.mark.parametrize(
    ("totals", "month", "amount"),
    [
        ({Month(2025, 8): "12000", Month(2025, 9): "61500"}, Month(2025, 9), "61500"),
        ({Month(2025, 8): "5", Month(2025, 7): "5.00"}, Month(2025, 7), "5"),
        ({Month(2025, 10): "99", Month(2024, 9): "99", Month(2024, 10): "1"}, Month(2024, 10), "1"),
        ({Month(2025, 10): "99"}, None, "0"),
        ({Month(2025, 9): "0"}, None, "0"),
        ({}, None, "0"),
    ],
)
def test_the_highest_month(totals: dict[Month, str], month: Month | None, amount: str) -> None:
    highest = highest_month({key: Decimal(value) for key, value in totals.items()}, ON)
    assert (highest.month, highest.amount) == (month, Decimal(amount))


@given(st.decimals(min_value=0, max_value=10**8, places=2), st.decimals(min_value=0, max_value=10**8, places=2))
def test_more_activity_never_needs_less_security(one: Decimal, other: Decimal) -> None:
    low, high = sorted([one, other])
    assert bond_for(low, ON) <= bond_for(high, ON)
    assert cash_for(low, ON) <= cash_for(high, ON)


def test_the_july_cycle() -> None:
    schedule = review_schedule(2026)
    assert (schedule.window_start, schedule.window_end) == (date(2025, 7, 25), date(2026, 7, 24))
    assert (schedule.run_on, schedule.run_time) == (date(2026, 7, 25), time(0, 5))
    assert (schedule.due_on, schedule.suspend_on) == (date(2026, 10, 15), date(2026, 10, 16))


def test_the_october_cycle_of_2025() -> None:
    schedule = review_schedule(2025)
    assert (schedule.cycle, schedule.window_start, schedule.window_end) == (
        "october",
        date(2024, 10, 20),
        date(2025, 10, 19),
    )
    assert (schedule.due_on, schedule.suspend_on) == (date(2026, 1, 15), date(2026, 1, 16))


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_the_slices_cover_the_window_and_are_whole_segments(year: int) -> None:
    schedule = review_schedule(year)
    assert len(schedule.slices) == 12
    assert (schedule.slices[0][0], schedule.slices[-1][1]) == (schedule.window_start, schedule.window_end)
    for (_first, last), (following, _end) in zip(schedule.slices, schedule.slices[1:], strict=False):
        assert (following - last).days == 1
        assert segments_between(following, _end)


def test_what_a_day_wakes() -> None:
    running = review_running_on(date(2026, 7, 25))
    assert running is not None
    assert running.year == 2026
    assert review_running_on(date(2025, 7, 25)) is None
    october = review_suspending_on(date(2026, 1, 16))
    july = review_suspending_on(date(2026, 10, 16))
    assert october is not None
    assert july is not None
    assert (october.year, july.year) == (2025, 2026)
    assert review_suspending_on(date(2026, 10, 15)) is None


def test_no_cycle_before_the_first() -> None:
    with pytest.raises(LookupError, match="no review cycle for 2020"):
        review_schedule(2020, cycles=[OCTOBER_CYCLE])


def test_the_card_limit_turned_from_a_payment_to_a_billing_cycle() -> None:
    before, since = card_limit(date(2025, 9, 27)), card_limit(date(2025, 9, 28))
    assert (before.amount, before.is_by_cycle) == (Decimal("4999.99"), False)
    assert (since.amount, since.is_by_cycle) == (Decimal("4999.99"), True)


def test_dated_conditions() -> None:
    assert not is_registration_required(date(2024, 10, 20))
    assert is_registration_required(date(2024, 10, 21))
    assert not is_own_security_required(date(2025, 5, 19))
    assert is_own_security_required(date(2025, 5, 20))
    assert suspend_after_days(ON) == 30


def test_the_later_of_two_rows_of_one_day_holds() -> None:
    rows = [PolicyRow("a", ON, "1", "", ""), PolicyRow("a", ON, "2", "", "")]
    assert Policy(rows).count("a", ON) == 2
    assert Policy(rows).rows("a") == (rows[1], rows[0])
    assert Policy(rows).text("a", ON) == "2"
    with pytest.raises(KeyError):
        POLICY.row("unknown", ON)


@pytest.mark.parametrize(
    ("present", "value", "same"),
    [
        ("yes", "no", True),
        ("yes", "1", False),
        ("payment", "billing_cycle", True),
        ("payment", "month", False),
        ("5000.00", "7500.00", True),
        ("5000.00", "7500", False),
        ("5000.00", "-1.00", False),
        ("30", "45", True),
        ("30", "4.5", False),
    ],
)
def test_a_new_value_is_of_the_present_kind(present: str, value: str, same: bool) -> None:
    assert is_same_kind(present, value) is same
