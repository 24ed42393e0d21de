"""The one door to businesses and program accounts: nothing that hangs on them is reached any other way.

Strangers get :class:`core.errors.Stranger` (404), so that existence never leaks; somebody known here who lacks the
permission gets :class:`core.errors.Refused` (403) with the way out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.models import Business, Membership, ProgramAccount
from core import audit, clock
from core.actor import Actor, Channel
from core.errors import Refused, Stranger
from core.http import actor_of
from delegation import queries, rules
from delegation.models import Delegation
from delegation.rules import FULL, ROLE_LABELS, Action, Role, Visibility


@dataclass(frozen=True)
class Seat:
    """What one actor is and may do in one program account on the business day ``on``."""

    actor: Actor
    program_account: ProgramAccount
    role: Role
    visibility: Visibility
    actions: frozenset[Action]
    on: date
    provider: Business | None = None
    kind: str = "own"

    @property
    def business(self) -> Business:
        return self.program_account.business

    @property
    def business_name(self) -> str:
        return self.program_account.business.legal_name

    @property
    def program_account_number(self) -> str:
        return self.program_account.number

    @property
    def role_label(self) -> Any:
        return ROLE_LABELS[self.role]

    @property
    def is_delegated(self) -> bool:
        return self.provider is not None

    def may(self, action: Action | str) -> bool:
        return Action(action) in self.actions

    def require(self, action: Action) -> None:
        """For what a call turns out to need besides what opened the door; ``Refused`` without it."""
        if action not in self.actions:
            raise _refusal(self, action)


@dataclass(frozen=True)
class BusinessSeat:
    """What one actor is and may do in one business as a whole on one day.

    ``program_account_ids`` are those in which the person may do what the door was asked for; ``None`` is the whole
    business. ``by_account`` says for somebody with roles in program accounts what each of them allows.
    """

    actor: Actor
    business: Business
    role: Role
    actions: frozenset[Action]
    on: date
    membership: Membership | None = None
    program_account_ids: frozenset[int] | None = None
    by_account: Mapping[int, frozenset[Action]] | None = None
    provider: Business | None = None
    kind: str = "own"

    @property
    def business_name(self) -> str:
        return self.business.legal_name

    @property
    def program_account_number(self) -> str:
        return ""

    @property
    def role_label(self) -> Any:
        return ROLE_LABELS[self.role]

    @property
    def is_delegated(self) -> bool:
        return self.provider is not None

    @property
    def staff_id(self) -> int | None:
        """The person by whose clients a provider's work is narrowed; ``None`` for a manager, who reaches them all."""
        return None if self.role == Role.BAM else self.actor.user_id

    def may(self, action: Action | str) -> bool:
        """Whether it is allowed in the business, or in at least one of its program accounts."""
        return Action(action) in self.actions

    def may_in(self, program_account: ProgramAccount, action: Action) -> bool:
        """Whether it is allowed in this program account of the business."""
        if self.by_account is None or program_account.business_id != self.business.pk:
            return action in self.actions
        return action in self.by_account.get(program_account.pk, frozenset())


def program_account_for(actor: Actor, number: str, *, to: Action, on: date) -> Seat:
    """The actor's seat in the program account ``number`` (BN15), able to do ``to`` on this day.

    Own membership comes first, then a delegation in force. ``Stranger`` without either, ``Refused`` without permission.
    """
    seat = _account_seat(actor, number, on)
    if to not in seat.actions:
        raise _refusal(seat, to)
    return seat


def business_for(actor: Actor, bn9: str, *, to: Action, on: date) -> BusinessSeat:
    """The actor's seat in the business ``bn9``, able to do ``to`` on this day; refusals as above."""
    seat = _business_seat(actor, bn9, on, to)
    if to not in seat.actions:
        raise _refusal(seat, to)
    return seat


def account_page(*, to: Action) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """For a view at ``accounts/<number>/...``: signed in, through the door; the seat is ``request.seat``."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def opened(request: HttpRequest, number: str, *args: Any, **kwargs: Any) -> HttpResponse:
            seat = _account_seat(actor_of(request), number, clock.today())
            return _through_the_door(request, seat, to, view, *args, **kwargs)

        opened.door = ("account", to)  # type: ignore[attr-defined]
        return opened

    return decorate


def business_page(*, to: Action) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """For a view at ``businesses/<bn9>/...``: signed in, through the door; the seat is ``request.seat``."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def opened(request: HttpRequest, bn9: str, *args: Any, **kwargs: Any) -> HttpResponse:
            seat = _business_seat(actor_of(request), bn9, clock.today(), to)
            return _through_the_door(request, seat, to, view, *args, **kwargs)

        opened.door = ("business", to)  # type: ignore[attr-defined]
        return opened

    return decorate


def account_call(*, to: Action) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """For a method of an API view at ``accounts/<number>/...``: through the door; the method is given the ``seat``."""

    def decorate(method: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(method)
        def opened(view: Any, request: Any, number: str, **kwargs: Any) -> HttpResponse:
            seat = _account_seat(actor_of(request, channel=Channel.API), number, clock.today())
            return _through_the_door(request, seat, to, lambda _request: method(view, request, seat=seat, **kwargs))

        return opened

    return decorate


def business_call(
    *, to: Action, bn9_of: Callable[[Any], str]
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """For a method of an API view whose request names the business (``bn9_of``); the method is given the ``seat``."""

    def decorate(method: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(method)
        def opened(view: Any, request: Any, **kwargs: Any) -> HttpResponse:
            seat = _business_seat(actor_of(request, channel=Channel.API), bn9_of(request), clock.today(), to)
            return _through_the_door(request, seat, to, lambda _request: method(view, request, seat=seat, **kwargs))

        return opened

    return decorate


def _account_seat(actor: Actor, number: str, on: date) -> Seat:
    account = queries.program_account_with_own_role(user_id=actor.user_id, number=number)
    seat = (_own_seat(actor, account, on) or _delegated_seat(actor, account, on)) if account else None
    if seat is None:
        raise Stranger(_("There is nothing at this address for you. Check the account you act for."), code="not_found")
    return seat


def _business_seat(actor: Actor, bn9: str, on: date, to: Action) -> BusinessSeat:
    seat = _own_business_seat(actor, bn9, on, to) or _delegated_business_seat(actor, bn9, on)
    if seat is None:
        raise Stranger(_("There is nothing at this address for you. Check the account you act for."), code="not_found")
    return seat


def _through_the_door(
    request: Any,
    seat: Seat | BusinessSeat,
    to: Action,
    view: Callable[..., HttpResponse],
    /,
    *args: Any,
    **kwargs: Any,
) -> HttpResponse:
    """The view's answer, and in the audit trail what the holder of the seat saw, took away or was refused."""
    try:
        if to not in seat.actions:
            raise _refusal(seat, to)
        request.seat = seat
        response = view(request, *args, **kwargs)
    except Refused as refusal:
        _record_access(request, seat, rules.REFUSED, reason=refusal.code)
        raise
    verb = rules.access_verb(
        method=request.method or "",
        status=response.status_code,
        content_type=response.get("Content-Type", ""),
        is_delegated=seat.is_delegated,
        is_software=seat.actor.channel == Channel.API,
    )
    if verb:
        _record_access(request, seat, verb)
    return response


def _record_access(request: Any, seat: Seat | BusinessSeat, verb: str, *, reason: str = "") -> None:
    account = seat.program_account if isinstance(seat, Seat) else None
    match = request.resolver_match
    page = {"page": match.view_name, **{name: str(part) for name, part in match.kwargs.items()}} if match else {}
    audit.record(
        actor=seat.actor,
        verb=verb,
        at=clock.now(),
        target=f"accounts.ProgramAccount:{account.pk}" if account else f"accounts.Business:{seat.business.pk}",
        business_id=account.business_id if account else seat.business.pk,
        program_account_id=account.pk if account else None,
        after=page,
        reason=reason,
    )


def _own_seat(actor: Actor, account: ProgramAccount, on: date) -> Seat | None:
    held: str | None = account.own_role  # type: ignore[attr-defined]
    if held is None:
        return None
    role, added = Role(held), account.own_added_actions or ()  # type: ignore[attr-defined]
    return Seat(
        actor=actor.acting_for(account.business_id),
        program_account=account,
        role=role,
        visibility=FULL,
        actions=rules.own_actions(role, added),
        on=on,
    )


def _delegated_seat(actor: Actor, account: ProgramAccount, on: date) -> Seat | None:
    delegation = queries.delegation_to(account, user_id=actor.user_id, on=on)
    if delegation is None:
        return None
    visibility, actions = delegated(delegation, on=on)
    return Seat(
        actor=actor.acting_for(delegation.provider_id),
        program_account=account,
        role=Role(delegation.access),
        visibility=visibility,
        actions=actions,
        on=on,
        provider=delegation.provider,
        kind="client",
    )


def delegated(delegation: Delegation, *, on: date) -> tuple[Visibility, frozenset[Action]]:
    """What a delegation shows and allows to one of the provider's people, who keep no more than they may at home.

    It carries that person's ``staff_role`` and ``staff_added_actions``: see ``queries.with_staff``.
    """
    visibility = rules.visibility_of(
        provider_id=delegation.provider_id,
        client_id=delegation.client_id,
        sees_client=delegation.sees_client,
        sees_others=delegation.sees_others,
    )
    is_licensed = queries.is_licensed_broker(delegation.provider, on=on)
    allowed = rules.actions_of(Role(delegation.access), visibility=visibility, is_licensed_broker=is_licensed)
    return visibility, allowed & _home_actions(delegation)


def _own_business_seat(actor: Actor, bn9: str, on: date, to: Action) -> BusinessSeat | None:
    membership = queries.own_membership(user_id=actor.user_id, bn9=bn9)
    if membership is None:
        return None
    role = Role(membership.role)
    roles = queries.roles_of(membership)
    by_account = None if roles is None else {pk: grant.actions for pk, grant in roles.items()}
    everywhere = rules.own_actions(role, membership.added_actions)
    return BusinessSeat(
        actor=actor.acting_for(membership.business_id),
        business=membership.business,
        role=role,
        actions=everywhere if not by_account else frozenset().union(*by_account.values()),
        on=on,
        membership=membership,
        program_account_ids=None
        if by_account is None
        else frozenset(pk for pk, allowed in by_account.items() if to in allowed),
        by_account=by_account,
    )


def _delegated_business_seat(actor: Actor, bn9: str, on: date) -> BusinessSeat | None:
    delegation = queries.effective_business_delegation(user_id=actor.user_id, bn9=bn9, on=on)
    if delegation is None:
        return None
    return BusinessSeat(
        actor=actor.acting_for(delegation.provider_id),
        business=delegation.client,
        role=Role.THIRD_PARTY_BUSINESS,
        actions=rules.PERMISSIONS[Role.THIRD_PARTY_BUSINESS] & rules.OF_THE_BUSINESS & _home_actions(delegation),
        on=on,
        provider=delegation.provider,
        kind="client",
    )


def _home_actions(delegation: Delegation) -> frozenset[Action]:
    """What the provider's own person may do at home."""
    return rules.own_actions(Role(delegation.staff_role), delegation.staff_added_actions)  # type: ignore[attr-defined]


def _refusal(seat: Seat | BusinessSeat, to: Action) -> Refused:
    if (
        seat.provider is not None
        and to in rules.BROKER_ONLY
        and not queries.is_licensed_broker(seat.provider, on=seat.on)
    ):
        return not_licensed(seat.provider)
    if seat.is_delegated:
        return Refused(
            _("The access that %(business)s gave you does not include this. Ask its manager to widen it.")
            % {"business": seat.business_name},
            code="delegation_too_narrow",
        )
    return Refused(
        _("Your role, %(role)s, does not include this. Ask a Business Account Manager of %(business)s.")
        % {"role": seat.role_label, "business": seat.business_name},
        code="role_too_narrow",
    )


def not_licensed(provider: Business) -> Refused:
    """Why a provider may not release or account for others: it is no broker, or its licence is not in force."""
    if provider.provider_kind != Business.ProviderKind.CUSTOMS_BROKER:
        return Refused(
            _("A trade consultant may not do this: only a licensed customs broker, or the importer itself."),
            code="broker_only",
        )
    return Refused(
        _("The customs broker licence of %(provider)s is not in force today. Once it is, this works again.")
        % {"provider": provider.legal_name},
        code="licence_not_in_force",
    )
