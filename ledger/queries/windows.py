"""What was charged in windows of whole segments."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import reduce
from operator import add
from typing import Any

from django.db.models import ExpressionWrapper, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from core.fields import MoneyField
from core.money import ZERO
from ledger.models import HolderSegment
from ledger.queries.shared import Holders, Window, among, money, segment_start, span
from ledger.rules import COUNTED_BY_DEFAULT, Category


class Basis(StrEnum):
    """By which of an entry's two dates a window counts it."""

    POSTING = "posted"
    BILLING = "billing"


@dataclass(frozen=True)
class HighestWindow:
    """The largest of several windows; ``index`` is the earliest's on a tie, ``None`` when no total is above zero."""

    index: int | None
    amount: Decimal


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
    rows = charge_rows(holders, windows, counting=counting, basis=basis).order_by("holder_id")
    for number, *totals in rows.values_list("holder_id", *(f"window_{index}" for index in range(len(windows)))):
        yield number, totals


def charge_rows(
    holders: Holders | None,
    windows: Sequence[Window],
    *,
    counting: Collection[Category] = COUNTED_BY_DEFAULT,
    basis: Basis = Basis.POSTING,
    known_until: date | None = None,
) -> QuerySet[Any, Any]:
    """The same as a query of ``holder_id`` and ``window_0`` and so on, for a statement that goes on with it.

    ``known_until`` leaves out what became known later, on whichever date a window counts: what is added meanwhile then
    changes no answer. It must be a segment's last day.
    """
    field = f"{basis}_segment"
    spans = [span(window) for window in windows]
    amount = reduce(add, (F(category.column) for category in counting)) if counting else money(ZERO)
    sums = {
        f"window_{number}": Coalesce(
            Sum(
                ExpressionWrapper(amount, output_field=MoneyField()),
                filter=Q(**{f"{field}__gte": first, f"{field}__lte": last}),
                output_field=MoneyField(),
            ),
            money(ZERO),
        )
        for number, (first, last) in enumerate(spans)
    }
    rows = among(HolderSegment.objects.all(), holders).filter(
        **{f"{field}__gte": min(first for first, _ in spans), f"{field}__lte": max(last for _, last in spans)}
    )
    # By posting day the windows themselves say it already.
    if known_until is not None and basis != Basis.POSTING:
        rows = rows.filter(posted_segment__lte=span((segment_start(known_until), known_until))[1])
    return rows.values("holder_id").annotate(**sums).order_by()


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
