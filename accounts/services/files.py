"""Telling a person that a file they asked for is ready, or could not be made."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from accounts.models import User
from core.lazy import lazy_text
from documents.models import RequestedFile
from notifications.services import notify

READY = gettext_lazy("Your file is ready: %(label)s")
READY_BODY = gettext_lazy("Download it by %(day)s; after that day it is removed.")
FAILED = gettext_lazy("Your file could not be made: %(label)s")
FAILED_BODY = gettext_lazy("Ask for it again. If it fails once more, write to the help desk.")


def tell_of_file(*, file: RequestedFile, label: Any, link: Callable[[], str], at: datetime) -> None:
    """One notification to whoever asked, in their own language, with the page where the file is picked up."""
    is_ready = file.state == RequestedFile.State.READY
    notify(
        recipients=User.objects.filter(pk=file.person_id),
        subject=lazy_text(READY if is_ready else FAILED, label=label),
        body=lazy_text(READY_BODY, day=file.kept_until) if is_ready else FAILED_BODY,
        category="file",
        link=link,
        business_id=file.business_id,
        at=at,
    )
