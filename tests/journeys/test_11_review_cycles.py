"""Both cycles of the yearly review by moving the clock: who is told, who is suspended, and what cures it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.clock import at_toronto
from core.jobs import set_clock
from notifications.models import Notification
from security import queries as security
from security import services
from security.models import AnnualReview
from security.rules import Pattern, ReviewOutcome, RppState, StatusReason, SuspensionReason
from tests.journeys.person import Person
from tests.journeys.town import Home, Town


def seen(importer: Home, town: Town) -> security.RppStatus:
    assert importer.account is not None
    return security.rpp_status(importer.account.pk, on=town.today).by_proven_month()


@pytest.mark.parametrize(
    ("cycle", "begins", "run_on", "due_on"),
    [
        ("july", date(2026, 6, 15), date(2026, 7, 25), date(2026, 10, 15)),
        ("october", date(2026, 9, 8), date(2026, 10, 20), date(2027, 1, 15)),
    ],
)
def test_a_cycle_from_its_run_to_the_cure(
    town: Town, settings: Any, cycle: str, begins: date, run_on: date, due_on: date
) -> None:
    settings.REVIEW_CYCLE = cycle
    set_clock(at_toronto(begins, 9))
    surety = town.surety()
    # An estimate of 10,000.00 that a month of 11,950.00 proves too low; a season that ends before the deadline.
    low = town.importer("Low Estimate Imports Ltd.", "Lou Low")
    town.secure(low, surety, bond="5000.00", estimate="10000.00")
    town.pay(low, town.declare(low, "50000.00").total)
    seasonal = town.importer("Seasonal Imports Ltd.", "Sam Season")
    town.secure(seasonal, surety, bond="6000.00", estimate="12000.00")
    services.change_period(
        program_account_id=seasonal.account.pk,
        pattern=Pattern.SEASONAL,
        ends_on=due_on - timedelta(days=20),
        actor=seasonal.actor,
        **town.moment,
    )
    move(town, run_on - timedelta(days=1))
    assert seen(low, town).reasons == (StatusReason.ESTIMATE_LOW,) and seen(low, town).is_on
    page = Person(low.manager).open(f"accounts/{low.number}/security/").text
    assert "Your estimate has proved too low" in page and "$1,950.00" in page

    move(town, run_on)
    review = AnnualReview.objects.get(program_account=low.account)
    assert (review.cycle, review.outcome, review.due_on) == (cycle, ReviewOutcome.RISEN, due_on)
    assert (review.old_amount, review.new_amount) == (Decimal("10000.00"), Decimal("11950.00"))
    assert AnnualReview.objects.get(program_account=seasonal.account).outcome == ReviewOutcome.NO_HISTORY
    assert told(low, "ANNUAL_REVIEW_INCREASE") == 1 and told(seasonal, "ANNUAL_REVIEW_INCREASE") == 0

    move(town, due_on)
    assert told(low, "ANNUAL_REVIEW_REMINDER") == 2
    assert told(seasonal, "RPP_PERIOD_ENDS") >= 1 and seen(seasonal, town).state == RppState.CANCELLED
    assert seen(low, town).is_on and seen(low, town).requirement == Decimal("11950.00")
    move(town, due_on + timedelta(days=1))
    assert (seen(low, town).state, seen(low, town).reason) == (RppState.SUSPENDED, SuspensionReason.REVIEW_SHORTFALL)
    town.pay(low, "1950.00", is_deposit=True)
    assert seen(low, town).is_on and seen(low, town).reasons == ()
    assert told(low, "RPP_REINSTATED") == 1 and AnnualReview.objects.filter(program_account=low.account).count() == 1


def move(town: Town, day: date) -> None:
    town.move_to(day.year, day.month, day.day)


def told(importer: Home, category: str) -> int:
    return Notification.objects.filter(user=importer.manager, category=category).count()
