"""Chosen items, a broker's announced payment, and money that comes without being started here."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from core.errors import Conflict, DomainError, Stranger
from core.models import AuditEvent
from core.money import ZERO
from ledger import queries as ledger
from notifications.models import Notification
from payments import arrivals, plans, queries, services
from payments.models import ChosenItem, Payment, PlannedPayment
from tests.builders import Cast, signed_in
from tests.counterparts.processes import Counterpart
from tests.payments.conftest import ACTOR, moment, owe, paid, started
from tests.payments.test_pages import text_of, url
from tests.payments.test_services import statement_of

pytestmark = pytest.mark.django_db
D = Decimal
TODAY, LAST_DAY = date(2026, 7, 22), date(2026, 7, 31)
NOW = moment(TODAY)


def left(cast: Cast) -> dict[str, str]:
    items = ledger.open_items_of(cast.account.pk, on=TODAY, debts_only=True)
    return {str(item.amount): str(item.remaining) for item in items}


def announced(cast: Cast, amount: str, planned_on: date = LAST_DAY) -> PlannedPayment:
    return plans.announce(
        program_account=cast.account,
        payer=cast.harbourline,
        amount=D(amount),
        planned_on=planned_on,
        on=TODAY,
        at=NOW,
        actor=ACTOR,
    )


@pytest.fixture
def owing(cast: Cast) -> None:
    """Three debts of one statement of 600.00, due on 31 July."""
    for amount in ("100.00", "200.00", "300.00"):
        owe(cast.account, amount, posted_on=date(2026, 6, 17), due_on=LAST_DAY)
    statement_of(cast, "600.00")


def test_a_payment_goes_to_exactly_the_items_that_were_chosen(cast: Cast, owing: None, bank: Counterpart) -> None:
    amara = signed_in(cast.amara)
    items = queries.payable_items(cast.account.pk, on=TODAY)
    chosen = [str(item.id) for item in items if item.left != D("200.00")]
    page = text_of(amara.get(url("pay", cast) + f"?items={','.join(chosen)}"))
    assert "You pay today by debit card $400.00" in page and page.count("Due 31 July 2026") == 3
    nothing = amara.post(url("pay", cast), {"choice": "items", "method": "DEBIT_CARD"})
    assert "Choose at least one item" in text_of(nothing)
    form = {"choice": "items", "items": chosen, "method": "DEBIT_CARD", "key": "k"}
    preview = amara.post(url("pay", cast), {**form, "preview": "1"})
    assert "$400.00" in text_of(preview) and not Payment.objects.exists()
    assert amara.post(url("pay", cast), form).status_code == 302
    payment = Payment.objects.get()
    assert payment.amount == D("400.00") and len(queries.chosen_items(payment)) == 2
    services.receive(reference=payment.reference, actor=ACTOR, at=NOW)
    assert left(cast) == {"200.00": "200.00"}
    assert "Used on the items that were chosen" in text_of(amara.get(url("detail", cast, payment.reference)))
    assert Notification.objects.filter(user=cast.amara, body__contains="used on the items that were chosen").exists()


def test_what_was_paid_meanwhile_stays_as_a_credit(cast: Cast, owing: None) -> None:
    first, second, third = (item.id for item in queries.payable_items(cast.account.pk, on=TODAY))

    def order(amount: str, *items: int) -> Payment:
        wish = services.PaymentOrder(amount=D(amount), method=Payment.Method.DEBIT_CARD, items=items)
        return services.start_payment(
            order=wish, program_account=cast.account, payer=cast.northlight, actor=ACTOR, at=NOW, once="k"
        )

    payment = order("300.00", first, second)
    assert order("300.00", first, second).pk == payment.pk and ChosenItem.objects.count() == 2
    for amount, items in (("299.99", (first, second)), ("300.00", (third, 999_999))):
        with pytest.raises(Conflict) as problem:
            order(amount, *items)
        assert problem.value.code == "items_changed"
    again = order("100.00", first)
    services.receive(reference=payment.reference, actor=ACTOR, at=NOW)
    services.receive(reference=again.reference, actor=ACTOR, at=NOW)
    assert left(cast) == {"300.00": "300.00"}
    assert queries.use_of(again).left == D("100.00")


def test_a_broker_announces_and_nobody_pays_twice_unasked(cast: Cast, owing: None, bank: Counterpart) -> None:
    amara, wen = signed_in(cast.amara), signed_in(cast.wen)
    listed = url("arranged", cast)
    assert "Tell Northlight Outdoor Supply Inc." in text_of(wen.get(listed))
    bad = text_of(wen.post(listed, {"amount": "250.00", "planned_on": "2026-07-21"}))
    assert "Enter a day from today on" in bad and not PlannedPayment.objects.exists()
    said = wen.post(listed, {"amount": "250.00", "planned_on": "2026-07-30"}, follow=True)
    assert "was told what you pay and when" in text_of(said)
    assert Notification.objects.filter(user=cast.amara, subject__contains="has arranged to pay").exists()
    home = text_of(amara.get(reverse("dashboard:home", args=(cast.account.number,))))
    assert "$250.00 of it is on its way from Harbourline Customs Brokers Ltd.: check before you pay." in home
    # Who pays itself is not warned of itself.
    assert "is already on its way" not in text_of(wen.get(url("pay", cast)))

    page = text_of(amara.get(url("pay", cast)))
    assert "$250.00 is already on its way" in page and "planned for 30 July 2026" in page
    assert "$350.00, without what is on its way" in page and "You pay today by debit card $350.00" in page
    assert "Left for you $350.00" in page and "Pay this amount all the same" not in page
    whole = {"choice": "statement", "method": "DEBIT_CARD", "key": "k"}
    asked = text_of(amara.post(url("pay", cast), whole))
    assert "Tick this to pay what is on its way already" in asked and not Payment.objects.exists()
    assert amara.post(url("pay", cast), {**whole, "choice": "rest"}).status_code == 302
    assert amara.post(url("pay", cast), {**whole, "confirmed": "on"}).status_code == 302
    assert [str(payment.amount) for payment in Payment.objects.order_by("id")] == ["350.00", "600.00"]

    # The importer sees the plan and cannot withdraw it; another broker neither sees nor withdraws it.
    cast.world.delegation(cast.passerelle, cast.northlight, sees_client=True, sees_others=False)
    ines = signed_in(cast.ines)
    plan = PlannedPayment.objects.get()
    assert "250.00" in text_of(amara.get(listed)) and "250.00" not in text_of(ines.get(listed))
    assert "has arranged to pay" not in text_of(ines.get(url("pay", cast)))
    for stranger in (amara, ines):
        assert stranger.post(url("withdraw", cast, str(plan.pk))).status_code == 404
    wen.post(url("withdraw", cast, str(plan.pk)))
    wen.post(url("withdraw", cast, str(plan.pk)))
    plan.refresh_from_db()
    assert plan.state == PlannedPayment.State.WITHDRAWN and plan.still_to_come == ZERO
    assert AuditEvent.objects.filter(verb="payment.arrangement_withdrawn").count() == 1


def test_what_a_broker_pays_fills_what_it_announced(cast: Cast, owing: None) -> None:
    later, sooner = announced(cast, "300.00"), announced(cast, "100.00", date(2026, 7, 28))
    assert announced(cast, "300.00").pk == later.pk
    paid(cast.account, "150.00", at=NOW)
    paid(cast.account, "150.00", at=NOW, payer=cast.harbourline)
    ways = queries.on_its_way(cast.account.pk, TODAY)
    assert [(way.payer, way.amount, way.expected_on) for way in ways] == [
        ("Harbourline Customs Brokers Ltd.", D("250.00"), LAST_DAY)
    ]
    sooner.refresh_from_db()
    assert sooner.state == PlannedPayment.State.PAID and sooner.left == ZERO
    with pytest.raises(Conflict):
        plans.withdraw(plan=sooner, at=NOW, actor=ACTOR)
    refused = signed_in(cast.wen).post(url("withdraw", cast, str(sooner.pk)), follow=True)
    assert "This was paid already" in text_of(refused)
    # A payment that somebody else has begun is on its way too; after its day a plan is counted on no longer.
    started(cast.account, "40.00", at=NOW, payer=cast.harbourline)
    mine = {"besides": cast.northlight.pk}
    assert [str(way.text) for way in queries.on_its_way(cast.account.pk, TODAY, **mine)] == [
        "Begun at the bank",
        "Arranged",
    ]
    later_day = LAST_DAY + timedelta(days=1)
    assert [way.amount for way in queries.on_its_way(cast.account.pk, later_day)] == [D("40.00")]


@pytest.mark.parametrize(
    ("amount", "planned_on", "code"),
    [
        ("0.00", LAST_DAY, "amount_not_positive"),
        ("1.00", TODAY - timedelta(days=1), "planned_out_of_range"),
        ("1.00", TODAY + timedelta(days=63), "planned_out_of_range"),
        ("1.00", None, "own_account"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(cast: Cast, amount: str, planned_on: date | None, code: str) -> None:
    with pytest.raises(DomainError) as problem:
        plans.announce(
            program_account=cast.account,
            payer=cast.harbourline if planned_on else cast.northlight,
            amount=D(amount),
            planned_on=planned_on or LAST_DAY,
            on=TODAY,
            at=NOW,
            actor=ACTOR,
        )
    assert problem.value.code == code and not PlannedPayment.objects.exists()


def test_a_bill_payment_arrives_once_and_has_its_receipt(cast: Cast, owing: None) -> None:
    def arrive(amount: str = "600.00", payee: str = "") -> Payment:
        return arrivals.receive_bill(
            bank_reference="rt_1",
            payee=payee or cast.account.number,
            payer="Northlight, chequing",
            amount=D(amount),
            at=NOW,
            actor=ACTOR,
        )

    payment = arrive()
    assert arrive(payee=cast.account.number.lower()).pk == payment.pk
    assert left(cast) == {} and ledger.balance_of(cast.account.pk).net == ZERO
    for amount, payee, kind, code in (
        ("599.99", "", Conflict, "bill_reused"),
        ("600.00", "999999999RM0001", Stranger, "account_unknown"),
        ("0.00", "", DomainError, "amount_not_positive"),
    ):
        with pytest.raises(kind) as problem:
            arrive(amount, payee)
        assert problem.value.code == code
    amara = signed_in(cast.amara)
    home = text_of(amara.get(reverse("dashboard:home", args=(cast.account.number,))))
    assert "has arranged to pay" not in home
    page = text_of(amara.get(url("detail", cast, payment.reference)))
    assert "Your payment was received" in page and "Online bill payment" in page and "Northlight, chequing" in page
    assert amara.get(url("receipt", cast, payment.reference)).content.startswith(b"%PDF")
    Payment.objects.filter(pk=payment.pk).update(state=Payment.State.RETURNED)
    page = text_of(amara.get(url("detail", cast, payment.reference)))
    assert "This payment came back" in page and "Cancel this payment" not in page


def test_an_officer_enters_a_payment_at_a_counter(cast: Cast, owing: None) -> None:
    announced(cast, "300.00")
    officer: Client = signed_in(cast.daniel)
    form = {
        "act": "cheque",
        "cheque-account": cast.account.number,
        "cheque-method": "COUNTER",
        "cheque-number": "R-77",
        "cheque-amount": "100.00",
        "cheque-received_on": "2026-07-21",
        "cheque-reason": "Paid at the Windsor office",
    }
    desk = reverse("dashboard:interest_desk")
    assert "The payment is entered" in text_of(officer.post(desk, form, follow=True))
    officer.post(desk, form)
    payment = Payment.objects.get()
    assert (payment.method, payment.paper_number, payment.entry_key) == (
        Payment.Method.COUNTER,
        "R-77",
        f"counter:R-77:{cast.account.pk}",
    )
    page = text_of(signed_in(cast.amara).get(url("detail", cast, payment.reference)))
    assert re.search(r"Payment at the counter\s+R-77", page)
