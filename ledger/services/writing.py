"""Writing entries: what all other rooms of the book are built on."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic_ns
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.errors import Conflict
from ledger.models import JournalEntry, OpenItem, Posting
from ledger.rules import EntryDraft, imbalance, payload_hash
from ledger.services.balances import BATCH, update_balances

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def post_many(*, drafts: Sequence[EntryDraft], at: datetime, actor: Actor) -> list[JournalEntry]:
    """Post any number of drafts (``rules.charge_draft``, ``rules.move_draft``) in a few statements, all or none.

    Returns the entries in the order of the drafts, earlier ones for keys that were posted before.
    """
    with transaction.atomic():
        entries, fresh = insert(drafts, at=at, actor=actor)
        update_balances(fresh)
    return entries


def insert(drafts: Sequence[EntryDraft], *, at: datetime, actor: Actor) -> tuple[list[JournalEntry], list[EntryDraft]]:
    """Lines, entries and open items of the drafts that are new, and the entries of all, in order."""
    hashes: dict[str, str] = {}
    for draft in drafts:
        if imbalance(draft.legs) != 0 or len(draft.legs) < 2:
            raise ValueError(f"{draft.key} does not balance")
        fingerprint = payload_hash(draft)
        if hashes.setdefault(draft.key, fingerprint) != fingerprint:
            raise key_conflict()
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
    for start in range(0, len(keys), BATCH):
        for entry in JournalEntry.objects.filter(key__in=keys[start : start + BATCH]):
            if entry.payload_hash != hashes[entry.key]:
                raise key_conflict()
            known[entry.key] = entry
    return known


def key_conflict() -> Conflict:
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
    Posting.objects.bulk_create(postings, batch_size=BATCH)
    JournalEntry.objects.bulk_create(entries, batch_size=BATCH)
    OpenItem.objects.bulk_create(items, batch_size=BATCH)
    return entries


def _new_id(at: datetime) -> UUID:
    """A version 7 identifier that sorts by business moment, then in order of posting, which ``at`` alone cannot tell.

    Its leading milliseconds also keep the index's newest pages together.
    """
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    tail = (monotonic_ns() // 1000 % (1 << 47)) << 27 | uuid4().int % (1 << 27)
    return UUID(int=milliseconds << 80 | 7 << 76 | (tail >> 62) << 64 | 2 << 62 | tail % (1 << 62))
