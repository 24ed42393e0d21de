"""A process killed after the bank captured the money and before the book knows: nothing is lost, nothing is twice."""

import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from ledger import queries as ledger
from ledger.models import JournalEntry
from payments import services
from payments.models import Payment
from tests.builders import World, build_cast
from tests.conftest import PROVE, TEST_DAY
from tests.counterparts.processes import Counterpart
from tests.ledger.book import unlocked_book
from tests.payments.conftest import ACTOR, approve, at_bank, moment, owe, started, wait_until

__all__ = ["unlocked_book"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("unlocked_book"),
    pytest.mark.skipif(
        not os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="SQLite cannot lock one table alone"
    ),
]
ROOT = Path(__file__).resolve().parents[2]
NOW = moment(date(2026, 7, 22))

#: The portal as it hears of a payment, in a process of its own.
HEAR = """
import sys
from datetime import datetime
import django
django.setup()
from core.actor import system
from payments import services
services.settle(reference=sys.argv[1], actor=system("bank"), at=datetime.fromisoformat(sys.argv[2]))
"""

#: Where it is stopped: each table is written to by the posting, in this order.
PLACES = ["payments_payment", "ledger_journalentry", "ledger_clearing", "core_auditevent"]


def hearing_of(payment: Payment) -> subprocess.Popen[bytes]:
    address = os.environ["DATABASE_URL"].rsplit("/", 1)[0]
    environment = {
        **os.environ,
        "DATABASE_URL": f"{address}/{connection.settings_dict['NAME']}",
        "BANK_URL": settings.BANK_URL,
        "COUNTERPART_SECRET": settings.COUNTERPART_SECRET,
        "PORTAGE_MODE": "test",
        "DJANGO_SETTINGS_MODULE": "carm_portal.settings",
    }
    return subprocess.Popen([sys.executable, "-c", HEAR, payment.reference, NOW.isoformat()], cwd=ROOT, env=environment)


def waiting_for(table: str) -> bool:
    """Whether another connection of this database stands before the lock on the table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = %s::regclass", [table])
        return cursor.fetchone() is not None


def others() -> int:
    """How many other connections hold a transaction open, or wait in one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND (state LIKE 'idle in transaction%' OR wait_event_type = 'Lock')"
        )
        [(count,)] = cursor.fetchall()
    return int(count)


@pytest.mark.parametrize("table", PLACES if PROVE else PLACES[1::2])
def test_a_process_killed_between_capture_and_posting_loses_nothing_and_pays_nothing_twice(
    bank: Counterpart, table: str
) -> None:
    account = build_cast(World(at=TEST_DAY)).account
    owe(account, "10.00", posted_on=date(2026, 6, 17), due_on=date(2026, 7, 2))
    payment = at_bank(started(account, "10.00", at=NOW))
    approve(payment)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")
        process = hearing_of(payment)
        wait_until(lambda: waiting_for(table) or process.poll() is not None, seconds=60)
        assert process.poll() is None, "it should have stood before the lock"
        process.send_signal(signal.SIGKILL)
        process.wait()
    wait_until(lambda: others() == 0)
    payment.refresh_from_db()
    assert payment.state == Payment.State.AT_BANK
    assert not JournalEntry.objects.filter(key=payment.entry_key).exists()
    assert str(ledger.balance_of(account.pk).net) == "10.00"
    assert services.sweep_under_way(actor=ACTOR, at=NOW) == 1
    assert services.sweep_under_way(actor=ACTOR, at=NOW) == 0
    assert JournalEntry.objects.filter(key=payment.entry_key).count() == 1
    assert ledger.balance_of(account.pk).net == 0
