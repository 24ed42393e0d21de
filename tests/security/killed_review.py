"""Works one yearly review off while processes and the database are killed at random, then lets two finish it.

Run by ``test_killed_review`` as a program of its own: it forks, which a process with a test's threads must not.
"""

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import django
from django.conf import settings
from django.db import connection, connections, transaction
from django.db.utils import InterfaceError, OperationalError
from django.utils.module_loading import import_string

#: What dies, in turns: every server process, the two workers, or the connections alone.
DEATHS = ("database", "workers", "database", "connections")
JOBS = {"july": "security.annual_review", "october": "security.annual_review.october"}
#: More than any month of the generated population.
CORRECTION = Decimal("7777777.77")
CORRECTIONS = 20


def forked(work: Callable[[], None]) -> int:
    """A process of its own, with a connection of its own."""
    child = os.fork()
    if child:
        return child
    try:
        work()
        status = 0
    except (InterfaceError, OperationalError):
        status = 3
    finally:
        os._exit(locals().get("status", 1))


def number_of(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        [count] = cursor.fetchone()
    return int(count)


def reviewed() -> int:
    return number_of("SELECT COUNT(*) FROM security_annualreview")


def wait_for_more_than(count: int) -> None:
    """Until the children have written something more, or there is nothing left to write."""
    patience = time.monotonic() + 5
    while reviewed() <= count and time.monotonic() < patience:
        time.sleep(0.002)


# --- Deaths of the database -------------------------------------------------------------------------------------------


def server(folder: Path) -> int:
    return int((folder / "postmaster.pid").read_text().split()[0])


def kill_database(folder: Path) -> None:
    """Every process of the server at once, and the server started again on what it had written."""
    first = server(folder)
    command = Path(f"/proc/{first}/cmdline").read_bytes().split(b"\0")[:-1]
    # SIGSTOP first, so that no child hears of its parent's death and tidies up.
    os.kill(first, signal.SIGSTOP)
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    for process in (first, *map(int, children)):
        os.kill(process, signal.SIGKILL)
    while any(is_alive(process) for process in (first, *map(int, children))):
        time.sleep(0.005)
    (folder / "postmaster.pid").unlink()
    owner = folder.stat().st_uid
    # Not to our own output: who reads that would wait for the server's end.
    with (folder / "restarted.log").open("ab") as log:
        subprocess.Popen(
            command,
            user=None if owner == os.geteuid() else owner,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    connections.close_all()
    patience = time.monotonic() + 30
    while time.monotonic() < patience:
        try:
            connection.ensure_connection()
            return
        except OperationalError:
            time.sleep(0.02)
    raise RuntimeError("the database did not come back")


def is_alive(process: int) -> bool:
    """Whether it runs still; what only waits for its parent to look is dead."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def stop_database(folder: Path) -> None:
    """Ends the server that was started last."""
    process = server(folder)
    os.kill(process, signal.SIGINT)
    patience = time.monotonic() + 20
    while is_alive(process) and time.monotonic() < patience:
        time.sleep(0.02)


# --- The review -------------------------------------------------------------------------------------------------------


def main(kills: int) -> None:
    django.setup()
    jobs, cycle = import_string("core.jobs"), settings.REVIEW_CYCLE
    schedule = import_string("reference.queries.review_schedule")(2026)
    due = import_string("core.clock.at_toronto")(schedule.run_on, 0, 5)
    job = import_string("core.queries.job_of")(JOBS[cycle])
    firing = import_string("core.timetable.Firing")(job, due)
    actor = import_string("core.actor.system")(job.name)

    def mover() -> None:
        jobs.fire(firing)

    def worker() -> None:
        for chunk in sorted(jobs.waiting_chunks(10_000), reverse=True):
            jobs.work_chunk(chunk_id=chunk, actor=actor)

    def correcter() -> None:
        """Corrections that become known on the day of the run, of goods released in the window."""
        post, kinds = import_string("ledger.services.post_charge"), import_string("ledger.rules.EntryKind")
        revenue = import_string("ledger.rules.Revenue").GST
        for number in range(CORRECTIONS):
            post(
                key=f"declaration:killed-{cycle}-{number}:v2",
                kind=kinds.CORRECTION,
                holder_id=1 + number * 7,
                submitter_id=None,
                amounts={revenue: CORRECTION},
                source=f"declaration:killed-{cycle}-{number}",
                memo="",
                posted_on=schedule.run_on,
                billing_on=schedule.window_start,
                due_on=schedule.due_on,
                last_day_to_pay=schedule.due_on,
                at=due,
                actor=actor,
            )

    folder = None
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        folder = Path(cursor.fetchone()[0])
    chance, done = random.Random(6), reviewed()
    for _kill, death in zip(range(kills), itertools.cycle(DEATHS), strict=False):
        connections.close_all()
        children = [forked(mover), forked(worker)]
        wait_for_more_than(done)
        time.sleep(chance.random() / 20)
        if death == "database":
            kill_database(folder)
        if death == "connections":
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            time.sleep(0.02)
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        done = reviewed()
        print(done, flush=True)
    connections.close_all()
    last = [forked(mover), forked(mover), forked(worker), forked(correcter)]
    if any(os.waitpid(child, 0)[1] for child in last):
        sys.exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
