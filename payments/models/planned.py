"""What a broker said it will pay for a client."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Business, ProgramAccount
from core.fields import MoneyField
from core.money import ZERO


class PlannedPayment(models.Model):
    """A service provider's word that it pays so much for its client by a day; no money moves by it."""

    class State(models.TextChoices):
        ANNOUNCED = "ANNOUNCED", _("Announced")
        PAID = "PAID", _("Paid")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="planned_payments", verbose_name=_("program account")
    )
    payer = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="payments_planned", verbose_name=_("pays")
    )
    amount = MoneyField(_("amount"))
    paid = MoneyField(_("paid so far"), default=ZERO)
    planned_on = models.DateField(_("planned for"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ANNOUNCED)
    person = models.CharField(_("person"), max_length=200, blank=True)
    announced_at = models.DateTimeField(_("announced"))

    class Meta:
        verbose_name = _("planned payment")
        verbose_name_plural = _("planned payments")
        ordering = ("planned_on", "id")
        constraints = (
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payments_planned_positive"),
            models.CheckConstraint(
                condition=models.Q(paid__gte=0) & models.Q(paid__lte=models.F("amount")), name="payments_planned_paid"
            ),
        )
        indexes = (
            models.Index(
                fields=("program_account", "planned_on"),
                condition=models.Q(state="ANNOUNCED"),
                name="payments_planned_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.payer_id} {self.amount} {self.planned_on}"

    @property
    def still_to_come(self) -> Decimal:
        """What may be counted on, in dollars: nothing of what was withdrawn."""
        return self.left if self.state == self.State.ANNOUNCED else ZERO

    @property
    def left(self) -> Decimal:
        """What is not paid of it, in dollars."""
        return self.amount - self.paid
