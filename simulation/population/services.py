"""Writing a generated population: rows of every room in one transaction that proves its book.

The rows are made by processes of their own, some program accounts at a time, and written in their order as they come:
what is held in memory is a few batches, whatever the size of the population.
"""

import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from accounts.models import Business, Membership, ProgramAccount, User
from core.bulk import BulkTable, checked_at_the_end, reset_sequences
from core.clock import TORONTO
from core.errors import Conflict
from core.jobs import set_clock
from declarations.models import ConsolidatedRelease, Declaration, DeclarationVersion, Invoice, Line
from delegation.models import Delegation
from ledger.loading import BookWriter, Seconds, loading
from payments.models import Payment
from reference import queries as reference
from reference.rules.billing import Stream
from releases.models import Admission, NumberSeries, Release
from security.models import (
    Bond,
    BondAllocation,
    BondVersion,
    Deposit,
    DepositRequest,
    RppEnrolment,
    SecurityRequirement,
)
from simulation.population import laws
from simulation.population.people import Registry
from simulation.population.production import Batch, Frame, Plan, Producer, begin, produce
from simulation.population.tables import BOOK, COLUMNS

#: Declarations (an account counts as one more) that one process makes before it hands them over.
BATCH = 4_000
#: Batches that wait to be written, a process.
_AHEAD = 2
#: Lines of declarations are written by default up to so many declarations.
LINES_UP_TO = 1_000_000

#: In the order of their foreign keys. People stand among those who were there before; their table is left as it is.
_PEOPLE = {"user": User, "membership": Membership}
_TABLES = {
    "business": Business, "account": ProgramAccount, "delegation": Delegation, "admission": Admission,
    "release": Release, "declaration": Declaration, "consolidated": ConsolidatedRelease, "version": DeclarationVersion,
    "invoice": Invoice, "line": Line, "payment": Payment, "enrolment": RppEnrolment,
    "requirement": SecurityRequirement, "bond": Bond, "bond_share": BondAllocation,
    "bond_version": BondVersion, "deposit": Deposit, "deposit_request": DepositRequest,
}  # fmt: skip

#: People with the accounts to make for them, and with what was made.
Asked = Iterator[tuple[dict[str, bytes], Sequence[Plan]]]
Answered = Iterator[tuple[dict[str, bytes], Batch]]


@dataclass(frozen=True)
class Generated:
    """What was written, and how many seconds each part of it took."""

    businesses: int
    program_accounts: int
    declarations: int
    entries: int
    postings: int
    payments: int
    clearings: int
    bonds: int
    seconds: Seconds = field(default_factory=dict, compare=False)


def generate_population(
    *,
    program_accounts: int,
    declarations: int,
    seed: int,
    with_lines: bool | None = None,
    processes: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
    batch: int = BATCH,
) -> Generated:
    """Write a population into an empty world: all of it, proven, or nothing. Same arguments, same rows.

    Neither ``processes``, which make the rows, nor ``batch`` changes a row. Without ``with_lines`` invoices and lines
    are written up to a million declarations. ``Conflict`` where somebody is registered already. ``on_progress`` hears
    of declarations written and asked for after each batch.
    """
    if with_lines is None:
        with_lines = declarations <= LINES_UP_TO
    with loading() as book, ExitStack() as stack:
        begun = time.perf_counter()
        if Business.objects.exists():
            raise Conflict(
                _("This world has businesses already. Generate a population in a world of its own."),
                code="world_not_empty",
            )
        tables = {name: BulkTable(model, COLUMNS[name]) for name, model in {**_PEOPLE, **_TABLES}.items()}
        own = [tables[name] for name in _TABLES]
        registry = Registry(program_accounts=program_accounts, first_user=_newest_user() + 1)
        frame = _frame(registry, declarations=declarations, seed=seed, with_lines=with_lines)
        counts: dict[str, int] = {}
        with checked_at_the_end(own):
            _write(tables, book, registry.providers())
            plans = registry.plans(
                laws.importers(program_accounts=program_accounts, declarations=declarations, seed=seed)
            )
            making = stack.enter_context(_making(frame, processes, batch))
            for people, (rows, made) in making(_batches(plans, registry, batch)):
                _write(tables, book, {**people, **rows})
                for name, count in made.items():
                    counts[name] = counts.get(name, 0) + count
                if on_progress is not None:
                    on_progress(counts.get("declaration", 0), declarations)
            NumberSeries.objects.bulk_create(
                NumberSeries(prefix=prefix, last=last) for prefix, last in sorted(registry.series.items())
            )
            book.seconds["rows"] = time.perf_counter() - begun
            book.finish()
            written = time.perf_counter()
        book.seconds["other keys"] = time.perf_counter() - written
        reset_sequences(tables.values())
    set_clock(datetime(*laws.LAST_KNOWN_ON.timetuple()[:3], 9, 0, tzinfo=TORONTO))
    return Generated(
        businesses=registry.businesses,
        program_accounts=program_accounts,
        declarations=counts.get("declaration", 0),
        entries=counts.get("entries", 0),
        postings=counts.get("postings", 0),
        payments=counts.get("payment", 0),
        clearings=counts.get("clearings", 0),
        bonds=counts.get("bond", 0),
        seconds=book.seconds,
    )


def _newest_user() -> int:
    newest: int | None = User.objects.order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


def _frame(registry: Registry, *, declarations: int, seed: int, with_lines: bool) -> Frame:
    first, last = laws.periods()[0].previous.first_day, laws.LAST_KNOWN_ON
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    dates = {day: reference.billing_dates_of(day) for day in days}
    months = {day: reference.billing_dates_of(day, Stream.COURIER) for day in days if day.day == 1}
    return Frame(
        seed=seed,
        declarations=declarations,
        with_lines=with_lines,
        sureties=registry.sureties,
        courier=registry.courier,
        courier_series=registry.courier_series,
        calendar={day: (row.accounting_due_on, row.payment_due_on, row.last_day_to_pay) for day, row in dates.items()},
        courier_calendar={
            day: (row.accounting_due_on, row.payment_due_on, row.last_day_to_pay, row.billing_on)
            for day, row in months.items()
        },
    )


def _batches(plans: Iterator[Plan], registry: Registry, size: int) -> Asked:
    """Accounts in batches of about so many declarations, a larger one by itself; with the rows of those who exist."""
    waiting: list[Plan] = []
    weight = 0
    for plan in plans:
        is_large = plan.importer.declaration_count > size
        if not is_large:
            waiting.append(plan)
            weight += plan.importer.declaration_count + 1
        if is_large or weight >= size:
            yield registry.taken(), waiting
            waiting, weight = [], 0
        if is_large:
            yield {}, [plan]
    yield registry.taken(), waiting


@contextmanager
def _making(frame: Frame, processes: int, size: int) -> Iterator[Callable[[Asked], Answered]]:
    """A way to make batches in their order: here, or by other processes that stay some batches ahead.

    An account larger than a batch is made here, a piece at a time, so that no process holds it as a whole.
    """

    def here(plans: Sequence[Plan]) -> Iterator[Batch]:
        producer = Producer(frame)
        if len(plans) == 1:
            yield from producer.stream(plans[0], size)
        else:
            yield producer.make(plans)

    if processes < 2:
        yield lambda asked: (piece for people, plans in asked for piece in _with(people, here(plans)))
        return
    # Processes begun afresh: they have no connection of ours to a database.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=fresh, initializer=begin, initargs=(frame,)) as pool:

        def elsewhere(plans: Sequence[Plan]) -> Callable[[], Iterator[Batch]]:
            if len(plans) == 1:
                return lambda: here(plans)
            future = pool.submit(produce, plans)
            return lambda: iter((future.result(),))

        def answers(asked: Asked) -> Answered:
            waiting: deque[tuple[dict[str, bytes], Callable[[], Iterator[Batch]]]] = deque()
            for people, plans in asked:
                waiting.append((people, elsewhere(plans)))
                if len(waiting) > processes * _AHEAD:
                    ready, make = waiting.popleft()
                    yield from _with(ready, make())
            while waiting:
                ready, make = waiting.popleft()
                yield from _with(ready, make())

        yield answers


def _with(people: dict[str, bytes], made: Iterator[Batch]) -> Answered:
    """The pieces of a batch, the first of them with those who exist."""
    for number, piece in enumerate(made):
        yield (people if number == 0 else {}), piece


def _write(tables: dict[str, BulkTable], book: BookWriter, rows: dict[str, bytes]) -> None:
    for name, table in tables.items():
        table.write(rows.get(name, b""))
    book.write(**{name: rows.get(name, b"") for name in BOOK})
