"""The loop that tells the portal again what it did not take, and ends forgotten sessions."""

import logging
import threading
import time

from django.db import close_old_connections
from django.utils import timezone

from counterparts.bank import events, services

logger = logging.getLogger(__name__)
PAUSE_SECONDS = 3.0


def run_once() -> tuple[int, int]:
    now = timezone.now()
    services.expire_old_sessions(at=now)
    return events.deliver_due(at=now)


def run_for_ever(pause: float = PAUSE_SECONDS) -> None:
    while True:
        try:
            run_once()
        except Exception:
            # A database that is locked or not migrated yet must not end the loop.
            logger.exception("delivery failed, trying again")
        close_old_connections()
        time.sleep(pause)


def start_thread() -> None:
    threading.Thread(target=run_for_ever, name="bank-delivery", daemon=True).start()
