"""The provider's side: its clients, asking one, giving an access back; and everybody's account switcher."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Membership, ProgramAccount
from core import clock
from core.errors import DomainError
from delegation import queries, rules, services
from delegation.access import business_page
from delegation.forms import RequestClientForm, SwitchForm
from delegation.models import Delegation
from delegation.rules import ROLE_LABELS, Action, Role
from delegation.views.parts import NoQuestions, Question, SeatRequest, ask, for_providers, found, page_of, typed
from documents import csv_file


@business_page(to=Action.REQUEST_CLIENTS)
def clients(request: SeatRequest) -> HttpResponse:
    seat = request.seat
    for_providers(seat)
    context = {
        "page": page_of(request, queries.clients(seat.business.pk)),
        "waiting": queries.sent_requests(seat.business.pk).filter(state=Delegation.State.REQUESTED).count(),
        "today": seat.on,
    }
    return render(request, "delegation/clients.html", context)


@business_page(to=Action.REQUEST_CLIENTS)
def client(request: SeatRequest, pk: int) -> HttpResponse:
    """What one client gave."""
    seat = request.seat
    for_providers(seat)
    row = found(queries.clients(seat.business.pk).filter(pk=pk).first())
    is_active = row.state == Delegation.State.ACTIVE
    context = {
        "row": row,
        "is_active": is_active,
        "may_view_history": seat.may(Action.VIEW_HISTORY),
        "today": seat.on,
        "given": queries.given_to(provider_id=seat.business.pk, client_id=row.client_id) if is_active else (),
    }
    return render(request, "delegation/client.html", context)


@business_page(to=Action.REQUEST_CLIENTS)
def request_client(request: SeatRequest) -> HttpResponse:
    """Ask a client for access by its business number."""
    seat = request.seat
    for_providers(seat)
    form = RequestClientForm(typed(request))
    if request.method == "POST" and form.is_valid():
        try:
            row = services.request_access(
                provider_id=seat.business.pk,
                client_bn9=form.cleaned_data["bn9"],
                comment=form.cleaned_data["comment"],
                actor=seat.actor,
                on=seat.on,
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("Your request was sent. You are told when the client answers."))
            return HttpResponseRedirect(reverse("delegation:third_party_request", args=(seat.business.bn9, row.pk)))
    return render(request, "delegation/request_client.html", {"form": form})


@business_page(to=Action.REQUEST_CLIENTS)
def end(request: SeatRequest, pk: int) -> HttpResponse:
    """Give a client's access back."""
    seat = request.seat
    for_providers(seat)
    row = found(queries.clients(seat.business.pk).filter(pk=pk).first())
    details = reverse("delegation:client", args=(seat.business.bn9, row.pk))

    def act(answers: dict[str, Any]) -> str:
        services.end(delegation_id=row.pk, actor=seat.actor, on=seat.on, at=clock.now())
        return details

    question = Question(
        title=_("Stop acting for %(client)s?") % {"client": row.client.legal_name},
        button=_("Stop acting for %(client)s") % {"client": row.client.legal_name},
        back=details,
        consequences=(
            _("It ends at once: you no longer see this client's account and can submit nothing for it."),
            _("What you submitted before stays."),
        ),
        crumbs=[(reverse("delegation:clients", args=(seat.business.bn9,)), _("Clients"))],
    )
    return ask(
        request,
        question,
        form=NoQuestions(typed(request)),
        act=act,
        done=_("You no longer act for %(client)s.") % {"client": row.client.legal_name},
    )


# --- The switcher -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Reach:
    """One program account as a line of the switcher."""

    account: ProgramAccount
    role_label: Any
    provider_name: str
    href: str

    @property
    def is_client(self) -> bool:
        return bool(self.provider_name)


@login_required
def switch(request: HttpRequest) -> HttpResponse:
    """Everything this person may act for: own businesses first, then clients."""
    user_id = request.user.pk
    form = SwitchForm(request.GET or None)
    search = form.cleaned_data["search"] if form.is_bound and form.is_valid() else ""
    page = page_of(request, queries.accounts_in_reach(user_id=user_id or 0, on=clock.today(), search=search))
    context = {
        "form": form,
        "search": search,
        "page": page,
        "rows": [_reach(account) for account in page],
        "businesses": [
            {"membership": row, "may_manage": _may_manage(row)}
            for row in queries.own_businesses(user_id=user_id).prefetch_related("programs__program_account")
        ],
    }
    return render(request, "delegation/switch.html", context)


def _may_manage(row: Membership) -> bool:
    """Whether this person decides on people in the business, or in one of its program accounts at least."""
    roles = [row.role, *(one.role for one in row.programs.all())]
    return any(Action.MANAGE_PEOPLE in rules.PERMISSIONS[Role(role)] for role in roles)


@login_required
@require_safe
def switch_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All of the same list, or what the search finds, as a file that is sent while it is read."""
    form, words = SwitchForm(request.GET), get_language() or "en"
    search = form.cleaned_data["search"] if form.is_valid() else ""
    rows = queries.accounts_in_reach(user_id=request.user.pk or 0, on=clock.today(), search=search)
    headings = [
        _("Business"),
        _("Business number"),
        _("Program account"),
        _("You act as"),
        _("Whose"),
        _("Service provider"),
    ]

    def parts() -> Iterator[list[list[str]]]:
        for account in rows.iterator(chunk_size=1000):
            with override(words):
                yield [_cells(account)]

    response = StreamingHttpResponse(csv_file.stream(headings, parts()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="accounts.csv"'
    return response


def _cells(account: ProgramAccount) -> list[str]:
    row = _reach(account)
    return [
        account.business.legal_name,
        account.business.bn9,
        account.number,
        str(row.role_label),
        _("Client") if row.is_client else _("Own business"),
        row.provider_name,
    ]


def _reach(account: ProgramAccount) -> Reach:
    own_role, delegated = account.own_role, account.delegated_access  # type: ignore[attr-defined]
    return Reach(
        account=account,
        role_label=ROLE_LABELS[Role(own_role or delegated)],
        provider_name="" if own_role else account.provider_name,  # type: ignore[attr-defined]
        href=_home_of(account.number),
    )


def _home_of(number: str) -> str:
    """The home page of a program account, which stands in a room above this one."""
    try:
        return reverse(getattr(settings, "ACCOUNT_HOME", "dashboard:home"), args=(number,))
    except NoReverseMatch:
        return ""
