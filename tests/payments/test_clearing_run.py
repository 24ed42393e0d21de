"""The daily job writes, account for account, the rows that the rule and the book's own service would write."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from core.models import JobRun
from ledger import services as book
from ledger.models import Clearing, HolderBalance, JournalEntry, OpenItem, Posting
from ledger.rules import EntryKind, Revenue, charge_draft, move_draft
from payments import queries, services
from payments.credits.models import OffsettingPreference
from payments.rules import Preference
from tests.builders import Cast
from tests.payments.conftest import ACTOR, moment, owe, paid

pytestmark = pytest.mark.django_db
COUNT = 12
START = date(2026, 5, 1)
DAYS = [START + timedelta(days=14 * step) for step in range(1, 4)]


@pytest.fixture
def holders(cast: Cast) -> range:
    """A dozen program accounts one after another, none of them enrolled."""
    made = [cast.world.program_account(cast.northlight, f"RM{number:04}") for number in range(100, 100 + COUNT)]
    return range(made[0].pk, made[-1].pk + 1)


def lives(seed: int, holders: range) -> None:
    """Debts and payments of every size and class."""
    chance = random.Random(seed)
    drafts: list[Any] = []
    for holder in holders:
        for number in range(chance.randint(2, 9)):
            # Whole weeks, so that many fall on one day and their order is told by what comes after it.
            posted_on = START + timedelta(weeks=chance.randint(0, 5))
            amount = Decimal(chance.choice([1, 333, 5000, 5000, 123456])) / 100
            common = {"holder_id": holder, "submitter_id": None, "source": f"made:{number}", "memo": ""}
            key = f"made:{holder}:{number}"
            if chance.random() < 0.45:
                draft = move_draft(key=key, kind=EntryKind.PAYMENT, amount=amount, posted_on=posted_on, **common)
            else:
                kind = chance.choice([EntryKind.DECLARATION, EntryKind.INTEREST, EntryKind.PENALTY])
                due = posted_on + timedelta(weeks=chance.randint(0, 2))
                revenue = {EntryKind.DECLARATION: Revenue.DUTY, EntryKind.INTEREST: Revenue.INTEREST}
                amounts = {revenue.get(kind, Revenue.PENALTY): amount}
                draft = charge_draft(
                    key=key, kind=kind, amounts=amounts, posted_on=posted_on, billing_on=posted_on, due_on=due,
                    last_day_to_pay=due, **common,
                )  # fmt: skip
            drafts.append(draft)
    book.post_many(drafts=drafts, at=moment(START), actor=ACTOR)


def by_the_job(day: date, holders: range) -> int:
    run, _made = JobRun.objects.get_or_create(
        job="payments.clearing", due_at=moment(day, 0, 10), defaults={"started_at": moment(day)}
    )
    chunk, _made = run.chunks.get_or_create(
        work="payments.services.clearing_chunk", first_id=holders[0], defaults={"last_id": holders[-1], "position": 0}
    )
    return services.clearing_chunk(chunk=chunk, actor=ACTOR)


def by_the_rule(day: date, holders: range) -> int:
    with_both = queries.holders_with_both(holders)
    return services.allocate(holders=with_both, on=day, actor=ACTOR, at=moment(day, 0, 10))


def written(holders: range) -> dict[str, list[Any]]:
    """All that a clearing leaves, without identifiers and the wall's time."""
    own = {"holder_id__range": (holders[0], holders[-1])}
    lines = Posting.objects.filter(entry__kind=EntryKind.CLEARING, **own)
    entries = JournalEntry.objects.filter(kind=EntryKind.CLEARING, **own)
    return {
        "clearings": list(
            Clearing.objects.order_by("id").values_list(
                "key", "entry__key", "debt_item__entry__key", "credit_item__entry__key", "amount", "cleared_on"
            )
        ),
        "entries": list(
            entries.order_by("id").values_list(
                "key", "kind", "category", "holder_id", "submitter_id", "source", "method", "memo", "posted_on",
                "billing_on", "recorded_by", "payload_hash", "posting_count", "total_debit", "amount", "reverses",
            )
        ),
        "lines": sorted(
            lines.values_list(
                "entry__key", "account", "holder_id", "amount", "revenue", "category", "posted_segment",
                "billing_segment",
            )
        ),
        "items": sorted(OpenItem.objects.filter(**own).values_list("entry__key", "cleared")),
        "balances": sorted(HolderBalance.objects.filter(**own).values_list()),
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_the_job_writes_what_the_rule_says(seed: int, holders: range) -> None:
    found: list[Any] = []
    for work in (by_the_rule, by_the_job):
        with transaction.atomic():
            # Both begin with the same items: the first one's work is taken back.
            if not found:
                lives(seed, holders)
            mark = transaction.savepoint()
            counts = [work(day, holders) for day in DAYS]
            found.append((counts, written(holders)))
            if work is by_the_rule:
                transaction.savepoint_rollback(mark)
    assert found[1] == found[0] and sum(found[0][0]) > 10
    assert [by_the_job(day, holders) for day in DAYS] == [0, 0, 0]
    call_command("verify_ledger", verbosity=0)


def test_who_prefers_another_way_is_cleared_by_it_and_the_others_oldest_first(cast: Cast) -> None:
    due = date(2026, 7, 31)
    owe(cast.account, "10.00", posted_on=date(2026, 7, 1), due_on=due)
    owe(cast.account, "25.00", posted_on=date(2026, 7, 2), due_on=due)
    paid(cast.account, "25.00", at=moment(date(2026, 7, 22)))
    OffsettingPreference.objects.create(
        program_account=cast.account, method=Preference.DECLARATION_FIRST, chosen_at=moment(due)
    )
    run = JobRun.objects.create(job="payments.clearing", due_at=moment(due, 0, 10), started_at=moment(due))
    chunk = run.chunks.create(
        work="payments.services.clearing_chunk", position=0, first_id=cast.account.pk, last_id=cast.account.pk
    )
    assert services.clearing_chunk(chunk=chunk, actor=ACTOR) == 1
    assert Clearing.objects.get().debt_item.amount == Decimal("25.00")


def test_a_pair_for_which_an_item_has_too_little_is_refused_and_nothing_is_written(holders: range) -> None:
    lives(1, holders)
    debt, credit = (OpenItem.objects.filter(side=side).order_by("amount").last() for side in ("DEBT", "CREDIT"))
    assert debt is not None and credit is not None
    pairs = f"SELECT {debt.holder_id} AS holder_id, {debt.pk} AS debt_item_id, {credit.pk} AS credit_item_id, "
    with pytest.raises(IntegrityError), transaction.atomic():
        book.clear_selected(
            pairs=f"{pairs} CAST(%s AS BIGINT) AS amount, 1 AS place", values=[10_000_000],
            cleared_on=DAYS[-1], at=moment(DAYS[-1]), actor=ACTOR,
        )  # fmt: skip
    assert not Clearing.objects.exists() and not JournalEntry.objects.filter(kind=EntryKind.CLEARING).exists()
