"""One summary a day for whoever chose it: every notice that waits, in one e-mail, each once."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import ngettext

from core import jobs, outbox
from core.actor import Actor
from core.clock import TORONTO
from core.models import JobChunk, JobRun, OutboxMessage
from notifications import queries
from notifications.models import Digest, Notification
from notifications.services.telling import BATCH

WORK = "notifications.services.digest_chunk"
#: So many notices are written out; of more it is said how many.
MOST_LISTED = 50


def run_digest(*, run: JobRun, on: date, actor: Actor) -> dict[str, int]:
    """Send the day's summaries, a range of people at a time."""
    ranges = jobs.ranges_of(*queries.people_with_waiting_copies())
    return {"digests": jobs.run_chunks(run=run, ranges=ranges, work=WORK, actor=actor)}


def digest_chunk(*, chunk: JobChunk, actor: Actor) -> int:
    """The summaries of a range of people in a fixed number of statements; nobody gets two for one day."""
    at = chunk.run.due_at
    on = at.astimezone(TORONTO).date()
    waiting = queries.waiting_copies(chunk.first_id, chunk.last_id, on=on)
    digests, letters = [], []
    told: list[tuple[Digest, list[Notification]]] = []
    for _user_id, group in groupby(waiting, key=lambda row: row.user_id):
        rows = list(group)
        digest = Digest(user_id=rows[0].user_id, on=on, notice_count=len(rows))
        digests.append(digest)
        told.append((digest, rows))
        # An address may have been given up since.
        if rows[0].user.address:
            letters.append(_letter(rows[0].user, rows, on=on, at=at))
    Digest.objects.bulk_create(digests, batch_size=BATCH)
    for digest, rows in told:
        for row in rows:
            row.digest = digest
    Notification.objects.bulk_update([row for _digest, rows in told for row in rows], ["digest"], batch_size=BATCH)
    outbox.send_many(letters)
    return len(digests)


def _letter(user: Any, rows: Sequence[Notification], *, on: date, at: Any) -> OutboxMessage:
    with translation.override(user.language):
        subject = ngettext(
            "Your summary of the day: %(count)d notice", "Your summary of the day: %(count)d notices", len(rows)
        ) % {"count": len(rows)}
        body = render_to_string(
            "email/digest.txt",
            {
                "on": on,
                "rows": rows[:MOST_LISTED],
                "more_count": max(0, len(rows) - MOST_LISTED),
                "portal": settings.PORTAL_URL,
                "list": settings.PORTAL_URL + reverse("notifications:list"),
                "choices": settings.PORTAL_URL + reverse("notifications:choices"),
            },
        )
    return outbox.message(
        to=user.address,
        language=user.language,
        subject=f"[Portage] {subject}",
        body=body,
        category="digest",
        user_id=user.pk,
        at=at,
    )
