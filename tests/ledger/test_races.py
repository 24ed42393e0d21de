"""Two at once: whoever comes second gets the first one's entry, and no amount is lost or used twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from core.errors import Conflict
from ledger import queries
from ledger.models import JournalEntry
from ledger.verification import findings
from tests.ledger.examples import HOLDER, charge, ctype, dollars, payment, settle, undo

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unlocked_book")]


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Each call in a thread and connection of its own, started together; results or exceptions, in order."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait(10)
            return call()
        except Conflict as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_the_same_key_at_once_posts_once() -> None:
    for number in range(5):
        entries = at_once(*[lambda number=number: charge(f"declaration:{number}:v1")] * 4)
        assert len({entry.id for entry in entries}) == 1
    assert JournalEntry.objects.count() == 5
    assert queries.balance_of(HOLDER).receivable == dollars("525.00")
    assert len({entry.id for entry in at_once(*[ctype] * 4)}) == 1
    assert JournalEntry.objects.count() == 8
    assert list(findings()) == []


def test_the_same_key_at_once_with_two_payloads_is_a_conflict_for_one() -> None:
    outcomes = at_once(lambda: payment(amount="1.00"), lambda: payment(amount="2.00"))
    assert sorted(isinstance(outcome, Conflict) for outcome in outcomes) == [False, True]
    assert JournalEntry.objects.count() == 1


def test_no_update_of_a_balance_is_lost() -> None:
    at_once(*[lambda number=number: charge(f"declaration:{number}:v1") for number in range(8)])
    assert queries.balance_of(HOLDER).receivable == dollars("840.00")
    assert list(findings()) == []


def test_a_credit_is_not_used_twice() -> None:
    first, second, credit = charge("d:1"), charge("d:2"), payment(amount="105.00")
    outcomes = at_once(lambda: settle(first, credit, "105.00"), lambda: settle(second, credit, "105.00"))
    assert sorted(isinstance(outcome, Conflict) for outcome in outcomes) == [False, True]
    assert queries.balance_of(HOLDER).receivable == dollars("105.00")
    assert list(findings()) == []


def test_an_entry_is_not_reversed_twice() -> None:
    entry = charge()
    outcomes = at_once(lambda: undo(entry, "undo:1"), lambda: undo(entry, "undo:2"))
    assert sorted(isinstance(outcome, Conflict) for outcome in outcomes) == [False, True]
    assert queries.balance_of(HOLDER).net == dollars("0.00")
    assert list(findings()) == []
