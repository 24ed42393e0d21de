"""The first question: the right way in, a mistaken request taken back, and nothing told about who is registered."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import EmployeeRequest, User
from delegation.models import UnmatchedRequest
from registration.models import Registration
from registration.rules import Here, Way, first_way
from tests.builders import World, business_number, signed_in

WELCOME = "/en/welcome/"


@pytest.mark.parametrize(
    ("here", "is_member", "has_asked", "way"),
    [
        (Here.YES, False, False, Way.ASK),
        (Here.NO, False, False, Way.REGISTER),
        (Here.UNKNOWN, False, False, Way.FIND_OUT),
        (Here.YES, False, True, Way.ASK),
        (Here.NO, False, True, Way.TAKE_BACK),
        (Here.UNKNOWN, False, True, Way.TAKE_BACK),
        (Here.YES, True, False, Way.MEMBER),
        (Here.NO, True, True, Way.MEMBER),
        (Here.UNKNOWN, True, False, Way.MEMBER),
    ],
)
def test_the_way_that_an_answer_opens(here: Here, is_member: bool, has_asked: bool, way: Way) -> None:
    assert first_way(here, is_member=is_member, has_asked=has_asked) == way


def read(tab: Client, bn9: str = "", here: str = "") -> str:
    response = tab.get(WELCOME, {"bn9": bn9, "here": here} if bn9 or here else {})
    assert response.status_code == 200
    return " ".join(response.content.decode().split()).replace("\u00a0", " ")


def main_of(html: str) -> str:
    """What the page says, without the number typed and the marks that differ at each request."""
    found = re.search(r"<main.*</main>", html)
    assert found is not None
    return re.sub(r"\d{3} ?\d{3} ?\d{3}|nonce=\S+|value=\"\w{64}\"", "", found.group())


@pytest.mark.django_db
class TestTheFirstQuestion:
    @pytest.mark.parametrize(
        ("here", "heading", "address"),
        [
            ("yes", "Ask your employer for access", "/en/employer/?bn9="),
            ("no", "Register the business", "/en/register/"),
            ("unknown", "Many people do not know. Here is how to find out", "/en/register/"),
        ],
    )
    def test_each_answer_leads_on(self, tab: Client, here: str, heading: str, address: str) -> None:
        html = read(tab, business_number(), here)
        assert heading in html
        assert f'href="{address}' in html

    @pytest.mark.parametrize("here", list(Here))
    def test_it_tells_nobody_whether_a_business_is_here(self, tab: Client, world: World, here: str) -> None:
        registered = world.business("Quiet Harbour Ltd.")
        known, unknown = read(tab, registered.bn9, here), read(tab, business_number(), here)
        assert main_of(known) == main_of(unknown)
        assert "Quiet Harbour" not in known

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ("123", "Enter the nine digits of the business number"),
            ("123456789", "This is not a valid business number"),
            ("704123686RM0001", "without the program account"),
        ],
    )
    def test_a_number_that_is_none_is_refused_with_what_to_type(self, tab: Client, typed: str, sentence: str) -> None:
        html = read(tab, typed, "no")
        assert sentence in html
        assert "Register the business" not in html

    def test_who_asked_by_mistake_takes_it_back_here_and_registers_at_once(
        self, tab: Client, larkspur: Any, newcomer: User
    ) -> None:
        bn9 = larkspur.business.bn9
        tab.post("/en/employer/", {"bn9": bn9, "comment": "By mistake"})
        assert UnmatchedRequest.objects.filter(user=newcomer).count() == 1
        html = read(tab, bn9, "no")
        assert "You asked for access with this number" in html
        assert f'action="/en/employer/{bn9}/withdraw/"' in html
        answer = tab.post(f"/en/employer/{bn9}/withdraw/", {"first": "1"})
        assert answer["Location"] == WELCOME
        assert "You can register the business now" in read(tab)
        assert not UnmatchedRequest.objects.exists()
        assert "Register the business" in read(tab, bn9, "no")
        assert tab.post("/en/register/begin/")["Location"] == "/en/register/numbers/"
        assert Registration.objects.filter(user=newcomer).count() == 1

    def test_a_request_to_a_registered_employer_is_taken_back_the_same_way(
        self, tab: Client, world: World, newcomer: User
    ) -> None:
        employer = world.business()
        tab.post("/en/employer/", {"bn9": employer.bn9, "comment": ""})
        assert "Requests that wait for an answer" in read(tab)
        tab.post(f"/en/employer/{employer.bn9}/withdraw/", {"first": "1"})
        assert "Requests that wait for an answer" not in read(tab)
        assert EmployeeRequest.objects.get(user=newcomer).state == EmployeeRequest.State.WITHDRAWN

    def test_a_member_is_told_so(self, world: World) -> None:
        business = world.business()
        member = world.person("Mona Member")
        world.membership(member, business)
        assert "You belong to this business already" in read(signed_in(member), business.bn9, "no")

    def test_the_employers_form_is_filled_with_the_number(self, tab: Client) -> None:
        bn9 = business_number()
        assert f'value="{bn9}"' in tab.get("/en/employer/", {"bn9": bn9}).content.decode()

    def test_it_speaks_french(self, tab: Client) -> None:
        html = tab.get("/fr/welcome/", {"bn9": business_number(), "here": "unknown"}).content.decode()
        assert "Bien des gens ne le savent pas" in html
