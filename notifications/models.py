"""What people are told inside the portal."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Notification(models.Model):
    """One message to one person, written in that person's language when it was made."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notifications", verbose_name=_("person")
    )
    subject = models.CharField(_("subject"), max_length=250)
    body = models.TextField(_("text"))
    category = models.CharField(_("category"), max_length=60)
    link = models.CharField(_("link"), max_length=300, blank=True)
    business_id = models.BigIntegerField(_("business concerned"), null=True, blank=True)
    program_account_id = models.BigIntegerField(_("program account concerned"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("user", "-id"), name="notifications_of_person"),
            models.Index(
                fields=("user",), condition=models.Q(read_at__isnull=True), name="notifications_unread_of_person"
            ),
            models.Index(
                fields=("program_account_id", "-id"),
                condition=models.Q(program_account_id__isnull=False),
                name="notifications_of_account",
            ),
        )

    def __str__(self) -> str:
        return self.subject

    @property
    def is_unread(self) -> bool:
        return self.read_at is None
