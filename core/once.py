"""What one request reads only once. Outside a request nothing is remembered: a job is told what it needs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_seen: ContextVar[dict[Any, Any] | None] = ContextVar("read_once", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Inside, each question marked with :func:`once` is asked once; the answers end with the block."""
    token = _seen.set({})
    try:
        yield
    finally:
        _seen.reset(token)


def once(ask: Callable[P, R]) -> Callable[P, R]:
    """A question whose immutable answer holds for a whole request; its arguments must be hashable."""

    @wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        seen = _seen.get()
        if seen is None:
            return ask(*args, **kwargs)
        key = (ask, args, tuple(sorted(kwargs.items())))
        if key not in seen:
            seen[key] = ask(*args, **kwargs)
        answer: R = seen[key]
        return answer

    return asked


def forget() -> None:
    """After a write to a dated table: the rest of the request reads anew."""
    seen = _seen.get()
    if seen is not None:
        seen.clear()
