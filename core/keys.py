"""Foreign keys proven once a statement instead of once a row, for tables that jobs fill by the hundred thousand.

PostgreSQL checks a foreign key row by row, with a look-up and a lock each; in the yearly review that was a quarter of
the work. Here the same promise is kept by triggers: what a statement adds must be there, the key of a row never
changes, and a row that others name is not deleted. A delete locks the table of those that may name it, so that it
waits for what is being added and what is added waits for it; the rare delete pays what every insert paid.

SQLite keeps its foreign keys, which cost little there. The models say nothing of it: for Django it is a foreign key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_FIND = """SELECT c.conname FROM pg_constraint c
  JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
  WHERE c.contype = 'f' AND c.conrelid = %s::regclass AND a.attname = %s"""

#: The keys of some tables that are proven so, with their parents: the trigger that guards a delete stands on them.
_PROVEN = """SELECT t.relname, SUBSTR(k.tgname, LENGTH(t.relname) + 2, LENGTH(k.tgname) - LENGTH(t.relname) - 7),
    p.relname
  FROM pg_trigger k JOIN pg_class t ON t.oid = k.tgrelid
  JOIN pg_trigger h ON h.tgname = REGEXP_REPLACE(k.tgname, '_known$', '_held') JOIN pg_class p ON p.oid = h.tgrelid
  WHERE k.tgname LIKE '%%\\_known' AND t.relname = ANY(%s) AND t.relnamespace = CURRENT_SCHEMA()::regnamespace
  ORDER BY k.tgname"""


@dataclass(frozen=True)
class Key:
    """A column that names a row of another table, proven by statements."""

    table: str
    column: str
    parent: str


def let_stand_aside(tables: Sequence[str]) -> list[Key]:
    """On PostgreSQL, in a transaction: take what is added to these tables unproven until :func:`prove_whole`.

    Where a parent's own key is made only later, each statement's proof would read the parent from end to end.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PROVEN, [list(tables)])
        keys = [Key(*row) for row in cursor.fetchall()]
        for key in keys:
            cursor.execute(f"ALTER TABLE {key.table} DISABLE TRIGGER {key.table}_{key.column}_known")
    return keys


def prove_whole(keys: Sequence[Key]) -> None:
    """Prove the keys over their whole tables, and each statement's from now on; ``IntegrityError`` for a breach."""
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {key.table} a WHERE {_unknown(key.column, key.parent)})")
            if cursor.fetchone()[0]:
                raise IntegrityError(f"{key.table}.{key.column} names no row of {key.parent}")
            cursor.execute(f"ALTER TABLE {key.table} ENABLE TRIGGER {key.table}_{key.column}_known")


def prove_by_statement(table: str, column: str, parent: str) -> migrations.RunPython:
    """A migration operation after which ``table.column`` names a row of ``parent`` by the proof of whole statements.

    A breach is an ``IntegrityError`` at the statement itself, not only at the end of its transaction.
    """

    def forwards(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        connection = schema_editor.connection
        if connection.vendor != "postgresql":
            return
        with connection.cursor() as cursor:
            cursor.execute(_FIND, [table, column])
            names = [name for (name,) in cursor.fetchall()]
        for statement in [f'ALTER TABLE {table} DROP CONSTRAINT "{name}"' for name in names]:
            schema_editor.execute(statement, params=None)
        for statement in proofs(table, column, parent):
            schema_editor.execute(statement, params=None)

    def backwards(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        for name in ("known", "kept", "held"):
            schema_editor.execute(f"DROP FUNCTION {table}_{column}_{name}() CASCADE", params=None)
        schema_editor.execute(
            f"ALTER TABLE {table} ADD FOREIGN KEY ({column}) REFERENCES {parent} (id) DEFERRABLE INITIALLY DEFERRED",
            params=None,
        )

    return migrations.RunPython(forwards, backwards)


def look_up_by_key(table: str, column: str, parent: str) -> migrations.RunPython:
    """A migration operation for a key to a parent that is filled by the same job: each is looked up by its key.

    Planned while the database believes the parent empty, the join of :func:`proofs` goes row by row, and stays so for
    the session: each part of a job then costs the square of its rows. A look-up is a little dearer and always the same.
    """

    def forwards(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        if schema_editor.connection.vendor == "postgresql":
            unknown = f"a.{column} IS NOT NULL AND (SELECT p.id FROM {parent} p WHERE p.id = a.{column}) IS NULL"
            schema_editor.execute(
                _function(f"{table}_{column}_known", _refusing(unknown, table, column, parent)), params=None
            )

    return migrations.RunPython(forwards, migrations.RunPython.noop)


def proofs(table: str, column: str, parent: str) -> list[str]:
    """The functions and triggers of one key on PostgreSQL."""
    known = _refusing(_unknown(column, parent), table, column, parent)
    kept = f"RAISE EXCEPTION '{table}.{column} never changes' USING ERRCODE = 'foreign_key_violation';"
    held = f"""LOCK TABLE {table} IN SHARE MODE;
    IF EXISTS (SELECT 1 FROM gone g JOIN {table} t ON t.{column} = g.id) THEN
      RAISE EXCEPTION 'a row of {parent} is still named by {table}.{column}' USING ERRCODE = 'foreign_key_violation';
    END IF; RETURN NULL;"""
    name = f"{table}_{column}"
    return [
        _function(f"{name}_known", known),
        f"CREATE TRIGGER {name}_known AFTER INSERT ON {table} REFERENCING NEW TABLE AS added"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {name}_known()",
        _function(f"{name}_kept", kept),
        f"CREATE TRIGGER {name}_kept BEFORE UPDATE ON {table} FOR EACH ROW"
        f" WHEN (NEW.{column} IS DISTINCT FROM OLD.{column}) EXECUTE FUNCTION {name}_kept()",
        _function(f"{name}_held", held),
        f"CREATE TRIGGER {name}_held AFTER DELETE ON {parent} REFERENCING OLD TABLE AS gone"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {name}_held()",
    ]


def _unknown(column: str, parent: str) -> str:
    return f"a.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.id = a.{column})"


def _refusing(unknown: str, table: str, column: str, parent: str) -> str:
    return f"""IF EXISTS (SELECT 1 FROM added a WHERE {unknown}) THEN
      RAISE EXCEPTION '{table}.{column} names no row of {parent}' USING ERRCODE = 'foreign_key_violation';
    END IF; RETURN NULL;"""


def _function(name: str, body: str) -> str:
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
