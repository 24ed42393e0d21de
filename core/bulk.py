"""Writing very many rows: COPY on PostgreSQL, one insert run again and again on SQLite.

Rows are lines of text in the form that both databases read: values between tabs, dates in ISO form, moments in UTC
without offset, money in cents, identifiers without dashes, ``NULL`` for nothing. No value may hold a tab, a line break
or a backslash.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.core.management.color import no_style
from django.db import connection, models
from django.db.models import NOT_PROVIDED

from core.keys import let_stand_aside, prove_whole

NULL = r"\N"
#: Bytes that the driver asks for at a time.
_PIECE = 1 << 20


class _Pieces:
    """What COPY reads from: piece by piece, each as large as it is."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, _size: int) -> bytes:
        return next(self._pieces, b"")


class BulkTable:
    """One model's table with the columns that are given; every other column takes its field's default."""

    def __init__(self, model: type[models.Model], columns: Sequence[str]) -> None:
        fields = {field.column: field for field in model._meta.concrete_fields}
        if unknown := set(columns) - fields.keys():
            raise ValueError(f"{model._meta.label} has no column {', '.join(sorted(unknown))}")
        self.model = model
        self.name: str = model._meta.db_table
        constant = {
            column: value
            for column, field in fields.items()
            if column not in columns
            and not field.primary_key
            and field.db_default is NOT_PROVIDED
            and (value := _default_of(field)) != NULL
        }
        self._names = f"{self.name} ({', '.join(map(str, (*columns, *constant)))})"
        self._places = ", ".join(["%s"] * (len(columns) + len(constant)))
        self._tail = "".join(f"\t{value}" for value in constant.values()).encode() + b"\n"
        #: Written as settled for good; only into a table that was emptied in the same transaction.
        self._is_frozen = False

    def write(self, rows: bytes) -> None:
        """Append the rows, in order, in the caller's transaction."""
        if rows:
            self.write_pieces((rows,))

    def write_pieces(self, pieces: Iterable[bytes]) -> None:
        """The same for rows that are made meanwhile: PostgreSQL works on one piece while the next is prepared."""
        whole = (piece.replace(b"\n", self._tail) for piece in pieces)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                how = " WITH (FREEZE)" if self._is_frozen else ""
                cursor.copy_expert(f"COPY {self._names} FROM STDIN{how}", _Pieces(whole), _PIECE)
                return
            for rows in whole:
                cursor.executemany(
                    f"INSERT INTO {self._names} VALUES ({self._places})",
                    [
                        [None if value == NULL else value for value in line.split("\t")]
                        for line in rows.decode().split("\n")[:-1]
                    ],
                )

    def begin(self) -> None:
        """On PostgreSQL: let the rows of a table that is empty be written as settled, so that nothing rewrites them."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {self.name})")
            if not cursor.fetchone()[0]:
                cursor.execute(f"TRUNCATE {self.name}")
                self._is_frozen = True


def _default_of(field: models.Field) -> str:
    value = field.get_db_prep_save(field.get_default(), connection)
    if value is None:
        return NULL
    return str(int(value)) if isinstance(value, bool) else str(value)


#: What to drop and how to make it again. Foreign keys of other tables go too: they stand on the keys.
_FOREIGN_KEYS = """
SELECT FORMAT('ALTER TABLE %%I DROP CONSTRAINT %%I', t.relname, k.conname),
  FORMAT('ALTER TABLE %%I ADD CONSTRAINT %%I %%s', t.relname, k.conname, PG_GET_CONSTRAINTDEF(k.oid))
FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
WHERE k.contype = 'f' AND (t.relname = ANY (%s) OR f.relname = ANY (%s))
  AND t.relnamespace = CURRENT_SCHEMA()::regnamespace
ORDER BY k.conname"""
_KEYS = """
SELECT FORMAT('ALTER TABLE %%I DROP CONSTRAINT %%I', t.relname, k.conname),
  FORMAT('ALTER TABLE %%I ADD CONSTRAINT %%I %%s', t.relname, k.conname, PG_GET_CONSTRAINTDEF(k.oid))
FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
WHERE k.contype IN ('p', 'u') AND t.relname = ANY (%s) AND t.relnamespace = CURRENT_SCHEMA()::regnamespace
ORDER BY k.conname"""
_INDEXES = """
SELECT FORMAT('DROP INDEX %%I', c.relname), PG_GET_INDEXDEF(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
WHERE t.relname = ANY (%s) AND t.relnamespace = CURRENT_SCHEMA()::regnamespace
  AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)
ORDER BY c.relname"""


@contextmanager
def checked_at_the_end(tables: Iterable[BulkTable]) -> Iterator[None]:
    """Check keys and build the indexes of whole tables once, at the block's end: much faster on PostgreSQL.

    In the caller's transaction, which a row without its partner ends. SQLite checks its keys when it commits.
    """
    if connection.vendor != "postgresql":
        yield
        return
    tables = list(tables)
    names = [table.name for table in tables]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # For this transaction: indexes are sorted and keys are joined in memory.
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL work_mem = '64MB'")
        dropped: list[list[tuple[str, str]]] = []
        for question, count in ((_FOREIGN_KEYS, 2), (_KEYS, 1), (_INDEXES, 1)):
            cursor.execute(question, [names] * count)
            dropped.append(cursor.fetchall())
            for drop, _create in dropped[-1]:
                cursor.execute(drop)
    proven = let_stand_aside(names)
    for table in tables:
        table.begin()
    yield
    foreign_keys, keys, indexes = dropped
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(names)}")
        for _drop, create in (*keys, *indexes, *foreign_keys):
            cursor.execute(create)
        prove_whole(proven)
        # As they are from the start of every transaction.
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def reset_sequences(tables: Iterable[BulkTable]) -> None:
    """Let the next identifiers come after those that were written with the rows."""
    statements = connection.ops.sequence_reset_sql(no_style(), [table.model for table in tables])
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
