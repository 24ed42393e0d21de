"""Figures of declarations in the active language: quantities, exchange rates, rates of duty."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django import template
from django.utils.translation import get_language

from core import format as formats
from reference.rules.tariff import parse_duty_rate
from reference.templatetags.tariff import rate_text

register = template.Library()


@register.filter
def plain(value: Decimal | None, least: int = 0) -> str:
    """A number with only the decimals it has, but at least ``least``: 240; 12.5; 1.3685."""
    if value is None:
        return ""
    exponent = value.normalize().as_tuple().exponent
    places = max(least, -exponent if isinstance(exponent, int) else 0)
    return formats.number(value, get_language() or "en", places=places)


@register.filter
def duty_words(text: str) -> str:
    """A stored rate of duty in the active language: Free; 18 %."""
    return rate_text(parse_duty_rate(text)) if text else ""


@register.filter
def at(names: Sequence[str], place: int) -> str:
    """The heading of a column."""
    return names[place]


@register.filter
def lookup(names: Mapping[str, str], code: str) -> str:
    """The name of a code, or the code itself."""
    return names.get(code, code)
