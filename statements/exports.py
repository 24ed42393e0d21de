"""A statement as PDF and tables, the transaction history and a notice as tables: the same figures as on the pages."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext

from accounts.models import ProgramAccount
from core import format as formats
from core.money import ZERO
from documents import pdf
from ledger.rules import EntryKind, Revenue
from releases.models import Release
from statements import queries
from statements.models import LevelStatement
from statements.queries import StatementRow
from statements.rules import Level, StatementState
from statements.sheet import BOX_NAMES, Document, LevelSheet, Line, Sheet, totals_of

#: Headings and rows, for a CSV file or a spreadsheet.
Table = tuple[Sequence[Any], Iterable[Sequence[Any]]]


def statement_table(sheet: Sheet) -> Table:
    """Box A, every line of boxes B to G with its revenue classes, then H: the amounts above H add up to it."""
    headings = [
        gettext("Box"),
        gettext("Type"),
        gettext("Document"),
        gettext("Vendor or details"),
        gettext("Submitted by"),
        gettext("Released"),
        gettext("Posted"),
        gettext("Due"),
        gettext("Amount"),
        *(str(name.label) for name in Revenue),
    ]
    first, *_rest, last = sheet.boxes
    empty = [None] * len(Revenue)
    rows: list[Sequence[Any]] = [[first[0], first[1], "", "", "", None, None, None, first[2], *empty]]
    rows += [
        [
            line.box,
            line.kind.label,
            line.about.number,
            line.vendor,
            line.submitter_name,
            line.release_day,
            line.posted_on,
            line.due_on,
            line.amount,
            *(line.by_class.get(name, ZERO) for name in Revenue),
        ]
        for line in sheet.lines
    ]
    rows.append([last[0], last[1], "", "", "", None, None, sheet.statement.payment_due_on, last[2], *empty])
    return headings, rows


def history_table(entries: Iterable[Any]) -> Table:
    """Entries of the history as they come, row by row."""
    headings = [
        gettext("Posted"),
        gettext("Released"),
        gettext("Type"),
        gettext("Document"),
        gettext("Submitted by"),
        gettext("Due"),
        gettext("Last day to pay"),
        gettext("Amount"),
        gettext("Still open"),
    ]
    return headings, (_history_row(entry) for entry in entries)


def _history_row(entry: Any) -> list[Any]:
    item = getattr(entry, "item", None)
    return [
        entry.posted_on,
        entry.billing_on,
        EntryKind(entry.kind).label,
        Document.of(entry.source).number,
        entry.submitter_name or "",
        item.due_on if item else None,
        item.last_day_to_pay if item else None,
        entry.amount,
        item.amount - item.cleared if item else None,
    ]


def level_table(sheet: LevelSheet) -> Table:
    """One row a program account with its boxes A to H, then the level's own: each column adds up to it."""
    headings = [gettext("Program account"), *BOX_NAMES]
    rows = [
        [row.program_account.number, *(getattr(row, f"box_{letter.lower()}") for letter in BOX_NAMES)]
        for row in sheet.accounts
    ]
    return headings, [*rows, [level_name(sheet.statement), *(amount for _letter, _name, amount in sheet.boxes)]]


def level_name(statement: LevelStatement) -> str:
    if statement.level == Level.ENTITY:
        return gettext("Legal entity")
    return gettext("Program type %(program)s") % {"program": statement.program}


# --- PDF -------------------------------------------------------------------------------------------------------------


def statement_pdf(sheet: Sheet, row: StatementRow, account: ProgramAccount) -> bytes:
    """The statement as a tagged PDF in the active language."""
    statement = sheet.statement
    title = gettext("Statement of account, %(day)s") % {"day": _day(statement.statement_on)}
    facts = [
        (gettext("Business"), account.business.legal_name),
        (gettext("Business number"), formats.bn(account.business.bn9)),
        (gettext("Program account"), formats.bn(account.number)),
        (gettext("Billing period"), formats.period(statement.period_start, statement.period_end, _language())),
        (gettext("Payment due"), _day(statement.payment_due_on)),
        (gettext("Last day to pay"), _day(statement.last_day_to_pay)),
    ]
    facts += [
        (
            gettext("Calendar"),
            f"{stream_label(part.stream)}: {formats.period(part.first_day, part.last_day, _language())}",
        )
        for part in sheet.calendars
    ]
    return pdf.render(
        "statement",
        {
            "title": title,
            "context": gettext("A list of everything charged, credited and paid since the statement before."),
            "footer": f"{formats.bn(account.number)} · {_day(statement.statement_on)}",
            "facts": [{"label": label, "value": value} for label, value in facts],
            "alert": _alert(row),
            "boxes": _boxes_table(sheet.boxes),
            "note": gettext("H = A + B + C + D + E + F + G. A minus sign is a credit."),
            "sections": [section for section in _sections(sheet) if section["rows"]],
            "seal": gettext("%(count)s entries; hash %(seal)s")
            % {"count": statement.entry_count, "seal": statement.seal},
        },
        _language(),
    )


def level_pdf(sheet: LevelSheet) -> bytes:
    """A statement of a higher level as a tagged PDF in the active language: its boxes, its accounts, its revenue."""
    statement = sheet.statement
    business = statement.business
    facts = [
        (gettext("Business"), business.legal_name),
        (gettext("Business number"), formats.bn(business.bn9)),
        (gettext("Level"), level_name(statement)),
        (gettext("Billing period"), formats.period(statement.period_start, statement.period_end, _language())),
        (gettext("Payment due"), _day(statement.payment_due_on)),
        (gettext("Last day to pay"), _day(statement.last_day_to_pay)),
    ]
    accounts = [
        [formats.bn(row.program_account.number), *map(_amount, (row.box_a, row.box_f, row.box_h))]
        for row in sheet.accounts
    ]
    ends = [level_name(statement), *map(_amount, (statement.box_a, statement.box_f, statement.box_h))]
    columns = [gettext("Program account"), gettext("A, previous balance"), gettext("F, charges"), gettext("H, total")]
    return pdf.render(
        "statement",
        {
            "title": gettext("Statement of account, %(day)s") % {"day": _day(statement.statement_on)},
            "context": gettext("The statements of the program accounts, added up box by box. Each is paid by itself."),
            "footer": f"{formats.bn(business.bn9)} · {_day(statement.statement_on)}",
            "facts": [{"label": label, "value": value} for label, value in facts],
            "alert": "",
            "boxes": _boxes_table(sheet.boxes),
            "note": gettext("H = A + B + C + D + E + F + G. A minus sign is a credit."),
            "sections": [
                section
                for section in (_table(gettext("Program accounts"), columns, accounts, ends, wide=0), _revenue(sheet))
                if section["rows"]
            ],
            "seal": gettext("%(count)s entries; hash %(seal)s")
            % {"count": statement.entry_count, "seal": statement.seal},
        },
        _language(),
    )


def _boxes_table(boxes: Iterable[tuple[str, Any, Decimal]]) -> dict[str, Any]:
    rows = [[letter, str(name), _amount(amount)] for letter, name, amount in boxes]
    columns = [gettext("Box"), gettext("Name"), gettext("Canadian dollars")]
    return _table("", columns, rows[:-1], rows[-1], wide=1)


def _alert(row: StatementRow) -> str:
    facts = {
        "amount": formats.money(row.left, _language()),
        "day": formats.weekday_day(row.statement.last_day_to_pay, _language()),
    }
    if row.state == StatementState.NOTHING_DUE:
        return gettext("Nothing is payable.")
    if row.state == StatementState.PAID:
        return gettext("Paid in full.")
    if row.state == StatementState.OVERDUE:
        return gettext("%(amount)s is overdue since %(day)s. Interest runs until it is paid.") % facts
    return gettext("Pay %(amount)s by %(day)s.") % facts


def _sections(sheet: Sheet) -> list[dict[str, Any]]:
    charges = sheet.lines_in("F")
    total = totals_of(charges)
    has_other = any(line.other for line in charges)
    columns = [
        gettext("Released"),
        gettext("Declaration and vendor"),
        gettext("Duty"),
        gettext("Surtax"),
        gettext("GST"),
    ]
    columns += [gettext("Other")] if has_other else []
    sections = [
        _table(
            gettext("Charges"),
            [*columns, gettext("Total")],
            [_charge_row(line, has_other) for line in charges],
            _cells("", gettext("F, charges of the period"), total, total.amount, has_other),
            wide=1,
        )
    ]
    simple = (
        (gettext("Credits and corrections"), ("B", "G")),
        (gettext("Payments and disbursements"), ("C", "D")),
        (gettext("Interest and penalties"), ("E",)),
    )
    for title, boxes in simple:
        lines = sheet.lines_in(*boxes)
        sections.append(
            _table(
                title,
                [gettext("Box"), gettext("Date"), gettext("Details"), gettext("Amount")],
                [[line.box, _day(line.shown_on), _details(line), _amount(line.amount)] for line in lines],
                ["", "", gettext("Total"), _amount(sum((line.amount for line in lines), ZERO))],
                wide=2,
                right=[3],
                note=_interest_note(sheet) if boxes == ("E",) else "",
            )
        )
    return [*sections, _revenue(sheet)]


def _revenue(sheet: Sheet | LevelSheet) -> dict[str, Any]:
    end = sheet.revenue_total
    return _table(
        gettext("By revenue type"),
        [gettext("Revenue type"), "B", "E", "F", "G", gettext("Total")],
        [
            [str(row.name), *map(_amount, (row.corrections, row.interest, row.charges, row.credits, row.total))]
            for row in sheet.revenue
        ],
        [gettext("Total"), *map(_amount, (end.corrections, end.interest, end.charges, end.credits, end.total))],
        wide=0,
    )


def stream_label(stream: str) -> str:
    return str(Release.BillingStream(stream).label)


def _interest_note(sheet: Sheet) -> str:
    """How each interest amount came about, as on the page's explain panel."""
    return " ".join(
        gettext("%(number)s: %(principal)s from %(first)s through %(last)s at %(rate)s, compounded daily: %(amount)s.")
        % {
            "number": Document.of(charge.item_source).number,
            "principal": formats.money(charge.principal, _language()),
            "first": _day(charge.first_day),
            "last": _day(charge.last_day),
            "rate": formats.percent(charge.rate, _language(), places=2),
            "amount": formats.money(charge.amount, _language()),
        }
        for charge in queries.interest_behind(sheet.statement)
    )


def _charge_row(line: Line, has_other: bool) -> list[str]:
    words = ", ".join(part for part in (line.document.number, line.vendor or line.submitter_name) if part)
    return _cells(formats.day_short(line.shown_on, _language()), words, line, line.amount, has_other)


def _cells(first: str, second: str, figures: Any, amount: Decimal, has_other: bool) -> list[str]:
    middle = (figures.duty, figures.surtax, figures.gst, *((figures.other,) if has_other else ()))
    return [first, second, *map(_amount, (*middle, amount))]


def _details(line: Line) -> str:
    return " ".join(part for part in (str(line.kind.label), line.about.number) if part)


def _table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    total: Sequence[str],
    *,
    wide: int,
    right: Sequence[int] | None = None,
    note: str = "",
) -> dict[str, Any]:
    """A table for the template; figures stand right from the column after the wide one unless told otherwise."""
    return {
        "title": title,
        "columns": columns,
        "rows": rows,
        "total": total,
        "wide": [number == wide for number in range(len(columns))],
        "right": list(range(wide + 1, len(columns))) if right is None else right,
        "note": note,
    }


def _amount(amount: Decimal) -> str:
    return formats.number(amount, _language())


def _day(value: Any) -> str:
    return formats.day(value, _language())


def _language() -> str:
    return get_language() or "en"
