"""How long the daily clearing takes, beside the best single statement that makes the same clearings.

Every program account has debts that fall due on each of a few days, and credits that pay a part of them. For each day
in turn the product's own job runs (its chunks, locks and guards, and the look at suspensions), and the single statement
runs on tables of the same form with the same rows, indexes and keys, but without guards, fingerprints and locks: it
pairs, writes clearings, entries and lines, and brings items and balances up to date. Both are then compared, pair for
pair. ``small`` has 5,000 program accounts, ``country`` 50,000.
"""

import os
import random
import resource
import statistics
import time
from datetime import date, timedelta
from decimal import Decimal

import django
from django.core.management import call_command
from django.db import connection, transaction
from django.utils.module_loading import import_string

from benchmarks.harness import Check, at_most, report, size_asked_for

SIZES = {"small": 5_000, "country": 50_000}
FIRST_DAY = date(2026, 7, 6)
ROUNDS = 5
TARGET = 2.0
#: What the job may add to the memory of its process, in megabytes, whatever the number of accounts.
MOST_MEMORY = 32.0
TABLES = ("openitem", "journalentry", "posting", "clearing", "holderbalance")

#: The foreign keys that the book's own tables have for what a clearing writes.
KEYS = (
    ("posting", "entry_id", "journalentry"),
    ("clearing", "entry_id", "journalentry"),
    ("clearing", "debt_item_id", "openitem"),
    ("clearing", "credit_item_id", "openitem"),
)
NUMBERED = ("posting", "clearing")

BEST = """
WITH debts AS (
  SELECT id, holder_id, amount - cleared AS rest, CAST(SUM(amount - cleared) OVER (PARTITION BY holder_id
    ORDER BY due_on, CASE kind WHEN 'CHARGE' THEN 0 WHEN 'PENALTY' THEN 1 ELSE 2 END, id) AS BIGINT) AS upto
  FROM best_openitem WHERE side = 'DEBT' AND cleared < amount AND due_on <= %(on)s AND posted_on <= %(on)s),
credits AS (
  SELECT id, holder_id, amount - cleared AS rest, CAST(SUM(amount - cleared) OVER (PARTITION BY holder_id
    ORDER BY posted_on, id) AS BIGINT) AS upto
  FROM best_openitem WHERE side = 'CREDIT' AND cleared < amount AND posted_on <= %(on)s),
pairs AS MATERIALIZED (
  SELECT d.holder_id, d.id AS debt, c.id AS credit,
    LEAST(d.upto, c.upto) - GREATEST(d.upto - d.rest, c.upto - c.rest) AS amount
  FROM debts d JOIN credits c
    ON c.holder_id = d.holder_id AND c.upto > d.upto - d.rest AND d.upto > c.upto - c.rest),
entries AS MATERIALIZED (
  SELECT holder_id, GEN_RANDOM_UUID() AS id, CAST(SUM(amount) AS BIGINT) AS total FROM pairs GROUP BY holder_id),
made AS (
  INSERT INTO best_clearing (key, entry_id, debt_item_id, credit_item_id, amount, cleared_on)
  SELECT 'clearing:' || debt || ':' || credit || ':1', e.id, debt, credit, amount, %(on)s
  FROM pairs p JOIN entries e ON e.holder_id = p.holder_id),
posted AS (
  INSERT INTO best_posting (entry_id, account_id, holder_id, amount, revenue, category, posted_segment, billing_segment)
  SELECT id, account, holder_id, sign * total, '', 'NONE', 0, 0
  FROM entries, (VALUES (2000, 1), (1100, -1)) AS lines (account, sign)),
sealed AS (
  INSERT INTO best_journalentry (id, key, kind, category, holder_id, source, method, memo, posted_on, billing_on,
    recorded_by, payload_hash, posting_count, total_debit, amount)
  SELECT id, 'clearing:' || holder_id || ':' || %(on)s, 'CLEARING', 'NONE', holder_id, 'clearing', '', '', %(on)s,
    %(on)s, 'SYSTEM:bench', '', 2, total, 0 FROM entries),
carried AS (
  UPDATE best_openitem i SET cleared = i.cleared + s.total
  FROM (SELECT item, SUM(amount) AS total FROM (SELECT debt AS item, amount FROM pairs
    UNION ALL SELECT credit, amount FROM pairs) m GROUP BY item) s WHERE i.id = s.item)
UPDATE best_holderbalance b SET receivable = b.receivable - e.total, unapplied = b.unapplied + e.total
FROM entries e WHERE e.holder_id = b.holder_id
"""
#: Clearings of either side that the other has not made alike.
DIFFERENT = """
SELECT COUNT(*) FROM ledger_clearing c FULL JOIN best_clearing b
  ON b.debt_item_id = c.debt_item_id AND b.credit_item_id = c.credit_item_id AND b.amount = c.amount
WHERE c.id IS NULL OR b.id IS NULL
"""


def memory() -> float:
    """The most that this process has taken so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def prepare(accounts: int, days: list[date]) -> int:
    """Importers with debts that fall due on each of the days and credits that pay a part; how many items."""
    call_command("migrate", verbosity=0)
    call_command("load_reference", verbosity=0)
    call_command("generate_population", program_accounts=accounts, declarations=accounts, seed=1, verbosity=0)
    program_account = import_string("accounts.models.ProgramAccount")
    post_batch = import_string("ledger.services.post_batch")
    rules, actor = import_string("ledger.rules"), import_string("core.actor.system")("bench")
    at = import_string("core.clock.at_toronto")(days[0] - timedelta(days=20), 9)
    chance, drafts, count = random.Random(1), [], 0
    for holder in program_account.objects.order_by("pk").values_list("pk", flat=True):
        for day in days:
            common = {"holder_id": holder, "submitter_id": None, "source": "bench", "memo": ""}
            for number in range(chance.randint(1, 4)):
                drafts.append(
                    rules.charge_draft(
                        key=f"bench:{holder}:{day}:{number}",
                        kind=rules.EntryKind.DECLARATION,
                        amounts={rules.Revenue.DUTY: Decimal(chance.randint(100, 900_000)) / 100},
                        posted_on=day - timedelta(days=20),
                        billing_on=day - timedelta(days=20),
                        due_on=day,
                        last_day_to_pay=day,
                        **common,
                    )
                )
            for number in range(chance.randint(0, 2)):
                drafts.append(
                    rules.move_draft(
                        key=f"bench:{holder}:{day}:paid:{number}",
                        kind=rules.EntryKind.PAYMENT,
                        amount=Decimal(chance.randint(100, 1_200_000)) / 100,
                        posted_on=day,
                        **common,
                    )
                )
        if len(drafts) > 10_000:
            count += len(post_batch(drafts=drafts, at=at, actor=actor))
            drafts = []
    return count + len(post_batch(drafts=drafts, at=at, actor=actor))


def measure(days: list[date]) -> list[Check]:
    fire, firing = import_string("core.jobs.fire"), import_string("core.timetable.Firing")
    at = import_string("core.clock.at_toronto")
    job = next(job for job in import_string("core.timetable.timetable")() if job.name == "payments.clearing")
    # What the population left open is cleared first, so that both begin with the same rows.
    fire(firing(job, at(days[0] - timedelta(days=1), 0, 10)))
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"CREATE TABLE best_{table} (LIKE ledger_{table} INCLUDING ALL)")
            cursor.execute(f"INSERT INTO best_{table} OVERRIDING SYSTEM VALUE SELECT * FROM ledger_{table}")
            if table in NUMBERED:
                number = f"pg_get_serial_sequence('best_{table}', 'id')"
                cursor.execute(f"SELECT setval({number}, (SELECT COALESCE(MAX(id), 0) + 1 FROM best_{table}))")
        for table, column, other in KEYS:
            key = f"FOREIGN KEY ({column}) REFERENCES best_{other} DEFERRABLE INITIALLY DEFERRED"
            cursor.execute(f"ALTER TABLE best_{table} ADD {key}")
        cursor.execute("VACUUM ANALYZE")
    before, rounds = memory(), []
    for day in days:
        begun = time.perf_counter()
        run = fire(firing(job, at(day, 0, 10)))
        whole = time.perf_counter() - begun
        begun = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(BEST, {"on": day.isoformat()})
        single = time.perf_counter() - begun
        with connection.cursor() as cursor:
            cursor.execute(DIFFERENT)
            (different,) = cursor.fetchone()
        made = run.summary["clearings"]
        print(
            f"{day}: {made:,} clearings, whole {whole:.2f} s ({made / whole:,.0f}/s), single {single:.2f} s", flush=True
        )
        if different or not made:
            raise RuntimeError(f"{different} clearings differ")
        rounds.append(whole / single)
    return [
        at_most("run_of_single_statement", statistics.median(rounds), TARGET),
        at_most("memory_added_in_megabytes", memory() - before, MOST_MEMORY),
    ]


def main() -> None:
    size = size_asked_for()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carm_portal.settings")
    django.setup()
    days = [FIRST_DAY + timedelta(days=number) for number in range(ROUNDS)]
    begun = time.perf_counter()
    items = prepare(SIZES[size], days)
    print(f"{SIZES[size]:,} program accounts, {items:,} items made in {time.perf_counter() - begun:.0f} s", flush=True)
    checks = measure(days)
    call_command("verify_ledger", verbosity=0)
    report("clearing", size, checks)


if __name__ == "__main__":
    main()
