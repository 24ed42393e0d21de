"""The bank over HTTP, as the portal and a person meet it."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from counterparts.bank.signatures import is_genuine
from tests.counterparts.browser import Browser, heading
from tests.counterparts.conftest import Client, Portal, make_due, run_sql
from tests.counterparts.processes import SECRET, Counterpart, bank_process

APPROVED, REFUSED, TIME_OUT, LATE, TWICE, UNAVAILABLE = (
    "9999000000000012",
    "9999000000000020",
    "9999000000000079",
    "9999000000000087",
    "9999000000000095",
    "9999000000000103",
)


def pay(session: dict[str, Any], number: str) -> requests.Response:
    browser = Browser()
    return browser.submit(browser.get(session["url"]), number=number, expiry="12/39", security_code="123")


def test_an_approved_card_goes_all_the_way(client: Client, portal: Portal) -> None:
    session = client.open()
    assert (session["state"], session["reason"], session["amount"]) == ("CREATED", "", "22274.33")
    browser = Browser()
    page = browser.get(session["url"])
    assert heading(page) == "Pay $22,274.33"
    answer = browser.submit(page, number="9999 0000 0000 0012", expiry="12/39", security_code="123")
    assert answer.headers["Location"] == f"{portal.url}/en/pay/back/?step=1&session={session['id']}"
    state = client.state(session["id"])
    assert (state["state"], state["reason"], state["instrument"]) == ("APPROVED", "", "**** 0012")
    assert state["authorization"]

    [event] = portal.events_of(session["id"])
    assert event["type"] == "payment.approved"
    assert event["data"]["amount"] == "22274.33"
    path, headers, body = next(heard for heard in portal.heard if session["id"].encode() in heard[2])
    assert path == "/webhooks/bank/"
    assert is_genuine(
        secret=SECRET,
        timestamp=headers["Bank-Timestamp"],
        body=body,
        signature=headers["Bank-Signature"],
        at=time.time(),
    )


def test_the_same_reference_gives_the_same_session(client: Client) -> None:
    order = client.order()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(client.post, [order] * 4))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = client.post({**order, "amount": "1.00"})
    assert other.status_code == 409
    assert other.json()["code"] == "reference_reused"
    assert other.json()["field"] == "reference"


def test_two_submissions_capture_once(client: Client, portal: Portal) -> None:
    session = client.open()
    browsers = [Browser(), Browser()]
    pages = [browser.get(session["url"]) for browser in browsers]
    card = {"number": APPROVED, "expiry": "12/39", "security_code": "123"}
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda pair: pair[0].submit(pair[1], **card), zip(browsers, pages, strict=True)))
    assert {answer.headers["Location"] for answer in answers} == {
        f"{portal.url}/en/pay/back/?step=1&session={session['id']}"
    }
    assert len(portal.events_of(session["id"])) == 1
    assert heading(browsers[0].get(session["url"])) == "This payment is done"
    declined_after = browsers[0].submit(pages[0], number=REFUSED, expiry="12/39", security_code="123")
    assert declined_after.status_code == 302
    assert client.state(session["id"])["state"] == "APPROVED"


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("9999000000000020", "refused"),
        ("9999000000000038", "insufficient_funds"),
        ("9999000000000046", "expired_card"),
        ("9999000000000053", "wrong_security_code"),
        ("9999000000000061", "over_limit"),
        ("9999000000000111", "unknown_instrument"),
    ],
)
def test_declined_cards_say_why(client: Client, portal: Portal, number: str, reason: str) -> None:
    session = client.open()
    assert pay(session, number).status_code == 302
    state = client.state(session["id"])
    assert (state["state"], state["reason"], state["authorization"]) == ("DECLINED", reason, "")
    assert [event["type"] for event in portal.events_of(session["id"])] == ["payment.declined"]


@pytest.mark.parametrize(
    ("number", "state", "reason"),
    [
        ("10000001", "APPROVED", ""),
        ("10000002", "DECLINED", "insufficient_funds"),
        ("10000003", "DECLINED", "frozen_account"),
    ],
)
def test_debit_from_a_practice_account(client: Client, number: str, state: str, reason: str) -> None:
    session = client.open(method="debit", language="fr")
    browser = Browser()
    page = browser.get(session["url"])
    assert heading(page) == "Payer 22\u202f274,33\N{NO-BREAK SPACE}$"
    empty = browser.submit(page)
    assert "Choisissez un compte." in empty.text
    assert browser.submit(page, number=number).status_code == 302
    assert (client.state(session["id"])["state"], client.state(session["id"])["reason"]) == (state, reason)


def test_cancelling_goes_back_without_money(client: Client, portal: Portal) -> None:
    session = client.open()
    browser = Browser()
    page = browser.get(session["url"])
    answer = browser.submit(page, form=1)
    assert answer.headers["Location"].endswith(f"session={session['id']}")
    assert client.state(session["id"])["state"] == "CANCELLED"
    assert client.state(session["id"])["reason"] == "cancelled_by_payer"
    assert [event["type"] for event in portal.events_of(session["id"])] == ["payment.cancelled"]
    assert browser.submit(page, number=APPROVED, expiry="12/39", security_code="123").status_code == 302
    assert client.state(session["id"])["state"] == "CANCELLED"


def test_a_lost_answer_is_captured_once_and_heard_late(client: Client, portal: Portal, bank: Counterpart) -> None:
    session = client.open()
    page = pay(session, TIME_OUT)
    assert page.status_code == 504
    assert "Do not pay again" in page.text
    assert client.state(session["id"])["state"] == "APPROVED"
    assert portal.events_of(session["id"]) == []
    make_due(bank)
    assert "taken" in bank.manage("deliver")
    assert len(portal.events_of(session["id"])) == 1


def test_late_and_double_events(client: Client, portal: Portal, bank: Counterpart) -> None:
    late, twice = client.open(), client.open()
    assert pay(late, LATE).status_code == 302
    assert portal.events_of(late["id"]) == []
    assert pay(twice, TWICE).status_code == 302
    events = portal.events_of(twice["id"])
    assert len(events) == 2
    assert len({event["id"] for event in events}) == 1
    make_due(bank)
    bank.manage("deliver")
    assert len(portal.events_of(late["id"])) == 1


def test_the_bank_that_cannot_answer_takes_nothing(client: Client) -> None:
    session = client.open()
    page = pay(session, UNAVAILABLE)
    assert "nothing was taken" in page.text
    assert client.state(session["id"])["state"] == "CREATED"
    assert pay(session, APPROVED).status_code == 302


def test_a_portal_that_is_down_is_told_later(client: Client, portal: Portal, bank: Counterpart) -> None:
    session = client.open()
    portal.status = 503
    try:
        assert pay(session, APPROVED).status_code == 302
        make_due(bank)
        assert "0 taken" in bank.manage("deliver")
    finally:
        portal.status = 204
    assert portal.events_of(session["id"]) == []
    make_due(bank)
    bank.manage("deliver")
    bank.manage("deliver")
    assert len(portal.events_of(session["id"])) == 1


def test_a_forgotten_session_ends(client: Client, portal: Portal, bank: Counterpart) -> None:
    opened, left = client.open(), client.open()
    run_sql(bank, "UPDATE bank_paymentsession SET created_at = '2026-01-01 00:00:00' WHERE state = 'CREATED'")
    page = Browser().get(opened["url"])
    assert heading(page) == "This payment was not made"
    assert client.state(opened["id"])["reason"] == "session_expired"
    bank.manage("deliver")
    assert client.state(left["id"])["state"] == "CANCELLED"
    assert len(portal.events_of(left["id"])) == 1


@pytest.mark.parametrize(
    ("changed", "field_name"),
    [
        ({"reference": ""}, "reference"),
        ({"reference": None}, "reference"),
        ({"amount": "0.00"}, "amount"),
        ({"amount": 10.5}, "amount"),
        ({"method": "cheque"}, "method"),
        ({"method": ["card"]}, "method"),
        ({"payee": "123456789RT0001"}, "payee"),
        ({"return_url": "https://elsewhere.example/"}, "return_url"),
        ({"return_url": 7}, "return_url"),
        ({"language": "de"}, "language"),
    ],
)
def test_a_bad_order_names_its_field(client: Client, changed: dict[str, Any], field_name: str) -> None:
    answer = client.post(client.order(**changed))
    assert answer.status_code == 400
    assert answer.json()["field"] == field_name
    assert set(answer.json()) == {"code", "message", "field", "link"}


def test_the_api_is_the_portals_alone(client: Client, bank: Counterpart, portal: Portal) -> None:
    session = client.open()
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {SECRET}"}):
        answer = requests.post(f"{bank.url}/api/payments", json=client.order(), headers=headers, timeout=30)
        assert answer.status_code == 401
        address = f"{bank.url}/api/payments/{session['id']}"
        assert requests.get(address, headers=headers, timeout=30).status_code == 401
    assert client.post([1]).status_code == 400
    text = requests.post(f"{bank.url}/api/payments", data="{", headers=client.headers, timeout=30)
    assert (text.status_code, text.json()["code"]) == (400, "malformed")
    missing = requests.get(f"{bank.url}/api/payments/ps_none", headers=client.headers, timeout=30)
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    port = urlsplit(portal.url).port
    for address in (
        f"http://localhost:{port}@elsewhere.example/",
        f"http://localhost:{port}.elsewhere.example/",
        "//x/",
    ):
        assert client.post(client.order(return_url=address)).json()["field"] == "return_url"


def test_mistyped_cards_keep_what_was_typed(client: Client) -> None:
    session = client.open()
    browser = Browser()
    page = browser.get(session["url"])
    wrong = browser.submit(page, number="4111 1111 1111 1111", expiry="01/20", security_code="12")
    assert "Only practice cards are taken here" in wrong.text
    assert "This date has passed" in wrong.text
    assert "The security code has three digits." in wrong.text
    assert 'value="01/20"' in wrong.text
    empty = browser.submit(page, number="", expiry="", security_code="")
    assert empty.text.count("Enter the") == 6
    assert client.state(session["id"])["state"] == "CREATED"


def test_a_practice_card_fills_the_form(client: Client) -> None:
    session = client.open()
    browser = Browser()
    page = browser.get(session["url"], card=APPROVED)
    assert 'value="9999 0000 0000 0012"' in page.text
    assert browser.submit(page).status_code == 302
    assert client.state(session["id"])["state"] == "APPROVED"


def test_pages_are_strict_bilingual_and_marked_as_simulation(client: Client, bank: Counterpart, portal: Portal) -> None:
    session = client.open()
    for address in (session["url"], f"{bank.url}/en/cards/", f"{bank.url}/en/bills/", f"{bank.url}/en/desk/enter/"):
        page = Browser().get(address)
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert portal.url in page.headers["Content-Security-Policy"]
        assert "not a bank" in page.text
        assert "<script" not in page.text
        assert "style=" not in page.text
        assert '<html lang="fr">' in Browser().get(address.replace("/en/", "/fr/")).text
    assert heading(Browser("fr").get(bank.url)) == "Cartes et comptes d\u2019exercice"
    assert requests.get(f"{bank.url}/static/bank/bank.css", timeout=30).status_code == 200
    assert heading(Browser().get(f"{bank.url}/en/pay/ps_none/")) == "There is no page here"


def test_an_outage_is_friendly_and_ends(bank: Counterpart) -> None:
    bank.manage("outage", "on")
    try:
        page = Browser().get(f"{bank.url}/en/cards/")
        assert (page.status_code, heading(page)) == (503, "This service is not available at the moment")
        assert requests.get(f"{bank.url}/livez", timeout=30).status_code == 200
    finally:
        bank.manage("outage", "off")
    assert Browser().get(f"{bank.url}/en/cards/").status_code == 200


def test_the_server_tells_a_portal_that_came_back_by_itself(portal: Portal) -> None:
    with bank_process(portal.url, PORTAGE_MODE="production") as bank:
        assert Browser().get(f"{bank.url}/en/desk/").status_code == 404, "no code, no desk"
        client = Client(bank, portal)
        session = client.open()
        portal.status = 500
        try:
            location = pay(session, APPROVED).headers["Location"]
        finally:
            portal.status = 204
        assert parse_qs(urlsplit(location).query)["session"] == [session["id"]]
        make_due(bank)
        deadline = time.monotonic() + 20
        while not portal.events_of(session["id"]) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert len(portal.events_of(session["id"])) == 1
