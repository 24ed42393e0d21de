"""The short way into the book on PostgreSQL: whole entries with everything kept beside them in one call.

``ledger_post`` does what the services do on SQLite with several statements, in the same order: lines, entries, items,
segments, balances. The triggers judge it as they judge everything. It writes all it is given, or, when a key is there
already, nothing: then it says which keys are there. Somebody who posts one of the keys at the same moment is waited
for, and the unique key refuses whoever comes second. Entries are inserted by key and balances by holder, so that no two
calls wait for each other.
"""

from typing import Any

from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from ledger.rules import SEGMENT_COLUMNS

NAME = "ledger_post"
BALANCE_COLUMNS = ("receivable", "unapplied", "deposits", "payable")


def _adding(table: str, columns: tuple[str, ...]) -> str:
    return ", ".join(f"{column} = {table}.{column} + excluded.{column}" for column in columns)


def _body() -> str:
    segments = tuple(SEGMENT_COLUMNS.values())
    cells = ", ".join(segments)
    cell_types = ", ".join(f"{column} bigint" for column in segments)
    sums = ", ".join(BALANCE_COLUMNS)
    sum_types = ", ".join(f"{column} bigint" for column in BALANCE_COLUMNS)
    return f"""
BEGIN
  RETURN QUERY SELECT e.key, e.recorded_at FROM ledger_journalentry e WHERE e.key = ANY (keys);
  IF FOUND THEN RETURN; END IF;
  INSERT INTO ledger_posting (entry_id, account_id, holder_id, amount, revenue, category, posted_segment,
      billing_segment)
    SELECT x.* FROM json_to_recordset(lines) AS x (e uuid, a smallint, h bigint, m bigint, r varchar, c varchar,
      p integer, b integer);
  INSERT INTO ledger_journalentry (id, key, kind, category, holder_id, submitter_id, source, method, memo,
      posted_on, billing_on, recorded_by, payload_hash, posting_count, total_debit, amount, reverses_id)
    SELECT x.* FROM json_to_recordset(entries) AS x (i uuid, k varchar, t varchar, c varchar, h bigint, s bigint,
      o varchar, w varchar, n varchar, p date, b date, y varchar, f varchar, l smallint, d bigint, m bigint, v uuid)
    ORDER BY x.k;
  INSERT INTO ledger_openitem (entry_id, holder_id, submitter_id, source, side, kind, amount, cleared, due_on,
      last_day_to_pay, billing_on, posted_on)
    SELECT x.e, x.h, x.s, x.o, x.d, x.t, x.m, 0, x.u, x.l, x.b, x.p FROM json_to_recordset(items) AS x (e uuid,
      h bigint, s bigint, o varchar, d varchar, t varchar, m bigint, u date, l date, b date, p date);
  INSERT INTO ledger_holdersegment (holder_id, posted_segment, billing_segment, {cells})
    SELECT x.* FROM json_to_recordset(segments) AS x (holder_id bigint, posted_segment integer,
      billing_segment integer, {cell_types})
    ON CONFLICT (holder_id, posted_segment, billing_segment)
    DO UPDATE SET {_adding("ledger_holdersegment", segments)};
  INSERT INTO ledger_holderbalance (holder_id, {sums})
    SELECT x.* FROM json_to_recordset(balances) AS x (holder_id bigint, {sum_types})
    ON CONFLICT (holder_id) DO UPDATE SET {_adding("ledger_holderbalance", BALANCE_COLUMNS)};
  RETURN QUERY SELECT NULL::varchar, STATEMENT_TIMESTAMP();
END"""


def create_statement() -> str:
    """A plan made while the book was empty must not read it from end to end when it is full: so no sequential scan."""
    return (
        f"CREATE OR REPLACE FUNCTION {NAME}(keys text[], lines json, entries json, items json, segments json, "
        "balances json) RETURNS TABLE (found_key varchar, found_at timestamptz) "
        f"LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $${_body()}$$"
    )


def is_installed(connection: BaseDatabaseWrapper) -> bool:
    """Whether the database has exactly the function that stands here; true where none is needed."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
            "WHERE p.proname = %s AND n.nspname = ANY (current_schemas(false))",
            [NAME],
        )
        return [source.strip() for (source,) in cursor.fetchall()] == [_body().strip()]


def _create(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(create_statement())


def _drop(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(f"DROP FUNCTION IF EXISTS {NAME}(text[], json, json, json, json, json)")


def providing() -> migrations.RunPython:
    """The migration operation that creates the function."""
    return migrations.RunPython(_create, _drop)
