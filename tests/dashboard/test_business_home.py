"""Where people start, the boards of broker and surety, and the list of program accounts."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from core.jobs import set_clock
from delegation.models import Delegation
from security import services as security
from tests.builders import signed_in
from tests.dashboard.conftest import SYSTEM, Shop, charge, moment
from tests.dashboard.pages import address, see

pytestmark = pytest.mark.django_db


def test_each_seat_starts_where_its_work_is(shop: Shop) -> None:
    cast = shop.cast
    start = address("dashboard:start")
    assert signed_in(cast.amara).get(start).url == address("dashboard:home", shop.account.number)
    assert signed_in(cast.wen).get(start).url == address("dashboard:business", cast.harbourline.bn9)
    assert signed_in(cast.peter).get(start).url == address("dashboard:business", cast.keystone.bn9)
    assert signed_in(cast.daniel).get(start).url == address("dashboard:officer")
    assert signed_in(cast.world.person("Nora New")).get(start).url == address("registration:first_setup")
    assert signed_in(None).get(start).status_code == 302


def test_several_accounts_lead_to_their_list_and_then_to_the_one_used_last(shop: Shop) -> None:
    cast = shop.cast
    second = cast.world.program_account(cast.northlight, "RM0002", name="Rental fleet")
    client = signed_in(cast.amara)
    start = address("dashboard:start")
    assert client.get(start).url == address("dashboard:business", cast.northlight.bn9)
    see(client, "dashboard:home", second.number)
    assert client.get(start).url == address("dashboard:home", second.number)
    Membership.objects.filter(user=cast.amara).update(state=Membership.State.REVOKED)
    assert client.get(start).url == address("registration:first_setup")


def test_two_businesses_lead_to_the_switcher(shop: Shop) -> None:
    cast = shop.cast
    cast.world.membership(cast.amara, cast.desrosiers)
    assert signed_in(cast.amara).get(address("dashboard:start")).url == address("delegation:switch")


def test_staff_without_the_group_are_led_elsewhere(shop: Shop) -> None:
    trainer = shop.cast.world.person("Ruth MacLeod", is_staff=True)
    client = signed_in(trainer)
    assert client.get(address("dashboard:start")).url != address("dashboard:officer")
    assert client.get(address("dashboard:officer")).status_code == 403


def test_the_broker_sees_clients_requests_and_releases(shop: Shop) -> None:
    cast = shop.cast
    shop.secured()
    release = shop.released(by=cast.harbourline)
    shop.released()
    cast.world.delegation(
        cast.harbourline, cast.desrosiers, state=Delegation.State.REQUESTED, asked_by=Delegation.Side.CLIENT
    )
    page = see(signed_in(cast.wen), "dashboard:business", cast.harbourline.bn9)
    assert "Clients 1 Businesses that gave you access" in page
    assert "Requests to answer 1 Clients that nominated you." in page
    assert "Requests sent 0" in page
    assert "Releases to account for 1 0 past their date." in page
    assert release.transaction_number in page
    assert "Wednesday 29 July 2026" in page
    assert "Not begun" in page
    assert "Request a release" in page
    assert "Request access to a client" in page
    set_clock(moment(date(2026, 8, 1)))
    assert "1 past its date." in see(signed_in(cast.wen), "dashboard:business", cast.harbourline.bn9)


def test_the_surety_sees_what_waits_for_it(shop: Shop) -> None:
    cast = shop.cast
    shop.secured()
    security.propose_bond(
        program_account_id=shop.account.pk,
        provider_id=cast.keystone.pk,
        agreement_number="KN-7",
        amount=Decimal("8000"),
        validity_start=date(2026, 8, 1),
        on=cast.world.today,
        at=cast.world.at,
        actor=SYSTEM,
    )
    page = see(signed_in(cast.peter), "dashboard:business", cast.keystone.bn9)
    assert "Bonds waiting for you 1" in page
    assert "Bonds in force 1" in page
    assert "You answer for $25,000.00" in page
    assert "KN-7 Debtor Northlight Outdoor Supply Inc." in page
    assert "8,000.00" in page
    assert "Request a release" not in page


def test_the_business_lists_its_accounts_with_exact_sums(shop: Shop) -> None:
    cast = shop.cast
    shop.secured()
    second = cast.world.program_account(cast.northlight, "RM0002", name="Rental fleet")
    charge(shop.account, "120.50", date(2026, 7, 20), submitter=cast.northlight)
    charge(second, "99.95", date(2026, 4, 20), submitter=cast.northlight)
    page = see(signed_in(cast.amara), "dashboard:business", cast.northlight.bn9)
    assert "120.50 Standing In good standing Release Prior to Payment Active" in page
    assert "99.95 Standing Overdue $99.95 Release Prior to Payment Not enrolled" in page
    reader = cast.world.person("Rae Reader")
    cast.world.membership(reader, cast.northlight, Membership.Role.READER, accounts=(second,))
    page = see(signed_in(reader), "dashboard:business", cast.northlight.bn9)
    assert "99.95" in page
    assert "120.50" not in page
    assert "People and access" not in page


def test_strangers_find_no_business(shop: Shop) -> None:
    url = address("dashboard:business", shop.cast.northlight.bn9)
    assert signed_in(shop.cast.stranger).get(url).status_code == 404
    assert signed_in(shop.cast.daniel).get(url).status_code == 404
    assert signed_in(shop.cast.wen).get(url).status_code == 403


@pytest.mark.parametrize("who", ["wen", "peter", "amara"])
def test_the_number_of_queries_does_not_grow(shop: Shop, who: str) -> None:
    cast = shop.cast
    business = {"wen": cast.harbourline, "peter": cast.keystone, "amara": cast.northlight}[who]
    client = signed_in(getattr(cast, who))
    url = address("dashboard:business", business.bn9)

    def count() -> int:
        with CaptureQueriesContext(connection) as made:
            assert client.get(url).status_code == 200
        return len([row for row in made if "SAVEPOINT" not in row["sql"]])

    shop.secured()
    shop.released(by=cast.harbourline)
    one = count()
    for number in range(2, 25):
        account = cast.world.program_account(cast.northlight, f"RM{number:04d}")
        charge(account, "10.00", date(2026, 4, 20), submitter=cast.northlight)
        shop.released(by=cast.harbourline)
    assert count() <= one + (2 if who == "amara" else 0)
    assert one <= 16


@pytest.mark.parametrize("who", ["wen", "peter", "amara"])
def test_french_is_drawn(shop: Shop, who: str) -> None:
    cast = shop.cast
    business = {"wen": cast.harbourline, "peter": cast.keystone, "amara": cast.northlight}[who]
    see(signed_in(getattr(cast, who)), "dashboard:business", business.bn9, language="fr")
