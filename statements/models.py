"""Issued billing documents and the interest charged: frozen once made."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import ProgramAccount
from core.fields import MoneyField
from core.money import ZERO


class Statement(models.Model):
    """A statement of account of one program account and billing period; boxes, cut-off, count and hash are frozen."""

    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="statements", verbose_name=_("program account")
    )
    period_start = models.DateField(_("period from"))
    period_end = models.DateField(_("period to"))
    statement_on = models.DateField(_("statement date"))
    posted_since = models.DateField(_("postings from"))
    posted_upto = models.DateField(_("postings to"))
    payment_due_on = models.DateField(_("payment due"))
    last_day_to_pay = models.DateField(_("last day to pay"))
    box_a = MoneyField(_("A, previous balance"), default=ZERO)
    box_b = MoneyField(_("B, corrections to it"), default=ZERO)
    box_c = MoneyField(_("C, payments received"), default=ZERO)
    box_d = MoneyField(_("D, disbursements"), default=ZERO)
    box_e = MoneyField(_("E, interest and penalties"), default=ZERO)
    box_f = MoneyField(_("F, charges of the period"), default=ZERO)
    box_g = MoneyField(_("G, credits of the period"), default=ZERO)
    box_h = MoneyField(_("H, total payable"), default=ZERO)
    entry_count = models.PositiveIntegerField(_("entries behind it"), default=0)
    seal = models.CharField(_("hash of the entries"), max_length=64, blank=True)
    issued_at = models.DateTimeField(_("issued"))
    read_at = models.DateTimeField(_("first opened"), null=True, blank=True)

    class Meta:
        verbose_name = _("statement of account")
        verbose_name_plural = _("statements of account")
        ordering = ("-statement_on", "-id")
        constraints = (
            models.UniqueConstraint(fields=("program_account", "period_end"), name="statements_once_a_period"),
            models.CheckConstraint(
                condition=models.Q(
                    box_h=models.F("box_a")
                    + models.F("box_b")
                    + models.F("box_c")
                    + models.F("box_d")
                    + models.F("box_e")
                    + models.F("box_f")
                    + models.F("box_g")
                ),
                name="statements_boxes_add_up",
            ),
        )

    def __str__(self) -> str:
        return f"{self.program_account} {self.statement_on:%Y-%m-%d}"


class DailyNotice(models.Model):
    """The notice of one day's postings on a program account; made only when there were any."""

    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="daily_notices", verbose_name=_("program account")
    )
    notice_on = models.DateField(_("date"))
    posted_since = models.DateField(_("postings from"))
    posted_upto = models.DateField(_("postings to"))
    entry_count = models.PositiveIntegerField(_("entries"))
    charges = MoneyField(_("charged"), default=ZERO)
    credits = MoneyField(_("credited and paid"), default=ZERO)
    issued_at = models.DateTimeField(_("issued"))

    class Meta:
        verbose_name = _("daily notice")
        verbose_name_plural = _("daily notices")
        ordering = ("-notice_on", "-id")
        constraints = (
            models.UniqueConstraint(fields=("program_account", "notice_on"), name="statements_one_notice_a_day"),
        )

    def __str__(self) -> str:
        return f"{self.program_account} {self.notice_on:%Y-%m-%d}"


class InterestCharge(models.Model):
    """One part of an interest entry: principal, days and rate, kept so that the amount can be explained."""

    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="interest_charges", verbose_name=_("program account")
    )
    entry_key = models.CharField(_("entry in the book"), max_length=200)
    item_id = models.BigIntegerField(_("late item"), db_index=True)
    item_source = models.CharField(_("late document"), max_length=100)
    due_on = models.DateField(_("was due"))
    last_day_to_pay = models.DateField(_("last day to pay"))
    principal = MoneyField(_("what was late"))
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("through"))
    days = models.PositiveIntegerField(_("days"))
    rate = models.DecimalField(_("yearly rate of the last day"), max_digits=8, decimal_places=6)
    rate_count = models.PositiveSmallIntegerField(_("rates in these days"), default=1)
    rate_is_illustrative = models.BooleanField(_("illustrative rate"), default=False)
    is_prescribed = models.BooleanField(_("prescribed rate"), default=False)
    amount = MoneyField(_("interest"))
    posted_on = models.DateField(_("posted"))

    class Meta:
        verbose_name = _("interest charge")
        verbose_name_plural = _("interest charges")
        ordering = ("-posted_on", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("item_id", "first_day", "last_day", "principal", "posted_on"), name="statements_interest_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.item_source} {self.amount}"
