"""Payments for software: the same door, services and refusals."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership
from payments import services
from payments.models import Payment
from tests.builders import Cast, signed_in
from tests.counterparts.processes import Counterpart
from tests.payments.conftest import ACTOR, approve, moment, owe, paid

pytestmark = pytest.mark.django_db
NOW = moment(date(2026, 7, 22))
ORDER = {"amount": "10.00", "method": "DEBIT_CARD"}


def post(client: Client, cast: Cast, body: Any, key: str | None = "key-1") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(
        reverse("api_payments", args=(cast.account.number,)), body, content_type="application/json", headers=headers
    )


def test_a_payment_started_finished_and_read(cast: Cast, bank: Counterpart) -> None:
    owe(cast.account, "7.50", posted_on=date(2026, 6, 17), due_on=date(2026, 7, 2))
    client = signed_in(cast.amara)
    first, again = post(client, cast, ORDER), post(client, cast, ORDER)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json() and again["Idempotent-Replayed"] == "true"
    made = first.json()
    assert (made["amount"], made["state"], made["payer"]) == ("10.00", "AT_BANK", cast.northlight.bn9)
    assert made["bank_url"].startswith(bank.url)
    payment = Payment.objects.get()
    approve(payment)
    services.settle(reference=payment.reference, actor=ACTOR, at=NOW)
    detail = client.get(reverse("api_payment", args=(cast.account.number, payment.reference))).json()
    assert (detail["state"], detail["bank_url"], detail["use"]["left"]) == ("RECEIVED", None, "2.50")
    assert [(line["kind"], line["amount"], line["left"]) for line in detail["use"]["lines"]] == [
        ("CHARGE", "7.50", "0.00")
    ]
    listed = client.get(reverse("api_payments", args=(cast.account.number,))).json()
    assert [row["reference"] for row in listed["results"]] == [payment.reference]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "required", "amount"),
        ({**ORDER, "amount": "ten"}, "invalid", "amount"),
        ({**ORDER, "amount": "1.001"}, "max_decimal_places", "amount"),
        ({**ORDER, "amount": "1000000000000.00"}, "max_digits", "amount"),
        ({**ORDER, "amount": "0.00"}, "amount_not_positive", "amount"),
        ({**ORDER, "amount": "-1.00"}, "amount_not_positive", "amount"),
        ({**ORDER, "method": "PAD"}, "invalid_choice", "method"),
        ({"amount": "5000.00", "method": "CREDIT_CARD"}, "card_limit", "amount"),
    ],
)
def test_a_bad_call_names_its_first_field(cast: Cast, body: dict[str, str], code: str, field: str) -> None:
    answer = post(signed_in(cast.amara), cast, body)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, code, field)
    assert not Payment.objects.exists()


def test_a_key_is_needed_and_a_silent_bank_costs_no_second_payment(
    cast: Cast, silent_bank: None, bank: Counterpart, settings: Any
) -> None:
    client = signed_in(cast.amara)
    assert post(client, cast, ORDER, key=None).json()["code"] == "idempotency_key_invalid"
    settings.BANK_URL, bank_url = "http://127.0.0.1:9", bank.url
    silent = post(client, cast, ORDER)
    assert (silent.status_code, silent.json()["code"]) == (503, "bank_unavailable")
    settings.BANK_URL = bank_url
    assert post(client, cast, ORDER).status_code == 201
    assert Payment.objects.count() == 1


def test_who_may(cast: Cast) -> None:
    reader, editor = cast.world.person("Rae Reader"), cast.world.person("Ed Editor")
    cast.world.membership(reader, cast.northlight, Membership.Role.READER, accounts=(cast.account,))
    cast.world.membership(editor, cast.northlight, Membership.Role.EDITOR, accounts=(cast.account,))
    payment = paid(cast.account, "1.00", at=NOW)
    page = reverse("api_payment", args=(cast.account.number, payment.reference))
    assert signed_in(None).get(page).status_code == 401
    assert signed_in(cast.stranger).get(page).status_code == 404
    assert signed_in(reader).get(page).status_code == 200
    assert post(signed_in(cast.stranger), cast, ORDER).status_code == 404
    assert post(signed_in(reader), cast, ORDER).status_code == 403
    assert post(signed_in(editor), cast, {**ORDER, "purpose": "DEPOSIT"}).status_code == 403
    gone = reverse("api_payment", args=(cast.account.number, "AAA-AAA-AAA-AAA"))
    assert signed_in(cast.amara).get(gone).status_code == 404
