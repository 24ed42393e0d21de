"""How an account wants its credits used, and what it asked to have paid back."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import ProgramAccount
from core.fields import MoneyField
from payments.credits.rules import RefundState
from payments.rules import Preference


class OffsettingPreference(models.Model):
    """The method a program account chose; without a row the oldest debt comes first."""

    program_account = models.OneToOneField(
        ProgramAccount, on_delete=models.PROTECT, related_name="offsetting", verbose_name=_("program account")
    )
    method = models.CharField(_("offsetting method"), max_length=17, choices=Preference)
    chosen_at = models.DateTimeField(_("chosen"))
    chosen_by = models.CharField(_("chosen by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("offsetting preference")
        verbose_name_plural = _("offsetting preferences")

    def __str__(self) -> str:
        return f"{self.program_account_id}: {self.method}"


class RefundRequest(models.Model):
    """An importer asks for credit back; an officer decides. The money stands in the book once it is approved."""

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="refund_requests", verbose_name=_("program account")
    )
    amount = MoneyField(_("amount"))
    state = models.CharField(_("state"), max_length=9, choices=RefundState, default=RefundState.REQUESTED)
    requested_at = models.DateTimeField(_("asked for"))
    requested_by = models.CharField(_("asked for by"), max_length=200, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    paid_at = models.DateTimeField(_("paid out"), null=True, blank=True)
    reason = models.CharField(_("reason of the decision"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("refund request")
        verbose_name_plural = _("refund requests")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payments_refund_positive"),
            models.UniqueConstraint(
                fields=("program_account",), condition=models.Q(state="REQUESTED"), name="payments_one_refund_asked"
            ),
        )

    def __str__(self) -> str:
        return self.reference
