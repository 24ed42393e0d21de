"""The e-mail back end of the portal: libraries that send mail put it into the outbox like everybody else."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import get_language

from core import clock, outbox


class OutboxBackend(BaseEmailBackend):
    """Recipients each get their own row; sending by SMTP is the outbox's business."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            for recipient in mail.recipients():
                outbox.send(
                    to=recipient,
                    language=get_language() or "en",
                    subject=str(mail.subject),
                    body=str(mail.body),
                    category="mail",
                    at=clock.now(),
                )
        return len(email_messages)
