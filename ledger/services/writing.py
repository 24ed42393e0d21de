"""Writing entries: what all other rooms of the book are built on."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from secrets import randbits
from time import monotonic_ns
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.errors import Conflict
from ledger.models import JournalEntry, OpenItem, Posting
from ledger.rules import EntryDraft, imbalance, payload_hash
from ledger.services.balances import BATCH

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def insert(drafts: Sequence[EntryDraft], *, at: datetime, actor: Actor) -> tuple[list[JournalEntry], list[EntryDraft]]:
    """Lines, entries and open items of the drafts that are new, and the entries of all, in order."""
    hashes = hashes_of(drafts)
    unique = {draft.key: draft for draft in drafts}
    known = earlier_entries(hashes)
    fresh = [draft for key, draft in unique.items() if key not in known]
    if fresh:
        try:
            with transaction.atomic():
                made = entries_of(fresh, hashes, at=at, actor=actor)
                _write(made, fresh)
        except IntegrityError:
            # Somebody posted one of these keys between the look and the write; anything else is a real refusal.
            raced = earlier_entries(hashes)
            if raced.keys() == known.keys():
                raise
            known = raced
            fresh = [draft for draft in fresh if draft.key not in known]
            made = entries_of(fresh, hashes, at=at, actor=actor)
            _write(made, fresh)
        known |= {entry.key: entry for entry in made}
    return [known[draft.key] for draft in drafts], fresh


def earlier_entries(hashes: Mapping[str, str]) -> dict[str, JournalEntry]:
    known: dict[str, JournalEntry] = {}
    keys = list(hashes)
    for start in range(0, len(keys), BATCH):
        for entry in JournalEntry.objects.filter(key__in=keys[start : start + BATCH]):
            if entry.payload_hash != hashes[entry.key]:
                raise key_conflict(entry.key)
            known[entry.key] = entry
    return known


def hashes_of(drafts: Iterable[EntryDraft]) -> dict[str, str]:
    """The payload hash of each key; ``ValueError`` for a draft out of balance, ``Conflict`` for a key of two."""
    hashes: dict[str, str] = {}
    for draft in drafts:
        if imbalance(draft.legs) != 0 or len(draft.legs) < 2:
            raise ValueError(f"{draft.key} does not balance")
        fingerprint = payload_hash(draft)
        if hashes.setdefault(draft.key, fingerprint) != fingerprint:
            raise key_conflict(draft.key)
    return hashes


def key_conflict(key: str) -> Conflict:
    return Conflict(
        _(
            "The reference %(key)s was already used for something else. "
            "Open the account's history to see what was posted."
        )
        % {"key": key},
        code="key_reused",
    )


def entries_of(
    drafts: Iterable[EntryDraft], hashes: Mapping[str, str], *, at: datetime, actor: Actor
) -> list[JournalEntry]:
    """The drafts as entries with identifiers of their own, not yet written."""
    by = recorded_by(actor)
    return [
        JournalEntry(
            id=new_id(at),
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
            recorded_by=by,
            payload_hash=hashes[draft.key],
            posting_count=len(draft.legs),
            total_debit=draft.total_debit,
            amount=draft.amount,
            reverses_id=draft.reverses_id,
        )
        for draft in drafts
    ]


def _write(entries: Sequence[JournalEntry], drafts: Sequence[EntryDraft]) -> None:
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
    Posting.objects.bulk_create(postings, batch_size=BATCH)
    JournalEntry.objects.bulk_create(entries, batch_size=BATCH)
    OpenItem.objects.bulk_create(items, batch_size=BATCH)


def recorded_by(actor: Actor) -> str:
    return f"{actor.kind}:{actor.user_id or actor.client_id or actor.name}"[:120]


def new_id(at: datetime) -> UUID:
    """A version 7 identifier that sorts by business moment, then in order of posting, which ``at`` alone cannot tell.

    Its leading milliseconds also keep the index's newest pages together.
    """
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    tail = (monotonic_ns() // 1000 % (1 << 47)) << 27 | randbits(27)
    return UUID(int=milliseconds << 80 | 7 << 76 | (tail >> 62) << 64 | 2 << 62 | tail % (1 << 62))
