"""What statements ask the book: late items, lines, activity, what cleared what; each in a fixed number of queries."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.money import ZERO
from ledger import queries as ledger
from ledger import services as book
from ledger.rules import EntryKind, Revenue
from tests.statements import scene

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

HOLDER = 41
DAYS: dict[str, Any] = {
    "period": (date(2026, 6, 18), date(2026, 7, 17)),
    "since": date(2026, 6, 25),
    "upto": date(2026, 7, 24),
}


def late(on: date, holders: range = range(1, 100)) -> list[tuple[str, Decimal, Any, Any]]:
    since = date(2025, 1, 1)
    return [
        (row.item.source, row.remaining, row.paid, row.undone)
        for row in ledger.late_items(holders, on=on, cleared_since=since)
    ]


def test_late_items_are_those_open_or_cleared_after_their_last_day() -> None:
    debt = scene.declare(HOLDER, "1", date(2026, 6, 2), duty="100.00")
    in_time = scene.declare(HOLDER, "2", date(2026, 6, 3), duty="50.00")
    first, second = (
        scene.pay(HOLDER, "A", "90.00", date(2026, 6, 30)),
        scene.pay(HOLDER, "B", "60.00", date(2026, 7, 6)),
    )
    scene.settle(in_time, first, "50.00", date(2026, 7, 1))
    scene.settle(debt, first, "40.00", date(2026, 7, 1))
    assert late(date(2026, 7, 2)) == []
    scene.settle(debt, second, "60.00", date(2026, 7, 6))
    paid = ((date(2026, 7, 1), Decimal("40.00")), (date(2026, 7, 6), Decimal("60.00")))
    found = {row[0]: row for row in late(date(2026, 7, 24))}
    assert found["declaration:1"] == ("declaration:1", Decimal("0.00"), paid, ())
    # As of a day before the second payment, only the first had cleared it.
    assert {row[0]: row[1:3] for row in late(date(2026, 7, 5))}["declaration:1"] == (Decimal("60.00"), paid[:1])
    assert late(date(2026, 7, 24), range(100, 200)) == []


def test_an_undone_clearing_is_told_apart() -> None:
    debt = scene.declare(HOLDER, "1", date(2026, 6, 2), duty="100.00")
    paid = scene.pay(HOLDER, "A", "100.00", date(2026, 7, 6))
    scene.settle(debt, paid, "100.00", date(2026, 7, 6))
    book.reverse_entry(
        key="return:A",
        entry_id=paid.pk,
        reason="no funds",
        posted_on=date(2026, 7, 10),
        at=scene.at(date(2026, 7, 10)),
        actor=scene.ACTOR,
        kind=EntryKind.PAYMENT_RETURN,
    )
    found = {row[0]: row[1:] for row in late(date(2026, 7, 24))}
    assert found["declaration:1"] == (
        Decimal("100.00"),
        (),
        ((date(2026, 7, 6), date(2026, 7, 10), Decimal("100.00")),),
    )


def test_late_items_of_many_holders_take_two_queries(django_assert_num_queries: Any) -> None:
    for holder in range(1, 30):
        scene.declare(holder, f"{holder}", date(2026, 6, 2), duty="100.00")
    with django_assert_num_queries(2):
        assert len(late(date(2026, 7, 24))) == 29


def test_lines_are_those_of_the_figures_and_come_in_order() -> None:
    scene.declare(HOLDER + 1, "9", date(2026, 7, 1), duty="5.00")
    scene.declare(HOLDER, "1", date(2026, 7, 1), duty="100.00", gst="5.00")
    scene.pay(HOLDER, "A", "10.00", date(2026, 7, 2))
    rows = list(ledger.statement_lines(None, **DAYS))
    assert rows == [
        (HOLDER, "payment:A", "C", Decimal("-10.00")),
        (HOLDER, "declaration:1:v1", "F", Decimal("105.00")),
        (HOLDER + 1, "declaration:9:v1", "F", Decimal("5.00")),
    ]
    figures = ledger.statement_figures(None, **DAYS)
    assert sum(row[3] for row in rows if row[0] == HOLDER) == figures[HOLDER].total
    assert list(ledger.statement_lines([HOLDER + 1], **DAYS)) == rows[2:]


def test_entries_come_with_their_revenue() -> None:
    scene.declare(HOLDER, "1", date(2026, 7, 1), duty="100.00", gst="5.00")
    scene.pay(HOLDER, "A", "10.00", date(2026, 7, 2))
    payment, charge = ledger.with_revenue(ledger.statement_entries(HOLDER, **DAYS))
    assert (charge.duty, charge.gst, charge.surtax) == (Decimal("100.00"), Decimal("5.00"), ZERO)
    assert all(getattr(payment, name.name.lower()) == ZERO for name in Revenue)


def test_activity_of_some_days(django_assert_num_queries: Any) -> None:
    day = date(2026, 7, 6)
    debt = scene.declare(HOLDER, "1", day, duty="100.00")
    paid = scene.pay(HOLDER, "A", "30.00", day)
    scene.settle(debt, paid, "30.00", day)
    scene.declare(HOLDER + 1, "2", date(2026, 7, 7), duty="1.00")
    with django_assert_num_queries(1):
        found = list(ledger.activity(since=day, upto=day))
    assert found == [ledger.Activity(HOLDER, 2, Decimal("100.00"), Decimal("-30.00"))]


def test_what_is_open_by_due_date() -> None:
    scene.declare(HOLDER, "1", date(2026, 6, 2), duty="100.00")
    debt = scene.declare(HOLDER, "2", date(2026, 7, 2), duty="70.00")
    paid = scene.pay(HOLDER, "A", "90.00", date(2026, 7, 2))
    scene.settle(debt, paid, "20.00", date(2026, 7, 2))
    assert ledger.open_by_due_date(HOLDER) == {
        date(2026, 7, 1): Decimal("100.00"),
        date(2026, 7, 31): Decimal("50.00"),
        None: Decimal("-70.00"),
    }
    assert ledger.open_by_due_date(7) == {}


def test_what_cleared_an_item_and_who_submitted(django_assert_num_queries: Any) -> None:
    day = date(2026, 7, 2)
    debt = scene.declare(HOLDER, "1", day, duty="70.00", submitter=12)
    paid = scene.pay(HOLDER, "A", "20.00", day, payer_id=11)
    scene.settle(debt, paid, "20.00", day)
    debt_item, credit_item = ledger.item_of_entry(debt.pk), ledger.item_of_entry(paid.pk)
    assert debt_item and credit_item
    with django_assert_num_queries(1):
        found = ledger.counterparts_of([debt_item.pk, credit_item.pk])
    assert found == {
        debt_item.pk: [ledger.Counterpart(day, Decimal("20.00"), "PAYMENT", "payment:A")],
        credit_item.pk: [ledger.Counterpart(day, Decimal("20.00"), "DECLARATION", "declaration:1")],
    }
    assert list(ledger.submitters_of(HOLDER)) == [11, 12]
