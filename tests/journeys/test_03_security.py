"""Step 4: the importer enrols in Release Prior to Payment and posts a bond or a cash deposit."""

from datetime import date
from decimal import Decimal

from core.clock import at_toronto
from core.jobs import set_clock
from payments import services as payments
from payments.models import Payment
from security import queries as security
from security.models import Bond
from tests.journeys.person import Person
from tests.journeys.town import Town


def test_the_requirement_is_the_highest_month_and_a_confirmed_bond_turns_release_on(town: Town) -> None:
    northlight, keystone = town.importer(), town.surety()
    assert northlight.account is not None
    amara, peter = Person(northlight.manager), Person(keystone.manager)
    amara.open(f"accounts/{northlight.number}/security/enrol/")
    amara.submit(having="estimate", program="RPP", estimate="30000.00", wants_lower="no")
    assert amara.page.url.endswith("/security/submit/") and "$15,000.00" in amara.page.text
    amara.submit(having="way", way="bond")
    amara.submit(
        having="agreement_number",
        agreement_number="WSA-0917-22",
        provider=keystone.business.pk,
        amount="15000.00",
        validity_start="2026-05-04",
    )
    assert "covers you from the moment it is confirmed" in amara.page.text
    assert not security.rpp_status(northlight.account.pk, on=town.today).is_on
    peter.open(f"businesses/{keystone.bn9}/bonds/")
    assert "WSA-0917-22" in peter.page.text
    bond = Bond.objects.get()
    peter.open(f"businesses/{keystone.bn9}/bonds/{bond.pk}/")
    peter.submit("Confirm")
    assert "The importer was told" in peter.page.text
    status = security.rpp_status(northlight.account.pk, on=town.today)
    assert status.is_on and status.coverage.total == Decimal("30000.00")
    assert "Active" in amara.open(f"accounts/{northlight.number}/security/").text


def test_a_surety_refuses_a_bond_it_never_gave(town: Town) -> None:
    northlight, keystone = town.importer(), town.surety()
    town.enrol(northlight)
    amara, peter = Person(northlight.manager), Person(keystone.manager)
    amara.open(f"accounts/{northlight.number}/security/bonds/new/")
    answers = {"provider": keystone.business.pk, "amount": "5000.00", "validity_start": "2026-05-04"}
    amara.submit(having="agreement_number", agreement_number="NOT-OURS", **answers)
    peter.open(f"businesses/{keystone.bn9}/bonds/{Bond.objects.get().pk}/")
    peter.submit("Reject the bond", **{"reject-reason": "We gave no such bond."})
    assert "Rejected" in amara.open(f"accounts/{northlight.number}/security/").text
    # A bond below the minimum of 5,000 is refused, and what was typed stays.
    amara.open(f"accounts/{northlight.number}/security/bonds/new/")
    amara.submit(having="agreement_number", agreement_number="SMALL", **{**answers, "amount": "4999.99"})
    assert amara.page.status == 422 and 'value="SMALL"' in amara.page.html


def test_a_cash_deposit_by_card_turns_release_on_at_once(town: Town) -> None:
    fern = town.importer("Fern & Field Imports", "Fern Aldous")
    assert fern.account is not None
    town.enrol(fern, estimate="8000.00")
    person = Person(fern.manager)
    person.open(f"accounts/{fern.number}/security/submit/")
    assert "$8,000.00" in person.page.text
    person.submit(having="way", way="cash")
    person.submit(having="amount", amount="8000.00")
    assert "8,000.00" in person.page.text and person.page.url.split("?")[0].endswith("/security/deposit/pay/")
    person.submit(having="method", method="DEBIT_CARD")
    payment = Payment.objects.get()
    assert payment.is_deposit and payment.amount == Decimal("8000.00")
    payments.receive(reference=payment.reference, actor=fern.actor, at=town.moment["at"])
    status = security.rpp_status(fern.account.pk, on=town.today)
    assert status.is_on and status.coverage.cash == Decimal("8000.00") and not status.shortfall.is_short
    assert "$8,000.00" in person.open(f"accounts/{fern.number}/security/").text


def test_twelve_months_of_history_are_counted_instead_of_asked_for(town: Town) -> None:
    """10,000 dollars of boots give 1,800.00 duty and 590.00 GST: a month of 2,390.00, and one of twice that."""
    northlight, keystone = town.importer(), town.surety()
    assert northlight.account is not None
    town.secure(northlight, keystone, estimate="10000.00")
    town.declare(northlight)
    set_clock(at_toronto(date(2026, 6, 8), 9))
    town.declare(northlight, "20000.00")
    set_clock(at_toronto(date(2026, 6, 25), 9))
    calculation = security.calculation_for(northlight.account.pk, on=town.today)
    assert calculation.driving.amount == Decimal("4780.00")
    assert "4,780.00" in Person(northlight.manager).open(f"accounts/{northlight.number}/security/").text
