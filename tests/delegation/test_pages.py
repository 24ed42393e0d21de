"""The pages of people and access: what each says, what it keeps, whom it refuses."""

import csv
import io
import re
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse

from accounts.models import EmployeeRequest, Invitation, Membership
from core.models import OutboxMessage
from delegation import services
from delegation.models import Delegation
from delegation.queries import NoTransactions
from delegation.rules import Scope
from tests.builders import business_number, signed_in
from tests.delegation.conftest import Office

State = Delegation.State


def declared(*, business_id: int, program_account_ids: list[int], limit: int) -> Any:
    """Seven declarations by the client, four by another broker, in the first of its program accounts."""
    northlight = Delegation.objects.filter(client_id=business_id).order_by("pk").first()
    assert northlight is not None
    client, broker = northlight.client, northlight.provider
    first = client.program_accounts.order_by("number")[0]
    if first.pk not in program_account_ids:
        return NoTransactions()
    rows = [
        SimpleNamespace(
            submitter_id=who.pk,
            submitter_name=who.legal_name,
            released_on=date(2026, 7, day),
            number=f"3081500000{day:04d}",
            total=Decimal("302.22"),
            program_account_number=first.number,
        )
        for who, day in ((client, 16), (broker, 13), (client, 3))
    ]
    return SimpleNamespace(
        rows=rows[:limit],
        counts={client.pk: 7, broker.pk: 4},
        names={client.pk: client.legal_name, broker.pk: broker.legal_name},
        counts_by_account={(first.pk, client.pk): 7, (first.pk, broker.pk): 4},
    )


#: A number of our range under which nobody is registered.
NOBODY = business_number()
PREVIEW = override_settings(TRANSACTIONS_PREVIEW="tests.delegation.test_pages.declared")


def url(office: Office, name: str, *more: Any, of: Any = None) -> str:
    return reverse(f"delegation:{name}", args=((of or office.northlight).bn9, *more))


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# --- The approval page ------------------------------------------------------------------------------------------------
@PREVIEW
def test_the_approval_page_shows_who_asks_and_what_they_will_see(office: Office) -> None:
    row = office.asked()
    page = signed_in(office.cast.amara).get(url(office, "approve_request", row.pk))
    text = words(page)
    assert page.status_code == 200
    for phrase in (
        "Approve access for Passerelle Courtage en douane inc.",
        "We take over your marine shipments.",
        "Licence valid",
        "You have no past with this provider",
        "CB-4471",
        "sees 7 of your 11 declarations",
        "4 declarations, all by Harbourline Customs Brokers Ltd.",
        "Hidden, Harbourline",
        "Simulator extension",
        "RM0002",
    ):
        assert phrase in text, phrase
    assert 'value="2027-07-21"' in page.content.decode()


#: What somebody types to sign.
SIGNATURE = {"signed_name": "Amara Osei", "signed_title": "Director", "is_declared": "on"}


def answers(**changes: Any) -> dict[str, Any]:
    return {
        "preset": "extra",
        "applied": "extra",
        "programs": "all",
        "access": "PROGRAM_MANAGEMENT",
        "sees": [],
        "valid_from": "2026-07-22",
        "valid_until": "",
        "act": "sign",
        **SIGNATURE,
        **changes,
    }


@PREVIEW
def test_updating_the_preview_keeps_the_answers_and_saves_nothing(office: Office) -> None:
    row = office.asked()
    page = signed_in(office.cast.amara).post(
        url(office, "approve_request", row.pk),
        answers(act="preview", sees=["client", "others"], valid_until="not yet known"),
    )
    assert "sees 11 of your 11 declarations" in words(page)
    assert 'value="not yet known"' in page.content.decode()
    assert "error-summary" not in page.content.decode()
    row.refresh_from_db()
    assert row.state == State.REQUESTED


@PREVIEW
def test_another_preset_fills_in_the_answers_before_anything_is_saved(office: Office) -> None:
    row = office.asked()
    client = signed_in(office.cast.amara)
    page = client.post(url(office, "approve_request", row.pk), answers(preset="main"))
    assert "The preset filled in the answers" in words(page)
    row.refresh_from_db()
    assert row.state == State.REQUESTED
    form = page.context["form"]
    assert (form["access"].value(), form["programs"].value(), form["applied"].value()) == (
        "BUSINESS_MANAGEMENT",
        "all",
        "main",
    )


def test_approving_leads_to_the_third_party_and_the_second_time_says_so(office: Office) -> None:
    row = office.asked()
    client = signed_in(office.cast.amara)
    done = client.post(url(office, "approve_request", row.pk), answers(), follow=True)
    assert "Passerelle Courtage en douane inc. now has access." in words(done)
    row.refresh_from_db()
    assert (row.state, row.valid_until, row.sees_client) == (State.ACTIVE, None, False)
    again = client.post(url(office, "approve_request", row.pk), answers(), follow=True)
    assert "no longer waits for an answer" in words(again)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"programs": "some"}, "Choose at least one program account"),
        ({"programs": ""}, "Choose all programs, or those you choose"),
        ({"programs": "some", "program_accounts": ["987654"]}, "Choose among the program accounts listed"),
        ({"access": "EVERYTHING"}, "Choose one of the two roles"),
        ({"access": ""}, "Choose the role"),
        ({"valid_from": ""}, "Enter a date, for example 2026-07-22"),
        ({"valid_from": "22/07/2026"}, "Enter the date as year, month and day"),
        ({"valid_from": "2026-02-30"}, "is not in the calendar"),
        ({"valid_from": "2026-07-01"}, "Enter a first day that is today or later"),
        ({"valid_until": "2026-07-01"}, "Enter a last day that is not before the first day"),
        ({"valid_until": "9" * 400}, "Enter the date as year, month and day"),
    ],
)
def test_wrong_answers_are_named_and_kept(office: Office, change: dict[str, Any], message: str) -> None:
    row = office.asked()
    data = answers(**change)
    page = signed_in(office.cast.amara).post(url(office, "approve_request", row.pk), data)
    assert page.status_code == 200
    assert message in words(page)
    for field in ("valid_from", "valid_until"):
        assert page.context["form"][field].value() == data[field]
    row.refresh_from_db()
    assert row.state == State.REQUESTED


def test_another_business_cannot_open_or_name_a_request(office: Office) -> None:
    row = office.asked()
    stranger = signed_in(office.cast.stranger)
    own = Membership.objects.get(user=office.cast.stranger).business
    for name in ("third_party_request", "approve_request", "reject_request", "withdraw_request"):
        assert stranger.get(url(office, name, row.pk)).status_code == 404
        assert stranger.get(url(office, name, row.pk, of=own)).status_code == 404


def test_a_program_manager_sees_what_is_out_of_reach_and_why(office: Office) -> None:
    row = office.asked()
    page = signed_in(office.pam).get(url(office, "approve_request", row.pk))
    assert "Only a Business Account Manager can give all programs" in words(page)
    refused = signed_in(office.pam).post(url(office, "approve_request", row.pk), answers())
    assert "Ask a Business Account Manager" in words(refused)
    client = signed_in(office.pam)
    done = client.post(
        url(office, "approve_request", row.pk), answers(programs="some", program_accounts=[office.account.pk])
    )
    assert done.status_code == 302


@PREVIEW
def test_a_consultant_is_offered_what_suits_it(office: Office) -> None:
    row = services.request_access(
        provider_id=office.consultant.pk, client_bn9=office.northlight.bn9, comment="", **office.by(office.cora)
    )
    page = signed_in(office.cast.amara).get(url(office, "approve_request", row.pk))
    assert page.context["form"]["preset"].value() == "consultant"
    assert "only a licensed customs broker may" in words(page)
    assert "Needs a customs broker" in words(page)


# --- Received and Sent ------------------------------------------------------------------------------------------------
def test_one_page_with_received_and_sent(office: Office) -> None:
    row = office.asked()
    received = signed_in(office.cast.amara).get(url(office, "third_party_requests"))
    assert "Received requests (1)" in words(received)
    assert "Passerelle" in words(received) and "Approve" in words(received)
    broker = signed_in(office.cast.ines)
    sent = broker.get(url(office, "third_party_requests", of=office.cast.passerelle), {"tab": "sent"})
    assert "Northlight" in words(sent) and "Withdraw" in words(sent)
    details = url(office, "third_party_request", row.pk, of=office.cast.passerelle)
    assert "If nobody answers, the request expires on" in words(broker.get(details))
    done = broker.post(url(office, "withdraw_request", row.pk, of=office.cast.passerelle), follow=True)
    assert "The request was withdrawn." in words(done)
    late = broker.post(url(office, "withdraw_request", row.pk, of=office.cast.passerelle))
    assert "Somebody was there first" in words(late)


def test_rejecting_asks_for_the_reason(office: Office) -> None:
    row = office.asked()
    client = signed_in(office.cast.amara)
    page = client.post(url(office, "reject_request", row.pk), {"reason": " "})
    assert "Enter the reason" in words(page)
    long = client.post(url(office, "reject_request", row.pk), {"reason": "x" * 501})
    assert "Shorten this to 500 characters" in words(long) and "x" * 501 in long.content.decode()
    done = client.post(url(office, "reject_request", row.pk), {"reason": "Unknown to us."}, follow=True)
    assert "was rejected" in words(done)


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("", "Enter the business number"),
        ("12", "Enter the nine digits"),
        ("704120000RM0001", "without the program account"),
        ("704120001", "This is not a valid business number"),
        ("own", "This is your own business number"),
        ("active", "already authorised"),
    ],
)
def test_asking_a_client_says_what_is_wrong_and_keeps_what_was_typed(office: Office, number: str, message: str) -> None:
    harbourline = office.cast.harbourline
    typed = {"own": harbourline.bn9, "active": office.northlight.bn9}.get(number, number)
    page = signed_in(office.cast.wen).post(
        url(office, "request_client", of=harbourline), {"bn9": typed, "comment": "Keep me"}
    )
    assert message in words(page)
    assert ("Keep me" in page.content.decode() and f'value="{typed}"' in page.content.decode()) or not typed


def test_the_same_request_sent_twice_is_one(office: Office) -> None:
    client = signed_in(office.cast.ines)
    page = url(office, "request_client", of=office.cast.passerelle)
    data = {"bn9": office.northlight.bn9, "comment": ""}
    assert client.post(page, data).status_code == 302
    assert "already waiting for an answer" in words(client.post(page, data))
    assert Delegation.objects.filter(provider=office.cast.passerelle).count() == 1


def test_an_importer_has_no_clients_page(office: Office) -> None:
    for name in ("clients", "request_client"):
        assert signed_in(office.cast.amara).get(url(office, name)).status_code == 403


# --- Naming a provider ------------------------------------------------------------------------------------------------
def test_naming_a_broker_and_its_acceptance(office: Office) -> None:
    client = signed_in(office.cast.amara)
    assert client.get(url(office, "nominate")).status_code == 200
    wrong = client.post(url(office, "nominate"), answers(bn9=office.cast.desrosiers.bn9, comment="Hello"))
    assert "neither a licensed customs broker nor a trade consultant" in words(wrong)
    done = client.post(url(office, "nominate"), answers(bn9=office.cast.passerelle.bn9, comment="Hello"))
    assert done.status_code == 302
    row = Delegation.objects.get(provider=office.cast.passerelle)
    broker = signed_in(office.cast.ines)
    page = broker.get(url(office, "third_party_requests", of=office.cast.passerelle))
    assert "It names you to act for it" in words(page)
    assert broker.get(url(office, "accept_nomination", row.pk, of=office.cast.passerelle)).status_code == 200
    address = url(office, "accept_nomination", row.pk, of=office.cast.passerelle)
    unsigned = broker.post(address, {"signed_name": "Ines Caron"})
    assert "Enter your title in the business" in words(unsigned) and "Tick the declaration" in words(unsigned)
    accepted = broker.post(address, SIGNATURE, follow=True)
    assert "You may now act for Northlight" in words(accepted)
    assert client.get(url(office, "approve_request", row.pk)).status_code == 302
    assert client.post(url(office, "accept_nomination", row.pk)).status_code == 404
    ended = broker.post(url(office, "end_client", row.pk, of=office.cast.passerelle), follow=True)
    assert "You no longer act for Northlight" in words(ended)


# --- Established third parties ----------------------------------------------------------------------------------------
def test_changing_and_revoking_an_established_third_party(office: Office) -> None:
    row = Delegation.objects.get(provider=office.cast.harbourline)
    client = signed_in(office.cast.amara)
    assert "Harbourline" in words(client.get(url(office, "third_parties")))
    page = client.get(url(office, "edit_third_party", row.pk))
    assert page.context["form"]["access"].value() == "BUSINESS_MANAGEMENT"
    first = row.valid_from
    data = answers(applied="", preset="", valid_from=str(first), valid_until="2026-12-31", sees=["client"])
    changed = client.post(url(office, "edit_third_party", row.pk), data, follow=True)
    assert "was changed" in words(changed) and "Their own and the client" in words(changed)
    assert "ends at once" in words(client.get(url(office, "revoke_third_party", row.pk)))
    revoked = client.post(url(office, "revoke_third_party", row.pk), {"reason": ""}, follow=True)
    assert "can no longer act for you" in words(revoked)
    assert client.get(url(office, "edit_third_party", row.pk)).status_code == 302
    assert client.get(url(office, "third_party", row.pk)).status_code == 200
    assert "Somebody was there first" in words(client.post(url(office, "revoke_third_party", row.pk), {"reason": ""}))


# --- People -----------------------------------------------------------------------------------------------------------
def test_an_employee_asks_and_is_let_in(office: Office) -> None:
    asking = signed_in(office.cast.stranger)
    page = reverse("delegation:employer_request")
    assert "valid business number" in words(asking.post(page, {"bn9": "704120001", "comment": "Hello"}))
    here = asking.post(page, {"bn9": office.northlight.bn9, "comment": "Hello"}, follow=True)
    there = asking.post(page, {"bn9": NOBODY, "comment": "Hello"}, follow=True)
    assert "If this business is registered here" in words(here)
    assert "If this business is registered here" in words(there)
    row = EmployeeRequest.objects.get()
    manager = signed_in(office.cast.amara)
    assert "Sam Stranger" in words(manager.get(url(office, "employee_requests")))
    assert "Hello" in words(manager.get(url(office, "employee_request", row.pk)))
    missing = manager.post(url(office, "employee_request", row.pk), {"role": "READER"})
    assert "Choose the program accounts that this role covers" in words(missing)
    assert "Choose a role" in words(manager.post(url(office, "employee_request", row.pk), {"role": ""}))
    data = {"role": "READER", "program_accounts": [office.account.pk]}
    assert manager.post(url(office, "employee_request", row.pk), data).status_code == 302
    late = manager.post(url(office, "employee_request", row.pk), data)
    assert "Somebody was there first" in words(late)
    withdrawn = asking.post(reverse("delegation:withdraw_employer_request", args=(NOBODY,)), follow=True)
    assert "The request was withdrawn." in words(withdrawn)
    assert "You already belong" in words(asking.post(page, {"bn9": office.northlight.bn9, "comment": ""}))


def test_a_manager_rejects_an_employee(office: Office) -> None:
    services.request_employment(
        user_id=office.cast.stranger.pk, bn9=office.northlight.bn9, comment="", **office.by(office.cast.stranger)
    )
    row = EmployeeRequest.objects.get()
    done = signed_in(office.cast.amara).post(url(office, "reject_employee", row.pk), {"reason": "No."}, follow=True)
    assert "was rejected" in words(done)
    assert "No." in words(signed_in(office.cast.stranger).get(reverse("delegation:employer_request")))


def test_members_change_and_go(office: Office) -> None:
    manager = signed_in(office.cast.amara)
    reader = office.membership(office.reader)
    assert "Rae Reader" in words(manager.get(url(office, "members")))
    assert manager.get(url(office, "member", reader.pk)).status_code == 200
    data = {"role": "EDITOR", "program_accounts": [office.second.pk], "act": "save"}
    assert manager.post(url(office, "member", reader.pk), data).status_code == 302
    assert office.membership(office.reader).role == "EDITOR"
    gone = manager.post(url(office, "remove_member", reader.pk), {"reason": "Left."}, follow=True)
    assert "no longer has access" in words(gone)
    assert manager.get(url(office, "member", reader.pk)).status_code == 404
    primary = office.membership(office.cast.amara)
    backup = signed_in(office.backup)
    refused = backup.post(url(office, "remove_member", primary.pk), {"reason": ""})
    assert "be removed or changed by another manager" in words(refused)
    refused = backup.post(
        url(office, "member", primary.pk), {"role": "READER", "program_accounts": [office.account.pk]}
    )
    assert "be removed or changed by another manager" in words(refused)
    own = office.membership(office.backup)
    assert backup.post(url(office, "remove_member", own.pk), {"reason": ""}).url == reverse("delegation:switch")


def test_inviting_accepting_and_withdrawing(office: Office) -> None:
    manager = signed_in(office.cast.amara)
    assert "Enter an e-mail such as" in words(manager.post(url(office, "invite_backup"), {"email": "nobody"}))
    assert manager.post(url(office, "invite_backup"), {"email": "bea@example.com"}).status_code == 302
    assert "is waiting" in words(manager.post(url(office, "invite_backup"), {"email": "bea@example.com"}))
    data = {"email": "ray@example.com", "role": "READER", "program_accounts": [office.account.pk]}
    assert manager.post(url(office, "invite"), data).status_code == 302
    assert "is waiting" in words(manager.post(url(office, "invite"), data))
    assert "bea@example.com" in words(manager.get(url(office, "invitations")))
    row = Invitation.objects.get(email="bea@example.com")
    assert manager.post(url(office, "withdraw_invitation", row.pk)).status_code == 302
    link = re.search(r"/en/invitations/[^/\s]+/", OutboxMessage.objects.get(to="ray@example.com").body)
    assert link is not None
    joining = signed_in(office.cast.stranger)
    assert "Join Northlight" in words(joining.get(link.group()))
    assert "Welcome to Northlight" in words(joining.post(link.group(), follow=True))
    assert "no longer works" in words(joining.get(link.group()))
    assert "no longer open" in words(joining.post(link.group()))
    assert joining.get("/en/invitations/never/").status_code == 404
    assert signed_in(None).get(link.group()).status_code == 302


# --- Lists and the switcher -------------------------------------------------------------------------------------------
def _queries(client: Any, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def _more_of(office: Office, name: str, number: int) -> None:
    world, at = office.cast.world, office.moment["at"]
    person = world.person(f"Person {number}")
    if name == "members":
        world.membership(person, office.northlight, "READER", accounts=(office.account, office.second))
    elif name == "employee_requests":
        EmployeeRequest.objects.create(user=person, business=office.northlight, requested_at=at)
    elif name == "invitations":
        row = Invitation.objects.create(
            business=office.northlight,
            email=f"p{number}@example.com",
            role="READER",
            token_hash=f"{number:064d}",
            invited_by=person,
            invited_at=at,
            expires_at=at + timedelta(days=14),
        )
        row.program_accounts.set([office.account], through_defaults={"role": row.role})
    elif name == "third_party_requests":
        broker = world.broker(f"Broker {number} Ltd.")
        world.delegation(broker, office.northlight, state=State.REQUESTED, valid_from=None, decided_at=None)
    elif name == "third_parties":
        world.delegation(world.broker(f"Broker {number} Ltd."), office.northlight, accounts=(office.account,))
    else:
        client = world.business(f"Client {number} Ltd.")
        account = world.program_account(client)
        world.delegation(office.cast.harbourline, client, accounts=(account,))


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("members", "amara"),
        ("employee_requests", "amara"),
        ("invitations", "amara"),
        ("third_party_requests", "amara"),
        ("third_parties", "amara"),
        ("clients", "wen"),
        ("switch", "wen"),
    ],
)
def test_a_list_takes_the_same_queries_for_one_row_and_for_fifty(office: Office, name: str, who: str) -> None:
    of = office.cast.harbourline if who == "wen" else None
    address = reverse("delegation:switch") if name == "switch" else url(office, name, of=of)
    client = signed_in(getattr(office.cast, who))
    _more_of(office, name, 0)
    few = _queries(client, address)
    for number in range(1, 50):
        _more_of(office, name, number)
    assert _queries(client, address) == few
    assert few <= 14


def test_everything_that_one_may_act_for_can_be_taken_as_a_file(office: Office) -> None:
    client, stranger = signed_in(office.cast.wen), signed_in(office.cast.stranger)

    def rows(browser: Client, search: str = "") -> list[list[str]]:
        answer = browser.get(reverse("delegation:switch_csv"), {"search": search})
        return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))[1:]

    number = office.cast.account.number
    whole = ["Northlight Outdoor Supply Inc.", office.cast.northlight.bn9, number, "Third party, Business Management"]
    assert [*whole, "Client", "Harbourline Customs Brokers Ltd."] in rows(client)
    assert {row[2] for row in rows(client, "northl")} == {row[2] for row in rows(client) if "Northlight" in row[0]}
    assert rows(client, "zzz") == []
    assert not any("Northlight" in row[0] for row in rows(stranger))
    own = next(row for row in rows(signed_in(office.cast.amara)) if row[2] == number)
    assert own[3:] == ["Business Account Manager", "Own business", ""]


def test_the_switcher_tells_own_from_clients_and_searches(office: Office) -> None:
    own = office.cast.world.program_account(office.cast.harbourline)
    client = signed_in(office.cast.wen)
    page = words(client.get(reverse("delegation:switch")))
    assert page.index(own.number[9:]) < page.index("Northlight Outdoor Supply Inc.")
    assert "Own business" in page and "through Harbourline" in page
    found = words(client.get(reverse("delegation:switch"), {"search": "northl"}))
    assert "Northlight" in found and "Filtered by" in found
    digits = f"{office.northlight.bn9[:3]} {office.northlight.bn9[3:6]}"
    assert "Northlight" in words(client.get(reverse("delegation:switch"), {"search": digits}))
    assert "Nothing found" in words(client.get(reverse("delegation:switch"), {"search": "zzz"}))
    Delegation.objects.update(state=State.REVOKED)
    assert "Northlight" not in words(client.get(reverse("delegation:switch")))


def test_a_person_without_a_business_is_told_what_to_do(office: Office) -> None:
    nobody = office.cast.world.person("Nora Newcomer")
    page = words(signed_in(nobody).get(reverse("delegation:switch")))
    assert "Request access to my employer" in page


def test_the_hub_counts_what_waits(office: Office) -> None:
    office.asked()
    page = signed_in(office.cast.amara).get(url(office, "people"))
    assert page.context["waiting"].received == 1
    assert "Your clients" not in words(page)
    assert "Your clients" in words(signed_in(office.cast.wen).get(url(office, "people", of=office.cast.harbourline)))


def test_the_third_party_page_shows_a_delegation_not_yet_begun(office: Office) -> None:
    row = office.asked()
    scope = Scope(access="PROGRAM_MANAGEMENT", all_programs=True, valid_from=office.moment["on"] + timedelta(days=5))
    services.approve(delegation_id=row.pk, scope=scope, **office.signing(office.cast.amara))
    assert "Not yet begun" in words(signed_in(office.cast.amara).get(url(office, "third_party", row.pk)))
    assert "Not yet begun" in words(
        signed_in(office.cast.ines).get(url(office, "client", row.pk, of=office.cast.passerelle))
    )
