"""Enrolments for a period only: their last day, the warnings before it, and their end."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.errors import Conflict, DomainError
from reference.queries import policy
from security import early_messages, rules
from security.models import RppEnrolment
from security.rules import ENROLLED, RppState
from security.services.parts import event, locked_enrolment, record, tell


def require_period(pattern: str, ends_on: date | None, *, on: date) -> None:
    """``DomainError`` on the field of the last day when it cannot be."""
    problem = rules.period_problem(pattern, ends_on, on=on)
    if problem is not None:
        raise DomainError(str(problem.label), code=problem.value.lower(), field="ends_on")


def change_period(
    *, program_account_id: int, pattern: str, ends_on: date | None, on: date, at: datetime, actor: Actor
) -> RppEnrolment:
    """The importer moves the last day of its enrolment, or enrols for all the year. ``Conflict`` when not enrolled."""
    require_period(pattern, ends_on, on=on)
    with transaction.atomic():
        enrolment = locked_enrolment(program_account_id)
        if enrolment is None or enrolment.state not in ENROLLED:
            raise Conflict(
                _("This program account is not enrolled. Enrol it, and say for how long you need it."),
                code="not_enrolled",
            )
        before = {"pattern": enrolment.pattern, "ends_on": enrolment.ends_on}
        enrolment.pattern, enrolment.ends_on, enrolment.end_warned_on = pattern, ends_on, None
        enrolment.save(update_fields=("pattern", "ends_on", "end_warned_on"))
        after = {"pattern": pattern, "ends_on": ends_on}
        record(actor, "rpp.period_changed", enrolment, at=at, before=before, after=after)
    return enrolment


def end_periods(*, on: date, at: datetime, actor: Actor) -> int:
    """End the enrolments whose last day has passed, in a few statements; returns how many."""
    over = list(_with_period().select_for_update(of=("self",)).filter(ends_on__lt=on))
    events, news = [], []
    for enrolment in over:
        before = {"state": enrolment.state, "reason": enrolment.reason}
        enrolment.state, enrolment.reason, enrolment.changed_on = RppState.CANCELLED, "", on
        after = {"state": enrolment.state, "ends_on": enrolment.ends_on}
        events.append(event(actor, "rpp.period_ended", enrolment, at=at, before=before, after=after))
        account = enrolment.program_account
        message = early_messages.period_ended(number=account.number)
        news.append((account, early_messages.RPP_PERIOD_ENDED, message))
    RppEnrolment.objects.bulk_update(over, ("state", "reason", "changed_on"), batch_size=500)
    audit.record_many(events)
    tell(news, on=on, at=at, include_delegates=True)
    return len(over)


def warn_of_ends(*, on: date, at: datetime) -> int:
    """Warn, on the days that policy names, those whose enrolment ends soon; returns how many."""
    days = policy().period_warning_days(on)
    ending = list(
        _with_period().filter(ends_on__in=[on + timedelta(days=ahead) for ahead in days]).exclude(end_warned_on=on)
    )
    news = []
    for enrolment in ending:
        enrolment.end_warned_on = on
        account, ends_on = enrolment.program_account, enrolment.ends_on or on
        message = early_messages.period_ends(number=account.number, ends_on=ends_on)
        news.append((account, early_messages.RPP_PERIOD_ENDS, message))
    RppEnrolment.objects.bulk_update(ending, ("end_warned_on",), batch_size=500)
    tell(news, on=on, at=at)
    return len(ending)


def _with_period() -> QuerySet[RppEnrolment]:
    rows = RppEnrolment.objects.select_related("program_account").filter(state__in=ENROLLED, ends_on__isnull=False)
    return rows.order_by("pk")
