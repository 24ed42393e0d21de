"""What the clock did: moves and the jobs that fired on the way."""

from datetime import date

from django.db.models import QuerySet

from core.models import ClockMove, JobRun
from reference import queries as reference
from reference.rules.requirement import ReviewSchedule


def moves() -> QuerySet[ClockMove]:
    return ClockMove.objects.order_by("-id")


def move_by_id(move_id: int) -> ClockMove | None:
    return ClockMove.objects.filter(pk=move_id).first()


def fired_by(move: ClockMove) -> QuerySet[JobRun]:
    """The runs that fell due on the way of a move, newest first."""
    return JobRun.objects.filter(due_at__gt=move.from_at, due_at__lte=move.to_at).order_by("-due_at", "-id")


def reviews_around(on: date) -> list[ReviewSchedule]:
    """The yearly reviews of this year and the next; none where the cycle in use has not begun."""
    found = []
    for year in (on.year, on.year + 1):
        try:
            found.append(reference.review_schedule(year))
        except LookupError:
            continue
    return found
