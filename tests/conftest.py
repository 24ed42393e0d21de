"""The cast and the ground rules of all tests: a real database, a known day, nothing of ours patched."""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.test import TestCase
from django.utils import translation

from core.clock import TORONTO
from core.jobs import set_clock
from tests import standing_rows
from tests.builders import Cast, World, build_cast
from tests.ledger.book import unlocked_book  # noqa: F401

#: The business day on which most tests play: Wednesday 22 July 2026, a week before the statement is due.
TEST_DAY = datetime(2026, 7, 22, 9, 0, tzinfo=TORONTO)
PROVE = os.environ.get("PORTAGE_PROVE") == "1"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The reference tables are loaded once; tests roll back to them."""
    with django_db_blocker.unblock():
        standing_rows.load()


@pytest.fixture(autouse=True)
def _known_day(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """Every test with a database plays on the same business day, with the standing rows and an empty cache."""
    if _needs_database(request):
        request.getfixturevalue("django_db_setup")
        with django_db_blocker.unblock():
            standing_rows.put_back()
        request.getfixturevalue("unlocked_book" if _is_transactional(request) else "db")
        cache.clear()
        set_clock(TEST_DAY)
    with translation.override("en"):
        yield


def _needs_database(request: pytest.FixtureRequest) -> bool:
    names = {"db", "transactional_db", "live_server", "unlocked_book"}
    if names & set(request.fixturenames) or request.node.get_closest_marker("django_db"):
        return True
    return request.cls is not None and issubclass(request.cls, TestCase)


def _is_transactional(request: pytest.FixtureRequest) -> bool:
    marker = request.node.get_closest_marker("django_db")
    names = {"transactional_db", "live_server", "unlocked_book"}
    return bool(names & set(request.fixturenames)) or bool(marker and marker.kwargs.get("transaction"))


@pytest.fixture
def world(db: None) -> World:
    """Makes businesses, people and delegations through the services where they exist."""
    return World(at=TEST_DAY)


@pytest.fixture
def cast(world: World) -> Cast:
    """Amara manages Northlight, Luc Desrosiers Acier; Wen and Ines are brokers, Peter a surety, Daniel an officer."""
    return build_cast(world)
