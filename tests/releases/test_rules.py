"""Released or not, and the numbers of transactions."""

from dataclasses import replace
from datetime import date

import pytest

from releases.queries import days_left
from releases.rules import (
    Refusal,
    ReleaseFacts,
    ReleaseKind,
    filer_number,
    is_transaction_number,
    release_refusal,
    transaction_number,
)

GOOD = ReleaseFacts(
    is_registered=True,
    registration_is_required=True,
    account_is_open=True,
    account_imports=True,
    requester_has_authority=True,
    rpp_is_on=True,
    own_security_is_required=True,
)


@pytest.mark.parametrize(
    ("kind", "changes", "refusal"),
    [
        pytest.param(ReleaseKind.PARS, {}, None, id="all in order"),
        pytest.param(ReleaseKind.PARS, {"is_registered": False}, Refusal.NOT_REGISTERED, id="not registered"),
        pytest.param(ReleaseKind.CTYPE, {"is_registered": False}, Refusal.NOT_REGISTERED, id="C-type is no way round"),
        pytest.param(
            ReleaseKind.PARS, {"is_registered": False, "registration_is_required": False}, None, id="before the launch"
        ),
        pytest.param(ReleaseKind.RMD, {"requester_has_authority": False}, Refusal.NO_DELEGATION, id="no authority"),
        pytest.param(
            ReleaseKind.RMD,
            {"requester_has_authority": False, "account_is_open": False, "account_imports": False, "rpp_is_on": False},
            Refusal.NO_DELEGATION,
            id="a stranger learns nothing of the account",
        ),
        pytest.param(ReleaseKind.IID, {"account_is_open": False}, Refusal.ACCOUNT_CLOSED, id="closed"),
        pytest.param(ReleaseKind.IID, {"account_imports": False}, Refusal.EXPORTER_ONLY, id="exporter"),
        pytest.param(ReleaseKind.PARS, {"rpp_is_on": False}, Refusal.NO_RPP, id="PARS needs security"),
        pytest.param(ReleaseKind.IID, {"rpp_is_on": False}, Refusal.NO_RPP, id="IID needs security"),
        pytest.param(ReleaseKind.CTYPE, {"rpp_is_on": False}, None, id="C-type needs none"),
        pytest.param(
            ReleaseKind.PARS, {"rpp_is_on": False, "own_security_is_required": False}, None, id="during the transition"
        ),
    ],
)
def test_the_first_reason_decides(kind: ReleaseKind, changes: dict[str, bool], refusal: Refusal | None) -> None:
    assert release_refusal(kind, replace(GOOD, **changes)) == refusal


def test_a_transaction_number_has_fourteen_digits_with_a_check_digit() -> None:
    number = transaction_number("17042", 44)
    assert (len(number), number[:13]) == (14, "1704200000044")
    assert is_transaction_number(number)
    assert not is_transaction_number(number[:-1] + str((int(number[-1]) + 1) % 10))
    assert not is_transaction_number("1704200000044")


@pytest.mark.parametrize(("prefix", "sequence"), [("1704", 1), ("1704A", 1), ("17042", 0), ("17042", 10**8)])
def test_what_does_not_fit_makes_no_number(prefix: str, sequence: int) -> None:
    with pytest.raises(ValueError, match="no transaction number"):
        transaction_number(prefix, sequence)


def test_importers_that_file_for_themselves_get_numbers_of_their_own() -> None:
    assert (filer_number(1), filer_number(39999)) == ("60001", "99999")
    with pytest.raises(ValueError, match="no account security number"):
        filer_number(40000)


def test_days_left_are_counted_to_the_due_date() -> None:
    assert days_left(date(2026, 7, 29), on=date(2026, 7, 22)) == 7
