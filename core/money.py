"""Money: exact decimals in Python, whole cents in the database, rounded half up where an amount is made."""

import re
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
LARGEST = Decimal("999999999999.99")
_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2})?")


def round_cents(amount: Decimal) -> Decimal:
    """The amount in dollars to two decimals, half up (away from zero), as every amount shown or posted is made."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def parse_amount(text: str) -> Decimal:
    """Dollars from text such as ``1204.5``; ``ValueError`` for a dollar sign, comma, space or third decimal."""
    if not _AMOUNT.fullmatch(text):
        raise ValueError(f"not an amount in dollars and cents: {text!r}")
    return Decimal(text).quantize(CENT)


def cents(amount: Decimal) -> int:
    """Whole cents; ``ValueError`` for a fraction of a cent, because rounding here would hide a mistake."""
    scaled = amount * 100
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{amount} is not a whole number of cents")
    return whole


def from_cents(amount_cents: int) -> Decimal:
    """Dollars from whole cents."""
    return Decimal(amount_cents).scaleb(-2).quantize(CENT)
