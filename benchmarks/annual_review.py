"""The yearly review through Celery beside the best single statement that computes the same requirements.

The country is that of ``review_country``, reckoned alike by PostgreSQL, SQLite and plain Python, which is asked last:
each result must be its to the cent. Every business has a manager, so every rise is told.

The single statement reads the receivable lines through their covering index alone, on a vacuumed table, and writes one
row an account. The review reads the segments and writes reviews, versions of the requirement, notices and the audit
trail. Both are timed in turns. The targets are meant at 250,000 accounts and 20 million lines. ``small`` measures
10,000 accounts and 800,000 lines, ``country`` four sizes up to 250,000 accounts and 20 million lines; ``sqlite`` 25,000
accounts and 2 million lines on SQLite, where the process that moves the clock does the work itself.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import django
from django.db import connection
from django.utils.module_loading import import_string

from benchmarks.harness import SIZES as USUAL
from benchmarks.harness import (
    Check,
    at_most,
    in_a_process_of_its_own,
    new_database,
    part_asked_for,
    report,
    size_asked_for,
)
from benchmarks.review_country import fill, forget, on_paper, run_sql

ROOT = Path(__file__).resolve().parent.parent
SIZES = {
    "small": ((10_000, 800_000),),
    "sqlite": ((25_000, 2_000_000),),
    "country": ((25_000, 2_000_000), (100_000, 8_000_000), (250_000, 2_000_000), (250_000, 20_000_000)),
}
#: The size at which the review is held to the single statement; at others what is fixed weighs more.
TARGETED = (250_000, 20_000_000)
ROUNDS = 3
MODEL_PARTS = 3
STEPS = (timedelta(seconds=-20), timedelta(seconds=20))
#: Five minutes past midnight on the day of the July cycle, in the generated year.
DUE = datetime(2026, 7, 25, 0, 5, tzinfo=ZoneInfo("America/Toronto"))

#: The July window's months begin on the 25th, where the fourth segment of a month begins.
BEST = """
INSERT INTO best_requirement (account_id, amount, month)
SELECT holder_id, MAX(total), MAX(month) FROM (
  SELECT holder_id, CASE WHEN posted_segment = 2025124 THEN 202601 ELSE (posted_segment + 6) / 10 END AS month,
    SUM(amount) AS total
  FROM ledger_posting
  WHERE account_id = 1100 AND category IN ('CHARGE', 'PENALTY') AND posted_segment BETWEEN 2025074 AND 2026073
  GROUP BY 1, 2) months
WHERE TRUE
GROUP BY holder_id
ON CONFLICT (account_id) DO UPDATE SET amount = EXCLUDED.amount, month = EXCLUDED.month
WHERE best_requirement.amount IS DISTINCT FROM EXCLUDED.amount
"""
RESULTS = """
SELECT program_account_id, new_amount FROM security_annualreview WHERE outcome <> 'NO_HISTORY' ORDER BY 1
"""
#: What a review wrote, in the order in which it can be taken away again.
WRITTEN = (
    "notifications_notification",
    "security_securityrequirement WHERE review_id IS NOT NULL",
    "security_annualreview",
    "core_jobchunk",
    "core_jobrun",
    "core_clockmove",
)


#: The highest month of each account, once it was reckoned.
_paper: list[int] = []


@dataclass(frozen=True)
class Measured:
    """Seconds of one size: the single statement, the review with one and two workers, and run again unchanged.

    Beside them the megabytes of a worker and the segments that the review reads.
    """

    single: float
    one: float
    two: float
    again: float
    memory: float
    segments: int


@contextmanager
def worker(processes: int) -> Iterator[Callable[[], float]]:
    """A Celery worker with so many processes, ready for work; tells the most memory that one of them has taken (MB)."""
    command = [sys.executable, "-m", "celery", "-A", "carm_portal", "worker", "--concurrency", str(processes)]
    with subprocess.Popen(
        [*command, "--loglevel", "WARNING", "--without-gossip", "--without-mingle"], cwd=ROOT, stdin=subprocess.DEVNULL
    ) as running:
        app = import_string("carm_portal.celery.app")
        while not app.control.ping(timeout=0.5):
            time.sleep(0.2)
        app.control.purge()
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children")

        def most_memory() -> float:
            found = [Path(f"/proc/{child}/status").read_text() for child in children.read_text().split()]
            peaks = [int(text.split("VmHWM:")[1].split()[0]) / 1024 for text in found]
            return max(peaks, default=0.0)

        try:
            yield most_memory
        finally:
            running.terminate()


def review() -> float:
    """Seconds from asking for the move of the clock over the review's moment until the worker has arrived."""
    jobs = import_string("core.jobs")
    model = import_string("core.models.ClockMove")
    before, after = (DUE + step for step in STEPS)
    jobs.set_clock(before)
    move = jobs.ask_clock_move(to_at=after, actor=jobs.console_actor(), at=before)
    begun = time.perf_counter()
    import_string("core.tasks.dispatch_clock_move")(move.pk)
    while not model.objects.filter(pk=move.pk, state="DONE").exists():
        if model.objects.filter(pk=move.pk, state="FAILED").exists():
            raise RuntimeError(model.objects.get(pk=move.pk).problem)
        # Seldom enough to leave both processors to the work.
        time.sleep(0.05)
    return time.perf_counter() - begun


def review_alone() -> float:
    """The same by the process that moves the clock, where no worker runs."""
    jobs = import_string("core.jobs")
    before, after = (DUE + step for step in STEPS)
    jobs.set_clock(before)
    begun = time.perf_counter()
    jobs.move_clock(to_at=after, actor=jobs.console_actor())
    return time.perf_counter() - begun


def single() -> float:
    run_sql("DELETE FROM best_requirement")
    if connection.vendor == "postgresql":
        run_sql("VACUUM best_requirement", "SET work_mem = '4MB'", "SET enable_hashagg = off")
    begun = time.perf_counter()
    run_sql(BEST)
    seconds = time.perf_counter() - begun
    if connection.vendor == "postgresql":
        run_sql("RESET work_mem", "RESET enable_hashagg")
    return seconds


def measure(accounts: int, lines: int) -> Measured:
    """The median of some rounds of each, in turns."""
    fill(accounts, lines)
    taken: dict[str, list[float]] = {"single": [], "one": [], "two": [], "again": []}
    memory = 0.0
    for _round in range(ROUNDS):
        taken["single"].append(single())
        for name, processes in (("one", 1), ("two", 2)):
            with worker(processes) as most_memory:
                taken[name].append(review())
                if name == "two":
                    taken["again"].append(once_more(review))
                memory = max(memory, most_memory())
            check_results(accounts, lines)
            forget(*WRITTEN)
    middle = {name: statistics.median(seconds) for name, seconds in taken.items()}
    print(f"{accounts:,} accounts, {lines:,} lines: {middle}, {memory:.0f} MB", flush=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM ledger_holdersegment")
        segments: int = cursor.fetchone()[0]
    return Measured(memory=memory, segments=segments, **middle)


def measure_sqlite(accounts: int, lines: int) -> list[Check]:
    """Another database file than the one that the other sizes have; the median of some rounds in turns."""
    fill(accounts, lines)
    taken: dict[str, list[float]] = {"single": [], "one": [], "again": []}
    for _round in range(ROUNDS):
        taken["single"].append(single())
        taken["one"].append(review_alone())
        taken["again"].append(once_more(review_alone))
        check_results(accounts, lines)
        forget(*WRITTEN)
    middle = {name: statistics.median(seconds) for name, seconds in taken.items()}
    print(f"SQLite, {accounts:,} accounts, {lines:,} lines: {middle}", flush=True)
    return [
        at_most(f"sqlite_{accounts}x{lines}_of_single_statement", middle["one"] / middle["single"], 2.0),
        at_most(f"sqlite_{accounts}x{lines}_unchanged_of_first", middle["again"] / middle["one"], 0.6),
    ]


def once_more(run: Callable[[], float]) -> float:
    """The seconds of a review that finds every account reviewed already."""
    forget("core_jobchunk", "core_clockmove")
    run_sql("UPDATE core_jobrun SET job = job || '.' || id")
    return run()


def check_results(accounts: int, lines: int) -> None:
    """``RuntimeError`` unless the review and the single statement found what plain Python finds, cent for cent."""
    if not _paper:
        _paper.extend(on_paper(accounts, lines))
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_id, amount FROM best_requirement WHERE amount > 0")
        best = dict(cursor.fetchall())
        cursor.execute(RESULTS)
        reviewed = dict(cursor.fetchall())
        cursor.execute("SELECT outcome, COUNT(*) FROM security_annualreview GROUP BY 1 ORDER BY 1")
        print(f"{len(reviewed):,} requirements beside plain Python's; {cursor.fetchall()}", flush=True)
    if not reviewed or any(_paper[account] != amount for account, amount in reviewed.items()):
        raise RuntimeError("the review does not find the requirements that plain Python finds")
    if best != {account: amount for account, amount in enumerate(_paper) if amount}:
        raise RuntimeError("the single statement does not find the requirements that plain Python finds")


def tell_model(found: dict[tuple[int, int], Measured]) -> None:
    """The cost model of docs/scale.md fitted to what was measured: seconds = a + b accounts + c segments."""
    seconds = {size: measured.two for size, measured in found.items()}
    rows = [(1.0, float(accounts), float(measured.segments)) for (accounts, _lines), measured in found.items()]
    a, b, c = least_squares(rows, list(seconds.values()))
    print(f"seconds = {a:.2f} + {b * 1e6:.2f} us x accounts + {c * 1e6:.3f} us x segments", flush=True)
    for (accounts, lines), (one, many, segments), taken in zip(seconds, rows, seconds.values(), strict=True):
        model = a * one + b * many + c * segments
        print(f"{accounts:,} x {lines:,}, {segments:,.0f} segments: model {model:.2f} s, measured {taken:.2f} s")


def least_squares(rows: list[tuple[float, float, float]], values: list[float]) -> tuple[float, float, float]:
    """The three factors that fit best, by the normal equations."""
    matrix = [[sum(row[i] * row[j] for row in rows) for j in range(MODEL_PARTS)] for i in range(MODEL_PARTS)]
    right = [sum(row[i] * value for row, value in zip(rows, values, strict=True)) for i in range(MODEL_PARTS)]
    for i in range(MODEL_PARTS):
        for k in range(i + 1, MODEL_PARTS):
            factor = matrix[k][i] / matrix[i][i]
            matrix[k] = [below - factor * above for below, above in zip(matrix[k], matrix[i], strict=True)]
            right[k] -= factor * right[i]
    found = [0.0] * MODEL_PARTS
    for i in reversed(range(MODEL_PARTS)):
        rest = sum(matrix[i][k] * found[k] for k in range(i + 1, MODEL_PARTS))
        found[i] = (right[i] - rest) / matrix[i][i]
    return found[0], found[1], found[2]


def main() -> None:
    size = size_asked_for((*USUAL, "sqlite"))
    if size == "sqlite":
        os.environ["DATABASE_URL"] = f"sqlite:///{os.environ['PORTAGE_VAR']}/review.sqlite3"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carm_portal.settings")
    django.setup()
    if size == "sqlite":
        report("annual_review", size, measure_sqlite(*SIZES[size][0]))
        return
    if asked := part_asked_for():
        part, path = asked
        path.write_text(json.dumps(asdict(measure(*SIZES[size][part]))))
        return
    checks: list[Check] = []
    measured: dict[tuple[int, int], Measured] = {}
    for part, (accounts, lines) in enumerate(SIZES[size]):
        # A population is made in an empty world alone.
        url = new_database(f"review_{part}")
        found = Measured(**in_a_process_of_its_own("annual_review", size, part, url=url))
        measured[accounts, lines] = found
        name = f"{accounts}x{lines}"
        print(
            f"{name}: {found.one / found.single:.2f} of the single statement, {found.two / found.single:.2f} with two"
        )
        if (accounts, lines) == TARGETED:
            checks += [
                at_most(f"{name}_two_workers_of_single_statement", found.two / found.single, 1.0),
                at_most(f"{name}_one_worker_of_single_statement", found.one / found.single, 1.5),
            ]
        checks += [
            at_most(f"{name}_unchanged_of_first", found.again / found.two, 0.6),
            at_most(f"{name}_memory_in_megabytes", found.memory, 300.0),
        ]
    for (accounts, lines), found in measured.items():
        if fewer := measured.get((accounts, lines // 10)):
            checks.append(at_most(f"{accounts}_accounts_ten_times_the_rows", found.two / fewer.two, 4.0))
    if len(measured) > MODEL_PARTS:
        tell_model(measured)
    report("annual_review", size, checks)


if __name__ == "__main__":
    main()
