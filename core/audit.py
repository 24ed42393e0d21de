"""The audit trail: plain appends that slow nobody, sealed in batches with a hash chain that ``verify_audit`` proves."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from core.actor import Actor
from core.clock import wall_now
from core.models import AuditEvent, AuditSeal

BATCH = 1000
SETTLING = timedelta(minutes=5)
_SEALED_FIELDS = (
    "id",
    "business_at",
    "verb",
    "target",
    "actor_kind",
    "actor_name",
    "user_id",
    "client_id",
    "actor_business_id",
    "business_id",
    "program_account_id",
    "channel",
    "request_id",
    "before",
    "after",
    "reason",
)


def event(
    *,
    actor: Actor,
    verb: str,
    at: datetime,
    target: str = "",
    business_id: int | None = None,
    program_account_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> AuditEvent:
    """An unsaved event; population jobs collect many and pass them to :func:`record_many`."""
    return AuditEvent(
        recorded_at=wall_now(),
        business_at=at,
        verb=verb,
        target=target,
        actor_kind=actor.kind.value,
        actor_name=actor.name,
        user_id=actor.user_id,
        client_id=actor.client_id,
        actor_business_id=actor.business_id,
        business_id=business_id,
        program_account_id=program_account_id,
        channel=actor.channel.value,
        request_id=actor.request_id,
        before=_plain(before),
        after=_plain(after),
        reason=reason,
    )


def record(*, actor: Actor, verb: str, at: datetime, **details: Any) -> AuditEvent:
    """Append one event in the caller's transaction. ``verb`` is ``object.past_tense``; money and dates become text."""
    row = event(actor=actor, verb=verb, at=at, **details)
    row.save(force_insert=True)
    return row


def record_selected(*, actor: Actor, verb: str, at: datetime, rows: str, params: Sequence[Any]) -> int:
    """Append one event for each row of a query of target, business, program account and ``after``; returns how many.

    For the jobs that touch the whole population: the rows never leave the database. ``after`` is a JSON object in which
    money and dates are text. The query's values follow ``params``; where it has an order, so have the events.
    """
    one = event(actor=actor, verb=verb, at=at)
    given = ("target", "business_id", "program_account_id", "after")
    shared = [field for field in AuditEvent._meta.concrete_fields if field.column not in (*given, "id", "before")]
    columns = ", ".join((*given, *(str(field.column) for field in shared)))
    values = [field.get_db_prep_save(getattr(one, field.attname), connection) for field in shared]
    is_typed = connection.vendor == "postgresql"
    places = ", ".join(f"CAST(%s AS {field.cast_db_type(connection)})" if is_typed else "%s" for field in shared)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO core_auditevent ({columns}) SELECT chosen.*, {places} FROM ({rows}) chosen",
            [*values, *params],
        )
        return int(cursor.rowcount)


def record_many(events: Iterable[AuditEvent]) -> None:
    AuditEvent.objects.bulk_create(events, batch_size=BATCH)


def seal_pending(*, settling: timedelta = SETTLING) -> int:
    """Close everything not yet sealed in batches; returns the number of seals made.

    Events younger than ``settling`` wait, because a transaction still open may yet commit an event with a lower number.
    """
    made = 0
    until = wall_now() - settling
    while True:
        with transaction.atomic():
            newest = AuditSeal.objects.select_for_update().order_by("-id").first()
            after = newest.last_event_id if newest else 0
            batch = list(AuditEvent.objects.filter(id__gt=after, recorded_at__lte=until).order_by("id")[:BATCH])
            if not batch:
                return made
            previous = newest.hash if newest else ""
            AuditSeal.objects.create(
                first_event_id=batch[0].pk,
                last_event_id=batch[-1].pk,
                event_count=len(batch),
                previous_hash=previous,
                hash=chain_hash(previous, batch),
                sealed_at=wall_now(),
            )
        made += 1


def seal_of(event_id: int) -> AuditSeal | None:
    """The seal that closed an event; ``None`` while it still waits for one."""
    seal = AuditSeal.objects.filter(last_event_id__gte=event_id).order_by("last_event_id").first()
    return seal if seal is not None and seal.first_event_id <= event_id else None


def broken_seals() -> list[AuditSeal]:
    """The seals whose events or whose predecessor are no longer what was sealed."""
    broken: list[AuditSeal] = []
    previous = ""
    for seal in AuditSeal.objects.order_by("id"):
        events = list(AuditEvent.objects.filter(id__gte=seal.first_event_id, id__lte=seal.last_event_id).order_by("id"))
        intact = (
            seal.previous_hash == previous
            and len(events) == seal.event_count
            and chain_hash(previous, events) == seal.hash
        )
        if not intact:
            broken.append(seal)
        previous = seal.hash
    return broken


def chain_hash(previous: str, events: Iterable[AuditEvent]) -> str:
    """SHA-256 over the previous hash and the canonical text of each event."""
    digest = hashlib.sha256(previous.encode())
    for row in events:
        fields = {name: getattr(row, name) for name in _SEALED_FIELDS}
        fields["business_at"] = row.business_at.timestamp()
        digest.update(json.dumps(fields, sort_keys=True, cls=DjangoJSONEncoder).encode())
    return digest.hexdigest()


def _plain(values: dict[str, Any] | None) -> dict[str, Any] | None:
    """The values as JSON holds them, so that what is hashed before saving equals what is read back."""
    return None if values is None else json.loads(json.dumps(values, cls=DjangoJSONEncoder))
