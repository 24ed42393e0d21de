"""The yearly review of every requirement and its deadline: restartable jobs over ranges of accounts."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.clock import TORONTO
from core.errors import Conflict
from core.jobs import ranges_of, run_chunks, size_of_parts
from core.models import JobChunk, JobRun
from notifications.services import Draft, notify_many, notify_selected
from reference.queries import policy
from reference.rules.policy import SecurityParameters
from reference.rules.requirement import ReviewSchedule, requirement_by
from security import messages, queries, review_run
from security.models import AnnualReview
from security.rules import ReviewOutcome
from security.services.parts import record
from security.services.release_prior_to_payment import suspend_short


def run_annual_review(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """Recompute the requirement of every importer's program account, when a cycle runs on this day.

    Idempotent: an account is reviewed once a cycle and year, however often and at however many places this runs.
    """
    schedule = queries.review_running_on(on)
    if schedule is None:
        return {"skipped": True}
    _work_off(run, "security.services.review_chunk", actor)
    return {
        "cycle": schedule.cycle,
        "year": schedule.year,
        "outcomes": queries.outcome_counts(schedule.cycle, schedule.year),
    }


def run_review_deadline(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """The day after the deadline: suspend who was told of a rise and is still short without an open case."""
    schedule = queries.review_suspending_on(on)
    if schedule is None:
        return {"skipped": True}
    suspended = _work_off(run, "security.services.deadline_chunk", actor)
    return {"cycle": schedule.cycle, "year": schedule.year, "suspended": suspended}


def _work_off(run: JobRun, work: str, actor: Actor) -> int:
    ends = queries.first_and_last_account()
    size = size_of_parts(*ends, least=settings.REVIEW_PART)
    return run_chunks(run=run, ranges=ranges_of(*ends, size=size), work=work, actor=actor)


def review_chunk(*, chunk: JobChunk, actor: Actor) -> int:
    """Review the accounts of one range; those reviewed before in this cycle and year are left as they are."""
    at = chunk.run.due_at.astimezone(TORONTO)
    on = at.date()
    schedule = queries.review_running_on(on)
    if schedule is None:
        return 0
    with transaction.atomic():
        return _review(range(chunk.first_id, chunk.last_id + 1), schedule, run=chunk.run, on=on, at=at, actor=actor)


def _review(accounts: range, schedule: ReviewSchedule, *, run: JobRun, on: date, at: datetime, actor: Actor) -> int:
    dated = policy()
    parameters = dated.security_parameters(on)
    count = review_run.write_reviews(
        accounts=accounts,
        schedule=schedule,
        parameters=parameters,
        months_by=dated.month_rules(on),
        run_id=run.pk,
        on=on,
        at=at,
    )
    if not count:
        return 0
    review_run.write_requirements(accounts=accounts, run_id=run.pk, on=on)
    told = _tell_of_rises(run.pk, accounts, schedule, on=on, at=at)
    audit.record(
        actor=actor,
        verb="review.chunk_done",
        target=f"core.JobRun:{run.pk}",
        after={"first": accounts.start, "last": accounts.stop - 1, "reviewed": count, "told": told},
        at=at,
    )
    return count


def _tell_of_rises(run_id: int, accounts: range, schedule: ReviewSchedule, *, on: date, at: datetime) -> int:
    """Tell the managers of every account whose requirement rose; returns how many people were told of one."""
    parameters = policy().security_parameters(on)
    with review_run.rises_at_hand(queries.rises_to_tell(run_id, accounts)):
        rises = review_run.rises_with_copies()
        if rises:
            notify_many(drafts=_drafts(rises, schedule, parameters), at=at)
        rows, params = review_run.notices_of_rises(schedule=schedule, parameters=parameters)
        told = notify_selected(category=messages.ANNUAL_REVIEW_INCREASE, rows=rows, params=params, at=at)
    return len(rises) + told


def _drafts(rises: Sequence[queries.Rise], schedule: ReviewSchedule, parameters: SecurityParameters) -> list[Draft]:
    people = queries.people({rise.user_id for rise in rises})
    return [
        Draft(
            recipient=people[rise.user_id],
            subject=subject,
            body=body,
            category=messages.ANNUAL_REVIEW_INCREASE,
            link=messages.review_link(rise.number),
            program_account_id=rise.program_account_id,
        )
        for rise in rises
        for subject, body in (
            messages.review_increase(
                number=rise.number,
                year=schedule.year,
                old=rise.old,
                new=rise.new,
                needed=requirement_by(rise.new, parameters),
                missing=rise.missing,
                due_on=schedule.due_on,
            ),
        )
    ]


def deadline_chunk(*, chunk: JobChunk, actor: Actor) -> int:
    """Suspend those of one range who missed the deadline; returns how many changed."""
    at = chunk.run.due_at.astimezone(TORONTO)
    on = at.date()
    schedule = queries.review_suspending_on(on)
    if schedule is None:
        return 0
    reviews = AnnualReview.objects.filter(
        cycle=schedule.cycle,
        year=schedule.year,
        outcome=ReviewOutcome.RISEN,
        program_account_id__gte=chunk.first_id,
        program_account_id__lte=chunk.last_id,
    )
    with transaction.atomic():
        return suspend_short(reviews, on=on, at=at, actor=actor)


def hold_review(*, review_id: int, reason: str, on: date, at: datetime, actor: Actor) -> AnnualReview:
    """An officer holds back the consequence of a review (a paper increase on its way, say)."""
    return _set_outcome(review_id, ReviewOutcome.RISEN, ReviewOutcome.HELD, "review.held", reason, at=at, actor=actor)


def release_review(*, review_id: int, reason: str, on: date, at: datetime, actor: Actor) -> AnnualReview:
    """End the hold; after the deadline an account that is still short is suspended at once."""
    with transaction.atomic():
        review = _set_outcome(
            review_id, ReviewOutcome.HELD, ReviewOutcome.RISEN, "review.released", reason, at=at, actor=actor
        )
        suspend_short([review], on=on, at=at, actor=actor)
    return review


def _set_outcome(
    review_id: int, state: str, following: str, verb: str, reason: str, *, at: datetime, actor: Actor
) -> AnnualReview:
    with transaction.atomic():
        review = (
            AnnualReview.objects.select_for_update(of=("self",)).select_related("program_account").get(pk=review_id)
        )
        if review.outcome != state:
            raise Conflict(_("This review is not in the state for that. Reload the page."), code="wrong_state")
        review.outcome, review.note = following, reason
        review.save(update_fields=("outcome", "note"))
        record(actor, verb, review, at=at, before={"outcome": state}, after={"outcome": following}, reason=reason)
    return review


def tell_of_reviews(news: Sequence[tuple[int, str, messages.Message, str]], *, on: date, at: datetime) -> None:
    if not news:
        return
    people = queries.people_to_tell([number for number, _c, _m, _l in news], on=on)
    notify_many(
        drafts=[
            Draft(
                recipient=person,
                subject=message[0],
                body=message[1],
                category=category,
                link=link,
                program_account_id=number,
            )
            for number, category, message, link in news
            for person in people[number]
        ],
        at=at,
    )
