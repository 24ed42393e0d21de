"""A real bank beside the tests of payments, and short ways to say what they need."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from http.cookiejar import CookieJar
from itertools import count
from typing import Any

import pytest
from django.conf import settings

from accounts.models import Business, ProgramAccount
from core.actor import Actor, system
from core.clock import TORONTO
from ledger import services as book
from ledger.rules import EntryKind, Revenue
from ledger.verification import findings
from payments import services
from payments.models import Payment
from tests.counterparts.processes import SECRET, Counterpart, bank_process, free_port

_numbers = count(1)
ACTOR: Actor = system("tests")
GOOD_CARD = "9999000000000012"
GOOD_ACCOUNT = "10000001"


def moment(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=TORONTO)


def owe(
    account: ProgramAccount,
    amount: str,
    *,
    posted_on: date,
    due_on: date,
    last_day: date | None = None,
    kind: EntryKind = EntryKind.DECLARATION,
    submitter: Business | None = None,
) -> Any:
    """A charge that became known on a day and is due on another."""
    number = next(_numbers)
    revenue = {EntryKind.INTEREST: Revenue.INTEREST, EntryKind.PENALTY: Revenue.PENALTY}.get(kind, Revenue.DUTY)
    return book.post_charge(
        key=f"declaration:{17042000000000 + number}:v1",
        kind=kind,
        holder_id=account.pk,
        submitter_id=(submitter or account.business).pk,
        amounts={revenue: Decimal(amount)},
        source=f"declaration:{17042000000000 + number}",
        memo="",
        posted_on=posted_on,
        billing_on=posted_on,
        due_on=due_on,
        last_day_to_pay=last_day or due_on,
        at=moment(posted_on),
        actor=ACTOR,
    )


def started(
    account: ProgramAccount,
    amount: str,
    *,
    at: datetime,
    method: Payment.Method = Payment.Method.DEBIT_CARD,
    purpose: Payment.Purpose = Payment.Purpose.DEBT,
    payer: Business | None = None,
    once: str = "",
) -> Payment:
    return services.start_payment(
        order=services.PaymentOrder(amount=Decimal(amount), method=method, purpose=purpose),
        program_account=account,
        payer=payer or account.business,
        actor=ACTOR,
        at=at,
        once=once,
    )


def paid(account: ProgramAccount, amount: str, *, at: datetime, **more: Any) -> Payment:
    """A payment that the bank has captured."""
    payment = started(account, amount, at=at, **more)
    return services.receive(reference=payment.reference, actor=ACTOR, at=at)


def at_bank(payment: Payment) -> Payment:
    return services.send_to_bank(payment=payment, return_url=services.return_address(payment), language="en")


def approve(payment: Payment, number: str = "") -> str:
    """The person fills in the bank's page; returns the address the bank sends the browser to (not followed)."""
    number = number or (GOOD_CARD if payment.method == Payment.Method.CREDIT_CARD else GOOD_ACCOUNT)
    cookies = CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies), _StayHere())
    with browser.open(payment.bank_address, timeout=15) as page:
        page.read()
    token = next(cookie.value for cookie in cookies if "csrf" in cookie.name)
    fields = {"number": number, "expiry": "12/39", "security_code": "123", "csrfmiddlewaretoken": token}
    request = urllib.request.Request(
        payment.bank_address, data=urllib.parse.urlencode(fields).encode(), headers={"Referer": payment.bank_address}
    )
    try:
        with browser.open(request, timeout=30) as answer:
            return str(answer.headers.get("Location", ""))
    except urllib.error.HTTPError as answer:
        return str(answer.headers.get("Location", ""))


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any, **_more: Any) -> None:
        return None


def event_of(payment: Payment, kind: str = "payment.approved") -> bytes:
    return json.dumps({"id": "ev_1", "type": kind, "data": {"reference": payment.reference}}).encode()


@pytest.fixture(scope="session")
def _bank_for_all() -> Iterator[Counterpart]:
    with bank_process(settings.PORTAL_URL, PORTAL_INTERNAL_URL=f"http://localhost:{free_port()}") as running:
        yield running


@pytest.fixture
def bank(_bank_for_all: Counterpart, settings: Any) -> Counterpart:
    """The real bank; its own messages go nowhere, so that each test sends those it is about."""
    settings.BANK_URL = _bank_for_all.url
    settings.COUNTERPART_SECRET = SECRET
    return _bank_for_all


@pytest.fixture
def silent_bank(settings: Any) -> None:
    """An address where nobody answers."""
    settings.BANK_URL = f"http://127.0.0.1:{free_port()}"
    settings.COUNTERPART_SECRET = SECRET


@pytest.fixture(autouse=True)
def _clean_book(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test that moves money the book is proved."""
    yield
    if "db" in request.fixturenames or "transactional_db" in request.fixturenames:
        assert list(findings()) == []


def wait_until(condition: Any, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)
