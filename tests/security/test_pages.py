"""The pages: what each seat may open, what the forms say, what is shown to the cent."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership
from core.jobs import set_clock
from security import queries, services
from security.models import Bond, ReductionCase, RppEnrolment
from security.rules import BondState, CaseState, RppState
from tests.builders import signed_in
from tests.security.conftest import (
    SYSTEM,
    charge,
    enrolled,
    moment,
    review,
    secured,
    year_of_charges,
)

pytestmark = pytest.mark.django_db
M = Decimal
RUN = date(2026, 7, 25)


def args(on):
    return {"on": on, "at": moment(on), "actor": SYSTEM}


def page(name, *args_):
    return reverse(f"security:{name}", args=args_)


def text(response):
    return response.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


@pytest.fixture
def account(cast):
    months = "900000 100 200 300 400 12000 48000 61500 700 800 900 1000 1100 1200"
    year_of_charges(cast.account, *months.split())
    return cast.account


@pytest.fixture
def reviewed(cast):
    """The figures of the design: 44,200.00 becomes 61,480.20, a bond of 25,000.00, today is 25 July 2026."""
    enrolled(cast.account, on=date(2025, 7, 30), estimate="44200.00")
    secured(cast.account, cast.keystone, "25000.00", on=date(2025, 7, 30), number="CB-2204-0917")
    charge(cast.account, "61480.20", date(2026, 5, 3))
    review(RUN)
    set_clock(moment(RUN))
    return cast.account


def test_enrolling_then_posting_a_bond_that_the_surety_confirms(cast, account, on):
    amara, peter = signed_in(cast.amara), signed_in(cast.peter)
    shown = text(amara.get(page("enrol", account.number)))
    assert "$61,500.00" in shown and "$30,750.00" in shown and "24 January 2026" in shown
    answer = amara.post(page("enrol", account.number), {"program": "RPP", "wants_lower": "no", "pattern": "YEAR_ROUND"})
    assert answer.url == page("submit", account.number)
    assert "$30,750.00" in text(amara.get(answer.url))
    assert amara.post(answer.url, {"way": "bond"}).url == page("propose_bond", account.number)
    answer = amara.post(
        page("propose_bond", account.number),
        {
            "agreement_number": "CB-1",
            "provider": cast.keystone.pk,
            "amount": "30750.00",
            "validity_start": "2026-07-22",
            "validity_end": "",
        },
    )
    assert answer.status_code == 302
    bond = Bond.objects.get()
    assert "CB-1" in text(peter.get(page("desk", cast.keystone.bn9)))
    assert "$30,750.00" in text(peter.get(page("bond", cast.keystone.bn9, bond.pk)))
    assert peter.post(page("bond", cast.keystone.bn9, bond.pk), {"act": "confirm"}).status_code == 302
    shown = text(amara.get(page("overview", account.number)))
    assert "Active" in shown and "$61,500.00" in shown
    assert queries.rpp_status(account.pk, on=on).is_on
    assert amara.get(page("enrol", account.number)).url == page("overview", account.number)


def test_without_history_the_form_asks_an_estimate_and_keeps_what_was_typed(cast, on):
    amara = signed_in(cast.amara)
    where = page("enrol", cast.account.number)
    answer = amara.post(where, {"program": "RPP", "wants_lower": "no", "pattern": "YEAR_ROUND", "estimate": "$8,000"})
    assert answer.status_code == 422
    assert "Leave out the dollar sign" in text(answer) and "$8,000" in text(answer)
    answer = amara.post(where, {"program": "RPP", "wants_lower": "yes", "pattern": "YEAR_ROUND", "estimate": "8000"})
    assert answer.url == page("reduction", cast.account.number)
    assert (
        amara.post(
            where, {"program": "RPP", "wants_lower": "no", "pattern": "YEAR_ROUND", "estimate": "8000"}
        ).status_code
        == 422
    )
    assert RppEnrolment.objects.count() == 1


def test_an_estimate_of_zero_is_active_at_once(cast, on):
    amara = signed_in(cast.amara)
    answer = amara.post(
        page("enrol", cast.account.number),
        {"program": "RPP", "wants_lower": "no", "pattern": "YEAR_ROUND", "estimate": "0"},
        follow=True,
    )
    assert "Release Prior to Payment is active" in text(answer)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"agreement_number": ""}, "Enter the number of the agreement"),
        ({"agreement_number": "<b>"}, "Use letters, digits"),
        ({"provider": ""}, "Choose the surety"),
        ({"provider": "0"}, "Choose a surety of the list"),
        ({"amount": "3000"}, "at least $5,000.00"),
        ({"validity_start": "22/07/2026"}, "year, month and day"),
        ({"validity_end": "2026-07-01"}, "must end after it begins"),
    ],
)
def test_what_the_bond_form_refuses(cast, on, change, words):
    details = {
        "agreement_number": "CB-1",
        "provider": cast.keystone.pk,
        "amount": "30750.00",
        "validity_start": "2026-07-22",
        "validity_end": "",
        **change,
    }
    answer = signed_in(cast.amara).post(page("propose_bond", cast.account.number), details)
    assert (answer.status_code, words in text(answer)) == (422, True)
    assert not Bond.objects.exists()


def test_the_review_page_writes_the_equation_out(cast, reviewed):
    shown = text(signed_in(cast.amara).get(page("review", reviewed.number)))
    for words in (
        "$44,200.00", "$61,480.20", "$50,000.00", "$11,480.20", "+ $5,740.10", "+ $11,480.20", "To $30,740.10",
        "Ask Keystone North Surety", "Thursday 15 October 2026", "in 82 days", "15 September, 8 October 2026",
        "16 October 2026", "24 May 2026",
    ):  # fmt: skip
        assert words in shown, words


def test_the_planner_answers_and_saves_nothing(cast, reviewed):
    amara = signed_in(cast.amara)
    where = page("review", reviewed.number)
    shown = text(amara.get(where, {"month": "70000.00", "cash": "10000.00"}))
    assert "20,000.00 short" in shown and "Bond 5,000.00, cash 10,000.00" in shown and "Bond 10,000.00" in shown
    refused = amara.get(where, {"month": "lots", "cash": "1"})
    assert "Enter an amount in digits" in text(refused)
    assert queries.rpp_status(reviewed.pk, on=RUN).requirement == M("44200.00")


def test_asking_the_surety_for_more(cast, reviewed):
    amara, peter = signed_in(cast.amara), signed_in(cast.peter)
    bond = Bond.objects.get()
    where = page("account_bond", reviewed.number, bond.pk)
    assert amara.post(where, {"act": "ask", "amount": "30740.10"}).status_code == 302
    again = amara.post(where, {"act": "ask", "amount": "30740.10"})
    assert "asked for this already" in text(again)
    assert "above $25,000.00" in text(amara.post(where, {"act": "ask", "amount": "25000.00"}))
    desk = page("bond", cast.keystone.bn9, bond.pk)
    assert "asks for $30,740.10" in text(peter.get(desk))
    assert peter.post(desk, {"act": "raise", "raise-amount": "30740.10"}).status_code == 302
    assert "You are covered" in text(amara.get(page("review", reviewed.number)))


def test_before_any_review_the_page_says_when_it_comes(cast, on):
    shown = text(signed_in(cast.amara).get(page("review", cast.account.number)))
    assert "25 July 2026" in shown


def test_a_review_that_did_not_rise(cast):
    enrolled(cast.account, on=date(2025, 7, 30), estimate="0")
    review(RUN)
    set_clock(moment(RUN))
    shown = text(signed_in(cast.amara).get(page("review", cast.account.number)))
    assert "did not rise" in shown and "You are covered" in shown


def test_the_surety_rejects_gives_notice_and_takes_it_back(cast, account, on):
    peter = signed_in(cast.peter)
    bond = secured(account, cast.keystone, "60000.00", on=on)
    where = page("bond", cast.keystone.bn9, bond.pk)
    early = peter.post(where, {"act": "notice", "notice-terminates_on": str(on + timedelta(days=29))})
    assert (early.status_code, "at least 30 days" in text(early)) == (422, True)
    peter.post(where, {"act": "notice", "notice-terminates_on": str(on + timedelta(days=30)), "notice-reason": "End"})
    assert Bond.objects.get().state == BondState.TERMINATION_PENDING
    assert "Take the notice back" in text(peter.get(where))
    peter.post(where, {"act": "withdraw_notice"})
    assert Bond.objects.get().state == BondState.ACTIVE
    waiting = services.propose_bond(
        program_account_id=account.pk, provider_id=cast.keystone.pk, agreement_number="W", amount=M("5000"),
        validity_start=on, **args(on),
    )  # fmt: skip
    where = page("bond", cast.keystone.bn9, waiting.pk)
    assert "Tell the importer why" in text(peter.post(where, {"act": "reject", "reject-reason": ""}))
    peter.post(where, {"act": "reject", "reject-reason": "Unknown to us"})
    assert "Unknown to us" in text(signed_in(cast.amara).get(page("account_bond", account.number, waiting.pk)))
    assert peter.post(where, {"act": "confirm"}).status_code == 409
    assert peter.post(where, {"act": "dance"}).status_code == 400


def test_an_ended_bond_shows_its_tail(cast, account, on):
    bond = secured(account, cast.keystone, "60000.00", on=on)
    Bond.objects.filter(pk=bond.pk).update(state=BondState.TERMINATED, terminates_on=date(2026, 3, 31))
    peter = signed_in(cast.peter)
    assert "31 March 2027" in text(peter.get(page("bond", cast.keystone.bn9, bond.pk)))
    Bond.objects.filter(pk=bond.pk).update(state=BondState.EXPIRED, terminates_on=None, validity_end=date(2026, 4, 30))
    assert "30 April 2027" in text(peter.get(page("bond", cast.keystone.bn9, bond.pk)))


def test_a_proposed_bond_is_withdrawn(cast, account, on):
    bond = services.propose_bond(
        program_account_id=account.pk, provider_id=cast.keystone.pk, agreement_number="W", amount=M("5000"),
        validity_start=on, **args(on),
    )  # fmt: skip
    amara = signed_in(cast.amara)
    where = page("account_bond", account.number, bond.pk)
    assert "Withdraw the bond" in text(amara.get(where))
    answer = amara.post(where, {"act": "dance"})
    assert answer.status_code == 400 and "Choose what to do with the bond" in text(answer)
    assert Bond.objects.get().state == BondState.PENDING_PROVIDER, "only the word for it withdraws it"
    amara.post(where, {"act": "withdraw"})
    assert Bond.objects.get().state == BondState.WITHDRAWN
    assert amara.post(where, {"act": "withdraw"}).status_code == 409


def test_cash_in_and_out(cast, account, on):
    amara = signed_in(cast.amara)
    enrolled(account, on=on)
    assert amara.post(page("submit", account.number), {"way": "cash"}).url == page("deposit", account.number)
    assert "61500.00" in text(amara.get(page("deposit", account.number)))
    assert amara.post(page("deposit", account.number), {"amount": "0"}).status_code == 422
    services.receive_deposit(program_account_id=account.pk, amount=M("70000"), payment_reference="PAY-1", **args(on))
    assert "PAY-1" in text(amara.get(page("overview", account.number)))
    where = page("refund", account.number)
    assert "8500.00" in text(amara.get(where))
    refused = amara.post(where, {"amount": "9000", "expected_held": "70000.00"})
    assert "Up to $8,500.00" in text(refused)
    assert amara.post(where, {"amount": "8500", "expected_held": "70000.00"}).status_code == 302
    assert "changed since you opened" in text(amara.post(where, {"amount": "1", "expected_held": "70000.00"}))
    assert "Nothing can go back today" in text(amara.get(where))


def test_paying_a_deposit_leads_to_the_payment_page(cast, account, on):
    enrolled(account, on=on)
    answer = signed_in(cast.amara).post(page("deposit", account.number), {"amount": "61500.00"})
    assert answer.status_code == 302
    assert answer.url.endswith("?amount=61500.00")


def test_a_lower_requirement_is_asked_and_withdrawn(cast, account, on):
    amara = signed_in(cast.amara)
    enrolled(account, on=on)
    where = page("reduction", account.number)
    short = amara.post(where, {"proposed_amount": "40000", "justification": "no"})
    assert "at least 20 characters" in text(short)
    amara.post(where, {"proposed_amount": "40000", "justification": "One order that will not come back."})
    assert "Withdraw the request" in text(amara.get(where))
    assert amara.post(where, {"act": "withdraw"}).status_code == 302
    assert ReductionCase.objects.get().state == CaseState.WITHDRAWN
    assert amara.post(where, {"act": "withdraw"}).status_code == 302


def test_cancelling(cast, account, on):
    amara = signed_in(cast.amara)
    where = page("cancel", account.number)
    assert amara.get(where).status_code == 302
    assert amara.get(page("submit", account.number)).status_code == 302
    enrolled(account, on=on)
    assert "Keep it" in text(amara.get(where))
    assert amara.post(where).status_code == 302
    assert RppEnrolment.objects.get().state == RppState.CANCELLED


# --- Who may


ACCOUNT_PAGES = ["overview", "enrol", "submit", "cancel", "propose_bond", "deposit", "refund", "review", "reduction"]


@pytest.mark.parametrize("name", ACCOUNT_PAGES)
def test_a_stranger_finds_nothing(cast, name):
    assert signed_in(cast.stranger).get(page(name, cast.account.number)).status_code == 404
    assert signed_in(None).get(page(name, cast.account.number)).status_code == 302


@pytest.mark.parametrize("name", ACCOUNT_PAGES)
def test_a_reader_reads_only(cast, world, name):
    reader = world.person("Rita Reader")
    world.membership(reader, cast.northlight, Membership.Role.READER, accounts=(cast.account,))
    status = signed_in(reader).get(page(name, cast.account.number)).status_code
    assert status == (200 if name in ("overview", "review") else 403)


def test_a_reader_does_nothing_to_a_bond(cast, world, account, on):
    reader = world.person("Rita Reader")
    world.membership(reader, cast.northlight, Membership.Role.READER, accounts=(cast.account,))
    bond = secured(account, cast.keystone, "60000.00", on=on)
    where = page("account_bond", account.number, bond.pk)
    assert signed_in(reader).get(where).status_code == 200
    assert signed_in(reader).post(where, {"act": "withdraw"}).status_code == 403
    assert signed_in(cast.luc).get(page("account_bond", cast.overdue_account.number, bond.pk)).status_code == 404


def test_a_surety_sees_its_own_bonds_only(cast, world, account, on):
    other = world.surety("Maple Ridge Guarantee")
    rival = world.person("Rory Rival")
    world.membership(rival, other, is_primary=True)
    bond = secured(account, cast.keystone, "60000.00", on=on, number="SECRET-1")
    assert signed_in(rival).get(page("bond", cast.keystone.bn9, bond.pk)).status_code == 404
    assert signed_in(rival).get(page("bond", other.bn9, bond.pk)).status_code == 404
    assert signed_in(rival).post(page("bond", other.bn9, bond.pk), {"act": "confirm"}).status_code == 404
    assert "SECRET-1" not in text(signed_in(rival).get(page("desk", other.bn9)))
    assert "SECRET-1" in text(signed_in(cast.peter).get(page("desk", cast.keystone.bn9)))
    assert signed_in(cast.amara).get(page("desk", cast.northlight.bn9)).status_code == 404
    assert signed_in(cast.wen).get(page("desk", cast.northlight.bn9)).status_code == 404


# --- Numbers of queries, the API, the admin


def test_the_desk_and_the_dashboard_cost_the_same_for_one_row_and_for_many(cast, account, on):
    enrolled(account, on=on)

    def add(number):
        secured(account, cast.keystone, "5000.00", on=on)
        services.receive_deposit(
            program_account_id=account.pk, amount=M("1"), payment_reference=f"P{number}", **args(on)
        )
        services.propose_bond(
            program_account_id=account.pk, provider_id=cast.keystone.pk, agreement_number=f"W{number}",
            amount=M("5000"), validity_start=on, **args(on),
        )  # fmt: skip

    def count(user, address):
        client = signed_in(user)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    add(0)
    pages = [(cast.amara, page("overview", account.number)), (cast.peter, page("desk", cast.keystone.bn9))]
    one = [count(*each) for each in pages]
    for number in range(1, 12):
        add(number)
    assert [count(*each) for each in pages] == one
    assert one[0] <= 20 and one[1] <= 16


def test_the_api(cast, account, on):
    enrolled(account, on=on)
    secured(account, cast.keystone, "5000.00", on=on, number="CB-1")
    services.receive_deposit(program_account_id=account.pk, amount=M("2.50"), payment_reference="P1", **args(on))
    where = reverse("api_security", args=[account.number])
    found = signed_in(cast.amara).get(where).json()
    assert found["requirement"] == "61500.00"
    assert (found["coverage"], found["rpp_is_on"], found["is_sufficient"]) == ("10002.50", True, False)
    assert (found["rpp_state"], found["reasons"]) == ("ACTIVE", ["INSUFFICIENT"])
    assert found["instruments"][0] == {
        "kind": "bond", "reference": "CB-1", "state": "ACTIVE", "amount": "5000.00", "valid_from": "2026-07-22",
        "valid_until": None,
    }  # fmt: skip
    assert found["instruments"][1]["amount"] == "2.50"
    refused = signed_in(cast.stranger).get(where)
    assert (refused.status_code, set(refused.json())) == (404, {"code", "message", "field", "link"})
    assert signed_in(None).get(where).status_code == 401


def officer(cast):
    cast.daniel.user_permissions.set(Permission.objects.filter(content_type__app_label="security"))
    return signed_in(cast.daniel)


def steer(client, model, action, pk, **more):
    return client.post(
        reverse(f"admin:security_{model}_changelist"), {"action": action, "_selected_action": [pk], **more}, follow=True
    )


def test_an_officer_steers_in_the_admin(cast, reviewed):
    client = officer(cast)
    enrolment = RppEnrolment.objects.get()
    assert "give a reason" in text(steer(client, "rppenrolment", "suspend", enrolment.pk))
    steer(client, "rppenrolment", "suspend", enrolment.pk, reason="Non-compliance")
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.note) == (RppState.SUSPENDED, "Non-compliance")
    steer(client, "rppenrolment", "reinstate", enrolment.pk, reason="Cleared up")
    assert RppEnrolment.objects.get().state == RppState.ACTIVE
    assert "cannot be ended" in text(steer(client, "rppenrolment", "remove", enrolment.pk, reason="x"))
    found = queries.latest_review_of(reviewed.pk)
    steer(client, "annualreview", "hold", found.pk, reason="Paper on its way")
    assert queries.latest_review_of(reviewed.pk).outcome == "HELD"
    steer(client, "annualreview", "release", found.pk, reason="Came")
    assert queries.latest_review_of(reviewed.pk).outcome == "RISEN"
    case = services.open_reduction_case(
        program_account_id=reviewed.pk, proposed_amount=M("50000"), justification="x", **args(RUN)
    )
    assert "in digits" in text(steer(client, "reductioncase", "approve", case.pk, reason="ok", amount="$5"))
    steer(client, "reductioncase", "approve", case.pk, reason="ok", amount="55000")
    case.refresh_from_db()
    assert (case.state, case.approved_amount) == (CaseState.PARTIALLY_APPROVED, M("55000.00"))
    case = services.open_reduction_case(
        program_account_id=reviewed.pk, proposed_amount=M("50000"), justification="x", **args(RUN)
    )
    steer(client, "reductioncase", "refuse", case.pk, reason="no")
    case.refresh_from_db()
    assert case.state == CaseState.REFUSED


@pytest.mark.parametrize(
    "model",
    ["rppenrolment", "reductioncase", "annualreview", "bond", "deposit", "securityrequirement", "nudge"],
)
def test_the_registers_are_read_only(cast, reviewed, model):
    client = officer(cast)
    assert client.get(reverse(f"admin:security_{model}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:security_{model}_add")).status_code == 403


def test_an_officer_opens_one_bond(cast, reviewed):
    client = officer(cast)
    assert client.get(reverse("admin:security_bond_change", args=[Bond.objects.get().pk])).status_code == 200
