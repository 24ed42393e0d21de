"""How many entries a second the book takes, beside django-hordak's documented way in the same PostgreSQL.

The same work on both sides: a transfer of two lines. The book's is a payment, posted by its own service with everything
that it promises: a key used once, triggers, open item, segment and balance. django-hordak's is ``transfer_to``, which
keeps neither keys nor balances. Every way is measured in turns with the others and each ratio is that of its round; the
median of the rounds counts. Commits wait for the disk as the server is set up to.
"""

import os
import statistics
import threading
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import django
from django.core.management import call_command
from django.db import connection
from django.utils.module_loading import import_string

from benchmarks.harness import Check, at_least, report, size_asked_for

ROUNDS = {"small": 5, "country": 9}
SECONDS = {"small": 1.5, "country": 4.0}
CLIENTS = 8
HOLDERS = 1000
DAY = date(2026, 6, 10)
ONE_AT_A_TIME, IN_BATCHES, BY_COPY, ON_ONE_ACCOUNT = 2.5, 8.0, 15.0, 0.9

_numbers = count()


class Book:
    """The book's own service; models can be imported only when Django is set up."""

    def __init__(self) -> None:
        self.services = import_string("ledger.services")
        self.draft = import_string("ledger.rules.move_draft")
        self.kind = import_string("ledger.rules.EntryKind").PAYMENT
        self.actor = import_string("core.actor.system")("bench")
        self.at = import_string("core.clock.at_toronto")(DAY, 9)

    def drafts(self, size: int) -> list[Any]:
        return [
            self.draft(
                key=f"bench:{number}",
                kind=self.kind,
                holder_id=number % HOLDERS + 1,
                submitter_id=None,
                amount=Decimal("12.34"),
                source=f"bench:{number}",
                memo="",
                posted_on=DAY,
            )
            for number in (next(_numbers) for _entry in range(size))
        ]

    def one(self, holder_id: int | None = None) -> int:
        number = next(_numbers)
        self.services.post_payment(
            key=f"bench:{number}",
            holder_id=holder_id or number % HOLDERS + 1,
            payer_id=None,
            amount=Decimal("12.34"),
            method="",
            source=f"bench:{number}",
            memo="",
            posted_on=DAY,
            at=self.at,
            actor=self.actor,
        )
        return 1

    def batch(self) -> int:
        return len(self.services.post_many(drafts=self.drafts(500), at=self.at, actor=self.actor))

    def copied(self) -> int:
        return len(self.services.post_batch(drafts=self.drafts(5000), at=self.at, actor=self.actor))


class Hordak:
    """django-hordak as its documentation says: accounts, and a transfer from one to the other."""

    def __init__(self) -> None:
        accounts = import_string("hordak.models.Account").objects
        self.money = import_string("moneyed.Money")
        self.bank = accounts.create(name="Bank", type="AS", currencies=["CAD"], code="1")
        self.others = [
            accounts.create(name=f"Holder {number}", type="LI", currencies=["CAD"], code=str(number + 2))
            for number in range(20)
        ]

    def one(self) -> int:
        other = self.others[next(_numbers) % len(self.others)]
        self.bank.transfer_to(other, self.money(Decimal("12.34"), "CAD"), date=DAY)
        return 1


def rate_of(work: Callable[[], int], *, seconds: float) -> float:
    """Entries a second by one client."""
    made, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        made += work()
    return made / (time.perf_counter() - begun)


def rate_together(work: Callable[[], int], *, clients: int, seconds: float) -> float:
    """Entries a second by some clients at once; an error of any of them ends the run."""
    counts = [0] * clients
    problems: list[Exception] = []
    start = threading.Barrier(clients + 1)
    stop = threading.Event()

    def keep_working(client: int) -> None:
        try:
            work()
            start.wait()
            while not stop.is_set():
                counts[client] += work()
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=keep_working, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    start.wait()
    begun = time.perf_counter()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    return sum(counts) / (time.perf_counter() - begun)


def measure(rounds: int, seconds: float) -> list[Check]:
    book, hordak = Book(), Hordak()
    ways: dict[str, Callable[[], int]] = {
        "hordak": hordak.one,
        "one": book.one,
        "batch": book.batch,
        "copy": book.copied,
    }
    for work in ways.values():
        rate_of(work, seconds=0.5)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    rates: dict[str, list[float]] = {name: [] for name in (*ways, "single", "together")}
    for _round in range(rounds):
        for name, work in ways.items():
            rates[name].append(rate_of(work, seconds=seconds))
        for name, clients in (("single", 1), ("together", CLIENTS)):
            rates[name].append(rate_together(lambda: book.one(1), clients=clients, seconds=seconds))
    for name, found in rates.items():
        print(f"{name}: {statistics.median(found):,.0f} entries a second", flush=True)

    def ratio(name: str, reference: str) -> float:
        return statistics.median(a / b for a, b in zip(rates[name], rates[reference], strict=True))

    wrong = list(import_string("ledger.verification.findings")())
    if wrong:
        raise RuntimeError(f"the book is not sound: {wrong[:3]}")
    return [
        at_least("one_at_a_time_of_hordak", ratio("one", "hordak"), ONE_AT_A_TIME),
        at_least("batches_of_500_of_hordak", ratio("batch", "hordak"), IN_BATCHES),
        at_least("copy_of_hordak", ratio("copy", "hordak"), BY_COPY),
        at_least("eight_clients_on_one_account_of_one", ratio("together", "single"), ON_ONE_ACCOUNT),
    ]


def main() -> None:
    size = size_asked_for()
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.beside.settings"
    django.setup()
    call_command("migrate", verbosity=0)
    report("posting", size, measure(ROUNDS[size], SECONDS[size]))


if __name__ == "__main__":
    main()
