"""Explain this number: every figure of an account with its arithmetic, its rule, the source and how sure that is."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.jobs import set_clock
from dashboard.queries import explanation as queries
from ledger import queries as ledger
from ledger.services import post_penalty
from tests.builders import Cast, signed_in
from tests.dashboard.conftest import Shop, charge, moment
from tests.dashboard.pages import address, see
from tests.statements import scene

pytestmark = pytest.mark.django_db
ON = date(2026, 7, 28)


def explained(cast: Cast, what: str) -> Any:
    with CaptureQueriesContext(connection) as asked:
        found = queries.explanation(cast.account, what, on=ON, language="en")
    assert len(asked) <= 5, [query["sql"] for query in asked]
    assert found.adds_up
    assert all(rule.source and rule.mark in ("confirmed", "reported", "assumed") for rule in found.rules)
    return found


def test_every_number_adds_up_and_names_its_rule(shop: Shop, cast: Cast, narrow: Callable[..., Any]) -> None:
    assert [step.amount for step in explained(cast, "requirement").steps] == []
    shop.secured()
    assert "Due" not in str(explained(cast, "due-date").steps[0].title)  # before the first statement
    charge(cast.account, "700.00", date(2026, 6, 3), submitter=cast.northlight)
    charge(cast.account, "300.00", date(2026, 7, 3), submitter=cast.northlight)
    scene.issue(scene.JUNE)
    scene.pay(cast.account, "A", "50.00", date(2026, 7, 9))
    dates = {"due_on": date(2026, 7, 31), "last_day_to_pay": date(2026, 7, 31)}
    post_penalty(
        key="penalty:17042000044712:late",
        holder_id=cast.account.pk,
        submitter_id=None,
        amount=Decimal("100.00"),
        source="penalty:17042000044712",
        memo="",
        posted_on=date(2026, 7, 20),
        billing_on=date(2026, 7, 20),
        at=moment(date(2026, 7, 20)),
        actor=scene.ACTOR,
        **dates,
    )
    shop.draft(shop.released())
    assert explained(cast, "balance").amount == ledger.balance_of(cast.account.pk).net == Decimal("1050.00")
    overdue = explained(cast, "overdue")
    assert (overdue.amount, overdue.steps[0].on) == (Decimal("700.00"), date(2026, 7, 2))
    due = explained(cast, "due-date")
    assert [step.on for step in due.steps] == [date(2026, 6, 17), date(2026, 7, 1), date(2026, 7, 2)]
    assert explained(cast, "penalties").amount == Decimal("100.00")
    assert explained(cast, "card-limit").amount == Decimal("4999.99")
    assert explained(cast, "requirement").amount == Decimal("44200.00")
    assert explained(cast, "accounting").steps
    set_clock(moment(ON))
    client = signed_in(cast.amara)
    page = see(client, "dashboard:explain", cast.account.number, "due-date")
    assert "The due date is a holiday" in page
    assert "SOR/86-1062 s. 2, 10.1 (confirmed)" in page
    assert "Interpretation Act s. 26 (assumed)" in page
    body = client.get(f"/api/v1/accounts/{cast.account.number}/explain/balance").json()
    assert body["amount"] == "1050.00"
    assert sum(Decimal(step["amount"]) for step in body["steps"]) == Decimal("1050.00")
    assert client.get(address("dashboard:explain", cast.account.number, "weather")).status_code == 404
    narrow()
    other = signed_in(cast.ines)
    assert other.get(address("dashboard:explain", cast.account.number, "balance")).status_code == 403
    assert other.get(address("dashboard:explain", cast.account.number, "requirement")).status_code in (200, 403)
    assert "/explain/balance/" in client.get(address("dashboard:home", cast.account.number)).content.decode()
