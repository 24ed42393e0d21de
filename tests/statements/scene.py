"""One importer's June and July 2026: a statement paid late in part, interest, charges, a credit, three payments."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Business, ProgramAccount
from core.actor import Actor, system
from core.clock import TORONTO, at_toronto
from core.models import JobRun
from delegation.rules import FULL
from ledger import services as book
from ledger.models import JournalEntry, OpenItem
from ledger.rules import EntryKind, Revenue
from reference.rules.billing import billing_dates
from statements import services
from statements.files import services as files
from statements.models import FileRequest, Statement
from statements.rules import FileFormat
from tests.builders import Cast, actor

ACTOR: Actor = system("test")
JUNE = date(2026, 6, 25)
JULY = date(2026, 7, 25)

#: Released, declaration, vendor, filed by the importer, duty, surtax, GST.
CHARGES = (
    ((6, 19), "17042000044712", "Hanoi Trail Goods Co.", False, "0.00", "0.00", "1074.00"),
    ((6, 23), "17042000044761", "Ridgeline Footwear Ltd.", False, "6883.30", "0.00", "2256.19"),
    ((6, 30), "17042000044803", "Aalto Rope & Anchor Oy", False, "0.00", "2403.10", "600.78"),
    ((7, 3), "30815000002126", "Dhaka Outerwear Mills", True, "4575.58", "0.00", "1574.54"),
    ((7, 8), "17042000044886", "Cascadia Kayak Works", False, "0.00", "0.00", "867.50"),
    ((7, 13), "17042000044936", "Ridgeline Footwear Ltd.", False, "2557.58", "0.00", "838.32"),
    ((7, 16), "30815000002159", "Cascadia Kayak Works", True, "0.00", "0.00", "302.22"),
)


def at(day: date, hour: int = 10) -> datetime:
    return at_toronto(day, hour)


def declare(
    account: ProgramAccount | int,
    number: str,
    released_on: date,
    *,
    submitter: Business | int | None = None,
    vendor: str = "",
    key: str = "",
    kind: EntryKind = EntryKind.DECLARATION,
    posted_on: date | None = None,
    **amounts: str,
) -> JournalEntry:
    """Post what a declaration charges (below zero: credits), with the dates that follow from its release."""
    dates = billing_dates(released_on)
    posted_on = posted_on or released_on
    return book.post_charge(
        key=key or f"declaration:{number}:v1",
        kind=kind,
        holder_id=account if isinstance(account, int) else account.pk,
        submitter_id=submitter.pk if isinstance(submitter, Business) else submitter,
        amounts={Revenue[name.upper()]: Decimal(text) for name, text in amounts.items()},
        source=f"declaration:{number}",
        memo=vendor,
        posted_on=posted_on,
        billing_on=released_on,
        due_on=dates.payment_due_on,
        last_day_to_pay=dates.last_day_to_pay,
        at=at(posted_on),
        actor=ACTOR,
    )


def pay(account: ProgramAccount | int, reference: str, amount: str, on: date, **changes: Any) -> JournalEntry:
    values: dict[str, Any] = {
        "key": f"payment:{reference}",
        "holder_id": account if isinstance(account, int) else account.pk,
        "payer_id": None,
        "amount": Decimal(amount),
        "method": "DEBIT",
        "source": f"payment:{reference}",
        "memo": reference,
        "posted_on": on,
        "at": at(on),
        "actor": ACTOR,
    }
    return book.post_payment(**(values | changes))


def settle(debt: JournalEntry, credit: JournalEntry, amount: str, on: date) -> None:
    items = {item.entry_id: item.pk for item in OpenItem.objects.filter(entry__in=(debt, credit))}
    book.clear(
        debt_item_id=items[debt.pk],
        credit_item_id=items[credit.pk],
        amount=Decimal(amount),
        cleared_on=on,
        at=at(on),
        actor=ACTOR,
    )


def charge_interest(through: date, *, first: int = 1, last: int = 10_000_000) -> int:
    return services.charge_interest(
        holders=range(first, last),
        through=through,
        actor=ACTOR,
        at=datetime(*through.timetuple()[:3], 23, 50, tzinfo=TORONTO),
    )


def issue(statement_on: date) -> list[Statement]:
    """The statements that were issued by it, by account."""
    before = set(Statement.objects.values_list("pk", flat=True))
    services.issue_statements(statement_on=statement_on, actor=ACTOR, at=at_toronto(statement_on, 0, 50))
    return list(Statement.objects.exclude(pk__in=before).order_by("program_account"))


def notify(notice_on: date) -> int:
    return services.issue_daily_notices(notice_on=notice_on, actor=ACTOR, at=at(notice_on, 1))


def requested(cast: Cast, first: str, last: str = "", *, file_format: str = "CSV", is_made: bool = True) -> FileRequest:
    """Statements that Amara asked for: made, or such that their making failed."""
    asked = files.request_statements(
        program_account=cast.account,
        visibility=FULL,
        first=first,
        last=last or first,
        file_format=FileFormat(file_format),
        actor=replace(actor(cast.amara), business_id=cast.northlight.pk),
        at=cast.world.at,
    )
    if is_made:
        return files.make(request_id=asked.request.pk, at=cast.world.at, wall_at=cast.world.at)
    FileRequest.objects.filter(pk=asked.request.pk).update(state="FAILED", problem="STORAGE")
    return FileRequest.objects.get(pk=asked.request.pk)


def job_run(job: str, day: date, hour: int = 0, minute: int = 50) -> JobRun:
    due_at = at_toronto(day, hour, minute)
    return JobRun.objects.get_or_create(job=job, due_at=due_at, defaults={"started_at": due_at})[0]


def play(account: ProgramAccount, importer: Business, broker: Business) -> tuple[Statement, Statement]:
    """The statements of June and July."""
    old = declare(account, "17042000044600", date(2026, 6, 2), submitter=broker, duty="15000.00", gst="3412.66")
    issue(JUNE)
    refund = declare(
        account,
        "17042000044600",
        date(2026, 6, 2),
        submitter=broker,
        key="declaration:17042000044600:v2",
        kind=EntryKind.CORRECTION,
        posted_on=date(2026, 6, 26),
        duty="-236.40",
    )
    settle(old, refund, "236.40", date(2026, 6, 26))
    first = pay(account, "R7HQ2M", "14000.00", date(2026, 6, 30))
    settle(old, first, "14000.00", date(2026, 6, 30))
    for (month, day), number, vendor, is_own, duty, surtax, gst in CHARGES:
        released_on = date(2026, month, day)
        declare(
            account,
            number,
            released_on,
            submitter=importer if is_own else broker,
            vendor=vendor,
            posted_on=released_on + timedelta(days=1),
            duty=duty,
            surtax=surtax,
            gst=gst,
        )
    second = pay(account, "R8KD4T", "4176.26", date(2026, 7, 6))
    settle(old, second, "4176.26", date(2026, 7, 6))
    declare(
        account,
        "17042000044761",
        date(2026, 6, 23),
        submitter=broker,
        vendor="Ridgeline Footwear Ltd.",
        key="declaration:17042000044761:v2",
        kind=EntryKind.CORRECTION,
        posted_on=date(2026, 7, 10),
        duty="-412.50",
    )
    pay(account, "R9WX5C", "1250.00", date(2026, 7, 20))
    charge_interest(date(2026, 7, 24))
    issue(JULY)
    june, july = Statement.objects.filter(program_account=account).order_by("statement_on")
    return june, july
