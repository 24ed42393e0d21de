"""Requests and delegations of a business: received, sent, in force, and what waits for an answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.models import Business, EmployeeRequest, Invitation
from delegation import rules
from delegation.models import ClientGroup, Delegation, ProviderBlock, RequestBatch
from delegation.queries.people import invitations, members
from delegation.rules import Scope


def active_clients(provider_id: int) -> QuerySet[Delegation]:
    """The accesses that a provider has, with the clients that gave them."""
    rows = Delegation.objects.filter(provider_id=provider_id, state=Delegation.State.ACTIVE)
    return rows.select_related("client").order_by("pk")


REQUESTED = Delegation.State.REQUESTED
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
        state=REQUESTED,
    )


def sent_requests(business_id: int) -> QuerySet[Delegation]:
    """What this business asked of others and how it went."""
    return delegations_of(business_id).filter(
        Q(provider_id=business_id, asked_by=_ASKED_BY_PROVIDER) | Q(client_id=business_id, asked_by=_ASKED_BY_CLIENT)
    )


def third_parties(business_id: int, *, held: frozenset[int] | None = None) -> QuerySet[Delegation]:
    """The providers that hold or held access to this client; ``held`` narrows to a program manager's own accounts."""
    rows = delegations_of(business_id).filter(client_id=business_id, decided_at__isnull=False)
    rows = rows.exclude(state__in=(REQUESTED, Delegation.State.REJECTED, Delegation.State.WITHDRAWN))
    if held is not None:
        named = Delegation.program_accounts.through.objects.filter(
            delegation_id=OuterRef("pk"), programaccount_id__in=held
        )
        rows = rows.filter(Q(all_programs=True) | Q(Exists(named)))
    return rows.annotate(rank=active_first()).order_by("rank", "provider__legal_name", "-pk")


def clients(provider_id: int) -> QuerySet[Delegation]:
    """The clients of a provider, active ones first. Requests stand on the page of requests."""
    rows = delegations_of(provider_id).filter(provider_id=provider_id, decided_at__isnull=False)
    rows = rows.exclude(state__in=(REQUESTED, Delegation.State.REJECTED, Delegation.State.WITHDRAWN))
    return rows.annotate(rank=active_first()).order_by("rank", "client__legal_name", "-pk")


def open_delegation(*, provider_id: int, client_id: int) -> Delegation | None:
    """The one request or active delegation between two businesses."""
    return Delegation.objects.filter(
        provider_id=provider_id, client_id=client_id, state__in=(REQUESTED, Delegation.State.ACTIVE)
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
    ).filter(state__in=(*rules.RENEWABLE, REQUESTED))
    return (
        third_parties(business_id, held=held)
        .filter(Q(state=Delegation.State.ACTIVE, valid_until__isnull=False) | ~Q(state=Delegation.State.ACTIVE))
        .filter(~Exists(newer))
        .annotate(is_blocked=Exists(_blocks_of_row()), place=active_first())
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


def active_first() -> Case:
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


def waiting_for(business_id: int, *, held: frozenset[int] | None = None) -> Waiting:
    """All of it in one statement; ``held`` narrows to what a program manager finds on those pages."""
    active = Delegation.State.ACTIVE
    asking = EmployeeRequest.objects.filter(business_id=business_id, state=EmployeeRequest.State.WAITING)
    counted = {
        "members": members(business_id, held=held),
        "employee_requests": asking,
        "invitations": invitations(business_id, held=held).filter(state=Invitation.State.SENT),
        "received": received_requests(business_id),
        "sent": sent_requests(business_id).filter(state=REQUESTED),
        "third_parties": third_parties(business_id, held=held).filter(state=active),
        "clients": Delegation.objects.filter(provider_id=business_id, state=active),
        "blocked": ProviderBlock.objects.filter(client_id=business_id),
        "groups": ClientGroup.objects.filter(provider_id=business_id, deleted_at__isnull=True),
    }
    columns = {f"many_{name}": many(rows) for name, rows in counted.items()}
    found = Business.objects.annotate(**columns).values(*columns).get(pk=business_id)
    return Waiting(**{name: found[f"many_{name}"] for name in counted})


def many(rows: QuerySet[Any]) -> Coalesce:
    """How many rows, as a column of another query."""
    one = rows.order_by().select_related(None).annotate(one=Value(1)).values("one")
    return Coalesce(Subquery(one.annotate(many=Count("pk")).values("many")), 0)


def requests_to_clients(provider_id: int) -> QuerySet[Delegation]:
    """What a provider asked of clients and how it went."""
    return sent_requests(provider_id).filter(provider_id=provider_id)


def open_states_of(*, provider_id: int, client_ids: Iterable[int]) -> dict[int, str]:
    """By client, the state of the provider's one request or active delegation; in one statement."""
    return dict(
        Delegation.objects.filter(
            provider_id=provider_id, client_id__in=list(client_ids), state__in=(REQUESTED, Delegation.State.ACTIVE)
        ).values_list("client_id", "state")
    )


def request_batches(provider_id: int) -> QuerySet[RequestBatch]:
    """The lists that a provider sent, newest first."""
    return RequestBatch.objects.filter(provider_id=provider_id)
