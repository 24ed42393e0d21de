"""The provider's side: its clients, asking one, giving an access back."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError
from delegation import queries, services
from delegation.access import business_page
from delegation.forms import RequestClientForm
from delegation.models import Delegation
from delegation.rules import Action
from delegation.views.parts import NoQuestions, Question, SeatRequest, ask, for_providers, found, page_of, typed


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
