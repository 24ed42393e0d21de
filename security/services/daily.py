"""What each day brings: bonds that begin and end, reminders."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from core import audit
from core.actor import Actor
from core.clock import TORONTO
from core.models import JobRun
from security import messages, queries, rules
from security.models import (
    AnnualReview,
    Bond,
)
from security.rules import (
    BondState,
    ReviewOutcome,
)
from security.services.bond_parts import keep_versions
from security.services.endorsements import close_endorsements_not_arrived
from security.services.nudges import nudge_everybody
from security.services.parts import event, publish, tell
from security.services.periods import end_periods, warn_of_ends
from security.services.release_prior_to_payment import reassess_many
from security.services.review import tell_of_reviews


def run_daily(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """Periods and bonds that start, end or lapse today, endorsements that did not arrive, requirements that begin to
    hold, reminders and nudges.
    """
    at = run.due_at.astimezone(TORONTO)
    with transaction.atomic():
        ended = end_periods(on=on, at=at, actor=actor)
        warned = warn_of_ends(on=on, at=at)
        bonds, covered = _move_bonds(on=on, at=at, actor=actor)
        not_arrived = close_endorsements_not_arrived(on=on, at=at, actor=actor)
        lowered = queries.suspended_with_requirement_from(on)
        reassessed = reassess_many(program_account_ids={*lowered, *covered}, on=on, at=at, actor=actor)
        reminded = _remind(on=on, at=at)
        nudged = nudge_everybody(on=on, at=at)
    return {
        "bonds": bonds,
        "endorsements_not_arrived": not_arrived,
        "reassessed": reassessed,
        "reminded": reminded,
        "periods_ended": ended,
        "ends_warned": warned,
        "nudged": nudged,
    }


def _move_bonds(*, on: date, at: datetime, actor: Actor) -> tuple[int, set[int]]:
    """How many bonds moved, and the program accounts that they cover."""
    due = (
        Q(state=BondState.PENDING_PROVIDER, proposed_on__lt=on - timedelta(days=rules.PROPOSAL_DAYS))
        | Q(state=BondState.SCHEDULED, validity_start__lte=on)
        | Q(state__in=rules.COVERING, validity_end__lt=on)
        | Q(state=BondState.TERMINATION_PENDING, terminates_on__lte=on)
    )
    bonds = list(
        Bond.objects.select_for_update(of=("self",))
        .filter(due)
        .select_related("provider", "debtor", "program_account")
        .order_by("pk")
    )
    categories = {
        BondState.ACTIVE: messages.WSA_STARTED,
        BondState.LAPSED: messages.WSA_LAPSED,
        BondState.EXPIRED: messages.WSA_ENDED,
        BondState.TERMINATED: messages.WSA_ENDED,
    }
    shares = queries.shares_by_bond([bond.pk for bond in bonds])
    events, news, versions = [], [], []
    for bond in bonds:
        before = {"state": bond.state}
        following = BondState(
            rules.daily_bond_state(
                bond.state,
                proposed_on=bond.proposed_on,
                validity_start=bond.validity_start,
                validity_end=bond.validity_end,
                terminates_on=bond.terminates_on,
                on=on,
            )
        )
        bond.state = following
        events.append(event(actor, f"bond.{following.lower()}", bond, at=at, before=before, after={"state": following}))
        category = categories[following]
        message = messages.bond_news(bond, category)
        news += [(share.program_account, category, message) for share in shares[bond.pk]]
        versions.append((bond, rules.DAILY_KINDS[following]))
        publish([bond], f"bond.{following.lower()}", at=at)
    Bond.objects.bulk_update(bonds, ("state",), batch_size=500)
    keep_versions(versions, on=on, at=at, actor=actor)
    audit.record_many(events)
    tell(news, on=on, at=at)
    return len(bonds), {share.program_account_id for rows in shares.values() for share in rows}


def _remind(*, on: date, at: datetime) -> int:
    """Remind, once a day of reminder, those told of a rise who would still be short on the deadline."""
    due_days = [on + timedelta(days=days) for days in rules.REMINDER_DAYS]
    reviews = list(
        AnnualReview.objects.filter(outcome=ReviewOutcome.RISEN, due_on__in=due_days)
        .exclude(reminded_on=on)
        .order_by("program_account_id")
    )
    by_due: dict[date, list[AnnualReview]] = defaultdict(list)
    for review in reviews:
        by_due[review.due_on].append(review)
    news = []
    reminded = []
    for due_on, those in by_due.items():
        rows = {row.id: row for row in queries.account_rows([row.program_account_id for row in those], on=due_on)}
        coverages = queries.coverage_by_account(list(rows), on=on)
        for review in those:
            row = rows[review.program_account_id]
            lack = rules.shortfall(coverages[row.id], row.requirement)
            if lack.is_short and row.state in rules.ENROLLED:
                review.reminded_on = on
                reminded.append(review)
                message = messages.review_reminder(review, number=row.number, lack=lack)
                news.append((row.id, messages.ANNUAL_REVIEW_REMINDER, message, messages.review_link(row.number)))
    AnnualReview.objects.bulk_update(reminded, ("reminded_on",), batch_size=500)
    tell_of_reviews(news, on=on, at=at)
    return len(reminded)
