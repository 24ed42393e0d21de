"""Small words for the statements that jobs over the whole population send to the database, the same on both of them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, models
from psycopg2.extras import execute_values

from core.format import MINUS, NARROW_NBSP, NBSP

PAGE = 1000


def said(rows: Any) -> tuple[str, list[Any]]:
    """A query of the ORM as a statement and its values, ready for the database."""
    statement, values = rows.query.get_compiler(connection=connection).as_sql()
    return statement, list(values)


def typed(model: type[models.Model], name: str) -> str:
    """A placeholder of the field's type: to PostgreSQL a bare one in a list of results has none."""
    if connection.vendor != "postgresql":
        return "%s"
    field: Any = model._meta.get_field(name)
    return f"CAST(%s AS {field.cast_db_type(connection)})"


def prepared(model: type[models.Model], values: Mapping[str, Any]) -> list[Any]:
    """The values of some fields as the database takes them, in order."""
    found = []
    for name, value in values.items():
        field: Any = model._meta.get_field(name)
        found.append(field.get_db_prep_save(value, connection))
    return found


def greatest(*expressions: str) -> str:
    """The largest of several values none of which is NULL."""
    return f"{'GREATEST' if connection.vendor == 'postgresql' else 'MAX'}({', '.join(expressions)})"


def json_array(*expressions: str) -> str:
    make = "JSONB_BUILD_ARRAY" if connection.vendor == "postgresql" else "JSON_ARRAY"
    return f"{make}({', '.join(expressions)})"


def by_bytes() -> str:
    """The collation that sorts text as Python does, and without asking a library of the system."""
    return "C" if connection.vendor == "postgresql" else "BINARY"


def money_words(column: str, language: str) -> str:
    """Cents as ``core.format.money`` writes them in a language, for words that the database puts together."""
    if connection.vendor == "postgresql":
        whole = f"TO_CHAR(ABS({column}) / 100, 'FM999,999,999,999,999,990')"
    else:
        whole = f"PRINTF('%%,d', ABS({column}) / 100)"
    sign = f"CASE WHEN {column} < 0 THEN '{MINUS}' ELSE '' END"
    fraction = f"SUBSTR(CAST(100 + ABS({column}) %% 100 AS VARCHAR(3)), 2)"
    if language.startswith("fr"):
        return f"({sign} || REPLACE({whole}, ',', '{NARROW_NBSP}') || ',' || {fraction} || '{NBSP}$')"
    return f"({sign} || '$' || {whole} || '.' || {fraction})"


def month_of(day: str) -> str:
    """The number of a day's month."""
    if connection.vendor == "postgresql":
        return f"CAST(EXTRACT(MONTH FROM {day}) AS INTEGER)"
    return f"CAST(STRFTIME('%%m', {day}) AS INTEGER)"


def divided(cents: str, rate: Decimal) -> str:
    """Cents that are not negative, divided by a fraction and rounded half up to whole cents, without floating point."""
    above, below = rate.as_integer_ratio()
    # A sum of whole numbers is no whole number to PostgreSQL.
    return f"((2 * CAST({cents} AS BIGINT) * {below} + {above}) / {2 * above})"


def multiplied(cents: str, rate: Decimal) -> str:
    """Cents that are not negative, times a fraction and rounded half up to whole cents, without floating point."""
    above, below = rate.as_integer_ratio()
    return f"((2 * CAST({cents} AS BIGINT) * {above} + {below}) / {2 * below})"


def number_text(number: str) -> str:
    """The number of a program account as ``core.format.bn`` writes it."""
    parts = (f"SUBSTR({number}, {place})" for place in ("1, 3", "4, 3", "7, 3", "10"))
    return f" || '{NBSP}' || ".join(parts)


def blank(name: str) -> str:
    """A place in a text that :func:`filled` fills."""
    return f"\x02{name}\x03"


def filled(text: str, places: Mapping[str, str]) -> tuple[str, list[str]]:
    """An expression that says the text with its blanks filled by other expressions, and its values."""
    first, *others = text.split("\x02")
    said, values = ["%s"], [first]
    for other in others:
        name, _end, following = other.partition("\x03")
        said += [f"({places[name]})", "%s"]
        values.append(following)
    return " || ".join(said), values


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Append rows of plain values (money in cents) without making a model instance of each."""
    names = f"{model._meta.db_table} ({', '.join(columns)})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            execute_values(cursor, f"INSERT INTO {names} VALUES %s", rows, page_size=PAGE)
        else:
            known: dict[str, Any] = {str(field.column): field for field in model._meta.concrete_fields}
            fields = [known[name] for name in columns]
            rows = [
                [
                    field.get_db_prep_save(value, connection) if isinstance(value, datetime) else value
                    for field, value in zip(fields, row, strict=True)
                ]
                for row in rows
            ]
            cursor.executemany(f"INSERT INTO {names} VALUES ({', '.join(['%s'] * len(columns))})", rows)


def least(*expressions: str) -> str:
    """The smallest of several values none of which is NULL."""
    return f"{'LEAST' if connection.vendor == 'postgresql' else 'MIN'}({', '.join(expressions)})"


def sha256(text: str) -> str:
    """The fingerprint of a text in UTF-8, as ``hashlib`` writes it in hexadecimal."""
    return (
        f"ENCODE(SHA256(CONVERT_TO({text}, 'UTF8')), 'hex')" if connection.vendor == "postgresql" else f"SHA256({text})"
    )


def joined(text: str, order: str) -> str:
    """A group's texts, one a line, in an order; older SQLite takes the rows as the query below has sorted them."""
    if connection.vendor == "postgresql":
        return f"STRING_AGG({text}, E'\\n' ORDER BY {order})"
    return f"GROUP_CONCAT({text}, CHAR(10))"


@contextmanager
def kept_rows(name: str, query: str, values: Sequence[Any], *, is_joined: bool = True) -> Iterator[None]:
    """The rows of a query as a table of this session, for the statements of the block; gone after it.

    A table that is only read from end to end needs no statistics (``is_joined=False``).
    """
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {name} AS {query}", values)
        if is_joined and connection.vendor == "postgresql":
            cursor.execute(f"ANALYZE {name}")
    yield
    # A statement that failed takes the table along with its transaction.
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {name}")
