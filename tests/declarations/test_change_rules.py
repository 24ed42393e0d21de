"""Windows, interest to the cent, and the pairs of a comparison: no database."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from declarations.changes import rules
from declarations.changes.rules import Cells, ChangeKind, ChangeState, Outcome
from declarations.services.parts import change_of
from ledger.rules import Revenue
from reference.rules.billing import billing_dates
from reference.rules.rates import RateFrom, rates_in_force

D = Decimal
RATES = [
    RateFrom(date(2026, 1, 1), D("0.03")),
    RateFrom(date(2026, 7, 1), D("0.025"), effective_to=date(2026, 9, 30)),
]


@pytest.mark.parametrize(
    ("kind", "code", "accounted_on", "last_day"),
    [
        (ChangeKind.ADJUSTMENT, "VALUE", date(2026, 7, 23), date(2030, 7, 23)),
        (ChangeKind.REFUND, "DAMAGED", date(2024, 2, 29), date(2028, 2, 29)),
        (ChangeKind.REFUND, "PREFERENCE", date(2024, 2, 29), date(2025, 2, 28)),
        (ChangeKind.REFUND, "AGREEMENT", date(2026, 7, 23), date(2030, 7, 23)),
        (ChangeKind.WITHDRAWAL, "DUPLICATE", date(2026, 7, 23), None),
    ],
)
def test_an_adjustment_or_refund_has_four_years_and_some_preferences_one(
    kind: ChangeKind, code: str, accounted_on: date, last_day: date | None
) -> None:
    assert rules.last_day_to_ask(kind, code, accounted_on=accounted_on) == last_day


def test_appeal_standard_and_duty_to_correct_count_ninety_days() -> None:
    window = rules.appeal_window(date(2026, 9, 10))
    assert (window.last_day, window.late_last_day) == (date(2026, 12, 9), date(2027, 12, 9))
    assert rules.decide_by(date(2026, 9, 10)) == date(2026, 12, 9)
    accounted = {"accounted_on": date(2026, 7, 23)}
    assert rules.correct_by(date(2026, 9, 10), **accounted) == date(2026, 12, 9)
    assert rules.correct_by(date(2030, 7, 1), **accounted) == date(2030, 7, 23)
    assert rules.correct_by(date(2030, 7, 24), **accounted) is None


@pytest.mark.parametrize(
    ("granted_on", "amount"),
    [
        # Asked for on 23 July 2026: the 91st day is 22 October. 2.5 % goes on after the table's end.
        (date(2026, 10, 21), "0.00"),
        (date(2026, 10, 22), "0.68"),  # 10,000.00 x 0.025/365
        (date(2026, 10, 23), "1.37"),
        (date(2026, 11, 20), "20.57"),  # 30 days, compounded
    ],
)
def test_a_refund_bears_interest_from_the_91st_day(granted_on: date, amount: str) -> None:
    found = rules.refund_interest(D("10000.00"), asked_on=date(2026, 7, 23), granted_on=granted_on, rates=RATES)
    assert found == D(amount)


def test_what_the_agency_gives_back_bears_interest_from_the_day_after_each_payment() -> None:
    paid = [(date(2026, 6, 29), D("600.00")), (date(2026, 7, 1), D("500.00"))]
    parts = rules.latest_paid(paid, D("700.00"))
    assert parts == [(date(2026, 7, 1), D("500.00")), (date(2026, 6, 29), D("200.00"))]
    # 500.00: 30 days at 2.5 %, 1.03; 200.00: one day at 3 %, then 31 at 2.5 %, 0.44.
    assert rules.returned_interest(parts, given_on=date(2026, 7, 31), rates=RATES) == D("1.47")
    assert rules.latest_paid(paid, D("0.00")) == []


@pytest.mark.parametrize(
    ("refund", "paid", "after", "part"),
    [("30.00", "100.00", "70.00", "30.00"), ("30.00", "80.00", "70.00", "10.00"), ("30.00", "0.00", "70.00", "0.00")],
)
def test_only_what_was_paid_bears_interest(refund: str, paid: str, after: str, part: str) -> None:
    assert rules.paid_part(refund=D(refund), paid=D(paid), owed_after=D(after)) == D(part)


@pytest.mark.parametrize(
    ("posted_on", "due_on", "last"),
    [
        (date(2026, 8, 20), date(2026, 8, 31), date(2026, 8, 31)),  # a correction keeps its date
        (date(2026, 8, 31), date(2026, 8, 31), date(2026, 8, 31)),
        (date(2026, 9, 1), date(2026, 10, 1), date(2026, 10, 1)),
        (date(2026, 10, 5), date(2026, 10, 30), date(2026, 10, 30)),
        (date(2026, 10, 18), date(2026, 12, 1), date(2026, 12, 1)),  # the next billing period has begun
    ],
)
def test_a_late_change_is_due_with_the_period_of_its_decision(posted_on: date, due_on: date, last: date) -> None:
    original: dict[str, Any] = {"payment_due_on": date(2026, 8, 31), "last_day_to_pay": date(2026, 8, 31)}
    assert rules.due_dates(**original, posted_on=posted_on, period=billing_dates(posted_on)) == rules.DueDates(
        due_on, last
    )


@pytest.mark.parametrize(
    ("changes", "amount"),
    [
        ([("10000.00", 30)], "74.24"),
        ([("10000.00", 0)], "0.00"),  # decided on the due date itself
        ([("-5.00", 30)], "0.00"),
        ([("10000.00", 30), ("-10000.00", 40)], "0.00"),  # what was never owed bears none
        ([("4000.00", 30), ("10000.00", 30), ("-4000.00", 30)], "74.24"),  # 29.70 and 44.54
        ([("1000.00", 10), ("1000.00", 30), ("-1000.00", 40)], "2.47"),  # the latest dollar is the first to go
        ([("10000.00", 30), ("-20000.00", 35), ("10000.00", 30)], "74.24"),
    ],
)
def test_a_late_change_bears_interest_from_the_first_due_date(changes: list[tuple[str, int]], amount: str) -> None:
    rates, due_on = [RateFrom(date(2020, 1, 1), D("0.09"), mark="verified")], date(2026, 8, 31)
    decided = [(due_on + timedelta(days=days), D(text)) for text, days in changes]
    assert rules.interest_until_decided(decided, payment_due_on=due_on, rates=rates) == D(amount)


@pytest.mark.parametrize(
    ("decided", "amount"), [("2026-01-08", "0.37"), ("2025-12-31", "0.00"), ("2024-10-30", "0.82")]
)
def test_a_late_change_bears_nothing_on_the_days_of_a_relief_window(decided: str, amount: str) -> None:
    nine = RateFrom(date(2020, 1, 1), D("0.09"))
    rates = rates_in_force([nine], [(date(2020, 1, 1), True), (date(2024, 10, 21), False), (date(2026, 1, 1), True)])
    due_on = date(2024, 10, 2) if decided.startswith("2024") else date(2025, 12, 1)
    change = (date.fromisoformat(decided), D("185.20"))
    assert rules.interest_until_decided([change], payment_due_on=due_on, rates=rates) == D(amount)


@pytest.mark.parametrize(
    ("kind", "change", "wrong"),
    [
        ("ADJUSTMENT", "-0.01", True),
        ("ADJUSTMENT", "0.00", False),
        ("REFUND", "0.00", True),
        ("REFUND", "-0.01", False),
        ("APPEAL", "5.00", False),
    ],
)
def test_a_correction_creates_no_refund_and_a_claim_no_debt(kind: str, change: str, wrong: bool) -> None:
    assert rules.runs_the_wrong_way(kind, D(change)) is wrong


def test_review_begins_after_the_due_date_and_decisions_are_final() -> None:
    due = {"payment_due_on": date(2026, 8, 31)}
    assert not rules.needs_review(state="ACCEPTED", on=date(2026, 8, 31), **due)
    assert rules.needs_review(state="ACCEPTED", on=date(2026, 9, 1), **due)
    assert not rules.needs_review(state="WITHDRAWN", on=date(2026, 9, 1), **due)
    assert rules.can_become("NEEDS_INFO", ChangeState.APPROVED)
    assert not any(rules.can_become(state, ChangeState.APPROVED) for state in ("APPROVED", "REJECTED", "TAKEN_BACK"))
    assert rules.reason_of("REFUND", "VALUE") is None


@pytest.mark.parametrize(
    ("open_amount", "debt", "coverage", "allowed"),
    [("0.00", "9.00", "0.00", True), ("5.00", "9.00", "9.00", True), ("5.00", "9.00", "8.99", False)],
)
def test_an_appeal_needs_payment_or_security(open_amount: str, debt: str, coverage: str, allowed: bool) -> None:
    found = rules.is_paid_or_secured(open_amount=D(open_amount), account_debt=D(debt), coverage=D(coverage))
    assert found is allowed


def test_lines_are_paired_by_their_goods() -> None:
    def line(position: int, goods: str, total: str = "1.00", invoice: int = 1) -> Cells:
        return Cells(invoice, position, {"classification": goods, "description": goods, "total": D(total)})

    before = [line(1, "boots"), line(2, "packs"), line(3, "nuts"), line(1, "other", invoice=2)]
    after = [line(1, "packs", "2.00"), line(2, "nuts"), line(3, "bolts")]
    found = [(pair.outcome, pair.differing) for pair in rules.compared(before, after)]
    assert found == [
        (Outcome.REMOVED, ()),
        (Outcome.CHANGED, ("total",)),
        (Outcome.SAME, ()),
        (Outcome.ADDED, ()),
        (Outcome.REMOVED, ()),
    ]
    replaced = rules.compared([line(1, "boots"), line(2, "packs")], [line(1, "shoes")])
    assert [pair.outcome for pair in replaced] == [Outcome.CHANGED, Outcome.REMOVED]


@pytest.mark.parametrize(
    ("debts", "credit", "expected"),
    [
        pytest.param([("31", "100.00")], "40.00", [("31", "40.00")], id="less than the debt"),
        pytest.param(
            [("31", "100.00"), ("30", "30.00")], "90.00", [("30", "30.00"), ("31", "60.00")], id="oldest first"
        ),
        pytest.param([("31", "10.00")], "40.00", [("31", "10.00")], id="the rest stays a credit"),
        pytest.param([], "40.00", [], id="paid long ago"),
    ],
)
def test_what_was_never_owed_meets_the_declarations_own_overdue_debt(
    debts: list[tuple[str, str]], credit: str, expected: list[tuple[str, str]]
) -> None:
    rows = [rules.LateDebt(number, date(2026, 8, int(day)), D(left)) for number, (day, left) in enumerate(debts)]
    met = rules.against_late_debts(rows, {7: D(credit)}, on=date(2026, 9, 1))
    assert [(str(debt.due_on.day), str(amount)) for debt, _credit, amount in met] == expected
    assert rules.against_late_debts(rows, {7: D(credit)}, on=date(2026, 8, 30)) == []  # nothing is overdue yet


_AMOUNTS = st.dictionaries(st.sampled_from(Revenue), st.integers(0, 10**9).map(lambda amount: D(amount) / 100))


@given(before=_AMOUNTS, after=_AMOUNTS)
def test_a_correction_and_its_reversal_cancel_in_every_class(
    before: dict[Revenue, Decimal], after: dict[Revenue, Decimal]
) -> None:
    there, back = change_of(before, after), change_of(after, before)
    assert there.keys() == back.keys()
    assert not any(there[name] + back[name] for name in there)
    assert sum(there.values()) == sum(after.values()) - sum(before.values())
