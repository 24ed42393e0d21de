"""The yearly reviews as officers and analysts see them: their dates, one in the whole country, both cycles together."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import officer_page
from accounts.rules import OFFICER
from core import charts, clock, firings, signatures
from core import format as formats
from core.errors import DomainError, Stranger
from dashboard.views.parts import address, language
from reference.queries import known_review_cycles, review_schedule
from reference.rules.requirement import ReviewSchedule
from security import queries
from security.result_file import parts_of
from security.rules import ReviewOutcome
from security.rules.country import SIZES, Country, Tally

JOBS = {"july": "security.annual_review", "october": "security.annual_review.october"}
CYCLES: Mapping[str, Any] = {
    "july": gettext_lazy("July to October"),
    "october": gettext_lazy("October to January"),
}


@dataclass(frozen=True)
class Row:
    """One line of a table of the country: what it counts, for one review or for two beside each other."""

    name: Any
    tallies: tuple[Tally, ...]


@dataclass(frozen=True)
class Table:
    title: Any
    head: Any
    rows: tuple[Row, ...]


@require_http_methods(["GET", "HEAD", "POST"])
@officer_page(OFFICER)
def reviews(request: HttpRequest) -> HttpResponse:
    """The cycles as dated rows, and the reviews of last year, this and the next; POST runs one that was missed."""
    if request.method == "POST":
        return _run(request)
    on = clock.today()
    years = range(on.year - 1, on.year + 2)
    runs = queries.runs_of_reviews(years)
    rows = []
    for year in reversed(years):
        for cycle in JOBS:
            schedule = _schedule(cycle, year)
            run = runs.get((cycle, year))
            in_use = _is_in_use(schedule)
            rows.append(
                {
                    "name": CYCLES[cycle],
                    "schedule": schedule,
                    "run": run,
                    "in_use": in_use,
                    "can_run": in_use and run is None and schedule.run_on <= on,
                }
            )
    context = {
        "rows": rows,
        "cycles": [{"row": row, "name": CYCLES.get(row.name, row.name)} for row in known_review_cycles()],
        "cycles_url": address("admin:reference_reviewcycle_changelist"),
        "year": on.year,
        "public_key": signatures.public_key(),
    }
    return render(request, "dashboard/reviews.html", context)


@require_safe
@officer_page(OFFICER)
def review(request: HttpRequest, cycle: str, year: int) -> HttpResponse:
    """One review in the whole country: as it was written, or, where it has not run or ``dry`` is asked, reckoned."""
    schedule = _schedule(cycle, year)
    on = clock.today()
    is_written = queries.is_written(schedule)
    is_dry = "dry" in request.GET or not is_written
    found = queries.country(schedule, is_dry=is_dry, on=on)
    names = queries.accounts_named(found.rises)
    run = queries.runs_of_reviews(range(year, year + 1)).get((cycle, year))
    context = {
        "name": CYCLES[cycle],
        "schedule": schedule,
        "is_dry": is_dry,
        "is_written": is_written,
        "run": run,
        "total": found.total,
        "outcomes": [(outcome.label, tally) for outcome, tally in found.by_outcome().items() if tally.accounts],
        "chart": _chart(found, key="sizes"),
        "tables": _tables((found,), schedule),
        "rises": [(rise, names[rise.program_account_id]) for rise in found.rises],
        "held_url": address("admin:security_annualreview_changelist"),
    }
    return render(request, "dashboard/review.html", context)


@require_safe
@officer_page(OFFICER)
def both(request: HttpRequest, year: int) -> HttpResponse:
    """Both cycles of a year on the same accounts, each reckoned without writing anything."""
    on = clock.today()
    schedules = [_schedule(cycle, year) for cycle in JOBS]
    found = [queries.country(schedule, is_dry=True, on=on) for schedule in schedules]
    outcomes = tuple(
        Row(outcome.label, tuple(each.by_outcome()[outcome] for each in found))
        for outcome in ReviewOutcome
        if outcome != ReviewOutcome.HELD
    )
    context = {
        "year": year,
        "sides": [
            {"name": CYCLES[schedule.cycle], "schedule": schedule, "total": each.total, "chart": _chart(each, key=key)}
            for schedule, each, key in zip(schedules, found, JOBS, strict=True)
        ],
        "tables": (Table(_("Outcomes"), _("Outcome"), outcomes), *_tables(tuple(found), None)),
    }
    return render(request, "dashboard/review_both.html", context)


@require_safe
@officer_page(OFFICER)
def review_file(request: HttpRequest, cycle: str, year: int) -> Any:
    """The signed file of results, a line for every account."""
    schedule = _schedule(cycle, year)
    is_dry = "dry" in request.GET or not queries.is_written(schedule)
    at = clock.now()
    response = StreamingHttpResponse(
        parts_of(schedule, is_dry=is_dry, on=at.date(), at=at), content_type="application/jsonl"
    )
    kind = "dry-run" if is_dry else "review"
    response["Content-Disposition"] = f'attachment; filename="{kind}-{cycle}-{year}.jsonl"'
    return response


def _run(request: HttpRequest) -> HttpResponse:
    cycle, _dash, year = request.POST.get("run", "").partition("-")
    schedule = _schedule(cycle, int(year) if year.isdecimal() else 0)
    try:
        firing = firings.firing_on(name=JOBS[cycle], on=schedule.run_on, now=clock.now())
    except DomainError as problem:
        messages.error(request, str(problem))
        return redirect("dashboard:reviews")
    return redirect("dashboard:job", run_id=firings.hand_over(firing).pk)


def _schedule(cycle: str, year: int) -> ReviewSchedule:
    found = queries.schedule_named(cycle, year) if cycle in JOBS else None
    if found is None:
        raise Stranger(_("There is no such review."), code="not_found")
    return found


def _is_in_use(schedule: ReviewSchedule) -> bool:
    try:
        return review_schedule(schedule.year) == schedule
    except LookupError:
        return False


def _tables(found: tuple[Country, ...], schedule: ReviewSchedule | None) -> tuple[Table, ...]:
    """By reason, by size and by season; the months of one review by their end, of two by their place in the year."""
    reasons, sizes = [each.by_reason() for each in found], [each.by_size() for each in found]
    seasons = _months(found[0], schedule) if schedule else _calendar_months(found)
    return (
        Table(_("Why requirements rise"), _("Reason"), _rows(reasons, {key: key.label for key in reasons[0]})),
        Table(_("By size of the new requirement"), _("Size"), _rows(sizes, dict(enumerate(_size_names())))),
        Table(_("By season: when the highest month ends"), _("Month"), seasons),
    )


def _rows(sides: list[dict[Any, Tally]], names: Mapping[Any, Any]) -> tuple[Row, ...]:
    return tuple(Row(name, tuple(side[key] for side in sides)) for key, name in names.items())


def _months(found: Country, schedule: ReviewSchedule) -> tuple[Row, ...]:
    tallies = found.by_month(last for _first, last in schedule.slices)
    return tuple(Row(formats.month_year(end, language()), (tally,)) for end, tally in tallies.items())


def _calendar_months(found: tuple[Country, ...]) -> tuple[Row, ...]:
    """Two cycles cut their months on different days, so they meet in the calendar month in which a slice ends."""
    rows = []
    for number, name in enumerate(formats.MONTHS[language()], start=1):
        rows.append(Row(name, tuple(each.in_month(number) for each in found)))
    return tuple(rows)


def _size_names() -> list[str]:
    """Zero, then every class up to its end, and the one beyond."""
    ends = [formats.number(end, language(), places=0) for end in SIZES]
    names = [_("Nothing required")]
    names += [_("over %(low)s to %(high)s") % {"low": low, "high": high} for low, high in pairwise(ends)]
    return [*names, _("over %(low)s") % {"low": ends[-1]}]


def _chart(found: Country, *, key: str) -> charts.Chart:
    names = _size_names()
    ticks = ["0", *(_short(end) for end in SIZES[1:]), ">" + _short(SIZES[-1])]
    points = tuple(
        charts.Point(name=names[place], value=Decimal(tally.accounts), tick=ticks[place], letter=ticks[place])
        for place, tally in found.by_size().items()
    )
    return charts.column_chart(
        points,
        key=key,
        title=_("Enrolled program accounts by size of the new requirement"),
        description=_("Columns: how many enrolled program accounts have a requirement up to the figure below."),
        name_head=_("New requirement, dollars"),
        value_head=_("Program accounts"),
        language=language(),
        places=0,
    )


def _short(end: Any) -> str:
    """5 k, 1 M: as short as a tick must be, the same in both languages."""
    return f"{int(end) // 1_000_000}M" if end >= 1_000_000 else f"{int(end) // 1000}k"
