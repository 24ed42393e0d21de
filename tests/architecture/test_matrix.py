"""Every route, tried from every seat: the right ones get in, strangers learn nothing, and a new route must say so.

The entries stand in ``matrix.py``. The same address is first shown to answer somebody before anybody is refused it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zlib import crc32

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from django.test.client import ClientHandler
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.translation import override

from accounts.models import User
from core.jobs import set_clock
from delegation.rules import PERMISSIONS, Action, Role
from tests import standing_rows
from tests.architecture.matrix import (
    ADMIN,
    ENTRIES,
    GONE,
    OFFICERS,
    REFUSED,
    SEATS,
    SIGN_IN,
    STAFF,
    STANDINGS,
    SUCCESS,
    UNAUTHORIZED,
    Api,
    Page,
    Skip,
    Stage,
    build,
)
from tests.builders import World, signed_in
from tests.conftest import PROVE, TEST_DAY

pytestmark = pytest.mark.django_db

#: For the admin's hundreds of pages and for those open to everybody, which know no roles: to them, people differ only
#: in being signed in, in whom they stand for and in being staff.
OF_EACH_KIND = ("signed_out", "manager", "broker_full", "officer", "trainer", "staff")
ADMIN_PAGES = {"changelist": "", "add": "add/", "history": "history/", "delete": "delete/", "change": "change/"}
ADMIN_OWN = (
    "index",
    "app_list",
    "jsi18n",
    "logout",
    "password_change",
    "password_change_done",
    "autocomplete",
    "login",
)


#: How many seats of one outcome try a route, but for ``make prove``.
SMALL_NUMBER = 3
IN_COOKIES = "django.contrib.sessions.backends.signed_cookies"


@dataclass(frozen=True)
class Route:
    name: str
    pattern: str
    callback: Any
    parameters: frozenset[str]

    @property
    def is_of_the_admin(self) -> bool:
        return self.name.startswith("admin:")


def walk(patterns: Any = None, prefix: str = "", namespaces: tuple[str, ...] = ()) -> Iterator[Route]:
    """Every route of the URL configuration, with its full name or, without one, its pattern."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        here = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from walk(entry.url_patterns, here, inner)
        elif isinstance(entry, URLPattern):
            name = ":".join((*namespaces, entry.name)) if entry.name else here
            yield Route(name, here, entry.callback, frozenset(entry.pattern.regex.groupindex))


@lru_cache
def routes() -> dict[str, Route]:
    return {route.name: route for route in walk()}


def generated(route: Route) -> bool:
    """The pages that the admin makes by itself for each model, and its own few."""
    if not route.is_of_the_admin:
        return False
    label = route.name.removeprefix("admin:")
    models = {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry}
    stem, _underscore, last = label.rpartition("_")
    return label in ADMIN_OWN or label == "view_on_site" or (stem in models and last in ADMIN_PAGES)


def _is_passed_on(route: Route) -> bool:
    """The admin's catch-all and the old form of a change page lead on and show nothing."""
    return route.name.startswith("/") or "(?P<url>" in route.pattern or route.pattern.endswith("<path:object_id>/")


def entries_of(name: str) -> tuple[Page, ...]:
    """The ways in which a route is tried; none where the list says why not."""
    entry = ENTRIES[name]
    if isinstance(entry, Skip):
        return ()
    return entry if isinstance(entry, tuple) else (entry,)


def test_every_route_has_an_entry() -> None:
    missing = [
        route.name
        for route in routes().values()
        if route.name not in ENTRIES and not generated(route) and not _is_passed_on(route)
    ]
    assert not missing, f"Routes without an entry in tests/architecture/matrix.py: {sorted(missing)}"


def test_every_entry_has_a_route() -> None:
    gone = sorted(set(ENTRIES) - set(routes()))
    assert not gone, f"Entries of tests/architecture/matrix.py without a route: {gone}"


def test_every_page_in_an_account_or_business_goes_through_the_door() -> None:
    """An address that holds a program account or a business number is behind the one door, by its decorator."""
    open_ones = [
        route.name
        for route in routes().values()
        if route.name in ENTRIES
        and route.parameters & {"number", "bn9"}
        and not route.is_of_the_admin
        and not hasattr(route.callback, "door")
        and not isinstance(ENTRIES[route.name], Skip)
        and any(not isinstance(entry, Api) and entry.seats is None for entry in entries_of(route.name))
    ]
    assert not open_ones, f"Pages of an account or a business that are not behind the door: {sorted(open_ones)}"


# --- What is expected -------------------------------------------------------------------------------------------------
def expected(route: Route, entry: Page, seat: str) -> str:
    """What this seat should get: by the entry's own word, else by the door and the permission table."""
    if seat in entry.but:
        return entry.but[seat]
    if entry.seats is not None:
        return entry.seats.get(seat, GONE)
    if seat == "signed_out":
        return entry.signed_out
    kind, action = door_of(route, entry)
    standing = STANDINGS[entry.of].get(seat)
    if standing is None or (kind == "business" and standing.role == "PROGRAM_MANAGEMENT"):
        return GONE
    return SUCCESS if action in standing.actions(kind) else REFUSED


def door_of(route: Route, entry: Page) -> tuple[str, Action]:
    door = entry.door or getattr(route.callback, "door", None)
    assert door is not None, f"{route.name} names no door: give its entry seats=... or door=..."
    return door


def address(route: Route, entry: Page, stage: Stage) -> str:
    kwargs = dict(entry.kwargs(stage))
    if "number" in route.parameters:
        kwargs.setdefault("number", stage.accounts[entry.of].number)
    if "bn9" in route.parameters:
        kwargs.setdefault("bn9", stage.businesses[entry.of].bn9)
    with override("en"):
        return reverse(route.name, kwargs=kwargs)


class Browser(RequestFactory):
    """A browser in which a seat has just signed in, whatever it did before: an answer's cookies are not kept.

    Unlike the test client it keeps no copy of each template rendered, which is most of that client's time.
    """

    def __init__(self, seat: str, user: User | None, handler: ClientHandler) -> None:
        super().__init__()
        self.seat = seat
        self.cookies = signed_in(user).cookies
        self.handler = handler

    def request(self, **request: Any) -> HttpResponse:  # type: ignore[override]
        return self.handler(self._base_environ(**request))


class _Undo(Exception):
    """Takes back whatever a request wrote."""


def outcome(browser: Browser, url: str, entry: Page, stage: Stage) -> str:
    """What one request gets, with everything that it wrote taken back."""
    extra: dict[str, Any] = {"headers": entry.headers(stage)}
    if entry.content_type and entry.method != "get":
        extra["content_type"] = entry.content_type
    try:
        with transaction.atomic():
            response = getattr(browser, entry.method)(url, entry.data(stage), **extra)
            raise _Undo
    except _Undo:
        return kind_of(response, entry, browser.seat)
    except Exception as problem:
        problem.add_note(f"{browser.seat} at {url}")
        raise


def kind_of(response: HttpResponse, entry: Page, seat: str) -> str:
    if response.status_code in (301, 302):
        return SIGN_IN if re.search(r"/(sign-in|login)/\?next=", response["Location"]) else SUCCESS
    if isinstance(entry, Api) and response.status_code in (401, 403) and entry.signed_out == UNAUTHORIZED:
        return UNAUTHORIZED if seat == "signed_out" else REFUSED
    return {403: REFUSED, 404: GONE}.get(
        response.status_code, SUCCESS if response.status_code < 300 else str(response.status_code)
    )


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    """One world for all, in a transaction that is taken back when the last of these tests is over.

    Sessions stand in the browsers' cookies, because the thousands of answers would each write one to be taken back.
    """
    with django_db_blocker.unblock(), override_settings(DEBUG_PROPAGATE_EXCEPTIONS=True, SESSION_ENGINE=IN_COOKIES):
        standing_rows.put_back()
        cache.clear()
        with transaction.atomic():
            set_clock(TEST_DAY)
            yield build(World(at=TEST_DAY))
            transaction.set_rollback(True)
        cache.clear()


@pytest.fixture(scope="module")
def browsers(stage: Stage) -> dict[str, Browser]:
    handler = ClientHandler(enforce_csrf_checks=False)
    return {seat: Browser(seat, stage.people[seat], handler) for seat in SEATS}


TRIALS = [
    pytest.param(name, entry, id=f"{name}-{entry.method}-{position}" if position else name)
    for name in ENTRIES
    if name in routes()
    for position, entry in enumerate(entries_of(name))
]


def tried_at(name: str, wanted: dict[str, str]) -> tuple[str, ...]:
    """Every seat; with small numbers three of each outcome, others at each route, so that all have their turn."""
    if PROVE:
        return SEATS
    turn = crc32(name.encode()) % len(SEATS)
    tried: dict[str, list[str]] = {}
    for seat in (*SEATS[turn:], *SEATS[:turn]):
        of_this_outcome = tried.setdefault(wanted[seat], [])
        if len(of_this_outcome) < SMALL_NUMBER:
            of_this_outcome.append(seat)
    return tuple(seat for seats in tried.values() for seat in seats)


@pytest.mark.parametrize(("name", "entry"), TRIALS)
def test_each_seat_gets_what_the_table_says(name: str, entry: Page, stage: Stage, browsers: dict[str, Browser]) -> None:
    route = routes()[name]
    url = address(route, entry, stage)
    wanted = {seat: expected(route, entry, seat) for seat in SEATS}
    seats = OF_EACH_KIND if set(wanted.values()) == {SUCCESS} else tried_at(name, wanted)
    first = next((seat for seat in seats if wanted[seat] == SUCCESS), None)
    assert first is not None, f"{name}: no seat succeeds, so its refusals prove nothing"
    got = {}
    for seat in (first, *(seat for seat in seats if seat != first)):
        got[seat] = outcome(browsers[seat], url, entry, stage)
    wrong = {seat: f"{got[seat]} instead of {wanted[seat]}" for seat in seats if got[seat] != wanted[seat]}
    assert not wrong, f"{name} at {url}: {wrong}"


def _in_an_account(name: str, entry: Page) -> bool:
    """Whether the address names a program account of Northlight and the door of program accounts stands before it."""
    route = routes()[name]
    return (
        "number" in route.parameters
        and entry.seats is None
        and entry.of == "client"
        and door_of(route, entry)[0] == "account"
    )


IN_ACCOUNTS = [trial for trial in TRIALS if _in_an_account(*trial.values)]


@pytest.mark.parametrize(("name", "entry"), IN_ACCOUNTS)
def test_each_program_account_asks_for_the_role_held_in_it(
    name: str, entry: Page, stage: Stage, browsers: dict[str, Browser]
) -> None:
    """Max manages RM0001 and reads RM0002 of the same business: what the one role opens stays shut in the other."""
    route, there = routes()[name], stage.objects["second"].number
    url = address(route, entry, stage).replace(stage.accounts["client"].number, there)
    is_reading = door_of(route, entry)[1] in PERMISSIONS[Role.READER]
    got = outcome(browsers["mixed"], url, entry, stage)
    assert (got == REFUSED) is not is_reading, f"{name} at {url}: {got}"


def test_a_stranger_and_nobody_get_the_same_answer(stage: Stage, browsers: dict[str, Browser]) -> None:
    """The page for an account that exists and for one that does not are alike, so that existence never leaks."""
    stranger = browsers["other_manager"]
    answers = []
    for bn9 in (stage.businesses["client"].bn9, "799999997"):
        response = stranger.get(reverse("delegation:people", args=(bn9,)))
        assert response.status_code == 404
        answers.append(re.sub(r'csrfmiddlewaretoken" value="[^"]*"', "", response.content.decode()).replace(bn9, ""))
    assert answers[0] == answers[1]


# --- The admin --------------------------------------------------------------------------------------------------------
def admin_pages() -> list[str]:
    lists = [f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry]
    return ["admin:index", *lists]


@pytest.mark.parametrize("name", admin_pages())
def test_the_admin_is_for_officers(name: str, stage: Stage, browsers: dict[str, Browser]) -> None:
    """Officers and trainers read; staff without a group are refused; everybody else is led to the sign-in."""
    url = reverse(name)
    seats = SEATS if name == "admin:index" else OF_EACH_KIND
    got = {seat: outcome(browsers[seat], url, ADMIN, stage) for seat in seats}
    wrong = {seat: got[seat] for seat in seats if got[seat] != expected(routes()[name], ADMIN, seat)}
    assert not wrong, f"{name}: {wrong}"


@pytest.mark.parametrize(
    "model", list(admin.site._registry), ids=lambda model: f"{model._meta.app_label}.{model._meta.model_name}"
)
def test_the_admins_forms_are_closed_to_everybody_else(model: Any, stage: Stage, browsers: dict[str, Browser]) -> None:
    """Adding, changing, deleting and the history of any row: never for people, never for staff without a group."""
    stem = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model._default_manager.order_by("pk").first()
    urls = [reverse(f"{stem}_add")]
    if row is not None:
        urls += [reverse(f"{stem}_{page}", args=(row.pk,)) for page in ("change", "delete", "history")]
    entry = Page()
    for url in urls:
        for seat in (seat for seat in OF_EACH_KIND if seat not in OFFICERS):
            got = outcome(browsers[seat], url, entry, stage)
            assert got in ((REFUSED,) if seat in STAFF else (SIGN_IN,)), f"{url} from {seat}: {got}"
