"""Security for a period only: seasonal and occasional importers, whose enrolment ends on a day that is known.

Sources: planning text of 2019 as an association relayed it (security for seasonality); no text of today's rule was
found, so an enrolment simply ends with its last day and the importer enrols again, computed afresh (assumed).
"""

from datetime import date, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Pattern(TextChoices):
    """How somebody imports, as the importer says itself."""

    YEAR_ROUND = "YEAR_ROUND", _("All year")
    SEASONAL = "SEASONAL", _("In a season")
    OCCASIONAL = "OCCASIONAL", _("Now and then")


class PeriodProblem(TextChoices):
    """Why a last day cannot be."""

    MISSING = "MISSING", _("Enter the last day on which you need releases.")
    PAST = "PAST", _("The last day must be today or later.")
    TOO_LONG = "TOO_LONG", _("A period is at most twelve months. Choose “All year” for longer.")
    NOT_WANTED = "NOT_WANTED", _("An enrolment for all the year has no last day. Leave it empty.")


def latest_period_end(on: date) -> date:
    """The last day a period may have that is entered on a day: a year less a day (assumed)."""
    try:
        return on.replace(year=on.year + 1) - timedelta(days=1)
    except ValueError:
        return date(on.year + 1, 2, 28)


def period_problem(pattern: str, ends_on: date | None, *, on: date) -> PeriodProblem | None:
    """What is wrong with the last day of an enrolment; None when it can be."""
    if pattern == Pattern.YEAR_ROUND:
        return PeriodProblem.NOT_WANTED if ends_on is not None else None
    if ends_on is None:
        return PeriodProblem.MISSING
    if ends_on < on:
        return PeriodProblem.PAST
    return PeriodProblem.TOO_LONG if ends_on > latest_period_end(on) else None


def is_period_over(ends_on: date | None, *, on: date) -> bool:
    """Releases go on through the last day and stop the day after."""
    return ends_on is not None and on > ends_on
