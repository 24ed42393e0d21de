"""The officers' overview and the runs of jobs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import officer_page
from accounts.rules import OFFICER
from core import charts, clock
from core import format as formats
from core import jobs as running
from core import queries as runs
from core.errors import DomainError, Stranger
from core.models import AuditEvent, JobRun
from core.paging import CountedPaginator
from core.timetable import timetable
from dashboard import rules, verbs
from dashboard.queries import homes
from dashboard.views.parts import address, language
from security.rules import ReviewOutcome
from simulation.reports import figures_of

PAGE_SIZE = 25
REFRESH_SECONDS = 3
ANNUAL_REVIEWS = {"security.annual_review": "july", "security.annual_review.october": "october"}

BADGES = {
    JobRun.State.RUNNING: "info",
    JobRun.State.PAUSED: "warning",
    JobRun.State.DONE: "success",
    JobRun.State.FAILED: "danger",
}
#: What the buttons do, and what is said afterwards.
ACTS: Mapping[str, tuple[Any, Any]] = {
    "pause": (running.pause_run, gettext_lazy("The job is paused. Parts that were begun are finished.")),
    "resume": (running.resume_run, gettext_lazy("The job goes on with the parts that are left.")),
    "rerun": (running.rerun, gettext_lazy("The job runs again.")),
}
#: What stands under the figure of each outcome of the yearly review.
OUTCOME_NOTES: Mapping[str, Any] = {
    "RISEN": gettext_lazy("Notice sent to each."),
    "SAME_OR_LOWER": gettext_lazy("No notice needed."),
    "NO_HISTORY": gettext_lazy("Estimate kept."),
    "NOT_ENROLLED": gettext_lazy("For information only."),
    "HELD": gettext_lazy("Need a decision, below."),
}


@dataclass(frozen=True)
class RunRow:
    """One firing as the lists show it."""

    run: JobRun
    label: Any
    kind: str
    href: str
    bar: charts.ProgressBar


@dataclass(frozen=True)
class Outcome:
    """One figure that a run reports."""

    key: str
    name: Any
    value: str
    note: Any = ""
    href: str = ""


@dataclass(frozen=True)
class Step:
    title: str
    state: str
    date: str = ""
    text: str = ""


@require_safe
@officer_page(OFFICER)
def overview(request: HttpRequest) -> HttpResponse:
    """What time it is in this world, what the jobs did, and how many cases stand where."""
    move = runs.newest_clock_move()
    context = {
        "now": clock.now(),
        "wall": clock.wall_now(),
        "move": move,
        "move_url": address("simulation:move", args=(move.pk,)) if move else "",
        "clock_url": address("simulation:clock"),
        "counts": _counts(homes.officer_counts(on=clock.today())),
        "rows": [_row(run) for run in runs.recent_runs(8)],
        "desks": _linked(_DESKS),
        "registers": _linked(_REGISTERS),
    }
    return render(request, "dashboard/officer.html", context)


@require_safe
@officer_page(OFFICER)
def jobs(request: HttpRequest) -> HttpResponse:
    """Every firing, newest first, optionally of one job."""
    wanted = request.GET.get("job", "")
    names = {job.name: job.label or job.name for job in timetable()}
    chosen = wanted if wanted in names else ""
    page = CountedPaginator(runs.runs(chosen), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [_row(run) for run in page],
        "jobs": [{"name": name, "label": label, "is_current": name == chosen} for name, label in names.items()],
        "chosen": names.get(chosen, ""),
    }
    return render(request, "dashboard/jobs.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@officer_page(OFFICER)
def job(request: HttpRequest, run_id: int) -> HttpResponse:
    """One firing: how far it is, what came of it, what it left in the audit trail. A running one reloads by itself.

    POST pauses it, lets it go on, or runs it again.
    """
    run = runs.run_by_id(run_id)
    if run is None:
        raise Stranger(_("There is no such run of a job."), code="not_found")
    if request.method == "POST":
        return _act(request, run)
    chunks = runs.chunks_written(run.pk)
    is_review = run.job in ANNUAL_REVIEWS
    outcomes = _outcomes(run)
    context = {
        "run": run,
        "label": _label(run),
        "kind": BADGES[JobRun.State(run.state)],
        "is_paused": run.state == JobRun.State.PAUSED,
        "can_pause": running.can_pause(run),
        "can_rerun": running.can_rerun(run),
        "bar": charts.progress_bar(_done(run), _total(run), language()),
        "bar_title": _bar_title(run),
        "pace": _pace(run),
        "outcomes": outcomes,
        "is_skipped": bool(run.summary.get("skipped")),
        "chunks": chunks,
        "log": [_log_line(event) for event in runs.events_of_run(run.pk)],
        "audit_url": f"{reverse('admin:core_auditevent_changelist')}?{urlencode({'target': f'core.JobRun:{run.pk}'})}",
        "steps": _steps(run),
        "held": homes.reviews_of_run(run.pk, ReviewOutcome.HELD) if is_review else [],
        "risen": homes.reviews_of_run(run.pk, ReviewOutcome.RISEN, limit=6) if is_review else [],
        "country_url": _country_url(run),
        "review_register": _register(f"admin:security_annualreview_changelist?run__id__exact={run.pk}"),
    }
    response = render(request, "dashboard/job.html", context)
    if run.state == JobRun.State.RUNNING:
        response["Refresh"] = str(REFRESH_SECONDS)
    return response


def _act(request: HttpRequest, run: JobRun) -> HttpResponse:
    do, words = ACTS.get(request.POST.get("act", ""), (None, ""))
    if do is None:
        raise Stranger(_("There is no such run of a job."), code="not_found")
    try:
        do(run=run, actor=request.seat.actor, at=clock.now())  # type: ignore[attr-defined]
    except DomainError as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, words)
    return redirect("dashboard:job", run_id=run.pk)


def _label(run: JobRun) -> Any:
    found = runs.job_of(run.job)
    return found.label if found and found.label else run.job


def _country_url(run: JobRun) -> str:
    cycle = ANNUAL_REVIEWS.get(run.job)
    return reverse("dashboard:review", args=(cycle, run.due_at.year)) if cycle else ""


def _row(run: JobRun) -> RunRow:
    return RunRow(
        run=run,
        label=_label(run),
        kind=BADGES[JobRun.State(run.state)],
        href=reverse("dashboard:job", args=(run.pk,)),
        bar=charts.progress_bar(_done(run), _total(run), language()),
    )


def _done(run: JobRun) -> int:
    return _total(run) if run.state == JobRun.State.DONE else run.done_count


def _total(run: JobRun) -> int:
    """A job without parts counts as one."""
    return run.unit_count or 1


def _bar_title(run: JobRun) -> str:
    if not run.unit_count:
        return _("Finished") if run.state == JobRun.State.DONE else _("Not finished")
    return ngettext("%(done)s of %(total)s part", "%(done)s of %(total)s parts", run.unit_count) % {
        "done": formats.integer(_done(run), language()),
        "total": formats.integer(run.unit_count, language()),
    }


def _pace(run: JobRun) -> str:
    until = run.finished_at or clock.wall_now()
    pace = rules.pace(
        done=run.done_count, total=run.unit_count, rows=run.row_count, started_at=run.started_at, until=until
    )
    words = _("It took %(elapsed)s s and wrote %(rows)s rows.")
    if run.state == JobRun.State.PAUSED:
        words = _("%(rows)s rows written so far.")
    if run.state == JobRun.State.RUNNING:
        words = _("%(elapsed)s s so far, %(rows)s rows written. Safe to stop and resume: each part is written once.")
        if pace.left is not None:
            words = _(
                "%(elapsed)s s so far, about %(left)s s left. %(rows)s rows written, %(rate)s a second. Safe to stop "
                "and resume: each part is written once."
            )
    return words % {
        "elapsed": formats.integer(pace.elapsed, language()),
        "left": formats.integer(pace.left or 0, language()),
        "rows": formats.integer(run.row_count, language()),
        "rate": formats.integer(pace.rows_a_second, language()),
    }


def _outcomes(run: JobRun) -> list[Outcome]:
    """The figures of the run's own report; for a running yearly review, those of the accounts reached so far."""
    summary = dict(homes.review_outcomes(run.pk)) if run.job in ANNUAL_REVIEWS else run.summary
    return [
        Outcome(
            key=figure.key,
            name=figure.name,
            value=figure.value,
            note=OUTCOME_NOTES.get(figure.key, ""),
            href=_register(
                f"admin:security_annualreview_changelist?outcome__exact={figure.key}&run__id__exact={run.pk}"
            )
            if figure.key in OUTCOME_NOTES
            else "",
        )
        for figure in figures_of(summary, language=language())
    ]


def _log_line(event: AuditEvent) -> dict[str, Any]:
    """An entry of the audit trail in words; one that has none is named as it was recorded."""
    words = verbs.sentence(event.verb, event.actor_name)
    if event.verb == "review.chunk_done":
        facts = event.after or {}
        words = _("Part written: %(reviewed)s reviewed, %(risen)s rose") % {
            "reviewed": formats.integer(int(facts.get("reviewed", 0)), language()),
            "risen": formats.integer(int(facts.get("risen", 0)), language()),
        }
    return {"at": event.recorded_at, "words": words}


def _steps(run: JobRun) -> list[Step]:
    is_done = run.state == JobRun.State.DONE
    is_failed = run.state == JobRun.State.FAILED
    started = formats.clock_time(run.started_at.astimezone(clock.TORONTO), language())
    finished = formats.clock_time(run.finished_at.astimezone(clock.TORONTO), language()) if run.finished_at else ""
    steps = [Step(_("Started"), "done", started)]
    if run.unit_count:
        steps.append(
            Step(
                ngettext("Divided into %(count)s part", "Divided into %(count)s parts", run.unit_count)
                % {"count": formats.integer(run.unit_count, language())},
                "done",
            )
        )
    words = _("Work the parts off, store, notify") if run.unit_count else _("Do the work, store, notify")
    steps.append(Step(words, "risk" if is_failed else "done" if is_done else "now"))
    steps.append(Step(_("Report the outcome"), "done" if is_done else "next", finished))
    return steps


def _counts(counts: homes.OfficerCounts) -> list[dict[str, Any]]:
    return [
        {
            "name": _("Registered businesses"),
            "value": counts.registered,
            "href": _register("admin:accounts_business_changelist?registered_at__isnull=False"),
            "link": _("Businesses"),
        },
        {
            "name": _("Overdue accounts"),
            "value": counts.overdue,
            "href": _register("standing:desk"),
            "link": _("Desk of overdue accounts"),
        },
        {
            "name": _("Release Prior to Payment suspended"),
            "value": counts.suspended,
            "href": _register("admin:security_rppenrolment_changelist?state__exact=SUSPENDED"),
            "link": _("Enrolments"),
        },
        {
            "name": _("Bonds waiting for a surety"),
            "value": counts.bonds_waiting,
            "href": _register("admin:security_bond_changelist?state__exact=PENDING_PROVIDER"),
            "link": _("Bonds"),
        },
        {
            "name": _("Reviews held"),
            "value": counts.reviews_held,
            "href": _register("admin:security_annualreview_changelist?outcome__exact=HELD"),
            "link": _("Yearly reviews"),
        },
    ]


def _register(name: str) -> str:
    """The address of a register with its filter; empty where this portal has no such register."""
    page, mark, query = name.partition("?")
    found = address(page)
    return f"{found}{mark}{query}" if found else ""


#: The pages on which officers decide.
_DESKS: tuple[tuple[str, Any], ...] = (
    ("releases:desk", gettext_lazy("Release desk")),
    ("releases:admissions", gettext_lazy("Admissions")),
    ("standing:desk", gettext_lazy("Overdue accounts")),
    ("dashboard:reviews", gettext_lazy("Yearly reviews of the country")),
    ("security:officer_lines", gettext_lazy("Security line by line")),
    ("admin:security_depositrequest_changelist?state__exact=ASKED", gettext_lazy("Requests about deposits")),
    ("security:paper_desk", gettext_lazy("Agreements on paper")),
    ("dashboard:counter", gettext_lazy("Counter for C-type declarations")),
    ("declarations:overdue", gettext_lazy("Late accounting")),
    ("declarations:desk", gettext_lazy("Changes of declarations")),
    ("payments:bank_files", gettext_lazy("Files from and to the bank")),
    ("payments:returned", gettext_lazy("Take a payment back")),
    ("dashboard:interest_desk", gettext_lazy("Interest: earlier cheques and waivers")),
    ("support:tariff_desk", gettext_lazy("Tariff and exchange rates")),
    ("delegation:licences", gettext_lazy("Customs brokers' licences")),
    ("delegation:find_business", gettext_lazy("Primary managers")),
    ("registration:strict_mode", gettext_lazy("Strict mode and locks")),
)
_REGISTERS: tuple[tuple[str, Any], ...] = (
    ("admin:accounts_user_changelist", gettext_lazy("People")),
    ("admin:accounts_programaccount_changelist", gettext_lazy("Program accounts")),
    ("admin:releases_release_changelist", gettext_lazy("Releases")),
    ("admin:declarations_declaration_changelist", gettext_lazy("Declarations")),
    ("admin:statements_statement_changelist", gettext_lazy("Statements of account")),
    ("admin:payments_payment_changelist", gettext_lazy("Payments")),
    ("admin:ledger_journalentry_changelist", gettext_lazy("Journal entries")),
    ("admin:reference_policyparameter_changelist", gettext_lazy("Dated policy")),
    ("admin:core_outboxmessage_changelist", gettext_lazy("Outbox")),
    ("admin:core_auditevent_changelist", gettext_lazy("Audit trail")),
)


def _linked(pages: Iterable[tuple[str, Any]]) -> list[dict[str, Any]]:
    rows = [{"href": _register(name), "label": label} for name, label in pages]
    return [row for row in rows if row["href"]]
