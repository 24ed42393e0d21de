"""A book with a year of charges, and what the security tests ask of it."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from accounts.models import Business, ProgramAccount
from core.actor import Actor, system
from core.clock import TORONTO
from core.jobs import fire
from core.models import JobRun
from core.timetable import Daily, Firing, ScheduledJob
from ledger.queries import open_items_of
from ledger.rules import EntryKind, Revenue
from ledger.services import clear, post_charge, post_payment
from notifications.models import Notification
from security import services
from security.models import Bond, RppEnrolment
from tests.builders import Cast, World

_numbers = count(1)
SYSTEM = system("tests")


def moment(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=TORONTO)


def charge(account: ProgramAccount, amount: str, on: date, *, last_day: date | None = None) -> Any:
    """A declaration's charge that became known on a day; due far ahead unless a last day is given."""
    number = next(_numbers)
    return post_charge(
        key=f"declaration:test-{number}:v1",
        kind=EntryKind.DECLARATION,
        holder_id=account.pk,
        submitter_id=account.business_id,
        amounts={Revenue.GST: Decimal(amount)},
        source=f"declaration:test-{number}",
        memo="",
        posted_on=on,
        billing_on=on,
        due_on=last_day or date(2030, 1, 1),
        last_day_to_pay=last_day or date(2030, 1, 1),
        at=moment(on),
        actor=SYSTEM,
    )


def pay_everything(account: ProgramAccount, on: date) -> None:
    for item in list(open_items_of(account.pk, on=on, debts_only=True)):
        entry = post_payment(
            key=f"payment:test-{next(_numbers)}",
            holder_id=account.pk,
            payer_id=account.business_id,
            amount=item.remaining,
            method="DEBIT",
            source="payment:test",
            memo="",
            posted_on=on,
            at=moment(on),
            actor=SYSTEM,
        )
        credit = open_items_of(account.pk, on=on).get(entry=entry)
        clear(
            debt_item_id=item.pk,
            credit_item_id=credit.pk,
            amount=item.remaining,
            cleared_on=on,
            at=moment(on),
            actor=SYSTEM,
        )


def year_of_charges(account: ProgramAccount, *amounts: str, until: date = date(2026, 7, 10)) -> None:
    """One charge a month, the last on ``until``; thirteen months where twelve are not enough for a history."""
    for back, amount in enumerate(reversed(amounts)):
        month = until.month - 1 - back
        charge(account, amount, date(until.year + month // 12, month % 12 + 1, until.day))


def secured(account: ProgramAccount, provider: Business, amount: str, *, on: date, number: str = "") -> Bond:
    bond = services.propose_bond(
        program_account_id=account.pk,
        provider_id=provider.pk,
        agreement_number=number or f"CB-{next(_numbers)}",
        amount=Decimal(amount),
        validity_start=on,
        on=on,
        at=moment(on),
        actor=SYSTEM,
    )
    return services.confirm_bond(bond_id=bond.pk, on=on, at=moment(on), actor=SYSTEM)


def enrolled(account: ProgramAccount, *, on: date, estimate: str | None = None) -> RppEnrolment:
    return services.enrol(
        program_account_id=account.pk,
        estimate=None if estimate is None else Decimal(estimate),
        on=on,
        at=moment(on),
        actor=SYSTEM,
    )


def run_job(name: str, path: str, on: date, *, minute: int = 5) -> JobRun:
    at = moment(on, 0, minute)
    return fire(Firing(ScheduledJob(name, path, Daily(at.time())), at))


def review(on: date) -> JobRun:
    return run_job("security.annual_review", "security.services.run_annual_review", on)


def deadline(on: date) -> JobRun:
    return run_job("security.review_deadline", "security.services.run_review_deadline", on)


def daily(on: date) -> JobRun:
    return run_job("security.daily", "security.services.run_daily", on, minute=3)


def told(user: Any, category: str) -> int:
    return Notification.objects.filter(user=user, category=category).count()


@pytest.fixture
def on(world: World) -> date:
    return world.today


@pytest.fixture
def acting(cast: Cast) -> Callable[[Any], Actor]:
    return lambda user: Actor(kind=SYSTEM.kind, user_id=user.pk, name=str(user))
