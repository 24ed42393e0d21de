"""What a job reports about itself when it has finished, in words and in the reader's figures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import format as formats

WORDS: Mapping[str, Any] = {
    "issued": _("Statements issued"),
    "total_payable": _("Total payable"),
    "entries": _("Interest entries"),
    "interest_credits": _("Accounts with interest taken back"),
    "notices": _("Daily notices"),
    "files": _("Requested files deleted"),
    "reports": _("Regular reports asked for"),
    "steps": _("Warnings sent"),
    "arrangements_broken": _("Payment arrangements broken"),
    "suspended": _("Suspended"),
    "clearings": _("Debts met by credits"),
    "announced": _("Debits announced"),
    "debits_sent": _("Debits sent to the bank"),
    "bank_days": _("Return files fetched"),
    "bank_entries": _("Entries of the bank dealt with"),
    "bank_open": _("Entries of the bank for an officer"),
    "bonds": _("Bonds changed"),
    "reassessed": _("Enrolments looked at again"),
    "reminded": _("Reminders sent"),
    "periods_ended": _("Enrolments ended with their period"),
    "ends_warned": _("Importers warned that their period ends"),
    "endorsements_not_arrived": _("Endorsements by mail that did not arrive"),
    "nudged": _("Importers told of use or of a low estimate"),
    "told": _("Sureties' bonds told of"),
    "dropped": _("Old events dropped"),
    "reminders": _("Reminders sent"),
    "overdue_notices": _("Releases overdue"),
    "requests": _("Requests expired"),
    "delegations": _("Access ended"),
    "invitations": _("Invitations expired"),
    "handovers": _("Offers of the primary role expired"),
    "people": _("People looked at"),
    "digests": _("Summaries sent"),
    "files_removed": _("Files removed"),
    "drafts_warned": _("Writers of drafts reminded"),
    "drafts_closed": _("Drafts closed"),
    "penalties": _("Penalties charged"),
    "arrived": _("Goods arrived"),
    "examinations": _("Goods referred to examination"),
    "RISEN": _("Requirement rose"),
    "SAME_OR_LOWER": _("Same or lower"),
    "NO_HISTORY": _("No history"),
    "NOT_ENROLLED": _("Not enrolled"),
    "HELD": _("Held for you"),
}
#: Facts that a job keeps for itself: which cycle of which year it worked for, that there was nothing to do, whether its
#: rule applies.
OWN_FACTS = frozenset({"cycle", "year", "skipped", "applies"})


@dataclass(frozen=True)
class Figure:
    """One figure of a report: its key, its name and its value in the form of the language."""

    key: str
    name: Any
    value: str


def figures_of(summary: Mapping[str, Any], *, language: str) -> Iterator[Figure]:
    """The figures of a run's report in their order; counts by kind stand beside the others."""
    for key, value in summary.items():
        if isinstance(value, Mapping):
            yield from figures_of(value, language=language)
        elif key not in OWN_FACTS and not isinstance(value, bool):
            yield Figure(key, WORDS.get(key, key.replace("_", " ")), _written(key, value, language))


def _written(key: str, value: Any, language: str) -> str:
    if isinstance(value, int):
        return formats.integer(value, language)
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    return formats.money(amount, language) if key.startswith("total") else formats.number(amount, language)
