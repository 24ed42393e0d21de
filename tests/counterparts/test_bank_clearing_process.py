"""Mandates, debits, bills, charge-backs and the operator's desk over HTTP. Each test has a year of its own."""

import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.counterparts.browser import Browser, heading
from tests.counterparts.conftest import Client, Portal, make_due
from tests.counterparts.processes import Counterpart

PAYEE = "123456789RM0001"


def mandate_order(account: str, on: str, **changed: Any) -> dict[str, Any]:
    return {
        "reference": f"m-{uuid.uuid4().hex}",
        "holder": "Northlight Imports",
        "institution": "999",
        "transit": "00001",
        "account": account,
        "payee": PAYEE,
        "on": on,
        **changed,
    }


def mandate(client: Client, account: str, on: str) -> dict[str, Any]:
    answer = client.post(mandate_order(account, on), "mandates")
    assert answer.status_code == 201, answer.text
    return answer.json()


def debit(mandate: dict[str, Any], due_on: str, amount: str = "100.00") -> dict[str, str]:
    return {"reference": f"d-{uuid.uuid4().hex}", "mandate": mandate["id"], "amount": amount, "due_on": due_on}


def debit_file(on: str, *debits: dict[str, str]) -> dict[str, Any]:
    return {"reference": f"f-{uuid.uuid4().hex}", "on": on, "debits": list(debits)}


def happened(client: Client, *days: str) -> list[tuple[str, str, str, str]]:
    """Day asked for, kind, reference and reason of everything the files of these days tell."""
    return [
        (day[5:], entry["kind"], entry["reference"], entry["reason"])
        for day in days
        for entry in client.read(f"return-files/{day}")["entries"]
        if entry["on"][:4] == day[:4]
    ]


def test_each_practice_account_does_what_its_note_says(client: Client) -> None:
    pays, nsf, closed, late, once, _refused, second = (
        mandate(client, f"100000{number}", "2031-01-03") for number in range(1, 8)
    )
    assert (pays["state"], pays["account"]) == ("ACTIVE", "****0001")
    debits = [debit(each, "2031-01-06") for each in (pays, nsf, closed, late, once, once, second, second)]
    receipt = client.post(debit_file("2031-01-03", *debits), "debit-files")
    assert (receipt.status_code, receipt.json()["accepted"], receipt.json()["refused"]) == (201, 8, [])
    references = [each["reference"] for each in debits]
    days = [f"2031-01-{day:02}" for day in (3, 6, 7, 8, 9, 10, 13)]
    assert happened(client, *days) == [
        ("01-06", "debit.paid", references[0], ""),
        ("01-06", "debit.returned", references[2], "account_closed"),
        ("01-06", "debit.paid", references[3], ""),
        ("01-06", "debit.paid", references[4], ""),
        ("01-06", "debit.returned", references[5], "mandate_revoked"),
        ("01-06", "debit.paid", references[7], ""),
        ("01-07", "debit.returned", references[1], "nsf"),
        ("01-07", "mandate.revoked", once["reference"], ""),
        ("01-07", "debit.returned", references[6], "nsf"),
        ("01-13", "debit.returned", references[3], "late_return"),
    ]
    assert client.read(f"mandates/{once['id']}")["state"] == "REVOKED"
    assert client.read(f"mandates/{pays['id']}")["state"] == "ACTIVE"


def test_mandates_that_are_refused(client: Client) -> None:
    cases: tuple[tuple[str, dict[str, str], str, str], ...] = (
        ("1000006", {}, "refused", "****0006"),
        ("1234567", {}, "unknown_account", "****4567"),
        ("7654321", {"institution": "003"}, "not_practice", "****"),
    )
    for account, changed, reason, shown in cases:
        given = client.post(mandate_order(account, "2032-01-02", **changed), "mandates").json()
        assert (given["state"], given["reason"], given["account"]) == ("REFUSED", reason, shown)
    order = mandate_order("1000001", "2032-01-02")
    assert client.post(order, "mandates").status_code == 201
    assert client.post({**order, "on": "2032-01-05"}, "mandates").status_code == 200
    other = client.post({**order, "account": "1000002"}, "mandates")
    assert (other.status_code, other.json()["code"]) == (409, "reference_reused")


def test_a_file_sent_many_times_at_once_has_one_result(client: Client) -> None:
    active, refused = mandate(client, "1000001", "2033-01-03"), mandate(client, "1000006", "2033-01-03")
    cancelled = mandate(client, "1000001", "2033-01-03")
    client.post({"on": "2033-01-03"}, f"mandates/{cancelled['id']}/cancel")
    good = debit(active, "2033-01-04", "12.34")
    bad = [debit(refused, "2033-01-04"), debit(cancelled, "2033-01-04"), debit({"id": "md_none"}, "2033-01-04"), good]
    order = debit_file("2033-01-03", good, *bad)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _time: client.post(order, "debit-files"), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["accepted"] == 1
    assert [line["reason"] for line in answers[0].json()["refused"]] == [
        "mandate_refused",
        "mandate_cancelled",
        "unknown_mandate",
        "reference_reused",
    ]
    assert client.post({**order, "on": "2033-01-04"}, "debit-files").status_code == 200
    assert client.post({**order, "debits": [good]}, "debit-files").status_code == 409
    [entry] = [
        entry for entry in client.read("return-files/2033-01-04")["entries"] if entry["reference"] == good["reference"]
    ]
    assert (entry["kind"], entry["amount"], entry["on"]) == ("debit.paid", "12.34", "2033-01-04")


def test_a_day_that_was_asked_for_stays_as_it_is(client: Client) -> None:
    active = mandate(client, "1000001", "2034-01-02")
    first, late = debit(active, "2034-01-03"), debit(active, "2034-01-03")
    client.post(debit_file("2034-01-02", first), "debit-files")
    before = client.read("return-files/2034-01-03")
    client.post(debit_file("2034-01-03", late), "debit-files")
    assert client.read("return-files/2034-01-03") == before
    assert happened(client, "2034-01-04") == [("01-04", "debit.paid", late["reference"], "")]
    weekend = debit(active, "2034-01-07")
    client.post(debit_file("2034-01-06", weekend), "debit-files")
    assert happened(client, "2034-01-06", "2034-01-07", "2034-01-09") == [
        ("01-09", "debit.paid", weekend["reference"], "")
    ]


def test_a_mandate_that_ends_takes_its_later_debits_with_it(client: Client, bank: Counterpart, portal: Portal) -> None:
    mandates = [mandate(client, "1000001", "2041-01-02"), mandate(client, "1000005", "2041-01-02")]
    early = [debit(each, "2041-01-02") for each in mandates]
    late = [debit(each, "2041-01-04") for each in mandates]
    client.post(debit_file("2041-01-02", *early, *late), "debit-files")
    assert len(happened(client, "2041-01-02")) == 2
    for _time in range(2):
        ended = client.post({"on": "2041-01-02"}, f"mandates/{mandates[0]['id']}/cancel")
        assert ended.json()["state"] == "CANCELLED"
    browser = operator(bank)
    page = browser.get(f"{bank.url}/en/desk/", q=mandates[1]["reference"])
    said = browser.submit(page, form=form_of(page, "revoke"), on="2041-01-03")
    assert "The mandate is revoked." in said.text
    assert client.read(f"mandates/{mandates[1]['id']}")["state"] == "REVOKED"
    [event] = portal.events_of(mandates[1]["id"])
    assert (event["type"], event["data"]["reference"]) == ("mandate.revoked", mandates[1]["reference"])
    told = happened(client, "2041-01-03", "2041-01-04", "2041-01-05")
    assert told == [
        ("01-03", "mandate.revoked", mandates[1]["reference"], ""),
        ("01-04", "debit.returned", late[0]["reference"], "mandate_revoked"),
        ("01-04", "debit.returned", late[1]["reference"], "mandate_revoked"),
    ]
    after = debit(mandates[1], "2041-01-09")
    assert client.post(debit_file("2041-01-08", after), "debit-files").json()["accepted"] == 1
    assert happened(client, "2041-01-09") == [("01-09", "debit.returned", after["reference"], "mandate_revoked")]


@pytest.mark.parametrize(
    ("path", "changed", "field"),
    [
        ("mandates", {"reference": ""}, "reference"),
        ("mandates", {"holder": " "}, "holder"),
        ("mandates", {"institution": "99"}, "institution"),
        ("mandates", {"transit": 1}, "transit"),
        ("mandates", {"account": "123"}, "account"),
        ("mandates", {"payee": "1"}, "payee"),
        ("mandates", {"on": "yesterday"}, "on"),
        ("debit-files", {"on": None}, "on"),
        ("debit-files", {"debits": []}, "debits"),
        ("debit-files", {"debits": [7]}, "debits[0]"),
        (
            "debit-files",
            {"debits": [{"reference": "d", "mandate": "m", "amount": "1", "due_on": "2026-07-24"}]},
            "debits[0].amount",
        ),
        (
            "debit-files",
            {"debits": [{"reference": "d", "mandate": "m", "amount": "1.00", "due_on": 7}]},
            "debits[0].due_on",
        ),
        ("mandates/md_none/cancel", {"on": "soon"}, "on"),
    ],
)
def test_a_bad_call_names_its_field(client: Client, path: str, changed: dict[str, Any], field: str) -> None:
    whole = {**mandate_order("1000001", "2026-07-24"), "debits": []}
    answer = client.post({**whole, **changed}, path)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_what_is_not_there_and_what_is_not_json(client: Client, bank: Counterpart) -> None:
    assert client.post({"on": "2026-07-24"}, "mandates/md_none/cancel").status_code == 404
    for path in ("mandates", "debit-files", "mandates/md_none/cancel"):
        assert client.post([], path).json()["code"] == "malformed"
        assert requests.post(f"{bank.url}/api/{path}", json={}, timeout=30).status_code == 401
    for path, status in (("mandates/md_none", 404), ("return-files/today", 400)):
        assert requests.get(f"{bank.url}/api/{path}", headers=client.headers, timeout=30).status_code == status
        assert requests.get(f"{bank.url}/api/{path}", timeout=30).status_code == 401
    large = client.post({"reference": "x" * 11_000}, "mandates")
    assert (large.status_code, large.json()["code"]) == (413, "too_large")


def card(client: Client, number: str, **changed: Any) -> tuple[dict[str, Any], Browser, requests.Response]:
    session = client.open(**changed)
    browser = Browser()
    return session, browser, browser.submit(browser.get(session["url"], card=number))


def test_a_card_that_asks_for_a_code(client: Client, portal: Portal) -> None:
    session, browser, page = card(client, "9999000000000129")
    assert heading(page) == "Confirm that it is you"
    assert client.state(session["id"])["state"] == "CREATED"
    assert "The code has six digits." in browser.submit(page, code="12").text
    wrong = browser.submit(page, code="000000")
    assert "2 tries left" in wrong.text
    assert heading(browser.submit(browser.get(session["url"], card="9999000000000129"))) == "Confirm that it is you"
    assert "1 try left" in browser.submit(page, code="000000").text
    assert browser.submit(page, code="123 456").status_code == 302
    assert client.state(session["id"])["state"] == "APPROVED"
    assert [event["type"] for event in portal.events_of(session["id"])] == ["payment.approved"]
    assert browser.submit(page, code="000000").status_code == 302

    failed, browser, page = card(client, "9999000000000129")
    answers = [browser.submit(page, code="000000") for _try in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 302]
    assert (client.state(failed["id"])["state"], client.state(failed["id"])["reason"]) == (
        "DECLINED",
        "challenge_failed",
    )
    skipped = client.open()
    assert heading(browser.get(skipped["url"] + "code/")) == "Pay $22,274.33"


def test_a_charge_back_comes_ten_business_days_later_or_by_hand(client: Client, bank: Counterpart) -> None:
    late, _browser, _page = card(client, "9999000000000137", on="2042-01-03")
    by_hand, _browser, _page = card(client, "9999000000000012", on="2042-01-03")
    declined, _browser, _page = card(client, "9999000000000020", on="2042-01-03")
    browser = operator(bank)
    page = browser.get(f"{bank.url}/en/desk/", q=by_hand["reference"], day="2042-01-06")
    said = browser.submit(page, form=form_of(page, "charge_back"))
    assert "The payment is charged back." in said.text
    assert happened(client, "2042-01-06", "2042-01-16", "2042-01-17") == [
        ("01-06", "payment.charged_back", by_hand["reference"], "disputed"),
        ("01-17", "payment.charged_back", late["reference"], "disputed"),
    ]
    again = browser.submit(page, form=form_of(page, "charge_back"), on="2042-01-06")
    assert "Nothing was changed" in again.text
    assert "Charge back" not in browser.get(f"{bank.url}/en/desk/", q=declined["reference"]).text
    unreadable = browser.submit(page, form=form_of(page, "charge_back"), on="soon")
    assert "Write the day as year, month and day" in unreadable.text


def test_slow_cards_and_events_out_of_order(client: Client, portal: Portal, bank: Counterpart) -> None:
    begun = time.monotonic()
    slow, _browser, answer = card(client, "9999000000000152")
    assert answer.status_code == 302 and time.monotonic() - begun > 0.5
    assert [event["type"] for event in portal.events_of(slow["id"])] == ["payment.approved"]
    session, _browser, _answer = card(client, "9999000000000145")
    make_due(bank)
    bank.manage("deliver")
    told = [(event["type"], event["data"]["state"]) for event in portal.events_of(session["id"])]
    assert told == [("payment.approved", "APPROVED"), ("payment.created", "CREATED")]
    end, beginning = portal.events_of(session["id"])
    assert beginning["created_at"] < end["created_at"]


def test_a_bill_paid_by_hand_arrives_once_after_three_business_days(
    client: Client, portal: Portal, bank: Counterpart
) -> None:
    browser = Browser()
    page = browser.get(f"{bank.url}/en/bills/", payee=PAYEE, on="2043-01-02", amount="2500.10")
    empty = browser.submit(page, payee="12", payer="", amount="ten", on="soon")
    for words in ("nine digits, RM", "Enter the name of the payer.", "amount with cents", "Write the day as year"):
        assert words in empty.text
    assert 'value="ten"' in empty.text
    paid = browser.submit(page, payer="Northlight Imports", amount="2 500,10", payee="123456789 rm0001")
    assert heading(paid) == "The bill is paid"
    assert "$2,500.10" in paid.text and "2043-01-07" in paid.text
    assert browser.submit(page, payer="Northlight Imports").url == paid.url
    bill = paid.url.rstrip("/").rpartition("/")[2]
    [event] = portal.events_of(bill)
    assert event["type"] == "bill.announced"
    assert (event["data"]["payee"], event["data"]["amount"], event["data"]["expected_on"]) == (
        PAYEE,
        "2500.10",
        "2043-01-07",
    )
    entries = client.read("return-files/2043-01-07")["entries"]
    [entry] = [entry for entry in entries if entry["reference"] == bill]
    assert (entry["kind"], entry["amount"], entry["payee"], entry["payer"]) == (
        "bill.paid",
        "2500.10",
        PAYEE,
        "Northlight Imports",
    )
    assert browser.get(f"{bank.url}/en/bills/bp_none/").status_code == 404


def test_the_desk_is_the_operators_and_sends_events_again(client: Client, portal: Portal, bank: Counterpart) -> None:
    session, _browser, _answer = card(client, "9999000000000012")
    stranger = Browser()
    entrance = stranger.get(f"{bank.url}/en/desk/")
    assert heading(entrance) == "Operator’s desk"
    assert "This code is not right" in stranger.submit(entrance, code="wrong").text
    browser = operator(bank)
    page = browser.get(f"{bank.url}/en/desk/", q=session["reference"])
    refused = stranger.session.post(f"{bank.url}/en/desk/act/", data={"act": "outage_on"}, timeout=30)
    assert refused.status_code == 403
    assert "The portal took the event." in browser.submit(page, form=form_of(page, "send_again")).text
    first, second = portal.events_of(session["id"])
    assert first == second
    portal.status = 500
    try:
        assert "The portal did not take the event." in browser.submit(page, form=form_of(page, "send_again")).text
    finally:
        portal.status = 204
    for act, target in (("send_again", "0"), ("send_again", "x"), ("charge_back", "x"), ("revoke", "x"), ("x", "x")):
        assert browser.submit(page, form=form_of(page, "send_again"), act=act, target=target).status_code == 404
    french = browser.get(f"{bank.url}/fr/desk/")
    assert heading(french) == "Poste de l’exploitant"


def test_an_outage_is_begun_and_ended_at_the_desk(client: Client, bank: Counterpart) -> None:
    browser = operator(bank)
    page = browser.get(f"{bank.url}/en/desk/")
    out = browser.submit(page, form=form_of(page, "outage_on"))
    try:
        assert "Only this desk answers." in out.text
        assert requests.get(f"{bank.url}/api/payments/x", headers=client.headers, timeout=30).status_code == 503
    finally:
        back = browser.submit(out, form=form_of(out, "outage_off"))
    assert "The bank is back." in back.text
    assert requests.get(f"{bank.url}/api/payments/x", headers=client.headers, timeout=30).status_code == 404


def test_two_thousand_debits_are_one_file(client: Client) -> None:
    each = mandate(client, "1000001", "2044-01-01")
    lines = [debit(each, "2044-01-01") for _line in range(2_000)]
    assert client.post(debit_file("2044-01-01", *lines), "debit-files").json()["accepted"] == 2_000
    assert [reference for _day, _kind, reference, _reason in happened(client, "2044-01-01")] == [
        line["reference"] for line in lines
    ]


def operator(bank: Counterpart) -> Browser:
    browser = Browser()
    page = browser.submit(browser.get(f"{bank.url}/en/desk/enter/"), code="practice")
    assert "Payment sessions" in page.text
    return browser


def form_of(page: requests.Response, act: str) -> int:
    """Which form of the page does this act."""
    forms = re.findall(r"<form.*?</form>", page.text, re.DOTALL)
    return next(number for number, form in enumerate(forms) if f'name="act" value="{act}"' in form)
