"""A whole year of the country: made by ``generate_population``, billed, reviewed through Celery, and verified.

Nothing is compared here; what is shown is that each of the portal's jobs over everybody gets through the country on
one machine, that securities of every state are among it, and that the book is sound at the end. ``small`` has 2,500
program accounts and 50,000 declarations; ``country`` 250,000 and 18.85 million, which make 20 million receivable
postings and 31 million contra lines in half an hour of two idle cores, and want 60 GB of disk.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command
from django.db import connection
from django.utils.module_loading import import_string

from benchmarks.annual_review import review, worker
from benchmarks.harness import at_least, at_most, report, size_asked_for

ROOT = Path(__file__).resolve().parent.parent
#: Program accounts, declarations, and the receivable lines that they are to make at least.
SIZES = {"small": (2_500, 50_000, 50_000), "country": (250_000, 18_850_000, 20_000_000)}
PERIODS = 12
COUNTED = {
    "receivable lines": "SELECT COUNT(*) FROM ledger_posting WHERE account_id = 1100",
    "contra lines": "SELECT COUNT(*) FROM ledger_posting WHERE account_id <> 1100",
    "statements": "SELECT COUNT(*) FROM statements_statement",
    "requirements reviewed": "SELECT COUNT(*) FROM security_annualreview",
    "notices": "SELECT COUNT(*) FROM notifications_notification",
}
STATES = {
    "BondState": "SELECT state, COUNT(*) FROM security_bond GROUP BY 1 ORDER BY 1",
    "RppState": "SELECT state, COUNT(*) FROM security_rppenrolment GROUP BY 1 ORDER BY 1",
    "DepositState": "SELECT state, COUNT(*) FROM security_deposit GROUP BY 1 ORDER BY 1",
    "ReviewOutcome": "SELECT outcome, COUNT(*) FROM security_annualreview GROUP BY 1 ORDER BY 1",
}
#: Each of their states has to be there.
SECURITIES = {"BondState", "RppState", "DepositState"}


def timed(name: str, work: Callable[[], Any]) -> Any:
    begun = time.perf_counter()
    found = work()
    print(f"{name}: {time.perf_counter() - begun:.1f} s", flush=True)
    return found


def rows(question: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def make(accounts: int, declarations: int) -> None:
    command = [sys.executable, "manage.py", "generate_population", "--seed", "1"]
    asked = ["--program-accounts", str(accounts), "--declarations", str(declarations)]
    subprocess.run([*command, *asked], cwd=ROOT, check=True, stdin=subprocess.DEVNULL)


def bill() -> None:
    """The twelve statements of the year, each by the job's own service."""
    issue = import_string("statements.services.issue_statements")
    at = import_string("core.clock.at_toronto")
    system = import_string("core.actor.system")
    period = import_string("reference.rules.billing.BillingPeriod")(2025, 7)
    for _month in range(PERIODS):
        day = period.statement_on
        begun = time.perf_counter()
        issued = issue(statement_on=day, actor=system("bench"), at=at(day, 1))
        print(f"  {day}: {issued.count:,} statements in {time.perf_counter() - begun:.1f} s", flush=True)
        period = period.following


def main() -> None:
    size = size_asked_for()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carm_portal.settings")
    django.setup()
    accounts, declarations, least = SIZES[size]
    call_command("migrate", verbosity=0)
    call_command("load_reference", verbosity=0)
    timed("generated", lambda: make(accounts, declarations))
    with connection.cursor() as cursor:
        timed("vacuumed", lambda: cursor.execute("VACUUM ANALYZE"))
    timed("billed", bill)
    with worker(2):
        timed("reviewed", review)
    findings = timed("verified", lambda: list(import_string("ledger.verification.findings")()))
    counted = {name: rows(question)[0][0] for name, question in COUNTED.items()}
    for name, count in counted.items():
        print(f"{name}: {count:,}")
    missing = set()
    for name, question in STATES.items():
        found = dict(rows(question))
        print(f"{name}: {', '.join(f'{state} {count:,}' for state, count in found.items())}")
        if name in SECURITIES:
            missing |= {str(state.value) for state in import_string(f"security.rules.{name}")} - set(found)
    if missing:
        print(f"States that nobody has: {', '.join(sorted(missing))}")
    report(
        "country",
        size,
        [
            at_least("receivable_lines", counted["receivable lines"], least),
            at_most("findings_of_the_book", len(findings), 0),
            at_most("states_of_security_missing", len(missing), 0),
        ],
    )


if __name__ == "__main__":
    main()
