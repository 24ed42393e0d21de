"""Questions about who may act for whom; each returns rows already joined for its page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from django.conf import settings
from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.module_loading import import_string

from accounts.models import Business, EmployeeRequest, Invitation, Membership, ProgramAccount, User
from delegation import rules
from delegation.models import Delegation, UnmatchedRequest
from delegation.rules import Action, Role, Scope, Visibility

_ACTIVE = Membership.State.ACTIVE


def program_account_in_reach(*, user_id: int | None, number: str, on: date) -> ProgramAccount | None:
    """The program account of the number with this person's ``own_role`` and the ``delegation_id`` that reaches it.

    One of the two may be there, both or none: who asks decides.
    """
    reaching = _reaching(user_id, on).filter(client_id=OuterRef("business_id"))
    named = Q(all_programs=True) | Q(
        Exists(
            Delegation.program_accounts.through.objects.filter(
                delegation_id=OuterRef("pk"), programaccount_id=OuterRef(OuterRef("pk"))
            )
        )
    )
    return (
        ProgramAccount.objects.filter(number=number)
        .annotate(own_role=_own_role(user_id), delegation_id=Subquery(reaching.filter(named).values("pk")[:1]))
        .select_related("business")
        .first()
    )


def own_program_accounts(*, user_id: int | None) -> QuerySet[ProgramAccount]:
    """Every program account that this person reaches through their own memberships, with its ``own_role``."""
    return _own_accounts(user_id).order_by("business__legal_name", "number")


def own_membership(*, user_id: int | None, bn9: str) -> Membership | None:
    """This person's active role in the business ``bn9``."""
    return (
        Membership.objects.filter(user_id=user_id or 0, state=_ACTIVE, business__bn9=bn9)
        .select_related("business")
        .first()
    )


def own_businesses(*, user_id: int | None) -> QuerySet[Membership]:
    """This person's active memberships with their businesses."""
    return (
        Membership.objects.filter(user_id=user_id or 0, state=_ACTIVE)
        .select_related("business")
        .order_by("business__legal_name")
    )


def effective_delegation(delegation_id: int, *, user_id: int | None, on: date) -> Delegation | None:
    """The delegation by which this person's provider reaches a program account, with ``staff_role``."""
    return _reaching(user_id, on).filter(pk=delegation_id).select_related("provider").first()


def _reaching(user_id: int | None, on: date) -> QuerySet[Delegation]:
    """The delegations in force that a person holds as staff of the provider, with ``staff_role``, the newest first."""
    return effective(on).annotate(staff_role=_staff_role(user_id)).filter(staff_role__isnull=False)


def effective_business_delegation(*, user_id: int | None, bn9: str, on: date) -> Delegation | None:
    """The Business Management delegation by which this person's provider reaches the business ``bn9``."""
    return (
        effective(on)
        .filter(client__bn9=bn9, access=Delegation.Access.BUSINESS_MANAGEMENT)
        .annotate(staff_role=_staff_role(user_id))
        .filter(staff_role__isnull=False)
        .select_related("provider", "client")
        .first()
    )


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
    reaching = effective(on).filter(
        Q(all_programs=True) | Q(program_accounts=OuterRef("pk")),
        client_id=OuterRef("business_id"),
        provider__in=Membership.objects.filter(user_id=user_id or 0, state=_ACTIVE).values("business"),
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
    return provider.provider_kind == Business.ProviderKind.CUSTOMS_BROKER and (
        provider.licence_valid_until is None or provider.licence_valid_until >= on
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


def _own_role(user_id: int | None) -> Subquery:
    role = Membership.objects.filter(
        Q(role=Membership.Role.BAM) | Q(program_accounts=OuterRef("pk")),
        user_id=user_id or 0,
        state=_ACTIVE,
        business_id=OuterRef("business_id"),
    )
    return Subquery(role.values("role")[:1])


def _staff_role(user_id: int | None) -> Subquery:
    return Subquery(
        Membership.objects.filter(user_id=user_id or 0, state=_ACTIVE, business_id=OuterRef("provider_id")).values(
            "role"
        )[:1]
    )


# --- Who belongs to a business ---------------------------------------------------------------------------------------
def business_by_number(bn9: str) -> Business | None:
    return Business.objects.filter(bn9=bn9).first()


def program_account_ids_of(membership_id: int) -> frozenset[int]:
    """The program accounts that a program-level role names."""
    return frozenset(
        Membership.program_accounts.through.objects.filter(membership_id=membership_id).values_list(
            "programaccount_id", flat=True
        )
    )


def open_program_accounts(business_id: int) -> QuerySet[ProgramAccount]:
    """The program accounts of a business that are not closed, by number."""
    return ProgramAccount.objects.filter(business_id=business_id, closed_on__isnull=True).order_by("number")


def people_of(
    business_id: int, *, roles: Iterable[str] = (Membership.Role.BAM,), program_account_id: int | None = None
) -> QuerySet[User]:
    """The active people of a business in some roles; for a program account, of the program-level roles only its own."""
    held = Membership.objects.filter(business_id=business_id, state=_ACTIVE, role__in=list(roles))
    if program_account_id is not None:
        held = held.filter(Q(role=Membership.Role.BAM) | Q(program_accounts=program_account_id))
    return User.objects.filter(pk__in=held.values("user_id"), is_active=True).order_by("pk")


def managers_of(business_ids: Iterable[int]) -> dict[int, list[User]]:
    """The Business Account Managers of many businesses, in one query."""
    found: dict[int, list[User]] = {}
    for row in Membership.objects.filter(
        business_id__in=list(business_ids), state=_ACTIVE, role=Membership.Role.BAM, user__is_active=True
    ).select_related("user"):
        found.setdefault(row.business_id, []).append(row.user)
    return found


def managers_of_delegates(business_id: int, *, program_account_id: int | None, on: date) -> list[User]:
    """The managers of the providers whose delegation to a client, or to one of its program accounts, is in force."""
    rows = effective(on).filter(client_id=business_id)
    if program_account_id is not None:
        named = Delegation.program_accounts.through.objects.filter(
            delegation_id=OuterRef("pk"), programaccount_id=program_account_id
        )
        rows = rows.filter(Q(all_programs=True) | Q(Exists(named)))
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
        .prefetch_related("program_accounts")
        .order_by("-is_primary", rank, "user__last_name", "user__first_name", "pk")
    )


def _role_within(held: frozenset[int]) -> Q:
    named = Membership.program_accounts.through.objects.filter(membership_id=OuterRef("pk"), programaccount_id__in=held)
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
        .prefetch_related("program_accounts")
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
    }
    columns = {f"many_{name}": _many(rows) for name, rows in counted.items()}
    found = Business.objects.annotate(**columns).values(*columns).get(pk=business_id)
    return Waiting(**{name: found[f"many_{name}"] for name in counted})


def _many(rows: QuerySet[Any]) -> Coalesce:
    """How many rows, as a column of another query."""
    one = rows.order_by().annotate(one=Value(1)).values("one")
    return Coalesce(Subquery(one.annotate(many=Count("pk")).values("many")), 0)


# --- The account switcher --------------------------------------------------------------------------------------------
def accounts_in_reach(*, user_id: int, on: date, search: str = "") -> QuerySet[ProgramAccount]:
    """Own and clients' program accounts in one list: ``own_role`` or ``delegated_access`` with ``provider_name``."""
    own_role = (
        Membership.objects.filter(
            Q(role=Membership.Role.BAM) | Q(program_accounts=OuterRef("pk")),
            user_id=user_id,
            state=_ACTIVE,
            business_id=OuterRef("business_id"),
        )
        .order_by("pk")
        .values("role")[:1]
    )
    reaching = effective(on).filter(
        Q(all_programs=True) | Q(program_accounts=OuterRef("pk")),
        client_id=OuterRef("business_id"),
        provider__memberships__user_id=user_id,
        provider__memberships__state=_ACTIVE,
    )
    rows = (
        ProgramAccount.objects.annotate(
            own_role=Subquery(own_role),
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
