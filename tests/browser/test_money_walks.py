"""Money that comes back, in Chromium and in both languages: a debit that is returned, a refund that is approved."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from accounts.models import User
from core import clock
from core.clock import at_toronto
from core.jobs import fire, set_clock
from core.timetable import Firing, timetable
from ledger import queries as ledger
from payments.models import Debit, DebitAgreement, RefundRequest
from tests.browser.conftest import committed_world, visit
from tests.browser.eye import open_tab
from tests.browser.hands import LANGUAGES, fill, press, sound
from tests.counterparts.processes import bank_process
from tests.journeys.town import Home, Town
from tests.payments.test_debits import billed

WORDS = {
    "en": {"active": "Active", "returned": "Returned", "pay": "Pay it now", "approved": "Approved", "debt": "$80.00"},
    "fr": {
        "active": "En vigueur",
        "returned": "Retourné",
        "pay": "Payer maintenant",
        "approved": "Approuvé",
        "debt": "80,00",
    },
}
SIGNED_ON, DUE_ON = date(2026, 7, 1), date(2026, 7, 22)


@dataclass
class Scene:
    """One importer a language, and an officer."""

    town: Town
    homes: dict[str, Home]
    officer: User


@pytest.fixture(scope="module")
def scene(made_database: None, django_db_blocker: Any) -> Iterator[Scene]:
    """A town of two importers; afterwards the book must prove itself."""
    with committed_world(django_db_blocker):
        set_clock(at_toronto(SIGNED_ON, 9))
        town = Town()
        homes = {
            "en": town.importer(),
            "fr": town.importer("Desrosiers Acier ltée", "Luc Desrosiers", language="fr"),
        }
        yield Scene(town, homes, town.officer())
        call_command("verify_ledger", verbosity=0)
        call_command("verify_audit", verbosity=0)


@pytest.fixture(scope="module")
def bank(site: str, scene: Scene) -> Iterator[None]:
    """The practice bank, known to the portal as in its settings."""
    kept = configured.BANK_URL
    with bank_process(site, secret=configured.COUNTERPART_SECRET) as running:
        configured.BANK_URL = running.url
        try:
            yield
        finally:
            configured.BANK_URL = kept


@pytest.fixture(scope="module")
def portal(scene: Scene) -> Scene:
    """What the address of the site is made for."""
    return scene


def test_a_debit_is_set_up_and_its_return_is_told_with_what_to_do(
    scene: Scene, site: str, bank: None, browser: Browser
) -> None:
    """The practice account has too little money, twice: the debt stays, with the fee, and the page leads to paying."""
    for language, home in scene.homes.items():
        with visit(browser, site, home.manager) as context:
            _set_up(open_tab(context), f"{site}/{language}/accounts/{home.number}/pre-authorized-debit/", language)
        billed(home, "80.00", due_on=DUE_ON)
    assert DebitAgreement.objects.filter(state=DebitAgreement.State.ACTIVE).count() == len(LANGUAGES)
    _days(DUE_ON - timedelta(days=5), DUE_ON + timedelta(days=7))
    assert set(Debit.objects.values_list("state", "reason")) == {(Debit.State.RETURNED, "nsf")}
    for language, home in scene.homes.items():
        words = WORDS[language]
        with visit(browser, site, home.manager) as context:
            tab = open_tab(context)
            tab.goto(f"{site}/{language}/accounts/{home.number}/pre-authorized-debit/")
            expect(tab.locator("main")).to_contain_text(words["returned"])
            sound(tab, language)
            tab.get_by_role("link", name=words["pay"]).click()
            tab.wait_for_url("**/pay/**")
            expect(tab.locator("main")).to_contain_text(words["debt"])


def test_a_refund_is_asked_for_approved_and_seen(scene: Scene, site: str, browser: Browser) -> None:
    for language, home in scene.homes.items():
        credits = f"{site}/{language}/accounts/{home.number}/credits/"
        assert home.account is not None
        scene.town.pay(home, max(ledger.balance_of(home.account.pk).net, 0) + 500)
        with visit(browser, site, home.manager) as context:
            tab = open_tab(context)
            tab.goto(f"{credits}refund/")
            fill(tab, amount="120.00")
            sound(tab, language)
            press(tab, "amount")
            tab.wait_for_url(credits)
            request = RefundRequest.objects.get(program_account=home.account)
            expect(tab.locator("main")).to_contain_text(request.reference)
            _approve(browser, site, scene.officer, request, language)
            tab.reload()
            expect(tab.locator("main")).to_contain_text(WORDS[language]["approved"])
            sound(tab, language)


def _set_up(tab: Tab, overview: str, language: str) -> None:
    tab.goto(overview)
    tab.locator('main a[href$="/pre-authorized-debit/agreement/"]').first.click()
    fill(tab, holder="Northlight Imports Ltd.", institution="999", transit="00001", account="1000002")
    for name in ("is_holder", "accepts"):
        tab.locator(f'[name="{name}"]').check()
    sound(tab, language)
    press(tab, "accepts")
    tab.wait_for_url(overview)
    expect(tab.locator("main")).to_contain_text(WORDS[language]["active"])
    expect(tab.locator("main")).to_contain_text("****0002")


def _days(first: date, last: date) -> None:
    """Both jobs of the debits on every day from the first to the last."""
    jobs = {job.name: job for job in timetable()}
    while first <= last:
        set_clock(at_toronto(first, 21))
        fire(Firing(jobs["payments.debits"], at_toronto(first, 6)))
        fire(Firing(jobs["payments.bank_files"], at_toronto(first, 20)))
        first += timedelta(days=1)
    assert clock.today() == last


def _approve(browser: Browser, site: str, officer: User, request: RefundRequest, language: str) -> None:
    with visit(browser, site, officer) as context:
        tab = open_tab(context)
        tab.goto(f"{site}/admin/payments/refundrequest/")
        tab.locator(f'[name="_selected_action"][value="{request.pk}"]').check()
        tab.locator('[name="action"]').select_option("approve")
        fill(tab, reason="The credit is free.")
        tab.locator('button[name="index"]').click()
        expect(tab.locator(".messagelist .success")).to_be_visible()
    request.refresh_from_db()
    assert request.state == "APPROVED"
