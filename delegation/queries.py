"""Questions about who may act for whom; each returns rows already joined for its page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from django.conf import settings
from django.db.models import (
    Case,
    Count,
    Exists,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from accounts.models import (
    Business,
    ContactPerson,
    EmployeeRequest,
    Invitation,
    Membership,
    MembershipProgram,
    ProgramAccount,
    User,
)
from accounts.rules import is_licence_in_force
from core.clock import TORONTO
from core.models import AuditEvent
from delegation import rules, staff
from delegation.models import (
    ClientAssignment,
    ClientGroup,
    Delegation,
    GroupRequest,
    PrimaryHandover,
    ProviderBlock,
    RequestBatch,
    Signature,
    UnmatchedRequest,
)
from delegation.rules import Action, Grant, Role, Roles, Scope, Visibility

_ACTIVE = Membership.State.ACTIVE


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
        Membership.objects.filter(user_id=user_id or 0, state=_ACTIVE)
        .select_related("business")
        .order_by("business__legal_name")
    )


def delegation_to(account: ProgramAccount, *, user_id: int | None, on: date) -> Delegation | None:
    """The delegation in force by which this person's provider reaches a program account, with ``staff_role``."""
    reaches = Q(all_programs=True) | Q(Exists(_naming(account.pk)))
    rows = effective(on).filter(reaches, client_id=account.business_id).select_related("provider")
    return next(iter(staff.held_by(rows, user_id)), None)


def _naming(program_account_id: int) -> QuerySet[Any]:
    return Delegation.program_accounts.through.objects.filter(
        delegation_id=OuterRef("pk"), programaccount_id=program_account_id
    )


def reaching(*, user_id: int | None, on: date) -> QuerySet[Delegation]:
    """The delegations in force that a person holds as staff of the provider, the newest first.

    With the person's ``staff_role`` there and the single permissions on top of it, ``staff_added_actions``.
    """
    places = staff.places_of(user_id)
    return staff.with_roles(_held(places, on), places)


def _held(places: Sequence[staff.Place], on: date) -> QuerySet[Delegation]:
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
    reaching = _held(staff.places_of(user_id), on).filter(
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


def program_account(number: str) -> ProgramAccount | None:
    return ProgramAccount.objects.select_related("business").filter(number=number).first()


def is_licensed_broker(provider: Business, *, on: date) -> bool:
    """Whether the provider is a customs broker whose licence is valid on a day (Customs Act s.9)."""
    return provider.provider_kind == Business.ProviderKind.CUSTOMS_BROKER and is_licence_in_force(
        provider.licence_valid_until, provider.licence_revoked_on, on=on
    )


def customs_brokers(search: str = "") -> QuerySet[Business]:
    """Every customs broker by name, or those that the words find."""
    return _named(Business.objects.filter(provider_kind=Business.ProviderKind.CUSTOMS_BROKER), search).order_by(
        "legal_name", "pk"
    )


def active_clients(provider_id: int) -> QuerySet[Delegation]:
    """The accesses that a provider has, with the clients that gave them."""
    rows = Delegation.objects.filter(provider_id=provider_id, state=Delegation.State.ACTIVE)
    return rows.select_related("client").order_by("pk")


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
        user_id=user_id or 0, state=_ACTIVE, business_id=OuterRef("business_id"), role=Membership.Role.BAM
    )
    return Coalesce(Subquery(manager.values("role")[:1]), Subquery(_own_grant(user_id).values("role")[:1]))


def _own_grant(user_id: int | None) -> QuerySet[MembershipProgram]:
    return MembershipProgram.objects.filter(
        program_account_id=OuterRef("pk"), membership__user_id=user_id or 0, membership__state=_ACTIVE
    )


def worked_by(user_id: int, *, provider: str, client: str) -> Q:
    """A condition on rows that name a provider and a client in these fields: this person works for the client there."""
    return staff.works_for(staff.places_of(user_id), provider=provider, client=client)


# --- Who belongs to a business ---------------------------------------------------------------------------------------
def business_by_number(bn9: str) -> Business | None:
    return Business.objects.filter(bn9=bn9).first()


def roles_of(holder: Membership | Invitation) -> Roles:
    """What somebody has, or is invited to have, in each program account; ``None`` for the manager of the business."""
    if holder.role == Membership.Role.BAM:
        return None
    return {row.program_account_id: Grant(row.role, tuple(row.added_actions)) for row in holder.programs.all()}


def program_accounts_of(business_id: int) -> QuerySet[ProgramAccount]:
    """The program accounts of a business, closed ones included, by number."""
    return ProgramAccount.objects.filter(business_id=business_id).order_by("number")


def open_program_accounts(business_id: int) -> QuerySet[ProgramAccount]:
    """The program accounts of a business that are not closed, by number."""
    return ProgramAccount.objects.filter(business_id=business_id, closed_on__isnull=True).order_by("number")


def people_of(
    business_id: int, *, roles: Iterable[str] = (Membership.Role.BAM,), program_account_id: int | None = None
) -> QuerySet[User]:
    """The active people of a business in some roles: in any of its program accounts, or in one of them only."""
    wanted = list(roles)
    named = MembershipProgram.objects.filter(membership_id=OuterRef("pk"), role__in=wanted)
    if program_account_id is not None:
        named = named.filter(program_account_id=program_account_id)
    manager = Q(role=Membership.Role.BAM, role__in=wanted)
    held = Membership.objects.filter(manager | Q(Exists(named)), business_id=business_id, state=_ACTIVE)
    return User.objects.filter(pk__in=held.values("user_id"), is_active=True).order_by("pk")


def managers_of(business_ids: Iterable[int]) -> dict[int, list[User]]:
    """The Business Account Managers of many businesses, in one query."""
    found: dict[int, list[User]] = {}
    for row in Membership.objects.filter(
        business_id__in=list(business_ids), state=_ACTIVE, role=Membership.Role.BAM, user__is_active=True
    ).select_related("user"):
        found.setdefault(row.business_id, []).append(row.user)
    return found


def has_manager(business: OuterRef) -> Exists:
    """Whether a business has a Business Account Manager who can be told something; a condition of a larger query."""
    return Exists(
        Membership.objects.filter(business_id=business, state=_ACTIVE, role=Membership.Role.BAM, user__is_active=True)
    )


def managers_of_delegates(business_id: int, *, program_account_id: int | None, on: date) -> list[User]:
    """The managers of the providers whose delegation to a client, or to one of its program accounts, is in force."""
    rows = effective(on).filter(client_id=business_id)
    if program_account_id is not None:
        rows = rows.filter(Q(all_programs=True) | Q(Exists(_naming(program_account_id))))
    held = Membership.objects.filter(
        business_id__in=rows.values("provider_id"), state=_ACTIVE, role=Membership.Role.BAM
    )
    return list(User.objects.filter(pk__in=held.values("user_id"), is_active=True).order_by("pk"))


def manager_count(business_id: int) -> int:
    return Membership.objects.filter(business_id=business_id, state=_ACTIVE, role=Membership.Role.BAM).count()


def open_account_ids(business_id: int) -> frozenset[int]:
    return frozenset(open_program_accounts(business_id).values_list("pk", flat=True))


def members(business_id: int, *, held: frozenset[int] | None = None) -> QuerySet[Membership]:
    """The active people of a business with their program accounts; ``held`` narrows to a program manager's own."""
    rows = Membership.objects.filter(business_id=business_id, state=_ACTIVE)
    if held is not None:
        rows = rows.filter(_role_within(held))
    rank = Case(
        *(When(role=role, then=Value(place)) for place, role in enumerate(Membership.Role.values)),
        output_field=IntegerField(),
    )
    return (
        rows.select_related("user")
        .prefetch_related("programs__program_account")
        .order_by("-is_primary", rank, "user__last_name", "user__first_name", "pk")
    )


def _role_within(held: frozenset[int]) -> Q:
    named = MembershipProgram.objects.filter(membership_id=OuterRef("pk"), program_account_id__in=held)
    return Q(role=Membership.Role.BAM) | Q(Exists(named))


def employee_requests(business_id: int) -> QuerySet[EmployeeRequest]:
    """Everybody who asked to join, those who wait first."""
    return (
        EmployeeRequest.objects.filter(business_id=business_id)
        .exclude(state=EmployeeRequest.State.WITHDRAWN)
        .annotate(
            rank=Case(
                When(state=EmployeeRequest.State.WAITING, then=Value(0)), default=Value(1), output_field=IntegerField()
            )
        )
        .select_related("user")
        .order_by("rank", "-requested_at", "-pk")
    )


def invitations(business_id: int) -> QuerySet[Invitation]:
    return (
        Invitation.objects.filter(business_id=business_id)
        .select_related("invited_by", "accepted_by")
        .prefetch_related("programs__program_account")
    )


def invitation_by_hash(token_hash: str) -> Invitation | None:
    return Invitation.objects.filter(token_hash=token_hash).select_related("business", "invited_by").first()


@dataclass(frozen=True)
class EmployerRequest:
    """A person's own request to an employer; while it waits, nothing tells whether the employer is registered."""

    bn9: str
    comment: str
    requested_at: Any
    state: str
    state_label: Any
    business_name: str = ""
    reason: str = ""

    @property
    def is_waiting(self) -> bool:
        return self.state == EmployeeRequest.State.WAITING


def employer_requests(user_id: int) -> list[EmployerRequest]:
    """A person's own requests, newest first; the employer's name appears only once its manager has answered."""
    waiting = EmployeeRequest.State.WAITING
    rows = [
        EmployerRequest(
            bn9=row.business.bn9,
            comment=row.comment,
            requested_at=row.requested_at,
            state=row.state,
            state_label=row.get_state_display(),
            business_name="" if row.state == waiting else row.business.legal_name,
            reason=row.reason,
        )
        for row in EmployeeRequest.objects.filter(user_id=user_id)
        .exclude(state=EmployeeRequest.State.WITHDRAWN)
        .select_related("business")[:50]
    ]
    rows += [
        EmployerRequest(
            bn9=row.bn9,
            comment=row.comment,
            requested_at=row.requested_at,
            state=waiting.value,
            state_label=waiting.label,
        )
        for row in UnmatchedRequest.objects.filter(user_id=user_id)[:50]
    ]
    return sorted(rows, key=lambda row: row.requested_at, reverse=True)


# --- The primary role -------------------------------------------------------------------------------------------------
def primary_of(business_id: int) -> Membership | None:
    """The active primary manager of a business."""
    return (
        Membership.objects.filter(business_id=business_id, state=_ACTIVE, is_primary=True)
        .select_related("user")
        .first()
    )


def other_managers(business_id: int) -> QuerySet[Membership]:
    """The active managers who are not the primary and whose sign-in is open, by name."""
    return members(business_id).filter(role=Membership.Role.BAM, is_primary=False, user__is_active=True)


def handovers(business_id: int) -> QuerySet[PrimaryHandover]:
    """Every offer of the primary role, the newest first."""
    return PrimaryHandover.objects.filter(business_id=business_id).select_related(
        "business", "offered_by__user", "offered_to__user", "offered_to__business"
    )


# --- Profiles ---------------------------------------------------------------------------------------------------------
PROFILE_VERBS = ("business.profile_changed", "program_account.profile_changed")


def business_profile(business: Business) -> dict[str, str]:
    """The contact details of a business, one value a field of ``rules.BUSINESS_PROFILE``."""
    contacts = ContactPerson.objects.filter(business=business, program_account__isnull=True)
    return _profile(business, rules.BUSINESS_PROFILE, contacts)


def program_profile(account: ProgramAccount) -> dict[str, str]:
    """The contact details of a program account, one value a field of ``rules.PROGRAM_PROFILE``."""
    return _profile(account, rules.PROGRAM_PROFILE, ContactPerson.objects.filter(program_account=account))


def _profile(
    holder: Business | ProgramAccount, names: Mapping[str, Any], contacts: QuerySet[ContactPerson]
) -> dict[str, str]:
    found = {row.place: row for row in contacts}
    values = {}
    for name in names:
        place, _line, part = name.partition("_")
        is_contact = place in ContactPerson.Place
        values[name] = str(getattr(found.get(place), part, "") if is_contact else getattr(holder, name))
    return values


def profile_history(holder: Business | ProgramAccount) -> QuerySet[AuditEvent]:
    """Every change of a profile, the newest first, each with the old and the new values."""
    return AuditEvent.objects.filter(
        target=f"accounts.{type(holder).__name__}:{holder.pk}", verb__in=PROFILE_VERBS
    ).order_by("-id")


# --- Requests and delegations ----------------------------------------------------------------------------------------
_REQUESTED = Delegation.State.REQUESTED
_ASKED_BY_PROVIDER = Delegation.Side.PROVIDER
_ASKED_BY_CLIENT = Delegation.Side.CLIENT


def delegations_of(business_id: int) -> QuerySet[Delegation]:
    """Every delegation in which the business is one of the two sides."""
    return (
        Delegation.objects.filter(Q(client_id=business_id) | Q(provider_id=business_id))
        .select_related("provider", "client")
        .prefetch_related("program_accounts")
    )


def received_requests(business_id: int) -> QuerySet[Delegation]:
    """What waits for this business's answer: providers that ask, clients that nominate."""
    return delegations_of(business_id).filter(
        Q(client_id=business_id, asked_by=_ASKED_BY_PROVIDER) | Q(provider_id=business_id, asked_by=_ASKED_BY_CLIENT),
        state=_REQUESTED,
    )


def sent_requests(business_id: int) -> QuerySet[Delegation]:
    """What this business asked of others and how it went."""
    return delegations_of(business_id).filter(
        Q(provider_id=business_id, asked_by=_ASKED_BY_PROVIDER) | Q(client_id=business_id, asked_by=_ASKED_BY_CLIENT)
    )


def third_parties(business_id: int, *, held: frozenset[int] | None = None) -> QuerySet[Delegation]:
    """The providers that hold or held access to this client; ``held`` narrows to a program manager's own accounts."""
    rows = delegations_of(business_id).filter(client_id=business_id, decided_at__isnull=False)
    rows = rows.exclude(state__in=(_REQUESTED, Delegation.State.REJECTED, Delegation.State.WITHDRAWN))
    if held is not None:
        named = Delegation.program_accounts.through.objects.filter(
            delegation_id=OuterRef("pk"), programaccount_id__in=held
        )
        rows = rows.filter(Q(all_programs=True) | Q(Exists(named)))
    return rows.annotate(rank=_active_first()).order_by("rank", "provider__legal_name", "-pk")


def clients(provider_id: int) -> QuerySet[Delegation]:
    """The clients of a provider, active ones first. Requests stand on the page of requests."""
    rows = delegations_of(provider_id).filter(provider_id=provider_id, decided_at__isnull=False)
    rows = rows.exclude(state__in=(_REQUESTED, Delegation.State.REJECTED, Delegation.State.WITHDRAWN))
    return rows.annotate(rank=_active_first()).order_by("rank", "client__legal_name", "-pk")


def open_delegation(*, provider_id: int, client_id: int) -> Delegation | None:
    """The one request or active delegation between two businesses."""
    return Delegation.objects.filter(
        provider_id=provider_id, client_id=client_id, state__in=(_REQUESTED, Delegation.State.ACTIVE)
    ).first()


def scope_of(delegation: Delegation) -> Scope:
    """What a delegation gives, as the rules read it."""
    return Scope(
        access=delegation.access,
        all_programs=delegation.all_programs,
        program_account_ids=frozenset(account.pk for account in delegation.program_accounts.all()),
        sees_client=delegation.sees_client,
        sees_others=delegation.sees_others,
        valid_from=delegation.valid_from,
        valid_until=delegation.valid_until,
    )


def named_like(rows: QuerySet[Delegation], search: str, *, own: int) -> QuerySet[Delegation]:
    """Of some delegations of the business ``own``, those whose other side has the words in its name or number."""
    words = search.strip()
    if not words:
        return rows
    digits = "".join(words.split())
    either = Q()
    for side, other in (("provider", "client"), ("client", "provider")):
        named = (
            Q(**{f"{other}__legal_name__icontains": words})
            | Q(**{f"{other}__operating_name__icontains": words})
            | Q(**{f"{other}__bn9__startswith": digits})
        )
        either |= Q(**{f"{side}_id": own}) & named
    return rows.filter(either)


def renewable(business_id: int, *, held: frozenset[int] | None = None) -> QuerySet[Delegation]:
    """The accesses of a client that can be renewed: those with a last day, and of each provider the newest that ended.

    Nearest end first.
    """
    newer = Delegation.objects.filter(
        client_id=OuterRef("client_id"), provider_id=OuterRef("provider_id"), pk__gt=OuterRef("pk")
    ).filter(state__in=(*rules.RENEWABLE, _REQUESTED))
    return (
        third_parties(business_id, held=held)
        .filter(Q(state=Delegation.State.ACTIVE, valid_until__isnull=False) | ~Q(state=Delegation.State.ACTIVE))
        .filter(~Exists(newer))
        .annotate(is_blocked=Exists(_blocks_of_row()), place=_active_first())
        .order_by("place", "valid_until", "provider__legal_name", "pk")
    )


def _blocks_of_row() -> QuerySet[ProviderBlock]:
    return ProviderBlock.objects.filter(client_id=OuterRef("client_id"), provider_id=OuterRef("provider_id"))


def blocks(client_id: int) -> QuerySet[ProviderBlock]:
    """The providers from which a client takes no requests, by name."""
    return (
        ProviderBlock.objects.filter(client_id=client_id)
        .select_related("provider")
        .order_by("provider__legal_name", "pk")
    )


def block_of(*, client_id: int, provider_id: int) -> ProviderBlock | None:
    return ProviderBlock.objects.filter(client_id=client_id, provider_id=provider_id).first()


def clients_that_block(provider_id: int, *, client_ids: Iterable[int]) -> frozenset[int]:
    """Which of these clients take no request from a provider."""
    rows = ProviderBlock.objects.filter(provider_id=provider_id, client_id__in=list(client_ids))
    return frozenset(rows.values_list("client_id", flat=True))


def signatures(delegation_id: int) -> QuerySet[Signature]:
    """The signed declarations of a delegation with the businesses they bind, newest first."""
    return Signature.objects.filter(delegation_id=delegation_id).select_related("business").order_by("-pk")


@dataclass(frozen=True)
class Version:
    """One stretch of a delegation's life as the audit trail tells it; the scope is empty where none was given yet."""

    verb: str
    at: datetime
    actor_name: str
    reason: str
    scope: Scope | None
    programs: str
    state: str


#: How many steps of a delegation's life the page shows, the newest.
STEPS = 50


def life_of(delegation: Delegation) -> list[Version]:
    """Who did what with a delegation and what it gave from then on, oldest first: a query on the audit trail."""
    rows = list(
        AuditEvent.objects.filter(
            target=f"delegation.Delegation:{delegation.pk}", business_id=delegation.client_id
        ).order_by("-pk")[:STEPS]
    )[::-1]
    ids = {pk for row in rows for pk in (row.after or {}).get("program_account_ids", ())}
    names: dict[int, str] = {}
    if ids:
        accounts = ProgramAccount.objects.filter(pk__in=ids).order_by("number")
        names = {account.pk: account.rm for account in accounts}
    found = []
    for row in rows:
        after = row.after or {}
        gives = after.get("access") and (after.get("all_programs") or after.get("program_account_ids"))
        scope = scope_of_facts(after) if gives else None
        found.append(
            Version(
                verb=row.verb,
                at=row.business_at,
                actor_name=row.actor_name,
                reason=row.reason,
                scope=scope,
                programs=", ".join(names.get(pk, "") for pk in sorted(scope.program_account_ids)) if scope else "",
                state=str(after.get("state", "")),
            )
        )
    return found


def scope_of_facts(facts: Mapping[str, Any]) -> Scope:
    """A scope as the audit trail or a signature keeps it."""
    first, last = facts.get("valid_from"), facts.get("valid_until")
    return Scope(
        access=facts["access"],
        all_programs=facts["all_programs"],
        program_account_ids=frozenset(facts["program_account_ids"]),
        sees_client=facts["sees_client"],
        sees_others=facts["sees_others"],
        valid_from=date.fromisoformat(first) if first else None,
        valid_until=date.fromisoformat(last) if last else None,
    )


@dataclass(frozen=True)
class Past:
    """What a provider has filed for a client: how much, and from which day to which."""

    declaration_count: int
    release_count: int
    first_on: date | None
    last_on: date | None

    @property
    def is_empty(self) -> bool:
        return not self.declaration_count and not self.release_count


#: What the audit trail writes in the filer's name: a declaration submitted, goods released or sent to pay at the port.
_DECLARED = ("declaration.accepted", "declaration.ready_for_port")
_RELEASED = ("release.released", "release.at_port")


def past_with(provider_id: int, *, client_id: int) -> Past:
    """What the provider filed for the client, whichever access it had then: a query on the audit trail."""
    filed = AuditEvent.objects.filter(
        business_id=client_id, actor_business_id=provider_id, verb__in=(*_DECLARED, *_RELEASED)
    ).aggregate(
        declarations=Count("target", filter=Q(verb__in=_DECLARED), distinct=True),
        releases=Count("target", filter=Q(verb__in=_RELEASED), distinct=True),
        first=Min("business_at"),
        last=Max("business_at"),
    )
    return Past(
        declaration_count=filed["declarations"],
        release_count=filed["releases"],
        first_on=filed["first"].astimezone(TORONTO).date() if filed["first"] else None,
        last_on=filed["last"].astimezone(TORONTO).date() if filed["last"] else None,
    )


def _active_first() -> Case:
    return Case(When(state=Delegation.State.ACTIVE, then=Value(0)), default=Value(1), output_field=IntegerField())


@dataclass(frozen=True)
class Waiting:
    """How much waits on each page of people and access."""

    members: int
    employee_requests: int
    invitations: int
    received: int
    sent: int
    third_parties: int
    clients: int
    blocked: int
    groups: int


def waiting_for(business_id: int) -> Waiting:
    """All of it in one statement."""
    active = Delegation.State.ACTIVE
    invited = Invitation.objects.filter(business_id=business_id, state=Invitation.State.SENT)
    asking = EmployeeRequest.objects.filter(business_id=business_id, state=EmployeeRequest.State.WAITING)
    counted = {
        "members": Membership.objects.filter(business_id=business_id, state=_ACTIVE),
        "employee_requests": asking,
        "invitations": invited,
        "received": received_requests(business_id),
        "sent": sent_requests(business_id).filter(state=_REQUESTED),
        "third_parties": Delegation.objects.filter(client_id=business_id, state=active),
        "clients": Delegation.objects.filter(provider_id=business_id, state=active),
        "blocked": ProviderBlock.objects.filter(client_id=business_id),
        "groups": ClientGroup.objects.filter(provider_id=business_id, deleted_at__isnull=True),
    }
    columns = {f"many_{name}": _many(rows) for name, rows in counted.items()}
    found = Business.objects.annotate(**columns).values(*columns).get(pk=business_id)
    return Waiting(**{name: found[f"many_{name}"] for name in counted})


def _many(rows: QuerySet[Any]) -> Coalesce:
    """How many rows, as a column of another query."""
    one = rows.order_by().annotate(one=Value(1)).values("one")
    return Coalesce(Subquery(one.annotate(many=Count("pk")).values("many")), 0)


# --- Client groups of a provider -------------------------------------------------------------------------------------
def client_groups(provider_id: int) -> QuerySet[ClientGroup]:
    """A provider's groups by name, with how many active clients and people each has."""
    clients = ClientGroup.clients.through.objects.filter(
        Exists(_established(provider_id).filter(client_id=OuterRef("business_id"))), clientgroup_id=OuterRef("pk")
    )
    staff = ClientGroup.staff.through.objects.filter(
        clientgroup_id=OuterRef("pk"), membership__state=_ACTIVE, membership__user__is_active=True
    )
    return ClientGroup.objects.filter(provider_id=provider_id, deleted_at__isnull=True).annotate(
        client_count=_many(clients), staff_count=_many(staff)
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
    return _named(rows, search).order_by("legal_name", "pk")


def established_clients(
    provider_id: int, *, outside: ClientGroup | None = None, search: str = ""
) -> QuerySet[Business]:
    """The clients whose access is active, by name; ``outside`` leaves out those that a group has already."""
    rows = Business.objects.filter(Exists(_established(provider_id).filter(client_id=OuterRef("pk"))))
    if outside is not None:
        rows = rows.exclude(
            Exists(ClientGroup.clients.through.objects.filter(clientgroup_id=outside.pk, business_id=OuterRef("pk")))
        )
    return _named(rows, search).order_by("legal_name", "pk")


def _named(rows: QuerySet[Business], search: str) -> QuerySet[Business]:
    words = search.strip()
    if not words:
        return rows
    digits = "".join(words.split())
    return rows.filter(Q(legal_name__icontains=words) | Q(operating_name__icontains=words) | Q(bn9__startswith=digits))


def staff_of(provider_id: int) -> QuerySet[Membership]:
    """The people of a provider to whom clients are given: all but its managers, who reach every client."""
    return (
        Membership.objects.filter(business_id=provider_id, state=_ACTIVE, user__is_active=True)
        .exclude(role=Membership.Role.BAM)
        .select_related("user")
        .order_by("user__last_name", "user__first_name", "pk")
    )


def staff_of_group(group_id: int) -> QuerySet[Membership]:
    """The people in a group who still belong to the provider, its managers included should one have become that."""
    return (
        Membership.objects.filter(client_groups=group_id, state=_ACTIVE, user__is_active=True)
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
        membership__state=_ACTIVE,
        membership__user__is_active=True,
    ).select_related("membership__user")
    through = ClientGroup.staff.through.objects.filter(
        clientgroup__provider_id=provider_id,
        clientgroup__deleted_at__isnull=True,
        clientgroup__clients=client_id,
        membership__state=_ACTIVE,
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
        GroupRequest.objects.filter(membership__business_id=provider_id, membership__state=_ACTIVE)
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


def requests_to_clients(provider_id: int) -> QuerySet[Delegation]:
    """What a provider asked of clients and how it went."""
    return sent_requests(provider_id).filter(provider_id=provider_id)


# --- Requests as a list ----------------------------------------------------------------------------------------------
def businesses_by_number(numbers: Iterable[str]) -> dict[str, Business]:
    """The businesses of many numbers, in one statement."""
    return {row.bn9: row for row in Business.objects.filter(bn9__in=set(numbers))}


def open_states_of(*, provider_id: int, client_ids: Iterable[int]) -> dict[int, str]:
    """By client, the state of the provider's one request or active delegation; in one statement."""
    return dict(
        Delegation.objects.filter(
            provider_id=provider_id, client_id__in=list(client_ids), state__in=(_REQUESTED, Delegation.State.ACTIVE)
        ).values_list("client_id", "state")
    )


def request_batches(provider_id: int) -> QuerySet[RequestBatch]:
    """The lists that a provider sent, newest first."""
    return RequestBatch.objects.filter(provider_id=provider_id)


# --- The account switcher --------------------------------------------------------------------------------------------
def accounts_in_reach(*, user_id: int, on: date, search: str = "") -> QuerySet[ProgramAccount]:
    """Own and clients' program accounts in one list: ``own_role`` or ``delegated_access`` with ``provider_name``."""
    reaching = _held(staff.places_of(user_id), on).filter(
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


# --- What they will see ----------------------------------------------------------------------------------------------
class PreviewRow(Protocol):
    """One declaration as the preview shows it."""

    submitter_id: int | None
    submitter_name: str
    released_on: date
    number: str
    total: Decimal
    program_account_number: str


class TransactionsPreview(Protocol):
    """The newest declarations and the count of all of them by who submitted them."""

    @property
    def rows(self) -> Sequence[PreviewRow]: ...

    @property
    def counts(self) -> Mapping[int | None, int]: ...

    @property
    def names(self) -> Mapping[int | None, str]: ...

    @property
    def counts_by_account(self) -> Mapping[tuple[int, int | None], int]: ...


@dataclass(frozen=True)
class NoTransactions:
    """What a portal without declarations has to show."""

    rows: tuple[PreviewRow, ...] = ()
    counts: Mapping[int | None, int] = field(default_factory=dict)
    names: Mapping[int | None, str] = field(default_factory=dict)
    counts_by_account: Mapping[tuple[int, int | None], int] = field(default_factory=dict)


@dataclass(frozen=True)
class SeenRow:
    row: PreviewRow
    is_seen: bool


@dataclass(frozen=True)
class Preview:
    """What a provider would see and may do with a scope, counted on the client's real declarations."""

    total_count: int
    seen_count: int
    their_count: int
    filed_count: int
    client_count: int
    other_count: int
    other_names: tuple[str, ...]
    is_full: bool
    sees_client: bool
    sees_others: bool
    hidden_accounts: tuple[ProgramAccount, ...]
    chosen_accounts: tuple[ProgramAccount, ...]
    rows: tuple[SeenRow, ...]
    counts: Mapping[int | None, int]
    actions: frozenset[Action]

    @property
    def can_file(self) -> bool:
        return Action.FILE_DECLARATION in self.actions

    @property
    def chosen_names(self) -> str:
        return ", ".join(account.rm for account in self.chosen_accounts)


NEWEST = 5


def transactions_preview(
    *, business_id: int, program_account_ids: Iterable[int], limit: int = NEWEST
) -> TransactionsPreview:
    """The newest declarations of some program accounts and the counts of all, from the room that holds them."""
    source = getattr(settings, "TRANSACTIONS_PREVIEW", "")
    try:
        preview = import_string(source)
    except ImportError:
        return NoTransactions()
    return preview(business_id=business_id, program_account_ids=list(program_account_ids), limit=limit)


@dataclass(frozen=True)
class Difference:
    """What a provider newly sees and may do, and what it loses, when one scope takes the place of another."""

    gained_count: int
    lost_count: int
    gained_accounts: tuple[ProgramAccount, ...]
    lost_accounts: tuple[ProgramAccount, ...]
    gained_actions: tuple[Any, ...]
    lost_actions: tuple[Any, ...]
    gained_sights: tuple[Any, ...]
    lost_sights: tuple[Any, ...]

    @property
    def is_empty(self) -> bool:
        return not any(
            (
                self.gained_count,
                self.lost_count,
                self.gained_accounts,
                self.lost_accounts,
                self.gained_actions,
                self.lost_actions,
                self.gained_sights,
                self.lost_sights,
            )
        )


def what_changes(
    *, client: Business, provider: Business, before: Scope, after: Scope, accounts: Iterable[ProgramAccount], on: date
) -> Difference:
    """Two scopes through the provider's eyes, counted on the client's real declarations, both ways at once."""
    every_account = tuple(accounts)
    everything = transactions_preview(
        business_id=client.pk, program_account_ids=[account.pk for account in every_account], limit=0
    )
    is_licensed = is_licensed_broker(provider, on=on)
    reached, actions, seen_rows = [], [], []
    for scope in (before, after):
        visibility = rules.visibility_of(
            provider_id=provider.pk, client_id=client.pk, sees_client=scope.sees_client, sees_others=scope.sees_others
        )
        within = {row.pk for row in every_account if scope.all_programs or row.pk in scope.program_account_ids}
        reached.append(within)
        actions.append(rules.actions_of(Role(scope.access), visibility=visibility, is_licensed_broker=is_licensed))
        seen_rows.append({key for key in everything.counts_by_account if key[0] in within and visibility.shows(key[1])})
    counts = everything.counts_by_account
    return Difference(
        gained_count=sum(counts[key] for key in seen_rows[1] - seen_rows[0]),
        lost_count=sum(counts[key] for key in seen_rows[0] - seen_rows[1]),
        gained_accounts=tuple(row for row in every_account if row.pk in reached[1] - reached[0]),
        lost_accounts=tuple(row for row in every_account if row.pk in reached[0] - reached[1]),
        gained_actions=_labels(actions[1] - actions[0]),
        lost_actions=_labels(actions[0] - actions[1]),
        gained_sights=_newly_seen(before, after),
        lost_sights=_newly_seen(after, before),
    )


def _newly_seen(before: Scope, after: Scope) -> tuple[Any, ...]:
    """Whose declarations are opened by a change, those still to come too: so it counts with none there yet."""
    opened = (
        (_("Declarations you filed"), after.sees_client and not before.sees_client),
        (_("Declarations of other third parties"), after.sees_others and not before.sees_others),
    )
    return tuple(words for words, is_opened in opened if is_opened)


def _labels(actions: frozenset[Action]) -> tuple[Any, ...]:
    return tuple(rules.ACTION_LABELS[action] for action in Action if action in actions)


def what_they_see(
    *, client: Business, provider: Business | None, scope: Scope, accounts: Iterable[ProgramAccount], on: date
) -> Preview:
    """The client's declarations through the provider's eyes; without one, through those of a licensed broker."""
    provider_id = provider.pk if provider is not None else 0
    every_account = tuple(accounts)
    chosen = tuple(
        account for account in every_account if scope.all_programs or account.pk in scope.program_account_ids
    )
    chosen_numbers = {account.number for account in chosen}
    visibility = rules.visibility_of(
        provider_id=provider_id, client_id=client.pk, sees_client=scope.sees_client, sees_others=scope.sees_others
    )
    everything = transactions_preview(
        business_id=client.pk, program_account_ids=[account.pk for account in every_account]
    )
    chosen_ids = {account.pk for account in chosen}
    within: dict[int | None, int] = {}
    for (account_id, submitter), count in everything.counts_by_account.items():
        if account_id in chosen_ids:
            within[submitter] = within.get(submitter, 0) + count
    others = [key for key in everything.counts if key not in (client.pk, provider_id) and everything.counts[key]]
    return Preview(
        total_count=sum(everything.counts.values()),
        seen_count=sum(count for key, count in within.items() if visibility.shows(key)),
        their_count=within.get(provider_id, 0),
        filed_count=everything.counts.get(provider_id, 0),
        client_count=within.get(client.pk, 0),
        other_count=sum(within.get(key, 0) for key in others),
        other_names=tuple(sorted(everything.names[key] for key in others)[:2]),
        is_full=visibility.is_full,
        sees_client=scope.sees_client,
        sees_others=scope.sees_others,
        hidden_accounts=tuple(account for account in every_account if account not in chosen),
        chosen_accounts=chosen,
        rows=tuple(
            SeenRow(
                row=row,
                is_seen=row.program_account_number in chosen_numbers and visibility.shows(row.submitter_id),
            )
            for row in everything.rows
        ),
        actions=rules.actions_of(
            Role(scope.access),
            visibility=visibility,
            is_licensed_broker=provider is None or is_licensed_broker(provider, on=on),
        ),
        counts=everything.counts,
    )
