"""Writing a generated population: rows of every room, a batch at a time, in one transaction that proves its book."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from random import Random

from django.utils.translation import gettext_lazy as _
from stdnum import luhn

from accounts.models import Business, ProgramAccount
from core.bulk import NULL, BulkTable, checked_at_the_end, reset_sequences
from core.calendar import segment_of
from core.clock import TORONTO
from core.errors import Conflict
from core.jobs import set_clock
from declarations.models import Declaration, DeclarationVersion
from delegation.models import Delegation
from ledger.loading import ITEM_COLUMNS, BookWriter, loading
from payments.models import Payment
from reference import queries as reference
from reference.rules.billing import billing_period_of
from releases.models import NumberSeries, Release
from releases.rules import filer_number
from simulation.population import laws
from simulation.population.laws import Importer

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_AMOUNT, _CLEARED = ITEM_COLUMNS.index("amount"), ITEM_COLUMNS.index("cleared")
_BROKER_SERIES = 20_001
#: Rows of declarations gathered before they are written.
BATCH = 8_000
_CARD_LIMIT = 500_000
_RECORDED_BY = "system:generate_population"
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

BUSINESS = (
    "id", "bn9", "legal_name", "street", "city", "region", "postal_code", "language", "provider_kind", "licence_number",
    "account_security_number", "registered_at", "created_at",
)  # fmt: skip
ACCOUNT = ("id", "business_id", "number", "profile", "opened_on")
DELEGATION = (
    "id", "provider_id", "client_id", "asked_by", "state", "access", "all_programs", "requested_at",
    "request_expires_on", "valid_from", "decided_at",
)  # fmt: skip
RELEASE = (
    "id", "transaction_number", "program_account_id", "asked_for", "submitter_id", "kind", "stream",
    "cargo_control_number", "office", "goods", "estimated_value", "state", "requested_at", "released_on",
    "accounting_due_on", "payment_due_on", "last_day_to_pay", "accounted_on",
)  # fmt: skip
DECLARATION = (
    "id", "number", "type", "state", "program_account_id", "release_id", "submitter_id", "goods", "office",
    "released_on", "accounting_due_on", "payment_due_on", "last_day_to_pay", "created_at", "saved_at", "accepted_at",
    "value_for_duty", "duty", "gst", "total", "version_count",
)  # fmt: skip
VERSION = ("id", "declaration_id", "number", "kind", "state", "submitter_id", "accepted_at", "entry_key")
PAYMENT = (
    "id", "reference", "program_account_id", "payer_id", "amount", "method", "purpose", "state", "started_at",
    "received_at", "cycle_start",
)  # fmt: skip


@dataclass(frozen=True)
class Generated:
    """What was written."""

    businesses: int
    program_accounts: int
    declarations: int
    entries: int
    postings: int
    payments: int
    clearings: int


@dataclass(frozen=True)
class Day:
    """A day as the rows want it."""

    on: date
    iso: str
    moment: str
    #: Milliseconds of that moment since 1970, which an entry's identifier begins with.
    stamp: int
    segment: str


@cache
def _day(on: date) -> Day:
    # Ten in the morning in winter, eleven in summer: one moment a day is enough for what a job or a page asks.
    stamp = (on.toordinal() - _EPOCH_DAY) * 86_400_000 + 15 * 3_600_000
    return Day(on, on.isoformat(), f"{on.isoformat()} 15:00:00", stamp, str(segment_of(on)))


@dataclass
class _OpenDebt:
    amount: int
    posted_on: date
    #: The row of the item, completed when it is cleared.
    item: list[str]


@dataclass
class People:
    """Rows of those who exist."""

    businesses: list[tuple[str, ...]] = field(default_factory=list)
    accounts: list[tuple[str, ...]] = field(default_factory=list)
    delegations: list[tuple[str, ...]] = field(default_factory=list)


@dataclass
class _Batch:
    """Rows waiting to be written."""

    releases: list[tuple[str, ...]] = field(default_factory=list)
    declarations: list[tuple[str, ...]] = field(default_factory=list)
    versions: list[tuple[str, ...]] = field(default_factory=list)
    entries: list[tuple[str, ...]] = field(default_factory=list)
    postings: list[tuple[str, ...]] = field(default_factory=list)
    items: list[list[str]] = field(default_factory=list)
    clearings: list[tuple[str, ...]] = field(default_factory=list)
    payments: list[tuple[str, ...]] = field(default_factory=list)


class Population:
    """Rows of one population, made in order; nothing in them depends on the wall clock or on what ran before."""

    def __init__(self, *, program_accounts: int, declarations: int, seed: int) -> None:
        self.asked = {"program_accounts": program_accounts, "declarations": declarations, "seed": seed}
        self.seed = seed
        self.brokers = laws.broker_count(program_accounts)
        self.batch = _Batch()
        self.days = [laws.release_days(period) for period in laws.periods()]
        self.series: dict[str, int] = {}
        self.series_of = {number + 1: str(_BROKER_SERIES + number) for number in range(self.brokers)}
        self.own_filers = 0
        self.counts = dict.fromkeys(("entries", "postings", "items", "clearings", "payments", "declarations"), 0)

    # --- Who exists --------------------------------------------------------------------------------------------------

    def broker_rows(self) -> Iterator[tuple[str, ...]]:
        for number in range(self.brokers):
            place = laws.PLACES[number % len(laws.PLACES)]
            yield self._business_row(
                number + 1, laws.broker_name(number), place, "en", "CUSTOMS_BROKER", f"{1000 + number}",
                str(_BROKER_SERIES + number),
            )  # fmt: skip

    def _business_row(
        self,
        number: int,
        name: str,
        place: tuple[str, str, str],
        language: str,
        kind: str = "",
        licence: str = "",
        series: str = NULL,
    ) -> tuple[str, ...]:
        city, region, postal_code = place
        known = "2024-10-21 14:00:00"
        street = f"{100 + number % 900} Front Street"
        return (
            str(number), _business_number(number), name, street, city, region, postal_code, language, kind, licence,
            series, known, known,
        )  # fmt: skip

    def people_rows(self, importer: Importer) -> People:
        """The rows of an importer's program account, and of its business and its broker's delegation where new."""
        number, found = self.business_of(importer), People()
        if importer.opens_business:
            place = laws.PLACES[importer.business * 7 % len(laws.PLACES)]
            name = laws.business_name(importer.business, is_french=importer.is_french)
            series = NULL
            if importer.broker is None:
                self.own_filers += 1
                series = self.series_of[number] = filer_number(self.own_filers)
            else:
                found.delegations.append((
                    str(importer.business + 1), str(importer.broker + 1), str(number), "PROVIDER", "ACTIVE",
                    "PROGRAM_MANAGEMENT", "1", "2024-10-21 15:00:00", "2024-11-20", "2024-10-21", "2024-10-21 16:00:00",
                ))  # fmt: skip
            language = "fr" if importer.is_french else "en"
            found.businesses.append(self._business_row(number, name, place, language, series=series))
        found.accounts.append(
            (str(importer.number + 1), str(number), self.account_number(importer), "IMPORTER", "2024-10-21")
        )
        return found

    def business_of(self, importer: Importer) -> int:
        return self.brokers + importer.business + 1

    def account_number(self, importer: Importer) -> str:
        return f"{_business_number(self.business_of(importer))}RM{importer.program:04d}"

    # --- What they did -----------------------------------------------------------------------------------------------

    def live(self, importer: Importer) -> None:
        """The year of one importer: its declarations, and what it paid of each statement."""
        if not importer.declaration_count:
            return
        dice = Random(f"{self.seed}:year:{importer.number}")
        business = self.business_of(importer)
        filer = business if importer.broker is None else importer.broker + 1
        series = self.series_of[filer]
        account = self.account_number(importer)
        waiting: list[_OpenDebt] = []
        counts = laws.by_period(importer.declaration_count, dice)
        for period, days, count in zip(laws.periods(), self.days, counts, strict=True):
            for released_on in sorted(dice.choices(days.days, cum_weights=days.weights, k=count)):
                waiting.append(self._declare(importer, _day(released_on), account, series, filer, dice))
            paid_on = laws.paid_on(importer.payer, period.statement_on, _dates(period.last_day)[2].on, dice)
            cut_off = period.statement_on.replace(day=24)
            billed = [debt for debt in waiting if debt.posted_on <= cut_off]
            if paid_on is not None and billed:
                self._pay(importer, business, billed, _day(paid_on), dice)
                waiting = [debt for debt in waiting if debt.posted_on > cut_off]

    def _declare(
        self, importer: Importer, released: Day, account: str, series: str, filer: int, dice: Random
    ) -> _OpenDebt:
        """A release, its declaration and what it charges."""
        accounting, due, last = _dates(released.on)
        accepted = _day(laws.accounted_on(released.on, accounting.on, dice))
        value, duty, gst = laws.goods(dice)
        total = duty + gst
        row = self._next("declarations")
        sequence = self.series[series] = self.series.get(series, 0) + 1
        stem = f"{series}{sequence:08d}"
        number = stem + luhn.calc_check_digit(stem)
        holder, submitter = str(importer.number + 1), str(filer)
        kind = laws.service_of(chance := dice.random())
        office = laws.OFFICES[int(chance * 997) % len(laws.OFFICES)]
        goods = laws.GOODS[importer.number % len(laws.GOODS)]
        key, source, vfd = f"declaration:{number}:v1", f"declaration:{number}", str(value)
        batch = self.batch
        batch.releases.append((
            row, number, holder, account, submitter, kind, "RPP", f"{series[:4]}{row}", office, goods, vfd, "RELEASED",
            released.moment, released.iso, accounting.iso, due.iso, last.iso, accepted.iso,
        ))  # fmt: skip
        batch.declarations.append((
            row, number, "AB", "ACCEPTED", holder, row, submitter, goods, office, released.iso, accounting.iso, due.iso,
            last.iso, released.moment, accepted.moment, accepted.moment, vfd, str(duty), str(gst), str(total), "1",
        ))  # fmt: skip
        batch.versions.append((row, row, "1", "ORIGINAL", "ACCEPTED", submitter, accepted.moment, key))
        legs = [(1100, total, "")]
        legs += [(4010, -duty, "DUTY")] if duty else []
        legs.append((4060, -gst, "GST"))
        entry = self._entry(
            key=key, kind="DECLARATION", category="CHARGE", holder=holder, submitter=submitter, source=source,
            memo=number, method="", posted=accepted, billing=released, legs=legs, effect=total,
            item=("DEBT", "CHARGE", total, due.iso, last.iso),
        )  # fmt: skip
        item = self._item(
            entry, holder, submitter, source, "DEBT", "CHARGE", total, due.iso, last.iso, released.iso, accepted.iso
        )
        return _OpenDebt(total, accepted.on, item)

    def _pay(self, importer: Importer, business: int, debts: list[_OpenDebt], day: Day, dice: Random) -> None:
        """One payment of what a statement billed, and its use on each of the debts."""
        total = sum(debt.amount for debt in debts)
        holder, payer, iso = str(importer.number + 1), str(business), day.iso
        row = self._next("payments")
        reference_ = _reference(int(row))
        source = f"payment:{reference_}"
        method = "CREDIT_CARD" if total <= _CARD_LIMIT and dice.random() < laws.CARD_SHARE else "DEBIT_CARD"
        self.batch.payments.append((
            row, reference_, holder, payer, str(total), method, "DEBT", "RECEIVED", day.moment, day.moment,
            billing_period_of(day.on).first_day.isoformat(),
        ))  # fmt: skip
        entry = self._entry(
            key=source, kind="PAYMENT", category="PAYMENT", holder=holder, submitter=payer, source=source,
            memo=reference_, method=method, posted=day, billing=day, legs=[(1000, total, ""), (2000, -total, "")],
            effect=-total, item=("CREDIT", "PAYMENT", total, "None", "None"),
        )  # fmt: skip
        credit = self._item(entry, holder, payer, source, "CREDIT", "PAYMENT", total, NULL, NULL, iso, iso)
        credit[_CLEARED] = credit[_AMOUNT]
        keys = [f"clearing:{debt.item[0]}:{credit[0]}:1" for debt in debts]
        fingerprint = hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()
        entry = self._entry(
            key=f"clearing:{holder}:{fingerprint}", kind="CLEARING", category="NONE", holder=holder, submitter="",
            source="clearing", memo="", method="", posted=day, billing=day,
            legs=[(2000, total, ""), (1100, -total, "")], effect=0, item=None,
        )  # fmt: skip
        for key, debt in zip(keys, debts, strict=True):
            debt.item[_CLEARED] = debt.item[_AMOUNT]
            self.batch.clearings.append((
                self._next("clearings"), key, entry, debt.item[0], credit[0], debt.item[_AMOUNT], iso, day.moment,
            ))  # fmt: skip

    def _entry(
        self, *, key: str, kind: str, category: str, holder: str, submitter: str, source: str, memo: str, method: str,
        posted: Day, billing: Day, legs: list[tuple[int, int, str]], effect: int,
        item: tuple[str, str, int, str, str] | None,
    ) -> str:  # fmt: skip
        """An entry with its lines; returns its identifier, which sorts by day and then in order of making."""
        order = int(self._next("entries"))
        entry = f"{posted.stamp:012x}7000{8 << 60 | order:016x}"
        # What ``ledger.rules.payload_hash`` makes of the same entry.
        number = int(holder)
        payload = [
            kind, number, int(submitter) if submitter else None, source, method, posted.iso, billing.iso, "",
            sorted([account, number, amount, revenue] for account, amount, revenue in legs), item and list(item),
        ]  # fmt: skip
        debit = sum(amount for _account, amount, _revenue in legs if amount > 0)
        self.batch.entries.append((
            entry, key, kind, category, holder, submitter or NULL, source, method, memo, posted.iso, billing.iso,
            posted.moment, _RECORDED_BY, hashlib.sha256(json.dumps(payload).encode()).hexdigest(), str(len(legs)),
            str(debit), str(effect),
        ))  # fmt: skip
        for account, amount, revenue in legs:
            self.batch.postings.append((
                self._next("postings"), entry, str(account), holder, str(amount), revenue, category, posted.segment,
                billing.segment,
            ))  # fmt: skip
        return entry

    def _item(self, entry: str, holder: str, submitter: str, source: str, side: str, kind: str, amount: int,
              due: str, last: str, billing: str, posted: str) -> list[str]:  # fmt: skip
        row = [
            self._next("items"), entry, holder, submitter, source, side, kind, str(amount), "0", due, last, billing,
            posted,
        ]  # fmt: skip
        self.batch.items.append(row)
        return row

    def _next(self, name: str) -> str:
        self.counts[name] += 1
        return str(self.counts[name])


def generate_population(
    *,
    program_accounts: int,
    declarations: int,
    seed: int,
    on_progress: Callable[[int, int], None] | None = None,
    batch: int = BATCH,
) -> Generated:
    """Write a population into an empty world: all of it, proven, or nothing. Same arguments, same rows.

    ``Conflict`` where somebody is registered already. ``on_progress`` hears of declarations written and asked for,
    each time ``batch`` of them have been.
    """
    with loading() as book, ExitStack() as stack:
        if Business.objects.exists():
            raise Conflict(
                _("This world has businesses already. Generate a population in a world of its own."),
                code="world_not_empty",
            )
        population = Population(program_accounts=program_accounts, declarations=declarations, seed=seed)
        tables = _Tables(book)
        stack.enter_context(checked_at_the_end(tables.own))
        tables.business.write(population.broker_rows())
        businesses = population.brokers
        for importer in laws.importers(**population.asked):
            businesses += importer.opens_business
            tables.add(population.people_rows(importer))
            population.live(importer)
            if len(population.batch.declarations) >= batch:
                tables.flush(population)
                if on_progress is not None:
                    on_progress(population.counts["declarations"], declarations)
        tables.flush(population)
        if on_progress is not None:
            on_progress(population.counts["declarations"], declarations)
        NumberSeries.objects.bulk_create(
            NumberSeries(prefix=prefix, last=last) for prefix, last in sorted(population.series.items())
        )
        tables.finish()
    set_clock(datetime(*laws.LAST_KNOWN_ON.timetuple()[:3], 9, 0, tzinfo=TORONTO))
    counts = population.counts
    return Generated(
        businesses=businesses,
        program_accounts=program_accounts,
        declarations=counts["declarations"],
        entries=counts["entries"],
        postings=counts["postings"],
        payments=counts["payments"],
        clearings=counts["clearings"],
    )


class _Tables:
    """Where the rows go, in the order of their foreign keys."""

    def __init__(self, book: BookWriter) -> None:
        self.book = book
        self.business = BulkTable(Business, BUSINESS)
        self.account = BulkTable(ProgramAccount, ACCOUNT)
        self.delegation = BulkTable(Delegation, DELEGATION)
        self.release = BulkTable(Release, RELEASE)
        self.declaration = BulkTable(Declaration, DECLARATION)
        self.version = BulkTable(DeclarationVersion, VERSION)
        self.payment = BulkTable(Payment, PAYMENT)
        self.own = (
            self.business, self.account, self.delegation, self.release, self.declaration, self.version, self.payment,
        )  # fmt: skip
        self.people = People()

    def add(self, people: People) -> None:
        self.people.businesses += people.businesses
        self.people.accounts += people.accounts
        self.people.delegations += people.delegations

    def flush(self, population: Population) -> None:
        batch, people = population.batch, self.people
        population.batch, self.people = _Batch(), People()
        for table, rows in (
            (self.business, people.businesses),
            (self.account, people.accounts),
            (self.delegation, people.delegations),
            (self.release, batch.releases),
            (self.declaration, batch.declarations),
            (self.version, batch.versions),
            (self.payment, batch.payments),
        ):
            table.write(rows)
        self.book.write(entries=batch.entries, postings=batch.postings, items=batch.items, clearings=batch.clearings)

    def finish(self) -> None:
        self.book.finish()
        reset_sequences(self.own)


def _business_number(number: int) -> str:
    """A number of the product's own range (7xx xxx xxx with a Luhn digit)."""
    stem = str(71_000_000 + number)
    return stem + luhn.calc_check_digit(stem)


@cache
def _dates(released_on: date) -> tuple[Day, Day, Day]:
    """The days by which to account for a release, and on which its statement is due and last payable."""
    dates = reference.billing_dates_of(released_on)
    return _day(dates.accounting_due_on), _day(dates.payment_due_on), _day(dates.last_day_to_pay)


def _reference(number: int) -> str:
    """Twelve characters in threes, as payments have them, scrambled so that neighbours do not look alike."""
    number = number * 0x9E3779B97F4A7C15 % (1 << 60)
    text = "".join(_ALPHABET[number >> 5 * place & 31] for place in range(12))
    return "-".join(text[start : start + 3] for start in range(0, 12, 3))
