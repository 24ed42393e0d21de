"""Every day: reminders before the last day to pay, and the steps that follow after it."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.models import JobRun
from delegation import services as delegations
from reference import queries as reference
from security import services as security
from security.rules import SuspensionReason
from standing import queries, rules
from standing.messages import BODIES, SUBJECTS
from standing.models import StandingNotice
from standing.rules import Step
from standing.services.arrangements import review_arrangements
from standing.services.measures import end_paid_demands, end_paid_detentions, end_past_holds
from standing.services.parts import event, notice

#: Reminders written in one transaction.
BATCH = 2500


def run_daily(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """Every day: end what is over, take the steps that are due on unpaid accounts, each once."""
    at = run.due_at
    end_past_holds(on=on, actor=actor, at=at)
    broken = review_arrangements(on=on, actor=actor, at=at)
    end_paid_detentions(on=on, actor=actor, at=at)
    end_paid_demands(on=on, actor=actor, at=at)
    security.uphold_unanswered(reason=_("No answer came within 60 days"), on=on, actor=actor, at=at)
    reminded = remind(on=on, actor=actor, at=at)
    return {"reminders": reminded, "arrangements_broken": broken, **take_steps(on=on, actor=actor, at=at)}


def remind(*, on: date, actor: Actor, at: datetime) -> int:
    """Remind of what falls due within the dated number of days, each account once for a last day to pay."""
    days = rules.StepDays.of(reference.policy(), on)
    count = 0
    soon = list(queries.accounts_due_soon(on=on, within_days=days.reminder))
    for start in range(0, len(soon), BATCH):
        rows = soon[start : start + BATCH]
        taken = queries.steps_taken([row.program_account.pk for row in rows])
        due = [row for row in rows if (row.program_account.pk, Step.REMINDER.value, row.oldest_last_day) not in taken]
        with transaction.atomic():
            count += _write([(row, Step.REMINDER) for row in due], days=days, on=on, actor=actor, at=at)
    return count


def take_steps(*, on: date, actor: Actor, at: datetime) -> dict[str, int]:
    """Warn, give notice, transfer and suspend every account whose day has come; a second run the same day does nothing.

    In a fixed number of statements for the reading; suspension is one set-based call of the security room. Where steps
    are paused by a hold or an arrangement only the warning goes out; the rest follows when the pause is over.
    """
    days = rules.StepDays.of(reference.policy(), on)
    overdue = list(queries.overdue_accounts(on=on))
    numbers = [row.program_account.pk for row in overdue]
    taken = queries.days_of_steps(numbers)
    paused = queries.paused(numbers, on=on)
    to_take: list[tuple[queries.OverdueAccount, Step]] = []
    for row in overdue:
        number = row.program_account.pk
        steps = rules.due_steps(
            row.oldest_last_day,
            days=days,
            taken=taken.get((number, row.oldest_last_day), {}),
            is_paused=number in paused,
            on=on,
        )
        to_take += [(row, step) for step in steps]
    with transaction.atomic():
        written = _write(to_take, days=days, on=on, actor=actor, at=at)
        suspended = security.suspend_rpp(
            program_account_ids=[row.program_account.pk for row, step in to_take if step == Step.SUSPENSION],
            reason=SuspensionReason.OVERDUE_DEBT,
            on=on,
            at=at,
            actor=actor,
        )
    return {"steps": written, "suspended": suspended}


def _write(
    steps: Sequence[tuple[queries.OverdueAccount, Step]], *, days: rules.StepDays, on: date, actor: Actor, at: datetime
) -> int:
    """The notices, their trail and what the importers are told, in a few statements."""
    rows = [
        StandingNotice(
            program_account=row.program_account,
            step=step.value,
            last_day_to_pay=row.oldest_last_day,
            taken_on=on,
            overdue=row.overdue,
        )
        for row, step in steps
    ]
    StandingNotice.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    audit.record_many(
        event(
            row.program_account,
            f"standing.{step.value.lower()}",
            actor=actor,
            at=at,
            overdue=row.overdue,
            last_day_to_pay=row.oldest_last_day,
        )
        for row, step in steps
    )
    delegations.notify_businesses(list(_news(steps, days)), at=at)
    return len(rows)


def _news(
    steps: Iterable[tuple[queries.OverdueAccount, Step]], days: rules.StepDays
) -> Iterable[delegations.BusinessNotice]:
    for row, step in steps:
        planned = rules.step_days(row.oldest_last_day, days=days)
        yield notice(
            row.program_account,
            SUBJECTS[step],
            BODIES[step],
            amount=row.overdue,
            last_day=row.oldest_last_day,
            suspends_on=planned[Step.SUSPENSION],
        )
