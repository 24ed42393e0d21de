"""The main journeys in Chromium, in both languages: the real providers, the real practice bank, a real keyboard."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.sessions.models import Session
from django.core.management import call_command
from playwright.sync_api import Browser, Route, expect
from playwright.sync_api import Page as Tab

from accounts import gateway
from accounts.models import Invitation, Membership, User
from core.models import OutboxMessage
from core.sessions import hash_of
from counterparts.identity.seats import PRACTICE_PASSWORD
from counterparts.identity.subjects import subject_of
from declarations.models import Declaration
from delegation.models import Delegation
from payments.models import Payment, PlannedPayment
from registration import services as registration
from releases.models import Release
from tests.browser.conftest import committed_world, visit
from tests.browser.eye import open_tab
from tests.browser.hands import LANGUAGES, fill, in_both_languages, press, press_main, sound
from tests.browser.world import Portal, build_portal
from tests.builders import actor
from tests.counterparts.processes import Counterpart, bank_process, identity_process

CARD = {"number": "9999 0000 0000 0012", "expiry": "12/39", "security_code": "123"}
Outside = dict[str, Counterpart]


@pytest.fixture(scope="module")
def portal(made_database: None, django_db_blocker: Any) -> Iterator[Portal]:
    """Two of everything: one for each language. Afterwards the book must prove itself."""
    with committed_world(django_db_blocker):
        yield build_portal(rows=2)
        call_command("verify_ledger", verbosity=0)
        call_command("verify_audit", verbosity=0)


@pytest.fixture(scope="module")
def outside(site: str) -> Iterator[Outside]:
    """Two sign-in providers and the bank, known to the portal as in its settings."""
    secret = configured.COUNTERPART_SECRET
    kept = {
        name: getattr(configured, name)
        for name in ("IDENTITY_PROVIDERS", "SOCIALACCOUNT_PROVIDERS", "BANK_URL", "CONTENT_SECURITY_POLICY")
    }
    with ExitStack() as stack:
        found = {
            name: stack.enter_context(identity_process(name, site, secret=secret)) for name in ("gckey", "partner")
        }
        found["bank"] = stack.enter_context(bank_process(site, secret=secret))
        addresses = {
            name: found[name].url if name in found else url for name, url in configured.IDENTITY_PROVIDERS.items()
        }
        configured.IDENTITY_PROVIDERS = addresses
        configured.BANK_URL = found["bank"].url
        configured.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {
                "OAUTH_PKCE_ENABLED": True,
                "APPS": [
                    {
                        "provider_id": name,
                        "name": name,
                        "client_id": "portage",
                        "secret": secret,
                        "settings": {
                            "server_url": url + "/.well-known/openid-configuration",
                            "fetch_userinfo": True,
                        },
                    }
                    for name, url in addresses.items()
                ],
            }
        }
        directives = dict(configured.CONTENT_SECURITY_POLICY["DIRECTIVES"])
        directives["form-action"] = ["'self'", *addresses.values(), found["bank"].url]
        configured.CONTENT_SECURITY_POLICY = {"DIRECTIVES": directives}
        try:
            yield found
        finally:
            for name, value in kept.items():
                setattr(configured, name, value)


def code_for(to: str) -> str:
    """The newest code in the demo inbox."""
    letter = OutboxMessage.objects.filter(to=to, category="sign_in_code").latest("id")
    found = re.search(r"\b(\d{6})\b", letter.body)
    assert found is not None
    return found[1]


# --- Steps 1 and 2 ----------------------------------------------------------------------------------------------------
@in_both_languages
def test_a_newcomer_signs_in_and_registers_with_a_practice_card(
    language: str, portal: Portal, site: str, outside: Outside, browser: Browser
) -> None:
    """By GCKey in English, by the bank of the Sign-In Partner in French."""
    _give_back(portal, "larkspur" if language == "en" else "juniper")
    email = f"newcomer.{language}@example.com"
    with visit(browser, site, None, locale=f"{language}-CA") as context:
        tab = open_tab(context)
        tab.goto(f"{site}/{language}/sign-in/")
        method = "gckey" if language == "en" else "partner"
        tab.locator(f'form[action$="/oidc/{method}/login/"] button.button').first.click()
        if method == "partner":
            tab.locator('a[href*="tamarack"], button[value="tamarack"]').first.click()
        fill(tab, username="newcomer" if language == "en" else "newcomer.two", password=PRACTICE_PASSWORD)
        press(tab, "password")
        tab.locator('[name="email_again"]').wait_for()
        sound(tab, language)
        fill(tab, email=email, email_again=email)
        tab.locator('[name="consent"]').check()
        press(tab, "email_again")
        tab.locator('[name="code"]').wait_for()
        sound(tab, language)
        fill(tab, code=code_for(email))
        press(tab, "code")
        fill(tab, first_name="Sam", last_name=language.upper(), telephone="902 555 0123", contact_email=email)
        tab.locator(f'[name="language"][value="{language}"]').check()
        press(tab, "telephone")
        tab.wait_for_url(f"**/{language}/welcome/")

        tab.goto(f"{site}/{language}/practice-card/")
        press_main(tab)
        card = tab.locator(".practice-card")
        facts = {
            name: card.locator("dd").nth(index).inner_text().strip()
            for index, name in enumerate(("name", "bn9", "rm", "address"))
        }
        papers = [link.get_attribute("href") or "" for link in card.locator('a[href*="/practice-card/"]').all()]
        tab.goto(site + next(href for href in papers if "declaration" in href))
        number, total = _fact(tab, 0), _total(tab)
        tab.goto(site + next(href for href in papers if "receipt" in href))
        paid, paid_on = _total(tab), re.search(r"\d{4}-\d\d-\d\d", tab.locator("main").inner_text())
        assert paid_on is not None

        tab.goto(f"{site}/{language}/register/")
        tab.locator('form[action$="/register/begin/"] button').click()
        fill(tab, bn9=facts["bn9"], rm=facts["rm"])
        press(tab, "bn9")
        business = portal.homes["larkspur" if language == "en" else "juniper"].business
        fill(
            tab,
            name=facts["name"],
            street=business.street,
            city=business.city,
            region=business.region,
            postal_code=business.postal_code,
        )
        press(tab, "street")
        fill(tab, declaration_number=number, declaration_total="1.00", payment_on=paid_on[0], payment_amount=paid)
        press(tab, "declaration_number")
        # A wrong answer: the summary has the focus and what was typed stays.
        expect(tab.locator("#error-summary")).to_be_focused()
        sound(tab, language)
        expect(tab.locator('[name="declaration_number"]')).to_have_value(number)
        fill(tab, declaration_total=total)
        press(tab, "declaration_number")
        tab.locator('[name="accepted"]').check()
        press(tab, "accepted")
        press_main(tab)
        tab.wait_for_url("**/register/done/")
        sound(tab, language)
    assert Membership.objects.filter(business=business, user__last_name=language.upper(), is_primary=True).exists()


def _give_back(portal: Portal, key: str) -> None:
    """Frees the practice business that another newcomer holds in this world, and only that one."""
    for name in ("larkspur", "juniper"):
        home = portal.homes[name]
        Membership.objects.filter(business=home.business).update(
            state=Membership.State.REVOKED, ended_at=portal.town.moment["at"]
        )
        home.business.registered_at = None if name == key else portal.town.moment["at"]
        home.business.save()
    row = registration.queries.open_registration(portal.people["registrant"].pk)
    if row is not None:
        registration.abandon(registration=row, actor=actor(portal.people["registrant"]), at=portal.town.moment["at"])


def _fact(tab: Tab, index: int) -> str:
    return tab.locator("main dl dd").nth(index).inner_text().strip()


def _total(tab: Tab) -> str:
    """The total of a paper, as one types it: digits and a point."""
    digits = re.sub(r"\D", "", tab.locator("main .dl-total dd").inner_text())
    return f"{digits[:-2]}.{digits[-2:]}"


# --- Step 3 -----------------------------------------------------------------------------------------------------------
@in_both_languages
def test_the_importer_approves_a_broker_and_sees_what_it_will_see(
    language: str, portal: Portal, site: str, browser: Browser
) -> None:
    asked = portal.requests[LANGUAGES.index(language)]
    with visit(browser, site, portal.people["amara"]) as context:
        tab = open_tab(context)
        tab.goto(f"{site}/{language}/businesses/{portal.northlight.bn9}/third-parties/requests/{asked.pk}/approve/")
        preview = tab.locator(".preview-panel, #preview").first
        before = preview.inner_text()
        tab.locator('[name="programs"][value="all"]').check()
        tab.locator('[name="sees"][value="client"]').check()
        tab.locator('[name="sees"][value="others"]').check()
        # With scripts the preview follows by itself.
        expect(preview).not_to_have_text(before)
        tab.locator('[name="access"][value="BUSINESS_MANAGEMENT"]').check()
        tab.locator('button[name="act"][value="check"]').click()
        sound(tab, language)
        fill(tab, signed_name="Amara Osei", signed_title="Director")
        tab.locator('button[name="act"][value="sign"]').click()
        sound(tab, language)  # the tick is missing, and the page says so
        tab.locator('[name="is_declared"]').check()
        tab.locator('button[name="act"][value="sign"]').click()
        tab.wait_for_url(re.compile(r"/third-parties/\d+/$"))
        sound(tab, language)
    asked.refresh_from_db()
    assert asked.state == Delegation.State.ACTIVE and asked.sees_others and asked.all_programs


@in_both_languages
def test_the_importer_checks_a_change_and_a_renewal(language: str, portal: Portal, site: str, browser: Browser) -> None:
    third_parties = f"{site}/{language}/businesses/{portal.northlight.bn9}/third-parties/"
    with visit(browser, site, portal.people["amara"]) as context:
        tab = open_tab(context)
        tab.goto(f"{third_parties}{portal.held.pk}/change/")
        tab.locator('[name="sees"][value="client"]').check()
        tab.locator('button[name="act"][value="check"]').click()
        sound(tab, language)
        tab.locator('button[name="act"][value="back"]').click()
        expect(tab.locator('[name="sees"][value="client"]')).to_be_checked()
        tab.goto(f"{third_parties}renew/?of={portal.held.pk}")
        fill(tab, valid_until="2030-12-31")
        tab.locator('button[name="act"][value="check"]').click()
        expect(tab.locator('[name="signed_name"]')).to_be_visible()
        sound(tab, language)


# --- Step 6 -----------------------------------------------------------------------------------------------------------
@in_both_languages
def test_the_broker_files_a_declaration(language: str, portal: Portal, site: str, browser: Browser) -> None:
    release = portal.releases[LANGUAGES.index(language)]
    with visit(browser, site, portal.people["wen"]) as context:
        tab = open_tab(context)
        _file(tab, f"{site}/{language}/accounts/{portal.northlight.number}/declarations", release)
        sound(tab, language)
    declaration = Declaration.objects.get(release=release)
    assert declaration.state == Declaration.State.ACCEPTED and declaration.total == Decimal("239.00")


def test_without_scripts_the_same_declaration_can_be_filed(portal: Portal, site: str, browser: Browser) -> None:
    with visit(browser, site, portal.people["wen"], java_script_enabled=False) as context:
        tab = context.new_page()
        _file(tab, f"{site}/en/accounts/{portal.northlight.number}/declarations", portal.release)
    assert Declaration.objects.get(release=portal.release).total == Decimal("239.00")


def _file(tab: Tab, declarations: str, release: Release) -> None:
    """1,000.00 of boots at 18 %, then GST: 239.00."""
    tab.goto(f"{declarations}/start/{release.transaction_number}/")
    press_main(tab)
    tab.locator('[name="vendor_country"]').select_option("CN")
    tab.locator('[name="currency"]').select_option("CAD")
    fill(
        tab,
        vendor="Ridgeline Footwear Ltd.",
        number="RF-1",
        dated_on="2026-07-20",
        shipped_on="2026-07-21",
        total="1000.00",
    )
    tab.locator("#invoice-form .button").first.click()
    tab.locator('[name="classification"]').wait_for()
    fill(tab, classification="6404.11.91.00", description="Boots", quantity="24", value="1000.00")
    tab.locator('[name="origin"]').select_option("CN")
    tab.locator('[name="treatment"]').select_option("MFN")
    tab.locator("#line-form .button").first.click()
    tab.wait_for_url(re.compile(r"/lines/1/"))
    tab.goto(f"{declarations}/{release.transaction_number}/check/")
    press_main(tab)
    tab.wait_for_url("**/submitted/")


def test_a_choice_made_while_the_page_is_refreshed_stays(portal: Portal, site: str, browser: Browser) -> None:
    held: list[Route] = []
    with visit(browser, site, portal.people["wen"]) as context:
        tab = open_tab(context)
        tab.goto(
            f"{site}/en/accounts/{portal.northlight.number}/declarations/{portal.draft.number}/edit/invoices/1/lines/new/"
        )
        with tab.expect_response("**/*refresh=1*"):
            fill(tab, classification="6404.11.91.00")
            tab.locator('[name="classification"]').blur()
        tab.route("**/*refresh=1*", lambda route: held.append(route))
        tab.locator('[name="origin"]').select_option("CN")
        while not held:
            tab.wait_for_timeout(50)
        tab.locator('[name="treatment"]').select_option("MFN")
        fill(tab, value="12.00")
        with tab.expect_response("**/*refresh=1*"):
            held[0].continue_()
        # The rates of the origin have arrived, and the choice is still made.
        expect(tab.locator('[name="treatment"] option[value="MFN"]')).to_contain_text("%")
        expect(tab.locator('[name="treatment"]')).to_have_value("MFN")
        expect(tab.locator('[name="value"]')).to_have_value("12.00")


# --- Step 8 -----------------------------------------------------------------------------------------------------------
@in_both_languages
def test_the_importer_pays_at_the_practice_bank(
    language: str, portal: Portal, site: str, outside: Outside, browser: Browser
) -> None:
    amount = {"en": "111.00", "fr": "222.00"}[language]
    with visit(browser, site, portal.people["amara"]) as context:
        tab = open_tab(context)
        tab.goto(f"{site}/{language}/accounts/{portal.northlight.number}/pay/")
        tab.locator('[name="choice"][value="other"]').check()
        fill(tab, amount=amount)
        tab.locator('[name="method"][value="CREDIT_CARD"]').check()
        press(tab, "method")
        if not tab.url.startswith(outside["bank"].url):
            # What changed is shown once more before anything is paid.
            press(tab, "method")
        tab.wait_for_url(f"{outside['bank'].url}/**")
        fill(tab, **CARD)
        press(tab, "security_code")
        tab.wait_for_url(re.compile(r"/payments/[^/]+/$"))
        sound(tab, language)
        words = tab.locator("main").inner_text().replace("\u00a0", " ")
        assert {"en": "$111.00", "fr": "222,00 $"}[language] in words
    payment = Payment.objects.get(amount=Decimal(amount))
    assert payment.state == Payment.State.RECEIVED


@in_both_languages
def test_a_card_over_the_cap_is_led_to_the_part_that_it_can_pay(
    language: str, portal: Portal, site: str, browser: Browser
) -> None:
    with visit(browser, site, portal.people["amara"]) as context:
        tab = open_tab(context)
        tab.goto(f"{site}/{language}/accounts/{portal.northlight.number}/pay/?amount=5000.00")
        part = tab.locator('#payment-form a[href*="method=CREDIT_CARD"]')
        assert tab.locator('[name="method"][value="CREDIT_CARD"]').is_disabled()
        part.click()
        expect(tab.locator('[name="method"][value="CREDIT_CARD"]')).to_be_checked()
        sound(tab, language)


@in_both_languages
def test_a_broker_says_what_it_pays_and_pays_it(
    language: str, portal: Portal, site: str, outside: Outside, browser: Browser
) -> None:
    amount = {"en": "41.00", "fr": "42.00"}[language]
    pages = f"{site}/{language}/accounts/{portal.northlight.number}"
    with visit(browser, site, portal.people["wen"]) as context:
        tab = open_tab(context)
        tab.goto(f"{pages}/payments/arranged/")
        fill(tab, amount=amount, planned_on=portal.town.today.isoformat())
        press(tab, "planned_on")
        sound(tab, language)
        plan = PlannedPayment.objects.get(amount=Decimal(amount))
        with visit(browser, site, portal.people["amara"]) as other:
            importer = open_tab(other)
            importer.goto(f"{pages}/pay/")
            assert plan.payer.legal_name in importer.locator("main").inner_text()
            sound(importer, language)
        tab.goto(f"{pages}/pay/?amount={amount}&method=DEBIT_CARD")
        press(tab, "method")
        tab.wait_for_url(f"{outside['bank'].url}/**")
        tab.locator('[name="number"][value="10000001"]').check()
        press(tab, "number")
        tab.wait_for_url(re.compile(r"/payments/[^/]+/$"))
        sound(tab, language)
    plan.refresh_from_db()
    assert plan.state == PlannedPayment.State.PAID


# --- By keyboard, and when nobody does anything -----------------------------------------------------------------------
def test_a_release_is_asked_for_by_keyboard_alone(portal: Portal, site: str, browser: Browser) -> None:
    with visit(browser, site, portal.people["wen"]) as context:
        tab = open_tab(context)
        tab.goto(f"{site}/en/businesses/{portal.harbourline.bn9}/releases/request/")
        tab.keyboard.press("Tab")
        expect(tab.locator(".skip-link")).to_be_focused()
        tab.keyboard.press("Enter")
        _tab_to(tab, "account_number")
        tab.keyboard.type(portal.northlight.number)
        _tab_to(tab, "kind")
        tab.keyboard.press("Space")
        _tab_to(tab, "cargo_control_number")
        tab.keyboard.type("8KEY000001")
        _tab_to(tab, "office")
        tab.keyboard.type("0453")
        _tab_to(tab, "goods")
        tab.keyboard.type("Hiking boots")
        _tab_to(tab, "estimated_value")
        tab.keyboard.type("1000.00")
        tab.keyboard.press("Enter")
        tab.wait_for_url(re.compile(r"/releases/\d+/(#.*)?$"))
    release = Release.objects.get(cargo_control_number="8KEY000001")
    assert release.state == Release.State.RELEASED and release.office == "0453"


def _tab_to(tab: Tab, name: str) -> None:
    """Presses the tab key until the field has the focus."""
    for _key in range(40):
        if tab.evaluate("document.activeElement.name") == name:
            return
        tab.keyboard.press("Tab")
    raise AssertionError(f"The tab key never reached '{name}'")


def test_before_the_idle_limit_a_warning_lets_one_stay(portal: Portal, site: str, browser: Browser) -> None:
    with visit(browser, site, portal.people["amara"]) as context:
        tab = open_tab(context)
        tab.clock.install()
        tab.goto(f"{site}/en/profile/edit/")
        warning = tab.locator("#idle")
        fill(tab, last_name="Typed before the pause")
        tab.clock.run_for(17 * 60 * 1000)
        expect(warning).to_be_hidden()
        tab.clock.run_for(2 * 60 * 1000)
        expect(warning).to_be_visible()
        expect(warning).to_be_focused()
        with tab.expect_response(re.compile("/session/extend/")) as extended:
            warning.locator("button").click()
        assert extended.value.ok
        expect(warning).to_be_hidden()
        expect(tab.locator('[name="last_name"]')).to_have_value("Typed before the pause")
        assert User.objects.get(pk=portal.people["amara"].pk).last_name == "Osei"


@in_both_languages
def test_a_plan_made_before_signing_up_becomes_invitations(
    portal: Portal, site: str, browser: Browser, language: str
) -> None:
    with visit(browser, site, portal.people["amara"]) as window:
        tab = open_tab(window)
        tab.goto(f"{site}/{language}/help/who-needs-what/")
        fill(tab, name_1="Amara Osei", name_2="Joel", email_2=f"joel-{language}@example.com", name_4="Harbourline")
        press_main(tab)
        tab.wait_for_url("**/plan/")
        sound(tab, language)
        tab.locator(f'main a[href*="{portal.northlight.bn9}/people/plan/"]').click()
        sound(tab, language)
        press_main(tab)
        expect(tab.locator("main")).to_contain_text("Joel")
        sound(tab, language)
    assert Invitation.objects.filter(email=f"joel-{language}@example.com", role="BAM").count() == 1


@pytest.mark.parametrize("ends", ["by waiting", "before sending"])
def test_a_session_that_ends_loses_nothing_of_the_wizard(
    ends: str, portal: Portal, site: str, outside: Outside, browser: Browser
) -> None:
    """What was typed is there again after another sign-in, even what no key had left yet; for this person only."""
    person = portal.town.world.person(f"Walter Waits {ends}", email=f"walter.{len(ends)}@example.com")
    username = "amara.osei" if ends == "by waiting" else "wen.zhao"
    secret = configured.COUNTERPART_SECRET
    subject = subject_of(secret=secret, identity="gckey", username=username)
    gateway.remember_credential(person.pk, method="gckey", subject=subject)
    gateway.set_email(person.pk, person.email, is_verified=True)
    registration.begin(user=person, actor=actor(person), at=portal.town.moment["at"])
    with visit(browser, site, person) as context:
        tab = open_tab(context)
        tab.clock.install()
        tab.goto(f"{site}/en/register/numbers/")
        fill(tab, bn9="704 1")
        with tab.expect_response(re.compile("keep=1")):
            tab.locator('[name="rm"]').focus()
            tab.clock.run_for(400)
        tab.locator('[name="rm"]').press_sequentially("RM00")
        Session.objects.filter(
            pk=hash_of(next(c["value"] for c in context.cookies() if "session" in c["name"]))
        ).delete()
        if ends == "by waiting":
            tab.clock.run_for(21 * 60 * 1000)
        else:
            tab.locator("main form button.button:visible").first.click()
        tab.wait_for_url(re.compile(r"/sign-in/\?next="))
        expect(tab.locator("main")).to_contain_text("you are led back to where you were")
        tab.locator('form[action$="/oidc/gckey/login/"] button.button').first.click()
        fill(tab, username=username, password=PRACTICE_PASSWORD)
        press(tab, "password")
        tab.locator('[name="code"]').wait_for()
        fill(tab, code=code_for(person.email))
        press(tab, "code")
        tab.wait_for_url("**/en/register/numbers/")
        expect(tab.locator('[name="bn9"]')).to_have_value("704 1")
        expect(tab.locator('[name="rm"]')).to_have_value("RM00")
        assert tab.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('portage-typed')).length") == 0
