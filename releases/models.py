"""Requests to release goods and what was decided."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Business, ProgramAccount
from core.fields import MoneyField
from reference.rules.billing import Stream


class NumberSeries(models.Model):
    """The last sequence given out under a filer's account security number, or of those numbers themselves (ASEC)."""

    prefix = models.CharField(_("account security number"), max_length=5, primary_key=True)
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")

    def __str__(self) -> str:
        return f"{self.prefix}: {self.last}"


class Release(models.Model):
    """One request and its decision, stored whichever way it went; what is due after it is fixed here as dates."""

    class Kind(models.TextChoices):
        PARS = "PARS", _("PARS, before arrival")
        RMD = "RMD", _("RMD, minimum documentation")
        IID = "IID", _("Integrated Import Declaration")
        CTYPE = "CTYPE", _("C-type, paid at the port")

    class BillingStream(models.TextChoices):
        RPP = Stream.RPP.value, _("From the 18th to the 17th")
        COURIER = Stream.COURIER.value, _("Courier low value, by calendar month")
        CSA_MONTH = Stream.CSA_MONTH.value, _("Customs self assessment, by calendar month")
        CSA_PERIOD = Stream.CSA_PERIOD.value, _("Customs self assessment, from the 18th to the 17th")
        CONTINUOUS = Stream.CONTINUOUS.value, _("Continuous transmission, by calendar month")
        AT_RELEASE = Stream.AT_RELEASE.value, _("Paid at release")

    class State(models.TextChoices):
        RELEASED = "RELEASED", _("Released")
        REFUSED = "REFUSED", _("Refused")
        AT_PORT = "AT_PORT", _("Waiting for payment at the port")

    class Refusal(models.TextChoices):
        NOT_REGISTERED = "NOT_REGISTERED", _("The importer is not registered")
        NO_DELEGATION = "NO_DELEGATION", _("The importer has not given you access")
        ACCOUNT_CLOSED = "ACCOUNT_CLOSED", _("The program account is closed")
        EXPORTER_ONLY = "EXPORTER_ONLY", _("The program account is for export only")
        NO_RPP = "NO_RPP", _("No Release Prior to Payment")

    transaction_number = models.CharField(_("transaction number"), max_length=14, unique=True)
    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, null=True, related_name="releases", verbose_name=_("program account")
    )
    asked_for = models.CharField(_("program account asked for"), max_length=15)
    submitter = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="releases_requested", verbose_name=_("submitted by")
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    stream = models.CharField(_("billing"), max_length=10, choices=BillingStream, default=BillingStream.RPP)
    cargo_control_number = models.CharField(_("cargo control number"), max_length=25)
    office = models.CharField(_("office"), max_length=4)
    goods = models.CharField(_("goods"), max_length=200)
    estimated_value = MoneyField(_("estimated value"))
    state = models.CharField(_("state"), max_length=8, choices=State)
    refusal = models.CharField(_("reason"), max_length=15, choices=Refusal, blank=True)
    requested_at = models.DateTimeField(_("requested"))
    released_on = models.DateField(_("released"), null=True, blank=True)
    accounting_due_on = models.DateField(_("account for the goods by"), null=True, blank=True)
    payment_due_on = models.DateField(_("payment due"), null=True, blank=True)
    last_day_to_pay = models.DateField(_("last day to pay"), null=True, blank=True)
    accounted_on = models.DateField(_("accounted for"), null=True, blank=True)
    requested_by = models.CharField(_("person"), max_length=200, blank=True)
    overdue_notice_on = models.DateField(_("overdue notice sent"), null=True, blank=True)
    penalty_decided_on = models.DateField(_("late accounting penalty decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("program_account", "-id"), name="releases_by_account"),
            models.Index(fields=("submitter", "-id"), name="releases_by_submitter"),
            models.Index(
                fields=("accounting_due_on",),
                condition=models.Q(state="RELEASED", accounted_on__isnull=True),
                name="releases_to_account_for",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("submitter", "cargo_control_number"),
                condition=models.Q(state__in=("RELEASED", "AT_PORT")),
                name="releases_cargo_once",
            ),
        )

    def __str__(self) -> str:
        return self.transaction_number
