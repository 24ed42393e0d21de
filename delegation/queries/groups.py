"""Client groups of a provider, its staff in them, and for whom each of them works."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, QuerySet, Value, When

from accounts.models import Business, Membership
from core.models import AuditEvent
from delegation import rules
from delegation.models import ClientAssignment, ClientGroup, Delegation, GroupRequest
from delegation.queries.businesses import named
from delegation.queries.reach import ACTIVE, reaching
from delegation.queries.relationships import many


def client_groups(provider_id: int) -> QuerySet[ClientGroup]:
    """A provider's groups by name, with how many active clients and people each has."""
    clients = ClientGroup.clients.through.objects.filter(
        Exists(_established(provider_id).filter(client_id=OuterRef("business_id"))), clientgroup_id=OuterRef("pk")
    )
    staff = ClientGroup.staff.through.objects.filter(
        clientgroup_id=OuterRef("pk"), membership__state=ACTIVE, membership__user__is_active=True
    )
    return ClientGroup.objects.filter(provider_id=provider_id, deleted_at__isnull=True).annotate(
        client_count=many(clients), staff_count=many(staff)
    )


def group_name_is_taken(*, provider_id: int, name_key: str, other_than: int | None = None) -> bool:
    """Whether a group of the provider, a deleted one included, has this name."""
    return ClientGroup.objects.filter(provider_id=provider_id, name_key=name_key).exclude(pk=other_than or 0).exists()


def has_groups(provider_id: int) -> bool:
    return ClientGroup.objects.filter(provider_id=provider_id, deleted_at__isnull=True).exists()


def _established(provider_id: int) -> QuerySet[Delegation]:
    return Delegation.objects.filter(provider_id=provider_id, state=Delegation.State.ACTIVE)


def clients_of_group(group: ClientGroup, *, search: str = "") -> QuerySet[Business]:
    """A group's clients by name, with ``is_established``: whether the client's access is still active."""
    active = _established(group.provider_id).filter(client_id=OuterRef("pk"))
    rows = Business.objects.filter(
        Exists(ClientGroup.clients.through.objects.filter(clientgroup_id=group.pk, business_id=OuterRef("pk")))
    ).annotate(is_established=Exists(active))
    return named(rows, search).order_by("legal_name", "pk")


def established_clients(
    provider_id: int, *, outside: ClientGroup | None = None, search: str = ""
) -> QuerySet[Business]:
    """The clients whose access is active, by name; ``outside`` leaves out those that a group has already."""
    rows = Business.objects.filter(Exists(_established(provider_id).filter(client_id=OuterRef("pk"))))
    if outside is not None:
        rows = rows.exclude(
            Exists(ClientGroup.clients.through.objects.filter(clientgroup_id=outside.pk, business_id=OuterRef("pk")))
        )
    return named(rows, search).order_by("legal_name", "pk")


def staff_of(provider_id: int) -> QuerySet[Membership]:
    """The people of a provider to whom clients are given: all but its managers, who reach every client."""
    return (
        Membership.objects.filter(business_id=provider_id, state=ACTIVE, user__is_active=True)
        .exclude(role=Membership.Role.BAM)
        .select_related("user")
        .order_by("user__last_name", "user__first_name", "pk")
    )


def staff_of_group(group_id: int) -> QuerySet[Membership]:
    """The people in a group who still belong to the provider, its managers included should one have become that."""
    return (
        Membership.objects.filter(client_groups=group_id, state=ACTIVE, user__is_active=True)
        .select_related("user")
        .order_by("user__last_name", "user__first_name", "pk")
    )


def history_of_group(group_id: int) -> QuerySet[AuditEvent]:
    """What happened to a group, newest first."""
    return AuditEvent.objects.filter(target=f"delegation.ClientGroup:{group_id}").order_by("-id")


@dataclass(frozen=True)
class GivenTo:
    """One person who works for a client: with which role, and through which group; singly without one."""

    membership: Membership
    role_label: Any
    group: ClientGroup | None = None
    assignment: ClientAssignment | None = None


def given_to(*, provider_id: int, client_id: int) -> list[GivenTo]:
    """Everybody to whom a client was given, singly and through groups; two statements."""
    singly = ClientAssignment.objects.filter(
        client_id=client_id,
        membership__business_id=provider_id,
        membership__state=ACTIVE,
        membership__user__is_active=True,
    ).select_related("membership__user")
    through = ClientGroup.staff.through.objects.filter(
        clientgroup__provider_id=provider_id,
        clientgroup__deleted_at__isnull=True,
        clientgroup__clients=client_id,
        membership__state=ACTIVE,
        membership__user__is_active=True,
    ).select_related("membership__user", "clientgroup")
    rows = [GivenTo(row.membership, _kept(row.membership, row.role), assignment=row) for row in singly]
    rows += [
        GivenTo(row.membership, _kept(row.membership, row.clientgroup.role), group=row.clientgroup) for row in through
    ]
    return sorted(rows, key=lambda row: (str(row.membership.user), row.group.name_key if row.group else ""))


def _kept(membership: Membership, given: str) -> Any:
    """What somebody keeps of a role that was given, in words."""
    role = rules.staff_role(home=membership.role, assigned=(given,), has_assignments=True, provider_has_groups=True)
    return rules.ROLE_LABELS[role] if role else ""


def group_requests(provider_id: int) -> QuerySet[GroupRequest]:
    """What the staff of a provider asked for, those that wait first."""
    waiting = When(state=GroupRequest.State.WAITING, then=Value(0))
    return (
        GroupRequest.objects.filter(membership__business_id=provider_id, membership__state=ACTIVE)
        .exclude(state=GroupRequest.State.WITHDRAWN)
        .annotate(rank=Case(waiting, default=Value(1), output_field=IntegerField()))
        .select_related("membership__user", "group", "client")
        .order_by("rank", "-pk")
    )


def group_requests_of(membership_id: int) -> QuerySet[GroupRequest]:
    """What one person asked for, newest first."""
    return GroupRequest.objects.filter(membership_id=membership_id).select_related("group", "client").order_by("-pk")


def groups_for_staff(membership: Membership) -> QuerySet[ClientGroup]:
    """A provider's groups as one of its people sees them, with ``is_mine``."""
    mine = ClientGroup.staff.through.objects.filter(clientgroup_id=OuterRef("pk"), membership_id=membership.pk)
    return client_groups(membership.business_id).annotate(is_mine=Exists(mine))


def clients_of_staff(*, user_id: int, provider_id: int, on: date) -> QuerySet[Delegation]:
    """The clients for whom one person of a provider works on a day, with ``staff_role``, by name."""
    return (
        reaching(user_id=user_id, on=on)
        .filter(provider_id=provider_id)
        .select_related("client")
        .order_by("client__legal_name", "pk")
    )
