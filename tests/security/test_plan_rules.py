"""Months and what counts, periods, nudges, lines of cover, the next step and the planner: exact cents and days."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core.money import ZERO
from ledger.rules import Category
from reference.rules.policy import POLICY, is_same_kind
from security import rules
from security.rules import Change, Coverage, Given, Level, NextStep, NudgeKind, Outlook, Pattern, Prices, StatusReason

DAY = date(2026, 7, 22)
PARAMETERS = POLICY.security_parameters(DAY)
THRESHOLDS = POLICY.nudge_parameters(DAY)
BY_DEFAULT = POLICY.month_rules(DAY)
M = Decimal


def coverage(bond: str = "0", cash: str = "0") -> Coverage:
    return Coverage(M(bond), M(cash), PARAMETERS)


# --- Months -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cut", "cycle_day", "on", "first", "last"),
    [
        ("cycle_slices", 25, date(2026, 7, 25), (2025, 7, 25), (2026, 7, 24)),
        ("cycle_slices", 20, date(2025, 10, 20), (2024, 10, 20), (2025, 10, 19)),
        ("billing_periods", 25, date(2026, 7, 25), (2025, 7, 18), (2026, 7, 17)),
        ("billing_periods", 25, date(2026, 7, 17), (2025, 6, 18), (2026, 6, 17)),
        ("calendar_months", 25, date(2026, 7, 25), (2025, 7, 1), (2026, 6, 30)),
        ("calendar_months", 20, date(2028, 3, 1), (2027, 3, 1), (2028, 2, 29)),
    ],
)
def test_each_way_of_cutting_months(cut, cycle_day, on, first, last):
    months = rules.months_before(on, replace(BY_DEFAULT, cut=cut), cycle_day=cycle_day)
    assert (len(months), months[0][0], months[-1][1]) == (12, date(*first), date(*last))
    assert [rules.month_after(end) for _start, end in months[:-1]] == list(months[1:])


def test_duties_and_taxes_always_count_and_the_rest_by_policy():
    assert rules.categories(BY_DEFAULT) == (Category.CHARGE, Category.PENALTY)
    everything = replace(BY_DEFAULT, credits=True, ctype=True, interest=True)
    assert set(rules.categories(everything)) - set(rules.categories(BY_DEFAULT)) == {
        Category.CREDIT, Category.CTYPE, Category.INTEREST,
    }  # fmt: skip
    assert rules.categories(replace(BY_DEFAULT, penalties=False)) == (Category.CHARGE,)


def test_every_value_of_policy_has_its_words_and_no_other_is_accepted():
    for key, value in rules.COUNTING_WORDS:
        assert is_same_kind(POLICY.text(key, DAY), value)
    assert not is_same_kind("cycle_slices", "weeks") and not is_same_kind("posting", "billing_periods")


# --- Periods ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("pattern", "ends_on", "problem"),
    [
        (Pattern.YEAR_ROUND, None, None),
        (Pattern.YEAR_ROUND, DAY, "NOT_WANTED"),
        (Pattern.SEASONAL, None, "MISSING"),
        (Pattern.SEASONAL, date(2026, 7, 21), "PAST"),
        (Pattern.OCCASIONAL, DAY, None),
        (Pattern.SEASONAL, date(2027, 7, 21), None),
        (Pattern.SEASONAL, date(2027, 7, 22), "TOO_LONG"),
    ],
)
def test_the_last_day_of_a_period(pattern, ends_on, problem):
    assert rules.period_problem(pattern, ends_on, on=DAY) == problem


def test_a_period_holds_through_its_last_day():
    assert not rules.is_period_over(DAY, on=DAY) and rules.is_period_over(DAY, on=date(2026, 7, 23))
    assert not rules.is_period_over(None, on=DAY)
    assert rules.latest_period_end(date(2028, 2, 29)) == date(2029, 2, 28)


# --- Nudges -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("told", "owed", "level", "kind"),
    [
        (Level.QUIET, "7499.00", Level.QUIET, None),
        (Level.QUIET, "7500.00", Level.INFORMATION, NudgeKind.INFORMATION),
        (Level.INFORMATION, "8999.00", Level.INFORMATION, None),
        (Level.INFORMATION, "9000.00", Level.WARNING, NudgeKind.WARNING),
        (Level.QUIET, "10000.00", Level.EXCEEDED, NudgeKind.EXCEEDED),
        (Level.EXCEEDED, "9500.00", Level.EXCEEDED, None),
        (Level.EXCEEDED, "9499.00", Level.WARNING, None),
        (Level.WARNING, "10000.00", Level.EXCEEDED, NudgeKind.EXCEEDED),
        (Level.EXCEEDED, "8000.00", Level.INFORMATION, None),
        (Level.INFORMATION, "7000.00", Level.INFORMATION, None),
        (Level.INFORMATION, "6999.00", Level.QUIET, None),
        (Level.EXCEEDED, "0.00", Level.QUIET, None),
    ],
)
def test_each_threshold_is_told_once_per_rise(told, owed, level, kind):
    found = rules.nudge(told=told, open_balance=M(owed), coverage=coverage("5000"), parameters=THRESHOLDS)
    assert (found.level, found.kind) == (level, kind)


def test_without_security_nothing_of_it_is_used():
    found = rules.nudge(told=3, open_balance=M("10"), coverage=coverage(), parameters=THRESHOLDS)
    assert (found.level, found.kind) == (Level.QUIET, None)


@pytest.mark.parametrize(
    ("source", "month", "is_low"), [("ESTIMATE", "500.01", True), ("ESTIMATE", "500", False), ("REVIEW", "501", False)]
)
def test_an_estimate_is_low_when_a_month_is_above_it(source, month, is_low):
    assert rules.is_estimate_low(source=source, requirement=M("500"), month=M(month)) is is_low


# --- Lines of cover and what to do ------------------------------------------------------------------------------------
def test_lines_of_cover_are_used_cash_first_then_bonds():
    def given(kind, original, amount):
        return Given(kind, 1, "X", "", M(original), M(amount))

    lines = rules.cover_lines(
        open_debt=M("4500.00"),
        deposits=[given("deposit", "1000", "600"), given("deposit", "900", "900")],
        bonds=[given("bond", "5000", "5000"), given("bond", "8000", "6000")],
    )
    assert [(line.used, line.released, line.balance) for line in lines] == [
        (M("600"), M("400"), M("0")), (M("900"), M("0"), M("0")),
        (M("3000"), M("0"), M("2000")), (M("0"), M("2000"), M("6000")),
    ]  # fmt: skip


QUIET = Outlook((), False, False, 0, None, False, None)


@pytest.mark.parametrize(
    ("outlook", "step"),
    [
        (QUIET, NextStep.NOTHING),
        (replace(QUIET, reasons=(StatusReason.NOT_ENROLLED,)), NextStep.ENROL),
        (replace(QUIET, reasons=(StatusReason.OFFICER, StatusReason.INSUFFICIENT)), NextStep.CONTACT),
        (replace(QUIET, reasons=(StatusReason.OVERDUE_DEBT,), is_short_for_review=True), NextStep.PAY_OVERDUE),
        (replace(QUIET, reasons=(StatusReason.INSUFFICIENT,), is_short_for_review=True), NextStep.COVER_REVIEW),
        (replace(QUIET, reasons=(StatusReason.INSUFFICIENT,), is_estimate_low=True), NextStep.POST_SECURITY),
        (replace(QUIET, is_estimate_low=True, level=3), NextStep.RAISE_ESTIMATE),
        (replace(QUIET, level=2), NextStep.PAY_EARLY),
        (replace(QUIET, level=1), NextStep.NOTHING),
        (replace(QUIET, bond_ends_on=date(2026, 9, 20), is_short_without_it=True), NextStep.REPLACE_BOND),
        (replace(QUIET, bond_ends_on=date(2026, 9, 21), is_short_without_it=True), NextStep.NOTHING),
        (replace(QUIET, bond_ends_on=date(2026, 8, 1)), NextStep.NOTHING),
        (replace(QUIET, ends_on=date(2026, 8, 21)), NextStep.MOVE_PERIOD),
        (replace(QUIET, ends_on=date(2026, 8, 22)), NextStep.NOTHING),
    ],
)
def test_one_clear_next_step(outlook, step):
    assert rules.next_step(outlook, on=DAY) == step


def test_what_comes_is_told_in_order_and_what_has_passed_is_not():
    days = (date(2026, 10, 15), date(2026, 7, 21), date(2026, 7, 25))
    events = [rules.Coming(day, rules.ComingKind.REVIEW_RUNS) for day in days]
    assert [event.on for event in rules.coming(events, on=DAY)] == [date(2026, 7, 25), date(2026, 10, 15)]


# --- The planner ------------------------------------------------------------------------------------------------------
MONTHS = tuple(M(amount) for amount in ("1000.00", "0.00", "4000.00", "2500.50"))


@pytest.mark.parametrize(
    ("change", "months"),
    [
        (Change(), MONTHS),
        (Change(growth=M("0.10")), ("1100.00", "0.00", "4400.00", "2750.55")),
        (Change(growth=M("-1")), ("0.00", "0.00", "0.00", "0.00")),
        # 25 % of 2,000 is 500.00 of duty, and 5 % GST on it 25.00; a month without imports stays without.
        (Change(tariff=M("0.25"), goods=M("2000")), ("1525.00", "0.00", "4525.00", "3025.50")),
        (Change(moved=M("1500.00"), moved_from=2, moved_to=1), ("1000.00", "1500.00", "2500.00", "2500.50")),
        (Change(moved=M("9999"), moved_from=0, moved_to=2), ("0.00", "0.00", "5000.00", "2500.50")),
        (Change(moved=M("100"), moved_from=2), MONTHS),
    ],
)
def test_the_year_to_come_if_things_change(change, months):
    assert rules.projected(MONTHS, change, gst_rate=M("0.05")) == tuple(M(month) for month in months)


def test_the_cheapest_way_to_the_deadline():
    prices = Prices(premium=M("0.015"), money=M("0.06"))
    now = coverage("25000.00")
    found = rules.ways(month=M("61480.20"), cash=ZERO, now=now, prices=prices, days=85)
    costs = {way.plan.key: (way.plan.add_bond, way.plan.add_cash, way.cost_until, way.year_cost) for way in found}
    assert costs["now"] == (ZERO, ZERO, ZERO, M("375.00"))
    assert costs["raise"] == (M("5740.10"), ZERO, M("20.05"), M("461.10"))
    assert costs["add"] == (ZERO, M("11480.20"), M("160.41"), M("1063.81"))
    assert costs["cash"] == (ZERO, M("61480.20"), M("859.04"), M("3688.81"))
    assert rules.cheapest(found).plan.key == "raise"
    # Cash that costs nothing beats any premium; and a bond's minimum makes a small lack cheaper in cash.
    free = rules.ways(month=M("61480.20"), cash=ZERO, now=now, prices=Prices(M("0.015"), ZERO), days=85)
    assert rules.cheapest(free).plan.key == "add"
    small = rules.ways(month=M("100.00"), cash=ZERO, now=coverage(), prices=prices, days=85)
    assert rules.cheapest(small).plan.add_cash == M("100.00")
    assert rules.cheapest(rules.ways(month=M("9"), cash=ZERO, now=now, prices=prices, days=85)).plan.key == "now"


def test_headroom():
    assert rules.headroom(M("40000"), coverage("25000")) == M("0.2500")
    assert rules.headroom(M("61480.20"), coverage("25000")) == M("-0.1867")
    assert rules.headroom(ZERO, coverage("25000")) is None
