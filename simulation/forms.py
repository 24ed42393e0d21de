"""The form that moves the clock."""

from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.forms import DateField, PortageForm


class ClockForm(PortageForm):
    """To which day the business clock is to move."""

    to = DateField(label=_("Move the clock to"), help_text=_("For example 2026-08-25. It stops at 08:00 of that day."))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].initial = today + timedelta(days=1)
