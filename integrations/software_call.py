"""What every operation of the Bond API shares: the token, the log of calls, the codes, and once for each key."""

from http import HTTPStatus
from typing import Any

import structlog
from django.core.signals import got_request_exception
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView, set_rollback

from core import clock
from core.rest import ErrorSerializer, IdempotentMixin
from integrations import rules, services
from integrations.access import SuretySeat
from integrations.authentication import BearerToken, Grant

log = structlog.get_logger(__name__)
TAGS = ["Bond API"]
READ = {status: ErrorSerializer for status in (400, 401, 403, 404, 406, 429, 500)}
WRITE = {**READ, 409: ErrorSerializer, 415: ErrorSerializer}


class SuretyView(IdempotentMixin, APIView):
    """What every operation shares: the token, the log of calls, the Bond API's codes."""

    authentication_classes = [BearerToken]
    permission_classes = []
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "api"

    def caller(self, request: Request) -> str:
        grant: Any = request.auth
        return f"{grant.client.client_id}:{request.method}:{request.path}"

    def handle_exception(self, exc: Exception) -> Response:
        try:
            response: Response = super().handle_exception(exc)
        except Exception:
            return self._internal()
        if isinstance(response.data, dict) and "code" in response.data:
            response.data["field"] = rules.FIELDS.get(response.data["field"], response.data["field"])
            response.data["code"] = rules.bond_code(response.data["code"], response.data["field"])
        return response

    def _internal(self) -> Response:
        """An answer in the one shape for what nobody foresaw; the log and whoever watches it hear the whole of it."""
        set_rollback()
        log.exception("bond_api.failed", path=self.request.path)
        got_request_exception.send(sender=type(self), request=self.request._request)
        message = _("Something went wrong in the portal. Send the same request again with the same key.")
        said = {"code": rules.INTERNAL, "message": message, "field": None, "link": None}
        return Response(said, status=HTTPStatus.INTERNAL_SERVER_ERROR)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        grant = getattr(request, "auth", None) if hasattr(request, "_auth") else None
        if isinstance(grant, Grant):
            said = response.data if response.status_code >= HTTPStatus.BAD_REQUEST else None
            services.note_call(
                client=grant.client,
                method=request.method or "",
                path=request.path,
                status=response.status_code,
                code=said.get("code", "") if isinstance(said, dict) else "",
                request_id=getattr(request, "request_id", ""),
                wall_at=clock.wall_now(),
            )
        return answer


def now_of(seat: SuretySeat) -> dict[str, Any]:
    return {"on": clock.today(), "at": clock.now(), "actor": seat.actor}


def given_in(kind: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    serializer = kind(data=data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
