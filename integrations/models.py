"""Software of sureties: its credentials, the calls it made, and the events delivered to it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Business
from security.models import SuretyEvent


class SuretyClient(models.Model):
    """One credential of a surety's software. The secret is kept by the OAuth2 provider, and there only as a hash."""

    client_id = models.CharField(_("client identifier"), max_length=100, unique=True)
    surety = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="software_clients", verbose_name=_("surety")
    )
    name = models.CharField(_("name"), max_length=100)
    scopes = models.JSONField(_("scopes"), default=list)
    issued_at = models.DateTimeField(_("issued"))
    issued_by = models.CharField(_("issued by"), max_length=200, blank=True)
    rotated_at = models.DateTimeField(_("secret changed"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    hook_url = models.URLField(_("address for events"), max_length=300, blank=True)
    hook_since = models.DateTimeField(_("address since"), null=True, blank=True)

    class Meta:
        verbose_name = _("credential of a surety")
        verbose_name_plural = _("credentials of sureties")
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name

    @property
    def is_in_force(self) -> bool:
        return self.revoked_at is None


class ApiCall(models.Model):
    """One call of a client: what was asked and how it was answered, never what it said."""

    client = models.ForeignKey(SuretyClient, on_delete=models.CASCADE, related_name="calls", verbose_name=_("client"))
    called_at = models.DateTimeField(_("called"), db_index=True)
    method = models.CharField(_("method"), max_length=8)
    path = models.CharField(_("path"), max_length=200)
    status = models.PositiveSmallIntegerField(_("status"))
    code = models.CharField(_("code"), max_length=60, blank=True)
    request_id = models.CharField(_("request"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("call of software")
        verbose_name_plural = _("calls of software")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Delivery(models.Model):
    """An event on its way to a client's address, with every attempt counted."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        DELIVERED = "DELIVERED", _("Delivered")
        GIVEN_UP = "GIVEN_UP", _("Given up")

    client = models.ForeignKey(
        SuretyClient, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("client"), db_index=False
    )
    event = models.ForeignKey(SuretyEvent, on_delete=models.CASCADE, related_name="+", verbose_name=_("event"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=300, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)

    class Meta:
        verbose_name = _("delivery of an event")
        verbose_name_plural = _("deliveries of events")
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("client", "event"), name="integrations_delivered_once"),)
        indexes = (models.Index(fields=("state", "next_attempt_at"), name="integrations_waiting"),)

    def __str__(self) -> str:
        return f"{self.event_id} → {self.client_id}"
