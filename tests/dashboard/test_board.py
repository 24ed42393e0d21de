"""The provider's board: every client it reaches, what each access shows, and never what it does not show."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from core.jobs import set_clock
from dashboard.queries import board as queries
from dashboard.queries.board import Order, Show, Stand
from dashboard.rules import Attention, ClientFacts, attention
from delegation import access
from delegation import services as delegations
from delegation.models import Delegation
from delegation.rules import Action
from payments.queries import position
from tests.builders import Cast, actor, signed_in
from tests.dashboard.conftest import Shop, charge, moment
from tests.dashboard.pages import address, see, words

ON = date(2026, 7, 22)
VALID = Delegation.State.ACTIVE

pytestmark = pytest.mark.django_db


def rows_of(cast: Cast, user: Any = None, business: Any = None) -> list[queries.Row]:
    person, home = user or cast.wen, business or cast.harbourline
    seat = access.business_for(actor(person), home.bn9, to=Action.VIEW, on=cast.world.today)
    return queries.board_of(seat)


def file_of(client: Client, bn9: str, query: str = "") -> list[dict[str, str]]:
    answer = client.get(address("dashboard:board_csv", bn9) + query)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.fixture
def billed(shop: Shop) -> Shop:
    """Northlight with a bond, a statement of 25 June that is still unpaid, seen on 28 June."""
    shop.secured()
    charge(shop.account, "412.50", date(2026, 6, 10), submitter=shop.cast.northlight)
    shop.statement(date(2026, 6, 25))
    shop.cast.world.at = moment(date(2026, 6, 28))
    set_clock(shop.cast.world.at)
    return shop


# --- The rule --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        (ClientFacts(), ()),
        (ClientFacts(is_to_answer=True), (Attention.TO_ANSWER,)),
        (ClientFacts(rpp_is_on=True, is_sufficient=True), ()),
        (ClientFacts(rpp_is_on=False), (Attention.RPP_OFF,)),
        (ClientFacts(is_sufficient=False), (Attention.SHORT,)),
        (ClientFacts(statement_left=Decimal("0.01"), last_day_to_pay=ON - timedelta(1)), (Attention.OVERDUE,)),
        (ClientFacts(statement_left=Decimal("0.01"), last_day_to_pay=ON), (Attention.DUE_SOON,)),
        (ClientFacts(statement_left=Decimal("0.01"), last_day_to_pay=ON + timedelta(7)), (Attention.DUE_SOON,)),
        (ClientFacts(statement_left=Decimal("0.01"), last_day_to_pay=ON + timedelta(8)), ()),
        (ClientFacts(statement_left=Decimal("0.00"), last_day_to_pay=ON - timedelta(1)), ()),
        (ClientFacts(last_day_to_pay=ON - timedelta(1)), ()),
        (ClientFacts(valid_until=ON + timedelta(30)), (Attention.ENDING,)),
        (ClientFacts(valid_until=ON + timedelta(31)), ()),
        (
            ClientFacts(rpp_is_on=False, is_sufficient=False, valid_until=ON),
            (Attention.RPP_OFF, Attention.SHORT, Attention.ENDING),
        ),
    ],
)
def test_what_calls_for_attention(facts: ClientFacts, reasons: tuple[Attention, ...]) -> None:
    assert attention(facts, on=ON) == reasons


# --- What is shown ---------------------------------------------------------------------------------------------------
def test_a_client_with_full_visibility_shows_rpp_security_and_the_statement(billed: Shop) -> None:
    (row,) = rows_of(billed.cast)
    assert (row.stand, row.number, row.is_registered) == (Stand.APPROVED, billed.account.number, True)
    assert row.rpp is not None and row.rpp.is_on
    assert row.facts.is_sufficient is True
    assert row.facts.statement_left == Decimal("412.50") == position(billed.account.pk, ON).total
    page = see(signed_in(billed.cast.wen), "dashboard:board", billed.cast.harbourline.bn9)
    for told in ("Northlight Outdoor Supply Inc.", "Approved", "Business Management", "Everything", "$412.50"):
        assert told in page
    assert "Sufficient $50,000.00 of $44,200.00" in page


def test_a_narrow_access_shows_no_amount_of_a_statement_anywhere(billed: Shop) -> None:
    cast = billed.cast
    cast.world.delegation(cast.passerelle, cast.northlight, accounts=(billed.account,), sees_client=True)
    (row,) = rows_of(cast, cast.ines, cast.passerelle)
    assert (row.shows_statements, row.facts.statement_left, row.facts.last_day_to_pay) == (False, None, None)
    assert not {Attention.DUE_SOON, Attention.OVERDUE} & set(row.reasons)
    assert not row.is_shown_by(Show.DUE, cast.world.today)
    client = signed_in(cast.ines)
    page = see(client, "dashboard:board", cast.passerelle.bn9)
    assert "not shown" in page and "412.50" not in page
    assert "Statement due 0" in page, "a hidden statement is not counted either"
    (cells,) = file_of(client, cast.passerelle.bn9)
    assert (cells["Statement: left to pay"], cells["Last day to pay"]) == ("not shown", "")
    assert file_of(client, cast.passerelle.bn9, "?show=due") == []


def test_a_hidden_statement_is_not_told_by_the_order_of_the_rows(billed: Shop) -> None:
    cast = billed.cast
    second = cast.world.program_account(cast.desrosiers, "RM0002")
    cast.world.delegation(cast.passerelle, cast.northlight, accounts=(billed.account,))
    cast.world.delegation(cast.passerelle, cast.desrosiers, accounts=(second,))
    rows = rows_of(cast, cast.ines, cast.passerelle)
    names = [row.client.legal_name for row in rows]
    for order in (Order.DUE, Order.END):
        ordered = queries.chosen(rows, show="", search="", order=order, on=cast.world.today)
        assert [row.client.legal_name for row in ordered] == names


def test_the_visibility_of_each_access_is_said(cast: Cast) -> None:
    for ticked, told in (
        ({}, "Own transactions"),
        ({"sees_client": True}, "Own and the client's transactions"),
        ({"sees_others": True}, "Own and other third parties' transactions"),
    ):
        Delegation.objects.filter(provider=cast.passerelle).delete()
        cast.world.delegation(cast.passerelle, cast.northlight, accounts=(cast.account,), **ticked)
        (cells,) = file_of(signed_in(cast.ines), cast.passerelle.bn9)
        assert cells["Sees"] == told
        assert cells["Access"] == "Program Management"


def test_only_the_program_accounts_of_the_access_are_there(cast: Cast) -> None:
    cast.world.program_account(cast.northlight, "RM0002")
    cast.world.program_account(cast.northlight, "RM0003", closed_on=date(2026, 1, 1))
    cast.world.delegation(cast.passerelle, cast.northlight, accounts=(cast.account,))
    assert [row.number[-6:] for row in rows_of(cast)] == ["RM0001", "RM0002"]
    assert [row.number[-6:] for row in rows_of(cast, cast.ines, cast.passerelle)] == ["RM0001"]


def test_a_person_of_two_providers_sees_each_ones_clients_on_its_own_board(cast: Cast) -> None:
    cast.world.membership(cast.wen, cast.passerelle, Membership.Role.READER)
    cast.world.delegation(cast.passerelle, cast.desrosiers)
    assert {row.client for row in rows_of(cast)} == {cast.northlight}
    assert {row.client for row in rows_of(cast, cast.wen, cast.passerelle)} == {cast.desrosiers}


def test_an_exporter_has_no_release_prior_to_payment_to_worry_about(cast: Cast) -> None:
    cast.world.program_account(cast.northlight, "RM0002", profile="EXPORTER")
    second = rows_of(cast)[1]
    assert (second.rpp, second.facts.rpp_is_on) == (None, None)
    assert second.reasons == ()


def test_an_account_that_is_enrolled_without_security_is_off(cast: Cast) -> None:
    (row,) = rows_of(cast)
    assert row.facts.rpp_is_on is False
    assert row.facts.is_sufficient is None, "nothing is required of an account that is not enrolled"
    assert "Not enrolled" in see(signed_in(cast.wen), "dashboard:board", cast.harbourline.bn9)


# --- Requests and ends ------------------------------------------------------------------------------------------------
def test_requests_both_ways_wait_and_what_is_over_says_how_it_ended(cast: Cast) -> None:
    world = cast.world
    asked = delegations.request_access(
        provider_id=cast.passerelle.pk,
        client_bn9=cast.northlight.bn9,
        comment="",
        actor=actor(cast.ines, cast.passerelle),
        on=world.today,
        at=world.at,
    )
    world.delegation(
        cast.passerelle,
        cast.desrosiers,
        state=Delegation.State.REQUESTED,
        asked_by=Delegation.Side.CLIENT,
        decided_at=None,
        valid_until=world.today,
    )
    third = world.business("Prairie Lantern Co.", registered_at=None)
    world.delegation(cast.passerelle, third, state=Delegation.State.REVOKED)
    fourth = world.business("Juniper Toys Ltd.")
    world.delegation(cast.passerelle, fourth, valid_from=world.today + timedelta(days=3))
    fifth = world.business("Larkspur Linen Ltd.")
    world.delegation(cast.passerelle, fifth, valid_until=world.today - timedelta(days=1))
    sixth = world.business("Quiet Quarry Ltd.")
    world.delegation(cast.passerelle, sixth)
    seventh = world.business("Refusing Reeds Ltd.")
    world.delegation(cast.passerelle, seventh, state=Delegation.State.REJECTED)
    found = {row.client: row for row in rows_of(cast, cast.ines, cast.passerelle)}
    stands = {client.legal_name.split()[0]: row.stand for client, row in found.items()}
    assert stands == {
        "Northlight": Stand.WAITING,
        "Desrosiers": Stand.WAITING,
        "Prairie": Stand.ENDED,
        "Juniper": Stand.LATER,
        "Larkspur": Stand.ENDED,
        "Quiet": Stand.APPROVED,
        "Refusing": Stand.ENDED,
    }
    assert found[cast.desrosiers].reasons == (Attention.TO_ANSWER,)
    assert found[cast.northlight].reasons == ()
    client = signed_in(cast.ines)
    page = client.get(address("dashboard:board", cast.passerelle.bn9))
    text = words(page)
    assert "Revoked" in text and "Rejected" in text and "Starts later" in text and "Not registered" in text
    assert address("delegation:third_party_request", cast.passerelle.bn9, asked.pk).encode() in page.content
    assert [cells["Client"] for cells in file_of(client, cast.passerelle.bn9, "?show=waiting")] == [
        "Desrosiers Acier ltée",
        "Northlight Outdoor Supply Inc.",
    ]


def test_an_access_in_force_hides_what_ended_before_it(cast: Cast) -> None:
    cast.world.delegation(cast.harbourline, cast.northlight, state=Delegation.State.ENDED)
    assert [row.stand for row in rows_of(cast)] == [Stand.APPROVED]


def test_staff_who_may_not_ask_for_clients_see_those_they_reach_only(cast: Cast) -> None:
    reader = cast.world.person("Rae Reader")
    cast.world.membership(reader, cast.harbourline, Membership.Role.READER)
    cast.world.delegation(
        cast.harbourline, cast.desrosiers, state=Delegation.State.REQUESTED, decided_at=None, valid_until=None
    )
    assert len(rows_of(cast)) == 2
    assert [row.client for row in rows_of(cast, reader)] == [cast.northlight]
    client = signed_in(reader)
    page = see(client, "dashboard:board", cast.harbourline.bn9)
    assert "Desrosiers" not in page and "Request access to a client" not in page


# --- Looking for something -------------------------------------------------------------------------------------------
def test_each_filter_and_the_search_find_what_they_say(billed: Shop) -> None:
    cast = billed.cast
    cast.world.program_account(cast.northlight, "RM0002")
    cast.world.delegation(
        cast.harbourline, cast.desrosiers, sees_client=True, sees_others=True, valid_until=cast.world.today
    )
    client, bn9 = signed_in(cast.wen), cast.harbourline.bn9

    def found(query: str) -> list[str]:
        return [cells["Program account"] for cells in file_of(client, bn9, query)]

    first, second, other = billed.account.number, f"{cast.northlight.bn9}RM0002", cast.overdue_account.number
    assert found("") == [other, first, second]
    assert found("?show=due") == [first]
    assert found("?show=ending") == [other]
    assert found("?show=rpp-off") == [other, second]
    assert found("?show=attention") == [other, first, second]
    assert found("?search=NORTHLIGHT") == [first, second]
    assert found(f"?search={first[:3]} {first[3:6]} {first[6:9]} rm0002") == [second]
    assert found("?order=due") == [first, other, second]
    assert found("?order=end") == [other, first, second]
    assert found("?order=attention")[0] == first
    assert "No client matches" in see(client, "dashboard:board", bn9, query="?search=zebra")
    assert "Select a valid choice" in see(client, "dashboard:board", bn9, query="?show=everything")


def test_a_due_statement_stands_before_what_is_less_urgent(billed: Shop) -> None:
    (row,) = rows_of(billed.cast)
    assert row.reasons == (Attention.DUE_SOON,)


def test_a_board_of_many_clients_has_pages(cast: Cast) -> None:
    for number in range(30):
        cast.world.program_account(cast.northlight, f"RM{number + 2:04d}")
    client = signed_in(cast.wen)
    answer = client.get(address("dashboard:board", cast.harbourline.bn9) + "?page=2")
    assert len(answer.context["rows"]) == 6
    assert "26 to 31 of 31" in words(answer)


def test_a_provider_without_clients_is_told_how_to_begin(cast: Cast) -> None:
    assert "No clients yet" in see(signed_in(cast.ines), "dashboard:board", cast.passerelle.bn9)


def test_an_importer_has_no_board(cast: Cast) -> None:
    client = signed_in(cast.amara)
    for name in ("dashboard:board", "dashboard:board_csv"):
        assert client.get(address(name, cast.northlight.bn9)).status_code == 403
    assert signed_in(cast.wen).get(address("dashboard:board", cast.northlight.bn9)).status_code == 403
    assert signed_in(cast.stranger).get(address("dashboard:board", cast.harbourline.bn9)).status_code == 404


# --- The cost --------------------------------------------------------------------------------------------------------
def test_fifty_rows_cost_as_many_queries_as_one(cast: Cast) -> None:
    client, here = signed_in(cast.wen), address("dashboard:board", cast.harbourline.bn9)
    with CaptureQueriesContext(connection) as one:
        client.get(here)
    for _number in range(50):
        other = cast.world.business("Another Client Ltd.")
        cast.world.program_account(other)
        cast.world.delegation(cast.harbourline, other, sees_client=True, sees_others=True)
    with CaptureQueriesContext(connection) as many:
        assert "1 to 25 of 51" in words(client.get(here))
    assert len(many) == len(one) <= 8
