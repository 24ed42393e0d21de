"""Requests and nominations: asking for access, and the answer of the side that was asked."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Business
from core.actor import Actor
from core.errors import Conflict, DomainError, Refused
from delegation import queries, rules
from delegation.models import Delegation, Signature
from delegation.rules import Action, Scope, SignedAs
from delegation.services.notices import PROGRAM_MANAGERS
from delegation.services.parts import (
    Side,
    State,
    authority,
    check_reach,
    check_scope,
    check_signature,
    check_state,
    close,
    day_in_words,
    facts_of,
    keep_signature,
    locked_business,
    locked_delegation,
    names_of,
    record,
    tell,
    tell_both,
    write_scope,
)

#: Why a provider cannot ask a client, in words by code.
REQUEST_PROBLEMS: dict[str, Callable[[], str]] = {
    "oneself": lambda: _("This is your own business number. Enter the number of the client."),
    "unknown_client": lambda: _(
        "No business is registered here under this number. Check it, or ask the client to register first."
    ),
    "client_closed": lambda: _(
        "The account of this business is closed. Ask the client for the business number used today."
    ),
    "already_authorised": lambda: _(
        "This access is already authorised. The client can widen or narrow it without a new request."
    ),
    "already_requested": lambda: _(
        "A request between these two businesses is already waiting for an answer. See Received and Sent requests."
    ),
}


def request_access(
    *, provider_id: int, client_bn9: str, comment: str, actor: Actor, on: date, at: datetime
) -> Delegation:
    """A provider asks a client, by business number, for access. What it gets is decided by the client on approval.

    ``DomainError`` with a message of its own for each: not a provider, oneself, unknown, already asked or authorised,
    account closed, does not accept requests from this provider.
    """
    return send_request(
        provider=asking_provider(provider_id, actor=actor, on=on),
        client_bn9=client_bn9,
        comment=comment,
        actor=actor,
        on=on,
        at=at,
    )


def asking_provider(provider_id: int, *, actor: Actor, on: date) -> Business:
    """The provider for which the actor may ask clients for access; else ``Stranger`` or ``Refused``."""
    provider = Business.objects.get(pk=provider_id)
    authority(actor, provider, to=Action.REQUEST_CLIENTS, on=on)
    if provider.provider_kind not in rules.PROVIDERS_FOR_CLIENTS:
        raise Refused(
            _("Only a licensed customs broker or a trade consultant can ask a client for access."),
            code="not_a_provider",
        )
    return provider


def request_problem(
    *,
    provider: Business,
    client: Business | None,
    client_bn9: str,
    open_state: str | None,
    is_blocked: bool,
    on: date,
) -> DomainError | None:
    """Why a provider cannot ask a client, each case in words of its own; ``None`` when it can.

    A business that is not registered here reads like a number that nobody has. ``open_state`` is the state of the one
    request or active delegation that the two have already.
    """
    if client_bn9 == provider.bn9:
        return _problem("oneself")
    if client is None or client.registered_at is None:
        return _problem("unknown_client")
    if client.closed_on is not None and client.closed_on <= on:
        return _problem("client_closed")
    if is_blocked:
        return DomainError(not_accepting(), code="not_accepting", field="bn9")
    return _second(open_state)


def send_request(
    *, provider: Business, client_bn9: str, comment: str, actor: Actor, on: date, at: datetime
) -> Delegation:
    """One request in its own transaction, for a provider whose authority was asked before."""
    with transaction.atomic():
        client = locked_business(bn9=client_bn9)
        existing = queries.open_delegation(provider_id=provider.pk, client_id=client.pk) if client else None
        block = queries.block_of(provider_id=provider.pk, client_id=client.pk) if client else None
        problem = request_problem(
            provider=provider,
            client=client,
            client_bn9=client_bn9,
            open_state=existing.state if existing else None,
            is_blocked=block is not None,
            on=on,
        )
        if problem is not None:
            raise problem
        assert client is not None  # Without one there is a problem.
        delegation = Delegation.objects.create(
            provider=provider,
            client=client,
            asked_by=Side.PROVIDER,
            asked_by_name=actor.name,
            comment=comment,
            requested_at=at,
            request_expires_on=on + timedelta(days=rules.REQUEST_DAYS),
        )
        record(delegation, "delegation.requested", actor=actor, before=None, at=at)
        tell(
            delegation.client,
            roles=PROGRAM_MANAGERS,
            subject=lambda: _("%(provider)s asks for access to your account") % {"provider": provider.legal_name},
            body=lambda: (
                _(
                    "Open the request, see what %(provider)s would see, and approve or reject it. "
                    "Without an answer it expires on %(day)s."
                )
                % {"provider": provider.legal_name, "day": day_in_words(delegation.request_expires_on)}
            ),
            link=reverse("delegation:third_party_request", args=(client.bn9, delegation.pk)),
            at=at,
        )
    return delegation


def nominated(*, client: Business, provider_bn9: str, on: date) -> Business:
    """The provider behind a number, if this client can name it on that day; each refusal says something of its own."""
    if provider_bn9 == client.bn9:
        raise DomainError(
            _("This is your own business number. Enter the number of the broker or consultant."),
            code="oneself",
            field="bn9",
        )
    provider = queries.business_by_number(provider_bn9)
    if provider is None or provider.registered_at is None:
        raise DomainError(
            _("No business is registered here under this number. Check it with your broker or consultant."),
            code="unknown_provider",
            field="bn9",
        )
    if provider.provider_kind not in rules.PROVIDERS_FOR_CLIENTS:
        raise DomainError(
            _("This business is neither a licensed customs broker nor a trade consultant. Check the number."),
            code="not_a_provider",
            field="bn9",
        )
    if provider.closed_on is not None and provider.closed_on <= on:
        raise DomainError(
            _("The account of this business is closed. Ask for the business number used today."),
            code="provider_closed",
            field="bn9",
        )
    if queries.block_of(client_id=client.pk, provider_id=provider.pk) is not None:
        raise DomainError(
            _("You blocked this provider. Unblock it first, under Blocked providers, if it is to act for you again."),
            code="blocked",
            field="bn9",
        )
    _refuse_second(provider=provider, client=client)
    return provider


def nominate_provider(
    *,
    client_id: int,
    provider_bn9: str,
    scope: Scope,
    comment: str,
    signed: SignedAs | None = None,
    actor: Actor,
    on: date,
    at: datetime,
) -> Delegation:
    """A client names a provider and what it gives; the provider accepts or declines in its own received requests."""
    client = Business.objects.get(pk=client_id)
    held = authority(actor, client, to=Action.MANAGE_THIRD_PARTIES, on=on)
    with transaction.atomic():
        locked_business(pk=client.pk)
        provider = nominated(client=client, provider_bn9=provider_bn9, on=on)
        check_scope(scope, client=client, held=held, on=on)
        check_signature(signed, actor=actor)
        delegation = Delegation.objects.create(
            provider=provider,
            client=client,
            asked_by=Side.CLIENT,
            asked_by_name=actor.name,
            comment=comment,
            requested_at=at,
            request_expires_on=on + timedelta(days=rules.REQUEST_DAYS),
        )
        write_scope(delegation, scope, on=on)
        keep_signature(
            delegation, signed, occasion=Signature.Occasion.NOMINATED, business=client, actor=actor, on=on, at=at
        )
        record(delegation, "delegation.nominated", actor=actor, before=None, at=at)
        tell(
            provider,
            subject=lambda: _("%(client)s names you as its service provider") % {"client": client.legal_name},
            body=lambda: (
                _("Accept or decline it in Received requests. Without an answer the request expires on %(day)s.")
                % {"day": day_in_words(delegation.request_expires_on)}
            ),
            link=reverse("delegation:third_party_request", args=(provider.bn9, delegation.pk)),
            at=at,
        )
    return delegation


def approve(
    *, delegation_id: int, scope: Scope, signed: SignedAs | None = None, actor: Actor, on: date, at: datetime
) -> Delegation:
    """The client grants a provider's request with the scope it chose and signs for it.

    ``Conflict`` when the request was already answered, withdrawn or expired; ``DomainError`` naming the field at fault;
    ``Refused`` when a program manager's accounts do not reach the scope.
    """
    with transaction.atomic():
        delegation = locked_delegation(delegation_id)
        if delegation.asked_by != Side.PROVIDER:
            raise Conflict(
                _("Your business made this request itself. The provider accepts or declines it."), code="not_yours"
            )
        held = authority(actor, delegation.client, to=Action.MANAGE_THIRD_PARTIES, on=on)
        check_state(delegation, State.ACTIVE, asked=True)
        check_scope(scope, client=delegation.client, held=held, on=on)
        check_signature(signed, actor=actor)
        before = facts_of(delegation)
        write_scope(delegation, scope, on=on)
        _decide(delegation, State.ACTIVE, actor=actor, at=at)
        keep_signature(
            delegation,
            signed,
            occasion=Signature.Occasion.APPROVED,
            business=delegation.client,
            actor=actor,
            on=on,
            at=at,
        )
        record(delegation, "delegation.approved", actor=actor, before=before, at=at)
        tell_both(
            delegation,
            subject=lambda: _("Access approved: %(provider)s for %(client)s") % names_of(delegation),
            body=lambda: (
                _("%(provider)s may act for %(client)s from %(day)s.")
                % {**names_of(delegation), "day": day_in_words(delegation.valid_from or on)}
            ),
            at=at,
        )
    return delegation


def accept_nomination(
    *, delegation_id: int, signed: SignedAs | None = None, actor: Actor, on: date, at: datetime
) -> Delegation:
    """The nominated provider accepts and signs; it begins today where its first day has passed."""
    with transaction.atomic():
        delegation = locked_delegation(delegation_id)
        if delegation.asked_by != Side.CLIENT:
            raise Conflict(_("Your business asked for this access. The client approves it."), code="not_yours")
        authority(actor, delegation.provider, to=Action.REQUEST_CLIENTS, on=on)
        check_state(delegation, State.ACTIVE, asked=True)
        if delegation.valid_until is not None and delegation.valid_until < on:
            raise Conflict(
                _("The last day of this access has passed. Ask the client to name you again."), code="already_over"
            )
        check_signature(signed, actor=actor)
        before = facts_of(delegation)
        delegation.valid_from = max(delegation.valid_from or on, on)
        _decide(delegation, State.ACTIVE, actor=actor, at=at)
        keep_signature(
            delegation,
            signed,
            occasion=Signature.Occasion.ACCEPTED,
            business=delegation.provider,
            actor=actor,
            on=on,
            at=at,
        )
        record(delegation, "delegation.accepted", actor=actor, before=before, at=at)
        tell_both(
            delegation,
            subject=lambda: _("%(provider)s accepted to act for %(client)s") % names_of(delegation),
            body=lambda: (
                _("%(provider)s may act for %(client)s from %(day)s.")
                % {**names_of(delegation), "day": day_in_words(delegation.valid_from or on)}
            ),
            at=at,
        )
    return delegation


def reject(*, delegation_id: int, reason: str, actor: Actor, on: date, at: datetime) -> Delegation:
    """The side that was asked says no, with a reason that the other side reads."""
    with transaction.atomic():
        delegation = locked_delegation(delegation_id)
        if delegation.asked_by == Side.PROVIDER:
            decider, asker, action = delegation.client, delegation.provider, Action.MANAGE_THIRD_PARTIES
        else:
            decider, asker, action = delegation.provider, delegation.client, Action.REQUEST_CLIENTS
        held = authority(actor, decider, to=action, on=on)
        # A no closes the request for every program, so a program manager needs all of them.
        check_reach(held, queries.open_account_ids(decider.pk))
        check_state(delegation, State.REJECTED, asked=True)
        before = facts_of(delegation)
        delegation.reason = reason
        _decide(delegation, State.REJECTED, actor=actor, at=at)
        record(delegation, "delegation.rejected", actor=actor, before=before, at=at, reason=reason)
        tell(
            asker,
            subject=lambda: _("%(business)s rejected your request") % {"business": decider.legal_name},
            body=lambda: _("Reason given: %(reason)s") % {"reason": reason},
            link=reverse("delegation:third_party_request", args=(asker.bn9, delegation.pk)),
            at=at,
        )
    return delegation


def withdraw(*, delegation_id: int, actor: Actor, on: date, at: datetime) -> Delegation:
    """The side that asked takes its request back before it is answered."""
    with transaction.atomic():
        delegation = locked_delegation(delegation_id)
        if delegation.asked_by == Side.PROVIDER:
            authority(actor, delegation.provider, to=Action.REQUEST_CLIENTS, on=on)
            other = delegation.client
        else:
            held = authority(actor, delegation.client, to=Action.MANAGE_THIRD_PARTIES, on=on)
            check_reach(held, queries.scope_of(delegation).touches)
            other = delegation.provider
        check_state(delegation, State.WITHDRAWN, asked=True)
        before = facts_of(delegation)
        close(delegation, State.WITHDRAWN, at=at)
        record(delegation, "delegation.withdrawn", actor=actor, before=before, at=at)
        tell(
            other,
            subject=lambda: _("Request withdrawn: %(provider)s for %(client)s") % names_of(delegation),
            body=lambda: _("There is nothing left to answer."),
            link=reverse("delegation:third_party_requests", args=(other.bn9,)),
            at=at,
        )
    return delegation


def not_accepting() -> str:
    """What a blocked provider reads: that it need not ask again, and neither that nor why somebody decided it."""
    return _("This business does not accept requests from you. If you agreed to work together, reach it directly.")


def _refuse_second(*, provider: Business, client: Business) -> None:
    existing = queries.open_delegation(provider_id=provider.pk, client_id=client.pk)
    problem = _second(existing.state if existing else None)
    if problem is not None:
        raise problem


def _second(open_state: str | None) -> DomainError | None:
    if open_state is None:
        return None
    return _problem("already_authorised" if open_state == State.ACTIVE else "already_requested")


def _problem(code: str) -> DomainError:
    return DomainError(REQUEST_PROBLEMS[code](), code=code, field="bn9")


def _decide(delegation: Delegation, state: str, *, actor: Actor, at: datetime) -> None:
    delegation.state = state
    delegation.decided_at = at
    delegation.decided_by_name = actor.name
    delegation.save()
