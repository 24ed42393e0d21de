"""What follows from an overdue account: a warning, a notice of arrears, the suspension of Release Prior to Payment."""

from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.urls import reverse

from core import audit
from core.actor import Actor
from core.lazy import lazy_text
from core.models import JobRun
from delegation import services as delegations
from reference import queries as reference
from security import services as security
from security.rules import SuspensionReason
from standing import queries, rules
from standing.messages import BODIES, SUBJECTS
from standing.models import StandingNotice


def run_daily(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """Every day: take the steps that are due on overdue accounts, each once."""
    return take_steps(on=on, actor=actor, at=run.due_at)


def take_steps(*, on: date, actor: Actor, at: datetime) -> dict[str, int]:
    """Warn, give notice and suspend every account whose day has come; a second run the same day does nothing.

    In a fixed number of statements for the reading; suspension is one set-based call of the security room.
    """
    policy = reference.policy()
    overdue = list(queries.overdue_accounts(on=on))
    taken = queries.steps_taken([row.program_account.pk for row in overdue])
    notices: list[StandingNotice] = []
    tell: list[delegations.BusinessNotice] = []
    to_suspend: list[int] = []
    for row in overdue:
        days = rules.step_days(
            row.oldest_last_day,
            arrears_after_days=policy.count("standing.notice_of_arrears_after_days", on),
            suspend_after_days=policy.count("standing.suspend_after_days", on),
        )
        for step, day in days.items():
            if day > on or (row.program_account.pk, step.value, row.oldest_last_day) in taken:
                continue
            notices.append(
                StandingNotice(
                    program_account=row.program_account,
                    step=step.value,
                    last_day_to_pay=row.oldest_last_day,
                    taken_on=on,
                    overdue=row.overdue,
                )
            )
            tell.append(_notice(row, step, suspends_on=days[rules.Step.SUSPENSION]))
            if step == rules.Step.SUSPENSION:
                to_suspend.append(row.program_account.pk)
    with transaction.atomic():
        StandingNotice.objects.bulk_create(notices, batch_size=1000, ignore_conflicts=True)
        audit.record_many(
            audit.event(
                actor=actor,
                verb=f"standing.{notice.step.lower()}",
                target=f"accounts.ProgramAccount:{notice.program_account.number}",
                business_id=notice.program_account.business_id,
                program_account_id=notice.program_account_id,
                after={"overdue": notice.overdue, "last_day_to_pay": notice.last_day_to_pay},
                at=at,
            )
            for notice in notices
        )
        delegations.notify_businesses(tell, at=at)
        suspended = security.suspend_rpp(
            program_account_ids=to_suspend, reason=SuspensionReason.OVERDUE_DEBT, on=on, at=at, actor=actor
        )
    return {"steps": len(notices), "suspended": suspended}


def _notice(row: queries.OverdueAccount, step: rules.Step, *, suspends_on: date) -> delegations.BusinessNotice:
    account = row.program_account
    return delegations.BusinessNotice(
        business_id=account.business_id,
        program_account_id=account.pk,
        subject=lazy_text(SUBJECTS[step], amount=row.overdue),
        body=lazy_text(BODIES[step], amount=row.overdue, last_day=row.oldest_last_day, suspends_on=suspends_on),
        category="standing",
        link=partial(reverse, "standing:detail", args=(account.number,)),
    )
