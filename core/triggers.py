"""Append-only and frozen tables: the database itself refuses the change, on PostgreSQL and on SQLite."""

from collections.abc import Callable, Sequence
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


def freeze(table: str, *, kept: Sequence[str], open_to_change: str) -> migrations.RunPython:
    """A migration operation after which rows of ``table`` are never deleted and only one column ever changes.

    ``kept`` are the columns that stay as they were issued; a change is an ``IntegrityError`` on both databases.
    """
    return migrations.RunPython(
        _freezer(table, kept, open_to_change, create=True), _freezer(table, kept, open_to_change, create=False)
    )


def frozen_statements(
    vendor: str, table: str, *, kept: Sequence[str], open_to_change: str, create: bool = True
) -> list[str]:
    """The statements that freeze a table, or that take its guards away again."""
    words = f"{table} is frozen once issued"
    if vendor == "postgresql":
        if not create:
            return [f"DROP TRIGGER IF EXISTS {table}_frozen ON {table}"]
        changed = f"to_jsonb(NEW) - '{open_to_change}' <> to_jsonb(OLD) - '{open_to_change}'"
        return [
            f"CREATE OR REPLACE FUNCTION {table}_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF TG_OP = 'DELETE' OR {changed} THEN "
            f"RAISE EXCEPTION '{words}' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$",
            f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_is_frozen()",
        ]
    if not create:
        return [f"DROP TRIGGER IF EXISTS {table}_frozen_{verb}" for verb in ("update", "delete")]
    refuse = f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
    return [
        f"CREATE TRIGGER {table}_frozen_update BEFORE UPDATE OF {', '.join(kept)} ON {table} {refuse}",
        f"CREATE TRIGGER {table}_frozen_delete BEFORE DELETE ON {table} {refuse}",
    ]


def _freezer(
    table: str, kept: Sequence[str], open_to_change: str, *, create: bool
) -> Callable[[Any, BaseDatabaseSchemaEditor], None]:
    def run(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        vendor = schema_editor.connection.vendor
        for statement in frozen_statements(vendor, table, kept=kept, open_to_change=open_to_change, create=create):
            schema_editor.execute(statement, params=None)

    return run
