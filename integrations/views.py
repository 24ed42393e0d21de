"""The page for a surety's developers: credentials, how to begin, the log of calls and deliveries."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Business
from core import clock
from core.errors import DomainError, Stranger
from core.paging import CountedPaginator
from delegation.access import BusinessSeat, business_page
from delegation.rules import Action
from integrations import gateway, queries, services
from integrations.authentication import TOKEN_ADDRESS
from integrations.forms import AddressForm
from integrations.models import SuretyClient
from integrations.rules import Scope

PAGE_SIZE = 25


@require_http_methods(["GET", "HEAD", "POST"])
@business_page(to=Action.MANAGE_PEOPLE)
def software(request: HttpRequest) -> HttpResponse:
    seat: BusinessSeat = request.seat  # type: ignore[attr-defined]
    if seat.is_delegated or seat.business.provider_kind != Business.ProviderKind.SURETY:
        raise Stranger(_("There is nothing at this address for you. Check the account you act for."), code="not_found")
    failed: AddressForm | None = None
    chosen: SuretyClient | None = None
    if request.method == "POST":
        chosen = _chosen(seat, request.POST.get("client", ""))
        failed = _address_set(request, seat, chosen)
        if failed is None:
            messages.success(request, _("The address was saved."))
            return redirect("integrations:software", seat.business.bn9)
    clients = list(queries.clients_of(seat.business.pk))
    rows = [
        {
            "client": client,
            "form": failed
            if failed and chosen and chosen.pk == client.pk
            else AddressForm(initial={"hook_url": client.hook_url}, prefix=f"c{client.pk}"),
            "hook_secret": gateway.hook_secret(client.client_id),
        }
        for client in clients
    ]
    return render(
        request,
        "integrations/software.html",
        {
            "seat": seat,
            "form": failed,
            "rows": rows,
            "scopes": Scope.choices,
            "base": settings.PORTAL_URL + "/api/v1/bonds",
            "token_address": settings.PORTAL_URL + TOKEN_ADDRESS,
            "page": CountedPaginator(queries.calls_of(seat.business.pk), PAGE_SIZE).get_page(request.GET.get("page")),
            "deliveries": list(queries.latest_deliveries_of(seat.business.pk)),
        },
        status=422 if failed is not None else 200,
    )


def _chosen(seat: BusinessSeat, given: str) -> SuretyClient:
    client = (
        queries.client_of(seat.business.pk, int(given))
        if given.isascii() and given.isdigit() and len(given) < 16
        else None
    )
    if client is None:
        raise Stranger(_("There is no such credential among yours. Reload the page."), code="not_found")
    return client


def _address_set(request: HttpRequest, seat: BusinessSeat, client: SuretyClient) -> AddressForm | None:
    form = AddressForm(request.POST, prefix=f"c{client.pk}")
    if not form.is_valid():
        return form
    try:
        services.set_address(
            client_pk=client.pk,
            address=form.cleaned_data["hook_url"],
            actor=seat.actor,
            at=clock.now(),
            wall_at=clock.wall_now(),
        )
    except DomainError as refusal:
        form.add_domain_error(refusal)
        return form
    return None
