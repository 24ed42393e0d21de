"""The ground floor in the back office: everything to see, nothing to change."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core import clock, outbox
from core.actor import Channel
from core.http import actor_of
from core.models import AuditEvent, AuditSeal, ClockMove, JobChunk, JobRun, OutboxMessage, WorldClock
from core.registers import ReadOnlyAdmin


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("business_at", "verb", "target", "actor_name", "channel", "reason")
    list_filter = ("channel", "actor_kind")
    search_fields = ("=verb", "=target", "actor_name")


@admin.register(AuditSeal)
class AuditSealAdmin(ReadOnlyAdmin):
    list_display = ("first_event_id", "last_event_id", "event_count", "hash", "sealed_at")


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    actions: Any = ("return_to_sender",)
    list_display = ("created_at", "to", "subject", "category", "language", "state", "attempt_count")
    list_filter = ("state", "language")
    search_fields = ("=to", "subject")

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("core.change_outboxmessage")

    @admin.action(description=_("Practice: let the mailbox send it back"), permissions=("steer",))
    def return_to_sender(self, request: HttpRequest, letters: QuerySet[OutboxMessage]) -> None:
        """How a trainer shows what a dead mailbox does: the person is led to mend the address."""
        chosen = list(letters)
        for letter in chosen:
            outbox.return_to_sender(message=letter, actor=actor_of(request, channel=Channel.ADMIN), at=clock.now())
        done = ngettext("%(count)d message came back.", "%(count)d messages came back.", len(chosen))
        self.message_user(request, done % {"count": len(chosen)}, messages.SUCCESS)


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    list_display = ("job", "due_at", "state", "done_count", "unit_count", "row_count", "started_at", "finished_at")
    list_filter = ("state", "job")
    search_fields = ("job",)


@admin.register(JobChunk)
class JobChunkAdmin(ReadOnlyAdmin):
    list_display = ("run", "position", "first_id", "last_id", "row_count", "done_at")
    list_select_related = ("run",)


@admin.register(WorldClock)
class WorldClockAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "offset_seconds", "held_at", "ticked_at")


@admin.register(ClockMove)
class ClockMoveAdmin(ReadOnlyAdmin):
    list_display = ("from_at", "to_at", "state", "fired_count", "firing_count", "asked_by", "finished_at")
    list_filter = ("state",)
