"""Entries: of some days, of a document, of a key."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from core.fields import MoneyField
from core.money import ZERO
from ledger.models import JournalEntry, Posting
from ledger.queries.shared import Holders, among, money
from ledger.rules import EntryKind, Revenue


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
    entries = among(JournalEntry.objects.filter(posted_on__gte=since, posted_on__lte=upto), holders)
    return list(entries.order_by("holder_id").values_list("holder_id", flat=True).distinct())


def with_revenue(entries: QuerySet[JournalEntry]) -> QuerySet[JournalEntry]:
    """Each entry with what it charged by class, as ``duty``, ``gst`` and so on; payments have zeros."""
    return entries.annotate(
        **{
            revenue.name.lower(): Coalesce(
                -Sum("postings__amount", filter=Q(postings__revenue=revenue), output_field=MoneyField()),
                money(ZERO),
                output_field=MoneyField(),
            )
            for revenue in Revenue
        }
    )


@dataclass(frozen=True)
class Activity:
    """What some days brought a holder: charges above zero, credits and payments below (dollars)."""

    holder_id: int
    entry_count: int
    charges: Decimal
    credits: Decimal


def activity(*, since: date, upto: date) -> Iterator[Activity]:
    """Every holder with an entry other than a clearing in these days, by holder, in one query."""
    for row in activity_rows(since=since, upto=upto).order_by("holder_id").iterator():
        yield Activity(*row)


def activity_rows(*, since: date, upto: date) -> QuerySet[Any, Any]:
    """The same as rows for a larger statement: holder, then the figures in their order."""
    rows = (
        JournalEntry.objects.filter(posted_on__range=(since, upto))
        .exclude(kind=EntryKind.CLEARING)
        .order_by()
        .values("holder_id")
        .annotate(
            entries=Count("pk"),
            charged=Coalesce(Sum("amount", filter=Q(amount__gt=0)), money(ZERO)),
            credited=Coalesce(Sum("amount", filter=Q(amount__lt=0)), money(ZERO)),
        )
    )
    return rows.values_list("holder_id", "entries", "charged", "credited")


def submitters_of(holder_id: int) -> QuerySet[Any, Any]:
    """Whoever submitted something to this holder's book, also as a part of another statement."""
    entries = JournalEntry.objects.filter(holder_id=holder_id, submitter_id__isnull=False).order_by("submitter_id")
    return entries.values_list("submitter_id", flat=True).distinct()
