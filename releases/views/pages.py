"""Pages of releases: a filer's requests, one request, and what an account has to account for."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError, Stranger
from core.paging import CountedPaginator
from delegation.access import BusinessSeat, Seat, account_page, business_page
from delegation.rules import Action
from documents import csv_file
from reference import queries as reference
from releases import queries, services
from releases.forms import FilterForm, RequestForm
from releases.models import Release
from releases.rules import Refusal

#: Refusals after which the importer's name is not said, because the filer has no business knowing it.
NAMELESS = (Release.Refusal.NOT_REGISTERED, Release.Refusal.NO_DELEGATION)


class BusinessRequest(HttpRequest):
    seat: BusinessSeat


class AccountRequest(HttpRequest):
    seat: Seat


@business_page(to=Action.VIEW_TRANSACTIONS)
def releases(request: BusinessRequest) -> HttpResponse:
    """Everything this filer asked for."""
    seat = request.seat
    form = FilterForm(request.GET)
    state = form.cleaned_data["state"] if form.is_valid() else ""
    found = queries.releases_of_submitter(seat.business.pk, held=seat.program_account_ids, user_id=seat.staff_id)
    accounting = form.cleaned_data["accounting"] if form.is_valid() else ""
    if state:
        found = found.filter(state=state)
    found = queries.of_accounting(found, accounting, on=clock.today())
    page = queries.keyset_page(found, before=_number(request, "before"), after=_number(request, "after"))
    context = {
        "form": form,
        "shown": "; ".join(_chosen(form, "state") + _chosen(form, "accounting")),
        "query": request.GET.urlencode(),
        "page": page,
        "today": clock.today(),
        "may_request": seat.may(Action.REQUEST_RELEASE),
    }
    return render(request, "releases/list.html", context)


@business_page(to=Action.REQUEST_RELEASE)
def ask(request: BusinessRequest) -> HttpResponse:
    """Ask for release; whichever way it goes, the answer is the page of the request."""
    seat = request.seat
    form = RequestForm(request.POST or None, initial=_prefilled(request))
    if request.method == "POST" and form.is_valid():
        try:
            release = services.request_release(
                request=form.entry(),
                submitter=seat.business,
                staff_actions=seat.actions,
                held=seat.program_account_ids,
                actor=seat.actor,
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            return HttpResponseRedirect(
                reverse("releases:detail", args=(seat.business.bn9, release.transaction_number))
            )
    return render(request, "releases/request.html", {"form": form})


@business_page(to=Action.VIEW_TRANSACTIONS)
def detail(request: BusinessRequest, transaction_number: str) -> HttpResponse:
    """One request: what was decided, when, and what comes next."""
    seat = request.seat
    release = queries.release_by_number(
        transaction_number, submitter_id=seat.business.pk, held=seat.program_account_ids, user_id=seat.staff_id
    )
    if release is None:
        raise Stranger(_("There is no release of that number here. Check the number."), code="not_found")
    office = reference.office_of(release.office)
    asked = release.program_account
    may_request = seat.may(Action.REQUEST_RELEASE) and (asked is None or seat.may_in(asked, Action.REQUEST_RELEASE))
    context = {
        "release": release,
        "today": clock.today(),
        "office": f"{office.code} {office.name_in(get_language() or 'en')}" if office else release.office,
        "names_importer": release.program_account is not None and release.refusal not in NAMELESS,
        "is_own": release.program_account is not None and release.program_account.business_id == seat.business.pk,
        "way_out": services.WAY_OUT[Refusal(release.refusal)] if release.refusal else "",
        "may_request": may_request,
        "messages_sent": queries.messages_of(release.pk),
        "may_correct": may_request and _is_correctable(release),
        "penalty": reference.policy().amount("late_accounting.penalty", clock.today()),
    }
    return render(request, "releases/detail.html", context)


@account_page(to=Action.VIEW_TRANSACTIONS)
def account_releases(request: AccountRequest) -> HttpResponse:
    """The account's releases: what is still to be accounted for first, by days left."""
    seat = request.seat
    form = FilterForm(request.GET)
    accounting = form.cleaned_data["accounting"] if form.is_valid() else ""
    found = queries.releases_of_account(seat.program_account.pk, visibility=seat.visibility)
    found = queries.with_messages(queries.of_accounting(found, accounting, on=clock.today()))
    context = {
        "form": form,
        "shown": "; ".join(_chosen(form, "accounting")),
        "query": request.GET.urlencode(),
        "page": CountedPaginator(queries.open_first(found), queries.ROWS).get_page(request.GET.get("page")),
        "today": clock.today(),
        "may_file": seat.may(Action.FILE_DECLARATION),
        "asks_as": seat.provider or seat.business,
        "may_request": seat.may(Action.REQUEST_RELEASE),
        "filer_id": seat.actor.business_id,
    }
    return render(request, "releases/account_list.html", context)


@business_page(to=Action.VIEW_TRANSACTIONS)
def releases_csv(request: BusinessRequest) -> HttpResponse:
    """What the list shows, as a file: every request of this filer."""
    seat = request.seat
    form = FilterForm(request.GET)
    given = form.cleaned_data if form.is_valid() else {"state": "", "accounting": ""}
    found = queries.releases_of_submitter(seat.business.pk, held=seat.program_account_ids, user_id=seat.staff_id)
    if given["state"]:
        found = found.filter(state=given["state"])
    return _file(queries.of_accounting(found, given["accounting"], on=clock.today()), seat.business.bn9)


@account_page(to=Action.VIEW_TRANSACTIONS)
def account_releases_csv(request: AccountRequest) -> HttpResponse:
    """What the account's list shows, as a file: no more than the seat may see."""
    seat = request.seat
    form = FilterForm(request.GET)
    accounting = form.cleaned_data["accounting"] if form.is_valid() else ""
    found = queries.releases_of_account(seat.program_account.pk, visibility=seat.visibility)
    found = queries.open_first(queries.of_accounting(found, accounting, on=clock.today()))
    return _file(found, seat.program_account_number)


def _file(found: QuerySet[Release], name: str) -> HttpResponse:
    today = clock.today()
    headings = [
        _("Transaction"),
        _("Program account"),
        _("Submitted by"),
        _("How release was asked for"),
        _("Cargo control number"),
        _("Goods"),
        _("Estimated value"),
        _("State"),
        _("Reason"),
        _("Released"),
        _("Account for the goods by"),
        _("Days left"),
        _("Accounted for"),
    ]
    rows = (_cells(release, today) for release in found.iterator(chunk_size=1000))
    response = HttpResponse(csv_file.render(headings, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-releases.csv"'
    return response


def _cells(release: Release, today: date) -> list[Any]:
    is_open = release.state == Release.State.RELEASED and release.accounted_on is None
    due_on = release.accounting_due_on
    return [
        release.transaction_number,
        release.asked_for,
        release.submitter.legal_name,
        release.get_kind_display(),
        release.cargo_control_number,
        release.goods,
        release.estimated_value,
        release.get_state_display(),
        release.get_refusal_display(),
        release.released_on,
        due_on,
        queries.days_left(due_on, on=today) if is_open and due_on else None,
        release.accounted_on,
    ]


def _is_correctable(release: Release) -> bool:
    return (
        release.state == Release.State.RELEASED and release.accounted_on is None and release.kind != Release.Kind.CTYPE
    )


def _chosen(form: FilterForm, name: str) -> list[str]:
    value = form.cleaned_data.get(name) if form.is_valid() else ""
    return [str(dict(form.fields[name].choices)[value])] if value else []  # type: ignore[attr-defined]


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _prefilled(request: BusinessRequest) -> dict[str, Any]:
    """The answers of an earlier request of this filer (``?again=``), or an account to ask for (``?account=``)."""
    seat = request.seat
    kind = request.GET.get("kind", "")
    initial: dict[str, Any] = {"kind": kind} if kind in Release.Kind.values else {}
    again = queries.release_by_number(
        request.GET.get("again", ""),
        submitter_id=seat.business.pk,
        held=seat.program_account_ids,
        user_id=seat.staff_id,
    )
    if again is not None:
        return {
            "account_number": again.asked_for,
            "kind": again.kind,
            "cargo_control_number": again.cargo_control_number,
            "office": again.office,
            "goods": again.goods,
            "estimated_value": again.estimated_value,
            "expected_arrival_on": max(again.expected_arrival_on or clock.today(), clock.today()),
            "department": again.department,
            "permit_number": again.permit_number,
            "goods_category": again.goods_category,
            **initial,
        }
    if account := request.GET.get("account", ""):
        initial["account_number"] = account[:15]
    return {"expected_arrival_on": clock.today(), **initial}
