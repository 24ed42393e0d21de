"""Questions about the clock's moves, the runs of jobs and their parts."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from core.models import AuditEvent, ClockMove, JobChunk, JobRun
from core.timetable import ScheduledJob, timetable


def recent_runs(limit: int = 10) -> Sequence[JobRun]:
    """The last firings, newest first."""
    return list(runs()[:limit])


def runs(job: str = "", state: str = "") -> QuerySet[JobRun]:
    """Every firing, newest first, optionally of one job or in one state."""
    found = JobRun.objects.order_by("-due_at", "-id")
    if job:
        found = found.filter(job=job)
    return found.filter(state=state) if state else found


def run_by_id(pk: int) -> JobRun | None:
    return JobRun.objects.filter(pk=pk).first()


def chunks_written(run_id: int, limit: int = 10) -> Sequence[JobChunk]:
    """The parts of a run that are done, the last written first."""
    done = JobChunk.objects.filter(run_id=run_id, done_at__isnull=False).order_by("-done_at", "-position")
    return list(done[:limit])


def last_chunk_at(run_id: int) -> datetime | None:
    """The wall time at which the last part was written."""
    return (
        JobChunk.objects.filter(run_id=run_id, done_at__isnull=False)
        .order_by("-done_at")
        .values_list("done_at", flat=True)
        .first()
    )


def events_of_run(run_id: int, limit: int = 10) -> Sequence[AuditEvent]:
    """What a run left in the audit trail about itself, newest first."""
    return list(AuditEvent.objects.filter(target=f"core.JobRun:{run_id}").order_by("-id")[:limit])


def newest_clock_move() -> ClockMove | None:
    return ClockMove.objects.order_by("-id").first()


def job_of(name: str) -> ScheduledJob | None:
    """The line of the timetable, while the job still stands there."""
    return next((job for job in timetable() if job.name == name), None)
