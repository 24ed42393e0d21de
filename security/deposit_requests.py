"""What an importer asks about cash security: to pay debts with it, to have it back, to bring it on paper."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import ProgramAccount
from core.fields import MoneyField
from security.rules import Instrument, RequestKind, RequestState


class DepositRequest(models.Model):
    """One request and what became of it; the money itself stands in the book, under its reference."""

    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="deposit_requests", verbose_name=_("program account")
    )
    kind = models.CharField(_("what is asked"), max_length=11, choices=RequestKind.choices)
    amount = MoneyField(_("amount"))
    state = models.CharField(_("state"), max_length=9, choices=RequestState.choices, default=RequestState.ASKED)
    instrument = models.CharField(_("instrument"), max_length=11, choices=Instrument.choices, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    asked_at = models.DateTimeField(_("asked for"))
    asked_by = models.CharField(_("asked for by"), max_length=200, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True)
    decision = models.CharField(_("reasons of the decision"), max_length=300, blank=True)
    done_on = models.DateField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("request about a deposit")
        verbose_name_plural = _("requests about deposits")
        ordering = ("-id",)
        default_permissions = ("view", "change")
        constraints = (
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="security_deposit_request_positive"),
            models.UniqueConstraint(
                fields=("program_account", "kind"),
                condition=models.Q(state="ASKED"),
                name="security_one_deposit_request",
            ),
        )
        indexes = (
            models.Index(
                fields=("state", "kind"),
                name="security_deposit_request_open",
                condition=models.Q(state__in=("ASKED", "APPROVED")),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return f"DEP-{self.pk:06d}"
