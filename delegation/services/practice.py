"""The client's part, played by the provider itself in a practice world, so that software can be tried end to end."""

from dataclasses import replace
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor, ActorKind
from core.errors import Conflict, DomainError, Stranger
from delegation import access, queries
from delegation.models import Delegation
from delegation.rules import Action, Scope
from delegation.services.parts import Side
from delegation.services.requests import approve, reject


def approve_in_practice(
    *, delegation_id: int, scope: Scope, numbers: frozenset[str], actor: Actor, on: date, at: datetime
) -> Delegation:
    """The client's yes to a request of the actor's own provider; ``numbers`` are the program accounts (BN15) it gives.

    Only for practice worlds: whoever calls this has made sure of it. ``Stranger`` for a request of anybody else.
    """
    with transaction.atomic():
        row = _own_request(delegation_id, actor=actor, on=on)
        accounts = {account.number: account.pk for account in queries.open_program_accounts(row.client_id)}
        if not numbers <= accounts.keys():
            raise DomainError(
                _("One of the program accounts is closed or is not the client's. Name open ones, or all programs."),
                code="unknown_program",
                field="program_accounts",
            )
        ids = frozenset(accounts[number] for number in numbers)
        _record(row, "approved", actor=actor, at=at)
        return approve(
            delegation_id=row.pk,
            scope=replace(scope, program_account_ids=ids),
            actor=_as_client(actor),
            on=on,
            at=at,
        )


def reject_in_practice(*, delegation_id: int, reason: str, actor: Actor, on: date, at: datetime) -> Delegation:
    """The client's no to a request of the actor's own provider; otherwise as above."""
    with transaction.atomic():
        row = _own_request(delegation_id, actor=actor, on=on)
        _record(row, "rejected", actor=actor, at=at)
        return reject(delegation_id=row.pk, reason=reason, actor=_as_client(actor), on=on, at=at)


def _own_request(delegation_id: int, *, actor: Actor, on: date) -> Delegation:
    row = Delegation.objects.filter(pk=delegation_id).select_related("provider", "client").first()
    if row is None:
        raise Stranger(_("There is nothing at this address for you. Check the identifier."), code="not_found")
    access.business_for(actor, row.provider.bn9, to=Action.REQUEST_CLIENTS, on=on)
    if row.asked_by != Side.PROVIDER:
        raise Conflict(_("The client itself made this request. Accept or reject it as the provider."), code="not_yours")
    return row


def _as_client(actor: Actor) -> Actor:
    """The portal in the client's place; the name says who played it."""
    name = _("%(name)s, for practice") % {"name": actor.name}
    return replace(actor, kind=ActorKind.SYSTEM, business_id=None, name=name)


def _record(row: Delegation, answer: str, *, actor: Actor, at: datetime) -> None:
    """A line of its own in the client's history: this answer was practice and nobody of the client gave it."""
    audit.record(
        actor=actor.acting_for(row.provider_id),
        verb=f"delegation.{answer}_in_practice",
        target=f"delegation.Delegation:{row.pk}",
        business_id=row.client_id,
        after={"provider_id": row.provider_id},
        at=at,
    )
