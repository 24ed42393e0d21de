"""Between HTTP and the domain: the request's identifier, its actor, and refusals turned into pages."""

import re
import uuid
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found

from core import clock, once
from core.actor import Actor, ActorKind, Channel
from core.errors import DomainError

_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,40}")
_PAGES = {403: "errors/403.html", 404: "errors/404.html", 409: "errors/409.html", 503: "errors/503.html"}


class RequestIdMiddleware:
    """Gives each request an identifier that stands in the answer's header, the log and the audit trail."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.request_id = given if _SAFE_ID.fullmatch(given) else uuid.uuid4().hex  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response


class ClockMiddleware:
    """One request has one idea of the day and of the dated tables."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with clock.read_once(), once.remembering():
            return self.get_response(request)


class DomainErrorMiddleware:
    """A refusal that no form took up becomes a page that says what to do next."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        template = _PAGES.get(exception.status, "errors/400.html")
        context = {"problem": exception, "status": exception.status}
        return render(request, template, context, status=exception.status)


def actor_of(request: HttpRequest, *, channel: Channel = Channel.PAGE) -> Actor:
    """The person at this request; officers act as officers."""
    user = request.user
    request_id = getattr(request, "request_id", "")
    if not user.is_authenticated:
        return Actor(kind=ActorKind.PERSON, channel=channel, request_id=request_id, name="")
    kind = ActorKind.OFFICER if user.is_staff else ActorKind.PERSON
    return Actor(
        kind=kind, user_id=user.pk, channel=channel, request_id=request_id, name=user.get_full_name() or user.username
    )


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The answer to a form whose protection token is missing or old."""
    return render(request, "errors/form_expired.html", {"status": 403}, status=HTTPStatus.FORBIDDEN)


def nothing_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An unknown address: software that called the API reads it in the one shape of every error."""
    if not request.path.startswith("/api/"):
        return page_not_found(request, exception)
    message = _("There is nothing at this address for you. Check the identifier.")
    said = {"code": "not_found", "message": message, "field": None, "link": None}
    return JsonResponse(said, status=HTTPStatus.NOT_FOUND)


def in_language(address: str, language: str) -> str:
    """A path of this portal under the prefix of another language; anything else as it is."""
    head, slash, rest = address.removeprefix("/").partition("/")
    if address.startswith("/") and slash and head in dict(settings.LANGUAGES):
        return f"/{language}/{rest}"
    return address
