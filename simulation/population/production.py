"""Making the rows of some program accounts as text, alone from the seed: any process may make any of them.

Identifiers follow from an account's place and from how much those before it declare, so that no row depends on what
another process made; some numbers stay unused.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from reference.rules.billing import billing_period_of
from simulation.population import cover, laws
from simulation.population.entries import AccountBook, Item
from simulation.population.laws import Importer, Line
from simulation.population.tables import NULL, Day, day_of, number_of, reference_of

CARD_LIMIT = 499_999
#: Courier parcels in a month at most, and the numbers a courier keeps for one account: months, then parcels.
_MOST_PARCELS = 5
COURIER_NUMBERS = 80
_MONTHS = 12

#: Rows of each table as text, and how many there are.
Batch = tuple[dict[str, bytes], dict[str, int]]


@dataclass(frozen=True)
class Frame:
    """What all accounts share."""

    seed: int
    declarations: int
    with_lines: bool
    sureties: tuple[int, ...]
    courier: int
    courier_series: str
    #: Days by which to account and to pay, and the last to pay, by day of release.
    calendar: dict[date, tuple[date, date, date]]
    #: The same and the day under which the book files it, by a courier month's first day.
    courier_calendar: dict[date, tuple[date, date, date, date]]


@dataclass(frozen=True)
class Plan:
    """What is to be made for one program account."""

    importer: Importer
    account: str
    business: int
    filer: int
    series: str
    #: The last number that the filer gave out before.
    sequence: int


class Producer:
    """Rows of one run of accounts, by table."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.rows: dict[str, list[str]] = defaultdict(list)
        self.days = [laws.release_days(period) for period in laws.periods()]

    def make(self, plans: Sequence[Plan]) -> Batch:
        """The rows as text, and how many of each table."""
        for plan in plans:
            for _period in Year(self, plan).live():
                pass
        return self.taken()

    def stream(self, plan: Plan, size: int) -> Iterator[Batch]:
        """The same of one large account, handed over each time so many declarations are made."""
        for _period in Year(self, plan).live():
            if len(self.rows["declaration"]) >= size:
                yield self.taken()
        yield self.taken()

    def taken(self) -> Batch:
        """The rows that were made since the last time."""
        found = {name: "".join(rows).encode() for name, rows in self.rows.items()}
        counts = {name: len(rows) for name, rows in self.rows.items()}
        for rows in self.rows.values():
            rows.clear()
        return found, counts


class Year:
    """One program account's year: releases, declarations, payments, and the security it needs for them."""

    def __init__(self, producer: Producer, plan: Plan) -> None:
        importer = plan.importer
        self.frame, self.rows, self.plan, self.importer = producer.frame, producer.rows, plan, importer
        self.days = producer.days
        self.dice = Random(f"{self.frame.seed}:year:{importer.number}")
        self.holder, self.filer = str(importer.number + 1), str(plan.filer)
        self.sequence = plan.sequence
        self.declared = importer.first
        self.book = AccountBook(
            self.rows, number=importer.number, first=importer.first, account=plan.account, business=plan.business
        )
        self.payment = 32 * importer.number
        self.parcel = _MONTHS
        self.month = 0
        self.last_paid_on = date.min
        self.card_cycles: set[date] = set()

    def live(self) -> Iterator[None]:
        """Make the rows, one billing period after the other."""
        importer, dice = self.importer, self.dice
        if importer.declaration_count:
            counts = laws.by_period(importer.declaration_count, dice)
            periods = zip(laws.periods(), self.days, counts, strict=True)
            for period, days, count in periods:
                if importer.has_courier and count > 1:
                    self._consolidate(period.previous.last_day.replace(day=1))
                    count -= 1
                for released_on in sorted(dice.choices(days.days, cum_weights=days.weights, k=count)):
                    if importer.pays_at_port:
                        self._pay_at_port(day_of(released_on))
                    else:
                        self._declare(day_of(released_on))
                if not importer.pays_at_port:
                    self._pay(period.statement_on, self.frame.calendar[period.last_day][2])
                self.book.settle()
                yield
        cover.secure(self)
        self.book.finish()
        yield

    # --- Declarations ------------------------------------------------------------------------------------------------

    def _declare(self, released: Day) -> None:
        """A release, its declaration, what it charges, and rarely its correction."""
        dice, plan, holder, rows = self.dice, self.plan, self.holder, self.rows
        dates = self.frame.calendar[released.on]
        accounting, due, last = (day_of(day).iso for day in dates)
        accepted = day_of(laws.accounted_on(released.on, dates[0], dice))
        lines = laws.goods(dice)
        self.declared += 1
        self.sequence += 1
        row, number = self.declared, number_of(plan.series, self.sequence)
        chance = dice.random()
        office = laws.OFFICES[int(chance * 997) % len(laws.OFFICES)]
        vendor, what = laws.VENDORS[row % len(laws.VENDORS)], laws.TARIFF[lines[0][1]][4]
        value, duty, gst = _totals(lines)
        rows["release"].append(
            f"{row}\t{number}\t{holder}\t{plan.account}\t{self.filer}\t{laws.service_of(chance)}\tRPP\t"
            f"{plan.series[:4]}{row}\t{office}\t{what}\t{value}\tRELEASED\t{released.moment}\t{released.iso}\t"
            f"{accounting}\t{due}\t{last}\t{accepted.iso}\n"
        )
        self._version(row, row, 1, "ORIGINAL", number, accepted, released, vendor, lines)
        self.book.charge(number, 1, "DECLARATION", self.filer, duty, gst, accepted, released, due, last)
        newest, count = laws.corrected(lines, dice), 1
        value_then, duty_then, gst_then = _totals(newest)
        if duty_then + gst_then != duty + gst:
            on = accepted.on.toordinal() + 1 + int(dice.random() * 5)
            corrected = day_of(min(date.fromordinal(on), dates[1], laws.LAST_KNOWN_ON))
            self._version(
                self.frame.declarations + row, row, 2, "CORRECTION", number, corrected, released, vendor, newest
            )
            self.book.charge(
                number, 2, "CORRECTION", self.filer, duty_then - duty, gst_then - gst, corrected, released, due, last
            )
            value, duty, gst, count = value_then, duty_then, gst_then, 2
        rows["declaration"].append(
            f"{row}\t{number}\tAB\tACCEPTED\t{holder}\t{row}\t{self.filer}\t{what}\t{office}\t{released.iso}\t"
            f"{accounting}\t{due}\t{last}\t{released.moment}\t{accepted.moment}\t{accepted.moment}\t{vendor}\t{value}\t"
            f"{duty}\t{gst}\t{duty + gst}\t{count}\n"
        )

    def _pay_at_port(self, day: Day) -> None:
        """Goods that are declared, paid and released at the port on one day."""
        dice, plan, holder, rows, iso = self.dice, self.plan, self.holder, self.rows, day.iso
        lines = laws.goods(dice)
        self.declared += 1
        self.sequence += 1
        row, number = self.declared, number_of("00000", self.sequence)
        chance = dice.random()
        office = laws.OFFICES[int(chance * 997) % len(laws.OFFICES)]
        vendor, what = laws.VENDORS[row % len(laws.VENDORS)], laws.TARIFF[lines[0][1]][4]
        value, duty, gst = _totals(lines)
        rows["release"].append(
            f"{row}\t{number}\t{holder}\t{plan.account}\t{self.filer}\tCTYPE\tAT_RELEASE\tPORT{row}\t{office}\t{what}\t"
            f"{value}\tRELEASED\t{day.moment}\t{iso}\t{iso}\t{iso}\t{iso}\t{iso}\n"
        )
        self._version(row, row, 1, "ORIGINAL", number, day, day, vendor, lines)
        rows["declaration"].append(
            f"{row}\t{number}\tC\tACCEPTED\t{holder}\t{row}\t{self.filer}\t{what}\t{office}\t{iso}\t{iso}\t{iso}\t"
            f"{iso}\t{day.moment}\t{day.moment}\t{day.moment}\t{vendor}\t{value}\t{duty}\t{gst}\t{duty + gst}\t1\n"
        )
        debt = self.book.charge(number, 1, "CTYPE", self.filer, duty, gst, day, day, iso, iso)
        self.book.pay_at_port(debt, number, "INTERAC" if chance < 0.5 else "CARD", day)

    def _consolidate(self, month: date) -> None:
        """The declaration of a month's courier parcels, which the courier files."""
        dice, holder, rows, frame = self.dice, self.holder, self.rows, self.frame
        *dates, filed_on = frame.courier_calendar[month]
        accounting, due, last = (day_of(day).iso for day in dates)
        accepted = day_of(filed_on.replace(day=3 + int(dice.random() * 20)))
        courier, base = str(frame.courier), COURIER_NUMBERS * self.importer.number
        self.declared += 1
        self.month += 1
        row, number = self.declared, number_of(frame.courier_series, base + self.month)
        office = laws.OFFICES[row % len(laws.OFFICES)]
        released_on = sorted(month.replace(day=1 + int(dice.random() * 28)) for _n in range(1 + row % _MOST_PARCELS))
        lines = [laws.parcel(dice) for _day in released_on]
        for on, line in zip(released_on, lines, strict=True):
            self.parcel += 1
            released, own = day_of(on), base + self.parcel
            parcel = number_of(frame.courier_series, own)
            release = frame.declarations + own
            rows["release"].append(
                f"{release}\t{parcel}\t{holder}\t{self.plan.account}\t{courier}\tCLVS\tCOURIER\t"
                f"{frame.courier_series[:4]}{release}\t{office}\t{laws.TARIFF[line[1]][4]}\t{line[0]}\tRELEASED\t"
                f"{released.moment}\t{released.iso}\t{accounting}\t{due}\t{last}\t{accepted.iso}\n"
            )
            rows["consolidated"].append(f"{own}\t{row}\t{release}\n")
        newest = day_of(released_on[-1])
        value, duty, gst = _totals(lines)
        vendor = laws.VENDORS[row % len(laws.VENDORS)]
        rows["declaration"].append(
            f"{row}\t{number}\tF\tACCEPTED\t{holder}\t{NULL}\t{courier}\tCourier low value shipments\t{office}\t"
            f"{newest.iso}\t{accounting}\t{due}\t{last}\t{accepted.moment}\t{accepted.moment}\t{accepted.moment}\t"
            f"{vendor}\t{value}\t{duty}\t{gst}\t{duty + gst}\t1\n"
        )
        self.filer, filer = courier, self.filer
        self._version(row, row, 1, "ORIGINAL", number, accepted, day_of(released_on[0]), vendor, lines)
        self.book.charge(number, 1, "DECLARATION", courier, duty, gst, accepted, day_of(filed_on), due, last)
        self.filer = filer

    def _version(
        self, row: int, declaration: int, version: int, kind: str, number: str, accepted: Day, shipped: Day,
        vendor: str, lines: list[Line],
    ) -> None:  # fmt: skip
        """A version of a declaration, and the one invoice it goes by."""
        self.rows["version"].append(
            f"{row}\t{declaration}\t{version}\t{kind}\tACCEPTED\t{self.filer}\t{accepted.moment}\t"
            f"declaration:{number}:v{version}\n"
        )
        if not self.frame.with_lines:
            return
        iso, total = shipped.iso, sum([line[0] for line in lines])
        self.rows["invoice"].append(
            f"{row}\t{row}\tINV-{row}\t{iso}\t{vendor}\tUS\t{iso}\tCAD\t{total / 100:.2f}\t1\t{iso}\tCanadian dollars\n"
        )
        write = self.rows["line"].append
        for position, (value, rate, duty, gst) in enumerate(lines, 1):
            classification, unit, edition, text, description = laws.TARIFF[rate]
            write(
                f"{row * 8 + position}\t{row}\t{position}\t{classification}\t{description}\tUS\tMFN\t"
                f"{value // 2_500 + 1}\t{unit}\t{value / 100:.2f}\t{text}\tMFN\t{edition}\t{value}\t{duty}\t"
                f"{value + duty}\t{gst}\t{value + duty + gst}\n"
            )

    # --- Payments ----------------------------------------------------------------------------------------------------

    def _pay(self, statement_on: date, last_day: date) -> None:
        """What of a statement is paid, and its use on the oldest debts, after credits that were there before."""
        payer, dice, book = self.importer.payer, self.dice, self.book
        on = laws.paid_on(payer, statement_on, last_day, dice)
        if on is None:
            return
        cut_off = statement_on.replace(day=24)
        debts = sorted([debt for debt in book.debts if debt.posted_on <= cut_off], key=Item.age)
        credits_ = [credit for credit in book.credits if credit.posted_on <= cut_off]
        owed = sum([debt.left for debt in debts]) - sum([credit.left for credit in credits_])
        if owed <= 0:
            return
        # A later statement is not paid before an earlier one.
        day = day_of(max(on, self.last_paid_on))
        self.last_paid_on = day.on
        amount = laws.part_paid(payer, owed, dice)
        cycle = billing_period_of(day.on).first_day
        by_card = amount <= CARD_LIMIT and cycle not in self.card_cycles and dice.random() < laws.CARD_SHARE
        if by_card:
            self.card_cycles.add(cycle)
        method = "CREDIT_CARD" if by_card else "DEBIT_CARD"
        reference = self.start_payment(amount, method, "DEBT", day)
        source = f"payment:{reference}"
        credit = book.credit_of(source, "PAYMENT", source, reference, method, amount, day)
        book.credits.append(credit)
        book.offset(debts, [*credits_, credit], day)

    def start_payment(self, amount: int, method: str, purpose: str, day: Day) -> str:
        """The row of a payment that was received; returns its reference."""
        self.payment += 1
        reference = reference_of(self.payment)
        cycle = billing_period_of(day.on).first_day.isoformat()
        self.rows["payment"].append(
            f"{self.payment}\t{reference}\t{self.holder}\t{self.plan.business}\t{amount}\t{method}\t{purpose}\tRECEIVED\t"
            f"{day.moment}\t{day.moment}\t{cycle}\n"
        )
        return reference


def _totals(lines: list[Line]) -> tuple[int, int, int]:
    if len(lines) == 1:
        value, _rate, duty, gst = lines[0]
        return value, duty, gst
    return sum([line[0] for line in lines]), sum([line[2] for line in lines]), sum([line[3] for line in lines])


# --- In a process of its own -----------------------------------------------------------------------------------------

_frame: list[Frame] = []


def begin(frame: Frame) -> None:
    """What a process is told once."""
    _frame[:] = [frame]


def produce(plans: Sequence[Plan]) -> Batch:
    return Producer(_frame[0]).make(plans)
