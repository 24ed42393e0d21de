"""Each cell of the permission table is felt at a door: turn one around, and some address answers otherwise.

``tests/delegation/test_rules.py`` holds the table a second time, so that a cell turned by mistake is seen at once. Here
it is shown that no cell is an idle word: for each there is a route that it alone opens or closes.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Business, Membership
from delegation import rules
from delegation.rules import Action, Role
from tests.architecture.matrix import ENTRIES, Api, Page, Stage, once, release_call
from tests.architecture.test_matrix import (  # noqa: F401
    Browser,
    address,
    browsers,
    door_of,
    entries_of,
    routes,
    stage,
)

pytestmark = pytest.mark.django_db

#: Somebody in each role whom neither licence nor visibility nor the role at home narrows.
SEAT = {
    Role.BAM: "manager",
    Role.PAM: "pam",
    Role.EDITOR: "editor",
    Role.READER: "reader",
    Role.THIRD_PARTY_BUSINESS: "broker_full",
    Role.THIRD_PARTY_PROGRAM: "broker_program",
}
#: With access to a program only, a third party is a stranger at the business itself, whatever the table says.
NOWHERE = {(Role.THIRD_PARTY_PROGRAM, action) for action in rules.OF_THE_BUSINESS}


@contextmanager
def turned_around(role: Role, action: Action) -> Iterator[None]:
    """The table with one cell the other way, for as long as it takes to ask."""
    kept = rules.PERMISSIONS[role]
    rules.PERMISSIONS[role] = kept ^ {action}
    try:
        yield
    finally:
        rules.PERMISSIONS[role] = kept


def ways_to_feel(role: Role, action: Action) -> Iterator[tuple[str, Page]]:
    """Every entry whose door asks for this action, pointed at Northlight; for a third party what it asks at home."""
    for name in ENTRIES:
        if name not in routes():
            continue
        for entry in entries_of(name):
            if entry.seats is None and door_of(routes()[name], entry)[1] == action:
                yield name, replace(entry, of="client")
    if action == Action.REQUEST_RELEASE and role in THIRD_PARTIES:
        yield "api_releases", Api(method="post", data=THIRD_PARTIES[role], headers=once)


def _asked_by(seat: str) -> Callable[[Stage], dict[str, Any]]:
    """A call by which the provider of this seat asks for a release of Northlight's goods."""

    def call(world: Stage) -> dict[str, Any]:
        home = Membership.objects.get(user=world.people[seat]).business
        return {**release_call(world), "filer": home.bn9}

    return call


THIRD_PARTIES = {role: _asked_by(SEAT[role]) for role in (Role.THIRD_PARTY_BUSINESS, Role.THIRD_PARTY_PROGRAM)}


class _Undo(Exception):
    """Takes back whatever a request wrote."""


def answer(browser: Browser, url: str, entry: Page, world: Stage) -> tuple[int, str, Any]:
    """Status, place and, from the API, the state of what was made; with everything that was written taken back."""
    extra: dict[str, Any] = {"headers": entry.headers(world)}
    if entry.content_type and entry.method != "get":
        extra["content_type"] = entry.content_type
    try:
        with transaction.atomic():
            # A page for providers refuses importers whatever their role; here everybody may be one.
            Business.objects.filter(pk=world.businesses["client"].pk, provider_kind="").update(
                provider_kind=Business.ProviderKind.CUSTOMS_BROKER
            )
            response = getattr(browser, entry.method)(url, entry.data(world), **extra)
            raise _Undo
    except _Undo:
        is_json = response.get("Content-Type", "").startswith("application/json")
        told = json.loads(response.content) if is_json else None
        return response.status_code, response.get("Location", ""), told.get("state") if isinstance(told, dict) else None


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("role", list(Role))
def test_turning_a_cell_around_changes_an_answer(
    role: Role,
    action: Action,
    stage: Stage,  # noqa: F811
    browsers: dict[str, Browser],  # noqa: F811
) -> None:
    if (role, action) in NOWHERE:
        return
    browser, asked = browsers[SEAT[role]], []
    for name, entry in ways_to_feel(role, action):
        url = address(routes()[name], entry, stage)
        as_it_is = answer(browser, url, entry, stage)
        with turned_around(role, action):
            turned = answer(browser, url, entry, stage)
        if turned != as_it_is:
            return
        asked.append((name, as_it_is))
    raise AssertionError(f"{role}, {action}: no route feels it. Asked: {asked or 'no route has this door'}")
