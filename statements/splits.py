"""The other numbers of a statement explained: one revenue class, its due date, and every box of the levels above."""

from collections.abc import Sequence
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext

from core import format as formats
from core.money import ZERO
from ledger.rules import Revenue
from statements import queries
from statements.explain import LAW, Explanation, Step, language, lines_of, money_step
from statements.models import LevelStatement, Statement
from statements.sheet import BOX_NAMES, LevelSheet, RevenueRow, Sheet

#: The word in the address for the day by which a statement is paid.
DUE = "due"
_REVENUE_BOXES = ("B", "E", "F", "G")


def explanation_of_split(what: str, sheet: Sheet) -> Explanation | None:
    """One revenue class over the boxes that charge or credit it, or the due date; ``None`` for anything else."""
    if what == DUE:
        return due_date(sheet.statement)
    row = _row_of(what, sheet.revenue)
    if row is None:
        return None
    name = Revenue(row.key)
    parts = [line for line in sheet.lines_in(*_REVENUE_BOXES) if line.by_class.get(name)]
    return Explanation(
        row.key.lower(),
        _split_title(row),
        lines_of([(line, line.by_class[name]) for line in parts]),
        rule=gettext(
            "Each entry keeps its amount by revenue; boxes B, E, F and G are the sums of the same entries, so the "
            "revenue classes add up to the boxes."
        ),
        amount=row.total,
    )


def due_date(statement: Statement | LevelStatement) -> Explanation:
    """From the end of the billing period to the last day to pay."""
    due, last = statement.payment_due_on, statement.last_day_to_pay
    why = gettext("The due date is no holiday, so it is the last day.")
    if last != due:
        why = gettext("The due date is a holiday, so the next day that is none still counts.")
    return Explanation(
        DUE,
        gettext("Last day to pay: %(day)s") % {"day": _day(last)},
        [
            Step(gettext("The billing period ended"), _day(statement.period_end)),
            Step(
                gettext("Tenth weekday after it: payment due"),
                _day(due),
                gettext("Monday to Friday count, holidays too; Saturdays and Sundays do not."),
            ),
            Step(gettext("Last day to pay"), _day(last), why),
        ],
        rule=gettext(
            "Payment is due on the tenth weekday after the 17th (SOR/86-1062, sections 2 and 10.1; Interpretation Act, "
            "section 26)."
        ),
        rule_href=LAW[language()[:2]],
    )


def explanation_of_level(what: str, sheet: LevelSheet) -> Explanation | None:
    """A box or a revenue class of a level: the same number of each of its program accounts."""
    if what == DUE:
        return due_date(sheet.statement)
    rule = gettext("A statement of the whole is the sum of the statements of its program accounts.")
    if what in BOX_NAMES:
        field = f"box_{what.lower()}"
        amount = getattr(sheet.statement, field)
        title = gettext("Box %(letter)s: %(amount)s") % {"letter": what, "amount": _money(amount)}
        steps = [_account_step(row, getattr(row, field), what) for row in sheet.accounts]
        return Explanation(what, title, steps, rule=rule, amount=amount)
    found = _row_of(what, sheet.revenue)
    if found is None:
        return None
    name = Revenue(found.key)
    split = queries.revenue_of(sheet.accounts)
    sums = {
        number: sum((classes.get(name, ZERO) for classes in boxes.values()), ZERO) for number, boxes in split.items()
    }
    steps = [
        _account_step(row, sums[row.program_account_id], what)
        for row in sheet.accounts
        if sums.get(row.program_account_id)
    ]
    return Explanation(what, _split_title(found), steps, rule=rule, amount=found.total)


def _account_step(statement: Statement, amount: Decimal, what: str) -> Step:
    number = statement.program_account.number
    address = reverse("statements:detail", args=(number, statement.statement_on.isoformat()))
    return money_step(
        formats.bn(number),
        amount,
        link=f"{address}?explain={what}#explain",
        link_name=gettext("Explain it there"),
    )


def _row_of(what: str, rows: Sequence[RevenueRow]) -> RevenueRow | None:
    return next((row for row in rows if row.key.lower() == what), None)


def _split_title(row: RevenueRow) -> str:
    return gettext("%(name)s: %(amount)s") % {"name": row.name, "amount": _money(row.total)}


def _money(amount: Decimal) -> str:
    return formats.money(amount, language())


def _day(value: object) -> str:
    return formats.day(value, language())  # type: ignore[arg-type]
