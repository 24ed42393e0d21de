"""Works one yearly review off in processes that are killed at random, again and again, then lets two finish it.

Run by ``test_killed_review`` as a program of its own: it forks, which a process with a test's threads must not.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Callable

import django
from django.db import connection, connections, transaction
from django.db.utils import OperationalError
from django.utils.module_loading import import_string


def forked(work: Callable[[], None]) -> int:
    """A process of its own, with a connection of its own."""
    child = os.fork()
    if child:
        return child
    try:
        work()
        status = 0
    except OperationalError:
        status = 3
    finally:
        os._exit(locals().get("status", 1))


def reviewed() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM security_annualreview")
        [count] = cursor.fetchone()
    return int(count)


def wait_for_more_than(count: int) -> None:
    """Until the children have written something more, or there is nothing left to write."""
    patience = time.monotonic() + 5
    while reviewed() <= count and time.monotonic() < patience:
        time.sleep(0.002)


def main(kills: int) -> None:
    django.setup()
    jobs, due = import_string("core.jobs"), import_string("benchmarks.annual_review.DUE")
    job = import_string("core.queries.job_of")("security.annual_review")
    firing = import_string("core.timetable.Firing")(job, due)
    actor = import_string("core.actor.system")(job.name)

    def mover() -> None:
        jobs.fire(firing)

    def worker() -> None:
        for chunk in sorted(jobs.waiting_chunks(10_000), reverse=True):
            jobs.work_chunk(chunk_id=chunk, actor=actor)

    chance, done = random.Random(6), 0
    for kill in range(kills):
        connections.close_all()
        children = [forked(mover), forked(worker)]
        wait_for_more_than(done)
        time.sleep(chance.random() / 20)
        if kill % 3 == 2:
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
    last = [forked(mover), forked(mover), forked(worker)]
    if any(os.waitpid(child, 0)[1] for child in last):
        sys.exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
