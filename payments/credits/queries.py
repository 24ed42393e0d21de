"""Free credit, what may be asked back, and where every cent of an item went."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from accounts.models import ProgramAccount
from core.money import ZERO
from delegation.rules import FULL, Visibility
from ledger import queries as ledger
from ledger.rules import ItemKind, Side
from payments import rules
from payments.credits.models import OffsettingPreference, RefundRequest
from payments.credits.rules import RefundCase, RefundState
from payments.rules import Preference
from reference import queries as reference


def preference_of(program_account_ids: Collection[int]) -> dict[int, Preference]:
    """The offsetting method of each account, in one query; oldest first where none was chosen."""
    rows = OffsettingPreference.objects.filter(program_account_id__in=program_account_ids)
    chosen = dict(rows.values_list("program_account_id", "method"))
    return {number: Preference(chosen.get(number, Preference.OLDEST_FIRST)) for number in program_account_ids}


def with_own_preference(program_account_ids: Collection[int]) -> list[int]:
    """Those of the accounts, given in order, that chose another method than oldest first."""
    if not program_account_ids:
        return []
    rows = OffsettingPreference.objects.exclude(method=Preference.OLDEST_FIRST).order_by("program_account_id")
    around = rows.filter(
        program_account_id__gte=min(program_account_ids), program_account_id__lte=max(program_account_ids)
    )
    chosen = set(around.values_list("program_account_id", flat=True))
    return [number for number in program_account_ids if number in chosen]


@dataclass(frozen=True)
class Credits:
    """The open items of an account on a day, and what of its credits is free (dollars).

    ``free`` is what the credits exceed every debt by, billed or not, less what was asked back already.
    """

    credits: Sequence[Any]
    debts: Sequence[Any]
    asked_back: Decimal
    owed: rules.Owed

    @property
    def credit_total(self) -> Decimal:
        return self.owed.credit

    @property
    def free(self) -> Decimal:
        return max(self.owed.credit_left - self.asked_back, ZERO)


def credits_of(program_account_id: int, *, on: date) -> Credits:
    """Two queries."""
    items = list(ledger.open_items_of(program_account_id, on=on))
    asked = refund_requests_of(program_account_id).filter(state=RefundState.REQUESTED).order_by()
    return Credits(
        credits=[item for item in items if item.side == Side.CREDIT],
        debts=[item for item in items if item.side == Side.DEBT],
        asked_back=asked.aggregate(total=Sum("amount"))["total"] or ZERO,
        owed=rules.owed(items, billed_until=None, on=on),
    )


def refund_case(
    program_account: ProgramAccount, amount: Decimal, *, on: date, known: Credits | None = None
) -> RefundCase:
    """What a refund of an amount is judged by on a day."""
    known = known or credits_of(program_account.pk, on=on)
    siblings = ProgramAccount.objects.filter(business_id=program_account.business_id).values_list("pk", flat=True)
    policy = reference.policy()
    return RefundCase(
        amount=amount,
        free=known.free,
        owed=known.owed.total,
        overdue=sum(ledger.overdue_by_holder(on=on, holders=list(siblings)).values(), ZERO),
        credit_since=min((item.posted_on for item in known.credits), default=None),
        on=on,
        minimum=policy.amount("refund.minimum", on),
        small_after_months=policy.count("refund.small_after_months", on),
    )


def refund_requests_of(program_account_id: int) -> QuerySet[RefundRequest]:
    """The account's requests for refunds, newest first."""
    return RefundRequest.objects.filter(program_account_id=program_account_id).order_by("-id")


def siblings_of(program_account: ProgramAccount) -> QuerySet[ProgramAccount]:
    """The other program accounts of the business."""
    rows = ProgramAccount.objects.filter(business_id=program_account.business_id).select_related("business")
    return rows.exclude(pk=program_account.pk).order_by("number")


@dataclass(frozen=True)
class TraceLine:
    """A part of an item and what it met on the other side; below zero where that was undone."""

    item_id: int
    on: date
    kind: str
    source: str
    amount: Decimal
    moved_to: str = ""
    moved_item_id: int | None = None

    @property
    def label(self) -> Any:
        return ItemKind(self.kind).label


@dataclass(frozen=True)
class Trace:
    """Where every cent of an item went: lines, what is hidden from a seat and what is left make its amount."""

    item: Any
    lines: Sequence[TraceLine]
    hidden: Decimal
    hidden_count: int
    left: Decimal

    @property
    def is_credit(self) -> bool:
        return bool(self.item.side == Side.CREDIT)

    @property
    def label(self) -> Any:
        return ItemKind(self.item.kind).label

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), self.hidden + self.left)


def trace_of(program_account_id: int, item_id: int, *, visibility: Visibility = FULL) -> Trace | None:
    """The trace of an item of this account that a seat may see."""
    item = ledger.item_of(program_account_id, item_id)
    if item is None or not visibility.shows(item.submitter_id):
        return None
    lines: list[TraceLine] = []
    hidden, hidden_count = ZERO, 0
    history = list(ledger.item_history(item))
    moved = _moved([row.debt_item.source for row in history if row.debt_item.kind == ItemKind.TRANSFER])
    for row in history:
        other = row.debt_item if row.credit_item_id == item.pk else row.credit_item
        if not visibility.shows(other.submitter_id):
            hidden += row.amount
            hidden_count += 1
            continue
        number, there = moved.get(other.source, ("", None)) if other.kind == ItemKind.TRANSFER else ("", None)
        lines.append(TraceLine(other.pk, row.cleared_on, other.kind, other.source, row.amount, number, there))
    return Trace(item, lines, hidden, hidden_count, left=item.amount - item.cleared)


def _moved(sources: Collection[str]) -> dict[str, tuple[str, int]]:
    """Of each move between accounts, the number of the account it went to and the credit it became there."""
    if not sources:
        return {}
    there = {item.source: item for item in ledger.items_of_sources(sources, on=date.max) if item.side == Side.CREDIT}
    numbers = dict(
        ProgramAccount.objects.filter(pk__in={item.holder_id for item in there.values()}).values_list("pk", "number")
    )
    return {source: (numbers[item.holder_id], item.pk) for source, item in there.items()}
