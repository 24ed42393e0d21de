"""The signed copy of a bond as a download: for its importer, its surety and officers."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import officer_page
from core import clock
from core.actor import Actor
from core.errors import Stranger
from delegation.access import account_page, business_page
from delegation.rules import Action
from documents.attachment import attachment
from security import queries, services
from security.models import Bond
from security.views.desk import surety_seat
from security.views.parts import seat_of
from security.views.versions import history, sees_whole_business


@require_safe
@account_page(to=Action.VIEW_SECURITY)
def account_bond_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """For whoever sees all the program accounts of which the agreement tells."""
    seat = seat_of(request)
    bond = queries.bond_of_account(seat.program_account.pk, pk)
    only = None if sees_whole_business(seat) else seat.program_account.number
    is_told_whole = bond is not None and history(request, bond, only=only)["is_whole"]
    return _copy(bond if is_told_whole else None, seat.actor)


@require_safe
@business_page(to=Action.VIEW_BUSINESS)
def bond_copy(request: HttpRequest, pk: int) -> HttpResponse:
    seat = surety_seat(request)
    return _copy(queries.bond_given_by(seat.business.pk, pk), seat.actor)


@require_safe
@officer_page()
def officer_bond_copy(request: HttpRequest, pk: int) -> HttpResponse:
    return _copy(queries.bond_by_id(pk), request.seat.actor)  # type: ignore[attr-defined]


def _copy(bond: Bond | None, actor: Actor) -> HttpResponse:
    if bond is None:
        raise Stranger(_("There is no such bond for you. Go back to the list."), code="not_found")
    return attachment(services.open_bond_copy(bond=bond, actor=actor, at=clock.now()))
