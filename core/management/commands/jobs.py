"""``manage.py jobs``: the runs of the timetable's jobs from the console, with their progress.

Ends with 0 when the run is done, 1 when it failed or was refused, 3 when an officer holds it.
"""

import time
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock, firings, jobs, queries
from core.errors import DomainError
from core.models import JobRun

_WIDTH = 40
_ACTS = {"pause": jobs.pause_run, "resume": jobs.resume_run, "rerun": jobs.rerun}
_HELD = 3


class Command(BaseCommand):
    help = "List the runs of jobs, run one, follow one to its end, pause it, let it go on, or run it again."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="list|run|follow|pause|resume|rerun")
        listed = acts.add_parser("list", help="the newest runs")
        listed.add_argument("--job", default="", help="of this job alone")
        listed.add_argument("--state", default="", choices=["", *JobRun.State.values], help="in this state alone")
        listed.add_argument("--limit", type=int, default=20, help="at most so many")
        run = acts.add_parser("run", help="bring a job of one day to its end")
        run.add_argument("job", help="its name in the timetable, such as statements.interest")
        run.add_argument("--on", type=date.fromisoformat, required=True, help="the day on which it falls due")
        for name, words in (("follow", "show the progress until the end"), ("pause", "take no further part")):
            acts.add_parser(name, help=words).add_argument("run", type=int, help="number of the run")
        for name, words in (("resume", "let a paused run go on"), ("rerun", "run one again that stopped or is done")):
            again = acts.add_parser(name, help=words)
            again.add_argument("run", type=int, help="number of the run")
            again.add_argument("--workers", action="store_true", help="leave the work to the workers and follow it")
        run.add_argument("--workers", action="store_true", help="leave the work to the workers and follow it")
        acts.choices["follow"].add_argument("--every", type=float, default=0.5, help="seconds between two looks")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = self._act(options)
        except DomainError as problem:
            raise CommandError(str(problem)) from problem
        if run is not None:
            self._end(run)

    def _act(self, options: dict[str, Any]) -> JobRun | None:
        match options["act"]:
            case "list":
                for run in queries.runs(options["job"], options["state"])[: options["limit"]]:
                    self.stdout.write(_line(run))
                return None
            case "run":
                firing = firings.firing_on(name=options["job"], on=options["on"], now=clock.now())
                if options["workers"]:
                    return self._follow(firings.hand_over(firing))
                with jobs.watched(self._show):
                    return jobs.fire(firing)
            case "follow":
                return self._follow(self._run(options["run"]), every=options["every"])
            case act:
                return self._change(act, options)

    def _change(self, act: str, options: dict[str, Any]) -> JobRun | None:
        run = _ACTS[act](run=self._run(options["run"]), actor=jobs.console_actor(), at=clock.now())
        if act == "pause":
            self.stdout.write(_line(run))
            return None
        if options["workers"]:
            return self._follow(run)
        with jobs.watched(self._show):
            return jobs.work_run(run_id=run.pk)

    def _run(self, number: int) -> JobRun:
        run = queries.run_by_id(number)
        if run is None:
            raise CommandError(f"There is no run {number}. The list shows their numbers: manage.py jobs list")
        return run

    def _follow(self, run: JobRun, *, every: float = 0.5) -> JobRun:
        while True:
            run.refresh_from_db()
            self._show(run)
            if run.state != JobRun.State.RUNNING:
                return run
            time.sleep(every)

    def _show(self, run: JobRun) -> None:
        total = run.unit_count or 1
        done = total if run.state == JobRun.State.DONE else run.done_count
        bar = "#" * (done * _WIDTH // total)
        self.stdout.write(f"\r[{bar:<{_WIDTH}}] {done:,} of {total:,}, {run.row_count:,} rows   ", ending="")
        self.stdout.flush()

    def _end(self, run: JobRun) -> None:
        self.stdout.write("")
        self.stdout.write(_line(run))
        if run.state == JobRun.State.PAUSED:
            raise CommandError("The run is paused. Let it go on: manage.py jobs resume", returncode=_HELD)
        if run.state == JobRun.State.FAILED:
            raise CommandError(run.problem or "The run failed. The log of the worker holds the details.")


def _line(run: JobRun) -> str:
    due = run.due_at.astimezone(clock.TORONTO)
    return (
        f"{run.pk:>6} {due:%Y-%m-%d %H:%M} {run.job:<34} {run.state:<8} "
        f"{run.done_count}/{run.unit_count} parts, {run.row_count} rows {run.summary or ''}".rstrip()
    )
