"""What the bank keeps: payment sessions, mandates and debits, bills, the lines of each day, and what is to be told."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PaymentSession(models.Model):
    """One payment the portal asked for; it is captured once or never."""

    class State(models.TextChoices):
        CREATED = "CREATED", _("Created")
        APPROVED = "APPROVED", _("Approved")
        DECLINED = "DECLINED", _("Declined")
        CANCELLED = "CANCELLED", _("Cancelled")

    class Method(models.TextChoices):
        CARD = "card", _("Credit card")
        DEBIT = "debit", _("Debit")

    id = models.CharField(primary_key=True, max_length=40)
    reference = models.CharField(max_length=64, unique=True)
    amount_cents = models.BigIntegerField()
    method = models.CharField(max_length=5, choices=Method.choices)
    payee = models.CharField(max_length=15)
    on = models.DateField(null=True, blank=True)
    return_url = models.CharField(max_length=1000)
    language = models.CharField(max_length=2)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CREATED)
    reason = models.CharField(max_length=30, blank=True)
    instrument = models.CharField(max_length=20, blank=True)
    authorization = models.CharField(max_length=12, blank=True)
    codes_left = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(amount_cents__gt=0), name="amount_above_zero"),
            models.CheckConstraint(
                condition=models.Q(state="CREATED") | models.Q(decided_at__isnull=False), name="decided_has_time"
            ),
        )

    def __str__(self) -> str:
        return f"{self.reference}: {self.state}"


class Mandate(models.Model):
    """The permission to debit an account; of the account number only the last four digits are kept."""

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", _("Active")
        REFUSED = "REFUSED", _("Refused")
        CANCELLED = "CANCELLED", _("Cancelled")
        REVOKED = "REVOKED", _("Revoked")

    id = models.CharField(primary_key=True, max_length=40)
    reference = models.CharField(max_length=64, unique=True)
    content = models.CharField(max_length=64)
    holder = models.CharField(max_length=120)
    account = models.CharField(max_length=8)
    payee = models.CharField(max_length=15)
    behaviour = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=State.choices)
    reason = models.CharField(max_length=30, blank=True)
    on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.reference}: {self.state}"


class DebitFile(models.Model):
    """A list of debits as it was handed in; what was refused of it is kept as it was answered."""

    id = models.CharField(primary_key=True, max_length=40)
    reference = models.CharField(max_length=64, unique=True)
    content = models.CharField(max_length=64)
    on = models.DateField()
    accepted_count = models.PositiveIntegerField()
    refused = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.reference}: {self.accepted_count}"


class Debit(models.Model):
    """One accepted debit; the lines planned for it say what becomes of it."""

    file = models.ForeignKey(DebitFile, on_delete=models.CASCADE, related_name="debits")
    reference = models.CharField(max_length=64, unique=True)
    mandate = models.ForeignKey(Mandate, on_delete=models.CASCADE, related_name="debits")
    amount_cents = models.BigIntegerField()
    due_on = models.DateField()

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(amount_cents__gt=0), name="debit_above_zero"),)

    def __str__(self) -> str:
        return self.reference


class BillPayment(models.Model):
    """A payer's own payment to an account number; ``once`` makes a form sent twice one payment."""

    id = models.CharField(primary_key=True, max_length=40)
    once = models.CharField(max_length=64, unique=True)
    payee = models.CharField(max_length=15)
    payer = models.CharField(max_length=120)
    amount_cents = models.BigIntegerField()
    on = models.DateField()

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(amount_cents__gt=0), name="bill_above_zero"),)

    def __str__(self) -> str:
        return self.id


class ReturnEntry(models.Model):
    """A line of a day's file: ``on`` is the day it happens, ``reported_on`` the day whose file has it, if any."""

    id = models.BigAutoField(primary_key=True)
    public_id = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=30)
    reference = models.CharField(max_length=64)
    amount_cents = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=30, blank=True)
    payee = models.CharField(max_length=15, blank=True)
    payer = models.CharField(max_length=120, blank=True)
    on = models.DateField()
    reported_on = models.DateField(null=True, blank=True, db_index=True)
    debit = models.ForeignKey(Debit, null=True, blank=True, on_delete=models.CASCADE, related_name="entries")

    class Meta:
        verbose_name_plural = "return entries"
        constraints = (models.UniqueConstraint(fields=("kind", "reference"), name="happens_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.reference} {self.on}"


class ReportedDay(models.Model):
    """A business day whose file was asked for; nothing is added to it afterwards."""

    day = models.DateField(primary_key=True)

    def __str__(self) -> str:
        return str(self.day)


class WebhookDelivery(models.Model):
    """An event for the portal, tried until it is taken or the bank gives up."""

    event_id = models.CharField(max_length=40)
    kind = models.CharField(max_length=30, blank=True)
    reference = models.CharField(max_length=64, blank=True)
    body = models.TextField()
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True, db_index=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    last_answer = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"

    def __str__(self) -> str:
        return f"{self.event_id}: {self.attempts}"
