"""How the portal calls the bank: a time limit, a second try where the first did not reach it, one kind of failure."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, TypeVar

from django.conf import settings
from django.utils.translation import gettext as _

from core.errors import Unavailable

TIME_LIMIT = 5.0
#: A list of thousands of debits takes the bank longer than one payment.
FILE_TIME_LIMIT = 60.0
TRIES = 2
PAUSE = 0.2
Answer = TypeVar("Answer")


def call(
    method: str,
    path: str,
    body: dict[str, Any] | None,
    *,
    read: Callable[[dict[str, Any]], Answer],
    limit: float = TIME_LIMIT,
) -> Answer:
    """One answer of the bank, read by ``read``; whatever goes wrong is ``Unavailable``.

    A call that did not get through is tried once more: each is idempotent by its reference. One that took too long is
    not, for a person is waiting.
    """
    try:
        return read(_answer(method, path, body, limit))
    except (OSError, HTTPException, ValueError, KeyError, TypeError, ArithmeticError) as problem:
        raise Unavailable(
            _("The practice bank does not answer now. Nothing was lost. Try again in a minute."),
            code="bank_unavailable",
        ) from problem


def _answer(method: str, path: str, body: dict[str, Any] | None, limit: float) -> dict[str, Any]:
    request = urllib.request.Request(
        settings.BANK_URL + path,
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {settings.COUNTERPART_SECRET}"},
    )
    for _attempt in range(TRIES - 1):
        try:
            return _sent(request, limit)
        except urllib.error.HTTPError as refusal:
            if refusal.code != 503:
                raise
        except urllib.error.URLError as problem:
            if isinstance(problem.reason, TimeoutError):
                raise
        except ConnectionError:
            pass
        time.sleep(PAUSE)
    return _sent(request, limit)


def _sent(request: urllib.request.Request, limit: float) -> dict[str, Any]:
    with urllib.request.urlopen(request, timeout=limit) as answer:
        given: dict[str, Any] = json.load(answer)
    return given
