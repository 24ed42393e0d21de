"""The database as last judge of the book: the same refusals on PostgreSQL and on SQLite, each an ``IntegrityError``.

Lines first, entry last: an entry's insert proves that its lines are there and balance, and from then on no line may
join them; the deferred foreign key refuses lines that never get an entry. Nothing is updated or deleted. A clearing
carries its amount to its two items, which the database refuses to clear beyond their amount.

SQLite drops a table's triggers whenever a migration rebuilds the table: such migrations wrap their operations in
``rebuilding``. A system check and ``verify_ledger`` compare what is installed with what stands here.
"""

import re
from collections.abc import Sequence
from typing import Any

from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

from ledger import functions
from ledger.rules import Account

_FROZEN = ("ledger_posting", "ledger_journalentry", "ledger_clearing")

_ACCOUNTS = ", ".join(str(number) for number in Account.values)
#: What counts as a line: on an account of the chart, in segments. Asked where the lines are read anyway, which costs
#: a small part of a key and constraints of their own.
_IS_LINE = f"account_id IN ({_ACCOUNTS}) AND posted_segment >= 0 AND billing_segment >= 0"
_IS_SEALED = "EXISTS (SELECT 1 FROM ledger_journalentry WHERE id = NEW.entry_id)"
_IS_UNPROVEN = f"""NEW.posting_count < 2 OR (NEW.posting_count, 0, NEW.total_debit) <> (
      SELECT COUNT(*) FILTER (WHERE {_IS_LINE}), COALESCE(SUM(amount), 0),
        COALESCE(SUM(CASE WHEN amount > 0 THEN amount ELSE 0 END), 0)
      FROM ledger_posting WHERE entry_id = NEW.id)"""
_CLEARED_OF_ITEM = """(SELECT COALESCE(SUM(amount), 0) FROM ledger_clearing
      WHERE (debt_item_id = NEW.id AND NEW.side = 'DEBT') OR (credit_item_id = NEW.id AND NEW.side = 'CREDIT'))"""
_ITEM_FACTS = (
    "id", "entry_id", "holder_id", "submitter_id", "source", "side", "kind", "amount", "due_on", "last_day_to_pay",
    "billing_on", "posted_on",
)  # fmt: skip

SEALED = "a posted entry takes no further line"
UNPROVEN = "an entry needs its lines first, on accounts of the chart, and they must balance"
FROZEN = "the book is append-only: reverse the entry instead"
NEW_ITEM = "an item starts uncleared"
CHANGED_ITEM = "only a clearing changes an item"
NOT_A_PAIR = "a clearing joins a debt and a credit of one holder"
OVERDRAWN = "more than is held"


def _sqlite() -> dict[str, tuple[str, str]]:
    """Name of each trigger: its table and the statement that creates it."""

    def refuse(name: str, table: str, when: str, condition: str, message: str) -> tuple[str, tuple[str, str]]:
        test = f" WHEN {condition}" if condition else ""
        return name, (
            table,
            f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW{test} BEGIN SELECT RAISE(ABORT, '{message}'); END",
        )

    facts = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _ITEM_FACTS)
    pair = (
        "NOT EXISTS (SELECT 1 FROM ledger_openitem d JOIN ledger_openitem c ON c.holder_id = d.holder_id "
        "WHERE d.id = NEW.debt_item_id AND d.side = 'DEBT' AND c.id = NEW.credit_item_id AND c.side = 'CREDIT')"
    )
    triggers = dict(
        [
            refuse("ledger_posting_sealed", "ledger_posting", "BEFORE INSERT", _IS_SEALED, SEALED),
            refuse("ledger_entry_proven", "ledger_journalentry", "BEFORE INSERT", _IS_UNPROVEN, UNPROVEN),
            refuse("ledger_item_new", "ledger_openitem", "BEFORE INSERT", "NEW.cleared <> 0", NEW_ITEM),
            refuse(
                "ledger_item_changed",
                "ledger_openitem",
                "BEFORE UPDATE",
                f"{facts} OR NEW.cleared <> {_CLEARED_OF_ITEM}",
                CHANGED_ITEM,
            ),
            refuse("ledger_item_no_delete", "ledger_openitem", "BEFORE DELETE", "", FROZEN),
            refuse("ledger_clearing_pair", "ledger_clearing", "BEFORE INSERT", pair, NOT_A_PAIR),
            *(
                refuse(f"{table}_no_{verb.lower()}", table, f"BEFORE {verb}", "", FROZEN)
                for table in _FROZEN
                for verb in ("UPDATE", "DELETE")
            ),
            *(
                refuse(
                    f"ledger_balance_{verb.lower()}",
                    "ledger_holderbalance",
                    f"AFTER {verb}",
                    "NEW.deposits > 0 OR NEW.payable > 0",
                    OVERDRAWN,
                )
                for verb in ("INSERT", "UPDATE")
            ),
        ]
    )
    triggers["ledger_clearing_carried"] = (
        "ledger_clearing",
        "CREATE TRIGGER ledger_clearing_carried AFTER INSERT ON ledger_clearing FOR EACH ROW BEGIN "
        "UPDATE ledger_openitem SET cleared = cleared + NEW.amount WHERE id IN (NEW.debt_item_id, NEW.credit_item_id); "
        "END",
    )
    return triggers


def _postgresql() -> dict[str, tuple[str, str, str]]:
    """Name of each trigger: its table, when it fires, and the body of the function of the same name.

    A condition on the new row alone stands before the function, which then is not even called.
    """

    def refuse(condition: str, message: str) -> str:
        raise_it = f"RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation';"
        test = f"IF {condition} THEN {raise_it} END IF;" if condition else raise_it
        return f"BEGIN {test} RETURN NEW; END"

    facts = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _ITEM_FACTS)
    carried = f"""BEGIN
  IF EXISTS (SELECT 1 FROM added a JOIN ledger_openitem d ON d.id = a.debt_item_id
      JOIN ledger_openitem c ON c.id = a.credit_item_id
      WHERE d.side <> 'DEBT' OR c.side <> 'CREDIT' OR d.holder_id <> c.holder_id) THEN
    RAISE EXCEPTION '{NOT_A_PAIR}' USING ERRCODE = 'check_violation';
  END IF;
  PERFORM 1 FROM ledger_openitem WHERE id IN (SELECT debt_item_id FROM added UNION SELECT credit_item_id FROM added)
    ORDER BY id FOR UPDATE;
  UPDATE ledger_openitem i SET cleared = i.cleared + s.total
    FROM (SELECT item_id, SUM(amount) AS total
      FROM (SELECT debt_item_id AS item_id, amount FROM added UNION ALL SELECT credit_item_id, amount FROM added) m
      GROUP BY item_id) s
    WHERE i.id = s.item_id;
  RETURN NULL;
END"""
    # LIMIT keeps the look-up one by one, whatever number of lines its plan was made for.
    sealed = f"""BEGIN
  IF EXISTS (SELECT 1 FROM added a, LATERAL (SELECT 1 FROM ledger_journalentry WHERE id = a.entry_id LIMIT 1) e) THEN
    RAISE EXCEPTION '{SEALED}' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END"""
    proven = f"""BEGIN
  IF EXISTS (SELECT 1 FROM added n WHERE {_IS_UNPROVEN.replace("NEW.", "n.")}) THEN
    RAISE EXCEPTION '{UNPROVEN}' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END"""
    changed = f"""BEGIN
  IF EXISTS (SELECT 1 FROM changed n WHERE n.cleared <> CASE n.side
      WHEN 'DEBT' THEN (SELECT COALESCE(SUM(amount), 0) FROM ledger_clearing WHERE debt_item_id = n.id)
      ELSE (SELECT COALESCE(SUM(amount), 0) FROM ledger_clearing WHERE credit_item_id = n.id) END) THEN
    RAISE EXCEPTION '{CHANGED_ITEM}' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END"""
    added = "AFTER INSERT REFERENCING NEW TABLE AS added FOR EACH STATEMENT"
    row = "FOR EACH ROW"
    return {
        "ledger_posting_sealed": ("ledger_posting", added, sealed),
        "ledger_entry_proven": ("ledger_journalentry", added, proven),
        "ledger_item_new": (
            "ledger_openitem",
            f"AFTER INSERT {row} WHEN (NEW.cleared <> 0)",
            refuse("", NEW_ITEM),
        ),
        "ledger_item_facts": ("ledger_openitem", f"BEFORE UPDATE {row} WHEN ({facts})", refuse("", CHANGED_ITEM)),
        "ledger_item_changed": (
            "ledger_openitem",
            "AFTER UPDATE REFERENCING NEW TABLE AS changed FOR EACH STATEMENT",
            changed,
        ),
        "ledger_item_no_delete": ("ledger_openitem", f"BEFORE DELETE {row}", refuse("", FROZEN)),
        **{f"{table}_no_change": (table, f"BEFORE UPDATE OR DELETE {row}", refuse("", FROZEN)) for table in _FROZEN},
        "ledger_balance_change": (
            "ledger_holderbalance",
            f"AFTER INSERT OR UPDATE {row} WHEN (NEW.deposits > 0 OR NEW.payable > 0)",
            refuse("", OVERDRAWN),
        ),
        "ledger_clearing_carried": ("ledger_clearing", added, carried),
    }


def create_statements(vendor: str) -> list[str]:
    if vendor == "sqlite":
        return [statement for _table, statement in _sqlite().values()]
    statements = []
    for name, (table, when, body) in _postgresql().items():
        timing, _separator, rest = when.partition(" FOR EACH ")
        if " REFERENCING " in timing:
            event, _separator, transition = timing.partition(" REFERENCING ")
            timing = f"{event} ON {table} REFERENCING {transition}"
        else:
            timing = f"{timing} ON {table}"
        statements.append(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
        statements.append(f"CREATE TRIGGER {name} {timing} FOR EACH {rest} EXECUTE FUNCTION {name}()")
    return statements


def drop_statements(vendor: str) -> list[str]:
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {name}" for name in _sqlite()]
    return [f"DROP TRIGGER IF EXISTS {name} ON {table}" for name, (table, _when, _body) in _postgresql().items()]


def differences(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of triggers, or of the function, that are missing, disabled or not what stands here; empty when guarded."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
            installed = {name: (table, sql) for name, table, sql in cursor.fetchall()}
            return sorted(name for name, wanted in _sqlite().items() if installed.get(name) != wanted)
        cursor.execute(
            "SELECT t.tgname, c.relname, p.prosrc, PG_GET_TRIGGERDEF(t.oid) FROM pg_trigger t "
            "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
            "JOIN pg_proc p ON p.oid = t.tgfoid "
            "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND n.nspname = ANY (current_schemas(false))"
        )
        found = {name: (table, source.strip(), _condition(text)) for name, table, source, text in cursor.fetchall()}
    wrong = [
        name
        for name, (table, when, body) in _postgresql().items()
        if found.get(name) != (table, body.strip(), _condition(when))
    ]
    return sorted(wrong if functions.is_installed(connection) else [*wrong, functions.NAME])


def _condition(text: str) -> str:
    """What stands before a trigger's function, in one way of writing: PostgreSQL compares its words as text."""
    _before, _separator, condition = text.partition(" WHEN ")
    return re.sub(r"[()\s]|::text", "", condition.partition(" EXECUTE ")[0]).lower()


def lock(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers, replacing those that are there."""
    unlock(connection)
    with connection.cursor() as cursor:
        for statement in create_statements(connection.vendor):
            cursor.execute(statement)


def unlock(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers: only for a migration, or to empty a test database."""
    with connection.cursor() as cursor:
        for statement in drop_statements(connection.vendor):
            cursor.execute(statement)


def _lock_migration(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    lock(schema_editor.connection)


def _unlock_migration(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    unlock(schema_editor.connection)


def guarding() -> migrations.RunPython:
    """The migration operation that creates the triggers."""
    return migrations.RunPython(_lock_migration, _unlock_migration)


def rebuilding(operations: Sequence[Operation]) -> list[Operation]:
    """The operations of a later migration of these tables, with the triggers dropped before and created after."""
    return [migrations.RunPython(_unlock_migration, _lock_migration), *operations, guarding()]
