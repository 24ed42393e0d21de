"""What the home pages share: rows of tasks, dates and figures, ready for the templates."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language

from core import charts
from core import format as formats
from core.templatetags.portage import days_left, urgency


def language() -> str:
    return get_language() or "en"


def money(amount: Decimal) -> str:
    return formats.money(amount, language())


def day(value: date) -> str:
    return formats.day(value, language())


def address(*names: str, args: tuple[Any, ...] = ()) -> str:
    """The address of the first of these pages that this portal has; empty where it has none."""
    for name in names:
        try:
            return reverse(name, args=args)
        except NoReverseMatch:
            continue
    return ""


@dataclass(frozen=True)
class Task:
    """One thing that needs somebody: by when, what, why, for how much, and the one button."""

    on: date
    title: str
    text: str
    left: str = ""
    urgency: str = "later"
    amount: Decimal | None = None
    amount_name: str = ""
    href: str = ""
    action: str = ""
    is_primary: bool = False

    @property
    def date_text(self) -> str:
        return formats.day_month(self.on, language())


def task(on: date, *, today: date, left: str = "", **words: Any) -> Task:
    """A task with its days left and its edge worked out."""
    return Task(on=on, left=left or days_left(on, today), urgency=urgency(on, today), **words)


@dataclass(frozen=True)
class Due:
    """One line of "what is due, and by when", also an event of the calendar file."""

    key: str
    on: date
    what: str
    covers: str
    state: str
    kind: str
    href: str = ""
    amount: Decimal | None = None
    amount_text: str = ""


def monthly_chart(
    months: list[tuple[date, Decimal]], *, cover: tuple[Decimal, str] | None, words: dict[str, Any]
) -> Any:
    """The columns of the last twelve months with their table."""
    return charts.column_chart(
        charts.monthly_points(months, language()), key="months", language=language(), cover=cover, **words
    )
