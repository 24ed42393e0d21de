"""The yearly review of every requirement and its deadline: restartable jobs over ranges of accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.clock import TORONTO
from core.errors import Conflict
from core.jobs import ranges_of, run_chunks
from core.models import JobChunk, JobRun
from core.money import ZERO, cents
from ledger import queries as book
from notifications.services import Draft, notify_many
from reference.queries import policy
from reference.rules.requirement import ReviewSchedule, requirement_for
from security import messages, queries, rules
from security.models import (
    AnnualReview,
    SecurityRequirement,
)
from security.rules import (
    Coverage,
    RequirementSource,
    ReviewOutcome,
)
from security.services.parts import record
from security.services.release_prior_to_payment import suspend_short

CHUNK = 2500


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
    return run_chunks(run=run, ranges=ranges_of(*ends, size=CHUNK), work=work, actor=actor)


def review_chunk(*, chunk: JobChunk, actor: Actor) -> int:
    """Review the accounts of one range; those reviewed before in this cycle and year are left as they are."""
    at = chunk.run.due_at.astimezone(TORONTO)
    on = at.date()
    schedule = queries.review_running_on(on)
    if schedule is None:
        return 0
    with transaction.atomic():
        return _review(range(chunk.first_id, chunk.last_id + 1), schedule, run=chunk.run, on=on, at=at, actor=actor)


@dataclass(frozen=True)
class _Finding:
    row: queries.AccountRow
    review: AnnualReview
    lack: rules.Shortfall


def _review(accounts: range, schedule: ReviewSchedule, *, run: JobRun, on: date, at: datetime, actor: Actor) -> int:
    rows = queries.account_rows(accounts, on=on, not_reviewed_in=(schedule.cycle, schedule.year))
    if not rows:
        return 0
    dated = policy()
    parameters = dated.security_parameters(on)
    slices = schedule.slices
    charges = dict(book.charges_by_window(accounts, slices))
    cash = book.deposits_by_holder(accounts)
    nothing = [ZERO] * len(slices)
    findings = []
    for row in rows:
        totals = charges.get(row.id, nothing)
        driving = rules.driving_month(slices, totals)
        old = row.requirement if row.has_requirement else None
        outcome, new = rules.review_outcome(
            old=old,
            old_source=row.requirement_source,
            new=driving.amount,
            state=row.state,
            has_full_window=row.opened_on <= schedule.window_start,
        )
        coverage = Coverage(row.bond, cash.get(row.id, ZERO), parameters)
        lack = rules.shortfall(coverage, new)
        review = AnnualReview(
            cycle=schedule.cycle,
            year=schedule.year,
            program_account_id=row.id,
            run=run,
            window_start=schedule.window_start,
            window_end=schedule.window_end,
            due_on=schedule.due_on,
            suspend_on=schedule.suspend_on,
            old_amount=old,
            new_amount=new,
            driving_month_end=driving.last,
            months=[cents(total) for total in totals],
            covered=coverage.total,
            shortfall=lack.missing,
            outcome=outcome,
            notified_at=at if outcome == ReviewOutcome.RISEN else None,
        )
        findings.append(_Finding(row, review, lack))
    AnnualReview.objects.bulk_create([finding.review for finding in findings], batch_size=500)
    SecurityRequirement.objects.bulk_create(
        [
            SecurityRequirement(
                program_account_id=finding.row.id,
                amount=finding.review.new_amount,
                source=RequirementSource.REVIEW,
                driving_month_end=finding.review.driving_month_end,
                effective_on=schedule.due_on,
                computed_on=on,
                review=finding.review,
            )
            for finding in findings
            if finding.review.outcome in (ReviewOutcome.RISEN, ReviewOutcome.SAME_OR_LOWER)
        ],
        batch_size=500,
    )
    risen = [finding for finding in findings if finding.review.outcome == ReviewOutcome.RISEN]
    tell_of_reviews(
        [
            (
                finding.row.id,
                messages.ANNUAL_REVIEW_INCREASE,
                messages.review_increase(
                    number=finding.row.number,
                    year=schedule.year,
                    old=finding.review.old_amount or ZERO,
                    new=finding.review.new_amount,
                    needed=requirement_for(finding.review.new_amount, on, policy=dated),
                    lack=finding.lack,
                    due_on=schedule.due_on,
                ),
                messages.review_link(finding.row.number),
            )
            for finding in risen
        ],
        on=on,
        at=at,
    )
    audit.record(
        actor=actor,
        verb="review.chunk_done",
        target=f"core.JobRun:{run.pk}",
        after={"first": rows[0].id, "last": rows[-1].id, "reviewed": len(rows), "risen": len(risen)},
        at=at,
    )
    return len(rows)


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
