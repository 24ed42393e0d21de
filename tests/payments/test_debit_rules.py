"""What an agreement on pre-authorized debit asks for and when a statement is taken, without a database."""

from datetime import date

import pytest

from payments.debits.rules import BankAccount, announced_from, problems, second_try_on, takes_part


@pytest.mark.parametrize(
    ("holder", "institution", "transit", "account", "wrong"),
    [
        ("Northlight", "999", "00001", "1000001", ()),
        ("Northlight", "999", "00001", "123456789012", ()),
        (" ", "999", "00001", "1000001", ("holder",)),
        ("Northlight", "99", "00001", "1000001", ("institution",)),
        ("Northlight", "9990", "00001", "1000001", ("institution",)),
        ("Northlight", "999", "0001", "1000001", ("transit",)),
        ("Northlight", "999", "00001", "100001", ("account",)),
        ("Northlight", "999", "00001", "1234567890123", ("account",)),
        ("Northlight", "٩٩٩", "0000a", "1000001", ("institution", "transit")),
    ],
)
def test_a_bank_account_has_three_five_and_seven_to_twelve_digits(
    holder: str, institution: str, transit: str, account: str, wrong: tuple[str, ...]
) -> None:
    assert problems(BankAccount(holder, institution, transit, account)) == wrong


@pytest.mark.parametrize(
    ("since", "is_taken"),
    [(date(2026, 6, 1), True), (date(2026, 6, 27), True), (date(2026, 6, 28), False), (date(2026, 7, 3), False)],
)
def test_a_statement_is_taken_only_where_its_notice_can_be_given_in_full(since: date, is_taken: bool) -> None:
    assert announced_from(date(2026, 7, 2), notice_days=5) == date(2026, 6, 27)
    assert takes_part(date(2026, 7, 2), since=since, notice_days=5) is is_taken


@pytest.mark.parametrize(
    ("returned_on", "reason", "presentation", "days", "again_on"),
    [
        (date(2026, 7, 1), "nsf", 1, 2, date(2026, 7, 3)),
        (date(2026, 7, 2), "nsf", 1, 2, date(2026, 7, 6)),
        (date(2026, 7, 3), "nsf", 1, 2, date(2026, 7, 7)),
        (date(2026, 7, 1), "nsf", 2, 2, None),
        (date(2026, 7, 1), "nsf", 1, 0, None),
        (date(2026, 7, 1), "account_closed", 1, 2, None),
        (date(2026, 7, 1), "late_return", 1, 2, None),
    ],
)
def test_a_debit_is_tried_again_once_for_lack_of_money(
    returned_on: date, reason: str, presentation: int, days: int, again_on: date | None
) -> None:
    assert second_try_on(returned_on, reason=reason, presentation=presentation, days=days) == again_on
