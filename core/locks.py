"""One worker at a time for what takes many transactions: a lock of the database's session, let go when its holder dies.

SQLite has one writer and no such lock; there the callers' conditional writes alone keep the first result.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def alone(kind: int, number: int, *, waits: bool = True) -> Iterator[bool]:
    """Whether nobody else is in the block for the same two numbers; with ``waits`` it always is, some time later."""
    if connection.vendor != "postgresql":
        yield True
        return
    place = (kind, number % 2**31)
    with connection.cursor() as cursor:
        if waits:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", place)
            is_alone = True
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", place)
            [is_alone] = cursor.fetchone()
    try:
        yield is_alone
    finally:
        # A transaction that failed answers nothing any more; the session's end lets go as well.
        if is_alone and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", place)
