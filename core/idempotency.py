"""``Idempotency-Key``: the same call sent twice does its work once and gets the same answer."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.clock import wall_now
from core.errors import Conflict, DomainError
from core.models import RememberedCall

LIFETIME = timedelta(hours=24)
LONGEST_KEY = 100


def once(
    *, caller: str, key: str, request: dict[str, Any], work: Callable[[], tuple[int, Any]]
) -> tuple[int, Any, bool]:
    """Run ``work`` once for ``key``; returns ``(status, body, repeated)``.

    ``DomainError`` when the key is too long or was used with another request, ``Conflict`` while the first call runs.
    A call that fails is forgotten, so that it may be tried again.
    """
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise DomainError(
            _("Send an Idempotency-Key header of 1 to 100 characters, a new one for each new request."),
            code="idempotency_key_invalid",
            field="Idempotency-Key",
        )
    fingerprint = hashlib.sha256(json.dumps(request, sort_keys=True, cls=DjangoJSONEncoder).encode()).hexdigest()
    RememberedCall.objects.filter(caller=caller, key=key, created_at__lt=wall_now() - LIFETIME).delete()
    try:
        with transaction.atomic():
            call = RememberedCall.objects.create(caller=caller, key=key, fingerprint=fingerprint, created_at=wall_now())
    except IntegrityError:
        return _earlier(caller, key, fingerprint)
    try:
        status, body = work()
    except BaseException:
        call.delete()
        raise
    call.status = status
    call.body = json.loads(json.dumps(body, cls=DjangoJSONEncoder))
    call.save(update_fields=("status", "body"))
    return status, call.body, False


def _earlier(caller: str, key: str, fingerprint: str) -> tuple[int, Any, bool]:
    call = RememberedCall.objects.get(caller=caller, key=key)
    if call.fingerprint != fingerprint:
        raise DomainError(
            _("This Idempotency-Key was used with a different request. Use a new key for a new request."),
            code="idempotency_key_reused",
            field="Idempotency-Key",
        )
    if call.status is None:
        raise Conflict(
            _("The first request with this Idempotency-Key is still running. Try again in a few seconds."),
            code="idempotency_in_progress",
        )
    return call.status, call.body, True
