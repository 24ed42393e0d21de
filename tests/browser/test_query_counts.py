"""A page asks the database as much for many rows as for one, and a typical signed-in page asks at most eight times.

Ten rows tell as well as fifty whether a page asks once a row; fifty of each kind, which take long to make, are there
when the full numbers are asked for.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test.client import ClientHandler
from django.test.utils import CaptureQueriesContext, override_settings

from tests.architecture.test_matrix import Browser as QuickBrowser
from tests.browser.pages import BUDGETS, PAGES, TYPICAL, Page
from tests.browser.world import build_portal
from tests.conftest import PROVE

MANY = 50 if PROVE else 10
#: By page; six are every page's own: session read and saved, person, clock, door, unread notifications.
Counts = dict[str, int]


def count_queries(rows: int) -> Counts:
    """How many queries each page asks in a portal with so many rows; every page is opened once before."""
    counts: Counts = {}
    with transaction.atomic():
        portal = build_portal(rows)
        cache.clear()
        handler = ClientHandler(enforce_csrf_checks=False)
        clients = {seat: QuickBrowser(seat, user, handler) for seat, user in portal.people.items()}
        for page in PAGES:
            address = page.address(portal, "en")
            answers = [clients[page.seat].get(address).status_code]
            with CaptureQueriesContext(connection) as asked:
                answers.append(clients[page.seat].get(address).status_code)
            assert answers == [page.status, page.status], f"{page.id}: {answers}"
            counts[page.id] = len([query for query in asked if not _is_a_frame_of_a_test(query["sql"])])
        transaction.set_rollback(True)
    return counts


def _is_a_frame_of_a_test(sql: str) -> bool:
    """Savepoints stand for the transactions that a page begins outside of a test."""
    return sql.startswith(("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT"))


@pytest.fixture(scope="module")
def counts(made_database: None, django_db_blocker: Any) -> Iterator[tuple[Counts, Counts]]:
    # A session that falls due for its save between two visits of a page would make that page cost one query more.
    with django_db_blocker.unblock(), override_settings(SESSION_SAVED_EVERY=86_400):
        yield count_queries(1), count_queries(MANY)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.id)
def test_the_page_asks_as_much_for_one_row_as_for_many(page: Page, counts: tuple[Counts, Counts]) -> None:
    one, many = counts
    assert many[page.id] == one[page.id], f"{one[page.id]} queries with one row, {many[page.id]} with {MANY}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.id)
def test_the_page_keeps_to_its_budget(page: Page, counts: tuple[Counts, Counts]) -> None:
    assert counts[0][page.id] <= page.budget


def test_no_page_that_became_typical_keeps_a_larger_budget() -> None:
    ids = {page.id for page in PAGES}
    larger = {page: count for pages in BUDGETS.values() for page, count in pages.items()}
    assert set(larger) <= ids and all(count > TYPICAL for count in larger.values())
