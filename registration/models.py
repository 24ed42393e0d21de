"""The wizard's half-filled state, and practice cards for newcomers."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Business, User
from registration.applications.models import Application

__all__ = ["Application", "PracticeCard", "Registration"]


class Registration(models.Model):
    """One person's way through the wizard; what was typed is kept from step to step and after an interruption."""

    class State(models.TextChoices):
        NUMBERS = "NUMBERS", _("Numbers")
        IDENTITY = "IDENTITY", _("Name and address")
        PROOF = "PROOF", _("Proof of past activity")
        TERMS = "TERMS", _("Terms")
        REVIEW = "REVIEW", _("Review and register")
        LOCKED = "LOCKED", _("Locked")
        REGISTERED = "REGISTERED", _("Registered")
        ABANDONED = "ABANDONED", _("Abandoned")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="registrations", verbose_name=_("person"))
    business = models.ForeignKey(
        Business, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("business")
    )
    state = models.CharField(_("step"), max_length=10, choices=State, default=State.NUMBERS)
    bn9 = models.CharField(_("business number"), max_length=9, blank=True)
    rm = models.CharField(_("program account"), max_length=6, blank=True)
    name = models.CharField(_("legal or operating name"), max_length=175, blank=True)
    street = models.CharField(_("street address"), max_length=120, blank=True)
    city = models.CharField(_("city"), max_length=60, blank=True)
    region = models.CharField(_("province or state"), max_length=40, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=12, blank=True)
    #: What stands in the boxes of each step, as it was typed; accepted values are in the columns above.
    typed = models.JSONField(_("typed"), default=dict, blank=True)
    proven_by = models.JSONField(_("proven by"), default=list, blank=True)
    terms_accepted_at = models.DateTimeField(_("terms accepted"), null=True, blank=True)
    error_count = models.PositiveSmallIntegerField(_("errors"), default=0)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    reason = models.CharField(_("officer's reason"), max_length=300, blank=True)
    started_at = models.DateTimeField(_("started"))
    saved_at = models.DateTimeField(_("saved"))

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("user",),
                condition=~models.Q(state__in=("REGISTERED", "ABANDONED")),
                name="registration_one_open_a_person",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("NUMBERS", "LOCKED", "ABANDONED")) | models.Q(business__isnull=False),
                name="registration_names_a_business",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} {self.bn9}"


class PracticeCard(models.Model):
    """An unclaimed business with a history, handed to a newcomer with the papers that answer the questions."""

    business = models.OneToOneField(
        Business, on_delete=models.PROTECT, related_name="practice_card", verbose_name=_("business")
    )
    code = models.CharField(_("code of the card"), max_length=12, unique=True)
    taken_at = models.DateTimeField(_("taken"), null=True, blank=True)

    class Meta:
        verbose_name = _("practice card")
        verbose_name_plural = _("practice cards")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.code} {self.business}"
