"""Which surtax orders hit goods on a day, why, from what base, and what may be claimed against each.

Source: SOR/2025-95, SOR/2025-118 s. 2(1) and 2(2), SOR/2025-148 s. 2 and 2.1, SOR/2025-154 s. 3 and 4, SOR/2025-267.
The lists of goods are stand-ins by heading; an order whose list is not shipped is never applied by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.money import ZERO, round_cents
from reference.rules.rates import SurtaxOrderFrom

LEAST_CONTENT_SHARE = Decimal("0.15")
SMALL_DECLARATION = Decimal(5000)
UNITED_STATES = "UST"  # the treatment that makes a vehicle one of section 2(2)
CUSMA_VEHICLES = "SOR/2025-118 s. 2(2)"
VEHICLES = "SOR/2025-118 s. 2(1)"
# Codes that a declaration names for the order (memoranda on SOR/2024-187 and SOR/2025-148).
CODES = {
    "SOR/2024-187 Sch. 2 (steel)": ("24187B",),
    "SOR/2024-187 Sch. 2 (aluminum)": ("24187C",),
    "SOR/2025-148 s. 2": ("25148A", "25148B", "25148C", "25148D"),
    "SOR/2025-148 s. 2.1": ("25148A", "25148B", "25148C", "25148D"),
}


class Exemption(StrEnum):
    IN_TRANSIT = "in_transit"
    CASUAL = "casual"
    CHAPTER_98 = "chapter_98"
    REMISSION = "remission"
    REPAIR = "repair"
    SMALL_DECLARATION = "small_declaration"
    WITHIN_QUOTA = "within_quota"
    VEHICLE_OR_AEROSPACE_USE = "vehicle_or_aerospace_use"


_REMITTED = (Exemption.IN_TRANSIT, Exemption.REMISSION)
_STEEL_AND_ALUMINUM = (Exemption.IN_TRANSIT, Exemption.CASUAL, Exemption.CHAPTER_98, Exemption.SMALL_DECLARATION)
_QUOTA = (
    Exemption.WITHIN_QUOTA,
    Exemption.IN_TRANSIT,
    Exemption.CASUAL,
    Exemption.CHAPTER_98,
    Exemption.REMISSION,
)
# By the longest beginning of the order's name.
EXEMPTIONS: dict[str, tuple[Exemption, ...]] = {
    "SOR/2018-152": _REMITTED,
    "SOR/2018-153": (Exemption.REMISSION,),
    "SOR/2024-187 Sch. 1": (Exemption.IN_TRANSIT, Exemption.REPAIR, Exemption.CHAPTER_98),
    "SOR/2024-187 Sch. 2": (Exemption.IN_TRANSIT, Exemption.REPAIR, Exemption.CHAPTER_98, Exemption.REMISSION),
    "SOR/2025-66": _REMITTED,
    "SOR/2025-95": _REMITTED,
    "SOR/2025-95 (aluminum)": (*_REMITTED, Exemption.CHAPTER_98),
    "SOR/2025-118": (Exemption.REMISSION, Exemption.CHAPTER_98),
    "SOR/2025-148": _QUOTA,
    "SOR/2025-154": _STEEL_AND_ALUMINUM,
    "SOR/2025-267": (
        Exemption.IN_TRANSIT,
        Exemption.CASUAL,
        Exemption.CHAPTER_98,
        Exemption.VEHICLE_OR_AEROSPACE_USE,
    ),
}


@dataclass(frozen=True)
class SurtaxFinding:
    """An order that names the goods; ``yields_to`` is the order of its group that is applied in its place."""

    order: SurtaxOrderFrom
    matched_prefix: str
    exemptions: tuple[Exemption, ...]
    codes: tuple[str, ...]
    yields_to: str = ""

    @property
    def is_applied(self) -> bool:
        return not self.yields_to


def surtax_findings(
    orders: Iterable[SurtaxOrderFrom],
    classification_number: str,
    origin: str,
    on: date,
    *,
    is_cusma_vehicle: bool = False,
) -> tuple[SurtaxFinding, ...]:
    """Every order that names the goods on the day, those applied first (SOR/2025-267: of one group only one applies).

    A vehicle entitled to the United States Tariff falls under section 2(2) of SOR/2025-118 in place of section 2(1).
    """
    digits = classification_number.replace(".", "")
    table = tuple(orders)
    in_force = [row for row in table if row.is_in_force(on) and row.covers(digits, origin)]
    if is_cusma_vehicle:
        named = next((row for row in in_force if row.order == VEHICLES), None)
        other = next((row for row in table if row.order == CUSMA_VEHICLES and row.is_in_force(on)), None)
        if named and other:
            in_force[in_force.index(named)] = other
    first: dict[str, str] = {}
    findings = []
    for row in sorted(in_force, key=lambda row: row.priority):
        winner = first.setdefault(row.group or row.order, row.order)
        matches = (prefix for prefix in row.prefixes if digits.startswith(prefix))
        findings.append(
            SurtaxFinding(
                order=row,
                matched_prefix=max(matches, key=len, default=""),
                exemptions=exemptions_of(row.order),
                codes=CODES.get(row.order, ()),
                yields_to="" if winner == row.order else winner,
            )
        )
    return tuple(sorted(findings, key=lambda finding: not finding.is_applied))


def applied_orders(
    orders: Iterable[SurtaxOrderFrom],
    classification_number: str,
    origin: str,
    on: date,
    *,
    treatment: str,
    is_casual: bool = False,
) -> tuple[SurtaxOrderFrom, ...]:
    """The orders whose surtax goods bear; goods under the United States Tariff are entitled to it, vehicles as well.

    Casual goods bear none of an order that exempts them.
    """
    findings = surtax_findings(orders, classification_number, origin, on, is_cusma_vehicle=treatment == UNITED_STATES)
    return tuple(
        row.order for row in findings if row.is_applied and not (is_casual and Exemption.CASUAL in row.exemptions)
    )


def unlisted_orders(
    orders: Iterable[SurtaxOrderFrom], classification_number: str, origin: str, on: date
) -> tuple[SurtaxOrderFrom, ...]:
    """The orders in force without a list of goods here that are about goods of this chapter and origin.

    They are never applied by themselves: whether they reach the goods is for the filer to find out.
    """
    return tuple(row for row in orders if row.is_in_force(on) and row.may_cover(classification_number, origin))


def exemptions_of(order: str) -> tuple[Exemption, ...]:
    """What may be claimed against the order; nothing for one that is not known."""
    begins = [name for name in EXEMPTIONS if order.startswith(name)]
    return EXEMPTIONS[max(begins, key=len)] if begins else ()


def is_small_declaration(order: str, total_value_for_duty: Decimal) -> bool:
    """Whether the order spares a declaration whose goods total 5,000 dollars or less (SOR/2025-154)."""
    return Exemption.SMALL_DECLARATION in exemptions_of(order) and total_value_for_duty <= SMALL_DECLARATION


def surtax_base(order: str, value_for_duty: Decimal, *, content: Decimal = ZERO) -> Decimal:
    """Of what a surtax is a percentage: the value for duty, but for a vehicle under SOR/2025-118 s. 2(2) less the
    Canadian and Mexican content claimed, or less 15 % of the value where no higher content is claimed; never negative.
    """
    if order != CUSMA_VEHICLES:
        return value_for_duty
    return max(ZERO, value_for_duty - max(round_cents(value_for_duty * LEAST_CONTENT_SHARE), content))


def surtax_amount(order: SurtaxOrderFrom, value_for_duty: Decimal, *, content: Decimal = ZERO) -> Decimal:
    """The surtax of one order on one line, rounded half up to cents."""
    return round_cents(surtax_base(order.order, value_for_duty, content=content) * order.rate)
