"""By which topic a notice counts, and whether its e-mail copy goes out at once, once a day, or not at all. Pure.

That people choose a summary a day is our answer to complaint 14 of the portal's users (assumed).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Topic(StrEnum):
    """What a notice is about, in the words of whoever chooses."""

    ACCESS = "ACCESS"
    REGISTRATION = "REGISTRATION"
    SECURITY = "SECURITY"
    MONEY = "MONEY"
    GOODS = "GOODS"
    OTHER = "OTHER"


class How(StrEnum):
    """What becomes of the e-mail copy; the notice itself is always in the portal."""

    EACH = "EACH"
    DIGEST = "DIGEST"
    NONE = "NONE"


TOPIC_LABELS: Mapping[Topic, Any] = {
    Topic.ACCESS: _("People and access"),
    Topic.REGISTRATION: _("Registration"),
    Topic.SECURITY: _("Financial security"),
    Topic.MONEY: _("Statements, payments and standing"),
    Topic.GOODS: _("Releases and declarations"),
    Topic.OTHER: _("Everything else"),
}
TOPIC_HINTS: Mapping[Topic, Any] = {
    Topic.ACCESS: _("Requests, approvals, roles, ends of access"),
    Topic.REGISTRATION: _("Applications and their documents"),
    Topic.SECURITY: _("Release Prior to Payment, bonds, deposits, the yearly review"),
    Topic.MONEY: _("New statements, amounts received, warnings"),
    Topic.GOODS: _("What was released, accounted for or is late"),
    Topic.OTHER: _("Answers of the help desk, files that are ready"),
}
HOW_LABELS: Mapping[How, Any] = {
    How.EACH: _("An e-mail for each notice"),
    How.DIGEST: _("One summary a day"),
    How.NONE: pgettext_lazy("e-mail copies", "None"),
}

_TOPIC_OF: Mapping[str, Topic] = {
    "access": Topic.ACCESS,
    "sign_in": Topic.ACCESS,
    "registration": Topic.REGISTRATION,
    "statement": Topic.MONEY,
    "payment": Topic.MONEY,
    "standing": Topic.MONEY,
    "declarations": Topic.GOODS,
    "releases": Topic.GOODS,
}
#: Rooms with many categories begin each with one of these.
_TOPIC_OF_PREFIX: Mapping[str, Topic] = {
    "RPP_": Topic.SECURITY,
    "SEC_": Topic.SECURITY,
    "WSA_": Topic.SECURITY,
    "DEPOSIT_": Topic.SECURITY,
    "REDUCTION_": Topic.SECURITY,
    "ANNUAL_REVIEW_": Topic.SECURITY,
}
#: Whoever tells these writes a letter to everybody beside the notice, so there is no copy to choose.
_WITH_A_LETTER_OF_THEIR_OWN = frozenset({"inactivity"})


def topic_of(category: str) -> Topic:
    """A category that no topic names counts as everything else."""
    by_prefix = (topic for prefix, topic in _TOPIC_OF_PREFIX.items() if category.startswith(prefix))
    return _TOPIC_OF.get(category) or next(by_prefix, Topic.OTHER)


def how_of(topic: Topic, chosen: Mapping[str, str], *, wants_email: bool) -> How:
    """The person's choice for a topic; where there is none, what they said in their profile."""
    if topic in chosen:
        return How(chosen[topic])
    return How.EACH if wants_email else How.NONE


def copy_of(category: str, chosen: Mapping[str, str], *, wants_email: bool, has_address: bool) -> How:
    """What becomes of the e-mail copy of one notice."""
    if not has_address or category in _WITH_A_LETTER_OF_THEIR_OWN:
        return How.NONE
    return how_of(topic_of(category), chosen, wants_email=wants_email)
