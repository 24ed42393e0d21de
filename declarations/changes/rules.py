"""Changes of an accepted declaration: who may ask for what until when, what it posts, and the interest on it.

Sources: Customs Act s. 32.2 (corrections), s. 59 (re-determination), s. 60 and 60.1 (appeals), s. 66 and 80 (interest),
s. 74 (refunds); memoranda D17-2-3 and D17-2-4 (withdrawal); the 90 days of an officer are a published service standard.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.money import ZERO
from reference.rules.billing import BillingDates
from reference.rules.rates import RateFrom, interest

_DAY = timedelta(days=1)
#: Within how many days an officer is to decide (service standard).
STANDARD_DAYS = 90
YEARS = 4
APPEAL_DAYS = 90
#: A refund bears interest from the 91st day after the application (Customs Act s. 80).
FREE_DAYS = 90


class ChangeKind(TextChoices):
    ADJUSTMENT = "ADJUSTMENT", _("Adjustment")
    REFUND = "REFUND", _("Refund claim")
    WITHDRAWAL = "WITHDRAWAL", pgettext_lazy("of a declaration", "Withdrawal")
    APPEAL = "APPEAL", _("Appeal")
    REDETERMINATION = "REDETERMINATION", _("Re-determination")


class ChangeState(TextChoices):
    UNDER_REVIEW = "UNDER_REVIEW", _("In progress")
    NEEDS_INFO = "NEEDS_INFO", _("Needs information")
    APPROVED = "APPROVED", pgettext_lazy("application", "Approved")
    REJECTED = "REJECTED", pgettext_lazy("application", "Rejected")
    TAKEN_BACK = "TAKEN_BACK", _("Taken back")


OPEN = (ChangeState.UNDER_REVIEW, ChangeState.NEEDS_INFO)
DECIDED = (ChangeState.APPROVED, ChangeState.REJECTED)
_AFTER: Mapping[str, tuple[ChangeState, ...]] = {
    ChangeState.UNDER_REVIEW: (ChangeState.NEEDS_INFO, *DECIDED, ChangeState.TAKEN_BACK),
    ChangeState.NEEDS_INFO: (ChangeState.UNDER_REVIEW, *DECIDED, ChangeState.TAKEN_BACK),
}


def can_become(state: str, wanted: ChangeState) -> bool:
    """Whether a request in one state may go to another; a decided one stays as it is."""
    return wanted in _AFTER.get(state, ())


@dataclass(frozen=True)
class Reason:
    """Why a change is asked for: the code that every document repeats, and the provision it rests on."""

    code: str
    label: Any
    authority: str
    years: int = YEARS


#: The provisions are law; the list of codes is ours, because the agency publishes none (assumed).
REASONS: Mapping[str, tuple[Reason, ...]] = {
    ChangeKind.ADJUSTMENT: (
        Reason("ORIGIN", _("Origin or tariff treatment was wrong"), "32.2(1)"),
        Reason("CLASSIFICATION", _("Tariff classification was wrong"), "32.2(2)"),
        Reason("VALUE", _("Value for duty was wrong"), "32.2(2)"),
        Reason("QUANTITY", _("Quantity or other particulars were wrong"), "32.2(2)"),
    ),
    ChangeKind.REFUND: (
        Reason("DAMAGED", _("Goods were damaged or destroyed before release"), "74(1)(a)"),
        Reason("SHORTAGE", _("Fewer goods arrived than were declared"), "74(1)(b)"),
        Reason("QUALITY", _("Goods were of inferior quality"), "74(1)(c)"),
        Reason("PREFERENCE", _("CUSMA or Chile treatment was not claimed at the time"), "74(1)(c.1)", years=1),
        Reason("AGREEMENT", _("Treatment of another agreement was not claimed at the time"), "74(1)(c.11)"),
        Reason("ERROR", _("Duties were paid by error"), "74(1)(e)"),
    ),
    ChangeKind.WITHDRAWAL: (
        Reason("DUPLICATE", _("The goods were accounted for twice"), "D17-2-3"),
        Reason("NOT_IMPORTED", _("The goods did not come into Canada"), "D17-2-3"),
        Reason("WRONG_IMPORTER", _("The goods belong to another importer"), "D17-2-4"),
    ),
    ChangeKind.APPEAL: (
        Reason("ORIGIN", _("Origin or tariff treatment was wrong"), "60(1)"),
        Reason("CLASSIFICATION", _("Tariff classification was wrong"), "60(1)"),
        Reason("VALUE", _("Value for duty was wrong"), "60(1)"),
        Reason("OTHER", _("Another part of the decision is wrong"), "60(1)"),
    ),
    ChangeKind.REDETERMINATION: (
        Reason("VERIFICATION", _("A verification found other facts"), "59(1)(a)"),
        Reason("CORRECTED", _("An error of the declaration is put right"), "59(1)(a)"),
    ),
}


def reason_of(kind: str, code: str) -> Reason | None:
    return next((reason for reason in REASONS.get(kind, ()) if reason.code == code), None)


# --- Windows ---------------------------------------------------------------------------------------------------------


def years_after(day: date, years: int) -> date:
    """The same day of a later year; 28 February where that year has no 29th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def last_day_to_ask(kind: str, code: str, *, accounted_on: date) -> date | None:
    """Until when an adjustment or a refund may be asked for (Customs Act s. 32.2(4), 74(3)); ``None``: no limit."""
    if kind not in (ChangeKind.ADJUSTMENT, ChangeKind.REFUND):
        return None
    reason = reason_of(kind, code)
    return years_after(accounted_on, reason.years if reason else YEARS)


@dataclass(frozen=True)
class AppealWindow:
    """``last_day`` of the right to appeal, and of an application for more time (Customs Act s. 60(1), 60.1(3))."""

    last_day: date
    late_last_day: date


def appeal_window(notice_on: date) -> AppealWindow:
    """90 days after the notice; with reasons for the delay, one year more."""
    last_day = notice_on + timedelta(days=APPEAL_DAYS)
    return AppealWindow(last_day, years_after(last_day, 1))


def decide_by(asked_on: date) -> date:
    """The day until which the officer is to decide."""
    return asked_on + timedelta(days=STANDARD_DAYS)


def needs_review(*, state: str, payment_due_on: date, on: date) -> bool:
    """Whether a change is no longer a correction: after the payment due date (Customs Act s. 32.2(3))."""
    return state == "ACCEPTED" and on > payment_due_on


def correct_by(learned_on: date, *, accounted_on: date) -> date | None:
    """Within 90 days of the reason to believe that a declaration is wrong; not after four years (s. 32.2(1), (4))."""
    end = years_after(accounted_on, YEARS)
    return min(learned_on + timedelta(days=STANDARD_DAYS), end) if learned_on <= end else None


def runs_the_wrong_way(kind: str, change: Decimal) -> bool:
    """Whether a change of what is owed needs another provision.

    A correction may not create a refund (Customs Act s. 32.2(5)); a refund claim asks for money back.
    """
    if kind == ChangeKind.ADJUSTMENT:
        return change < 0
    return kind == ChangeKind.REFUND and change >= 0


def is_paid_or_secured(*, open_amount: Decimal, account_debt: Decimal, coverage: Decimal) -> bool:
    """The condition of an appeal (s. 60(1)): nothing is open, or security covers all open debts (assumed)."""
    return open_amount <= 0 or coverage >= account_debt


# --- Money -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DueDates:
    due_on: date
    last_day_to_pay: date


def due_dates(*, payment_due_on: date, last_day_to_pay: date, posted_on: date, period: BillingDates) -> DueDates:
    """Dates of a change posted on a day: the original ones; after them those of ``period``, the day's billing period.

    Nobody could pay before the decision, so what it adds is paid with the period in which it became known (assumed:
    the day of approval decides on which statement a change stands, as reported; no day of payment is published).
    """
    if posted_on <= payment_due_on:
        return DueDates(payment_due_on, last_day_to_pay)
    return DueDates(period.payment_due_on, period.last_day_to_pay)


def interest_until_decided(
    changes: Iterable[tuple[date, Decimal]], *, payment_due_on: date, rates: Sequence[RateFrom]
) -> Decimal:
    """What late changes of a declaration owe until they were decided, all together, in dollars.

    ``changes`` are what each added (above zero) or took off, by the day of its decision, the oldest first. What was
    added bears interest at the specified rate from the day after the original due date (Customs Act s. 33.4(1))
    through its decision, and from then on like any other debt after its own due date (assumed). What a later change
    takes off again was never owed and bears none; the latest dollar is the first to go (assumed).
    """
    added: list[tuple[date, Decimal]] = []
    for decided_on, amount in changes:
        taken = max(ZERO, -amount)
        while taken and added:
            day, there = added.pop()
            if there > taken:
                added.append((day, there - taken))
            taken -= min(there, taken)
        if amount > ZERO:
            added.append((decided_on, amount))
    table = _going_on(rates)
    return sum((interest(amount, payment_due_on, day, table).amount for day, amount in added), ZERO)


def paid_part(*, refund: Decimal, paid: Decimal, owed_after: Decimal) -> Decimal:
    """The part of a refund (dollars, above zero) that was paid before; what nobody paid bears no interest."""
    return max(ZERO, min(refund, paid - owed_after))


def latest_paid(paid: Iterable[tuple[date, Decimal]], amount: Decimal) -> list[tuple[date, Decimal]]:
    """The payments behind an amount given back, the latest first (assumed: the last dollar was too much)."""
    parts = []
    for day, there in sorted(paid, reverse=True):
        taken = min(there, amount)
        if taken > 0:
            parts.append((day, taken))
            amount -= taken
    return parts


def refund_interest(principal: Decimal, *, asked_on: date, granted_on: date, rates: Sequence[RateFrom]) -> Decimal:
    """Interest at the prescribed rate from the 91st day after the application through the day granted (s. 80)."""
    return interest(principal, asked_on + timedelta(days=FREE_DAYS), granted_on, _going_on(rates)).amount


def returned_interest(paid: Iterable[tuple[date, Decimal]], *, given_on: date, rates: Sequence[RateFrom]) -> Decimal:
    """Interest at the prescribed rate from the day after each payment through the day it is given back (s. 66(3))."""
    table = _going_on(rates)
    return sum((interest(amount, day, given_on, table).amount for day, amount in paid), ZERO)


def _going_on(rates: Iterable[RateFrom]) -> list[RateFrom]:
    """The last rate goes on until a newer one is entered."""
    return [replace(row, effective_to=None) for row in rates]


# --- Two versions side by side ---------------------------------------------------------------------------------------


class Outcome(StrEnum):
    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class Cells:
    """One line of a version: where it stands and what it says, by the name of the field."""

    invoice: int
    position: int
    values: Mapping[str, Any]

    @property
    def goods(self) -> tuple[Any, Any]:
        return self.values.get("classification"), self.values.get("description")


@dataclass(frozen=True)
class Compared:
    """Two lines that belong together; ``differing`` names the cells that are not equal."""

    outcome: Outcome
    before: Cells | None
    after: Cells | None
    differing: tuple[str, ...] = ()


def compared(before: Sequence[Cells], after: Sequence[Cells]) -> list[Compared]:
    """The lines of two versions in pairs, by the goods they name; a line without counterpart was added or removed."""
    found = []
    for invoice in sorted({line.invoice for line in (*before, *after)}):
        old = [line for line in before if line.invoice == invoice]
        new = [line for line in after if line.invoice == invoice]
        matcher = SequenceMatcher(None, [line.goods for line in old], [line.goods for line in new], autojunk=False)
        for _tag, first, last, other_first, other_last in matcher.get_opcodes():
            olds, news = old[first:last], new[other_first:other_last]
            both = min(len(olds), len(news))
            found += [_pair(*pair) for pair in zip(olds, news, strict=False)]
            found += [Compared(Outcome.REMOVED, line, None) for line in olds[both:]]
            found += [Compared(Outcome.ADDED, None, line) for line in news[both:]]
    return found


def _pair(before: Cells, after: Cells) -> Compared:
    names = tuple(name for name in before.values if before.values[name] != after.values.get(name))
    return Compared(Outcome.CHANGED if names else Outcome.SAME, before, after, names)


@dataclass(frozen=True)
class LateDebt:
    """What is left of a debt of a declaration, in dollars."""

    item_id: int
    due_on: date
    left: Decimal


def against_late_debts(
    debts: Iterable[LateDebt], credits: Mapping[int, Decimal], *, on: date
) -> list[tuple[LateDebt, int, Decimal]]:
    """Which credit (by its item) meets which overdue debt of the same declaration, the oldest first.

    Interest runs on what is owed (Customs Act s. 33.4): what a declaration turns out never to have owed bears none.
    That a decision on a declaration first meets that declaration's own debt is assumed.
    """
    left = dict(credits)
    found = []
    for debt in sorted(debts, key=lambda row: (row.due_on, row.item_id)):
        open_amount = debt.left if debt.due_on < on else ZERO
        for credit in sorted(left):
            amount = min(open_amount, left[credit])
            if amount > ZERO:
                found.append((debt, credit, amount))
                open_amount -= amount
                left[credit] -= amount
    return found
