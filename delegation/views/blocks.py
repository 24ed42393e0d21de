"""Blocking and unblocking providers, and the list of those blocked."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from delegation import queries, services
from delegation.access import BusinessSeat, business_page
from delegation.forms import BlockForm
from delegation.models import Delegation
from delegation.rules import Action
from delegation.views.parts import NoQuestions, Question, SeatRequest, ask, found, page_of, typed


def _crumbs(seat: BusinessSeat) -> list[tuple[str, str]]:
    return [
        (reverse("delegation:people", args=(seat.business.bn9,)), _("People and access")),
        (reverse("delegation:blocked_providers", args=(seat.business.bn9,)), _("Blocked providers")),
    ]


@business_page(to=Action.MANAGE_THIRD_PARTIES)
def blocked(request: SeatRequest) -> HttpResponse:
    """The providers whose requests are refused, with one's own reasons."""
    page = page_of(request, queries.blocks(request.seat.business.pk))
    return render(request, "delegation/blocked.html", {"page": page})


@business_page(to=Action.MANAGE_THIRD_PARTIES)
def block(request: SeatRequest, pk: int) -> HttpResponse:
    """Block the provider behind a request or an access of this business."""
    seat = request.seat
    row = found(queries.delegations_of(seat.business.pk).filter(pk=pk, client_id=seat.business.pk).first())
    has_access = row.state == Delegation.State.ACTIVE
    view = "delegation:third_party_request" if row.state == Delegation.State.REQUESTED else "delegation:third_party"
    target = reverse("delegation:blocked_providers", args=(seat.business.bn9,))

    def act(answers: dict[str, Any]) -> str:
        services.block_provider(
            client_id=seat.business.pk,
            provider_id=row.provider_id,
            reason=answers["reason"],
            ends_access=answers.get("ends_access", False),
            actor=seat.actor,
            on=seat.on,
            at=clock.now(),
        )
        return target

    question = Question(
        title=_("Block %(provider)s?") % {"provider": row.provider.legal_name},
        button=_("Block this provider"),
        back=reverse(view, args=(seat.business.bn9, row.pk)),
        consequences=(
            _("Its requests are refused from now on. It reads that you do not accept requests from it, no more."),
            _("A request that waits is rejected; one you sent it is withdrawn."),
            _("You can unblock it at any time."),
        ),
        crumbs=_crumbs(seat),
    )
    return ask(
        request,
        question,
        form=BlockForm(typed(request), has_access=has_access),
        act=act,
        done=_("%(provider)s is blocked.") % {"provider": row.provider.legal_name},
    )


@business_page(to=Action.MANAGE_THIRD_PARTIES)
def unblock(request: SeatRequest, pk: int) -> HttpResponse:
    """Take requests from a provider again."""
    seat = request.seat
    row = found(queries.blocks(seat.business.pk).filter(pk=pk).first())
    back = reverse("delegation:blocked_providers", args=(seat.business.bn9,))

    def act(answers: dict[str, Any]) -> str:
        services.unblock_provider(block_id=row.pk, actor=seat.actor, on=seat.on, at=clock.now())
        return back

    question = Question(
        title=_("Unblock %(provider)s?") % {"provider": row.provider.legal_name},
        button=_("Unblock this provider"),
        back=back,
        consequences=(
            _("It can ask you for access again, and you can name it."),
            _("Nothing that was rejected or ended comes back by this."),
        ),
        is_danger=False,
        crumbs=_crumbs(seat),
    )
    return ask(
        request,
        question,
        form=NoQuestions(typed(request)),
        act=act,
        done=_("%(provider)s is no longer blocked.") % {"provider": row.provider.legal_name},
    )
