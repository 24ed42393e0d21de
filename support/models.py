"""What people ask officers, and the answers."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Business, ProgramAccount, User


class SupportRequest(models.Model):
    """One question of one person, with its answer; only that person and officers read either."""

    class Kind(models.TextChoices):
        RM_NUMBER = "RM_NUMBER", _("Program account number (RM)")
        GENERAL = "GENERAL", _("Question")

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting for an answer")
        ANSWERED = "ANSWERED", _("Answered")
        REFUSED = "REFUSED", _("Refused")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    class Side(models.TextChoices):
        IMPORTER = "IMPORTER", _("I work for this business")
        BROKER = "BROKER", _("I am its customs broker")

    number = models.CharField(_("reference"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    bn9 = models.CharField(_("business number"), max_length=9, blank=True)
    legal_name = models.CharField(_("legal name"), max_length=175, blank=True)
    side = models.CharField(_("asks as"), max_length=10, choices=Side, blank=True)
    provider = models.ForeignKey(
        Business, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("customs broker")
    )
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    message = models.TextField(_("message"), blank=True)
    asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="support_requests", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked"))
    answer_due_on = models.DateField(_("answer due"))
    answer = models.TextField(_("answer"), blank=True)
    program_accounts = models.ManyToManyField(
        ProgramAccount, blank=True, related_name="+", verbose_name=_("program accounts given")
    )
    answered_by = models.CharField(_("answered by"), max_length=200, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("support request")
        verbose_name_plural = _("support requests")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("asked_by", "bn9"),
                condition=models.Q(state="WAITING", kind="RM_NUMBER"),
                name="support_one_waiting_a_business",
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def asks_number(self) -> bool:
        return self.kind == self.Kind.RM_NUMBER
