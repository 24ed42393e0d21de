"""The numbers of an account that explain themselves: balance, overdue, due date, penalties, card limit, requirement."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import ProgramAccount
from core import format as formats
from core.errors import Refused, Stranger
from core.money import ZERO
from dashboard.rules.explanation import Explanation, Rule, Step
from declarations import queries as declarations
from declarations.models import Declaration
from delegation.access import Seat
from delegation.rules import FULL, Action
from ledger import queries as ledger
from ledger.rules import EntryKind, ItemKind
from payments import queries as payments
from reference import queries as reference
from reference.rules.billing import BillingPeriod
from reference.rules.policy import ASSUMED, CONFIRMED
from security import queries as security
from security.rules import RequirementSource
from standing import queries as standing
from statements import queries as statements

_ACCOUNTING = "SOR/86-1062 s. 2, 10.1"

#: What can be explained, what its reader must be allowed to see, and its name.
SUBJECTS: Mapping[str, tuple[Action, object]] = {
    "balance": (Action.VIEW_STATEMENTS, gettext_lazy("Open balance")),
    "overdue": (Action.VIEW_STATEMENTS, gettext_lazy("Overdue")),
    "due-date": (Action.VIEW_STATEMENTS, gettext_lazy("Last day to pay")),
    "penalties": (Action.VIEW_STATEMENTS, gettext_lazy("Penalties")),
    "card-limit": (Action.VIEW_STATEMENTS, gettext_lazy("Left to pay by credit card")),
    "requirement": (Action.VIEW_SECURITY, gettext_lazy("Security requirement")),
    "accounting": (Action.VIEW_STATEMENTS, gettext_lazy("Accounting date")),
    "standing": (Action.VIEW_STATEMENTS, gettext_lazy("Steps after an unpaid amount")),
    "next-payment": (Action.VIEW_STATEMENTS, gettext_lazy("Next amount to pay")),
}


def require_shown(seat: Seat, what: str) -> None:
    """``Stranger`` for a number that is none, ``Refused`` for one that this seat is not shown."""
    if what not in SUBJECTS:
        raise Stranger(_("There is no such number. Choose one from your account's home."), code="not_found")
    if not seat.may(SUBJECTS[what][0]):
        raise Refused(_("Your access does not show this number. Ask the importer for it."), code="number_not_shown")


def explanation(account: ProgramAccount, what: str, *, on: date, language: str) -> Explanation:
    """One number of the account with its arithmetic, in six queries at most; ``KeyError`` for an unknown one."""
    return _MAKERS[what](account, on, language)


def _balance(account: ProgramAccount, on: date, language: str) -> Explanation:
    found = ledger.open_by_due_date(account.pk)
    credit = found.pop(None, ZERO)
    steps = [
        Step(
            _("Open debts due %(day)s") % {"day": formats.day(due_on, language)},
            amount,
            why=_("Past its due date.") if due_on < on else "",
        )
        for due_on, amount in sorted((day, amount) for day, amount in found.items() if day is not None)
    ]
    steps.append(
        Step(_("Credits not used yet"), credit, why=_("Payments and refunds that wait for a debt to fall due."))
    )
    rule = Rule(
        _("What is owed is every open debt less every open credit, billed or not."), "CBSA-OFF, CARM", CONFIRMED
    )
    return _made("balance", sum((step.amount or ZERO for step in steps), ZERO), steps, rule)


def _overdue(account: ProgramAccount, on: date, language: str) -> Explanation:
    items = [
        (item, item.last_day_to_pay)
        for item in ledger.open_items_of(account.pk, on=on, debts_only=True)
        if item.last_day_to_pay is not None and item.last_day_to_pay < on
    ]
    steps = [
        Step(
            f"{ItemKind(item.kind).label} {item.source.partition(':')[2]}".strip(),
            item.remaining,
            on=last_day,
            why=_("The last day to pay was %(day)s.") % {"day": formats.day(last_day, language)},
        )
        for item, last_day in items
    ]
    interest = Rule.of(_("Interest runs on it every day, compounded."), reference.late_interest_rule(on))
    rule = Rule(_("Overdue from the day after the last day to pay."), "Customs Act s. 33.4", CONFIRMED)
    return _made("overdue", sum((item.remaining for item, _last_day in items), ZERO), steps, rule, interest)


def _due_date(account: ProgramAccount, on: date, language: str) -> Explanation:
    newest = statements.newest_statement(account.pk)
    period = (
        BillingPeriod(newest.statement_on.year, newest.statement_on.month)
        if newest
        else BillingPeriod(on.year, on.month)
    )
    due_on = newest.payment_due_on if newest else reference.payment_due_on(period)
    last = newest.last_day_to_pay if newest else reference.last_day_to_pay(period)
    steps = [
        Step(_("The billing period ended"), on=period.last_day),
        Step(
            _("Tenth weekday after it: payment due"),
            on=due_on,
            why=_("Monday to Friday count, holidays too; Saturdays and Sundays do not."),
        ),
        Step(
            _("Last day to pay"),
            on=last,
            why=_("The due date is a holiday, so the next day that is none still counts.")
            if last != due_on
            else _("The due date is no holiday, so it is the last day."),
        ),
    ]
    rules = (
        Rule(_("Payment is due on the tenth weekday after the 17th."), _ACCOUNTING, CONFIRMED),
        Rule(
            _("What falls on a holiday may be done on the next day that is none."), "Interpretation Act s. 26", ASSUMED
        ),
    )
    return Explanation("due-date", str(SUBJECTS["due-date"][1]), None, last, steps, rules, is_sum=False)


def _penalties(account: ProgramAccount, on: date, language: str) -> Explanation:
    entries = ledger.entries_between(account.pk, posted_from=None, posted_to=on, kinds=(EntryKind.PENALTY,))
    steps = [
        Step(
            _("Penalty %(number)s") % {"number": entry.source.partition(":")[2]},
            entry.amount,
            on=entry.posted_on,
            why=_("Charged on %(day)s.") % {"day": formats.day(entry.posted_on, language)},
        )
        for entry in entries
    ]
    policy = reference.policy()
    rules = (
        Rule.of(
            _("A declaration that is filed late costs %(amount)s, once.")
            % {"amount": formats.money(policy.amount("late_accounting.penalty", on), language)},
            policy.row("late_accounting.penalty", on),
        ),
        Rule.of(
            _("In relief periods none is charged; this is how it stands today."),
            policy.row("late_accounting.penalty_applies", on),
        ),
        Rule(
            _("No interest when it is paid within 30 days of its notice; later, at the prescribed rate."),
            "Customs Act s. 109.5",
            CONFIRMED,
        ),
    )
    return _made("penalties", sum((entry.amount for entry in entries), ZERO), steps, *rules)


def _card_limit(account: ProgramAccount, on: date, language: str) -> Explanation:
    policy = reference.policy()
    room = payments.card_room(account.pk, on=on, dated=policy)
    period = formats.period(room.cycle_start, room.cycle_end, language)
    steps = [Step(_("Limit"), room.limit)]
    if room.is_by_cycle:
        used = room.limit - room.left
        steps.append(
            Step(_("Paid or on its way by credit card"), -used, why=_("Billing cycle %(period)s.") % {"period": period})
        )
    rules = (
        Rule.of(_("A credit card pays up to this limit."), policy.row("card.limit", on)),
        Rule.of(
            _("The limit is one of a billing cycle and program account, security deposits included.")
            if room.is_by_cycle
            else _("The limit is one of a payment."),
            policy.row("card.limit_scope", on),
        ),
    )
    return _made("card-limit", room.left, steps, *rules)


def _requirement(account: ProgramAccount, on: date, language: str) -> Explanation:
    current = security.requirement_on(account.pk, on=on)
    if current is None:
        return Explanation(
            "requirement", str(SUBJECTS["requirement"][1]), ZERO, None, [], _requirement_rules(on), is_sum=False
        )
    ended = current.driving_month_end
    steps = [
        Step(
            _("Highest month, ended %(day)s") % {"day": formats.day(ended, language)} if ended else _("Your estimate"),
            current.amount,
            why=_("%(source)s, computed on %(day)s, in force from %(from)s.")
            % {
                "source": RequirementSource(current.source).label,
                "day": formats.day(current.computed_on, language),
                "from": formats.day(current.effective_on, language),
            },
        )
    ]
    return Explanation(
        "requirement", str(SUBJECTS["requirement"][1]), current.amount, None, steps, _requirement_rules(on)
    )


def _requirement_rules(on: date) -> tuple[Rule, ...]:
    policy = reference.policy()
    return (
        Rule.of(_("A cash deposit covers all of the highest month."), policy.row("security.cash_rate", on)),
        Rule.of(_("A bond covers half of it."), policy.row("security.bond_rate", on)),
        Rule.of(
            _("A bond is never below its minimum of the day."),
            policy.row("security.bond_minimum", on),
        ),
        Rule.of(_("Ten million a program account is the most."), policy.row("security.cap", on)),
        *(Rule.of(str(words), row) for words, row in security.counting_rules(on)),
    )


def _accounting(account: ProgramAccount, on: date, language: str) -> Explanation:
    """The accounting dates of what is declared or being declared, newest release first."""
    recent = declarations.declarations_of(account.pk, visibility=FULL).filter(
        released_on__gte=on - timedelta(days=31), state=Declaration.State.DRAFT
    )[:12]
    steps = [
        Step(
            _("Declaration %(number)s") % {"number": row.number},
            on=row.accounting_due_on,
            why=_("Released %(day)s; the fifth business day after it.")
            % {"day": formats.day(row.released_on, language)},
        )
        for row in recent
    ]
    rule = Rule(
        _("Goods are accounted for within five business days after release: no Saturday, Sunday or holiday counts."),
        "SOR/86-1062 s. 10; C288; Interpretation Act s. 35",
        CONFIRMED,
    )
    first = min((step.on for step in steps if step.on), default=None)
    return Explanation("accounting", str(SUBJECTS["accounting"][1]), None, first, steps, (rule,), is_sum=False)


def _standing(account: ProgramAccount, on: date, language: str) -> Explanation:
    """The days of the steps for the oldest unpaid amount, or for the next one if it stays unpaid."""
    outlook = standing.outlook_of(account.pk, on=on, with_measures=False)
    start = outlook.standing.oldest_last_day or outlook.next_last_day
    steps = [Step(_("Last day to pay"), on=start)] if start else []
    steps += [
        Step(
            str(row.label),
            on=row.on,
            why=ngettext("%(days)s day after it.", "%(days)s days after it.", (row.on - start).days)
            % {"days": (row.on - start).days},
        )
        for row in outlook.steps
        if start
    ]
    policy = reference.policy()
    rules = (
        Rule.of(
            _("The notice of arrears goes out this many days after the last day to pay."),
            policy.row("standing.notice_of_arrears_after_days", on),
        ),
        Rule.of(
            _("Release Prior to Payment is suspended this many days after the last day to pay."),
            policy.row("standing.suspend_after_days", on),
        ),
        Rule.of(
            _("The account is transferred for collection this many days after the last day to pay."),
            policy.row("standing.collections_after_days", on),
        ),
        Rule.of(
            _("Set-off and court are possible this many days after the notice of arrears."),
            policy.row("standing.enforcement_after_notice_days", on),
        ),
    )
    last = outlook.steps[-1].on if outlook.steps else None
    return Explanation("standing", str(SUBJECTS["standing"][1]), None, last, steps, rules, is_sum=False)


def _next_payment(account: ProgramAccount, on: date, language: str) -> Explanation:
    """What is left, after open credits, of the debts of the nearest last day to pay."""
    outlook = standing.outlook_of(account.pk, on=on, with_measures=False)
    day = outlook.next_last_day
    steps = []
    if day is not None:
        debts = [row for row in ledger.open_items_of(account.pk, on=on, debts_only=True) if row.last_day_to_pay == day]
        steps = [
            Step(f"{ItemKind(row.kind).label} {row.source.partition(':')[2]}".strip(), row.remaining) for row in debts
        ]
        used = outlook.next_amount - sum((row.remaining for row in debts), ZERO)
        if used:
            steps.append(Step(_("Credits not used yet"), used, why=_("They meet the debts that fall due first.")))
    rule = Rule(_("A credit offsets a debt on that debt's due date, the oldest due debt first."), "CBSA-OFF", CONFIRMED)
    return _made("next-payment", outlook.next_amount, steps, rule)


def _made(what: str, amount: Decimal, steps: list[Step], *rules: Rule) -> Explanation:
    return Explanation(what, str(SUBJECTS[what][1]), amount, None, steps, rules)


_MAKERS: Mapping[str, Callable[[ProgramAccount, date, str], Explanation]] = {
    "balance": _balance,
    "overdue": _overdue,
    "due-date": _due_date,
    "penalties": _penalties,
    "card-limit": _card_limit,
    "requirement": _requirement,
    "accounting": _accounting,
    "standing": _standing,
    "next-payment": _next_payment,
}
