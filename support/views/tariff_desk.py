"""The officers' desk of the tariff: try a file out, load it, take the whole schedule away."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import officer_page
from accounts.rules import OFFICER
from core import clock
from core.errors import DomainError
from core.http import actor_of
from documents import csv_file
from reference.rules.files import EXCHANGE, NOT_LISTED, TEXTS, CellProblem, Wrong
from reference.services import files as services
from support.forms.tariff import TariffFileForm

MOST_PROBLEMS_SHOWN = 200
RATE_EXAMPLES = "Free; 6.5%; 13.51¢/kg plus 8.5%; 238% but not less than $1.25/kg"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@officer_page(OFFICER)
def desk(request: HttpRequest) -> HttpResponse:
    """A dry run that reports every row and cell; then the whole file is loaded, or nothing."""
    is_posted = request.method == "POST"
    form = TariffFileForm(request.POST if is_posted else None, request.FILES if is_posted else None)
    report = None
    if is_posted and form.is_valid():
        actor, text = actor_of(request), form.cleaned_data["file"]
        try:
            if form.cleaned_data["kind"] == "exchange":
                report = services.try_exchange_rates(text=text, actor=actor)
                if "load" in request.POST:
                    report = services.load_exchange_rates(text=text, actor=actor, at=clock.now())
            else:
                report = services.try_schedule(text=text, actor=actor, on=clock.today())
                if "load" in request.POST:
                    report = services.load_schedule(text=text, actor=actor, on=clock.today(), at=clock.now())
        except DomainError as refusal:
            form.add_domain_error(refusal)
        if report is not None and report.is_loaded:
            count = report.row_count
            done = ngettext("%(count)s row was loaded.", "%(count)s rows were loaded.", count)
            messages.success(request, done % {"count": count})
            return redirect("support:tariff_desk")
    context: dict[str, Any] = {
        "form": form,
        "report": report,
        "schedule_columns": ", ".join(TEXTS),
        "exchange_columns": ", ".join(EXCHANGE),
        "not_listed": NOT_LISTED,
    }
    if report is not None:
        context["problems"] = [(problem, problem_text(problem)) for problem in report.problems[:MOST_PROBLEMS_SHOWN]]
        context["unshown_count"] = max(0, len(report.problems) - MOST_PROBLEMS_SHOWN)
    return render(request, "support/tariff_desk.html", context)


@never_cache
@require_safe
@officer_page(OFFICER)
def schedule(request: HttpRequest) -> HttpResponse:
    """The whole schedule, in the form in which it can be loaded again."""
    rows = services.schedule_rows()
    headings = next(rows)
    response = HttpResponse(csv_file.render(headings, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="tariff-schedule.csv"'
    return response


def problem_text(problem: CellProblem) -> str:
    """What to type in the cell instead."""
    words = {
        Wrong.HEADING_MISSING: _("Add a column with this heading."),
        Wrong.HEADING_UNKNOWN: _("No such column. Take it out or write the code of a tariff treatment."),
        Wrong.MISSING: _("Fill in this cell."),
        Wrong.NUMBER: _("Type ten digits, such as 7318.16.00.10."),
        Wrong.UNIT: _("Type a unit of the list, such as KGM, or leave it empty."),
        Wrong.DAY: _("Type a day, such as 2027-01-01."),
        Wrong.MARK: _("Type verified or illustrative."),
        Wrong.RATE: _("Type a rate, such as %(examples)s.") % {"examples": RATE_EXAMPLES},
        Wrong.TOO_LONG: _("Shorten this text."),
        Wrong.TWICE: _("The file says this twice. Keep one row."),
        Wrong.IN_FORCE: _("A verified rate is already in force from this day. Type a day to come."),
        Wrong.CURRENCY: _("Type the three letters of a foreign currency, such as USD."),
        Wrong.AMOUNT: _("Type the Canadian dollars for one unit, such as 1.3725."),
    }
    return words[problem.code]
