"""Each difference between declarations, statement and balance has its cause, and the causes add up to the cent."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core.money import ZERO
from dashboard.rules import as_of
from dashboard.rules.as_of import Movement, Underway
from dashboard.rules.reconciliation import Cause, Line, Window, to_balance, to_statement
from ledger.rules import Category, EntryKind

JULY = Window(date(2026, 6, 18), date(2026, 7, 17), date(2026, 6, 25), date(2026, 7, 24))
IN_JULY, BEFORE, AFTER = date(2026, 7, 3), date(2026, 6, 10), date(2026, 7, 20)
KNOWN, LATER = date(2026, 7, 8), date(2026, 7, 27)


def line(
    amount: str,
    kind: EntryKind = EntryKind.DECLARATION,
    category: Category = Category.CHARGE,
    *,
    number: str = "1",
    released: date = IN_JULY,
    known: date = KNOWN,
    another: bool = False,
) -> Line:
    return Line(f"declaration:{number}", kind, category, known, released, Decimal(amount), another)


FOUND = [
    (line("-5.00", EntryKind.PAYMENT, Category.PAYMENT), Cause.OWN_PAYMENT),
    (line("-5.00", EntryKind.PAYMENT, Category.PAYMENT, another=True), Cause.BROKER_PAYMENT),
    (line("5.00", EntryKind.PAYMENT_RETURN, Category.PAYMENT), Cause.RETURNED),
    (line("0.07", EntryKind.INTEREST, Category.INTEREST), Cause.INTEREST),
    (line("100.00", EntryKind.PENALTY, Category.PENALTY), Cause.PENALTY),
    (line("7.00", EntryKind.DISBURSEMENT, Category.DISBURSEMENT), Cause.DISBURSEMENT),
    (line("9.00", EntryKind.CTYPE, Category.CTYPE, number="C"), Cause.CTYPE),
    (line("-9.00", EntryKind.CTYPE_PAYMENT, Category.CTYPE_PAYMENT), Cause.CTYPE),
    (line("3.00", EntryKind.CORRECTION, released=BEFORE), Cause.CORRECTION),
    (line("-3.00", EntryKind.REFUND, Category.CREDIT, number="9"), Cause.ADJUSTMENT),
    (line("4.00", number="unknown"), Cause.ELSEWHERE),
    (replace(line("6.00", number="2"), is_assessment=True), Cause.ASSESSED),
]


@pytest.mark.parametrize(("extra", "cause"), FOUND)
def test_what_a_statement_adds_has_its_name(extra: Line, cause: Cause) -> None:
    declared = {"1": Decimal("50.00")}
    lines = [line("50.00"), extra]
    bridge = to_statement(declared, lines, JULY, previous=ZERO, total=Decimal("50.00") + extra.amount)
    assert [(row.cause, row.amount) for row in bridge.differences] == [(cause, extra.amount)]
    assert bridge.unexplained == ZERO


@pytest.mark.parametrize(
    ("kind", "cause"), [(EntryKind.DECLARATION, Cause.FILED_LATE), (EntryKind.CORRECTION, Cause.CHANGED_LATE)]
)
def test_what_came_after_the_cut_off_waits_for_the_next_statement(kind: EntryKind, cause: Cause) -> None:
    late = line("20.00", kind, number="2", known=LATER)
    declared = {"1": Decimal("50.00"), "2": Decimal("20.00")}
    total = Decimal("50.00")
    down = to_statement(declared, [line("50.00"), late], JULY, total=total)
    up = to_balance([line("50.00"), late], JULY, total=total, balance=Decimal("70.00"))
    assert [(row.cause, row.amount) for row in down.differences] == [(cause, Decimal("-20.00"))]
    assert [(row.cause, row.amount) for row in up.differences] == [(cause, Decimal("20.00"))]
    assert (down.unexplained, up.unexplained) == (ZERO, ZERO)


@pytest.mark.parametrize(("previous", "cause"), [("12.00", Cause.OLD_DEBT), ("-12.00", Cause.OLD_CREDIT)])
def test_what_was_carried_over_is_named_by_its_sign(previous: str, cause: Cause) -> None:
    carried = Decimal(previous)
    bridge = to_statement({"1": Decimal("50.00")}, [line("50.00")], JULY, previous=carried, total=50 + carried)
    assert [(row.cause, row.amount) for row in bridge.differences] == [(cause, carried)]


def test_releases_of_the_next_period_and_later_payments_lead_to_the_balance() -> None:
    lines = [
        line("50.00"),
        line("30.00", number="3", released=AFTER, known=AFTER),
        line("-40.00", EntryKind.PAYMENT, Category.PAYMENT, known=LATER, released=LATER),
        line("0.00", EntryKind.CLEARING, Category.NONE, known=LATER),
    ]
    bridge = to_balance(lines, JULY, total=Decimal("50.00"), balance=Decimal("40.00"))
    assert {row.cause: row.amount for row in bridge.differences} == {
        Cause.NEXT_PERIOD: Decimal("30.00"),
        Cause.OWN_PAYMENT: Decimal("-40.00"),
    }
    assert bridge.unexplained == ZERO


def test_a_cent_without_a_cause_is_shown_as_unexplained() -> None:
    bridge = to_statement({"1": Decimal("50.01")}, [line("50.00")], JULY, total=Decimal("50.00"))
    assert bridge.unexplained == Decimal("-0.01")


def test_a_reader_of_a_part_gets_the_sum_of_that_part_alone() -> None:
    bridge = to_statement({"1": Decimal("50.00")}, [line("50.00"), line("8.00", number="x")], JULY, previous=ZERO)
    assert (bridge.start, bridge.end, bridge.unexplained) == (Decimal("50.00"), Decimal("58.00"), ZERO)


def test_each_day_opens_where_the_one_before_closed_and_marks_what_is_under_way() -> None:
    first, second = date(2026, 7, 3), date(2026, 7, 6)
    rows = as_of.days(
        Decimal("10.00"),
        [
            Movement(second, Category.PAYMENT, Decimal("-4.00")),
            Movement(first, Category.CHARGE, Decimal("5.00")),
            Movement(first, Category.INTEREST, Decimal("0.25")),
        ],
        [Underway("payment", "P", first, second, Decimal("4.00")), Underway("declaration", "D", second, None, ZERO)],
    )
    shown = [(row.opening, row.charges, row.late, row.credits, row.closing) for row in rows]
    assert shown == [
        (Decimal("10.00"), Decimal("5.00"), Decimal("0.25"), ZERO, Decimal("15.25")),
        (Decimal("15.25"), ZERO, ZERO, Decimal("-4.00"), Decimal("11.25")),
    ]
    assert [[row.number for row in day.pending] for day in rows] == [["P"], ["D"]]
    assert as_of.is_too_long(first, date(2027, 8, 1))
    assert not as_of.is_too_long(first, second)
