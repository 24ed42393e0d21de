"""Debts and credits, what is left of them, and what cleared them."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from core.fields import MoneyField
from core.money import ZERO
from ledger.models import Clearing, JournalEntry, OpenItem
from ledger.queries.balances import balance_of
from ledger.queries.shared import Holders, among, money
from ledger.rules import ItemKind, Side


def open_items_of(
    holders: Holders, *, on: date, debts_only: bool = False, submitter_ids: Collection[int] | None = None
) -> QuerySet[OpenItem]:
    """Items with something left at the end of a day, oldest due first, each with ``remaining`` and its entry."""
    known: QuerySet[Any] = among(items_on(on), holders)
    items = known.filter(remaining__gt=ZERO).select_related("entry")
    if debts_only:
        items = items.filter(side=Side.DEBT)
    if submitter_ids is not None:
        items = items.filter(submitter_id__in=submitter_ids)
    return items.order_by(F("due_on").asc(nulls_last=True), "posted_on", "id")


def items_on(on: date) -> QuerySet[OpenItem]:
    """Every item known on a day, with ``remaining`` as it was at the end of that day."""
    later = Q(cleared_on__gt=on)
    as_debt = Clearing.objects.filter(later, debt_item=OuterRef("pk")).order_by().values("debt_item")
    as_credit = Clearing.objects.filter(later, credit_item=OuterRef("pk")).order_by().values("credit_item")
    cleared_later = Case(
        When(
            side=Side.DEBT, then=Coalesce(Subquery(as_debt.annotate(later=Sum("amount")).values("later")), money(ZERO))
        ),
        default=Coalesce(Subquery(as_credit.annotate(later=Sum("amount")).values("later")), money(ZERO)),
        output_field=MoneyField(),
    )
    known: QuerySet[Any] = OpenItem.objects.filter(posted_on__lte=on)
    return known.annotate(
        remaining=ExpressionWrapper(F("amount") - F("cleared") + cleared_later, output_field=MoneyField())
    )


def items_of_sources(sources: Collection[str], *, on: date) -> QuerySet[OpenItem]:
    """The items that documents made ("declaration:17042000044712"), with ``remaining``."""
    return items_on(on).filter(source__in=sources).select_related("entry").order_by("posted_on", "id")


def item_of_entry(entry_id: UUID) -> OpenItem | None:
    return OpenItem.objects.filter(entry_id=entry_id).first()


def item_of(holder_id: int, item_id: int) -> OpenItem | None:
    """One of a holder's items, with its entry."""
    return OpenItem.objects.filter(holder_id=holder_id, pk=item_id).select_related("entry").first()


def item_history(item: OpenItem) -> QuerySet[Clearing]:
    """What happened to an item since it was made, in order, with both items and their entries."""
    return (
        Clearing.objects.filter(Q(debt_item=item) | Q(credit_item=item))
        .select_related("entry", "debt_item__entry", "credit_item__entry")
        .order_by("cleared_on", "id")
    )


def overdue_total(holder_id: int, *, on: date, submitter_ids: Collection[int] | None = None) -> Decimal:
    """What was unpaid at the end of a day though its last day to pay was before that day."""
    return overdue_by_holder(on=on, holders=holder_id, submitter_ids=submitter_ids).get(holder_id, ZERO)


def overdue_by_holder(
    *, on: date, holders: Holders | None = None, submitter_ids: Collection[int] | None = None
) -> dict[int, Decimal]:
    """The overdue amount of every holder that has any, in two statements whatever their number."""
    debts = Q(posted_on__lte=on, last_day_to_pay__lt=on)
    if submitter_ids is not None:
        debts &= Q(submitter_id__in=submitter_ids)
    return _remaining_by_holder(debts, Side.DEBT, on=on, holders=holders)


def oldest_overdue_by_holder(*, on: date, holders: Holders | None = None) -> dict[int, date]:
    """The earliest last day to pay among each holder's overdue debts."""
    known: QuerySet[Any] = among(items_on(on), holders)
    debts = known.filter(side=Side.DEBT, last_day_to_pay__lt=on, remaining__gt=ZERO)
    oldest: dict[int, date] = {}
    for number, day in debts.order_by().values_list("holder_id", "last_day_to_pay"):
        oldest[number] = min(day, oldest.get(number, day))
    return oldest


def unpaid_by_last_day(*, since: date, upto: date) -> Iterator[tuple[int, date, Decimal]]:
    """(holder, last day to pay, what is left of it now) of every open debt to be paid in a span of days."""
    rows = OpenItem.objects.filter(side=Side.DEBT, last_day_to_pay__range=(since, upto), cleared__lt=F("amount"))
    grouped = rows.order_by().values("holder_id", "last_day_to_pay")
    left = grouped.annotate(left=Sum(F("amount") - F("cleared"), output_field=MoneyField()))
    for holder_id, last_day, amount in left.values_list("holder_id", "last_day_to_pay", "left"):
        if last_day is not None:
            yield holder_id, last_day, amount


def credits_by_holder(holders: Holders) -> dict[int, Decimal]:
    """Open credits as they stand now, of every holder that has any; one statement."""
    chosen = among(OpenItem.objects.filter(side=Side.CREDIT, cleared__lt=F("amount")), holders)
    grouped = chosen.order_by().values("holder_id")
    left = grouped.annotate(left=Sum(F("amount") - F("cleared"), output_field=MoneyField()))
    return dict(left.values_list("holder_id", "left"))


def debt_by_holder(*, on: date, holders: Holders | None = None) -> dict[int, Decimal]:
    """Everything owed and not cleared at the end of a day, due or not, of every holder that owes."""
    return _remaining_by_holder(Q(posted_on__lte=on), Side.DEBT, on=on, holders=holders)


def debt_of(holder_id: int, *, on: date) -> Decimal:
    return debt_by_holder(on=on, holders=holder_id).get(holder_id, ZERO)


def credit_of(holder_id: int, *, on: date | None = None) -> Decimal:
    """Open credits, now or at the end of a day."""
    if on is None:
        return balance_of(holder_id).credit
    return _remaining_by_holder(Q(posted_on__lte=on), Side.CREDIT, on=on, holders=holder_id).get(holder_id, ZERO)


def _remaining_by_holder(items: Q, side: Side, *, on: date, holders: Holders | None) -> dict[int, Decimal]:
    """Left now, by the small index of open items, plus what was cleared after the day (nothing, when it is today)."""
    chosen = among(OpenItem.objects.filter(items, side=side), holders)
    now = chosen.filter(cleared__lt=F("amount")).order_by().values("holder_id")
    left: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for number, amount in now.annotate(left=Sum(F("amount") - F("cleared"), output_field=MoneyField())).values_list(
        "holder_id", "left"
    ):
        left[number] += amount
    field = "debt_item" if side == Side.DEBT else "credit_item"
    later = Clearing.objects.filter(cleared_on__gt=on, **{f"{field}__in": chosen.order_by().values("pk")})
    grouped = later.order_by().values(f"{field}__holder_id").annotate(later=Sum("amount"))
    for number, amount in grouped.values_list(f"{field}__holder_id", "later"):
        left[number] += amount
    return {number: amount for number, amount in left.items() if amount}


_LATE = ("pk", "holder_id", "source", "kind", "amount", "due_on", "last_day_to_pay", "billing_on", "posted_on")


@dataclass(frozen=True)
class LateItem:
    """A late debt (the columns of ``_LATE``): what is open of it, what cleared it when, and what had cleared it until
    that was undone, as (cleared, undone, amount).

    ``is_reversed``: its entry was taken back as a whole, so that it was never owed.
    """

    item: Any
    remaining: Decimal
    paid: tuple[tuple[date, Decimal], ...]
    undone: tuple[tuple[date, date, Decimal], ...] = ()
    is_reversed: bool = False


def late_items(holders: range, *, on: date, cleared_since: date) -> Iterator[LateItem]:
    """Debts past their last day to pay at the end of ``on``: open, or cleared (or opened again) since a day.

    Interest counts as late from the day after its posting, because unpaid interest bears interest at once. Two
    queries whatever the number of holders; by holder and item.
    """
    changed = Clearing.objects.filter(debt_item=OuterRef("pk"), cleared_on__gte=cleared_since)
    items = {
        item.pk: item
        for item in among(OpenItem.objects.filter(side=Side.DEBT, posted_on__lt=on), holders)
        .filter(Q(last_day_to_pay__lt=on) | Q(kind=ItemKind.INTEREST))
        .filter(Q(cleared__lt=F("amount")) | Exists(changed))
        .annotate(is_reversed=Exists(JournalEntry.objects.filter(reverses=OuterRef("entry"))))
        .order_by("holder_id", "pk")
        .values_list(*_LATE, "is_reversed", named=True)
    }
    live: dict[int, dict[int, tuple[date, Decimal]]] = defaultdict(dict)
    undoings = []
    rows = Clearing.objects.filter(debt_item__in=items, cleared_on__lte=on).order_by("cleared_on", "id")
    for row in rows.values_list("pk", "debt_item_id", "cleared_on", "amount", "reverses_id"):
        number, item_id, cleared_on, amount, reverses_id = row
        if reverses_id is None:
            live[item_id][number] = (cleared_on, amount)
        else:
            undoings.append((item_id, reverses_id, cleared_on))
    undone: dict[int, list[tuple[date, date, Decimal]]] = defaultdict(list)
    for item_id, reverses_id, undone_on in undoings:
        cleared_on, amount = live[item_id].pop(reverses_id)
        undone[item_id].append((cleared_on, undone_on, amount))
    for number, item in items.items():
        paid = tuple(live[number].values())
        remaining = item.amount - sum((amount for _day, amount in paid), ZERO)
        yield LateItem(item, remaining, paid, tuple(undone.get(number, ())), item.is_reversed)


def open_by_due_date(holder_id: int) -> dict[date | None, Decimal]:
    """What is open now by due date; open credits stand under ``None``, below zero."""
    return open_by_due_date_of([holder_id])[holder_id]


def open_by_due_date_of(holder_ids: Collection[int]) -> dict[int, dict[date | None, Decimal]]:
    """The same of any number of holders, in one statement; a holder with nothing open has nothing in it."""
    rows = OpenItem.objects.filter(holder_id__in=holder_ids, cleared__lt=F("amount")).order_by()
    grouped = rows.values("holder_id", "side", "due_on").annotate(
        left=Sum(F("amount") - F("cleared"), output_field=MoneyField())
    )
    found: dict[int, dict[date | None, Decimal]] = {number: defaultdict(lambda: ZERO) for number in holder_ids}
    for holder_id, side, due_on, left in grouped.values_list("holder_id", "side", "due_on", "left"):
        found[holder_id][due_on if side == Side.DEBT else None] += left if side == Side.DEBT else -left
    return {number: dict(amounts) for number, amounts in found.items()}


@dataclass(frozen=True)
class Counterpart:
    """What an item was cleared with: how much, when, and the document on the other side."""

    cleared_on: date
    amount: Decimal
    kind: str
    source: str


def counterparts_of(item_ids: Collection[int]) -> dict[int, list[Counterpart]]:
    """What cleared each of these items, or was cleared by it, as it stands now; one query."""
    wanted = list(item_ids)
    found: dict[int, list[Counterpart]] = defaultdict(list)
    rows = Clearing.objects.filter(Q(debt_item__in=wanted) | Q(credit_item__in=wanted), amount__gt=0, reversed_by=None)
    for row in rows.select_related("debt_item__entry", "credit_item__entry").order_by("cleared_on", "id"):
        for own, other in ((row.debt_item, row.credit_item), (row.credit_item, row.debt_item)):
            found[own.pk].append(Counterpart(row.cleared_on, row.amount, other.entry.kind, other.source))
    return {number: found[number] for number in wanted if number in found}
