"""A mass adjustment: one file, a dry run that reports each row, then one case."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from core import clock
from core.errors import DomainError
from declarations.changes import services
from declarations.changes.forms import SAMPLE, MassForm
from declarations.views.parts import SeatRequest
from delegation.access import account_page
from delegation.rules import Action


@account_page(to=Action.FILE_DECLARATION)
def mass(request: SeatRequest) -> HttpResponse:
    """Choose the file, read the report, ask for all of it."""
    seat = request.seat
    form = MassForm(request.POST or None, request.FILES or None)
    report = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            report = services.try_rows(
                program_account=seat.program_account,
                visibility=seat.visibility,
                code=given["reason_code"],
                rows=given["rows"],
                on=clock.today(),
            )
            if "submit" in request.POST and not report.wrong_count:
                case = services.submit_case(
                    program_account=seat.program_account,
                    visibility=seat.visibility,
                    code=given["reason_code"],
                    reason=given["reason"],
                    rows=given["rows"],
                    submitter=seat.provider or seat.business,
                    actor=seat.actor,
                    at=clock.now(),
                )
                address = reverse("declarations:changes", args=(seat.program_account.number,))
                return HttpResponseRedirect(f"{address}?text={case.number}")
        except DomainError as refusal:
            form.add_domain_error(refusal)
    context = {"form": form, "report": report, "most": services.MOST}
    return render(request, "declarations/changes/mass.html", context)


@account_page(to=Action.VIEW_TRANSACTIONS)
def mass_sample(request: SeatRequest) -> HttpResponse:
    """A CSV file with two rows, to start from."""
    response = HttpResponse("\ufeff" + SAMPLE, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="adjustments.csv"'
    return response
