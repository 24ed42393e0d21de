"""What happens to notices: people are told, choose their e-mail copies, and get a summary a day."""

from notifications.services.choices import choose_copies
from notifications.services.digest import digest_chunk, run_digest
from notifications.services.telling import (
    Draft,
    Recipient,
    Untold,
    mark_all_read,
    mark_read,
    notify,
    notify_by_query,
    notify_many,
    notify_without_copies,
)

__all__ = [
    "Draft",
    "Recipient",
    "Untold",
    "choose_copies",
    "digest_chunk",
    "mark_all_read",
    "mark_read",
    "notify",
    "notify_by_query",
    "notify_many",
    "notify_without_copies",
    "run_digest",
]
