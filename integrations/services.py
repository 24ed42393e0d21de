"""Credentials of sureties' software, its log, and the delivery of events to its address."""

import json
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.errors import Conflict, DomainError
from integrations import gateway, queries, rules
from integrations.models import ApiCall, Delivery, SuretyClient
from security import queries as security
from security.models import SuretyEvent

BATCH = 200


def issue_client(
    *, surety_id: int, name: str, scopes: Sequence[str], actor: Actor, at: datetime, wall_at: datetime
) -> tuple[SuretyClient, str]:
    """A credential for the software of a registered surety, and its secret, which is told this once."""
    with transaction.atomic():
        surety = security.registered_sureties().filter(pk=surety_id).first()
        if surety is None:
            raise DomainError(
                _("Choose one of the financial security providers registered in the portal."),
                code="unknown_provider",
                field="surety",
            )
        known = [scope for scope in rules.Scope.values if scope in scopes]
        if not known:
            raise DomainError(_("Choose at least one thing that the software may do."), code="no_scope", field="scopes")
        client_id, secret = gateway.issue(name=name, scopes=known)
        client = SuretyClient.objects.create(
            client_id=client_id, surety=surety, name=name, scopes=known, issued_at=wall_at, issued_by=actor.name
        )
        _record(actor, "software.issued", client, at=at, after={"name": name, "scopes": known})
    return client, secret


def rotate_secret(*, client_pk: int, reason: str, actor: Actor, at: datetime, wall_at: datetime) -> str:
    """A new secret; the old one and its tokens stop at once. ``Conflict`` for a revoked credential."""
    with transaction.atomic():
        client = _in_force(client_pk)
        secret = gateway.rotate(client.client_id)
        client.rotated_at = wall_at
        client.save(update_fields=("rotated_at",))
        _record(actor, "software.secret_changed", client, at=at, reason=reason)
    return secret


def revoke_client(*, client_pk: int, reason: str, actor: Actor, at: datetime, wall_at: datetime) -> SuretyClient:
    """The credential and its tokens stop at once and for good; its log stays. ``Conflict`` when that is done."""
    with transaction.atomic():
        client = _in_force(client_pk)
        gateway.revoke(client.client_id)
        client.revoked_at = wall_at
        client.save(update_fields=("revoked_at",))
        _record(actor, "software.revoked", client, at=at, reason=reason)
    return client


def set_address(*, client_pk: int, address: str, actor: Actor, at: datetime, wall_at: datetime) -> SuretyClient:
    """Where events of this credential go from now on; empty for nowhere."""
    with transaction.atomic():
        client = _in_force(client_pk)
        if address and not rules.is_acceptable_address(address, allows_private=not settings.IS_PRODUCTION):
            raise DomainError(
                _("Enter an address that begins with https:// and names a public host."),
                code="bad_address",
                field="hook_url",
            )
        before = client.hook_url
        client.hook_url = address
        client.hook_since = wall_at if address else None
        client.save(update_fields=("hook_url", "hook_since"))
        _record(actor, "software.address_set", client, at=at, before={"address": before}, after={"address": address})
    return client


def note_call(
    *, client: SuretyClient, method: str, path: str, status: int, code: str, request_id: str, wall_at: datetime
) -> None:
    ApiCall.objects.create(
        client=client,
        called_at=wall_at,
        method=method[:8],
        path=path[:200],
        status=status,
        code=code[:60],
        request_id=request_id,
    )


def hand_over(*, wall_at: datetime) -> int:
    """Put new events on their way, deliver what is due, drop old log rows; returns how many arrived."""
    for client in queries.clients_with_address():
        Delivery.objects.bulk_create(
            [
                Delivery(client=client, event=event, next_attempt_at=wall_at)
                for event in queries.events_to_hand_over(client, limit=BATCH)
            ],
            ignore_conflicts=True,
        )
    arrived = sum(_deliver(row, wall_at=wall_at) for row in list(queries.deliveries_due(wall_at, limit=BATCH)))
    ApiCall.objects.filter(called_at__lt=wall_at - rules.KEPT).delete()
    return arrived


def event_body(event: SuretyEvent) -> dict[str, object]:
    """An event as it is delivered and as it is fetched."""
    return {"id": event.pk, "type": event.kind, "occurred_at": event.business_at.isoformat(), "data": event.data}


def _deliver(row: Delivery, *, wall_at: datetime) -> bool:
    """One attempt. The row is leased first, so that two workers never post it at once and no lock waits for the net."""
    taken = Delivery.objects.filter(pk=row.pk, state=Delivery.State.WAITING, next_attempt_at=row.next_attempt_at)
    if not taken.update(next_attempt_at=wall_at + rules.LEASE, attempts=row.attempts + 1):
        return False
    body = json.dumps(event_body(row.event), separators=(",", ":")).encode()
    secret = gateway.hook_secret(row.client.client_id)
    answer = gateway.deliver(
        row.client.hook_url,
        body=body,
        headers={
            "Content-Type": "application/json",
            "User-Agent": "Portage-Events/1",
            "Portage-Event": str(row.event_id),
            "Portage-Signature": rules.signature(secret, timestamp=int(wall_at.timestamp()), body=body),
        },
    )
    row.attempts += 1
    row.status, row.problem = answer.status, answer.problem
    pause = rules.pause_after(row.attempts)
    if answer.is_taken:
        row.state, row.delivered_at = Delivery.State.DELIVERED, wall_at
    elif pause is None:
        row.state = Delivery.State.GIVEN_UP
    else:
        row.next_attempt_at = wall_at + pause
    row.save(update_fields=("state", "attempts", "next_attempt_at", "status", "problem", "delivered_at"))
    return answer.is_taken


def _in_force(client_pk: int) -> SuretyClient:
    client = SuretyClient.objects.select_for_update().get(pk=client_pk)
    if not client.is_in_force:
        raise Conflict(
            _("This credential was revoked. Issue a new one for the surety's software."), code="credential_revoked"
        )
    return client


def _record(actor: Actor, verb: str, client: SuretyClient, *, at: datetime, **details: object) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        target=f"integrations.SuretyClient:{client.pk}",
        business_id=client.surety_id,
        at=at,
        **details,
    )
