"""Which debts a payment clears, what a card may still pay, and the life of a payment.

Sources: the agency's page on offsetting (oldest due debt first, then a prescribed order; credits wait for the due date
unless something is overdue), bulletin 5408 (card limit by billing cycle), D17-5-2 as reported (no pre-authorized debit
for security deposits). The order inside one due date is not public; ours is assumed and kept here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.clock import TORONTO
from core.money import ZERO
from reference.rules.billing import STATEMENT_DAY, billing_period_of

CREDIT = "CREDIT"
#: Inside one due date: declarations first, interest last (assumed on the published order of 2018).
CLASS_ORDER = ("CHARGE", "PENALTY", "ADJUSTMENT", "NSF", "DISBURSEMENT", "TRANSFER", "INTEREST")
#: A payment that the bank never heard of is given up after this time (assumed; the bank's own session lasts as long).
GIVE_UP_AFTER = timedelta(minutes=30)
#: Business days that a bill payment at a bank takes (the agency's answers to questions, before the third release).
BILL_PAYMENT_BUSINESS_DAYS = 3


class Preference(TextChoices):
    """How credits are used on debts that are due and not overdue. The agency has three methods; the names are ours."""

    OLDEST_FIRST = "OLDEST_FIRST", _("Oldest first")
    BILLED_FIRST = "BILLED_FIRST", _("Billed first")
    DECLARATION_FIRST = "DECLARATION_FIRST", _("Whole items first")


class Item(Protocol):
    """An open item of the book as far as its sums are concerned."""

    side: str
    due_on: date | None
    last_day_to_pay: date | None
    posted_on: date
    remaining: Decimal


@dataclass(frozen=True)
class Owed:
    """What one program account owes, in dollars: billed and due by a day, waiting for the next statement, overdue."""

    billed: Decimal
    unbilled: Decimal
    overdue: Decimal
    credit: Decimal
    oldest_last_day: date | None

    @property
    def on_statement(self) -> Decimal:
        """What is left to pay of everything billed after open credits."""
        return max(self.billed - self.credit, ZERO)

    @property
    def to_come(self) -> Decimal:
        """What waits for the next statement, after the credits that the billed debts left over."""
        return max(self.unbilled - max(self.credit - self.billed, ZERO), ZERO)

    @property
    def credit_left(self) -> Decimal:
        """Credits larger than every debt."""
        return max(self.credit - self.billed - self.unbilled, ZERO)

    @property
    def total(self) -> Decimal:
        return self.on_statement + self.to_come

    @property
    def overdue_now(self) -> Decimal:
        """The overdue part that open credits would not pay at once."""
        return max(self.overdue - self.credit, ZERO)


def owed(items: Iterable[Item], *, billed_until: date | None, on: date) -> Owed:
    """The sums of an account's open items: billed is what is due on the day or on the newest statement's due date.

    A debt is overdue from the day after its last day to pay (Customs Act s. 33.4; Interpretation Act s. 26).
    """
    billed = unbilled = overdue = credit = ZERO
    oldest: date | None = None
    for item in items:
        if item.side == CREDIT:
            credit += item.remaining
            continue
        due_on = item.due_on or item.posted_on
        if due_on <= on or (billed_until is not None and due_on <= billed_until):
            billed += item.remaining
        else:
            unbilled += item.remaining
        if item.last_day_to_pay is not None and item.last_day_to_pay < on:
            overdue += item.remaining
            oldest = min(item.last_day_to_pay, oldest or item.last_day_to_pay)
    return Owed(billed=billed, unbilled=unbilled, overdue=overdue, credit=credit, oldest_last_day=oldest)


@dataclass(frozen=True)
class OpenDebt:
    """A debt with what is left of it, in dollars; the last two matter to a preference other than oldest first."""

    id: int
    kind: str
    due_on: date
    left: Decimal
    is_billed: bool = True
    is_overdue: bool = False


@dataclass(frozen=True)
class OpenCredit:
    """A payment or credit with what is left of it, in dollars."""

    id: int
    posted_on: date
    left: Decimal


@dataclass(frozen=True)
class Allocation:
    """So much of a credit on a debt."""

    debt_id: int
    credit_id: int
    amount: Decimal


def allocations(
    debts: Sequence[OpenDebt],
    credits: Sequence[OpenCredit],
    *,
    on: date,
    billed_through: date | None = None,
    preference: str = Preference.OLDEST_FIRST,
) -> list[Allocation]:
    """What clears what on a day: oldest due debt first, oldest credit first, or as the account prefers.

    Debts take part once they are due, and before that when they stand on a statement due by ``billed_through``, because
    somebody who pays a statement pays what is on it (assumed). Everything else waits for its due date. What is overdue
    comes first and oldest first whatever the preference (the agency's page on offsetting); then

    - ``OLDEST_FIRST``: by due date;
    - ``BILLED_FIRST``: what stands on a statement before what does not, charges before interest, then by due date;
    - ``DECLARATION_FIRST``: a credit that is exactly the rest of one item pays that item, then by due date.
    """
    horizon = max(on, billed_through) if billed_through else on
    ready = sorted((debt for debt in debts if debt.due_on <= horizon and debt.left > ZERO), key=_by_age)
    supply = _Supply(credits)
    if preference == Preference.OLDEST_FIRST:
        return supply.used_on(ready)
    found = supply.used_on([debt for debt in ready if debt.is_overdue])
    rest = [debt for debt in ready if not debt.is_overdue]
    if preference == Preference.BILLED_FIRST:
        rest.sort(key=lambda debt: (not debt.is_billed, class_rank(debt.kind), debt.due_on, debt.id))
    else:
        exact = supply.matching(rest)
        found += exact
        paid = {row.debt_id for row in exact}
        rest = [debt for debt in rest if debt.id not in paid]
    return found + supply.used_on(rest)


def by_hand(debts: Sequence[OpenDebt], credits: Sequence[OpenCredit]) -> list[Allocation]:
    """Chosen credits on chosen debts, whatever their due dates, oldest of both first; see ``missing_by_hand``."""
    return _Supply(credits).used_on(sorted((debt for debt in debts if debt.left > ZERO), key=_by_age))


def missing_by_hand(debts: Iterable[OpenDebt], credits: Iterable[OpenCredit]) -> Decimal:
    """What chosen credits lack to pay the chosen items in full; zero when they suffice.

    Whole items only: a part of an item cannot be paid by hand (brokers' accounts of the portal).
    """
    wanted = sum((debt.left for debt in debts), ZERO)
    return max(wanted - sum((credit.left for credit in credits), ZERO), ZERO)


def _by_age(debt: OpenDebt) -> tuple[date, int, int]:
    return debt.due_on, class_rank(debt.kind), debt.id


class _Supply:
    """Credits, oldest first, with what is left of each while they are used."""

    def __init__(self, credits: Sequence[OpenCredit]) -> None:
        self._credits = sorted(credits, key=lambda row: (row.posted_on, row.id))
        self._left = {credit.id: credit.left for credit in self._credits}

    def used_on(self, debts: Iterable[OpenDebt]) -> list[Allocation]:
        """As much as there is on each debt in turn."""
        found: list[Allocation] = []
        for debt in debts:
            left = debt.left
            for credit in self._credits:
                amount = min(left, self._left[credit.id])
                if amount <= ZERO:
                    continue
                found.append(Allocation(debt_id=debt.id, credit_id=credit.id, amount=amount))
                self._left[credit.id] -= amount
                left -= amount
                if left == ZERO:
                    break
        return found

    def matching(self, debts: Iterable[OpenDebt]) -> list[Allocation]:
        """Each credit, oldest first, on the first debt of exactly its amount."""
        waiting = list(debts)
        found: list[Allocation] = []
        for credit in self._credits:
            left = self._left[credit.id]
            match = next((debt for debt in waiting if debt.left == left), None)
            if match is not None:
                waiting.remove(match)
                found.append(Allocation(debt_id=match.id, credit_id=credit.id, amount=left))
                self._left[credit.id] = ZERO
        return found


def class_rank(kind: str) -> int:
    """The place of a kind of debt inside one due date; an unknown kind comes last."""
    return CLASS_ORDER.index(kind) if kind in CLASS_ORDER else len(CLASS_ORDER)


def chosen_allocations(items: Iterable[tuple[int, Decimal]], *, amount: Decimal) -> list[tuple[int, Decimal]]:
    """So much of a payment on each chosen item, in their order; what is left over stays a credit.

    A chosen item never gets more than what is left of it, and no other item gets anything (the guide on paying: the
    payment goes to the items that were selected).
    """
    found: list[tuple[int, Decimal]] = []
    for item_id, left in items:
        part = min(left, amount)
        if part > ZERO:
            found.append((item_id, part))
            amount -= part
    return found


def cycle_start(moment: datetime) -> date:
    """The first day of the billing cycle in which a card pays: cycles change at midnight Eastern on the 18th."""
    return billing_period_of(moment.astimezone(TORONTO).date()).first_day


def is_expected(planned_on: date, *, on: date) -> bool:
    """Whether a payment that somebody announced is still to be counted on: until its day is over (assumed)."""
    return planned_on >= on


def left_for_payer(owed_now: Decimal, on_its_way: Decimal) -> Decimal:
    """What nobody else pays of what is owed, in dollars."""
    return max(owed_now - on_its_way, ZERO)


def is_second_payment(amount: Decimal, *, owed_now: Decimal, on_its_way: Decimal) -> bool:
    """Whether an amount pays again what is on its way already; such a payment is taken, but asked about first.

    Sources: the agency's videos on paying (ask the broker first); that both together become a credit is assumed.
    """
    return on_its_way > ZERO and amount > left_for_payer(owed_now, on_its_way)


def card_room(*, limit: Decimal, is_by_cycle: bool, used_in_cycle: Decimal) -> Decimal:
    """What a credit card may still pay: of the cycle's limit what is left of it, else the limit of one payment."""
    if not is_by_cycle:
        return limit
    return max(limit - used_in_cycle, ZERO)


#: From each state of a payment, the states that may follow.
TRANSITIONS: dict[str, frozenset[str]] = {
    "STARTED": frozenset({"AT_BANK", "RECEIVED", "DECLINED", "CANCELLED"}),
    "AT_BANK": frozenset({"RECEIVED", "DECLINED", "CANCELLED"}),
    "RECEIVED": frozenset({"RETURNED"}),
    "DECLINED": frozenset(),
    "CANCELLED": frozenset(),
    "RETURNED": frozenset(),
}


def can_become(state: str, following: str) -> bool:
    return following in TRANSITIONS[state]


def is_given_up(*, age: timedelta, is_known_at_bank: bool) -> bool:
    """Whether a payment that is not settled has no future: the bank never heard of it and its time is over."""
    return not is_known_at_bank and age > GIVE_UP_AFTER


def statement_of_payment(received_on: date) -> date:
    """The statement on which a payment stands: a statement takes what became known until the eve of its date."""
    statement_on = received_on.replace(day=STATEMENT_DAY)
    return statement_on if received_on < statement_on else billing_period_of(statement_on).statement_on
