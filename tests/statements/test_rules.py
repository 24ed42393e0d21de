"""The arithmetic of a statement and of late interest, to the cent."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.money import ZERO, from_cents
from reference.rules.billing import BillingPeriod, shown_in
from reference.rules.rates import RateFrom, interest, rates_in_force
from statements import rules
from statements.rules import Debt, StatementState, Undone

ONE_RATE = rates_in_force([RateFrom(date(2020, 1, 1), Decimal("0.083"), mark="verified")])
DUE = date(2026, 1, 30)


def debt(**changes: Any) -> Debt:
    values: dict[str, Any] = {
        "due_on": DUE,
        "last_day_to_pay": DUE,
        "accrued_through": None,
        "left": Decimal("10000.00"),
    }
    return Debt(**(values | changes))


def amounts(of: Debt, through: date, rates: Any = ONE_RATE) -> list[tuple[str, date, date, int, str]]:
    return [
        (str(part.principal), part.first_day, part.last_day, part.days, str(part.amount))
        for part in rules.accruals(of, through=through, rates=rates)
    ]


# --- The statement ---------------------------------------------------------------------------------------------------


def test_the_boxes_add_up() -> None:
    cells = ("18412.66", "-236.40", "-19426.26", "0.00", "3.72", "23933.11", "-412.50")
    assert rules.Boxes(*map(Decimal, cells)).h == Decimal("22274.33")


@pytest.mark.parametrize(
    ("shown_through", "since"),
    [
        (date(2026, 6, 24), date(2026, 6, 25)),
        (date(2026, 5, 24), date(2026, 5, 25)),
        (None, date(2000, 1, 1)),
    ],
)
def test_a_statement_shows_what_was_posted_since_the_one_before(shown_through: date | None, since: date) -> None:
    found = rules.cut_off(date(2026, 7, 25), shown_through=shown_through)
    assert found == rules.CutOff(since, date(2026, 7, 24))


@pytest.mark.parametrize(
    ("posted_on", "period"),
    [
        (date(2026, 7, 24), BillingPeriod(2026, 7)),
        (date(2026, 7, 25), BillingPeriod(2026, 8)),
        (date(2026, 8, 1), BillingPeriod(2026, 8)),
        (date(2026, 12, 31), BillingPeriod(2027, 1)),
    ],
)
def test_interest_is_due_with_the_statement_that_first_shows_it(posted_on: date, period: BillingPeriod) -> None:
    assert shown_in(posted_on) == period


@pytest.mark.parametrize(
    ("on", "newest_on", "expected"),
    [
        (date(2026, 7, 24), None, date(2026, 7, 25)),
        (date(2026, 7, 25), None, date(2026, 7, 25)),
        (date(2026, 7, 25), date(2026, 7, 25), date(2026, 8, 25)),
        (date(2026, 7, 26), date(2026, 6, 25), date(2026, 8, 25)),
        (date(2026, 12, 26), None, date(2027, 1, 25)),
    ],
)
def test_the_next_statement_is_that_of_the_next_25th(on: date, newest_on: date | None, expected: date) -> None:
    assert rules.next_statement_period(on, newest_on=newest_on).statement_on == expected


def test_the_seal_changes_with_any_line() -> None:
    first = rules.seal_of([("a", "F", Decimal("1.00"))])
    assert first == rules.seal_of([("a", "F", Decimal("1.00"))])
    assert first != rules.seal_of([("a", "F", Decimal("1.01"))])
    assert len(rules.seal_of([])) == 64


@pytest.mark.parametrize(
    ("open_amounts", "left"),
    [
        ({}, "0.00"),
        ({date(2026, 7, 31): Decimal("80.00"), date(2026, 8, 31): Decimal("50.00")}, "80.00"),
        ({date(2026, 7, 1): Decimal("30.00"), date(2026, 7, 31): Decimal("80.00")}, "100.00"),
        ({date(2026, 7, 31): Decimal("80.00"), None: Decimal("-30.00")}, "50.00"),
        ({date(2026, 7, 31): Decimal("80.00"), None: Decimal("-90.00")}, "0.00"),
    ],
)
def test_what_is_left_of_a_statement_of_100(open_amounts: dict[date | None, Decimal], left: str) -> None:
    assert rules.still_to_pay(Decimal("100.00"), open_amounts, date(2026, 7, 31)) == Decimal(left)


@pytest.mark.parametrize(
    ("total", "left", "on", "state"),
    [
        ("0.00", "0.00", date(2026, 7, 25), StatementState.NOTHING_DUE),
        ("-5.00", "0.00", date(2026, 7, 25), StatementState.NOTHING_DUE),
        ("100.00", "100.00", date(2026, 7, 31), StatementState.DUE),
        ("100.00", "40.00", date(2026, 7, 31), StatementState.PARTLY_PAID),
        ("100.00", "40.00", date(2026, 8, 1), StatementState.OVERDUE),
        ("100.00", "0.00", date(2026, 8, 1), StatementState.PAID),
    ],
)
def test_how_a_statement_stands(total: str, left: str, on: date, state: StatementState) -> None:
    last = date(2026, 7, 31)
    assert rules.statement_state(Decimal(total), Decimal(left), last_day_to_pay=last, on=on) == state


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 7, 20), None),  # Monday
        (date(2026, 7, 21), (date(2026, 7, 18), date(2026, 7, 20))),
        (date(2026, 7, 22), (date(2026, 7, 21), date(2026, 7, 21))),
        (date(2026, 7, 25), (date(2026, 7, 24), date(2026, 7, 24))),  # Saturday
        (date(2026, 7, 26), None),
    ],
)
def test_daily_notices_come_tuesday_to_saturday(day: date, expected: tuple[date, date] | None) -> None:
    assert rules.has_notices(day) == (expected is not None)
    if expected:
        assert rules.notice_window(day) == expected


# --- Interest --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "days", "expected"),
    [("0.09", 1, "2.47"), ("0.09", 30, "74.24"), ("0.083", 30, "68.44")],
)
def test_the_vectors_of_late_interest(rate: str, days: int, expected: str) -> None:
    rates = rates_in_force([RateFrom(date(2020, 1, 1), Decimal(rate))])
    [part] = rules.accruals(debt(), through=DUE + timedelta(days=days), rates=rates)
    assert (part.days, str(part.amount), part.first_day) == (days, expected, DUE + timedelta(days=1))


def test_paid_by_the_last_day_to_pay_bears_none() -> None:
    on_canada_day = debt(due_on=date(2026, 7, 1), last_day_to_pay=date(2026, 7, 2), left=ZERO)
    paid = Debt(**(on_canada_day.__dict__ | {"paid": [(date(2026, 7, 2), Decimal("10000.00"))]}))
    assert amounts(paid, date(2026, 7, 24)) == []
    assert amounts(debt(), DUE) == []


def test_a_part_paid_late_bears_interest_through_its_payment_and_the_rest_so_far() -> None:
    late = debt(left=Decimal("4000.00"), paid=[(DUE, Decimal("1000.00")), (date(2026, 2, 9), Decimal("6000.00"))])
    assert amounts(late, date(2026, 2, 24)) == [
        ("6000.00", date(2026, 1, 31), date(2026, 2, 9), 10, "13.66"),
        ("4000.00", date(2026, 1, 31), date(2026, 2, 24), 25, "22.80"),
    ]


def test_two_payments_of_one_day_are_one_part() -> None:
    late = debt(left=ZERO, paid=[(date(2026, 2, 9), Decimal("3000.00"))] * 2)
    assert amounts(late, date(2026, 2, 24)) == [("6000.00", date(2026, 1, 31), date(2026, 2, 9), 10, "13.66")]


def test_the_next_charge_goes_on_where_the_last_one_ended() -> None:
    late = debt(accrued_through=date(2026, 2, 24), paid=[(date(2026, 2, 9), Decimal("6000.00"))])
    assert amounts(late, date(2026, 3, 24)) == [("10000.00", date(2026, 2, 25), date(2026, 3, 24), 28, "63.87")]
    assert amounts(late, date(2026, 2, 24)) == []


def test_a_payment_that_the_bank_returned_never_stopped_the_interest() -> None:
    returned = [Undone(date(2026, 2, 9), date(2026, 3, 4), Decimal("6000.00"))]
    charged_before = debt(accrued_through=date(2026, 2, 24), undone=returned)
    assert amounts(charged_before, date(2026, 3, 24)) == [
        ("6000.00", date(2026, 2, 10), date(2026, 3, 24), 43, "58.95"),
        ("4000.00", date(2026, 2, 25), date(2026, 3, 24), 28, "25.55"),
    ]
    never_charged = debt(undone=returned)
    assert [row[:2] for row in amounts(never_charged, date(2026, 3, 24))] == [("10000.00", date(2026, 1, 31))]
    settled_since = debt(
        accrued_through=date(2026, 3, 24), undone=returned, left=ZERO, paid=[(date(2026, 4, 1), Decimal("10000.00"))]
    )
    assert [row[:3] for row in amounts(settled_since, date(2026, 4, 24))] == [
        ("10000.00", date(2026, 3, 25), date(2026, 4, 1))
    ]


def test_a_payment_in_time_that_was_returned_bears_interest_from_the_due_date() -> None:
    late = debt(
        accrued_through=date(2026, 2, 24),
        left=Decimal("5000.00"),
        undone=[Undone(date(2026, 1, 29), date(2026, 3, 4), Decimal("1000.00"))],
    )
    assert [row[:2] for row in amounts(late, date(2026, 3, 24))] == [
        ("1000.00", date(2026, 1, 31)),
        ("4000.00", date(2026, 2, 25)),
    ]


def test_a_returned_payment_paid_again_is_charged_through_the_second_payment() -> None:
    late = debt(
        accrued_through=date(2026, 2, 24),
        left=ZERO,
        paid=[(date(2026, 3, 10), Decimal("6000.00"))],
        undone=[Undone(date(2026, 2, 9), date(2026, 3, 4), Decimal("6000.00"))],
    )
    assert [row[:3] for row in amounts(late, date(2026, 3, 24))] == [("6000.00", date(2026, 2, 10), date(2026, 3, 10))]


# --- Rates -----------------------------------------------------------------------------------------------------------

QUARTERS = [
    RateFrom(date(2025, 10, 1), Decimal("0.087"), date(2025, 12, 31), "illustrative"),
    RateFrom(date(2026, 1, 1), Decimal("0.083"), date(2026, 3, 31), "verified"),
]
RELIEF = [(date(2000, 1, 1), True), (date(2024, 10, 21), False), (date(2026, 1, 1), True)]


def test_nothing_accrues_in_a_relief_window() -> None:
    rates = rates_in_force(QUARTERS, RELIEF)
    late = debt(due_on=date(2025, 10, 31), last_day_to_pay=date(2025, 10, 31))
    assert amounts(late, date(2025, 12, 24), rates) == []
    [part] = rules.accruals(late, through=date(2026, 1, 30), rates=rates)
    assert (part.first_day, part.days, part.amount) == (date(2026, 1, 1), 30, Decimal("68.44"))
    assert not part.is_illustrative


def test_days_before_a_relief_window_still_count() -> None:
    rates = rates_in_force([RateFrom(date(2024, 7, 1), Decimal("0.109"))], RELIEF)
    late = debt(due_on=date(2024, 10, 1), last_day_to_pay=date(2024, 10, 1))
    [part] = rules.accruals(late, through=date(2024, 10, 24), rates=rates)
    assert (part.first_day, part.last_day, part.days) == (date(2024, 10, 2), date(2024, 10, 20), 19)


def test_a_change_of_rate_counts_each_day_at_its_own() -> None:
    rates = rates_in_force(QUARTERS)
    late = debt(due_on=date(2025, 12, 21), last_day_to_pay=date(2025, 12, 21))
    [part] = rules.accruals(late, through=date(2026, 1, 10), rates=rates)
    assert (part.days, part.rate, part.rate_count, part.is_illustrative) == (20, Decimal("0.083"), 2, True)
    assert part.amount == Decimal("46.68")


def test_the_last_rate_goes_on_until_a_newer_one_is_entered() -> None:
    [part] = rules.accruals(debt(), through=date(2026, 6, 30), rates=rates_in_force(QUARTERS))
    assert part.rate == Decimal("0.083")


@settings(max_examples=200, deadline=None)
@given(
    principal=st.integers(1, 500_000_000).map(from_cents),
    gaps=st.lists(st.integers(1, 45), min_size=1, max_size=14),
    rate=st.decimals("0.01", "0.15", places=4),
)
def test_monthly_charges_compound_to_one_long_calculation(principal: Decimal, gaps: list[int], rate: Decimal) -> None:
    """Interest left unpaid bears interest itself, so the sum differs from one long run by roundings only."""
    rates = rates_in_force([RateFrom(date(2020, 1, 1), rate)])
    debts = [(DUE, principal, None)]
    day, postings = DUE, 0
    for gap in gaps:
        day += timedelta(days=gap)
        posted = []
        for number, (due_on, left, charged) in enumerate(debts):
            late = Debt(due_on=due_on, last_day_to_pay=due_on, accrued_through=charged, left=left)
            parts = rules.accruals(late, through=day, rates=rates)
            if parts:
                debts[number] = (due_on, left, day)
                posted.append((day, sum((part.amount for part in parts), ZERO), None))
        debts += posted
        postings += len(posted)
    charged_total = sum((left for _due_on, left, _charged in debts[1:]), ZERO)
    exact = interest(principal, DUE, day, rates).amount
    # Half a cent a posting, grown by the compounding of what was rounded, and half a cent of the long run itself. An
    # amount under half a cent is not posted but carried on, simple instead of compounded: less than a cent a month.
    room = Decimal("0.005") * (postings + 1) * Decimal("1.3") + Decimal("0.01") * len(gaps)
    assert abs(charged_total - exact) <= room


@settings(max_examples=200, deadline=None)
@given(
    paid=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 400)), max_size=4),
    undone=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 20), st.integers(1, 1600)), max_size=3),
)
def test_what_was_taken_back_bears_interest_as_if_never_paid(
    paid: list[tuple[int, int]], undone: list[tuple[int, int, int]]
) -> None:
    """On each day, as much bears interest as payments that stand had not paid before it; others change nothing."""
    amount, through = Decimal(160_000), DUE + timedelta(days=60)
    late = Debt(
        due_on=DUE,
        last_day_to_pay=DUE,
        accrued_through=None,
        left=amount - sum(100 * part for _day, part in paid),
        paid=[(DUE + timedelta(days=day), Decimal(100 * part)) for day, part in paid],
        undone=[
            Undone(DUE + timedelta(days=day), DUE + timedelta(days=day + more), Decimal(100 * part))
            for day, more, part in undone
        ],
    )
    found = rules.accruals(late, through=through, rates=rates_in_force([RateFrom(date(2020, 1, 1), Decimal(1))]))
    for count in range(1, 61):
        day = DUE + timedelta(days=count)
        bearing = sum((part.principal for part in found if part.first_day <= day <= part.last_day), ZERO)
        assert bearing == amount - sum(100 * part for paid_after, part in paid if paid_after < count)


@pytest.mark.parametrize(
    ("paid", "undone", "parts"),
    [
        # Returned and paid again on one day: the part of that payment ends there, the other where it was paid.
        (
            [("2026-04-10", "200"), ("2026-04-30", "800")],
            [("2026-04-02", "2026-04-10", "200"), ("2026-04-05", "2026-04-20", "800")],
            [("2026-04-10", "200"), ("2026-04-30", "800")],
        ),
        # What another payment covers as of an earlier day is not open again.
        ([("2026-03-31", "1000")], [("2026-04-02", "2026-04-10", "1000")], []),
    ],
)
def test_a_payment_ends_what_was_open_on_its_day(paid: list[Any], undone: list[Any], parts: list[Any]) -> None:
    day = date.fromisoformat
    late = Debt(
        due_on=day("2026-03-31"),
        last_day_to_pay=day("2026-03-31"),
        accrued_through=None,
        left=ZERO,
        paid=[(day(on), Decimal(amount)) for on, amount in paid],
        undone=[Undone(day(on), day(back), Decimal(amount)) for on, back, amount in undone],
    )
    found = rules.accruals(late, through=day("2026-05-24"), rates=rates_in_force(QUARTERS))
    assert [(part.last_day, part.principal) for part in found] == [(day(on), Decimal(amount)) for on, amount in parts]


def test_a_payment_too_much_for_the_time_being_pays_what_a_returned_one_opens_again() -> None:
    """Found by the year on paper: withdrawn as of the due date, so that 3.30 of 22 March had only 0.93 left to pay."""
    day = date.fromisoformat
    late = Debt(
        due_on=day("2026-01-30"),
        last_day_to_pay=day("2026-01-30"),
        accrued_through=day("2026-03-24"),
        left=ZERO,
        paid=[
            (day(on), Decimal(amount))
            for on, amount in (
                ("2026-01-28", "42.07"), ("2026-01-30", "7.11"), ("2026-02-02", "25.24"), ("2026-03-01", "9.18"),
                ("2026-03-06", "5.50"), ("2026-03-22", "3.30"), ("2026-03-29", "7.98"), ("2026-04-03", "4.79"),
            )
        ],
        undone=[Undone(day("2026-02-18"), day("2026-03-28"), Decimal("15.14"))],
    )  # fmt: skip
    found = rules.accruals(late, through=day("2026-04-24"), rates=rates_in_force(QUARTERS))
    assert [(part.last_day, part.principal, part.days) for part in found] == [
        (day("2026-03-22"), Decimal("2.37"), 32),
        (day("2026-03-29"), Decimal("7.98"), 39),
        (day("2026-04-03"), Decimal("4.79"), 44),
    ]
