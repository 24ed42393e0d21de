"""The pages of payments: who may, what is shown, what is kept, and the way to the bank and back."""

import hashlib
import hmac
import re
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pikepdf
import pytest
from django.contrib.admin import AdminSite
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from accounts.models import Membership
from core.clock import wall_now
from ledger import queries as ledger
from payments import queries, services
from payments.admin import PaymentAdmin
from payments.models import Payment
from payments.tasks import sweep
from tests.builders import Cast, signed_in
from tests.counterparts.processes import SECRET, Counterpart
from tests.payments.conftest import ACTOR, approve, at_bank, event_of, moment, owe, paid, started
from tests.payments.test_services import statement_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 7, 22)
NOW = moment(TODAY)


def url(name: str, cast: Cast, *more: str) -> str:
    return reverse(f"payments:{name}", args=(cast.account.number, *more))


def text_of(answer: Any) -> str:
    """What a reader sees: no markup, spaces as spaces."""
    words = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", words.replace("\u00a0", " ").replace("\u202f", " "))


def only_payment() -> Payment:
    return Payment.objects.get()


@pytest.fixture
def amara(cast: Cast) -> Client:
    return signed_in(cast.amara)


@pytest.fixture
def owing(cast: Cast) -> None:
    """A statement of 22,274.33 due on 31 July, of which 1,000.00 is overdue already."""
    owe(cast.account, "1000.00", posted_on=date(2026, 5, 17), due_on=date(2026, 7, 2))
    owe(cast.account, "21274.33", posted_on=date(2026, 6, 17), due_on=date(2026, 7, 31))
    statement_of(cast, "22274.33")


# --- The form


def test_the_page_offers_what_makes_sense(cast: Cast, amara: Client, owing: None) -> None:
    page = text_of(amara.get(url("pay", cast)))
    assert "$22,274.33, the whole statement" in page
    assert "$1,000.00, only what is overdue" in page
    assert "Continue to the practice bank" in page
    assert f"Account number {cast.account.number}" in page and "Order it by Tuesday 28 July 2026" in page
    assert "Ordered by Tuesday 28 July 2026" in page and "Not for security deposits" in page


def test_a_card_without_room_says_why_and_offers_a_part(cast: Cast, amara: Client, owing: None) -> None:
    paid(cast.account, "1250.00", at=NOW, method=Payment.Method.CREDIT_CARD, purpose=Payment.Purpose.DEPOSIT)
    answer = amara.get(url("pay", cast))
    assert "$22,274.33 is more than your card room of $3,749.99 this cycle." in text_of(answer)
    assert "?amount=3749.99&amp;method=CREDIT_CARD" in answer.content.decode()
    part = amara.get(url("pay", cast) + "?amount=3749.99&method=CREDIT_CARD").content.decode()
    assert 'value="3749.99"' in part and re.search(r'value="CREDIT_CARD"[^>]* checked', part)


def test_nothing_owed_leaves_an_amount_of_ones_own(cast: Cast, amara: Client) -> None:
    page = text_of(amara.get(url("pay", cast)))
    assert "Nothing is due" in page and "the whole statement" not in page


@pytest.mark.parametrize(
    ("query", "field", "value"),
    [
        ("?amount=1000.00", "choice", "overdue"),
        ("?amount=22274.33", "choice", "statement"),
        ("?statement=2026-06-25", "choice", "statement"),
        ("?amount=77.10", "choice", "other"),
        ("?amount=nonsense&statement=x&method=GOLD", "choice", "statement"),
    ],
)
def test_the_address_fills_the_form_in(
    cast: Cast, amara: Client, owing: None, query: str, field: str, value: str
) -> None:
    page = amara.get(url("pay", cast) + query).content.decode()
    assert re.search(rf'name="{field}" value="{value}"[^>]* checked', page)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "Enter an amount in dollars and cents"),
        ("0", "Enter an amount of at least $0.01"),
        ("-5.00", "Enter an amount of at least $0.01"),
        ("99999999999999", "Enter an amount in digits"),
        ("100000000000.00", "Enter an amount of at most"),
        ("$1,204.50", "type 1204.50"),
        ("twelve", "Enter an amount in digits"),
    ],
)
def test_a_bad_amount_is_refused_and_kept(cast: Cast, amara: Client, typed: str, message: str) -> None:
    answer = amara.post(url("pay", cast), {"amount": typed, "method": "DEBIT_CARD"})
    assert answer.status_code == 200
    assert message in text_of(answer) and "There is 1 problem" in text_of(answer)
    assert f'value="{typed}"' in answer.content.decode() or not typed
    assert not Payment.objects.exists()


def test_a_card_over_its_room_is_refused_and_kept(cast: Cast, amara: Client) -> None:
    answer = amara.post(url("pay", cast), {"amount": "5000.00", "method": "CREDIT_CARD"})
    assert "A credit card may still pay $4,999.99 into this program account until 17 August 2026" in text_of(answer)
    assert 'value="5000.00"' in answer.content.decode()


def test_a_method_is_asked_for_and_an_unknown_one_refused(cast: Cast, amara: Client) -> None:
    assert "Choose how to pay" in text_of(amara.post(url("pay", cast), {"amount": "5.00"}))
    answer = amara.post(url("pay", cast), {"amount": "5.00", "method": "PAD"})
    assert answer.status_code == 200 and not Payment.objects.exists()


def test_two_amounts_at_once_are_asked_about(cast: Cast, amara: Client, owing: None) -> None:
    answer = amara.post(url("pay", cast), {"choice": "statement", "amount": "5.00", "method": "DEBIT_CARD"})
    assert "You typed an amount but chose another" in text_of(answer)


def test_a_preview_shows_the_new_amount_and_starts_nothing(cast: Cast, amara: Client, owing: None) -> None:
    given = {"choice": "other", "amount": "12.50", "method": "CREDIT_CARD", "preview": "1", "key": "k"}
    page = text_of(amara.post(url("pay", cast), given))
    assert "You pay today by credit card $12.50" in page and "problem" not in page
    assert not Payment.objects.exists()


def test_without_scripts_a_changed_choice_is_shown_before_it_is_sent(
    cast: Cast, amara: Client, owing: None, bank: Counterpart
) -> None:
    given = {"choice": "other", "amount": "12.50", "method": "DEBIT_CARD", "key": "k", "shown": "22274.33:DEBIT_CARD"}
    page = amara.post(url("pay", cast), given)
    assert "Your choice has changed" in text_of(page) and not Payment.objects.exists()
    shown = re.search(r'name="shown" value="([^"]+)"', page.content.decode())
    assert shown is not None
    assert amara.post(url("pay", cast), {**given, "shown": shown[1]}).status_code == 302


# --- To the bank and back


def test_the_whole_way_in_a_browser(cast: Cast, amara: Client, owing: None, bank: Counterpart) -> None:
    given = {"choice": "statement", "amount": "", "method": "DEBIT_CARD", "key": "once"}
    first, second = amara.post(url("pay", cast), given), amara.post(url("pay", cast), given)
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"] and first["Location"].startswith(bank.url)
    payment = only_payment()
    back = urlsplit(approve(payment))
    assert back.path == url("return", cast, payment.reference)
    receipt = amara.get(f"{back.path}?{back.query}", follow=True)
    page = text_of(receipt)
    assert "Your payment was received" in page and "$22,274.33" in page and payment.reference in page
    assert page.count("Duties and taxes") == 2
    assert "25 July 2026" in page
    assert ledger.balance_of(cast.account.pk).net == 0
    assert "Nothing is due" in text_of(amara.post(url("pay", cast), given))
    again = {**given, "choice": "other", "amount": "22274.33"}
    assert amara.post(url("pay", cast), again)["Location"] == url("detail", cast, payment.reference)
    assert only_payment() == payment
    assert payment.reference in text_of(amara.get(url("list", cast)))


def test_a_lie_in_the_address_is_not_believed(cast: Cast, amara: Client, bank: Counterpart) -> None:
    payment = at_bank(started(cast.account, "10.00", at=NOW))
    page = amara.get(url("return", cast, payment.reference) + "?session=ps_1&state=APPROVED", follow=True)
    assert "This payment is not finished" in text_of(page)
    assert ledger.balance_of(cast.account.pk).credit == 0


def test_a_closed_tab_is_taken_up_again(cast: Cast, amara: Client, bank: Counterpart) -> None:
    payment = at_bank(started(cast.account, "10.00", at=NOW))
    assert "A payment is not finished" in text_of(amara.get(url("pay", cast)))
    assert amara.post(url("send", cast, payment.reference))["Location"] == payment.bank_address
    approve(payment)
    assert "Your payment was received" in text_of(amara.post(url("cancel", cast, payment.reference), follow=True))


def test_cancel_and_decline_say_what_to_do_next(cast: Cast, amara: Client, bank: Counterpart) -> None:
    first, second = (at_bank(started(cast.account, "10.00", at=NOW)) for _each in range(2))
    page = text_of(amara.post(url("cancel", cast, first.reference), follow=True))
    assert "This payment was cancelled. Nothing was taken." in page and "Start a new payment" in page
    approve(second, "10000002")
    page = text_of(amara.get(url("return", cast, second.reference), follow=True))
    assert "There was not enough money." in page and "Try again" in page


def test_a_silent_bank_is_told_as_it_is(cast: Cast, amara: Client, silent_bank: None) -> None:
    answer = amara.post(url("pay", cast), {"amount": "10.00", "method": "DEBIT_CARD", "key": "k"}, follow=True)
    payment = only_payment()
    assert "The practice bank did not answer, so nothing was paid" in text_of(answer)
    assert amara.post(url("send", cast, payment.reference))["Location"] == url("detail", cast, payment.reference)
    Payment.objects.update(state=Payment.State.AT_BANK, bank_session="ps_1")
    for answer in (
        amara.get(url("return", cast, payment.reference)),
        amara.post(url("cancel", cast, payment.reference)),
    ):
        assert answer.status_code == 200
        assert "We do not know yet whether this payment went through" in text_of(answer)
        assert url("return", cast, payment.reference) in answer.content.decode()


def test_a_bank_stopped_half_way_settles_when_it_is_back(cast: Cast, amara: Client, bank: Counterpart) -> None:
    payment = at_bank(started(cast.account, "10.00", at=NOW))
    approve(payment)
    bank.manage("outage", "on")
    try:
        assert "We do not know yet" in text_of(amara.get(url("return", cast, payment.reference)))
        sweep()
        assert Payment.objects.get().state == Payment.State.AT_BANK
    finally:
        bank.manage("outage", "off")
    sweep()
    assert Payment.objects.get().state == Payment.State.RECEIVED


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_receipt_is_a_document(cast: Cast, amara: Client, owing: None, language: str) -> None:
    done, deposit = paid(cast.account, "1500.00", at=NOW), Payment.Purpose.DEPOSIT
    for payment in (done, paid(cast.account, "10.00", at=NOW, purpose=deposit)):
        with override(language):
            answer = amara.get(url("receipt", cast, payment.reference))
        assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF-")
        with pikepdf.open(BytesIO(answer.content)) as document:
            assert payment.reference in str(document.docinfo["/Title"])
            assert str(document.Root.Lang)[:2] == language
    open_one = started(cast.account, "1.00", at=NOW)
    assert amara.get(url("receipt", cast, open_one.reference)).status_code == 404


# --- Deposits


def test_a_deposit_is_paid_on_its_own_page(cast: Cast, amara: Client, bank: Counterpart) -> None:
    page = amara.get(url("pay_deposit", cast) + "?amount=3000.00")
    assert 'value="3000.00"' in page.content.decode()
    answer = amara.post(url("pay_deposit", cast), {"amount": "3000.00", "method": "CREDIT_CARD", "key": "k"})
    assert answer["Location"].startswith(bank.url)
    approve(only_payment())
    page = text_of(amara.get(url("return", cast, only_payment().reference), follow=True))
    assert "Your deposit was received" in page and "Held as security" in page
    assert ledger.deposits_of(cast.account.pk) == Decimal("3000.00")
    assert queries.card_room(cast.account.pk, on=TODAY).left == Decimal("1999.99")


# --- Who may


def test_strangers_see_nothing_and_readers_only_look(cast: Cast) -> None:
    payment = started(cast.account, "10.00", at=NOW)
    reader = cast.world.person("Rae Reader")
    cast.world.membership(reader, cast.northlight, Membership.Role.READER, accounts=(cast.account,))
    pages = [url("pay", cast), url("pay_deposit", cast), url("return", cast, payment.reference)]
    looks = [url("list", cast), url("detail", cast, payment.reference)]
    for page in pages + looks:
        assert signed_in(cast.stranger).get(page).status_code == 404
        assert signed_in(None).get(page).status_code == 302
    assert [signed_in(reader).get(page).status_code for page in pages] == [403, 403, 403]
    assert [signed_in(reader).get(page).status_code for page in looks] == [200, 200]
    for name in ("send", "cancel"):
        assert signed_in(reader).post(url(name, cast, payment.reference)).status_code == 403
        assert signed_in(cast.amara).get(url(name, cast, payment.reference)).status_code == 405
    assert signed_in(cast.amara).get(url("detail", cast, "AAA-AAA-AAA-AAA")).status_code == 404


def test_a_broker_pays_for_the_client(cast: Cast, owing: None, bank: Counterpart) -> None:
    wen = signed_in(cast.wen)
    page = text_of(wen.get(url("pay", cast)))
    assert "Continue to the practice bank for Northlight Outdoor Supply Inc." in page
    assert "$22,274.33, the whole statement" in page
    wen.post(url("pay", cast), {"choice": "overdue", "method": "DEBIT_CARD", "key": "k"})
    payment = only_payment()
    assert payment.payer == cast.harbourline and payment.program_account == cast.account
    approve(payment)
    assert "Harbourline Customs Brokers Ltd." in text_of(wen.get(url("return", cast, payment.reference), follow=True))


def test_a_broker_who_sees_only_its_own_pays_without_seeing_balances(
    cast: Cast, owing: None, bank: Counterpart
) -> None:
    cast.world.delegation(cast.passerelle, cast.northlight, sees_client=False, sees_others=False)
    ines = signed_in(cast.ines)
    own = owe(cast.account, "50.00", posted_on=date(2026, 5, 1), due_on=date(2026, 6, 1), submitter=cast.passerelle)
    theirs = paid(cast.account, "5.00", at=NOW)
    page = text_of(ines.get(url("pay", cast)))
    assert "22,274.33" not in page and "1,000.00" not in page and "What you owe" not in page
    ines.post(url("pay", cast), {"amount": "500.00", "method": "DEBIT_CARD", "key": "k"})
    payment = Payment.objects.get(payer=cast.passerelle)
    approve(payment)
    page = text_of(ines.get(url("return", cast, payment.reference), follow=True))
    assert "1 item hidden from you" in page and "455.00" in page
    assert own.source.removeprefix("declaration:") in page
    assert theirs.reference not in text_of(ines.get(url("list", cast)))
    assert ines.get(url("detail", cast, theirs.reference)).status_code == 404


def test_the_list_asks_the_same_number_of_questions(cast: Cast, amara: Client) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            amara.get(url("list", cast))
        return sum("SAVEPOINT" not in row["sql"] for row in asked.captured_queries)

    started(cast.account, "1.00", at=NOW)
    for_one = questions()
    for _each in range(24):
        started(cast.account, "1.00", at=NOW)
    assert questions() == for_one <= 10


# --- What the bank tells


def tell(client: Client, body: bytes, *, secret: str = SECRET, age: int = 0, signature: str = "") -> Any:
    timestamp = str(int(wall_now().timestamp()) - age)
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return client.post(
        reverse("bank_webhook"),
        body,
        content_type="application/json",
        headers={"Bank-Timestamp": timestamp, "Bank-Signature": signature or f"v1={signed}"},
    )


def test_the_event_before_and_after_the_person_comes_back(cast: Cast, amara: Client, bank: Counterpart) -> None:
    before, after = (at_bank(started(cast.account, "10.00", at=NOW)) for _each in range(2))
    for payment in (before, after):
        approve(payment)
    outside = Client(enforce_csrf_checks=True)
    for _time in range(2):
        answer = tell(outside, event_of(before))
        assert (answer.status_code, answer.json()["state"]) == (200, "RECEIVED")
    amara.get(url("return", cast, before.reference))
    amara.get(url("return", cast, after.reference))
    assert tell(outside, event_of(after)).status_code == 200
    assert tell(outside, event_of(after, "payment.declined")).json()["state"] == "RECEIVED"
    assert ledger.balance_of(cast.account.pk).credit == Decimal("20.00")


def test_an_event_is_not_believed_by_itself(cast: Cast, bank: Counterpart) -> None:
    payment = at_bank(started(cast.account, "10.00", at=NOW))
    assert tell(Client(), event_of(payment)).json()["state"] == "AT_BANK"
    assert ledger.balance_of(cast.account.pk).credit == 0


@pytest.mark.parametrize(
    ("forgery", "status"),
    [
        ({"secret": "another secret"}, 401),
        ({"age": 400}, 401),
        ({"signature": "v1=0000"}, 401),
        ({"signature": "v2=é"}, 401),
        ({"body": b"not json"}, 400),
        ({"body": b"[]"}, 400),
        ({"body": b'{"type": "account.opened", "data": {"reference": "x"}}'}, 400),
        ({"body": b'{"type": "payment.approved", "data": {"reference": "AAA"}}'}, 404),
        ({"body": b"x" * 30_000}, 413),
    ],
)
def test_a_forged_or_foreign_event_changes_nothing(
    cast: Cast, bank: Counterpart, forgery: dict[str, Any], status: int
) -> None:
    payment = at_bank(started(cast.account, "10.00", at=NOW))
    approve(payment)
    body = forgery.pop("body", None) or event_of(payment)
    assert tell(Client(), body, **forgery).status_code == status
    payment.refresh_from_db()
    assert payment.state == Payment.State.AT_BANK
    services.settle(reference=payment.reference, actor=ACTOR, at=NOW)


def test_what_the_file_of_the_day_will_tell_is_taken_note_of(cast: Cast, bank: Counterpart) -> None:
    """The bank stops telling, and nothing moves until the file comes."""
    answer = tell(Client(), b'{"id": "ev_1", "type": "bill.announced", "data": {"reference": "bp_1"}}')
    assert (answer.status_code, answer.json()["state"]) == (202, "NOTED")
    assert not Payment.objects.exists()


def test_an_event_while_the_bank_is_silent_is_sent_again_later(cast: Cast, silent_bank: None) -> None:
    payment = started(cast.account, "10.00", at=NOW)
    Payment.objects.update(state=Payment.State.AT_BANK, bank_session="ps_1")
    assert tell(Client(), event_of(payment)).status_code == 503


def test_officers_read_payments_and_change_nothing(cast: Cast) -> None:
    payment = paid(cast.account, "10.00", at=NOW)
    site = AdminSite()
    register = PaymentAdmin(Payment, site)
    request = RequestFactory().get("/")
    request.user = cast.daniel
    assert str(payment) in [str(row) for row in register.get_queryset(request)]
    assert not register.has_add_permission(request)
    assert not register.has_change_permission(request, payment)
    assert not register.has_delete_permission(request, payment)
