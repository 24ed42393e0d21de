"""Credentials, what recovers them, and the count of failed attempts."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _


class Credential(AbstractBaseUser):
    """One person's credential with this provider; a partner's credential belongs to one bank."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        REVOKED = "revoked", _("Revoked")
        EXPIRED = "expired", _("Expired")

    username = models.CharField(max_length=32, unique=True)
    subject = models.CharField(max_length=32, unique=True)
    bank = models.CharField(max_length=40, blank=True)
    first_name = models.CharField(max_length=60, blank=True)
    last_name = models.CharField(max_length=60, blank=True)
    email = models.EmailField(blank=True)
    roles = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    created_at = models.DateTimeField()

    objects = BaseUserManager["Credential"]()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.username

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        return self.state == self.State.ACTIVE


class RecoveryQuestion(models.Model):
    """A question its owner chose, and the hash of the answer."""

    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField()
    question = models.CharField(max_length=30)
    answer = models.CharField(max_length=128)

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=("credential", "position"), name="one_question_a_position"),
            models.UniqueConstraint(fields=("credential", "question"), name="no_question_twice"),
        )

    def __str__(self) -> str:
        return f"{self.credential_id}: {self.question}"


class FailedAttempts(models.Model):
    """Wrong passwords or answers in a row, counted for unknown user names too so that they cannot be told apart."""

    key = models.CharField(max_length=60, unique=True)
    failures = models.PositiveIntegerField(default=0)
    paused_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "failed attempts"

    def __str__(self) -> str:
        return f"{self.key}: {self.failures}"
