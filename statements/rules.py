"""What a statement adds up to, how it stands, and the interest on what was paid late.

Sources: the agency's page on daily notices and statements (period, 25th), the working layout of boxes A to H on the
public descriptions of the statement, Customs Act s. 3.1, 33.4 and 109.5 (interest), SOR/86-1062 s. 10.1 (period).
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache, partial

from core.money import ZERO
from reference.rules.billing import BillingPeriod
from reference.rules.rates import RELIEF, Growth, RateFrom, growth

#: The statement of the 25th shows what was posted through the 24th.
CUT_OFF_DAY = 24
_DAY = timedelta(days=1)
_BOOK_STARTS = date(2000, 1, 1)
_NO_GLYPH = re.compile(r"the text `?\"?(.+?)\"?`? could not be displayed")


# --- The statement ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Boxes:
    """The eight boxes, signed as they change what is owed: H = A + B + C + D + E + F + G."""

    a: Decimal
    b: Decimal
    c: Decimal
    d: Decimal
    e: Decimal
    f: Decimal
    g: Decimal

    @property
    def h(self) -> Decimal:
        return self.a + self.b + self.c + self.d + self.e + self.f + self.g


@dataclass(frozen=True)
class CutOff:
    """The days whose postings a statement is the first to show, both included."""

    since: date
    upto: date


def cut_off(statement_on: date, *, shown_through: date | None) -> CutOff:
    """From the day after the last one shown through the 24th, the eve of the statement; everything on the first one.

    Usually that is from the 25th of the month before; after a month without a run nothing is left out.
    """
    since = _BOOK_STARTS if shown_through is None else shown_through + _DAY
    return CutOff(since=since, upto=statement_on.replace(day=CUT_OFF_DAY))


def next_statement_period(on: date, *, newest_on: date | None) -> BillingPeriod:
    """The period of the next statement to come: the next 25th, today's included until today's has been issued."""
    period = BillingPeriod(on.year, on.month)
    is_issued = newest_on is not None and newest_on >= period.statement_on
    return period.following if period.statement_on < on or is_issued else period


def seal_of(lines: Iterable[Sequence[object]]) -> str:
    """SHA-256 over the lines behind a statement, so that a later change of what was frozen shows."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update("|".join(str(part) for part in line).encode())
        digest.update(b"\n")
    return digest.hexdigest()


class StatementState(StrEnum):
    NOTHING_DUE = "nothing_due"
    PAID = "paid"
    DUE = "due"
    PARTLY_PAID = "partly_paid"
    OVERDUE = "overdue"


def still_to_pay(total_payable: Decimal, open_by_due_date: dict[date | None, Decimal], payment_due_on: date) -> Decimal:
    """What is left of a statement: its open debts less open credits, never below zero nor above its own total.

    ``open_by_due_date`` are the account's open debts, its open credits (below zero) under ``None``.
    """
    owed = sum(
        (amount for due_on, amount in open_by_due_date.items() if due_on is None or due_on <= payment_due_on), ZERO
    )
    return max(ZERO, min(owed, total_payable))


def statement_state(total_payable: Decimal, left: Decimal, *, last_day_to_pay: date, on: date) -> StatementState:
    """How a statement stands on a day: overdue from the day after its last day to pay."""
    if total_payable <= ZERO:
        return StatementState.NOTHING_DUE
    if left <= ZERO:
        return StatementState.PAID
    if on > last_day_to_pay:
        return StatementState.OVERDUE
    return StatementState.DUE if left == total_payable else StatementState.PARTLY_PAID


# --- Levels ----------------------------------------------------------------------------------------------------------


class Level(StrEnum):
    """The levels of a statement of account (RYAN): one program account, its program type, the whole legal entity."""

    ENTITY = "ENTITY"
    PROGRAM = "PROGRAM"
    ACCOUNT = "ACCOUNT"


def program_of(number: str) -> str:
    """The program type of a program account: the letters after the nine digits of its business number."""
    return number[9:11]


@dataclass(frozen=True)
class AccountFigures:
    """What one program account's statement adds to the levels above it."""

    number: str
    boxes: Boxes
    entry_count: int
    seal: str


@dataclass(frozen=True)
class LevelFigures:
    """One level of one business: the boxes of its accounts added up, and a hash over their hashes."""

    level: Level
    program: str
    boxes: Boxes
    account_count: int
    entry_count: int
    seal: str


def levels_of(accounts: Iterable[AccountFigures]) -> list[LevelFigures]:
    """The legal entity's statement and one for each program type, from the statements of the program accounts.

    Box by box they are sums; as each account's H is the sum of its boxes, so is each level's.
    """
    rows = sorted(accounts, key=lambda row: row.number)
    programs = sorted({program_of(row.number) for row in rows})
    wanted = [(Level.ENTITY, "", rows)]
    wanted += [(Level.PROGRAM, name, [row for row in rows if program_of(row.number) == name]) for name in programs]
    return [
        LevelFigures(
            level=level,
            program=program,
            boxes=sum_of_boxes(row.boxes for row in chosen),
            account_count=len(chosen),
            entry_count=sum(row.entry_count for row in chosen),
            seal=seal_of((row.number, row.seal) for row in chosen),
        )
        for level, program, chosen in wanted
    ]


def sum_of_boxes(parts: Iterable[Boxes]) -> Boxes:
    """Box by box."""
    rows = list(parts)
    return Boxes(**{letter: sum((getattr(row, letter) for row in rows), ZERO) for letter in "abcdefg"})


# --- Files -----------------------------------------------------------------------------------------------------------


class FileFormat(StrEnum):
    PDF = "PDF"
    CSV = "CSV"
    XLSX = "XLSX"
    JSON = "JSON"


class Missing(StrEnum):
    """Why a file could not be made."""

    CHARACTER = "CHARACTER"
    RENDERER = "RENDERER"
    STORAGE = "STORAGE"
    ACCESS = "ACCESS"
    NOTHING = "NOTHING"


class FileState(StrEnum):
    REQUESTED = "REQUESTED"
    RUNNING = "RUNNING"
    READY = "READY"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"


#: From each state, where a requested file may go next; a running one that was lost is taken up again.
FILE_NEXT: dict[FileState, frozenset[FileState]] = {
    FileState.REQUESTED: frozenset({FileState.RUNNING}),
    FileState.RUNNING: frozenset({FileState.RUNNING, FileState.READY, FileState.FAILED}),
    FileState.READY: frozenset({FileState.EXPIRED}),
    FileState.FAILED: frozenset({FileState.REQUESTED}),
    FileState.EXPIRED: frozenset(),
}
#: How long a requested file is kept (after the practice of a comparable customs service; assumed).
FILE_KEPT_DAYS = 10
#: Statements this old are made on request instead of at once (after the same practice; assumed).
AT_ONCE_MONTHS = 7


def file_can_become(state: str, following: FileState) -> bool:
    return following in FILE_NEXT[FileState(state)]


def kept_through(made_on: date) -> date:
    """The last day on which a requested file can be taken."""
    return made_on + timedelta(days=FILE_KEPT_DAYS)


def is_old(statement_on: date, *, on: date) -> bool:
    """Whether the files of a statement are made on request: from seven months after the month of the statement."""
    months = (on.year - statement_on.year) * 12 + on.month - statement_on.month
    return months >= AT_ONCE_MONTHS


def what_is_missing(words: str) -> tuple[Missing, str]:
    """From what the renderer said: a character that the document's font lacks, with it, or anything else."""
    found = _NO_GLYPH.search(words)
    return (Missing.CHARACTER, found[1]) if found else (Missing.RENDERER, "")


def scope_text(*, is_full: bool, submitter_ids: Iterable[int], excluded_ids: Iterable[int] | None) -> str:
    """What somebody is shown, as a text that differs when that differs."""
    if is_full:
        return "all"
    if excluded_ids is not None:
        return "not:" + ",".join(str(number) for number in sorted(excluded_ids))
    return "only:" + ",".join(str(number) for number in sorted(submitter_ids))


# --- Transaction history ---------------------------------------------------------------------------------------------


class ItemState(StrEnum):
    """How an entry of the history stands, as its filter asks."""

    OPEN = "open"
    PARTLY = "partly"
    CLEARED = "cleared"
    OVERDUE = "overdue"
    CREDIT = "credit"


# --- Interest --------------------------------------------------------------------------------------------------------

#: A penalty bears no interest when it is paid within thirty days of its notice (Customs Act s. 109.5).
PENALTY_FREE_DAYS = 30


@dataclass(frozen=True)
class Undone:
    """A clearing that was taken back, as when a bank returned the payment."""

    cleared_on: date
    undone_on: date
    amount: Decimal


@dataclass(frozen=True)
class Debt:
    """A debt as interest sees it: when it was due, what cleared it when, and what is ``left`` unpaid."""

    due_on: date
    last_day_to_pay: date
    accrued_through: date | None
    left: Decimal
    paid: Sequence[tuple[date, Decimal]] = ()
    undone: Sequence[Undone] = ()
    #: The last day without interest, if it is another than the due date.
    runs_after: date | None = None

    @property
    def base(self) -> date:
        return self.runs_after or self.due_on


#: So much of a debt, and the last day up to which its interest is charged or that bears none.
_Part = tuple[date, Decimal]


@dataclass(frozen=True)
class Accrual:
    """Interest on one part of a debt from ``first_day`` through ``last_day``; ``days`` are those that counted."""

    principal: Decimal
    first_day: date
    last_day: date
    days: int
    rate: Decimal
    rate_count: int
    is_illustrative: bool
    amount: Decimal


#: What every dollar gains from the day after one date through another.
GrowthOf = Callable[[date, date], Growth]


def growth_by(rates: Sequence[RateFrom]) -> GrowthOf:
    """Each pair of days is worked out once: most debts of a run fell due together."""
    return cache(partial(growth, rates=rates))


def accruals(
    debt: Debt, *, through: date, rates: Sequence[RateFrom] = (), growth_of: GrowthOf | None = None
) -> list[Accrual]:
    """The interest not charged yet on a late debt, part by part: what was paid late until its payment, the rest so far.

    It runs from the day after the due date through the day of payment (Customs Act s. 33.4), compounded daily and
    rounded once a part; what was paid by the last day to pay bears none. A part whose payment was taken back bears it
    as if it had never been paid, less what was charged before. ``rates`` come from ``rates_in_force``;
    ``growth_of`` is what they give, for a run over many debts.
    """
    found = []
    growth_of = growth_of or growth_by(rates)
    for (since, last_day), principal in sorted(_late_parts(debt, through).items()):
        amount = growth_of(since, last_day).on(principal)
        counted = [segment for segment in amount.segments if segment.mark != RELIEF]
        if amount.amount > ZERO:
            found.append(
                Accrual(
                    principal=principal,
                    first_day=counted[0].first_day,
                    last_day=counted[-1].last_day,
                    days=sum(segment.days for segment in counted),
                    rate=counted[-1].rate,
                    rate_count=len({segment.rate for segment in counted}),
                    is_illustrative=any(segment.mark == "illustrative" for segment in counted),
                    amount=amount.amount,
                )
            )
    return found


def _late_parts(debt: Debt, through: date) -> dict[tuple[date, date], Decimal]:
    """Principal by the day after which it bears interest and the last day on which it does.

    The debt's life since it was last charged: a payment ends what is open, the part charged furthest first; one that
    was taken back opens it again, before that day's payments, but for what another covers as of an earlier day.
    """
    known = debt.accrued_through or date.min
    since = debt.accrued_through or debt.base
    moves: list[tuple[date, int, int, Decimal]] = [(day, 1, -1, amount) for day, amount in debt.paid if day > known]
    is_open = debt.left + sum((amount for *_move, amount in moves), ZERO)
    spare = _spare(debt, known, is_open)
    ended: dict[int, list[_Part]] = {}
    for place, row in enumerate(debt.undone):
        if row.undone_on <= max(known, row.cleared_on):
            continue
        moves.append((row.undone_on, 0, place, ZERO))
        if row.cleared_on > known:
            moves.append((row.cleared_on, 1, place, row.amount))
            continue
        # What was charged until a payment, or bore none, is open again from there.
        start = min(since, row.cleared_on) if row.cleared_on > debt.last_day_to_pay else debt.base
        unused = sum((rest for _day, payer, rest in spare if payer == place), ZERO)
        ended[place] = [(start, row.amount - unused)]
        is_open -= row.amount
    is_open = max(is_open, ZERO)
    return _life(debt, [(since, is_open)], ended, sorted(moves, key=lambda move: move[:2]), through, spare)


def _spare(debt: Debt, known: date, is_open: Decimal) -> list[tuple[date, int, Decimal]]:
    """What the last payments until a day came to beyond the debt, while one that was taken back later still counted."""
    paid = [(day, -1, amount) for day, amount in debt.paid if day <= known]
    held = [
        (row.cleared_on, place, row.amount)
        for place, row in enumerate(debt.undone)
        if row.cleared_on <= known < row.undone_on
    ]
    beyond = sum((amount for *_payer, amount in held), ZERO) - is_open
    spare = []
    for day, payer, amount in sorted([*paid, *held], key=lambda row: row[0], reverse=True):
        if beyond <= ZERO:
            break
        spare.append((day, payer, min(amount, beyond)))
        beyond -= amount
    return spare[::-1]


def _life(
    debt: Debt,
    is_open: list[_Part],
    ended: dict[int, list[_Part]],
    moves: Iterable[tuple[date, int, int, Decimal]],
    through: date,
    spare: list[tuple[date, int, Decimal]],
) -> dict[tuple[date, date], Decimal]:
    """Payments (order 1) and what takes them back (order 0, by their place among the undone), day by day."""
    parts: dict[tuple[date, date], Decimal] = {}
    for day, order, place, amount in moves:
        paying = [(day, place, amount)]
        if order == 0:
            is_open = is_open + ended.pop(place, [])
            paying = [row for row in spare if row[1] != place]
            spare = []
        for paid_on, payer, wanted in paying:
            taken, is_open = _taken(is_open, wanted)
            rest = wanted - sum((part for _since, part in taken), ZERO)
            if rest > ZERO:
                spare.append((paid_on, payer, rest))
            if payer >= 0:
                ended[payer] = ended.get(payer, []) + taken
            elif paid_on > debt.last_day_to_pay:
                _add(parts, taken, paid_on)
    if through > debt.last_day_to_pay:
        _add(parts, is_open, through)
    return parts


def _taken(is_open: list[_Part], amount: Decimal) -> tuple[list[_Part], list[_Part]]:
    """What a payment of an amount ends, the part charged furthest first, and what stays open."""
    taken, left = [], []
    for since, there in sorted(is_open, reverse=True):
        part = max(min(there, amount), ZERO)
        amount -= part
        taken.append((since, part))
        left.append((since, there - part))
    return [row for row in taken if row[1] > ZERO], [row for row in left if row[1] > ZERO]


def _add(parts: dict[tuple[date, date], Decimal], ended: Iterable[_Part], day: date) -> None:
    for since, amount in ended:
        if day > since and amount > ZERO:
            parts[since, day] = parts.get((since, day), ZERO) + amount


# --- Daily notices ---------------------------------------------------------------------------------------------------

#: Notices come out Tuesday to Saturday, after midnight, for the business day before (the agency's page on notices).
_NOTICE_WEEKDAYS = range(1, 6)


def has_notices(day: date) -> bool:
    return day.weekday() in _NOTICE_WEEKDAYS


def notice_window(notice_on: date) -> tuple[date, date]:
    """The days a notice covers: the day before, on a Tuesday also the weekend before it."""
    upto = notice_on - _DAY
    return (upto - 2 * _DAY if notice_on.weekday() == 1 else upto), upto
