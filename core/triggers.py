"""Append-only tables: the database itself refuses to change or delete a row, on PostgreSQL and on SQLite."""

from collections.abc import Callable
from typing import Any

from django.db import connection, migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_POSTGRESQL = """
CREATE OR REPLACE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{table} is append-only';
END $$;
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION {table}_is_append_only();
"""
_SQLITE = (
    "CREATE TRIGGER {table}_append_only_update BEFORE UPDATE ON {table} "
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
    "CREATE TRIGGER {table}_append_only_delete BEFORE DELETE ON {table} "
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
)


def append_only(table: str) -> migrations.RunPython:
    """A migration operation that makes ``table`` append-only."""
    return migrations.RunPython(_runner(table, create=True), _runner(table, create=False))


def lock_table(table: str) -> None:
    """Create the triggers of ``table`` outside a migration (tests, after :func:`unlock_table`)."""
    with connection.cursor() as cursor:
        for statement in _statements(connection.vendor, table, create=True):
            cursor.execute(statement)


def unlock_table(table: str) -> None:
    """Drop the triggers of ``table`` so that a test database can be emptied."""
    with connection.cursor() as cursor:
        for statement in _statements(connection.vendor, table, create=False):
            cursor.execute(statement)


def _runner(table: str, *, create: bool) -> Callable[[Any, BaseDatabaseSchemaEditor], None]:
    def run(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for statement in _statements(schema_editor.connection.vendor, table, create=create):
            schema_editor.execute(statement, params=None)

    return run


def _statements(vendor: str, table: str, *, create: bool) -> list[str]:
    if vendor == "postgresql":
        drop = f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}"
        return [_POSTGRESQL.format(table=table)] if create else [drop]
    if create:
        return [statement.format(table=table) for statement in _SQLITE]
    return [f"DROP TRIGGER IF EXISTS {table}_append_only_{verb}" for verb in ("update", "delete")]
