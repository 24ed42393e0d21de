"""Renewal: a longer access in force, or an ended one given again; one or several, with a dry run of each row."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Business
from core.actor import Actor
from core.errors import DomainError
from delegation import queries, rules
from delegation.models import Delegation, Signature
from delegation.rules import Action, Scope, SignedAs
from delegation.services.parts import (
    SCOPE_PROBLEMS,
    State,
    authority,
    check_signature,
    day_in_words,
    facts_of,
    keep_signature,
    locked_business,
    locked_delegation,
    names_of,
    record,
    tell_both,
    write_scope,
)
from delegation.services.requests import nominate_provider

RENEWED, NAMED = "renewed", "named"


@dataclass(frozen=True)
class RenewalRow:
    """What a renewal does, or did, to one access: the scope it gives, or why nothing happens."""

    delegation: Delegation
    scope: Scope
    outcome: str
    message: str = ""

    @property
    def is_good(self) -> bool:
        return self.outcome in (RENEWED, NAMED)

    @property
    def is_named_again(self) -> bool:
        return self.outcome == NAMED


def plan_renewals(
    *, client_id: int, delegation_ids: Collection[int], valid_until: date | None, actor: Actor, on: date
) -> list[RenewalRow]:
    """The dry run: what a renewal until a day would do to each access, in the order of the list. Writes nothing."""
    client = Business.objects.get(pk=client_id)
    held = authority(actor, client, to=Action.MANAGE_THIRD_PARTIES, on=on)
    rows = queries.renewable(client_id, held=held).filter(pk__in=delegation_ids)
    open_ids = queries.open_account_ids(client_id)
    return [_planned(row, valid_until=valid_until, open_ids=open_ids, held=held, on=on) for row in rows]


def _planned(
    row: Delegation, *, valid_until: date | None, open_ids: frozenset[int], held: frozenset[int] | None, on: date
) -> RenewalRow:
    """What happens to one access; an ended one comes back with those of its programs that are still open."""
    is_active = row.state == State.ACTIVE
    scope = replace(queries.scope_of(row), valid_until=valid_until)
    if not is_active:
        scope = replace(scope, valid_from=on, program_account_ids=scope.program_account_ids & open_ids)
    problem = rules.renewal_problem(
        state=row.state,
        valid_until=row.valid_until,
        new_until=valid_until,
        valid_from=row.valid_from,
        on=on,
        is_blocked=bool(row.is_blocked),  # type: ignore[attr-defined]
        has_programs=scope.all_programs or bool(scope.program_account_ids),
    )
    if problem is None and not rules.covers(held, scope.touches):
        problem = "beyond_your_programs"
    if problem is not None:
        return RenewalRow(row, scope, problem, _words_of(problem))
    return RenewalRow(row, scope, RENEWED if is_active else NAMED)


def _words_of(problem: str) -> str:
    if problem in SCOPE_PROBLEMS:
        return SCOPE_PROBLEMS[problem][0]()
    return {
        "lasts_already": _("It lasts as long already. Use Change to make it shorter."),
        "blocked": _("You blocked this provider. Unblock it first."),
        "beyond_your_programs": _("Your role covers some of its program accounts only."),
        "not_renewable": _("Its state changed meanwhile. Open it to see what is possible."),
    }[problem]


def renew(
    *,
    client_id: int,
    delegation_ids: Collection[int],
    valid_until: date | None,
    signed: SignedAs | None = None,
    actor: Actor,
    on: date,
    at: datetime,
) -> list[RenewalRow]:
    """Renew accesses until one day under one signature; ``None`` is without end. Each row is done or says why not.

    In force, the new last day holds at once. Ended, the provider is named again with the old scope and accepts anew.
    """
    check_signature(signed, actor=actor)
    done = []
    with transaction.atomic():
        # One lock for the client: two renewals at once follow each other, and the second finds the work done. The
        # accesses are locked before they are looked at, because either side may end one meanwhile.
        locked_business(pk=client_id)
        list(Delegation.objects.select_for_update(no_key=True).filter(pk__in=delegation_ids).order_by("pk"))
        rows = plan_renewals(
            client_id=client_id, delegation_ids=delegation_ids, valid_until=valid_until, actor=actor, on=on
        )
        for row in rows:
            done.append(_renew_one(row, signed=signed, actor=actor, on=on, at=at) if row.is_good else row)
    return done


def _renew_one(row: RenewalRow, *, signed: SignedAs | None, actor: Actor, on: date, at: datetime) -> RenewalRow:
    """One row in a savepoint of its own, so that a refusal leaves the others."""
    try:
        with transaction.atomic():
            if row.is_named_again:
                named = nominate_provider(
                    client_id=row.delegation.client_id,
                    provider_bn9=row.delegation.provider.bn9,
                    scope=row.scope,
                    comment=_("Renewal of the access that ended."),
                    signed=signed,
                    actor=actor,
                    on=on,
                    at=at,
                )
                return replace(row, delegation=named)
            return _extend(row, signed=signed, actor=actor, on=on, at=at)
    except DomainError as refusal:
        return replace(row, outcome=refusal.code, message=str(refusal.message))


def _extend(row: RenewalRow, *, signed: SignedAs | None, actor: Actor, on: date, at: datetime) -> RenewalRow:
    delegation = locked_delegation(row.delegation.pk)
    before = facts_of(delegation)
    write_scope(delegation, row.scope, on=on)
    keep_signature(
        delegation,
        signed,
        occasion=Signature.Occasion.RENEWED,
        business=delegation.client,
        actor=actor,
        on=on,
        at=at,
    )
    record(delegation, "delegation.renewed", actor=actor, before=before, at=at)
    tell_both(
        delegation,
        subject=lambda: _("Access renewed: %(provider)s for %(client)s") % names_of(delegation),
        body=lambda: (
            _("It now lasts until %(day)s.") % {"day": day_in_words(delegation.valid_until)}
            if delegation.valid_until
            else _("It now lasts without end, until one side ends it.")
        ),
        at=at,
    )
    return replace(row, delegation=delegation)
