"""Surtax orders and excise rates in words of the active language."""

from collections.abc import Iterable

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reference.rules.excise import ExciseRateFrom
from reference.rules.rates import SurtaxOrderFrom
from reference.rules.surtax import Exemption, exemptions_of

register = template.Library()


@register.filter
def exemption_names(exemptions: Iterable[Exemption]) -> str:
    names = {
        Exemption.IN_TRANSIT: _("goods in transit on the first day"),
        Exemption.CASUAL: _("casual goods"),
        Exemption.CHAPTER_98: _("goods of Chapter 98"),
        Exemption.REMISSION: _("a remission order"),
        Exemption.REPAIR: _("goods sent for repair or coming back from it"),
        Exemption.SMALL_DECLARATION: _("a declaration of at most $5,000"),
        Exemption.WITHIN_QUOTA: _("goods within the quota, with an import permit"),
        Exemption.VEHICLE_OR_AEROSPACE_USE: _("use in motor vehicles or aerospace"),
    }
    return "; ".join(names[exemption] for exemption in exemptions)


@register.filter
def order_name(order: SurtaxOrderFrom) -> str:
    return order.name_in(get_language() or "en")


@register.filter
def excise_goods(rate: ExciseRateFrom) -> str:
    return rate.goods_in(get_language() or "en")


@register.filter
def order_goods(order: SurtaxOrderFrom) -> str:
    return order.goods_in(get_language() or "en")


@register.filter
def order_exemptions(order: SurtaxOrderFrom) -> str:
    return exemption_names(exemptions_of(order.order))
