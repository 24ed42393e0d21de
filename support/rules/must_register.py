"""Who has to register: a pure answer to the four questions of the importer's guide."""

from dataclasses import dataclass
from enum import StrEnum


class Reply(StrEnum):
    """What a visitor says to one of the four questions."""

    YES = "yes"
    LATER = "later"
    NO = "no"


class Question(StrEnum):
    """The four questions, in the order of the importer's guide ("Who should register with CARM?")."""

    IMPORTS = "imports"
    SOLD = "sold"
    USED = "used"
    ABROAD = "abroad"


class Verdict(StrEnum):
    """The answer: each leads to another next step."""

    REGISTER = "register"
    PLAN = "plan"
    NOTHING = "nothing"


@dataclass(frozen=True)
class RegistrationAnswer:
    """Whether a business has to register, and the questions that decided it."""

    verdict: Verdict
    reasons: tuple[Question, ...]


def registration_answer(replies: dict[Question, Reply]) -> RegistrationAnswer:
    """One yes is enough; with none, what is meant for later asks for a plan; else there is nothing to do.

    Source: the importer's guide: a business must register if it imports commercial goods, even once a year and of any
    size; goods that will be sold; goods that will be used; or is outside Canada and imports commercial goods into it.
    "Later" is ours (assumed): without registration nothing is released, so a plan comes before the first shipment.
    """
    for reply, verdict in ((Reply.YES, Verdict.REGISTER), (Reply.LATER, Verdict.PLAN)):
        reasons = tuple(question for question in Question if replies[question] == reply)
        if reasons:
            return RegistrationAnswer(verdict, reasons)
    return RegistrationAnswer(Verdict.NOTHING, ())
