"""An application of somebody who has no program account to claim."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Business, ProgramAccount, User
from registration.applications.rules import (
    WAITING,
    ApplicationState,
    Entity,
    Paper,
    Who,
    required_papers,
)


class Application(models.Model):
    """What one person asks for a business: a program account, or to be known as a provider."""

    class Kind(models.TextChoices):
        IMPORTER = Who.IMPORTER.value, _("Importer")
        CUSTOMS_BROKER = Who.CUSTOMS_BROKER.value, _("Licensed customs broker")
        TRADE_CONSULTANT = Who.TRADE_CONSULTANT.value, _("Trade consultant")
        SURETY = Who.SURETY.value, _("Financial security provider")

    class EntityType(models.TextChoices):
        CORPORATION = Entity.CORPORATION.value, _("Corporation")
        SOLE_PROPRIETOR = Entity.SOLE_PROPRIETOR.value, _("Sole proprietor")
        PARTNERSHIP = Entity.PARTNERSHIP.value, _("Partnership")
        NON_PROFIT = Entity.NON_PROFIT.value, _("Non-profit organization")
        TRUST = Entity.TRUST.value, _("Trust")
        ESTATE = Entity.ESTATE.value, _("Estate")
        GOVERNMENT = Entity.GOVERNMENT.value, _("Government body")

    class State(models.TextChoices):
        DRAFT = ApplicationState.DRAFT.value, _("Draft")
        SUBMITTED = ApplicationState.SUBMITTED.value, pgettext_lazy("application", "Submitted")
        DOCS_MISSING = ApplicationState.DOCS_MISSING.value, _("Documents missing")
        UNDER_REVIEW = ApplicationState.UNDER_REVIEW.value, _("Under review")
        APPROVED = ApplicationState.APPROVED.value, pgettext_lazy("application", "Approved")
        REJECTED = ApplicationState.REJECTED.value, pgettext_lazy("application", "Rejected")
        WITHDRAWN = ApplicationState.WITHDRAWN.value, pgettext_lazy("application", "Withdrawn")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="applications", verbose_name=_("person"))
    kind = models.CharField(_("applies as"), max_length=20, choices=Kind)
    entity_type = models.CharField(_("kind of business"), max_length=20, choices=EntityType)
    is_non_resident = models.BooleanField(_("non-resident"), default=False)
    has_number = models.BooleanField(_("has a business number"), default=False)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.DRAFT)
    #: What stands in the boxes, as it was typed; accepted values are in the columns below.
    typed = models.JSONField(_("typed"), default=dict, blank=True)
    bn9 = models.CharField(_("business number"), max_length=9, blank=True)
    legal_name = models.CharField(_("legal name"), max_length=175, blank=True)
    operating_name = models.CharField(_("operating name"), max_length=175, blank=True)
    street = models.CharField(_("street address"), max_length=120, blank=True)
    city = models.CharField(_("city"), max_length=60, blank=True)
    region = models.CharField(_("province or state"), max_length=40, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=12, blank=True)
    country = models.CharField(_("country"), max_length=2, default="CA")
    program_name = models.CharField(_("what it is used for"), max_length=120, blank=True)
    profile = models.CharField(
        _("profile"), max_length=20, choices=ProgramAccount.Profile, default=ProgramAccount.Profile.IMPORTER
    )
    books_elsewhere = models.BooleanField(_("books are kept elsewhere"), default=False)
    licence_number = models.CharField(_("licence number"), max_length=20, blank=True)
    licence_valid_until = models.DateField(_("licence valid until"), null=True, blank=True)
    security_reference = models.CharField(_("reference of the own security"), max_length=60, blank=True)
    described_at = models.DateTimeField(_("details complete"), null=True, blank=True)
    asked = models.JSONField(_("documents asked for"), default=list, blank=True)
    #: The last document that was there when an officer asked: only later ones answer.
    asked_after = models.BigIntegerField(_("asked after document"), default=0)
    message = models.CharField(_("officer's message"), max_length=500, blank=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    #: Since when documents are missing, and after how many days of that the last reminder went out.
    missing_since = models.DateField(_("documents missing since"), null=True, blank=True)
    reminded_after = models.PositiveSmallIntegerField(_("reminded after so many days"), default=0)
    #: When the writer of a draft was last told that it will be closed.
    warned_on = models.DateField(_("told that the draft closes"), null=True, blank=True)
    files_removed_on = models.DateField(_("files removed"), null=True, blank=True)
    complete_on = models.DateField(_("file complete"), null=True, blank=True)
    answer_by = models.DateField(_("answer expected by"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True)
    business = models.ForeignKey(
        Business, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("business")
    )
    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("issued")
    )
    started_at = models.DateTimeField(_("started"))
    saved_at = models.DateTimeField(_("saved"))

    class Meta:
        app_label = "registration"
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("user",), condition=models.Q(state="DRAFT"), name="registration_one_draft_a_person"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="APPROVED") | models.Q(business__isnull=False),
                name="registration_approved_has_business",
            ),
        )
        indexes = (
            models.Index(fields=("answer_by", "id"), condition=models.Q(state__in=WAITING), name="registration_desk"),
        )

    def __str__(self) -> str:
        return f"{self.pk} {self.legal_name or self.user}"

    @property
    def case(self) -> str:
        """What its documents belong to."""
        return f"registration.Application:{self.pk}"

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING

    @property
    def is_importer(self) -> bool:
        return self.kind == self.Kind.IMPORTER

    @property
    def is_sole_proprietor(self) -> bool:
        return self.entity_type == self.EntityType.SOLE_PROPRIETOR

    @property
    def required_papers(self) -> tuple[Paper, ...]:
        return required_papers(
            Who(self.kind), is_non_resident=self.is_non_resident, books_elsewhere=self.books_elsewhere
        )

    @property
    def papers(self) -> tuple[Paper, ...]:
        """Every document wanted: what the kind of application requires and what an officer asked for."""
        return tuple(paper for paper in Paper if paper in {*self.required_papers, *self.asked})

    def label(self) -> Any:
        return self.legal_name or self.get_kind_display()
