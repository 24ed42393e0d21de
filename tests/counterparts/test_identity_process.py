"""The providers over HTTP, as the portal and a person meet them."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import requests

from counterparts.identity import rules
from counterparts.identity.seats import PRACTICE_ANSWER, PRACTICE_PASSWORD, SEATS, seat_of
from tests.counterparts.browser import Browser, heading
from tests.counterparts.processes import SECRET, Counterpart, identity_process

PORTAL = "http://localhost:8999"
Providers = dict[str, Counterpart]


@pytest.fixture(scope="module")
def providers() -> Iterator[Providers]:
    with ExitStack() as stack, ThreadPoolExecutor(3) as pool:
        contexts = [identity_process(name, PORTAL) for name in ("gckey", "partner", "staff")]
        started = list(pool.map(stack.enter_context, contexts))
        yield {counterpart.name: counterpart for counterpart in started}


class Portal:
    """The relying party's side of the code flow with PKCE."""

    def __init__(self, provider: Counterpart) -> None:
        self.provider = provider
        self.config = requests.get(f"{provider.url}/.well-known/openid-configuration", timeout=30).json()
        self.verifier = secrets.token_urlsafe(48)
        self.state = secrets.token_urlsafe(16)
        self.redirect_uri = f"{PORTAL}/en/sign-in/oidc/{provider.name}/login/callback/"

    def address(self, **extra: str) -> str:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "client_id": "portage",
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile email",
            "response_type": "code",
            "state": self.state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **extra,
        }
        return f"{self.config['authorization_endpoint']}?{urlencode({k: v for k, v in query.items() if v})}"

    def code_of(self, answer: requests.Response) -> str:
        assert answer.status_code == 302, (answer.status_code, heading(answer))
        location = answer.headers["Location"]
        assert location.startswith(self.redirect_uri)
        query = parse_qs(urlsplit(location).query)
        assert query["state"] == [self.state]
        return query["code"][0]

    def redeem(self, code: str, **changed: str) -> requests.Response:
        data = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "client_id": "portage",
            "client_secret": SECRET,
            "code_verifier": self.verifier,
            **changed,
        }
        return requests.post(self.config["token_endpoint"], data=data, timeout=30)

    def claims(self, code: str) -> tuple[dict[str, object], dict[str, object]]:
        """The checked ID token and the answer of the userinfo end point."""
        token = self.redeem(code)
        assert token.status_code == 200, token.text
        keys = requests.get(self.config["jwks_uri"], timeout=30).json()["keys"]
        key = jwt.PyJWK(keys[0]).key
        identity = jwt.decode(
            token.json()["id_token"], key, algorithms=["RS256"], audience="portage", issuer=self.config["issuer"]
        )
        headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
        userinfo = requests.get(self.config["userinfo_endpoint"], headers=headers, timeout=30)
        assert userinfo.status_code == 200
        return identity, userinfo.json()


def sign_in(browser: Browser, portal: Portal, username: str, password: str = PRACTICE_PASSWORD) -> requests.Response:
    page = browser.get(portal.address(login_hint=username))
    return browser.submit(page, username=username, password=password)


@pytest.mark.parametrize(
    ("identity", "username"), [("gckey", "amara.osei"), ("partner", "nadia.bergeron"), ("staff", "ruth.macleod")]
)
def test_code_flow_with_pkce(providers: Providers, identity: str, username: str) -> None:
    portal = Portal(providers[identity])
    identity_token, userinfo = portal.claims(portal.code_of(sign_in(Browser(), portal, username)))
    seat = seat_of(identity, username)
    assert seat is not None
    assert identity_token["sub"] == userinfo["sub"] == seat.subject(SECRET)
    if identity == "staff":
        assert userinfo["roles"] == userinfo["groups"] == ["officer", "trainer"]
        assert userinfo["email"] == "ruth.macleod@staff.portage.example"
        assert userinfo["name"] == "Ruth MacLeod"
    else:
        assert userinfo == {"sub": seat.subject(SECRET)}
        assert username not in json.dumps(identity_token)


def test_discovery_says_what_is_offered(providers: Providers) -> None:
    config = Portal(providers["gckey"]).config
    assert config["issuer"] == providers["gckey"].url
    assert config["subject_types_supported"] == ["pairwise"]
    assert config["response_types_supported"] == ["code"]
    assert config["code_challenge_methods_supported"] == ["S256"]
    assert "device_authorization_endpoint" not in config
    assert requests.post(f"{providers['gckey'].url}/identity/o/api/device/code", timeout=30).status_code == 404


def test_a_code_works_once_and_only_with_its_verifier_and_secret(providers: Providers) -> None:
    portal = Portal(providers["gckey"])
    code = portal.code_of(sign_in(Browser(), portal, "wen.zhao"))
    assert portal.redeem(code, code_verifier="x" * 50).status_code == 400
    assert portal.redeem(code, client_secret="wrong").status_code in {400, 401}
    assert portal.redeem(code).status_code == 200
    assert portal.redeem(code).status_code == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"redirect_uri": "http://elsewhere.example/"},
        {"client_id": "x"},
    ],
)
def test_a_bad_request_gets_a_page_and_never_leaves(providers: Providers, changed: dict[str, str]) -> None:
    portal = Portal(providers["gckey"])
    browser = Browser()
    page = browser.get(portal.address(**changed))
    if heading(page) == "Sign in with your GCKey":
        page = browser.submit(page, username="wen.zhao", password=PRACTICE_PASSWORD)
    assert heading(page) == "This sign-in request cannot be used"


def test_the_session_ends_with_the_code(providers: Providers) -> None:
    portal = Portal(providers["gckey"])
    browser = Browser()
    portal.code_of(sign_in(browser, portal, "amara.osei"))
    assert heading(browser.get(portal.address())) == "Sign in with your GCKey"
    silent = browser.get(portal.address(prompt="none"))
    assert "error=login_required" in silent.headers["Location"]


def test_language_follows_the_portal_and_the_switch(providers: Providers) -> None:
    page = Browser().get(Portal(providers["gckey"]).address(ui_locales="fr"))
    assert '<html lang="fr">' in page.text
    assert heading(page) == "Ouvrir une session avec votre CléGC"
    switched = Browser().get(page.url.replace("/fr/", "/en/"))
    assert heading(switched) == "Sign in with your GCKey"


def test_pages_are_strict_and_marked_as_simulation(providers: Providers) -> None:
    for provider in providers.values():
        page = Browser().get(f"{provider.url}/en/sign-in/")
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert PORTAL in policy
        assert "unsafe" not in policy
        assert "Training simulation" in page.text
        assert "<script" not in page.text
        assert "style=" not in page.text
        for path in ("identity/identity.css", "identity/mark.svg"):
            assert requests.get(f"{provider.url}/static/{path}", timeout=30).status_code == 200


def test_each_provider_has_cookies_of_its_own(providers: Providers) -> None:
    browsers = {name: Browser() for name in ("gckey", "staff")}
    for name, username in (("gckey", "amara.osei"), ("staff", "daniel.okafor")):
        browser = browsers[name]
        page = browser.get(f"{providers[name].url}/en/sign-in/")
        browser.submit(page, username=username, password=PRACTICE_PASSWORD)
        assert {cookie.name for cookie in browser.session.cookies} == {f"{name}_session", f"{name}_csrf"}


def test_use_fills_the_form(providers: Providers) -> None:
    for seat in SEATS:
        page = Browser().get(f"{providers[seat.identity].url}/en/sign-in/", seat=seat.username)
        assert f'value="{seat.username}"' in page.text
        assert f'value="{PRACTICE_PASSWORD}"' in page.text


def test_a_wrong_password_keeps_the_name_and_five_begin_a_pause(providers: Providers) -> None:
    provider = providers["gckey"]
    browser = Browser()
    page = browser.get(f"{provider.url}/en/sign-in/")
    for _try in range(4):
        page = browser.submit(page, username="hana.lindqvist", password="Wrong12345")
        assert "do not match" in page.text
        assert 'value="hana.lindqvist"' in page.text
        assert "Wrong12345" not in page.text
    page = browser.submit(page, username="hana.lindqvist", password="Wrong12345")
    assert "Wait 15 minutes" in page.text
    page = browser.submit(page, username="hana.lindqvist", password=PRACTICE_PASSWORD)
    assert "Wait 15 minutes" in page.text
    provider.manage("seed", "--reset")
    page = browser.submit(page, username="hana.lindqvist", password=PRACTICE_PASSWORD)
    assert heading(page) == "You are signed in"
    assert heading(browser.submit(page)) == "Sign in with your GCKey"


def test_unknown_names_are_counted_like_known_ones(providers: Providers) -> None:
    browser = Browser()
    page = browser.get(f"{providers['gckey'].url}/en/sign-in/")
    for _try in range(5):
        page = browser.submit(page, username="nobody.at.all", password="Wrong12345")
    assert "Wait 15 minutes" in page.text


@pytest.mark.parametrize(
    ("identity", "username", "words"),
    [
        ("gckey", "olga.petrov", "has been revoked"),
        ("gckey", "marc.gagnon", "has expired"),
        ("partner", "ewan.mackay", "has expired"),
    ],
)
def test_states_are_told_to_whoever_knows_the_password(
    providers: Providers, identity: str, username: str, words: str
) -> None:
    browser = Browser()
    portal = Portal(providers[identity])
    page = browser.get(portal.address(login_hint=username))
    assert words in browser.submit(page, username=username, password=PRACTICE_PASSWORD).text
    assert words not in browser.submit(page, username=username, password="Wrong12345").text


def test_a_credential_revoked_after_the_code_gives_nothing(providers: Providers) -> None:
    provider = providers["gckey"]
    portal = Portal(provider)
    code = portal.code_of(sign_in(Browser(), portal, "tomas.whitfield"))
    provider.manage("credential", "tomas.whitfield", "revoked")
    assert portal.redeem(code).status_code == 400
    provider.manage("credential", "tomas.whitfield", "active")


ANSWERS = {
    "question_1": "first-street",
    "answer_1": "Elm",
    "question_2": "first-job",
    "answer_2": "Gatineau",
    "question_3": "favourite-lake",
    "answer_3": "Lake  Superior",
    "terms": "on",
}


@pytest.mark.parametrize("identity", ["gckey", "partner"])
def test_a_newcomer_opens_a_credential_forgets_and_recovers(providers: Providers, identity: str) -> None:
    provider = providers[identity]
    room = f"{provider.url}/en/" if identity == "gckey" else f"{provider.url}/en/banks/aurora/"
    portal = Portal(provider)
    browser = Browser()
    following = urlsplit(portal.address())
    page = browser.get(f"{room}sign-up/", next=f"{following.path}?{following.query}")
    page = browser.submit(page, username="x", password="short", repeated="other")
    assert "Use 6 to 32 characters" in page.text
    assert "Use 8 to 16 characters." in page.text
    assert "Type the same one twice." in page.text
    assert "Choose a question." in page.text
    page = browser.submit(
        page,
        username="Brand.New",
        password="BRAnd1234",
        repeated="BRAnd1234",
        **{**ANSWERS, "question_2": "first-street"},
    )
    assert "three characters in a row" in page.text
    assert "Choose three different questions." in page.text
    assert 'value="Brand.New"' in page.text
    good = {"password": "Qwerty789", "repeated": "Qwerty789", **ANSWERS}
    code = portal.code_of(browser.submit(page, username="Brand.New", **good))
    first, _userinfo = portal.claims(code)

    page = Browser().get(f"{room}sign-up/")
    taken = Browser()
    assert (
        "Somebody has this user name already"
        in taken.submit(taken.get(f"{room}sign-up/"), username="brand.new", **good).text
    )

    page = browser.get(f"{room}recover/")
    page = browser.submit(page, username="brand.new")
    assert "What is your favourite lake or river?" in page.text
    right = {"first-street": "ELM", "first-job": "gatineau", "favourite-lake": " lake superior "}
    new = {"password": "Zxcvbn456", "repeated": "Zxcvbn456"}
    page = browser.submit(page, **{**right, "first-job": "Hull"}, **new)
    assert "These answers do not match" in page.text
    page = browser.submit(page, **right, **new)
    assert "Your password has been changed" in page.text
    again = Portal(provider)
    page = browser.get(f"{room}sign-in/", next=again.address().removeprefix(provider.url))
    page = browser.submit(page, username="brand.new", password="Qwerty789")
    assert "do not match" in page.text
    second, _userinfo = again.claims(again.code_of(browser.submit(page, username="brand.new", password="Zxcvbn456")))
    assert first["sub"] == second["sub"]


def test_recovery_tells_nothing_about_who_exists_and_pauses(providers: Providers) -> None:
    room = f"{providers['gckey'].url}/en/"
    pages = []
    for _visit in range(2):
        browser = Browser()
        pages.append(browser.submit(browser.get(f"{room}recover/"), username="who.is.that"))
    asked = [page.text.count('autocomplete="off"') for page in pages]
    assert asked == [3, 3]
    names = [name for name in rules.QUESTIONS if f'name="{name}"' in pages[0].text]
    page = pages[1]
    for _try in range(5):
        page = browser.submit(page, **dict.fromkeys(names, "x"), password="Zxcvbn456", repeated="Zxcvbn456")
    assert "Wait 15 minutes" in page.text


def test_a_practice_person_recovers_with_the_practice_answer(providers: Providers) -> None:
    provider = providers["gckey"]
    browser = Browser()
    page = browser.submit(browser.get(f"{provider.url}/en/recover/"), username="ines.caron")
    assert PRACTICE_ANSWER in page.text
    answers = dict.fromkeys(("first-street", "first-teacher", "childhood-friend"), PRACTICE_ANSWER)
    page = browser.submit(page, **answers, password="Another99", repeated="Another99")
    assert "Your password has been changed" in page.text
    provider.manage("seed", "--reset")


def test_signing_up_is_asked_for_with_the_prompt(providers: Providers) -> None:
    assert heading(Browser().get(Portal(providers["gckey"]).address(prompt="create"))) == "Create a GCKey"


def test_the_partner_begins_with_five_banks_and_knows_whose_customer_one_is(providers: Providers) -> None:
    portal = Portal(providers["partner"])
    browser = Browser()
    page = browser.get(portal.address())
    assert heading(page) == "Choose your bank"
    assert page.text.count("/sign-in/?next=") >= 5
    other = browser.get(f"{providers['partner'].url}/en/banks/tamarack/sign-in/")
    assert heading(other) == "Sign in with Tamarack Savings"
    assert "do not match" in browser.submit(other, username="nadia.bergeron", password=PRACTICE_PASSWORD).text
    assert browser.get(f"{providers['partner'].url}/en/banks/none-such/sign-in/").status_code == 404


def test_staff_cannot_sign_themselves_up(providers: Providers) -> None:
    for path in ("sign-up/", "recover/"):
        page = Browser().get(f"{providers['staff'].url}/en/{path}")
        assert page.status_code == 404
        assert heading(page) == "There is no page here"


def test_signing_in_never_leads_to_another_site(providers: Providers) -> None:
    for target in ("https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example"):
        browser = Browser()
        page = browser.get(f"{providers['gckey'].url}/en/sign-in/", next=target)
        page = browser.submit(page, username="sofia.marchetti", password=PRACTICE_PASSWORD)
        assert heading(page) == "You are signed in"


def test_an_expired_form_gets_a_friendly_page(providers: Providers) -> None:
    answer = requests.post(f"{providers['gckey'].url}/fr/sign-in/", data={"username": "x"}, timeout=30)
    assert answer.status_code == 403
    assert heading(answer) == "Ce formulaire est resté ouvert trop longtemps"


def test_an_outage_is_friendly_and_ends(providers: Providers) -> None:
    provider = providers["staff"]
    provider.manage("outage", "on")
    try:
        page = Browser().get(f"{provider.url}/fr/sign-in/")
        assert page.status_code == 503
        assert page.headers["Retry-After"] == "60"
        assert heading(page) == "Ce service n\u2019est pas disponible pour le moment"
        assert requests.get(f"{provider.url}/.well-known/openid-configuration", timeout=30).status_code == 503
        assert requests.get(f"{provider.url}/livez", timeout=30).status_code == 200
    finally:
        provider.manage("outage", "off")
    assert Browser().get(f"{provider.url}/fr/sign-in/").status_code == 200


def test_another_portal_address_is_registered_at_the_next_start(providers: Providers) -> None:
    provider = providers["partner"]
    moved = Counterpart(
        provider.name,
        provider.url,
        provider.module,
        {**provider.env, "PORTAL_URL": "http://localhost:8998"},
        provider.server,
    )
    moved.manage("seed")
    browser = Browser()
    portal = Portal(provider)
    assert heading(sign_in(browser, portal, "omar.haddad")) == "This sign-in request cannot be used"
    provider.manage("seed")
    portal.code_of(sign_in(Browser(), portal, "omar.haddad"))


def test_leaving_the_portal_leads_back_to_it(providers: Providers) -> None:
    portal = Portal(providers["gckey"])
    browser = Browser()
    token = portal.redeem(portal.code_of(sign_in(browser, portal, "amara.osei"))).json()
    answer = browser.get(
        portal.config["end_session_endpoint"],
        id_token_hint=token["id_token"],
        post_logout_redirect_uri=f"{PORTAL}/en/",
    )
    assert answer.headers["Location"] == f"{PORTAL}/en/"
