"""Questions to officers: who may ask for a program account's number, by when an answer is due, what it needs.

Sources: the agency's support page (two business days; forms preferred to the telephone) and its page on the RM number
(the importer or its licensed broker asks with business number and legal name). Complaint 17: nobody sees where a
question stands. The limits are ours (assumed).
"""

from datetime import date

from accounts.names import normalised
from reference.rules.calendar import business_days_after

#: Business days until a question is to be answered (the agency's standard of 2024 and 2025).
ANSWER_BUSINESS_DAYS = 2
#: Most questions of one person that wait at once (assumed), so that nobody works through a list of numbers.
MOST_WAITING = 5
#: From each state, those that may follow.
TRANSITIONS: dict[str, frozenset[str]] = {
    "WAITING": frozenset({"ANSWERED", "REFUSED", "WITHDRAWN"}),
    "ANSWERED": frozenset(),
    "REFUSED": frozenset(),
    "WITHDRAWN": frozenset(),
}


def can_become(state: str, following: str) -> bool:
    return following in TRANSITIONS[state]


def answer_due_on(asked_on: date) -> date:
    """The last day of the standard; the day of asking is day 0."""
    return business_days_after(asked_on, ANSWER_BUSINESS_DAYS)


def is_late(state: str, due_on: date, on: date) -> bool:
    """Whether a question still waits after the day on which it was to be answered."""
    return state == "WAITING" and on > due_on


def asking_problem(*, as_broker: bool, is_licensed_broker: bool, waiting_count: int) -> str | None:
    """Why somebody cannot ask now, as a code."""
    if as_broker and not is_licensed_broker:
        return "not_a_licensed_broker"
    return "too_many_waiting" if waiting_count >= MOST_WAITING else None


def answer_problem(*, asks_number: bool, gives: frozenset[int], known: frozenset[int], text: str) -> str | None:
    """Why an officer's answer cannot go out, as a code; a number is given from the record and never typed."""
    if asks_number:
        return None if gives and gives <= known else "number_missing"
    return None if text.strip() else "text_missing"


def is_same_name(claimed: str, *recorded: str) -> bool:
    """Whether a claimed legal name is one of the record's, but for case, accents, punctuation and abbreviations."""
    return normalised(claimed) in {normalised(name) for name in recorded if name} - {""}
