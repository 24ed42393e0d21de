"""Why declarations, statement and balance differ: every difference gets the cause that an importer asks for by name.

Sources: SOR/86-1062 s. 10.1 (the period by release date), the agency's page on statements (cut-off on the 24th), the
working layout of boxes A to H. The names of the causes are the product's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from ledger.rules import Category, EntryKind, box_of


class Cause(TextChoices):
    """What makes one figure differ from the next."""

    OLD_DEBT = "old_debt", _("Left over from the previous statement")
    OLD_CREDIT = "old_credit", _("Old credit carried over")
    FILED_LATE = "filed_late", _("Accounted for after the cut-off: on the next statement")
    CHANGED_LATE = "changed_late", _("Changed after the cut-off: a correction on the next statement")
    CORRECTION = "correction", _("Correction to a previous statement")
    ASSESSED = "assessed", _("Assessed by the agency: no declaration yet")
    ELSEWHERE = "elsewhere", _("In the book without a declaration in this portal")
    ADJUSTMENT = "adjustment", _("Adjustment or refund of an earlier declaration")
    CTYPE = "ctype", _("C-type, paid at the port")
    INTEREST = "interest", _("Interest")
    PENALTY = "penalty", _("Penalty")
    OWN_PAYMENT = "own_payment", _("Paid by the importer")
    BROKER_PAYMENT = "broker_payment", _("Paid by a broker or another business")
    RETURNED = "returned", _("Payment returned by the bank")
    DISBURSEMENT = "disbursement", _("Money sent back")
    NEXT_PERIOD = "next_period", _("Released after the period: on the next statement")


@dataclass(frozen=True)
class Line:
    """One entry of the book that a reader may see, signed as it changes what is owed (dollars)."""

    source: str
    kind: str
    category: str
    posted_on: date
    billing_on: date
    amount: Decimal
    is_by_another: bool = False
    is_assessment: bool = False

    @property
    def number(self) -> str:
        return self.source.partition(":")[2]


@dataclass(frozen=True)
class Window:
    """The billing period of a statement and the days whose postings it is the first to show."""

    first_day: date
    last_day: date
    since: date
    upto: date


@dataclass(frozen=True)
class Difference:
    cause: Cause
    amount: Decimal
    lines: Sequence[Line] = ()


@dataclass(frozen=True)
class Bridge:
    """From one figure to the next; ``unexplained`` is what no cause accounts for, 0.00 in a sound book."""

    start: Decimal
    differences: Sequence[Difference]
    end: Decimal

    @property
    def explained(self) -> Decimal:
        return sum((row.amount for row in self.differences), ZERO)

    @property
    def unexplained(self) -> Decimal:
        return self.end - self.start - self.explained


@dataclass
class _Sums:
    """The lines of each cause, signed as they move the figure."""

    by_cause: dict[Cause, list[tuple[Decimal, Line]]] = field(default_factory=dict)

    def add(self, cause: Cause, line: Line, *, sign: int = 1) -> None:
        self.by_cause.setdefault(cause, []).append((sign * line.amount, line))

    def rows(self) -> list[Difference]:
        return [
            Difference(cause, sum((amount for amount, _line in found), ZERO), tuple(line for _amount, line in found))
            for cause in Cause
            if (found := self.by_cause.get(cause))
        ]


def box(line: Line, window: Window) -> str:
    """The statement's box of a line, empty where it stands on another statement."""
    found = box_of(
        category=Category(line.category),
        posted_on=line.posted_on,
        billing_on=line.billing_on,
        period=(window.first_day, window.last_day),
        since=window.since,
        upto=window.upto,
    )
    return found.value if found else ""


def to_statement(
    declared: Mapping[str, Decimal],
    lines: Sequence[Line],
    window: Window,
    *,
    previous: Decimal = ZERO,
    total: Decimal | None = None,
) -> Bridge:
    """From what the declarations of a period say today to what its statement asks for.

    ``declared`` are the accepted declarations released in the period, by number; withdrawn ones at zero.
    ``total`` is box H; ``None`` for a reader who sees a part only: then the end is the sum of that part, without the
    previous balance.
    """
    sums = _Sums()
    on_statement = ZERO
    for line in lines:
        letter = box(line, window)
        on_statement += line.amount if letter else ZERO
        is_declared = line.source.startswith("declaration:") and line.number in declared
        if is_declared and line.posted_on > window.upto:
            cause = Cause.FILED_LATE if line.kind == EntryKind.DECLARATION else Cause.CHANGED_LATE
            sums.add(cause, line, sign=-1)
        elif letter and not (is_declared and letter in "FG"):
            sums.add(Cause.CORRECTION if letter == "B" else _cause(line), line)
    carried = [] if total is None or not previous else [_carried(previous)]
    return Bridge(
        start=sum(declared.values(), ZERO),
        differences=[*carried, *sums.rows()],
        end=on_statement if total is None else total,
    )


def to_balance(lines: Sequence[Line], window: Window, *, total: Decimal, balance: Decimal) -> Bridge:
    """From a statement's total payable to what is owed on a later day; ``lines`` are those known by that day."""
    sums = _Sums()
    for line in lines:
        if line.category == Category.NONE:
            continue
        is_of_next = line.billing_on > window.last_day and line.category in (Category.CHARGE, Category.CREDIT)
        if is_of_next:
            sums.add(Cause.NEXT_PERIOD, line)
        elif line.posted_on > window.upto:
            is_first = line.category == Category.CHARGE and line.kind == EntryKind.DECLARATION
            is_change = line.category in (Category.CHARGE, Category.CREDIT)
            late = Cause.FILED_LATE if is_first else Cause.CHANGED_LATE if is_change else _cause(line)
            sums.add(_cause(line) if line.is_assessment else late, line)
    return Bridge(start=total, differences=sums.rows(), end=balance)


def _carried(previous: Decimal) -> Difference:
    return Difference(Cause.OLD_DEBT if previous > ZERO else Cause.OLD_CREDIT, previous)


def _cause(line: Line) -> Cause:
    """The cause of a line that no declaration of the period explains."""
    if line.is_assessment:
        return Cause.ASSESSED
    if line.kind == EntryKind.PAYMENT_RETURN:
        return Cause.RETURNED
    if line.category == Category.PAYMENT:
        return Cause.BROKER_PAYMENT if line.is_by_another else Cause.OWN_PAYMENT
    if line.kind in (EntryKind.ADJUSTMENT, EntryKind.REFUND):
        return Cause.ADJUSTMENT
    return {
        Category.INTEREST: Cause.INTEREST,
        Category.PENALTY: Cause.PENALTY,
        Category.CTYPE: Cause.CTYPE,
        Category.CTYPE_PAYMENT: Cause.CTYPE,
        Category.DISBURSEMENT: Cause.DISBURSEMENT,
    }.get(Category(line.category), Cause.ELSEWHERE)
