"""One entry of the book explained: what it consists of, by which rule, from which day, with which arithmetic."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import format as formats
from core.models import AuditEvent
from core.money import ZERO
from dashboard.rules.explanation import Explanation, Rule, Step
from delegation.access import Seat
from ledger import queries as ledger
from ledger.rules import EntryKind, Revenue, Side
from reference import queries as reference
from reference.rules.policy import ASSUMED, CONFIRMED, REPORTED
from statements import queries as statements
from statements.sheet import Document

_DUE = "SOR/86-1062 s. 2, 10.1"
_CHANGES = (EntryKind.CORRECTION, EntryKind.ADJUSTMENT, EntryKind.REFUND)


def entry_of(seat: Seat, entry_id: UUID) -> Any:
    """The entry, where this seat may see it; else ``None``."""
    rows = statements.transactions_of(
        seat.program_account.pk, visibility=seat.visibility, wanted=statements.HistoryQuery(), on=seat.on
    )
    return rows.filter(pk=entry_id).first()


def explanation_of(entry: Any, *, sees_all: bool, language: str) -> Explanation:
    """An entry's amount with its arithmetic, in seven queries at most.

    ``sees_all`` is for who sees the whole account: others are shown nothing of entries that they may not see.
    """
    kind = EntryKind(entry.kind)
    maker = _MAKERS.get(kind, _parts)
    steps, rules = maker(entry, sees_all, language)
    item = getattr(entry, "item", None)
    if item is not None and item.side == Side.DEBT and item.due_on:
        steps = [*steps, *_dates(item, language)]
        rules = [*rules, Rule(_("Payment is due on the tenth weekday after the 17th."), _DUE, CONFIRMED)]
    about = Document.of(entry.memo if kind == EntryKind.INTEREST and ":" in entry.memo else entry.source)
    title = f"{kind.label} {about.number}".strip()
    return Explanation(f"entry:{entry.key}", title, entry.amount, entry.posted_on, steps, rules)


_Made = tuple[Sequence[Step], Sequence[Rule]]


def _dates(item: Any, language: str) -> list[Step]:
    words = {"day": formats.day(item.last_day_to_pay, language)}
    why = _("The last day to pay is %(day)s, because the due date is a holiday.") % words
    if item.last_day_to_pay == item.due_on:
        why = _("It is the last day to pay.")
    return [Step(_("Payment due"), on=item.due_on, why=why)]


def _revenue(entry: Any, *, times: int = 1) -> list[Step]:
    split = ledger.revenue_of_entries([entry.pk]).get(entry.pk, {})
    return [Step(str(Revenue(name).label), amount * times) for name, amount in split.items() if amount]


def _parts(entry: Any, sees_all: bool, language: str) -> _Made:
    """What was charged, by revenue."""
    rule = Rule(
        _("Duties and taxes are computed line by line, each rounded to the cent when it is made."),
        "Customs Tariff s. 20; Excise Tax Act s. 212, 215",
        CONFIRMED,
    )
    return _revenue(entry), [rule] if entry.source.startswith("declaration:") else []


# --- A change: the version before and the version after --------------------------------------------------------------


def _change(entry: Any, sees_all: bool, language: str) -> _Made:
    rules = {
        EntryKind.CORRECTION: Rule(
            _("A correction until the payment due date posts the difference, without interest."),
            "Customs Act s. 32.2(3)",
            CONFIRMED,
        ),
        EntryKind.ADJUSTMENT: Rule(
            _("A decision posts the difference between the version before it and the one decided."),
            "Customs Act s. 32.2, 59, 60",
            CONFIRMED,
        ),
        EntryKind.REFUND: Rule(
            _("A refund gives back what was paid too much."),
            "Customs Act s. 74",
            CONFIRMED,
        ),
    }
    split = _revenue(entry)
    words = "; ".join(f"{step.title} {formats.money(step.amount or ZERO, language)}" for step in split)
    if not sees_all:
        return split, [rules[EntryKind(entry.kind)]]
    before = _charged_before(entry)
    steps = [
        Step(_("Duties and taxes after the change"), before + entry.amount, on=entry.posted_on, why=words),
        Step(_("Less what was charged before it"), -before, why=_("All versions of the declaration until then.")),
    ]
    return steps, [rules[EntryKind(entry.kind)]]


def _charged_before(entry: Any) -> Decimal:
    """What earlier entries of the same declaration charged, without interest and payments."""
    kinds = (EntryKind.DECLARATION, EntryKind.CTYPE, EntryKind.REVERSAL, *_CHANGES)
    rows = ledger.entries_of_source(entry.source)
    return sum(
        (
            row.amount
            for row in rows
            if row.kind in kinds and row.holder_id == entry.holder_id and (row.posted_on, row.id) < _place(entry)
        ),
        ZERO,
    )


def _place(entry: Any) -> tuple[date, UUID]:
    return entry.posted_on, entry.id


# --- Interest --------------------------------------------------------------------------------------------------------


def _interest(entry: Any, sees_all: bool, language: str) -> _Made:
    if ":credit:" in entry.key:
        return _interest_credit(entry, language)
    if entry.key.endswith(":given"):
        step = Step(_("Interest given with the money that comes back"), entry.amount)
        text = _("What had been paid of a waived amount bears interest at the prescribed rate from the day after.")
        return [step], [Rule(text, "Customs Act s. 3.3(2)", CONFIRMED)]
    steps = [
        Step(
            _("Interest on %(amount)s") % {"amount": formats.money(row.principal, language)},
            row.amount,
            why=ngettext(
                "%(days)s day, from %(first)s through %(last)s, at %(rate)s a year: P × (1 + r ÷ 365) to the power of "
                "the days, less P.",
                "%(days)s days, from %(first)s through %(last)s, at %(rate)s a year: P × (1 + r ÷ 365) to the power of "
                "the days, less P.",
                row.days,
            )
            % {
                "days": row.days,
                "first": formats.day(row.first_day, language),
                "last": formats.day(row.last_day, language),
                "rate": formats.percent(row.rate, language, places=2),
            },
        )
        for row in statements.charges_of_entry(entry.key)
    ]
    if steps:
        late = Rule.of(
            _("Interest runs on it every day, compounded."),
            reference.late_interest_rule(entry.posted_on),
        )
        return steps, [late]
    return _interest_of_declaration(entry, language)


def _interest_of_declaration(entry: Any, language: str) -> _Made:
    """What a decision gave with money that came back, or what goods without a release owe since they entered."""
    if entry.key.endswith(":late"):
        return _interest_until_decided(entry, language)
    if entry.amount > ZERO:
        step = Step(_("Interest since the day after the goods entered"), entry.amount)
        text = _("Interest at the specified rate on what was not paid when it should have been.")
        return [step], [Rule(text, "Customs Act s. 33.4", CONFIRMED)]
    # The refund stands right before its interest, under the key that the interest is named after.
    change = ledger.entry_by_key(entry.key.removesuffix(":interest"))
    given = formats.money(-change.amount, language) if change else ""
    step = Step(
        _("Interest given with the money that comes back"),
        entry.amount,
        why=_("On what was paid of %(amount)s.") % {"amount": given} if given else "",
    )
    if change is not None and change.kind == EntryKind.REFUND:
        text = _("A refund bears interest at the prescribed rate from the 91st day after it was asked for.")
        return [step], [Rule(text, "Customs Act s. 80", CONFIRMED)]
    text = _("What a decision gives back bears interest at the prescribed rate from the day after it was paid.")
    return [step], [Rule(text, "Customs Act s. 66(3)", CONFIRMED)]


def _interest_until_decided(entry: Any, language: str) -> _Made:
    """What a late change owes since the original due date, which is that of the declaration's first debt."""
    rows = list(ledger.entries_of_source(entry.source))
    due_on = next((row.item.due_on for row in rows if getattr(row, "item", None) and row.item.due_on), entry.posted_on)
    change = next((row.amount for row in rows if row.key == entry.key.removesuffix(":late")), ZERO)
    step = Step(
        _("Interest on %(amount)s") % {"amount": formats.money(change, language)},
        entry.amount,
        why=_("From the day after the original due date, %(due)s, through the decision of %(day)s, compounded daily.")
        % {"due": formats.day(due_on, language), "day": formats.day(entry.posted_on, language)},
    )
    if entry.amount < ZERO:
        why = _("What a later decision took off was never owed, so the interest on it until its decision goes too.")
        step = Step(_("Interest taken back"), entry.amount, why=why)
    text = _("What a late change adds bears interest at the specified rate from the day after the original due date.")
    return [step], [Rule(text, "Customs Act s. 33.4(1)", CONFIRMED)]


def _interest_credit(entry: Any, language: str) -> _Made:
    """Interest taken back: what it was, what was taken back before, and what is left of it."""
    charge_key = entry.key.partition(":credit:")[0]
    charged = ledger.entry_by_key(charge_key)
    credits = ledger.entries_of_source(entry.source)
    earlier = sum(
        (-row.amount for row in credits if row.key.startswith(f"{charge_key}:credit:") and _place(row) < _place(entry)),
        ZERO,
    )
    amount = charged.amount if charged else -entry.amount
    steps = [
        Step(_("What is left of the interest"), amount - earlier + entry.amount),
        Step(
            _("Less the interest that was charged"),
            -amount,
            on=charged.posted_on if charged else None,
        ),
    ]
    if earlier:
        steps.append(Step(_("Taken back before"), earlier))
    waived = _waiver_of(entry)
    if waived is not None:
        text = _("The agency gave it up. The reason: %(reason)s") % {"reason": waived.reason}
        return steps, [Rule(text, "Customs Act s. 3.3", CONFIRMED)]
    text = _("Interest is owed on what is owed, through the day of payment: it was computed anew.")
    return steps, [Rule(text, "Customs Act s. 33.4", CONFIRMED)]


def _waiver_of(entry: Any) -> AuditEvent | None:
    """The officer's waiver that made a credit of interest; ``None`` where it was computed anew."""
    rows = AuditEvent.objects.filter(
        verb="interest.waived", program_account_id=entry.holder_id, after__amount=f"{-entry.amount:.2f}"
    )
    return rows.filter(business_at__date=entry.posted_on).first()


# --- Penalties, reversals, money -------------------------------------------------------------------------------------


def _penalty(entry: Any, sees_all: bool, language: str) -> _Made:
    policy = reference.policy()
    row = policy.row("late_accounting.penalty", entry.billing_on)
    step = Step(
        _("Penalty for late accounting"),
        entry.amount,
        why=_("Once a declaration, on %(day)s.") % {"day": formats.day(entry.posted_on, language)},
    )
    text = _("A declaration that is filed late costs %(amount)s, once.")
    amount = formats.money(policy.amount("late_accounting.penalty", entry.billing_on), language)
    free = _("No interest when it is paid within 30 days of its notice; later, at the prescribed rate.")
    return [step], [Rule.of(text % {"amount": amount}, row), Rule(free, "Customs Act s. 109.5", CONFIRMED)]


def _reversal(entry: Any, sees_all: bool, language: str) -> _Made:
    """What was taken back whole: a penalty that was waived, a payment that the bank returned."""
    if entry.reverses_id is None:
        return _return_fee(entry, language)
    undone = ledger.entry_reversed_by(entry)
    words = {"day": formats.day(undone.posted_on, language), "kind": EntryKind(undone.kind).label}
    step = Step(
        _("The opposite of: %(kind)s") % words,
        entry.amount,
        on=undone.posted_on,
        why=_("Posted on %(day)s.") % words,
    )
    if undone.kind == EntryKind.PENALTY:
        text = _("The penalty was waived. The reason: %(reason)s") % {"reason": entry.memo}
        return [step], [Rule(text, "Customs Act s. 3.3", CONFIRMED)]
    text = _("Nothing is deleted from the book: what does not hold is reversed by its opposite.")
    return [step], [Rule(text, "CARM", ASSUMED)]


def _return_fee(entry: Any, language: str) -> _Made:
    row = reference.policy().row("payments.nsf_fee", entry.billing_on)
    why = _("Charged on %(day)s.") % {"day": formats.day(entry.posted_on, language)}
    step = Step(_("Fee for a payment that came back"), entry.amount, why=why)
    return [step], [Rule.of(_("A payment returned for lack of money costs a fee."), row)]


def _money(entry: Any, sees_all: bool, language: str) -> _Made:
    """What a payment cleared, and what of it waits for a debt to fall due."""
    item = getattr(entry, "item", None)
    parts = ledger.counterparts_of([item.pk]).get(item.pk, []) if item is not None and sees_all else []
    steps = [
        Step(
            f"{EntryKind(part.kind).label} {Document.of(part.source).number}".strip(),
            -part.amount,
            on=part.cleared_on,
            why=_("Cleared on %(day)s.") % {"day": formats.day(part.cleared_on, language)},
        )
        for part in parts
    ]
    rest = entry.amount - sum((step.amount or ZERO for step in steps), ZERO)
    if rest or not steps:
        steps.append(Step(_("Not set against a debt yet") if sees_all else str(EntryKind(entry.kind).label), rest))
    text = _("A credit clears the oldest due debt first; before that it waits until a debt falls due.")
    return steps, [Rule(text, "CBSA-OFF", REPORTED)]


_MAKERS: Mapping[EntryKind, Callable[[Any, bool, str], _Made]] = {
    **dict.fromkeys(_CHANGES, _change),
    EntryKind.INTEREST: _interest,
    EntryKind.PENALTY: _penalty,
    EntryKind.REVERSAL: _reversal,
    EntryKind.PAYMENT_RETURN: _reversal,
    EntryKind.PAYMENT: _money,
    EntryKind.CTYPE_PAYMENT: _money,
    EntryKind.DEPOSIT_APPLIED: _money,
    EntryKind.TRANSFER_IN: _money,
}
