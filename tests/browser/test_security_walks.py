"""The journeys of financial security in Chromium, in both languages: from an estimate to the cure of a yearly review.

One importer for each language in a small town with one surety; what the bank and the clock do is done by the services.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from core import clock
from core.clock import at_toronto
from core.jobs import set_clock
from security import queries as security
from security.models import Bond
from security.rules import BondState, RppState
from tests.browser.conftest import committed_world, visit
from tests.browser.eye import open_tab
from tests.browser.hands import LANGUAGES, fill, press, sound
from tests.browser.world import Portal
from tests.journeys.town import Home, Town

NAMES = {"en": ("Juniper & Fern Imports", "June Fern"), "fr": ("Épinette Importations inc.", "Éloïse Roy")}


@pytest.fixture(scope="module")
def portal(made_database: None, django_db_blocker: Any) -> Iterator[Portal]:
    """Two importers and a surety on 1 June 2026. Afterwards the book and the audit trail must prove themselves."""
    with committed_world(django_db_blocker):
        set_clock(at_toronto(date(2026, 6, 1), 9))
        town = Town()
        portal = Portal(town)
        portal.homes["keystone"] = town.surety()
        for language, (name, manager) in NAMES.items():
            portal.homes[language] = town.importer(name, manager, language=language)
        yield portal
        call_command("verify_ledger", verbosity=0)
        call_command("verify_audit", verbosity=0)


def _status(home: Home) -> Any:
    assert home.account is not None
    return security.rpp_status(home.account.pk, on=clock.today())


def _money(tab: Tab) -> str:
    return tab.locator("main").inner_text().replace("\u00a0", " ").replace("\u202f", " ")


def test_from_an_estimate_to_the_cure_of_a_yearly_review(portal: Portal, site: str, browser: Browser) -> None:
    """Both importers walk side by side, so that the clock moves once for the two of them."""
    for language in LANGUAGES:
        _enrol_with_an_estimate(portal, language, site, browser)
        _bond_confirmed_by_the_surety(portal, language, site, browser)
        _deposit_and_withdrawal(portal, language, site, browser)
        portal.town.declare(portal.homes[language], "60000.00")
        portal.town.pay(portal.homes[language], "14340.00")
    portal.town.move_to(2026, 7, 25)
    for language in LANGUAGES:
        _planner(portal, language, site, browser)
        _review_notice_and_its_cure(portal, language, site, browser)


def _enrol_with_an_estimate(portal: Portal, language: str, site: str, browser: Browser) -> None:
    home = portal.homes[language]
    with visit(browser, site, home.manager, locale=f"{language}-CA") as context:
        tab = open_tab(context)
        tab.goto(f"{site}/{language}/accounts/{home.number}/security/")
        tab.locator('main a[href$="/security/enrol/"]').first.click()
        fill(tab, estimate="8000.00")
        tab.locator('[name="pattern"][value="SEASONAL"]').check()
        press(tab, "estimate")
        expect(tab.locator('[name="estimate"]')).to_have_value("8000.00")
        sound(tab, language)
        fill(tab, ends_on="2027-05-01")
        press(tab, "estimate")
        tab.wait_for_url("**/security/submit/")
        assert _status(home).state == RppState.PENDING_SECURITY


def _bond_confirmed_by_the_surety(portal: Portal, language: str, site: str, browser: Browser) -> None:
    home, keystone = portal.homes[language], portal.keystone
    with visit(browser, site, home.manager, locale=f"{language}-CA") as context:
        tab = open_tab(context)
        tab.goto(f"{site}/{language}/accounts/{home.number}/security/submit/")
        tab.locator('[name="way"][value="bond"]').check()
        press(tab, "way")
        tab.locator('[name="provider"]').select_option(str(keystone.business.pk))
        fill(tab, agreement_number=f"WALK-{language}", amount="5000.00", validity_start="2026-06-01")
        press(tab, "agreement_number")
        tab.wait_for_load_state()
    bond = Bond.objects.get(agreement_number=f"WALK-{language}")
    assert bond.state == BondState.PENDING_PROVIDER and not _status(home).is_on
    with visit(browser, site, keystone.manager, locale=f"{language}-CA") as context:
        tab = open_tab(context)
        tab.goto(f"{site}/{language}/businesses/{keystone.bn9}/bonds/{bond.pk}/")
        press(tab, "act", "confirm")
        tab.wait_for_load_state()
    assert _status(home).is_on


def _deposit_and_withdrawal(portal: Portal, language: str, site: str, browser: Browser) -> None:
    home = portal.homes[language]
    with visit(browser, site, home.manager, locale=f"{language}-CA") as context:
        tab = open_tab(context)
        tab.goto(f"{site}/{language}/accounts/{home.number}/security/deposit/")
        fill(tab, amount="750.00")
        press(tab, "amount")
        tab.locator('[name="method"][value="DEBIT_CARD"]').wait_for()
        portal.town.pay(home, "750.00", is_deposit=True)
        tab.goto(f"{site}/{language}/accounts/{home.number}/security/")
        assert "750" in _money(tab)
        sound(tab, language)
        tab.goto(f"{site}/{language}/accounts/{home.number}/security/refund/")
        fill(tab, amount="750.00")
        press(tab, "amount")
        tab.wait_for_load_state()
    assert _status(home).coverage.cash == 0


def _planner(portal: Portal, language: str, site: str, browser: Browser) -> None:
    home = portal.homes[language]
    with visit(browser, site, home.manager, locale=f"{language}-CA") as context:
        tab = open_tab(context)
        tab.goto(f"{site}/{language}/accounts/{home.number}/security/planner/")
        before = _money(tab)
        fill(tab, growth="10", tariff="25", goods="1000.00")
        tab.locator('[name="way"][value="cash"]').check()
        press(tab, "growth")
        tab.wait_for_url("**growth=10**")
        assert _money(tab) != before
        expect(tab.locator('[name="growth"]')).to_have_value("10")
        # The month of 14,340.00 grows by a tenth and bears 250.00 of duty and 12.50 of GST more.
        wanted = "$16,036.50" if language == "en" else "16 036,50 $"
        assert wanted in _money(tab)
        sound(tab, language)


def _review_notice_and_its_cure(portal: Portal, language: str, site: str, browser: Browser) -> None:
    home, keystone = portal.homes[language], portal.keystone
    with visit(browser, site, home.manager, locale=f"{language}-CA") as context:
        tab = open_tab(context)
        tab.goto(f"{site}/{language}/accounts/{home.number}/security/review/")
        wanted = "$14,340.00" if language == "en" else "14 340,00 $"
        assert wanted in _money(tab)
        tab.locator('main form[action*="/bonds/"] button').click()
        tab.wait_for_load_state()
    bond = Bond.objects.get(agreement_number=f"WALK-{language}")
    assert bond.asked_amount == Decimal("7170.00")
    with visit(browser, site, keystone.manager, locale=f"{language}-CA") as context:
        tab = open_tab(context)
        tab.goto(f"{site}/{language}/businesses/{keystone.bn9}/bonds/{bond.pk}/")
        fill(tab, **{"raise-amount": "7170.00"})
        press(tab, "raise-amount")
        tab.wait_for_load_state()
    with visit(browser, site, home.manager, locale=f"{language}-CA") as context:
        tab = open_tab(context)
        tab.goto(f"{site}/{language}/accounts/{home.number}/security/review/")
        sound(tab, language)
    upcoming = security.upcoming_requirement(home.account.pk, on=clock.today()) if home.account else None
    assert upcoming is not None and _status(home).coverage.is_sufficient_for(upcoming.amount)
