"""The vectors of the domain facts, to the cent and to the day."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import TORONTO
from core.money import ZERO
from reference.rules.policy import POLICY
from reference.rules.requirement import JULY_CYCLE, OCTOBER_CYCLE, bond_for, cash_for
from security import rules
from security.rules import BondState, Coverage, Facts, ReviewOutcome, RppState, StatusReason, SuspensionReason

DAY = date(2026, 7, 22)
PARAMETERS = POLICY.security_parameters(DAY)
M = Decimal


def coverage(bond: str = "0", cash: str = "0") -> Coverage:
    return Coverage(M(bond), M(cash), PARAMETERS)


def facts(requirement: str, bond: str = "0", cash: str = "0", debt: str = "0", overdue: str = "0") -> Facts:
    return Facts(M(requirement), coverage(bond, cash), M(debt), M(overdue))


# --- Amounts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("highest", "bond", "cash"),
    [
        ("0.00", "0.00", "0.00"),
        ("0.01", "5000.00", "0.01"),
        ("9999.99", "5000.00", "9999.99"),
        ("10000.00", "5000.00", "10000.00"),
        ("60000.00", "30000.00", "60000.00"),
        ("61500.00", "30750.00", "61500.00"),
        ("20000000.00", "10000000.00", "10000000.00"),
    ],
)
def test_bond_and_cash_for_a_highest_month(highest, bond, cash):
    assert (bond_for(M(highest), DAY), cash_for(M(highest), DAY)) == (M(bond), M(cash))


def test_five_accounts_above_the_cap_need_fifty_millions_in_all():
    assert sum(bond_for(M("25000000.00"), DAY) for _account in range(5)) == M("50000000.00")


@pytest.mark.parametrize(
    ("requirement", "bond", "cash", "total", "is_sufficient"),
    [
        ("100000.00", "30000.00", "40000.00", "100000.00", True),
        ("100000.00", "29999.99", "40000.00", "99999.98", False),
        ("8000.00", "3000.00", "2000.00", "8000.00", True),
        ("30000000.00", "10000000.00", "0.00", "20000000.00", True),
        ("30000000.00", "0.00", "10000000.00", "10000000.00", True),
        ("30000000.00", "4000000.00", "6000000.00", "14000000.00", True),
        ("30000000.00", "9999999.99", "0.00", "19999999.98", False),
    ],
)
def test_mixed_coverage(requirement, bond, cash, total, is_sufficient):
    covered = coverage(bond, cash)
    assert (covered.total, covered.is_sufficient_for(M(requirement))) == (M(total), is_sufficient)


def test_cash_is_not_capped_when_the_policy_says_so():
    parameters = replace(PARAMETERS, cap_applies_to_cash=False)
    assert not Coverage(ZERO, M("10000000"), parameters).is_sufficient_for(M("30000000"))
    lack = rules.shortfall(Coverage(ZERO, M("10000000"), parameters), M("30000000"))
    assert (lack.bond, lack.cash) == (M("10000000.00"), M("20000000.00"))
    assert rules.plans(month=M("30000000"), cash=ZERO, now=Coverage(ZERO, ZERO, parameters))[3].cash == M("30000000.00")
    assert rules.returnable(
        held=M("10000000"), coverage=Coverage(ZERO, M("10000000"), parameters), requirement=M("9999999"), open_debt=ZERO
    ) == M("1.00")


@pytest.mark.parametrize(
    ("requirement", "bond", "cash", "missing", "more_bond", "more_cash"),
    [
        ("61480.20", "25000.00", "0", "11480.20", "5740.10", "11480.20"),
        ("40000.00", "25000.00", "0", "0.00", "0.00", "0.00"),
        ("8000.00", "0", "2000.00", "6000.00", "5000.00", "6000.00"),
        ("30000000.00", "9000000.00", "0", "12000000.00", "1000000.00", "1000000.00"),
        ("10000.01", "5000.00", "0", "0.01", "0.01", "0.01"),
    ],
)
def test_what_covers_the_rest(requirement, bond, cash, missing, more_bond, more_cash):
    lack = rules.shortfall(coverage(bond, cash), M(requirement))
    assert (lack.missing, lack.bond, lack.cash) == (M(missing), M(more_bond), M(more_cash))
    assert lack.is_short is (M(missing) > 0)


@given(
    requirement=st.decimals(0, 40_000_000, places=2),
    bond=st.sampled_from([ZERO, M("5000.00"), M("25000.00"), M("7777777.77")]),
    cash=st.decimals(0, 12_000_000, places=2),
)
def test_either_addition_always_covers(requirement, bond, cash):
    lack = rules.shortfall(Coverage(bond, cash, PARAMETERS), requirement)
    assert Coverage(bond + lack.bond, cash, PARAMETERS).is_sufficient_for(requirement)
    assert Coverage(bond, cash + lack.cash, PARAMETERS).is_sufficient_for(requirement)


@given(month=st.decimals(0, 40_000_000, places=2), cash=st.decimals(0, 12_000_000, places=2))
def test_every_plan_but_the_present_covers_its_month(month, cash):
    for plan in rules.plans(month=month, cash=cash, now=coverage("25000.00"))[1:]:
        assert Coverage(plan.bond, plan.cash, PARAMETERS).is_sufficient_for(month)
        assert plan.bond == 0 or plan.bond >= PARAMETERS.bond_minimum or plan.bond + plan.cash == PARAMETERS.cap


def test_the_planner_of_the_review_page():
    now, mix, bond, cash = rules.plans(month=M("70000.00"), cash=M("10000.00"), now=coverage("25000.00"))
    assert (now.covers, now.missing) == (M("50000.00"), M("20000.00"))
    assert (mix.bond, mix.cash, mix.covers, mix.add_bond, mix.add_cash) == (
        M("30000.00"), M("10000.00"), M("70000.00"), M("5000.00"), M("10000.00"),
    )  # fmt: skip
    assert (bond.bond, bond.covers, bond.add_bond) == (M("35000.00"), M("70000.00"), M("10000.00"))
    assert (cash.bond, cash.cash, cash.add_cash) == (ZERO, M("70000.00"), M("70000.00"))


@pytest.mark.parametrize(
    ("bond", "cash", "requirement", "debt", "back"),
    [
        ("30000.00", "40000.00", "100000.00", "0", "0.00"),
        ("30000.00", "41000.00", "100000.00", "0", "1000.00"),
        ("0", "5000.00", "0.00", "12.50", "0.00"),
        ("0", "5000.00", "0.00", "0", "5000.00"),
        ("10000000.00", "5000.00", "30000000.00", "0", "5000.00"),
        ("5000000.00", "6000000.00", "30000000.00", "0", "1000000.00"),
        ("5000.00", "100.00", "20000.00", "0", "0.00"),
    ],
)
def test_what_may_go_back(bond, cash, requirement, debt, back):
    returned = rules.returnable(
        held=M(cash), coverage=coverage(bond, cash), requirement=M(requirement), open_debt=M(debt)
    )
    assert returned == M(back)


def test_utilization():
    assert rules.utilization(M("25393.23"), coverage("25000.00")) == M("0.5079")
    assert rules.utilization(M("25393.23"), coverage()) is None
    assert rules.utilization(M("-5.00"), coverage("25000.00")) == 0


# --- Windows ----------------------------------------------------------------------------------------------------------


def test_the_edges_of_the_july_window():
    schedule = JULY_CYCLE.schedule(2025)
    assert (schedule.window_start, schedule.window_end) == (date(2024, 7, 25), date(2025, 7, 24))
    assert (schedule.run_on, schedule.due_on, schedule.suspend_on) == (
        date(2025, 7, 25), date(2025, 10, 15), date(2025, 10, 16),
    )  # fmt: skip
    assert schedule.slices[0] == (date(2024, 7, 25), date(2024, 8, 24))
    assert schedule.slices[-1] == (date(2025, 6, 25), date(2025, 7, 24))


def test_the_edges_of_the_october_window():
    schedule = OCTOBER_CYCLE.schedule(2025)
    assert (schedule.window_start, schedule.window_end) == (date(2024, 10, 20), date(2025, 10, 19))
    assert (schedule.run_on, schedule.due_on) == (date(2025, 10, 20), date(2026, 1, 15))


@pytest.mark.parametrize(
    ("on", "first", "last"),
    [
        (date(2026, 7, 22), date(2025, 6, 25), date(2026, 6, 24)),
        (date(2026, 7, 24), date(2025, 6, 25), date(2026, 6, 24)),
        (date(2026, 7, 25), date(2025, 7, 25), date(2026, 7, 24)),
        (date(2024, 3, 1), date(2023, 2, 25), date(2024, 2, 24)),
        (date(2026, 1, 3), date(2024, 12, 25), date(2025, 12, 24)),
    ],
)
def test_the_last_twelve_whole_slices(on, first, last):
    slices = rules.whole_slices_before(on, cut_day=25)
    assert (len(slices), slices[0][0], slices[-1][1]) == (12, first, last)
    assert all((after[0] - before[1]).days == 1 for before, after in pairwise(slices))


def test_on_the_day_of_the_review_an_enrolment_looks_at_the_same_window():
    assert rules.whole_slices_before(date(2026, 7, 25), cut_day=25) == JULY_CYCLE.schedule(2026).slices


def test_the_highest_month_and_the_earliest_on_a_tie():
    slices = JULY_CYCLE.schedule(2026).slices
    totals = [ZERO] * 12
    totals[3], totals[4], totals[5], totals[9] = M("12000.00"), M("48000.00"), M("61500.00"), M("61500.00")
    found = rules.driving_month(slices, totals)
    assert (found.index, found.first, found.last, found.amount) == (
        5, date(2025, 12, 25), date(2026, 1, 24), M("61500.00"),
    )  # fmt: skip
    assert rules.driving_month(slices, [ZERO] * 12) == rules.DrivingMonth(None, None, None, ZERO)


def test_the_requirement_at_enrolment():
    with_history = rules.enrolment_requirement(highest=M("61500"), has_history=True, estimate=M("1"))
    assert with_history == (M("61500"), rules.RequirementSource.ENROLMENT)
    assert rules.enrolment_requirement(highest=M("100"), has_history=False, estimate=M("5000"))[0] == M("5000")
    assert rules.enrolment_requirement(highest=M("6000"), has_history=False, estimate=M("5000"))[0] == M("6000")
    with pytest.raises(ValueError, match="estimate"):
        rules.enrolment_requirement(highest=ZERO, has_history=False, estimate=None)


# --- Indicator and states ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "facts_of_it", "is_on", "reasons"),
    [
        (RppState.ACTIVE, facts("40000", bond="20000"), True, ()),
        (RppState.ACTIVE, facts("100000", bond="5000"), True, (StatusReason.INSUFFICIENT,)),
        (RppState.ACTIVE, facts("0", debt="12.50"), False, (StatusReason.DEBT_WITHOUT_SECURITY,)),
        (RppState.ACTIVE, facts("0"), True, ()),
        (RppState.ACTIVE, facts("100"), False, (StatusReason.NO_SECURITY,)),
        (RppState.PENDING_SECURITY, facts("100"), False, (StatusReason.PENDING_SECURITY,)),
        ("", facts("0"), False, (StatusReason.NOT_ENROLLED,)),
        (RppState.CANCELLED, facts("0", bond="5000"), False, (StatusReason.NOT_ENROLLED,)),
    ],
)
def test_the_indicator_stands_apart_from_sufficiency(state, facts_of_it, is_on, reasons):
    assert rules.indicator(state, facts_of_it) is is_on
    assert rules.status_reasons(state, "", facts_of_it) == reasons


def test_reasons_of_a_suspension_and_of_an_exporter():
    short = facts("100000", bond="5000")
    assert rules.status_reasons(RppState.SUSPENDED, SuspensionReason.REVIEW_SHORTFALL, short) == (
        StatusReason.REVIEW_SHORTFALL, StatusReason.INSUFFICIENT,
    )  # fmt: skip
    assert rules.status_reasons("", "", short, imports=False) == (StatusReason.NOT_AN_IMPORTER,)


@pytest.mark.parametrize(
    ("at", "is_registered", "is_exempt"),
    [
        (datetime(2025, 5, 20, 3, 0, 0, tzinfo=TORONTO), True, True),
        (datetime(2025, 5, 20, 3, 0, 1, tzinfo=TORONTO), True, False),
        (datetime(2025, 5, 20, 3, 0, 0, tzinfo=TORONTO), False, False),
        (datetime(2024, 10, 20, 23, 59, tzinfo=TORONTO), True, False),
        (datetime(2024, 10, 21, 0, 0, tzinfo=TORONTO), True, True),
    ],
)
def test_the_transition_ends_on_its_second(at, is_registered, is_exempt):
    assert rules.is_exempt(at, is_registered=is_registered) is is_exempt


def test_the_transition_first_ended_180_days_after_the_launch():
    assert date.fromordinal(rules.TRANSITION_START.toordinal() + 180) == date(2025, 4, 19)


S, A, P = RppState.SUSPENDED, RppState.ACTIVE, RppState.PENDING_SECURITY
DEBT, NONE, REVIEW, OFFICER = (
    SuspensionReason.OVERDUE_DEBT,
    SuspensionReason.NO_SECURITY,
    SuspensionReason.REVIEW_SHORTFALL,
    SuspensionReason.OFFICER,
)


@pytest.mark.parametrize(
    ("state", "reason", "facts_of_it", "following"),
    [
        (P, "", facts("100"), (P, "")),
        (P, "", facts("100", cash="1"), (A, "")),
        (P, "", facts("0"), (A, "")),
        (A, "", facts("100"), (S, NONE)),
        (A, "", facts("100", cash="1"), (A, "")),
        (A, "", facts("0", debt="5"), (A, "")),
        (S, OFFICER, facts("100", cash="100"), (S, OFFICER)),
        (S, DEBT, facts("100", cash="1", overdue="5"), (S, DEBT)),
        (S, DEBT, facts("100", cash="1"), (A, "")),
        (S, DEBT, facts("100"), (S, NONE)),
        (S, DEBT, facts("0", debt="5"), (A, "")),
        (S, NONE, facts("100", cash="99.99"), (S, NONE)),
        (S, NONE, facts("100", cash="100"), (A, "")),
        (S, REVIEW, facts("100", cash="99.99"), (S, REVIEW)),
        (S, REVIEW, facts("100", bond="50"), (A, "")),
        (S, REVIEW, facts("100", bond="50", overdue="1"), (S, DEBT)),
        (RppState.REMOVED, "", facts("0"), (RppState.REMOVED, "")),
    ],
)
def test_what_follows_from_the_facts(state, reason, facts_of_it, following):
    assert rules.reassessed(state, reason, facts_of_it) == following


@pytest.mark.parametrize(
    ("state", "reason", "because", "following"),
    [
        (A, "", DEBT, (S, DEBT)),
        (S, DEBT, REVIEW, (S, REVIEW)),
        (S, REVIEW, DEBT, None),
        (S, DEBT, DEBT, None),
        (P, "", DEBT, None),
        (RppState.CANCELLED, "", OFFICER, None),
    ],
)
def test_a_heavier_cause_replaces_a_lighter_one(state, reason, because, following):
    assert rules.suspended(state, reason, because=because) == following


def test_the_state_after_enrolment():
    assert rules.initial_state(facts("0")) == RppState.ACTIVE
    assert rules.initial_state(facts("0", debt="12.50")) == RppState.PENDING_SECURITY
    assert rules.initial_state(facts("100", bond="5000")) == RppState.ACTIVE
    assert rules.initial_state(facts("100")) == RppState.PENDING_SECURITY


def test_allowed_transitions():
    assert rules.can_rpp_become(RppState.CANCELLED, RppState.PENDING_SECURITY)
    assert not rules.can_rpp_become(RppState.PENDING_SECURITY, RppState.SUSPENDED)
    assert rules.can_bond_become(BondState.PENDING_PROVIDER, BondState.REJECTED)
    assert not any(rules.can_bond_become(BondState.EXPIRED, state) for state in BondState)


# --- Bonds ------------------------------------------------------------------------------------------------------------


def test_days_of_notice_demand_and_tail():
    assert rules.earliest_termination_on(date(2026, 1, 31)) == date(2026, 3, 2)
    assert rules.demand_answer_due_on(date(2025, 11, 14)) == date(2026, 1, 13)
    assert rules.last_demand_on(date(2026, 3, 31)) == date(2027, 3, 31)
    assert rules.last_demand_on(date(2028, 2, 29)) == date(2029, 2, 28)


@pytest.mark.parametrize(("bond", "demanded"), [("61000", "50000"), ("30000", "30000")])
def test_a_demand_counts_what_accrued_while_valid(bond, demanded):
    assert rules.demand_amount(owed_in_validity=M("50000"), bond=M(bond)) == M(demanded)


START = date(2026, 7, 1)


@pytest.mark.parametrize(
    ("state", "end", "terminates", "on", "following"),
    [
        (BondState.PENDING_PROVIDER, None, None, date(2026, 7, 31), BondState.PENDING_PROVIDER),
        (BondState.PENDING_PROVIDER, None, None, date(2026, 8, 1), BondState.LAPSED),
        (BondState.SCHEDULED, None, None, date(2026, 6, 30), BondState.SCHEDULED),
        (BondState.SCHEDULED, None, None, START, BondState.ACTIVE),
        (BondState.ACTIVE, date(2026, 7, 31), None, date(2026, 7, 31), BondState.ACTIVE),
        (BondState.ACTIVE, date(2026, 7, 31), None, date(2026, 8, 1), BondState.EXPIRED),
        (BondState.TERMINATION_PENDING, None, date(2026, 8, 1), date(2026, 7, 31), BondState.TERMINATION_PENDING),
        (BondState.TERMINATION_PENDING, None, date(2026, 8, 1), date(2026, 8, 1), BondState.TERMINATED),
        (BondState.REJECTED, None, None, date(2026, 8, 1), BondState.REJECTED),
    ],
)
def test_a_bond_from_day_to_day(state, end, terminates, on, following):
    assert (
        rules.daily_bond_state(
            state, proposed_on=START, validity_start=START, validity_end=end, terminates_on=terminates, on=on
        )
        == following
    )


def test_a_bond_confirmed_before_its_first_day_starts_later():
    assert rules.confirmed_state(validity_start=date(2026, 7, 23), on=DAY) == BondState.SCHEDULED
    assert rules.confirmed_state(validity_start=DAY, on=DAY) == BondState.ACTIVE


# --- Review -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "source", "new", "state", "outcome", "amount"),
    [
        ("40000", "ENROLMENT", "61500", A, ReviewOutcome.RISEN, "61500"),
        ("61500", "REVIEW", "40000", A, ReviewOutcome.SAME_OR_LOWER, "40000"),
        ("61500", "REVIEW", "61500", S, ReviewOutcome.SAME_OR_LOWER, "61500"),
        ("8000", "ESTIMATE", "0", A, ReviewOutcome.NO_HISTORY, "8000"),
        ("8000", "REVIEW", "0", A, ReviewOutcome.SAME_OR_LOWER, "0"),
        (None, "", "500", P, ReviewOutcome.RISEN, "500"),
        (None, "", "500", "", ReviewOutcome.NOT_ENROLLED, "500"),
    ],
)
def test_the_outcome_of_a_review(old, source, new, state, outcome, amount):
    found = rules.review_outcome(old=None if old is None else M(old), old_source=source, new=M(new), state=state)
    assert found == (outcome, M(amount))


@pytest.mark.parametrize(
    ("new", "outcome", "amount"),
    [("7999.99", ReviewOutcome.NO_HISTORY, "8000"), ("8000.01", ReviewOutcome.RISEN, "8000.01")],
)
def test_an_estimate_stands_in_the_first_year_until_a_month_proves_it_too_low(new, outcome, amount):
    found = rules.review_outcome(old=M("8000"), old_source="ESTIMATE", new=M(new), state=A, has_full_window=False)
    assert found == (outcome, M(amount))


def test_reminders_come_thirty_and_seven_days_before():
    assert rules.reminder_dates(date(2026, 10, 15)) == (date(2026, 9, 15), date(2026, 10, 8))


@pytest.mark.parametrize(
    ("outcome", "is_sufficient", "has_open_case", "has_endorsement", "on", "is_to_suspend"),
    [
        (ReviewOutcome.RISEN, False, False, False, date(2026, 10, 16), True),
        (ReviewOutcome.RISEN, False, False, False, date(2026, 10, 15), False),
        (ReviewOutcome.RISEN, True, False, False, date(2026, 10, 16), False),
        (ReviewOutcome.RISEN, False, True, False, date(2026, 10, 16), False),
        (ReviewOutcome.RISEN, False, False, True, date(2026, 10, 16), False),
        (ReviewOutcome.HELD, False, False, False, date(2026, 10, 16), False),
        (ReviewOutcome.SAME_OR_LOWER, False, False, False, date(2026, 10, 16), False),
    ],
)
def test_who_is_suspended_after_the_deadline(outcome, is_sufficient, has_open_case, has_endorsement, on, is_to_suspend):
    assert (
        rules.is_to_suspend(
            outcome=outcome,
            is_sufficient=is_sufficient,
            has_open_case=has_open_case,
            has_endorsement=has_endorsement,
            suspend_on=date(2026, 10, 16),
            on=on,
        )
        is is_to_suspend
    )
