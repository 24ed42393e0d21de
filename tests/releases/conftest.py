"""Northlight with release prior to payment, so that goods are released to it."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from accounts.models import ProgramAccount
from tests.builders import Cast
from tests.declarations.desk import secured


@pytest.fixture
def account(cast: Cast) -> ProgramAccount:
    return secured(cast.world, cast.account)


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """A French page of the test before leaves its language active in the thread."""
    with translation.override("en"):
        yield
