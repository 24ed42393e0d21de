"""Each cell of the permission table is felt at a door: turn one around, and some address answers otherwise.

``tests/delegation/test_rules.py`` holds the table a second time, so that a cell turned by mistake is seen at once. Here
it is shown that no cell is an idle word: for each there is a route that it alone opens or closes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from delegation import rules
from delegation.rules import Action, Role
from tests.architecture.matrix import ENTRIES, Page, Stage
from tests.architecture.test_matrix import (  # noqa: F401
    Browser,
    address,
    browsers,
    door_of,
    entries_of,
    outcome,
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


def doors_for(action: Action) -> Iterator[tuple[str, Page]]:
    """Every entry whose door asks for this action, pointed at Northlight."""
    for name in ENTRIES:
        if name not in routes():
            continue
        for entry in entries_of(name):
            if entry.seats is None and door_of(routes()[name], entry)[1] == action:
                yield name, replace(entry, of="client")


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
    for name, entry in doors_for(action):
        url = address(routes()[name], entry, stage)
        as_it_is = outcome(browser, url, entry, stage)
        with turned_around(role, action):
            turned = outcome(browser, url, entry, stage)
        if turned != as_it_is:
            return
        asked.append(name)
    raise AssertionError(f"{role}, {action}: no route feels it. Asked: {asked or 'no route has this door'}")
