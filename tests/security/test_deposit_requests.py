"""Cash security that pays debts, goes back or comes on paper: through services, pages and queue."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import ProgramAccount
from core.errors import Conflict, DomainError
from ledger import queries as book
from ledger.verification import findings
from security import queries, services
from security.models import Deposit, DepositRequest
from security.rules import DepositState, RequestKind, RequestState, StatusReason
from tests.builders import Cast, signed_in
from tests.security.conftest import SYSTEM, charge, enrolled, moment, secured, told, year_of_charges

pytestmark = pytest.mark.django_db
M = Decimal


def args(on: date) -> dict[str, Any]:
    return {"on": on, "at": moment(on), "actor": SYSTEM}


def refused(code: str, act: Any, **given: Any) -> None:
    with pytest.raises(DomainError) as refusal:
        act(**given)
    assert refusal.value.code == code


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\u00a0", " ").replace("\u202f", " ")


def states() -> list[tuple[str, Decimal, Decimal]]:
    return [(row.state, row.applied, row.returned) for row in Deposit.objects.order_by("pk")]


def steer(client: Any, action: str, row: DepositRequest, reason: str) -> str:
    address = reverse("admin:security_depositrequest_changelist")
    return text(client.post(address, {"action": action, "_selected_action": [row.pk], "reason": reason}, follow=True))


@pytest.fixture
def account(cast: Cast, on: date) -> ProgramAccount:
    """61,500.00 required; two deposits of 70,000.00 in all; three debts, the oldest overdue."""
    months = "900000 100 200 300 400 12000 48000 61500 700 800 900 1000 1100 1200"
    year_of_charges(cast.account, *months.split())
    enrolled(cast.account, on=on)
    for number, amount in (("PAY-1", "6000.00"), ("PAY-2", "64000.00")):
        services.receive_deposit(
            program_account_id=cast.account.pk, amount=M(amount), payment_reference=number, **args(on)
        )
    charge(cast.account, "5000.00", on - timedelta(days=40), last_day=on - timedelta(days=3))
    return cast.account


def test_a_deposit_pays_debts_as_far_as_the_rest_covers_and_beyond_it_by_an_officers_word(
    cast: Cast, account: ProgramAccount, on: date
) -> None:
    ask = {"program_account_id": account.pk, **args(on)}
    assert queries.applicable_cash(account.pk) == M("70000.00")
    assert queries.deposit_use_of(account.pk, on=on).freely == M("8500.00")
    refused("requirement_uncovered", services.ask_deposit_application, amount=M("8500.01"), **ask)
    refused("not_applicable", services.ask_deposit_application, amount=M("70000.01"), accepts_shortfall=True, **ask)
    refused("deposit_changed", services.ask_deposit_application, amount=M("1"), expected_held=M("1"), **ask)
    before = book.balance_of(account.pk)
    done = services.ask_deposit_application(amount=M("8500.00"), expected_held=M("70000.00"), **ask)
    assert (done.state, done.done_on) == (RequestState.DONE, on)
    after = book.balance_of(account.pk)
    assert (after.deposits, after.receivable, after.credit) == (M("61500.00"), before.receivable - 8500, M("0"))
    # The overdue debt first, to the cent; every cent of the credit met a debt.
    assert book.overdue_by_holder(on=on, holders=[account.pk]) == {}
    entry = book.entry_by_key(f"deposit-applied:{done.reference}")
    assert entry is not None
    met = [row.amount for row in book.item_history(book.item_of_entry(entry.pk))]  # type: ignore[arg-type]
    assert met[0] == M("5000.00") and sum(met) == M("8500.00")
    assert states() == [("APPLIED", M("6000.00"), M("0")), ("PARTLY_APPLIED", M("2500.00"), M("0"))]
    assert told(cast.amara, "DEPOSIT_APPLIED") == 1
    assert queries.rpp_status(account.pk, on=on).is_sufficient

    waiting = services.ask_deposit_application(amount=M("1500.00"), accepts_shortfall=True, reason="Cash", **ask)
    assert (waiting.state, book.deposits_of(account.pk)) == (RequestState.ASKED, M("61500.00"))
    refused("asked_already", services.ask_deposit_application, amount=M("1.00"), accepts_shortfall=True, **ask)
    client = signed_in(cast.daniel)
    cast.daniel.user_permissions.set(Permission.objects.filter(content_type__app_label="security"))
    assert "$1,500.00" in text(client.get(reverse("admin:security_depositrequest_changelist")))
    steer(client, "approve", waiting, "It pays what is overdue")
    assert DepositRequest.objects.get(pk=waiting.pk).state == RequestState.DONE
    assert "present state" in steer(client, "approve", waiting, "Again")
    assert book.deposits_of(account.pk) == M("60000.00")
    assert StatusReason.INSUFFICIENT in queries.rpp_status(account.pk, on=on).reasons
    again = services.ask_deposit_application(amount=M("10.00"), accepts_shortfall=True, **ask)
    steer(client, "refuse", again, "Post other security first")
    assert told(cast.amara, "DEPOSIT_DECISION") == 1
    with pytest.raises(Conflict):
        services.withdraw_deposit_request(request_id=again.pk, **ask)
    refused("more_than_overdue", services.apply_deposit_to_overdue, amount=M("0.01"), reason="x", **ask)
    charge(account, "100.00", on - timedelta(days=40), last_day=on - timedelta(days=3))
    case = reverse("standing:case", args=[account.number])
    assert "Pay what is overdue with the deposit" in text(client.get(case))
    given = {"act": "deposit", "deposit-amount": "100.00", "deposit-reason": "In default"}
    assert client.post(case, given).status_code == 302
    assert book.overdue_by_holder(on=on, holders=[account.pk]) == {}
    assert "Pay what is overdue with the deposit" not in text(client.get(case))
    assert list(findings()) == []


def test_a_refund_is_done_once_it_is_paid_out(cast: Cast, account: ProgramAccount, on: date) -> None:
    secured(account, cast.keystone, "30750.00", on=on)
    services.request_deposit_refund(program_account_id=account.pk, amount=M("70000.00"), **args(on))
    row = DepositRequest.objects.get(kind=RequestKind.REFUND)
    assert {state for state, *_more in states()} == {DepositState.REFUND_REQUESTED}
    services.pay_deposit_refund(request_id=row.pk, reason="By cheque 1204", **args(on))
    assert {state for state, *_more in states()} == {DepositState.RETURNED}
    assert book.balance_of(account.pk).payable == M("0")
    with pytest.raises(Conflict):
        services.pay_deposit_refund(request_id=row.pk, reason="Again", **args(on))
    assert told(cast.amara, "DEPOSIT_PAID_OUT") == 1
    assert list(findings()) == []


def test_a_deposit_on_paper_needs_approval_and_ends_when_the_bank_sends_it_back(
    cast: Cast, account: ProgramAccount, on: date
) -> None:
    amara, officer = signed_in(cast.amara), signed_in(cast.daniel)
    cast.daniel.user_permissions.set(Permission.objects.filter(content_type__app_label="security"))
    page = reverse("security:paper_deposit", args=[account.number])
    assert "Choose a certified cheque" in text(amara.post(page, {"amount": "250.00", "reason": "No card"}))
    given = {"amount": "250.00", "instrument": "CHEQUE", "reason": "The card is blocked"}
    assert amara.post(page, given).status_code == 302
    row = DepositRequest.objects.get(kind=RequestKind.PAPER)
    assert "Withdraw the request" in text(amara.get(page))
    assert "present state" in steer(officer, "arrived", row, "Cheque 77")
    assert "Nothing has arrived" in steer(officer, "sent_back", row, "Not honoured")
    steer(officer, "approve", row, "The portal did not take the card")
    assert row.reference in text(amara.get(page))
    steer(officer, "arrived", row, "Cheque 77")
    deposit = Deposit.objects.get(amount=M("250.00"))
    assert (deposit.state, deposit.payment_reference) == ("ACTIVE", f"{row.reference} Cheque 77")
    assert book.deposits_of(account.pk) == M("70250.00")
    steer(officer, "sent_back", row, "Not honoured")
    deposit.refresh_from_db()
    assert (deposit.state, deposit.ended_on, book.deposits_of(account.pk)) == ("TAKEN_BACK", on, M("70000.00"))
    assert amara.post(page, given).status_code == 302
    second = DepositRequest.objects.get(state=RequestState.ASKED)
    assert amara.post(page, {"act": "withdraw", "request": str(second.pk)}).status_code == 302
    assert amara.post(page, {"act": "withdraw", "request": "x"}).status_code == 409
    assert list(findings()) == []


def test_the_page_says_what_happens_before_it_is_done(cast: Cast, account: ProgramAccount, on: date) -> None:
    amara = signed_in(cast.amara)
    page = reverse("security:apply_deposit", args=[account.number])
    assert "Pay debts with the deposit" in text(amara.get(reverse("security:overview", args=[account.number])))
    shown = text(amara.get(page))
    assert "Up to $8,500.00 is used at once" in shown and "$61,500.00 of the requirement would be missing" in shown
    given = {"amount": "9000.00", "expected_held": "70000.00", "reason": ""}
    answer = amara.post(page, given)
    assert answer.status_code == 422 and "$500.00 of your requirement uncovered" in text(answer)
    assert amara.post(page, {**given, "accepts_shortfall": "on"}).url == page
    assert "Waiting for an officer" in text(amara.get(page))
    row = DepositRequest.objects.get()
    assert amara.post(page, {"act": "withdraw", "request": str(row.pk)}).url == page
    answer = amara.post(page, {**given, "amount": "8500.00"})
    assert answer.url == reverse("security:overview", args=[account.number])
    assert states()[0][0] == "APPLIED"
    done = DepositRequest.objects.get(state=RequestState.DONE)
    trace = queries.credits_of_applications([done], on=on)[done.pk]
    link = reverse("payments:credit_trace", args=[account.number, trace])
    assert f'href="{link}"' in text(amara.get(page)) and "5,000.00" in text(amara.get(link))
