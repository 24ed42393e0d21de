"""A Celery worker killed again and again in the month's jobs: the rest is done once, and the book is clean."""

import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2 import sql

from tools import servers

ROOT = Path(__file__).resolve().parent.parent.parent
KILLS = 20 if os.environ.get("PORTAGE_PROVE") else 3
#: The way to the statements of 25 June 2026: interest, daily notices and the statements themselves fall due on it.
ASK = """
import django
django.setup()
from core import jobs
from core.clock import at_toronto, clock_row, instant_of
from core.models import ClockMove
from datetime import date
from carm_portal.celery import app
move = ClockMove.objects.order_by("-id").first() or jobs.ask_clock_move(
    to_at=at_toronto(date(2026, 6, 25), 1), actor=jobs.console_actor(), at=instant_of(clock_row())
)
app.send_task("core.work_clock_move", [move.pk])
"""

pytestmark = pytest.mark.skipif(
    not os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="SQLite's one writer has no workers to kill"
)


class World:
    """A database and a queue of their own with a generated population; commands and workers on them."""

    def __init__(self, folder: Path, database: str, redis: str) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "DATABASE_URL": database,
            "REDIS_URL": redis,
            "CELERY_BROKER_URL": redis,
            "CELERY_TASK_ALWAYS_EAGER": "0",
            "PORTAGE_MODE": "practice",
            "PORTAGE_VAR": str(folder),
            "DJANGO_SETTINGS_MODULE": "carm_portal.settings",
        }

    def manage(self, *words: str) -> None:
        self._run(["manage.py", *words])

    def ask(self) -> None:
        self._run(["-c", ASK])

    def _run(self, words: list[str]) -> None:
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(self.environment["DATABASE_URL"])
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "celery", "-A", "carm_portal", "worker", "--concurrency", "1"]
        with (self.folder / "worker.log").open("ab") as log:
            running = subprocess.Popen(
                [*command, "--loglevel", "WARNING", "--without-gossip", "--without-mingle"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield running
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()

    def wait_for(self, *states: str) -> str:
        patience = time.monotonic() + 120
        while time.monotonic() < patience:
            [(state, problem)] = self.sql("SELECT state, problem FROM core_clockmove")
            if state in states:
                return str(state)
            assert state != "FAILED", problem
            time.sleep(0.02)
        raise AssertionError((self.folder / "worker.log").read_text()[-3000:])


@contextmanager
def populated(tmp_path: Path, url: str) -> Iterator[World]:
    """A world on the PostgreSQL at an address, dropped afterwards."""
    name = f"killed_{secrets.token_hex(4)}"
    with servers.redis(tmp_path) as redis:
        _run_on(url, "CREATE DATABASE {}", name)
        made = World(tmp_path, url.rsplit("/", 1)[0] + f"/{name}", redis)
        made.manage("migrate", "--verbosity", "0")
        made.manage("load_reference", "--verbosity", "0")
        made.manage("generate_population", "--program-accounts", "300", "--declarations", "3000", "--no-lines")
        yield made
        _run_on(url, "DROP DATABASE {} WITH (FORCE)", name)


def _run_on(url: str, statement: str, name: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(sql.Identifier(name)))
    finally:
        connection.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with populated(tmp_path, os.environ["DATABASE_URL"]) as made:
        yield made


def test_a_worker_killed_at_random_leaves_each_account_one_statement_and_a_clean_book(world: World) -> None:
    chance, killed_in_the_middle = random.Random(4), 0
    world.ask()
    for _kill in range(KILLS):
        with world.worker() as running:
            world.wait_for("RUNNING", "DONE")
            time.sleep(chance.random() / 2)
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
        if world.wait_for("RUNNING", "DONE") == "DONE":
            break
        killed_in_the_middle += 1
        # Five minutes of silence pass, and the move is asked for again.
        world.sql("UPDATE core_clockmove SET heartbeat_at = heartbeat_at - INTERVAL '10 minutes'")
        world.ask()
    with world.worker():
        world.wait_for("DONE")
    [(statements, accounts)] = world.sql(
        "SELECT COUNT(*), COUNT(DISTINCT program_account_id) FROM statements_statement WHERE period_end = '2026-06-17'"
    )
    assert killed_in_the_middle and statements == accounts > 50
    [(told, audited)] = world.sql(
        "SELECT (SELECT COUNT(*) FROM core_auditevent WHERE verb = 'statement.issued'),"
        " (SELECT COUNT(*) FROM statements_statement)"
    )
    assert told == audited
    [(charged, audited)] = world.sql(
        "SELECT (SELECT COUNT(DISTINCT holder_id) FROM ledger_journalentry WHERE kind = 'INTEREST'),"
        " (SELECT COUNT(*) FROM core_auditevent WHERE verb = 'interest.charged')"
    )
    assert charged == audited > 0
    [(unfinished,)] = world.sql("SELECT COUNT(*) FROM core_jobrun WHERE state <> 'DONE'")
    assert unfinished == 0
    world.manage("verify_ledger")
    world.manage("verify_audit")
