"""Writing very many rows: COPY on PostgreSQL, one insert run again and again on SQLite.

Rows are texts in the form that both databases read: dates in ISO form, moments in UTC without offset, money in cents,
identifiers without dashes, ``NULL`` for nothing. No text may hold a tab, a line break or a backslash.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO

from django.core.management.color import no_style
from django.db import connection, models
from django.db.models import NOT_PROVIDED

NULL = r"\N"


class BulkTable:
    """One model's table with the columns that are given; every other column takes its field's default."""

    def __init__(self, model: type[models.Model], columns: Sequence[str]) -> None:
        fields = {field.column: field for field in model._meta.concrete_fields}
        if unknown := set(columns) - fields.keys():
            raise ValueError(f"{model._meta.label} has no column {', '.join(sorted(unknown))}")
        self.model = model
        constant = {
            column: _default_of(field)
            for column, field in fields.items()
            if column not in columns and not field.primary_key and field.db_default is NOT_PROVIDED
        }
        self.columns = (*columns, *constant)
        self._constant = tuple(constant.values())

    @property
    def _names(self) -> str:
        return f"{self.model._meta.db_table} ({', '.join(map(str, self.columns))})"

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        """Append the rows, in order, in the caller's transaction."""
        if connection.vendor == "postgresql":
            tail = "".join(f"\t{value}" for value in self._constant) + "\n"
            text = StringIO("".join(["\t".join(row) + tail for row in rows]))
            with connection.cursor() as cursor:
                cursor.copy_expert(f"COPY {self._names} FROM STDIN", text)
            return
        places = ", ".join(["%s"] * len(self.columns))
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {self._names} VALUES ({places})",
                [[None if value == NULL else value for value in (*row, *self._constant)] for row in rows],
            )


def _default_of(field: models.Field) -> str:
    value = field.get_db_prep_save(field.get_default(), connection)
    if value is None:
        return NULL
    return str(int(value)) if isinstance(value, bool) else str(value)


_INDEXES = """
SELECT FORMAT('DROP INDEX %%I', c.relname), PG_GET_INDEXDEF(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
WHERE t.relname = ANY (%s) AND t.relnamespace = CURRENT_SCHEMA()::regnamespace
  AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)
ORDER BY c.relname"""
_FOREIGN_KEYS = """
SELECT FORMAT('ALTER TABLE %%I DROP CONSTRAINT %%I', t.relname, k.conname),
  FORMAT('ALTER TABLE %%I ADD CONSTRAINT %%I %%s', t.relname, k.conname, PG_GET_CONSTRAINTDEF(k.oid))
FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
WHERE k.contype = 'f' AND t.relname = ANY (%s) AND t.relnamespace = CURRENT_SCHEMA()::regnamespace
ORDER BY k.conname"""


@contextmanager
def checked_at_the_end(tables: Iterable[BulkTable]) -> Iterator[None]:
    """Check foreign keys and build plain indexes of whole tables once, at the block's end: much faster on PostgreSQL.

    In the caller's transaction, which a row without its partner ends. SQLite checks its keys when it commits.
    """
    if connection.vendor != "postgresql":
        yield
        return
    names = [table.model._meta.db_table for table in tables]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        found: list[tuple[str, str]] = []
        for question in (_INDEXES, _FOREIGN_KEYS):
            cursor.execute(question, [names])
            found += cursor.fetchall()
        for drop, _create in found:
            cursor.execute(drop)
    yield
    with connection.cursor() as cursor:
        for _drop, create in found:
            cursor.execute(create)
        # As they are from the start of every transaction.
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def reset_sequences(tables: Iterable[BulkTable]) -> None:
    """Let the next identifiers come after those that were written with the rows."""
    statements = connection.ops.sequence_reset_sql(no_style(), [table.model for table in tables])
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
