"""The yearly review while workers and the database are killed at random: each account once, each told once."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg2
import pytest

from benchmarks.review_country import ENROL, MANAGE, PEOPLE, REQUIRE
from tests.security.killed_review import stop_database
from tests.simulation.test_killed_worker import ROOT, World, populated
from tools import servers

#: Deaths, and accounts in a part: enough parts that every death falls into the review.
KILLS, PART = (50, 1) if os.environ.get("PORTAGE_PROVE") else (5, 4)

pytestmark = pytest.mark.skipif(
    not os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="SQLite's one writer has no workers to kill"
)


def data_of(world: World) -> Path:
    """The server's folder, as soon as it answers."""
    patience = time.monotonic() + 30
    while True:
        try:
            [(folder,)] = world.sql("SHOW data_directory")
            return Path(folder)
        except psycopg2.OperationalError:
            if time.monotonic() > patience:
                raise
            time.sleep(0.05)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """On a PostgreSQL of its own, because it dies; what that has said to be written must be there afterwards."""
    with ExitStack() as stack:
        url = stack.enter_context(servers.postgresql(tmp_path))
        stack.callback(stop_database, data_of(World(tmp_path, url, "")))
        made = stack.enter_context(populated(tmp_path, url))
        name = made.environment["DATABASE_URL"].rsplit("/", 1)[1]
        made.sql(f"ALTER DATABASE {name} SET synchronous_commit = on")
        for statement in (ENROL, REQUIRE, PEOPLE, MANAGE):
            made.sql(statement)
        yield made


def test_a_review_that_is_killed_at_random_reviews_each_account_once_and_tells_nobody_twice(world: World) -> None:
    seen = reviewed(world, kills=KILLS)
    [(open_accounts, reviews, accounts)] = world.sql(
        "SELECT (SELECT COUNT(*) FROM accounts_programaccount WHERE closed_on IS NULL AND opened_on <= '2026-07-25'"
        " AND profile <> 'EXPORTER'), COUNT(*), COUNT(DISTINCT program_account_id) FROM security_annualreview"
    )
    assert reviews == accounts == open_accounts > 100
    assert len(seen) == KILLS
    # At least one of them died with the review begun and not ended, and nothing that was written was lost again.
    assert seen == sorted(seen) and any(0 < count < reviews for count in seen)
    [(risen, told, versions)] = world.sql(
        "SELECT (SELECT COUNT(*) FROM security_annualreview WHERE outcome = 'RISEN'),"
        " (SELECT COUNT(*) FROM notifications_notification WHERE category = 'ANNUAL_REVIEW_INCREASE'),"
        " (SELECT COUNT(DISTINCT (user_id, program_account_id)) FROM notifications_notification"
        "  WHERE category = 'ANNUAL_REVIEW_INCREASE')"
    )
    assert risen and risen <= told == versions
    [(versions, followed)] = world.sql(
        "SELECT COUNT(*), COUNT(DISTINCT review_id) FROM security_securityrequirement WHERE review_id IS NOT NULL"
    )
    [(expected,)] = world.sql("SELECT COUNT(*) FROM security_annualreview WHERE outcome IN ('RISEN', 'SAME_OR_LOWER')")
    assert versions == followed == expected
    assert world.sql("SELECT state FROM core_jobrun WHERE job = 'security.annual_review'") == [("DONE",)]
    two_reviews_at_once_and_corrections_meanwhile(world)
    world.manage("verify_ledger")
    world.manage("verify_audit")


def two_reviews_at_once_and_corrections_meanwhile(world: World) -> None:
    """The October cycle on the same accounts, months by release: what becomes known on its day belongs to the next."""
    world.sql("UPDATE reference_policyparameter SET value = 'release' WHERE key = 'security.month_basis'")
    before = world.sql("SELECT COUNT(*) FROM notifications_notification WHERE category = 'ANNUAL_REVIEW_INCREASE'")
    reviewed(world, kills=0, cycle="october")
    [(reviews, accounts, risen, highest)] = world.sql(
        "SELECT COUNT(*), COUNT(DISTINCT program_account_id), COUNT(*) FILTER (WHERE outcome = 'RISEN'),"
        " MAX(new_amount) FROM security_annualreview WHERE cycle = 'october'"
    )
    assert reviews == accounts > 100
    after = world.sql("SELECT COUNT(*) FROM notifications_notification WHERE category = 'ANNUAL_REVIEW_INCREASE'")
    managers = "SELECT COUNT(*) FROM accounts_membership m JOIN accounts_programaccount a USING (business_id)"
    [(told,)] = world.sql(
        f"{managers} JOIN security_annualreview r ON r.program_account_id = a.id"
        " WHERE r.cycle = 'october' AND r.outcome = 'RISEN' AND m.role = 'BAM' AND m.state = 'ACTIVE'"
    )
    assert after[0][0] - before[0][0] == told >= risen
    ours = "key LIKE 'declaration:killed-october-%:v2'"
    [(corrections,)] = world.sql(f"SELECT COUNT(*) FROM ledger_journalentry WHERE {ours}")
    assert corrections == 20 and 0 < highest < 777_777_777


def reviewed(world: World, *, kills: int, cycle: str = "july") -> list[int]:
    """How many accounts were reviewed after each death."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.security.killed_review", str(kills)],
        cwd=ROOT,
        env={**world.environment, "REVIEW_PART": str(PART), "REVIEW_CYCLE": cycle},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return [int(line) for line in done.stdout.split()]
