"""Payment sessions and what the portal is still to be told."""

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
    return_url = models.CharField(max_length=1000)
    language = models.CharField(max_length=2)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CREATED)
    reason = models.CharField(max_length=30, blank=True)
    instrument = models.CharField(max_length=20, blank=True)
    authorization = models.CharField(max_length=12, blank=True)
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


class WebhookDelivery(models.Model):
    """An event for the portal, tried until it is taken or the bank gives up."""

    event_id = models.CharField(max_length=40)
    session = models.ForeignKey(PaymentSession, on_delete=models.CASCADE, related_name="deliveries")
    body = models.TextField()
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True, db_index=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    last_answer = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"

    def __str__(self) -> str:
        return f"{self.event_id}: {self.attempts}"
