"""The database is the last judge: what the services never do, it refuses, on PostgreSQL and on SQLite."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, migrations, transaction
from django.db.migrations.recorder import MigrationRecorder

from core.money import ZERO
from ledger import queries, triggers
from ledger.checks import book_is_guarded
from ledger.models import Clearing, HolderBalance, JournalEntry, OpenItem, Posting
from ledger.rules import Account, Category, EntryKind
from ledger.verification import findings
from tests.ledger.examples import DAY, HOLDER, charge, deposit, dollars, item_of, payment, settle

pytestmark = pytest.mark.django_db


@contextmanager
def refused(message: str | None = None) -> Iterator[None]:
    with pytest.raises(IntegrityError, match=message), transaction.atomic():
        yield


def line(entry_id: UUID, amount: str, account: Account = Account.RECEIVABLE) -> Posting:
    return Posting(
        entry_id=entry_id,
        account_id=account,
        holder_id=HOLDER,
        amount=dollars(amount),
        category=Category.CHARGE,
        posted_segment=2026061,
        billing_segment=2026061,
    )


def entry(entry_id: UUID, *, posting_count: int = 2, total_debit: str = "1.00") -> JournalEntry:
    return JournalEntry(
        id=entry_id,
        key=f"attack:{entry_id}",
        kind=EntryKind.DECLARATION,
        category=Category.CHARGE,
        holder_id=HOLDER,
        source="attack",
        posted_on=DAY,
        billing_on=DAY,
        posting_count=posting_count,
        total_debit=dollars(total_debit),
        amount=ZERO,
    )


def check_now() -> None:
    """Foreign keys are deferred to the commit; a test never commits, so it asks at once."""
    connection.check_constraints()


def test_an_entry_without_lines_is_refused() -> None:
    with refused(triggers.UNPROVEN):
        entry(uuid4()).save(force_insert=True)


def test_an_entry_that_claims_no_lines_is_refused() -> None:
    with refused(triggers.UNPROVEN):
        entry(uuid4(), posting_count=0, total_debit="0").save(force_insert=True)


def test_an_unbalanced_entry_is_refused() -> None:
    number = uuid4()
    with refused(triggers.UNPROVEN):
        Posting.objects.bulk_create([line(number, "1.00"), line(number, "-0.99", Account.DUTY)])
        entry(number).save(force_insert=True)


def test_an_entry_with_a_line_outside_the_chart_or_the_calendar_is_refused() -> None:
    astray = line(uuid4(), "-1.00", Account.DUTY)
    for place in ("account_id", "posted_segment", "billing_segment"):
        right = getattr(astray, place)
        setattr(astray, place, -1)
        with refused(triggers.UNPROVEN):
            Posting.objects.bulk_create([line(astray.entry_id, "1.00"), astray])
            entry(astray.entry_id).save(force_insert=True)
        setattr(astray, place, right)
    Posting.objects.bulk_create([line(astray.entry_id, "1.00"), astray])
    entry(astray.entry_id).save(force_insert=True)


def test_an_unbalanced_entry_by_raw_sql_is_refused() -> None:
    number = uuid4()
    stored = number.hex if connection.vendor == "sqlite" else str(number)
    with refused(triggers.UNPROVEN), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_posting (entry_id, account_id, holder_id, amount, revenue, category, posted_segment,"
            " billing_segment) VALUES (%s, 1100, 1, 100, '', 'CHARGE', 1, 1), (%s, 4010, 1, -90, '', 'CHARGE', 1, 1)",
            [stored, stored],
        )
        cursor.execute(
            "INSERT INTO ledger_journalentry (id, key, kind, category, holder_id, source, method, memo, posted_on,"
            " billing_on, recorded_at, recorded_by, payload_hash, posting_count, total_debit, amount) VALUES"
            " (%s, 'raw', 'DECLARATION', 'CHARGE', 1, '', '', '', '2026-06-02', '2026-06-02', '2026-06-02', '', '', 2,"
            " 100, 100)",
            [stored],
        )


def test_a_wrong_count_or_total_is_refused() -> None:
    for wrong in ({"posting_count": 3}, {"total_debit": "2.00"}):
        number = uuid4()
        with refused(triggers.UNPROVEN):
            Posting.objects.bulk_create([line(number, "1.00"), line(number, "-1.00", Account.DUTY)])
            entry(number, **wrong).save(force_insert=True)


def test_a_sealed_entry_takes_no_further_line() -> None:
    sealed = charge()
    with refused(triggers.SEALED):
        Posting.objects.bulk_create([line(sealed.id, "1.00"), line(sealed.id, "-1.00", Account.DUTY)])


def test_lines_that_never_get_an_entry_are_refused() -> None:
    number = uuid4()
    with refused():
        Posting.objects.bulk_create([line(number, "1.00"), line(number, "-1.00", Account.DUTY)])
        check_now()


def test_a_posting_can_be_neither_changed_nor_deleted() -> None:
    charge()
    for attack in (lambda: Posting.objects.update(amount=ZERO), lambda: Posting.objects.all()._raw_delete("default")):
        with refused("append-only"):
            attack()


def test_an_entry_can_be_neither_changed_nor_deleted() -> None:
    charge()
    with refused("append-only"):
        JournalEntry.objects.update(memo="rewritten")
    with refused("append-only"):
        JournalEntry.objects.all()._raw_delete("default")


def test_a_clearing_can_be_neither_changed_nor_deleted() -> None:
    settle(charge(), payment(), "5.00")
    with refused("append-only"):
        Clearing.objects.update(amount=dollars("1.00"))
    with refused("append-only"):
        Clearing.objects.all()._raw_delete("default")


def test_an_item_changes_by_its_clearings_only() -> None:
    settle(charge(), payment(), "5.00")
    for attack in (
        {"cleared": dollars("105.00")},
        {"cleared": ZERO},
        {"amount": dollars("1000.00")},
        {"holder_id": 78},
        {"due_on": None},
    ):
        with refused(triggers.CHANGED_ITEM):
            OpenItem.objects.filter(side="DEBT").update(**attack)
    with refused("append-only"):
        OpenItem.objects.all()._raw_delete("default")


def test_an_item_cannot_start_cleared() -> None:
    item = item_of(charge())
    item.pk, item.entry, item.cleared = None, deposit(), dollars("1.00")
    with refused(triggers.NEW_ITEM):
        item.save(force_insert=True)


def test_over_clearing_by_bare_inserts_is_refused() -> None:
    debt, credit = charge(), payment(amount="50.00")
    first = settle(debt, credit, "40.00")
    with refused():
        first.pk = None
        first.key = "attack"
        first.save(force_insert=True)


def test_a_clearing_joins_a_debt_and_a_credit_of_one_holder() -> None:
    debt, credit = charge(), payment(amount="50.00")
    stranger = payment(key="payment:other", holder_id=HOLDER + 1)
    row = settle(debt, credit, "5.00")
    for debt_item, credit_item in ((item_of(credit), item_of(debt)), (item_of(debt), item_of(stranger))):
        with refused(triggers.NOT_A_PAIR):
            row.pk = None
            row.key = "attack"
            row.debt_item, row.credit_item = debt_item, credit_item
            row.save(force_insert=True)


def test_a_negative_clearing_undoes_one_that_was_not_undone() -> None:
    row = settle(charge(), payment(), "5.00")
    first_id = row.pk
    row.pk, row.key, row.amount = None, "attack", dollars("-5.00")
    with refused():
        row.save(force_insert=True)
    row.reverses_id = first_id
    row.save(force_insert=True)
    row.pk, row.key = None, "attack again"
    with refused():
        row.save(force_insert=True)


def test_more_than_is_held_cannot_be_drawn() -> None:
    deposit(amount="10.00")
    with refused(triggers.OVERDRAWN):
        HolderBalance.objects.update(deposits=dollars("1.00"))
    with refused(triggers.OVERDRAWN):
        HolderBalance(holder_id=1, payable=dollars("1.00")).save(force_insert=True)


# --- What stands guard over the guards ------------------------------------------------------------------------------


def test_a_sound_book_passes_the_check_and_the_proof() -> None:
    settle(charge(), payment(), "5.00")
    assert book_is_guarded(None, databases=["default"]) == []
    assert book_is_guarded(None) == []
    call_command("verify_ledger", verbosity=0)


def test_missing_triggers_are_reported() -> None:
    triggers.unlock(connection)
    missing = triggers.differences(connection)
    assert "ledger_posting_sealed" in missing
    [error] = book_is_guarded(None, databases=["default"])
    assert "ledger_entry_proven" in str(error)
    with pytest.raises(CommandError):
        call_command("verify_ledger", stderr=_Nowhere())
    # A database that waits for its migration is let through to it.
    latest = MigrationRecorder.Migration.objects.filter(app="ledger").order_by("-name")[:1].get()
    latest.delete()
    assert book_is_guarded(None, databases=["default"]) == []
    triggers.lock(connection)
    assert triggers.differences(connection) == []


def test_a_weakened_trigger_is_reported() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER ledger_posting_sealed")
            cursor.execute("CREATE TRIGGER ledger_posting_sealed BEFORE INSERT ON ledger_posting BEGIN SELECT 1; END")
        else:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION ledger_posting_sealed() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RETURN NEW; END $$"
            )
    assert triggers.differences(connection) == ["ledger_posting_sealed"]


def test_a_trigger_that_fires_on_another_condition_is_reported() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            never = triggers.create_statements("sqlite")[2].replace("<> 0", "< 0")
            cursor.execute("DROP TRIGGER ledger_item_new")
        else:
            never = (
                "CREATE OR REPLACE TRIGGER ledger_item_new AFTER INSERT ON ledger_openitem FOR EACH ROW "
                "WHEN (NEW.cleared < 0) EXECUTE FUNCTION ledger_item_new()"
            )
        cursor.execute(never)
    assert triggers.differences(connection) == ["ledger_item_new"]


@pytest.mark.django_db(transaction=True)
def test_a_later_migration_rebuilds_the_tables_and_keeps_the_guards(unlocked_book: None) -> None:
    field = Posting._meta.get_field("revenue")
    longer = type(field)(max_length=20, blank=True)
    longer.set_attributes_from_name("revenue")
    work: Any = migrations.RunPython(lambda _apps, editor: editor.alter_field(Posting, field, longer))
    charge()
    with connection.schema_editor() as editor:
        for operation in triggers.rebuilding([work]):
            cast(Any, operation).code(None, editor)
    assert triggers.differences(connection) == []
    with connection.schema_editor() as editor:
        for operation in triggers.rebuilding(
            [migrations.RunPython(lambda _apps, editor: editor.alter_field(Posting, longer, field))]
        ):
            cast(Any, operation).code(None, editor)
    assert list(findings()) == []


def test_every_kind_of_damage_is_found() -> None:
    settle(charge(), payment(), "5.00")
    posted = deposit()
    triggers.unlock(connection)
    Posting.objects.filter(entry=posted, account=Account.BANK).update(amount=dollars("1.00"), holder_id=9)
    HolderBalance.objects.filter(pk=HOLDER).update(receivable=dollars("1.00"), deposits=dollars("3.00"))
    queries.HolderSegment.objects.update(charges=dollars("9.00"))
    Posting.objects.filter(account=Account.DUTY).update(posted_segment=2026071)
    OpenItem.objects.filter(side="DEBT").update(cleared=dollars("6.00"))
    OpenItem.objects.filter(side="CREDIT").update(holder_id=5)
    checks = {finding.check.partition(" (")[0] for finding in findings()}
    assert {
        "trigger missing or changed",
        "entry against its lines",
        "line without its entry, or with another class or holder",
        "balance against the lines",
        "segment against the lines",
        "line in the wrong segment",
        "item against its entry",
        "item against its clearings",
        "clearing that joins no pair",
        "balance against the open items",
        "more drawn than held",
    } <= checks


class _Nowhere:
    def write(self, *_args: Any) -> None:
        """The rows are counted, not read."""
