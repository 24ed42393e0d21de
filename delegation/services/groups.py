"""Client groups of a provider: who of its staff works for which clients, and what the staff ask for."""

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Business, Membership
from core import audit
from core.actor import Actor
from core.errors import Conflict, DomainError, Refused, Stranger
from delegation import access, queries, rules
from delegation.models import ClientAssignment, ClientGroup, GroupRequest
from delegation.rules import Action, Role
from delegation.services.parts import authority, locked_business, tell, tell_person

Waiting = GroupRequest.State


def create_group(*, provider_id: int, name: str, role: str, actor: Actor, on: date, at: datetime) -> ClientGroup:
    """A new group without clients and people. ``DomainError`` when the name is or ever was used."""
    with transaction.atomic():
        provider = _provider(provider_id, actor=actor, on=on)
        group = ClientGroup(provider=provider, created_at=at, created_by_name=actor.name)
        _write_name(group, name=name, role=role)
        _record(group, "client_group.created", actor=actor, before=None, at=at)
    return group


def change_group(*, group_id: int, name: str, role: str, actor: Actor, on: date, at: datetime) -> ClientGroup:
    """Another name or another role of its staff."""
    with transaction.atomic():
        group = _locked_group(group_id, actor=actor, on=on)
        before = _facts(group)
        role_before = group.role
        _write_name(group, name=name, role=role)
        _record(group, "client_group.changed", actor=actor, before=before, at=at)
        if role != role_before:
            for person in queries.staff_of_group(group.pk):
                tell_person(
                    person.user,
                    group.provider,
                    subject=lambda: _("Your role in the client group “%(group)s” changed") % {"group": group.name},
                    body=lambda: _("For its clients you are now: %(role)s.") % {"role": group.get_role_display()},
                    link=_own_page(group.provider),
                    at=at,
                )
    return group


def delete_group(*, group_id: int, actor: Actor, on: date, at: datetime) -> ClientGroup:
    """The group ends for everybody in it; its name stays taken, and requests for it are closed."""
    with transaction.atomic():
        group = _locked_group(group_id, actor=actor, on=on)
        before = _facts(group)
        people = list(queries.staff_of_group(group.pk))
        group.deleted_at = at
        group.save(update_fields=("deleted_at",))
        GroupRequest.objects.filter(group=group, state=Waiting.WAITING).update(
            state=Waiting.REJECTED, decided_at=at, decided_by_name=actor.name, reason=_("The group was deleted.")
        )
        _record(group, "client_group.deleted", actor=actor, before=before, at=at)
        _tell_out(group, people, at=at)
    return group


def add_clients(
    *, group_id: int, client_ids: Collection[int], actor: Actor, on: date, at: datetime
) -> tuple[ClientGroup, int]:
    """Clients with an active access join the group; returns it with how many are new. Twice is the same as once."""
    with transaction.atomic():
        group = _locked_group(group_id, actor=actor, on=on)
        if not client_ids:
            raise DomainError(_("Choose at least one client."), code="no_client", field="clients")
        known = set(
            queries.established_clients(group.provider_id).filter(pk__in=client_ids).values_list("pk", flat=True)
        )
        if known != set(client_ids):
            raise DomainError(
                _("One of the chosen businesses is no client with an active access. Choose among those listed."),
                code="not_a_client",
                field="clients",
            )
        before = _facts(group)
        new = known - set(before["client_ids"])
        group.clients.add(*new)
        if new:
            _record(group, "client_group.clients_added", actor=actor, before=before, at=at)
    return group, len(new)


def remove_clients(
    *, group_id: int, client_ids: Collection[int], actor: Actor, on: date, at: datetime
) -> tuple[ClientGroup, int]:
    """Clients leave the group; returns it with how many left."""
    with transaction.atomic():
        group = _locked_group(group_id, actor=actor, on=on)
        if not client_ids:
            raise DomainError(_("Choose at least one client."), code="no_client", field="clients")
        before = _facts(group)
        gone = set(client_ids) & set(before["client_ids"])
        group.clients.remove(*gone)
        if gone:
            _record(group, "client_group.clients_removed", actor=actor, before=before, at=at)
    return group, len(gone)


def set_staff(*, group_id: int, membership_ids: Collection[int], actor: Actor, on: date, at: datetime) -> ClientGroup:
    """The people of the group are these; who joins or leaves is told. ``DomainError`` for somebody who is no staff."""
    with transaction.atomic():
        group = _locked_group(group_id, actor=actor, on=on)
        chosen = {row.pk: row for row in queries.staff_of(group.provider_id).filter(pk__in=membership_ids)}
        if set(chosen) != set(membership_ids):
            raise DomainError(
                _("One of the chosen people no longer works here, or manages the business. Choose among those listed."),
                code="not_staff",
                field="staff",
            )
        before = _facts(group)
        earlier = {row.pk: row for row in queries.staff_of_group(group.pk)}
        # A manager reaches every client; what he once had in the group comes back should he be one no longer.
        kept = {pk for pk, row in earlier.items() if row.role == Role.BAM}
        group.staff.set({*chosen, *kept})
        joined = [row for pk, row in chosen.items() if pk not in earlier]
        left = [row for pk, row in earlier.items() if pk not in chosen and pk not in kept]
        if joined or left:
            _record(group, "client_group.staff_changed", actor=actor, before=before, at=at)
        _tell_in(group, joined, at=at)
        _tell_out(group, left, at=at)
    return group


def assign_client(
    *, provider_id: int, client_id: int, membership_id: int, role: str, actor: Actor, on: date, at: datetime
) -> ClientAssignment:
    """One client for one person, without a group; a second time changes the role."""
    with transaction.atomic():
        provider = _provider(provider_id, actor=actor, on=on)
        person = queries.staff_of(provider.pk).filter(pk=membership_id).first()
        client = queries.established_clients(provider.pk).filter(pk=client_id).first()
        if person is None:
            raise DomainError(
                _("This person no longer works here, or manages the business. Choose among those listed."),
                code="not_staff",
                field="person",
            )
        if client is None:
            raise Conflict(_("This business is no client with an active access any more."), code="not_a_client")
        return _assign(person, client, role=role, actor=actor, at=at)


def unassign_client(*, provider_id: int, assignment_id: int, actor: Actor, on: date, at: datetime) -> None:
    """The person keeps the client only through groups. ``Conflict`` when somebody was there first."""
    with transaction.atomic():
        provider = _provider(provider_id, actor=actor, on=on)
        row = (
            ClientAssignment.objects.filter(pk=assignment_id, membership__business=provider)
            .select_related("membership__user", "membership__business", "client")
            .first()
        )
        if row is None:
            raise Conflict(_("Somebody was there first: this is no longer assigned. Nothing was changed."), code="gone")
        ClientAssignment.objects.filter(pk=row.pk).delete()
        _record_assignment(row, "client_assignment.ended", actor=actor, before={"role": row.role}, after=None, at=at)
        tell_person(
            row.membership.user,
            provider,
            subject=lambda: _("%(client)s is no longer given to you") % {"client": row.client.legal_name},
            body=lambda: _("You keep what client groups give you."),
            link=_own_page(provider),
            at=at,
        )


# --- What the staff ask for -------------------------------------------------------------------------------------------
def ask_for_group(*, group_id: int, comment: str, actor: Actor, on: date, at: datetime) -> GroupRequest:
    """A person of the provider asks its managers to join a group."""
    with transaction.atomic():
        group = ClientGroup.objects.select_related("provider").get(pk=group_id)
        person = _locked_person(group.provider, actor=actor, on=on)
        group.refresh_from_db(fields=("deleted_at",))
        if group.deleted_at is not None:
            raise DomainError(
                _("This group no longer exists. Choose among those listed."), code="no_group", field="group"
            )
        if group.staff.filter(pk=person.pk).exists():
            raise DomainError(_("You are in this group already."), code="already_given", field="group")
        return _ask(person, group=group, client=None, comment=comment, field="group", actor=actor, at=at)


def ask_for_client(
    *, provider_id: int, client_bn9: str, comment: str, actor: Actor, on: date, at: datetime
) -> GroupRequest:
    """A person of the provider asks its managers for one client."""
    with transaction.atomic():
        provider = Business.objects.get(pk=provider_id)
        person = _locked_person(provider, actor=actor, on=on)
        client = queries.established_clients(provider.pk).filter(bn9=client_bn9).first()
        if client is None:
            raise DomainError(
                _("No client of your business has this number. Check it, or ask a manager to request access first."),
                code="not_a_client",
                field="bn9",
            )
        if ClientAssignment.objects.filter(membership=person, client=client).exists():
            raise DomainError(_("This client is given to you already."), code="already_given", field="bn9")
        return _ask(person, group=None, client=client, comment=comment, field="bn9", actor=actor, at=at)


def withdraw_group_request(*, request_id: int, actor: Actor, on: date, at: datetime) -> GroupRequest:
    """Whoever asked takes it back before it is answered."""
    with transaction.atomic():
        row = _locked_request(request_id)
        if row.membership.user_id != actor.user_id:
            raise Stranger(_("There is nothing at this address for you."), code="not_found")
        _check_waiting(row)
        _close(row, Waiting.WITHDRAWN, actor=actor, at=at)
    return row


def approve_group_request(*, request_id: int, role: str, actor: Actor, on: date, at: datetime) -> GroupRequest:
    """The manager gives what was asked: the group with the group's role, or the client with ``role``."""
    with transaction.atomic():
        row = _locked_request(request_id)
        provider = _provider(row.membership.business_id, actor=actor, on=on)
        _check_waiting(row)
        person = queries.staff_of(provider.pk).filter(pk=row.membership_id).first()
        if person is None:
            raise Conflict(
                _("This person no longer works here, or manages the business. Reject the request."), code="not_staff"
            )
        if row.group is not None:
            before = _facts(row.group)
            row.group.staff.add(person)
            _record(row.group, "client_group.staff_changed", actor=actor, before=before, at=at)
            _tell_in(row.group, [person], at=at)
        else:
            client = queries.established_clients(provider.pk).filter(pk=row.client_id or 0).first()
            if client is None:
                raise Conflict(
                    _("This business is no client with an active access any more. Reject the request."),
                    code="not_a_client",
                )
            _assign(person, client, role=role, actor=actor, at=at)
        _close(row, Waiting.APPROVED, actor=actor, at=at)
    return row


def reject_group_request(*, request_id: int, reason: str, actor: Actor, on: date, at: datetime) -> GroupRequest:
    """The manager says no, with a reason that the person reads."""
    with transaction.atomic():
        row = _locked_request(request_id)
        provider = _provider(row.membership.business_id, actor=actor, on=on)
        _check_waiting(row)
        _close(row, Waiting.REJECTED, actor=actor, at=at, reason=reason)
        tell_person(
            row.membership.user,
            provider,
            subject=lambda: _("Your request for “%(wanted)s” was rejected") % {"wanted": row.wanted},
            body=lambda: _("Reason given: %(reason)s") % {"reason": reason},
            link=_own_page(provider),
            at=at,
        )
    return row


# --- Parts ------------------------------------------------------------------------------------------------------------
def _provider(provider_id: int, *, actor: Actor, on: date) -> Business:
    """The provider, locked, so that two managers at once have one outcome; only its managers pass."""
    provider = Business.objects.get(pk=provider_id)
    authority(actor, provider, to=Action.MANAGE_CLIENT_GROUPS, on=on)
    if provider.provider_kind not in rules.PROVIDERS_FOR_CLIENTS:
        raise Refused(
            _("Only a licensed customs broker or a trade consultant has clients here."), code="not_a_provider"
        )
    locked_business(pk=provider.pk)
    return provider


def _locked_group(group_id: int, *, actor: Actor, on: date) -> ClientGroup:
    group = ClientGroup.objects.get(pk=group_id)
    group.provider = _provider(group.provider_id, actor=actor, on=on)
    group.refresh_from_db(fields=("name", "name_key", "role", "deleted_at"))
    if group.deleted_at is not None:
        raise Conflict(_("Somebody was there first: this group was deleted. Nothing was changed."), code="deleted")
    return group


def _write_name(group: ClientGroup, *, name: str, role: str) -> None:
    name = " ".join(name.split())
    key = rules.group_key(name)
    if queries.group_name_is_taken(provider_id=group.provider_id, name_key=key, other_than=group.pk):
        raise DomainError(
            _("A group has or had this name; names of deleted groups are not used again. Choose another."),
            code="name_taken",
            field="name",
        )
    group.name, group.name_key, group.role = name, key, role
    group.save()


def _locked_person(provider: Business, *, actor: Actor, on: date) -> Membership:
    """The actor as a person of the provider who is given clients; its managers have them all."""
    seat = access.business_for(actor, provider.bn9, to=Action.VIEW, on=on)
    locked_business(pk=provider.pk)
    if seat.membership is None or seat.role == Role.BAM:
        raise Refused(_("A manager works for every client and need not ask."), code="manager")
    return seat.membership


def _ask(
    person: Membership,
    *,
    group: ClientGroup | None,
    client: Business | None,
    comment: str,
    field: str,
    actor: Actor,
    at: datetime,
) -> GroupRequest:
    if GroupRequest.objects.filter(membership=person, group=group, client=client, state=Waiting.WAITING).exists():
        raise DomainError(_("You asked for this already. A manager will answer."), code="already_asked", field=field)
    row = GroupRequest.objects.create(membership=person, group=group, client=client, comment=comment, requested_at=at)
    provider = person.business
    _record_request(row, "group_request.made", actor=actor, at=at)
    tell(
        provider,
        subject=lambda: _("%(person)s asks for “%(wanted)s”") % {"person": person.user, "wanted": row.wanted},
        body=lambda: _("Approve or reject it among the requests of your staff."),
        link=reverse("delegation:group_requests", args=(provider.bn9,)),
        at=at,
    )
    return row


def _locked_request(request_id: int) -> GroupRequest:
    return (
        GroupRequest.objects.select_for_update(of=("self",), no_key=True)
        .select_related("membership__user", "membership__business", "group__provider", "client")
        .get(pk=request_id)
    )


def _check_waiting(row: GroupRequest) -> None:
    if row.state != Waiting.WAITING:
        raise Conflict(
            _("Somebody was there first: its state is now “%(state)s”. Nothing was changed.")
            % {"state": row.get_state_display()},
            code="already_decided",
        )


def _close(row: GroupRequest, state: str, *, actor: Actor, at: datetime, reason: str = "") -> None:
    row.state = state
    row.decided_at = at
    row.decided_by_name = actor.name
    row.reason = reason
    row.save()
    _record_request(row, f"group_request.{state.lower()}", actor=actor, at=at)


def _assign(person: Membership, client: Business, *, role: str, actor: Actor, at: datetime) -> ClientAssignment:
    earlier = ClientAssignment.objects.filter(membership=person, client=client).first()
    before = {"role": earlier.role} if earlier else None
    row, _made = ClientAssignment.objects.update_or_create(
        membership=person, client=client, defaults={"role": role, "assigned_at": at, "assigned_by_name": actor.name}
    )
    _record_assignment(row, "client_assignment.made", actor=actor, before=before, after={"role": role}, at=at)
    tell_person(
        person.user,
        person.business,
        subject=lambda: _("%(client)s is given to you") % {"client": client.legal_name},
        body=lambda: _("You work for this client as: %(role)s.") % {"role": row.get_role_display()},
        link=_own_page(person.business),
        at=at,
    )
    return row


def _own_page(provider: Business) -> str:
    return reverse("delegation:my_clients", args=(provider.bn9,))


def _tell_in(group: ClientGroup, people: Iterable[Membership], *, at: datetime) -> None:
    _tell_each(
        group,
        people,
        subject=lambda: _("You are in the client group “%(group)s”") % {"group": group.name},
        body=lambda: _("You work for its clients as: %(role)s.") % {"role": group.get_role_display()},
        at=at,
    )


def _tell_out(group: ClientGroup, people: Iterable[Membership], *, at: datetime) -> None:
    _tell_each(
        group,
        people,
        subject=lambda: _("You are no longer in the client group “%(group)s”") % {"group": group.name},
        body=lambda: _("Your clients shows for whom you still work."),
        at=at,
    )


def _tell_each(
    group: ClientGroup,
    people: Iterable[Membership],
    *,
    subject: Callable[[], str],
    body: Callable[[], str],
    at: datetime,
) -> None:
    for person in people:
        tell_person(person.user, group.provider, subject=subject, body=body, link=_own_page(group.provider), at=at)


def _facts(group: ClientGroup) -> dict[str, Any]:
    return {
        "name": group.name,
        "role": group.role,
        "client_ids": sorted(group.clients.values_list("pk", flat=True)),
        "membership_ids": sorted(group.staff.values_list("pk", flat=True)),
    }


def _record(group: ClientGroup, verb: str, *, actor: Actor, before: dict[str, Any] | None, at: datetime) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        target=f"delegation.ClientGroup:{group.pk}",
        business_id=group.provider_id,
        before=before,
        after=_facts(group),
        at=at,
    )


def _record_assignment(
    row: ClientAssignment,
    verb: str,
    *,
    actor: Actor,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    at: datetime,
) -> None:
    about = {"client_id": row.client_id, "membership_id": row.membership_id}
    audit.record(
        actor=actor,
        verb=verb,
        target=f"accounts.Membership:{row.membership_id}",
        business_id=row.membership.business_id,
        before={**about, **before} if before else None,
        after={**about, **(after or {})},
        at=at,
    )


def _record_request(row: GroupRequest, verb: str, *, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        target=f"delegation.GroupRequest:{row.pk}",
        business_id=row.membership.business_id,
        after={"state": row.state, "group_id": row.group_id, "client_id": row.client_id},
        reason=row.reason,
        at=at,
    )
