"""Using credits on debts; only this changes what is left of an open item."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.errors import Conflict, DomainError
from ledger.models import Clearing, JournalEntry, OpenItem
from ledger.rules import EntryDraft, EntryKind, Side, move_draft, positive, sum_of
from ledger.services.balances import BATCH, update_balances
from ledger.services.writing import insert, key_conflict


@dataclass(frozen=True)
class ClearingPair:
    """An amount (dollars) of a credit to be used on a debt; ``key`` makes a repeated run harmless."""

    debt_item_id: int
    credit_item_id: int
    amount: Decimal
    key: str = ""


def clear(
    *,
    debt_item_id: int,
    credit_item_id: int,
    amount: Decimal,
    cleared_on: date,
    at: datetime,
    actor: Actor,
    key: str = "",
) -> Clearing:
    """Use an amount of a credit on a debt of the same holder. ``Conflict`` when either has less left."""
    pair = ClearingPair(debt_item_id, credit_item_id, amount, key)
    return clear_many(pairs=[pair], cleared_on=cleared_on, at=at, actor=actor)[0]


def clear_many(*, pairs: Sequence[ClearingPair], cleared_on: date, at: datetime, actor: Actor) -> list[Clearing]:
    """Clear many pairs in a few statements, all or none, in the order given; one entry a holder.

    A pair whose key was cleared before is returned as it stands. ``Conflict`` when an item has less left than asked,
    or when a key was used for another pair or amount; ``DomainError`` when a pair is not a debt and a credit of one
    holder.
    """
    with transaction.atomic():
        items = locked_items({number for pair in pairs for number in (pair.debt_item_id, pair.credit_item_id)})
        keyed = _with_keys(pairs)
        earlier = {row.key: row for row in _earlier_clearings(keyed)}
        fresh = [pair for pair in dict.fromkeys(keyed) if not _was_cleared(pair, earlier)]
        require_room(items, fresh)
        by_holder: dict[int, list[ClearingPair]] = defaultdict(list)
        for pair in fresh:
            by_holder[items[pair.debt_item_id].holder_id].append(pair)
        drafts = [_clearing_draft(holder, group, posted_on=cleared_on) for holder, group in sorted(by_holder.items())]
        entries, fresh_drafts = insert(drafts, at=at, actor=actor)
        rows = [
            clearing_row(pair, entry=entry, cleared_on=cleared_on)
            for entry in entries
            for pair in by_holder[entry.holder_id]
        ]
        made = {row.key: row for row in Clearing.objects.bulk_create(rows, batch_size=BATCH)}
        update_balances(fresh_drafts)
    return [made.get(pair.key) or earlier[pair.key] for pair in keyed]


def locked_items(numbers: Iterable[int]) -> dict[int, OpenItem]:
    """The items, locked in order of id; ``DomainError`` for one that does not exist."""
    wanted = sorted(set(numbers))
    items: dict[int, OpenItem] = {}
    for start in range(0, len(wanted), BATCH):
        batch = OpenItem.objects.select_for_update().filter(pk__in=wanted[start : start + BATCH]).order_by("pk")
        items |= {item.id: item for item in batch}
    if len(items) != len(wanted):
        raise DomainError(_("That item does not exist. Choose one from the list of open items."), code="no_such_item")
    return items


def _with_keys(pairs: Sequence[ClearingPair]) -> list[ClearingPair]:
    """Each pair with a key; one that came without gets the next number of its two items."""
    keyed = []
    counts: dict[tuple[int, int], int] = {}
    for pair in pairs:
        if not pair.key:
            two = (pair.debt_item_id, pair.credit_item_id)
            if two not in counts:
                counts[two] = Clearing.objects.filter(debt_item_id=two[0], credit_item_id=two[1]).count()
            counts[two] += 1
            pair = replace(pair, key=f"clearing:{two[0]}:{two[1]}:{counts[two]}")
        keyed.append(pair)
    return keyed


def _earlier_clearings(pairs: Sequence[ClearingPair]) -> Iterable[Clearing]:
    for start in range(0, len(pairs), BATCH):
        yield from Clearing.objects.filter(key__in=[pair.key for pair in pairs[start : start + BATCH]])


def _was_cleared(pair: ClearingPair, earlier: Mapping[str, Clearing]) -> bool:
    row = earlier.get(pair.key)
    if row is None:
        return False
    if (row.debt_item_id, row.credit_item_id, row.amount) != (pair.debt_item_id, pair.credit_item_id, pair.amount):
        raise key_conflict(pair.key)
    return True


def require_room(items: Mapping[int, OpenItem], pairs: Iterable[ClearingPair]) -> None:
    """Refuse pairs that are not a debt and a credit of one holder, or that ask for more than an item has left."""
    remaining = {number: item.amount - item.cleared for number, item in items.items()}
    for pair in pairs:
        positive(pair.amount)
        debt, credit = items[pair.debt_item_id], items[pair.credit_item_id]
        if (debt.side, credit.side) != (Side.DEBT, Side.CREDIT) or debt.holder_id != credit.holder_id:
            raise DomainError(_("Choose a debt and a credit of the same account."), code="not_a_pair")
        for number in (debt.id, credit.id):
            if remaining[number] < pair.amount:
                raise Conflict(
                    _("Only $%(amount)s is left on this item. Enter that amount or less.")
                    % {"amount": remaining[number]},
                    code="more_than_open",
                    field="amount",
                )
            remaining[number] -= pair.amount


def _clearing_draft(holder_id: int, pairs: Sequence[ClearingPair], *, posted_on: date) -> EntryDraft:
    fingerprint = hashlib.sha256("\n".join(sorted(pair.key for pair in pairs)).encode()).hexdigest()
    return move_draft(
        key=f"clearing:{holder_id}:{fingerprint}",
        kind=EntryKind.CLEARING,
        holder_id=holder_id,
        submitter_id=None,
        amount=sum_of(pair.amount for pair in pairs),
        source="clearing",
        memo="",
        posted_on=posted_on,
    )


def clearing_row(pair: ClearingPair, *, entry: JournalEntry, cleared_on: date) -> Clearing:
    return Clearing(
        key=pair.key,
        entry=entry,
        debt_item_id=pair.debt_item_id,
        credit_item_id=pair.credit_item_id,
        amount=pair.amount,
        cleared_on=cleared_on,
    )
