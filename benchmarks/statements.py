"""How long a whole monthly statement run takes, beside the best single statement that computes the same rows.

A population is generated, its first eleven statements are issued, and the twelfth run and the single statement are
timed in turns on the same data, each taken back afterwards. The single statement, written by hand for that one month,
inserts the statements and those of the levels above into tables of the same form, keys included; the run also writes
the audit trail and a message to every manager. Both are timed until their keys are checked, as at the commit.

Each size has two populations, each measured by a process with a database of its own, so that it shows what more
accounts add to the memory of a run: ``small`` ends at 10,000 program accounts and half a million postings, ``country``
at 50,000 and 4 million, both on PostgreSQL; ``sqlite`` at 5,000 and 400,000 on SQLite, which cannot write two tables at
once: there the hand writes one statement a table.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection, transaction
from django.utils.module_loading import import_string

from benchmarks.harness import SIZES as USUAL
from benchmarks.harness import (
    at_least,
    at_most,
    in_a_process_of_its_own,
    new_database,
    part_asked_for,
    report,
    size_asked_for,
)

ROOT = Path(__file__).resolve().parent.parent
SIZES = {
    "small": ((2_500, 50_000), (10_000, 200_000)),
    "country": ((5_000, 100_000), (50_000, 1_400_000)),
    "sqlite": ((1_000, 28_000), (5_000, 140_000)),
}
ROUNDS = 5
TARGETS = {"small": 1.5, "country": 1.5, "sqlite": 2.0}
#: What the larger population may add to the memory of the run's process, in megabytes.
MOST_MEMORY = 32.0
POSTINGS_A_SECOND = 50_000.0
WRITTEN = ("statements_statement", "statements_levelstatement", "core_auditevent", "notifications_notification")

#: The statements of 25 June 2026 by hand: boxes from the segments, count and hash from the entries.
FOUND = """
WITH boxed AS (
  SELECT holder_id, key, amount, CASE
      WHEN category IN ('PAYMENT', 'CTYPE_PAYMENT') THEN 'C' WHEN category = 'DISBURSEMENT' THEN 'D'
      WHEN category IN ('INTEREST', 'PENALTY') THEN 'E' WHEN category = 'CTYPE' THEN 'F'
      WHEN billing_on < '2026-05-18' THEN 'B' WHEN category = 'CHARGE' THEN 'F' ELSE 'G' END AS box
  FROM ledger_journalentry
  WHERE posted_on <= '2026-06-24' AND category <> 'NONE' AND (
    (category IN ('CHARGE', 'CREDIT') AND billing_on BETWEEN '2026-05-18' AND '2026-06-17')
    OR (posted_on >= '2026-05-25' AND (category NOT IN ('CHARGE', 'CREDIT') OR billing_on < '2026-05-18')))),
sealed AS ({sealed}),
figures AS (
  SELECT holder_id,
    SUM(CASE WHEN posted_segment >= 2026054 AND billing_segment < 2026052 THEN charges + credits ELSE 0 END) AS b,
    SUM(CASE WHEN posted_segment >= 2026054 THEN payments + ctype_payments ELSE 0 END) AS c,
    SUM(CASE WHEN posted_segment >= 2026054 THEN disbursements ELSE 0 END) AS d,
    SUM(CASE WHEN posted_segment >= 2026054 THEN interest + penalties ELSE 0 END) AS e,
    SUM(CASE WHEN billing_segment BETWEEN 2026052 AND 2026061 THEN charges ELSE 0 END
      + CASE WHEN posted_segment >= 2026054 THEN ctype ELSE 0 END) AS f,
    SUM(CASE WHEN billing_segment BETWEEN 2026052 AND 2026061 THEN credits ELSE 0 END) AS g
  FROM ledger_holdersegment
  WHERE posted_segment <= 2026063 AND (posted_segment >= 2026054 OR billing_segment BETWEEN 2026052 AND 2026061)
  GROUP BY holder_id)
"""
STATEMENTS = """
  INSERT INTO best_statement (program_account_id, box_a, box_b, box_c, box_d, box_e, box_f, box_g, box_h, entry_count,
    seal, period_start, period_end, statement_on, posted_since, posted_upto, payment_due_on, last_day_to_pay, issued_at)
  SELECT a.id, COALESCE(p.box_h, 0), COALESCE(b, 0), COALESCE(c, 0), COALESCE(d, 0), COALESCE(e, 0), COALESCE(f, 0),
    COALESCE(g, 0), COALESCE(p.box_h, 0) + COALESCE(b + c + d + e + f + g, 0), COALESCE(s.entry_count, 0),
    COALESCE(s.seal, ''), '2026-05-18', '2026-06-17', '2026-06-25', '2026-05-25', '2026-06-24', '2026-07-01',
    '2026-07-02', CURRENT_TIMESTAMP
  FROM accounts_programaccount a
    LEFT JOIN figures x ON x.holder_id = a.id LEFT JOIN sealed s ON s.holder_id = a.id
    LEFT JOIN statements_statement p ON p.program_account_id = a.id AND p.period_end = '2026-05-17'
  WHERE b <> 0 OR c <> 0 OR d <> 0 OR e <> 0 OR f <> 0 OR g <> 0 OR p.box_h <> 0
"""
LEVELS = """
INSERT INTO best_level (level, program, business_id, account_count, entry_count, seal, box_a, box_b, box_c, box_d,
  box_e, box_f, box_g, box_h, period_start, period_end, statement_on, payment_due_on, last_day_to_pay, issued_at)
SELECT level, CASE level WHEN 'PROGRAM' THEN SUBSTR(number, 10, 2) ELSE '' END, business_id, COUNT(*),
  SUM(entry_count), {seal}, SUM(box_a), SUM(box_b), SUM(box_c), SUM(box_d), SUM(box_e), SUM(box_f), SUM(box_g),
  SUM(box_h), '2026-05-18', '2026-06-17', '2026-06-25', '2026-07-01', '2026-07-02', CURRENT_TIMESTAMP
FROM {made}, (SELECT 'ENTITY' AS level UNION ALL SELECT 'PROGRAM') levels
GROUP BY 1, 2, 3
"""
SEALED = """
  SELECT holder_id, COUNT(*) AS entry_count, ENCODE(SHA256(CONVERT_TO(STRING_AGG(
      key || '|' || box || '|' || TO_CHAR(amount / 100.0, 'FM9999999999990.00'), E'\\n'
      ORDER BY box, key COLLATE "C") || E'\\n', 'UTF8')), 'hex') AS seal
  FROM boxed GROUP BY holder_id"""
LEVEL_SEAL = """ENCODE(SHA256(CONVERT_TO(
    STRING_AGG(number || '|' || seal, E'\\n' ORDER BY number COLLATE "C") || E'\\n', 'UTF8')), 'hex')"""
SEALED_BY_SQLITE = """
  SELECT holder_id, COUNT(*) AS entry_count, SHA256(GROUP_CONCAT(key || '|' || box || '|'
      || PRINTF('%s%d.%02d', CASE WHEN amount < 0 THEN '-' ELSE '' END, ABS(amount) / 100, ABS(amount) % 100),
      CHAR(10)) || CHAR(10)) AS seal
  FROM (SELECT * FROM boxed ORDER BY holder_id, box, key) GROUP BY holder_id"""
JOINED = "{made} made JOIN accounts_programaccount a ON a.id = made.program_account_id"
BEST = {
    "postgresql": (
        FOUND.format(sealed=SEALED)
        + f", made AS ({STATEMENTS} RETURNING *)"
        + LEVELS.format(seal=LEVEL_SEAL, made=JOINED.format(made="made")),
    ),
    "sqlite": (
        FOUND.format(sealed=SEALED_BY_SQLITE) + STATEMENTS,
        LEVELS.format(
            seal="SHA256(GROUP_CONCAT(number || '|' || seal, CHAR(10)) || CHAR(10))",
            made=f"(SELECT * FROM {JOINED.format(made='best_statement')} ORDER BY number)",
        ),
    ),
}
SAME = """
SELECT (SELECT COUNT(*) FROM statements_statement WHERE period_end = '2026-06-17'),
  (SELECT COUNT(*) FROM best_statement),
  (SELECT COUNT(*) FROM best_statement b JOIN statements_statement s ON s.program_account_id = b.program_account_id
    AND s.period_end = b.period_end AND s.box_h = b.box_h AND s.box_a = b.box_a AND s.box_f = b.box_f
    AND s.entry_count = b.entry_count AND (s.seal = b.seal OR b.seal = '')),
  (SELECT COUNT(*) FROM statements_levelstatement WHERE period_end = '2026-06-17'), (SELECT COUNT(*) FROM best_level),
  (SELECT COUNT(*) FROM best_level b JOIN statements_levelstatement s ON s.business_id = b.business_id
    AND s.level = b.level AND s.program = b.program AND s.period_end = b.period_end AND s.box_h = b.box_h
    AND s.entry_count = b.entry_count AND (s.seal = b.seal OR b.entry_count = 0 OR b.account_count > 1))
"""


@dataclass(frozen=True)
class Measured:
    """What one population showed: medians in seconds, megabytes, postings written a second."""

    ratio: float
    whole: float
    single: float
    memory: float
    rate: float


def memory() -> float:
    """The most that this process has taken so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_sql(*commands: str) -> None:
    with connection.cursor() as cursor:
        for command in commands:
            cursor.execute(command)


def tidy(*tables: str) -> None:
    """What was taken back is cleared away, and the database knows how much there is."""
    if connection.vendor == "postgresql":
        run_sql(*(f"VACUUM ANALYZE {table}" for table in tables or ("",)))
    else:
        run_sql("ANALYZE")


def timed(work: Callable[[], object]) -> float:
    """Seconds of a piece of work with the check of its keys, in a transaction that is taken back."""
    with transaction.atomic():
        begun = time.perf_counter()
        work()
        if connection.vendor == "postgresql":
            run_sql("SET CONSTRAINTS ALL IMMEDIATE")
        seconds = time.perf_counter() - begun
        transaction.set_rollback(True)
    return seconds


def best() -> None:
    run_sql(*BEST[connection.vendor])


def prepare(accounts: int, declarations: int) -> float:
    """A world with a generated year; returns how many postings a second were written, balances and proof included."""
    call_command("migrate", verbosity=0)
    call_command("load_reference", verbosity=0)
    command = [sys.executable, "manage.py", "generate_population", "--seed", "1"]
    begun = time.perf_counter()
    asked = ["--program-accounts", str(accounts), "--declarations", str(declarations)]
    subprocess.run([*command, *asked], cwd=ROOT, check=True, stdin=subprocess.DEVNULL)
    seconds = time.perf_counter() - begun
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM ledger_posting")
        postings: int = cursor.fetchone()[0]
    tidy()
    print(f"{accounts:,} program accounts, {postings:,} postings in {seconds:.1f} s", flush=True)
    return postings / seconds


def tables_of_the_same_form() -> None:
    for table, like, keys in (
        ("best_statement", "statements_statement", {"program_account_id": "accounts_programaccount"}),
        ("best_level", "statements_levelstatement", {"business_id": "accounts_business"}),
    ):
        if connection.vendor == "postgresql":
            run_sql(f"CREATE TABLE {table} (LIKE {like} INCLUDING ALL)")
            for column, other in keys.items():
                key = f"FOREIGN KEY ({column}) REFERENCES {other} DEFERRABLE INITIALLY DEFERRED"
                run_sql(f"ALTER TABLE {table} ADD {key}")
            continue
        with connection.cursor() as cursor:
            cursor.execute("SELECT sql FROM sqlite_master WHERE tbl_name = %s AND type IN ('table', 'index')", [like])
            for (made,) in cursor.fetchall():
                if made:
                    run_sql(made.replace(like, table).replace('INDEX "', 'INDEX "best_'))


def measure(rate: float) -> Measured:
    # Models can be imported only now.
    issue = import_string("statements.services.issue_statements")
    at = import_string("core.clock.at_toronto")
    system = import_string("core.actor.system")
    period = import_string("reference.rules.billing.BillingPeriod")(2025, 7)
    for _month in range(11):
        day = period.statement_on
        print(f"{day}: {issue(statement_on=day, actor=system('bench'), at=at(day, 1)).count} statements", flush=True)
        period = period.following
    day = period.statement_on
    tables_of_the_same_form()
    tidy()

    def run() -> None:
        issue(statement_on=day, actor=system("bench"), at=at(day, 1))

    with transaction.atomic():
        run()
        best()
        with connection.cursor() as cursor:
            cursor.execute(SAME)
            counts = cursor.fetchone()
        transaction.set_rollback(True)
    print(f"statements, by hand, equal ones; levels, by hand, equal ones: {counts}", flush=True)
    if len(set(counts[:3])) != 1 or len(set(counts[3:])) != 1 or not counts[0]:
        raise RuntimeError("the single statement does not compute the same rows")
    rounds = []
    for _round in range(ROUNDS):
        tidy(*WRITTEN, "best_statement", "best_level")
        rounds.append((timed(run), timed(best)))
    print(f"ratios of the rounds: {', '.join(f'{whole / single:.2f}' for whole, single in rounds)}", flush=True)
    ratio = statistics.median(whole / single for whole, single in rounds)
    whole, single = (statistics.median(seconds) for seconds in zip(*rounds, strict=True))
    print(f"whole run {whole:.3f} s, single statement {single:.3f} s, memory {memory():.1f} MB", flush=True)
    return Measured(ratio, whole, single, memory(), rate)


def in_a_world_of_its_own(size: str, part: int) -> Measured:
    """One population, measured by a process that has seen no other, on an empty database."""
    folder = os.environ["PORTAGE_VAR"]
    is_sqlite = size == "sqlite"
    url = f"sqlite:///{folder}/statements-{part}.sqlite3" if is_sqlite else new_database(f"statements_{part}")
    return Measured(**in_a_process_of_its_own("statements", size, part, url=url))


def main() -> None:
    size = size_asked_for((*USUAL, "sqlite"))
    if asked := part_asked_for():
        part, path = asked
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carm_portal.settings")
        django.setup()
        path.write_text(json.dumps(asdict(measure(prepare(*SIZES[size][part])))))
        return
    smaller, larger = (in_a_world_of_its_own(size, part) for part in range(2))
    (few, _declarations), (many, _more) = SIZES[size]
    growth = larger.memory - smaller.memory
    print(f"memory {smaller.memory:.1f} MB at {few:,} accounts, {larger.memory:.1f} MB at {many:,}", flush=True)
    checks = [
        at_most("run_of_single_statement", larger.ratio, TARGETS[size]),
        at_most("memory_growth_in_megabytes", growth, MOST_MEMORY),
    ]
    if size != "sqlite":
        checks.append(at_least("postings_written_a_second", larger.rate, POSTINGS_A_SECOND))
    report("statements", size, checks)


if __name__ == "__main__":
    main()
