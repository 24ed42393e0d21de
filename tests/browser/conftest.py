"""Debian's Chromium, one for all; a portal that answers; and an eye for what is wrong on a page."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from playwright.sync_api import Browser, BrowserContext
from pytest_django.live_server_helper import LiveServer

from tests import standing_rows
from tests.browser.world import Portal, build_portal
from tests.builders import signed_in
from tests.ledger.book import empty_book

# Playwright keeps an event loop in the tests' thread, which Django would take for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": list(_QUIET)}


@pytest.fixture(scope="session")
def browser(browser: Browser) -> Iterator[Browser]:
    """Chromium; while its loop runs Django keeps a connection of its own, closed before the loop ends."""
    yield browser
    connections.close_all()


@pytest.fixture(scope="session")
def made_database(request: pytest.FixtureRequest) -> None:
    """The test database, also where only module-wide fixtures ask for it: it is made for tests that name ``db``."""
    asker: Any = SimpleNamespace(fixturenames=("db",), get_closest_marker=lambda name: None)
    request.session.items.append(asker)
    try:
        request.getfixturevalue("django_db_setup")
    finally:
        request.session.items.remove(asker)


@contextmanager
def committed_world(django_db_blocker: Any) -> Iterator[None]:
    """A database whose rows are committed, because the portal's threads must see them, and emptied afterwards."""
    with django_db_blocker.unblock():
        call_command("flush", verbosity=0, interactive=False)
        standing_rows.put_back()
        cache.clear()
        try:
            yield
        finally:
            empty_book()
            call_command("flush", verbosity=0, interactive=False)
            standing_rows.put_back()


@pytest.fixture(scope="module")
def portal(made_database: None, django_db_blocker: Any) -> Iterator[Portal]:
    """The lived-in portal, once for a module."""
    with committed_world(django_db_blocker):
        yield build_portal()


@pytest.fixture(scope="module")
def site(portal: Portal) -> Iterator[str]:
    """The address at which the portal answers."""
    server = LiveServer("localhost")
    server._live_server_modified_settings.enable()
    kept = configured.PORTAL_URL
    configured.PORTAL_URL = server.url
    try:
        yield server.url
    finally:
        configured.PORTAL_URL = kept
        server.stop()
        server._live_server_modified_settings.disable()


@contextmanager
def visit(browser: Browser, site: str, user: Any, **options: Any) -> Iterator[BrowserContext]:
    """A window of its own in which this person is signed in."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    context.set_default_timeout(10_000)
    client = signed_in(user)
    context.add_cookies([{"name": name, "value": morsel.value, "url": site} for name, morsel in client.cookies.items()])
    try:
        yield context
    finally:
        context.close()
