"""Amounts as the pages write them."""

from django.utils.translation import get_language


def shown(cents: int) -> str:
    """$1,234.56 in English, 1 234,56 $ in French, with spaces that do not break."""
    whole, rest = f"{cents // 100:,}", f"{cents % 100:02d}"
    if get_language() == "fr":
        return f"{whole.replace(',', chr(0x202F))},{rest}\N{NO-BREAK SPACE}$"
    return f"${whole}.{rest}"
