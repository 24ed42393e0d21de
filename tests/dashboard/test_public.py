"""Pages open to everybody: the public home, bulletins up to the day of this world, and what the simulation is."""

from datetime import date

import pytest
from django.test import Client

from core.jobs import set_clock
from dashboard.bulletins import bulletins
from reference import queries as reference
from tests.builders import Cast, signed_in
from tests.dashboard.conftest import moment
from tests.dashboard.pages import address, see

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", ["public_home", "bulletins", "about", "accessibility", "privacy", "api"])
def test_each_page_is_open_in_both_languages(name: str, language: str) -> None:
    assert see(Client(), f"dashboard:{name}", language=language)


def test_the_public_home_works_out_todays_release() -> None:
    page = see(Client(), "dashboard:public_home")
    assert "Practise importing into Canada, start to finish" in page
    assert "Billing period 18 July to 17 August 2026" in page
    assert "Account for the goods by Wednesday 29 July 2026 5 business days" in page
    assert "Statement issued Tuesday 25 August 2026" in page
    assert "Payment due Monday 31 August 2026 10 weekdays after the 17th" in page


def test_the_public_home_works_out_the_day_that_was_typed() -> None:
    page = see(Client(), "dashboard:public_home", query="?released_on=2025-06-02")
    assert "Billing period 18 May to 17 June 2025" in page
    assert "Last day to pay without interest Wednesday 2 July 2025" in page
    wrong = Client().get(address("dashboard:public_home") + "?released_on=tomorrow")
    assert wrong.status_code == 200
    assert b'value="tomorrow"' in wrong.content
    assert b"There is a problem" in wrong.content or b"There is 1 problem" in wrong.content


def test_a_signed_in_person_is_led_on(cast: Cast) -> None:
    assert "Go to my account" in see(signed_in(cast.amara), "dashboard:public_home")


def test_bulletins_appear_on_their_day_only() -> None:
    page = see(Client(), "dashboard:bulletins")
    assert "Card limit is now counted per billing cycle 28 September 2025" in page
    assert "Release Prior to Payment needs your own financial security 20 May 2025" in page
    assert "Importers account and pay in the portal 21 October 2024" in page
    assert "Surtax on steel derivative goods: goods of Canada excluded 22 June 2026" in page
    assert "25 July 2026" not in page
    set_clock(moment(date(2026, 7, 25)))
    assert "The yearly review has run 25 July 2026" in see(Client(), "dashboard:public_home")
    set_clock(moment(date(2025, 1, 10)))
    page = see(Client(), "dashboard:bulletins")
    assert "Card limit" not in page
    assert "The yearly review" not in page
    assert Client().get(address("dashboard:bulletin", "card-limit-per-cycle")).status_code == 404


def test_every_bulletin_has_a_page_with_its_source() -> None:
    found = bulletins(on=date(2026, 7, 25), surtaxes=reference.surtax_orders(), cycles=reference.review_cycles())
    assert len({row.slug for row in found}) == len(found) > 12
    assert [row.published_on for row in found] == sorted((row.published_on for row in found), reverse=True)
    set_clock(moment(date(2026, 7, 25)))
    for row in found:
        page = see(Client(), "dashboard:bulletin", row.slug)
        assert str(row.title) in page
        assert row.source in page


def test_an_ended_order_is_news_too() -> None:
    found = bulletins(on=date(2026, 3, 1), surtaxes=reference.surtax_orders(), cycles=reference.review_cycles())
    assert ("Surtax on electric vehicles from China: ended", date(2026, 3, 1)) in [
        (str(row.title), row.published_on) for row in found
    ]


def test_the_about_page_lists_the_rules_of_the_day() -> None:
    page = see(Client(), "dashboard:about")
    assert "Smallest bond Value $5,000.00 In force from 27 March 2024 How sure Reported" in page
    assert "Bond, share of the highest month Value 50 %" in page
    set_clock(moment(date(2024, 1, 10)))
    assert "Smallest bond Value $25,000.00" in see(Client(), "dashboard:about")
