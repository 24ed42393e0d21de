"""Importers and their goods: released, accounted for, changed, by a seeded generator and the product's own services.

Everything done is also noted as plain data (who, when, how much), which is all that the paper is told.
"""

import itertools
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from accounts.models import Business, ProgramAccount
from core import jobs
from core.actor import Actor
from core.clock import at_toronto
from declarations import services as declarations
from declarations.changes import services as changes
from declarations.changes.models import ChangeRequest
from declarations.changes.rules import ChangeKind
from declarations.changes.services import LineChange
from declarations.models import Declaration, Invoice
from declarations.services import InvoiceEntry, InvoiceInput, LineEntry
from declarations.services.starting import VoluntaryEntry
from delegation.rules import PERMISSIONS, Role
from releases import services as releases
from releases.models import Admission, Release
from releases.rules import ReleaseKind
from releases.services import ReleaseRequest
from security import services as security
from tests.builders import World, actor
from tests.year.law import Goods

MANAGER = PERMISSIONS[Role.BAM]
DAY = timedelta(days=1)
#: Classification, origin, duty in percent under the most-favoured-nation tariff.
TRADES = (
    ("6404.11.91.00", "CN", "18"),
    ("6109.10.00.12", "BD", "18"),
    ("4202.92.20.90", "VN", "10"),
    ("9403.50.00.10", "VN", "9.5"),
    ("8471.70.00.13", "MY", "0"),
)
HABITS = ("prompt", "prompt", "late", "later", "in parts", "never", "too much")
WAYS = ("RPP", "RPP", "RPP", "COURIER", "CSA_MONTH", "CSA_PERIOD", "AT_RELEASE")
KINDS = {"COURIER": ReleaseKind.CLVS, "CSA_MONTH": ReleaseKind.CSA, "CSA_PERIOD": ReleaseKind.CSA}


@dataclass(frozen=True)
class Deed:
    """What somebody did on a day, for the paper: the name of its method and plain values."""

    on: date
    importer: int
    what: str
    values: dict[str, Any]


@dataclass
class Importer:
    account: ProgramAccount
    business: Business
    actor: Actor
    way: str
    habit: str
    #: Declarations by number: their lines as they stand, and until when nothing else may change them.
    filed: dict[str, list[tuple[int, Decimal]]] = field(default_factory=dict)
    stream_of: dict[str, str] = field(default_factory=dict)
    months: dict[tuple[int, int], list[Release]] = field(default_factory=dict)
    plan: dict[date, list[Any]] = field(default_factory=dict)

    def at(self, day: date, act: Any) -> None:
        self.plan.setdefault(day, []).append(act)


class Trade:
    """``count`` importers and what they do with goods; ``deeds`` is what the paper is told."""

    def __init__(self, *, count: int, seed: int, first: date, last: date, busyness: float) -> None:
        self.dice = Random(seed)
        self.first, self.last, self.busyness = first, last, busyness
        self.deeds: list[Deed] = []
        self.today = first
        self.cargo = itertools.count(1)
        self.cheques = itertools.count(1)
        jobs.set_clock(at_toronto(first, 9))
        self.world = World(at=at_toronto(first, 9))
        self.officer = actor(self.world.officer())
        self.importers = [self._importer(number) for number in range(count)]

    @property
    def now(self) -> Any:
        return at_toronto(self.today, 10)

    # --- Who
    def _importer(self, number: int) -> Importer:
        business = self.world.business(f"Importer {number:03d} Ltd.")
        account = self.world.program_account(business)
        person = self.world.person(f"Manager Of{number:03d}")
        self.world.membership(person, business, is_primary=True)
        way = WAYS[number % len(WAYS)]
        given: dict[str, Any] = {"on": self.first, "at": self.now, "actor": self.officer}
        if way != "AT_RELEASE":
            security.enrol(program_account_id=account.pk, estimate=Decimal("1000000.00"), **given)
            security.receive_deposit(
                program_account_id=account.pk,
                amount=Decimal("1000000.00"),
                payment_reference=f"deposit-{number}",
                method="DEBIT",
                **given,
            )
        if way == "COURIER":
            releases.admit(kind=Admission.Kind.COURIER, number=business.bn9, reason="Year", **given)
        elif way.startswith("CSA"):
            releases.admit(kind=Admission.Kind(way), number=account.number, reason="Year", **given)
        habit = HABITS[(number // len(WAYS) + number) % len(HABITS)]
        return Importer(account, business, actor(person, business), way, habit)

    # --- What is noted
    def note(self, number: int, what: str, **values: Any) -> None:
        self.deeds.append(Deed(self.today, number, what, values))

    def _soon(self, importer: Importer, low: int, high: int, act: Any) -> None:
        day = self.today + timedelta(days=self.dice.randint(low, high))
        importer.at(max(day, self.today + DAY), act)

    # --- Goods come, and are accounted for
    def _request(self, importer: Importer, kind: ReleaseKind) -> Release:
        return releases.request_release(
            request=ReleaseRequest(
                account_number=importer.account.number,
                kind=kind,
                cargo_control_number=f"8YRS{next(self.cargo):07d}",
                office="0453",
                goods="Goods",
                estimated_value=Decimal("3000.00"),
                is_uncontrolled=kind == ReleaseKind.CLVS,
            ),
            submitter=importer.business,
            staff_actions=MANAGER,
            actor=importer.actor,
            at=self.now,
        )

    def _release(self, number: int, importer: Importer) -> None:
        if importer.way == "AT_RELEASE":
            return self._at_port(number, importer)
        release = self._request(importer, KINDS.get(importer.way, ReleaseKind.PARS))
        if release.state != Release.State.RELEASED:
            return self._at_port(number, importer)  # suspended: only the counter is left
        stream = importer.way
        assert release.released_on == self.today
        unit = release.transaction_number
        if stream == "COURIER":
            month = (self.today.year, self.today.month)
            unit = f"courier {month}"
            if month not in importer.months:
                importer.months[month] = []
                by = (self.today.replace(day=1) + timedelta(days=32)).replace(day=1)
                late = self.dice.choice((5, 12, 20, 40))
                importer.at(by + timedelta(days=late), lambda n, i: self._file_month(n, i, month))
            importer.months[month].append(release)
        else:
            days = (0, 1, 2, 3, 5, 16, 30, 45) if stream == "RPP" else (1, 5, 10)
            day = self.today + timedelta(days=self.dice.choice(days))
            if day == self.today:
                day += DAY
            importer.at(day, lambda n, i: self._file(n, i, release))
        self.note(number, "release", unit=unit, name=release.transaction_number, stream=stream)
        return None

    def _lines(self) -> list[tuple[int, Decimal, Decimal]]:
        """Trade, value and excise tax of each line."""
        return [
            (
                self.dice.randrange(len(TRADES)),
                Decimal(self.dice.randrange(1000, 900000)) / 100,
                Decimal(self.dice.choice((0, 0, 0, 1234))) / 100,
            )
            for _line in range(self.dice.choice((1, 1, 2, 3)))
        ]

    def _invoice(self, lines: list[Any], shipped: date) -> InvoiceEntry:
        return InvoiceEntry(
            InvoiceInput(
                number="Y-1",
                dated_on=shipped,
                vendor="Vendor of the year",
                vendor_country="CN",
                shipped_on=shipped,
                currency="CAD",
                total=sum((row[1] for row in lines), Decimal(0)),
            ),
            tuple(
                LineEntry(
                    classification=TRADES[trade][0],
                    origin=TRADES[trade][1],
                    treatment="MFN",
                    description="Goods of the year",
                    quantity=Decimal(10),
                    value=value,
                    excise_tax=excise,
                )
                for trade, value, excise in lines
            ),
        )

    @staticmethod
    def goods(lines: list[Any]) -> list[Goods]:
        return [Goods(value, Decimal(TRADES[trade][2]), excise) for trade, value, excise in lines]

    def _file(self, number: int, importer: Importer, release: Release) -> None:
        lines = self._lines()
        assert release.released_on is not None
        row = declarations.file_declaration(
            release=release,
            submitter=importer.business,
            invoices=[self._invoice(lines, release.released_on - 3 * DAY)],
            actor=importer.actor,
            at=self.now,
        )
        self._filed(number, importer, row, lines, unit=row.number, stream=importer.way, released=release.released_on)

    def _file_month(self, number: int, importer: Importer, month: tuple[int, int]) -> None:
        found = importer.months[month]
        lines = self._lines()
        released = max(row.released_on for row in found if row.released_on)
        row = declarations.file_declaration(
            consolidated=found,
            submitter=importer.business,
            invoices=[self._invoice(lines, min(row.released_on for row in found if row.released_on))],
            actor=importer.actor,
            at=self.now,
        )
        self._filed(number, importer, row, lines, unit=f"courier {month}", stream="COURIER", released=released)

    def _filed(
        self,
        number: int,
        importer: Importer,
        row: Declaration,
        lines: list[Any],
        *,
        unit: str,
        stream: str,
        released: date,
    ) -> None:
        self.note(number, "file", name=row.number, unit=unit, stream=stream, released=released, lines=self.goods(lines))
        self._changes_to_come(importer, row, lines)

    def _changes_to_come(self, importer: Importer, row: Declaration, lines: list[Any]) -> None:
        fate, pk = self.dice.random(), row.pk
        left = (row.payment_due_on - self.today).days
        if fate < 0.2 and left > 1:
            self._soon(importer, 1, left, lambda n, i: self._correct(n, i, pk, lines))
        elif fate < 0.45:
            after = max(left, 0) + 1
            kind = self.dice.choice(tuple(ChangeKind))
            self._soon(importer, after, after + 40, lambda n, i: self._ask(n, i, pk, lines, kind))

    # --- What is changed
    def _other_value(self, lines: list[Any], *, is_more: bool) -> list[Any]:
        trade, value, excise = lines[0]
        by = Decimal(self.dice.randrange(1, 30)) / 100 + 1
        return [(trade, (value * by if is_more else value / by).quantize(Decimal("0.01")), excise), *lines[1:]]

    def _correct(self, number: int, importer: Importer, pk: int, lines: list[Any]) -> None:
        row = Declaration.objects.get(pk=pk)
        fresh = self._other_value(lines, is_more=self.dice.random() < 0.5)
        given: dict[str, Any] = {"declaration": row, "actor": importer.actor, "at": self.now}
        declarations.start_correction(submitter=importer.business, **given)
        invoice = Invoice.objects.get(version__declaration=row, version__state="DRAFT")
        [first, *_others] = self._invoice(fresh, row.released_on).lines
        declarations.save_line(invoice=invoice, entry=first, position=1, **given)
        declarations.save_invoice(
            entry=_of_total(invoice, sum((value for _trade, value, _excise in fresh), Decimal(0))), **given
        )
        declarations.submit(reason="Another price", **given)
        self.note(number, "correct", name=row.number, lines=self.goods(fresh))

    def _ask(self, number: int, importer: Importer, pk: int, lines: list[Any], kind: ChangeKind) -> None:
        row = Declaration.objects.get(pk=pk)
        given: dict[str, Any] = {"declaration": row, "submitter": importer.business, "actor": importer.actor}
        if kind == ChangeKind.WITHDRAWAL:
            request = changes.request_withdrawal(code="DUPLICATE", reason="Filed twice", at=self.now, **given)
            fresh = None
        else:
            fresh = self._other_value(lines, is_more=kind != ChangeKind.REFUND and self.dice.random() < 0.7)
            line = LineChange(1, 1, {"value": fresh[0][1]})
            if kind in (ChangeKind.ADJUSTMENT, ChangeKind.REFUND):
                is_back = fresh[0][1] < lines[0][1]
                request = changes.request_change(
                    kind=ChangeKind.REFUND if is_back else ChangeKind.ADJUSTMENT,
                    code="ERROR" if is_back else "VALUE",
                    reason="Another price",
                    changes=[line],
                    at=self.now,
                    **given,
                )
            else:
                request = changes.redetermine(
                    declaration=row,
                    code="VERIFICATION",
                    reason="Verified",
                    changes=[line],
                    actor=self.officer,
                    at=self.now,
                )
                self._changed(number, importer, request, fresh, self.today)
                return
        low, high = self.dice.choice(((1, 20), (20, 60), (95, 130)))
        asked = self.today
        self._soon(importer, low, high, lambda n, i: self._decide(n, i, request, fresh, asked))

    def _decide(self, number: int, importer: Importer, request: ChangeRequest, fresh: Any, asked: date) -> None:
        if self.dice.random() < 0.2:
            changes.reject(request=request, reason="Not shown", actor=self.officer, at=self.now)
            return
        request = changes.approve(request=request, reason="Shown", actor=self.officer, at=self.now)
        self._changed(number, importer, request, fresh, asked)

    def _changed(self, number: int, importer: Importer, request: ChangeRequest, fresh: Any, asked: date) -> None:
        lines = self.goods(fresh) if fresh is not None else None
        self.note(number, "change", name=request.declaration.number, kind=str(request.kind), asked=asked, lines=lines)
        if fresh is not None and self.dice.random() < 0.3:
            pk = request.declaration_id
            kind = self.dice.choice(tuple(ChangeKind))
            self._soon(importer, 2, 40, lambda n, i: self._ask(n, i, pk, fresh, kind))

    # --- At the port, and without release
    def _at_port(self, number: int, importer: Importer) -> None:
        release = self._request(importer, ReleaseKind.CTYPE)
        lines = self._lines()
        given: dict[str, Any] = {"actor": importer.actor, "at": self.now}
        row = declarations.file_declaration(
            release=release, submitter=importer.business, invoices=[self._invoice(lines, self.today - DAY)], **given
        )
        declarations.pay_at_counter(declaration=row, method="INTERAC", actor=self.officer, at=self.now)
        self.note(number, "pay_at_port", lines=self.goods(lines))

    def _volunteer(self, number: int, importer: Importer) -> None:
        entered = self.today - timedelta(days=self.dice.randint(0, 90))
        lines = self._lines()
        given: dict[str, Any] = {"actor": importer.actor, "at": self.now}
        row = declarations.start_voluntary(
            entry=VoluntaryEntry(entered, "0453", "Goods without release"),
            program_account=importer.account,
            submitter=importer.business,
            **given,
        )
        entry = self._invoice(lines, entered)
        invoice = declarations.save_invoice(declaration=row, entry=entry.invoice, **given)
        declarations.add_lines(declaration=row, invoice=invoice, entries=entry.lines, **given)
        row = declarations.submit(declaration=row, **given)
        self.note(number, "volunteer", name=row.number, entered=entered, lines=self.goods(lines))
        self._changes_to_come(importer, row, lines)


def _of_total(invoice: Invoice, total: Decimal) -> InvoiceInput:
    return InvoiceInput(
        number=invoice.number,
        dated_on=invoice.dated_on,
        vendor=invoice.vendor,
        vendor_country=invoice.vendor_country,
        shipped_on=invoice.shipped_on,
        currency=invoice.currency,
        total=total,
    )
