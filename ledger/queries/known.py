"""As of a day, as known on a day.

Something took effect on its billing date (release, receipt, interest through), but no later than the book knew of it:
goods that are billed by the month are filed under the month's last day, and are owed from their declaration on.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, ExpressionWrapper, F, Q, Sum
from django.db.models.functions import Least

from core.calendar import segment_of
from core.fields import MoneyField
from core.money import ZERO
from ledger.models import HolderSegment, JournalEntry
from ledger.queries.shared import money, segment_start, total_of
from ledger.rules import Category

#: A month's goods are filed under its last statement period, which ends less than two months after they are known.
_FURTHEST_AHEAD = timedelta(days=70)
_MOVED = ("charges", "penalties", "interest", "ctype", "credits", "payments", "ctype_payments", "disbursements")


def net_known(holder_id: int, *, on: date, known_on: date) -> Decimal:
    """What the holder owed at the end of ``on`` by what the book knew at the end of ``known_on``, in two statements.

    Whole segments come from the balances kept, only the days of a segment that is cut are added up from entries.
    """
    next_billing, next_posted = on + timedelta(days=1), known_on + timedelta(days=1)
    columns: Any = sum((F(name) for name in _MOVED), money(ZERO))
    whole: Any = HolderSegment.objects.filter(
        holder_id=holder_id,
        billing_segment__lt=segment_of(next_billing),
        posted_segment__lt=segment_of(next_posted),
    ).aggregate(total=Sum(ExpressionWrapper(columns, output_field=MoneyField())))["total"]
    start = segment_start(next_billing)
    cut = Q(billing_on__range=(start, on), posted_on__lte=known_on) | Q(
        billing_on__lt=start, posted_on__range=(segment_start(next_posted), known_on)
    )
    # Filed under a day to come, and known already.
    cut |= Q(billing_on__gt=on, posted_on__range=(on - _FURTHEST_AHEAD, min(on, known_on)))
    return (whole or ZERO) + total_of(JournalEntry.objects.filter(cut, holder_id=holder_id), "amount")


@dataclass(frozen=True)
class Move:
    """What one day brought in one column of the book (dollars)."""

    on: date
    category: Category
    amount: Decimal
    entry_count: int


def moves_known(holder_id: int, *, since: date, until: date, known_on: date) -> list[Move]:
    """What each day from ``since`` to ``until`` brought, by what the book knew at the end of ``known_on``."""
    rows = JournalEntry.objects.filter(holder_id=holder_id, posted_on__range=(since, known_on))
    days = rows.annotate(day=Least("billing_on", "posted_on")).filter(day__range=(since, until))
    grouped = days.exclude(category=Category.NONE).order_by().values("day", "category")
    counted = grouped.annotate(total=Sum("amount"), entries=Count("pk")).order_by("day", "category")
    return [
        Move(day, Category(category), amount, entries)
        for day, category, amount, entries in counted.values_list("day", "category", "total", "entries")
    ]
