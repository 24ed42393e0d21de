"""What people are told inside the portal."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.rules import HOW_LABELS, TOPIC_LABELS, How, Topic

_HOWS = [(how.value, HOW_LABELS[how]) for how in How]


class Digest(models.Model):
    """The one summary that a person got for a day."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("person")
    )
    on = models.DateField(_("day"))
    notice_count = models.PositiveIntegerField(_("notices"))

    class Meta:
        verbose_name = _("summary of a day")
        verbose_name_plural = _("summaries of a day")
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("user", "on"), name="notifications_one_digest_a_day"),)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.on}"


class EmailChoice(models.Model):
    """What a person chose for the e-mail copies of one topic."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("person")
    )
    topic = models.CharField(_("topic"), max_length=12, choices=[(t.value, TOPIC_LABELS[t]) for t in Topic])
    how = models.CharField(_("e-mail copy"), max_length=6, choices=_HOWS)

    class Meta:
        verbose_name = _("choice of e-mail copies")
        verbose_name_plural = _("choices of e-mail copies")
        constraints = (models.UniqueConstraint(fields=("user", "topic"), name="notifications_one_choice_a_topic"),)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.topic} {self.how}"


class Notification(models.Model):
    """One message to one person, written in that person's language when it was made."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="notifications",
        verbose_name=_("person"),
        db_index=False,
    )
    subject = models.CharField(_("subject"), max_length=250)
    body = models.TextField(_("text"))
    category = models.CharField(_("category"), max_length=60)
    link = models.CharField(_("link"), max_length=300, blank=True)
    business_id = models.BigIntegerField(_("business concerned"), null=True, blank=True)
    program_account_id = models.BigIntegerField(_("program account concerned"), null=True, blank=True)
    #: What became of its e-mail copy; one for the summary waits while ``digest`` is empty.
    email_copy = models.CharField(_("e-mail copy"), max_length=6, choices=_HOWS, default=How.NONE.value)
    digest = models.ForeignKey(
        Digest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="notices",
        verbose_name=_("summary"),
        db_index=False,
    )
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
            models.Index(
                fields=("user",),
                condition=models.Q(email_copy="DIGEST", digest__isnull=True),
                name="notifications_for_a_summary",
            ),
            models.Index(
                fields=("digest",), condition=models.Q(digest__isnull=False), name="notifications_of_a_summary"
            ),
        )

    def __str__(self) -> str:
        return self.subject

    @property
    def is_unread(self) -> bool:
        return self.read_at is None

    @property
    def is_inside(self) -> bool:
        """Whether the link is an address of the portal."""
        return self.link.startswith("/")
