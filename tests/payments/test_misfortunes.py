"""What goes wrong between the bank and the book: told too often, stopped half way, silent for an hour, returned."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from core.errors import Unavailable
from core.models import AuditEvent
from ledger import queries as ledger
from ledger.models import JournalEntry
from payments import plans, queries, returns, services
from payments.api import PAYMENT_EVENTS
from payments.models import Payment, PlannedPayment
from tests.builders import Cast, signed_in
from tests.counterparts.processes import Counterpart, free_port
from tests.payments.conftest import ACTOR, approve, at_bank, event_of, moment, owe, paid, started
from tests.payments.test_pages import tell, text_of, url

pytestmark = pytest.mark.django_db
D = Decimal
TODAY = date(2026, 7, 22)
NOW = moment(TODAY)


def entries_of(payment: Payment) -> int:
    return JournalEntry.objects.filter(key=payment.entry_key).count()


def test_a_hundred_events_in_every_order_post_once(cast: Cast, bank: Counterpart) -> None:
    """Whatever they say of it, a captured payment is in the book once and a declined one is not."""
    captured, declined = (at_bank(started(cast.account, "10.00", at=NOW)) for _each in range(2))
    approve(captured)
    approve(declined, "10000002")
    told = [kind for order in permutations(sorted(PAYMENT_EVENTS)) for kind in order]
    assert len(told) == 96
    bystander = Client()
    for payment, state in ((captured, "RECEIVED"), (declined, "DECLINED")):
        answers = [tell(bystander, event_of(payment, kind)) for kind in [*told, *sorted(PAYMENT_EVENTS)]]
        assert {(answer.status_code, answer.json()["state"]) for answer in answers} == {(200, state)}
    assert (entries_of(captured), entries_of(declined)) == (1, 0)
    assert ledger.balance_of(cast.account.pk).credit == D("10.00")
    assert AuditEvent.objects.filter(verb="payment.received").count() == 1


def stops_at(words: str) -> Callable[..., Any]:
    """A connection that breaks as soon as a statement holds these words."""

    def run(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if words in sql:
            raise OperationalError("the connection was lost")
        return execute(sql, params, many, context)

    return run


@pytest.mark.parametrize(
    "words",
    [
        'UPDATE "payments_payment"',
        'INSERT INTO "ledger_posting"',
        'INSERT INTO "ledger_journalentry"',
        'INSERT INTO "ledger_clearing"',
        'INSERT INTO "core_auditevent"',
    ],
)
def test_a_stop_between_capture_and_posting_leaves_nothing_half_done(cast: Cast, bank: Counterpart, words: str) -> None:
    owe(cast.account, "10.00", posted_on=date(2026, 6, 17), due_on=date(2026, 7, 2))
    payment = at_bank(started(cast.account, "10.00", at=NOW))
    approve(payment)
    with connection.execute_wrapper(stops_at(words)), pytest.raises(OperationalError):
        services.settle(reference=payment.reference, actor=ACTOR, at=NOW)
    payment.refresh_from_db()
    assert payment.state == Payment.State.AT_BANK and entries_of(payment) == 0
    assert ledger.balance_of(cast.account.pk).net == D("10.00")
    assert tell(Client(), event_of(payment)).json()["state"] == "RECEIVED"
    assert services.sweep_under_way(actor=ACTOR, at=NOW) == 0
    assert entries_of(payment) == 1 and ledger.balance_of(cast.account.pk).net == 0


def test_a_bank_silent_for_an_hour_keeps_the_payment_and_settles_it_once(
    cast: Cast, bank: Counterpart, settings: Any
) -> None:
    card = Payment.Method.CREDIT_CARD
    payment = at_bank(started(cast.account, "3000.00", at=NOW, method=card))
    approve(payment)
    amara, address = signed_in(cast.amara), settings.BANK_URL
    settings.BANK_URL = f"http://127.0.0.1:{free_port()}"
    for minutes in range(0, 61, 15):
        assert services.sweep_under_way(actor=ACTOR, at=NOW + timedelta(minutes=minutes)) == 0
        assert tell(Client(), event_of(payment)).status_code == 503
    with pytest.raises(Unavailable):
        services.cancel(reference=payment.reference, actor=ACTOR, at=NOW)
    assert "We do not know yet whether this payment went through" in text_of(
        amara.get(url("return", cast, payment.reference))
    )
    assert "A payment is not finished" in text_of(amara.get(url("pay", cast)))
    assert queries.card_room(cast.account.pk, on=TODAY).left == D("1999.99")
    settings.BANK_URL = address
    later = NOW + timedelta(minutes=65)
    assert services.sweep_under_way(actor=ACTOR, at=later) == 1
    assert tell(Client(), event_of(payment)).json()["state"] == "RECEIVED"
    assert "Your payment was received" in text_of(amara.get(url("return", cast, payment.reference), follow=True))
    assert entries_of(payment) == 1 and ledger.balance_of(cast.account.pk).credit == D("3000.00")


def test_a_returned_payment_takes_a_brokers_promise_up_again(cast: Cast) -> None:
    """What the broker paid besides still counts towards what it announced."""
    plan = plans.announce(
        program_account=cast.account,
        payer=cast.harbourline,
        amount=D("100.00"),
        planned_on=TODAY + timedelta(days=5),
        on=TODAY,
        at=NOW,
        actor=ACTOR,
    )
    first = paid(cast.account, "70.00", at=NOW, payer=cast.harbourline)
    paid(cast.account, "50.00", at=NOW, payer=cast.harbourline)
    plan.refresh_from_db()
    assert (plan.state, plan.paid) == (PlannedPayment.State.PAID, D("100.00"))
    again = {"reason": "nsf", "on": TODAY, "at": NOW, "actor": ACTOR, "fee": False}
    for _time in range(2):
        returns.return_payment(payment=first, **again)  # type: ignore[arg-type]
        plan.refresh_from_db()
        assert (plan.state, plan.paid) == (PlannedPayment.State.ANNOUNCED, D("50.00"))
    assert AuditEvent.objects.filter(verb="payment.arrangement_reopened").count() == 1
    other = paid(cast.account, "5.00", at=NOW)
    returns.return_payment(payment=other, **again)  # type: ignore[arg-type]
    plan.refresh_from_db()
    assert plan.paid == D("50.00")
