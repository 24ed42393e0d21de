"""A fixture for tests that commit: their rows leave the append-only tables before the test database is flushed."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model

from core.models import AuditEvent, AuditSeal
from core.triggers import lock_table, unlock_table
from ledger import chart, triggers
from ledger.models import LedgerAccount
from statements.models import DailyNotice, LevelStatement, Paper, Statement

_AUDIT: tuple[type[Model], ...] = (AuditEvent, AuditSeal)
#: Issued documents, and first what hangs on them.
_ISSUED: tuple[type[Model], ...] = (Paper, Statement, LevelStatement, DailyNotice)


@pytest.fixture
def unlocked_book(transactional_db: None) -> Iterator[None]:
    """Ask for it in any ``transactional_db`` test that posts: the guards stand during it, not while it is emptied.

    On SQLite the flush deletes row by row, which the guards refuse; on both databases it empties the chart of accounts.
    """
    if triggers.differences(connection):
        triggers.lock(connection)
    chart.write(LedgerAccount)
    yield
    empty_book()


def empty_book() -> None:
    """Take the rows out of the append-only tables, whose guards would refuse the flush that follows."""
    triggers.unlock(connection)
    for model in _AUDIT:
        unlock_table(model._meta.db_table)
    with transaction.atomic():
        for emptied in (*apps.get_app_config("ledger").get_models(), *_AUDIT):
            emptied._default_manager.all()._raw_delete(connection.alias)
    empty_issued()
    triggers.lock(connection)
    for model in _AUDIT:
        lock_table(model._meta.db_table)


def empty_issued() -> None:
    """Take the issued documents away; on PostgreSQL the flush itself passes their guards."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%\\_frozen\\_%' ESCAPE '\\'"
        )
        guards = cursor.fetchall()
        for name, _sql in guards:
            cursor.execute(f"DROP TRIGGER {name}")
        with transaction.atomic():
            for model in _ISSUED:
                model._default_manager.all()._raw_delete(connection.alias)
        for _name, sql in guards:
            cursor.execute(sql)
