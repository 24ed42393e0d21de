"""Steps 1 and 2: a newcomer signs in through GCKey and registers the business of a practice card."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.management import call_command

from accounts import services as accounts
from accounts.models import Membership, User
from core import jobs
from core.jobs import set_clock
from core.models import OutboxMessage
from counterparts.identity.seats import PRACTICE_PASSWORD
from registration import services as registration
from registration.models import Registration
from tests.accounts.test_oidc_journey import Person as Traveller
from tests.accounts.test_oidc_journey import newest_code
from tests.accounts.test_oidc_journey import submit as fill_in
from tests.counterparts.browser import heading
from tests.counterparts.processes import SECRET, Counterpart, identity_process
from tests.journeys.conftest import FIRST_DAY
from tests.journeys.person import Page, Person, plain
from tests.journeys.town import Home, Town


@pytest.fixture(scope="module")
def gckey(live_server: Any) -> Iterator[Counterpart]:
    with identity_process("gckey", live_server.url) as provider:
        yield provider


def offer_larkspur(town: Town) -> Home:
    """A business with a declaration of 2,390.00, a statement of it and a payment, that nobody manages any more."""
    larkspur = town.importer(
        "Larkspur Marine Parts Ltd.",
        "Former Manager",
        street="58 Water Street",
        city="Lunenburg",
        region="NS",
        postal_code="B0J 2C0",
    )
    town.secure(larkspur, town.surety())
    town.declare(larkspur)
    town.move_to(2026, 5, 25)
    town.pay(larkspur, "2390.00")
    business = accounts.release_business(business=larkspur.business, actor=jobs.console_actor(), at=town.moment["at"])
    registration.offer_card(business=business, actor=jobs.console_actor(), at=town.moment["at"])
    return larkspur


def fact(page: Page, label: str) -> str:
    """What stands beside a label in a definition list of the page."""
    found = re.search(rf"<dt[^>]*>\s*{re.escape(label)}\s*</dt>\s*<dd[^>]*>(.*?)</dd>", page.html, re.DOTALL)
    assert found is not None, f"No '{label}' on {page.url}: {page.text}"
    return plain(re.sub(r"<[^>]+>", " ", found[1]))


def amount(page: Page, label: str) -> str:
    return fact(page, label).strip("$").replace(",", "")


def to_the_proof(person: Person) -> Page:
    """From the practice card to the questions, copying what stands on the card; gives the card's page."""
    person.open("practice-card/")
    person.submit("Take a practice card")
    card = person.page
    person.open("register/")
    person.submit("Begin")
    person.submit(having="bn9", bn9=fact(card, "Business number"), rm=fact(card, "Program account"))
    person.submit(
        having="postal_code",
        name=fact(card, "Legal name"),
        street="58 Water Street",
        city="Lunenburg",
        region="NS",
        postal_code="B0J 2C0",
    )
    assert "declaration_number" in person.page.html, person.page.text
    return card


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unlocked_book")
def test_from_the_bare_address_to_a_registered_business(live_server: Any, settings: Any, gckey: Counterpart) -> None:
    set_clock(FIRST_DAY)
    town = Town()
    larkspur = offer_larkspur(town)
    settings.IDENTITY_PROVIDERS = {**configured.IDENTITY_PROVIDERS, "gckey": gckey.url}
    apps = configured.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    discovery = gckey.url + "/.well-known/openid-configuration"
    there = {"client_id": "portage", "secret": SECRET, "settings": {"server_url": discovery, "fetch_userinfo": True}}
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [{**app, **there} if app["provider_id"] == "gckey" else app for app in apps],
        }
    }

    # Step 1: GCKey, the e-mailed code, the profile.
    traveller = Traveller()
    page = traveller.leave(live_server.url, "gckey", seat="newcomer")
    page = fill_in(traveller, page, "password", username="newcomer", password=PRACTICE_PASSWORD)
    page = fill_in(traveller, page, "email", email="sam@example.com", email_again="sam@example.com", consent="on")
    page = fill_in(traveller, page, "code", code=newest_code("sam@example.com"))
    assert heading(page) == "Your profile"
    page = fill_in(
        traveller,
        page,
        "first_name",
        first_name="Sam",
        last_name="Rivers",
        telephone="902 555 0123",
        contact_email="sam@example.com",
        language="en",
    )
    assert heading(page) == "Is your business here already?"
    sam = Person()
    for cookie in traveller.session.cookies:
        sam.client.cookies[cookie.name] = cookie.value or ""

    # Step 2: the card, the papers, two of three questions.
    card = to_the_proof(sam)
    questions = sam.page
    # Pages are read as the demo inbox would: the paper's figures are typed by hand into the form.
    sam.open(card.link("Declaration of"))
    number, total = fact(sam.page, "Declaration number"), amount(sam.page, "Total duties and taxes")
    sam.open(card.link("Bank receipt"))
    paid, paid_on = amount(sam.page, "Amount paid"), re.search(r"\d{4}-\d\d-\d\d", sam.page.text)
    sam.open(card.link("Statement,"))
    balance = amount(sam.page, "H, total payable")
    assert (total, paid, balance) == ("2390.00", "2390.00", "2390.00") and paid_on is not None
    sam.open(questions.url)
    sam.submit(having="declaration_number", declaration_number=number, declaration_total="2391.00")
    assert sam.page.status == 422 and "do not match" in sam.page.text and f'value="{number}"' in sam.page.html
    sam.submit(having="declaration_number", declaration_total=total, payment_on=paid_on[0], payment_amount=paid)
    sam.submit("Accept and continue", accepted="on")
    sam.submit("Register Larkspur Marine Parts Ltd.")
    assert "Larkspur Marine Parts Ltd. is registered" in sam.page.text
    assert "Invite a backup" in sam.page.text
    membership = Membership.objects.get(business=larkspur.business, state=Membership.State.ACTIVE)
    assert membership.is_primary and membership.role == Membership.Role.BAM
    assert membership.user == User.objects.get(first_name="Sam")

    # The backup is asked for, by an invitation that works once.
    sam.follow("Invite a backup")
    sam.submit(having="email", email="pat@example.com")
    assert OutboxMessage.objects.filter(to="pat@example.com").exists()
    # The history came with the business.
    assert number in sam.open(f"accounts/{larkspur.number}/declarations/").text
    call_command("verify_ledger", verbosity=0)
    call_command("verify_audit", verbosity=0)


def test_ten_wrong_answers_pause_the_questions_and_keep_what_was_typed(town: Town) -> None:
    offer_larkspur(town)
    sam = Person(town.world.person("Sam Rivers"))
    to_the_proof(sam)
    # Each try holds one wrong answer; the amounts come from another business's papers.
    for _try in range(10):
        sam.submit(having="payment_on", payment_on="2026-05-25", payment_amount="1.00")
    assert (sam.page.status == 429 and "Try again" in sam.page.text) or "pause" in sam.page.text.lower()
    row = Registration.objects.get()
    assert row.paused_until is not None and "1.00" in row.typed["PROOF"].values()
    assert not Membership.objects.filter(user__first_name="Sam").exists()


def test_of_two_newcomers_with_one_business_the_second_is_told(town: Town) -> None:
    larkspur = offer_larkspur(town)
    newcomers = [Person(town.world.person("Sam Rivers")), Person(town.world.person("Ann Other"))]
    for newcomer in newcomers:
        to_the_proof(newcomer)
        newcomer.submit(
            having="payment_on",
            payment_on="2026-05-25",
            payment_amount="2390.00",
            statement_on="2026-05-25",
            statement_balance="2390.00",
        )
        newcomer.submit(having="accepted", accepted="on")
    for newcomer in newcomers:
        newcomer.submit("Register Larkspur")
    assert "is registered" in newcomers[0].page.text
    assert newcomers[1].page.status == 409 and "Traceback" not in newcomers[1].page.text
    assert Membership.objects.filter(business=larkspur.business, state=Membership.State.ACTIVE).count() == 1
    assert Decimal("2390.00") == Decimal(amount_of(newcomers[0], larkspur))


def amount_of(person: Person, home: Home) -> str:
    """The balance of the statement of 25 May as the new manager reads it."""
    page = person.open(f"accounts/{home.number}/statements/2026-05-25/")
    found = re.search(r"\$([0-9,]+\.[0-9]{2})", page.text)
    assert found is not None
    return found[1].replace(",", "")
