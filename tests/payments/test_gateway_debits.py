"""Debits, bills and notices as the portal speaks of them with the real bank."""

import json
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core.errors import Unavailable
from payments import gateway
from tests.counterparts.processes import Counterpart

PAYEE = "704120005RM0001"
FRIDAY, MONDAY = date(2036, 7, 25), date(2036, 7, 28)


def mandate(account: str, reference: str) -> gateway.Mandate:
    return gateway.open_mandate(
        reference=reference,
        holder="Northlight Imports",
        institution="999",
        transit="00001",
        account=account,
        payee=PAYEE,
        on=FRIDAY,
    )


def test_a_mandate_and_its_debits_until_the_day_s_file(bank: Counterpart) -> None:
    good, poor = mandate("1000001", "GATEWAY-M1"), mandate("1000002", "GATEWAY-M2")
    assert (good.state, good.account, good.reason) == ("ACTIVE", "****0001", "")
    assert mandate("1000006", "GATEWAY-M3").reason == "refused"
    debits = [
        gateway.DebitOrder("GATEWAY-D1", good.id, Decimal("1204.5"), FRIDAY),
        gateway.DebitOrder("GATEWAY-D2", poor.id, Decimal("7.00"), FRIDAY),
        gateway.DebitOrder("GATEWAY-D3", "md_none", Decimal("7.00"), FRIDAY),
    ]
    receipt, again = (gateway.send_debits("GATEWAY-F1", FRIDAY, debits) for _time in range(2))
    assert receipt == again and receipt.accepted == 2
    assert receipt.refused == (gateway.RefusedDebit("GATEWAY-D3", "unknown_mandate"),)
    [paid] = gateway.return_file(FRIDAY)
    assert (paid.kind, paid.reference, paid.amount, paid.on) == ("debit.paid", "GATEWAY-D1", Decimal("1204.50"), FRIDAY)
    [returned] = gateway.return_file(MONDAY)
    assert (returned.kind, returned.reason, returned.on) == ("debit.returned", "nsf", MONDAY)
    assert gateway.return_file(FRIDAY) == [paid]
    assert gateway.cancel_mandate(good.id, MONDAY).state == "CANCELLED"
    assert gateway.read_mandate(good.id).state == "CANCELLED"


def test_a_bill_page_is_filled_in_by_its_address(settings: Any) -> None:
    settings.BANK_URL = "http://bank.example"
    address = gateway.bill_page(payee=PAYEE, on=FRIDAY, language="fr", amount=Decimal("12.5"))
    assert address.startswith("http://bank.example/fr/bills/?")
    assert parse_qs(urlsplit(address).query) == {"payee": [PAYEE], "on": ["2036-07-25"], "amount": ["12.50"]}
    assert "amount" not in gateway.bill_page(payee=PAYEE, on=FRIDAY, language="en")


@pytest.mark.parametrize(
    ("body", "notice"),
    [
        (
            {"id": "ev_1", "type": "bill.announced", "data": {"reference": "bp_1"}},
            gateway.Notice("ev_1", "bill.announced", "bp_1"),
        ),
        ({"type": "bill.announced", "data": {}}, None),
        ([1], None),
        ("text", None),
    ],
)
def test_a_notice_is_a_kind_and_a_reference(body: Any, notice: gateway.Notice | None) -> None:
    assert gateway.read_notice(json.dumps(body).encode()) == notice


def test_a_bank_that_is_out_or_silent_is_one_answer(bank: Counterpart, settings: Any) -> None:
    bank.manage("outage", "on")
    try:
        with pytest.raises(Unavailable):
            gateway.return_file(FRIDAY)
    finally:
        bank.manage("outage", "off")
    settings.BANK_URL = "http://127.0.0.1:1"
    with pytest.raises(Unavailable):
        gateway.send_debits("GATEWAY-F2", FRIDAY, [])
    assert gateway.read_notice(b"{") is None
