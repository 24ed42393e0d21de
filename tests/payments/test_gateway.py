"""The bank as the portal calls it: whatever goes wrong there is one answer here."""

from decimal import Decimal
from typing import Any

import pytest

from core.errors import Unavailable
from payments import gateway
from tests.counterparts.processes import Counterpart


def opened(**changes: Any) -> gateway.BankSession:
    order = {
        "reference": "GATEWAY-1",
        "amount": Decimal("12.30"),
        "method": "card",
        "payee": "704120005RM0001",
        "return_url": "http://localhost:8000/en/",
        "language": "en",
    }
    return gateway.open_session(**{**order, **changes})


def test_one_session_for_one_reference(bank: Counterpart) -> None:
    first, again = opened(), opened(language="fr")
    assert first.id == again.id and first.state == "CREATED" and first.url.startswith(bank.url)
    assert gateway.read_session(first.id).state == "CREATED"
    with pytest.raises(Unavailable):
        opened(amount=Decimal("12.31"))


def test_a_cancelled_session_stays_cancelled(bank: Counterpart) -> None:
    session = opened(reference="GATEWAY-2")
    for _time in range(2):
        ended = gateway.cancel_session(session.id)
        assert (ended.state, ended.reason) == ("CANCELLED", "cancelled_by_payer")


def test_a_stranger_and_an_unknown_session_are_refused(bank: Counterpart, settings: Any) -> None:
    with pytest.raises(Unavailable):
        gateway.read_session("ps_unknown")
    with pytest.raises(Unavailable):
        gateway.cancel_session("ps_unknown")
    session = opened(reference="GATEWAY-3")
    settings.COUNTERPART_SECRET = "another"
    with pytest.raises(Unavailable):
        gateway.cancel_session(session.id)


def test_an_answer_that_is_none_is_no_answer(settings: Any) -> None:
    settings.BANK_URL = "http://127.0.0.1:1"
    with pytest.raises(Unavailable):
        opened()
