"""Officers and trainers move the clock from a page; nobody else even sees it."""

from datetime import date, timedelta

import pytest

from core import clock
from core.models import ClockMove
from reference.rules.requirement import JULY_CYCLE
from simulation.rules import Stop, next_stops
from tests.builders import Cast, signed_in

pytestmark = pytest.mark.django_db

CLOCK = "/en/officers/clock/"


def test_the_days_worth_stopping_at_are_those_of_the_customs_year() -> None:
    stops = next_stops(date(2026, 7, 22), reviews=[JULY_CYCLE.schedule(2026), JULY_CYCLE.schedule(2027)])
    assert [(row.stop, row.day.isoformat()) for row in stops] == [
        (Stop.TOMORROW, "2026-07-23"),
        (Stop.REVIEW, "2026-07-25"),
        (Stop.STATEMENT, "2026-07-25"),
        (Stop.DUE, "2026-07-31"),
        (Stop.AFTER_DUE, "2026-08-01"),
        (Stop.REVIEW_DUE, "2026-10-15"),
        (Stop.SUSPENSION, "2026-10-16"),
    ]


@pytest.mark.parametrize("day", [date(2026, 1, 31), date(2026, 7, 25), date(2026, 12, 31), date(2028, 2, 29)])
def test_every_stop_lies_ahead(day: date) -> None:
    stops = next_stops(day, reviews=[JULY_CYCLE.schedule(day.year), JULY_CYCLE.schedule(day.year + 1)])
    assert {row.stop for row in stops} == set(Stop)
    assert all(row.day > day for row in stops)


def test_an_officer_moves_the_clock_and_sees_what_fired(cast: Cast) -> None:
    browser = signed_in(cast.daniel)
    answer = browser.post(CLOCK, {"to": "2026-07-24"})
    assert answer.status_code == 302
    page = browser.get(answer["Location"])
    assert page.status_code == 200
    assert ClockMove.objects.get().state == ClockMove.State.DONE
    assert clock.today() == date(2026, 7, 24)
    assert "Daily notices: 0" in page.content.decode()
    assert "Refresh" not in page.headers


def test_what_fired_is_told_in_the_readers_own_language(cast: Cast) -> None:
    browser = signed_in(cast.daniel)
    page = browser.get(browser.post("/fr/officers/clock/", {"to": "2026-07-26"})["Location"]).content.decode()
    assert "Relevés émis\u00a0: " in page and "Total à payer\u00a0: " in page
    assert "total_payable" not in page


def test_a_move_that_waits_for_a_worker_says_so_and_loads_itself_again(cast: Cast) -> None:
    now = clock.now()
    move = ClockMove.objects.create(from_at=now, to_at=now + timedelta(days=3), created_at=clock.wall_now())
    page = signed_in(cast.daniel).get(f"{CLOCK}{move.pk}/")
    assert page.headers["Refresh"]
    assert "Waiting for a worker" in page.content.decode()


@pytest.mark.parametrize(("day", "says"), [("2026-07-01", "only moves forward"), ("soon", "date"), ("", "date")])
def test_a_day_that_will_not_do_is_explained_and_kept(cast: Cast, day: str, says: str) -> None:
    page = signed_in(cast.daniel).post(CLOCK, {"to": day})
    assert page.status_code == 200
    assert says in page.content.decode().lower()
    assert f'value="{day}"' in page.content.decode() or not day
    assert not ClockMove.objects.exists()


def test_strangers_find_no_clock(cast: Cast) -> None:
    assert signed_in(cast.amara).get(CLOCK).status_code == 404
    assert signed_in(None).get(CLOCK).status_code == 302
    assert signed_in(cast.world.person("New Staff", is_staff=True)).get(CLOCK).status_code == 403
    assert signed_in(cast.daniel).get(f"{CLOCK}999999/").status_code == 404
