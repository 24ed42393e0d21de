"""Rows of the ground floor: the clock, job runs, the audit trail, the outbox, remembered API calls."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class WorldClock(models.Model):
    """The one business clock of this world: wall time plus an offset, or a held instant while a job fires."""

    SOLE_ID = 1

    offset_seconds = models.BigIntegerField(_("offset in seconds"), default=0)
    held_at = models.DateTimeField(_("held at"), null=True, blank=True)
    ticked_at = models.DateTimeField(_("last moment whose jobs have all fired"), null=True, blank=True)

    class Meta:
        verbose_name = _("clock")
        verbose_name_plural = _("clock")
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="core_one_clock"),)

    def __str__(self) -> str:
        return str(_("Clock of this world"))


class ClockMove(models.Model):
    """One request to move the clock forward, worked off in the background with its progress."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        RUNNING = "RUNNING", _("Running")
        DONE = "DONE", _("Done")
        FAILED = "FAILED", _("Failed")

    from_at = models.DateTimeField(_("from"))
    to_at = models.DateTimeField(_("to"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    firing_count = models.PositiveIntegerField(_("jobs to fire"), default=0)
    fired_count = models.PositiveIntegerField(_("jobs fired"), default=0)
    asked_by = models.CharField(_("asked by"), max_length=200, blank=True)
    problem = models.TextField(_("problem"), blank=True)
    created_at = models.DateTimeField(_("created"))
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("clock move")
        verbose_name_plural = _("clock moves")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.from_at:%Y-%m-%d} → {self.to_at:%Y-%m-%d}"

    @property
    def percent(self) -> int:
        if self.state == self.State.DONE:
            return 100
        return self.fired_count * 100 // self.firing_count if self.firing_count else 0


class JobRun(models.Model):
    """One firing of a job at one due moment, run to its end before the next."""

    class State(models.TextChoices):
        RUNNING = "RUNNING", _("Running")
        PAUSED = "PAUSED", _("Paused")
        DONE = "DONE", _("Done")
        FAILED = "FAILED", _("Failed")

    job = models.CharField(_("job"), max_length=60)
    due_at = models.DateTimeField(_("due"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.RUNNING)
    unit_count = models.PositiveIntegerField(_("units to do"), default=0)
    done_count = models.PositiveIntegerField(_("units done"), default=0)
    row_count = models.PositiveIntegerField(_("rows written"), default=0)
    summary = models.JSONField(_("summary"), default=dict, blank=True)
    problem = models.TextField(_("problem"), blank=True)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("job run")
        verbose_name_plural = _("job runs")
        ordering = ("-due_at", "-id")
        constraints = (models.UniqueConstraint(fields=("job", "due_at"), name="core_job_fires_once"),)

    def __str__(self) -> str:
        return f"{self.job} {self.due_at:%Y-%m-%d %H:%M}"

    @property
    def percent(self) -> int:
        if self.state == self.State.DONE:
            return 100
        return self.done_count * 100 // self.unit_count if self.unit_count else 0


class JobChunk(models.Model):
    """A range of identifiers of one run: the row is the truth of what is done, the message only wakes a worker."""

    run = models.ForeignKey(JobRun, on_delete=models.PROTECT, related_name="chunks", verbose_name=_("run"))
    position = models.PositiveIntegerField(_("position"))
    work = models.CharField(_("work"), max_length=120)
    first_id = models.BigIntegerField(_("first"))
    last_id = models.BigIntegerField(_("last"))
    row_count = models.PositiveIntegerField(_("rows"), default=0)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("job chunk")
        verbose_name_plural = _("job chunks")
        ordering = ("run", "position")
        constraints = (models.UniqueConstraint(fields=("run", "work", "position"), name="core_chunk_once_a_run"),)

    def __str__(self) -> str:
        return f"{self.run_id}/{self.position}"


class AuditEvent(models.Model):
    """Something done or seen: who, for whom, through which door, before and after. Append-only."""

    recorded_at = models.DateTimeField(_("recorded"))
    business_at = models.DateTimeField(_("business time"))
    verb = models.CharField(_("what"), max_length=60)
    target = models.CharField(_("object"), max_length=120, blank=True)
    actor_kind = models.CharField(_("kind of actor"), max_length=10)
    actor_name = models.CharField(_("actor"), max_length=200, blank=True)
    user_id = models.BigIntegerField(_("person"), null=True, blank=True)
    client_id = models.CharField(_("software"), max_length=100, blank=True)
    actor_business_id = models.BigIntegerField(_("acting business"), null=True, blank=True)
    business_id = models.BigIntegerField(_("business concerned"), null=True, blank=True)
    program_account_id = models.BigIntegerField(_("program account concerned"), null=True, blank=True)
    channel = models.CharField(_("door"), max_length=10)
    request_id = models.CharField(_("request"), max_length=40, blank=True)
    before = models.JSONField(_("before"), null=True, blank=True)
    after = models.JSONField(_("after"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit trail")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("business_id", "-id"), name="core_audit_business"),
            models.Index(fields=("verb", "-id"), name="core_audit_verb"),
            models.Index(fields=("target", "-id"), name="core_audit_target"),
            # Only what somebody did for a business: the jobs of the portal, which write most rows, are not in them.
            models.Index(
                fields=("actor_business_id", "-id"),
                condition=models.Q(actor_business_id__isnull=False),
                name="core_audit_acting",
            ),
            models.Index(
                fields=("business_id", "actor_business_id", "-id"),
                condition=models.Q(actor_business_id__isnull=False),
                name="core_audit_delegate",
            ),
        )

    def __str__(self) -> str:
        return f"{self.verb} {self.target}"


class AuditSeal(models.Model):
    """A batch of audit events closed with a hash that also covers the seal before it."""

    first_event_id = models.BigIntegerField(_("first event"))
    last_event_id = models.BigIntegerField(_("last event"), unique=True)
    event_count = models.PositiveIntegerField(_("events"))
    previous_hash = models.CharField(_("previous hash"), max_length=64, blank=True)
    hash = models.CharField(_("hash"), max_length=64)
    sealed_at = models.DateTimeField(_("sealed"))

    class Meta:
        verbose_name = _("audit seal")
        verbose_name_plural = _("audit seals")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.first_event_id}-{self.last_event_id}"


class OutboxMessage(models.Model):
    """Every message that was or would be sent; the demo inbox reads it."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        SENT = "SENT", pgettext_lazy("message", "Delivered")
        FAILED = "FAILED", pgettext_lazy("message", "Given up")
        BOUNCED = "BOUNCED", _("Came back")

    public_id = models.UUIDField(_("public identifier"), default=uuid.uuid4, unique=True, editable=False)
    to = models.CharField(_("to"), max_length=320)
    language = models.CharField(_("language"), max_length=2, default="en")
    subject = models.CharField(_("subject"), max_length=250)
    body = models.TextField(_("text"))
    category = models.CharField(_("category"), max_length=60, blank=True)
    link = models.CharField(_("link"), max_length=300, blank=True)
    user_id = models.BigIntegerField(_("person"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    attempt_count = models.PositiveSmallIntegerField(_("attempts"), default=0)
    business_at = models.DateTimeField(_("business time"))
    created_at = models.DateTimeField(_("created"))
    next_attempt_at = models.DateTimeField(_("next attempt"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    sent_again_at = models.DateTimeField(_("sent again"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("outbox")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("to", "-id"), name="core_outbox_to"),
            models.Index(fields=("state", "next_attempt_at"), name="core_outbox_waiting"),
            models.Index(fields=("user_id", "-id"), name="core_outbox_person"),
        )

    def __str__(self) -> str:
        return f"{self.to}: {self.subject}"

    @property
    def may_be_sent_again(self) -> bool:
        """It did not arrive and no copy of it is under way."""
        return self.state in {self.State.FAILED, self.State.BOUNCED} and self.sent_again_at is None


class RememberedCall(models.Model):
    """An API call with its ``Idempotency-Key`` and the answer it got, kept for a day of wall time."""

    caller = models.CharField(_("caller"), max_length=120)
    key = models.CharField(_("key"), max_length=100)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    body = models.JSONField(_("answer"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("remembered call")
        verbose_name_plural = _("remembered calls")
        constraints = (models.UniqueConstraint(fields=("caller", "key"), name="core_call_once"),)

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"
