"""The same call sent twice does its work once."""

from datetime import timedelta
from typing import Any

import pytest

from core import idempotency
from core.clock import wall_now
from core.errors import Conflict, DomainError
from core.models import RememberedCall

pytestmark = pytest.mark.django_db


class Work:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> tuple[int, Any]:
        self.times += 1
        return 201, {"times": self.times}


def call(work: Any, *, key: str = "k-1", request: dict[str, Any] | None = None) -> tuple[int, Any, bool]:
    return idempotency.once(caller="7", key=key, request=request or {"amount": "1.00"}, work=work)


def test_a_repeated_call_gets_the_first_answer() -> None:
    work = Work()
    assert call(work) == (201, {"times": 1}, False)
    assert call(work) == (201, {"times": 1}, True)


def test_the_same_key_with_another_request_is_refused() -> None:
    call(Work())
    with pytest.raises(DomainError, match="different request"):
        call(Work(), request={"amount": "2.00"})


@pytest.mark.parametrize("key", ["", "x" * 101, "tab\there"])
def test_a_key_has_to_be_given_and_be_sensible(key: str) -> None:
    with pytest.raises(DomainError, match="Idempotency-Key"):
        call(Work(), key=key)


def test_a_call_that_failed_may_be_tried_again() -> None:
    def broken() -> tuple[int, Any]:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        call(broken)
    assert call(Work())[0] == 201


def test_while_the_first_call_runs_the_second_is_told_to_wait() -> None:
    def calls_itself() -> tuple[int, Any]:
        with pytest.raises(Conflict, match="still running"):
            call(Work())
        return 200, {}

    assert call(calls_itself)[0] == 200


def test_a_key_is_forgotten_after_a_day() -> None:
    call(Work())
    RememberedCall.objects.update(created_at=wall_now() - timedelta(hours=25))
    assert call(Work())[2] is False
