"""What may be claimed against a surtax, in words of the active language."""

from collections.abc import Iterable

from django import template
from django.utils.translation import gettext as _

from reference.rules.surtax import Exemption

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
