"""The cycles of the yearly review and what they found."""

from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.models import Membership, MembershipProgram
from core.fields import MoneyField
from core.money import ZERO, from_cents
from notifications.models import EmailChoice
from reference.queries import policy, review_cycles
from reference.rules.requirement import ReviewSchedule, review_schedule
from security import rules
from security.models import (
    AnnualReview,
)
from security.rules import (
    ReviewOutcome,
)


def reviews_found_short(ran_on: date) -> QuerySet[AnnualReview]:
    """The reviews of this day that raised a requirement above what is posted."""
    return AnnualReview.objects.filter(
        window_end=ran_on - timedelta(days=1), outcome=ReviewOutcome.RISEN, shortfall__gt=0
    ).order_by("id")


def review_of(program_account_id: int, cycle: str, year: int) -> AnnualReview | None:
    return AnnualReview.objects.filter(program_account_id=program_account_id, cycle=cycle, year=year).first()


def latest_review_of(program_account_id: int) -> AnnualReview | None:
    """The last yearly review of a program account."""
    return AnnualReview.objects.filter(program_account_id=program_account_id).order_by("-window_end", "-id").first()


def latest_reviews_of(program_accounts: Collection[int]) -> list[AnnualReview]:
    """The last yearly review of each of some program accounts, in one statement."""
    same = AnnualReview.objects.filter(program_account_id=OuterRef("program_account_id"))
    latest = Subquery(same.order_by("-window_end", "-id").values("pk")[:1])
    return list(AnnualReview.objects.filter(program_account_id__in=list(program_accounts), pk=latest).order_by("id"))


def slices_of(review: AnnualReview) -> list[tuple[date, Decimal]]:
    """The review's twelve months as it saw them: the last day and the total of each."""
    return [(last, from_cents(cents)) for (_first, last), cents in zip(windows_of(review), review.months, strict=True)]


def windows_of(review: AnnualReview) -> tuple[rules.Slice, ...]:
    """The first and last days of the review's twelve months, by the policy of the day on which it ran."""
    ran_on = date.fromordinal(review.window_end.toordinal() + 1)
    return rules.months_before(ran_on, policy().month_rules(ran_on), cycle_day=review.window_start.day)


def next_review(on: date) -> ReviewSchedule:
    """The dates of the next review that runs on the day or after it."""
    schedule = schedule_of(on.year)
    return schedule if schedule.run_on >= on else schedule_of(on.year + 1)


def review_running_on(day: date) -> ReviewSchedule | None:
    """The review that runs on the day, if one does; none before the first cycle in use."""
    schedule = schedule_of(day.year)
    return schedule if schedule.run_on == day and _begun(day.year) else None


def review_suspending_on(day: date) -> ReviewSchedule | None:
    """The review whose missed deadline suspends on the day, if one does."""
    for year in (day.year - 1, day.year):
        schedule = schedule_of(year)
        if schedule.suspend_on == day and _begun(year):
            return schedule
    return None


def _begun(year: int) -> bool:
    return min(cycle.first_year for cycle in review_cycles()) <= year


def schedule_of(year: int) -> ReviewSchedule:
    """The year's dates; before the first cycle in use they are reckoned as that one's."""
    cycles = review_cycles()
    first = min(cycle.first_year for cycle in cycles)
    if year < first:
        return min(cycles, key=lambda cycle: cycle.first_year).schedule(year)
    return review_schedule(year, cycles=cycles)


class Rise(NamedTuple):
    """A rise that a review found and one person to tell of it: a manager of the business or of the program account."""

    program_account_id: int
    number: str
    old: Decimal
    new: Decimal
    missing: Decimal
    user_id: int
    language: str


def rises_to_tell(run_id: int, accounts: range) -> QuerySet[Any, Any]:
    """Whom to tell of what a run found in a range of accounts: the fields of :class:`Rise` and ``may_want_a_copy``."""
    account = "business__program_accounts"
    manages = MembershipProgram.objects.filter(
        membership=OuterRef("pk"), role=Membership.Role.PAM, program_account=OuterRef(account)
    )
    found = Membership.objects.filter(
        Q(role=Membership.Role.BAM) | Exists(manages),
        **{f"{account}__reviews__run_id": run_id, f"{account}__reviews__outcome": ReviewOutcome.RISEN},
        # The range stands on the reviews, whose index begins with it: by the run alone, each part would read them all.
        **{f"{account}__reviews__program_account__gte": accounts.start},
        **{f"{account}__reviews__program_account__lt": accounts.stop},
        state=Membership.State.ACTIVE,
    )
    chosen = Q(user__wants_email=True) | Exists(EmailChoice.objects.filter(user=OuterRef("user")))
    return found.order_by(f"{account}__id", "pk").values(
        "user_id",
        program_account_id=F(account),
        number=F(f"{account}__number"),
        old=Coalesce(F(f"{account}__reviews__old_amount"), Value(ZERO, output_field=MoneyField())),
        new=F(f"{account}__reviews__new_amount"),
        missing=F(f"{account}__reviews__shortfall"),
        language=F("user__language"),
        may_want_a_copy=ExpressionWrapper(chosen, output_field=BooleanField()),
    )


def outcome_counts(cycle: str, year: int) -> dict[str, int]:
    """How many program accounts ended with each outcome."""
    rows = AnnualReview.objects.filter(cycle=cycle, year=year).order_by().values("outcome").annotate(count=Count("pk"))
    return {str(ReviewOutcome(outcome).value): count for outcome, count in rows.values_list("outcome", "count")}
