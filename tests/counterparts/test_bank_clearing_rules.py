"""Debits and business days at the bank: pure, no process."""

import datetime as dt

import pytest

from counterparts.bank.clearing import rules
from counterparts.bank.clearing.rules import Behaviour, Kind, Reason, Step

FRIDAY, MONDAY, NEXT_FRIDAY = dt.date(2026, 7, 24), dt.date(2026, 7, 27), dt.date(2026, 7, 31)
PAID, RETURNED = Kind.DEBIT_PAID, Kind.DEBIT_RETURNED


@pytest.mark.parametrize(
    ("behaviour", "earlier", "is_ended", "steps"),
    [
        (Behaviour.PAYS, 0, False, [Step(PAID, FRIDAY)]),
        (Behaviour.PAYS, 7, False, [Step(PAID, FRIDAY)]),
        (Behaviour.PAYS, 0, True, [Step(RETURNED, FRIDAY, Reason.MANDATE_REVOKED)]),
        (Behaviour.NSF, 0, False, [Step(RETURNED, MONDAY, Reason.NSF)]),
        (Behaviour.NSF, 1, False, [Step(RETURNED, MONDAY, Reason.NSF)]),
        (Behaviour.CLOSED, 0, False, [Step(RETURNED, FRIDAY, Reason.ACCOUNT_CLOSED)]),
        (
            Behaviour.LATE_RETURN,
            0,
            False,
            [Step(PAID, FRIDAY), Step(RETURNED, NEXT_FRIDAY, Reason.LATE_RETURN)],
        ),
        (Behaviour.PAYS_ONCE, 0, False, [Step(PAID, FRIDAY), Step(Kind.MANDATE_REVOKED, MONDAY)]),
        (Behaviour.PAYS_ONCE, 1, False, [Step(RETURNED, FRIDAY, Reason.MANDATE_REVOKED)]),
        (Behaviour.NSF_FIRST, 0, False, [Step(RETURNED, MONDAY, Reason.NSF)]),
        (Behaviour.NSF_FIRST, 1, False, [Step(PAID, FRIDAY)]),
    ],
)
def test_what_becomes_of_a_debit(behaviour: Behaviour, earlier: int, is_ended: bool, steps: list[Step]) -> None:
    course = rules.course_of(behaviour=behaviour, due_on=FRIDAY, earlier=earlier, is_ended=is_ended)
    assert list(course) == steps


@pytest.mark.parametrize(
    ("institution", "transit", "account", "behaviour"),
    [
        ("999", "00001", "1000001", Behaviour.PAYS),
        ("999", "00001", "1000006", Behaviour.REFUSED),
        ("999", "00001", "1000007", Behaviour.NSF_FIRST),
        ("999", "00001", "1000008", Behaviour.UNKNOWN),
        ("999", "00002", "1000001", Behaviour.UNKNOWN),
        ("003", "00001", "1000001", Behaviour.NOT_PRACTICE),
    ],
)
def test_only_practice_accounts_are_known(institution: str, transit: str, account: str, behaviour: Behaviour) -> None:
    assert rules.behaviour_of(institution=institution, transit=transit, account=account) == behaviour


@pytest.mark.parametrize(
    ("day", "count", "after"),
    [
        (FRIDAY, 0, FRIDAY),
        (FRIDAY, 1, MONDAY),
        (dt.date(2026, 7, 25), 0, MONDAY),
        (dt.date(2026, 7, 26), 1, dt.date(2026, 7, 28)),
        (FRIDAY, 3, dt.date(2026, 7, 29)),
        (FRIDAY, 10, dt.date(2026, 8, 7)),
        (dt.date(2026, 12, 24), 1, dt.date(2026, 12, 25)),
    ],
)
def test_business_days_are_monday_to_friday(day: dt.date, count: int, after: dt.date) -> None:
    assert rules.business_days_after(day, count) == after


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-07-24", FRIDAY), ("20260724", None), ("2026-W30-5", None), ("2026-02-30", None), ("", None), (7, None)],
)
def test_days_are_written_in_one_way(text: object, day: dt.date | None) -> None:
    assert rules.day_of(text) == day


def test_account_numbers_have_seven_to_twelve_digits() -> None:
    assert [rules.is_account(text) for text in ("1" * 7, "1" * 12, "1" * 6, "1" * 13, "1" * 6 + "a", 1111111)] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]
