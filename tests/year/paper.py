"""A year of importers' accounts on paper: plain Python that shares no code with the product, only dates and amounts.

It is told what people did (released, filed, changed, paid, returned, waived) and computes everything that follows: due
dates, duties, penalties, what clears what, interest, and each box of each statement. Where a rule is assumed, it is the
one of docs/rules.md; the law is cited there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tests.year.law import (
    DAY,
    NIL,
    Goods,
    Rates,
    Terms,
    last_to_pay,
    payable,
    payment_due,
    previous_end,
    shown_on,
    terms_of,
)

#: Inside one due date: charges first, interest last.
ORDER = ("CHARGE", "PENALTY", "ADJUSTMENT", "NSF", "DISBURSEMENT", "INTEREST")


# --- One account -----------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Credit:
    number: int
    posted: date
    left: Decimal
    name: str = ""
    is_interest: bool = False


@dataclass(eq=False)
class Payment:
    """So much of a credit on a debt, as of a day; perhaps taken back later."""

    day: date
    order: int
    amount: Decimal
    credit: Credit
    undone: date | None = None


@dataclass(eq=False)
class Debt:
    number: int
    kind: str
    source: str
    amount: Decimal
    due: date
    posted: date
    #: The last day without interest, and the last day on which a payment is in time.
    base: date
    last: date
    payments: list[Payment] = field(default_factory=list)
    runs: list["Run"] = field(default_factory=list)
    was_owed: bool = True

    @property
    def paid(self) -> list[Payment]:
        return [row for row in self.payments if row.undone is None]

    @property
    def left(self) -> Decimal:
        return self.amount - sum((row.amount for row in self.paid), NIL) if self.was_owed else NIL

    def late_parts(self, charged: Iterable[date], on: date) -> dict[tuple[date, date], Decimal]:
        """Its life through a day, having been charged on earlier ones: what bears interest after which day until when.

        On one day, what is taken back comes before what is paid, and the charge last. A payment ends what is open, the
        part charged furthest first.
        """
        held = [row for row in self.payments if row.undone is None or row.undone > row.day]
        moves: list[Any] = [(row.day, 1, row.order, row) for row in held if row.day <= on]
        moves += [(row.undone, 0, row.order, row) for row in held if row.undone and row.undone <= on]
        moves += [(day, 2, 0, None) for day in charged]
        is_open: list[tuple[date, Decimal]] = [(self.base, self.amount)] if self.was_owed else []
        ended: dict[Payment, list[tuple[date, Decimal]]] = defaultdict(list)
        spare: dict[Payment, Decimal] = {}
        for day, what, _order, row in sorted(moves, key=lambda move: move[:3]):
            if row is None:
                is_open = [(day, amount) for _since, amount in is_open]
                for one, parts in ended.items():
                    since = one.day if one.day > self.last else self.base
                    ended[one] = [(since, amount) for _since, amount in parts]
                continue
            if what == 0:
                is_open += ended.pop(row, [])
                spare.pop(row, None)
                paying, spare = spare, {}
            else:
                paying = {row: row.amount}
            for one, wanted in paying.items():
                for since, amount in sorted(is_open, reverse=True):
                    is_open.remove((since, amount))
                    taken = min(amount, wanted)
                    wanted -= taken
                    ended[one] += [(since, taken)] if taken else []
                    is_open += [(since, amount - taken)] if amount > taken else []
                if wanted:
                    spare[one] = wanted
        found: dict[tuple[date, date], Decimal] = defaultdict(lambda: NIL)
        late = [(row.day, parts) for row, parts in ended.items()] + [(on, is_open)]
        for end, parts in late:
            for since, amount in parts:
                if end > self.last and end > since:
                    found[since, end] += amount
        return found


@dataclass(eq=False)
class Run:
    day: date
    debt: Debt
    amount: Decimal
    credited: Decimal = NIL


@dataclass
class Filed:
    """A declaration: its terms, what it comes to now, and what changed late: by how much, and charged until then."""

    terms: Terms
    total: Decimal
    stream: str = "RPP"
    entered: date | None = None
    late: list[tuple[date, Decimal]] = field(default_factory=list)
    late_charged: Decimal = NIL


class Account:
    def __init__(self, rates: Rates) -> None:
        self.rates = rates
        self.debts: list[Debt] = []
        self.credits: list[Credit] = []
        self.entries: list[tuple[date, date, str, Decimal]] = []
        self.interest_posted: list[tuple[date, str, Decimal]] = []
        self.penalties_posted: list[tuple[date, Decimal]] = []
        self.filed: dict[str, Filed] = {}
        #: Goods not accounted for: release, terms; those of one courier month stand together.
        self.waiting: dict[str, tuple[str, ...]] = {}
        self.account_by: dict[str, date] = {}
        self.penalized: set[str] = set()
        self.statements: list[tuple[date, dict[str, Decimal]]] = []
        self.credited_on: list[date] = []
        self.number = 0

    # --- Postings
    def post(self, kind: str, source: str, amount: Decimal, on: date, **more: date) -> Debt | Credit | None:
        """A charge above zero opens a debt, one below a credit."""
        billing = more.get("billing", on)
        names = {"INTEREST": "INTEREST", "PENALTY": "PENALTY"}
        self.entries.append((on, billing, names.get(kind, "CHARGE"), amount))
        if amount < 0:
            credit = self.owe_back(-amount, on, source)
            credit.is_interest = kind == "INTEREST"
            return credit
        if amount == 0:
            return None
        due = more["due"]
        base, last = due, more.get("last", due)
        if kind in ("CHARGE", "ADJUSTMENT"):
            base = self.rates.starts_after(due, billing)
        elif kind == "PENALTY":
            base, last = on, on + 30 * DAY
        elif kind == "INTEREST":
            base = last = on
        self.number += 1
        debt = Debt(self.number, kind, source, amount, due, on, base, last)
        self.debts.append(debt)
        return debt

    def owe_back(self, amount: Decimal, on: date, name: str) -> Credit:
        self.number += 1
        credit = Credit(self.number, on, amount, name)
        self.credits.append(credit)
        return credit

    def settle(self, debt: Debt, credit: Credit, amount: Decimal, on: date) -> None:
        """Use so much of a credit on a debt, as of a day."""
        credit.left -= amount
        self.number += 1
        debt.payments.append(Payment(on, self.number, amount, credit))

    def clear(self, on: date, *, billed_through: date | None = None) -> None:
        """Credits meet what is due, oldest due first, oldest credit first."""
        horizon = max(on, billed_through or on)
        ready = [row for row in self.debts if row.due <= horizon and row.left]
        for debt in sorted(ready, key=lambda row: (row.due, ORDER.index(row.kind), row.number)):
            for credit in sorted(self.credits, key=lambda row: (row.posted, row.number)):
                amount = min(debt.left, credit.left)
                if amount:
                    self.settle(debt, credit, amount, on)

    # --- What people do
    def release(self, on: date, *, unit: str, name: str, stream: str) -> None:
        self.account_by.setdefault(unit, terms_of(stream, on).account_by)
        self.waiting[unit] = (*self.waiting.get(unit, ()), name)

    def file(self, on: date, *, name: str, unit: str, stream: str, released: date, lines: list[Goods]) -> None:
        terms, total = terms_of(stream, released), payable(lines)
        self.waiting.pop(unit, None)
        self.filed[name] = Filed(terms, total, stream)
        self.post("CHARGE", name, total, on, billing=terms.billing, due=terms.due, last=terms.last)

    def correct(self, on: date, *, name: str, lines: list[Goods]) -> None:
        row, total = self.filed[name], payable(lines)
        terms = row.terms
        posted = self.post("CHARGE", name, total - row.total, on, billing=terms.billing, due=terms.due, last=terms.last)
        if isinstance(posted, Credit):
            self._never_owed(name, [posted], on)
        if row.entered:
            self._since_entry(name, row.entered, total, row.total, on)
        row.total = total

    def volunteer(self, on: date, *, name: str, entered: date, lines: list[Goods]) -> None:
        """Goods that entered without release: payable at once, with interest since the day after they came."""
        total = payable(lines)
        self.filed[name] = Filed(Terms(on, on, on, entered), total, "AT_PORT", entered)
        self.post("CHARGE", name, total, on, billing=on, due=on)
        self._since_entry(name, entered, total, NIL, on)

    def _since_entry(self, name: str, entered: date, total: Decimal, before: Decimal, on: date) -> None:
        amount = self.rates.interest(total, entered, on, over=6, is_relieved=False)
        amount -= self.rates.interest(before, entered, on, over=6, is_relieved=False)
        if amount:
            self.post("INTEREST", name, amount, on, due=on)
            self.interest_posted.append((on, name, amount))

    def pay_at_port(self, on: date, *, lines: list[Goods]) -> None:
        total = payable(lines)
        if total:
            self.entries += [(on, on, "AT_PORT", total), (on, on, "PAYMENT", -total)]

    def change(self, on: date, *, name: str, kind: str, asked: date, lines: list[Goods] | None) -> None:
        """An officer's decision; without lines the declaration is withdrawn."""
        row = self.filed[name]
        total = payable(lines) if lines is not None else NIL
        difference, terms = total - row.total, row.terms
        given = self._given_with(name, kind, -difference, total, asked=asked, on=on)
        dates = terms if on <= terms.due else terms_of(row.stream, on)
        posted = self.post("ADJUSTMENT", name, difference, on, billing=terms.billing, due=dates.due, last=dates.last)
        credits = [posted] if isinstance(posted, Credit) else []
        if late := self._late_interest(row, difference, on):
            more = self.post("INTEREST", name, late, on, due=dates.due)
            self.interest_posted.append((on, name, late))
            credits += [more] if isinstance(more, Credit) else []
        if given:
            credits.append(self.post("INTEREST", name, -given, on))  # type: ignore[arg-type]
            self.interest_posted.append((on, name, -given))
        if difference < 0:
            self._never_owed(name, credits, on)
        row.total = total

    def _never_owed(self, name: str, credits: list[Credit], on: date) -> None:
        """What is taken off a declaration meets its own late debts as of their due dates."""
        self.credited_on.append(on)
        own = [debt for debt in self.debts if debt.source == name and debt.kind != "PENALTY"]
        late = [debt for debt in own if debt.due < on and debt.left]
        for debt in sorted(late, key=lambda row: (row.due, row.number)):
            for credit in credits:
                if amount := min(debt.left, credit.left):
                    self.settle(debt, credit, amount, debt.due)

    def _late_interest(self, row: Filed, difference: Decimal, on: date) -> Decimal:
        """Interest since the first due date on what late changes add, less what was charged; the latest goes first."""
        if on <= row.terms.due:
            return NIL
        row.late.append((on, difference))
        if (difference < 0 and not row.late_charged) or (difference >= 0 and not self.rates.bears(on)):
            return NIL
        added: list[tuple[date, Decimal]] = []
        for day, amount in row.late:
            taken = max(NIL, -amount)
            while taken and added:
                there = added.pop()
                used = min(taken, there[1])
                taken -= used
                added += [(there[0], there[1] - used)] if there[1] > used else []
            added += [(day, amount)] if amount > 0 else []
        owed = sum((self.rates.interest(amount, row.terms.due, day, over=6) for day, amount in added), NIL)
        late, row.late_charged = owed - row.late_charged, owed
        return late

    def _given_with(self, name: str, kind: str, back: Decimal, total: Decimal, *, asked: date, on: date) -> Decimal:
        """Interest at the prescribed rate on what was paid and comes back: s. 80 for a claim, s. 66 for a decision."""
        own = [debt for debt in self.debts if debt.source == name and debt.kind in ("CHARGE", "ADJUSTMENT")]
        paid = [row for debt in own for row in debt.paid]
        principal = min(back, sum((row.amount for row in paid), NIL) - total)
        if principal <= 0 or kind not in ("REFUND", "REDETERMINATION"):
            return NIL
        if kind == "REFUND":
            return self.rates.interest(principal, asked + 90 * DAY, on, over=0, is_relieved=False)
        by_day: dict[date, Decimal] = defaultdict(lambda: NIL)
        for row in paid:
            by_day[row.day] += row.amount
        given = NIL
        for day, there in sorted(by_day.items(), reverse=True):
            taken = min(there, principal)
            given += self.rates.interest(taken, day, on, over=0, is_relieved=False)
            principal -= taken
        return given

    def pay(self, on: date, *, name: str, amount: Decimal) -> None:
        self.entries.append((on, on, "PAYMENT", -amount))
        self.owe_back(amount, on, name)
        newest = self.statements[-1][0] if self.statements else None
        self.clear(on, billed_through=payment_due(newest) if newest else None)

    def cheque(self, on: date, *, name: str, amount: Decimal, received: date) -> None:
        """Entered today, received earlier: it clears what is due as of the day on which both were there."""
        self.entries.append((on, received, "PAYMENT", -amount))
        credit = self.owe_back(amount, on, name)
        ready = [row for row in self.debts if row.due <= on and row.left]
        for debt in sorted(ready, key=lambda row: (row.due, ORDER.index(row.kind), row.number)):
            if used := min(debt.left, credit.left):
                self.settle(debt, credit, used, max(received, debt.posted))
        self.credit_overcharge(on)

    def take_back(self, on: date, *, name: str) -> None:
        """The bank returns a payment: what it cleared is open again, as if it had never been paid."""
        [credit] = [row for row in self.credits if row.name == name]
        amount = credit.left
        for debt in self.debts:
            for row in debt.paid:
                if row.credit is credit:
                    row.undone = on
                    amount += row.amount
        credit.left = NIL
        self.entries.append((on, on, "PAYMENT", amount))

    def disburse(self, on: date, *, amount: Decimal) -> None:
        credit = min((row for row in self.credits if row.left), key=lambda row: (row.posted, row.number))
        credit.left -= amount
        self.entries.append((on, on, "DISBURSEMENT", amount))

    def waive_penalty(self, on: date, *, name: str) -> None:
        """Taken back as a whole; what had paid it is a credit again."""
        [debt] = [row for row in self.debts if row.kind == "PENALTY" and row.source == name]
        for row in debt.paid:
            row.credit.left += row.amount
            row.undone = on
        self.entries.append((on, on, "PENALTY", -debt.amount))
        self.penalties_posted.append((on, -debt.amount))
        debt.was_owed = False
        self.credited_on.append(on)

    def waive_interest(self, on: date, *, source: str, run: date) -> None:
        found = [row for debt in self.debts if debt.source == source for row in debt.runs if row.day == run]
        charge = next(row for row in found if row.amount > row.credited)
        waived = charge.amount - charge.credited
        paid = [(row.day, row.amount) for row in charge.debt.paid if not row.credit.is_interest]
        self._credit(charge, waived, source, on)
        given = NIL
        for day, there in sorted(paid, reverse=True):
            given += self.rates.interest(min(there, waived), day, on, over=0, is_relieved=False)
            waived -= min(there, waived)
        if given:
            self.post("INTEREST", source, -given, on)
            self.interest_posted.append((on, source, -given))
        self.credit_overcharge(on)

    # --- What happens by itself
    def penalties(self, on: date) -> None:
        """100 dollars once for goods still not accounted for ten days after their day."""
        for unit, names in self.waiting.items():
            if on >= self.account_by[unit] + 10 * DAY and unit not in self.penalized:
                self.penalized.add(unit)
                due = payment_due(shown_on(on))
                self.post("PENALTY", names[0], Decimal(100), on, due=due, last=last_to_pay(due))
                self.penalties_posted.append((on, Decimal(100)))

    def charge_interest(self, on: date) -> None:
        due = payment_due(shown_on(on))
        for debt in list(self.debts):
            if on <= debt.last or debt.posted >= on:
                continue
            amount = self._interest_on(debt, debt.late_parts([run.day for run in debt.runs], on))
            if amount:
                new = self.post("INTEREST", f"interest on {debt.source}", amount, on, due=due)
                assert isinstance(new, Debt)
                debt.runs.append(Run(on, new, amount))
                self.interest_posted.append((on, debt.source, amount))

    def _interest_on(self, debt: Debt, parts: dict[tuple[date, date], Decimal]) -> Decimal:
        over = 0 if debt.kind == "PENALTY" else 6
        return sum((self.rates.interest(part, *days, over=over) for days, part in parts.items()), NIL)

    def credit_after_decisions(self, on: date) -> None:
        """Looks a week back for what a decision took away."""
        if any(on - 7 * DAY <= day <= on for day in self.credited_on) and any(debt.runs for debt in self.debts):
            self.credit_overcharge(on)

    def credit_overcharge(self, on: date) -> None:
        """Each run anew by the payments known today; what it charged too much is credited, interest on it included."""
        while found := next(self._overcharges(), None):
            self._credit(*found, on)

    def _overcharges(self) -> Iterator[tuple[Run, Decimal, str]]:
        for debt in self.debts:
            for count, run in enumerate(debt.runs):
                owed = self._interest_on(debt, debt.late_parts([row.day for row in debt.runs[:count]], run.day))
                if run.amount - run.credited > owed:
                    yield run, run.amount - run.credited - owed, debt.source

    def _credit(self, run: Run, amount: Decimal, source: str, on: date) -> None:
        run.credited += amount
        self.interest_posted.append((on, source, -amount))
        credit = self.post("INTEREST", source, -amount, on)
        assert isinstance(credit, Credit)
        if used := min(amount, run.debt.left):
            self.settle(run.debt, credit, used, run.day)

    def issue(self, end: date) -> None:
        """The statement of the period that ended on the 17th: each entry stands on the first that can show it."""
        upto, start = end.replace(day=24), previous_end(end)
        boxes = dict.fromkeys("ABCDEFGH", NIL)
        boxes["A"] = self.statements[-1][1]["H"] if self.statements else NIL
        later = []
        for entry in self.entries:
            posted, billing, what, amount = entry
            if posted > upto or (what == "CHARGE" and billing > end):
                later.append(entry)
                continue
            if what == "CHARGE":
                box = "B" if billing <= start else "F" if amount > 0 else "G"
            else:
                box = {"PAYMENT": "C", "DISBURSEMENT": "D", "AT_PORT": "F"}.get(what, "E")
            boxes[box] += amount
        shown = len(self.entries) - len(later)
        self.entries = later
        boxes["H"] = sum((boxes[letter] for letter in "ABCDEFG"), NIL)
        if (shown and any(boxes[letter] for letter in "BCDEFG")) or boxes["A"]:
            self.statements.append((end, boxes))

    @property
    def balance(self) -> Decimal:
        owed = sum((row.left for row in self.debts), NIL)
        return owed - sum((row.left for row in self.credits), NIL)
