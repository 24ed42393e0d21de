"""Where a holder stands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from core.money import ZERO
from ledger.models import HolderBalance, JournalEntry, Posting
from ledger.queries.entries import entries_between
from ledger.queries.shared import Holders, among, money, total_of
from ledger.rules import Account


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


def holders_with_both(holders: range) -> QuerySet[HolderBalance, int]:
    """Those of a range that have both open debts and open credits, as a part of a statement."""
    rows = HolderBalance.objects.filter(holder_id__gte=holders.start, holder_id__lt=holders.stop)
    return rows.filter(receivable__gt=0, unapplied__lt=0).values_list("holder_id", flat=True)


def balance_row(holder: Any) -> QuerySet[HolderBalance]:
    """The balance row of a holder, or of each row of an outer query (``OuterRef``), as a part of its statement."""
    return HolderBalance.objects.filter(holder_id=holder)


def net_before(holder_id: int, later: QuerySet[JournalEntry]) -> Decimal:
    """What the holder owed (net of credits) before some later entries of its own, in one statement."""
    since = later.order_by().values("holder_id").annotate(total=Sum("amount")).values("total")
    row = balance_row(holder_id).annotate(since=Coalesce(Subquery(since), money(ZERO))).first()
    since_then: Decimal = row.since if row else ZERO
    return (row.receivable + row.unapplied if row else ZERO) - since_then


def net_on(holder_id: int, *, on: date, submitter_ids: Collection[int] | None = None) -> Decimal:
    """What the holder owed (net of credits) at the end of a day, optionally of some submitters' entries only."""
    entries = entries_between(holder_id, posted_from=None, posted_to=on, submitter_ids=submitter_ids)
    return total_of(entries, "amount")


def deposits_of(holder_id: int, *, on: date | None = None) -> Decimal:
    """Cash security held, now or at the end of a day."""
    if on is None:
        return balance_of(holder_id).deposits
    lines = Posting.objects.filter(account=Account.DEPOSITS, holder_id=holder_id, entry__posted_on__lte=on)
    return -total_of(lines, "amount")


def deposits_by_holder(holders: Holders) -> dict[int, Decimal]:
    """Cash security held by each holder that has any."""
    rows = among(HolderBalance.objects.all(), holders).filter(deposits__lt=ZERO)
    return {number: -held for number, held in rows.values_list("holder_id", "deposits")}
