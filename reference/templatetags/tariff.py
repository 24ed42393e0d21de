"""Rates of duty in the words of the active language."""

from decimal import Decimal

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import format as formats
from reference import shipped
from reference.rules.tariff import DutyRate, Term

register = template.Library()


@register.filter
def rate_text(rate: DutyRate | None) -> str:
    """Free; 6.5 %; 13.51 ¢/kg plus 8.5 %; 238 % but not less than $1.25/kg."""
    if rate is None:
        return ""
    if rate.base is None:
        return _("Free")
    text = _term(rate.base)
    if rate.floor is not None and rate.ceiling is not None:
        text = _("%(rate)s but not less than %(floor)s or more than %(ceiling)s") % {
            "rate": text,
            "floor": _term(rate.floor),
            "ceiling": _term(rate.ceiling),
        }
    elif rate.floor is not None:
        text = _("%(rate)s but not less than %(floor)s") % {"rate": text, "floor": _term(rate.floor)}
    elif rate.ceiling is not None:
        text = _("%(rate)s but not more than %(ceiling)s") % {"rate": text, "ceiling": _term(rate.ceiling)}
    if rate.plus is not None:
        text = _("%(rate)s plus %(addition)s") % {"rate": text, "addition": _term(rate.plus)}
    return text


@register.filter
def source_text(source: str) -> str:
    """Where an exchange rate comes from; what an officer wrote stays as written."""
    known = {
        shipped.EUROPEAN_CENTRAL_BANK: _("European Central Bank reference rates, through the euro"),
        shipped.STAND_IN: _("Stand-in: not in the European Central Bank table"),
    }
    return known.get(source, source)


def _term(term: Term) -> str:
    language = get_language() or "en"
    if not term.unit:
        return formats.percent(term.number, language)
    units = {
        "KGM": _("kg"),
        "TNE": _("tonne"),
        "LTR": _("litre"),
        "LPA": _("litre of absolute ethyl alcohol"),
        "HLT": _("hl"),
        "DZN": _("dozen"),
        "NMB": _("each"),
        "PAR": _("pair"),
        "MTK": _("m²"),
        "MIL": _("thousand"),
    }
    if term.number < 1:
        places = max(0, -int(str((term.number * 100).normalize().as_tuple().exponent)))
        amount = f"{formats.number(Decimal(term.number) * 100, language, places=places)}{formats.NBSP}¢"
    else:
        amount = formats.money(term.number, language)
    return f"{amount}/{units[term.unit]}"
