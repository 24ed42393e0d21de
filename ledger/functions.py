"""The short way into the book on PostgreSQL: an entry with everything kept beside it in one call.

``ledger_post`` does what the services do on SQLite with several statements, in the same order: lines, entry, item,
segment, balance. The triggers judge it as they judge everything. It writes nothing when the key is there already and
returns nothing then, else the moment of writing. Somebody who posts the same key at the same moment is waited for, and
the unique key refuses whoever comes second.

Every value is an argument of its own: to read them out of JSON cost more than the whole of the lines.
"""

from typing import Any

from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from ledger.reckoning import BALANCE_COLUMNS
from ledger.rules import SEGMENT_COLUMNS

NAME = "ledger_post"
#: The arguments in order: name and type.
ARGUMENTS = {
    "p_id": "uuid", "p_key": "varchar", "p_kind": "varchar", "p_category": "varchar", "p_holder": "bigint",
    "p_submitter": "bigint", "p_source": "varchar", "p_method": "varchar", "p_memo": "varchar", "p_posted": "date",
    "p_billing": "date", "p_by": "varchar", "p_hash": "varchar", "p_reverses": "uuid", "p_posted_segment": "integer",
    "p_billing_segment": "integer", "p_debits": "bigint", "p_effect": "bigint", "p_accounts": "smallint[]",
    "p_amounts": "bigint[]", "p_revenues": "varchar[]", "p_side": "varchar", "p_item_kind": "varchar",
    "p_item_amount": "bigint", "p_due": "date", "p_last_day": "date", "p_receivable": "bigint", "p_unapplied": "bigint",
    "p_deposits": "bigint", "p_payable": "bigint",
}  # fmt: skip


def adding(table: str, columns: tuple[str, ...]) -> str:
    """What an upsert of amounts does to a row that is there."""
    return ", ".join(f"{column} = {table}.{column} + excluded.{column}" for column in columns)


def _body() -> str:
    cells = tuple(SEGMENT_COLUMNS.values())
    moved = ", ".join(f"CASE p_category WHEN '{category}' THEN p_effect ELSE 0 END" for category in SEGMENT_COLUMNS)
    line = "(p_id, p_accounts[{0}], p_holder, p_amounts[{0}], {1}, p_category, p_posted_segment, p_billing_segment)"
    columns = "(entry_id, account_id, holder_id, amount, revenue, category, posted_segment, billing_segment)"
    return f"""
BEGIN
  IF EXISTS (SELECT 1 FROM ledger_journalentry WHERE key = p_key) THEN RETURN NULL; END IF;
  IF CARDINALITY(p_accounts) = 2 THEN
    INSERT INTO ledger_posting {columns}
      VALUES {line.format(1, "p_revenues[1]")}, {line.format(2, "p_revenues[2]")};
  ELSE
    INSERT INTO ledger_posting {columns}
      SELECT p_id, x.a, p_holder, x.m, x.r, p_category, p_posted_segment, p_billing_segment
      FROM UNNEST(p_accounts, p_amounts, p_revenues) AS x (a, m, r);
  END IF;
  INSERT INTO ledger_journalentry (id, key, kind, category, holder_id, submitter_id, source, method, memo,
      posted_on, billing_on, recorded_by, payload_hash, posting_count, total_debit, amount, reverses_id)
    VALUES (p_id, p_key, p_kind, p_category, p_holder, p_submitter, p_source, p_method, p_memo, p_posted, p_billing,
      p_by, p_hash, CARDINALITY(p_accounts), p_debits, p_effect, p_reverses);
  IF p_side IS NOT NULL THEN
    INSERT INTO ledger_openitem (entry_id, holder_id, submitter_id, source, side, kind, amount, cleared, due_on,
        last_day_to_pay, billing_on, posted_on)
      VALUES (p_id, p_holder, p_submitter, p_source, p_side, p_item_kind, p_item_amount, 0, p_due, p_last_day,
        p_billing, p_posted);
  END IF;
  IF p_category <> 'NONE' THEN
    INSERT INTO ledger_holdersegment (holder_id, posted_segment, billing_segment, {", ".join(cells)})
      VALUES (p_holder, p_posted_segment, p_billing_segment, {moved})
      ON CONFLICT (holder_id, posted_segment, billing_segment)
      DO UPDATE SET {adding("ledger_holdersegment", cells)};
  END IF;
  INSERT INTO ledger_holderbalance (holder_id, {", ".join(BALANCE_COLUMNS)})
    VALUES (p_holder, {", ".join(f"p_{column}" for column in BALANCE_COLUMNS)})
    ON CONFLICT (holder_id) DO UPDATE SET {adding("ledger_holderbalance", BALANCE_COLUMNS)};
  RETURN STATEMENT_TIMESTAMP();
END"""


def create_statement() -> str:
    """A plan made while the book was empty must not read it from end to end when it is full: so no sequential scan."""
    arguments = ", ".join(f"{name} {kind}" for name, kind in ARGUMENTS.items())
    return (
        f"CREATE OR REPLACE FUNCTION {NAME}({arguments}) RETURNS timestamptz "
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
            cursor.execute(f"DROP FUNCTION IF EXISTS {NAME}(text[], json, json, json, json, json)")
            cursor.execute(create_statement())


def _drop(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(f"DROP FUNCTION IF EXISTS {NAME}({', '.join(ARGUMENTS.values())})")


def providing() -> migrations.RunPython:
    """The migration operation that creates the function."""
    return migrations.RunPython(_create, _drop)
