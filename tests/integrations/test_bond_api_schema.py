"""The Bond API against its own description: whatever is sent, no failure inside and no answer but those it lists."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import one_of
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import PROVE

pytestmark = pytest.mark.django_db
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
#: Calls of each operation.
CALLS = 150 if PROVE else 6
OPERATIONS = 17
CHEAP = settings(
    max_examples=CALLS,
    deadline=None,
    database=None,
    derandomize=not PROVE,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


schemathesis.serializer.alias("application/pdf", "application/octet-stream")


@contextmanager
def one_connection() -> Iterator[None]:
    """The server would give the connection back after each call, and the test's transaction with it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_whatever_is_sent_is_answered_as_the_description_says(cast: Any, software: Any, filing: Any) -> None:
    known = software.call("POST", "", filing).json()["id"]
    described = Client().get("/api/v1/schema", headers={"Accept": "application/json"}).json()
    described["paths"] = {path: item for path, item in described["paths"].items() if path.startswith("/api/v1/bonds")}
    schema = schemathesis.openapi.from_dict(described)
    schema.app = get_wsgi_application()
    failed: list[str] = []
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        sound, unsound = (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)
        cache.clear()  # nobody is turned away for calling often

        @given(case=one_of(sound, unsound))
        @CHEAP
        def each(case: Any) -> None:
            if "/demands/" not in case.path and isinstance(case.path_parameters.get("id"), int):
                case.path_parameters["id"] = known
            answer = case.call(headers={"Authorization": f"Bearer {software.token}"})
            case.validate_response(answer, checks=CHECKS)

        try:
            with one_connection():
                each()
        except* Failure as problems:
            failed += [f"{operation.label}: {problem}" for problem in problems.exceptions]
    assert not failed, "\n".join(failed)
    assert len(operations) == OPERATIONS
