"""Blocking a provider: no more requests from it, and on demand the end of the access it has."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Business
from core import audit
from core.actor import Actor
from core.errors import Conflict, DomainError
from delegation import queries
from delegation.models import Delegation, ProviderBlock
from delegation.rules import Action
from delegation.services.in_force import revoke
from delegation.services.parts import (
    Side,
    State,
    authority,
    check_reach,
    close,
    facts_of,
    locked_business,
    locked_delegation,
    record,
    tell,
)
from delegation.services.requests import not_accepting


def block_provider(
    *, client_id: int, provider_id: int, reason: str, ends_access: bool = False, actor: Actor, on: date, at: datetime
) -> ProviderBlock:
    """The client takes no more requests from a provider. What waits between the two is closed.

    An access in force stays unless ``ends_access``. The reason is the client's own: the provider never reads it.
    ``Refused`` for a program manager, because a block holds for every program; ``Conflict`` when it is blocked already.
    """
    client = Business.objects.get(pk=client_id)
    held = authority(actor, client, to=Action.MANAGE_THIRD_PARTIES, on=on)
    check_reach(held, None)
    if not reason.strip():
        raise DomainError(_("Enter your reason. Only your business and officers read it."), code="no_reason")
    with transaction.atomic():
        # The same lock as a new request takes: either the request was there first and is closed, or it is refused.
        locked_business(pk=client_id)
        if queries.block_of(client_id=client_id, provider_id=provider_id) is not None:
            raise Conflict(_("This provider is blocked already. Nothing was changed."), code="already_blocked")
        provider = Business.objects.get(pk=provider_id)
        block = ProviderBlock.objects.create(
            client=client, provider=provider, reason=reason.strip(), blocked_at=at, blocked_by_name=actor.name
        )
        existing = queries.open_delegation(provider_id=provider_id, client_id=client_id)
        if existing is not None:
            _close_what_is_open(locked_delegation(existing.pk), ends_access=ends_access, actor=actor, on=on, at=at)
        _record(block, "provider.blocked", actor=actor, at=at, ended_access=ends_access)
    return block


def _close_what_is_open(delegation: Delegation, *, ends_access: bool, actor: Actor, on: date, at: datetime) -> None:
    """A waiting request is rejected, an own nomination taken back, an access in force ended only if asked for."""
    if delegation.state == State.ACTIVE and ends_access:
        revoke(delegation_id=delegation.pk, actor=actor, on=on, at=at)
    if delegation.state != State.REQUESTED:
        return
    is_theirs = delegation.asked_by == Side.PROVIDER
    before = facts_of(delegation)
    if is_theirs:
        delegation.decided_at = at
        delegation.decided_by_name = actor.name
    close(delegation, State.REJECTED if is_theirs else State.WITHDRAWN, at=at)
    verb = "delegation.rejected" if is_theirs else "delegation.withdrawn"
    record(delegation, verb, actor=actor, before=before, at=at)
    client, provider = delegation.client, delegation.provider
    tell(
        provider,
        subject=lambda: (
            (_("%(business)s rejected your request") if is_theirs else _("%(business)s withdrew its request"))
            % {"business": client.legal_name}
        ),
        body=not_accepting if is_theirs else lambda: _("There is nothing left to answer."),
        link=reverse("delegation:third_party_request", args=(provider.bn9, delegation.pk)),
        at=at,
    )


def unblock_provider(*, block_id: int, actor: Actor, on: date, at: datetime) -> None:
    """The client takes requests from the provider again; nothing that was closed opens by it."""
    block = ProviderBlock.objects.select_related("client", "provider").filter(pk=block_id).first()
    with transaction.atomic():
        if block is not None:
            check_reach(authority(actor, block.client, to=Action.MANAGE_THIRD_PARTIES, on=on), None)
            locked_business(pk=block.client_id)
        if block is None or not ProviderBlock.objects.filter(pk=block_id).delete()[0]:
            raise Conflict(_("Somebody unblocked this provider already."), code="already_unblocked")
        block.pk = block_id
        _record(block, "provider.unblocked", actor=actor, at=at)


def _record(block: ProviderBlock, verb: str, *, actor: Actor, at: datetime, **facts: Any) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        target=f"delegation.ProviderBlock:{block.pk}",
        business_id=block.client_id,
        after={"provider_id": block.provider_id, **facts},
        reason=block.reason,
        at=at,
    )
