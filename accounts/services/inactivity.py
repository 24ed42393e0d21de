"""The inactivity rule: warn 30, 7 and 1 days before, then deactivate. A dated policy that is off unless switched on."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Min
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import queries, rules
from accounts.models import LastActivity, User
from core import audit, jobs, outbox
from core.actor import Actor
from core.clock import at_toronto, wall_now
from core.format import day as day_in_words
from core.models import JobChunk, JobRun
from notifications.services import Draft, notify_many
from reference import queries as reference

SWITCH = "people.inactivity_applies"
DAYS = "people.inactive_after_days"
CATEGORY = "inactivity"
WORK = "accounts.services.inactivity.work_inactivity"


@dataclass
class Reader:
    """A person told inside the portal only: the letter about their sign-in goes to everybody, asked for or not."""

    pk: int
    language: str
    address: str
    wants_email: bool = False


def begin_anew(*, user: User, on: date) -> None:
    """The person signed in, or an officer let them in again: their days are counted from this one."""
    LastActivity.objects.update_or_create(
        user=user, defaults={"active_on": on, "warned_days": None, "warned_on": None, "deactivated_on": None}
    )


def run_inactivity(*, run: JobRun, on: date, actor: Actor) -> dict[str, int]:
    """Every day: nothing unless the policy applies, then a few statements a range of people; safe to run again."""
    if not reference.policy().holds(SWITCH, on):
        return {"applies": 0}
    people = _watched().aggregate(first=Min("pk"), last=Max("pk"))
    done = jobs.run_chunks(run=run, ranges=jobs.ranges_of(people["first"], people["last"]), work=WORK, actor=actor)
    return {"applies": 1, "people": done}


def work_inactivity(*, chunk: JobChunk, actor: Actor) -> int:
    """Warn and deactivate the people of one range; returns how many were warned or deactivated."""
    on = chunk.run.due_at.astimezone(at_toronto(date(2026, 1, 1)).tzinfo).date()
    at = chunk.run.due_at
    policy = reference.policy()
    days, since = policy.count(DAYS, on), policy.row(SWITCH, on).effective_from
    people = _watched().filter(pk__gte=chunk.first_id, pk__lte=chunk.last_id)
    with transaction.atomic():
        _count_from_today(people, on)
        rows = list(
            LastActivity.objects.select_for_update(of=("self",))
            .filter(
                user__in=people, active_on__lte=on + timedelta(days=rules.INACTIVITY_WARNINGS[0]) - timedelta(days=days)
            )
            .select_related("user")
        )
        warned, ended = [], []
        for row in rows:
            end = rules.deactivated_from(row.active_on, days=days, in_force_from=since)
            step = rules.warning_due(end, on, warned_days=row.warned_days)
            if rules.may_deactivate(end, on, warned_days=row.warned_days, warned_on=row.warned_on):
                row.deactivated_on = on
                ended.append(row)
            elif step is not None:
                row.warned_days, row.warned_on = step, on
                # A last warning that comes late still leaves its day.
                warned.append((row, max(end, on + timedelta(days=1))))
        LastActivity.objects.bulk_update([row for row, _end in warned], ("warned_days", "warned_on"), batch_size=500)
        LastActivity.objects.bulk_update(ended, ("deactivated_on",), batch_size=500)
        User.objects.filter(pk__in=[row.user_id for row in ended]).update(is_active=False)
        _tell_warned(warned, on, at)
        _tell_ended(ended, days, at)
        audit.record_many(
            [
                audit.event(
                    actor=actor,
                    verb="person.inactivity_warned",
                    target=queries.target_of(row.user),
                    after={"active_on": row.active_on, "deactivated_from": end, "days": row.warned_days},
                    at=at,
                )
                for row, end in warned
            ]
            + [
                audit.event(
                    actor=actor,
                    verb="person.deactivated",
                    target=queries.target_of(row.user),
                    after={"active_on": row.active_on, "days": days},
                    at=at,
                )
                for row in ended
            ]
        )
    return len(warned) + len(ended)


def _watched() -> Any:
    """Everybody the rule is about: people of businesses who could sign in; not officers."""
    return User.objects.filter(is_active=True, is_staff=False)


def _count_from_today(people: Any, on: date) -> None:
    """Nobody is counted from before the rule knew them, and whoever is signed in at this moment is active."""
    unknown = people.filter(last_activity=None).values_list("pk", flat=True)
    LastActivity.objects.bulk_create(
        [LastActivity(user_id=pk, active_on=on) for pk in unknown], batch_size=500, ignore_conflicts=True
    )
    here = people.filter(open_sessions__session__expire_date__gt=wall_now()).values("pk")
    LastActivity.objects.filter(user__in=here).update(active_on=on, warned_days=None, warned_on=None)


def _tell_warned(warned: list[tuple[LastActivity, date]], on: date, at: datetime) -> None:
    def words(row: LastActivity, end: date) -> tuple[str, str]:
        left = (end - on).days
        subject = ngettext(
            "Sign in within %(count)d day to keep your access",
            "Sign in within %(count)d days to keep your access",
            left,
        ) % {"count": left}
        body = _(
            "You last signed in on %(last)s. Sign in before %(end)s, or this credential is deactivated then. Your "
            "business and its data are not affected; an officer of the help desk can let you in again."
        ) % {"last": day_in_words(row.active_on, row.user.language), "end": day_in_words(end, row.user.language)}
        return subject, body

    _tell([(row, words, end) for row, end in warned], at)


def _tell_ended(ended: list[LastActivity], days: int, at: datetime) -> None:
    def words(row: LastActivity, end: date) -> tuple[str, str]:
        body = _(
            "You last signed in on %(last)s, more than %(days)d days ago. Your business and its data are not affected. "
            "Ask the help desk to let you in again: an officer checks who you are and reactivates your credential."
        ) % {"last": day_in_words(row.active_on, row.user.language), "days": days}
        return _("Your access was deactivated because it was not used"), body

    _tell([(row, words, at.date()) for row in ended], at)


def _tell(told: list[tuple[LastActivity, Any, date]], at: datetime) -> None:
    """A letter to everybody, and a notification for whoever comes back."""
    letters, drafts = [], []
    for row, words, end in told:
        user = row.user
        with translation.override(user.language):
            subject, body = words(row, end)
            text = render_to_string("email/plain.txt", {"body": body, "person": user})
        if user.address:
            letters.append(
                outbox.message(
                    to=user.address,
                    language=user.language,
                    subject=f"[Portage] {subject}",
                    body=text,
                    category=CATEGORY,
                    user_id=user.pk,
                    at=at,
                )
            )
        drafts.append(Draft(Reader(user.pk, user.language, user.address), subject, body, CATEGORY))
    outbox.send_many(letters)
    notify_many(drafts=drafts, at=at)
