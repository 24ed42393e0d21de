"""Step 8: paid, all is well at once; not paid, good standing ends, interest runs, release is suspended until paid."""

from decimal import Decimal

from ledger import queries as ledger
from notifications.models import Notification
from payments import services as payments
from payments.models import Payment
from releases.models import Release
from security import queries as security
from security.rules import SuspensionReason
from standing import queries as standing
from statements.models import Statement
from tests.journeys.person import Person
from tests.journeys.town import Home, Town


def a_debt(town: Town, value: str = "10000.00") -> Home:
    """2,390.00 of duties and taxes on the statement of 25 May, to be paid by 29 May."""
    northlight = town.importer()
    town.secure(northlight, town.surety())
    town.declare(northlight, value)
    town.move_to(2026, 5, 25)
    return northlight


def is_good(importer: Home, town: Town) -> bool:
    assert importer.account is not None
    return standing.standing_of(importer.account.pk, on=town.today).is_good


def rpp(importer: Home, town: Town) -> security.RppStatus:
    assert importer.account is not None
    return security.rpp_status(importer.account.pk, on=town.today)


def order(person: Person, **answers: str) -> Payment | None:
    """Sends the form; without scripts a changed amount or method is shown once more before anything is paid."""
    person.submit(having="method", **answers)
    if not Payment.objects.exists() and "Error" not in person.page.headings:
        person.submit(having="method", **answers)
    return Payment.objects.first()


def test_paid_by_card_the_oldest_is_cleared_first_and_standing_stays_good(town: Town) -> None:
    northlight = a_debt(town)
    assert northlight.account is not None
    town.declare(northlight, "5000.00")
    amara = Person(northlight.manager)
    amara.open(f"accounts/{northlight.number}/statements/2026-05-25/")
    amara.follow("Pay $2,390.00")
    assert "$2,390.00" in amara.page.text
    payment = order(amara, choice="statement", method="CREDIT_CARD")
    assert payment is not None
    assert payment.amount == Decimal("2390.00")
    payments.receive(reference=payment.reference, actor=northlight.actor, at=town.moment["at"])
    receipt = amara.open(f"accounts/{northlight.number}/payments/{payment.reference}/")
    assert "$2,390.00" in receipt.text and payment.reference in receipt.text
    # What was billed is paid; the 1,195.00 of today are not due yet.
    assert ledger.balance_of(northlight.account.pk).net == Decimal("1195.00")
    town.move_to(2026, 6, 2)
    assert is_good(northlight, town) and rpp(northlight, town).is_on
    assert "Paid" in amara.open(f"accounts/{northlight.number}/statements/2026-05-25/").text


def test_a_part_payment_clears_the_oldest_debt(town: Town) -> None:
    northlight = a_debt(town)
    assert northlight.account is not None
    amara = Person(northlight.manager)
    amara.open(f"accounts/{northlight.number}/pay/")
    payment = order(amara, choice="other", amount="1000.00", method="DEBIT_CARD")
    assert payment is not None
    payments.receive(reference=payment.reference, actor=northlight.actor, at=town.moment["at"])
    left = [item.remaining for item in ledger.open_items_of(northlight.account.pk, on=town.today)]
    assert left == [Decimal("1390.00")]


def test_more_than_the_card_takes_is_refused_with_the_part_that_it_takes(town: Town) -> None:
    northlight = a_debt(town, "30000.00")
    amara = Person(northlight.manager)
    amara.open(f"accounts/{northlight.number}/pay/")
    assert order(amara, choice="other", amount="5000.00", method="CREDIT_CARD") is None
    assert "may still pay $4,999.99" in amara.page.text and 'value="5000.00"' in amara.page.html


def test_unpaid_the_account_is_warned_charged_suspended_and_cured_by_paying(town: Town) -> None:
    """2,390.00 due 29 May: 26 days at 8.2 % to 24 June are 14.00; suspended 30 days after, on 28 June."""
    northlight = a_debt(town)
    assert northlight.account is not None
    amara = Person(northlight.manager)
    town.move_to(2026, 5, 29)
    assert is_good(northlight, town)
    town.move_to(2026, 5, 30)
    assert not is_good(northlight, town) and rpp(northlight, town).is_on
    # A reminder before the last day to pay, and the warning after it.
    assert Notification.objects.filter(user=northlight.manager, category="standing").count() == 2
    assert "$2,390.00" in amara.open(f"accounts/{northlight.number}/standing/").text

    town.move_to(2026, 6, 25)
    statement = Statement.objects.get(program_account=northlight.account, statement_on="2026-06-25")
    assert (statement.box_a, statement.box_e, statement.box_h) == tuple(map(Decimal, ("2390.00", "14.00", "2404.00")))
    explained = amara.open(f"accounts/{northlight.number}/statements/2026-06-25/?box=E&explain=E")
    assert "14.00" in explained.text and "8.2" in explained.text and "26" in explained.text

    town.move_to(2026, 6, 27)
    assert rpp(northlight, town).is_on
    town.move_to(2026, 6, 28)
    status = rpp(northlight, town)
    assert not status.is_on and SuspensionReason.OVERDUE_DEBT in [reason.value for reason in status.reasons]
    assert town.release(northlight).refusal == Release.Refusal.NO_RPP
    assert "Suspended" in amara.open(f"accounts/{northlight.number}/security/").text

    amara.open(f"accounts/{northlight.number}/pay/")
    assert "$2,404.00" in amara.page.text
    town.pay(northlight, "2404.00")
    assert is_good(northlight, town) and rpp(northlight, town).is_on
    assert town.release(northlight).state == Release.State.RELEASED
    # Four more days of interest, 25 to 28 June, follow on the next statement, and the penalty of 100.00 for the goods
    # released on 28 June, which nobody accounted for.
    town.move_to(2026, 7, 25)
    following = Statement.objects.get(program_account=northlight.account, statement_on="2026-07-25")
    assert following.box_c == Decimal("-2404.00") and following.box_e == Decimal("102.16")
    assert following.box_h == Decimal("102.16")
