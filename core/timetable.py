"""When jobs are due: schedules, the firings between two moments, and the timetable named by ``settings.TIMETABLE``."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from core.clock import TORONTO


class Schedule(Protocol):
    def falls_on(self, day: date) -> bool: ...

    @property
    def at(self) -> time: ...


@dataclass(frozen=True)
class Daily:
    at: time

    def falls_on(self, day: date) -> bool:
        return True


@dataclass(frozen=True)
class Monthly:
    day: int
    at: time

    def falls_on(self, day: date) -> bool:
        return day.day == self.day


@dataclass(frozen=True)
class Yearly:
    month: int
    day: int
    at: time

    def falls_on(self, day: date) -> bool:
        return (day.month, day.day) == (self.month, self.day)


@dataclass(frozen=True)
class ScheduledJob:
    """``run`` is the dotted path of ``f(*, run: JobRun, on: date, actor: Actor) -> dict | None`` (the summary).

    ``is_repeatable``: an officer may run it again for a moment that is done; what others wrote then is final.
    """

    name: str
    run: str
    schedule: Schedule
    label: Any = ""
    is_repeatable: bool = False

    def callable(self) -> Callable[..., dict[str, Any] | None]:
        return import_string(self.run)


@dataclass(frozen=True)
class Firing:
    job: ScheduledJob
    due_at: datetime


def timetable() -> Sequence[ScheduledJob]:
    return import_string(settings.TIMETABLE)


def firings_between(jobs: Sequence[ScheduledJob], after: datetime, until: datetime) -> Iterator[Firing]:
    """Every firing later than ``after`` and not later than ``until``, in time order; same moment: timetable order."""
    day = after.astimezone(TORONTO).date()
    last = until.astimezone(TORONTO).date()
    while day <= last:
        due = [
            Firing(job=job, due_at=datetime.combine(day, job.schedule.at, tzinfo=TORONTO))
            for job in jobs
            if job.schedule.falls_on(day)
        ]
        for firing in sorted(due, key=lambda firing: firing.due_at):
            if after < firing.due_at <= until:
                yield firing
        day += timedelta(days=1)
