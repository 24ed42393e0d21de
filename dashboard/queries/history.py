"""The own history of a business: the events of the audit trail that are its own, and no others.

Three sources, each read along an index: what was done to the business and its program accounts; what its own people did
for clients; and the sign-ins of its people while they belonged to it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from django.db.models import BigIntegerField, Case, Count, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Concat, Substr, Trim

from accounts.models import Business, Membership, ProgramAccount, User
from core.actor import ActorKind
from core.clock import at_toronto
from core.models import AuditEvent
from dashboard import verbs
from dashboard.verbs import ActKind
from delegation.models import Delegation

PAGE = 25
#: How many events a file reads at a time.
CHUNK = 1000
_PERSON = "accounts.User:"

OWN, THIRD_PARTIES, CLIENTS, AGENCY, PORTAL = "own", "third-parties", "clients", "agency", "portal"


@dataclass(frozen=True)
class Wanted:
    """What a reader looks for; empty is everything. Days are days of the business clock."""

    since: date | None = None
    until: date | None = None
    kind: str = ""
    who: str = ""
    side: str = ""
    account_id: int | None = None
    text: str = ""


ALL = Wanted()


def sources_of(
    business_id: int, *, held: frozenset[int] | None, is_provider: bool, wanted: Wanted = ALL
) -> list[QuerySet[AuditEvent]]:
    """The history of a business, part by part; ``held`` narrows it to the program accounts of a program manager."""
    own = AuditEvent.objects.filter(business_id=business_id)
    if held is not None:
        return _narrowed([own.filter(program_account_id__in=held)], business_id, wanted)
    sources = [own]
    if is_provider:
        for_clients = AuditEvent.objects.filter(actor_business_id=business_id, business_id__isnull=False)
        sources.append(for_clients.exclude(business_id=business_id))
    sources.append(_sign_ins_of(business_id))
    return _narrowed(sources, business_id, wanted)


def acts_of_delegate(
    *, client_id: int, provider_id: int, held: frozenset[int] | None, wanted: Wanted = ALL
) -> list[QuerySet[AuditEvent]]:
    """What the people and the software of a provider did, saw and took on behalf of a client."""
    rows = AuditEvent.objects.filter(business_id=client_id, actor_business_id=provider_id)
    if held is not None:
        rows = rows.filter(program_account_id__in=held)
    return _narrowed([rows], client_id, wanted)


def newest(
    sources: Sequence[QuerySet[AuditEvent]], *, before: int | None = None, after: int | None = None, limit: int
) -> list[Any]:
    """Up to ``limit`` events older than ``before`` or newer than ``after``, the newest first; a statement a source.

    Each source is asked by itself, because in one union the databases read the whole trail in its order instead.
    """
    if after is not None:
        nearest = [row for rows in sources for row in rows.filter(pk__gt=after).order_by("pk")[:limit]]
        return sorted(nearest, key=_place)[:limit][::-1]
    older = [rows if before is None else rows.filter(pk__lt=before) for rows in sources]
    return sorted((row for rows in older for row in rows.order_by("-pk")[:limit]), key=_place, reverse=True)[:limit]


def every(sources: Sequence[QuerySet[AuditEvent]]) -> Iterator[list[Any]]:
    """All events, the newest first, a handful at a time."""
    rows = newest(sources, limit=CHUNK)
    while rows:
        yield rows
        rows = newest(sources, before=rows[-1].pk, limit=CHUNK)


def one(sources: Iterable[QuerySet[AuditEvent]], pk: int) -> Any | None:
    return next((row for rows in sources if (row := rows.filter(pk=pk).first()) is not None), None)


@dataclass(frozen=True)
class Tally:
    """How much one person did of each kind."""

    name: str
    counts: dict[ActKind, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def tallies(rows: QuerySet[AuditEvent]) -> list[Tally]:
    """Events counted by person and kind, who did most first; one statement."""
    found: dict[tuple[Any, ...], Tally] = {}
    counted = rows.order_by().values("user_id", "client_id", "actor_name", "verb").annotate(many=Count("pk"))
    for row in counted:
        key = (row["user_id"], row["client_id"], row["actor_name"] if row["user_id"] is None else "")
        tally = found.setdefault(key, Tally(row["actor_name"] or row["client_id"], {}))
        kind = verbs.kind_of(row["verb"])
        tally.counts[kind] = tally.counts.get(kind, 0) + row["many"]
    return sorted(found.values(), key=lambda tally: (-tally.total, tally.name))


def business_of_pair(bn9: str, *, client_id: int | None = None, provider_id: int | None = None) -> Business | None:
    """The other business of a delegation that was ever answered with yes, by its number."""
    held = Delegation.objects.filter(decided_at__isnull=False).exclude(
        state__in=(Delegation.State.REQUESTED, Delegation.State.REJECTED, Delegation.State.WITHDRAWN)
    )
    found = Business.objects.filter(bn9=bn9)
    if client_id is not None:
        return found.filter(pk__in=held.filter(client_id=client_id).values("provider_id")).first()
    return found.filter(pk__in=held.filter(provider_id=provider_id).values("client_id")).first()


def accounts_of(business_id: int, *, held: frozenset[int] | None) -> list[ProgramAccount]:
    """The program accounts to choose from, closed ones included: their history stays."""
    rows = ProgramAccount.objects.filter(business_id=business_id).order_by("number")
    return list(rows if held is None else rows.filter(pk__in=held))


def person_of(event: AuditEvent) -> int | None:
    """The person whom an event is about."""
    number = event.target.removeprefix(_PERSON)
    return int(number) if number != event.target and number.isdecimal() else None


def _sign_ins_of(business_id: int) -> QuerySet[AuditEvent]:
    """The sign-ins of each person from the day they joined the business until they left it.

    The memberships are read first: with the people named one by one, the trail is read along its index of objects.
    """
    then = Q()
    targets = set()
    memberships = Membership.objects.filter(business_id=business_id)
    for user_id, started_at, ended_at in memberships.values_list("user_id", "started_at", "ended_at"):
        target = f"{_PERSON}{user_id}"
        targets.add(target)
        since = Q(target=target, business_at__gte=started_at)
        then |= since & Q(business_at__lte=ended_at) if ended_at is not None else since
    return AuditEvent.objects.filter(then, target__in=sorted(targets), verb__in=verbs.SIGN_IN_VERBS)


def _narrowed(sources: list[QuerySet[AuditEvent]], business_id: int, wanted: Wanted) -> list[QuerySet[AuditEvent]]:
    condition = _condition(business_id, wanted)
    return [_with_names(rows.filter(condition)).order_by() for rows in sources]


def _condition(business_id: int, wanted: Wanted) -> Q:
    condition = Q()
    if wanted.since is not None:
        condition &= Q(business_at__gte=at_toronto(wanted.since))
    if wanted.until is not None:
        condition &= Q(business_at__lt=at_toronto(wanted.until + timedelta(days=1)))
    if wanted.kind:
        condition &= _of_kind(ActKind(wanted.kind))
    if wanted.who:
        # Nobody finds an officer, or somebody who is nameless here, by trying names.
        named = Business.objects.filter(legal_name__icontains=wanted.who).values("pk")
        condition &= Q(actor_name__icontains=wanted.who) | Q(actor_business_id__in=named)
        condition &= ~Q(actor_kind=ActorKind.OFFICER.value) & ~Q(verb__in=sorted(verbs.NAMELESS))
    if wanted.side:
        condition &= _of_side(business_id, wanted.side)
    if wanted.account_id is not None:
        condition &= Q(program_account_id=wanted.account_id)
    if wanted.text:
        condition &= (
            Q(verb__in=verbs.verbs_saying(wanted.text))
            | Q(target__icontains=wanted.text)
            | Q(request_id=wanted.text)
            | (Q(reason__icontains=wanted.text) & ~Q(verb__startswith="person."))
        )
    return condition


def _of_kind(kind: ActKind) -> Q:
    if kind == ActKind.SIGN_IN:
        return Q(verb__startswith="person.")
    if kind == ActKind.CHANGED:
        return ~Q(verb__in=sorted(verbs.KINDS)) & ~Q(verb__startswith="person.")
    return Q(verb__in=[verb for verb, of in verbs.KINDS.items() if of == kind])


def _of_side(business_id: int, side: str) -> Q:
    people = ~Q(actor_kind__in=(ActorKind.OFFICER.value, ActorKind.SYSTEM.value))
    others = Q(actor_business_id__isnull=False) & ~Q(actor_business_id=business_id)
    return {
        OWN: people & ~others & (Q(business_id=business_id) | Q(business_id__isnull=True)),
        THIRD_PARTIES: people & others,
        CLIENTS: Q(actor_business_id=business_id) & Q(business_id__isnull=False) & ~Q(business_id=business_id),
        AGENCY: Q(actor_kind=ActorKind.OFFICER.value),
        PORTAL: Q(actor_kind=ActorKind.SYSTEM.value),
    }[side]


def _with_names(rows: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """Each event with the names behind its numbers, so that a page asks for them once, whatever stands on it."""
    told = Case(
        When(target__startswith=_PERSON, then=Cast(Substr("target", len(_PERSON) + 1), BigIntegerField())),
        default=Coalesce(*(_number_in(fact) for fact in ("user_id", "offered_to_user_id", "primary_user_id"))),
    )
    person = User.objects.filter(pk=cast(Any, OuterRef("person_id"))).annotate(
        full_name=Trim(Concat("first_name", Value(" "), "last_name"))
    )
    return rows.annotate(person_id=told, provider_id=_number_in("provider_id")).annotate(
        person_name=Subquery(person.values("full_name")[:1]),
        provider_name=_name_of("provider_id"),
        acting_name=_name_of("actor_business_id"),
        concerned_name=_name_of("business_id"),
        account_number=Subquery(
            ProgramAccount.objects.filter(pk=cast(Any, OuterRef("program_account_id"))).order_by().values("number")[:1]
        ),
    )


def _name_of(column: str) -> Subquery:
    return Subquery(Business.objects.filter(pk=cast(Any, OuterRef(column))).order_by().values("legal_name")[:1])


def _number_in(fact: str) -> Coalesce:
    """The number of a row that an event tells after, or else before."""
    return Coalesce(*(Cast(KT(f"{side}__{fact}"), BigIntegerField()) for side in ("after", "before")))


def _place(event: Any) -> int:
    return int(event.pk)
