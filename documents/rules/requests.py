"""Files that people ask for: how long one is kept, and when two requests ask for the same. Pure.

That a large file is made aside, told by a message and kept for ten days is what other revenue portals do (assumed).
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

#: How many days a file is kept after the day on which it was made.
KEPT_DAYS = 10
#: After so many tries that did not end the file is given up.
MOST_TRIES = 3


class RequestState(StrEnum):
    """Where a file stands that somebody asked for."""

    REQUESTED = "REQUESTED"
    READY = "READY"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"


#: From each state, where a request may go next. Only a ready one has bytes.
NEXT: dict[RequestState, frozenset[RequestState]] = {
    RequestState.REQUESTED: frozenset({RequestState.READY, RequestState.FAILED}),
    RequestState.READY: frozenset({RequestState.EXPIRED}),
    RequestState.FAILED: frozenset(),
    RequestState.EXPIRED: frozenset(),
}


def can_become(state: str, following: RequestState) -> bool:
    return following in NEXT[RequestState(state)]


def kept_until(ready_on: date) -> date:
    """The last day on which a file can be downloaded."""
    return ready_on + timedelta(days=KEPT_DAYS)


def is_kept(last_day: date | None, *, on: date) -> bool:
    """Whether a file that was made may still be downloaded, also before the job has removed it."""
    return last_day is not None and on <= last_day


def is_given_up(tries: int) -> bool:
    return tries >= MOST_TRIES


def digest_of(parameters: Mapping[str, Any], language: str) -> str:
    """The same for two requests that ask for the same: the same questions, in whatever order, in one language."""
    written = json.dumps([language, parameters], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(written.encode()).hexdigest()
