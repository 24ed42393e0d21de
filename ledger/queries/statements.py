"""What a statement shows: its figures and the entries behind them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, ExpressionWrapper, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, Collate

from core.calendar import segment_of
from core.fields import MoneyField
from core.money import ZERO
from core.sql import by_bytes
from ledger.models import HolderSegment, JournalEntry
from ledger.queries.shared import Holders, Window, among, is_segment_end, is_segment_start, is_whole, money, span
from ledger.rules import Account, Box, Category, Revenue


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


def statement_figures(
    holders: Holders | None, *, period: Window, since: date, upto: date, submitter_ids: Collection[int] | None = None
) -> dict[int, StatementFigures]:
    """The new figures of one statement for every holder with any, in one query (``rules.box_of`` is the definition).

    Read from the segments when the days are cut where segments are, otherwise (a statement moved to another day, or
    the share of some submitters) from the entries.
    """
    if submitter_ids is None and is_segment_start(since) and is_segment_end(upto) and is_whole(period):
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
    first, last = span(period)
    known = Q(posted_segment__lte=segment_of(upto))
    new = Q(posted_segment__gte=segment_of(since))
    own = Q(billing_segment__gte=first, billing_segment__lte=last)
    earlier = Q(billing_segment__lt=first)
    rows = among(HolderSegment.objects.filter(known), holders).filter(new | own)

    def total(columns: Sequence[str], condition: Q) -> Any:
        return sum((Coalesce(Sum(name, filter=condition), money(ZERO)) for name in columns), money(ZERO))

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
    boxed = _boxed(among(JournalEntry.objects.all(), holders), period=period, since=since, upto=upto)
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
    entries = _boxed(among(JournalEntry.objects.all(), holders), period=period, since=since, upto=upto)
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
    entries = _boxed(among(JournalEntry.objects.all(), holders), period=period, since=since, upto=upto)
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
    boxed = _boxed(among(JournalEntry.objects.all(), holders), period=period, since=since, upto=upto)
    rows = boxed.order_by("holder_id", "box", Collate("key", by_bytes())).values_list(
        "holder_id", "key", "box", "amount"
    )
    yield from rows.iterator(chunk_size=5000)
