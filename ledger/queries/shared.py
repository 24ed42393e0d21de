"""What the rooms of the queries share: whom a question is about, and days cut where segments are."""

from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from django.db.models import Model, QuerySet, Sum, Value

from core.calendar import segment_of
from core.fields import MoneyField
from core.money import ZERO

Holders = int | range | Collection[int]
Window = tuple[date, date]
Row = TypeVar("Row", bound=Model)
_SEGMENT_STARTS = (1, 18, 20, 25)


def among(rows: QuerySet[Row], holders: Holders | None) -> QuerySet[Row]:
    if holders is None:
        return rows
    if isinstance(holders, int):
        return rows.filter(holder_id=holders)
    if isinstance(holders, range) and holders.step == 1:
        return rows.filter(holder_id__gte=holders.start, holder_id__lt=holders.stop)
    return rows.filter(holder_id__in=list(holders))


def money(amount: Decimal) -> Value:
    return Value(amount, output_field=MoneyField())


def total_of(rows: QuerySet[Row], field: str) -> Decimal:
    total: Decimal | None = rows.aggregate(total=Sum(field))["total"]
    return total or ZERO


def is_segment_start(day: date) -> bool:
    return day.day in _SEGMENT_STARTS


def segment_start(day: date) -> date:
    return day.replace(day=max(start for start in _SEGMENT_STARTS if start <= day.day))


def is_segment_end(day: date) -> bool:
    return is_segment_start(day + timedelta(days=1))


def is_whole(window: Window) -> bool:
    return is_segment_start(window[0]) and is_segment_end(window[1])


def span(window: Window) -> tuple[int, int]:
    """The first and last segment of a window; ``ValueError`` when it cuts one."""
    if not is_whole(window):
        raise ValueError(f"{window[0]} to {window[1]} is not a run of whole segments")
    return segment_of(window[0]), segment_of(window[1])
