"""Linking a person to a business: what has to match, how many answers prove it, how many tries there are.

Sources: CARM's registration videos (numbers, name and address, affinity questions); the brokers' society on the
questions (two of three, only those the record can answer, one where it holds a single kind; 0 refused for a statement
balance, 0.00 accepted for a transaction); brokers' reports of a lock after ten errors that the help desk lifts, which
strict mode keeps and a pause replaces elsewhere (assumed).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.names import normalised

#: Wrong answers before the lock of strict mode or else the pause, and its length (reported: the lock; ours: the pause).
MOST_ERRORS = 10
PAUSE = timedelta(minutes=15)
#: A transaction or payment counts as recent for a year before the registration (assumed).
RECENT = timedelta(days=366)


class Here(StrEnum):
    """What a newcomer knows of their business: whether somebody has registered it here already."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Way(StrEnum):
    """Where a newcomer goes from the first question."""

    MEMBER = "member"
    TAKE_BACK = "take_back"
    ASK = "ask"
    REGISTER = "register"
    FIND_OUT = "find_out"


def first_way(here: Here, *, is_member: bool, has_asked: bool) -> Way:
    """The right way in; it looks at what the person knows and has done, never at whether the business is here.

    Source: CARM's first-time setup offers two choices, and brokers report that people take the employer's by mistake
    and are stuck with it. Whether a number is registered is told to nobody who cannot name its program account too
    (assumed), so the plain question is asked instead.
    """
    if is_member:
        return Way.MEMBER
    if has_asked:
        return Way.ASK if here == Here.YES else Way.TAKE_BACK
    return {Here.YES: Way.ASK, Here.NO: Way.REGISTER, Here.UNKNOWN: Way.FIND_OUT}[here]


class Question(StrEnum):
    """The three ways to prove that a business is one's own."""

    DECLARATION = "declaration"
    PAYMENT = "payment"
    STATEMENT = "statement"


class Verdict(StrEnum):
    """How one question was answered."""

    EMPTY = "empty"
    INCOMPLETE = "incomplete"
    WRONG = "wrong"
    RIGHT = "right"


#: Provinces and territories by their English and French names.
_REGIONS = {
    normalised(name): code
    for code, names in {
        "ab": ("Alberta",),
        "bc": ("British Columbia", "Colombie-Britannique"),
        "mb": ("Manitoba",),
        "nb": ("New Brunswick", "Nouveau-Brunswick"),
        "nl": ("Newfoundland and Labrador", "Terre-Neuve-et-Labrador"),
        "nt": ("Northwest Territories", "Territoires du Nord-Ouest"),
        "ns": ("Nova Scotia", "Nouvelle-Écosse"),
        "nu": ("Nunavut",),
        "on": ("Ontario",),
        "pe": ("Prince Edward Island", "Île-du-Prince-Édouard"),
        "qc": ("Québec",),
        "sk": ("Saskatchewan",),
        "yt": ("Yukon",),
    }.items()
    for name in names
}


@dataclass(frozen=True)
class Identity:
    """A business's name and address as somebody typed them or as the record holds them."""

    name: str
    street: str
    city: str
    region: str
    postal_code: str


IDENTITY_FIELDS = ("name", "street", "city", "region", "postal_code")


def mismatches(typed: Identity, record: Identity, *, operating_name: str = "", is_strict: bool = False) -> list[str]:
    """The fields that differ from the record, in their order; the record itself is never given away.

    Either the legal or the operating name will do. ``is_strict`` compares to the letter, as CARM does.
    """
    names = {record.name, operating_name} - {""}
    pairs: Mapping[str, tuple[str, Iterable[str]]] = {
        "name": (typed.name, names),
        "street": (typed.street, (record.street,)),
        "city": (typed.city, (record.city,)),
        "region": (typed.region, (record.region,)),
        "postal_code": (typed.postal_code, (record.postal_code,)),
    }
    return [field for field, (given, known) in pairs.items() if not _matches(field, given, known, is_strict)]


def _matches(field: str, given: str, known: Iterable[str], is_strict: bool) -> bool:
    if is_strict:
        return given in known
    return _comparable(field, given) in {_comparable(field, text) for text in known}


def _comparable(field: str, text: str) -> str:
    plain = normalised(text)
    if field == "postal_code":
        return plain.replace(" ", "")
    return _REGIONS.get(plain, plain) if field == "region" else plain


def answers_needed(offered: Iterable[Question]) -> int:
    """Two right answers; one where the record can answer a single question; none where it holds no history."""
    return min(len(set(offered)), 2)


def is_proven(verdicts: Mapping[Question, Verdict], offered: Iterable[Question]) -> bool:
    """Whether enough answers are right and none is wrong or half given."""
    allowed = set(offered)
    given = {question: verdict for question, verdict in verdicts.items() if question in allowed}
    right = sum(verdict == Verdict.RIGHT for verdict in given.values())
    spoilt = any(verdict in (Verdict.WRONG, Verdict.INCOMPLETE) for verdict in given.values())
    return right >= answers_needed(allowed) and not spoilt


@dataclass(frozen=True)
class Tries:
    """Errors made so far and, after the tenth, the end of the pause or the lock.

    Source of the lock: brokers' reports of 2022 (complaint 2): ten errors, and only the help desk opens it again. It
    is strict mode's; time never ends it, nor does switching the mode off.
    """

    errors: int = 0
    paused_until: datetime | None = None
    is_locked: bool = False

    def left(self, at: datetime) -> int:
        return 0 if self.is_locked else MOST_ERRORS - self.settled(at).errors

    def is_paused(self, at: datetime) -> bool:
        return self.paused_until is not None and at < self.paused_until

    def minutes_left(self, at: datetime) -> int:
        """Whole minutes until the end of the pause, at least one; 0 without a pause."""
        if self.paused_until is None or not self.is_paused(at):
            return 0
        return max(1, math.ceil((self.paused_until - at) / timedelta(minutes=1)))

    def settled(self, at: datetime) -> "Tries":
        """The count as it is now: after the pause it begins again, after a lock it does not."""
        if self.is_locked:
            return self
        return Tries() if self.paused_until is not None and at >= self.paused_until else self

    def after_errors(self, count: int, at: datetime, *, is_strict: bool = False) -> "Tries":
        """The count after some more errors; the tenth begins the pause, or locks in strict mode."""
        if self.is_locked:
            return self
        errors = min(self.settled(at).errors + count, MOST_ERRORS)
        if errors < MOST_ERRORS:
            return Tries(errors)
        return Tries(errors, is_locked=True) if is_strict else Tries(errors, at + PAUSE)


def amount_verdict(given: Decimal | None, known: Iterable[Decimal], *, refuses_zero: bool = False) -> Verdict:
    """How an amount compares with the record's; to the cent."""
    if given is None:
        return Verdict.INCOMPLETE
    if refuses_zero and given == 0:
        return Verdict.WRONG
    return Verdict.RIGHT if given in set(known) else Verdict.WRONG


def recent_days(on: date) -> tuple[date, date]:
    """The first and the last day on which what happened may prove a registration on ``on``."""
    return on - RECENT, on


class Step(StrEnum):
    """The wizard's steps, in their order."""

    NUMBERS = "NUMBERS"
    IDENTITY = "IDENTITY"
    PROOF = "PROOF"
    TERMS = "TERMS"
    REVIEW = "REVIEW"


_ORDER = tuple(Step)


def is_reached(state: str, step: Step) -> bool:
    """Whether somebody whose registration stands at ``state`` may open ``step``; never once it is closed."""
    return state in _ORDER and _ORDER.index(step) <= _ORDER.index(Step(state))


def after(state: str, step: Step) -> Step:
    """Where a registration stands once ``step`` is passed: the next one, or further where it was further already."""
    following = _ORDER[_ORDER.index(step) + 1]
    return Step(state) if is_reached(state, following) else following


@dataclass(frozen=True)
class HelpCode:
    """One code of the agency's help tool: what went wrong, in plain words, and what to do next."""

    code: str
    title: Any
    meaning: Any
    next_step: Any
    #: The codes of this portal's own refusals that it stands for.
    failures: frozenset[str]

    @property
    def anchor(self) -> str:
        return self.code.lower()

    @property
    def has_number(self) -> bool:
        """Whether it is a code that the help desk knows; the last one only says that it is none of them."""
        return self.code != "Other"

    @property
    def label(self) -> Any:
        """The code as it is read: only the last one is a word."""
        return self.code if self.has_number else pgettext_lazy("help code", "Other")


#: The code for whatever no other code names.
OTHER = HelpCode(
    "Other",
    _("Something else stopped the registration"),
    _("For example ten wrong answers, a closed program account, or a business that somebody else registered first."),
    _("Follow the sentence on the page. If it does not help, ask an officer to register you by hand."),
    frozenset(),
)
#: The help tool's codes. That they exist is confirmed by the tool; what each means is published nowhere, so it is
#: ours (assumed).
HELP_CODES = (
    HelpCode(
        "EC-1012",
        _("The business number or the program account was not accepted"),
        _("No program account has this business number together with this RM number."),
        _("Compare each digit with a declaration or a statement. Your customs broker knows both numbers."),
        frozenset({"numbers_unknown"}),
    ),
    HelpCode(
        "EC-1023",
        _("The name or the address differs from the record"),
        _("The record holds the legal and the operating name and the address as they were registered."),
        _("Copy them from your registration papers. Check what your browser filled in by itself, and old addresses."),
        frozenset({"identity_differs"}),
    ),
    HelpCode(
        "EC-1029",
        _("The figures of past activity do not match"),
        _("An amount, a date or a number differs from the record; amounts are compared to the cent."),
        _("Take the figures from a declaration, a receipt or a statement, or choose another question."),
        frozenset({"answers_differ"}),
    ),
    OTHER,
)


def help_code(failure: str) -> HelpCode:
    """The help tool's code for one of the wizard's own refusals; whatever none of them names is "Other"."""
    return next((code for code in HELP_CODES if failure in code.failures), OTHER)
