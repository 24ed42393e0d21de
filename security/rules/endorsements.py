"""A signed endorsement that raises a bond on paper and comes by mail: its states and what it holds back.

Sureties' and brokers' pages of 2025: mailed before the deadline of the yearly review, processed in about 25 business
days, and no suspension while it is not keyed in. That it ends unprocessed after that time is assumed.
"""

from collections.abc import Mapping
from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reference.rules.calendar import business_days_after


class EndorsementState(TextChoices):
    MAILED = "MAILED", _("In the mail")
    ENTERED = "ENTERED", pgettext_lazy("endorsement", "Entered")
    REFUSED = "REFUSED", pgettext_lazy("endorsement", "Refused")
    EXPIRED = "EXPIRED", _("Did not arrive")
    WITHDRAWN = "WITHDRAWN", pgettext_lazy("endorsement", "Withdrawn")


ENDORSEMENT_TRANSITIONS: Mapping[str, frozenset[str]] = {
    EndorsementState.MAILED: frozenset(
        {
            EndorsementState.ENTERED,
            EndorsementState.REFUSED,
            EndorsementState.EXPIRED,
            EndorsementState.WITHDRAWN,
        }
    ),
    EndorsementState.ENTERED: frozenset(),
    EndorsementState.REFUSED: frozenset(),
    EndorsementState.EXPIRED: frozenset(),
    EndorsementState.WITHDRAWN: frozenset(),
}


def can_endorsement_become(state: str, following: str) -> bool:
    return following in ENDORSEMENT_TRANSITIONS[state]


def open_until(mailed_on: date, *, days: int) -> date:
    """The last day on which an endorsement is waited for: so many business days after it was said to be mailed."""
    return business_days_after(mailed_on, days)


def holds_back(*, mailed_on: date, last_day: date, due_on: date, on: date) -> bool:
    """Whether an endorsement in the mail keeps a missed deadline from suspending.

    It does from the mailing through its last day, if it was mailed by the deadline: one mailed later is no ground for
    more time.
    """
    return mailed_on <= due_on and mailed_on <= on <= last_day
