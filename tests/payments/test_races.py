"""Two at once: the card's room is not used twice, a payment is posted once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from core.errors import DomainError
from core.models import AuditEvent
from ledger import queries as ledger
from ledger.models import JournalEntry
from payments import queries, services
from payments.models import Payment
from tests.builders import World, build_cast
from tests.conftest import TEST_DAY
from tests.ledger.book import unlocked_book
from tests.payments.conftest import ACTOR, moment, owe, started

__all__ = ["unlocked_book"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unlocked_book")]
TODAY = date(2026, 7, 22)
NOW = moment(TODAY)


def at_once(*calls: Any) -> list[Any]:
    barrier = Barrier(len(calls))

    def run(call: Any) -> Any:
        try:
            barrier.wait(10)
            return call()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_two_cards_at_once_share_one_room() -> None:
    account = build_cast(World(at=TEST_DAY)).account
    card = Payment.Method.CREDIT_CARD
    outcomes = at_once(*[lambda: started(account, "3000.00", at=NOW, method=card)] * 2)
    assert sorted(isinstance(outcome, DomainError) for outcome in outcomes) == [False, True]
    assert str(queries.card_room(account.pk, on=TODAY).left) == "1999.99"


def test_the_same_form_sent_twice_at_once_is_one_payment() -> None:
    account = build_cast(World(at=TEST_DAY)).account
    outcomes = at_once(*[lambda: started(account, "10.00", at=NOW, once="key")] * 3)
    assert len({outcome.reference for outcome in outcomes}) == 1
    assert Payment.objects.count() == 1


def test_the_person_the_event_and_the_sweep_at_once_post_once() -> None:
    account = build_cast(World(at=TEST_DAY)).account
    owe(account, "100.00", posted_on=date(2026, 6, 17), due_on=date(2026, 7, 2))
    payment = started(account, "100.00", at=NOW)
    outcomes = at_once(*[lambda: services.receive(reference=payment.reference, actor=ACTOR, at=NOW)] * 3)
    assert {outcome.state for outcome in outcomes} == {Payment.State.RECEIVED}
    assert JournalEntry.objects.filter(key=payment.entry_key).count() == 1
    assert ledger.balance_of(account.pk).net == 0


def test_two_payments_at_once_do_not_fight_over_one_debt() -> None:
    account = build_cast(World(at=TEST_DAY)).account
    owe(account, "100.00", posted_on=date(2026, 6, 17), due_on=date(2026, 7, 2))
    first, second = (started(account, "80.00", at=NOW) for _each in range(2))
    at_once(
        *[lambda each=each: services.receive(reference=each.reference, actor=ACTOR, at=NOW) for each in (first, second)]
    )
    assert str(ledger.balance_of(account.pk).net) == "-60.00"
    assert list(ledger.open_items_of(account.pk, on=TODAY, debts_only=True)) == []


def test_two_people_who_choose_the_same_item_clear_it_once_and_lose_nothing() -> None:
    """The item is paid by the first; what the second brings stays as a credit."""
    account = build_cast(World(at=TEST_DAY)).account
    debt = owe(account, "100.00", posted_on=date(2026, 6, 17), due_on=date(2026, 7, 2))
    item = ledger.item_of_entry(debt.pk)
    assert item is not None
    order = services.PaymentOrder(amount=Decimal("100.00"), method=Payment.Method.DEBIT_CARD, items=(item.pk,))

    def start() -> Payment:
        return services.start_payment(order=order, program_account=account, payer=account.business, actor=ACTOR, at=NOW)

    both = at_once(start, start)
    at_once(*[lambda each=each: services.receive(reference=each.reference, actor=ACTOR, at=NOW) for each in both])
    assert list(ledger.open_items_of(account.pk, on=TODAY, debts_only=True)) == []
    credits = [item.remaining for item in ledger.open_items_of(account.pk, on=TODAY)]
    assert credits == [Decimal("100.00")] and str(ledger.balance_of(account.pk).net) == "-100.00"


def test_two_who_give_up_at_once_leave_one_trace() -> None:
    account = build_cast(World(at=TEST_DAY)).account
    payment = started(account, "1.00", at=NOW)
    outcomes = at_once(*[lambda: services.cancel(reference=payment.reference, actor=ACTOR, at=NOW)] * 3)
    assert {outcome.state for outcome in outcomes} == {Payment.State.CANCELLED}
    assert AuditEvent.objects.filter(verb="payment.cancelled").count() == 1
