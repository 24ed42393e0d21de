"""How money, numbers, dates and identifiers look in English and in French.

Pure: the language comes in as an argument ("en" or "fr"), so that a PDF, an e-mail and a page write the same thing.
"""

from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal

NBSP = "\u00a0"
NARROW_NBSP = "\u202f"
MINUS = "\u2212"

MONTHS = {
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "fr": (
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
}
SHORT_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juill.", "août", "sept.", "oct.", "nov.", "déc."),
}
WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
}


def _known(language: str) -> str:
    return "fr" if language.startswith("fr") else "en"


def _grouped(value: Decimal, places: int, language: str) -> str:
    """The digits of ``value`` without a sign, in groups of three."""
    text = f"{abs(value):,.{places}f}"
    if _known(language) == "fr":
        text = text.replace(",", NARROW_NBSP).replace(".", ",")
    return text


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def number(value: Decimal, language: str, *, places: int = 2) -> str:
    """1,234.56 or 1 234,56: an amount whose currency stands in the head of its table."""
    rounded = _rounded(Decimal(value), places)
    return (MINUS if rounded < 0 else "") + _grouped(rounded, places, language)


def integer(value: int, language: str) -> str:
    """12,480 or 12 480."""
    return number(Decimal(value), language, places=0)


def money(value: Decimal, language: str) -> str:
    """$1,234.56 or 1 234,56 $, with a true minus before everything."""
    rounded = _rounded(Decimal(value), 2)
    sign = MINUS if rounded < 0 else ""
    digits = _grouped(rounded, 2, language)
    return f"{sign}{digits}{NBSP}$" if _known(language) == "fr" else f"{sign}${digits}"


def percent(fraction: Decimal, language: str, *, places: int | None = None) -> str:
    """6.5 % of the fraction 0.065; ``places`` fixes the decimals, else up to four that mean something are shown."""
    value = Decimal(fraction) * 100
    if places is None:
        value = _rounded(value, 4).normalize()
        exponent = value.as_tuple().exponent
        places = max(0, -exponent) if isinstance(exponent, int) else 0
    return number(value, language, places=places) + NBSP + "%"


def _day_number(value: date, language: str) -> str:
    return "1er" if value.day == 1 and _known(language) == "fr" else str(value.day)


def day(value: date, language: str) -> str:
    """25 July 2026; 25 juillet 2026; 1er juillet 2026."""
    return f"{day_month(value, language)}{NBSP}{value.year}"


def day_month(value: date, language: str) -> str:
    """25 July; where the page itself says the year."""
    return f"{_day_number(value, language)}{NBSP}{MONTHS[_known(language)][value.month - 1]}"


def day_short(value: date, language: str) -> str:
    """24 Aug 2025; 24 août 2025: for narrow columns."""
    month = SHORT_MONTHS[_known(language)][value.month - 1]
    return f"{_day_number(value, language)}{NBSP}{month}{NBSP}{value.year}"


def weekday_day(value: date, language: str) -> str:
    """Friday 31 July 2026: a deadline always names its weekday."""
    return f"{WEEKDAYS[_known(language)][value.weekday()]} {day(value, language)}"


def month_year(value: date, language: str) -> str:
    """July 2026; juillet 2026."""
    return f"{MONTHS[_known(language)][value.month - 1]}{NBSP}{value.year}"


def month_short(value: date, language: str) -> str:
    """Aug; août: the label under a column."""
    return SHORT_MONTHS[_known(language)][value.month - 1]


def month_letter(value: date, language: str) -> str:
    """A: the label under a column on a narrow screen."""
    return MONTHS[_known(language)][value.month - 1][0].upper()


def period(first: date, last: date, language: str) -> str:
    """18 June to 17 July 2026; the year is said once when both days share it."""
    joint = " au " if _known(language) == "fr" else " to "
    start = day_month(first, language) if first.year == last.year else day(first, language)
    return start + joint + day(last, language)


def clock_time(value: datetime | time, language: str) -> str:
    """23:59; 23 h 59."""
    if _known(language) == "fr":
        return f"{value.hour}{NBSP}h{NBSP}{value.minute:02d}"
    return f"{value.hour:02d}:{value.minute:02d}"


def moment(value: datetime, language: str) -> str:
    """25 July 2026, 14:05; 25 juillet 2026, 14 h 05."""
    return f"{day(value, language)}, {clock_time(value, language)}"


def telephone(text: str) -> str:
    """416 555 0123: ten digits in groups, as the fields ask for them; anything else unchanged."""
    return NBSP.join((text[:3], text[3:6], text[6:])) if len(text) == 10 and text.isdigit() else text


def bn(text: str) -> str:
    """704 123 686 RM0001: the nine digits in threes, then the program account; anything else unchanged."""
    digits, rest = text[:9], text[9:]
    if len(digits) != 9 or not digits.isdigit():
        return text
    return NBSP.join(part for part in (digits[:3], digits[3:6], digits[6:], rest) if part)
