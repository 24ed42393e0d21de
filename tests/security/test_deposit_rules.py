"""Cash security and the lines of a search: states, what a deposit may pay, what a line says. No database."""

from datetime import date
from decimal import Decimal

import pytest

from reference.rules.policy import SecurityParameters
from security import rules
from security.rules import (
    BondState,
    Coverage,
    CoverLine,
    DepositState,
    Facts,
    Given,
    LineGroup,
    RequestKind,
    RequestState,
)

M = Decimal


@pytest.fixture(scope="module")
def parameters() -> SecurityParameters:
    return SecurityParameters(
        bond_rate=M("0.5"),
        bond_minimum=M("5000.00"),
        cash_rate=M("1"),
        cash_minimum=M("0"),
        cap=M("10000000.00"),
        cap_applies_to_cash=True,
    )


@pytest.mark.parametrize(
    ("returned", "applied", "state"),
    [
        ("0", "0", DepositState.ACTIVE),
        ("40.00", "0", DepositState.ACTIVE),
        ("0", "99.99", DepositState.PARTLY_APPLIED),
        ("40.00", "59.99", DepositState.PARTLY_APPLIED),
        ("0", "100.00", DepositState.APPLIED),
        ("100.00", "0", DepositState.REFUND_REQUESTED),
        ("0.01", "99.99", DepositState.REFUND_REQUESTED),
    ],
)
def test_the_state_of_a_deposit_says_what_became_of_it(returned: str, applied: str, state: DepositState) -> None:
    assert rules.deposit_state(amount=M("100.00"), returned=M(returned), applied=M(applied)) == state


@pytest.mark.parametrize(
    ("amount", "requirement", "bond", "is_enrolled", "needs_officer", "missing"),
    [
        ("1000.00", "60000.00", "30000.00", True, False, "0"),  # the bond alone covers
        ("10000.00", "70000.00", "30000.00", True, False, "0"),  # to the cent
        ("10000.01", "70000.00", "30000.00", True, True, "0.01"),
        ("20000.00", "20000.00", "0", True, True, "20000.00"),
        ("20000.00", "0", "0", True, True, "0"),  # nothing required, but a debt is left and no security
        ("20000.00", "0", "0", False, False, "0"),  # not enrolled: nothing depends on it
    ],
)
def test_a_deposit_pays_by_itself_while_the_rest_covers(
    parameters: SecurityParameters,
    amount: str,
    requirement: str,
    bond: str,
    is_enrolled: bool,
    needs_officer: bool,
    missing: str,
) -> None:
    facts = Facts(M(requirement), Coverage(M(bond), M("20000.00"), parameters), M("25000.00"), M("5000.00"))
    effect = rules.application(facts, M(amount), is_enrolled=is_enrolled)
    assert (effect.needs_officer, effect.missing) == (needs_officer, M(missing))
    assert effect.after.open_debt == M("25000.00") - M(amount)
    assert effect.after.overdue_debt == max(M("5000.00") - M(amount), M("0"))


@pytest.mark.parametrize(
    ("requirement", "bond", "most", "freely"),
    [
        ("60000.00", "30000.00", "20000.00", "20000.00"),
        ("70000.00", "30000.00", "20000.00", "10000.00"),
        ("70000.00", "30000.00", "9000.00", "9000.00"),
        ("90000.00", "30000.00", "20000.00", "0"),
        ("0", "0", "20000.00", "0"),  # the last security of an account that still owes
        ("0", "0", "0", "0"),
    ],
)
def test_what_the_rest_does_not_need_is_used_without_an_officer(
    parameters: SecurityParameters, requirement: str, bond: str, most: str, freely: str
) -> None:
    facts = Facts(M(requirement), Coverage(M(bond), M("20000.00"), parameters), M("25000.00"))
    assert rules.freely_applicable(facts, M(most)) == M(freely)


def test_the_oldest_is_paid_first_and_no_more_than_is_owed() -> None:
    left = [(1, M("10.00")), (2, M("0.00")), (3, M("20.00")), (4, M("5.00"))]
    assert rules.parts_in_order(left, M("25.50")) == [(1, M("10.00")), (3, M("15.50"))]
    assert rules.most_applicable(held=M("9.00"), owed=M("8.00")) == M("8.00")
    assert rules.most_applicable(held=M("9.00"), owed=M("-8.00")) == 0


def test_each_request_goes_its_own_way() -> None:
    ways = {
        kind: {(state, following) for state in RequestState for following in RequestState
               if rules.can_request_become(kind, state, following)}
        for kind in RequestKind
    }  # fmt: skip
    asked, approved, done = RequestState.ASKED, RequestState.APPROVED, RequestState.DONE
    refused, withdrawn = RequestState.REFUSED, RequestState.WITHDRAWN
    assert ways == {
        RequestKind.APPLICATION: {(asked, done), (asked, refused), (asked, withdrawn)},
        RequestKind.REFUND: {(approved, done)},
        RequestKind.PAPER: {
            (asked, approved),
            (asked, refused),
            (asked, withdrawn),
            (approved, done),
            (approved, withdrawn),
        },
    }


def test_the_paper_form_changed_on_10_february_2026() -> None:
    assert [rules.paper_form(date(2026, 2, day)) for day in (9, 10)] == ["D120", "BSF259"]


def test_every_state_of_a_bond_and_of_a_deposit_can_be_looked_for() -> None:
    assert sorted(state for states in rules.BOND_GROUPS.values() for state in states) == sorted(BondState)
    assert sorted(state for states in rules.DEPOSIT_GROUPS.values() for state in states) == sorted(DepositState)
    assert rules.group_of(BondState.TERMINATION_PENDING) == LineGroup.IN_FORCE


@pytest.mark.parametrize(
    ("used", "has_ended", "knows_use", "found"),
    [
        ("40.00", False, True, ("20.00", "40.00", "40.00")),
        (None, False, True, ("20.00", "0", "80.00")),
        (None, True, True, ("100.00", "0", "0.00")),
        ("40.00", False, False, ("20.00", None, None)),
    ],
)
def test_a_line_adds_up(used: str | None, has_ended: bool, knows_use: bool, found: tuple[str, str, str]) -> None:
    given = Given("bond", 7, "CB-1", "Keystone", M("100.00"), M("80.00"))
    line = rules.line_of(
        given,
        CoverLine(given, M(used)) if used else None,
        knows_use=knows_use,
        has_ended=has_ended,
        debtor="Northlight",
        number="700000001RM0001",
        state=("ACTIVE", "Active"),
        starts_on=date(2026, 1, 1),
    )
    assert (line.released, line.used, line.balance) == tuple(None if text is None else M(text) for text in found)
