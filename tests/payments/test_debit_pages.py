"""The pages and calls of pre-authorized debit: what its importer does, what a third party sees, what officers do."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from core.jobs import set_clock
from ledger import queries as ledger
from notifications.models import Notification
from payments.models import BankEntry, Debit, DebitAgreement, Payment
from tests.builders import Cast, signed_in
from tests.counterparts.processes import Counterpart
from tests.payments.conftest import moment, owe, paid
from tests.payments.test_debits import a_july, billed, entered, run, signed
from tests.payments.test_pages import TODAY, text_of, url

pytestmark = pytest.mark.django_db
FORM = {
    "holder": "Northlight Outdoor Supply Inc.",
    "institution": "999",
    "transit": "000-01",
    "account": "1000 001",
    "is_holder": "on",
    "accepts": "on",
    "key": "one",
}


def test_an_importer_sets_it_up_tells_the_broker_and_ends_it(cast: Cast, bank: Counterpart) -> None:
    amara = signed_in(cast.amara)
    assert "There is no agreement now" in text_of(amara.get(url("debits", cast)))
    wrong = amara.post(url("debit_agreement", cast), {**FORM, "transit": "1", "accepts": ""})
    assert "The transit number has 5 digits" in text_of(wrong) and "Accept the terms" in text_of(wrong)
    assert 'value="Northlight Outdoor Supply Inc."' in wrong.content.decode()
    refused = amara.post(url("debit_agreement", cast), {**FORM, "account": "1000006"})
    assert "The bank refuses debits from this account" in text_of(refused)
    answer = amara.post(url("debit_agreement", cast), FORM)
    assert answer.status_code == 302 and answer["Location"] == url("debits", cast)
    amara.post(url("debit_agreement", cast), FORM)
    agreement = DebitAgreement.objects.get()
    page = text_of(amara.get(url("debits", cast)))
    assert "****0001" in page and "Tell your broker" in page and "1000001" not in page
    assert "Debits come from ****0001 now" in text_of(amara.get(url("debit_agreement", cast)))
    assert "was told" in text_of(amara.post(url("debit_tell", cast), follow=True)).replace("were told", "was told")
    assert Notification.objects.filter(user=cast.wen, subject__contains="pays by pre-authorized debit").exists()
    assert "has ended" in text_of(amara.post(url("debit_cancel", cast), follow=True))
    agreement.refresh_from_db()
    assert agreement.state == DebitAgreement.State.CANCELLED
    page = text_of(amara.get(url("debits", cast)))
    assert "Version 1: Cancelled" in page and "There is no agreement now" in page


def test_the_page_says_what_is_taken_and_a_third_party_sees_no_bank_account(cast: Cast, bank: Counterpart) -> None:
    due_on = a_july()
    signed(cast, "1000001", on=due_on - timedelta(days=20))
    billed(cast, "500.00", due_on=due_on)
    amara, wen = signed_in(cast.amara), signed_in(cast.wen)
    set_clock(moment(due_on - timedelta(days=6)))
    assert "You are told again some days before" in text_of(amara.get(url("debits", cast)))
    run("payments.debits", due_on - timedelta(days=5))
    page = text_of(amara.get(url("debits", cast)))
    assert "$500.00 is taken on" in page and "Announced" in page
    seen = text_of(wen.get(url("debits", cast)))
    assert "$500.00 is taken on" in seen and "0001" not in seen.replace(cast.account.number, "").replace("RM0001", "")
    assert "Every version" not in seen and "Set it up" not in seen
    for name in ("debit_cancel", "debit_tell", "debit_agreement"):
        assert wen.post(url(name, cast), FORM).status_code == 403
    run("payments.debits", due_on)
    assert "The bank has the order already" in text_of(amara.get(url("debits", cast)))
    DebitAgreement.objects.update(state=DebitAgreement.State.CANCELLED)
    assert "this debit was sent before" in text_of(amara.get(url("debits", cast)))


def test_software_signs_reads_and_ends_the_agreement(cast: Cast, bank: Counterpart) -> None:
    amara, address = signed_in(cast.amara), reverse("api_debit_agreement", args=(cast.account.number,))
    assert amara.get(address).json()["code"] == "no_agreement"
    body = {"holder": "N", "institution": "999", "transit": "00001", "account": "1000001", "certified": True}
    bare = amara.post(
        address, {**body, "certified": False}, content_type="application/json", headers={"Idempotency-Key": "a"}
    )
    assert (bare.status_code, bare.json()["code"]) == (400, "not_certified")
    made = amara.post(address, body, content_type="application/json", headers={"Idempotency-Key": "k"})
    again = amara.post(address, body, content_type="application/json", headers={"Idempotency-Key": "k"})
    assert made.status_code == 201 and made.json() == again.json()
    assert (made.json()["masked_account"], made.json()["next_debit"]) == ("****0001", None)
    assert amara.get(address).json()["reference"] == made.json()["reference"]
    assert amara.delete(address).json()["state"] == "CANCELLED"
    assert signed_in(cast.wen).get(address).status_code == 403


def test_an_officer_reads_the_files_and_takes_a_cheque_back(cast: Cast, bank: Counterpart) -> None:
    daniel = signed_in(cast.daniel)
    assert "No return file yet" in text_of(daniel.get(reverse("payments:bank_files")))
    owe(cast.account, "100.00", posted_on=TODAY - timedelta(days=40), due_on=TODAY - timedelta(days=20))
    payment = paid(cast.account, "100.00", at=moment(TODAY), method=Payment.Method.COUNTER)
    entered("bill.paid", "B77", "5.00", payee="nobody")
    BankEntry.objects.update(state=BankEntry.State.OPEN)
    assert "B77" in text_of(daniel.get(reverse("payments:bank_files")))
    form: dict[str, Any] = {"reference": "nothing", "reason": "nsf", "fee": "on"}
    address = reverse("payments:returned")
    assert "There is no payment with this reference" in text_of(daniel.post(address, form))
    form["reference"] = payment.reference.lower()
    assert "taken back" in text_of(daniel.post(address, form, follow=True))
    payment.refresh_from_db()
    assert payment.state == Payment.State.RETURNED
    page = text_of(signed_in(cast.amara).get(url("detail", cast, payment.reference)))
    assert "This payment came back" in page and "There was not enough money in the account" in page
    started = Payment.objects.create(
        reference="P-OPEN",
        program_account=cast.account,
        payer=cast.northlight,
        amount=Decimal("1.00"),
        method=Payment.Method.DEBIT_CARD,
        started_at=moment(TODAY),
        cycle_start=TODAY,
    )
    assert "Only a received payment" in text_of(daniel.post(address, {**form, "reference": started.reference}))


def test_the_fee_explains_itself_and_lists_ask_as_often_for_many(
    cast: Cast, bank: Counterpart, django_assert_max_num_queries: Any
) -> None:
    due_on = a_july()
    signed(cast, "1000002", on=due_on - timedelta(days=20))
    billed(cast, "80.00", due_on=due_on)
    run("payments.debits", due_on)
    run("payments.bank_files", due_on)
    run("payments.bank_files", due_on + timedelta(days=1))
    amara = signed_in(cast.amara)
    set_clock(moment(due_on + timedelta(days=1)))
    fee = _fee_of(cast)
    page = text_of(amara.get(reverse("dashboard:explain_entry", args=(cast.account.number, fee.pk))))
    assert "Fee for a payment that came back" in page and "15.00" in page
    with django_assert_max_num_queries(11):
        assert "Returned" in text_of(amara.get(url("debits", cast)))
    assert Debit.objects.get(presentation=1).state == Debit.State.RETURNED


def _fee_of(cast: Cast) -> Any:
    """The entry of the fee in the book."""
    return ledger.entry_by_key(
        f"return-fee:{Debit.objects.get(program_account=cast.account, presentation=1).reference}"
    )
