"""Step 5: the broker asks for release and hears at once: granted, or refused with the reason and the way out."""

from releases.models import Release
from tests.journeys.person import Person
from tests.journeys.town import Home, Town


def ask(person: Person, broker: Home, number: str, **answers: str) -> str:
    """Asks for release as the page offers it; gives the words of the answer."""
    person.open(f"businesses/{broker.bn9}/releases/request/")
    given = {
        "account_number": number,
        "kind": "PARS",
        "cargo_control_number": "8042PARS884120",
        "office": "0453",
        "goods": "Hiking boots",
        "estimated_value": "10000.00",
    }
    person.submit(having="cargo_control_number", **{**given, **answers})
    return person.page.text


def test_with_release_prior_to_payment_the_goods_are_released(town: Town) -> None:
    northlight, harbourline = town.importer(), town.broker()
    town.secure(northlight, town.surety())
    town.delegate(harbourline, northlight)
    wen, amara = Person(harbourline.manager), Person(northlight.manager)
    words = ask(wen, harbourline, northlight.number)
    release = Release.objects.get()
    assert release.state == Release.State.RELEASED and release.transaction_number in words
    assert release.transaction_number.startswith(str(harbourline.business.account_security_number))
    # Accounting within five business days of 4 May; ten after the period's end on 17 May payment is due.
    assert "11 May 2026" in words and "29 May 2026" in words
    assert release.transaction_number in amara.open(f"accounts/{northlight.number}/releases/").text
    # The same cargo once more is told apart from a new one.
    assert "was released before" in ask(wen, harbourline, northlight.number)
    assert Release.objects.count() == 1


def test_without_release_prior_to_payment_it_is_refused_and_goes_by_the_port(town: Town) -> None:
    lantern, harbourline = town.importer("Prairie Lantern Co.", "June Moreau"), town.broker()
    town.delegate(harbourline, lantern)
    wen = Person(harbourline.manager)
    words = ask(wen, harbourline, lantern.number)
    refused = Release.objects.get()
    assert refused.state == Release.State.REFUSED and refused.refusal == Release.Refusal.NO_RPP
    assert "C-type" in words and "enrols and posts security" in words
    wen.follow("Ask for release as C-type")
    wen.submit(having="cargo_control_number")
    released = Release.objects.latest("id")
    assert released.kind == Release.Kind.CTYPE and released.state == Release.State.AT_PORT
    assert "at the port" in wen.page.text


def test_an_importer_that_is_not_registered_gets_nothing_but_the_way_to_register(town: Town) -> None:
    harbourline = town.broker()
    quarry = town.world.business("Quarry Lane Furniture", registered_at=None)
    account = town.world.program_account(quarry)
    wen = Person(harbourline.manager)
    words = ask(wen, harbourline, account.number)
    assert Release.objects.get().refusal == Release.Refusal.NOT_REGISTERED
    assert "not registered in the portal" in words and "Quarry Lane" not in words
    assert "/register/" in wen.page.link("How a business registers")
    assert "not registered" in ask(wen, harbourline, account.number, kind="CTYPE")


def test_a_broker_without_authority_is_sent_to_ask_for_it(town: Town) -> None:
    northlight, harbourline = town.importer(), town.broker()
    town.secure(northlight, town.surety())
    wen = Person(harbourline.manager)
    words = ask(wen, harbourline, northlight.number)
    assert "Request access" in words and "Northlight" not in words
    assert Release.objects.get().refusal == Release.Refusal.NO_DELEGATION


def test_bad_answers_keep_what_was_typed_and_say_what_to_do(town: Town) -> None:
    harbourline = town.broker()
    wen = Person(harbourline.manager)
    wen.open(f"businesses/{harbourline.bn9}/releases/request/")
    wen.submit(having="cargo_control_number", account_number="12", cargo_control_number="!", estimated_value="$1,0")
    assert "Error" in wen.page.html and 'value="$1,0"' in wen.page.html and not Release.objects.exists()
    for words in ("Use letters and digits only", "Choose the office", "Say what the goods are"):
        assert words in wen.page.text
