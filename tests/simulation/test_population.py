"""A generated population: same seed same bytes, a sound book, and jobs that agree with the rules on it."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from accounts.models import Business, Membership, ProgramAccount, User
from core.bulk import BulkTable
from core.clock import at_toronto
from core.errors import Conflict
from core.models import AuditEvent
from core.money import ZERO
from declarations.models import ConsolidatedRelease, Declaration, DeclarationVersion, Invoice, Line
from delegation.models import Delegation
from ledger import services as book
from ledger.loading import loading
from ledger.models import Clearing, JournalEntry, OpenItem, Posting
from ledger.rules import Box, EntryKind, Revenue, box_of
from ledger.verification import findings
from payments.models import Payment
from releases.models import Admission, NumberSeries, Release
from releases.rules import cargo_fault, is_transaction_number
from security.models import (
    Bond,
    BondAllocation,
    BondVersion,
    Deposit,
    DepositRequest,
    RppEnrolment,
    SecurityRequirement,
)
from simulation.population import figures, laws
from simulation.population.services import generate_population
from statements import rules as billing
from statements import services as statements
from statements.models import DailyNotice, LevelStatement, Statement
from tests.builders import Cast
from tests.statements import scene
from tests.statements.scene import ACTOR

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

TABLES = (
    Business, User, Membership, ProgramAccount, Delegation, Admission, Release, Declaration, ConsolidatedRelease,
    DeclarationVersion, Invoice, Line, Payment, RppEnrolment, SecurityRequirement, Bond, BondAllocation, BondVersion,
    Deposit, DepositRequest,
)  # fmt: skip
BOOK = (JournalEntry, Posting, OpenItem, Clearing)
SMALL = {"program_accounts": 24, "declarations": 150}


def fingerprint() -> str:
    """A hash over every row and column that a population has."""
    digest = hashlib.sha256()
    for model in (*TABLES, *BOOK, NumberSeries):
        for row in model._default_manager.order_by("pk").values_list():
            digest.update(repr(row).encode())
    return digest.hexdigest()


def generated(seed: int, **more: Any) -> str:
    """The fingerprint of a population that is taken back again."""
    with transaction.atomic():
        generate_population(**{**SMALL, **more}, seed=seed)
        found = fingerprint()
        transaction.set_rollback(True)
    return found


# --- Its shape -------------------------------------------------------------------------------------------------------


def test_declarations_add_up_and_a_few_giants_have_most_of_them() -> None:
    many = list(laws.importers(program_accounts=5_000, declarations=600_000, seed=3))
    counts = sorted((row.declaration_count for row in many), reverse=True)
    assert sum(counts) == 600_000 and min(counts) >= 0
    assert sum(counts[:50]) > 0.25 * 600_000 and counts[2_500] < 60
    assert len({row.broker for row in many}) == laws.broker_count(5_000) + 1
    assert 0.9 < sum(row.opens_business for row in many) / 5_000 < 0.96
    assert [row.declaration_count for row in laws.importers(program_accounts=1, declarations=7, seed=0)] == [7]


@pytest.mark.parametrize("count", [0, 7, 59, 60, 10_001])
def test_a_year_falls_in_its_twelve_periods(count: int) -> None:
    found = laws.by_period(count, Random(1))
    assert (len(found), sum(found)) == (12, count)
    assert count < 10_000 or (max(found) == found[4] and min(found) == found[7])


def test_nothing_is_known_after_the_last_day() -> None:
    dice = Random(5)
    for payer in laws.PAYERS:
        days = [laws.paid_on(payer, date(2026, 5, 25), date(2026, 6, 1), dice) for _unused in range(300)]
        known = [day for day in days if day]
        assert all(date(2026, 5, 25) <= day <= laws.LAST_KNOWN_ON for day in known)
        assert bool(known) == bool(payer.pays)
    days_ = [laws.accounted_on(date(2026, 6, 17), date(2026, 6, 24), dice) for _unused in range(500)]
    assert min(days_) == date(2026, 6, 17) and max(days_) == laws.LAST_KNOWN_ON


# --- Its rows --------------------------------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_bytes_in_batches_of_any_size() -> None:
    heard: list[int] = []
    by_and_by = generated(1, batch=20, on_progress=lambda written, _asked: heard.append(written))
    assert generated(1) == by_and_by != generated(2)
    assert heard == sorted(heard) and len(heard) > 3 and heard[-1] == SMALL["declarations"]
    two = generated(1, declarations=2)
    assert generated(1, declarations=2, batch=1) == two != generated(1, declarations=2, with_lines=False)


def test_several_processes_make_the_same_bytes() -> None:
    assert generated(3, processes=2, batch=30) == generated(3)


@pytest.fixture
def town() -> Iterator[None]:
    out = StringIO()
    call_command("generate_population", **SMALL, seed=1, stdout=out)
    assert "150 of 150" in out.getvalue() and f"{Posting.objects.count()} postings" in out.getvalue()
    assert Declaration.objects.count() == 150
    yield


def test_it_is_what_posting_one_by_one_would_have_made(town: None) -> None:
    assert list(findings()) == []
    for row in Release.objects.all():
        assert is_transaction_number(row.transaction_number) and cargo_fault(row.cargo_control_number) is None
    row = Declaration.objects.filter(duty__gt=0, type="AB", version_count=1).first()
    assert row is not None and row.accepted_at is not None
    # The same key with the same payload is the earlier entry; with another it would be refused.
    entry = book.post_charge(
        key=f"declaration:{row.number}:v1",
        kind=EntryKind.DECLARATION,
        holder_id=row.program_account_id,
        submitter_id=row.submitter_id,
        amounts={Revenue.DUTY: row.duty, Revenue.GST: row.gst},
        source=f"declaration:{row.number}",
        memo=row.number,
        posted_on=row.accepted_at.date(),
        billing_on=row.released_on,
        due_on=row.payment_due_on,
        last_day_to_pay=row.last_day_to_pay,
        at=row.accepted_at,
        actor=ACTOR,
    )
    assert entry.amount == row.total
    paid = Payment.objects.filter(purpose="DEBT").first()
    assert paid is not None and paid.received_at is not None
    before = JournalEntry.objects.count()
    book.post_payment(
        key=paid.entry_key,
        holder_id=paid.program_account_id,
        payer_id=paid.payer_id,
        amount=paid.amount,
        method=paid.method,
        source=paid.entry_key,
        memo=paid.reference,
        posted_on=paid.received_at.date(),
        at=paid.received_at,
        actor=ACTOR,
    )
    assert JournalEntry.objects.count() == before
    # The world goes on from here: new rows get numbers of their own, and a late debt can be paid.
    late = OpenItem.objects.filter(side="DEBT", cleared=ZERO).first()
    assert late is not None
    extra = book.post_payment(
        key="payment:NEW", holder_id=late.holder_id, payer_id=None, amount=late.amount, method="DEBIT_CARD",
        source="payment:NEW", memo="", posted_on=date(2026, 6, 24), at=at_toronto(date(2026, 6, 24), 9), actor=ACTOR,
    )  # fmt: skip
    credit = OpenItem.objects.get(entry=extra)
    book.clear(
        debt_item_id=late.pk, credit_item_id=credit.pk, amount=late.amount, cleared_on=date(2026, 6, 24),
        at=at_toronto(date(2026, 6, 24), 9), actor=ACTOR,
    )  # fmt: skip
    assert list(findings()) == []


def test_the_commands_refuse_a_world_that_is_not_empty_and_measure_it(town: None) -> None:
    with pytest.raises(CommandError, match="not empty"):
        call_command("generate_population", program_accounts=1, declarations=1, stdout=StringIO())
    with pytest.raises(CommandError, match="at least one"):
        call_command("generate_population", program_accounts=0, declarations=1, stdout=StringIO())
    out = StringIO()
    call_command("measure_population", stdout=out)
    assert "| Declarations a business day |" in out.getvalue()
    table = figures.measured()
    assert table["rpp_share"] > Decimal("0.9") and Decimal("0.4") < table["paid_share"] < 1


# --- The job and the rule --------------------------------------------------------------------------------------------


def by_the_rules(day: date, before: dict[int, Decimal], since: date) -> dict[int, tuple[Any, ...]]:
    """Boxes A to H, count and seal of every account in plain Python, from the entries and the pure rules."""
    period = statements.BillingPeriod(day.year, day.month)
    lines: dict[int, list[tuple[str, str, Decimal]]] = defaultdict(list)
    for entry in JournalEntry.objects.all():
        box = box_of(
            category=entry.category,  # type: ignore[arg-type]
            posted_on=entry.posted_on,
            billing_on=entry.billing_on,
            period=(period.first_day, period.last_day),
            since=since,
            upto=day.replace(day=24),
        )
        if box is not None:
            lines[entry.holder_id].append((str(Box(box).value), entry.key, entry.amount))
    found = {}
    for number in sorted({*lines, *(number for number, total in before.items() if total)}):
        rows = sorted(lines[number])
        sums = {letter: sum((row[2] for row in rows if row[0] == letter), ZERO) for letter in "BCDEFG"}
        boxes = billing.Boxes(before.get(number, ZERO), *sums.values())
        seal = billing.seal_of((key, box, amount) for box, key, amount in rows)
        found[number] = (boxes, len(rows), seal)
    return found


def test_the_job_is_the_rule(town: None) -> None:
    before: dict[int, Decimal] = {}
    since = date(2000, 1, 1)
    for day in (date(2026, 3, 25), date(2026, 4, 25), date(2026, 6, 25)):
        wanted = by_the_rules(day, before, since)
        issued = statements.issue_statements(statement_on=day, actor=ACTOR, at=at_toronto(day, 1))
        rows = {row.program_account_id: row for row in Statement.objects.filter(statement_on=day)}
        assert issued.count == len(rows) == len(wanted) > 10
        for number, (boxes, count, seal) in wanted.items():
            row = rows[number]
            assert [getattr(row, f"box_{letter}") for letter in "abcdefgh"] == [
                getattr(boxes, letter) for letter in "abcdefgh"
            ]
            assert (row.entry_count, row.seal) == (count, seal)
        levels_agree(day, rows)
        before = {number: boxes.h for number, (boxes, _count, _seal) in wanted.items()}
        since = day
    events = AuditEvent.objects.filter(verb="statement.issued")
    assert events.count() == Statement.objects.count()
    last = Statement.objects.select_related("program_account").order_by("-pk")[0]
    event = events.get(target=f"statements.Statement:{last.program_account.number}:2026-06-25")
    assert event.after == {"total_payable": str(last.box_h), "payment_due_on": last.payment_due_on.isoformat()}
    assert (event.business_id, event.actor_name) == (last.program_account.business_id, ACTOR.name)
    again = statements.issue_statements(statement_on=date(2026, 6, 25), actor=ACTOR, at=at_toronto(date(2026, 6, 25)))
    assert (again.count, again.total_payable) == (0, ZERO)


def test_the_notices_of_a_day_are_those_of_the_rule(town: None) -> None:
    day = date(2026, 6, 23)
    since, upto = billing.notice_window(day)
    # A town this small may have a quiet weekend; something has to be there to be noticed.
    holders = list(ProgramAccount.objects.order_by("pk").values_list("pk", flat=True)[:3])
    for number, holder_id in enumerate(holders):
        scene.declare(holder_id, f"N{number}", upto, duty=f"{number + 1}0.25")
        scene.pay(holder_id, f"N{number}", "3.10", since)
    wanted: dict[int, tuple[int, Decimal, Decimal]] = {}
    for entry in JournalEntry.objects.exclude(kind=EntryKind.CLEARING):
        if since <= entry.posted_on <= upto:
            count, charges, credits = wanted.get(entry.holder_id, (0, ZERO, ZERO))
            charges, credits = charges + max(entry.amount, ZERO), credits + min(entry.amount, ZERO)
            wanted[entry.holder_id] = (count + 1, charges, credits)
    assert scene.notify(day) == len(wanted) >= 3 and scene.notify(day) == 0
    rows = DailyNotice.objects.filter(notice_on=day, posted_since=since, posted_upto=upto)
    assert {row.program_account_id: (row.entry_count, row.charges, row.credits) for row in rows} == wanted
    assert AuditEvent.objects.filter(verb="daily_notices.issued").count() == 1


def levels_agree(day: date, rows: dict[int, Statement]) -> None:
    by_business: dict[int, list[billing.AccountFigures]] = defaultdict(list)
    accounts = ProgramAccount.objects.in_bulk(rows)
    for number, row in rows.items():
        boxes = billing.Boxes(*(getattr(row, f"box_{letter}") for letter in "abcdefg"))
        account = accounts[number]
        by_business[account.business_id].append(
            billing.AccountFigures(account.number, boxes, row.entry_count, row.seal)
        )
    made = LevelStatement.objects.filter(statement_on=day)
    assert made.count() == sum(len(billing.levels_of(figures)) for figures in by_business.values())
    for business_id, accounts_ in by_business.items():
        for wanted in billing.levels_of(accounts_):
            row = made.get(business_id=business_id, level=wanted.level.value, program=wanted.program)
            assert (row.account_count, row.entry_count, row.seal) == (
                wanted.account_count, wanted.entry_count, wanted.seal,
            )  # fmt: skip
            assert [getattr(row, f"box_{letter}") for letter in "abcdefgh"] == [
                getattr(wanted.boxes, letter) for letter in "abcdefgh"
            ]


def test_a_book_that_does_not_add_up_leaves_nothing_behind() -> None:
    with pytest.raises(Conflict, match="not sound"), loading() as writer:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO ledger_holderbalance VALUES (1, 5, 0, 0, 0)")
        writer.finish()
    assert list(findings()) == []


def test_a_world_with_businesses_and_an_unknown_column_are_refused(cast: Cast) -> None:
    with pytest.raises(Conflict, match="businesses already"):
        generate_population(**SMALL, seed=1)
    with pytest.raises(ValueError, match="no column nothing"):
        BulkTable(Business, ("nothing",))
