"""Sentences that are written when their reader is known: in that person's language, with its money and dates."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language

from core import format


def lazy_text(sentence: Any, **values: Any) -> Callable[[], str]:
    """A callable that gives ``sentence`` in the language active when it is called.

    Named placeholders only. Decimals become money, dates are written out; a lazy text is translated with its sentence.
    """

    def written() -> str:
        language = get_language() or "en"
        return str(sentence) % {name: _written(value, language) for name, value in values.items()}

    return written


def _written(value: Any, language: str) -> str:
    if isinstance(value, Decimal):
        return format.money(value, language)
    if isinstance(value, date):
        return format.day(value, language)
    return str(value() if callable(value) else value)
