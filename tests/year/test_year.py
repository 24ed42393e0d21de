"""A simulated year through the services and the daily jobs agrees to the cent with the same year on paper."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from core.actor import system
from core.clock import at_toronto
from ledger import queries as ledger
from ledger.models import JournalEntry
from ledger.rules import EntryKind
from ledger.verification import findings
from reference.services import set_policy_parameter
from statements.models import Statement
from tests.conftest import PROVE
from tests.year import law, paper
from tests.year.town import Town

pytestmark = pytest.mark.django_db
FIRST, CEILING = date(2025, 11, 1), date(2026, 2, 15)
LAST = date(2026, 10, 31) if PROVE else date(2026, 4, 26)


def rates() -> law.Rates:
    with (Path(settings.BASE_DIR) / "reference" / "data" / "interest-rates.csv").open(encoding="utf-8") as file:
        table = [
            (date.fromisoformat(row["effective_from"]), Decimal(row["prescribed_percent"]))
            for row in csv.DictReader(file)
        ]
    relief = ((date(2000, 1, 1), True), (date(2024, 10, 21), False), (date(2026, 1, 1), True))
    return law.Rates(tuple(sorted(table)), relief, ceiling_from=CEILING)


def on_paper(town: Town) -> list[paper.Account]:
    """Every account's days again: what happens by itself in the night, what was done, and the interest of the 24th."""
    accounts = [paper.Account(rates()) for _importer in town.importers]
    deeds = iter(town.deeds)
    deed = next(deeds, None)
    day = town.first
    while day <= town.last + timedelta(days=1):
        for account in accounts:
            account.clear(day)
            account.penalties(day)
            account.credit_after_decisions(day)
            if day.day == 25:
                account.issue(day.replace(day=17))
        while deed is not None and deed.on == day:
            getattr(accounts[deed.importer], deed.what)(day, **deed.values)
            deed = next(deeds, None)
        if day.day == 24:
            for account in accounts:
                account.charge_interest(day)
        day += timedelta(days=1)
    assert deed is None
    return accounts


def test_a_year_of_importers_agrees_with_the_same_year_on_paper() -> None:
    set_policy_parameter(
        actor=system("test"),
        key="late_payment.interest_start",
        effective_from=CEILING,
        value="ceiling",
        source="A year in both modes",
        at=at_toronto(FIRST, 8),
    )
    town = Town(count=200 if PROVE else 5, seed=2026, first=FIRST, last=LAST, busyness=0.7 if PROVE else 2.0)
    town.play()
    for number, (importer, account) in enumerate(zip(town.importers, on_paper(town), strict=True)):
        pk = importer.account.pk
        issued = [
            (row.period_end, {letter: getattr(row, f"box_{letter.lower()}") for letter in "ABCDEFGH"})
            for row in Statement.objects.filter(program_account_id=pk).order_by("period_end")
        ]
        entries = JournalEntry.objects.filter(holder_id=pk)
        interest = [(row.posted_on, row.amount) for row in entries.filter(kind=EntryKind.INTEREST)]
        told = f"importer {number}, {importer.way}, {importer.habit}"
        assert sorted(interest) == sorted((day, amount) for day, _source, amount in account.interest_posted), told
        assert issued == account.statements, told
        assert ledger.balance_of(pk).net == account.balance, told
    assert list(findings()) == []
