"""Requests to change an accepted declaration, what was written about them, and the cases that hold many of them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Business, ProgramAccount
from core.fields import MoneyField
from core.money import ZERO
from declarations.changes.rules import OPEN, ChangeKind, ChangeState, reason_of


class MassCase(models.Model):
    """Many adjustments asked for by one file; each is decided on its own or with the others."""

    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="mass_cases", verbose_name=_("program account")
    )
    submitter = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+", verbose_name=_("submitted by"))
    reason = models.CharField(_("reason"), max_length=1000)
    request_count = models.PositiveIntegerField(_("requests"))
    asked_at = models.DateTimeField(_("asked"))

    class Meta:
        verbose_name = _("mass adjustment")
        verbose_name_plural = _("mass adjustments")
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"MA{self.pk:07d}"


class ChangeRequest(models.Model):
    """One request to change a declaration and its decision; an officer's own re-determination is decided at once.

    While a request is open the declaration has no second one.
    """

    Kind = ChangeKind
    State = ChangeState

    number = models.CharField(_("reference"), max_length=20, unique=True)
    declaration = models.ForeignKey(
        "declarations.Declaration", on_delete=models.PROTECT, related_name="changes", verbose_name=_("declaration")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=ChangeKind)
    state = models.CharField(_("state"), max_length=12, choices=ChangeState, default=ChangeState.UNDER_REVIEW)
    reason_code = models.CharField(_("reason code"), max_length=16)
    reason = models.CharField(_("reason"), max_length=1000)
    submitter = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+", verbose_name=_("submitted by"))
    asked_by = models.CharField(_("asked by"), max_length=200, blank=True)
    asked_at = models.DateTimeField(_("asked"))
    decide_by = models.DateField(_("to be decided by"))
    #: The version that comes into force when the request is approved; a withdrawal has none.
    version = models.OneToOneField(
        "declarations.DeclarationVersion",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="change",
        verbose_name=_("version"),
    )
    #: The decision against which an appeal is lodged.
    notice = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="appeals", verbose_name=_("decision")
    )
    late_reason = models.CharField(_("why it comes late"), max_length=1000, blank=True)
    case = models.ForeignKey(
        MassCase, on_delete=models.PROTECT, null=True, blank=True, related_name="requests", verbose_name=_("case")
    )
    #: What the change adds to what is owed, below zero a credit; and the interest given with a credit.
    amount = MoneyField(_("change"), default=ZERO)
    interest = MoneyField(_("interest given"), default=ZERO)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True)
    decision = models.CharField(_("reason for the decision"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("change of a declaration")
        verbose_name_plural = _("changes of declarations")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("declaration",), condition=models.Q(state__in=OPEN), name="declarations_one_open_change"
            ),
        )
        indexes = (models.Index(fields=("state", "decide_by"), name="declarations_change_desk"),)

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_decided(self) -> bool:
        return self.decided_at is not None

    @property
    def reason_label(self) -> str:
        found = reason_of(self.kind, self.reason_code)
        return str(found.label) if found else self.reason_code

    @property
    def authority(self) -> str:
        """The provision: a section of the Customs Act or a memorandum."""
        found = reason_of(self.kind, self.reason_code)
        return found.authority if found else ""

    @property
    def files_case(self) -> str:
        """Under which its files stand in the document store."""
        return f"declarations.ChangeRequest:{self.number}"


class ChangeMessage(models.Model):
    """What an officer asked about a request, or what its submitter answered."""

    request = models.ForeignKey(
        ChangeRequest, on_delete=models.PROTECT, related_name="messages", verbose_name=_("request")
    )
    is_from_officer = models.BooleanField(_("written by an officer"))
    author = models.CharField(_("author"), max_length=200)
    text = models.CharField(_("message"), max_length=2000)
    sent_at = models.DateTimeField(_("sent"))

    class Meta:
        verbose_name = _("message about a change")
        verbose_name_plural = _("messages about changes")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.request_id} {self.sent_at:%Y-%m-%d}"
