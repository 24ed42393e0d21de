"""A country for the yearly review: importers, enrolled and secured, and as many receivable lines as asked for.

The lines are reckoned from their numbers by whole numbers alone, so that PostgreSQL, SQLite and Python have the very
same country. The database fills it: writing twenty million entries one by one says nothing about the review.
"""

import subprocess
import sys
from array import array
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.utils.module_loading import import_string

ROOT = Path(__file__).resolve().parent.parent
#: The days of the July window.
FIRST, DAYS, MONTHS = date(2025, 7, 25), 365, 12
#: Line n falls on a holder by the fourth power of a number below one: few import much and many little.
STEP, PRIME, PRICE, DEAREST = 7919, 1_000_003, 104_729, 400_000

LINES = f"""
INSERT INTO ledger_posting (entry_id, account_id, holder_id, amount, revenue, category, posted_segment,
  billing_segment)
SELECT {{entry}}, 1100, 1 + %(accounts)s * (q * h / {PRIME}) / {PRIME}, 1 + n * {PRICE} %% {DEAREST}, 'GST', 'CHARGE',
  s.segment, s.segment
FROM (SELECT n, h, h * h / {PRIME} * h / {PRIME} AS q FROM (SELECT n, n * {STEP} %% {PRIME} AS h FROM {{numbers}}) u) v
  JOIN bench_day s ON s.place = n %% {DAYS}
"""
NUMBERS = {
    "postgresql": "(SELECT CAST(n AS BIGINT) AS n FROM GENERATE_SERIES(1, %(lines)s) g (n)) t",
    "sqlite": "(WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < %(lines)s) SELECT n FROM c)",
}
ENTRY = {"postgresql": "GEN_RANDOM_UUID()", "sqlite": "LOWER(HEX(RANDOMBLOB(16)))"}
RECEIVABLE = """
CREATE INDEX ledger_posting_receivable ON ledger_posting (holder_id, posted_segment, category, amount)
WHERE account_id = 1100
"""
SEGMENTS = """
INSERT INTO ledger_holdersegment (holder_id, posted_segment, billing_segment, charges, penalties, interest, ctype,
  credits, payments, ctype_payments, disbursements)
SELECT holder_id, posted_segment, billing_segment, SUM(amount), 0, 0, 0, 0, 0, 0, 0
FROM ledger_posting WHERE account_id = 1100 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
ENROL = """
INSERT INTO security_rppenrolment (program_account_id, state, reason, note, enrolled_on, changed_on)
SELECT a.id, 'ACTIVE', '', '', '2025-08-01', '2025-08-01' FROM accounts_programaccount a
WHERE a.id % 7 <> 0 AND NOT EXISTS (SELECT 1 FROM security_rppenrolment e WHERE e.program_account_id = a.id)
"""
#: Last year's requirement lies up to 30 % below or above this year's, so that about half of them rise.
REQUIRE = """
INSERT INTO security_securityrequirement (program_account_id, amount, source, effective_on, computed_on)
SELECT e.program_account_id, COALESCE(MAX(m.total), 0) * (70 + e.program_account_id * 37 % 61) / 100, 'REVIEW',
  '2025-10-15', '2025-07-25'
FROM security_rppenrolment e LEFT JOIN (
  SELECT holder_id, posted_segment / 10 AS month, CAST(SUM(charges) AS BIGINT) AS total FROM ledger_holdersegment
  GROUP BY 1, 2
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
WHERE a.id % 5 <> 0 AND NOT EXISTS (SELECT 1 FROM security_bond b WHERE b.program_account_id = a.id)
"""
SHARE = """
INSERT INTO security_bondallocation (bond_id, program_account_id, amount)
SELECT b.id, b.program_account_id, b.amount FROM security_bond b
WHERE NOT EXISTS (SELECT 1 FROM security_bondallocation s WHERE s.bond_id = b.id)
"""
#: Every business has a manager, so that every rise is told; a quarter of them reads French.
PEOPLE = """
INSERT INTO accounts_user (username, password, is_superuser, is_staff, is_active, first_name, last_name, email,
  date_joined, method, telephone, extension, contact_email, language, wants_email, is_practice_seat)
SELECT 'bench-' || b.id, '!', FALSE, FALSE, TRUE, '', '', '', CURRENT_TIMESTAMP, '', '', '', '',
  CASE WHEN b.id % 4 = 0 THEN 'fr' ELSE 'en' END, FALSE, FALSE
FROM accounts_business b
WHERE NOT EXISTS (SELECT 1 FROM accounts_membership m WHERE m.business_id = b.id AND m.state = 'ACTIVE')
"""
MANAGE = """
INSERT INTO accounts_membership (user_id, business_id, role, is_primary, state, added_actions, granted_by, started_at)
SELECT u.id, CAST(SUBSTR(u.username, 7) AS BIGINT), 'BAM', TRUE, 'ACTIVE', '[]', '', CURRENT_TIMESTAMP
FROM accounts_user u WHERE u.username LIKE 'bench-%'
"""


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
    stand_aside()
    run_sql(
        "CREATE TABLE bench_day (place INT PRIMARY KEY, segment INT)",
        *(f"INSERT INTO bench_day VALUES ({place}, {segment})" for place, segment in enumerate(segments())),
        "DELETE FROM ledger_posting",
        "DELETE FROM ledger_holdersegment",
        "DROP INDEX ledger_posting_receivable",
    )
    vendor = connection.vendor
    run_sql(LINES.format(entry=ENTRY[vendor], numbers=NUMBERS[vendor]), accounts=accounts, lines=lines)
    run_sql(
        RECEIVABLE,
        SEGMENTS,
        ENROL,
        REQUIRE,
        SECURE,
        SHARE,
        PEOPLE,
        MANAGE,
        "CREATE TABLE best_requirement (account_id BIGINT PRIMARY KEY, amount BIGINT, month INT)",
    )
    stand_guard()
    tidy()


def forget(*deletes: str) -> None:
    """Take rows away that nothing but this may take away: each is a table, or one with a condition."""
    stand_aside()
    run_sql(*(f"DELETE FROM {delete}" for delete in deletes))
    stand_guard()
    tidy(*(delete.split(" ", 1)[0] for delete in deletes))


def tidy(*tables: str) -> None:
    """Let the database know what it has, as it does of its own accord between one year's review and the next."""
    if connection.vendor == "sqlite":
        run_sql("ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        run_sql(*([f"VACUUM ANALYZE {table}" for table in tables] or ["VACUUM ANALYZE"]))


def stand_aside() -> None:
    """The guards of the book stand aside for the owner of the database; nothing else may do this."""
    if connection.vendor == "sqlite":
        run_sql("PRAGMA foreign_keys = OFF")
        import_string("ledger.triggers.unlock")(connection)
    else:
        run_sql("SET session_replication_role = replica")


def stand_guard() -> None:
    if connection.vendor == "sqlite":
        import_string("ledger.triggers.lock")(connection)
        run_sql("PRAGMA foreign_keys = ON")
    else:
        run_sql("SET session_replication_role = origin")


def days() -> Iterator[date]:
    return (FIRST + timedelta(days=place) for place in range(DAYS))


def segments() -> Iterator[int]:
    """The segment of each day of the window: four a month, from the 1st, the 18th, the 20th and the 25th."""
    for day in days():
        yield (day.year * 100 + day.month) * 10 + 1 + sum(day.day >= first for first in (18, 20, 25))


def on_paper(accounts: int, lines: int) -> Sequence[int]:
    """The highest month of each account in cents, in plain Python: one line after another, by its calendar day."""
    month_of = [day.year * MONTHS + day.month + (day.day >= FIRST.day) for day in days()]
    begin = month_of[0]
    months = array("q", bytes(8 * MONTHS * (accounts + 1)))
    for line in range(1, lines + 1):
        h = line * STEP % PRIME
        holder = 1 + accounts * (h * h // PRIME * h // PRIME * h // PRIME) // PRIME
        months[holder * MONTHS + month_of[line % DAYS] - begin] += 1 + line * PRICE % DEAREST
    return array("q", (max(months[place : place + MONTHS]) for place in range(0, len(months), MONTHS)))
