"""The clock page of officers and trainers."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.module_loading import import_string
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.access import officer_page
from core import clock, jobs
from core.charts import progress_bar
from core.clock import at_toronto
from core.errors import DomainError, Stranger
from core.models import ClockMove
from core.timetable import timetable
from simulation import queries, rules
from simulation.forms import ClockForm
from simulation.reports import figures_of
from simulation.rules import Stop

REFRESH_SECONDS = 2
SHOWN_RUNS = 60

STOP_LABELS: dict[Stop, Any] = {
    Stop.TOMORROW: _("Tomorrow"),
    Stop.STATEMENT: _("Next statement of account"),
    Stop.DUE: _("Last day to pay"),
    Stop.AFTER_DUE: _("The day after the last day to pay"),
    Stop.REVIEW: _("Yearly review runs"),
    Stop.REVIEW_DUE: _("Last day to be covered after the review"),
    Stop.SUSPENSION: _("Suspension of those still short"),
}


@officer_page()
def show_clock(request: HttpRequest) -> HttpResponse:
    """What time it is in this world, where to go next, and the moves so far. POST asks for a move."""
    today = clock.today()
    form = ClockForm(request.POST or None, today=today)
    if request.method == "POST" and form.is_valid():
        try:
            move = jobs.ask_clock_move(
                to_at=at_toronto(form.cleaned_data["to"], 8),
                actor=request.seat.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
        except DomainError as problem:
            form.add_domain_error(problem)
        else:
            import_string(settings.CLOCK_DISPATCH)(move.pk)
            return redirect("simulation:move", move_id=move.pk)
    stops = [
        {"label": STOP_LABELS[row.stop], "day": row.day}
        for row in rules.next_stops(today, reviews=queries.reviews_around(today))
    ]
    context = {
        "form": form,
        "now": clock.now(),
        "wall": clock.wall_now(),
        "stops": stops,
        "moves": queries.moves()[:10],
        "running": jobs.running_move(),
    }
    return render(request, "simulation/clock.html", context)


@officer_page()
def show_move(request: HttpRequest, move_id: int) -> HttpResponse:
    """Progress of one move and what fired; a plain page that reloads itself while the move runs."""
    move = queries.move_by_id(move_id)
    if move is None:
        raise Stranger(_("There is no such move of the clock."), code="not_found")
    runs = list(queries.fired_by(move)[:SHOWN_RUNS])
    language = get_language() or "en"
    labels = {job.name: job.label or job.name for job in timetable()}
    for run in runs:
        run.label = labels.get(run.job, run.job)  # type: ignore[attr-defined]
        run.figures = list(figures_of(run.summary, language=language))  # type: ignore[attr-defined]
    bar = progress_bar(move.fired_count, move.firing_count, language)
    response = render(request, "simulation/move.html", {"move": move, "runs": runs, "bar": bar})
    if move.state in (ClockMove.State.WAITING, ClockMove.State.RUNNING):
        response["Refresh"] = str(REFRESH_SECONDS)
    return response
