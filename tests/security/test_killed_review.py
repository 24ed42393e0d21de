"""Workers of the yearly review killed at random, and their connections cut: each account once, each told once."""

import os
import subprocess
import sys

import pytest

from benchmarks.annual_review import ENROL, MANAGE, PEOPLE, REQUIRE
from tests.simulation.test_killed_worker import ROOT, World, world

__all__ = ["world"]

#: Deaths, and accounts in a part: enough parts that every death falls into the review.
KILLS, PART = (50, 1) if os.environ.get("PORTAGE_PROVE") else (5, 4)

pytestmark = pytest.mark.skipif(
    not os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="SQLite's one writer has no workers to kill"
)


def test_a_review_whose_workers_die_reviews_each_account_once_and_tells_nobody_twice(world: World) -> None:
    for statement in (ENROL, REQUIRE, PEOPLE, MANAGE):
        world.sql(statement)
    done = subprocess.run(
        [sys.executable, "-m", "tests.security.killed_review", str(KILLS)],
        cwd=ROOT,
        env={**world.environment, "REVIEW_PART": str(PART)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    seen = [int(line) for line in done.stdout.split()]
    [(open_accounts, reviews, accounts)] = world.sql(
        "SELECT (SELECT COUNT(*) FROM accounts_programaccount WHERE closed_on IS NULL AND opened_on <= '2026-07-25'"
        " AND profile <> 'EXPORTER'), COUNT(*), COUNT(DISTINCT program_account_id) FROM security_annualreview"
    )
    assert reviews == accounts == open_accounts > 100
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
    world.manage("verify_ledger")
    world.manage("verify_audit")
