"""Explain this number: every figure of an account with its arithmetic, its rule, the source and how sure that is."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.jobs import set_clock
from core.money import ZERO
from dashboard.queries import entries
from dashboard.queries import explanation as queries
from ledger import queries as ledger
from ledger.models import JournalEntry
from ledger.rules import EntryKind
from ledger.services import post_penalty, reverse_entry
from payments import earlier
from statements import interest
from tests.builders import Cast, signed_in
from tests.dashboard.conftest import Shop, charge, moment
from tests.dashboard.pages import address, see
from tests.statements import scene

pytestmark = pytest.mark.django_db
ON = date(2026, 7, 28)


def explained(cast: Cast, what: str) -> Any:
    with CaptureQueriesContext(connection) as asked:
        found = queries.explanation(cast.account, what, on=ON, language="en")
    assert len(asked) <= 7, [query["sql"] for query in asked]
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


def test_every_amount_of_the_history_opens_its_arithmetic(cast: Cast, narrow: Callable[..., Any]) -> None:
    account, first = cast.account, date(2026, 6, 3)
    number = "17042000044712"
    scene.declare(account, number, first, submitter=cast.northlight, duty="4000.00", gst="20000.00")
    changed = {"key": f"declaration:{number}:v2", "kind": EntryKind.CORRECTION, "posted_on": date(2026, 6, 5)}
    scene.declare(account, number, first, submitter=cast.northlight, duty="-400.00", **changed)
    scene.issue(scene.JUNE)
    scene.charge_interest(date(2026, 7, 24))
    refund = {"key": f"declaration:{number}:v3", "kind": EntryKind.REFUND, "posted_on": date(2026, 7, 27)}
    scene.declare(account, number, first, submitter=cast.northlight, gst="-100.00", **refund)
    given = {"key": f"declaration:{number}:v3:interest", "kind": EntryKind.INTEREST, "posted_on": date(2026, 7, 27)}
    scene.declare(account, number, first, submitter=cast.northlight, interest="-1.25", **given)
    decided = {"key": f"declaration:{number}:v4", "kind": EntryKind.ADJUSTMENT, "posted_on": date(2026, 7, 27)}
    scene.declare(account, number, first, submitter=cast.northlight, gst="-50.00", **decided)
    scene.declare(
        account,
        number,
        first,
        submitter=cast.northlight,
        interest="-0.75",
        **{**given, "key": decided["key"] + ":interest"},
    )
    entered = {"key": f"declaration:{number}:v5:interest", "kind": EntryKind.INTEREST, "posted_on": date(2026, 7, 27)}
    scene.declare(account, number, first, submitter=cast.northlight, interest="3.00", **entered)
    charge_of = JournalEntry.objects.get(kind=EntryKind.INTEREST, key__startswith="interest:")
    given_up = {"program_account_id": account.pk, "on": ON, "at": moment(ON), "actor": scene.ACTOR}
    earlier.enter_cheque(
        **given_up,
        business_id=cast.northlight.pk,
        amount=Decimal("10000.00"),
        received_on=date(2026, 7, 10),
        number="004417",
        reason="Found in the mail room",
    )
    interest.waive(**given_up, entry_key=charge_of.key, reason="Flood at the importer")
    late = {"holder_id": account.pk, "submitter_id": None, "amount": Decimal("100.00"), "memo": "", "posted_on": ON}
    penalty = post_penalty(
        key="late_accounting:17042000044761",
        source="declaration:17042000044761",
        billing_on=ON,
        due_on=date(2026, 8, 31),
        last_day_to_pay=date(2026, 8, 31),
        at=moment(ON),
        actor=scene.ACTOR,
        **late,
    )
    reverse_entry(
        key="late:waived", entry_id=penalty.pk, reason="First offence", posted_on=ON, at=moment(ON), actor=scene.ACTOR
    )
    scene.pay(account, "PAY-1", "75.00", ON)
    returned = scene.pay(account, "PAY-2", "60.00", ON)
    undo = {"posted_on": ON, "at": moment(ON), "actor": scene.ACTOR, "kind": EntryKind.PAYMENT_RETURN}
    reverse_entry(key="returned:PAY-2", entry_id=returned.pk, reason="No funds", **undo)

    found = {}
    for row in JournalEntry.objects.filter(holder_id=account.pk).exclude(kind=EntryKind.CLEARING):
        with CaptureQueriesContext(connection) as asked:
            found[row.key] = entries.explanation_of(row, sees_all=True, language="en")
        assert found[row.key].adds_up, row.key
        assert found[row.key].rules, row.key
        assert len(asked) <= 7
    amounts = {key: [step.amount for step in made.steps if step.amount is not None] for key, made in found.items()}
    assert amounts[f"declaration:{number}:v1"] == [Decimal("4000.00"), Decimal("20000.00")]
    assert found[f"declaration:{number}:v1"].steps[-1].on == date(2026, 7, 1)
    assert amounts[f"declaration:{number}:v2"] == [Decimal("23600.00"), Decimal("-24000.00")]
    assert amounts[f"declaration:{number}:v4"] == [Decimal("23450.00"), Decimal("-23500.00")]
    sources = {key: [rule.source for rule in made.rules] for key, made in found.items()}
    assert "Customs Act s. 80" in sources[f"declaration:{number}:v3:interest"]
    assert "Customs Act s. 66(3)" in sources[f"declaration:{number}:v4:interest"]
    assert "Customs Act s. 33.4" in sources[f"declaration:{number}:v5:interest"]
    assert sources["late:waived"] == ["Customs Act s. 3.3"]
    credits = sorted((key for key in found if ":credit:" in key), key=lambda key: found[key].amount or ZERO)
    assert [sources[key] for key in credits].count(["Customs Act s. 3.3"]) == 1
    assert [sources[key] for key in credits].count(["Customs Act s. 33.4"]) == 1
    waived = next(key for key in credits if sources[key] == ["Customs Act s. 3.3"])
    assert amounts[waived][0] == ZERO  # nothing is left of it
    assert len(amounts[waived]) == 3

    client = signed_in(cast.amara)
    page = see(client, "dashboard:explain_entry", account.number, charge_of.pk)
    assert "a year: P × (1 + r ÷ 365)" in page
    listed = client.get(address("statements:history", account.number)).content.decode()
    assert f"/explain/entries/{charge_of.pk}/" in listed
    body = client.get(f"/api/v1/accounts/{account.number}/explain/entries/{charge_of.pk}").json()
    assert Decimal(body["amount"]) == charge_of.amount
    narrow()
    partial = signed_in(cast.ines)
    own = scene.declare(account, "17042000044999", first, submitter=cast.passerelle, gst="5.00")
    change = scene.declare(
        account,
        "17042000044999",
        first,
        submitter=cast.passerelle,
        gst="1.00",
        **{**changed, "key": "declaration:x:v2"},
    )
    assert "$5.00" in see(partial, "dashboard:explain_entry", account.number, own.pk)
    assert "Less what was charged" not in see(partial, "dashboard:explain_entry", account.number, change.pk)
    for path in (
        address("dashboard:explain_entry", account.number, charge_of.pk),
        f"/api/v1/accounts/{account.number}/explain/entries/{charge_of.pk}",
    ):
        assert partial.get(path).status_code == 404


def test_the_standing_explains_its_days_and_the_next_amount(cast: Cast) -> None:
    assert explained(cast, "standing").steps == []
    assert explained(cast, "next-payment").amount == ZERO
    charge(cast.account, "700.00", date(2026, 7, 3), submitter=cast.northlight)
    scene.pay(cast.account, "A", "50.00", date(2026, 7, 9))
    assert [step.amount for step in explained(cast, "next-payment").steps] == [Decimal("700.00"), Decimal("-50.00")]
    ahead = explained(cast, "standing")
    assert ahead.steps[0].on == date(2026, 7, 31)
    charge(cast.account, "300.00", date(2026, 6, 3), submitter=cast.northlight)
    assert explained(cast, "standing").steps[0].on == date(2026, 7, 2)
    set_clock(moment(ON))
    page = signed_in(cast.amara).get(address("standing:detail", cast.account.number)).content.decode()
    assert "/explain/standing/" in page
    assert "/explain/overdue/" in page
