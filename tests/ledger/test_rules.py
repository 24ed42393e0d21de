"""How events become balanced lines, and in which statement an entry is shown: no database."""

import hashlib
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.errors import DomainError
from ledger.reckoning import payload_hash
from ledger.rules import (
    Account,
    Box,
    Category,
    EntryDraft,
    EntryKind,
    ItemKind,
    Leg,
    Revenue,
    Side,
    box_of,
    charge_draft,
    imbalance,
    move_draft,
    positive,
    reversal_draft,
)

DAY = date(2026, 6, 2)


def charge(kind: EntryKind = EntryKind.DECLARATION, /, **amounts: str) -> EntryDraft:
    return charge_draft(
        key="k",
        kind=kind,
        holder_id=1,
        submitter_id=2,
        amounts={Revenue[name]: Decimal(amount) for name, amount in amounts.items()},
        source="s",
        memo="m",
        posted_on=DAY,
        billing_on=date(2026, 5, 28),
        due_on=DAY,
        last_day_to_pay=DAY,
    )


def move(kind: EntryKind, amount: str = "10.00") -> EntryDraft:
    return move_draft(
        key="k",
        kind=kind,
        holder_id=1,
        submitter_id=2,
        amount=Decimal(amount),
        source="s",
        memo="",
        posted_on=DAY,
        method="card",
    )


def lines(draft: EntryDraft) -> list[tuple[str, str]]:
    return [(leg.account.name, str(leg.amount)) for leg in draft.legs]


def test_a_charge_debits_the_receivable_and_credits_each_class() -> None:
    draft = charge(DUTY="100.00", GST="5.25")
    assert lines(draft) == [("RECEIVABLE", "105.25"), ("DUTY", "-100.00"), ("GST", "-5.25")]
    assert (draft.amount, draft.total_debit, draft.category) == (Decimal("105.25"), Decimal("105.25"), Category.CHARGE)
    assert (draft.posted_segment, draft.billing_segment) == (2026061, 2026054)
    assert draft.item is not None
    assert (draft.item.side, draft.item.kind, draft.item.amount) == (Side.DEBT, ItemKind.CHARGE, Decimal("105.25"))


def test_a_total_below_zero_is_a_credit() -> None:
    draft = charge(EntryKind.CORRECTION, DUTY="-20.00", GST="5.00")
    assert lines(draft) == [("UNAPPLIED", "-15.00"), ("DUTY", "20.00"), ("GST", "-5.00")]
    assert (draft.amount, draft.category) == (Decimal("-15.00"), Category.CREDIT)
    assert draft.item is not None
    assert (draft.item.side, draft.item.kind, draft.item.amount) == (Side.CREDIT, ItemKind.CREDIT, Decimal("15.00"))


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ({"DUTY": "-5.00", "GST": "5.00"}, [("RECEIVABLE", "0.00"), ("DUTY", "5.00"), ("GST", "-5.00")]),
        ({"DUTY": "0.00"}, [("RECEIVABLE", "0.00"), ("OTHER", "0.00")]),
        ({}, [("RECEIVABLE", "0.00"), ("OTHER", "0.00")]),
    ],
)
def test_a_zero_total_opens_nothing(amounts: dict[str, str], expected: list[tuple[str, str]]) -> None:
    draft = charge(EntryKind.DECLARATION, **amounts)
    assert [(name, Decimal(amount)) for name, amount in lines(draft)] == [(n, Decimal(a)) for n, a in expected]
    assert draft.item is None
    assert imbalance(draft.legs) == 0


@pytest.mark.parametrize(
    ("kind", "category", "item_kind"),
    [
        (EntryKind.DECLARATION, Category.CHARGE, ItemKind.CHARGE),
        (EntryKind.CORRECTION, Category.CHARGE, ItemKind.CHARGE),
        (EntryKind.ADJUSTMENT, Category.CHARGE, ItemKind.ADJUSTMENT),
        (EntryKind.INTEREST, Category.INTEREST, ItemKind.INTEREST),
        (EntryKind.PENALTY, Category.PENALTY, ItemKind.PENALTY),
        (EntryKind.PAYMENT_RETURN, Category.PENALTY, ItemKind.NSF),
        (EntryKind.CTYPE, Category.CTYPE, ItemKind.CHARGE),
    ],
)
def test_each_kind_of_charge_has_its_column_and_item(kind: EntryKind, category: Category, item_kind: ItemKind) -> None:
    draft = charge(kind, OTHER="1.00")
    assert draft.item is not None
    assert (draft.category, draft.item.kind) == (category, item_kind)


def test_interest_given_back_stays_interest() -> None:
    draft = charge(EntryKind.INTEREST, INTEREST="-1.00")
    assert draft.category == Category.INTEREST
    assert draft.item is not None and draft.item.kind == ItemKind.CREDIT


def test_a_payment_is_no_charge_and_a_debt_needs_its_dates() -> None:
    with pytest.raises(ValueError, match="is not a kind of charge"):
        charge(EntryKind.PAYMENT, OTHER="1.00")
    with pytest.raises(ValueError, match="due date"):
        charge_draft(
            key="k", kind=EntryKind.DECLARATION, holder_id=1, submitter_id=None, amounts={Revenue.GST: Decimal("1.00")},
            source="", memo="", posted_on=DAY, billing_on=DAY, due_on=None, last_day_to_pay=None,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "debit", "credit", "effect", "side"),
    [
        (EntryKind.PAYMENT, "BANK", "UNAPPLIED", "-10.00", Side.CREDIT),
        (EntryKind.CTYPE_PAYMENT, "BANK", "UNAPPLIED", "-10.00", Side.CREDIT),
        (EntryKind.DEPOSIT_APPLIED, "DEPOSITS", "UNAPPLIED", "-10.00", Side.CREDIT),
        (EntryKind.DISBURSEMENT, "UNAPPLIED", "PAYABLE", "10.00", Side.DEBT),
        (EntryKind.CLEARING, "UNAPPLIED", "RECEIVABLE", "0.00", None),
        (EntryKind.DEPOSIT, "BANK", "DEPOSITS", "0.00", None),
        (EntryKind.DEPOSIT_REFUND, "DEPOSITS", "PAYABLE", "0.00", None),
        (EntryKind.PAYOUT, "PAYABLE", "BANK", "0.00", None),
    ],
)
def test_money_moves_between_two_accounts(
    kind: EntryKind, debit: str, credit: str, effect: str, side: Side | None
) -> None:
    draft = move(kind)
    assert lines(draft) == [(debit, "10.00"), (credit, "-10.00")]
    assert draft.amount == Decimal(effect)
    assert (draft.item.side if draft.item else None) == side


@pytest.mark.parametrize("amount", ["0", "-0.01"])
def test_only_amounts_above_zero_move(amount: str) -> None:
    with pytest.raises(DomainError) as refusal:
        move(EntryKind.PAYMENT, amount)
    assert (refusal.value.code, refusal.value.field) == ("amount_not_positive", "amount")
    assert move(EntryKind.CLEARING, "-1.00").legs[0].amount == Decimal("-1.00")


def test_a_fraction_of_a_cent_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="whole number of cents"):
        positive(Decimal("0.001"))


def test_a_reversal_mirrors_lines_and_item() -> None:
    original = charge(DUTY="100.00")
    number = UUID(int=1)
    mirror = reversal_draft(
        original, original_id=number, key="r", kind=EntryKind.REVERSAL, memo="why", posted_on=date(2026, 7, 1)
    )
    assert lines(mirror) == [("RECEIVABLE", "-100.00"), ("DUTY", "100.00")]
    assert mirror.item is not None
    assert (mirror.item.side, mirror.item.kind, mirror.item.due_on) == (Side.CREDIT, ItemKind.CREDIT, None)
    assert (mirror.billing_on, mirror.posted_on, mirror.reverses_id) == (
        original.billing_on,
        date(2026, 7, 1),
        number,
    )


@pytest.mark.parametrize(
    ("kind", "item_kind"), [(EntryKind.PAYMENT_RETURN, ItemKind.NSF), (EntryKind.REVERSAL, ItemKind.ADJUSTMENT)]
)
def test_a_returned_payment_is_a_debt_again(kind: EntryKind, item_kind: ItemKind) -> None:
    mirror = reversal_draft(
        move(EntryKind.PAYMENT), original_id=UUID(int=1), key="r", kind=kind, memo="", posted_on=DAY
    )
    assert mirror.item is not None
    assert (mirror.item.side, mirror.item.kind, mirror.item.due_on) == (Side.DEBT, item_kind, DAY)


def test_a_deposits_reversal_has_no_item() -> None:
    mirror = reversal_draft(
        move(EntryKind.DEPOSIT), original_id=UUID(int=1), key="r", kind=EntryKind.REVERSAL, memo="", posted_on=DAY
    )
    assert mirror.item is None


def test_the_fingerprint_tells_payloads_apart_but_not_wordings() -> None:
    prints = {payload_hash(charge(DUTY=amount)) for amount in ("1.00", "1.01", "1.00")}
    assert len(prints) == 2
    assert payload_hash(move(EntryKind.PAYMENT)) != payload_hash(move(EntryKind.DEPOSIT_APPLIED))


@pytest.mark.parametrize(
    "draft",
    [
        charge(DUTY="100.00", GST="5.25"),
        replace(charge(DUTY="-3.00"), submitter_id=None, source='é "quoted"\\\t', reverses_id=UUID(int=7)),
        replace(move(EntryKind.DEPOSIT), method="carte à puce"),
        move(EntryKind.PAYMENT),
    ],
)
def test_the_fingerprint_is_that_of_a_json_text(draft: EntryDraft) -> None:
    """Entries of years ago keep theirs, so its text may be made in another way but never change."""
    item = draft.item
    payload = [
        draft.kind, draft.holder_id, draft.submitter_id, draft.source, draft.method, str(draft.posted_on),
        str(draft.billing_on), str(draft.reverses_id or ""),
        sorted([int(leg.account), leg.holder_id, int(leg.amount * 100), leg.revenue or ""] for leg in draft.legs),
        item and [item.side, item.kind, int(item.amount * 100), str(item.due_on), str(item.last_day_to_pay)],
    ]  # fmt: skip
    assert payload_hash(draft) == hashlib.sha256(json.dumps(payload).encode()).hexdigest()


def test_revenue_stands_on_its_own_account() -> None:
    assert {revenue.account.label for revenue in Revenue} == {revenue.label for revenue in Revenue}
    assert Leg(Account.BANK, 1, Decimal(1)).revenue is None
    assert Category.CHARGE.column == "charges"


# The statement of 25 June 2026: releases of 18 May to 17 June, postings of 25 May to 24 June.
_STATEMENT: dict[str, Any] = {
    "period": (date(2026, 5, 18), date(2026, 6, 17)),
    "since": date(2026, 5, 25),
    "upto": date(2026, 6, 24),
}


@pytest.mark.parametrize(
    ("category", "posted_on", "billing_on", "expected"),
    [
        (Category.CHARGE, "2026-06-10", "2026-06-03", Box.CHARGES),
        (
            Category.CHARGE,
            "2026-05-20",
            "2026-05-18",
            Box.CHARGES,
        ),  # known early, but of this period
        (Category.CHARGE, "2026-06-20", "2026-06-18", None),  # waits for its own period
        (Category.CHARGE, "2026-06-25", "2026-06-10", None),  # known too late
        (Category.CHARGE, "2026-06-10", "2026-05-17", Box.CORRECTIONS),
        (Category.CHARGE, "2026-05-24", "2026-05-17", None),  # was on the statement before
        (Category.CREDIT, "2026-06-10", "2026-06-03", Box.CREDITS),
        (Category.CREDIT, "2026-06-10", "2026-04-03", Box.CORRECTIONS),
        (Category.PAYMENT, "2026-06-24", "2026-06-24", Box.PAYMENTS),
        (Category.PAYMENT, "2026-05-24", "2026-05-24", None),
        (Category.CTYPE, "2026-06-20", "2026-06-20", Box.CHARGES),
        (Category.CTYPE_PAYMENT, "2026-06-20", "2026-06-20", Box.PAYMENTS),
        (Category.DISBURSEMENT, "2026-06-20", "2026-06-20", Box.DISBURSEMENTS),
        (Category.INTEREST, "2026-06-20", "2026-05-17", Box.INTEREST_AND_PENALTIES),
        (Category.PENALTY, "2026-06-20", "2026-06-20", Box.INTEREST_AND_PENALTIES),
        (Category.NONE, "2026-06-10", "2026-06-10", None),
    ],
)
def test_each_entry_has_one_box(category: Category, posted_on: str, billing_on: str, expected: Box | None) -> None:
    box = box_of(
        category=category,
        posted_on=date.fromisoformat(posted_on),
        billing_on=date.fromisoformat(billing_on),
        **_STATEMENT,
    )
    assert box == expected
