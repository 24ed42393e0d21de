"""What an agreement on pre-authorized debit asks for and when a statement is taken, without a database."""

from datetime import date

import pytest

from payments.debits.rules import BankAccount, announced_from, problems, takes_part


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
