"""How long a whole monthly statement run takes, beside the best single statement that computes the same rows.

A population is generated, its first eleven statements are issued, and the twelfth run and the single statement are
timed in turns on the same data, each taken back afterwards. The single statement, written by hand for that one month,
inserts the statements and those of the levels above into tables of the same form; the run also writes the audit trail.
``small`` has 10,000 program accounts and half a million postings, ``country`` 50,000 and 4 million.
"""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection, transaction
from django.utils.module_loading import import_string

from benchmarks.harness import Check, at_least, at_most, report, size_asked_for

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"small": (10_000, 200_000), "country": (50_000, 1_400_000)}
ROUNDS = 5
TARGET = 1.5
#: What the run may add to the memory of its process, in megabytes, whatever the number of accounts.
MOST_MEMORY = 32.0
POSTINGS_A_SECOND = 50_000.0

#: The statements of 25 June 2026 by hand: boxes from the segments, count and hash from the entries.
BEST = """
WITH boxed AS (
  SELECT holder_id, key, amount, CASE
      WHEN category IN ('PAYMENT', 'CTYPE_PAYMENT') THEN 'C' WHEN category = 'DISBURSEMENT' THEN 'D'
      WHEN category IN ('INTEREST', 'PENALTY') THEN 'E' WHEN category = 'CTYPE' THEN 'F'
      WHEN billing_on < '2026-05-18' THEN 'B' WHEN category = 'CHARGE' THEN 'F' ELSE 'G' END AS box
  FROM ledger_journalentry
  WHERE posted_on <= '2026-06-24' AND category <> 'NONE' AND (
    (category IN ('CHARGE', 'CREDIT') AND billing_on BETWEEN '2026-05-18' AND '2026-06-17')
    OR (posted_on >= '2026-05-25' AND (category NOT IN ('CHARGE', 'CREDIT') OR billing_on < '2026-05-18')))),
sealed AS (
  SELECT holder_id, COUNT(*) AS entry_count, ENCODE(SHA256(CONVERT_TO(STRING_AGG(
      key || '|' || box || '|' || TO_CHAR(amount / 100.0, 'FM9999999999990.00'), E'\\n' ORDER BY box, key) || E'\\n',
      'UTF8')), 'hex') AS seal
  FROM boxed GROUP BY holder_id),
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
  GROUP BY holder_id),
made AS (
  INSERT INTO best_statement (program_account_id, box_a, box_b, box_c, box_d, box_e, box_f, box_g, box_h, entry_count,
    seal, period_start, period_end, statement_on, posted_since, posted_upto, payment_due_on, last_day_to_pay, issued_at)
  SELECT a.id, COALESCE(p.box_h, 0), COALESCE(b, 0), COALESCE(c, 0), COALESCE(d, 0), COALESCE(e, 0), COALESCE(f, 0),
    COALESCE(g, 0), COALESCE(p.box_h, 0) + COALESCE(b + c + d + e + f + g, 0), COALESCE(s.entry_count, 0),
    COALESCE(s.seal, ''), '2026-05-18', '2026-06-17', '2026-06-25', '2026-05-25', '2026-06-24', '2026-07-01',
    '2026-07-02', NOW()
  FROM accounts_programaccount a
    LEFT JOIN figures x ON x.holder_id = a.id LEFT JOIN sealed s ON s.holder_id = a.id
    LEFT JOIN statements_statement p ON p.program_account_id = a.id AND p.period_end = '2026-05-17'
  WHERE b <> 0 OR c <> 0 OR d <> 0 OR e <> 0 OR f <> 0 OR g <> 0 OR p.box_h <> 0
  RETURNING *)
INSERT INTO best_level (level, program, business_id, account_count, entry_count, seal, box_a, box_b, box_c, box_d,
  box_e, box_f, box_g, box_h, period_start, period_end, statement_on, payment_due_on, last_day_to_pay, issued_at)
SELECT level, CASE level WHEN 'PROGRAM' THEN SUBSTR(number, 10, 2) ELSE '' END, business_id, COUNT(*),
  SUM(entry_count), ENCODE(SHA256(CONVERT_TO(STRING_AGG(number || '|' || seal, E'\\n' ORDER BY number) || E'\\n',
  'UTF8')), 'hex'), SUM(box_a), SUM(box_b), SUM(box_c), SUM(box_d), SUM(box_e), SUM(box_f), SUM(box_g), SUM(box_h),
  '2026-05-18', '2026-06-17', '2026-06-25', '2026-07-01', '2026-07-02', NOW()
FROM made JOIN accounts_programaccount a ON a.id = made.program_account_id,
  (VALUES ('ENTITY'), ('PROGRAM')) AS levels (level)
GROUP BY 1, 2, 3
"""
SAME = """
SELECT (SELECT COUNT(*) FROM statements_statement WHERE period_end = '2026-06-17'),
  (SELECT COUNT(*) FROM best_statement),
  (SELECT COUNT(*) FROM best_statement b JOIN statements_statement s ON s.program_account_id = b.program_account_id
    AND s.period_end = b.period_end AND s.box_h = b.box_h AND s.box_a = b.box_a AND s.box_f = b.box_f
    AND s.entry_count = b.entry_count AND (s.seal = b.seal OR b.seal = '')),
  (SELECT COUNT(*) FROM statements_levelstatement WHERE period_end = '2026-06-17'), (SELECT COUNT(*) FROM best_level)
"""


def memory() -> float:
    """The most that this process has taken so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(work: Callable[[], object]) -> float:
    """Seconds of a piece of work in a transaction that is taken back."""
    with transaction.atomic():
        begun = time.perf_counter()
        work()
        seconds = time.perf_counter() - begun
        transaction.set_rollback(True)
    return seconds


def best() -> None:
    with connection.cursor() as cursor:
        cursor.execute(BEST)


def prepare(size: str) -> float:
    """A world with a generated year; returns how many postings a second were written, balances and proof included."""
    call_command("migrate", verbosity=0)
    call_command("load_reference", verbosity=0)
    accounts, declarations = SIZES[size]
    command = [sys.executable, "manage.py", "generate_population", "--seed", "1"]
    begun = time.perf_counter()
    asked = ["--program-accounts", str(accounts), "--declarations", str(declarations)]
    subprocess.run([*command, *asked], cwd=ROOT, check=True, stdin=subprocess.DEVNULL)
    seconds = time.perf_counter() - begun
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM ledger_posting")
        postings: int = cursor.fetchone()[0]
        cursor.execute("VACUUM ANALYZE")
    print(f"{postings:,} postings in {seconds:.1f} s", flush=True)
    return postings / seconds


def measure() -> list[Check]:
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
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE best_statement (LIKE statements_statement INCLUDING ALL)")
        cursor.execute("CREATE TABLE best_level (LIKE statements_levelstatement INCLUDING ALL)")
        cursor.execute("VACUUM ANALYZE")

    def run() -> None:
        issue(statement_on=day, actor=system("bench"), at=at(day, 1))

    with transaction.atomic():
        run()
        best()
        with connection.cursor() as cursor:
            cursor.execute(SAME)
            counts = cursor.fetchone()
        transaction.set_rollback(True)
    print(f"statements, those of the single statement, equal ones, levels of both: {counts}", flush=True)
    if len(set(counts[:3])) != 1 or counts[3] != counts[4] or not counts[0]:
        raise RuntimeError("the single statement does not compute the same rows")
    before = memory()
    rounds = [(timed(run), timed(best)) for _round in range(ROUNDS)]
    whole, single = (statistics.median(seconds) for seconds in zip(*rounds, strict=True))
    print(f"whole run {whole:.3f} s, single statement {single:.3f} s", flush=True)
    return [
        at_most("run_of_single_statement", whole / single, TARGET),
        at_most("memory_added_in_megabytes", memory() - before, MOST_MEMORY),
    ]


def main() -> None:
    size = size_asked_for()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carm_portal.settings")
    django.setup()
    rate = prepare(size)
    checks = measure()
    report("statements", size, [*checks, at_least("postings_written_a_second", rate, POSTINGS_A_SECOND)])


if __name__ == "__main__":
    main()
