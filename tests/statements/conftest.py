from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A French page leaves French active in its thread; each test begins in English."""
    with translation.override("en"):
        yield
