"""Every box of a statement explained step by step: what, how much, why, and the rule in force."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext

from core import format as formats
from core.money import ZERO
from ledger.rules import EntryKind
from reference import queries as reference
from statements import interest_rules, queries
from statements.models import InterestCharge, Statement
from statements.sheet import BOX_NAMES, Document, Line, Sheet

LAW = {
    "en": "https://laws-lois.justice.gc.ca/eng/acts/C-52.6/section-33.4.html",
    "fr": "https://laws-lois.justice.gc.ca/fra/lois/C-52.6/article-33.4.html",
}
_MOST_STEPS = 12
#: The boxes' names inside a sentence.
_SHORT_NAMES = {
    "A": gettext_lazy("previous balance"),
    "B": gettext_lazy("corrections"),
    "C": gettext_lazy("payments"),
    "D": gettext_lazy("disbursements"),
    "E": gettext_lazy("interest and penalties"),
    "F": gettext_lazy("charges"),
    "G": gettext_lazy("credits"),
    "H": gettext_lazy("total payable"),
}


@dataclass(frozen=True)
class Formula:
    """principal x (1 + rate / 365) to the power of days - principal; ``rate`` is a written fraction."""

    principal: Decimal
    rate: str
    days: int


@dataclass(frozen=True)
class Step:
    title: str
    value: str = ""
    why: str = ""
    formula: Formula | None = None
    link: str = ""
    link_name: str = ""
    #: The value in dollars, where it is an amount.
    amount: Decimal | None = None


@dataclass(frozen=True)
class Explanation:
    letter: str
    title: str
    steps: Sequence[Step]
    rule: str = ""
    rule_href: str = ""
    entry: str = ""
    entry_href: str = ""
    amount: Decimal | None = None


def explanation_of(letter: str, sheet: Sheet, *, account_number: str) -> Explanation | None:
    """The panel of one box; ``None`` for a letter that is none. Box A costs one query, box E two."""
    if letter not in BOX_NAMES:
        return None
    statement = sheet.statement
    amount = getattr(statement, f"box_{letter.lower()}")
    facts = {"letter": letter, "amount": _money(amount), "name": _SHORT_NAMES[letter]}
    title = gettext("Box %(letter)s: %(amount)s, %(name)s") % facts
    if letter == "A":
        rule = gettext("A statement begins with what the one before it asked for: A is its H.")
        return Explanation(letter, title, _previous(statement, account_number), rule=rule, amount=amount)
    if letter == "E":
        return _interest(sheet, title, account_number)
    if letter == "F":
        return Explanation(letter, title, _charges(sheet), rule=_period_rule(statement), amount=amount)
    if letter == "H":
        rule = gettext("H = A + B + C + D + E + F + G, each as it stood at the cut-off of this statement.")
        return Explanation(letter, title, _sum(sheet), rule=rule, amount=amount)
    return Explanation(letter, title, _lines(sheet.lines_in(letter)), rule=_rule_of(letter), amount=amount)


# --- Boxes A, F, H ---------------------------------------------------------------------------------------------------


def _previous(statement: Statement, account_number: str) -> list[Step]:
    before = queries.statements_of(statement.program_account_id).filter(statement_on__lt=statement.statement_on).first()
    if before is None:
        return [money_step(gettext("No statement before"), ZERO, gettext("This is the account's first statement."))]
    return [
        money_step(
            gettext("Total payable of the statement before"),
            before.box_h,
            gettext("Box H of the statement of %(day)s. What was paid or changed since stands in boxes B, C and D.")
            % {"day": _day(before.statement_on)},
            link=reverse("statements:detail", args=(account_number, before.statement_on.isoformat())),
            link_name=gettext("Open that statement"),
        )
    ]


def _charges(sheet: Sheet) -> list[Step]:
    statement, lines = sheet.statement, sheet.lines_in("F")
    count = ngettext("%(count)s charge", "%(count)s charges", len(lines)) % {"count": len(lines)}
    why = gettext("Released %(period)s and on your account by %(upto)s.") % {
        "period": formats.period(statement.period_start, statement.period_end, language()),
        "upto": _day(statement.posted_upto),
    }
    parts = [money_step(str(row.name), row.charges) for row in sheet.revenue if row.charges]
    return [Step(count, _money(statement.box_f), why), *parts]


def _sum(sheet: Sheet) -> list[Step]:
    return [
        money_step(gettext("%(letter)s, %(name)s") % {"letter": letter, "name": name}, amount)
        for letter, name, amount in sheet.boxes
        if letter != "H"
    ]


def _period_rule(statement: Statement) -> str:
    return gettext(
        "The date of release decides the billing period, from the 18th to the 17th "
        "(Accounting for Imported Goods and Payment of Duties Regulations, section 10.1)."
    )


# --- Boxes B, C, D, G ------------------------------------------------------------------------------------------------


def _lines(lines: Sequence[Line]) -> list[Step]:
    return lines_of([(line, line.amount) for line in lines])


def lines_of(parts: Sequence[tuple[Line, Decimal]]) -> list[Step]:
    """A step for each of some lines, with what of it counts here; the rest of a long list in one."""
    steps = [
        money_step(
            gettext("%(what)s %(number)s") % {"what": line.kind.label, "number": line.document.number},
            amount,
            _why(line),
        )
        for line, amount in parts[:_MOST_STEPS]
    ]
    rest = [amount for _line, amount in parts[_MOST_STEPS:]]
    if rest:
        more = ngettext("%(count)s more", "%(count)s more", len(rest)) % {"count": len(rest)}
        steps.append(money_step(more, sum(rest, ZERO)))
    return steps or [money_step(gettext("Nothing"), ZERO, gettext("There was nothing of this kind."))]


def money_step(title: str, amount: Decimal, why: str = "", *, link: str = "", link_name: str = "") -> Step:
    """A step whose value is an amount in dollars."""
    return Step(title, _money(amount), why, link=link, link_name=link_name, amount=amount)


def _why(line: Line) -> str:
    if line.box == "B":
        return gettext("Released %(released)s, in an earlier billing period; known on %(posted)s.") % {
            "released": _day(line.billing_on),
            "posted": _day(line.posted_on),
        }
    if line.box in ("F", "G"):
        return gettext("Released %(released)s; known on %(posted)s.") % {
            "released": _day(line.billing_on),
            "posted": _day(line.posted_on),
        }
    return gettext("On %(posted)s.") % {"posted": _day(line.posted_on)}


def _rule_of(letter: str) -> str:
    return {
        "B": gettext("A change that becomes known after its own statement is shown as a correction to it."),
        "C": gettext("A payment is shown on the first statement after it was received."),
        "D": gettext("Money sent back to you raises the balance that the credit had lowered."),
        "G": gettext("Refunds and changes below zero of releases in this billing period."),
    }[letter]


# --- Box E -----------------------------------------------------------------------------------------------------------


def _interest(sheet: Sheet, title: str, account_number: str) -> Explanation:
    charges = list(queries.interest_behind(sheet.statement))
    posted = max((row.posted_on for row in charges), default=sheet.statement.posted_upto)
    groups: dict[tuple[Any, ...], list[InterestCharge]] = defaultdict(list)
    for row in charges:
        is_on_interest = row.item_source.startswith("interest:")
        groups[
            is_on_interest, row.due_on, row.last_day_to_pay, row.first_day, row.last_day, row.rate, row.is_prescribed
        ].append(row)
    steps: list[Step] = []
    for rows in groups.values():
        steps += _four_steps(rows) if len(groups) == 1 else [_one_step(rows)]
    others = [line for line in sheet.lines_in("E") if line.kind != EntryKind.INTEREST or line.amount < ZERO]
    steps += _lines(others) if others or not steps else []
    keys = sorted({row.entry_key for row in charges})
    rule = reference.late_interest_rule(posted)
    return Explanation(
        "E",
        title,
        steps,
        rule=gettext("Interest on late accounts (Customs Act, sections 3.1 and 33.4), version of %(day)s.")
        % {"day": _day(rule.effective_from)},
        rule_href=LAW[language()[:2]],
        entry=(
            gettext("Entry in the book: %(key)s") % {"key": keys[0]}
            if len(keys) == 1
            else gettext("Entries in the book: %(count)s") % {"count": len(keys)}
            if keys
            else ""
        ),
        amount=sheet.statement.box_e,
        entry_href="{}?{}".format(
            reverse("statements:history", args=(account_number,)),
            urlencode({"type": "interest", "since": posted.isoformat(), "until": posted.isoformat()}),
        ),
    )


def _four_steps(rows: Sequence[InterestCharge]) -> list[Step]:
    """What was late, for how long, at what rate, the interest: of debts late in the same way."""
    first = rows[0]
    principal, amount = sum((row.principal for row in rows), ZERO), sum((row.amount for row in rows), ZERO)
    last_step = Step(gettext("4. Interest, rounded once"), _money(amount), formula=_formula(first), amount=amount)
    if len(rows) > 1:
        parts = [
            gettext("%(number)s: %(amount)s")
            % {"number": Document.of(row.item_source).number, "amount": _money(row.amount)}
            for row in rows
        ]
        last_step = Step(gettext("4. Interest, rounded once a debt"), _money(amount), "; ".join(parts), amount=amount)
    return [
        Step(gettext("1. What was late"), _money(principal), _what_was_late(rows)),
        Step(gettext("2. For how long"), _days(first.days), _for_how_long(first)),
        Step(gettext("3. At what rate"), formats.percent(first.rate, language(), places=2), _at_what_rate(first)),
        last_step,
    ]


def _one_step(rows: Sequence[InterestCharge]) -> Step:
    """One kind of lateness among several, in one step."""
    first = rows[0]
    amount = sum((row.amount for row in rows), ZERO)
    return Step(
        gettext("%(principal)s, %(days)s at %(rate)s")
        % {
            "principal": _money(sum((row.principal for row in rows), ZERO)),
            "days": _days(first.days),
            "rate": formats.percent(first.rate, language(), places=2),
        },
        _money(amount),
        " ".join((_what_was_late(rows), _for_how_long(first), _at_what_rate(first))),
        formula=_formula(first) if len(rows) == 1 else None,
        amount=amount,
    )


def _what_was_late(rows: Sequence[InterestCharge]) -> str:
    first = rows[0]
    facts = {
        "numbers": ", ".join(Document.of(row.item_source).number for row in rows),
        "due": _day(first.due_on),
        "last": _day(first.last_day_to_pay),
    }
    if first.item_source.startswith("interest:"):
        return gettext("Interest posted on %(due)s and still unpaid.") % facts
    if first.is_prescribed:
        return gettext("Penalty of %(due)s (%(numbers)s), not paid within 30 days.") % facts
    if first.due_on == first.last_day_to_pay:
        return (
            ngettext("Declaration %(numbers)s, due %(due)s.", "Declarations %(numbers)s, due %(due)s.", len(rows))
            % facts
        )
    return (
        ngettext(
            "Declaration %(numbers)s, due %(due)s (last day to pay %(last)s).",
            "Declarations %(numbers)s, due %(due)s (last day to pay %(last)s).",
            len(rows),
        )
        % facts
    )


def _for_how_long(row: InterestCharge) -> str:
    facts = {"first": _day(row.first_day), "last": _day(row.last_day)}
    is_open = row.last_day == row.posted_on
    if row.first_day == row.due_on + timedelta(days=1):
        if is_open:
            return gettext("From the day after the due date, %(first)s, through %(last)s, when it was charged.") % facts
        return gettext("From the day after the due date, %(first)s, through the day paid, %(last)s.") % facts
    if row.first_day == interest_rules.ceiling_start(row.due_on):
        return gettext("From the 18th day after the billing period ended, %(first)s, through %(last)s.") % facts
    if is_open:
        return gettext("From %(first)s, where the last charge ended, through %(last)s, when it was charged.") % facts
    return gettext("From %(first)s, where the last charge ended, through the day paid, %(last)s.") % facts


def _at_what_rate(row: InterestCharge) -> str:
    day = {"day": _day(row.last_day)}
    if row.is_prescribed:
        return gettext("Prescribed rate on penalties, in force on %(day)s, compounded daily over 365.") % day
    if row.rate_count > 1:
        return gettext("Specified rate in force each day, here that of %(day)s, compounded daily over 365.") % day
    if row.rate_is_illustrative:
        return gettext("Specified rate in force on %(day)s (illustrative), compounded daily over 365.") % day
    return gettext("Specified rate in force on %(day)s, compounded daily over 365.") % day


def _formula(row: InterestCharge) -> Formula | None:
    if row.rate_count > 1:
        return None
    written = f"{row.rate.normalize():f}"
    return Formula(row.principal, written.replace(".", ",") if language().startswith("fr") else written, row.days)


def _days(count: int) -> str:
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": count}


def _money(amount: Decimal) -> str:
    return formats.money(amount, language())


def _day(value: Any) -> str:
    return formats.day(value, language())


def language() -> str:
    return get_language() or "en"
