"""The portal's calls about card and debit payments."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone, translation

from counterparts.bank import queries, rules, services
from counterparts.bank.clearing.rules import day_of
from counterparts.bank.errors import ReferenceReused
from counterparts.bank.http import first_fault, missing, portal_call, read_object, reference_reused
from counterparts.bank.models import PaymentSession


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
    on = given.get("on")
    if fault := first_fault((*checks, ("on", on is None or day_of(on) is not None, "a day such as 2026-07-25"))):
        return fault
    return services.Order(**{field: given[field] for field, _good, _wanted in checks}, on=day_of(on))


@portal_call("POST")
def payments(request: HttpRequest) -> JsonResponse:
    given = read_object(request)
    if isinstance(given, JsonResponse):
        return given
    order = _order_of({"language": "en", **given})
    if isinstance(order, JsonResponse):
        return order
    try:
        session, is_new = services.open_session(order=order, at=timezone.now())
    except ReferenceReused:
        return reference_reused("payment")
    return _answer(request, session, 201 if is_new else 200)


@portal_call("GET")
def payment(request: HttpRequest, session_id: str) -> JsonResponse:
    session = queries.session_with_id(session_id)
    return missing("payment") if session is None else _answer(request, session)


@portal_call("POST")
def cancel(request: HttpRequest, session_id: str) -> JsonResponse:
    """Ends a session for the portal; one decided already is answered as it stands."""
    if queries.session_with_id(session_id) is None:
        return missing("payment")
    session = services.cancel(
        session_id=session_id, reason=rules.Reason.CANCELLED_BY_PAYER, at=timezone.now(), tell_at_once=False
    )
    return _answer(request, session)
