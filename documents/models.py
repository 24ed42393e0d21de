"""Files that people hand in or ask for. Rows carry an opaque case, person and business: no customs word here."""

import uuid
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from documents.rules import LONGEST_NAME, SENTENCES, DocumentState
from documents.rules.requests import RequestState


class StoredDocument(models.Model):
    """One file of one case, from its arrival through its check; the bytes lie apart, under the public identifier."""

    class State(models.TextChoices):
        RECEIVED = DocumentState.RECEIVED.value, _("Waits for its check")
        CHECKING = DocumentState.CHECKING.value, _("Being checked")
        ACCEPTED = DocumentState.ACCEPTED.value, pgettext_lazy("document", "Accepted")
        REFUSED = DocumentState.REFUSED.value, pgettext_lazy("document", "Refused")
        REMOVED = DocumentState.REMOVED.value, pgettext_lazy("document", "Removed")

    public_id = models.UUIDField(_("identifier"), unique=True, default=uuid.uuid4, editable=False)
    #: What it belongs to, "<app>.<Model>:<key>" as the audit trail writes it.
    case = models.CharField(_("case"), max_length=120)
    person_id = models.BigIntegerField(_("person"), null=True, blank=True)
    business_id = models.BigIntegerField(_("business"), null=True, blank=True)
    category = models.CharField(_("category"), max_length=40)
    name = models.CharField(_("name of the file"), max_length=LONGEST_NAME)
    media_type = models.CharField(_("kind"), max_length=100, blank=True)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RECEIVED)
    problem = models.CharField(_("problem"), max_length=12, blank=True)
    uploaded_by = models.CharField(_("uploaded by"), max_length=200)
    uploaded_at = models.DateTimeField(_("uploaded"))
    #: Wall time of the last try at its check, so that a lost one is taken up again.
    tried_at = models.DateTimeField(_("last try at its check"), null=True, blank=True)
    checked_at = models.DateTimeField(_("checked"), null=True, blank=True)

    class Meta:
        verbose_name = _("stored document")
        verbose_name_plural = _("stored documents")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("case", "sha256"),
                condition=models.Q(state__in=("RECEIVED", "CHECKING", "ACCEPTED")),
                name="documents_once_a_case",
            ),
        )
        indexes = (
            models.Index(fields=("case", "id"), name="documents_of_case"),
            models.Index(
                fields=("id",), condition=models.Q(state__in=("RECEIVED", "CHECKING")), name="documents_to_check"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_waiting(self) -> bool:
        return self.state in (self.State.RECEIVED, self.State.CHECKING)

    @property
    def is_accepted(self) -> bool:
        return self.state == self.State.ACCEPTED

    @property
    def is_refused(self) -> bool:
        return self.state == self.State.REFUSED

    @property
    def sentence(self) -> Any:
        """Why it is refused and what to do; empty otherwise."""
        return SENTENCES.get(self.problem, "")


class RequestedFile(models.Model):
    """One file that a person asked for: made aside, kept for some days under its public identifier, then gone."""

    class State(models.TextChoices):
        REQUESTED = RequestState.REQUESTED.value, pgettext_lazy("requested file", "Requested")
        READY = RequestState.READY.value, pgettext_lazy("requested file", "Ready")
        FAILED = RequestState.FAILED.value, pgettext_lazy("requested file", "Not made")
        EXPIRED = RequestState.EXPIRED.value, pgettext_lazy("requested file", "Expired")

    public_id = models.UUIDField(_("identifier"), unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    person_id = models.BigIntegerField(_("person"))
    business_id = models.BigIntegerField(_("business"), null=True, blank=True)
    #: What the room that makes it was asked, as plain values.
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    #: The same for two requests that ask for the same.
    digest = models.CharField(_("digest of the parameters"), max_length=64)
    language = models.CharField(_("language"), max_length=2)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.REQUESTED)
    name = models.CharField(_("name of the file"), max_length=LONGEST_NAME, blank=True)
    media_type = models.CharField(_("kind of content"), max_length=100, blank=True)
    size = models.PositiveBigIntegerField(_("size in bytes"), default=0)
    requested_by = models.CharField(_("requested by"), max_length=200)
    requested_at = models.DateTimeField(_("requested"))
    ready_at = models.DateTimeField(_("ready"), null=True, blank=True)
    kept_until = models.DateField(_("kept until"), null=True, blank=True)
    try_count = models.PositiveSmallIntegerField(_("tries"), default=0)
    #: Wall time of the last try, so that a lost one is taken up again.
    tried_at = models.DateTimeField(_("last try"), null=True, blank=True)

    class Meta:
        verbose_name = _("requested file")
        verbose_name_plural = _("requested files")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("person_id", "kind", "digest"),
                condition=models.Q(state="REQUESTED"),
                name="documents_asked_once",
            ),
        )
        indexes = (
            models.Index(fields=("person_id", "kind", "-id"), name="documents_asked_by_person"),
            models.Index(fields=("kept_until",), condition=models.Q(state="READY"), name="documents_kept_until"),
            models.Index(fields=("id",), condition=models.Q(state="REQUESTED"), name="documents_to_make"),
        )

    def __str__(self) -> str:
        return self.name or self.kind
