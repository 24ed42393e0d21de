"""Credits through services, pages, the API and the officers' desk; the book is proved after each."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from accounts.models import ProgramAccount
from core.errors import Conflict, DomainError
from delegation.rules import Visibility
from ledger import queries as ledger
from ledger import services as book
from ledger.rules import EntryKind
from notifications.models import Notification
from payments import rules
from payments import services as payments
from payments.credits import queries, services
from payments.models import RefundRequest
from tests.builders import Cast, World, actor, signed_in
from tests.payments.conftest import ACTOR, moment, owe, paid
from tests.payments.test_services import statement_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 7, 22)
NOW = moment(TODAY)
D = Decimal


def url(name: str, account: ProgramAccount, *more: Any) -> str:
    return reverse(f"payments:{name}", args=(account.number, *more))


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().replace("\u00a0", " ").split())


def left_of(account: ProgramAccount, on: date = TODAY) -> list[str]:
    return [f"{item.kind} {item.remaining}" for item in ledger.open_items_of(account.pk, on=on)]


@pytest.fixture
def amara(cast: Cast) -> Client:
    return signed_in(cast.amara)


@pytest.fixture
def second(cast: Cast, world: World) -> ProgramAccount:
    return world.program_account(cast.northlight, "RM0002", name="Warehouse")


def test_the_preference_chosen_on_its_page_orders_the_next_daily_clearing(cast: Cast, amara: Client) -> None:
    page = amara.get(url("credit_preference", cast.account))
    assert "Billed first" in text_of(page) and "Oldest first" in text_of(page)
    assert amara.post(url("credit_preference", cast.account), {"method": "WORST"}).status_code == 200
    amara.post(url("credit_preference", cast.account), {"method": "BILLED_FIRST"})
    assert queries.preference_of([cast.account.pk]) == {cast.account.pk: rules.Preference.BILLED_FIRST}
    paid(cast.account, "400.00", at=NOW)
    due = date(2026, 7, 31)
    owe(cast.account, "300.00", posted_on=date(2026, 7, 1), due_on=due - timedelta(days=1), last_day=due)
    owe(cast.account, "50.00", posted_on=date(2026, 6, 18), due_on=due, kind=EntryKind.INTEREST)
    owe(cast.account, "380.00", posted_on=date(2026, 6, 17), due_on=due)
    statement_of(cast, "430.00")
    assert payments.allocate(holders=[cast.account.pk], on=due, actor=ACTOR, at=moment(due)) == 2
    # Billed duties first, then the billed interest, and the older item that stands on no statement last.
    assert left_of(cast.account, due) == ["CHARGE 300.00", "INTEREST 30.00"]
    assert "Billed first" in text_of(amara.get(url("credits", cast.account)))


def test_by_hand_pays_whole_items_only_and_says_what_is_missing(cast: Cast, amara: Client) -> None:
    paid(cast.account, "500.00", at=NOW)
    for amount in ("300.00", "250.00"):
        owe(cast.account, amount, posted_on=TODAY, due_on=date(2026, 8, 31))
    known = queries.credits_of(cast.account.pk, on=TODAY)
    first, other = (str(item.pk) for item in known.debts)
    credit = str(known.credits[0].pk)
    page = url("credit_allocate", cast.account)
    assert "Choose at least one credit" in text_of(amara.post(page, {}))
    both = amara.post(page, {"credits": [credit], "debts": [first, other]})
    assert "$50.00 short of paying the chosen items in full" in text_of(both)
    assert left_of(cast.account) == ["CHARGE 300.00", "CHARGE 250.00", "PAYMENT 500.00"]
    api = f"/api/v1/accounts/{cast.account.number}"
    sent = {"credits": [int(credit)], "debts": [int(other)]}
    answer = amara.post(f"{api}/allocations", sent, content_type="application/json", headers={"Idempotency-Key": "a1"})
    assert answer.status_code == 201 and answer.json()["credits"][0]["left"] == "250.00"
    again = amara.post(f"{api}/allocations", sent, content_type="application/json", headers={"Idempotency-Key": "a2"})
    assert again.status_code == 409 and again.json()["code"] == "item_not_open"
    assert amara.get(f"{api}/credits").json()["free"] == "0.00"
    with pytest.raises(DomainError) as nothing:
        services.allocate_by_hand(program_account=cast.account, debt_ids=[], credit_ids=[1], at=NOW, actor=ACTOR)
    assert nothing.value.code == "nothing_chosen"
    owe(cast.account, "200.00", posted_on=TODAY, due_on=date(2026, 9, 30))
    last = str(queries.credits_of(cast.account.pk, on=TODAY).debts[-1].pk)
    assert amara.post(page, {"credits": [credit], "debts": [last]}).status_code == 302
    assert left_of(cast.account) == ["CHARGE 300.00", "PAYMENT 50.00"]


def test_credit_moves_between_accounts_and_every_cent_is_followed(
    cast: Cast, amara: Client, second: ProgramAccount
) -> None:
    payment = paid(cast.account, "500.00", at=NOW)
    paid(cast.account, "70.00", at=NOW)
    owe(second, "510.00", posted_on=date(2026, 7, 1), due_on=TODAY)
    page = url("credit_move", cast.account)
    assert "RM0002" in amara.get(page).content.decode().replace("\u00a0", "").replace(" ", "")
    assert "Only $570.00 of your credit is free" in text_of(amara.post(page, {"to": second.number, "amount": "900"}))
    order = {"to": second.number, "amount": "520.00", "key": "once"}
    check = text_of(amara.post(page, order))
    assert "$520.00" in check and "$50.00" in check and "$510.00" in check
    assert left_of(second) == ["CHARGE 510.00"]
    for _time in range(2):
        assert amara.post(page, {**order, "confirmed": "1"}).status_code in (200, 302)
    assert left_of(cast.account) == ["PAYMENT 50.00"] and left_of(second) == ["PAYMENT 10.00"]
    halves = [
        entry
        for account in (cast.account, second)
        for entry in ledger.entries_between(account.pk, posted_from=TODAY, posted_to=TODAY)
        if entry.kind in (EntryKind.TRANSFER_IN, EntryKind.TRANSFER_OUT)
    ]
    assert [str(entry.amount) for entry in halves] == ["520.00", "-520.00"]
    led = amara.get(url("trace", cast.account, payment.reference), follow=True)
    assert "Follow it to" in text_of(led) and led.context["trace"].total == D("500.00")
    onward = led.context["trace"].lines[0]
    there = amara.get(url("credit_trace", ProgramAccount.objects.get(number=onward.moved_to), onward.moved_item_id))
    assert [str(line.amount) for line in there.context["trace"].lines] == ["510.00"]
    assert there.context["trace"].left == D("10.00") and there.context["trace"].total == D("520.00")
    item = ledger.open_items_of(second.pk, on=TODAY)[0]
    body = amara.get(f"/api/v1/accounts/{second.number}/items/{item.pk}/trace").json()
    assert (body["amount"], body["left"], body["lines"][0]["amount"]) == ("520.00", "10.00", "510.00")
    assert amara.get(url("credit_trace", cast.account, item.pk)).status_code == 404
    with pytest.raises(DomainError) as same:
        services.move_credit(program_account=second, to=second, amount=D("1.00"), at=NOW, actor=ACTOR, once="x")
    assert same.value.code == "not_of_the_business"
    with pytest.raises(DomainError):
        services.move_credit(program_account=second, to=cast.account, amount=D("0.00"), at=NOW, actor=ACTOR, once="x")
    again = {"program_account": second, "to": cast.account, "amount": D("5.00"), "at": NOW, "actor": ACTOR, "once": "y"}
    assert services.move_credit(**again) == services.move_credit(**again)
    assert left_of(second) == ["PAYMENT 5.00"]
    with pytest.raises(ValueError, match="from one holder to another"):
        book.post_transfer(
            key="k", parts=[(item.pk, D("1.00"))], to_holder_id=second.pk, submitter_id=None, source="s", memo="",
            posted_on=TODAY, at=NOW, actor=ACTOR,
        )  # fmt: skip


def test_what_a_delegate_may_not_see_is_summed_and_never_named(cast: Cast) -> None:
    payment = paid(cast.account, "100.00", at=NOW, payer=cast.passerelle)
    owe(cast.account, "60.00", posted_on=date(2026, 7, 1), due_on=TODAY)
    owe(cast.account, "30.00", posted_on=date(2026, 7, 1), due_on=TODAY, submitter=cast.passerelle)
    payments.allocate(holders=[cast.account.pk], on=TODAY, actor=ACTOR, at=NOW)
    own = ledger.item_of_entry(ledger.entry_by_key(payment.entry_key).pk)
    part = Visibility(is_full=False, submitter_ids=frozenset({cast.passerelle.pk}))
    trace = queries.trace_of(cast.account.pk, own.pk, visibility=part)
    assert [str(line.amount) for line in trace.lines] == ["30.00"]
    assert (trace.hidden, trace.hidden_count, trace.left, trace.total) == (D("60.00"), 1, D("10.00"), D("100.00"))
    other = ledger.item_history(own)[0].debt_item
    assert queries.trace_of(cast.account.pk, other.pk, visibility=part) is None


def test_a_refund_is_asked_decided_paid_and_stands_in_box_d(cast: Cast, amara: Client) -> None:
    debt = owe(cast.account, "80.00", posted_on=date(2026, 7, 1), due_on=date(2026, 8, 31))
    for amount in ("300.00", "400.00"):
        paid(cast.account, amount, at=NOW)
    page = url("credit_refund", cast.account)
    assert "$620.00 is free" in text_of(amara.get(page))
    assert "more than the free credit" in text_of(amara.post(page, {"amount": "620.01"}))
    assert amara.post(page, {"amount": "600.00"}).status_code == 302
    row = RefundRequest.objects.get()
    assert queries.credits_of(cast.account.pk, on=TODAY).free == D("20.00")
    assert "asked for a refund already" in text_of(amara.post(page, {"amount": "1.00"}))
    with pytest.raises(DomainError):
        services.request_refund(program_account=cast.account, amount=D("0.00"), at=NOW, actor=ACTOR)
    assert amara.post(url("credit_withdraw_refund", cast.account, "NONE")).status_code == 404
    officer = signed_in(cast.daniel)
    register = reverse("admin:payments_refundrequest_changelist")
    act = {"_selected_action": [row.pk], "action": "approve", "reason": ""}
    officer.post(register, act)
    row.refresh_from_db()
    assert row.state == "REQUESTED"
    officer.post(register, {**act, "reason": "In credit since July"})
    officer.post(register, {**act, "action": "pay_out", "reason": "Cheque 114"})
    refused = officer.post(register, {**act, "action": "reject", "reason": "Too late"})
    assert any("decided or withdrawn before" in str(message) for message in get_messages(refused.wsgi_request))
    row.refresh_from_db()
    assert (row.state, row.reason) == ("PAID", "In credit since July") and row.paid_at and row.decided_at
    left = [item.remaining for item in queries.credits_of(cast.account.pk, on=date.max).credits]
    assert left == [D("100.00")] and ledger.balance_of(cast.account.pk).payable == 0
    boxed = ledger.statement_figures(
        cast.account.pk, period=(date(2026, 1, 18), date(2027, 1, 17)), since=date(2026, 1, 1), upto=date(2027, 1, 1)
    )[cast.account.pk]
    assert boxed.disbursements == D("600.00")
    subjects = set(Notification.objects.filter(user=cast.amara).values_list("subject", flat=True))
    assert {"Your refund of $600.00 was approved", "Your refund of $600.00 was paid out"} <= subjects, subjects
    assert row.reference in text_of(amara.get(url("credits", cast.account)))
    assert debt.amount == D("80.00") and str(row) == row.reference


def test_a_refund_waits_for_what_is_owed_and_may_be_withdrawn_or_rejected(cast: Cast, amara: Client) -> None:
    paid(cast.account, "100.00", at=NOW)
    row = services.request_refund(program_account=cast.account, amount=D("90.00"), at=NOW, actor=actor(cast.amara))
    owe(cast.account, "40.00", posted_on=TODAY, due_on=date(2026, 8, 31))
    with pytest.raises(DomainError) as used:
        services.approve_refund(refund=row, reason="Fine", on=TODAY, at=NOW, actor=ACTOR)
    assert used.value.code == "more_than_free" and RefundRequest.objects.get().state == "REQUESTED"
    assert amara.post(url("credit_withdraw_refund", cast.account, row.reference)).status_code == 302
    amara.post(url("credit_withdraw_refund", cast.account, row.reference))
    with pytest.raises(Conflict):
        services.reject_refund(refund=row, reason="Late", on=TODAY, at=NOW, actor=ACTOR)
    other = services.request_refund(program_account=cast.account, amount=D("60.00"), at=NOW, actor=ACTOR)
    services.reject_refund(refund=other, reason="Under review", on=TODAY, at=NOW, actor=ACTOR)
    assert "Under review" in text_of(amara.get(url("credits", cast.account)))
    owe(cast.account, "500.00", posted_on=date(2026, 5, 17), due_on=date(2026, 7, 2))
    assert "overdue amounts" in text_of(amara.get(url("credit_refund", cast.account)))
