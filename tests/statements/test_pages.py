"""The pages of statements: who opens them, what they say, and at what price in queries."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from core.jobs import set_clock
from ledger.rules import EntryKind
from statements import queries
from statements.models import InterestCharge, Statement
from tests.builders import Cast, signed_in
from tests.statements import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def july(cast: Cast) -> Statement:
    _june, statement = scene.play(cast.account, cast.northlight, cast.harbourline)
    set_clock(scene.at(scene.JULY))
    return statement


def address(cast: Cast, name: str = "detail", *more: str) -> str:
    args = {"detail": ("2026-07-25",), "csv": ("2026-07-25",), "pdf": ("2026-07-25",)}.get(name, ())
    return reverse(f"statements:{name}", args=(cast.account.number, *(more or args)))


def text_of(response: Any) -> str:
    """What a person reads, with plain spaces."""
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"[\s\u00a0\u202f]+", " ", words.replace("&#x27;", "'"))


def page(who: User | None, url: str) -> Any:
    return signed_in(who).get(url)


# --- Who may ---------------------------------------------------------------------------------------------------------

NAMES = ("list", "detail", "csv", "pdf", "history", "notices")


@pytest.mark.parametrize("name", NAMES)
def test_the_importer_and_a_broker_who_sees_everything_open_it(july: Statement, cast: Cast, name: str) -> None:
    for who in (cast.amara, cast.wen):
        assert page(who, address(cast, name)).status_code == 200


@pytest.mark.parametrize("name", NAMES)
def test_a_stranger_finds_nothing_and_a_visitor_signs_in(july: Statement, cast: Cast, name: str) -> None:
    for who in (cast.stranger, cast.luc, cast.peter):
        assert page(who, address(cast, name)).status_code == 404
    assert page(None, address(cast, name)).status_code == 302


@pytest.mark.parametrize("name", [name for name in NAMES if name != "history"])
def test_a_broker_with_limited_sight_is_told_whom_to_ask(july: Statement, cast: Cast, name: str) -> None:
    cast.world.delegation(cast.passerelle, cast.northlight, accounts=(cast.account,))
    answer = page(cast.ines, address(cast, name))
    assert answer.status_code == 403
    assert "Ask its manager to widen it" in text_of(answer)


def test_a_limited_broker_sees_its_own_entries_without_balances(july: Statement, cast: Cast) -> None:
    cast.world.delegation(cast.passerelle, cast.northlight, accounts=(cast.account,))
    debt = scene.declare(cast.account, "30900000000017", date(2026, 7, 20), submitter=cast.passerelle, duty="77.00")
    paid = scene.pay(cast.account, "RSECRET", "77.00", date(2026, 7, 21))
    scene.settle(debt, paid, "77.00", date(2026, 7, 21))
    answer = page(cast.ines, address(cast, "history"))
    words = text_of(answer)
    assert answer.status_code == 200
    assert "30900000000017" in words and "$77.00 on 21 Jul 2026" in words
    for hidden in ("17042000044712", "Harbourline", "RSECRET", "Balance ", "22,275.30"):
        assert hidden not in words
    csv = page(cast.ines, address(cast, "history") + "?format=csv").content.decode()
    assert "30900000000017" in csv and "17042000044712" not in csv


@pytest.mark.parametrize("day", ["2026-07-24", "tomorrow", "2026-13-40"])
def test_a_day_without_a_statement_says_when_they_come(july: Statement, cast: Cast, day: str) -> None:
    answer = page(cast.amara, address(cast, "detail", day))
    assert answer.status_code == 404
    assert "issued on the 25th" in text_of(answer)


# --- The statement ---------------------------------------------------------------------------------------------------


def test_the_statement_page_reads_as_a_sum(july: Statement, cast: Cast) -> None:
    words = text_of(page(cast.amara, address(cast)))
    assert "Statement of account, 25 July 2026" in words
    assert "Billing period 18 June to 17 July 2026." in words
    assert "Pay $22,275.30" in words and "Pay by Friday 31 July 2026" in words
    for amount in ("18,412.66", "−236.40", "−19,426.26", "4.69", "23,933.11", "−412.50", "$22,275.30"):
        assert amount in words
    assert "F, charges of the period Duty 14,016.46 Surtax 2,403.10 GST 7,513.55 Total 23,933.11" in words
    assert "7 of 7 charges. Declarations filed by Harbourline Customs Brokers Ltd. unless said otherwise." in words
    assert "Dhaka Outerwear Mills, filed by you" in words
    for count in ("Charges (7)", "Credits and corrections (2)", "Payments (3)", "By revenue type"):
        assert count in words


def test_the_broker_reads_who_filed_from_its_own_seat(july: Statement, cast: Cast) -> None:
    words = text_of(page(cast.wen, address(cast)))
    assert "Declarations filed by you unless said otherwise." in words
    assert "Dhaka Outerwear Mills, filed by Northlight Outdoor Supply Inc." in words


def test_box_e_is_explained_step_by_step(july: Statement, cast: Cast) -> None:
    words = text_of(page(cast.amara, address(cast) + "?explain=E"))
    assert "Box E: $4.69, interest and penalties" in words
    assert "1. What was late $4,176.26" in words
    assert "Declaration 17042000044600, due 1 July 2026 (last day to pay 2 July 2026)." in words
    assert "2. For how long 5 days" in words
    assert "From the day after the due date, 2 July 2026, through the day paid, 6 July 2026." in words
    assert "3. At what rate 8.20 %" in words and "(illustrative)" in words
    assert "4,176.26 × (1 + 0.082 ÷ 365) 5 − 4,176.26" in words
    assert "version of 1 January 2026" in words
    assert "Entry in the book: interest:" in words


def test_every_box_explains_itself(july: Statement, cast: Cast) -> None:
    client = signed_in(cast.amara)
    expected = {
        "A": "Box H of the statement of 25 June 2026",
        "B": "Correction 17042000044600",
        "C": "Payment R7HQ2M",
        "D": "There was nothing of this kind.",
        "F": "7 charges",
        "G": "Correction 17042000044761",
        "H": "E, Interest and penalties",
    }
    for letter, words in expected.items():
        assert words in text_of(client.get(address(cast) + f"?explain={letter}")), letter
    assert "Explain this number" not in text_of(client.get(address(cast) + "?explain=Z"))
    assert "first statement" in text_of(client.get(address(cast, "detail", "2026-06-25") + "?explain=A"))


def test_interest_of_several_kinds_is_one_step_each(cast: Cast) -> None:
    scene.declare(cast.account, "11", date(2026, 5, 4), duty="1000.00")
    scene.declare(cast.account, "12", date(2026, 5, 5), duty="2000.00")
    scene.charge_interest(date(2026, 6, 24))
    scene.issue(scene.JUNE)
    scene.declare(cast.account, "13", date(2026, 6, 2), duty="4000.00")
    scene.declare(cast.account, "14", date(2026, 5, 20), kind=EntryKind.PENALTY, penalty="9000.00")
    scene.charge_interest(date(2026, 7, 24))
    scene.issue(scene.JULY)
    client = signed_in(cast.amara)
    june = text_of(client.get(address(cast, "detail", "2026-06-25") + "?explain=E"))
    assert "1. What was late $3,000.00 Declarations 11, 12, due 29 May 2026." in june
    assert "4. Interest, rounded once a debt" in june and "Penalty 14 $9,000.00" in june
    july = text_of(client.get(address(cast) + "?explain=E"))
    assert "$3,000.00, 30 days at 8.20 %" in july and "where the last charge ended" in july
    assert "Interest posted on 24 June 2026 and still unpaid." in july
    assert "Penalty of 20 May 2026 (14), not paid within 30 days." in july and "Prescribed rate" in july
    assert "Entries in the book: 6" in july


def test_interest_over_a_change_of_rate_and_paid_in_a_later_month(cast: Cast) -> None:
    debt = scene.declare(cast.account, "11", date(2026, 2, 2), duty="100000.00")
    paid = scene.pay(cast.account, "A", "60000.00", date(2026, 4, 10))
    scene.settle(debt, paid, "60000.00", date(2026, 4, 10))
    scene.charge_interest(date(2026, 4, 24))
    scene.issue(date(2026, 4, 25))
    rest = scene.pay(cast.account, "B", "40000.00", date(2026, 5, 4))
    scene.settle(debt, rest, "40000.00", date(2026, 5, 4))
    scene.charge_interest(date(2026, 5, 24))
    scene.issue(date(2026, 5, 25))
    client = signed_in(cast.amara)
    april = text_of(client.get(address(cast, "detail", "2026-04-25") + "?explain=E"))
    assert "$60,000.00, 38 days at 8.20 %" in april and "Specified rate in force each day" in april
    assert "365) 38" not in april
    may = text_of(client.get(address(cast, "detail", "2026-05-25") + "?explain=E"))
    assert "where the last charge ended, through the day paid, 4 May 2026" in may


def test_a_verified_rate_is_not_called_illustrative(july: Statement, cast: Cast) -> None:
    InterestCharge.objects.update(rate_is_illustrative=False)
    words = text_of(page(cast.amara, address(cast) + "?explain=E"))
    assert "Specified rate in force on 6 July 2026, compounded daily over 365." in words


def test_a_long_box_is_cut_short_with_what_is_left_over(cast: Cast) -> None:
    for number in range(15):
        scene.pay(cast.account, f"P{number:02d}", "10.00", date(2026, 7, 1))
    scene.issue(scene.JULY)
    words = text_of(page(cast.amara, address(cast) + "?explain=C"))
    assert "P11" in words.split("Explain this number")[1] and "3 more −$30.00" in words


def test_a_document_without_a_page_has_no_link(cast: Cast) -> None:
    scene.declare(cast.account, "a/b", date(2026, 7, 1), duty="1.00")
    scene.declare(cast.account, "", date(2026, 7, 2), duty="1.00")
    scene.issue(scene.JULY)
    content = page(cast.amara, address(cast)).content.decode()
    assert "a/b" in content and "a/b</a>" not in content


def test_tabs_and_filter(july: Statement, cast: Cast) -> None:
    client = signed_in(cast.amara)
    credits = text_of(client.get(address(cast) + "?box=G"))
    assert "Total of these lines Amount −648.90" in credits
    payments = text_of(client.get(address(cast) + "?box=C"))
    assert "R7HQ2M" in payments and "−19,426.26" in payments
    revenue = text_of(client.get(address(cast) + "?box=R"))
    assert "Customs duty" in revenue and "23,288.90" in revenue
    own = text_of(client.get(address(cast) + f"?box=F&submitter={cast.northlight.pk}"))
    assert "2 lines match the filter." in own and "2 of 7 charges." in own
    assert "Total of these lines Duty 4,575.58 Surtax 0.00 GST 1,876.76 Total 6,452.34" in own
    one = text_of(client.get(address(cast) + "?number=17042000044803"))
    assert "1 line matches the filter." in one
    assert "No line matches" in text_of(client.get(address(cast) + "?number=999"))
    assert client.get(address(cast) + "?submitter=bread&page=x").status_code == 200
    empty = text_of(client.get(address(cast, "detail", "2026-06-25") + "?box=C"))
    assert "No payments" in empty
    assert "No credits and no corrections" in text_of(client.get(address(cast, "detail", "2026-06-25") + "?box=G"))


def test_what_the_alert_says_as_time_goes_by(july: Statement, cast: Cast) -> None:
    client = signed_in(cast.amara)
    set_clock(scene.at(date(2026, 8, 1)))
    assert "$22,275.30 is overdue" in text_of(client.get(address(cast)))
    set_clock(scene.at(date(2026, 7, 28)))
    scene.pay(cast.account, "PART", "275.30", date(2026, 7, 28))
    assert "$22,000.00 of $22,275.30 is left to pay." in text_of(client.get(address(cast)))
    scene.pay(cast.account, "REST", "22000.00", date(2026, 7, 28))
    words = text_of(client.get(address(cast)))
    assert "Nothing is left to pay of this statement." in words and "Pay $" not in words
    paid = text_of(client.get(address(cast, "list")))
    assert "Paid" in paid and "Nothing is owed." in paid


def test_a_due_date_on_a_holiday_is_said(cast: Cast) -> None:
    scene.declare(cast.account, "9", date(2026, 6, 3), duty="1.00")
    scene.issue(scene.JUNE)
    set_clock(scene.at(scene.JUNE))
    words = text_of(page(cast.amara, address(cast, "detail", "2026-06-25")))
    assert "Pay by Thursday 2 July 2026 10 weekdays after 17 June is 1 July, a holiday" in words


def test_charges_of_other_classes_get_a_column(cast: Cast) -> None:
    scene.declare(cast.account, "1", date(2026, 7, 1), submitter=cast.northlight, duty="1.00", excise_tax="2.50")
    scene.issue(scene.JULY)
    words = text_of(page(cast.amara, address(cast)))
    assert "Other 2.50 Total 3.50" in words and "Filed by you" in words


def test_a_credit_balance_is_nothing_to_pay(cast: Cast) -> None:
    scene.pay(cast.account, "A", "5.00", date(2026, 7, 1))
    scene.issue(scene.JULY)
    client = signed_in(cast.amara)
    words = text_of(client.get(address(cast)))
    assert "Nothing to pay" in words and "No charges in this period" in words
    assert "A credit: it is set against what falls due next." in text_of(client.get(address(cast, "list")))


def test_opening_a_new_statement_takes_its_banner_away(july: Statement, cast: Cast) -> None:
    banner = "Your statement of 25 July 2026 is ready"
    assert banner in text_of(page(cast.amara, address(cast, "list")))
    page(cast.wen, address(cast))
    assert banner in text_of(page(cast.amara, address(cast, "list")))
    page(cast.amara, address(cast))
    july.refresh_from_db()
    # The clock runs on from there while the pages are opened.
    assert scene.at(scene.JULY) <= july.read_at < scene.at(scene.JULY) + timedelta(hours=1)
    assert banner not in text_of(page(cast.amara, address(cast, "list")))


def test_before_the_first_statement(cast: Cast) -> None:
    words = text_of(page(cast.amara, address(cast, "list")))
    assert "No statements yet" in words and "The next one is issued on 25 July 2026" in words
    assert "No entries yet" in text_of(page(cast.amara, address(cast, "history")))
    assert "No daily notices yet" in text_of(page(cast.amara, address(cast, "notices")))


def test_the_page_in_french(july: Statement, cast: Cast) -> None:
    url = address(cast).replace("/en/", "/fr/")
    words = text_of(page(cast.amara, url + "?explain=E"))
    for written in ("25 juillet 2026", "18 juin au 17 juillet 2026", "22 275,30 $", "0,082", "8,20 %"):
        assert written in words, written


# --- The history -----------------------------------------------------------------------------------------------------


def test_the_history_counts_its_balance_back(july: Statement, cast: Cast) -> None:
    words = text_of(page(cast.amara, address(cast, "history")))
    assert "Amount 4.69 Balance 22,275.30" in words
    assert "Amount 18,412.66 Balance 18,412.66" in words
    assert "$14,000.00 on 30 Jun 2026: Payment R7HQ2M" in words
    earlier = text_of(page(cast.amara, address(cast, "history") + "?until=2026-07-06"))
    assert "Balance 19,367.49" in earlier and "R9WX5C" not in earlier


def test_the_history_filters(july: Statement, cast: Cast) -> None:
    client, url = signed_in(cast.amara), address(cast, "history")
    payments = text_of(client.get(url + "?type=payments"))
    assert "R7HQ2M" in payments and "17042000044712" not in payments
    assert "Balance" not in payments.split("newest first.")[1].split("A minus")[0]
    own = text_of(client.get(url + f"?submitter={cast.northlight.pk}"))
    assert "30815000002126" in own and "17042000044712" not in own
    one = text_of(client.get(url + "?number=17042000044761"))
    assert one.count("17042000044761") >= 2 and "30815000002126" not in one
    assert "No entry matches" in text_of(client.get(url + "?type=security"))
    wrong = text_of(client.get(url + "?since=2026-07-20&until=2026-07-01"))
    assert "The end is before the start" in wrong
    assert "for example 2026-07-22" in text_of(client.get(url + "?since=20/7"))


def test_a_deposit_stands_beside_the_balance(cast: Cast) -> None:
    from_book = scene.book.post_deposit(
        key="deposit:1",
        holder_id=cast.account.pk,
        payer_id=None,
        amount=Decimal("5000.00"),
        method="DEBIT",
        source="payment:RDEP",
        memo="",
        posted_on=date(2026, 7, 2),
        at=scene.at(date(2026, 7, 2)),
        actor=scene.ACTOR,
    )
    assert from_book.amount == 0
    words = text_of(page(cast.amara, address(cast, "history")))
    assert "$5,000.00, held apart from the balance" in words


def test_the_history_pages_by_cursor(cast: Cast) -> None:
    for number in range(60):
        day = date(2026, 5, 1) + timedelta(days=number // 3)
        scene.declare(cast.account, f"{number:014d}", day, submitter=cast.northlight, duty="1.00")
    client, seen, url = signed_in(cast.amara), [], address(cast, "history")
    pages = [url]
    while True:
        content = client.get(pages[-1]).content.decode()
        seen.append(re.findall(r"\b\d{14}\b", re.sub(r"<[^>]+>", " ", content)))
        following = re.search(r'href="(\?[^"]*after=[^"]*)" rel="next"', content)
        if following is None:
            break
        pages.append(url + following[1].replace("&amp;", "&"))
    assert [len(found) for found in seen] == [25, 25, 10]
    assert [number for found in seen for number in found] == [f"{number:014d}" for number in reversed(range(60))]
    balances = re.findall(r"Balance ([\d.]+)", text_of(client.get(pages[2])))
    assert balances == [f"{number}.00" for number in range(10, 0, -1)]
    back = re.search(r'href="(\?[^"]*before=[^"]*)" rel="prev"', client.get(pages[2]).content.decode())
    assert back is not None
    previous = client.get(url + back[1]).content.decode()
    assert re.findall(r"\b\d{14}\b", re.sub(r"<[^>]+>", " ", previous)) == seen[1]
    assert client.get(url + "?after=nonsense&before=2026-99").status_code == 200


# --- Notices ---------------------------------------------------------------------------------------------------------


def test_the_list_of_notices_leads_to_the_entries(july: Statement, cast: Cast) -> None:
    scene.services.issue_daily_notices(notice_on=date(2026, 7, 7), actor=scene.ACTOR, at=scene.at(date(2026, 7, 7)))
    scene.services.issue_daily_notices(notice_on=date(2026, 7, 15), actor=scene.ACTOR, at=scene.at(date(2026, 7, 15)))
    client = signed_in(cast.amara)
    listed = client.get(address(cast, "notices")).content.decode()
    notice = reverse("statements:notice", args=(cast.account.number, "2026-07-07"))
    assert (
        f'href="{notice}"' in listed and "3,395.90" in listed and "New" in text_of(client.get(address(cast, "notices")))
    )
    assert "Daily notices 2 new" in text_of(client.get(address(cast, "list")))
    opened = client.get(notice)
    words = text_of(opened)
    assert "Postings of 4 July to 6 July 2026." in words and "Payment R8KD4T" in words and "−4,176.26" in words
    assert "?since=2026-07-04&amp;until=2026-07-06" in opened.content.decode()
    assert "Daily notices 1 new" in text_of(client.get(address(cast, "list")))
    rows = client.get(f"{notice}notice.csv").content.decode("utf-8-sig").splitlines()
    assert [row.split(",")[3] for row in rows[1:]] == ["R8KD4T", "30815000002126"]
    for day in ("2026-07-08", "soon"):
        assert client.get(reverse("statements:notice", args=(cast.account.number, day))).status_code == 404


# --- The price -------------------------------------------------------------------------------------------------------


def _query_count(client: Client, url: str) -> int:
    """Without the row of the session, which every page writes."""
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return sum("SAVEPOINT" not in row["sql"] and "UPDATE" not in row["sql"] for row in captured.captured_queries)


def test_pages_cost_the_same_for_one_row_and_for_fifty(cast: Cast) -> None:
    client = signed_in(cast.amara)
    counts = []
    for numbers, first, issued_on in (
        (range(1), date(2026, 6, 1), scene.JUNE),
        (range(1, 50), date(2026, 7, 1), scene.JULY),
    ):
        for number in numbers:
            day = first + timedelta(days=number % 15)
            scene.declare(cast.account, f"{number:014d}", day, submitter=cast.northlight, vendor="V", duty="1.00")
            scene.services.issue_daily_notices(
                notice_on=date(2026, 7, 2) + timedelta(days=number), actor=scene.ACTOR, at=scene.at(scene.JULY)
            )
        scene.issue(issued_on)
        set_clock(scene.at(issued_on))
        urls = [address(cast, "list"), address(cast, "detail", issued_on.isoformat())]
        urls += [address(cast, "history"), address(cast, "notices")]
        counts.append([_query_count(client, url) for url in [*urls, urls[1] + "?explain=F"]])
    assert counts[0] == counts[1]
    # Session, person, seat and unread count are the frame's; the clock's row is read by frame, door and view.
    assert counts[1][1] - _query_count(client, reverse("notifications:list")) <= 4


def test_a_statement_of_many_lines_is_paged_and_still_adds_up(cast: Cast) -> None:
    for number in range(60):
        scene.declare(cast.account, f"{number:014d}", date(2026, 7, 1), submitter=cast.northlight, duty="1.00")
    scene.issue(scene.JULY)
    words = text_of(page(cast.amara, address(cast)))
    assert "1 to 50 of 60" in words and "60 of 60 charges." in words and "Total 60.00" in words
    assert queries.newest_statement(cast.account.pk) is not None
