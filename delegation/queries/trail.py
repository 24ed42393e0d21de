"""How a delegation became what it is, and what two businesses already did together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet

from accounts.models import ProgramAccount
from core.clock import TORONTO
from core.models import AuditEvent
from delegation.models import Delegation, Signature
from delegation.rules import Scope


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
