"""The month's interest run over a generated population is the law's, item by item; two runs at once charge once."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Sum

from core.models import AuditEvent
from ledger.models import Clearing, JournalEntry, OpenItem
from ledger.rules import EntryKind, Side
from ledger.verification import findings
from reference.services import set_policy_parameter
from statements.models import InterestCharge
from tests.builders import Cast
from tests.declarations.test_races import at_once, unlocked_book
from tests.statements import scene
from tests.year import law

__all__ = ["unlocked_book"]
THROUGH = date(2026, 6, 24)
ALWAYS = date(2000, 1, 1)


def owed_on(item: OpenItem, rates: law.Rates, through: date) -> Decimal:
    """What one debt bears until a day, by its payments alone: each late part from its own start, rounded once."""
    assert item.due_on is not None and item.last_day_to_pay is not None
    since, last, over = rates.starts_after(item.due_on, item.billing_on), item.last_day_to_pay, 6
    if item.kind == "PENALTY":
        since, last, over = item.posted_on, item.posted_on + 30 * law.DAY, 0
    by_end = {through: item.amount}
    for day, amount in Clearing.objects.filter(debt_item=item, cleared_on__lte=through).values_list(
        "cleared_on", "amount"
    ):
        by_end[through] -= amount
        by_end[day] = by_end.get(day, law.NIL) + amount
    return sum((rates.interest(part, since, day, over=over) for day, part in by_end.items() if day > last), law.NIL)


@pytest.mark.django_db
@pytest.mark.parametrize("mode", ["due_date", "ceiling"])
def test_the_run_is_the_law_item_by_item(mode: str) -> None:
    call_command("generate_population", program_accounts=40, declarations=400, seed=5, lines=False, verbosity=0)
    set_policy_parameter(
        actor=scene.ACTOR,
        key="late_payment.interest_start",
        effective_from=ALWAYS,
        value=mode,
        source="Both modes",
        at=scene.at(THROUGH),
    )
    with (Path(settings.BASE_DIR) / "reference" / "data" / "interest-rates.csv").open(encoding="utf-8") as file:
        table = [
            (date.fromisoformat(row["effective_from"]), Decimal(row["prescribed_percent"]))
            for row in csv.DictReader(file)
        ]
    relief = ((ALWAYS, True), (date(2024, 10, 21), False), (date(2026, 1, 1), True))
    rates = law.Rates(tuple(sorted(table)), relief, ceiling_from=ALWAYS if mode == "ceiling" else None)
    debts = OpenItem.objects.filter(side=Side.DEBT, posted_on__lt=THROUGH)
    wanted = {f"interest:{item.pk}": owed_on(item, rates, THROUGH) for item in debts}
    wanted = {source: amount for source, amount in wanted.items() if amount}
    assert scene.charge_interest(THROUGH) == len(wanted) > 30
    charged = JournalEntry.objects.filter(kind=EntryKind.INTEREST)
    assert {row.source: row.amount for row in charged} == wanted
    behind = InterestCharge.objects.values_list("entry_key").annotate(total=Sum("amount"))
    assert dict(behind) == {row.key: row.amount for row in charged}
    assert scene.charge_interest(THROUGH) == 0
    assert list(findings()) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unlocked_book")
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_two_interest_runs_at_once_charge_once(cast: Cast) -> None:
    for number in range(4):
        scene.declare(cast.account, f"R{number}", date(2026, 3, 3), duty="1000.00")

    def run() -> int:
        with transaction.atomic():
            return scene.charge_interest(THROUGH)

    assert sorted(at_once(run, run)) == [0, 4]
    assert InterestCharge.objects.count() == JournalEntry.objects.filter(kind=EntryKind.INTEREST).count() == 4
    assert AuditEvent.objects.filter(verb="interest.charged").count() == 1
    assert list(findings()) == []
