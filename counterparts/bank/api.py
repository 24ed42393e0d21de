"""The bank's API for the portal: plain JSON, one error shape."""

import json
import secrets
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from counterparts.bank import queries, rules, services
from counterparts.bank.models import PaymentSession

LONGEST_BODY = 10_000


def _error(status: int, code: str, message: str, field: str | None = None) -> JsonResponse:
    return JsonResponse({"code": code, "message": message, "field": field, "link": None}, status=status)


def _is_portal(request: HttpRequest) -> bool:
    expected = f"Bearer {settings.COUNTERPART_SECRET}"
    return secrets.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode())


def _stranger() -> JsonResponse:
    response = _error(401, "not_authenticated", "Send the shared secret as a bearer token.")
    response["WWW-Authenticate"] = "Bearer"
    return response


def _answer(request: HttpRequest, session: PaymentSession, status: int = 200) -> JsonResponse:
    with translation.override(session.language):
        page = reverse("pay", kwargs={"session_id": session.id})
    origin = settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
    return JsonResponse({**queries.description_of(session), "url": origin + page}, status=status)


def _order_of(given: dict[str, Any]) -> services.Order | JsonResponse:
    checks = (
        ("reference", rules.is_reference(given.get("reference")), "1 to 64 letters, digits and . _ : -"),
        ("amount", rules.is_amount(given.get("amount")), 'a text with two decimals above zero, such as "250.00"'),
        ("method", given.get("method") in PaymentSession.Method.values, '"card" or "debit"'),
        ("payee", rules.is_payee(given.get("payee")), "a program account such as 123456789RM0001"),
        (
            "return_url",
            isinstance(given.get("return_url"), str)
            and len(given["return_url"]) <= 1000
            and services.is_own_portal(given["return_url"], settings.PORTAL_URL),
            f"an address that begins with {settings.PORTAL_URL}/",
        ),
        ("language", given.get("language") in dict(settings.LANGUAGES), '"en" or "fr"'),
    )
    for field, is_good, wanted in checks:
        if not is_good:
            return _error(400, "invalid", f"{field} must be {wanted}.", field)
    return services.Order(**{field: given[field] for field, _good, _wanted in checks})


@csrf_exempt
@never_cache
@require_http_methods(["POST"])
def payments(request: HttpRequest) -> JsonResponse:
    if not _is_portal(request):
        return _stranger()
    if len(request.body) > LONGEST_BODY:
        return _error(413, "too_large", "The request is too large.")
    try:
        given = json.loads(request.body)
    except ValueError:
        return _error(400, "malformed", "The request is not JSON.")
    if not isinstance(given, dict):
        return _error(400, "malformed", "The request must be a JSON object.")
    order = _order_of({"language": "en", **given})
    if isinstance(order, JsonResponse):
        return order
    try:
        session, is_new = services.open_session(order=order, at=timezone.now())
    except services.ReferenceReused:
        return _error(409, "reference_reused", "This reference belongs to another payment. Use a new one.", "reference")
    return _answer(request, session, 201 if is_new else 200)


@never_cache
@require_safe
def payment(request: HttpRequest, session_id: str) -> JsonResponse:
    if not _is_portal(request):
        return _stranger()
    session = queries.session_with_id(session_id)
    if session is None:
        return _error(404, "not_found", "There is no such payment.")
    return _answer(request, session)


@csrf_exempt
@never_cache
@require_http_methods(["POST"])
def cancel(request: HttpRequest, session_id: str) -> JsonResponse:
    """Ends a session for the portal; one decided already is answered as it stands."""
    if not _is_portal(request):
        return _stranger()
    if queries.session_with_id(session_id) is None:
        return _error(404, "not_found", "There is no such payment.")
    session = services.cancel(
        session_id=session_id, reason=rules.Reason.CANCELLED_BY_PAYER, at=timezone.now(), tell_at_once=False
    )
    return _answer(request, session)
