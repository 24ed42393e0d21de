"""The yearly review through Celery beside the best single statement that computes the same requirements.

The book is filled by the database itself (segments and the receivable lines under them), because writing twenty million
entries one by one says nothing about the review. Every business has a manager, so every rise is told.

The single statement reads the receivable lines through their covering index alone, on a vacuumed table, and writes one
row an account. The review reads the segments and writes reviews, versions of the requirement, notices and the audit
trail. Both are timed in turns. ``small`` measures 10,000 accounts and 800,000 lines, ``country`` four sizes up to
250,000 accounts and 20 million lines.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import django
from django.core.management import call_command
from django.db import connection
from django.utils.module_loading import import_string

from benchmarks.harness import Check, at_most, report, size_asked_for

ROOT = Path(__file__).resolve().parent.parent
SIZES = {
    "small": ((10_000, 800_000),),
    "country": ((25_000, 2_000_000), (100_000, 8_000_000), (250_000, 2_000_000), (250_000, 20_000_000)),
}
ROUNDS = 3
MODEL_PARTS = 3
STEPS = (timedelta(seconds=-20), timedelta(seconds=20))
#: Five minutes past midnight on the day of the July cycle, in the generated year.
DUE = datetime(2026, 7, 25, 0, 5, tzinfo=ZoneInfo("America/Toronto"))

FILL = """
INSERT INTO ledger_posting (entry_id, account_id, holder_id, amount, revenue, category, posted_segment,
  billing_segment)
SELECT GEN_RANDOM_UUID(), 1100, 1 + FLOOR(%(accounts)s * POWER(RANDOM(), 4))::bigint,
  1 + FLOOR(RANDOM() * 400000)::bigint, 'GST', 'CHARGE', s.segment, s.segment
FROM GENERATE_SERIES(1, %(lines)s) n
  JOIN (SELECT TO_CHAR(day, 'YYYYMM')::int * 10 + CASE WHEN EXTRACT(DAY FROM day) < 18 THEN 1
      WHEN EXTRACT(DAY FROM day) < 20 THEN 2 WHEN EXTRACT(DAY FROM day) < 25 THEN 3 ELSE 4 END AS segment,
    ROW_NUMBER() OVER (ORDER BY day) - 1 AS place FROM GENERATE_SERIES('2025-07-25'::date, '2026-07-24', '1 day') day) s
    ON s.place = n %% 365
"""
SEGMENTS = """
INSERT INTO ledger_holdersegment (holder_id, posted_segment, billing_segment, charges, penalties, interest, ctype,
  credits, payments, ctype_payments, disbursements)
SELECT holder_id, posted_segment, billing_segment, SUM(amount), 0, 0, 0, 0, 0, 0, 0
FROM ledger_posting WHERE account_id = 1100 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
#: The July window's months begin on the 25th, where the fourth segment of a month begins.
BEST = """
INSERT INTO best_requirement (account_id, amount, month)
SELECT holder_id, MAX(total), MAX(month) FROM (
  SELECT holder_id, CASE WHEN posted_segment = 2025124 THEN 202601 ELSE (posted_segment + 6) / 10 END AS month,
    SUM(amount) AS total
  FROM ledger_posting
  WHERE account_id = 1100 AND category IN ('CHARGE', 'PENALTY') AND posted_segment BETWEEN 2025074 AND 2026073
  GROUP BY 1, 2) months
GROUP BY holder_id
ON CONFLICT (account_id) DO UPDATE SET amount = EXCLUDED.amount, month = EXCLUDED.month
WHERE best_requirement.amount IS DISTINCT FROM EXCLUDED.amount
"""
SAME = """
SELECT (SELECT COUNT(*) FROM best_requirement),
  (SELECT COUNT(*) FROM best_requirement b JOIN security_annualreview r ON r.program_account_id = b.account_id
    WHERE r.new_amount = b.amount OR r.outcome = 'NO_HISTORY')
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


@dataclass(frozen=True)
class Measured:
    """Seconds of one size: the single statement, the review with one and two workers, and run again unchanged."""

    single: float
    one: float
    two: float
    again: float
    memory: float


def run_sql(*statements: str, **values: int) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, values or None)


def fill(accounts: int, lines: int) -> None:
    """A world of so many accounts, enrolled and secured, with so many receivable lines in the window."""
    call_command("migrate", verbosity=0)
    call_command("load_reference", verbosity=0)
    command = [sys.executable, "manage.py", "generate_population", "--seed", "1"]
    asked = ["--program-accounts", str(accounts), "--declarations", str(accounts)]
    subprocess.run([*command, *asked], cwd=ROOT, check=True, stdin=subprocess.DEVNULL)
    # The book's own guards stand aside for the owner of the database; nothing else may do this.
    run_sql(
        "SET session_replication_role = replica",
        "TRUNCATE ledger_posting, ledger_holdersegment",
        "DROP INDEX ledger_posting_receivable",
    )
    run_sql(FILL, accounts=accounts, lines=lines)
    run_sql(
        "CREATE INDEX ledger_posting_receivable ON ledger_posting (holder_id, posted_segment, category, amount) "
        "WHERE account_id = 1100",
        SEGMENTS,
        ENROL,
        REQUIRE,
        SECURE,
        SHARE,
        PEOPLE,
        MANAGE,
        "SET session_replication_role = origin",
        "CREATE TABLE IF NOT EXISTS best_requirement (account_id bigint PRIMARY KEY, amount bigint, month int)",
    )
    run_sql("VACUUM ANALYZE")


ENROL = """
INSERT INTO security_rppenrolment (program_account_id, state, reason, note, enrolled_on, changed_on)
SELECT a.id, 'ACTIVE', '', '', '2025-08-01', '2025-08-01' FROM accounts_programaccount a
WHERE a.id %% 7 <> 0 AND NOT EXISTS (SELECT 1 FROM security_rppenrolment e WHERE e.program_account_id = a.id)
""".replace("%%", "%")
#: Last year's requirement lies up to 30 % below or above this year's, so that about half of them rise.
REQUIRE = """
INSERT INTO security_securityrequirement (program_account_id, amount, source, effective_on, computed_on)
SELECT e.program_account_id, COALESCE(MAX(m.total), 0) * (70 + e.program_account_id * 37 % 61) / 100, 'REVIEW',
  '2025-10-15', '2025-07-25'
FROM security_rppenrolment e LEFT JOIN (
  SELECT holder_id, posted_segment / 10 AS month, SUM(charges)::bigint AS total FROM ledger_holdersegment GROUP BY 1, 2
) m ON m.holder_id = e.program_account_id
WHERE NOT EXISTS (SELECT 1 FROM security_securityrequirement r WHERE r.program_account_id = e.program_account_id)
GROUP BY e.program_account_id
"""
SECURE = """
INSERT INTO security_bond (agreement_number, provider_id, debtor_id, debtor_name, program_account_id, program,
  legislative_authority, amount, validity_start, state, reason, channel, proposed_on)
SELECT 'BENCH-' || a.id, a.business_id, a.business_id, '', a.id, 'Release Prior to Payment', '', 500000, '2025-08-01',
  'ACTIVE', '', 'API', '2025-08-01'
FROM accounts_programaccount a
WHERE a.id %% 5 <> 0 AND NOT EXISTS (SELECT 1 FROM security_bond b WHERE b.program_account_id = a.id)
""".replace("%%", "%")
SHARE = """
INSERT INTO security_bondallocation (bond_id, program_account_id, amount)
SELECT b.id, b.program_account_id, b.amount FROM security_bond b
WHERE NOT EXISTS (SELECT 1 FROM security_bondallocation s WHERE s.bond_id = b.id)
"""
PEOPLE = """
INSERT INTO accounts_user (username, password, is_superuser, is_staff, is_active, first_name, last_name, email,
  date_joined, method, telephone, extension, contact_email, language, wants_email, is_practice_seat)
SELECT 'bench-' || b.id, '!', FALSE, FALSE, TRUE, '', '', '', NOW(), '', '', '', '',
  CASE WHEN b.id %% 4 = 0 THEN 'fr' ELSE 'en' END, FALSE, FALSE
FROM accounts_business b
WHERE NOT EXISTS (SELECT 1 FROM accounts_membership m WHERE m.business_id = b.id AND m.state = 'ACTIVE')
""".replace("%%", "%")
MANAGE = """
INSERT INTO accounts_membership (user_id, business_id, role, is_primary, state, added_actions, granted_by, started_at)
SELECT u.id, SUBSTR(u.username, 7)::bigint, 'BAM', TRUE, 'ACTIVE', '[]', '', NOW() FROM accounts_user u
WHERE u.username LIKE 'bench-%%'
""".replace("%%", "%")


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
        time.sleep(0.01)
    return time.perf_counter() - begun


def forget(*, tables: tuple[str, ...] = WRITTEN) -> None:
    run_sql("SET session_replication_role = replica", *(f"DELETE FROM {table}" for table in tables))
    run_sql("SET session_replication_role = origin")
    for table in tables:
        run_sql(f"VACUUM ANALYZE {table.split(' ', 1)[0]}")


def single() -> float:
    run_sql("TRUNCATE best_requirement", "SET work_mem = '4MB'", "SET enable_hashagg = off")
    begun = time.perf_counter()
    run_sql(BEST)
    seconds = time.perf_counter() - begun
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
                    same(accounts)
                    forget(tables=("core_jobchunk", "core_clockmove"))
                    run_sql("UPDATE core_jobrun SET job = job || '.' || id")
                    taken["again"].append(review())
                memory = max(memory, most_memory())
            forget()
    middle = {name: statistics.median(seconds) for name, seconds in taken.items()}
    print(f"{accounts:,} accounts, {lines:,} lines: {middle}, {memory:.0f} MB", flush=True)
    return Measured(memory=memory, **middle)


def same(accounts: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SAME)
        best, equal = cursor.fetchone()
        cursor.execute("SELECT outcome, COUNT(*) FROM security_annualreview GROUP BY 1 ORDER BY 1")
        print(f"{best} of the single statement, {equal} equal; {cursor.fetchall()}", flush=True)
    if best != equal or not best:
        raise RuntimeError("the single statement does not compute the same requirements")


def tell_model(seconds: dict[tuple[int, int], float]) -> None:
    """The cost model of docs/scale.md fitted to what was measured: seconds = a + b accounts + c segments."""
    rows = [(1.0, float(accounts), float(segments_of(accounts, lines))) for accounts, lines in seconds]
    a, b, c = least_squares(rows, list(seconds.values()))
    print(f"seconds = {a:.2f} + {b * 1e6:.2f} us x accounts + {c * 1e6:.3f} us x segments", flush=True)
    for (accounts, lines), (one, many, segments), taken in zip(seconds, rows, seconds.values(), strict=True):
        print(f"{accounts:,} x {lines:,}: model {a * one + b * many + c * segments:.2f} s, measured {taken:.2f} s")


def segments_of(accounts: int, lines: int) -> int:
    """About how many segments the lines fall into: 48 a year, those of ``FILL``'s uneven spread over the accounts."""
    total = 0.0
    for part in range(100):
        # Of all lines, this share falls on this hundredth of the accounts, as the fourth root of its place.
        share = ((part + 1) / 100) ** 0.25 - (part / 100) ** 0.25
        of_one = lines * share / (accounts / 100)
        total += accounts / 100 * 48 * (1 - (1 - 1 / 48) ** of_one)
    return round(total)


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
    size = size_asked_for()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carm_portal.settings")
    django.setup()
    checks: list[Check] = []
    seconds: dict[tuple[int, int], float] = {}
    for accounts, lines in SIZES[size]:
        found = measure(accounts, lines)
        seconds[accounts, lines] = found.two
        name = f"{accounts}x{lines}"
        checks += [
            at_most(f"{name}_two_workers_of_single_statement", found.two / found.single, 1.0),
            at_most(f"{name}_one_worker_of_single_statement", found.one / found.single, 1.5),
            at_most(f"{name}_unchanged_of_first", found.again / found.two, 0.6),
            at_most(f"{name}_memory_in_megabytes", found.memory, 300.0),
        ]
    for (accounts, lines), taken in seconds.items():
        if fewer := seconds.get((accounts, lines // 10)):
            checks.append(at_most(f"{accounts}_accounts_ten_times_the_rows", taken / fewer, 4.0))
    if len(seconds) > MODEL_PARTS:
        tell_model(seconds)
    report("annual_review", size, checks)


if __name__ == "__main__":
    main()
