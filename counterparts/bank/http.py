"""What every call of the API has in common: the secret, the size, JSON in and one error shape out."""

import json
import secrets
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

LONGEST_BODY = 10_000
Call = Callable[..., JsonResponse]
Check = tuple[str, bool, str]


def error(status: int, code: str, message: str, field: str | None = None) -> JsonResponse:
    return JsonResponse({"code": code, "message": message, "field": field, "link": None}, status=status)


def portal_call(method: str) -> Callable[[Call], Call]:
    """Lets only the portal call, by one method; no browser's cookie counts here."""

    def decorate(call: Call) -> Call:
        @csrf_exempt
        @never_cache
        @require_http_methods([method])
        @wraps(call)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
            expected = f"Bearer {settings.COUNTERPART_SECRET}"
            if not secrets.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode()):
                response = error(401, "not_authenticated", "Send the shared secret as a bearer token.")
                response["WWW-Authenticate"] = "Bearer"
                return response
            return call(request, *args, **kwargs)

        return guarded

    return decorate


def read_object(request: HttpRequest, *, longest: int = LONGEST_BODY) -> dict[str, Any] | JsonResponse:
    """The JSON object of a call, or the answer that says why there is none."""
    if int(request.headers.get("Content-Length") or 0) > longest:
        return error(413, "too_large", "The request is too large.")
    try:
        given = json.loads(request.body)
    except ValueError:
        return error(400, "malformed", "The request is not JSON.")
    if not isinstance(given, dict):
        return error(400, "malformed", "The request must be a JSON object.")
    return given


def first_fault(checks: Iterable[Check]) -> JsonResponse | None:
    """The answer about the first field that is not as wanted."""
    for field, is_good, wanted in checks:
        if not is_good:
            return error(400, "invalid", f"{field} must be {wanted}.", field)
    return None


def missing(thing: str) -> JsonResponse:
    return error(404, "not_found", f"There is no such {thing}.")


def reference_reused(thing: str) -> JsonResponse:
    return error(409, "reference_reused", f"This reference belongs to another {thing}. Use a new one.", "reference")
