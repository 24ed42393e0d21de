"""A declaration's life in Chromium, in both languages: filed, corrected, adjusted, read, reconciled."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from declarations.changes.models import ChangeRequest
from declarations.models import Declaration
from ledger import queries as ledger
from tests.browser.conftest import committed_world, visit
from tests.browser.eye import open_tab
from tests.browser.hands import fill, in_both_languages, press, press_main, sound
from tests.browser.world import Portal, build_portal

SENTENCES = {
    "en": {"explained": "Every difference is explained.", "adjusted": "Statement of adjustment"},
    "fr": {"explained": "Chaque écart est expliqué.", "adjusted": "Relevé de rajustement"},
}


@pytest.fixture(scope="module")
def portal(made_database: None, django_db_blocker: Any) -> Iterator[Portal]:
    """A lived-in portal; afterwards the book must prove itself."""
    with committed_world(django_db_blocker):
        yield build_portal()
        call_command("verify_ledger", verbosity=0)
        call_command("verify_audit", verbosity=0)


def _value_becomes(tab: Tab, editor: str, value: str) -> None:
    """Writes another value into the only line, and into the total of its invoice."""
    tab.goto(f"{editor}invoices/1/")
    fill(tab, total=value)
    tab.locator("#invoice-form .button").first.click()
    tab.goto(f"{editor}invoices/1/lines/1/")
    fill(tab, value=value)
    tab.locator("#line-form .button").first.click()
    tab.wait_for_load_state()


def _money(amount: str, language: str) -> str:
    """An amount below a thousand as a page writes it."""
    return f"${amount}" if language == "en" else f"{amount.replace('.', ',')}\u00a0$"


@in_both_languages
def test_a_declaration_is_corrected_before_its_due_date(
    portal: Portal, site: str, browser: Browser, language: str
) -> None:
    """100.00 of boots become 200.00: 18 % duty and 5 % tax on both make 47.80."""
    filed = portal.town.declare(portal.northlight, "100.00", by=portal.harbourline)
    before = ledger.balance_of(portal.northlight.account.pk).net
    page = f"{site}/{language}/accounts/{portal.northlight.number}/declarations/{filed.number}/"
    with visit(browser, site, portal.people["wen"]) as context:
        tab = open_tab(context)
        tab.goto(f"{page}change/")
        sound(tab, language)
        tab.locator('main a[href$="/correct/"]').click()
        press_main(tab)
        tab.wait_for_url("**/edit/**")
        _value_becomes(tab, f"{page}edit/", "200.00")
        tab.goto(f"{page}check/")
        fill(tab, reason="The second box was forgotten.")
        sound(tab, language)
        press(tab, "reason")
        tab.wait_for_url("**/submitted/")
        tab.goto(f"{page}compare/")
        expect(tab.locator("main")).to_contain_text(_money("47.80", language))
        sound(tab, language)
    filed.refresh_from_db()
    assert (filed.state, filed.total) == (Declaration.State.ACCEPTED, Decimal("47.80"))
    assert ledger.balance_of(portal.northlight.account.pk).net - before == Decimal("23.90")


@in_both_languages
def test_an_adjustment_is_asked_for_decided_and_read(
    portal: Portal, site: str, browser: Browser, language: str
) -> None:
    filed = portal.town.declare(portal.northlight, "100.00", by=portal.harbourline)
    Declaration.objects.filter(pk=filed.pk).update(payment_due_on=portal.town.today - timedelta(days=1))
    account = f"{site}/{language}/accounts/{portal.northlight.number}/"
    page = f"{account}declarations/{filed.number}/"
    with visit(browser, site, portal.people["wen"]) as context:
        tab = open_tab(context)
        tab.goto(f"{page}change/")
        tab.locator('main a[href$="/change/adjustment/"]').click()
        tab.locator('[name="reason_code"]').first.wait_for()
        sound(tab, language)
        tab.locator('[name="reason_code"]').select_option("VALUE")
        press(tab, "reason_code")
        _value_becomes(tab, f"{page}edit/", "300.00")
        tab.goto(f"{page}check/")
        fill(tab, reason="The freight was left out.")
        press(tab, "reason")
        tab.wait_for_url("**/changes/**")
        sound(tab, language)
    change = ChangeRequest.objects.get(declaration=filed)
    with visit(browser, site, portal.people["daniel"]) as context:
        tab = open_tab(context)
        tab.goto(f"{site}/{language}/officers/changes/{change.number}/")
        sound(tab, language)
        fill(tab, reason="It is shown.")
        tab.locator('[name="decision"][value="approve"]').click()
        tab.wait_for_load_state()
    with visit(browser, site, portal.people["amara"]) as context:
        tab = open_tab(context)
        tab.goto(f"{account}changes/{change.number}/")
        expect(tab.locator("main")).to_contain_text(SENTENCES[language]["adjusted"])
        expect(tab.locator("main")).to_contain_text("It is shown.")
        sound(tab, language)
        with tab.expect_download() as paper:
            tab.locator('main a[href$="/statement.pdf"]').first.click()
        assert paper.value.path().read_bytes().startswith(b"%PDF-")
    filed.refresh_from_db()
    assert filed.total == Decimal("71.70")


@in_both_languages
def test_a_statement_is_read_and_its_period_reconciled(
    portal: Portal, site: str, browser: Browser, language: str
) -> None:
    """From a box to its arithmetic, from a line to its duty, and no difference without a name."""
    account = f"{site}/{language}/accounts/{portal.northlight.number}/"
    with visit(browser, site, portal.people["amara"]) as context:
        tab = open_tab(context)
        tab.goto(f"{account}statements/2026-07-25/")
        sound(tab, language)
        tab.locator('main a[href*="explain=f"], main a[href*="explain=F"]').first.click()
        panel = tab.locator("#explain")
        expect(panel).to_be_visible()
        expect(panel).to_contain_text({"en": "$14,340.00", "fr": "14\u202f340,00\u00a0$"}[language])
        sound(tab, language)
        tab.locator(f'main a[href$="/declarations/{portal.declaration.number}/"]').first.click()
        tab.locator('main a[href*="explain"]').first.click()
        expect(tab.locator("main")).to_contain_text(re.compile("18.%"))
        tab.goto(f"{account}reconciliation/?statement=2026-07-25")
        expect(tab.locator("main").get_by_text(SENTENCES[language]["explained"])).to_have_count(2)
        sound(tab, language)
