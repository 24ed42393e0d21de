"""Step 9: the yearly review computes anew, tells those whose amount rose, and the deadline sorts them."""

from decimal import Decimal

from core.clock import at_toronto
from core.jobs import set_clock
from core.models import JobRun
from notifications.models import Notification
from releases.models import Release
from security import queries as security
from security.models import AnnualReview, Bond
from security.rules import ReviewOutcome
from tests.journeys.person import Person
from tests.journeys.town import Home, Town


def a_risen_account(town: Town, surety: Home, name: str, manager: str) -> Home:
    """Secured for 10,000.00 by a bond of 5,000.00; a month of 11,950.00 in June, paid at once."""
    importer = town.importer(name, manager)
    town.secure(importer, surety, bond="5000.00", estimate="10000.00")
    filed = town.declare(importer, "50000.00")
    town.pay(importer, filed.total)
    return importer


def status(importer: Home, town: Town) -> security.RppStatus:
    assert importer.account is not None
    return security.rpp_status(importer.account.pk, on=town.today)


def test_the_review_tells_who_rose_and_the_deadline_suspends_who_did_not_act(town: Town) -> None:
    set_clock(at_toronto(town.today.replace(month=6, day=15), 9))
    surety = town.surety()
    meets = a_risen_account(town, surety, "Meeting Imports Ltd.", "Mia Meets")
    misses = a_risen_account(town, surety, "Missing Imports Ltd.", "Max Misses")
    steady = town.importer("Steady Imports Ltd.", "Sue Steady")
    town.secure(steady, surety, bond="5000.00", estimate="10000.00")
    town.pay(steady, town.declare(steady, "10000.00").total)
    town.move_to(2026, 7, 25)

    review = AnnualReview.objects.get(program_account=misses.account)
    assert review.outcome == ReviewOutcome.RISEN
    assert (review.old_amount, review.new_amount) == (Decimal("10000.00"), Decimal("11950.00"))
    assert (str(review.window_start), str(review.window_end), str(review.due_on)) == (
        "2025-07-25",
        "2026-07-24",
        "2026-10-15",
    )
    told = Notification.objects.filter(category__icontains="review", created_at__gte=at_toronto(town.today))
    assert {note.user_id for note in told} == {meets.manager.pk, misses.manager.pk}
    assert JobRun.objects.get(job="security.annual_review").chunks.filter(done_at=None).count() == 0
    max_ = Person(misses.manager)
    max_.open(f"accounts/{misses.number}/security/review/")
    for words in ("$10,000.00", "$11,950.00", "$1,950.00", "15 October 2026"):
        assert words in max_.page.text
    # Covered for 10,000.00 of 11,950.00: 975.00 more bond would do.
    assert "$975.00" in max_.page.text and status(misses, town).is_on

    mia, peter = Person(meets.manager), Person(surety.manager)
    bond = Bond.objects.get(program_account=meets.account)
    peter.open(f"businesses/{surety.bn9}/bonds/{bond.pk}/")
    peter.submit("Raise the bond", **{"raise-amount": "5975.00"})
    bond.refresh_from_db()
    assert bond.amount == Decimal("5975.00")
    assert not status(meets, town).shortfall.is_short

    town.move_to(2026, 10, 15)
    assert status(misses, town).is_on
    town.move_to(2026, 10, 16)
    assert status(meets, town).is_on and status(steady, town).is_on
    assert not status(misses, town).is_on
    assert town.release(misses).refusal == Release.Refusal.NO_RPP
    assert town.release(meets).state == Release.State.RELEASED
    assert mia.open(f"accounts/{meets.number}/security/review/").status == 200

    # A deposit of what is missing cures it at once.
    town.pay(misses, "1950.00", is_deposit=True)
    assert status(misses, town).is_on
