"""The short way into the book on PostgreSQL: an entry with everything kept beside it in one call.

``ledger_post`` does what the services do on SQLite with several statements, in the same order: lines, entry, item,
segment, balance. The triggers judge it as they judge everything. It writes nothing when the key is there already and
returns nothing then, else the moment of writing. Somebody who posts the same key at the same moment is waited for, and
the unique key refuses whoever comes second.

All values come as one row, written as one text: to read them out of JSON cost more than the whole of the lines, and
thirty arguments took the client and the server longer to write and read than one. Item, segment and balance are written
with the entry, in one statement.
"""

from typing import Any

from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from ledger.reckoning import BALANCE_COLUMNS
from ledger.rules import SEGMENT_COLUMNS

NAME = "ledger_post"
ROW = "ledger_draft"
#: The columns of the row, in order.
COLUMNS = {
    "id": "uuid", "key": "varchar", "kind": "varchar", "category": "varchar", "holder_id": "bigint",
    "submitter_id": "bigint", "source": "varchar", "method": "varchar", "memo": "varchar", "posted_on": "date",
    "billing_on": "date", "recorded_by": "varchar", "payload_hash": "varchar", "reverses_id": "uuid",
    "posted_segment": "integer", "billing_segment": "integer", "total_debit": "bigint", "amount": "bigint",
    "accounts": "smallint[]", "amounts": "bigint[]", "revenues": "varchar[]", "side": "varchar",
    "item_kind": "varchar", "item_amount": "bigint", "due_on": "date", "last_day_to_pay": "date",
    "receivable": "bigint", "unapplied": "bigint", "deposits": "bigint", "payable": "bigint",
}  # fmt: skip


def adding(table: str, columns: tuple[str, ...]) -> str:
    """What an upsert of amounts does to a row that is there."""
    return ", ".join(f"{column} = {table}.{column} + excluded.{column}" for column in columns)


def _body() -> str:
    cells = tuple(SEGMENT_COLUMNS.values())
    moved = ", ".join(f"CASE d.category WHEN '{category}' THEN d.amount ELSE 0 END" for category in SEGMENT_COLUMNS)
    line = (
        "(d.id, d.accounts[{0}], d.holder_id, d.amounts[{0}], d.revenues[{0}], d.category, d.posted_segment, "
        "d.billing_segment)"
    )
    columns = "(entry_id, account_id, holder_id, amount, revenue, category, posted_segment, billing_segment)"
    return f"""
BEGIN
  IF EXISTS (SELECT 1 FROM ledger_journalentry e WHERE e.key = d.key) THEN RETURN NULL; END IF;
  IF CARDINALITY(d.accounts) = 2 THEN
    INSERT INTO ledger_posting {columns}
      VALUES {line.format(1)}, {line.format(2)};
  ELSE
    INSERT INTO ledger_posting {columns}
      SELECT d.id, x.a, d.holder_id, x.m, x.r, d.category, d.posted_segment, d.billing_segment
      FROM UNNEST(d.accounts, d.amounts, d.revenues) AS x (a, m, r);
  END IF;
  WITH item AS (
    INSERT INTO ledger_openitem (entry_id, holder_id, submitter_id, source, side, kind, amount, cleared, due_on,
        last_day_to_pay, billing_on, posted_on)
      SELECT d.id, d.holder_id, d.submitter_id, d.source, d.side, d.item_kind, d.item_amount, 0, d.due_on,
        d.last_day_to_pay, d.billing_on, d.posted_on WHERE d.side IS NOT NULL
  ), segment AS (
    INSERT INTO ledger_holdersegment (holder_id, posted_segment, billing_segment, {", ".join(cells)})
      SELECT d.holder_id, d.posted_segment, d.billing_segment, {moved} WHERE d.category <> 'NONE'
      ON CONFLICT (holder_id, posted_segment, billing_segment)
      DO UPDATE SET {adding("ledger_holdersegment", cells)}
  ), balance AS (
    INSERT INTO ledger_holderbalance (holder_id, {", ".join(BALANCE_COLUMNS)})
      VALUES (d.holder_id, {", ".join(f"d.{column}" for column in BALANCE_COLUMNS)})
      ON CONFLICT (holder_id) DO UPDATE SET {adding("ledger_holderbalance", BALANCE_COLUMNS)}
  )
  INSERT INTO ledger_journalentry (id, key, kind, category, holder_id, submitter_id, source, method, memo,
      posted_on, billing_on, recorded_by, payload_hash, posting_count, total_debit, amount, reverses_id)
    VALUES (d.id, d.key, d.kind, d.category, d.holder_id, d.submitter_id, d.source, d.method, d.memo, d.posted_on,
      d.billing_on, d.recorded_by, d.payload_hash, CARDINALITY(d.accounts), d.total_debit, d.amount, d.reverses_id);
  RETURN STATEMENT_TIMESTAMP();
END"""


def create_statement() -> str:
    """A plan made while the book was empty must not read it from end to end when it is full: so no sequential scan."""
    return (
        f"CREATE FUNCTION {NAME}(d {ROW}) RETURNS timestamptz "
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


def _create(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _drop(apps, schema_editor)
    if schema_editor.connection.vendor == "postgresql":
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(f"CREATE TYPE {ROW} AS ({columns})")
            cursor.execute(create_statement())


def _drop(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Whatever arguments the function has, so that it may be created again when they change."""
    if schema_editor.connection.vendor == "postgresql":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(f"DROP FUNCTION IF EXISTS {NAME}")
            cursor.execute(f"DROP TYPE IF EXISTS {ROW}")


def providing() -> migrations.RunPython:
    """The migration operation that creates the function."""
    return migrations.RunPython(_create, _drop)
