"""Step 6: the broker files the Commercial Accounting Declaration; the importer sees it at once, to the cent."""

from decimal import Decimal

from declarations.models import Declaration
from ledger import queries as ledger
from ledger.models import JournalEntry
from tests.journeys.person import Person
from tests.journeys.town import Home, Town

INVOICE = {
    "vendor": "Ridgeline Footwear Ltd.",
    "vendor_country": "CN",
    "number": "RF-260427",
    "dated_on": "2026-04-27",
    "shipped_on": "2026-04-28",
    "currency": "CAD",
    "total": "10000.00",
}
BOOTS = {
    "classification": "6404.11.91.00",
    "description": "Hiking footwear, textile uppers",
    "origin": "CN",
    "treatment": "MFN",
    "quantity": "240",
    "value": "10000.00",
}


def a_cleared_broker(town: Town) -> tuple[Home, Home]:
    northlight, harbourline = town.importer(), town.broker()
    town.secure(northlight, town.surety())
    town.delegate(harbourline, northlight)
    return northlight, harbourline


def write(person: Person, importer: Home, transaction: str) -> None:
    """Starts the declaration of a release and writes one invoice with one line, as far as the last check."""
    person.open(f"accounts/{importer.number}/declarations/start/{transaction}/")
    person.submit("Start the declaration")
    person.submit(having="vendor", **INVOICE)
    person.submit(having="classification", **{name: BOOTS[name] for name in ("classification", "origin")})
    person.submit(having="classification", **BOOTS)
    person.open(f"accounts/{importer.number}/declarations/{transaction}/check/")


def test_the_broker_files_and_the_importer_sees_the_exact_cents(town: Town) -> None:
    """Value for duty 10,000.00; duty 18 % 1,800.00; GST 5 % of 11,800.00 590.00; together 2,390.00."""
    northlight, harbourline = a_cleared_broker(town)
    assert northlight.account is not None
    release = town.release(northlight, by=harbourline)
    wen, amara = Person(harbourline.manager), Person(northlight.manager)
    write(wen, northlight, release.transaction_number)
    assert "$2,390.00" in wen.page.text
    wen.submit("Submit")
    assert wen.page.url.endswith("/submitted/") and "2,390.00" in wen.page.text
    declaration = Declaration.objects.get()
    assert (declaration.duty, declaration.gst, declaration.total) == tuple(
        map(Decimal, ("1800.00", "590.00", "2390.00"))
    )
    assert ledger.balance_of(northlight.account.pk).net == Decimal("2390.00")
    amara.open(f"accounts/{northlight.number}/declarations/")
    assert declaration.number in amara.page.text and "2,390.00" in amara.page.text
    amara.follow(declaration.number)
    for figure in ("1,800.00", "590.00", "2,390.00"):
        assert figure in amara.page.text
    assert "2,390.00" in amara.open(f"accounts/{northlight.number}/transactions/").text
    assert "2 390,00 $" in Person(northlight.manager, language="fr").open(
        f"accounts/{northlight.number}/declarations/{declaration.number}/"
    ).text.replace("\u202f", " ")


def test_submitting_twice_posts_once(town: Town) -> None:
    northlight, harbourline = a_cleared_broker(town)
    release = town.release(northlight, by=harbourline)
    first, second = Person(harbourline.manager), Person(harbourline.manager)
    write(first, northlight, release.transaction_number)
    second.open(first.page.url)
    first.submit("Submit")
    second.submit("Submit")
    assert second.page.status == 200
    assert JournalEntry.objects.filter(source=f"declaration:{release.transaction_number}").count() == 1


def test_a_correction_charges_the_difference_only(town: Town) -> None:
    northlight, harbourline = a_cleared_broker(town)
    assert northlight.account is not None
    filed = town.declare(northlight, by=harbourline)
    wen = Person(harbourline.manager)
    wen.open(f"accounts/{northlight.number}/declarations/{filed.number}/correct/")
    wen.submit("Start the correction")
    wen.open(f"accounts/{northlight.number}/declarations/{filed.number}/edit/invoices/1/lines/1/")
    wen.submit(having="classification", value="9000.00")
    wen.open(f"accounts/{northlight.number}/declarations/{filed.number}/edit/invoices/1/")
    wen.submit(having="vendor", total="9000.00")
    wen.open(f"accounts/{northlight.number}/declarations/{filed.number}/check/")
    wen.submit("Submit", reason="The invoice says 9,000 dollars.")
    assert wen.page.url.endswith("/submitted/"), wen.page.text
    # 9,000.00: duty 1,620.00, GST 531.00, together 2,151.00; so 239.00 come back.
    filed.refresh_from_db()
    assert filed.total == Decimal("2151.00")
    assert ledger.balance_of(northlight.account.pk).net == Decimal("2151.00")


def test_a_line_that_cannot_be_keeps_what_was_typed(town: Town) -> None:
    northlight, harbourline = a_cleared_broker(town)
    release = town.release(northlight, by=harbourline)
    wen = Person(harbourline.manager)
    wen.open(f"accounts/{northlight.number}/declarations/start/{release.transaction_number}/")
    wen.submit("Start the declaration")
    wen.submit(having="vendor", **{**INVOICE, "total": "$10,000"})
    assert 'value="$10,000"' in wen.page.html and 'value="RF-260427"' in wen.page.html
    wen.submit(having="vendor", total="10000.00")
    wen.submit(having="classification", **{**BOOTS, "classification": "0000.00.00.00", "quantity": "a dozen"})
    assert 'value="a dozen"' in wen.page.html
    wen.open(f"accounts/{northlight.number}/declarations/{release.transaction_number}/check/")
    assert Declaration.objects.get().state == Declaration.State.DRAFT
