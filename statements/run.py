"""The statements of a month as one set-based pass: rows are computed where they lie and never come to Python.

``rules`` and ``ledger.rules.box_of`` are the definition; these statements say the same to the database. The figures and
the lines come from ``ledger.queries``, as statements too, so that there is one way to say what a statement shows.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import connection

from core.sql import by_bytes, prepared, said, typed
from ledger import queries as ledger
from statements import rules
from statements.models import LevelStatement, Statement

#: Columns that a level has in common with the statements it adds up.
_DAYS = ("period_start", "period_end", "statement_on", "payment_due_on", "last_day_to_pay", "issued_at")


def money_text(column: str) -> str:
    """Cents as dollars with two decimals, as ``str`` writes them; the same on both databases."""
    return (
        f"(CASE WHEN {column} < 0 THEN '-' ELSE '' END || CAST(ABS({column}) / 100 AS VARCHAR(20)) || '.' || "
        f"SUBSTR(CAST(100 + ABS({column}) % 100 AS VARCHAR(3)), 2))"
    ).replace("%", "%%")


def _sealed(lines: str, order: str) -> str:
    """``rules.seal_of`` over a group's lines, each a text, in an order."""
    if connection.vendor == "postgresql":
        joined = f"STRING_AGG({lines}, E'\\n' ORDER BY {order})"
        return f"ENCODE(SHA256(CONVERT_TO({joined} || E'\\n', 'UTF8')), 'hex')"
    return f"SHA256(GROUP_CONCAT({lines}, CHAR(10)) || CHAR(10))"


def _sorted(rows: str, order: str) -> str:
    """Older SQLite knows no order inside an aggregate: it takes the rows as the query below it is sorted."""
    return rows if connection.vendor == "postgresql" else f"{rows} ORDER BY {order}"


def write_statements(
    *, period: tuple[date, date], before: date | None, since: date, upto: date, shared: Mapping[str, Any]
) -> int:
    """One statement an account with a balance or something new, unless it or its business has one of the period.

    ``before`` is the end of the period whose statements are the ones before.
    """
    figures, figure_values = said(ledger.statement_figure_rows(period=period, since=since, upto=upto))
    lines, line_values = said(ledger.statement_line_rows(period=period, since=since, upto=upto))
    new = [f"COALESCE(f.{name}, 0)" for name in ("b", "c", "d", "e1 + f.e2", "f", "g")]
    boxes = ["COALESCE(p.box_h, 0)", *new]
    columns = [f"box_{letter}" for letter in "abcdefgh"]
    seal = _sealed(f"l.key || '|' || l.box || '|' || {money_text('l.amount')}", f'l.box, l.key COLLATE "{by_bytes()}"')
    is_new = " OR ".join(f"f.{name} <> 0" for name in ("b", "c", "d", "e1", "e2", "f", "g"))
    statement = f"""
        INSERT INTO statements_statement
          (program_account_id, {", ".join(columns)}, entry_count, seal, {", ".join(shared)})
        WITH figures (holder_id, b, c, d, e1, e2, f, g) AS ({figures}),
          earlier AS (SELECT program_account_id, box_h FROM statements_statement
            WHERE box_h <> 0 AND period_end = %s),
          boxed (holder_id, key, box, amount) AS ({lines}),
          sealed AS (SELECT l.holder_id, COUNT(*) AS entry_count, {seal} AS seal
            FROM ({_sorted("SELECT * FROM boxed", "holder_id, box, key")}) l GROUP BY l.holder_id)
        SELECT a.id, {", ".join(boxes)}, {" + ".join(boxes)},
          COALESCE(s.entry_count, 0), COALESCE(s.seal, %s), {", ".join(typed(Statement, name) for name in shared)}
        FROM accounts_programaccount a
          LEFT JOIN figures f ON f.holder_id = a.id
          LEFT JOIN earlier p ON p.program_account_id = a.id
          LEFT JOIN sealed s ON s.holder_id = a.id
        WHERE ({is_new} OR p.box_h <> 0)
          AND NOT EXISTS (SELECT 1 FROM statements_statement o WHERE o.program_account_id = a.id AND o.period_end = %s)
          AND NOT EXISTS (SELECT 1 FROM statements_levelstatement v
            WHERE v.business_id = a.business_id AND v.period_end = %s AND v.level = 'ENTITY')
        ORDER BY a.id"""
    last = period[1]
    values = [*figure_values, before, *line_values, rules.seal_of([]), *prepared(Statement, shared), last, last]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def write_levels(*, shared: Mapping[str, Any], after_id: int) -> None:
    """The levels above the statements made after ``after_id``: the legal entity and each program type of a business."""
    boxes = [f"box_{letter}" for letter in "abcdefgh"]
    sums = ", ".join(f"SUM(s.{box})" for box in boxes)
    days = {name: shared[name] for name in _DAYS}
    places = ", ".join(typed(LevelStatement, name) for name in days)
    seal = _sealed("s.number || '|' || s.seal", f's.number COLLATE "{by_bytes()}"')
    taken = ", ".join(f"s.{name}" for name in ("seal", "entry_count", *boxes))
    made = f"""SELECT {taken}, a.number, a.business_id, v.level,
          CASE v.level WHEN 'PROGRAM' THEN SUBSTR(a.number, 10, 2) ELSE '' END AS program
        FROM statements_statement s JOIN accounts_programaccount a ON a.id = s.program_account_id
          CROSS JOIN (SELECT 'ENTITY' AS level UNION ALL SELECT 'PROGRAM') v
        WHERE s.id > %s AND s.period_end = %s"""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO statements_levelstatement
              (business_id, level, program, account_count, entry_count, seal, {", ".join((*boxes, *days))})
            SELECT s.business_id, s.level, s.program, COUNT(*), SUM(s.entry_count), {seal}, {sums}, {places}
            FROM ({_sorted(made, "a.number")}) s
            GROUP BY s.business_id, s.level, s.program ORDER BY s.business_id, s.level, s.program""",
            [*prepared(LevelStatement, days), after_id, shared["period_end"]],
        )


def events_of_statements(*, period_end: date, after_id: int) -> tuple[str, list[Any]]:
    """What ``audit.record_selected`` asks for, a row a statement made after ``after_id``."""
    make = "JSONB_BUILD_OBJECT" if connection.vendor == "postgresql" else "JSON_OBJECT"
    day, due = (f"CAST(s.{name} AS VARCHAR(10))" for name in ("statement_on", "payment_due_on"))
    return (
        f"""SELECT 'statements.Statement:' || a.number || ':' || {day}, a.business_id, a.id,
          {make}('total_payable', {money_text("s.box_h")}, 'payment_due_on', {due})
        FROM statements_statement s JOIN accounts_programaccount a ON a.id = s.program_account_id
        WHERE s.id > %s AND s.period_end = %s ORDER BY s.id""",
        [after_id, period_end],
    )
