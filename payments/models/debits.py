"""Pre-authorized debits: agreements version by version, what was taken by them, the files to and from the bank."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import ProgramAccount
from core.fields import MoneyField
from payments.models.payment import Payment
from statements.models import Statement


class DebitAgreement(models.Model):
    """One version of the permission to take the statement's total from a bank account; the number itself stays there.

    ``since`` is the day of the first version of an unbroken line: a change of banking details starts no new waiting.
    """

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", _("Active")
        AMENDED = "AMENDED", _("Changed")
        CANCELLED = "CANCELLED", _("Cancelled")
        RETURNED = "RETURNED", _("Ended by the bank")

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="debit_agreements", verbose_name=_("program account")
    )
    version = models.PositiveIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.ACTIVE)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    holder = models.CharField(_("account holder"), max_length=100)
    institution = models.CharField(_("institution number"), max_length=3)
    transit = models.CharField(_("transit number"), max_length=5)
    masked_account = models.CharField(_("account, last digits"), max_length=20)
    mandate = models.CharField(_("mandate at the bank"), max_length=64)
    terms_version = models.CharField(_("version of the terms"), max_length=10)
    certified_at = models.DateTimeField(_("certified"))
    certified_by = models.CharField(_("certified by"), max_length=200)
    since = models.DateField(_("in force since"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    is_ended_at_bank = models.BooleanField(_("ended at the bank"), default=False)
    brokers_told_at = models.DateTimeField(_("third parties told"), null=True, blank=True)

    class Meta:
        verbose_name = _("pre-authorized debit agreement")
        verbose_name_plural = _("pre-authorized debit agreements")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("program_account",), condition=Q(state="ACTIVE"), name="payments_one_debit_agreement"
            ),
            models.UniqueConstraint(fields=("program_account", "version"), name="payments_debit_agreement_version"),
        )

    def __str__(self) -> str:
        return self.reference


class DebitFile(models.Model):
    """A list of debits for the bank; sent again under the same reference until the bank has taken it."""

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    on = models.DateField(_("day"))
    bank_id = models.CharField(_("the bank's number"), max_length=64, blank=True)
    debit_count = models.PositiveIntegerField(_("debits"))
    total = MoneyField(_("total"))
    refused_count = models.PositiveIntegerField(_("refused"), default=0)
    tries = models.PositiveIntegerField(_("tries"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("debit file")
        verbose_name_plural = _("debit files")
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.reference


class Debit(models.Model):
    """What is taken for one statement: announced, sent on its day, paid or returned; a second try is a row more."""

    class State(models.TextChoices):
        ANNOUNCED = "ANNOUNCED", _("Announced")
        SENT = "SENT", _("At the bank")
        PAID = "PAID", _("Paid")
        RETURNED = "RETURNED", pgettext_lazy("payment", "Returned")
        DROPPED = "DROPPED", _("Not taken")

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="debits", verbose_name=_("program account")
    )
    statement = models.ForeignKey(
        Statement, on_delete=models.PROTECT, related_name="debits", verbose_name=_("statement of account")
    )
    presentation = models.PositiveSmallIntegerField(_("try"), default=1)
    agreement = models.ForeignKey(
        DebitAgreement, on_delete=models.PROTECT, related_name="debits", verbose_name=_("agreement")
    )
    amount = MoneyField(_("amount"))
    due_on = models.DateField(_("taken on"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.ANNOUNCED)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    announced_at = models.DateTimeField(_("announced"))
    file = models.ForeignKey(
        DebitFile, on_delete=models.PROTECT, related_name="debits", null=True, blank=True, verbose_name=_("debit file")
    )
    payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, related_name="debit", null=True, blank=True, verbose_name=_("payment")
    )

    class Meta:
        verbose_name = _("pre-authorized debit")
        verbose_name_plural = _("pre-authorized debits")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("statement", "presentation"), name="payments_debits_once_a_try"),
        )
        indexes = (models.Index(fields=("due_on",), condition=Q(state="ANNOUNCED"), name="payments_debits_waiting"),)

    def __str__(self) -> str:
        return self.reference


class ReturnFile(models.Model):
    """What the bank tells of one business day; its row is there before the file is, so that no day is forgotten."""

    day = models.DateField(_("day"), unique=True)
    fetched_at = models.DateTimeField(_("fetched"), null=True, blank=True)
    entry_count = models.PositiveIntegerField(_("entries"), default=0)

    class Meta:
        verbose_name = _("return file")
        verbose_name_plural = _("return files")
        ordering = ("-day",)

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


class BankEntry(models.Model):
    """One line of a return file and what became of it here."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        DONE = "DONE", _("Done")
        OPEN = "OPEN", _("For an officer")

    bank_id = models.CharField(_("the bank's number"), max_length=64, unique=True)
    file = models.ForeignKey(
        ReturnFile, on_delete=models.PROTECT, related_name="entries", verbose_name=_("return file")
    )
    kind = models.CharField(_("kind"), max_length=40)
    reference = models.CharField(_("reference"), max_length=64)
    amount = MoneyField(_("amount"))
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    payee = models.CharField(_("account named"), max_length=40, blank=True)
    payer = models.CharField(_("paid by"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    note = models.CharField(_("what an officer did about it"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("entry of a return file")
        verbose_name_plural = _("entries of return files")
        ordering = ("id",)
        indexes = (models.Index(fields=("state",), condition=~Q(state="DONE"), name="payments_entries_open"),)

    def __str__(self) -> str:
        return self.bank_id
