"""A statement laid out once for page, PDF, CSV and API: its boxes, its lines and what they add up to."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from ledger.rules import Box, Category, EntryKind, Revenue
from reference.rules.billing import BY_CALENDAR_MONTH, Stream, billing_dates
from statements import queries
from statements.models import LevelStatement, Statement
from statements.rules import Level

BOX_NAMES = {
    "A": _("Previous balance"),
    "B": _("Corrections to it"),
    "C": _("Payments received"),
    "D": _("Disbursements"),
    "E": _("Interest and penalties"),
    "F": _("Charges of the period"),
    "G": _("Credits of the period"),
    "H": _("Total payable"),
}
#: Classes with a column of their own in the table of charges; the rest share the column "Other".
OWN_COLUMNS = (Revenue.DUTY, Revenue.SURTAX, Revenue.GST)
_DOCUMENT_KINDS = (EntryKind.DECLARATION, EntryKind.CORRECTION, EntryKind.ADJUSTMENT, EntryKind.CTYPE, EntryKind.REFUND)


@dataclass(frozen=True)
class Document:
    """What an entry was made by, from its source: ("declaration", "17042000044712")."""

    kind: str
    number: str

    @classmethod
    def of(cls, source: str) -> "Document":
        kind, _colon, number = source.partition(":")
        return cls(kind, number)


@dataclass(frozen=True)
class Line:
    """One entry behind a statement, signed as it changes what is owed (dollars)."""

    box: str
    entry_id: UUID
    key: str
    kind: EntryKind
    category: Category
    posted_on: date
    billing_on: date
    due_on: date | None
    document: Document
    #: The vendor on a declaration's line; what an interest line was charged on; else empty.
    memo: str
    method: str
    submitter_id: int | None
    submitter_name: str
    amount: Decimal
    by_class: dict[Revenue, Decimal]
    #: How the release behind it is billed, and its day; goods billed by the calendar month keep their own.
    stream: Stream = Stream.RPP
    released_on: date | None = None

    @property
    def release_day(self) -> date:
        return self.released_on if self.released_on and self.stream in BY_CALENDAR_MONTH else self.billing_on

    @property
    def shown_on(self) -> date:
        """The release date for charges and credits, otherwise the day the entry became known."""
        return self.release_day if self.box in (Box.CHARGES, Box.CREDITS, Box.CORRECTIONS) else self.posted_on

    @property
    def vendor(self) -> str:
        return self.memo if self.kind in _DOCUMENT_KINDS and self.memo != self.document.number else ""

    @property
    def about(self) -> Document:
        """The document a person knows: for interest the one that was late."""
        return Document.of(self.memo) if self.kind == EntryKind.INTEREST and ":" in self.memo else self.document

    @property
    def duty(self) -> Decimal:
        return self.by_class.get(Revenue.DUTY, ZERO)

    @property
    def surtax(self) -> Decimal:
        return self.by_class.get(Revenue.SURTAX, ZERO)

    @property
    def gst(self) -> Decimal:
        return self.by_class.get(Revenue.GST, ZERO)

    @property
    def other(self) -> Decimal:
        return sum((amount for name, amount in self.by_class.items() if name not in OWN_COLUMNS), ZERO)


@dataclass(frozen=True)
class Totals:
    duty: Decimal
    surtax: Decimal
    gst: Decimal
    other: Decimal
    amount: Decimal


@dataclass(frozen=True)
class RevenueRow:
    """One revenue class over the boxes that charge or credit it."""

    name: Any
    corrections: Decimal
    interest: Decimal
    charges: Decimal
    credits: Decimal
    key: str = ""

    @property
    def total(self) -> Decimal:
        return self.corrections + self.interest + self.charges + self.credits


@dataclass(frozen=True)
class FilerRow:
    """What one business filed of a statement, in dollars; without a name what the agency charged itself."""

    submitter_id: int | None
    name: str
    corrections: Decimal
    charges: Decimal
    credits: Decimal

    @property
    def total(self) -> Decimal:
        return self.corrections + self.charges + self.credits


@dataclass(frozen=True)
class StreamPeriod:
    """The days of release that a statement bills of one stream, where they are not the 18th to the 17th."""

    stream: Stream
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Sheet:
    statement: Statement
    lines: Sequence[Line]

    @property
    def boxes(self) -> list[tuple[str, Any, Decimal]]:
        """Letter, name and amount of A to H."""
        return [(letter, name, getattr(self.statement, f"box_{letter.lower()}")) for letter, name in BOX_NAMES.items()]

    def lines_in(self, *boxes: str) -> list[Line]:
        return [line for line in self.lines if line.box in boxes]

    @property
    def calendars(self) -> list[StreamPeriod]:
        """The own calendars of the streams on this statement: courier and self assessment by month, at the counter."""
        found = {}
        for line in self.lines_in("F", "G"):
            if line.stream != Stream.RPP and line.released_on:
                dates = billing_dates(line.released_on, line.stream)
                found[line.stream] = StreamPeriod(line.stream, dates.period_start, dates.period_end)
        return [found[stream] for stream in Stream if stream in found]

    @property
    def submitters(self) -> list[tuple[int, str]]:
        """Who filed the charges and credits, by name."""
        found = {line.submitter_id: line.submitter_name for line in self.lines_in("B", "F", "G") if line.submitter_id}
        return sorted(found.items(), key=lambda pair: pair[1])

    @property
    def by_filer(self) -> list[FilerRow]:
        """Charges, credits and corrections by who filed them, by name; what the agency charged itself comes last."""
        names = dict(self.submitters)
        sums: dict[int | None, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
        for line in self.lines_in("B", "F", "G"):
            sums[line.submitter_id][line.box] += line.amount
        rows = [
            FilerRow(number, names.get(number or 0, ""), amounts["B"], amounts["F"], amounts["G"])
            for number, amounts in sums.items()
        ]
        return sorted(rows, key=lambda row: (not row.name, row.name))

    @property
    def main_submitter_id(self) -> int | None:
        """Who filed most of the charges; the lowest number on a tie."""
        counted = Counter(line.submitter_id for line in self.lines_in("F") if line.submitter_id)
        return min(counted, key=lambda number: (-counted[number], number), default=None)

    @property
    def revenue(self) -> list[RevenueRow]:
        """Every revenue class that moved, over boxes B, E, F and G."""
        return revenue_rows((name, line.box, amount) for line in self.lines for name, amount in line.by_class.items())

    @property
    def revenue_total(self) -> RevenueRow:
        return revenue_total(self.statement)


@dataclass(frozen=True)
class LevelSheet:
    """A statement of a higher level with what it adds up: its program accounts and, above them, its program types."""

    statement: LevelStatement
    accounts: Sequence[Statement]
    programs: Sequence[LevelStatement]
    revenue: Sequence[RevenueRow]

    @property
    def boxes(self) -> list[tuple[str, Any, Decimal]]:
        return [(letter, name, getattr(self.statement, f"box_{letter.lower()}")) for letter, name in BOX_NAMES.items()]

    @property
    def revenue_total(self) -> RevenueRow:
        return revenue_total(self.statement)


def level_sheet_of(statement: LevelStatement) -> LevelSheet:
    """The level with its accounts and revenue, in three queries at most."""
    accounts = queries.statements_below(statement)
    split = queries.revenue_of(accounts)
    return LevelSheet(
        statement=statement,
        accounts=accounts,
        programs=queries.programs_of(statement) if statement.level == Level.ENTITY else [],
        revenue=revenue_rows(
            (name, box, amount)
            for boxes in split.values()
            for box, classes in boxes.items()
            for name, amount in classes.items()
        ),
    )


def revenue_rows(parts: Iterable[tuple[Revenue, str, Decimal]]) -> list[RevenueRow]:
    """Every revenue class that moved, from amounts by class and box."""
    sums: dict[tuple[Revenue, str], Decimal] = defaultdict(lambda: ZERO)
    for name, box, amount in parts:
        sums[name, str(box)] += amount
    return [
        RevenueRow(name.label, sums[name, "B"], sums[name, "E"], sums[name, "F"], sums[name, "G"], name.value)
        for name in Revenue
        if any(sums[name, box] for box in ("B", "E", "F", "G"))
    ]


def revenue_total(statement: Statement | LevelStatement) -> RevenueRow:
    return RevenueRow("", statement.box_b, statement.box_e, statement.box_f, statement.box_g)


def totals_of(lines: Iterable[Line]) -> Totals:
    rows = list(lines)
    return Totals(
        duty=sum((line.duty for line in rows), ZERO),
        surtax=sum((line.surtax for line in rows), ZERO),
        gst=sum((line.gst for line in rows), ZERO),
        other=sum((line.other for line in rows), ZERO),
        amount=sum((line.amount for line in rows), ZERO),
    )


def sheet_of(statement: Statement) -> Sheet:
    """The statement with every line behind it, in one query."""
    return Sheet(statement, [line_of(entry) for entry in queries.lines_of(statement)])


def line_of(entry: Any) -> Line:
    item = getattr(entry, "item", None)
    by_class = {name: getattr(entry, name.name.lower()) for name in Revenue}
    return Line(
        box=entry.box,
        entry_id=entry.pk,
        key=entry.key,
        kind=EntryKind(entry.kind),
        category=Category(entry.category),
        posted_on=entry.posted_on,
        billing_on=entry.billing_on,
        due_on=item.due_on if item else None,
        document=Document.of(entry.source),
        memo=entry.memo,
        method=entry.method,
        submitter_id=entry.submitter_id,
        submitter_name=entry.submitter_name or "",
        amount=entry.amount,
        by_class={name: amount for name, amount in by_class.items() if amount},
        stream=Stream(entry.stream or Stream.RPP),
        released_on=entry.released_on,
    )
