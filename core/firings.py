"""Which moment of which job somebody at the console means, and handing it to the workers."""

from datetime import date, datetime

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from core.clock import at_toronto, wall_now
from core.errors import DomainError
from core.models import JobRun
from core.queries import job_of
from core.timetable import Firing, timetable


def firing_on(*, name: str, on: date, now: datetime) -> Firing:
    """The moment at which a job falls due on a day. ``DomainError`` for one unknown, not due then, or still to come."""
    job = job_of(name)
    if job is None:
        names = ", ".join(sorted(row.name for row in timetable()))
        raise DomainError(_("There is no such job. Choose one of: %(names)s.") % {"names": names}, code="no_job")
    if not job.schedule.falls_on(on):
        raise DomainError(
            _("%(job)s does not fall due on %(day)s. Choose one of its days.") % {"job": name, "day": on.isoformat()},
            code="not_due",
        )
    firing = Firing(job=job, due_at=at_toronto(on, job.schedule.at.hour, job.schedule.at.minute))
    if firing.due_at > now:
        raise DomainError(
            _("That moment is still to come in this world. Move the clock, and the job runs on the way."),
            code="still_to_come",
        )
    return firing


def hand_over(firing: Firing) -> JobRun:
    """Make the run's row and wake a worker for it; one that is there already is only woken."""
    run, _created = JobRun.objects.get_or_create(
        job=firing.job.name, due_at=firing.due_at, defaults={"started_at": wall_now()}
    )
    import_string(settings.RUN_DISPATCH)(run.pk)
    return run
