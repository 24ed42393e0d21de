"""Writing very many rows: COPY on PostgreSQL, one insert run again and again on SQLite.

Rows are texts in the form that both databases read: dates in ISO form, moments in UTC without offset, money in cents,
identifiers without dashes, ``NULL`` for nothing. No text may hold a tab, a line break or a backslash.
"""

from collections.abc import Iterable, Sequence
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
        return f"{self.model._meta.db_table} ({', '.join(self.columns)})"

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


def reset_sequences(tables: Iterable[BulkTable]) -> None:
    """Let the next identifiers come after those that were written with the rows."""
    statements = connection.ops.sequence_reset_sql(no_style(), [table.model for table in tables])
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
