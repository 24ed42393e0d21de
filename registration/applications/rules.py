"""Those who have no program account to claim: which way they go, what they hand in, how long they wait. Pure.

Sources: the agency's page on getting started (a resident of most kinds gets the business number here; a trust, and
whoever is outside Canada, gets it from the revenue agency first; confirmed); a broker's bulletin of January 2025
(documents of non-residents and of those whose books are kept elsewhere, work starts once the file is complete, 30
business days on average; reported); the press of December 2025 (two weeks, and up to two months abroad; reported); the
agency's help tool for the order of the questions (confirmed). What exactly is handed in is published nowhere (assumed).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _
from stdnum import luhn

from reference.rules.calendar import business_days_after, is_business_day
from reference.rules.dated import latest_or_first

#: A customs broker's own security, in Canadian dollars (D1-8-1 as brokers relay it: reported).
BROKER_SECURITY = Decimal("50000.00")
#: The product's own range of business numbers, so that none is a real one's.
OWN_RANGE = ("70", "71")
#: Business numbers that the registration gives out begin so; the practice world's own businesses begin with 70.
ISSUED_STEM = 71_000_000


class Who(StrEnum):
    """What somebody comes for."""

    IMPORTER = "IMPORTER"
    CUSTOMS_BROKER = "CUSTOMS_BROKER"
    TRADE_CONSULTANT = "TRADE_CONSULTANT"
    SURETY = "SURETY"


PROVIDERS = frozenset({Who.CUSTOMS_BROKER, Who.TRADE_CONSULTANT, Who.SURETY})


class Where(StrEnum):
    CANADA = "CANADA"
    ABROAD = "ABROAD"


class Numbers(StrEnum):
    """Which numbers the business has already."""

    BOTH = "BOTH"
    BUSINESS = "BUSINESS"
    NONE = "NONE"


class Entity(StrEnum):
    """What kind of business it is in law."""

    CORPORATION = "CORPORATION"
    SOLE_PROPRIETOR = "SOLE_PROPRIETOR"
    PARTNERSHIP = "PARTNERSHIP"
    NON_PROFIT = "NON_PROFIT"
    TRUST = "TRUST"
    ESTATE = "ESTATE"
    GOVERNMENT = "GOVERNMENT"


#: Kinds that get their business number from the revenue agency only: trusts are confirmed, the others assumed.
FROM_THE_REVENUE_AGENCY = frozenset({Entity.TRUST, Entity.ESTATE, Entity.GOVERNMENT})


class Way(StrEnum):
    """Where the answers lead."""

    CLAIM = "CLAIM"
    APPLY = "APPLY"
    NUMBER_FIRST_ABROAD = "NUMBER_FIRST_ABROAD"
    NUMBER_FIRST_ENTITY = "NUMBER_FIRST_ENTITY"


@dataclass(frozen=True)
class Answers:
    """The first page's answers, in the order of the agency's help tool."""

    who: Who
    where: Where
    numbers: Numbers
    entity: Entity

    @property
    def is_non_resident(self) -> bool:
        return self.where == Where.ABROAD


def way_in(answers: Answers) -> Way:
    """Whoever has both numbers proves that the business is theirs; others apply, unless a number comes first."""
    if answers.numbers == Numbers.BOTH:
        return Way.CLAIM
    if answers.numbers == Numbers.NONE:
        if answers.is_non_resident:
            return Way.NUMBER_FIRST_ABROAD
        if answers.entity in FROM_THE_REVENUE_AGENCY:
            return Way.NUMBER_FIRST_ENTITY
    return Way.APPLY


# --- What is handed in ------------------------------------------------------------------------------------------------
class Paper(StrEnum):
    """The categories of documents."""

    IDENTITY = "IDENTITY"
    EXISTENCE = "EXISTENCE"
    BOOKS = "BOOKS"
    LICENCE = "LICENCE"
    SECURITY = "SECURITY"
    OTHER = "OTHER"


PAPER_LABELS: dict[Paper, Any] = {
    Paper.IDENTITY: _("Identification of the person who signs"),
    Paper.EXISTENCE: _("Proof that the business exists"),
    Paper.BOOKS: _("Where the books and records are kept"),
    Paper.LICENCE: _("Licence or authorization"),
    Paper.SECURITY: _("The broker's own security"),
    Paper.OTHER: _("Something else the officer asked for"),
}
PAPER_HINTS: dict[Paper, Any] = {
    Paper.IDENTITY: _("Passport or driver's licence of an owner or director"),
    Paper.EXISTENCE: _("Certificate of incorporation, or an extract of the trade register of its country"),
    Paper.BOOKS: _("Address in Canada where they can be seen, or the agreement with whoever keeps them"),
    Paper.LICENCE: _("A copy that shows its number and its last day"),
    Paper.SECURITY: _("The bond or the receipt of the deposit over $50,000.00"),
    Paper.OTHER: _("As the officer's message says"),
}


def required_papers(who: Who, *, is_non_resident: bool, books_elsewhere: bool) -> tuple[Paper, ...]:
    """What has to be there before an officer starts: said before anything is typed.

    Non-residents and residents whose books are not at their place of business (reported); providers prove
    what they are.
    """
    wanted = {
        Who.IMPORTER: (),
        Who.CUSTOMS_BROKER: (Paper.LICENCE, Paper.SECURITY),
        Who.TRADE_CONSULTANT: (Paper.EXISTENCE,),
        Who.SURETY: (Paper.LICENCE,),
    }[who]
    more: tuple[Paper, ...] = ()
    if is_non_resident:
        more = (Paper.IDENTITY, Paper.EXISTENCE, Paper.BOOKS)
    elif books_elsewhere:
        more = (Paper.BOOKS,)
    return tuple(paper for paper in Paper if paper in {*wanted, *more})


@dataclass(frozen=True)
class Handed:
    """One accepted document: what it is and its place in the order of arrival."""

    paper: str
    place: int


def missing_papers(
    required: Iterable[Paper], asked: Collection[str], handed: Collection[Handed], *, asked_after: int
) -> tuple[Paper, ...]:
    """What still has to come; what an officer asked for counts only when it came after ``asked_after``."""
    here = {given.paper for given in handed}
    since = {given.paper for given in handed if given.place > asked_after}
    lacking = {paper for paper in required if paper not in here} | {
        Paper(paper) for paper in asked if paper not in since
    }
    return tuple(paper for paper in Paper if paper in lacking)


# --- Where an application stands --------------------------------------------------------------------------------------
class ApplicationState(StrEnum):
    """Names assumed; the order is that of the agency's own enrolment."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    DOCS_MISSING = "DOCS_MISSING"
    UNDER_REVIEW = "UNDER_REVIEW"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


_State = ApplicationState
NEXT: dict[ApplicationState, frozenset[ApplicationState]] = {
    _State.DRAFT: frozenset({_State.SUBMITTED, _State.WITHDRAWN}),
    _State.SUBMITTED: frozenset({_State.DOCS_MISSING, _State.UNDER_REVIEW, _State.REJECTED, _State.WITHDRAWN}),
    _State.DOCS_MISSING: frozenset({_State.UNDER_REVIEW, _State.REJECTED, _State.WITHDRAWN}),
    _State.UNDER_REVIEW: frozenset({_State.DOCS_MISSING, _State.APPROVED, _State.REJECTED, _State.WITHDRAWN}),
    _State.APPROVED: frozenset(),
    _State.REJECTED: frozenset(),
    _State.WITHDRAWN: frozenset(),
}
#: Where an application waits for somebody.
WAITING = (_State.SUBMITTED, _State.DOCS_MISSING, _State.UNDER_REVIEW)


def can_become(state: str, following: ApplicationState) -> bool:
    return following in NEXT[ApplicationState(state)]


def state_of_papers(missing: Collection[Paper], *, is_checking: bool) -> ApplicationState:
    """Where a submitted application stands by its documents; while the last are checked it is only submitted."""
    if not missing:
        return ApplicationState.UNDER_REVIEW
    return ApplicationState.SUBMITTED if is_checking else ApplicationState.DOCS_MISSING


# --- How long it takes ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Wait:
    """Business days from a complete file to the answer, from a day on."""

    effective_from: date
    resident: int
    abroad: int
    source: str


WAITS = (
    Wait(date(2024, 10, 21), 10, 30, "Broker's bulletin of January 2025 on 30 business days (reported); ten assumed"),
    Wait(date(2025, 12, 15), 10, 42, "Press of December 2025: two weeks, up to two months abroad (reported)"),
)


def wait_days(complete_on: date, *, is_non_resident: bool) -> int:
    """Business days that an answer takes for a file that was complete on that day."""
    row = latest_or_first(WAITS, complete_on)
    assert row is not None
    return row.abroad if is_non_resident else row.resident


def answer_by(complete_on: date, *, is_non_resident: bool) -> date:
    """The day by which an officer answers."""
    return business_days_after(complete_on, wait_days(complete_on, is_non_resident=is_non_resident))


def business_days_between(first: date, last: date) -> int:
    """The age of what came on ``first``, seen on ``last``: business days after the first, the last one counted."""
    return sum(is_business_day(first + timedelta(days=day)) for day in range(1, (last - first).days + 1))


# --- What a day brings ------------------------------------------------------------------------------------------------
#: Days after which somebody who owes documents is reminded (assumed; the agency publishes none).
REMINDER_DAYS = (7, 21, 45)


def reminder_due(missing_since: date, reminded_after: int, *, on: date) -> int | None:
    """The reminder that is due on a day: the latest step that has been reached and was not told yet."""
    passed = (on - missing_since).days
    due = max((days for days in REMINDER_DAYS if days <= passed), default=0)
    return due if due > reminded_after else None


#: So many days before a draft is closed its writer is told, and so many days pass at least after that.
DRAFT_WARNING_DAYS = 14


class DraftStep(StrEnum):
    """What becomes of a draft that nobody touches."""

    WARN = "warn"
    CLOSE = "close"


def draft_step(saved_on: date, warned_on: date | None, *, kept_days: int, on: date) -> DraftStep | None:
    """The step due on a day for a draft last saved on one; never closed without a warning (assumed)."""
    if (on - saved_on).days < kept_days - DRAFT_WARNING_DAYS:
        return None
    if warned_on is None or warned_on < saved_on:
        return DraftStep.WARN
    is_over = on - saved_on > timedelta(days=kept_days) and (on - warned_on).days >= DRAFT_WARNING_DAYS
    return DraftStep.CLOSE if is_over else None


def draft_closes_on(saved_on: date, *, kept_days: int, on: date) -> date:
    """The day on which a draft warned of on a day is closed."""
    return max(saved_on + timedelta(days=kept_days + 1), on + timedelta(days=DRAFT_WARNING_DAYS))


# --- Numbers ----------------------------------------------------------------------------------------------------------
def is_of_own_range(bn9: str) -> bool:
    """Whether a business number may be used here at all: only the simulation's own begin with 70 or 71."""
    return bn9.startswith(OWN_RANGE)


def issued_number(place: int) -> str:
    """The ``place``-th business number that the registration gives out, with its check digit (mod 10, Luhn)."""
    stem = str(ISSUED_STEM + place % 1_000_000)
    return stem + luhn.calc_check_digit(stem)


def next_rm(numbers: Iterable[str]) -> str:
    """The RM after the highest of these program accounts (BN15); RM0001 where there is none."""
    return f"RM{max((int(number[-4:]) for number in numbers), default=0) + 1:04d}"
