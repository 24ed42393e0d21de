"""Chosen items, refunds and announced payments over the API: the services of the pages, with the same refusals."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from ledger import queries as ledger
from payments import queries
from payments.models import Payment, PlannedPayment, RefundRequest
from tests.builders import Cast, signed_in
from tests.counterparts.processes import Counterpart
from tests.payments.conftest import moment, owe, paid

pytestmark = pytest.mark.django_db
TODAY = date(2026, 7, 22)
NOW = moment(TODAY)
JSON = "application/json"


def call(client: Client, cast: Cast, path: str, body: dict[str, Any], key: str) -> Any:
    address = f"/api/v1/accounts/{cast.account.number}/{path}"
    return client.post(address, body, content_type=JSON, headers={"Idempotency-Key": key})


def test_a_payment_is_started_for_chosen_items_each_in_full(cast: Cast, bank: Counterpart) -> None:
    amara = signed_in(cast.amara)
    owe(cast.account, "40.00", posted_on=date(2026, 7, 1), due_on=date(2026, 7, 31))
    owe(cast.account, "25.00", posted_on=date(2026, 7, 2), due_on=date(2026, 8, 31))
    later = ledger.open_items_of(cast.account.pk, on=TODAY).get(amount=Decimal("25.00")).pk
    order = {"amount": "25.00", "method": "DEBIT_CARD", "items": [later]}
    started = call(amara, cast, "payments", order, "k1")
    assert started.status_code == 201, started.content
    payment = Payment.objects.get(reference=started.json()["reference"])
    assert queries.chosen_items(payment) == [later]
    for wrong, code in (
        ({"amount": "24.00"}, "items_changed"),
        ({"items": [later, 999_999]}, "no_such_item"),
        ({"purpose": "DEPOSIT"}, "items_of_deposit"),
    ):
        refused = call(amara, cast, "payments", {**order, **wrong}, code)
        assert refused.json()["code"] == code and refused.json()["field"] == "items"
    assert Payment.objects.count() == 1


def test_a_refund_is_asked_for_listed_and_taken_back(cast: Cast) -> None:
    amara, wen = signed_in(cast.amara), signed_in(cast.wen)
    paid(cast.account, "100.00", at=NOW)
    assert call(amara, cast, "refunds", {"amount": "100.01"}, "k0").json()["code"] == "more_than_free"
    asked = [call(amara, cast, "refunds", {"amount": "60.00"}, "k1") for _time in range(2)]
    assert [answer.status_code for answer in asked] == [201, 201] and RefundRequest.objects.count() == 1
    assert call(amara, cast, "refunds", {"amount": "1.00"}, "k2").json()["code"] == "refund_asked"
    assert call(wen, cast, "refunds", {"amount": "1.00"}, "k3").status_code == 403
    refunds = f"/api/v1/accounts/{cast.account.number}/refunds"
    [row] = amara.get(refunds).json()["results"]
    assert (row["amount"], row["state"]) == ("60.00", "REQUESTED")
    assert amara.delete(f"{refunds}/{row['reference']}").json()["state"] == "WITHDRAWN"
    assert amara.delete(f"{refunds}/{row['reference']}").status_code == 409
    assert amara.delete(f"{refunds}/NONE").status_code == 404


def test_a_broker_announces_what_it_pays_and_takes_it_back(cast: Cast) -> None:
    amara, wen = signed_in(cast.amara), signed_in(cast.wen)
    order = {"amount": "500.00", "planned_on": "2026-07-31"}
    told = call(wen, cast, "announced-payments", order, "k1")
    assert told.status_code == 201 and told.json()["payer"] == cast.harbourline.bn9
    assert call(amara, cast, "announced-payments", order, "k2").json()["code"] == "own_account"
    past = call(wen, cast, "announced-payments", {**order, "planned_on": "2026-07-21"}, "k3").json()
    assert (past["code"], past["field"]) == ("planned_out_of_range", "planned_on")
    plans = f"/api/v1/accounts/{cast.account.number}/announced-payments"
    [row] = amara.get(plans).json()["results"]
    assert (row["amount"], row["paid"], row["state"]) == ("500.00", "0.00", "ANNOUNCED")
    assert amara.delete(f"{plans}/{row['id']}").status_code == 404
    assert wen.delete(f"{plans}/{row['id']}").json()["state"] == "WITHDRAWN"
    assert PlannedPayment.objects.get().state == "WITHDRAWN"
