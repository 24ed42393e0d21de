"""What the book says, now and as of a day, for one holder and for many."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.money import ZERO
from ledger import queries, services
from ledger.queries import Balance, Basis, HighestWindow, StatementFigures
from ledger.rules import Box, Category, EntryKind, Revenue
from tests.ledger.examples import (
    ACTOR,
    AT,
    BROKER,
    DAY,
    HOLDER,
    charge,
    deposit,
    dollars,
    item_of,
    payment,
    settle,
    undo,
)

pytestmark = pytest.mark.django_db

OTHER = HOLDER + 1
JUNE: dict[str, Any] = {
    "period": (date(2026, 5, 18), date(2026, 6, 17)),
    "since": date(2026, 5, 25),
    "upto": date(2026, 6, 24),
}


def days(number: int) -> date:
    return DAY + timedelta(days=number)


def test_a_holder_without_postings_stands_at_zero() -> None:
    assert queries.balance_of(1) == Balance()
    assert queries.debt_of(1, on=DAY) == queries.overdue_total(1, on=DAY) == queries.deposits_of(1, on=DAY) == ZERO
    assert queries.credit_of(1) == queries.credit_of(1, on=DAY) == queries.net_on(1, on=DAY) == ZERO
    assert queries.monthly_charges(1, [(date(2026, 6, 1), date(2026, 6, 30))]) == [ZERO]
    assert queries.statement_figures(1, **JUNE) == {}


def test_balances_of_many_take_one_query(django_assert_num_queries: Any) -> None:
    charge()
    deposit(amount="50.00", holder_id=OTHER)
    with django_assert_num_queries(1):
        assert queries.balances_of([HOLDER, OTHER, 1]) == {
            HOLDER: Balance(receivable=dollars("105.00")),
            OTHER: Balance(deposits=dollars("50.00")),
            1: Balance(),
        }
    assert queries.deposits_by_holder(range(1, 1000)) == {OTHER: dollars("50.00")}


def test_the_book_remembers_every_day() -> None:
    debt = charge()
    paid = payment(amount="60.00", posted_on=days(5))
    settle(debt, paid, "60.00", on=days(6))
    deposit(posted_on=days(7))
    found = [
        (
            queries.net_on(HOLDER, on=on),
            queries.debt_of(HOLDER, on=on),
            queries.credit_of(HOLDER, on=on),
            queries.deposits_of(HOLDER, on=on),
        )
        for on in (days(-1), days(0), days(5), days(6), days(7))
    ]
    assert found == [
        tuple(map(Decimal, row))
        for row in (
            ("0", "0", "0", "0"),
            ("105.00", "105.00", "0", "0"),
            ("45.00", "105.00", "60.00", "0"),
            ("45.00", "45.00", "0", "0"),
            ("45.00", "45.00", "0", "5000.00"),
        )
    ]
    assert queries.deposits_of(HOLDER) == dollars("5000.00")
    assert [item.remaining for item in queries.open_items_of(HOLDER, on=days(5))] == [
        dollars("105.00"),
        dollars("60.00"),
    ]
    assert [item.remaining for item in queries.open_items_of([HOLDER], on=days(6))] == [dollars("45.00")]


def test_a_debt_is_overdue_from_the_day_after_its_last_day_to_pay() -> None:
    debt = charge()
    charge("other", holder_id=OTHER, submitter_id=9)
    last = days(29)
    assert queries.overdue_total(HOLDER, on=last) == ZERO
    late = last + timedelta(days=1)
    assert queries.overdue_by_holder(on=late) == {HOLDER: dollars("105.00"), OTHER: dollars("105.00")}
    assert queries.overdue_by_holder(on=late, holders=range(OTHER, OTHER + 1)) == {OTHER: dollars("105.00")}
    assert queries.overdue_total(HOLDER, on=late, submitter_ids=[9]) == ZERO
    assert queries.oldest_overdue_by_holder(on=late, holders=[HOLDER]) == {HOLDER: last}
    settle(debt, payment(posted_on=late), "105.00", on=late)
    assert queries.overdue_total(HOLDER, on=late) == ZERO
    assert queries.overdue_by_holder(on=late) == {OTHER: dollars("105.00")}
    assert queries.debt_by_holder(on=DAY, holders=None) == {HOLDER: dollars("105.00"), OTHER: dollars("105.00")}


def test_open_items_come_oldest_due_first_with_their_entry(django_assert_num_queries: Any) -> None:
    charge("later", posted_on=days(3))
    charge("first", submitter_id=9)
    payment()
    with django_assert_num_queries(1):
        items = list(queries.open_items_of(HOLDER, on=days(3), debts_only=True))
        assert [item.entry.key for item in items] == ["first", "later"]
    assert [item.entry.key for item in queries.open_items_of(HOLDER, on=days(3), submitter_ids=[9])] == ["first"]
    assert len(queries.open_items_of(HOLDER, on=days(3))) == 3


def test_a_documents_items_and_entries_are_found_by_its_source() -> None:
    first = charge("declaration:1:v1")
    charge("declaration:1:v2", kind=EntryKind.CORRECTION, amounts={Revenue.DUTY: dollars("10.00")})
    assert [entry.key for entry in queries.entries_of_source("declaration:1")] == [
        "declaration:1:v1",
        "declaration:1:v2",
    ]
    items = queries.items_of_sources(["declaration:1", "declaration:2"], on=DAY)
    assert [item.remaining for item in items] == [dollars("105.00"), dollars("10.00")]
    assert queries.entry_by_key("declaration:1:v1") == first
    assert queries.item_of_entry(first.id) == item_of(first)
    assert queries.entry_by_key("nothing") is None


def test_an_items_history_tells_what_cleared_it_and_what_undid_that() -> None:
    debt, paid = charge(), payment(amount="60.00")
    settle(debt, paid, "60.00", on=days(1))
    undo(paid, kind=EntryKind.PAYMENT_RETURN, posted_on=days(2))
    history = [(row.cleared_on, row.amount) for row in queries.item_history(item_of(debt))]
    assert history == [(days(1), dollars("60.00")), (days(2), dollars("-60.00"))]


def test_entries_between_two_days_leave_clearings_out() -> None:
    debt, paid = charge(), payment(posted_on=days(1))
    settle(debt, paid, "105.00", on=days(1))
    between = queries.entries_between(HOLDER, posted_from=DAY, posted_to=days(1))
    assert [entry.key for entry in between] == ["payment:1", "declaration:1:v1"]
    mine = queries.entries_between(HOLDER, posted_from=DAY, posted_to=None, submitter_ids=[BROKER])
    assert [entry.key for entry in mine] == ["declaration:1:v1"]
    clearings = queries.entries_between(HOLDER, posted_from=None, posted_to=None, kinds=[EntryKind.CLEARING])
    assert len(clearings) == 1
    assert queries.holders_with_activity(since=DAY, upto=days(1)) == [HOLDER]
    assert queries.holders_with_activity(since=days(2), upto=days(3)) == []


def test_windows_count_charges_by_whole_segments() -> None:
    charge("a", posted_on=date(2026, 6, 24), billing_on=date(2026, 6, 17), amounts={Revenue.DUTY: dollars("10.00")})
    charge("b", posted_on=date(2026, 6, 25), amounts={Revenue.DUTY: dollars("20.00")})
    charge("c", posted_on=date(2026, 7, 24), amounts={Revenue.DUTY: dollars("5.00")}, kind=EntryKind.PENALTY)
    charge("d", posted_on=date(2026, 7, 24), amounts={Revenue.DUTY: dollars("900.00")}, kind=EntryKind.INTEREST)
    charge("e", posted_on=date(2026, 7, 24), amounts={Revenue.DUTY: dollars("-4.00")}, kind=EntryKind.CORRECTION)
    windows = [(date(2026, 5, 25), date(2026, 6, 24)), (date(2026, 6, 25), date(2026, 7, 24))]
    assert queries.monthly_charges(HOLDER, windows) == [dollars("10.00"), dollars("25.00")]
    assert queries.highest_charges(HOLDER, windows) == {HOLDER: HighestWindow(1, dollars("25.00"))}
    assert queries.monthly_charges(HOLDER, windows, counting=[Category.CHARGE]) == [dollars("10.00"), dollars("20.00")]
    periods = [(date(2026, 5, 18), date(2026, 6, 17)), (date(2026, 6, 18), date(2026, 7, 17))]
    assert queries.monthly_charges(HOLDER, periods, basis=Basis.BILLING) == [dollars("10.00"), dollars("20.00")]
    with pytest.raises(ValueError, match="whole segments"):
        queries.monthly_charges(HOLDER, [(date(2026, 6, 2), date(2026, 6, 24))])


def test_the_highest_window_of_many_takes_one_query(django_assert_num_queries: Any) -> None:
    for holder in range(1, 6):
        charge(f"d:{holder}", holder_id=holder, posted_on=date(2026, 6, holder))
    undo(charge("x", holder_id=9), "undo:x")
    windows = [(date(2026, 6, 1), date(2026, 6, 17)), (date(2026, 6, 18), date(2026, 6, 30))]
    with django_assert_num_queries(1):
        highest = queries.highest_charges(range(2, 10), windows)
    assert highest == {number: HighestWindow(0, dollars("105.00")) for number in (2, 3, 4, 5)} | {
        9: HighestWindow(None, ZERO)
    }


def busy_month() -> None:
    """Something in every box, and something for the statements before and after."""
    common: dict[str, Any] = {
        "source": "x", "memo": "", "at": AT, "actor": ACTOR, "holder_id": HOLDER, "due_on": DAY, "last_day_to_pay": DAY,
    }  # fmt: skip
    may, june, after = date(2026, 5, 10), date(2026, 6, 10), date(2026, 6, 20)
    charge("may", posted_on=may, amounts={Revenue.DUTY: dollars("1.00")})
    charge("june", posted_on=june, amounts={Revenue.DUTY: dollars("10.00"), Revenue.GST: dollars("20.00")})
    charge("early", posted_on=date(2026, 5, 20), amounts={Revenue.DUTY: dollars("40.00")}, submitter_id=9)
    charge("july", posted_on=after, amounts={Revenue.DUTY: dollars("2.00")})
    charge("late", posted_on=date(2026, 6, 26), billing_on=june, amounts={Revenue.DUTY: dollars("4.00")})
    charge("v2", posted_on=june, billing_on=may, amounts={Revenue.DUTY: dollars("7.00")})
    charge("v3", posted_on=june, billing_on=may, amounts={Revenue.DUTY: dollars("-3.00")})
    charge("v4", posted_on=june, amounts={Revenue.GST: dollars("-5.00")})
    services.post_interest(key="i", amount=dollars("0.50"), posted_on=after, billing_on=after, **common)
    services.post_penalty(key="p", amount=dollars("100.00"), posted_on=after, billing_on=after, **common)
    paid = payment(amount="11.00", posted_on=after)
    services.post_disbursement(
        key="out", credit_item_id=item_of(paid).id, amount=dollars("6.00"), source="x", memo="", posted_on=after, at=AT,
        actor=ACTOR,
    )  # fmt: skip
    services.post_ctype(
        key="c", holder_id=HOLDER, submitter_id=None, payer_id=None, amounts={Revenue.GST: dollars("9.00")},
        method="debit", source="x", memo="", posted_on=after, billing_on=after, at=AT, actor=ACTOR,
    )  # fmt: skip


FIGURES = StatementFigures(
    corrections=dollars("4.00"),
    payments=dollars("-20.00"),
    disbursements=dollars("6.00"),
    interest=dollars("0.50"),
    penalties=dollars("100.00"),
    charges=dollars("79.00"),
    credits=dollars("-5.00"),
)


def test_statement_figures_fill_every_box(django_assert_num_queries: Any) -> None:
    busy_month()
    with django_assert_num_queries(1):
        assert queries.statement_figures(None, **JUNE) == {HOLDER: FIGURES}
    assert FIGURES.total == dollars("164.50")


def test_a_statement_on_another_day_is_read_from_the_entries() -> None:
    busy_month()
    moved = JUNE | {"upto": date(2026, 6, 23)}
    assert queries.statement_figures(range(1, 100), **moved) == {HOLDER: FIGURES}
    assert queries.statement_figures(HOLDER, **JUNE, submitter_ids=[9]) == {
        HOLDER: StatementFigures(charges=dollars("40.00"))
    }


def test_three_statements_add_up_to_the_balance() -> None:
    busy_month()
    total = ZERO
    for first, statement_on in ((4, 5), (5, 6), (6, 7)):
        figures = queries.statement_figures(
            HOLDER,
            period=(date(2026, first, 18), date(2026, first + 1, 17)),
            since=date(2026, statement_on - 1, 25),
            upto=date(2026, statement_on, 24),
        )
        total += figures.get(HOLDER, StatementFigures()).total
    assert total == queries.balance_of(HOLDER).net


def test_the_entries_behind_a_statement_make_its_boxes() -> None:
    busy_month()
    entries = queries.statement_entries(HOLDER, **JUNE)
    totals: dict[str, Decimal] = {}
    for entry in entries:
        totals[entry.box] = totals.get(entry.box, ZERO) + entry.amount
    assert totals == {
        Box.CORRECTIONS: dollars("4.00"),
        Box.PAYMENTS: dollars("-20.00"),
        Box.DISBURSEMENTS: dollars("6.00"),
        Box.INTEREST_AND_PENALTIES: dollars("100.50"),
        Box.CHARGES: dollars("79.00"),
        Box.CREDITS: dollars("-5.00"),
    }
    assert [entry.key for entry in queries.statement_entries(HOLDER, **JUNE, submitter_ids=[9])] == ["early"]


def test_a_statements_boxes_are_split_by_revenue() -> None:
    busy_month()
    assert queries.statement_revenue(HOLDER, **JUNE)[HOLDER] == {
        Box.CORRECTIONS: {Revenue.DUTY: dollars("4.00")},
        Box.INTEREST_AND_PENALTIES: {Revenue.INTEREST: dollars("0.50"), Revenue.PENALTY: dollars("100.00")},
        Box.CHARGES: {Revenue.DUTY: dollars("50.00"), Revenue.GST: dollars("29.00")},
        Box.CREDITS: {Revenue.GST: dollars("-5.00")},
    }
    assert queries.statement_revenue(HOLDER, **JUNE, submitter_ids=[9])[HOLDER] == {
        Box.CHARGES: {Revenue.DUTY: dollars("40.00")}
    }


def test_rows_say_what_they_are() -> None:
    debt, paid = charge(), payment()
    row = settle(debt, paid, "5.00", key="mine")
    line = debt.postings.select_related("account").order_by("id")[0]
    texts = [str(debt), str(row), str(line), str(line.account), str(item_of(debt))]
    assert texts == [
        "declaration:1:v1",
        "mine",
        "1100 105.00",
        "1100 Accounts receivable",
        "CHARGE 105.00 (declaration:1)",
    ]
    assert str(queries.HolderBalance.objects.get()) == "77: 0.00"
    assert str(queries.HolderSegment.objects.get()) == "77: 2026061/2026061"
