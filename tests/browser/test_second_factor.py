"""Second factors in Chromium: a passkey in its virtual authenticator, an app in the test's own hand, no JavaScript."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings as configured
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, expect

from accounts import gateway, services
from accounts.adapters import CONFIRMED_AT
from accounts.models import User
from core.clock import wall_now
from core.models import AuditEvent
from core.sessions import SessionStore
from tests.accounts.authenticators import app_code
from tests.accounts.provider import StandIn, stand_in
from tests.browser.conftest import visit
from tests.browser.eye import examine, open_tab
from tests.browser.hands import in_both_languages
from tests.browser.world import Portal
from tests.builders import actor, enrolled_app

PASSKEYS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def provider() -> Iterator[StandIn]:
    """Says who comes back from the provider's sign-in."""
    kept = configured.SOCIALACCOUNT_PROVIDERS
    with stand_in() as found:
        configured.SOCIALACCOUNT_PROVIDERS = found.providers()
        try:
            yield found
        finally:
            configured.SOCIALACCOUNT_PROVIDERS = kept


def person(portal: Portal, subject: str, language: str) -> User:
    """Somebody whose address is verified and who has no authenticator yet."""
    user: User = portal.town.world.person(
        "Petra Passkey", username=f"gckey:{subject}", email=f"{subject}@example.com", language=language
    )
    gateway.remember_credential(user.pk, method="gckey", subject=subject)
    gateway.set_email(user.pk, user.email, is_verified=True)
    return user


def come_from_provider(context: BrowserContext, site: str, provider: StandIn, user: User, language: str) -> str:
    """Brings the window to where the provider's answer leads; its address."""
    client = Client(headers={"host": site.partition("://")[2]})
    provider.claims = {"sub": user.username.partition(":")[2]}
    answer = provider.sign_in(client, language=language)
    context.add_cookies([{"name": name, "value": morsel.value, "url": site} for name, morsel in client.cookies.items()])
    return site + answer["Location"]


def leave_open(context: BrowserContext) -> None:
    """As if the person had shown who they are long ago."""
    key = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == configured.SESSION_COOKIE_NAME)
    session = SessionStore(key)
    session[CONFIRMED_AT] = 1
    session.save()


@in_both_languages
def test_a_passkey_is_added_confirms_and_signs_in(
    language: str, portal: Portal, site: str, provider: StandIn, browser: Browser
) -> None:
    user = person(portal, f"petra-{language}", language)
    security = f"{site}/{language}/profile/security/"
    with visit(browser, site, user, locale=f"{language}-CA") as context:
        tab = open_tab(context)
        devices = context.new_cdp_session(tab)
        devices.send("WebAuthn.enable")
        devices.send("WebAuthn.addVirtualAuthenticator", {"options": PASSKEYS})
        tab.goto(f"{security}passkey/")
        tab.locator('[name="name"]').fill("Work phone")
        tab.locator("#id_credential").click()
        tab.wait_for_url("**/recovery-codes/")
        tab.locator('button[value="show"]').click()
        expect(tab.locator(".codes li")).to_have_count(10)
        assert not examine(tab, language=language)
        with tab.expect_download() as saved:
            tab.locator("a[download]").click()
        text = saved.value.path().read_text(encoding="utf-8")
        assert len(re.findall(r"^\d{4} \d{4}\s*$", text, re.MULTILINE)) == 10

        leave_open(context)
        tab.goto(f"{security}app/")
        tab.wait_for_url("**/confirm/?next=*")
        tab.locator("#id_credential").click()
        tab.wait_for_url("**/security/app/")
        assert AuditEvent.objects.get(verb="person.confirmed", user_id=user.pk).after == {"way": "passkey"}

        context.clear_cookies()
        tab.goto(come_from_provider(context, site, provider, user, language))
        assert tab.url.endswith("/sign-in/second-factor/") and not examine(tab, language=language)
        # A person who waves the browser's question away is told, and asked again by the next press.
        tab.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('waved away')); }")
        tab.locator("#id_credential").click()
        expect(tab.locator("#passkey-problem")).to_be_visible()
        tab.reload()
        tab.locator("#id_credential").click()
        tab.wait_for_url(lambda address: "/sign-in/" not in address)
    event = AuditEvent.objects.get(verb="person.signed_in", user_id=user.pk)
    assert event.after == {"method": "gckey", "second_factor": "passkey"}


@in_both_languages
def test_without_scripts_app_and_emergency_code_sign_in(
    language: str, portal: Portal, site: str, provider: StandIn, browser: Browser
) -> None:
    user = person(portal, f"nils-{language}", language)
    enrolled_app(user)
    with visit(browser, site, None, locale=f"{language}-CA", java_script_enabled=False) as context:
        tab = context.new_page()
        tab.goto(come_from_provider(context, site, provider, user, language))
        tab.locator('[name="code"]').fill(app_code())
        tab.locator("main form button").first.click()
        tab.goto(f"{site}/{language}/profile/security/")
        expect(tab.locator("main")).to_contain_text("Work phone")
    now = wall_now()
    code = services.issue_emergency_code(
        user=user, reason="lost", actor=actor(portal.people["daniel"]), at=now, wall_at=now
    )
    with visit(browser, site, None, locale=f"{language}-CA", viewport={"width": 320, "height": 800}) as context:
        tab = open_tab(context)
        tab.goto(come_from_provider(context, site, provider, user, language))
        assert not examine(tab, language=language)
        tab.locator('a[href*="way=recovery"]').click()
        assert not examine(tab, language=language)
        tab.locator('a[href$="/sign-in/emergency/"]').click()
        assert not examine(tab, language=language)
        tab.locator('[name="code"]').fill(code)
        tab.locator("main form button").first.click()
        tab.wait_for_url("**/profile/security/")
        assert not examine(tab, language=language)
        tab.locator('a[href$="/start-over/"]').click()
        assert not examine(tab, language=language)


def test_what_was_being_sent_is_sent_with_one_press(portal: Portal, site: str, browser: Browser) -> None:
    user = person(portal, "ingrid", "en")
    factor = enrolled_app(user)
    address = f"{site}/en/profile/security/factors/{factor.id}/rename/"
    with visit(browser, site, user) as context:
        tab = open_tab(context)
        tab.goto(address)
        leave_open(context)
        tab.locator('[name="name"]').fill("Blue phone")
        tab.locator('form:has([name="name"]) button').click()
        tab.wait_for_url("**/confirm/?next=*")
        tab.locator('[name="code"]').fill(app_code())
        tab.locator('form:has([name="code"]) button').click()
        tab.wait_for_url("**/go-on/")
        assert not examine(tab, language="en")
        tab.locator('form:has([name="name"]) button').click()
        tab.wait_for_url("**/profile/security/")
        expect(tab.locator("main")).to_contain_text("Blue phone")
