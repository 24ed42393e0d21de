"""Payments from their start to their receipt; the money itself stands in the book."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Business, ProgramAccount
from core.fields import MoneyField


class Payment(models.Model):
    """One payment by one method; its reference is the idempotent key at the bank and in the book."""

    class Method(models.TextChoices):
        CREDIT_CARD = "CREDIT_CARD", _("Credit card")
        DEBIT_CARD = "DEBIT_CARD", _("Debit card")
        PRE_AUTHORIZED = "PRE_AUTHORIZED", _("Pre-authorized debit")
        BILL_PAYMENT = "BILL_PAYMENT", _("Online bill payment")
        CHEQUE = "CHEQUE", _("Cheque")
        COUNTER = "COUNTER", _("Payment at the counter")

    class Purpose(models.TextChoices):
        DEBT = "DEBT", _("Amounts owed")
        DEPOSIT = "DEPOSIT", _("Security deposit")

    class State(models.TextChoices):
        STARTED = "STARTED", _("Started")
        AT_BANK = "AT_BANK", _("At the bank")
        RECEIVED = "RECEIVED", _("Received")
        DECLINED = "DECLINED", _("Declined")
        CANCELLED = "CANCELLED", _("Cancelled")
        RETURNED = "RETURNED", pgettext_lazy("payment", "Returned")

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="payments", verbose_name=_("program account")
    )
    payer = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="payments_made", verbose_name=_("paid by")
    )
    person = models.CharField(_("person"), max_length=200, blank=True)
    user_id = models.BigIntegerField(_("person's number"), null=True, blank=True)
    amount = MoneyField(_("amount"))
    method = models.CharField(_("method"), max_length=16, choices=Method)
    purpose = models.CharField(_("purpose"), max_length=8, choices=Purpose, default=Purpose.DEBT)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.STARTED)
    bank_session = models.CharField(_("session at the bank"), max_length=64, blank=True)
    bank_address = models.CharField(_("page at the bank"), max_length=300, blank=True)
    return_address = models.CharField(_("page to return to"), max_length=300, blank=True)
    reason = models.CharField(_("reason"), max_length=60, blank=True)
    started_at = models.DateTimeField(_("started"))
    received_at = models.DateTimeField(_("received"), null=True, blank=True)
    cycle_start = models.DateField(_("billing cycle"))
    # A form or call sent twice makes one payment: the hash of its one-time key and of what it asks for; for what came
    # on paper its number and program account, for a bill payment its number at the bank.
    form_key = models.CharField(_("one-time key of the form"), max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ("-id",)
        constraints = (models.CheckConstraint(condition=models.Q(amount__gt=0), name="payments_amount_positive"),)
        indexes = (
            models.Index(fields=("program_account", "-id"), name="payments_by_account"),
            models.Index(
                fields=("state",), condition=models.Q(state__in=("STARTED", "AT_BANK")), name="payments_under_way"
            ),
        )

    def __str__(self) -> str:
        return self.reference

    #: What a person or their software may choose at the portal.
    ONLINE = (Method.CREDIT_CARD, Method.DEBIT_CARD)
    #: What an officer enters, with the number of its paper.
    ON_PAPER = (Method.CHEQUE, Method.COUNTER)

    @property
    def entry_key(self) -> str:
        if self.method in self.ON_PAPER:
            return self.form_key or ""
        return f"deposit:{self.reference}" if self.is_deposit else f"payment:{self.reference}"

    @property
    def paper_number(self) -> str:
        """The number on a cheque or a counter's receipt; empty for other payments.

        Its key says it: ``cheque:NUMBER:ACCOUNT`` or ``counter:NUMBER:ACCOUNT``.
        """
        if self.method not in self.ON_PAPER:
            return ""
        return (self.form_key or "").partition(":")[2].rpartition(":")[0]

    @property
    def is_deposit(self) -> bool:
        return self.purpose == self.Purpose.DEPOSIT

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.STARTED, self.State.AT_BANK)
