"""Many requests at once: try a list out, send it, read what became of each row."""

from collections.abc import Iterable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.errors import DomainError
from delegation import queries, rules, services
from delegation.access import business_page
from delegation.forms import LIST_SAMPLE, RequestListForm
from delegation.models import RequestBatch
from delegation.rules import Action
from delegation.services import RowResult
from delegation.views.parts import ROWS, SeatRequest, for_providers, found, typed
from documents import csv_file


@business_page(to=Action.REQUEST_CLIENTS)
def request_list(request: SeatRequest) -> HttpResponse:
    """A dry run that reports every row; then the good ones are sent."""
    seat = request.seat
    for_providers(seat)
    form = RequestListForm(typed(request), request.FILES if request.method == "POST" else None)
    results: list[RowResult] = []
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data["rows"]
        try:
            if "send" in request.POST:
                batch = services.send_requests(
                    provider_id=seat.business.pk, wanted=wanted, actor=seat.actor, on=seat.on, at=clock.now()
                )
                count = batch.sent_count
                done = ngettext("%(count)s request was sent.", "%(count)s requests were sent.", count)
                messages.success(request, done % {"count": count})
                return HttpResponseRedirect(reverse("delegation:request_batch", args=(seat.business.bn9, batch.pk)))
            results = services.try_requests(provider_id=seat.business.pk, wanted=wanted, actor=seat.actor, on=seat.on)
        except DomainError as refusal:
            form.add_domain_error(refusal)
    good_count = sum(1 for row in results if row.is_good)
    context = {
        "form": form,
        "results": results,
        "good_count": good_count,
        "wrong_count": len(results) - good_count,
        "text": form.cleaned_data.get("text", "") if results else "",
        "most": rules.MOST_REQUESTS,
        "batches": queries.request_batches(seat.business.pk)[:10],
    }
    return render(request, "delegation/request_list.html", context)


@business_page(to=Action.REQUEST_CLIENTS)
def sample(request: SeatRequest) -> HttpResponse:
    """A list with one row, to start from."""
    for_providers(request.seat)
    return _file("\ufeff" + LIST_SAMPLE, "requests.csv")


@business_page(to=Action.REQUEST_CLIENTS)
def batch(request: SeatRequest, pk: int) -> HttpResponse:
    """What became of each row of a list that was sent."""
    row = _batch(request, pk)
    results = services.results_of(row)
    context = {
        "batch": row,
        "page": Paginator(results, ROWS).get_page(request.GET.get("page")),
        "left_count": len(results) - row.sent_count,
    }
    return render(request, "delegation/request_batch.html", context)


@business_page(to=Action.REQUEST_CLIENTS)
def batch_csv(request: SeatRequest, pk: int) -> HttpResponse:
    row = _batch(request, pk)
    return _file(results_csv(services.results_of(row)), f"requests-{row.pk}-result.csv")


def results_csv(results: Iterable[RowResult]) -> bytes:
    """One row each in the order of the list, whose own columns come first."""
    headings = ["bn9", "comment", _("Row"), _("Code"), _("Result")]
    return csv_file.render(headings, [[row.bn9, row.comment, row.number, row.code, row.message] for row in results])


def _batch(request: SeatRequest, pk: int) -> RequestBatch:
    for_providers(request.seat)
    return found(queries.request_batches(request.seat.business.pk).filter(pk=pk).first())


def _file(content: str | bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
