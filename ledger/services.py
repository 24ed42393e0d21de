"""The only way money moves. Every verb is one transaction and happens once per key.

The same key with the same payload returns the earlier entry; the same key with another payload raises ``Conflict``.
Amounts are ``Decimal`` dollars. In each transaction the lines come first, then their entry (which the database checks
and seals), then open items and clearings, and the balances last and in order of holder, so that locks are short and
no two postings can wait for each other.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from time import monotonic_ns
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.errors import Conflict, DomainError
from core.money import ZERO, cents
from ledger.models import Clearing, HolderBalance, JournalEntry, OpenItem, Posting
from ledger.rules import (
    SEGMENT_COLUMNS,
    Account,
    Category,
    EntryDraft,
    EntryKind,
    ItemDraft,
    ItemKind,
    Leg,
    Revenue,
    Side,
    charge_draft,
    imbalance,
    move_draft,
    payload_hash,
    positive,
    reversal_draft,
    sum_of,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BATCH = 500


@dataclass(frozen=True)
class ClearingPair:
    """An amount (dollars) of a credit to be used on a debt; ``key`` makes a repeated run harmless."""

    debt_item_id: int
    credit_item_id: int
    amount: Decimal
    key: str = ""


# --- Charges ---------------------------------------------------------------------------------------------------------


def post_charge(
    *,
    key: str,
    kind: EntryKind,
    holder_id: int,
    submitter_id: int | None,
    amounts: Mapping[Revenue, Decimal],
    source: str,
    memo: str,
    posted_on: date,
    billing_on: date,
    due_on: date | None,
    last_day_to_pay: date | None,
    at: datetime,
    actor: Actor,
) -> JournalEntry:
    """Charge (or, below zero, credit) a holder by revenue class; opens a debt or a credit, nothing for a zero total."""
    draft = charge_draft(
        key=key,
        kind=kind,
        holder_id=holder_id,
        submitter_id=submitter_id,
        amounts=amounts,
        source=source,
        memo=memo,
        posted_on=posted_on,
        billing_on=billing_on,
        due_on=due_on,
        last_day_to_pay=last_day_to_pay,
    )
    return post_many(drafts=[draft], at=at, actor=actor)[0]


def post_interest(
    *,
    key: str,
    holder_id: int,
    amount: Decimal,
    source: str,
    memo: str,
    posted_on: date,
    billing_on: date,
    due_on: date | None,
    last_day_to_pay: date | None,
    at: datetime,
    actor: Actor,
    submitter_id: int | None = None,
) -> JournalEntry:
    """Charge interest; a negative amount gives it back."""
    return post_charge(
        key=key,
        kind=EntryKind.INTEREST,
        holder_id=holder_id,
        submitter_id=submitter_id,
        amounts={Revenue.INTEREST: amount},
        source=source,
        memo=memo,
        posted_on=posted_on,
        billing_on=billing_on,
        due_on=due_on,
        last_day_to_pay=last_day_to_pay,
        at=at,
        actor=actor,
    )


def post_penalty(
    *,
    key: str,
    holder_id: int,
    amount: Decimal,
    source: str,
    memo: str,
    posted_on: date,
    billing_on: date,
    due_on: date | None,
    last_day_to_pay: date | None,
    at: datetime,
    actor: Actor,
    submitter_id: int | None = None,
) -> JournalEntry:
    """Charge a penalty; a negative amount gives it back."""
    return post_charge(
        key=key,
        kind=EntryKind.PENALTY,
        holder_id=holder_id,
        submitter_id=submitter_id,
        amounts={Revenue.PENALTY: amount},
        source=source,
        memo=memo,
        posted_on=posted_on,
        billing_on=billing_on,
        due_on=due_on,
        last_day_to_pay=last_day_to_pay,
        at=at,
        actor=actor,
    )


def post_ctype(
    *,
    key: str,
    holder_id: int,
    submitter_id: int | None,
    payer_id: int | None,
    amounts: Mapping[Revenue, Decimal],
    method: str,
    source: str,
    memo: str,
    posted_on: date,
    billing_on: date,
    at: datetime,
    actor: Actor,
) -> JournalEntry:
    """Charge at release and take the payment at once (keys ``<key>``, ``<key>:payment``, ``<key>:clearing``).

    Returns the charge. ``ValueError`` for a total below zero; a zero total makes no payment.
    """
    charge = charge_draft(
        key=key,
        kind=EntryKind.CTYPE,
        holder_id=holder_id,
        submitter_id=submitter_id,
        amounts=amounts,
        source=source,
        memo=memo,
        posted_on=posted_on,
        billing_on=billing_on,
        due_on=posted_on,
        last_day_to_pay=posted_on,
    )
    if charge.amount < 0:
        raise ValueError("nothing is paid at release for a credit")
    if charge.amount == 0:
        return post_many(drafts=[charge], at=at, actor=actor)[0]
    payment = move_draft(
        key=f"{key}:payment",
        kind=EntryKind.CTYPE_PAYMENT,
        holder_id=holder_id,
        submitter_id=payer_id,
        amount=charge.amount,
        source=source,
        memo=memo,
        posted_on=posted_on,
        method=method,
    )
    settlement = move_draft(
        key=f"{key}:clearing",
        kind=EntryKind.CLEARING,
        holder_id=holder_id,
        submitter_id=None,
        amount=charge.amount,
        source=source,
        memo=memo,
        posted_on=posted_on,
    )
    with transaction.atomic():
        entries, fresh = _insert([charge, payment, settlement], at=at, actor=actor)
        if fresh:
            debt, credit = (OpenItem.objects.get(entry_id=entries[number].id) for number in (0, 1))
            pair = ClearingPair(debt.id, credit.id, charge.amount, f"ctype:{entries[2].id}")
            Clearing.objects.bulk_create([_clearing(pair, entry=entries[2], cleared_on=posted_on)])
        _update_balances(fresh)
    return entries[0]


# --- Money in and out ------------------------------------------------------------------------------------------------


def post_payment(
    *,
    key: str,
    holder_id: int,
    payer_id: int | None,
    amount: Decimal,
    method: str,
    source: str,
    memo: str,
    posted_on: date,
    received_on: date | None = None,
    at: datetime,
    actor: Actor,
) -> JournalEntry:
    """Money received for a holder: an open credit until it clears debts. ``DomainError`` unless above zero.

    ``received_on`` is an earlier day on which it came in, if it became known only on ``posted_on``.
    """
    draft = move_draft(
        key=key,
        kind=EntryKind.PAYMENT,
        holder_id=holder_id,
        submitter_id=payer_id,
        amount=amount,
        source=source,
        memo=memo,
        posted_on=posted_on,
        method=method,
    )
    if received_on is not None:
        draft = replace(draft, billing_on=received_on)
    return post_many(drafts=[draft], at=at, actor=actor)[0]


def post_disbursement(
    *,
    key: str,
    credit_item_id: int,
    amount: Decimal,
    source: str,
    memo: str,
    posted_on: date,
    at: datetime,
    actor: Actor,
) -> JournalEntry:
    """Promise an amount of an open credit back to its holder; ``post_payout`` then pays it.

    ``Conflict`` when the credit has less left.
    """
    with transaction.atomic():
        credit = _locked_items([credit_item_id])[credit_item_id]
        draft = move_draft(
            key=key,
            kind=EntryKind.DISBURSEMENT,
            holder_id=credit.holder_id,
            submitter_id=None,
            amount=amount,
            source=source,
            memo=memo,
            posted_on=posted_on,
        )
        entries, fresh = _insert([draft], at=at, actor=actor)
        if fresh:
            debt = OpenItem.objects.get(entry_id=entries[0].id)
            pair = ClearingPair(debt.id, credit.id, amount, f"disbursement:{entries[0].id}")
            _require_room({debt.id: debt, credit.id: credit}, [pair])
            Clearing.objects.bulk_create([_clearing(pair, entry=entries[0], cleared_on=posted_on)])
        _update_balances(fresh)
    return entries[0]


def post_payout(
    *,
    key: str,
    holder_id: int,
    amount: Decimal,
    method: str,
    source: str,
    memo: str,
    posted_on: date,
    at: datetime,
    actor: Actor,
) -> JournalEntry:
    """Pay out what is payable to a holder (a disbursement, a returned deposit). ``Conflict`` beyond what is payable."""
    return _draw(
        Account.PAYABLE,
        kind=EntryKind.PAYOUT,
        key=key,
        holder_id=holder_id,
        submitter_id=None,
        amount=amount,
        method=method,
        source=source,
        memo=memo,
        posted_on=posted_on,
        at=at,
        actor=actor,
    )


def post_deposit(
    *,
    key: str,
    holder_id: int,
    payer_id: int | None,
    amount: Decimal,
    method: str,
    source: str,
    memo: str,
    posted_on: date,
    at: datetime,
    actor: Actor,
) -> JournalEntry:
    """Cash security received: owed back to the holder, never set against debts by itself."""
    draft = move_draft(
        key=key,
        kind=EntryKind.DEPOSIT,
        holder_id=holder_id,
        submitter_id=payer_id,
        amount=amount,
        source=source,
        memo=memo,
        posted_on=posted_on,
        method=method,
    )
    return post_many(drafts=[draft], at=at, actor=actor)[0]


def post_deposit_refund(
    *, key: str, holder_id: int, amount: Decimal, source: str, memo: str, posted_on: date, at: datetime, actor: Actor
) -> JournalEntry:
    """Make a deposit payable back to its holder; ``post_payout`` then pays it. ``Conflict`` beyond what is held."""
    return _draw(
        Account.DEPOSITS,
        kind=EntryKind.DEPOSIT_REFUND,
        key=key,
        holder_id=holder_id,
        submitter_id=None,
        amount=amount,
        method="",
        source=source,
        memo=memo,
        posted_on=posted_on,
        at=at,
        actor=actor,
    )


def apply_deposit(
    *, key: str, holder_id: int, amount: Decimal, source: str, memo: str, posted_on: date, at: datetime, actor: Actor
) -> JournalEntry:
    """Turn a deposit into an open credit that can clear debts. ``Conflict`` beyond what is held."""
    return _draw(
        Account.DEPOSITS,
        kind=EntryKind.DEPOSIT_APPLIED,
        key=key,
        holder_id=holder_id,
        submitter_id=None,
        amount=amount,
        method="",
        source=source,
        memo=memo,
        posted_on=posted_on,
        at=at,
        actor=actor,
    )


# --- Clearing --------------------------------------------------------------------------------------------------------


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
        items = _locked_items({number for pair in pairs for number in (pair.debt_item_id, pair.credit_item_id)})
        keyed = _with_keys(pairs)
        earlier = {row.key: row for row in _earlier_clearings(keyed)}
        fresh = [pair for pair in dict.fromkeys(keyed) if not _was_cleared(pair, earlier)]
        _require_room(items, fresh)
        by_holder: dict[int, list[ClearingPair]] = defaultdict(list)
        for pair in fresh:
            by_holder[items[pair.debt_item_id].holder_id].append(pair)
        drafts = [_clearing_draft(holder, group, posted_on=cleared_on) for holder, group in sorted(by_holder.items())]
        entries, fresh_drafts = _insert(drafts, at=at, actor=actor)
        rows = [
            _clearing(pair, entry=entry, cleared_on=cleared_on)
            for entry in entries
            for pair in by_holder[entry.holder_id]
        ]
        made = {row.key: row for row in Clearing.objects.bulk_create(rows, batch_size=_BATCH)}
        _update_balances(fresh_drafts)
    return [made.get(pair.key) or earlier[pair.key] for pair in keyed]


# --- Reversal --------------------------------------------------------------------------------------------------------


def reverse_entry(
    *,
    key: str,
    entry_id: UUID,
    reason: str,
    posted_on: date,
    at: datetime,
    actor: Actor,
    kind: EntryKind = EntryKind.REVERSAL,
) -> JournalEntry:
    """Undo an entry by its mirror; what its item cleared, or was cleared by, is open again.

    A payment returned by the bank is reversed with ``kind=EntryKind.PAYMENT_RETURN``. ``Conflict`` when the entry was
    reversed before, or is itself a reversal.
    """
    with transaction.atomic():
        entry = JournalEntry.objects.select_for_update().get(pk=entry_id)
        earlier = JournalEntry.objects.filter(key=key).first()
        if earlier is not None and earlier.reverses_id == entry.id:
            return earlier
        if entry.reverses_id is not None or JournalEntry.objects.filter(reverses=entry).exists():
            raise Conflict(
                _("This entry was already reversed, or is a reversal. Open its history to see what stands."),
                code="already_reversed",
            )
        item = OpenItem.objects.filter(entry=entry).first()
        live = _live_clearings(entry, item)
        items = _locked_items(
            {number for row in live for number in (row.debt_item_id, row.credit_item_id)}
            | ({item.id} if item else set())
        )
        # Another entry's clearing moved unapplied credit to the receivable, so undoing it needs lines of its own.
        foreign = [row for row in live if row.entry_id != entry.id]
        undone = sum_of(row.amount for row in foreign)
        mirror = reversal_draft(
            _draft_of(entry, item), original_id=entry.id, key=key, kind=kind, memo=reason, posted_on=posted_on
        )
        if entry.kind == EntryKind.CLEARING:
            still = sum_of(row.amount for row in live if row.entry_id == entry.id)
            if still == 0:
                raise Conflict(
                    _("Nothing of this clearing is left to undo. Open the items to see what stands."),
                    code="already_reversed",
                )
            mirror = replace(
                mirror,
                legs=(
                    Leg(Account.UNAPPLIED, entry.holder_id, -still),
                    Leg(Account.RECEIVABLE, entry.holder_id, still),
                ),
            )
        drafts = [mirror]
        if undone:
            drafts.append(
                move_draft(
                    key=f"{key}:unclear",
                    kind=EntryKind.CLEARING,
                    holder_id=entry.holder_id,
                    submitter_id=None,
                    amount=-undone,
                    source=entry.source,
                    memo=reason,
                    posted_on=posted_on,
                )
            )
        _require_held(mirror)
        entries, fresh = _insert(drafts, at=at, actor=actor)
        rows = [
            _undoing(row, entry=entries[1] if row.entry_id != entry.id else entries[0], cleared_on=posted_on)
            for row in live
        ]
        Clearing.objects.bulk_create(rows, batch_size=_BATCH)
        if item is not None:
            opposite = OpenItem.objects.get(entry=entries[0])
            debt, credit = (item, opposite) if items[item.id].side == Side.DEBT else (opposite, item)
            pair = ClearingPair(debt.id, credit.id, item.amount, f"reversal:{entries[0].id}")
            Clearing.objects.bulk_create([_clearing(pair, entry=entries[0], cleared_on=posted_on)])
        _update_balances(fresh)
    return entries[0]


# --- Posting in bulk -------------------------------------------------------------------------------------------------


def post_many(*, drafts: Sequence[EntryDraft], at: datetime, actor: Actor) -> list[JournalEntry]:
    """Post any number of drafts (``rules.charge_draft``, ``rules.move_draft``) in a few statements, all or none.

    Returns the entries in the order of the drafts, earlier ones for keys that were posted before.
    """
    with transaction.atomic():
        entries, fresh = _insert(drafts, at=at, actor=actor)
        _update_balances(fresh)
    return entries


def _insert(drafts: Sequence[EntryDraft], *, at: datetime, actor: Actor) -> tuple[list[JournalEntry], list[EntryDraft]]:
    """Lines, entries and open items of the drafts that are new, and the entries of all, in order."""
    hashes: dict[str, str] = {}
    for draft in drafts:
        if imbalance(draft.legs) != 0 or len(draft.legs) < 2:
            raise ValueError(f"{draft.key} does not balance")
        fingerprint = payload_hash(draft)
        if hashes.setdefault(draft.key, fingerprint) != fingerprint:
            raise _key_conflict()
    unique = {draft.key: draft for draft in drafts}
    known = _earlier_entries(hashes)
    fresh = [draft for key, draft in unique.items() if key not in known]
    if fresh:
        try:
            with transaction.atomic():
                made = _write(fresh, hashes, at=at, actor=actor)
        except IntegrityError:
            # Somebody posted one of these keys between the look and the write; anything else is a real refusal.
            raced = _earlier_entries(hashes)
            if raced.keys() == known.keys():
                raise
            known = raced
            fresh = [draft for draft in fresh if draft.key not in known]
            made = _write(fresh, hashes, at=at, actor=actor) if fresh else []
        known |= {entry.key: entry for entry in made}
    return [known[draft.key] for draft in drafts], fresh


def _earlier_entries(hashes: Mapping[str, str]) -> dict[str, JournalEntry]:
    known: dict[str, JournalEntry] = {}
    keys = list(hashes)
    for start in range(0, len(keys), _BATCH):
        for entry in JournalEntry.objects.filter(key__in=keys[start : start + _BATCH]):
            if entry.payload_hash != hashes[entry.key]:
                raise _key_conflict()
            known[entry.key] = entry
    return known


def _key_conflict() -> Conflict:
    return Conflict(
        _("This reference was already used for something else. Open the account's history to see what was posted."),
        code="key_reused",
    )


def _write(
    drafts: Sequence[EntryDraft], hashes: Mapping[str, str], *, at: datetime, actor: Actor
) -> list[JournalEntry]:
    entries = [
        JournalEntry(
            id=_new_id(at),
            key=draft.key,
            kind=draft.kind,
            category=draft.category,
            holder_id=draft.holder_id,
            submitter_id=draft.submitter_id,
            source=draft.source,
            method=draft.method,
            memo=draft.memo,
            posted_on=draft.posted_on,
            billing_on=draft.billing_on,
            recorded_by=f"{actor.kind}:{actor.user_id or actor.client_id or actor.name}"[:120],
            payload_hash=hashes[draft.key],
            posting_count=len(draft.legs),
            total_debit=draft.total_debit,
            amount=draft.amount,
            reverses_id=draft.reverses_id,
        )
        for draft in drafts
    ]
    postings = [
        Posting(
            entry_id=entry.id,
            account_id=int(leg.account),
            holder_id=leg.holder_id,
            amount=leg.amount,
            revenue=leg.revenue or "",
            category=draft.category,
            posted_segment=draft.posted_segment,
            billing_segment=draft.billing_segment,
        )
        for entry, draft in zip(entries, drafts, strict=True)
        for leg in draft.legs
    ]
    items = [
        OpenItem(
            entry_id=entry.id,
            holder_id=draft.holder_id,
            submitter_id=draft.submitter_id,
            source=draft.source,
            side=draft.item.side,
            kind=draft.item.kind,
            amount=draft.item.amount,
            due_on=draft.item.due_on,
            last_day_to_pay=draft.item.last_day_to_pay,
            billing_on=draft.billing_on,
            posted_on=draft.posted_on,
        )
        for entry, draft in zip(entries, drafts, strict=True)
        if draft.item is not None
    ]
    Posting.objects.bulk_create(postings, batch_size=_BATCH)
    JournalEntry.objects.bulk_create(entries, batch_size=_BATCH)
    OpenItem.objects.bulk_create(items, batch_size=_BATCH)
    return entries


def _new_id(at: datetime) -> UUID:
    """A version 7 identifier that sorts by business moment, then in order of posting, which ``at`` alone cannot tell.

    Its leading milliseconds also keep the index's newest pages together.
    """
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    tail = (monotonic_ns() // 1000 % (1 << 47)) << 27 | uuid4().int % (1 << 27)
    return UUID(int=milliseconds << 80 | 7 << 76 | (tail >> 62) << 64 | 2 << 62 | tail % (1 << 62))


# --- Balances --------------------------------------------------------------------------------------------------------

_BALANCE_COLUMNS: dict[Account, str] = {
    Account.RECEIVABLE: "receivable",
    Account.UNAPPLIED: "unapplied",
    Account.DEPOSITS: "deposits",
    Account.PAYABLE: "payable",
}


def _update_balances(drafts: Iterable[EntryDraft]) -> None:
    """Add what the drafts moved to the kept sums: segments first, the balance row (the most wanted lock) last."""
    balances: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_BALANCE_COLUMNS.values(), 0))
    segments: dict[tuple[int, int, int], dict[str, int]] = defaultdict(
        lambda: dict.fromkeys(SEGMENT_COLUMNS.values(), 0)
    )
    for draft in drafts:
        for leg in draft.legs:
            if column := _BALANCE_COLUMNS.get(leg.account):
                balances[leg.holder_id][column] += cents(leg.amount)
        if draft.category != Category.NONE:
            cell = segments[draft.holder_id, draft.posted_segment, draft.billing_segment]
            cell[draft.category.column] += cents(draft.amount)
    _add_to(
        "ledger_holdersegment",
        ("holder_id", "posted_segment", "billing_segment"),
        tuple(SEGMENT_COLUMNS.values()),
        [(*place, *cell.values()) for place, cell in sorted(segments.items())],
    )
    _add_to(
        "ledger_holderbalance",
        ("holder_id",),
        tuple(_BALANCE_COLUMNS.values()),
        [(holder, *row.values()) for holder, row in sorted(balances.items())],
    )


def _add_to(table: str, key: tuple[str, ...], columns: tuple[str, ...], rows: Sequence[tuple[int, ...]]) -> None:
    """Add the rows' numbers to the table's in one statement a batch: the ORM's upsert can only overwrite."""
    added = ", ".join(f"{column} = {table}.{column} + excluded.{column}" for column in columns)
    places = f"({', '.join(['%s'] * (len(key) + len(columns)))})"
    with connection.cursor() as cursor:
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(key + columns)}) VALUES {', '.join([places] * len(batch))} "
                f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {added}",
                [number for row in batch for number in row],
            )


def _draw(
    account: Account,
    *,
    kind: EntryKind,
    key: str,
    holder_id: int,
    submitter_id: int | None,
    amount: Decimal,
    method: str,
    source: str,
    memo: str,
    posted_on: date,
    at: datetime,
    actor: Actor,
) -> JournalEntry:
    """Take an amount from what is held for a holder, never more than is there."""
    draft = move_draft(
        key=key,
        kind=kind,
        holder_id=holder_id,
        submitter_id=submitter_id,
        amount=amount,
        source=source,
        memo=memo,
        posted_on=posted_on,
        method=method,
    )
    with transaction.atomic():
        held = HolderBalance.objects.select_for_update().filter(pk=holder_id).first()
        if not JournalEntry.objects.filter(key=key).exists():
            _require_at_least(held, account, amount)
        entries, fresh = _insert([draft], at=at, actor=actor)
        _update_balances(fresh)
    return entries[0]


def _require_held(draft: EntryDraft) -> None:
    """Refuse a mirror that would take more deposits or payables than the holder has."""
    held = HolderBalance.objects.select_for_update().filter(pk=draft.holder_id).first()
    for leg in draft.legs:
        if leg.account in (Account.DEPOSITS, Account.PAYABLE) and leg.amount > 0:
            _require_at_least(held, leg.account, leg.amount)


def _require_at_least(held: HolderBalance | None, account: Account, amount: Decimal) -> None:
    there = -getattr(held, _BALANCE_COLUMNS[account]) if held is not None else ZERO
    if there < amount:
        raise Conflict(
            _("Only $%(amount)s is held for this account. Enter that amount or less.") % {"amount": there},
            code="more_than_held",
            field="amount",
        )


# --- Open items ------------------------------------------------------------------------------------------------------


def _locked_items(numbers: Iterable[int]) -> dict[int, OpenItem]:
    """The items, locked in order of id; ``DomainError`` for one that does not exist."""
    wanted = sorted(set(numbers))
    items: dict[int, OpenItem] = {}
    for start in range(0, len(wanted), _BATCH):
        batch = OpenItem.objects.select_for_update().filter(pk__in=wanted[start : start + _BATCH]).order_by("pk")
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
    for start in range(0, len(pairs), _BATCH):
        yield from Clearing.objects.filter(key__in=[pair.key for pair in pairs[start : start + _BATCH]])


def _was_cleared(pair: ClearingPair, earlier: Mapping[str, Clearing]) -> bool:
    row = earlier.get(pair.key)
    if row is None:
        return False
    if (row.debt_item_id, row.credit_item_id, row.amount) != (pair.debt_item_id, pair.credit_item_id, pair.amount):
        raise _key_conflict()
    return True


def _require_room(items: Mapping[int, OpenItem], pairs: Iterable[ClearingPair]) -> None:
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


def _clearing(pair: ClearingPair, *, entry: JournalEntry, cleared_on: date) -> Clearing:
    return Clearing(
        key=pair.key,
        entry=entry,
        debt_item_id=pair.debt_item_id,
        credit_item_id=pair.credit_item_id,
        amount=pair.amount,
        cleared_on=cleared_on,
    )


def _undoing(row: Clearing, *, entry: JournalEntry, cleared_on: date) -> Clearing:
    return Clearing(
        key=f"undone:{row.id}",
        entry=entry,
        debt_item_id=row.debt_item_id,
        credit_item_id=row.credit_item_id,
        amount=-row.amount,
        cleared_on=cleared_on,
        reverses=row,
    )


def _live_clearings(entry: JournalEntry, item: OpenItem | None) -> list[Clearing]:
    """The clearings that an entry's reversal must undo: those it made and those of its item, not undone before."""
    live = Clearing.objects.filter(amount__gt=0, reversed_by=None)
    rows = {row.id: row for row in live.filter(entry=entry)}
    if item is not None:
        rows |= {row.id: row for row in live.filter(debt_item=item)}
        rows |= {row.id: row for row in live.filter(credit_item=item)}
    return [rows[number] for number in sorted(rows)]


def _draft_of(entry: JournalEntry, item: OpenItem | None) -> EntryDraft:
    return EntryDraft(
        key=entry.key,
        kind=EntryKind(entry.kind),
        category=Category(entry.category),
        holder_id=entry.holder_id,
        submitter_id=entry.submitter_id,
        source=entry.source,
        memo=entry.memo,
        posted_on=entry.posted_on,
        billing_on=entry.billing_on,
        legs=tuple(
            Leg(Account(line.account_id), line.holder_id, line.amount, Revenue(line.revenue) if line.revenue else None)
            for line in Posting.objects.filter(entry=entry).order_by("id")
        ),
        item=(
            ItemDraft(Side(item.side), ItemKind(item.kind), item.amount, item.due_on, item.last_day_to_pay)
            if item is not None
            else None
        ),
        method=entry.method,
    )
