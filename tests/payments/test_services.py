"""Payments through the services, on the real book and with the real bank."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.errors import Conflict, DomainError, Stranger, Unavailable
from core.jobs import fire
from core.models import AuditEvent, JobRun
from core.timetable import Firing, timetable
from ledger import queries as ledger
from ledger.rules import EntryKind
from notifications.models import Notification
from payments import queries, services
from payments.models import Payment
from security import queries as security
from security import services as rpp
from security.rules import DepositState
from statements.models import Statement
from tests.builders import Cast
from tests.counterparts.processes import Counterpart
from tests.payments.conftest import ACTOR, approve, at_bank, moment, owe, paid, started

pytestmark = pytest.mark.django_db
D = Decimal
JUNE_17, JULY_2 = date(2026, 6, 17), date(2026, 7, 2)
TODAY = date(2026, 7, 22)
NOW = moment(TODAY)


def remaining(cast: Cast, on: date = TODAY) -> list[str]:
    return [str(item.remaining) for item in ledger.open_items_of(cast.account.pk, on=on, debts_only=True)]


def clearing_of(day: date) -> JobRun:
    job = next(job for job in timetable() if job.name == "payments.clearing")
    return fire(Firing(job, moment(day, 0, 10)))


def statement_of(cast: Cast, amount: str, statement_on: date = date(2026, 6, 25)) -> Statement:
    return Statement.objects.create(
        program_account=cast.account,
        period_start=date(2026, 5, 18),
        period_end=JUNE_17,
        statement_on=statement_on,
        posted_since=date(2026, 5, 25),
        posted_upto=statement_on - timedelta(days=1),
        payment_due_on=date(2026, 7, 31),
        last_day_to_pay=date(2026, 7, 31),
        box_f=D(amount),
        box_h=D(amount),
        issued_at=moment(statement_on),
    )


def test_the_agencys_example_clears_to_the_cent(cast: Cast) -> None:
    for amount in ("200.00", "150.00", "200.00"):
        owe(cast.account, amount, posted_on=JUNE_17, due_on=JULY_2)
    payment = paid(cast.account, "550.00", at=NOW)
    assert payment.state == Payment.State.RECEIVED and payment.received_at == NOW
    assert remaining(cast) == []
    use = queries.use_of(payment)
    assert [(str(line.amount), str(line.left)) for line in use.lines] == [
        ("200.00", "0.00"),
        ("150.00", "0.00"),
        ("200.00", "0.00"),
    ]
    assert use.left == 0 and use.hidden_count == 0
    assert ledger.balance_of(cast.account.pk).net == 0


def test_a_part_goes_to_the_oldest_and_interest_comes_last(cast: Cast) -> None:
    owe(cast.account, "30.00", posted_on=JUNE_17, due_on=JULY_2, kind=EntryKind.INTEREST)
    owe(cast.account, "100.00", posted_on=JUNE_17, due_on=JULY_2)
    owe(cast.account, "80.00", posted_on=date(2026, 5, 17), due_on=date(2026, 6, 1))
    payment = paid(cast.account, "150.00", at=NOW)
    assert [str(line.amount) for line in queries.use_of(payment).lines] == ["80.00", "70.00"]
    assert sorted(remaining(cast)) == ["30.00", "30.00"]


def test_a_credit_waits_for_the_due_date_and_the_daily_job_uses_it(cast: Cast) -> None:
    due = date(2026, 7, 31)
    owe(cast.account, "100.00", posted_on=date(2026, 7, 20), due_on=due)
    payment = paid(cast.account, "130.00", at=NOW)
    assert remaining(cast) == ["100.00"]
    assert queries.use_of(payment).left == D("130.00")
    assert clearing_of(due - timedelta(days=1)).summary == {"clearings": 0}
    assert clearing_of(due).summary == {"clearings": 1}
    assert remaining(cast, due) == []
    assert queries.use_of(payment).left == D("30.00")
    assert services.clearing_chunk(chunk=JobRun.objects.latest("pk").chunks.get(), actor=ACTOR) == 0


def test_paying_the_statement_clears_it_before_its_due_date(cast: Cast) -> None:
    owe(cast.account, "100.00", posted_on=JUNE_17, due_on=date(2026, 7, 31))
    owe(cast.account, "40.00", posted_on=date(2026, 7, 20), due_on=date(2026, 8, 31))
    statement_of(cast, "100.00")
    before = queries.position(cast.account.pk, TODAY)
    assert (before.on_statement, before.unbilled, before.total) == (D("100.00"), D("40.00"), D("140.00"))
    paid(cast.account, "110.00", at=NOW)
    assert remaining(cast) == ["40.00"]
    after = queries.position(cast.account.pk, TODAY)
    assert (after.on_statement, after.paid_since, after.changed) == (D("0.00"), D("110.00"), D("0.00"))
    assert (after.unbilled, after.credit, after.overdue) == (D("30.00"), D("10.00"), D("0.00"))


def test_a_correction_after_the_statement_is_shown_apart(cast: Cast) -> None:
    owe(cast.account, "100.00", posted_on=JUNE_17, due_on=date(2026, 7, 31))
    statement_of(cast, "100.00")
    owe(cast.account, "12.34", posted_on=date(2026, 7, 10), due_on=date(2026, 7, 31), kind=EntryKind.CORRECTION)
    position = queries.position(cast.account.pk, TODAY)
    assert (position.on_statement, position.changed) == (D("112.34"), D("12.34"))


def test_without_a_statement_what_is_due_is_owed(cast: Cast, django_assert_max_num_queries: Any) -> None:
    owe(cast.account, "70.00", posted_on=JUNE_17, due_on=JULY_2)
    owe(cast.account, "9.00", posted_on=TODAY, due_on=TODAY + timedelta(days=9))
    with django_assert_max_num_queries(5):
        position = queries.position(cast.account.pk, TODAY)
    assert (position.statement, position.on_statement, position.overdue) == (None, D("70.00"), D("70.00"))
    assert (position.unbilled, position.paid_since) == (D("9.00"), D("0.00"))
    assert services.balance_due(cast.account.pk) == D("79.00")


@pytest.mark.parametrize("amount", ["0.00", "-5.00"])
def test_nothing_and_less_is_no_payment(cast: Cast, amount: str) -> None:
    with pytest.raises(DomainError) as refusal:
        started(cast.account, amount, at=NOW)
    assert refusal.value.code == "amount_not_positive" and refusal.value.field == "amount"
    assert not Payment.objects.exists()


# --- The card's limit


def test_a_card_pays_up_to_the_cycles_room_and_debit_more(cast: Cast) -> None:
    card = Payment.Method.CREDIT_CARD
    started(cast.account, "4999.99", at=NOW, method=card)
    with pytest.raises(DomainError) as refusal:
        started(cast.account, "0.01", at=NOW, method=card)
    assert refusal.value.code == "card_limit"
    started(cast.account, "90000.00", at=NOW)


def test_deposits_share_the_room_and_another_account_has_its_own(cast: Cast) -> None:
    card, deposit = Payment.Method.CREDIT_CARD, Payment.Purpose.DEPOSIT
    started(cast.account, "3000.00", at=NOW, method=card, purpose=deposit)
    with pytest.raises(DomainError) as refusal:
        started(cast.account, "2000.00", at=NOW, method=card)
    assert "1,999.99" in str(refusal.value.message).replace("\u202f", ",")
    started(cast.account, "1999.99", at=NOW, method=card)
    started(cast.overdue_account, "4999.99", at=NOW, method=card)


def test_the_cycle_turns_between_the_17th_and_the_18th(cast: Cast) -> None:
    card = Payment.Method.CREDIT_CARD
    seventeenth, eighteenth = moment(date(2026, 7, 17), 23, 59), moment(date(2026, 7, 18), 0, 0)
    started(cast.account, "4999.99", at=seventeenth, method=card)
    assert queries.card_room(cast.account.pk, on=date(2026, 7, 17)).left == 0
    room = queries.card_room(cast.account.pk, on=date(2026, 7, 18))
    assert (room.left, room.cycle_start, room.cycle_end) == (D("4999.99"), date(2026, 7, 18), date(2026, 8, 17))
    started(cast.account, "4999.99", at=eighteenth, method=card)


def test_before_the_bulletin_the_limit_was_by_payment(cast: Cast) -> None:
    card, earlier = Payment.Method.CREDIT_CARD, moment(date(2025, 9, 27))
    started(cast.account, "4999.99", at=earlier, method=card)
    started(cast.account, "4999.99", at=earlier, method=card)
    with pytest.raises(DomainError):
        started(cast.account, "5000.00", at=earlier, method=card)


def test_a_closed_payment_gives_its_room_back(cast: Cast) -> None:
    payment = started(cast.account, "4999.99", at=NOW, method=Payment.Method.CREDIT_CARD)
    assert queries.card_room(cast.account.pk, on=TODAY).left == 0
    assert queries.card_room(cast.account.pk, on=TODAY, excluding=payment.reference).left == D("4999.99")
    services.cancel(reference=payment.reference, actor=ACTOR, at=NOW)
    assert queries.card_room(cast.account.pk, on=TODAY).left == D("4999.99")


# --- With the bank


def test_the_same_form_twice_is_one_payment_and_a_changed_one_another(cast: Cast) -> None:
    first = started(cast.account, "10.00", at=NOW, once="key")
    assert started(cast.account, "10.00", at=NOW, once="key") == first
    assert started(cast.account, "11.00", at=NOW, once="key") != first
    assert started(cast.account, "10.00", at=NOW) != first


def test_the_whole_way_and_settling_again_changes_nothing(cast: Cast, bank: Counterpart) -> None:
    owe(cast.account, "250.00", posted_on=JUNE_17, due_on=JULY_2)
    payment = at_bank(started(cast.account, "250.00", at=NOW))
    assert payment.state == Payment.State.AT_BANK
    assert at_bank(payment).bank_session == payment.bank_session
    assert services.settle(reference=payment.reference, actor=ACTOR, at=NOW).state == Payment.State.AT_BANK
    approve(payment)
    for _time in range(3):
        assert services.settle(reference=payment.reference, actor=ACTOR, at=NOW).state == Payment.State.RECEIVED
    assert services.receive(reference=payment.reference, actor=ACTOR, at=NOW).state == Payment.State.RECEIVED
    assert ledger.balance_of(cast.account.pk).net == 0
    assert ledger.entries_of_source(payment.entry_key).count() == 1
    assert Notification.objects.filter(user=cast.amara, category="payment").count() == 1
    verbs = list(
        AuditEvent.objects.filter(target__contains=payment.reference).order_by("pk").values_list("verb", flat=True)
    )
    assert verbs == ["payment.started", "payment.received"]


@pytest.mark.parametrize(
    ("card", "reason"), [("9999000000000020", "refused"), ("9999000000000038", "insufficient_funds")]
)
def test_a_declined_card_takes_nothing_and_gives_its_room_back(
    cast: Cast, bank: Counterpart, card: str, reason: str
) -> None:
    payment = at_bank(started(cast.account, "100.00", at=NOW, method=Payment.Method.CREDIT_CARD))
    approve(payment, card)
    payment = services.settle(reference=payment.reference, actor=ACTOR, at=NOW)
    assert (payment.state, payment.reason) == (Payment.State.DECLINED, reason)
    assert queries.card_room(cast.account.pk, on=TODAY).used == 0
    assert ledger.entry_by_key(payment.entry_key) is None
    with pytest.raises(Conflict):
        services.receive(reference=payment.reference, actor=ACTOR, at=NOW)


def test_cancelling_asks_the_bank_first(cast: Cast, bank: Counterpart) -> None:
    given_up, captured = (at_bank(started(cast.account, "10.00", at=NOW)) for _each in range(2))
    approve(captured)
    assert services.cancel(reference=captured.reference, actor=ACTOR, at=NOW).state == Payment.State.RECEIVED
    cancelled = services.cancel(reference=given_up.reference, actor=ACTOR, at=NOW)
    assert (cancelled.state, cancelled.reason) == (Payment.State.CANCELLED, "cancelled_by_payer")
    assert services.cancel(reference=given_up.reference, actor=ACTOR, at=NOW).state == Payment.State.CANCELLED


def test_the_sweep_finds_what_nobody_told(cast: Cast, bank: Counterpart) -> None:
    payment, open_one = (at_bank(started(cast.account, "10.00", at=NOW)) for _each in range(2))
    approve(payment, "10000005")
    assert services.sweep_under_way(actor=ACTOR, at=NOW) == 1
    payment.refresh_from_db()
    open_one.refresh_from_db()
    assert (payment.state, open_one.state) == (Payment.State.RECEIVED, Payment.State.AT_BANK)


def test_a_silent_bank_loses_nothing(cast: Cast, silent_bank: None) -> None:
    payment = started(cast.account, "10.00", at=NOW, method=Payment.Method.CREDIT_CARD)
    with pytest.raises(Unavailable):
        at_bank(payment)
    payment.refresh_from_db()
    assert payment.state == Payment.State.STARTED and payment.return_address
    assert services.settle(reference=payment.reference, actor=ACTOR, at=NOW).state == Payment.State.STARTED
    assert services.sweep_under_way(actor=ACTOR, at=NOW + timedelta(minutes=30)) == 0
    assert services.sweep_under_way(actor=ACTOR, at=NOW + timedelta(minutes=31)) == 1
    payment.refresh_from_db()
    assert (payment.state, payment.reason) == (Payment.State.CANCELLED, "given_up")


def test_the_sweep_stops_while_the_bank_is_silent(cast: Cast, silent_bank: None) -> None:
    payment = started(cast.account, "10.00", at=NOW)
    Payment.objects.filter(pk=payment.pk).update(state=Payment.State.AT_BANK, bank_session="ps_1")
    assert services.sweep_under_way(actor=ACTOR, at=NOW + timedelta(days=9)) == 0
    with pytest.raises(Unavailable):
        services.cancel(reference=payment.reference, actor=ACTOR, at=NOW)


def test_a_payment_closed_while_the_bank_answered_is_not_sent(cast: Cast, bank: Counterpart) -> None:
    payment = started(cast.account, "10.00", at=NOW)
    services.cancel(reference=payment.reference, actor=ACTOR, at=NOW)
    with pytest.raises(Conflict) as refusal:
        at_bank(payment)
    assert refusal.value.code == "payment_closed"


def test_an_unknown_reference_is_nobodys(cast: Cast) -> None:
    with pytest.raises(Stranger):
        services.settle(reference="AAA-AAA-AAA-AAA", actor=ACTOR, at=NOW)


# --- Deposits


def test_a_deposit_is_held_as_security_and_clears_no_debt(cast: Cast) -> None:
    owe(cast.account, "100.00", posted_on=JUNE_17, due_on=JULY_2)
    payment = paid(cast.account, "3000.00", at=NOW, purpose=Payment.Purpose.DEPOSIT)
    again = services.receive(reference=payment.reference, actor=ACTOR, at=NOW)
    assert again.state == Payment.State.RECEIVED
    assert ledger.deposits_of(cast.account.pk) == D("3000.00")
    assert [row.payment_reference for row in security.deposits_of(cast.account.pk)] == [payment.reference]
    entry = ledger.entry_by_key(payment.entry_key)
    assert entry is not None and entry.submitter_id == cast.northlight.pk
    assert remaining(cast) == ["100.00"]
    assert queries.use_of(payment).lines == ()


def test_a_deposit_that_the_bank_takes_back_covers_no_more_unless_a_part_is_gone(cast: Cast) -> None:
    first, second = (
        paid(cast.account, amount, at=NOW, purpose=Payment.Purpose.DEPOSIT) for amount in ("3000.00", "500.00")
    )
    order: dict[str, Any] = {"reason": "charged_back", "on": TODAY, "at": NOW, "actor": ACTOR}
    # What goes back is taken from the oldest deposit, so that one is not whole any more although the sum is larger.
    rpp.request_deposit_refund(program_account_id=cast.account.pk, amount=D("100.00"), on=TODAY, at=NOW, actor=ACTOR)
    for reference, code in ((first.reference, "deposit_used"), ("AAA-AAA-AAA-AAA", "deposit_unknown")):
        with pytest.raises(Conflict) as refusal:
            rpp.take_back_deposit(payment_reference=reference, **order)
        assert refusal.value.code == code
    for _time in range(2):
        taken = rpp.take_back_deposit(payment_reference=second.reference, **order)
        assert (taken.state, taken.held) == (DepositState.TAKEN_BACK, D("0.00"))
    assert ledger.deposits_of(cast.account.pk) == D("2900.00")


def test_a_brokers_payment_names_the_broker(cast: Cast) -> None:
    payment = paid(cast.account, "10.00", at=NOW, payer=cast.harbourline)
    entry = ledger.entry_by_key(payment.entry_key)
    assert entry is not None and entry.submitter_id == cast.harbourline.pk
    assert entry.holder_id == cast.account.pk


@pytest.mark.parametrize(
    ("last_day", "order_by"), [(date(2026, 7, 31), date(2026, 7, 28)), (date(2026, 7, 2), date(2026, 6, 28))]
)
def test_the_last_day_to_order_a_bill_payment(last_day: date, order_by: date) -> None:
    assert queries.order_bill_payment_by(last_day) == order_by
