"""Regular reports of the transaction history: on which days they are made, and which days they show.

The rhythms are the product's own choice (assumed); periods and statement days are those of the billing calendar.
"""

from datetime import date, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from reference.rules.billing import BillingPeriod


class Every(TextChoices):
    """How often a file of a saved filter is made by itself."""

    WEEK = "WEEK", _("Every Monday")
    MONTH = "MONTH", _("On the first of each month")
    STATEMENT = "STATEMENT", _("After each statement")


def report_days(every: str, on: date) -> tuple[date, date] | None:
    """The days that a report made on ``on`` shows: the week, month or billing period that ended; else ``None``."""
    eve = on - timedelta(days=1)
    if every == Every.WEEK and on.weekday() == 0:
        return on - timedelta(days=7), eve
    if every == Every.MONTH and on.day == 1:
        return eve.replace(day=1), eve
    period = BillingPeriod(on.year, on.month)
    if every == Every.STATEMENT and on == period.statement_on:
        return period.first_day, period.last_day
    return None
