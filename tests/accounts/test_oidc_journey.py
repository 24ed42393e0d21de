"""Signing in through the providers as the processes they are, from the page with two cards to the profile."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from urllib.parse import urljoin

import pytest
import requests

from accounts import services
from accounts.models import User
from core.actor import system
from core.models import OutboxMessage
from counterparts.identity.seats import PRACTICE_PASSWORD, seat_of
from counterparts.identity.subjects import subject_of
from tests.builders import World
from tests.counterparts.browser import Browser, heading
from tests.counterparts.processes import SECRET, Counterpart, identity_process

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("unlocked_book", "portal_of_the_providers"),
    pytest.mark.sqlite,
]
Providers = dict[str, Counterpart]


class Person(Browser):
    """A browser that also follows the way between the portal and a provider."""

    def _follow(self, answer: requests.Response) -> requests.Response:
        for _step in range(12):
            if not answer.is_redirect:
                return answer
            target = urljoin(answer.url, answer.headers["Location"])
            answer = self.session.get(target, allow_redirects=False, timeout=30)
        raise AssertionError("more than twelve redirects")

    def leave(self, portal: str, method: str, *, language: str = "en", **fields: str) -> requests.Response:
        """Presses the button of one way in on the portal's sign-in page."""
        page = self.get(f"{portal}/{language}/sign-in/")
        path = f"/{language}/sign-in/oidc/{method}/login/"
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token is not None and path in page.text
        data = {"csrfmiddlewaretoken": token[1], **fields}
        headers = {"Referer": page.url}
        return self._follow(
            self.session.post(portal + path, data=data, headers=headers, allow_redirects=False, timeout=30)
        )


def form_with(page: requests.Response, name: str) -> int:
    """The position of the page's form that holds a field of this name."""
    forms = re.findall(r"<form\b.*?</form>", page.text, re.DOTALL)
    return next(index for index, form in enumerate(forms) if f'name="{name}"' in form)


def newest_code(to: str) -> str:
    letter = OutboxMessage.objects.filter(to=to, category="sign_in_code").latest("id")
    found = re.search(r"^ {4}(\d{6})$", letter.body, re.MULTILINE)
    assert found is not None
    return found[1]


def submit(person: Person, page: requests.Response, name: str, **values: str) -> requests.Response:
    person.session.headers["Referer"] = page.url
    return person.submit(page, form=form_with(page, name), **values)


@pytest.fixture(scope="module")
def providers(live_server: Any) -> Iterator[Providers]:
    with ExitStack() as stack, ThreadPoolExecutor(3) as pool:
        contexts = [identity_process(name, live_server.url) for name in ("gckey", "partner", "staff")]
        started = list(pool.map(stack.enter_context, contexts))
        yield {counterpart.name: counterpart for counterpart in started}


@pytest.fixture
def portal_of_the_providers(providers: Providers, settings: Any) -> None:
    settings.IDENTITY_PROVIDERS = {name: counterpart.url for name, counterpart in providers.items()}
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": name,
                    "name": name,
                    "client_id": "portage",
                    "secret": SECRET,
                    "settings": {
                        "server_url": counterpart.url + "/.well-known/openid-configuration",
                        "fetch_userinfo": True,
                    },
                }
                for name, counterpart in providers.items()
            ],
        }
    }


def test_a_newcomer_by_gckey_enrols_verifies_and_writes_the_profile(live_server: Any, world: World) -> None:
    person = Person()
    page = person.leave(live_server.url, "gckey", seat="newcomer")
    assert "newcomer" in page.text
    page = submit(person, page, "password", username="newcomer", password=PRACTICE_PASSWORD)
    assert heading(page) == "Where should your codes go?"
    page = submit(person, page, "email", email="sam@example.com", email_again="sam@example.com", consent="on")
    assert heading(page) == "Enter the code we e-mailed you"
    page = submit(person, page, "code", code=newest_code("sam@example.com"))
    assert heading(page) == "Your profile"
    page = submit(
        person,
        page,
        "first_name",
        first_name="Sam",
        last_name="Rivers",
        telephone="416 555 0123",
        contact_email="sam@example.com",
        language="en",
    )
    assert heading(page) == "Is your business here already?"
    user = User.objects.get()
    subject = subject_of(secret=SECRET, identity="gckey", username="newcomer")
    assert user.username == f"gckey:{subject}"
    assert OutboxMessage.objects.count() == 1


def test_a_known_person_by_partner_in_french(live_server: Any, world: World) -> None:
    seat = seat_of("partner", "nadia.bergeron")
    assert seat is not None
    user = services.enter_person(
        method="partner",
        subject=seat.subject(SECRET),
        email="nadia@example.com",
        actor=system("prepare"),
        at=world.at,
    )
    User.objects.filter(pk=user.pk).update(profile_completed_at=world.at, language="fr", first_name="Nadia")
    person = Person("fr")
    page = person.leave(live_server.url, "partner", language="fr", seat=seat.username)
    assert "/banks/rive-claire/" in page.url and "/fr/" in page.url
    page = submit(person, page, "password", username=seat.username, password=PRACTICE_PASSWORD)
    assert "/fr/sign-in/code/" in page.url
    page = submit(person, page, "code", code=newest_code("nadia@example.com"))
    assert "/fr/" in page.url and page.status_code == 200
    assert person.get(f"{live_server.url}/fr/profile/").status_code == 200


def test_an_officer_by_the_staff_provider_reaches_the_back_office(live_server: Any, world: World) -> None:
    person = Person()
    page = person.get(f"{live_server.url}/en/admin/")
    assert "/en/sign-in/" in page.url
    page = person.leave(live_server.url, "staff", seat="daniel.okafor", next="/en/admin/")
    page = submit(person, page, "password", username="daniel.okafor", password=PRACTICE_PASSWORD)
    assert heading(page) == "Enter the code we e-mailed you"
    page = submit(person, page, "code", code=newest_code("daniel.okafor@staff.portage.example"))
    assert page.url == f"{live_server.url}/en/admin/" and page.status_code == 200
    user = User.objects.get()
    assert user.is_staff and user.get_full_name() == "Daniel Okafor"
    assert [group.name for group in user.groups.all()] == ["officer"]


def test_an_outage_is_a_friendly_page_and_ends(live_server: Any, providers: Providers) -> None:
    person = Person()
    providers["gckey"].manage("outage", "on")
    try:
        page = person.leave(live_server.url, "gckey")
        assert page.status_code == 503 and heading(page) == "GCKey does not answer"
    finally:
        providers["gckey"].manage("outage", "off")
    assert "password" in person.leave(live_server.url, "gckey").text


def test_creating_a_gckey_leads_to_its_own_page(live_server: Any) -> None:
    page = Person().leave(live_server.url, "gckey", create="1")
    assert "/sign-up/" in page.url and page.status_code == 200
