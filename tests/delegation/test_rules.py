"""The permission table written a second time, and the rules on scope, presets and people as tables."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delegation import rules
from delegation.rules import FULL, Action, Colleague, Role, Scope, Visibility

ON = date(2026, 7, 22)

#: One row an action: which roles have it (x), to which a manager may add it (+). Written by hand, so that a flipped
#: cell of the table in rules.py shows.
EXPECTED = {
    #                        BAM PAM EDI REA BUS PRO
    Action.VIEW_BUSINESS: "x...x.",
    Action.EDIT_BUSINESS: "x.....",
    Action.MANAGE_PEOPLE: "xx....",
    Action.MANAGE_THIRD_PARTIES: "xx....",
    Action.REQUEST_CLIENTS: "x.....",
    Action.MANAGE_CLIENT_GROUPS: "x.....",
    Action.OPEN_PROGRAM: "x.....",
    Action.VIEW: "xxxxxx",
    Action.EDIT_PROFILE: "xx....",
    Action.MANAGE_SECURITY: "xx++xx",
    Action.VIEW_SECURITY: "xxxxxx",
    Action.VIEW_TRANSACTIONS: "xxxxxx",
    Action.VIEW_STATEMENTS: "xxxxxx",
    Action.REQUEST_RELEASE: "xxx+xx",
    Action.FILE_DECLARATION: "xxx+xx",
    Action.PAY: "xxx+xx",
    Action.READ_NOTICES: "xxxx..",
    Action.VIEW_HISTORY: "xx....",
}


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("place, role", list(enumerate(Role)))
def test_each_cell_of_the_permission_table(action: Action, place: int, role: Role) -> None:
    assert (action in rules.PERMISSIONS[role]) == (EXPECTED[action][place] == "x")
    assert (action in rules.ADDABLE.get(role, ())) == (EXPECTED[action][place] == "+")


@pytest.mark.parametrize("role", list(Role))
def test_single_permissions_never_give_what_the_guide_denies(role: Role) -> None:
    everything = [action.value for action in Action]
    held = rules.own_actions(role, everything)
    assert held == rules.PERMISSIONS[role] | rules.ADDABLE.get(role, frozenset())
    if role != Role.BAM:
        assert not held & {Action.EDIT_BUSINESS, Action.REQUEST_CLIENTS, Action.OPEN_PROGRAM}
    if role in (Role.EDITOR, Role.READER, Role.THIRD_PARTY_BUSINESS, Role.THIRD_PARTY_PROGRAM):
        assert not held & {Action.MANAGE_PEOPLE, Action.MANAGE_THIRD_PARTIES, Action.EDIT_PROFILE}


@pytest.mark.parametrize(
    ("role", "wanted", "stored", "problem"),
    [
        ("READER", {"pay"}, {"pay"}, None),
        ("READER", {"pay", "view"}, {"pay"}, None),
        ("EDITOR", {"pay", "manage_security"}, {"manage_security"}, None),
        ("PAM", {"pay"}, set(), None),
        ("READER", {"manage_people"}, {"manage_people"}, "cannot_be_added"),
        ("EDITOR", {"edit_profile"}, {"edit_profile"}, "cannot_be_added"),
        ("PAM", {"edit_business"}, {"edit_business"}, "cannot_be_added"),
    ],
)
def test_what_may_be_added_to_a_role(role: str, wanted: set[str], stored: set[str], problem: str | None) -> None:
    assert rules.addition(Role(role), wanted) == {Action(action) for action in stored}
    found = rules.grant_problem(rules.same_role(role, {1}, wanted), held=None, open_account_ids=frozenset({1}))
    assert found == problem


@pytest.mark.parametrize(
    ("is_manager", "is_primary", "has_offer", "problem"),
    [
        (True, False, False, None),
        (False, False, False, "not_a_manager"),
        (True, True, False, "already_primary"),
        (True, False, True, "already_offered"),
    ],
)
def test_to_whom_the_primary_role_can_be_offered(
    is_manager: bool, is_primary: bool, has_offer: bool, problem: str | None
) -> None:
    found = rules.handover_problem(is_active_manager=is_manager, is_primary=is_primary, has_open_offer=has_offer)
    assert found == problem


@pytest.mark.parametrize(
    ("role", "is_full", "is_licensed", "missing"),
    [
        (Role.THIRD_PARTY_BUSINESS, True, True, set()),
        (Role.THIRD_PARTY_BUSINESS, True, False, {Action.REQUEST_RELEASE, Action.FILE_DECLARATION}),
        (Role.THIRD_PARTY_PROGRAM, False, True, {Action.VIEW_STATEMENTS}),
        (
            Role.THIRD_PARTY_PROGRAM,
            False,
            False,
            {Action.REQUEST_RELEASE, Action.FILE_DECLARATION, Action.VIEW_STATEMENTS},
        ),
        (Role.BAM, True, False, set()),
    ],
)
def test_what_licence_and_visibility_take_away(
    role: Role, is_full: bool, is_licensed: bool, missing: set[Action]
) -> None:
    visibility = FULL if is_full else Visibility(is_full=False)
    left = rules.actions_of(role, visibility=visibility, is_licensed_broker=is_licensed)
    assert rules.PERMISSIONS[role] - left == missing


@pytest.mark.parametrize(
    ("sees_client", "sees_others", "shown"),
    [(False, False, {1}), (True, False, {1, 2}), (False, True, {1, 3}), (True, True, {1, 2, 3, None})],
)
def test_the_four_visibilities(sees_client: bool, sees_others: bool, shown: set[int | None]) -> None:
    visibility = rules.visibility_of(provider_id=1, client_id=2, sees_client=sees_client, sees_others=sees_others)
    assert {key for key in (1, 2, 3, None) if visibility.shows(key)} == shown


@pytest.mark.parametrize(
    ("state", "first", "last", "effective"),
    [
        ("ACTIVE", ON, ON, True),
        ("ACTIVE", None, None, True),
        ("ACTIVE", date(2026, 7, 23), None, False),
        ("ACTIVE", None, date(2026, 7, 21), False),
        ("REQUESTED", ON, None, False),
        ("REVOKED", ON, None, False),
    ],
)
def test_when_a_delegation_is_in_force(state: str, first: date | None, last: date | None, effective: bool) -> None:
    assert rules.is_effective(state=state, valid_from=first, valid_until=last, on=ON) is effective


def test_only_requests_and_active_delegations_move_on() -> None:
    moving = {state for state, following in rules.TRANSITIONS.items() if following}
    assert moving == {"REQUESTED", "ACTIVE"}
    assert rules.can_become("REQUESTED", "WITHDRAWN")
    assert not rules.can_become("WITHDRAWN", "ACTIVE")


@pytest.mark.parametrize(
    ("held", "needed", "covered"),
    [
        (None, None, True),
        (None, frozenset({1}), True),
        (frozenset({1, 2}), frozenset({1}), True),
        (frozenset({1}), frozenset({1, 2}), False),
        (frozenset({1}), None, False),
        (frozenset({1}), frozenset(), False),
    ],
)
def test_how_far_a_manager_reaches(held: frozenset[int] | None, needed: frozenset[int] | None, covered: bool) -> None:
    assert rules.covers(held, needed) is covered


PROGRAM, BUSINESS = "PROGRAM_MANAGEMENT", "BUSINESS_MANAGEMENT"


@pytest.mark.parametrize(
    ("scope", "started_on", "problem"),
    [
        (Scope(BUSINESS, True), None, None),
        (Scope(PROGRAM, False, frozenset({1})), None, None),
        (Scope(PROGRAM, False), None, "no_program"),
        (Scope(PROGRAM, False, frozenset({9})), None, "unknown_program"),
        (Scope(BUSINESS, False, frozenset({1})), None, "business_needs_all_programs"),
        (Scope(PROGRAM, True, valid_from=date(2026, 7, 21)), None, "starts_in_the_past"),
        (Scope(PROGRAM, True, valid_from=date(2026, 7, 21)), date(2026, 7, 21), None),
        (Scope(PROGRAM, True, valid_from=ON, valid_until=ON), None, None),
        (Scope(PROGRAM, True, valid_until=date(2026, 7, 21)), None, "ends_before_it_starts"),
        (
            Scope(PROGRAM, True, valid_from=date(2026, 8, 1), valid_until=date(2026, 7, 31)),
            None,
            "ends_before_it_starts",
        ),
    ],
)
def test_what_can_be_granted(scope: Scope, started_on: date | None, problem: str | None) -> None:
    found = rules.scope_problem(scope, open_account_ids=frozenset({1, 2}), on=ON, started_on=started_on)
    assert found == problem


def test_each_preset_suits_one_kind_of_provider() -> None:
    fitting = {
        kind: [preset.key for preset in rules.PRESETS if rules.fits(preset, provider_kind=kind)]
        for kind in ("CUSTOMS_BROKER", "TRADE_CONSULTANT")
    }
    assert fitting == {"CUSTOMS_BROKER": ["main", "extra", "courier"], "TRADE_CONSULTANT": ["consultant"]}
    assert rules.preset("courier") is rules.PRESETS[2]
    assert rules.preset("nothing") is None


@pytest.mark.parametrize(
    ("role", "accounts", "held", "problem"),
    [
        ("BAM", set(), None, None),
        ("BAM", set(), {1}, "beyond_your_programs"),
        ("READER", {1}, None, None),
        ("READER", {1}, {1, 2}, None),
        ("READER", {2}, {1}, "beyond_your_programs"),
        ("READER", set(), None, "no_program"),
        ("READER", {9}, None, "unknown_program"),
    ],
)
def test_which_role_a_manager_can_give(role: str, accounts: set[int], held: set[int] | None, problem: str) -> None:
    found = rules.grant_problem(
        rules.same_role(role, accounts),
        held=None if held is None else frozenset(held),
        open_account_ids=frozenset({1, 2}),
    )
    assert found == problem


@pytest.mark.parametrize(
    ("role", "is_primary", "held", "is_oneself", "stays", "managers", "problem"),
    [
        ("READER", False, None, False, False, 1, None),
        ("READER", False, {1}, False, False, 1, None),
        ("READER", False, {2}, False, False, 1, "beyond_your_programs"),
        ("BAM", False, {1}, False, False, 2, "beyond_your_programs"),
        ("BAM", True, None, False, False, 2, "primary_manager"),
        ("BAM", True, None, True, False, 2, None),
        ("BAM", True, None, True, False, 1, "last_manager"),
        ("BAM", False, None, False, False, 2, None),
        ("BAM", True, None, False, True, 1, None),
    ],
)
def test_whose_role_can_be_changed(
    role: str, is_primary: bool, held: set[int] | None, is_oneself: bool, stays: bool, managers: int, problem: str
) -> None:
    found = rules.change_problem(
        Colleague(role=role, is_primary=is_primary, program_account_ids=frozenset({1})),
        held=None if held is None else frozenset(held),
        is_oneself=is_oneself,
        stays_manager=stays,
        manager_count=managers,
    )
    assert found == problem


@given(st.integers(1, 4), st.integers(1, 4), st.booleans(), st.booleans(), st.none() | st.integers(1, 6))
def test_own_rows_are_always_seen_and_the_portals_only_with_everything(
    provider: int, client: int, sees_client: bool, sees_others: bool, submitter: int | None
) -> None:
    if provider == client:
        return
    visibility = rules.visibility_of(
        provider_id=provider, client_id=client, sees_client=sees_client, sees_others=sees_others
    )
    assert visibility.shows(provider)
    assert visibility.shows(client) is sees_client
    if submitter not in (provider, client, None):
        assert visibility.shows(submitter) is sees_others
    assert visibility.shows(None) is (sees_client and sees_others)
