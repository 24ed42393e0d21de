"""Filters and tags of every template: amounts, dates and identifiers in the active language, icons, cells, links."""

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from django import template
from django.core.paginator import Page
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from core import format as formats
from core.icons import ICONS

register = template.Library()

BADGE_ICONS = {
    "success": "check",
    "warning": "warning",
    "danger": "hexagon",
    "info": "info",
    "neutral": "minus",
    "simulation": "flask",
}
ALERT_ICONS = {"success": "check", "warning": "warning", "error": "hexagon", "info": "info", "simulation": "flask"}
TERM_ICONS = {"arrow": "arrow-right", "minus": "minus", "plus": "plus"}


def _language() -> str:
    return get_language() or "en"


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


@register.filter
def money(value: Any) -> str:
    amount_value = _decimal(value)
    return "" if amount_value is None else formats.money(amount_value, _language())


@register.filter
def amount(value: Any) -> str:
    amount_value = _decimal(value)
    return "" if amount_value is None else formats.number(amount_value, _language())


@register.filter
def integer(value: Any) -> str:
    amount_value = _decimal(value)
    return "" if amount_value is None else formats.number(amount_value, _language(), places=0)


@register.filter
def percent(value: Any, places: int | None = None) -> str:
    fraction = _decimal(value)
    return "" if fraction is None else formats.percent(fraction, _language(), places=places)


@register.filter(expects_localtime=True)
def day(value: date | None) -> str:
    return formats.day(value, _language()) if value else ""


@register.filter(expects_localtime=True)
def day_month(value: date | None) -> str:
    return formats.day_month(value, _language()) if value else ""


@register.filter(expects_localtime=True)
def day_short(value: date | None) -> str:
    return formats.day_short(value, _language()) if value else ""


@register.filter(expects_localtime=True)
def weekday_day(value: date | None) -> str:
    return formats.weekday_day(value, _language()) if value else ""


@register.filter(expects_localtime=True)
def month_year(value: date | None) -> str:
    return formats.month_year(value, _language()) if value else ""


@register.filter(expects_localtime=True)
def clock_time(value: datetime | time | None) -> str:
    return formats.clock_time(value, _language()) if value is not None else ""


@register.filter(expects_localtime=True)
def moment(value: datetime | None) -> str:
    return formats.moment(value, _language()) if value else ""


@register.filter
def telephone(value: Any) -> str:
    return formats.telephone(str(value)) if value else ""


@register.filter
def bn(value: Any) -> str:
    return formats.bn(str(value)) if value else ""


@register.filter
def days_left(due_on: date | None, today: date) -> str:
    """in 6 days; today; 3 days late."""
    if not due_on:
        return ""
    count = (due_on - today).days
    if count == 0:
        return gettext("today")
    if count < 0:
        return ngettext("%(count)s day late", "%(count)s days late", -count) % {"count": -count}
    return ngettext("in %(count)s day", "in %(count)s days", count) % {"count": count}


@register.filter
def urgency(due_on: date | None, today: date) -> str:
    """The edge of a task row: overdue, soon (under 10 days) or later."""
    if not due_on:
        return "later"
    count = (due_on - today).days
    return "overdue" if count < 0 else "soon" if count < 10 else "later"


@register.simple_tag
def period(first: date | None, last: date | None) -> str:
    return formats.period(first, last, _language()) if first and last else ""


@register.simple_tag
def icon(name: str, size: int | str = 20, css: str = "") -> SafeString:
    """A decorative drawing: the word beside it carries the meaning."""
    shape = ICONS.get(name)
    if shape is None:
        raise template.TemplateSyntaxError(f"There is no icon named {name!r} in core.icons.")
    extra = f" {conditional_escape(css)}" if css else ""
    return mark_safe(  # the drawing and the size are our own constants
        f'<svg class="icon{extra}" width="{int(size)}" height="{int(size)}" viewBox="0 0 20 20" '
        f'aria-hidden="true" focusable="false">{shape}</svg>'
    )


@register.filter
def badge_icon(kind: str) -> str:
    return BADGE_ICONS.get(kind, "minus")


@register.filter
def alert_icon(kind: str) -> str:
    return ALERT_ICONS.get(kind, "info")


@register.filter
def term_icon(sign: str) -> str:
    return TERM_ICONS.get(sign, "")


_CELL_TEXT = {"amount": amount, "money": money, "integer": integer}


@register.simple_tag
def num_cell(
    value: Any, label: str = "", *, href: str = "", kind: str = "amount", strong: bool = False, second: str = ""
) -> SafeString:
    """One figure of a data table, with its column's name for narrow screens."""
    text = _CELL_TEXT[kind](value)
    zero = _decimal(value) in (None, Decimal(0))
    figure = format_html('<a href="{}">{}</a>', href, text) if href and text else conditional_escape(text)
    if strong:
        figure = format_html("<strong>{}</strong>", figure)
    if second:
        figure = format_html('{}<span class="second">{}</span>', figure, second)
    return format_html(
        '<td role="cell" class="num{}"><span class="cell-label">{}</span>{}</td>',
        " zero" if zero else "",
        label,
        figure,
    )


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The present query string with some values changed, ``None`` taking one away; begins with ``?``."""
    request = context.get("request")
    values = request.GET.copy() if request is not None else None
    if values is None:
        pairs = [f"{key}={value}" for key, value in changes.items() if value is not None]
        return "?" + "&".join(pairs)
    for key, value in changes.items():
        if value is None:
            values.pop(key, None)
        else:
            values[key] = str(value)
    return "?" + values.urlencode()


@register.simple_tag
def safe_url(name: str, *args: Any, **kwargs: Any) -> str:
    """The address of a named page, or nothing where this portal was set up without it."""
    try:
        return reverse(name, args=args or None, kwargs=kwargs or None)
    except NoReverseMatch:
        return ""


@register.filter
def page_numbers(page: Page) -> Sequence[int | str]:
    """The pages to offer: first, last and those around the present one; the gaps are the paginator's ellipsis."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))
