"""Step 10: officers see and steer all of it in the admin, where money and state are read only."""

from core.models import AuditEvent
from declarations.models import Declaration
from ledger.models import JournalEntry
from releases.models import Release
from releases.rules import ReleaseKind
from security import queries as security
from security.models import RppEnrolment
from tests.journeys.person import Person
from tests.journeys.town import Town


def choose(person: Person, register: str, action: str, row: int, **answers: str) -> str:
    """Ticks one row of a register and runs an action on it; gives the words of the answer."""
    person.open(f"admin/{register}/")
    person.submit(having="action", action=action, _selected_action=[row], **answers)
    return person.page.text


def test_an_officer_suspends_and_reinstates_with_a_reason(town: Town) -> None:
    northlight = town.importer()
    assert northlight.account is not None
    town.secure(northlight, town.surety())
    daniel = Person(town.officer())
    enrolment = RppEnrolment.objects.get()
    assert "give a reason" in choose(daniel, "security/rppenrolment", "suspend", enrolment.pk)
    choose(daniel, "security/rppenrolment", "suspend", enrolment.pk, reason="Papers under examination")
    assert not security.rpp_status(northlight.account.pk, on=town.today).is_on
    assert town.release(northlight).state == Release.State.REFUSED
    choose(daniel, "security/rppenrolment", "reinstate", enrolment.pk, reason="Examined")
    assert security.rpp_status(northlight.account.pk, on=town.today).is_on
    trail = AuditEvent.objects.filter(verb__in=("rpp.suspended", "rpp.reinstated")).order_by("id")
    assert [event.reason for event in trail] == ["Papers under examination", "Examined"]


def test_an_officer_takes_the_payment_of_a_c_type_at_the_counter(town: Town) -> None:
    lantern = town.importer("Prairie Lantern Co.", "June Moreau")
    june, daniel = Person(lantern.manager), Person(town.officer())
    release = town.release(lantern, kind=ReleaseKind.CTYPE)
    june.open(f"accounts/{lantern.number}/declarations/start/{release.transaction_number}/")
    june.submit("Start the declaration")
    june.submit(
        having="vendor",
        vendor="Ridgeline Footwear Ltd.",
        vendor_country="CN",
        number="RF-1",
        dated_on="2026-04-27",
        shipped_on="2026-04-28",
        currency="CAD",
        total="1000.00",
    )
    june.submit(having="classification", classification="6404.11.91.00", origin="CN")
    june.submit(
        having="classification", origin="CN", treatment="MFN", quantity="24", value="1000.00", description="Boots"
    )
    june.open(f"accounts/{lantern.number}/declarations/{release.transaction_number}/check/")
    june.submit("Make ready for the port, $239.00")
    declaration = Declaration.objects.get()
    assert declaration.state == Declaration.State.READY and not JournalEntry.objects.exists()
    choose(daniel, "declarations/declaration", "at_the_counter", declaration.pk)
    daniel.submit("Take $239.00 and release", method="INTERAC")
    declaration.refresh_from_db()
    release.refresh_from_db()
    assert declaration.state == Declaration.State.ACCEPTED and release.state == Release.State.RELEASED
    # Charged and paid in one step, so nothing is owed and no statement asks for it.
    assert "239.00" in june.open(f"accounts/{lantern.number}/transactions/").text


def test_money_and_state_are_read_only_and_everybody_else_stays_outside(town: Town) -> None:
    northlight = town.importer()
    town.secure(northlight, town.surety())
    town.declare(northlight)
    daniel, amara = Person(town.officer()), Person(northlight.manager)
    entry = JournalEntry.objects.get()
    for register in ("ledger/journalentry", "declarations/declaration", "security/bond", "releases/release"):
        assert daniel.open(f"admin/{register}/").status == 200
        assert daniel.open(f"admin/{register}/add/").status == 403
        assert "/admin/login/" in amara.client.get(f"/en/admin/{register}/")["Location"]
    page = daniel.open(f"admin/ledger/journalentry/{entry.pk}/change/")
    assert page.status == 200 and not page.has_button("Save")
    assert daniel.open("officers/").status == 200 and amara.open("officers/").status == 404
