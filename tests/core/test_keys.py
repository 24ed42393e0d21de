"""A key that is proven by the statement refuses what a foreign key refuses, also when two pass one another."""

from datetime import date
from decimal import Decimal
from threading import Event, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from core.bulk import BulkTable, checked_at_the_end
from notifications.models import Notification
from security.models import AnnualReview, SecurityRequirement
from tests.builders import Cast
from tests.conftest import TEST_DAY
from tests.ledger.book import unlocked_book

__all__ = ["unlocked_book"]
pytestmark = pytest.mark.django_db
ONLY_POSTGRESQL = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite keeps its foreign keys")
NOBODY = 999_999_999


def notice(user_id: int) -> Notification:
    return Notification(user_id=user_id, subject="A", body="B", category="c", created_at=TEST_DAY)


def requirement(account_id: int, review_id: int | None = None) -> SecurityRequirement:
    day = date(2026, 7, 1)
    return SecurityRequirement(
        program_account_id=account_id, review_id=review_id, amount=Decimal("1.00"), source="ESTIMATE", effective_on=day,
        computed_on=day,
    )  # fmt: skip


def breaks(act: Any) -> None:
    """The breach is seen at the statement on PostgreSQL, at the end of the transaction on SQLite."""
    with pytest.raises(IntegrityError), transaction.atomic():
        act()
        connection.check_constraints()


def test_what_is_added_must_name_a_row_and_one_that_does_not_refuses_them_all(cast: Cast) -> None:
    known = cast.amara.pk
    breaks(lambda: Notification.objects.bulk_create([notice(known), notice(NOBODY), notice(known)]))
    breaks(lambda: SecurityRequirement.objects.bulk_create([requirement(cast.account.pk), requirement(NOBODY)]))
    breaks(lambda: SecurityRequirement.objects.bulk_create([requirement(cast.account.pk, review_id=NOBODY)]))
    assert not Notification.objects.filter(subject="A").exists()
    SecurityRequirement.objects.bulk_create([requirement(cast.account.pk)])


def test_a_row_that_others_name_is_not_deleted(cast: Cast) -> None:
    Notification.objects.bulk_create([notice(cast.amara.pk)])
    breaks(lambda: User.objects.filter(pk=cast.amara.pk)._raw_delete(connection.alias))
    assert User.objects.filter(pk=cast.amara.pk).exists()


@ONLY_POSTGRESQL
def test_the_key_of_a_row_never_changes(cast: Cast) -> None:
    [told] = Notification.objects.bulk_create([notice(cast.amara.pk)])
    breaks(lambda: Notification.objects.filter(pk=told.pk).update(user_id=cast.wen.pk))
    Notification.objects.filter(pk=told.pk).update(user_id=cast.amara.pk, read_at=TEST_DAY)


@ONLY_POSTGRESQL
def test_the_keys_that_a_review_fills_have_no_row_by_row_proof() -> None:
    with connection.cursor() as cursor:
        tables = [model._meta.db_table for model in (AnnualReview, SecurityRequirement)]
        cursor.execute("SELECT COUNT(*) FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)",
                       [tables])  # fmt: skip
        assert cursor.fetchone() == (0,)


@ONLY_POSTGRESQL
def test_a_table_that_is_written_whole_is_proven_at_its_end_and_by_the_statement_again(cast: Cast) -> None:
    table = BulkTable(SecurityRequirement, ("program_account_id", "amount", "source", "effective_on", "computed_on"))
    row = "{}\t100\tESTIMATE\t2026-07-01\t2026-07-01\n"

    def written(account_id: int) -> None:
        with checked_at_the_end([table]):
            table.write(row.format(account_id).encode())
            assert SecurityRequirement.objects.filter(program_account_id=account_id).exists(), "it is not proven yet"

    breaks(lambda: written(NOBODY))
    written(cast.account.pk)
    assert SecurityRequirement.objects.count() == 1
    breaks(lambda: SecurityRequirement.objects.bulk_create([requirement(NOBODY)]))
    breaks(lambda: SecurityRequirement.objects.bulk_create([requirement(cast.account.pk, review_id=NOBODY)]))


@ONLY_POSTGRESQL
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unlocked_book")
def test_a_delete_waits_for_what_is_being_added_and_then_refuses() -> None:
    person = User.objects.create(username="somebody")
    added, refused, go_on = Event(), Event(), Event()

    def add() -> None:
        with transaction.atomic():
            Notification.objects.bulk_create([notice(person.pk)])
            added.set()
            go_on.wait(10)
        connection.close()

    def delete() -> None:
        try:
            User.objects.filter(pk=person.pk)._raw_delete(connection.alias)
        except IntegrityError:
            refused.set()
        connection.close()

    adding, deleting = Thread(target=add), Thread(target=delete)
    adding.start()
    assert added.wait(10)
    deleting.start()
    assert not refused.wait(0.5), "it should wait for the one who adds"
    go_on.set()
    adding.join()
    deleting.join()
    assert refused.is_set() and Notification.objects.filter(user=person).count() == 1
