"""What was done about overdue accounts: facts. Standing itself is computed, never stored."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import ProgramAccount
from core.fields import MoneyField


class StandingNotice(models.Model):
    """One step taken once for one unpaid debt's day."""

    class Step(models.TextChoices):
        REMINDER = "REMINDER", _("Reminder")
        WARNING = "WARNING", _("Warning")
        ARREARS = "ARREARS", _("Notice of arrears")
        COLLECTIONS = "COLLECTIONS", _("Transferred for collection")
        SUSPENSION = "SUSPENSION", _("Release Prior to Payment suspended")
        ENFORCEMENT = "ENFORCEMENT", _("Set-off and court possible")

    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="standing_notices", verbose_name=_("program account")
    )
    step = models.CharField(_("step"), max_length=12, choices=Step)
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


class Hold(models.Model):
    """Steps held back by an officer, with the reason; from one day, until another or until ended."""

    class Ground(models.TextChoices):
        DISCRETION = "DISCRETION", _("Officer's discretion")
        APPEAL = "APPEAL", _("Appeal before the Federal Court")

    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="standing_holds", verbose_name=_("program account")
    )
    ground = models.CharField(_("ground"), max_length=10, choices=Ground)
    reason = models.CharField(_("reason"), max_length=300)
    starts_on = models.DateField(_("since"))
    #: The last day on which it holds; open where there is none.
    until = models.DateField(_("until"), null=True, blank=True)
    #: The first day on which it no longer holds.
    ended_on = models.DateField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("program_account",), condition=models.Q(ended_on=None), name="standing_one_hold"
            ),
        )

    def __str__(self) -> str:
        return f"{self.program_account} {self.ground}"


class Arrangement(models.Model):
    """Overdue amounts paid in instalments, as an officer agreed; steps pause while it is kept."""

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", _("Kept so far")
        KEPT = "KEPT", _("Paid in full")
        BROKEN = "BROKEN", _("Broken")
        ENDED = "ENDED", _("Ended by an officer")

    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="arrangements", verbose_name=_("program account")
    )
    total = MoneyField(_("total"))
    agreed_on = models.DateField(_("agreed"))
    reason = models.CharField(_("reason"), max_length=300)
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.ACTIVE)
    ended_on = models.DateField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment arrangement")
        verbose_name_plural = _("payment arrangements")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("program_account",), condition=models.Q(state="ACTIVE"), name="standing_one_arrangement"
            ),
        )

    def __str__(self) -> str:
        return f"{self.program_account} {self.state}"


class Instalment(models.Model):
    """One part of an arrangement and its day."""

    arrangement = models.ForeignKey(
        Arrangement, on_delete=models.PROTECT, related_name="instalments", verbose_name=_("payment arrangement")
    )
    due_on = models.DateField(_("due"))
    amount = MoneyField(_("amount"))

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        ordering = ("due_on",)
        constraints = (models.UniqueConstraint(fields=("arrangement", "due_on"), name="standing_instalment_day"),)

    def __str__(self) -> str:
        return f"{self.due_on} {self.amount}"
