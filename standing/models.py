"""Notices sent to overdue accounts: facts. Standing itself is computed, never stored."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import ProgramAccount
from core.fields import MoneyField


class StandingNotice(models.Model):
    """One step taken once for one overdue debt's day."""

    class Step(models.TextChoices):
        WARNING = "WARNING", _("Warning")
        ARREARS = "ARREARS", _("Notice of arrears")
        SUSPENSION = "SUSPENSION", _("Release Prior to Payment suspended")

    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="standing_notices", verbose_name=_("program account")
    )
    step = models.CharField(_("step"), max_length=10, choices=Step)
    last_day_to_pay = models.DateField(_("last day to pay"))
    taken_on = models.DateField(_("taken"))
    overdue = MoneyField(_("overdue"))

    class Meta:
        verbose_name = _("standing notice")
        verbose_name_plural = _("standing notices")
        ordering = ("-taken_on", "-id")
        constraints = (
            models.UniqueConstraint(fields=("program_account", "step", "last_day_to_pay"), name="standing_step_once"),
        )

    def __str__(self) -> str:
        return f"{self.program_account} {self.step}"
