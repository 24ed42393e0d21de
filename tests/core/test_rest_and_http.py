"""Errors have one shape, requests one identifier, health two answers."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from rest_framework import exceptions, serializers

from core import rest_schema
from core.clock import wall_now
from core.errors import Conflict
from core.rest import error_response, first_problem
from tests.builders import Cast, signed_in

pytestmark = pytest.mark.django_db


class LineSerializer(serializers.Serializer):  # type: ignore[type-arg]
    value = serializers.DecimalField(max_digits=8, decimal_places=2)


class BodySerializer(serializers.Serializer):  # type: ignore[type-arg]
    lines = LineSerializer(many=True)


def test_the_first_bad_field_is_named_by_its_path() -> None:
    body = BodySerializer(data={"lines": [{"value": "1.00"}, {"value": "many"}]})
    assert not body.is_valid()
    field, detail = first_problem(body.errors)
    assert (field, detail.code) == ("lines[1].value", "invalid")


@pytest.mark.parametrize(
    ("problem", "status", "code"),
    [
        (Conflict("Wait.", code="busy", field="to", link="/x"), 409, "busy"),
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "permission_denied"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.ValidationError({"non_field_errors": ["No."]}), 400, "invalid"),
        (exceptions.Throttled(wait=12.3), 429, "throttled"),
    ],
)
def test_every_refusal_has_the_same_four_members(problem: Exception, status: int, code: str) -> None:
    answer = error_response(problem, {})
    assert answer is not None
    assert answer.status_code == status
    assert set(answer.data) == {"code", "message", "field", "link"}
    assert answer.data["code"] == code
    assert answer.data["message"]


def test_a_throttled_caller_is_told_when_to_come_back() -> None:
    answer = error_response(exceptions.Throttled(wait=12.3), {})
    assert answer is not None
    assert answer.headers["Retry-After"] == "13"


def test_an_unexpected_failure_is_not_dressed_up_as_a_refusal() -> None:
    assert error_response(RuntimeError("bug"), {}) is None


def test_a_request_keeps_the_identifier_it_came_with_if_that_is_safe() -> None:
    client = Client()
    assert client.get("/livez", headers={"X-Request-ID": "abc-12345"})["X-Request-ID"] == "abc-12345"
    assert client.get("/livez", headers={"X-Request-ID": "<script>"})["X-Request-ID"] != "<script>"


def test_health_says_alive_and_ready() -> None:
    assert Client().get("/livez").json() == {"status": "alive"}
    assert Client().get("/readyz").json() == {"status": "ready"}


def test_whom_to_tell_of_a_weakness(client: Client, settings: Any) -> None:
    settings.SECURITY_CONTACT = "mailto:safety@example.com"
    answer = client.get("/.well-known/security.txt")
    lines = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert answer["Content-Type"].startswith("text/plain") and lines["Contact"] == "mailto:safety@example.com"
    left = datetime.fromisoformat(lines["Expires"]) - wall_now()
    assert timedelta(days=300) < left < timedelta(days=365)


def test_the_description_of_the_api_is_made_once_a_language_and_never_kept_for_a_made_up_version(
    monkeypatch: pytest.MonkeyPatch, cast: Cast
) -> None:
    made: list[str] = []
    texts: list[bytes] = []
    library, write = SchemaGenerator.get_schema, OpenApiYamlRenderer.render

    def counted(self: SchemaGenerator, request: Any = None, public: bool = False) -> Any:
        made.append(self.api_version)
        return library(self, request, public)

    def written(*call: Any) -> bytes:
        texts.append(write(*call))
        return texts[-1]

    # What is watched is the library's own work, not ours.
    monkeypatch.setattr(SchemaGenerator, "get_schema", counted)
    monkeypatch.setattr(OpenApiYamlRenderer, "render", written)
    monkeypatch.setattr(rest_schema, "_kept", {})
    monkeypatch.setattr(rest_schema, "_written", {})
    browser = signed_in(cast.amara)
    first, again = (browser.get("/api/v1/schema", {"lang": "en", "format": "json"}).json() for _call in range(2))
    assert made == [None] and first == again and "/api/v1/accounts/{number}/declarations" in str(first["paths"].keys())
    browser.get("/api/v1/schema", {"lang": "fr", "format": "json"})
    made_up = browser.get("/api/v1/schema", {"lang": "en", "version": "7", "format": "json"}).json()
    # Its YAML is written once as well, and is another for each language.
    yaml = [browser.get("/api/v1/schema", {"lang": lang}).content for lang in ("en", "en", "fr")]
    assert yaml[0] == yaml[1] != yaml[2] and yaml[0].startswith(b"openapi: 3.")
    assert texts == [yaml[0], yaml[2]]
    assert made == [None, None, "7"] and "7" in made_up["info"]["version"] and first["info"]["version"] == "1"
