"""A pytest plugin (``-p tools.unmeasured``): coverage rests while a kind of test runs that the bar does not count on.

Rules and services are held to the full bar by their own tests. Browser and architecture tests drive whole pages through
the same code again; tracing them as well made them half as slow again and found no line more.
"""

from collections.abc import Generator

import pytest
from coverage import Coverage

from tools.timing import kind_of

UNMEASURED_KINDS = frozenset({"browser", "architecture"})


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    measuring = Coverage.current()
    if measuring is None or kind_of(item.nodeid) not in UNMEASURED_KINDS:
        return (yield)
    measuring.stop()
    try:
        return (yield)
    finally:
        measuring.start()
