from collections.abc import Iterator
from typing import Any

import pytest

from tests.accounts.provider import StandIn, stand_in
from tests.ledger.book import unlocked_book

__all__ = ["unlocked_book"]


@pytest.fixture(scope="session")
def _running_stand_in() -> Iterator[StandIn]:
    with stand_in() as provider:
        yield provider


@pytest.fixture
def provider(_running_stand_in: StandIn, settings: Any) -> StandIn:
    """The portal meets this stand-in behind each of its three ways in."""
    _running_stand_in.claims = {"sub": "subject-1"}
    _running_stand_in.status = _running_stand_in.token_status = _running_stand_in.person_status = 200
    settings.SOCIALACCOUNT_PROVIDERS = _running_stand_in.providers()
    return _running_stand_in
