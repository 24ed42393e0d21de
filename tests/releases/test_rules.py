"""Released or not, and the numbers of transactions."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from reference.rules.billing import Stream
from reference.rules.policy import POLICY
from releases.queries import days_left
from releases.rules import (
    FIELDS,
    ContingencyFacts,
    Fault,
    ImporterRefusal,
    Particulars,
    Refusal,
    ReleaseFacts,
    ReleaseKind,
    ReleaseState,
    Step,
    filer_number,
    first_state,
    importer_correction_refusal,
    is_transaction_number,
    next_state,
    release_refusal,
    request_faults,
    stream_of,
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


PLAN = ContingencyFacts(is_in_force=True, covers_all_goods=False, category="SEAFOOD", account_is_admitted=True)


def plan(**changes: object) -> dict[str, object]:
    return {"rpp_is_on": False, "contingency": replace(PLAN, **changes)}


@pytest.mark.parametrize(
    ("kind", "changes", "refusal"),
    [
        pytest.param(ReleaseKind.PARS, {}, None, id="all in order"),
        pytest.param(ReleaseKind.CSA, {"programme_is_open": False}, Refusal.NOT_CSA, id="not admitted to CSA"),
        pytest.param(ReleaseKind.CLVS, {"programme_is_open": False}, Refusal.NOT_COURIER, id="no courier"),
        pytest.param(ReleaseKind.CONTINUOUS, {"programme_is_open": False}, Refusal.NOT_CONTINUOUS, id="no pipeline"),
        pytest.param(ReleaseKind.CSA, {"rpp_is_on": False}, Refusal.NO_RPP, id="CSA needs security too"),
        pytest.param(ReleaseKind.PARS, plan(), None, id="seafood by the contingency plan"),
        pytest.param(
            ReleaseKind.PARS, {**plan(), "rpp_is_on": True}, Refusal.HAS_RPP, id="the plan is not for those with RPP"
        ),
        pytest.param(ReleaseKind.RMD, plan(is_in_force=False), Refusal.NO_CONTINGENCY_PLAN, id="before the plan"),
        pytest.param(ReleaseKind.IID, plan(category="OTHER"), Refusal.GOODS_NOT_LISTED, id="goods not on the list"),
        pytest.param(
            ReleaseKind.IID, plan(category="OTHER", covers_all_goods=True), None, id="while all goods counted"
        ),
        pytest.param(
            ReleaseKind.PARS, plan(account_is_admitted=False), Refusal.NO_CONTINGENCY_ACCOUNT, id="no such account"
        ),
        pytest.param(
            ReleaseKind.PARS, {**plan(), "is_registered": False}, Refusal.NOT_REGISTERED, id="the plan is no way round"
        ),
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
def test_the_first_reason_decides(kind: ReleaseKind, changes: dict[str, object], refusal: Refusal | None) -> None:
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


ON = date(2026, 7, 22)
SAID = Particulars(ReleaseKind.PARS, "8042PARS884120", Decimal("3300.00"), expected_arrival_on=date(2026, 7, 22))


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        pytest.param({}, [], id="PARS for today"),
        pytest.param({"expected_arrival_on": date(2026, 8, 21)}, [], id="thirty days ahead"),
        pytest.param({"expected_arrival_on": date(2026, 8, 22)}, [Fault.ARRIVAL_FAR], id="thirty-one days ahead"),
        pytest.param({"expected_arrival_on": date(2026, 7, 21)}, [Fault.ARRIVAL_PAST], id="yesterday"),
        pytest.param(
            {"kind": ReleaseKind.RMD, "expected_arrival_on": date(2026, 7, 23)}, [Fault.NOT_ARRIVED], id="RMD too early"
        ),
        pytest.param({"kind": ReleaseKind.RMD, "expected_arrival_on": date(2026, 7, 1)}, [], id="RMD after arrival"),
        pytest.param({"cargo_control_number": "8042"}, [Fault.CARGO_SHORT], id="a carrier code alone"),
        pytest.param({"cargo_control_number": "8" * 26}, [Fault.CARGO_LONG], id="26 characters"),
        pytest.param({"cargo_control_number": "8" * 25}, [], id="25 characters"),
        pytest.param({"cargo_control_number": "8042-PARS"}, [Fault.CARGO_CHARACTERS], id="a hyphen"),
        pytest.param({"cargo_control_number": "8042pars"}, [Fault.CARGO_CHARACTERS], id="small letters"),
        pytest.param({"cargo_control_number": "8042É1"}, [Fault.CARGO_CHARACTERS], id="an accent"),
        pytest.param({"department": "CFIA"}, [Fault.DEPARTMENT_OF_IID], id="another department's data by PARS"),
        pytest.param({"kind": ReleaseKind.IID, "department": "CFIA"}, [Fault.PERMIT_MISSING], id="no permit"),
        pytest.param({"kind": ReleaseKind.IID, "permit_number": "A-1"}, [Fault.DEPARTMENT_MISSING], id="whose permit"),
        pytest.param({"kind": ReleaseKind.IID, "department": "CFIA", "permit_number": "A-1"}, [], id="IID complete"),
        pytest.param({"kind": ReleaseKind.CLVS, "is_uncontrolled": True}, [], id="courier goods at the limit"),
        pytest.param(
            {"kind": ReleaseKind.CLVS, "estimated_value": Decimal("3300.01")},
            [Fault.VALUE_TOO_HIGH, Fault.CONTROLLED],
            id="courier goods a cent over, perhaps controlled",
        ),
        pytest.param({"has_contingency": True, "goods_category": "DAIRY"}, [], id="contingency"),
        pytest.param(
            {"kind": ReleaseKind.CTYPE, "has_contingency": True},
            [Fault.CONTINGENCY_KIND, Fault.CATEGORY_MISSING],
            id="contingency at the port, goods unnamed",
        ),
    ],
)
def test_a_request_says_what_its_kind_needs(changes: dict[str, object], faults: list[Fault]) -> None:
    limit = POLICY.amount("courier.value_limit", ON)
    assert request_faults(replace(SAID, **changes), on=ON, courier_limit=limit) == faults
    assert set(FIELDS) == set(Fault)


@pytest.mark.parametrize(
    ("on", "is_in_force", "covers_all"),
    [
        (date(2025, 5, 29), False, False),
        (date(2025, 5, 30), True, False),
        (date(2025, 7, 10), True, True),
        (date(2025, 8, 9), True, True),
        (date(2025, 8, 10), True, False),
    ],
)
def test_the_contingency_plan_is_dated(on: date, is_in_force: bool, covers_all: bool) -> None:
    found = (POLICY.holds("contingency.in_force", on), POLICY.holds("contingency.covers_all_goods", on))
    assert found == (is_in_force, covers_all)


@pytest.mark.parametrize(
    ("kind", "refusal", "arrival", "is_selected", "state"),
    [
        (ReleaseKind.PARS, None, date(2026, 7, 23), False, "AWAITING"),
        (ReleaseKind.PARS, None, date(2026, 7, 22), False, "RELEASED"),
        (ReleaseKind.RMD, None, None, True, "EXAMINATION"),
        (ReleaseKind.PARS, None, date(2026, 7, 23), True, "AWAITING"),
        (ReleaseKind.CTYPE, None, None, True, "AT_PORT"),
        (ReleaseKind.PARS, Refusal.NO_RPP, date(2026, 7, 23), False, "REFUSED"),
    ],
)
def test_where_a_request_begins(
    kind: ReleaseKind, refusal: Refusal | None, arrival: date | None, is_selected: bool, state: str
) -> None:
    assert first_state(kind, refusal=refusal, expected_arrival_on=arrival, on=ON, is_selected=is_selected) == state


@pytest.mark.parametrize(
    ("step", "state", "kind", "has_arrived", "is_selected", "expected"),
    [
        ("ARRIVE", "AWAITING", "PARS", True, False, "RELEASED"),
        ("ARRIVE", "AWAITING", "PARS", True, True, "EXAMINATION"),
        ("ARRIVE", "RELEASED", "PARS", True, False, None),
        ("EXAMINE", "AWAITING", "PARS", False, False, "EXAMINATION"),
        ("EXAMINE", "RELEASED", "PARS", True, False, None),
        ("HOLD", "EXAMINATION", "PARS", True, False, "HELD"),
        ("HOLD", "AT_PORT", "CTYPE", True, False, "HELD"),
        ("HOLD", "REFUSED", "PARS", True, False, None),
        ("MAY_MOVE", "HELD", "IID", True, False, "MAY_MOVE"),
        ("MAY_MOVE", "AT_PORT", "CTYPE", True, False, None),
        ("LET_GO", "HELD", "PARS", False, False, "AWAITING"),
        ("LET_GO", "HELD", "PARS", True, True, "RELEASED"),
        ("LET_GO", "MAY_MOVE", "IID", True, False, "RELEASED"),
        ("LET_GO", "HELD", "CTYPE", True, False, "AT_PORT"),
        ("LET_GO", "AWAITING", "PARS", True, False, None),
    ],
)
def test_each_step_leads_where_it_may(
    step: str, state: str, kind: str, has_arrived: bool, is_selected: bool, expected: str | None
) -> None:
    found = next_state(
        Step(step),
        state=ReleaseState(state),
        kind=ReleaseKind(kind),
        has_arrived=has_arrived,
        is_selected=is_selected,
    )
    assert found == expected


@pytest.mark.parametrize(
    ("kind", "option", "stream"),
    [
        (ReleaseKind.PARS, "", Stream.RPP),
        (ReleaseKind.CLVS, "", Stream.COURIER),
        (ReleaseKind.CSA, "CSA_MONTH", Stream.CSA_MONTH),
        (ReleaseKind.CSA, "CSA_PERIOD", Stream.CSA_PERIOD),
        (ReleaseKind.CONTINUOUS, "", Stream.CONTINUOUS),
        (ReleaseKind.CTYPE, "", Stream.AT_RELEASE),
    ],
)
def test_each_kind_has_its_billing_calendar(kind: ReleaseKind, option: str, stream: Stream) -> None:
    assert stream_of(kind, csa_option=option) == stream


@pytest.mark.parametrize(
    ("is_released", "is_accounted", "is_same", "refusal", "expected"),
    [
        (True, False, False, None, None),
        (False, False, False, None, ImporterRefusal.NOT_RELEASED),
        (True, True, False, None, ImporterRefusal.ACCOUNTED),
        (True, False, True, None, ImporterRefusal.SAME),
        (True, False, False, Refusal.NO_RPP, ImporterRefusal.REFUSED),
    ],
)
def test_the_importer_is_corrected_between_release_and_accounting(
    is_released: bool, is_accounted: bool, is_same: bool, refusal: Refusal | None, expected: ImporterRefusal | None
) -> None:
    found = importer_correction_refusal(
        is_released=is_released, is_accounted=is_accounted, is_same=is_same, refusal=refusal
    )
    assert found == expected
