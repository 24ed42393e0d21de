"""A town for each journey; afterwards the book and the audit trail must prove themselves."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.core.management import call_command

from core.clock import TORONTO
from core.jobs import set_clock
from tests.journeys.town import Town

#: The Monday on which most journeys begin: its goods stand on the statement of 25 May 2026.
FIRST_DAY = datetime(2026, 5, 4, 9, 0, tzinfo=TORONTO)


def pytest_collection_modifyitems(items: list[Any]) -> None:
    for item in items:
        if item.path.parent.name == "journeys":
            item.add_marker(pytest.mark.sqlite)


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    set_clock(FIRST_DAY)
    yield Town()
    call_command("verify_ledger", verbosity=0)
    call_command("verify_audit", verbosity=0)
