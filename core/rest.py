"""Foundations of the API: one error shape, cursor pages, idempotent writes, honest 401s."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core import idempotency
from core.errors import DomainError

IDEMPOTENCY_HEADER = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, required=True, description="New for each new request; kept a day."
)


class ErrorSerializer(serializers.Serializer[dict[str, Any]]):
    """The one shape of every error, in the caller's language."""

    code = serializers.CharField(help_text="Stable, machine-readable.")
    message = serializers.CharField(help_text="What is wrong and what to do next.")
    field = serializers.CharField(allow_null=True, help_text="The first field at fault, like lines[0].value.")
    link = serializers.CharField(allow_null=True, help_text="Where to read more or mend it.")


class SessionScheme(OpenApiAuthenticationExtension):
    """How the schema names the portal's own session."""

    target_class = "core.rest_defaults.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


def error_response(problem: Exception, context: dict[str, Any]) -> Response | None:
    """Turn any refusal into ``{"code", "message", "field", "link"}``."""
    if isinstance(problem, DomainError):
        set_rollback()
        return _shape(problem.status, problem.code, str(problem.message), problem.field, problem.link)
    if isinstance(problem, Http404):
        problem = exceptions.NotFound(_("There is nothing at this address for you. Check the identifier."))
    elif isinstance(problem, PermissionDenied):
        problem = exceptions.PermissionDenied()
    if not isinstance(problem, exceptions.APIException):
        return None
    set_rollback()
    headers: dict[str, str] = {}
    if (auth_header := getattr(problem, "auth_header", None)) is not None:
        headers["WWW-Authenticate"] = auth_header
    if (wait := getattr(problem, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, round(wait)))
    if isinstance(problem, exceptions.ValidationError):
        field, detail = first_problem(problem.detail)
        return _shape(problem.status_code, str(detail.code), str(detail), field, None, headers)
    return _shape(problem.status_code, str(problem.get_codes()), str(problem.detail), None, None, headers)


def first_problem(detail: Any, path: str = "") -> tuple[str | None, exceptions.ErrorDetail]:
    """The first bad field of a validation error as a path like ``lines[0].value``, with its message."""
    if isinstance(detail, dict):
        name, inner = next((name, inner) for name, inner in detail.items() if inner)
        if name == "non_field_errors":
            return first_problem(inner, path)
        if isinstance(name, int):
            return first_problem(inner, f"{path}[{name}]")
        return first_problem(inner, f"{path}.{name}" if path else str(name))
    if isinstance(detail, list):
        for position, inner in enumerate(detail):
            if isinstance(inner, dict | list):
                if inner:
                    return first_problem(inner, f"{path}[{position}]")
            else:
                return path or None, inner
    return path or None, detail


class IdempotentMixin:
    """For write views: ``self.once(request, work)`` does the work once for the request's ``Idempotency-Key``."""

    def caller(self, request: Request) -> str:
        """Whose keys these are: nobody meets another's."""
        return f"{request.user.pk or ''}:{request.method}:{request.path}"

    def once(self, request: Request, work: Callable[[], tuple[int, Any]]) -> Response:
        status, body, repeated = idempotency.once(
            caller=self.caller(request),
            key=request.headers.get("Idempotency-Key", ""),
            request={"data": request.data},
            work=work,
        )
        return Response(body, status=status, headers={"Idempotent-Replayed": "true"} if repeated else None)


def _shape(
    status: int, code: str, message: str, field: str | None, link: str | None, headers: dict[str, str] | None = None
) -> Response:
    return Response(
        {"code": code, "message": message, "field": field, "link": link}, status=status, headers=headers or {}
    )
