"""Who reaches which program account on a day: by an own role, and as staff of a provider."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.models import Membership, MembershipProgram, ProgramAccount
from delegation import staff
from delegation.models import Delegation
from delegation.rules import Visibility

ACTIVE = Membership.State.ACTIVE


def program_account_with_own_role(*, user_id: int | None, number: str) -> ProgramAccount | None:
    """The program account of the number with this person's ``own_role``, ``None`` without one.

    ``own_added_actions`` are the single permissions on top of the role.
    """
    return (
        ProgramAccount.objects.filter(number=number)
        .annotate(
            own_role=_own_role(user_id),
            own_added_actions=Subquery(_own_grant(user_id).values("added_actions")[:1]),
        )
        .select_related("business")
        .first()
    )


def own_program_accounts(*, user_id: int | None) -> QuerySet[ProgramAccount]:
    """Every program account that this person reaches through their own memberships, with its ``own_role``."""
    return _own_accounts(user_id).order_by("business__legal_name", "number")


def own_membership(*, user_id: int | None, bn9: str) -> Membership | None:
    """This person's active role in the business ``bn9``."""
    places = staff.places_of(user_id)
    return next((place.membership for place in places if place.membership.business.bn9 == bn9), None)


def own_businesses(*, user_id: int | None) -> QuerySet[Membership]:
    """This person's active memberships with their businesses."""
    return (
        Membership.objects.filter(user_id=user_id or 0, state=ACTIVE)
        .select_related("business")
        .order_by("business__legal_name")
    )


def delegation_to(account: ProgramAccount, *, user_id: int | None, on: date) -> Delegation | None:
    """The delegation in force by which this person's provider reaches a program account, with ``staff_role``."""
    reaches = Q(all_programs=True) | Q(Exists(naming(account.pk)))
    rows = effective(on).filter(reaches, client_id=account.business_id).select_related("provider")
    return next(iter(staff.held_by(rows, user_id)), None)


def naming(program_account_id: int) -> QuerySet[Any]:
    return Delegation.program_accounts.through.objects.filter(
        delegation_id=OuterRef("pk"), programaccount_id=program_account_id
    )


def reaching(*, user_id: int | None, on: date) -> QuerySet[Delegation]:
    """The delegations in force that a person holds as staff of the provider, the newest first.

    With the person's ``staff_role`` there and the single permissions on top of it, ``staff_added_actions``.
    """
    places = staff.places_of(user_id)
    return staff.with_roles(held_from(places, on), places)


def held_from(places: Sequence[staff.Place], on: date) -> QuerySet[Delegation]:
    """The delegations in force of the clients for whom somebody in these places works."""
    return effective(on).filter(staff.works_for(places, provider="provider_id", client="client_id"))


def with_staff(rows: QuerySet[Delegation], *, user_id: int | None) -> QuerySet[Delegation]:
    """Delegations with what this person is at the provider for the client, and the single permissions on top of it."""
    return staff.with_roles(rows, staff.places_of(user_id))


def effective_business_delegation(*, user_id: int | None, bn9: str, on: date) -> Delegation | None:
    """The Business Management delegation by which this person's provider reaches the business ``bn9``."""
    rows = effective(on).filter(client__bn9=bn9, access=Delegation.Access.BUSINESS_MANAGEMENT)
    return next(iter(staff.held_by(rows.select_related("provider", "client"), user_id)), None)


def effective(on: date) -> QuerySet[Delegation]:
    """Delegations that give authority on a day; the set-based twin of ``rules.is_effective``."""
    return Delegation.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=on),
        Q(valid_until__isnull=True) | Q(valid_until__gte=on),
        state=Delegation.State.ACTIVE,
    )


def delegated_program_accounts(
    *, user_id: int | None, on: date, provider_id: int | None = None
) -> QuerySet[ProgramAccount]:
    """Every client's program account that this person reaches through a provider, or through one of them only.

    With ``provider_name``, ``delegated_access`` and the ``delegation_id`` that reaches it.
    """
    reaching = held_from(staff.places_of(user_id), on).filter(
        Q(all_programs=True) | Q(program_accounts=OuterRef("pk")), client_id=OuterRef("business_id")
    )
    if provider_id is not None:
        reaching = reaching.filter(provider_id=provider_id)
    return (
        ProgramAccount.objects.filter(Exists(reaching))
        .annotate(
            delegation_id=Subquery(reaching.values("pk")[:1]),
            provider_name=Subquery(reaching.values("provider__legal_name")[:1]),
            delegated_access=Subquery(reaching.values("access")[:1]),
        )
        .select_related("business")
        .order_by("business__legal_name", "number")
    )


def seen(visibility: Visibility, *, field: str = "submitter_id") -> Q:
    """The visibility as a condition on rows that carry their submitter: the set-based twin of ``Visibility.shows``."""
    if visibility.is_full:
        return Q()
    if visibility.excluded_ids is not None:
        return Q(**{f"{field}__isnull": False}) & ~Q(**{f"{field}__in": visibility.excluded_ids})
    return Q(**{f"{field}__in": visibility.submitter_ids})


def _own_accounts(user_id: int | None) -> QuerySet[ProgramAccount]:
    return (
        ProgramAccount.objects.annotate(own_role=_own_role(user_id))
        .filter(own_role__isnull=False)
        .select_related("business")
    )


def _own_role(user_id: int | None) -> Coalesce:
    """A person's role in a row's program account: manager of its business, or what they have in that account alone."""
    manager = Membership.objects.filter(
        user_id=user_id or 0, state=ACTIVE, business_id=OuterRef("business_id"), role=Membership.Role.BAM
    )
    return Coalesce(Subquery(manager.values("role")[:1]), Subquery(_own_grant(user_id).values("role")[:1]))


def _own_grant(user_id: int | None) -> QuerySet[MembershipProgram]:
    return MembershipProgram.objects.filter(
        program_account_id=OuterRef("pk"), membership__user_id=user_id or 0, membership__state=ACTIVE
    )


def worked_by(user_id: int, *, provider: str, client: str) -> Q:
    """A condition on rows that name a provider and a client in these fields: this person works for the client there."""
    return staff.works_for(staff.places_of(user_id), provider=provider, client=client)


def accounts_in_reach(*, user_id: int, on: date, search: str = "") -> QuerySet[ProgramAccount]:
    """Own and clients' program accounts in one list: ``own_role`` or ``delegated_access`` with ``provider_name``."""
    reaching = held_from(staff.places_of(user_id), on).filter(
        Q(all_programs=True) | Q(program_accounts=OuterRef("pk")), client_id=OuterRef("business_id")
    )
    rows = (
        ProgramAccount.objects.annotate(
            own_role=_own_role(user_id),
            delegated_access=Subquery(reaching.values("access")[:1]),
            provider_name=Subquery(reaching.values("provider__legal_name")[:1]),
        )
        .filter(Q(own_role__isnull=False) | Q(delegated_access__isnull=False))
        .select_related("business")
        .annotate(rank=Case(When(own_role__isnull=False, then=Value(0)), default=Value(1), output_field=IntegerField()))
        .order_by("rank", "business__legal_name", "number")
    )
    words = search.strip()
    if words:
        digits = "".join(words.split()).upper()
        rows = rows.filter(
            Q(business__legal_name__icontains=words)
            | Q(business__operating_name__icontains=words)
            | Q(number__startswith=digits)
            | Q(name__icontains=words)
        )
    return rows
