"""The pages of enrolment, overview and planner: seasons, estimates, nudges, what comes next and what it costs."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from core.jobs import set_clock
from security import queries, services
from security.models import Bond, RppEnrolment
from security.rules import Pattern
from tests.builders import signed_in
from tests.security.conftest import charge, daily, enrolled, moment, review, secured, year_of_charges
from tests.security.test_pages import args, page, text

pytestmark = pytest.mark.django_db
M = Decimal
RUN = date(2026, 7, 25)


@pytest.fixture
def account(cast):
    months = "900000 100 200 300 400 12000 48000 61500 700 800 900 1000 1100 1200"
    year_of_charges(cast.account, *months.split())
    return cast.account


def test_a_seasonal_importer_enrols_moves_its_last_day_and_is_told_what_comes(cast, on):
    amara, number = signed_in(cast.amara), cast.account.number
    shown = text(amara.get(page("enrol", number)))
    assert "Only your own. Since 20 May 2025" in shown and "Penalties count beside duties and taxes." in shown
    typed = {"program": "RPP", "wants_lower": "no", "estimate": "8000", "pattern": "SEASONAL", "ends_on": ""}
    answer = amara.post(page("enrol", number), typed)
    assert answer.status_code == 422 and "Enter the last day on which you need releases." in text(answer)
    assert not RppEnrolment.objects.exists() and 'value="8000"' in text(answer)
    answer = amara.post(page("enrol", number), {**typed, "ends_on": "2026-08-10"})
    assert answer.url == page("submit", number)
    secured(cast.account, cast.keystone, "5000.00", on=on, number="CB-7")
    shown = text(amara.get(page("overview", number)))
    for words in ("Until 10 August 2026", "Your enrolment ends soon", "Bond of Keystone", "Yearly review runs"):
        assert words in shown, words
    assert f'href="{page("period", number)}"' in shown
    home = text(amara.get(reverse("dashboard:home", args=[number])))
    assert "Release Prior to Payment ends with your period" in home
    answer = amara.post(page("period", number), {"pattern": "SEASONAL", "ends_on": "2028-01-01"})
    assert answer.status_code == 422 and "at most twelve months" in text(answer) and "2028-01-01" in text(answer)
    assert amara.post(page("period", number), {"pattern": "YEAR_ROUND", "ends_on": ""}).url == page("overview", number)
    assert queries.enrolment_of(cast.account.pk).ends_on is None
    assert "Nothing to do" in text(amara.get(page("overview", number)))
    services.cancel_rpp(program_account_id=cast.account.pk, **args(on))
    assert amara.get(page("period", number)).url == page("enrol", number)
    assert "Enrolling again computes everything afresh" in text(amara.get(page("enrol", number)))


def test_a_low_estimate_is_shown_and_raised(cast, on):
    amara, number = signed_in(cast.amara), cast.account.number
    assert amara.get(page("estimate", number)).url == page("overview", number)
    enrolled(cast.account, on=on, estimate="8000.00")
    secured(cast.account, cast.keystone, "5000.00", on=on)
    charge(cast.account, "9000.00", on)
    daily(date(2026, 7, 23))
    shown = text(amara.get(page("overview", number)))
    assert "Your estimate has proved too low" in shown and "($9,000.00 of $8,000.00)" in shown
    assert "Your security is nearly used up ($9,000.00 of $10,000.00)" in shown
    assert "Pay early or add security" in text(amara.get(reverse("dashboard:home", args=[number])))
    assert "$9,000.00" in text(amara.get(page("estimate", number)))
    answer = amara.post(page("estimate", number), {"estimate": "8000.00"})
    assert answer.status_code == 422 and "Enter more than $8,000.00" in text(answer)
    assert amara.post(page("estimate", number), {"estimate": "9500.00"}).url == page("overview", number)
    shown = text(amara.get(page("overview", number)))
    assert "$9,500.00" in shown and "Paying early makes room at once" in shown
    found = amara.get(reverse("api_security", args=[number])).json()
    assert (found["utilization"], found["pattern"], found["ends_on"]) == ("0.9000", Pattern.YEAR_ROUND, None)


def test_the_lines_of_cover_show_what_was_given_used_and_left(cast, account, on):
    enrolled(account, on=on)
    bond = secured(account, cast.keystone, "35000.00", on=on, number="CB-9")
    services.raise_bond(bond_id=bond.pk, amount=M("40000.00"), **args(on))
    services.receive_deposit(program_account_id=account.pk, amount=M("2.50"), payment_reference="P9", **args(on))
    later, notice = (secured(account, cast.keystone, "5000.00", on=on, number=name) for name in ("CB-L", "CB-N"))
    Bond.objects.filter(pk=later.pk).update(state="SCHEDULED", validity_start=date(2026, 9, 1))
    ends_on = date(2026, 9, 9)
    services.give_termination_notice(bond_id=notice.pk, terminates_on=ends_on, reason="", **args(on))
    line = queries.lines_of(account, open_debt=M("1000.00"))
    assert [(row.given.reference, row.given.original, row.used, row.balance) for row in line] == [
        ("P9", M("2.50"), M("2.50"), M("0.00")), ("CB-9", M("40000.00"), M("997.50"), M("39002.50")),
        ("CB-N", M("5000.00"), M("0.00"), M("5000.00")),
    ]  # fmt: skip
    shown = text(signed_in(cast.amara).get(page("overview", account.number)))
    assert "Bond ends: CB-N" in shown and "Bond begins to cover: CB-L" in shown and "9 September 2026" in shown
    services.suspend_rpp(program_account_ids=[account.pk], reason="OFFICER", note="Papers are missing", **args(on))
    assert "Ask client support what the officer needs" in text(
        signed_in(cast.amara).get(page("overview", account.number))
    )
    assert "What covers it, line by line" in shown and "CB-9" in shown and "40,000.00" in shown


def test_security_of_another_is_refused_in_clear_words(cast, world, account, on):
    secured(world.program_account(cast.harbourline, "RM0001"), cast.keystone, "5000.00", on=on, number="BROKER-1")
    answer = signed_in(cast.amara).post(
        page("propose_bond", account.number),
        {
            "agreement_number": "broker-1", "provider": cast.keystone.pk, "amount": "30750.00",
            "validity_start": "2026-07-22", "validity_end": "",
        },
    )  # fmt: skip
    assert answer.status_code == 422 and "This agreement secures somebody else" in text(answer)


def test_the_planner_projects_prices_and_keeps_the_question_in_its_address(cast, account):
    enrolled(account, on=date(2026, 7, 22))
    secured(account, cast.keystone, "25000.00", on=date(2026, 7, 22))
    review(RUN)
    set_clock(moment(RUN))
    amara, where = signed_in(cast.amara), page("planner", account.number)
    shown = text(amara.get(page("overview", account.number)))
    assert "Sunday 25 July 2027" in shown, "this year's review has run already"
    shown = text(amara.get(where))
    for words in ("$61,500.00", "Cheapest to the deadline", "11,500.00 short", "5,750.00", "Illustrative", "assumed"):
        assert words in shown, words
    question = {"growth": "10", "way": "cash", "premium": "2,5", "money": "4"}
    shown = text(amara.get(where, question))
    # A tenth more is 67,650.00: 17,650.00 above what the bond covers; 4 % of it until 15 July or October.
    assert "$67,650.00" in shown and "17,650.00" in shown and "growth=10" in shown
    moved = {"moved": "60000", "moved_from": "5", "moved_to": "0", "way": "mix", "cash": "1000"}
    assert "Without your changes it is the one that ends on" in text(amara.get(where, moved))
    answer = amara.get(where, {"growth": "plenty", "moved": "5", "premium": "200"})
    for words in ("Enter a percentage in digits", "Choose the month", "from 0 to 100", 'value="plenty"'):
        assert words in text(answer), words
    assert answer.status_code == 422
    file = amara.get(page("plan_file", account.number), question)
    assert file["Content-Type"].startswith("text/csv") and "67650.00" in file.content.decode()
    assert amara.get(page("plan_file", account.number), {"growth": "plenty"}).status_code == 422


def test_a_rise_that_is_covered_before_its_deadline_asks_for_nothing_more(cast):
    account, begun = cast.account, date(2025, 7, 30)
    enrolled(account, on=begun, estimate="20000.00")
    secured(account, cast.keystone, "10000.00", on=begun)
    charge(account, "90000", date(2026, 7, 20), last_day=date(2026, 8, 14))
    review(RUN)
    set_clock(moment(RUN))
    amara, where = signed_in(cast.amara), page("overview", account.number)
    shown = text(amara.get(where))
    assert "be covered by Thursday 15 October 2026" in shown and "Last day to be covered" in shown
    secured(account, cast.keystone, "50000.00", on=RUN)
    shown = text(amara.get(where))
    assert "raised your requirement, and you are covered" in shown and "to $90,000.00 on 15 October 2026" in shown
    assert "be covered by" not in shown and "Last day to be covered" not in shown
    assert "Your estimate has proved too low" not in shown and "Nothing to do" in shown


def test_before_anything_was_imported_the_planner_starts_from_the_requirement(cast, on):
    enrolled(cast.account, on=on, estimate="8000.00")
    shown = text(signed_in(cast.amara).get(page("planner", cast.account.number)))
    assert "$8,000.00" in shown and "5,000.00" in shown
    cast.northlight.is_non_resident = True
    cast.northlight.save()
    assert 'value="2.25"' in text(signed_in(cast.amara).get(page("planner", cast.account.number)))


def test_whoever_sees_a_part_is_shown_no_total_of_others(cast, world, account, on):
    """A broker that sees its own transactions alone: no months, no use, no nudges, no totals in the file."""
    enrolled(account, on=on)
    secured(account, cast.keystone, "5000.00", on=on, number="CB-3")
    daily(date(2026, 7, 23))
    world.delegation(cast.passerelle, cast.northlight, sees_client=False, sees_others=False)
    client = signed_in(cast.ines)
    for name in ("overview", "planner"):
        shown = text(client.get(page(name, account.number)))
        assert "$61,500.00" in shown, "the requirement is the account's"
        for total in ("48,000.00", "12,000.00", "924,200.00", "covers ($"):
            assert total not in shown, (name, total)
    assert "Month ending" not in client.get(page("plan_file", account.number)).content.decode()
    assert client.get(reverse("api_security", args=[account.number])).json()["utilization"] is None
