"""Short ways to say what the ledger's tests post: one holder, one day, one actor unless told otherwise."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from core.actor import Actor, system
from ledger import services
from ledger.models import JournalEntry, OpenItem
from ledger.rules import EntryKind, Revenue

HOLDER = 77
BROKER = 501
DAY = date(2026, 6, 2)
AT = datetime(2026, 6, 2, 10, 0, tzinfo=ZoneInfo("America/Toronto"))
ACTOR: Actor = system("test")
DUTY_AND_GST = {Revenue.DUTY: Decimal("100.00"), Revenue.GST: Decimal("5.00")}


def dollars(text: str) -> Decimal:
    return Decimal(text)


def charge(key: str = "declaration:1:v1", **changes: Any) -> JournalEntry:
    """A declaration of $105.00 due at the end of the month."""
    posted_on = changes.get("posted_on", DAY)
    values: dict[str, Any] = {
        "key": key,
        "kind": EntryKind.DECLARATION,
        "holder_id": HOLDER,
        "submitter_id": BROKER,
        "amounts": DUTY_AND_GST,
        "source": key.rpartition(":")[0] or key,
        "memo": "",
        "posted_on": posted_on,
        "billing_on": posted_on,
        "due_on": posted_on + timedelta(days=28),
        "last_day_to_pay": posted_on + timedelta(days=29),
        "at": AT,
        "actor": ACTOR,
    }
    return services.post_charge(**(values | changes))


def payment(key: str = "payment:1", amount: str = "105.00", **changes: Any) -> JournalEntry:
    values: dict[str, Any] = {
        "key": key,
        "holder_id": HOLDER,
        "payer_id": None,
        "amount": Decimal(amount),
        "method": "card",
        "source": key,
        "memo": "",
        "posted_on": DAY,
        "at": AT,
        "actor": ACTOR,
    }
    return services.post_payment(**(values | changes))


def deposit(key: str = "deposit:1", amount: str = "5000.00", **changes: Any) -> JournalEntry:
    values: dict[str, Any] = {
        "key": key,
        "holder_id": HOLDER,
        "payer_id": None,
        "amount": Decimal(amount),
        "method": "card",
        "source": key,
        "memo": "",
        "posted_on": DAY,
        "at": AT,
        "actor": ACTOR,
    }
    return services.post_deposit(**(values | changes))


def ctype(amounts: dict[Revenue, Decimal] = DUTY_AND_GST) -> JournalEntry:
    return services.post_ctype(
        key="ctype:1", holder_id=HOLDER, submitter_id=BROKER, payer_id=HOLDER, amounts=amounts, method="debit",
        source="declaration:9", memo="", posted_on=DAY, billing_on=DAY, at=AT, actor=ACTOR,
    )  # fmt: skip


def item_of(entry: JournalEntry) -> OpenItem:
    return OpenItem.objects.get(entry=entry)


def settle(debt: JournalEntry, credit: JournalEntry, amount: str, *, on: date = DAY, key: str = "") -> Any:
    return services.clear(
        debt_item_id=item_of(debt).id,
        credit_item_id=item_of(credit).id,
        amount=Decimal(amount),
        cleared_on=on,
        at=AT,
        actor=ACTOR,
        key=key,
    )


def undo(entry: JournalEntry, key: str = "undo:1", **changes: Any) -> JournalEntry:
    values: dict[str, Any] = {
        "key": key,
        "entry_id": entry.id,
        "reason": "entered by mistake",
        "posted_on": DAY,
        "at": AT,
        "actor": ACTOR,
    }
    return services.reverse_entry(**(values | changes))
