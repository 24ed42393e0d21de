"""The journeys of access in Chromium, in both languages: the pause and the lock, employees, nominations, groups.

Each makes its own businesses in a small town, so that none of them waits for the lived-in portal.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from accounts.models import Business, EmployeeRequest, Membership, User
from core import clock, once
from core.clock import at_toronto
from core.jobs import set_clock
from delegation import queries as delegation
from delegation import services as delegations
from delegation.models import ClientGroup, Delegation
from delegation.rules import Scope, SignedAs
from registration import queries as registrations
from registration import services as registration
from registration.models import Registration
from registration.rules import MOST_ERRORS, Identity
from tests.browser.conftest import committed_world, visit
from tests.browser.eye import open_tab
from tests.browser.hands import fill, in_both_languages, press, press_main, sound
from tests.browser.world import Portal
from tests.builders import actor
from tests.journeys.town import Home, Town


@pytest.fixture(scope="module")
def portal(made_database: None, django_db_blocker: Any) -> Iterator[Portal]:
    """A town with an officer and a surety. Afterwards the book and the audit trail must prove themselves."""
    with committed_world(django_db_blocker):
        set_clock(at_toronto(date(2026, 6, 1), 9))
        town = Town()
        portal = Portal(town)
        portal.homes["keystone"] = town.surety()
        portal.people["daniel"] = town.officer()
        yield portal
        call_command("verify_ledger", verbosity=0)
        call_command("verify_audit", verbosity=0)


@pytest.fixture
def strict_mode_ends(portal: Portal) -> Iterator[None]:
    """Whatever happens on the way, the next journey finds strict mode off."""
    yield
    once.forget()
    if registrations.is_strict_mode(clock.today()):
        registration.switch_strict_mode(
            is_on=False, reason="The lesson is over.", actor=actor(portal.people["daniel"]), **portal.town.moment
        )


def _status(tab: Tab, address: str) -> int:
    answer = tab.goto(address)
    assert answer is not None
    return answer.status


# --- Registration: the pause and the lock -----------------------------------------------------------------------------
@in_both_languages
def test_ten_wrong_answers_bring_a_pause_and_an_officer_lifts_it(
    language: str, portal: Portal, site: str, browser: Browser
) -> None:
    town = portal.town
    home = town.importer(f"Larkspur {language} Marine Parts Ltd.", "Former Manager")
    town.secure(home, portal.keystone)
    filed, paid = town.declare(home), town.pay(home, "1000.00")
    business = _unclaimed(home)
    person = town.world.person("Paula Paused")
    with visit(browser, site, person) as context:
        tab = open_tab(context)
        _up_to_identity(tab, f"{site}/{language}", business)
        _identify(tab, business)
        number = str(filed.number)
        fill(
            tab,
            declaration_number=number,
            declaration_total="1.00",
            payment_on=f"{paid.received_at.astimezone(clock.TORONTO):%Y-%m-%d}",
            payment_amount="1000.00",
        )
        # One answer is wrong, then two each time.
        for left in (9, 7, 5, 3, 1):
            press(tab, "declaration_number")
            expect(tab.locator("#error-summary")).to_contain_text(
                re.compile({"en": f"You have {left} tr", "fr": f"Il vous reste {left} essai"}[language])
            )
            if left == 9:
                sound(tab, language)
                fill(tab, payment_amount="2.00")
        press(tab, "declaration_number")
        expect(tab.locator("main")).to_contain_text(re.compile(r"\b1[45]\sminutes"))
        sound(tab, language)
        # Another step is no way around it.
        assert _status(tab, f"{site}/{language}/register/numbers/") == 429
        tab.goto(f"{site}/{language}/register/proof/")

        row = Registration.objects.get(user=person)
        with visit(browser, site, portal.people["daniel"]) as office:
            _lift_the_pause(open_tab(office), f"{site}/{language}", row)

        tab.locator(f'main a[href$="/{language}/register/proof/"]').click()
        expect(tab.locator('[name="declaration_number"]')).to_have_value(number)
        expect(tab.locator('[name="payment_amount"]')).to_have_value("2.00")
        sound(tab, language)
        fill(tab, declaration_total=str(filed.total), payment_amount="1000.00")
        press(tab, "declaration_number")
        tab.locator('[name="accepted"]').check()
        sound(tab, language)
        press(tab, "accepted")
        tab.wait_for_url("**/register/review/")
        sound(tab, language)
        press_main(tab)
        tab.wait_for_url("**/register/done/")
        sound(tab, language)
    assert Membership.objects.get(user=person).is_primary
    assert Registration.objects.get(user=person).error_count == 0


@in_both_languages
def test_strict_mode_locks_until_an_officer_lifts_it(
    language: str, portal: Portal, site: str, browser: Browser, strict_mode_ends: None
) -> None:
    town = portal.town
    business = _unclaimed(town.importer(f"Juniper {language} Kitchen Supply Inc.", "Former Other"))
    person = town.world.person("Lou Locked")
    name = business.legal_name
    officers = f"{site}/{language}/officers/strict-mode/"
    with visit(browser, site, portal.people["daniel"]) as office, visit(browser, site, person) as context:
        desk, tab = open_tab(office), open_tab(context)
        desk.goto(officers)
        fill(desk, reason="Class of Monday")
        desk.locator('button[name="mode"][value="on"]').click()
        expect(desk.locator('button[name="mode"][value="off"]')).to_be_visible()
        sound(desk, language)

        _up_to_identity(tab, f"{site}/{language}", business)
        _err(person, business, times=MOST_ERRORS - 2)
        # Capitals alone are an error here.
        _identify(tab, business, name=name.upper())
        expect(tab.locator("#error-summary")).to_contain_text(
            {"en": "You have 1 try left", "fr": "Il vous reste 1 essai"}[language]
        )
        sound(tab, language)
        press(tab, "street")
        row = Registration.objects.get(user=person)
        expect(tab.locator("main")).to_contain_text(str(row.pk))
        sound(tab, language)
        # Neither looking again nor another step is a way around it.
        for address in (tab.url, f"{site}/{language}/register/numbers/"):
            assert _status(tab, address) == 403

        desk.goto(officers)
        sound(desk, language)
        desk.locator(f'main a[href$="/officers/strict-mode/{row.pk}/"]').click()
        press(desk, "reason")
        expect(desk.locator("#error-summary")).to_be_focused()
        sound(desk, language)
        fill(desk, reason="Heard on the telephone")
        press(desk, "reason")
        desk.wait_for_url("**/officers/strict-mode/")
        expect(desk.locator(f'main a[href$="/officers/strict-mode/{row.pk}/"]')).to_have_count(0)

        tab.goto(f"{site}/{language}/register/numbers/")
        expect(tab.locator('[name="rm"]')).to_have_value("RM0001")
        press(tab, "bn9")
        expect(tab.locator('[name="name"]')).to_have_value(name.upper())
        expect(tab.locator('[name="street"]')).to_have_value(business.street)
        fill(tab, name=name)
        press(tab, "street")
        tab.wait_for_url("**/register/proof/")
        sound(tab, language)

        desk.goto(officers)
        fill(desk, reason="The class is over")
        desk.locator('button[name="mode"][value="off"]').click()
        expect(desk.locator('button[name="mode"][value="on"]')).to_be_visible()
    row.refresh_from_db()
    assert (row.state, row.error_count) == (Registration.State.PROOF, 0)


def _unclaimed(home: Home) -> Business:
    """The business after its manager has left, so that somebody may register it."""
    Membership.objects.filter(business=home.business).update(
        state=Membership.State.REVOKED, ended_at=home.business.registered_at
    )
    home.business.registered_at = None
    home.business.save()
    return home.business


def _up_to_identity(tab: Tab, site: str, business: Business) -> None:
    tab.goto(f"{site}/register/")
    tab.locator('form[action$="/register/begin/"] button').click()
    fill(tab, bn9=business.bn9, rm="RM0001")
    press(tab, "bn9")
    tab.locator('[name="street"]').wait_for()


def _identify(tab: Tab, business: Business, *, name: str = "") -> None:
    fill(
        tab,
        name=name or business.legal_name,
        street=business.street,
        city=business.city,
        region=business.region,
        postal_code=business.postal_code,
    )
    press(tab, "street")


def _err(person: User, business: Business, *, times: int) -> None:
    """So many errors in strict mode that nobody needs to watch."""
    row = Registration.objects.get(user=person)
    typed = Identity(business.legal_name, "1 Elsewhere Road", business.city, business.region, business.postal_code)
    for _time in range(times):
        with pytest.raises(registration.StepRefused):
            registration.enter_identity(
                registration=row,
                typed=typed,
                actor=actor(person),
                at=clock.now(),
                wall=clock.wall_now(),
                is_strict=True,
            )


def _lift_the_pause(desk: Tab, site: str, row: Registration) -> None:
    """In the back office, with the reason that the audit trail keeps."""
    desk.goto(f"{site}/admin/registration/registration/?q={row.pk}")
    desk.locator(f'input[name="_selected_action"][value="{row.pk}"]').check()
    desk.locator('select[name="action"]').select_option("lift_pause")
    fill(desk, reason="The papers were read out on the telephone")
    desk.locator('button[name="index"]').click()
    expect(desk.locator(".messagelist .success")).to_be_visible()


# --- Employees --------------------------------------------------------------------------------------------------------
@in_both_languages
def test_an_employee_asks_to_join_and_gets_one_program_account(
    language: str, portal: Portal, site: str, browser: Browser
) -> None:
    town = portal.town
    home = town.importer(f"Northlight {language} Outdoor Supply Inc.", "Amara Osei")
    second = town.world.program_account(home.business, "RM0002", name="Rental fleet, Canmore")
    person = town.world.person("Joel Joins")
    pages = f"{site}/{language}"
    with visit(browser, site, home.manager) as office, visit(browser, site, person) as context:
        desk, tab = open_tab(office), open_tab(context)
        _ask_to_join(tab, pages, home, comment="I join the rental team.")
        sound(tab, language)
        assert _status(tab, f"{pages}/accounts/{second.number}/") == 404

        _to_employee_requests(desk, pages, home, language)
        desk.get_by_role("link", name="Joel Joins", exact=True).click()
        expect(desk.locator("main")).to_contain_text("I join the rental team.")
        sound(desk, language)
        desk.locator('[name="role"][value="EDITOR"]').check()
        press(desk, "role")
        # A role at the level of programs needs one of them; the page says so and the role stays chosen.
        expect(desk.locator("#error-summary")).to_be_focused()
        expect(desk.locator('[name="role"][value="EDITOR"]')).to_be_checked()
        sound(desk, language)
        desk.locator(f'[name="program_accounts"][value="{second.pk}"]').check()
        press(desk, "role")
        desk.wait_for_url("**/people/requests/")
        sound(desk, language)

        tab.goto(f"{pages}/switch-account/")
        sound(tab, language)
        expect(tab.locator(f'main a[href$="/accounts/{home.number}/"]')).to_have_count(0)
        tab.locator(f'main a[href$="/accounts/{second.number}/"]').first.click()
        tab.wait_for_url(f"**/accounts/{second.number}/")
        sound(tab, language)
        assert _status(tab, f"{pages}/accounts/{home.number}/") == 404
    member = Membership.objects.get(user=person, business=home.business)
    assert (member.role, list(member.program_accounts.all())) == ("EDITOR", [second])


@in_both_languages
def test_an_employee_is_rejected_and_reads_why(language: str, portal: Portal, site: str, browser: Browser) -> None:
    town = portal.town
    home = town.importer(f"Lantern {language} Co.", "June Moreau")
    person = town.world.person("Rhea Rejected")
    pages, reason = f"{site}/{language}", "Ask the Halifax office."
    with visit(browser, site, home.manager) as office, visit(browser, site, person) as context:
        desk, tab = open_tab(office), open_tab(context)
        _ask_to_join(tab, pages, home, comment="")
        _to_employee_requests(desk, pages, home, language)
        desk.locator("tr", has_text="Rhea Rejected").locator('a[href$="/reject/"]').click()
        press(desk, "reason")
        expect(desk.locator("#error-summary")).to_be_focused()
        sound(desk, language)
        fill(desk, reason=reason)
        press(desk, "reason")
        desk.wait_for_url("**/people/requests/")
        sound(desk, language)

        tab.goto(f"{pages}/employer/")
        expect(tab.locator("main table")).to_contain_text(reason)
        sound(tab, language)
        assert _status(tab, f"{pages}/accounts/{home.number}/") == 404
    asked = EmployeeRequest.objects.get(user=person)
    assert (asked.state, asked.reason) == (EmployeeRequest.State.REJECTED, reason)
    assert not Membership.objects.filter(user=person).exists()


def _ask_to_join(tab: Tab, pages: str, home: Home, *, comment: str) -> None:
    tab.goto(f"{pages}/employer/")
    fill(tab, bn9=home.bn9, comment=comment)
    press(tab, "bn9")
    expect(tab.locator("main table tbody tr")).to_have_count(1)


def _to_employee_requests(desk: Tab, pages: str, home: Home, language: str) -> None:
    """From the hub, where the manager finds that somebody waits."""
    desk.goto(f"{pages}/businesses/{home.bn9}/people/")
    desk.locator(f'main a[href$="/{home.bn9}/people/requests/"]').first.click()
    desk.wait_for_url("**/people/requests/")
    sound(desk, language)


# --- An importer names a provider -------------------------------------------------------------------------------------
@in_both_languages
def test_an_importer_names_a_broker_that_accepts_and_sees_exactly_that_account(
    language: str, portal: Portal, site: str, browser: Browser
) -> None:
    town = portal.town
    home = town.importer(f"Aster {language} Tools Inc.", "Ava Aster")
    first, second = home.account, town.world.program_account(home.business, "RM0002", name="Rental fleet, Canmore")
    assert first is not None
    broker = town.broker(f"Harbourline {language} Brokers Ltd.", "Wen Zhao")
    pages = f"{site}/{language}"
    with visit(browser, site, home.manager) as context:
        tab = open_tab(context)
        tab.goto(f"{pages}/businesses/{home.bn9}/third-parties/new/")
        sound(tab, language)
        fill(tab, bn9=broker.bn9, comment="Please clear our rental fleet.")
        tab.locator('[name="programs"][value="some"]').check()
        with tab.expect_response(lambda answer: answer.request.method == "POST"):
            tab.locator(f'[name="program_accounts"][value="{first.pk}"]').uncheck()
            tab.locator(f'[name="program_accounts"][value="{second.pk}"]').check()
        # With scripts the form has been refreshed; what was typed and chosen is there still.
        expect(tab.locator('[name="bn9"]')).to_have_value(broker.bn9)
        expect(tab.locator(f'[name="program_accounts"][value="{second.pk}"]')).to_be_checked()
        tab.locator('button[name="act"][value="check"]').click()
        expect(tab.locator("main")).to_contain_text(broker.business.legal_name)
        sound(tab, language)
        _sign(tab, "Ava Aster", language, press_sign='button[name="act"][value="sign"]')
        tab.wait_for_url(re.compile(r"/third-parties/requests/\d+/$"))
        sound(tab, language)
    nominated = Delegation.objects.get(provider=broker.business, client=home.business)

    with visit(browser, site, broker.manager) as context:
        tab = open_tab(context)
        assert _status(tab, f"{pages}/accounts/{second.number}/") == 404
        tab.goto(f"{pages}/businesses/{broker.bn9}/third-parties/requests/")
        sound(tab, language)
        tab.locator(f'main a[href$="/requests/{nominated.pk}/accept/"]').click()
        sound(tab, language)
        _sign(tab, "Wen Zhao", language, press_sign="main form button.button:visible")
        tab.wait_for_url(re.compile(r"/clients/\d+/$"))
        sound(tab, language)
        tab.goto(f"{pages}/switch-account/")
        sound(tab, language)
        expect(tab.locator(f'main a[href$="/accounts/{home.number}/"]')).to_have_count(0)
        tab.locator(f'main a[href$="/accounts/{second.number}/"]').first.click()
        tab.wait_for_url(f"**/accounts/{second.number}/")
        sound(tab, language)
        assert _status(tab, f"{pages}/accounts/{home.number}/") == 404
    nominated.refresh_from_db()
    assert (nominated.state, nominated.all_programs) == (Delegation.State.ACTIVE, False)
    assert list(nominated.program_accounts.all()) == [second]
    assert delegation.signatures(nominated.pk).count() == 2


@in_both_languages
def test_a_broker_declines_a_nomination_and_the_importer_reads_why(
    language: str, portal: Portal, site: str, browser: Browser
) -> None:
    town = portal.town
    home = town.importer(f"Bluebell {language} Toys Inc.", "Bea Bluebell")
    broker = town.broker(f"Passerelle {language} Courtage inc.", "Ines Caron")
    nominated = delegations.nominate_provider(
        client_id=home.business.pk,
        provider_bn9=broker.bn9,
        scope=Scope(access="BUSINESS_MANAGEMENT", all_programs=True, sees_client=True, sees_others=True),
        comment="",
        signed=SignedAs("Bea Bluebell", "Owner", is_declared=True),
        actor=home.actor,
        **town.moment,
    )
    pages, reason = f"{site}/{language}", "We take no new clients before September."
    with visit(browser, site, broker.manager) as context:
        tab = open_tab(context)
        tab.goto(f"{pages}/businesses/{broker.bn9}/third-parties/requests/{nominated.pk}/")
        sound(tab, language)
        tab.locator('main a[href$="/reject/"]').click()
        sound(tab, language)
        fill(tab, reason=reason)
        press(tab, "reason")
        tab.wait_for_url("**/third-parties/requests/")
        sound(tab, language)
        assert _status(tab, f"{pages}/accounts/{home.number}/") == 404
    with visit(browser, site, home.manager) as context:
        tab = open_tab(context)
        tab.goto(f"{pages}/businesses/{home.bn9}/third-parties/requests/?tab=sent")
        tab.locator("main table").get_by_role("link", name=broker.business.legal_name, exact=True).click()
        expect(tab.locator("main")).to_contain_text(reason)
        sound(tab, language)
    nominated.refresh_from_db()
    assert (nominated.state, nominated.reason) == (Delegation.State.REJECTED, reason)


def _sign(tab: Tab, name: str, language: str, *, press_sign: str) -> None:
    """Signs, at first without the tick: the page says so and keeps what was typed."""
    fill(tab, signed_name=name, signed_title="Director")
    tab.locator(press_sign).first.click()
    expect(tab.locator("#error-summary")).to_be_focused()
    expect(tab.locator('[name="signed_name"]')).to_have_value(name)
    sound(tab, language)
    tab.locator('[name="is_declared"]').check()
    tab.locator(press_sign).first.click()


# --- Client groups ----------------------------------------------------------------------------------------------------
@in_both_languages
def test_a_group_gives_a_client_to_its_people_and_takes_it_back(
    language: str, portal: Portal, site: str, browser: Browser
) -> None:
    town = portal.town
    broker = town.broker(f"Tidewater {language} Brokers Ltd.", "Tess Tidewater")
    client, other = (town.importer(f"{name} {language} Imports Ltd.", f"Max {name}") for name in ("Cedar", "Dogwood"))
    for home in (client, other):
        town.delegate(broker, home)
    person = town.world.person("Edith Editor")
    member = town.world.membership(person, broker.business, "EDITOR")
    pages = f"{site}/{language}"
    groups = f"{pages}/businesses/{broker.bn9}/client-groups/"
    with visit(browser, site, broker.manager) as office, visit(browser, site, person) as context:
        desk, tab = open_tab(office), open_tab(context)
        # Before the first group everybody works for every client.
        assert _status(tab, f"{pages}/accounts/{other.number}/") == 200

        desk.goto(groups)
        sound(desk, language)
        desk.locator('main a[href$="/client-groups/new/"]').first.click()
        sound(desk, language)
        fill(desk, name="Atlantic")
        press(desk, "name")
        desk.wait_for_url(re.compile(r"/client-groups/\d+/$"))
        sound(desk, language)
        details = desk.url
        desk.locator('main a[href$="/clients/add/"]').click()
        sound(desk, language)
        desk.locator(f'[name="clients"][value="{client.business.pk}"]').check()
        press(desk, "clients")
        desk.wait_for_url(details)
        expect(desk.locator("main table")).to_contain_text(client.business.legal_name)
        _choose_the_people(desk, member, language, is_in=True)

        tab.goto(f"{pages}/businesses/{broker.bn9}/my-clients/")
        expect(tab.locator("main table tbody tr")).to_have_count(1)
        sound(tab, language)
        tab.locator(f'main a[href*="search={client.bn9}"]').click()
        tab.locator(f'main a[href$="/accounts/{client.number}/"]').first.click()
        tab.wait_for_url(f"**/accounts/{client.number}/")
        sound(tab, language)
        assert _status(tab, f"{pages}/accounts/{other.number}/") == 404

        _choose_the_people(desk, member, language, is_in=False)
        assert _status(tab, f"{pages}/accounts/{client.number}/") == 404
        assert _status(tab, f"{pages}/accounts/{other.number}/") == 404
        tab.goto(f"{pages}/businesses/{broker.bn9}/my-clients/")
        expect(tab.locator("main table")).to_have_count(0)
        sound(tab, language)
    group = ClientGroup.objects.get(provider=broker.business)
    assert [row.legal_name for row in delegation.clients_of_group(group)] == [client.business.legal_name]
    assert not delegation.staff_of_group(group.pk).exists()


def _choose_the_people(desk: Tab, member: Membership, language: str, *, is_in: bool) -> None:
    """From the page of the group, and back to it."""
    details = desk.url
    desk.locator('main a[href$="/people/"]').last.click()
    desk.wait_for_url(re.compile(r"/client-groups/\d+/people/$"))
    desk.locator(f'[name="staff"][value="{member.pk}"]').set_checked(is_in)
    sound(desk, language)
    press(desk, "staff")
    desk.wait_for_url(details)
    expect(desk.locator("main dl", has_text="Edith Editor")).to_have_count(1 if is_in else 0)
    sound(desk, language)
