"""The embedded broker: kombu's messages as files, each of which is there whole or not at all.

Kombu creates a message's file first and writes into it afterwards. A worker that looks in between, or after a process
was ended there, reads an empty file and stops with an error. Named in ``CELERY_BROKER_TRANSPORT``.
"""

import json
import os
import time
import uuid
from queue import Empty
from typing import Any

import structlog
from kombu.transport import filesystem
from kombu.utils.json import dumps

log = structlog.get_logger(__name__)
#: How often, and after how many seconds, a table of queues is read again that somebody is writing just now.
TRIES, PAUSE = 20, 0.05


class Channel(filesystem.Channel):
    """Kombu's channel over a folder, with messages that appear under their names only when they are whole."""

    def _put(self, queue: str, payload: dict[str, Any], **_kwargs: Any) -> None:  # type: ignore[override]
        name = f"{time.monotonic_ns() // 1_000_000}_{uuid.uuid4()}"
        part = os.path.join(self.data_folder_out, f"{name}.part")
        with open(part, "w", encoding="utf-8") as file:
            file.write(dumps(payload))
        os.rename(part, os.path.join(self.data_folder_out, f"{name}.{queue}.msg"))

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        """The next message; one that cannot be read is passed over: the rows of the jobs say what is still to do."""
        while True:
            try:
                payload: dict[str, Any] = super()._get(queue)
            except json.JSONDecodeError:
                log.warning("unreadable_message", queue=queue)
                continue
            return payload

    def get_table(self, exchange: str) -> list[Any]:
        for _attempt in range(TRIES):
            try:
                return list(super().get_table(exchange))
            except json.JSONDecodeError:
                time.sleep(PAUSE)
        raise Empty


class Transport(filesystem.Transport):
    """As kombu's ``filesystem://``."""

    Channel = Channel
