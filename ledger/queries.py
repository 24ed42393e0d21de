"""What the book says. ``holders`` is one id, a ``range`` of ids (a chunk of the population) or a collection of ids."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from core.calendar import segment_of
from core.fields import MoneyField
from core.money import ZERO
from ledger.models import Clearing, HolderBalance, HolderSegment, JournalEntry, OpenItem, Posting
from ledger.rules import COUNTED_BY_DEFAULT, Account, Box, Category, EntryKind, ItemKind, Revenue, Side

Holders = int | range | Collection[int]
Window = tuple[date, date]
_Row = TypeVar("_Row", bound=Model)
_SEGMENT_STARTS = (1, 18, 20, 25)


class Basis(StrEnum):
    """By which of an entry's two dates a window counts it."""

    POSTING = "posted"
    BILLING = "billing"


@dataclass(frozen=True)
class Balance:
    """Where a holder stands, in dollars, all of them zero or more."""

    receivable: Decimal = ZERO
    credit: Decimal = ZERO
    deposits: Decimal = ZERO
    payable: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """What the holder owes after its open credits; negative when they are larger."""
        return self.receivable - self.credit


@dataclass(frozen=True)
class HighestWindow:
    """The largest of several windows; ``index`` is the earliest's on a tie, ``None`` when no total is above zero."""

    index: int | None
    amount: Decimal


@dataclass(frozen=True)
class StatementFigures:
    """A statement's new figures for one holder, signed as they change what is owed (dollars)."""

    corrections: Decimal = ZERO
    payments: Decimal = ZERO
    disbursements: Decimal = ZERO
    interest: Decimal = ZERO
    penalties: Decimal = ZERO
    charges: Decimal = ZERO
    credits: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """B to G; with the previous statement's H it makes this one's."""
        return (
            self.corrections
            + self.payments
            + self.disbursements
            + self.interest
            + self.penalties
            + self.charges
            + self.credits
        )


# --- Balances --------------------------------------------------------------------------------------------------------


def balance_of(holder_id: int) -> Balance:
    return balances_of([holder_id])[holder_id]


def balances_of(holder_ids: Collection[int]) -> dict[int, Balance]:
    """One query for any number of holders; a holder without postings has zeros."""
    found = {row.holder_id: row for row in HolderBalance.objects.filter(holder_id__in=holder_ids)}
    return {
        number: Balance(row.receivable, -row.unapplied, -row.deposits, -row.payable)
        if (row := found.get(number))
        else Balance()
        for number in holder_ids
    }


def balance_row(holder: Any) -> QuerySet[HolderBalance]:
    """The balance row of a holder, or of each row of an outer query (``OuterRef``), as a part of its statement."""
    return HolderBalance.objects.filter(holder_id=holder)


def net_before(holder_id: int, later: QuerySet[JournalEntry]) -> Decimal:
    """What the holder owed (net of credits) before some later entries of its own, in one statement."""
    since = later.order_by().values("holder_id").annotate(total=Sum("amount")).values("total")
    row = balance_row(holder_id).annotate(since=Coalesce(Subquery(since), _money(ZERO))).first()
    since_then: Decimal = row.since if row else ZERO
    return (row.receivable + row.unapplied if row else ZERO) - since_then


def net_on(holder_id: int, *, on: date, submitter_ids: Collection[int] | None = None) -> Decimal:
    """What the holder owed (net of credits) at the end of a day, optionally of some submitters' entries only."""
    entries = entries_between(holder_id, posted_from=None, posted_to=on, submitter_ids=submitter_ids)
    return _total(entries, "amount")


def deposits_of(holder_id: int, *, on: date | None = None) -> Decimal:
    """Cash security held, now or at the end of a day."""
    if on is None:
        return balance_of(holder_id).deposits
    lines = Posting.objects.filter(account=Account.DEPOSITS, holder_id=holder_id, entry__posted_on__lte=on)
    return -_total(lines, "amount")


def deposits_by_holder(holders: Holders) -> dict[int, Decimal]:
    """Cash security held by each holder that has any."""
    rows = _among(HolderBalance.objects.all(), holders).filter(deposits__lt=ZERO)
    return {number: -held for number, held in rows.values_list("holder_id", "deposits")}


# --- Open items ------------------------------------------------------------------------------------------------------


def open_items_of(
    holders: Holders, *, on: date, debts_only: bool = False, submitter_ids: Collection[int] | None = None
) -> QuerySet[OpenItem]:
    """Items with something left at the end of a day, oldest due first, each with ``remaining`` and its entry."""
    known: QuerySet[Any] = _among(items_on(on), holders)
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
            side=Side.DEBT, then=Coalesce(Subquery(as_debt.annotate(later=Sum("amount")).values("later")), _money(ZERO))
        ),
        default=Coalesce(Subquery(as_credit.annotate(later=Sum("amount")).values("later")), _money(ZERO)),
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
    known: QuerySet[Any] = _among(items_on(on), holders)
    debts = known.filter(side=Side.DEBT, last_day_to_pay__lt=on, remaining__gt=ZERO)
    oldest: dict[int, date] = {}
    for number, day in debts.order_by().values_list("holder_id", "last_day_to_pay"):
        oldest[number] = min(day, oldest.get(number, day))
    return oldest


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
    chosen = _among(OpenItem.objects.filter(items, side=side), holders)
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


# --- Windows and statements ------------------------------------------------------------------------------------------


def monthly_charges(
    holder_id: int,
    windows: Sequence[Window],
    *,
    counting: Collection[Category] = COUNTED_BY_DEFAULT,
    basis: Basis = Basis.POSTING,
) -> list[Decimal]:
    """What was charged in each window (first, last day), by whole segments; ``ValueError`` when a window cuts one."""
    for _number, totals in charges_by_window(holder_id, windows, counting=counting, basis=basis):
        return totals
    return [ZERO] * len(windows)


def charges_by_window(
    holders: Holders | None,
    windows: Sequence[Window],
    *,
    counting: Collection[Category] = COUNTED_BY_DEFAULT,
    basis: Basis = Basis.POSTING,
) -> Iterator[tuple[int, list[Decimal]]]:
    """(holder, totals by window) of every holder with a charge in any, by holder, in one statement."""
    field = f"{basis}_segment"
    spans = [_span(window) for window in windows]
    amount: Any = _money(ZERO)
    for category in counting:
        amount = amount + F(category.column)
    sums = {
        f"window_{number}": Coalesce(
            Sum(
                ExpressionWrapper(amount, output_field=MoneyField()),
                filter=Q(**{f"{field}__gte": first, f"{field}__lte": last}),
                output_field=MoneyField(),
            ),
            _money(ZERO),
        )
        for number, (first, last) in enumerate(spans)
    }
    rows = _among(HolderSegment.objects.all(), holders).filter(
        **{f"{field}__gte": min(first for first, _ in spans), f"{field}__lte": max(last for _, last in spans)}
    )
    for number, *totals in (
        rows.values("holder_id").annotate(**sums).order_by("holder_id").values_list("holder_id", *sums)
    ):
        yield number, totals


def highest_charges(
    holders: Holders | None,
    windows: Sequence[Window],
    *,
    counting: Collection[Category] = COUNTED_BY_DEFAULT,
    basis: Basis = Basis.POSTING,
) -> dict[int, HighestWindow]:
    """The highest window of every holder with a charge in any; the earliest on a tie."""
    return {
        number: _highest(totals)
        for number, totals in charges_by_window(holders, windows, counting=counting, basis=basis)
    }


def _highest(totals: Sequence[Decimal]) -> HighestWindow:
    highest = max(totals)
    return HighestWindow(totals.index(highest), highest) if highest > 0 else HighestWindow(None, ZERO)


def entries_between(
    holder_id: int,
    *,
    posted_from: date | None,
    posted_to: date | None,
    submitter_ids: Collection[int] | None = None,
    kinds: Collection[EntryKind] | None = None,
) -> QuerySet[JournalEntry]:
    """A holder's entries of some days, latest first, with their item; clearings only when ``kinds`` names them."""
    entries = JournalEntry.objects.filter(holder_id=holder_id).select_related("item")
    entries = entries.exclude(kind=EntryKind.CLEARING) if kinds is None else entries.filter(kind__in=kinds)
    if posted_from is not None:
        entries = entries.filter(posted_on__gte=posted_from)
    if posted_to is not None:
        entries = entries.filter(posted_on__lte=posted_to)
    if submitter_ids is not None:
        entries = entries.filter(submitter_id__in=submitter_ids)
    return entries.order_by("-posted_on", "-id")


def holders_credited(*, posted_from: date, posted_to: date, kinds: Collection[EntryKind], bearing: Exists) -> list[int]:
    """Whom entries of these kinds credited something in these days, where ``bearing`` holds of the entry."""
    entries = JournalEntry.objects.filter(
        bearing, posted_on__range=(posted_from, posted_to), kind__in=kinds, amount__lt=ZERO
    )
    return list(entries.order_by("holder_id").values_list("holder_id", flat=True).distinct())


def entries_touching(
    holder_id: int, *, posted_from: date, billing_from: date, posted_to: date
) -> QuerySet[JournalEntry]:
    """What was known by a day and was posted since another, or belongs to a billing period since: by posting."""
    entries = JournalEntry.objects.filter(holder_id=holder_id, posted_on__lte=posted_to)
    touched = Q(posted_on__gte=posted_from) | Q(billing_on__gte=billing_from)
    return entries.filter(touched).exclude(kind=EntryKind.CLEARING).order_by("posted_on", "id")


def entry_by_key(key: str) -> JournalEntry | None:
    return JournalEntry.objects.filter(key=key).first()


def entry_reversed_by(entry: JournalEntry) -> JournalEntry:
    """What a reversal undoes."""
    return JournalEntry.objects.get(reversed_by=entry)


def entries_of_source(source: str) -> QuerySet[JournalEntry]:
    """Every entry a document made, oldest first, with its item."""
    return JournalEntry.objects.filter(source=source).select_related("item").order_by("posted_on", "id")


def entries_of_sources(sources: Collection[str], *, kinds: Collection[EntryKind]) -> QuerySet[JournalEntry]:
    """The entries of these kinds that some documents made, oldest first."""
    return JournalEntry.objects.filter(source__in=list(sources), kind__in=kinds).order_by("posted_on", "id")


def revenue_of_entries(entry_ids: Collection[UUID]) -> dict[UUID, dict[Revenue, Decimal]]:
    """What each entry charged by revenue class."""
    split: dict[UUID, dict[Revenue, Decimal]] = defaultdict(dict)
    lines = Posting.objects.filter(entry_id__in=entry_ids).exclude(revenue="")
    for entry_id, revenue, amount in lines.order_by("id").values_list("entry_id", "revenue", "amount"):
        split[entry_id][Revenue(revenue)] = -amount
    return dict(split)


def holders_with_activity(*, since: date, upto: date, holders: Holders | None = None) -> list[int]:
    """Holders with an entry posted in these days, in order."""
    entries = _among(JournalEntry.objects.filter(posted_on__gte=since, posted_on__lte=upto), holders)
    return list(entries.order_by("holder_id").values_list("holder_id", flat=True).distinct())


def statement_figures(
    holders: Holders | None, *, period: Window, since: date, upto: date, submitter_ids: Collection[int] | None = None
) -> dict[int, StatementFigures]:
    """The new figures of one statement for every holder with any, in one query (``rules.box_of`` is the definition).

    Read from the segments when the days are cut where segments are, otherwise (a statement moved to another day, or
    the share of some submitters) from the entries.
    """
    if submitter_ids is None and _is_segment_start(since) and _is_segment_end(upto) and _is_whole(period):
        rows = _figures_from_segments(holders, period=period, since=since, upto=upto)
    else:
        rows = _figures_from_entries(holders, period=period, since=since, upto=upto, submitter_ids=submitter_ids)
    return {number: figures for number, figures in rows if figures != StatementFigures()}


def statement_figure_rows(*, period: Window, since: date, upto: date) -> QuerySet[Any, Any]:
    """``statement_figures`` of all holders as rows for a larger statement: holder, then the figures in their order.

    The days have to be cut where segments are, as those of every monthly run are.
    """
    return _segment_rows(None, period=period, since=since, upto=upto)


def statement_line_rows(*, period: Window, since: date, upto: date) -> QuerySet[Any, Any]:
    """``statement_lines`` of all holders as rows for a larger statement: holder, key, box and amount, in no order."""
    boxed = _boxed(JournalEntry.objects.all(), period=period, since=since, upto=upto)
    return boxed.order_by().values_list("holder_id", "key", "box", "amount")


def _figures_from_segments(
    holders: Holders | None, *, period: Window, since: date, upto: date
) -> Iterator[tuple[int, StatementFigures]]:
    rows = _segment_rows(holders, period=period, since=since, upto=upto)
    for number, *figures in rows.order_by("holder_id"):
        yield number, StatementFigures(*figures)


def _segment_rows(holders: Holders | None, *, period: Window, since: date, upto: date) -> QuerySet[Any, Any]:
    first, last = _span(period)
    known = Q(posted_segment__lte=segment_of(upto))
    new = Q(posted_segment__gte=segment_of(since))
    own = Q(billing_segment__gte=first, billing_segment__lte=last)
    earlier = Q(billing_segment__lt=first)
    rows = _among(HolderSegment.objects.filter(known), holders).filter(new | own)

    def total(columns: Sequence[str], condition: Q) -> Any:
        return sum((Coalesce(Sum(name, filter=condition), _money(ZERO)) for name in columns), _money(ZERO))

    sums = {
        "box_corrections": total(("charges", "credits"), new & earlier),
        "box_payments": total(("payments", "ctype_payments"), new),
        "box_disbursements": total(("disbursements",), new),
        "box_interest": total(("interest",), new),
        "box_penalties": total(("penalties",), new),
        "box_charges": total(("charges",), own) + total(("ctype",), new),
        "box_credits": total(("credits",), own),
    }
    wrapped = {name: ExpressionWrapper(value, output_field=MoneyField()) for name, value in sums.items()}
    return rows.values("holder_id").annotate(**wrapped).order_by().values_list("holder_id", *sums)


def _figures_from_entries(
    holders: Holders | None, *, period: Window, since: date, upto: date, submitter_ids: Collection[int] | None
) -> Iterator[tuple[int, StatementFigures]]:
    boxed = _boxed(_among(JournalEntry.objects.all(), holders), period=period, since=since, upto=upto)
    if submitter_ids is not None:
        boxed = boxed.filter(submitter_id__in=submitter_ids)
    names = {
        Box.CORRECTIONS: "corrections",
        Box.PAYMENTS: "payments",
        Box.DISBURSEMENTS: "disbursements",
        Box.CHARGES: "charges",
        Box.CREDITS: "credits",
    }
    figures: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    grouped = boxed.order_by().values("holder_id", "box", "category").annotate(total=Sum("amount"))
    for number, box, category, amount in grouped.values_list("holder_id", "box", "category", "total"):
        name = names.get(Box(box)) or ("interest" if category == Category.INTEREST else "penalties")
        figures[number][name] += amount
    for number in sorted(figures):
        yield number, StatementFigures(**figures[number])


def statement_entries(
    holder_id: int, *, period: Window, since: date, upto: date, submitter_ids: Collection[int] | None = None
) -> QuerySet[JournalEntry]:
    """The entries behind one holder's statement, each with its ``box`` ("B" to "G") and item, by box and date."""
    entries = JournalEntry.objects.filter(holder_id=holder_id).select_related("item")
    if submitter_ids is not None:
        entries = entries.filter(submitter_id__in=submitter_ids)
    return _boxed(entries, period=period, since=since, upto=upto).order_by("box", "billing_on", "posted_on", "id")


def statement_revenue(
    holders: Holders | None, *, period: Window, since: date, upto: date, submitter_ids: Collection[int] | None = None
) -> dict[int, dict[Box, dict[Revenue, Decimal]]]:
    """The boxes of a statement split by revenue class; payments and disbursements have none."""
    entries = _boxed(_among(JournalEntry.objects.all(), holders), period=period, since=since, upto=upto)
    if submitter_ids is not None:
        entries = entries.filter(submitter_id__in=submitter_ids)
    lines = entries.filter(postings__account__gte=Account.DUTY)
    rows = lines.order_by().values("holder_id", "box", "postings__revenue").annotate(total=Sum("postings__amount"))
    split: dict[int, dict[Box, dict[Revenue, Decimal]]] = defaultdict(lambda: defaultdict(dict))
    for number, box, revenue, amount in rows.values_list("holder_id", "box", "postings__revenue", "total"):
        if amount:
            split[number][Box(box)][Revenue(revenue)] = -amount
    return {number: dict(boxes) for number, boxes in split.items()}


def statement_filed(
    holders: Holders | None, *, period: Window, since: date, upto: date
) -> dict[int, dict[int | None, Decimal]]:
    """What stands on statements as charges, credits and corrections: by holder, then by who submitted it."""
    entries = _boxed(_among(JournalEntry.objects.all(), holders), period=period, since=since, upto=upto)
    rows = entries.filter(box__in=(Box.CHARGES, Box.CREDITS, Box.CORRECTIONS)).order_by()
    found: dict[int, dict[int | None, Decimal]] = defaultdict(dict)
    grouped = rows.values("holder_id", "submitter_id").annotate(total=Sum("amount", output_field=MoneyField()))
    for holder_id, submitter_id, total in grouped.values_list("holder_id", "submitter_id", "total"):
        found[holder_id][submitter_id] = total
    return dict(found)


def _boxed(entries: QuerySet[Any], *, period: Window, since: date, upto: date) -> QuerySet[Any]:
    """The entries of a statement with their ``box``: ``rules.box_of`` said in SQL."""
    new, own = Q(posted_on__gte=since), Q(billing_on__range=period)
    by_period = Q(category__in=(Category.CHARGE, Category.CREDIT))
    choices = (
        (new & Q(category__in=(Category.PAYMENT, Category.CTYPE_PAYMENT)), Box.PAYMENTS),
        (new & Q(category=Category.DISBURSEMENT), Box.DISBURSEMENTS),
        (new & Q(category__in=(Category.INTEREST, Category.PENALTY)), Box.INTEREST_AND_PENALTIES),
        (new & Q(category=Category.CTYPE), Box.CHARGES),
        (own & Q(category=Category.CHARGE), Box.CHARGES),
        (own & Q(category=Category.CREDIT), Box.CREDITS),
        (new & by_period & Q(billing_on__lt=period[0]), Box.CORRECTIONS),
    )
    # The cheap test first: of an old book it leaves few entries to look at more closely.
    return (
        entries.filter(new | own, posted_on__lte=upto)
        .annotate(
            box=Case(
                *(When(condition, then=Value(str(box.value))) for condition, box in choices),
                default=Value(""),
                output_field=CharField(),
            )
        )
        .exclude(box="")
    )


def statement_lines(
    holders: Holders | None, *, period: Window, since: date, upto: date
) -> Iterator[tuple[int, str, str, Decimal]]:
    """(holder, key, box, amount) of every entry behind these holders' statements, by holder, box and key."""
    boxed = _boxed(_among(JournalEntry.objects.all(), holders), period=period, since=since, upto=upto)
    rows = boxed.order_by("holder_id", "box", "key").values_list("holder_id", "key", "box", "amount")
    yield from rows.iterator(chunk_size=5000)


def with_revenue(entries: QuerySet[JournalEntry]) -> QuerySet[JournalEntry]:
    """Each entry with what it charged by class, as ``duty``, ``gst`` and so on; payments have zeros."""
    return entries.annotate(
        **{
            revenue.name.lower(): Coalesce(
                -Sum("postings__amount", filter=Q(postings__revenue=revenue), output_field=MoneyField()),
                _money(ZERO),
                output_field=MoneyField(),
            )
            for revenue in Revenue
        }
    )


# --- As of a day, as known on a day -----------------------------------------------------------------------------------

_MOVED = ("charges", "penalties", "interest", "ctype", "credits", "payments", "ctype_payments", "disbursements")


def net_known(holder_id: int, *, on: date, known_on: date) -> Decimal:
    """What the holder owed at the end of ``on`` by what the book knew at the end of ``known_on``, in two statements.

    Whole segments come from the balances kept, only the days of a segment that is cut are added up from entries.
    """
    next_billing, next_posted = on + timedelta(days=1), known_on + timedelta(days=1)
    columns: Any = sum((F(name) for name in _MOVED), _money(ZERO))
    whole: Any = HolderSegment.objects.filter(
        holder_id=holder_id,
        billing_segment__lt=segment_of(next_billing),
        posted_segment__lt=segment_of(next_posted),
    ).aggregate(total=Sum(ExpressionWrapper(columns, output_field=MoneyField())))["total"]
    start = _segment_start(next_billing)
    cut = Q(billing_on__range=(start, on), posted_on__lte=known_on) | Q(
        billing_on__lt=start, posted_on__range=(_segment_start(next_posted), known_on)
    )
    return (whole or ZERO) + _total(JournalEntry.objects.filter(cut, holder_id=holder_id), "amount")


@dataclass(frozen=True)
class Move:
    """What one day brought in one column of the book (dollars)."""

    on: date
    category: Category
    amount: Decimal
    entry_count: int


def moves_known(holder_id: int, *, since: date, until: date, known_on: date) -> list[Move]:
    """What each day from ``since`` to ``until`` brought, by what the book knew at the end of ``known_on``."""
    rows = JournalEntry.objects.filter(holder_id=holder_id, billing_on__range=(since, until), posted_on__lte=known_on)
    grouped = rows.exclude(category=Category.NONE).order_by().values("billing_on", "category")
    counted = grouped.annotate(total=Sum("amount"), entries=Count("pk")).order_by("billing_on", "category")
    return [
        Move(day, Category(category), amount, entries)
        for day, category, amount, entries in counted.values_list("billing_on", "category", "total", "entries")
    ]


# --- Day by day ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Activity:
    """What some days brought a holder: charges above zero, credits and payments below (dollars)."""

    holder_id: int
    entry_count: int
    charges: Decimal
    credits: Decimal


def activity(*, since: date, upto: date) -> Iterator[Activity]:
    """Every holder with an entry other than a clearing in these days, by holder, in one query."""
    rows = (
        JournalEntry.objects.filter(posted_on__range=(since, upto))
        .exclude(kind=EntryKind.CLEARING)
        .order_by()
        .values("holder_id")
        .annotate(
            entries=Count("pk"),
            charged=Coalesce(Sum("amount", filter=Q(amount__gt=0)), _money(ZERO)),
            credited=Coalesce(Sum("amount", filter=Q(amount__lt=0)), _money(ZERO)),
        )
        .order_by("holder_id")
    )
    for row in rows.values_list("holder_id", "entries", "charged", "credited").iterator():
        yield Activity(*row)


@dataclass(frozen=True)
class LateItem:
    """A late debt, what cleared it when, and what had cleared it until that was undone: (cleared, undone, amount)."""

    item: OpenItem
    paid: tuple[tuple[date, Decimal], ...]
    undone: tuple[tuple[date, date, Decimal], ...] = ()


def late_items(holders: range, *, on: date, cleared_since: date) -> Iterator[LateItem]:
    """Debts past their last day to pay at the end of ``on``: open, or cleared (or opened again) since a day.

    Interest counts as late from the day after its posting, because unpaid interest bears interest at once. Each item
    has ``remaining``. Two queries whatever the number of holders; by holder and item.
    """
    changed = Clearing.objects.filter(debt_item=OuterRef("pk"), cleared_on__gte=cleared_since)
    items = {
        item.pk: item
        for item in _among(OpenItem.objects.filter(side=Side.DEBT, posted_on__lt=on), holders)
        .filter(Q(last_day_to_pay__lt=on) | Q(kind=ItemKind.INTEREST))
        .filter(Q(cleared__lt=F("amount")) | Exists(changed))
        .order_by("holder_id", "pk")
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
        item.remaining = item.amount - sum((amount for _day, amount in paid), ZERO)
        yield LateItem(item, paid, tuple(undone[number]))


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


def submitters_of(holder_id: int) -> QuerySet[Any, Any]:
    """Whoever submitted something to this holder's book, also as a part of another statement."""
    entries = JournalEntry.objects.filter(holder_id=holder_id, submitter_id__isnull=False).order_by("submitter_id")
    return entries.values_list("submitter_id", flat=True).distinct()


# --- Shared ----------------------------------------------------------------------------------------------------------


def _among(rows: QuerySet[_Row], holders: Holders | None) -> QuerySet[_Row]:
    if holders is None:
        return rows
    if isinstance(holders, int):
        return rows.filter(holder_id=holders)
    if isinstance(holders, range) and holders.step == 1:
        return rows.filter(holder_id__gte=holders.start, holder_id__lt=holders.stop)
    return rows.filter(holder_id__in=list(holders))


def _money(amount: Decimal) -> Value:
    return Value(amount, output_field=MoneyField())


def _total(rows: QuerySet[_Row], field: str) -> Decimal:
    total: Decimal | None = rows.aggregate(total=Sum(field))["total"]
    return total or ZERO


def _is_segment_start(day: date) -> bool:
    return day.day in _SEGMENT_STARTS


def _segment_start(day: date) -> date:
    return day.replace(day=max(start for start in _SEGMENT_STARTS if start <= day.day))


def _is_segment_end(day: date) -> bool:
    return _is_segment_start(day + timedelta(days=1))


def _is_whole(window: Window) -> bool:
    return _is_segment_start(window[0]) and _is_segment_end(window[1])


def _span(window: Window) -> tuple[int, int]:
    """The first and last segment of a window; ``ValueError`` when it cuts one."""
    if not _is_whole(window):
        raise ValueError(f"{window[0]} to {window[1]} is not a run of whole segments")
    return segment_of(window[0]), segment_of(window[1])
