"""Random histories: whatever is posted, in any order, the book proves and the set-based answers equal the rules."""

import os
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.errors import Conflict
from core.money import ZERO, from_cents
from ledger import queries, services
from ledger.models import JournalEntry
from ledger.queries import StatementFigures
from ledger.rules import Box, Category, EntryKind, Revenue, Side, box_of
from ledger.verification import findings
from tests.ledger.examples import ACTOR, AT, charge, deposit, payment, undo

EXAMPLES = 300 if os.environ.get("PORTAGE_PROVE") == "1" else 25
START = date(2026, 4, 18)

_steps = st.lists(
    st.tuples(
        st.sampled_from(["charge", "payment", "clear", "undo", "deposit", "apply", "ctype", "interest", "disburse"]),
        st.integers(1, 2),
        st.integers(-50_000, 90_000),
        st.integers(0, 95),
        st.integers(0, 40),
    ),
    max_size=25,
)


def _play(number: int, step: tuple[str, int, int, int, int]) -> None:
    verb, holder, amount_cents, day, lag = step
    posted_on, amount = START + timedelta(days=day), from_cents(amount_cents)
    some = from_cents(abs(amount_cents) + 1)
    key = f"{verb}:{number}"
    common: dict[str, Any] = {"source": key, "memo": "", "posted_on": posted_on, "at": AT, "actor": ACTOR}
    entries = list(JournalEntry.objects.order_by("id"))
    if verb == "charge":
        amounts = {Revenue.DUTY: amount, Revenue.GST: from_cents(amount_cents // 20)}
        charge(key, holder_id=holder, amounts=amounts, posted_on=posted_on, billing_on=posted_on - timedelta(days=lag))
    elif verb == "interest":
        charge(
            key,
            kind=EntryKind.INTEREST,
            holder_id=holder,
            amounts={Revenue.INTEREST: amount},
            posted_on=posted_on,
        )
    elif verb == "payment":
        payment(key, str(some), holder_id=holder, posted_on=posted_on)
    elif verb == "deposit":
        deposit(key, str(some), holder_id=holder, posted_on=posted_on)
    elif verb == "apply":
        services.apply_deposit(key=key, holder_id=holder, amount=some, **common)
    elif verb == "ctype":
        services.post_ctype(
            key=key, holder_id=holder, submitter_id=None, payer_id=None, amounts={Revenue.GST: some}, method="debit",
            billing_on=posted_on, **common,
        )  # fmt: skip
    elif verb == "clear":
        items = list(queries.open_items_of(holder, on=date.max))
        debts = [item for item in items if item.side == Side.DEBT]
        credits = [item for item in items if item.side == Side.CREDIT]
        if debts and credits:
            services.clear(
                debt_item_id=debts[lag % len(debts)].id,
                credit_item_id=credits[day % len(credits)].id,
                amount=some,
                cleared_on=posted_on,
                at=AT,
                actor=ACTOR,
            )
    elif verb == "disburse":
        open_credits = queries.open_items_of(holder, on=date.max).filter(side=Side.CREDIT)
        if open_credits:
            services.post_disbursement(key=key, credit_item_id=open_credits[0].id, amount=some, **common)
    elif entries:
        undo(entries[lag % len(entries)], key, posted_on=posted_on)


class Histories(TestCase):
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=_steps)
    def test_any_history_keeps_the_book_sound(self, steps: list[tuple[str, int, int, int, int]]) -> None:
        for number, step in enumerate(steps):
            try:
                _play(number, step)
            except Conflict:
                continue
        assert list(findings()) == []
        statements = [_statement(month) for month in range(4, 10)]
        for holder in (1, 2):
            figures = [queries.statement_figures(holder, **days).get(holder, StatementFigures()) for days in statements]
            assert figures == [_figures_by_the_rule(holder, **days) for days in statements]
            shown = sum((figure.total for figure in figures), ZERO)
            assert shown == queries.net_on(holder, on=date.max)
            assert queries.balance_of(holder).net == shown


@pytest.mark.django_db
def test_a_payment_taken_back_after_it_was_paid_out_and_then_the_payout_too() -> None:
    """The disbursement's own clearing is undone by the payment's reversal first, then the disbursement is."""
    for number, step in enumerate(
        [("payment", 1, 0, 0, 1), ("charge", 1, 0, 1, 1), ("disburse", 1, 0, 1, 2), ("undo", 1, 1, 0, 3)]
    ):
        _play(number, step)
    assert list(findings()) == []
    disbursed = JournalEntry.objects.get(kind=EntryKind.DISBURSEMENT)
    undo(disbursed, "undo:9", posted_on=START)
    assert list(findings()) == []
    assert queries.balance_of(1).net == ZERO


def _statement(month: int) -> dict[str, Any]:
    # The first statement reaches back to everything before it, the last forward to everything after.
    return {
        "period": (date(2026, month - 1, 18) if month > 4 else date(2025, 1, 18), date(2026, month, 17)),
        "since": date(2026, month - 1, 25) if month > 4 else date(2025, 1, 25),
        "upto": date(2026, month, 24),
    }


def _figures_by_the_rule(holder: int, **days: Any) -> StatementFigures:
    totals: dict[str, Decimal] = {}
    names = {
        Box.CORRECTIONS: "corrections",
        Box.PAYMENTS: "payments",
        Box.DISBURSEMENTS: "disbursements",
        Box.CHARGES: "charges",
        Box.CREDITS: "credits",
    }
    for entry in JournalEntry.objects.filter(holder_id=holder):
        category = Category(entry.category)
        box = box_of(category=category, posted_on=entry.posted_on, billing_on=entry.billing_on, **days)
        if box is not None:
            name = names.get(box) or ("interest" if category == Category.INTEREST else "penalties")
            totals[name] = totals.get(name, ZERO) + entry.amount
    return StatementFigures(**totals)


pytestmark = pytest.mark.sqlite
