"""What a person is at the providers they work for, and which clients that reaches: the twin of ``rules.staff_role``.

A person's places are read first, because they are few; the conditions made from them are then plain lists of providers.
Only who works for the clients that were given needs to ask which ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, Exists, F, JSONField, OuterRef, Q, QuerySet, Value, When

from accounts.models import Membership
from core.once import once
from delegation.models import ClientAssignment, ClientGroup, Delegation
from delegation.rules import EDITING_AT_HOME, Role, staff_role


@dataclass(frozen=True)
class Place:
    """A person's membership of a business, and whether they reach only the clients they were given there."""

    membership: Membership
    is_bound: bool

    @property
    def business_id(self) -> int:
        return self.membership.business_id

    @property
    def role(self) -> str:
        return self.membership.role


@once
def places_of(user_id: int | None) -> tuple[Place, ...]:
    """The person's places in all their businesses; one statement a request, none for nobody."""
    if user_id is None:
        return ()
    groups = ClientGroup.objects.filter(deleted_at__isnull=True, provider_id=OuterRef("business_id"))
    singly = ClientAssignment.objects.filter(membership_id=OuterRef("pk"))
    rows = (
        Membership.objects.filter(user_id=user_id, state=Membership.State.ACTIVE)
        .annotate(provider_has_groups=Exists(groups), has_assignments=Exists(singly))
        .select_related("business")
        .order_by("business__legal_name")
    )
    return tuple(Place(row, is_bound=row.role != Role.BAM and _is_narrowed(row)) for row in rows)


def _is_narrowed(row: Any) -> bool:
    return bool(row.provider_has_groups or row.has_assignments)


def works_for(places: Sequence[Place], *, provider: str, client: str) -> Q:
    """A condition on rows that name a provider and a client in these fields: the person works for that client there."""
    condition = Q(**{f"{provider}__in": [place.business_id for place in places if not place.is_bound]})
    bound = [place for place in places if place.is_bound]
    if bound:
        condition |= _given(bound, provider, client)
    return condition


def with_roles(rows: QuerySet[Delegation], places: Sequence[Place]) -> QuerySet[Delegation]:
    """Delegations with what the person is for the client, ``staff_role``, and the single permissions on top of it.

    Those, ``staff_added_actions``, hold where the reach to the client is as wide as the role at home.
    """
    roles: list[When] = []
    added: list[When] = []
    for place in places:
        reaches = _reaches(place)
        roles += [When(condition, then=Value(role)) for role, condition in reaches.items()]
        if place.membership.added_actions and place.role in reaches:
            permissions = Value(place.membership.added_actions, output_field=JSONField())
            added.append(When(reaches[place.role], then=permissions))
    no_role: Any = Value(None, output_field=CharField())
    nothing_added: Any = Value([], output_field=JSONField())
    return rows.annotate(
        staff_role=Case(*roles, default=no_role, output_field=CharField()) if roles else no_role,
        staff_added_actions=Case(*added, default=nothing_added, output_field=JSONField()) if added else nothing_added,
    )


def held_by(rows: QuerySet[Delegation], user_id: int | None) -> list[Delegation]:
    """The delegations for whose client the person works, with ``staff_role`` and ``staff_added_actions``.

    One statement where the clients are few, as at the door: what it finds is judged by ``rules.staff_role`` itself.
    """
    at, client = "provider__memberships", {"client_id": OuterRef("client_id")}
    singly = ClientAssignment.objects.filter(membership_id=OuterRef(f"{at}__id"))
    groups = ClientGroup.objects.filter(deleted_at__isnull=True, provider_id=OuterRef("provider_id"))
    mine = groups.filter(staff=OuterRef(f"{at}__id"), clients=OuterRef("client_id"))
    editing = {"role": Role.EDITOR.value}
    found = rows.filter(
        provider__memberships__user_id=user_id or 0, provider__memberships__state=Membership.State.ACTIVE
    ).annotate(
        home_role=F(f"{at}__role"),
        home_added_actions=F(f"{at}__added_actions"),
        provider_has_groups=Exists(groups),
        has_assignments=Exists(singly),
        is_given=Q(Exists(singly.filter(**client))) | Q(Exists(mine)),
        is_given_editing=Q(Exists(singly.filter(**client, **editing))) | Q(Exists(mine.filter(**editing))),
    )
    return [row for row in found if _judged(row)]


def _judged(row: Any) -> bool:
    """Notes on the row what the person is for its client; whether they work for it at all."""
    assigned = (Role.EDITOR,) if row.is_given_editing else (Role.READER,) if row.is_given else ()
    row.staff_role = staff_role(
        home=row.home_role,
        assigned=assigned,
        has_assignments=row.has_assignments,
        provider_has_groups=row.provider_has_groups,
    )
    row.staff_added_actions = row.home_added_actions if row.staff_role == row.home_role else []
    return row.staff_role is not None


def _reaches(place: Place) -> dict[str, Q]:
    """The roles that the person may have for a client of this provider, the widest first, and when."""
    at_home = Q(provider_id=place.business_id)
    if not place.is_bound:
        return {place.role: at_home}
    found = {}
    if place.role in EDITING_AT_HOME:
        found[Role.EDITOR.value] = at_home & _given([place], "provider_id", "client_id", role=Role.EDITOR)
    found[Role.READER.value] = at_home & _given([place], "provider_id", "client_id")
    return found


def _given(places: Sequence[Place], provider: str, client: str, *, role: Role | None = None) -> Q:
    """The client was given to the person, singly or through a group; with a role, at least that one."""
    members = [place.membership.pk for place in places]
    as_role = {"role": role.value} if role else {}
    singly = ClientAssignment.objects.filter(
        membership_id__in=members, membership__business_id=OuterRef(provider), client_id=OuterRef(client), **as_role
    )
    through_group = ClientGroup.objects.filter(
        deleted_at__isnull=True, provider_id=OuterRef(provider), staff__in=members, clients=OuterRef(client), **as_role
    )
    return Q(Exists(singly)) | Q(Exists(through_group))
