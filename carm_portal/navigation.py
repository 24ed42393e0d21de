"""The navigation of each seat: at most six items, made from what the seat may do."""

from typing import Any

from django.http import HttpRequest


def items(request: HttpRequest) -> list[dict[str, Any]]:
    return []
