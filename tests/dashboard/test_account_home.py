"""The home of one program account: exact figures, who sees what, the number of queries, the calendar."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from core.jobs import set_clock
from dashboard.queries import homes
from delegation.rules import FULL
from payments.queries import position
from tests.builders import signed_in
from tests.dashboard.conftest import Shop, charge, moment
from tests.dashboard.pages import address, see
from tests.security.conftest import review

pytestmark = pytest.mark.django_db


@pytest.fixture
def open_month(shop: Shop) -> Shop:
    """A statement of 25 June still to be paid by 2 July, seen on 29 June; a later charge waits for the next one."""
    charge(shop.account, "22274.33", date(2026, 6, 10), submitter=shop.cast.northlight)
    shop.secured()
    shop.statement(date(2026, 6, 25))
    charge(shop.account, "3118.90", date(2026, 6, 22), submitter=shop.cast.harbourline)
    set_clock(moment(date(2026, 6, 26)))
    return shop


def test_the_importer_reads_what_is_due_to_the_cent(open_month: Shop) -> None:
    page = see(signed_in(open_month.cast.amara), "dashboard:home", open_month.account.number)
    assert "1 thing needs you. The nearest date is Wednesday 1 July 2026." in page
    assert "Pay the statement of 25 June 2026" in page
    assert "$22,274.33 total payable" in page
    assert "The due date is a holiday: payment counts until Thursday 2 July 2026." in page
    assert "$25,393.23" in page
    assert "$22,274.33 on the statement and $3,118.90 not yet billed." in page
    assert "In good standing Nothing is overdue. Good since 4 March 2025." in page
    assert "Active Goods are released before you pay. Enrolled 5 January 2026." in page
    assert "$4,999.99 Of $4,999.99 until 17 July. Debit has no limit here." in page
    assert "Bond CB-2204-0917 $25,000.00" in page
    assert "It covers (a bond counts double) $50,000.00" in page
    assert "Required today $44,200.00" in page
    assert "Used, 50.8 %" in page
    assert "Security covers $50,000.00" in page
    assert "Due in 5 days" in page
    assert "25 July 2026 What Next statement is issued Covers Releases 18 June to 17 July 2026" in page
    assert "$3,118.90 so far" in page


def test_the_home_and_the_payment_page_agree(open_month: Shop) -> None:
    on = date(2026, 6, 26)
    home = homes.account_home(open_month.account, visibility=FULL, on=on)
    paid = position(open_month.account.pk, on)
    assert (home.owed.on_statement, home.owed.to_come) == (paid.on_statement, paid.unbilled)
    assert home.owed.overdue_now == paid.overdue
    later = date(2026, 8, 20)
    home, paid = (
        homes.account_home(open_month.account, visibility=FULL, on=later),
        position(open_month.account.pk, later),
    )
    assert home.owed.overdue_now == paid.overdue == Decimal("25393.23")
    assert home.owed.total == paid.total


def test_an_overdue_amount_stands_first_and_says_what_follows(open_month: Shop) -> None:
    set_clock(moment(date(2026, 7, 6)))
    page = see(signed_in(open_month.cast.amara), "dashboard:home", open_month.account.number)
    assert "1 thing needs you, and it is overdue." in page
    assert "Pay what is overdue Interest runs until it is paid." in page
    assert "Release Prior to Payment is suspended on 1 August 2026." in page
    assert "$22,274.33 is overdue since 3 July 2026." in page
    assert "4 days late" in page


def test_a_draft_a_release_and_a_request_are_tasks(shop: Shop) -> None:
    shop.secured()
    shop.draft(shop.released())
    shop.released(by=shop.cast.harbourline)
    shop.asked_for_access()
    page = see(signed_in(shop.cast.amara), "dashboard:home", shop.account.number)
    assert "3 things need you. The nearest date is Wednesday 29 July 2026." in page
    assert "Finish the declaration for the release of 22 July Draft by Amara Osei." in page
    assert "Tents, released for you by Harbourline Customs Brokers Ltd., which accounts for them." in page
    assert "Answer an access request from Passerelle Courtage en douane inc." in page
    assert "Customs broker, received 21 July. They see nothing until you approve." in page
    assert "request expires" in page


def test_the_yearly_review_is_a_task_with_its_shortfall(shop: Shop) -> None:
    charge(shop.account, "61480.20", date(2026, 5, 20), submitter=shop.cast.northlight)
    shop.secured()
    set_clock(moment(date(2026, 7, 25), 0))
    review(date(2026, 7, 25))
    set_clock(moment(date(2026, 7, 25)))
    page = see(signed_in(shop.cast.amara), "dashboard:home", shop.account.number)
    assert "Raise your financial security: the yearly review moved your requirement" in page
    assert "to $61,480.20. Raise the bond by this amount or add $11,480.20 in cash." in page
    assert "$5,740.10 bond shortfall" in page
    assert "Short from 15 October" in page or "short from 15 October" in page
    assert "Required from 15 October $61,480.20" in page
    assert "Security after the yearly review" in page
    assert "$5,740.10 more" in page


def test_a_delegate_with_limited_visibility_sees_no_sum_and_nothing_of_others(
    open_month: Shop, narrow: Callable[..., Any]
) -> None:
    narrow()
    set_clock(moment(date(2026, 7, 22)))
    cast = open_month.cast
    own = open_month.draft(open_month.released())
    open_month.draft(open_month.released(by=cast.harbourline))
    client = signed_in(cast.ines)
    page = see(client, "dashboard:home", open_month.account.number)
    assert "You see a part of this account" in page
    assert "Acting for Northlight Outdoor Supply Inc." in page
    for hidden in ("22,274.33", "25,393.23", "3,118.90", "Open balance", "CB-2204-0917", own.number, "Harbourline"):
        assert hidden not in page
    open_month.draft(open_month.released(by=cast.passerelle))
    page = see(client, "dashboard:home", open_month.account.number)
    assert "Finish the declaration for the release of 22 July" in page
    assert own.number not in page
    calendar = client.get(address("dashboard:calendar", open_month.account.number)).content.decode()
    assert calendar.count("BEGIN:VEVENT") == 1
    assert "22,274" not in calendar.replace("\\", "")


def test_a_broker_with_full_visibility_sees_all_but_requests(open_month: Shop) -> None:
    open_month.cast.world.at = moment(date(2026, 6, 26))
    open_month.asked_for_access()
    page = see(signed_in(open_month.cast.wen), "dashboard:home", open_month.account.number)
    assert "$25,393.23" in page
    assert "Passerelle" not in page
    assert "Request a release" in page
    assert "People and access" not in page


def test_a_reader_is_offered_nothing_it_may_not_do(open_month: Shop) -> None:
    world = open_month.cast.world
    reader = world.person("Rae Reader")
    world.membership(reader, open_month.cast.northlight, Membership.Role.READER, accounts=(open_month.account,))
    page = see(signed_in(reader), "dashboard:home", open_month.account.number)
    assert "Make a payment" not in page
    assert "Start a declaration" not in page
    assert "Post security" not in page
    assert "Pay the statement of 25 June 2026" in page


def test_strangers_find_nothing(shop: Shop) -> None:
    for name in ("dashboard:home", "dashboard:calendar"):
        url = address(name, shop.account.number)
        assert signed_in(shop.cast.stranger).get(url).status_code == 404
        assert signed_in(shop.cast.daniel).get(url).status_code == 404
        assert signed_in(None).get(url).status_code == 302


def test_an_empty_account_says_so(shop: Shop) -> None:
    page = see(signed_in(shop.cast.amara), "dashboard:home", shop.account.number)
    assert "Nothing needs you today" in page
    assert "Nothing is owed, billed or not." in page
    assert "Not enrolled Goods are paid for at the port before they are released." in page
    assert "No security is needed yet" in page


def test_french_is_drawn(open_month: Shop) -> None:
    page = see(signed_in(open_month.cast.amara), "dashboard:home", open_month.account.number, language="fr")
    assert "22 274,33 $" in page
    assert "25 juillet 2026" in page


def test_the_number_of_queries_does_not_grow(open_month: Shop, cast: Any) -> None:
    client = signed_in(cast.amara)
    url = address("dashboard:home", open_month.account.number)
    client.get(url)
    set_clock(moment(date(2026, 7, 22)))

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries_made:
            assert client.get(url).status_code == 200
        return len([row for row in queries_made if "SAVEPOINT" not in row["sql"]])

    open_month.released()
    one = count()
    for number in range(1, 50):
        charge(open_month.account, "10.00", date(2026, 6, 22) + timedelta(days=number % 20), submitter=cast.northlight)
    for _number in range(12):
        open_month.draft(open_month.released())
    assert count() == one
    assert one <= 16


def test_the_calendar_holds_the_dates(open_month: Shop) -> None:
    response = signed_in(open_month.cast.amara).get(address("dashboard:calendar", open_month.account.number))
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert f"portage-{open_month.account.number}.ics" in response["Content-Disposition"]
    text = response.content.decode()
    assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") == 3
    assert "DTSTART;VALUE=DATE:20260701" in text
    assert "DTSTART;VALUE=DATE:20260725" in text
    assert "22\\,274.33" in text.replace("\r\n ", "")
