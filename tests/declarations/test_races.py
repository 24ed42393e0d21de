"""Two at once: one entry in the book, one line after the other, no number given twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from core.errors import DomainError
from declarations import services
from declarations.models import Line
from ledger.models import JournalEntry
from ledger.queries import balance_of
from ledger.verification import findings
from releases.models import Release
from releases.services import request_release
from tests.builders import Cast, World, build_cast
from tests.conftest import TEST_DAY
from tests.declarations.desk import MANAGER, PACKS, drafted, filer, released, secured, wanted
from tests.ledger.book import unlocked_book

__all__ = ["unlocked_book"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unlocked_book")]


@pytest.fixture
def desk(unlocked_book: None) -> Cast:
    """The cast with reference tables of their own, because other tests that commit leave none behind."""
    call_command("load_reference", verbosity=0)
    cast = build_cast(World(at=TEST_DAY))
    secured(cast.world, cast.account)
    return cast


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Each call in a thread and connection of its own, started together; results or refusals, in order."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait(10)
            return call()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_two_submissions_at_once_post_one_entry(desk: Cast) -> None:
    declaration = drafted(desk.world, released(desk.world, desk.account, desk.harbourline))
    wen = filer(desk.world, desk.harbourline)
    done = at_once(*[lambda: services.submit(declaration=declaration, actor=wen, at=desk.world.at)] * 3)
    assert [row.state for row in done] == ["ACCEPTED"] * 3
    assert JournalEntry.objects.filter(source=f"declaration:{declaration.number}").count() == 1
    assert balance_of(desk.account.pk).receivable == Decimal("2351.76")
    assert list(findings()) == []


def test_lines_added_at_once_stand_one_after_the_other(desk: Cast) -> None:
    declaration = drafted(desk.world, released(desk.world, desk.account, desk.harbourline))
    invoice = Line.objects.get().invoice
    at_once(*[lambda: services.save_line(declaration=declaration, invoice=invoice, entry=PACKS, at=desk.world.at)] * 4)
    assert list(invoice.lines.values_list("position", flat=True)) == [1, 2, 3, 4, 5]
    declaration.refresh_from_db()
    assert declaration.total == sum(line.total for line in Line.objects.all())


def test_requests_at_once_get_different_numbers_and_one_cargo_is_released_once(desk: Cast) -> None:
    amara = filer(desk.world, desk.northlight)

    def ask(request: Any) -> Callable[[], Any]:
        given: Any = {"submitter": desk.northlight, "staff_actions": MANAGER, "actor": amara, "at": desk.world.at}
        return lambda: request_release(request=request, **given)

    rows = at_once(*[ask(wanted(desk.account)) for _time in range(4)])
    assert len({row.transaction_number for row in rows}) == 4
    same = wanted(desk.account)
    outcomes = at_once(ask(same), ask(same))
    assert sorted(isinstance(outcome, DomainError) for outcome in outcomes) == [False, True]
    assert Release.objects.filter(state="RELEASED").count() == 5
