"""The order of clearing, the card's room and the life of a payment: pure, to the cent."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import rules
from payments.rules import Allocation, OpenCredit, OpenDebt

D = Decimal
JUNE, JULY, AUGUST = date(2026, 6, 30), date(2026, 7, 31), date(2026, 8, 31)
TODAY = date(2026, 8, 1)


def debt(number: int, left: str, due_on: date = JULY, kind: str = "CHARGE") -> OpenDebt:
    return OpenDebt(id=number, kind=kind, due_on=due_on, left=D(left))


def credit(number: int, left: str, posted_on: date = TODAY) -> OpenCredit:
    return OpenCredit(id=number, posted_on=posted_on, left=D(left))


def pairs(found: list[Allocation]) -> list[tuple[int, int, str]]:
    return [(row.debt_id, row.credit_id, str(row.amount)) for row in found]


CASES = [
    (
        "the agency's example: 550 against 200, 150 and 200 clears all three",
        [debt(1, "200.00"), debt(2, "150.00"), debt(3, "200.00")],
        [credit(9, "550.00")],
        [(1, 9, "200.00"), (2, 9, "150.00"), (3, 9, "200.00")],
    ),
    (
        "oldest due first, whatever its number",
        [debt(1, "100.00", JULY), debt(2, "100.00", JUNE)],
        [credit(9, "150.00")],
        [(2, 9, "100.00"), (1, 9, "50.00")],
    ),
    (
        "inside one due date declarations first, interest last",
        [
            debt(1, "10.00", kind="INTEREST"),
            debt(2, "10.00", kind="NSF"),
            debt(3, "10.00", kind="ADJUSTMENT"),
            debt(4, "10.00", kind="PENALTY"),
            debt(5, "10.00", kind="CHARGE"),
            debt(6, "10.00", kind="SOMETHING NEW"),
        ],
        [credit(9, "60.00")],
        [(5, 9, "10.00"), (4, 9, "10.00"), (3, 9, "10.00"), (2, 9, "10.00"), (1, 9, "10.00"), (6, 9, "10.00")],
    ),
    (
        "oldest credit first",
        [debt(1, "100.00")],
        [credit(8, "70.00", TODAY), credit(9, "70.00", JUNE)],
        [(1, 9, "70.00"), (1, 8, "30.00")],
    ),
    ("a debt that is not due waits", [debt(1, "100.00", AUGUST)], [credit(9, "100.00")], []),
    ("no credit, no clearing", [debt(1, "100.00")], [], []),
    ("a cent is a cent", [debt(1, "0.01"), debt(2, "0.01")], [credit(9, "0.01")], [(1, 9, "0.01")]),
]


@pytest.mark.parametrize(("debts", "credits", "expected"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_what_clears_what(
    debts: list[OpenDebt], credits: list[OpenCredit], expected: list[tuple[int, int, str]]
) -> None:
    assert pairs(rules.allocations(debts, credits, on=TODAY)) == expected


def test_what_stands_on_the_statement_is_paid_before_its_due_date() -> None:
    debts = [debt(1, "100.00", AUGUST), debt(2, "100.00", AUGUST + timedelta(days=1))]
    found = rules.allocations(debts, [credit(9, "500.00")], on=TODAY, billed_through=AUGUST)
    assert pairs(found) == [(1, 9, "100.00")]


def test_an_old_statement_does_not_hold_back_what_is_due() -> None:
    assert pairs(rules.allocations([debt(1, "5.00")], [credit(9, "5.00")], on=TODAY, billed_through=JUNE)) == [
        (1, 9, "5.00")
    ]


amounts = st.integers(min_value=1, max_value=10_000_000).map(lambda cents: D(cents).scaleb(-2))
days = st.integers(min_value=0, max_value=60).map(lambda offset: JUNE + timedelta(days=offset))
debts_drawn = st.lists(st.tuples(amounts, days, st.sampled_from(rules.CLASS_ORDER)), max_size=12)
credits_drawn = st.lists(st.tuples(amounts, days), max_size=8)


@given(debts_drawn, credits_drawn)
def test_nothing_is_cleared_twice_and_no_cent_is_lost(
    debts_given: list[tuple[D, date, str]], credits_given: list[tuple[D, date]]
) -> None:
    debts = [OpenDebt(number, kind, day, left) for number, (left, day, kind) in enumerate(debts_given)]
    credits = [OpenCredit(number, day, left) for number, (left, day) in enumerate(credits_given)]
    found = rules.allocations(debts, credits, on=TODAY)
    by_debt = {row.id: sum((each.amount for each in found if each.debt_id == row.id), D(0)) for row in debts}
    by_credit = {row.id: sum((each.amount for each in found if each.credit_id == row.id), D(0)) for row in credits}
    assert all(row.amount > 0 for row in found)
    assert all(by_debt[row.id] <= row.left for row in debts)
    assert all(by_credit[row.id] <= row.left for row in credits)
    due = sum((row.left for row in debts if row.due_on <= TODAY), D(0))
    assert sum(by_debt.values(), D(0)) == min(due, sum((row.left for row in credits), D(0)))
    # A debt is touched only when everything due before it is paid.
    ready = sorted(
        (row for row in debts if row.due_on <= TODAY), key=lambda row: (row.due_on, rules.class_rank(row.kind), row.id)
    )
    open_before = False
    for row in ready:
        assert not (open_before and by_debt[row.id])
        open_before = open_before or by_debt[row.id] < row.left


@pytest.mark.parametrize(
    ("is_by_cycle", "used", "left"),
    [
        (True, "0.00", "4999.99"),
        (True, "1250.00", "3749.99"),
        (True, "4999.99", "0.00"),
        (True, "6000.00", "0.00"),
        (False, "4999.99", "4999.99"),
    ],
)
def test_the_room_of_a_card(is_by_cycle: bool, used: str, left: str) -> None:
    assert rules.card_room(limit=D("4999.99"), is_by_cycle=is_by_cycle, used_in_cycle=D(used)) == D(left)


@pytest.mark.parametrize(
    ("state", "following", "allowed"),
    [
        ("STARTED", "AT_BANK", True),
        ("STARTED", "RECEIVED", True),
        ("AT_BANK", "RECEIVED", True),
        ("AT_BANK", "STARTED", False),
        ("RECEIVED", "CANCELLED", False),
        ("DECLINED", "RECEIVED", False),
        ("CANCELLED", "AT_BANK", False),
    ],
)
def test_the_life_of_a_payment(state: str, following: str, allowed: bool) -> None:
    assert rules.can_become(state, following) is allowed


@pytest.mark.parametrize(
    ("minutes", "is_known", "given_up"), [(30, False, False), (31, False, True), (31, True, False)]
)
def test_a_payment_that_never_reached_the_bank_is_given_up(minutes: int, is_known: bool, given_up: bool) -> None:
    assert rules.is_given_up(age=timedelta(minutes=minutes), is_known_at_bank=is_known) is given_up


@pytest.mark.parametrize(
    ("received_on", "statement_on"),
    [
        (date(2026, 7, 24), date(2026, 7, 25)),
        (date(2026, 7, 25), date(2026, 8, 25)),
        (date(2026, 7, 1), date(2026, 7, 25)),
        (date(2026, 12, 31), date(2027, 1, 25)),
    ],
)
def test_the_statement_on_which_a_payment_stands(received_on: date, statement_on: date) -> None:
    assert rules.statement_of_payment(received_on) == statement_on


@pytest.mark.parametrize(
    ("items", "amount", "parts"),
    [
        ([(1, "100.00"), (2, "50.00")], "150.00", [(1, "100.00"), (2, "50.00")]),
        ([(1, "0.00"), (2, "50.00")], "150.00", [(2, "50.00")]),
        ([(1, "100.00"), (2, "50.00")], "120.00", [(1, "100.00"), (2, "20.00")]),
        ([], "1.00", []),
    ],
)
def test_a_chosen_item_never_gets_more_than_is_left_of_it(
    items: list[tuple[int, str]], amount: str, parts: list[tuple[int, str]]
) -> None:
    found = rules.chosen_allocations([(number, D(left)) for number, left in items], amount=D(amount))
    assert found == [(number, D(part)) for number, part in parts]


@pytest.mark.parametrize(
    ("moment", "first_day"),
    [
        # Winter: Eastern midnight is five in the morning in Greenwich.
        (datetime(2026, 1, 18, 4, 59, 59, tzinfo=UTC), date(2025, 12, 18)),
        (datetime(2026, 1, 18, 5, 0, tzinfo=UTC), date(2026, 1, 18)),
        # Daylight saving from 8 March 2026 on: four in the morning.
        (datetime(2026, 3, 18, 3, 59, 59, tzinfo=UTC), date(2026, 2, 18)),
        (datetime(2026, 3, 18, 4, 0, tzinfo=UTC), date(2026, 3, 18)),
        # The day on which the clocks change lies inside a cycle and moves nothing.
        (datetime(2026, 3, 8, 7, 30, tzinfo=UTC), date(2026, 2, 18)),
        (datetime(2026, 11, 1, 5, 30, tzinfo=UTC), date(2026, 10, 18)),
        (datetime(2026, 11, 1, 6, 30, tzinfo=UTC), date(2026, 10, 18)),
        # Winter again from 1 November on.
        (datetime(2026, 11, 18, 4, 59, 59, tzinfo=UTC), date(2026, 10, 18)),
        (datetime(2026, 11, 18, 5, 0, tzinfo=UTC), date(2026, 11, 18)),
    ],
)
def test_the_cycle_of_a_card_changes_at_midnight_eastern_on_the_18th(moment: datetime, first_day: date) -> None:
    assert rules.cycle_start(moment) == first_day


@pytest.mark.parametrize(
    ("amount", "owed_now", "on_its_way", "is_second", "left"),
    [
        ("100.00", "100.00", "0.00", False, "100.00"),
        ("100.00", "100.00", "40.00", True, "60.00"),
        ("60.00", "100.00", "40.00", False, "60.00"),
        ("60.01", "100.00", "40.00", True, "60.00"),
        ("0.01", "100.00", "140.00", True, "0.00"),
        ("500.00", "0.00", "0.00", False, "0.00"),
    ],
)
def test_who_pays_what_is_on_its_way_pays_a_second_time(
    amount: str, owed_now: str, on_its_way: str, is_second: bool, left: str
) -> None:
    coming = {"owed_now": D(owed_now), "on_its_way": D(on_its_way)}
    assert rules.is_second_payment(D(amount), **coming) == is_second
    assert rules.left_for_payer(coming["owed_now"], coming["on_its_way"]) == D(left)


def test_an_announced_payment_is_expected_until_its_day_is_over() -> None:
    assert rules.is_expected(TODAY, on=TODAY) and not rules.is_expected(TODAY, on=TODAY + timedelta(days=1))
